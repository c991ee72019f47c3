//! The text of a file, and the places in it.

use std::sync::OnceLock;

use crate::check::finding::{Code, Finding, Place};
use crate::document::yaml::Span;

/// How many characters of a line a [`Place`] shows.
const SHOWN: usize = 200;

/// How many characters stand before the place where a long line is cut.
const LEAD: usize = 60;

/// So many bytes are counted at a time.
const BLOCK: usize = 1024;

/// The text of a file.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file, relative to the access repository.
    pub path: String,
    text: String,
    lines: Vec<usize>,
    /// How many characters begin before each block, made when somebody asks.
    blocks: OnceLock<Vec<usize>>,
}

impl Source {
    /// Takes the bytes of a file: at most `limit` of them, UTF-8, without a byte order mark.
    ///
    /// # Errors
    ///
    /// A finding about the file that says which of these it breaks.
    pub fn new(path: impl Into<String>, bytes: Vec<u8>, limit: usize) -> Result<Self, Finding> {
        let path = path.into();
        if bytes.len() > limit {
            // How much more is not known: readers stop behind the limit.
            let message = format!("the file has more than {limit} bytes");
            return Err(Finding::error(Code::TooLarge, message)
                .in_file(path)
                .hint("split it, or remove what does not belong in it"));
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Err(not_utf8(path, &error)),
        };
        if text.starts_with('\u{feff}') {
            return Err(
                Finding::error(Code::Encoding, "the file begins with a byte order mark")
                    .in_file(path)
                    .hint("save it as UTF-8 without a byte order mark"),
            );
        }
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        Ok(Self {
            path,
            text,
            lines,
            blocks: OnceLock::new(),
        })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a range of the text's bytes stands.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let start = self.boundary(span.start());
        let end = self.boundary(span.end()).max(start);
        let line = self.lines.partition_point(|first| *first <= start).max(1);
        let first = self.lines[line - 1];
        let last = self
            .lines
            .get(line)
            .map_or(self.text.len(), |next| next - 1);
        let whole = self.text[first..last.max(first)].trim_end_matches('\r');
        let before = start.min(first + whole.len()) - first;
        let spanned = end.min(first + whole.len()).max(first + before) - first;
        let column = self.characters(first, first + before);
        let length = self.characters(first + before, first + spanned).max(1);
        let is_long = whole.len() > 4 * SHOWN || count(whole) > SHOWN;
        let lead = if is_long { LEAD } else { before };
        let cut = whole[..before].char_indices().rev().take(lead).last();
        let cut = cut.map_or(before, |(at, _)| at);
        let skipped = column - count(&whole[cut..before]);
        Place {
            line,
            column: column + 1,
            length,
            skipped,
            text: whole[cut..].chars().take(SHOWN).collect(),
        }
    }

    /// A place by its line and column, both from 1, as far as the text goes.
    #[must_use]
    pub fn line(&self, line: usize, column: usize) -> Place {
        let first = self.lines.get(line.saturating_sub(1)).copied();
        let first = first.unwrap_or(self.text.len());
        let before: usize = self.text[first..]
            .chars()
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        self.place(Span::new(first + before, first + before + 1))
    }

    /// An error of this file.
    #[must_use]
    pub fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Finding {
        Finding::error(code, message)
            .in_file(self.path.clone())
            .at(Some(self.place(span)))
    }

    /// How many characters begin between two offsets. A long line can have many places, so not each of them counts from its beginning.
    fn characters(&self, start: usize, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        if end - start <= BLOCK {
            return begun(&bytes[start..end]);
        }
        let blocks = self.blocks.get_or_init(|| {
            let sums = bytes.chunks(BLOCK).scan(0, |sum, block| {
                *sum += begun(block);
                Some(*sum)
            });
            std::iter::once(0).chain(sums).collect()
        });
        let up_to = |offset: usize| {
            let block = offset / BLOCK;
            blocks[block] + begun(&bytes[block * BLOCK..offset])
        };
        up_to(end) - up_to(start)
    }

    /// The nearest character boundary at or before an offset.
    fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset.min(self.text.len()))
    }
}

/// How many characters begin in these bytes: all but those that go on with one.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

fn count(text: &str) -> usize {
    text.chars().count()
}

fn not_utf8(path: String, error: &std::string::FromUtf8Error) -> Finding {
    let valid = error.utf8_error().valid_up_to();
    let head = &error.as_bytes()[..valid];
    let line = head.split(|byte| *byte == b'\n').count();
    let rest = head.rsplit(|byte| *byte == b'\n').next().unwrap_or(head);
    let text = String::from_utf8_lossy(rest);
    let column = count(&text) + 1;
    let skipped = column.saturating_sub(LEAD + 1);
    let place = Place {
        line,
        column,
        length: 1,
        skipped,
        text: text.chars().skip(skipped).take(SHOWN).collect(),
    };
    Finding::error(Code::Encoding, "the file is not UTF-8")
        .in_file(path)
        .at(Some(place))
        .hint("save it as UTF-8 without a byte order mark")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn source(text: &str) -> Source {
        Source::new("a.yaml", text.as_bytes().to_vec(), 1 << 20).unwrap()
    }

    #[rstest]
    #[case::first("name: x\n", 0, 4, (1, 1, 4))]
    #[case::second_line("a: b\nc: d\n", 8, 9, (2, 4, 1))]
    #[case::characters("ä: 日本\n", 4, 10, (1, 4, 2))]
    #[case::carriage_return("a: b\r\nc: d\r\n", 9, 10, (2, 4, 1))]
    #[case::over_the_line("a: b\nc: d\n", 3, 9, (1, 4, 1))]
    #[case::at_the_end("a: b\n", 5, 5, (2, 1, 1))]
    #[case::behind_the_end("a: b", 90, 99, (1, 5, 1))]
    #[case::empty("", 0, 0, (1, 1, 1))]
    fn a_place_counts_lines_and_characters(
        #[case] text: &str,
        #[case] start: usize,
        #[case] end: usize,
        #[case] expected: (usize, usize, usize),
    ) {
        let place = source(text).place(Span::new(start, end));
        assert_eq!((place.line, place.column, place.length), expected);
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}here{}", "x".repeat(5000), "y".repeat(5000));
        let place = source(&text).place(Span::new(5000, 5004));
        assert_eq!(place.column, 5001);
        assert_eq!(place.text.chars().count(), SHOWN);
        let shown: String = place
            .text
            .chars()
            .skip(place.column - 1 - place.skipped)
            .take(4)
            .collect();
        assert_eq!(shown, "here");
    }

    #[rstest]
    #[case::within_a_block(&"ä".repeat(300), 500)]
    #[case::over_blocks(&"日本 ".repeat(3000), 20_000)]
    #[case::to_the_end_of_the_last_block(&"é".repeat(2048), 4095)]
    #[case::in_a_later_line(&format!("{}\n{}", "ü".repeat(999), "x日".repeat(2000)), 8000)]
    fn a_column_is_counted_the_same_however_far_it_is(#[case] text: &str, #[case] offset: usize) {
        let source = source(text);
        let offset = text.floor_char_boundary(offset);
        let place = source.place(Span::new(offset, text.len()));
        let line = text[..offset].rsplit('\n').next().unwrap();
        assert_eq!(place.column, line.chars().count() + 1);
        assert_eq!(place.length, text[offset..].chars().count());
    }

    #[rstest]
    #[case::large(vec![b'x'; 11], Code::TooLarge)]
    #[case::latin(b"a\n\xe4".to_vec(), Code::Encoding)]
    #[case::mark(b"\xef\xbb\xbfa".to_vec(), Code::Encoding)]
    fn a_file_that_is_no_text_is_refused(#[case] bytes: Vec<u8>, #[case] code: Code) {
        let finding = Source::new("a.yaml", bytes, 10).unwrap_err();
        assert_eq!(finding.code, code);
        assert_eq!(finding.path.as_deref(), Some("a.yaml"));
    }
}
