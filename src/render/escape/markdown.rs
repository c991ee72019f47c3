//! Text made safe for Markdown that a forge shows.
//!
//! What is markup becomes a character reference, which stands for the same character and does nothing. For mentions, references,
//! commit ids, addresses and emoji that is not enough: forges look for those in the text as it is once rendered (and GitHub's parser
//! for e-mail addresses after references are resolved). They are parted by a zero-width space, which nobody sees and no such pattern
//! spans. A comment would not do: what removes it may join the parts again.

use std::fmt::Write as _;

use super::push_visible;

/// A zero-width space. Those that the text itself has are shown, so that a reader of the Markdown can take these out again.
const PART: &str = "&#8203;";
/// The shortest abbreviation of a commit id that forges link.
const SHORTEST_COMMIT: usize = 7;
/// The longest commit id, a SHA-256.
const LONGEST_COMMIT: usize = 64;

/// Text for Markdown, inside a line or a table cell: nothing of it is markup, a link, a mention, a reference or a command. Line
/// breaks become blanks, hidden characters are shown as `\u{202e}`, blanks at the ends are taken off.
#[must_use]
pub fn markdown(text: &str) -> String {
    let shown = one_line(text);
    let text = shown.trim();
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut word = Word::default();
    for (index, character) in text.char_indices() {
        let behind = &text[index + character.len_utf8()..];
        if is_markup(character) || (index == 0 && begins_block(text)) {
            let _ = write!(out, "&#{};", u32::from(character));
        } else {
            out.push(character);
        }
        let in_commit = word.is_parted_behind(&text[index..], character);
        if in_commit || is_parted(&text[..index], character, behind) {
            out.push_str(PART);
        }
    }
    out
}

fn one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => shown.push(' '),
            other => push_visible(&mut shown, other),
        }
    }
    shown
}

/// Whether a character may be markup, of Markdown or of HTML.
fn is_markup(character: char) -> bool {
    matches!(
        character,
        '\\' | '`'
            | '*'
            | '_'
            | '{'
            | '}'
            | '['
            | ']'
            | '<'
            | '>'
            | '&'
            | '|'
            | '~'
            | '!'
            | '$'
            | '@'
            | '#'
            | '^'
    )
}

/// Whether a line that begins with this text would be a list, an underline of a heading, or a command to GitLab.
fn begins_block(text: &str) -> bool {
    if text.starts_with(['+', '-', '=', '/', ':']) {
        return true;
    }
    let behind = text.trim_start_matches(|character: char| character.is_ascii_digit());
    behind.len() < text.len() && behind.starts_with(['.', ')'])
}

/// Whether a forge could find something that begins or goes on here, so that it is parted behind the character.
fn is_parted(before: &str, character: char, behind: &str) -> bool {
    let next = behind.chars().next();
    // Digits of any script: how widely a forge reads `\d` is its own business.
    let is_digit = next.is_some_and(char::is_numeric);
    let is_word = next.is_some_and(char::is_alphanumeric);
    let is_name = next.is_some_and(|next| !next.is_whitespace());
    match character {
        // Mentions and e-mail addresses; of GitLab labels and milestones, which may have almost any name.
        '@' | '~' | '%' => is_name,
        '#' => is_word,
        // Of GitLab: merge requests, snippets, epics; iterations.
        '!' | '$' | '&' => is_digit,
        '*' => begins(behind, "iteration"),
        // Inline differences, wiki pages, references with a kind, and boxes to tick.
        '{' => matches!(next, Some('+' | '-')),
        '[' => matches!(next, Some('[' | '+' | '-')) || is_kind(behind) || is_box(behind),
        ':' => behind.starts_with("//") || is_emoji(behind),
        // `www.` is a link, `GH-1` and `GL-1` are issues.
        'w' | 'W' => next == Some('.') && ends_with(before, "ww"),
        '-' => is_digit && (ends_with(before, "gh") || ends_with(before, "gl")),
        _ => false,
    }
}

/// `vulnerability:1]` and the like, behind the bracket.
fn is_kind(behind: &str) -> bool {
    let rest = behind.trim_start_matches(|character: char| {
        character.is_ascii_alphabetic() || matches!(character, '_' | '-')
    });
    rest.len() < behind.len() && rest.starts_with(':')
}

/// `x]`, behind the bracket.
fn is_box(behind: &str) -> bool {
    behind.chars().nth(1) == Some(']')
}

/// `tada:`, behind the first colon.
fn is_emoji(behind: &str) -> bool {
    let rest = behind.trim_start_matches(|character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '+' | '-')
    });
    rest.len() < behind.len() && rest.starts_with(':')
}

fn begins(text: &str, word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn ends_with(text: &str, word: &str) -> bool {
    text.len()
        .checked_sub(word.len())
        .and_then(|start| text.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// The word that is being read, to part those that are commit ids.
#[derive(Default)]
struct Word {
    /// How many characters of it have been read.
    read: usize,
    is_commit: bool,
}

impl Word {
    /// Whether the word is a commit id that is parted behind this character, so that no part of it is long enough to be one.
    ///
    /// `text` begins with the character.
    fn is_parted_behind(&mut self, text: &str, character: char) -> bool {
        if !is_word(character) {
            self.read = 0;
            return false;
        }
        if self.read == 0 {
            self.is_commit = is_commit(text);
        }
        self.read += 1;
        self.is_commit && self.read.is_multiple_of(SHORTEST_COMMIT - 1)
    }
}

/// Whether a text begins with a word that is a commit id. A short number is left alone: it is an employee's number far more often.
fn is_commit(text: &str) -> bool {
    let word = text.split(|character| !is_word(character)).next();
    let word = word.unwrap_or_default();
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    (SHORTEST_COMMIT..=LONGEST_COMMIT).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (!is_number || word.len() >= 40)
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::markdown;

    #[test]
    fn markup_is_text() {
        for (text, safe) in [
            (
                "a|b `c` <img src=x>",
                "a&#124;b &#96;c&#96; &#60;img src=x&#62;",
            ),
            (r"*bold* \_x_", "&#42;bold&#42; &#92;&#95;x&#95;"),
            ("<!-- x --> &amp;", "&#60;&#33;-- x --&#62; &#38;amp;"),
            ("a\r\nb\tc\n", "a b c"),
            ("\u{202e}x", "&#92;u&#123;202e&#125;x"),
        ] {
            assert_eq!(markdown(text), safe, "{text}");
        }
    }

    #[test]
    fn nothing_begins_a_list_or_is_a_command() {
        for (text, safe) in [
            ("- x", "&#45; x"),
            ("12. x", "&#49;2. x"),
            ("12 x", "12 x"),
            ("/approve", "&#47;approve"),
            ("===", "&#61;=="),
        ] {
            assert_eq!(markdown(text), safe, "{text}");
        }
    }

    #[test]
    fn what_forges_look_for_is_parted() {
        for (text, safe) in [
            ("@team", "&#64;|team"),
            ("@ team", "&#64; team"),
            ("a@b.example", "a&#64;|b.example"),
            ("x/y#12 # 1", "x/y&#35;|12 &#35; 1"),
            ("GH-7 gl-8 HR-9", "GH-|7 gl-|8 HR-9"),
            ("!12 now!", "&#33;|12 now&#33;"),
            ("~bug %\"a b\" 100 %", "&#126;|bug %|\"a b\" 100 %"),
            ("$1 &2", "&#36;|1 &#38;|2"),
            ("[issue:7] [7]", "&#91;|issue:7&#93; &#91;|7&#93;"),
            ("[x] [[y]]", "&#91;|x&#93; &#91;|&#91;|y&#93;&#93;"),
            ("{+a+}", "&#123;|+a+&#125;"),
            ("x :tada: 10:30:15 a:b", "x :|tada: 10:|30:15 a:b"),
            ("ftp://x www.y WWW.Z", "ftp:|//x www|.y WWW|.Z"),
        ] {
            assert_eq!(markdown(text), safe.replace('|', "&#8203;"), "{text}");
        }
    }

    #[test]
    fn no_part_of_a_commit_id_is_long_enough_for_one() {
        for (text, safe) in [
            ("5dd3bd5", "5dd3bd|5"),
            ("5DD3BD5fba66", "5DD3BD|5fba66|"),
            ("5dd3bd", "5dd3bd"),
            ("5dd3bd5x x5dd3bd5", "5dd3bd5x x5dd3bd5"),
            ("1234567", "1234567"),
        ] {
            assert_eq!(markdown(text), safe.replace('|', "&#8203;"), "{text}");
        }
    }

    #[test]
    fn names_look_right() {
        assert_eq!(markdown("Zoë O'Neil-Müller"), "Zoë O'Neil-Müller");
        assert_eq!(markdown("sam_reyes"), "sam&#95;reyes");
        assert_eq!(
            markdown("2026-11-22 10:00 UTC, 50 %"),
            "2026-11-22 10:00 UTC, 50 %"
        );
    }
}
