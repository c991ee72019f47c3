//! Text that git hands over was written by anybody: made harmless before it is shown or kept.

use std::fmt::Write;

/// The longest piece of foreign text that is kept, in characters.
const LONGEST: usize = 200;

/// Whether a character can drive a terminal, break a line, or turn the order of what follows.
pub(super) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{061c}' | '\u{200e}' | '\u{200f}'
        )
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name or address: what is not UTF-8 or is harmful becomes U+FFFD; cut to a sensible length.
pub(super) fn harmless(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .trim()
        .chars()
        .take(LONGEST)
        .map(|character| match character {
            character if is_harmful(character) => char::REPLACEMENT_CHARACTER,
            character => character,
        })
        .collect()
}

/// A path as it can be shown: harmful characters and bytes that are not UTF-8 are escaped as `\n`, `\u{202e}` or `\xff`.
pub(super) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_harmful(character) {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// What git complained of, in one short line.
pub(super) fn complaint(stderr: &[u8]) -> String {
    let lines = || stderr.split(|byte| *byte == b'\n');
    let line = lines()
        .find_map(|line| {
            line.strip_prefix(b"fatal: ")
                .or_else(|| line.strip_prefix(b"error: "))
        })
        .or_else(|| lines().find(|line| !line.trim_ascii().is_empty()))
        .unwrap_or_default();
    let text = escaped(line.trim_ascii());
    if text.is_empty() {
        return "git said nothing".to_owned();
    }
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_could_drive_a_terminal() {
        assert_eq!(
            harmless(b" Al\x1b[31mice\xff\n "),
            "Al\u{fffd}[31mice\u{fffd}"
        );
        assert_eq!(harmless("a\u{202e}b".as_bytes()), "a\u{fffd}b");
        assert_eq!(harmless(&[b'x'; 900]).len(), LONGEST);
    }

    #[test]
    fn paths_are_escaped_so_that_they_can_be_told_apart() {
        assert_eq!(escaped(b"a\nb\xff\"'.yaml"), "a\\nb\\xff\"'.yaml");
    }

    #[test]
    fn of_a_complaint_the_line_that_matters_is_kept() {
        assert_eq!(
            complaint(b"warning: x\nfatal: no\x07 such\n"),
            "no\\u{7} such"
        );
        assert_eq!(complaint(b""), "git said nothing");
    }
}
