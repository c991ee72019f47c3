//! A page of Markdown that is never longer than it may be, and says what it leaves out.

use crate::render::text::count;

/// What is kept of the limit for the last lines.
const KEPT: usize = 600;
/// What is kept for the note behind a table that is cut.
const NOTE: usize = 120;
/// The room that each of many entries may take, if the page has it: a heading, and a row or two.
const LEAST: usize = 700;
/// Tables with more rows are folded.
const FOLDED: usize = 30;

/// Text with a limit in bytes. What takes part in the limit is added whole or not at all: entries, tables, rows.
pub(super) struct Page {
    text: String,
    limit: usize,
    /// What the section that is written may take of the limit.
    section: usize,
    /// What the entry that is written may take of it.
    ceiling: usize,
    entries_left_out: usize,
    rows_left_out: usize,
}

/// A table with what stands above it.
pub(super) struct Entry<'a> {
    /// Its heading, where it is not folded, or the text that stands for it while it is.
    pub(super) title: Option<Title<'a>>,
    /// A paragraph between heading and table.
    pub(super) about: &'a str,
    /// The names of the columns.
    pub(super) columns: &'a [&'a str],
    /// The rows, each a line of a table.
    pub(super) rows: &'a [String],
    /// What a row is about, in the singular.
    pub(super) noun: &'a str,
}

/// What an entry is about, as safe text.
pub(super) enum Title<'a> {
    /// A heading, of which the table alone may be folded.
    Heading(&'a str),
    /// The line of an entry that is folded together with all that it has.
    Folded(&'a str),
}

impl Page {
    /// An empty page of at most so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.saturating_sub(KEPT);
        Self {
            text: String::new(),
            limit,
            section: limit,
            ceiling: limit,
            entries_left_out: 0,
            rows_left_out: 0,
        }
    }

    /// Adds a short line that must be there.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Begins a section: what follows may fill the page up to so many hundredths of it.
    pub(super) fn section(&mut self, percent: usize) {
        self.section = self.limit / 100 * percent;
        self.ceiling = self.section;
    }

    /// Shares out what is left of the section among so many entries that are still to come, the next one among them.
    pub(super) fn share(&mut self, entries: usize) {
        let room = self.section.saturating_sub(self.text.len());
        let share = (room / entries.max(1)).max(LEAST);
        self.ceiling = self.section.min(self.text.len().saturating_add(share));
    }

    /// Adds an entry, cut where it does not fit.
    pub(super) fn entry(&mut self, entry: &Entry<'_>) {
        let (opening, closing) = frame(entry);
        if !self.fits(opening.len() + closing.len()) {
            self.entries_left_out += 1;
            self.rows_left_out += entry.rows.len();
            return;
        }
        self.text.push_str(&opening);
        let written = self.rows(entry, closing.len());
        let left_out = entry.rows.len() - written;
        if left_out > 0 {
            let and = if written > 0 { "and " } else { "" };
            let more = if written > 0 { "more " } else { "" };
            let noun = format!("{more}{}", entry.noun);
            self.line(&format!(
                "\n*{and}{}, left out here*",
                count(left_out, &noun)
            ));
            self.rows_left_out += left_out;
        }
        self.text.push_str(&closing);
    }

    /// Adds a table that stands by itself; nothing where it has no rows.
    pub(super) fn table(&mut self, columns: &[&str], rows: &[String], noun: &str) {
        if !rows.is_empty() {
            self.entry(&Entry {
                title: None,
                about: "",
                columns,
                rows,
                noun,
            });
        }
    }

    /// Adds a table's rows up to the first that does not fit; how many it has added.
    fn rows(&mut self, entry: &Entry<'_>, behind: usize) -> usize {
        let heading = format!(
            "\n| {} |\n|{}\n",
            entry.columns.join(" | "),
            " --- |".repeat(entry.columns.len())
        );
        for (index, row) in entry.rows.iter().enumerate() {
            let heading = if index == 0 { heading.as_str() } else { "" };
            if !self.fits(heading.len() + row.len() + 1 + behind) {
                return index;
            }
            self.text.push_str(heading);
            self.line(row);
        }
        entry.rows.len()
    }

    fn fits(&self, length: usize) -> bool {
        self.text.len() + length + NOTE <= self.ceiling
    }

    /// The page with its last line, and before that what is left out: how many entries, by their noun, and how many rows.
    pub(super) fn finish(mut self, noun: &str, last: &str) -> String {
        let whole = match self.entries_left_out {
            0 => String::new(),
            entries => format!("{} and ", count(entries, noun)),
        };
        if self.entries_left_out > 0 || self.rows_left_out > 0 {
            self.line(&format!(
                "\n**Left out, as a comment has no room for it: {whole}{} of tables. `rolecall plan` prints all of it.**",
                count(self.rows_left_out, "row"),
            ));
        }
        self.line("");
        self.line(last);
        self.text
    }
}

/// What stands before and behind an entry's table.
fn frame(entry: &Entry<'_>) -> (String, String) {
    let mut opening = match entry.title {
        Some(Title::Heading(title)) => format!("\n#### {title}\n"),
        Some(Title::Folded(title)) => format!("\n<details><summary>{title}</summary>\n"),
        None => String::new(),
    };
    if !entry.about.is_empty() {
        opening.push_str(&format!("\n{}\n", entry.about));
    }
    let mut is_folded = matches!(entry.title, Some(Title::Folded(_)));
    if entry.rows.len() > FOLDED && !is_folded {
        let rows = count(entry.rows.len(), entry.noun);
        opening.push_str(&format!("\n<details><summary>{rows}</summary>\n"));
        is_folded = true;
    }
    let closing = if is_folded { "\n</details>\n" } else { "" };
    (opening, closing.to_owned())
}
