//! What every command starts from: the folder, the clock, and where output goes.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::args::{Colour, Format, Global};
use super::error::Error;
use super::exit::Exit;
use crate::check::finding::Finding;
use crate::model::{ClockSource, Instant};
use crate::render::{self, Palette};
use crate::time::clock::{Clock, FixedClock, SystemClock};
use crate::time::parse_rfc3339;

pub use crate::store::SETTINGS;

/// What every command starts from.
#[derive(Debug, Clone)]
pub struct Context {
    /// The flags that hold for every command.
    pub global: Global,
    /// The clock.
    pub now: Instant,
    /// Where that comes from.
    pub clock: ClockSource,
}

impl Context {
    /// Reads the clock once.
    ///
    /// # Errors
    ///
    /// Wrong usage if `--now` is no moment.
    pub fn new(global: Global) -> Result<Self, Error> {
        let given = global.now.as_ref();
        let clock: Box<dyn Clock> = match given.filter(|text| !text.is_empty() || !unset_now()) {
            Some(text) => Box::new(FixedClock(moment("--now", text)?)),
            None => Box::new(SystemClock),
        };
        let (now, clock) = (clock.now(), clock.source());
        Ok(Self { global, now, clock })
    }

    /// The same after a wait, such as one for the lock: the machine's clock is read again, one set by hand stands.
    #[must_use]
    pub fn later(&self) -> Self {
        let now = match self.clock {
            ClockSource::System => SystemClock.now(),
            ClockSource::Given => self.now,
        };
        Self {
            now,
            ..self.clone()
        }
    }

    /// The access repository: `--dir`, or the nearest folder at or above the current one that holds `rolecall.yaml`.
    ///
    /// # Errors
    ///
    /// Invalid input if there is none.
    pub fn root(&self) -> Result<PathBuf, Error> {
        find_root(self.global.dir.as_deref())
    }

    /// Refuses a form that the command does not have.
    ///
    /// # Errors
    ///
    /// Wrong usage.
    pub fn forms(&self, forms: &[Format]) -> Result<(), Error> {
        let format = self.global.format;
        if matches!(format, Format::Human | Format::Json) || forms.contains(&format) {
            return Ok(());
        }
        let name = match format {
            Format::Markdown => "markdown",
            Format::Sarif => "sarif",
            _ => "github",
        };
        Err(Error::usage(format!("this command has no --format {name}"))
            .hint("markdown is for plan, github and sarif are for validate"))
    }

    /// Tries the file of `--output` before anything is done: what cannot be written must not cost the report.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn try_output(&self) -> Result<(), Error> {
        match &self.global.output {
            Some(file) => {
                self.refuse_own("--output", file)?;
                Ok(crate::store::atomic::try_output(file)?)
            }
            None => Ok(()),
        }
    }

    /// Refuses to write a report over what the access repository, or git around it, is made of.
    ///
    /// # Errors
    ///
    /// Wrong usage naming the file.
    pub fn refuse_own(&self, flag: &str, file: &Path) -> Result<(), Error> {
        let Ok(root) = self.root().and_then(|root| Ok(root.canonicalize()?)) else {
            return Ok(());
        };
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        let (Ok(folder), Some(name)) = (folder, file.file_name()) else {
            return Ok(());
        };
        let whole = folder.join(name);
        let is_git = whole.components().any(|part| part.as_os_str() == ".git");
        if whole == root.join(SETTINGS) || whole.starts_with(root.join("state")) || is_git {
            let message = format!(
                "{flag} {} would write over what is kept there",
                file.display()
            );
            return Err(Error::usage(message).hint("name another file"));
        }
        Ok(())
    }

    /// The colours of standard output.
    #[must_use]
    pub fn palette(&self) -> Palette {
        self.palette_for(std::io::stdout().is_terminal())
    }

    fn palette_for(&self, is_terminal: bool) -> Palette {
        Palette::new(match self.global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && !no_color(),
        })
    }

    /// Prints a result: `human` to the terminal, or the form that `--format` names; with `--output` both.
    ///
    /// # Errors
    ///
    /// If standard output or the file cannot be written.
    pub fn print(
        &self,
        human: impl Fn(Palette) -> String,
        form: impl FnOnce(Format) -> String,
    ) -> Result<(), Error> {
        let format = self.global.format;
        match &self.global.output {
            Some(file) => {
                let text = match format {
                    Format::Human => return self.print_human_twice(file, human),
                    format => form(format),
                };
                if is_standard_output(file) {
                    return say(&text);
                }
                crate::store::atomic::write_output(file, text.as_bytes())?;
                say(&human(self.palette()))
            }
            None if format == Format::Human => say(&human(self.palette())),
            None => say(&form(format)),
        }
    }

    /// The file gets no colours; where it is the terminal, that is what it gets.
    fn print_human_twice(
        &self,
        file: &Path,
        human: impl Fn(Palette) -> String,
    ) -> Result<(), Error> {
        let text = human(Palette::new(false));
        if is_standard_output(file) {
            return say(&text);
        }
        crate::store::atomic::write_output(file, text.as_bytes())?;
        say(&human(self.palette()))
    }

    /// Shows findings on standard error.
    pub fn show(&self, findings: &[Finding]) {
        if findings.is_empty() {
            return;
        }
        let palette = self.palette_for(std::io::stderr().is_terminal());
        talk(&render::findings::human(findings, palette));
    }

    /// Shows an error on standard error.
    pub fn fail(&self, error: &Error) {
        self.show(&error.findings);
        talk(&describe(error));
    }
}

/// The access repository: the given folder, or the nearest at or above the current one that holds `rolecall.yaml`.
///
/// # Errors
///
/// Invalid input if there is none.
pub fn find_root(given: Option<&Path>) -> Result<PathBuf, Error> {
    let hint = "make one with `rolecall init`, or name its folder with --dir";
    if let Some(folder) = given {
        if is_there(&folder.join(SETTINGS)) {
            return Ok(folder.to_owned());
        }
        let message = format!(
            "{} is not an access repository: it has no {SETTINGS}",
            folder.display()
        );
        return Err(Error::invalid(message).hint(hint));
    }
    let here = std::env::current_dir()?;
    let root = here
        .ancestors()
        .find(|folder| is_there(&folder.join(SETTINGS)));
    root.map(Path::to_path_buf).ok_or_else(|| {
        Error::invalid(format!("no {SETTINGS} here or in a folder above")).hint(hint)
    })
}

/// An error as lines: what could not be done, why, and what to do about it.
pub fn describe(error: &Error) -> String {
    let mut text = String::from("error: ");
    let causes: Vec<_> = error.cause.chain().map(ToString::to_string).collect();
    text.push_str(&render::escape::terminal_lines(&causes.join(": ")));
    if let Some(hint) = &error.hint {
        text.push_str("\n  help: ");
        text.push_str(&render::escape::terminal_lines(hint));
    }
    text.push('\n');
    text
}

/// Reads a moment of the command line.
///
/// # Errors
///
/// Wrong usage if it is none.
pub fn moment(flag: &str, text: &str) -> Result<Instant, Error> {
    parse_rfc3339(text).map_err(|error| {
        Error::usage(format!("{flag} {text:?} is not a moment: {error}"))
            .hint("write it as RFC 3339, such as 2026-11-30T22:30:00Z")
    })
}

/// Prints to standard output. A reader who has gone away is no error.
///
/// # Errors
///
/// If standard output cannot be written.
pub fn say(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error {
            cause: anyhow::Error::from(error).context("failed to write standard output"),
            ..Error::new(Exit::CouldNotRun, "")
        }),
        _ => Ok(()),
    }
}

/// Prints to standard error; there is nobody to tell if that fails.
pub fn talk(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Whether a file is where standard output goes: written twice, one text would run into the other.
#[cfg(unix)]
fn is_standard_output(file: &Path) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let Ok(descriptor) = std::io::stdout().as_fd().try_clone_to_owned() else {
        return false;
    };
    let there = std::fs::metadata(file);
    let out = std::fs::File::from(descriptor).metadata();
    match (there, out) {
        (Ok(there), Ok(out)) => (there.dev(), there.ino()) == (out.dev(), out.ino()),
        _ => false,
    }
}

/// Whether a file is where standard output goes; not known on this system.
#[cfg(not(unix))]
fn is_standard_output(_: &Path) -> bool {
    false
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether the environment sets no clock, in that it sets an empty one.
#[expect(clippy::disallowed_methods, reason = "cli reads the environment")]
fn unset_now() -> bool {
    std::env::var_os("ROLECALL_NOW").is_some_and(|value| value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "cli reads the environment")]
fn no_color() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}
