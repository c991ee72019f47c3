//! Colours.

use std::fmt::Display;

use anstyle::{AnsiColor, Effects, Style};

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Palette {
    /// No escape codes at all.
    #[default]
    Plain,
    /// ANSI escape codes.
    Coloured,
}

impl Palette {
    /// Coloured, or plain.
    #[must_use]
    pub fn new(coloured: bool) -> Self {
        if coloured {
            Self::Coloured
        } else {
            Self::Plain
        }
    }

    pub(super) fn added(self, text: impl Display) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    pub(super) fn removed(self, text: impl Display) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    pub(super) fn changed(self, text: impl Display) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    pub(super) fn alarm(self, text: impl Display) -> String {
        self.paint(AnsiColor::Red.on_default().effects(Effects::BOLD), text)
    }

    pub(super) fn title(self, text: impl Display) -> String {
        self.paint(Style::new().effects(Effects::BOLD), text)
    }

    pub(super) fn faint(self, text: impl Display) -> String {
        self.paint(Style::new().effects(Effects::DIMMED), text)
    }

    fn paint(self, style: Style, text: impl Display) -> String {
        match self {
            Self::Plain => text.to_string(),
            Self::Coloured => format!("{style}{text}{style:#}"),
        }
    }
}
