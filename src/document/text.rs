//! What a text may hold, and how texts are shown in messages.

use crate::check::finding::{Code, Finding};
use crate::document::source::Source;
use crate::document::yaml::Span;

/// The most characters of a text field.
pub(super) const LONGEST: usize = 4_000;

/// How many forbidden characters of one file are reported.
const MOST_FINDINGS: usize = 20;

/// How many characters of a text a message shows.
const SHOWN: usize = 80;

/// A text of a file as a message shows it: in back quotes, control characters escaped, cut where it is long.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::from("`");
    for (index, character) in text.chars().enumerate() {
        if index == SHOWN {
            out.push('…');
            break;
        }
        if character.is_control() || kind(character).is_some() {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out.push('`');
    out
}

/// Whether a plain scalar is YAML's way to say nothing.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Whether nobody can see anything of a text.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace()
            || matches!(
                character,
                '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                    | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
                    | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
            )
    })
}

/// What kind of forbidden character it is, if it is one that no text field may have. Line feeds are allowed.
pub(super) fn kind(character: char) -> Option<&'static str> {
    match character {
        '\n' => None,
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some("a line separator"),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("a bidirectional control")
        }
        '\u{feff}' => Some("a byte order mark"),
        _ if character.is_control() => Some("a control character"),
        _ => None,
    }
}

/// Why a text may not stand in a text field, if it may not: it is too long, or has a forbidden character.
#[must_use]
pub fn problem_of(text: &str) -> Option<String> {
    if text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let length = text.chars().count();
    if length > LONGEST {
        return Some(format!(
            "it has {length} characters, and {LONGEST} are allowed"
        ));
    }
    let (character, kind) = text.chars().find_map(|it| Some((it, kind(it)?)))?;
    Some(format!("it has {kind}, U+{:04X}", u32::from(character)))
}

/// Whether a text has the shape of an e-mail address.
pub(super) fn is_email(text: &str) -> bool {
    let mut parts = text.split('@');
    let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_fit = |character: char| {
        !character.is_whitespace()
            && kind(character).is_none()
            && !"<>()[],;:\\\"".contains(character)
    };
    !local.is_empty()
        && !domain.is_empty()
        && text.len() <= 254
        && text.chars().all(is_fit)
        && domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-'))
}

/// The forbidden characters that stand in a file as they are, also in its comments: tabs and the carriage returns of line
/// ends are no such.
pub(super) fn forbidden_characters(source: &Source) -> Vec<Finding> {
    let text = source.text();
    let mut findings = Vec::new();
    for (at, character) in text.char_indices() {
        let is_line_end = character == '\r' && text[at..].starts_with("\r\n");
        if character == '\t' || is_line_end {
            continue;
        }
        let Some(kind) = kind(character) else {
            continue;
        };
        let message = format!("U+{:04X}, {kind}, stands in the file", u32::from(character));
        let span = Span::new(at, at + character.len_utf8());
        let hint =
            "remove it; lines end with a line feed, with or without a carriage return before it";
        findings.push(source.error(Code::BadText, span, message).hint(hint));
        if findings.len() == MOST_FINDINGS {
            break;
        }
    }
    findings
}
