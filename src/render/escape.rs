//! Text from files made safe for where it is shown.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

mod markdown;

pub use markdown::markdown;

/// Whether a character drives a terminal, reorders text, or cannot be seen.
pub(super) fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Soft hyphen, grapheme joiner, Arabic letter mark, Hangul fillers, Mongolian vowel separator.
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
        // Zero-width characters, directional marks, line and paragraph separators, embeddings, isolates.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Byte order mark, interlinear annotations, tags and variation selectors that can carry hidden text.
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn push_visible(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        hidden if is_hidden(hidden) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(hidden));
        }
        plain => out.push(plain),
    }
}

/// Whether a continuous-integration runner takes what stands here for a command: `::name` where a line may begin (GitHub),
/// `##[name` or `##vso[` anywhere (Azure, GitHub's old form, and others).
fn begins_command(before: Option<char>, rest: &str) -> bool {
    if rest.starts_with("::") {
        return before.is_none_or(char::is_whitespace);
    }
    rest.strip_prefix("##").is_some_and(|rest| {
        rest.trim_start_matches(|character: char| character.is_ascii_alphabetic())
            .starts_with('[')
    })
}

fn visible(text: &str, keep: &[char]) -> String {
    visible_with(text, keep, |_, _| {})
}

/// Tells `at` of the offset of each character and of what is shown for it.
fn visible_with(text: &str, keep: &[char], mut at: impl FnMut(usize, usize)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    for (index, character) in text.char_indices() {
        at(index, out.len());
        if keep.contains(&character) {
            out.push(character);
        } else if matches!(character, ':' | '#') && begins_command(before, &text[index..]) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else {
            push_visible(&mut out, character);
        }
        before = Some(character);
    }
    out
}

/// Text for a line of a terminal or of a log that a machine reads: hidden characters shown as `\u{202e}`, line breaks as `\n`,
/// and nothing that a runner takes for a command.
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if text.bytes().all(plain) && !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(visible(text, &[]))
}

/// As [`terminal`], with the range of bytes that shows a range of the text's bytes. The text is taken as a whole: what a runner
/// takes for a command may lie across the ends of the range.
#[must_use]
pub(super) fn terminal_range(text: &str, range: Range<usize>) -> (String, Range<usize>) {
    let (mut start, mut end) = (None, None);
    let shown = visible_with(text, &[], |index, shown| {
        if index >= range.start {
            start.get_or_insert(shown);
        }
        if index >= range.end {
            end.get_or_insert(shown);
        }
    });
    let end = end.unwrap_or(shown.len());
    (shown, start.unwrap_or(end)..end)
}

/// As [`terminal`], but line feeds stay.
#[must_use]
pub fn terminal_lines(text: &str) -> String {
    visible(text, &['\n'])
}

/// The message of a GitHub workflow command.
#[must_use]
pub fn workflow_message(text: &str) -> String {
    terminal_lines(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property of a GitHub workflow command.
#[must_use]
pub fn workflow_property(text: &str) -> String {
    workflow_message(text)
        .replace(':', "%3A")
        .replace(',', "%2C")
}

/// A cell of a table that a spreadsheet will open: nothing of it is a formula. Quoting is the writer's.
///
/// Where a comma parts digits, spreadsheets begin a cell at a semicolon, whatever is quoted; and blanks before a formula are no matter
/// to some.
#[must_use]
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    if !text.split(';').any(is_formula) {
        return terminal(text);
    }
    let cells = text.split(';').map(|cell| {
        let quote = if is_formula(cell) { "'" } else { "" };
        format!("{quote}{}", terminal(cell))
    });
    Cow::Owned(cells.collect::<Vec<_>>().join(";"))
}

fn is_formula(cell: &str) -> bool {
    let sign = [
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_or_cannot_be_seen_is_shown() {
        assert_eq!(
            terminal("\u{1b}[31mred\u{202e}evil\u{200b}\u{feff}\u{9b}2J\r\n\tx\u{2028}"),
            r"\u{1b}[31mred\u{202e}evil\u{200b}\u{feff}\u{9b}2J\r\n\tx\u{2028}"
        );
        assert_eq!(terminal("Zoë Müller 李"), "Zoë Müller 李");
        assert_eq!(terminal_lines("a\nb\rc"), "a\nb\\rc");
    }

    #[test]
    fn what_a_runner_takes_for_a_command_is_not_one_any_more() {
        assert_eq!(
            terminal("::set-output name=x::y"),
            r"\u{3a}:set-output name=x::y"
        );
        assert_eq!(terminal("a ::error::b"), r"a \u{3a}:error::b");
        assert_eq!(
            terminal("a##[group]b ##vso[x]"),
            r"a\u{23}#[group]b \u{23}#vso[x]"
        );
        assert_eq!(terminal("aws::admin ## heading"), "aws::admin ## heading");
        assert_eq!(
            terminal_lines("a\n::stop-commands::t"),
            "a\n\\u{3a}:stop-commands::t"
        );
    }

    #[test]
    fn a_workflow_command_stays_one_line_and_one_command() {
        assert_eq!(
            workflow_message("100%\r\n::set-output::x"),
            "100%25\\r%0A\\u{3a}:set-output::x"
        );
        assert_eq!(workflow_property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for (cell, safe) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\\tx"),
            ("\r=x", "'\\r=x"),
            ("a=b", "a=b"),
            (" =1", "' =1"),
            ("a;=1; -1;b", "a;'=1;' -1;b"),
            (";::error::x;@y", ";\\u{3a}:error::x;'@y"),
        ] {
            assert_eq!(csv_cell(cell), safe);
        }
    }
}
