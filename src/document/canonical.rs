//! One canonical form of YAML scalars, shared by the state file, the change logs and the files that commands write.
//!
//! A text stands plain only where every parser of YAML 1.1 or 1.2 surely takes it for that string; everything else stands in
//! double quotes with the escapes `\"`, `\\`, `\n`, `\t`, `\uXXXX` and `\UXXXXXXXX`. What is escaped is a fixed list, which does not
//! follow the editions of Unicode: digests are computed over this form, and must not depend on the compiler.

mod tree;

use std::borrow::Cow;
use std::fmt::Write as _;

pub(super) use tree::from_canonical;

/// A text as a YAML scalar of block style, on one line.
#[must_use]
pub fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(quoted(text))
    }
}

/// A text as a YAML scalar inside `[…]` or `{…}`, on one line.
#[must_use]
pub fn flow_scalar(text: &str) -> Cow<'_, str> {
    if is_flow_plain(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(quoted(text))
    }
}

/// Texts as a YAML list of flow style: `[a, b]`.
#[must_use]
pub fn flow_list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut list = String::from("[");
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            list.push_str(", ");
        }
        list.push_str(&flow_scalar(text.as_ref()));
    }
    list.push(']');
    list
}

/// Whether a text can stand plain in block style.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    // Digits begin numbers, dates and times; everything else that is not a letter may be an indicator.
    if !first.is_ascii_alphabetic() && first.is_ascii() || matches!(last, b' ' | b':') {
        return false;
    }
    let mut ascii = true;
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b':' if bytes.get(index + 1) == Some(&b' ') => return false,
            b'#' if bytes[index - 1] == b' ' => return false,
            b' '..=b'~' => {}
            0x80.. => ascii = false,
            _ => return false,
        }
    }
    (ascii || !text.chars().any(must_escape)) && !is_word(text)
}

/// Whether a text can stand plain inside `[…]` or `{…}`.
#[must_use]
pub fn is_flow_plain(text: &str) -> bool {
    let indicator = |byte: &u8| matches!(byte, b',' | b'[' | b']' | b'{' | b'}');
    is_plain(text) && !text.as_bytes().iter().any(indicator)
}

/// The words that some YAML parser takes for something other than a string.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "y", "n", "on", "no", "off", "yes", "nan", "inf", "true", "null", "false", "infinity",
    ];
    text.len() <= 8 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a character is a control, a format or bidirectional control, a space other than the ordinary one, a line
/// separator, for private use, or no character. A fixed list: see the module.
#[must_use]
pub fn must_escape(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{70f}'
        | '\u{115f}'..='\u{1160}' | '\u{1680}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{10ffff}')
        || u32::from(character) & 0xfffe == 0xfffe
}

/// A text in double quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ if !must_escape(character) => out.push(character),
            '\0'..='\u{ffff}' => drop(write!(out, "\\u{:04X}", u32::from(character))),
            _ => drop(write!(out, "\\U{:08X}", u32::from(character))),
        }
    }
    out.push('"');
    out
}

/// Reads a text in double quotes from the start of a text: what it says and what follows it. `None` for anything that
/// [`quoted`] does not write.
pub(super) fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let body = text.strip_prefix('"')?;
    let end = body.find(['"', '\\'])?;
    if body.as_bytes()[end] == b'"' {
        let said = &body[..end];
        return (!said.chars().any(must_escape)).then_some((Cow::Borrowed(said), &body[end + 1..]));
    }
    let mut said = String::new();
    let mut rest = body;
    loop {
        let mut characters = rest.chars();
        match characters.next()? {
            '"' => return Some((Cow::Owned(said), characters.as_str())),
            '\\' => {
                let kind = characters.next()?;
                rest = characters.as_str();
                let digits = match kind {
                    '"' | '\\' | 'n' | 't' => 0,
                    'u' => 4,
                    'U' => 8,
                    _ => return None,
                };
                let code = rest.get(..digits)?;
                rest = &rest[digits..];
                said.push(match kind {
                    'n' => '\n',
                    't' => '\t',
                    'u' | 'U' => char::from_u32(u32::from_str_radix(code, 16).ok()?)?,
                    literal => literal,
                });
            }
            character if must_escape(character) => return None,
            character => {
                said.push(character);
                rest = characters.as_str();
            }
        }
    }
}

/// Reads a scalar of block style that fills a text. `None` for anything that [`scalar`] does not write.
pub(super) fn unscalar(text: &str) -> Option<Cow<'_, str>> {
    if text.starts_with('"') {
        let (said, rest) = unquote(text)?;
        rest.is_empty().then_some(said)
    } else {
        is_plain(text).then_some(Cow::Borrowed(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::sample::any_text;
    use crate::document::yaml;

    #[test]
    fn only_what_is_surely_a_string_stands_plain() {
        for text in [
            "a",
            "Jane Doe",
            "A/P Clerk",
            "ap-clerk",
            "jane.doe@acme.example",
            "a:b",
            "a#b",
            "Łukasz",
            "漢字",
            "it's",
            "nullable",
            "yesterday",
            "sha256:00",
            "a, b",
        ] {
            assert_eq!(scalar(text), text);
        }
        for text in [
            "",
            " a",
            "a ",
            "a:",
            "a: b",
            "a #b",
            "-",
            "- a",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "'a",
            "\"a",
            "{a",
            "[a",
            "?",
            "~",
            "null",
            "NULL",
            "Yes",
            "no",
            "on",
            "OFF",
            "y",
            "N",
            "true",
            "False",
            ".inf",
            ".nan",
            "1",
            "1e5",
            "0x1f",
            "2026-11-30",
            "12:30",
            "1_000",
            "+1",
            "-1",
            ".5",
            "<<",
            "=",
            "---",
            "...",
            "a\nb",
            "a\tb",
            "\u{feff}a",
            "a\u{202e}b",
            "a\u{200b}",
            "a\u{a0}b",
            "a\u{85}",
        ] {
            let written = scalar(text);
            assert!(written.starts_with('"') && written.is_ascii(), "{written}");
        }
        assert_eq!(flow_scalar("a, b"), "\"a, b\"");
        assert_eq!(flow_list(["a", "1"]), "[a, \"1\"]");
        assert_eq!(
            scalar("a\n\u{202e}\u{e0001}\"\\"),
            r#""a\n\u202E\U000E0001\"\\""#
        );
    }

    proptest! {
        #[test]
        fn yaml_reads_what_was_written(text in any_text()) {
            let block = format!("a: {}\n", scalar(&text));
            let read: std::collections::BTreeMap<String, String> = yaml::from_str(&block).expect("YAML");
            prop_assert_eq!(&read["a"], &text);
            let flow = format!("- {}\n", flow_list([&text, &text]));
            let read: Vec<Vec<String>> = yaml::from_str(&flow).expect("YAML");
            prop_assert_eq!(&read[0][1], &text);
            let written = scalar(&text);
            let back = unscalar(&written);
            prop_assert_eq!(back.as_deref(), Some(text.as_str()));
        }
    }
}
