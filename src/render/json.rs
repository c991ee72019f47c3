//! JSON text: pretty, ending with a line feed, and safe to be shown in a terminal.

use std::fmt::Write as _;

use serde::Serialize;

use super::escape;

/// The version that every JSON document of this program begins with.
pub const VERSION: u32 = 1;

/// A value as pretty JSON. Characters that could drive a terminal are written as JSON escapes, which mean the same.
#[must_use]
pub fn text(value: &impl Serialize) -> String {
    // Values of this program have string keys and no failing serializers, so there is no error to meet.
    let json = serde_json::to_string_pretty(value).unwrap_or_else(|error| error.to_string());
    let mut out = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        // The line feeds are the layout's; those of strings are escaped already.
        if character != '\n' && escape::is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_drives_a_terminal_is_escaped_and_means_the_same() {
        let hostile = "\u{9b}2J\u{202e}\u{1b}[0m\u{e0041}";
        let text = super::text(&hostile);
        assert_eq!(text, "\"\\u009b2J\\u202e\\u001b[0m\\udb40\\udc41\"\n");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
    }
}
