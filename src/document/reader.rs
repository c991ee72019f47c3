//! Reads values out of a tree and collects every problem on the way.

use crate::check::finding::{Code, Finding, Places, did_you_mean};
use crate::document::source::Source;
use crate::document::text::{self, shown};
use crate::document::yaml::{Key, Node, Span, Value};

/// How many problems of a file are kept; the rest is counted.
const MOST_FINDINGS: usize = 200;

/// The problems of a file, found so far, and the ways to read a value.
///
/// The methods that read take the name of the value for messages, and return `None` where they reported a problem.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    /// Where the parts stand that were noted.
    pub(super) places: Places,
    findings: Vec<Finding>,
    errors: usize,
    dropped: usize,
}

impl<'a> Reader<'a> {
    /// Goes on where the findings of the text end.
    pub(super) fn new(source: &'a Source, findings: Vec<Finding>) -> Self {
        Self {
            source,
            places: Places::default(),
            errors: findings.iter().filter(|finding| finding.is_error()).count(),
            findings,
            dropped: 0,
        }
    }

    /// Whether anything read so far is an error.
    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Every problem, in the order of the file.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| {
            let place = finding.place.as_ref();
            (place.map(|place| (place.line, place.column)), finding.code)
        });
        if self.dropped > 0 {
            let message = format!("{} more problems of this file are not shown", self.dropped);
            let note = Finding::note(Code::More, message).in_file(self.source.path.clone());
            self.findings
                .push(note.hint("correct those that are shown, then check again"));
        }
        self.findings
    }

    /// Notes where a part stands.
    pub(super) fn note_place(&mut self, part: impl Into<String>, span: Span) {
        let place = self.source.place(span);
        self.places.insert(part, place);
    }

    /// Reports an error.
    pub(super) fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report(Finding::error(code, message), span, hint);
    }

    /// Reports a warning.
    pub(super) fn warning(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report(Finding::warning(code, message), span, hint);
    }

    fn report(&mut self, finding: Finding, span: Span, hint: impl Into<String>) {
        if finding.is_error() {
            self.errors += 1;
        }
        if self.findings.len() >= MOST_FINDINGS {
            self.dropped += 1;
            return;
        }
        let finding = finding
            .in_file(self.source.path.clone())
            .at(Some(self.source.place(span)))
            .hint(hint);
        self.findings.push(finding);
    }

    /// Whether findings are still kept: where not, costly suggestions are not worth their time.
    pub(super) fn is_full(&self) -> bool {
        self.findings.len() >= MOST_FINDINGS
    }

    /// Reports a name that is not known, with the one that was probably meant.
    pub(super) fn unknown<'n>(
        &mut self,
        code: Code,
        span: Span,
        message: String,
        word: &str,
        names: impl IntoIterator<Item = &'n str>,
        otherwise: impl FnOnce() -> String,
    ) {
        if self.is_full() {
            self.error(code, span, message, "");
            return;
        }
        let hint = did_you_mean(word, names, otherwise);
        self.error(code, span, message, hint);
    }

    /// The text of a scalar as it stands, unless it is plain and means something else than a text.
    pub(super) fn scalar<'n>(&mut self, name: &str, node: &'n Node<'_>) -> Option<&'n str> {
        match &node.value {
            Value::Scalar { text, plain } => {
                if *plain && text::is_null(text) {
                    let message = format!("`{name}` has no value");
                    self.error(
                        Code::WrongType,
                        node.span,
                        message,
                        nothing(name, "a value"),
                    );
                    return None;
                }
                if *plain && matches!(text.to_ascii_lowercase().as_str(), "true" | "false") {
                    let message = format!("`{name}` is a text, not {text}");
                    let hint = format!("write \"{text}\" in quotes if the text is meant");
                    self.error(Code::WrongType, node.span, message, hint);
                    return None;
                }
                Some(text)
            }
            other => {
                self.not_a(name, "a text", other, node.span);
                None
            }
        }
    }

    /// A text that keeps the rules for texts.
    pub(super) fn text(&mut self, name: &str, node: &Node<'_>) -> Option<String> {
        let text = self.scalar(name, node)?;
        self.is_good_text(name, text, node.span)
            .then(|| text.to_owned())
    }

    /// A text of one line, with at most so many characters.
    pub(super) fn line(&mut self, name: &str, node: &Node<'_>, longest: usize) -> Option<String> {
        let text = self.text(name, node)?;
        let length = text.chars().count();
        let message = if text.contains('\n') {
            format!("`{name}` has more than one line")
        } else if length > longest {
            format!("`{name}` has {length} characters; at most {longest} are allowed")
        } else {
            return Some(text);
        };
        let hint = "write a short name in one line";
        self.error(Code::BadText, node.span, message, hint);
        None
    }

    /// Whether a text keeps the rules for texts; reported if not.
    pub(super) fn is_good_text(&mut self, name: &str, text: &str, span: Span) -> bool {
        if text::is_blank(text) {
            let message = format!("`{name}` is blank");
            self.error(
                Code::BadText,
                span,
                message,
                "write a text, or leave the key out",
            );
            return false;
        }
        let length = text.chars().count();
        if length > text::LONGEST {
            let message = format!(
                "`{name}` has {length} characters; at most {} are allowed",
                text::LONGEST
            );
            self.error(
                Code::BadText,
                span,
                message,
                "shorten it, and link to the rest",
            );
            return false;
        }
        if let Some((character, kind)) = text
            .chars()
            .find_map(|character| Some((character, text::kind(character)?)))
        {
            let message = format!("`{name}` has U+{:04X}, {kind}", u32::from(character));
            self.error(
                Code::BadText,
                span,
                message,
                "remove it; only line feeds are allowed",
            );
            return false;
        }
        true
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &str,
        node: &Node<'_>,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.scalar(name, node)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let message = format!("{} is not a value of `{name}`", shown(text));
        let all = format!("write one of: {}", known.join(", "));
        let hint = match did_you_mean(text, known, String::new) {
            hint if hint.is_empty() => all,
            hint => format!("{hint} ({all})"),
        };
        self.error(Code::UnknownWord, node.span, message, hint);
        None
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, name: &str, node: &Node<'_>) -> Option<bool> {
        match &node.value {
            Value::Scalar { text, plain: true } if text == "true" => return Some(true),
            Value::Scalar { text, plain: true } if text == "false" => return Some(false),
            Value::Scalar { text, plain } if !(*plain && text::is_null(text)) => {
                let quotes = if *plain { "" } else { " in quotes" };
                let message = format!("`{name}` is {}{quotes}, not true or false", shown(text));
                let hint = match text.to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "y" | "1" => {
                        "write `true` (or `false`), in lower case and without quotes"
                    }
                    "false" | "no" | "off" | "n" | "0" => {
                        "write `false` (or `true`), in lower case and without quotes"
                    }
                    _ => "write true or false",
                };
                self.error(Code::WrongType, node.span, message, hint);
            }
            other => self.not_a(name, "true or false", other, node.span),
        }
        None
    }

    /// A whole number of a range.
    pub(super) fn number(
        &mut self,
        name: &str,
        node: &Node<'_>,
        least: u64,
        most: u64,
    ) -> Option<u64> {
        match &node.value {
            Value::Scalar { text, plain } if !(*plain && text::is_null(text)) => {
                let is_number = *plain && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = is_number.then(|| text.parse::<u64>().ok()).flatten();
                if let Some(number) = number.filter(|number| (least..=most).contains(number)) {
                    return Some(number);
                }
                let message = format!(
                    "`{name}` is {}, not a whole number from {least} to {most}",
                    shown(text)
                );
                self.error(
                    Code::WrongType,
                    node.span,
                    message,
                    "write it in digits, without quotes",
                );
            }
            other => self.not_a(name, "a number", other, node.span),
        }
        None
    }

    /// A list with at least one entry.
    pub(super) fn list<'n, 'b>(
        &mut self,
        name: &str,
        node: &'n Node<'b>,
    ) -> Option<&'n [Node<'b>]> {
        match &node.value {
            Value::Sequence(items) if items.is_empty() => {
                let message = format!("`{name}` is an empty list");
                self.error(
                    Code::BadList,
                    node.span,
                    message,
                    "write at least one entry, or leave the key out",
                );
                None
            }
            Value::Sequence(items) => Some(items),
            other => {
                self.not_a(name, "a list", other, node.span);
                None
            }
        }
    }

    /// A map.
    pub(super) fn map<'n, 'b>(
        &mut self,
        name: &str,
        node: &'n Node<'b>,
    ) -> Option<&'n [(Key<'b>, Node<'b>)]> {
        match &node.value {
            Value::Mapping(entries) => Some(entries),
            other => {
                self.not_a(name, "a map", other, node.span);
                None
            }
        }
    }

    /// An id of some kind.
    pub(super) fn id<T>(
        &mut self,
        text: &str,
        span: Span,
        parse: impl FnOnce(&str) -> Result<T, crate::model::IdError>,
    ) -> Option<T> {
        match parse(text) {
            Ok(id) => Some(id),
            Err(error) => {
                self.error(
                    Code::BadId,
                    span,
                    error.to_string(),
                    "write the id as the rule says",
                );
                None
            }
        }
    }

    /// Reports a value of the wrong kind; silent about one that was refused already.
    pub(super) fn not_a(&mut self, name: &str, wanted: &str, found: &Value<'_>, span: Span) {
        let found = match found {
            Value::Refused => return,
            Value::Scalar { text, plain: true } if text::is_null(text) => {
                let message = format!("`{name}` has no value");
                self.error(Code::WrongType, span, message, nothing(name, wanted));
                return;
            }
            Value::Scalar { .. } => "a text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a map",
        };
        let message = format!("`{name}` is {found}, not {wanted}");
        self.error(Code::WrongType, span, message, format!("write {wanted}"));
    }
}

/// What to do where nothing stands.
fn nothing(name: &str, wanted: &str) -> String {
    let part = if name.ends_with(']') { "entry" } else { "key" };
    format!("leave the {part} out, or write {wanted}")
}
