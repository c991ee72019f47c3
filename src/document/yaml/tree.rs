//! The tree of a text, built from the parser's events.

use super::granit_parser::{self, ErrorKind, Event, Parser, ScalarStyle, ScanError};
use super::{DEEPEST, Key, Node, Span, Tree, Value};
use crate::check::finding::{Code, Finding};
use crate::document::source::Source;
use crate::document::text;

/// How many keys and values a file may have, so that 8 MiB of the densest text take less than 100 MB; a catalogue of 150,000
/// roles stays below.
const MOST_NODES: usize = 700_000;

/// How many problems of the text are reported before reading stops.
pub(super) const MOST_FINDINGS: usize = 50;

/// Makes a tree of the one document of a text.
#[must_use]
pub fn parse(source: &Source) -> Tree<'_> {
    let findings = text::forbidden_characters(source);
    if !findings.is_empty() {
        return Tree {
            root: None,
            findings,
        };
    }
    let mut builder = Builder::new(source);
    let root = match builder.read() {
        Ok(()) => builder.root,
        Err(finding) => {
            builder.findings.push(*finding);
            None
        }
    };
    Tree {
        root,
        findings: builder.findings,
    }
}

/// A list or map whose end is not reached yet.
enum Open<'a> {
    Sequence(Vec<Node<'a>>),
    Mapping(Vec<(Key<'a>, Node<'a>)>, Option<Key<'a>>),
}

struct Builder<'a> {
    source: &'a Source,
    findings: Vec<Finding>,
    open: Vec<(Open<'a>, Span)>,
    root: Option<Node<'a>>,
    nodes: usize,
}

type Stop = Box<Finding>;

impl<'a> Builder<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            source,
            findings: Vec::new(),
            open: Vec::new(),
            root: None,
            nodes: 0,
        }
    }

    /// Reads the events of the whole text. `Err` is the finding that ends the reading.
    fn read(&mut self) -> Result<(), Stop> {
        let source = self.source;
        let options = granit_parser::options! {
            disallow_directives: true,
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            emit_comments: false,
            flow_nesting_limit: 2 * DEEPEST,
            block_nesting_limit: 2 * DEEPEST,
        };
        let mut documents = 0;
        for next in Parser::new_from_str_with_options(source.text(), options) {
            let (event, span) = next.map_err(|error| self.syntax(&error))?;
            if matches!(event, Event::DocumentStart(..)) {
                documents += 1;
                if documents > 1 {
                    let message = "a second document begins here; a file holds one";
                    return Err(self.stop(
                        Code::Feature,
                        span.into(),
                        message,
                        "put it into a file of its own",
                    ));
                }
                continue;
            }
            self.take(event, span)?;
        }
        if self.root.as_ref().is_none_or(is_nothing) {
            let finding = source.error(Code::Syntax, Span::default(), "the file is empty");
            return Err(Box::new(finding.hint("write its keys, or remove the file")));
        }
        Ok(())
    }

    fn take(&mut self, event: Event<'a>, span: granit_parser::Span) -> Result<(), Stop> {
        if let Some(tag) = event.tag() {
            let message = format!("the tag {} is not allowed", text::shown(&tag.original()));
            let place = span.tag_span().unwrap_or(span).into();
            self.fault(
                Code::Feature,
                place,
                message,
                "remove the tag; put a text in quotes if it needs them",
            )?;
        }
        let here = Span::from(span);
        match event {
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                self.node(Value::Scalar { text, plain }, here)
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.fault(
                    Code::Feature,
                    here,
                    "an alias is not allowed",
                    "write the value out, or quote a text that begins with *",
                )?;
                self.node(Value::Refused, here)
            }
            Event::Anchor(..) => self.fault(
                Code::Feature,
                here,
                "an anchor is not allowed",
                "remove it, or quote a text that begins with &",
            ),
            Event::SequenceStart(..) => self.push(Open::Sequence(Vec::new()), here),
            Event::MappingStart(..) => self.push(Open::Mapping(Vec::new(), None), here),
            Event::SequenceEnd | Event::MappingEnd => self.close(here),
            _ => Ok(()),
        }
    }

    fn push(&mut self, open: Open<'a>, span: Span) -> Result<(), Stop> {
        if let Some((Open::Mapping(_, None), _)) = self.open.last() {
            return Err(self.stop(
                Code::WrongType,
                span,
                "a key is a list or a map",
                "write the key as a text",
            ));
        }
        if self.open.len() >= DEEPEST {
            let message = format!("lists and maps are nested deeper than {DEEPEST}");
            return Err(self.stop(
                Code::TooDeep,
                span,
                message,
                "look for a bracket or an indentation that is not meant",
            ));
        }
        self.open.push((open, span));
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Stop> {
        let Some((open, start)) = self.open.pop() else {
            return Ok(());
        };
        let value = match open {
            Open::Sequence(items) => Value::Sequence(items),
            Open::Mapping(entries, _) => Value::Mapping(self.without_repeated(entries)?),
        };
        self.node(value, Span::new(start.start(), end.end()))
    }

    /// A node is complete: the next key or value of the innermost open list or map.
    fn node(&mut self, value: Value<'a>, span: Span) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            let message = format!("the file has more than {MOST_NODES} keys and values");
            return Err(self.stop(
                Code::TooLarge,
                span,
                message,
                "split it, or remove what does not belong in it",
            ));
        }
        match self.open.last_mut() {
            None => self.root = Some(Node { value, span }),
            Some((Open::Sequence(items), _)) => items.push(Node { value, span }),
            Some((Open::Mapping(_, key @ None), _)) => match value {
                Value::Scalar { text, plain } => {
                    let is_merge = plain && text == "<<";
                    *key = Some(Key { text, span });
                    if is_merge {
                        self.fault(
                            Code::Feature,
                            span,
                            "a merge key is not allowed",
                            "write the keys out",
                        )?;
                    }
                }
                _ => {
                    return Err(self.stop(
                        Code::WrongType,
                        span,
                        "a key is not a text",
                        "write the key as a text",
                    ));
                }
            },
            Some((Open::Mapping(entries, key), _)) => {
                if let Some(key) = key.take() {
                    let span = if span.is_empty() { key.span } else { span };
                    // A merge key is reported already; in quotes it is a key like any other.
                    let written = self.source.text().get(key.span.start()..);
                    if key.text != "<<" || !written.is_some_and(|text| text.starts_with("<<")) {
                        entries.push((key, Node { value, span }));
                    }
                }
            }
        }
        Ok(())
    }

    /// Reports keys that stand twice, and keeps the first of them.
    fn without_repeated(
        &mut self,
        entries: Vec<(Key<'a>, Node<'a>)>,
    ) -> Result<Vec<(Key<'a>, Node<'a>)>, Stop> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(|left, right| entries[*left].0.text.cmp(&entries[*right].0.text));
        let mut repeated: Vec<(usize, usize)> = Vec::new();
        for pair in order.windows(2) {
            if entries[pair[0]].0.text == entries[pair[1]].0.text {
                let first = match repeated.last() {
                    Some((first, last)) if *last == pair[0] => *first,
                    _ => pair[0],
                };
                repeated.push((first, pair[1]));
            }
        }
        if repeated.is_empty() {
            return Ok(entries);
        }
        repeated.sort_by_key(|(_, later)| *later);
        for (first, later) in &repeated {
            let line = self.source.place(entries[*first].0.span).line;
            let message = format!(
                "the key {} stands twice",
                text::shown(&entries[*later].0.text)
            );
            let hint = format!("it stands in line {line} already; keep one of the two");
            self.fault(Code::RepeatedKey, entries[*later].0.span, message, hint)?;
        }
        let kept = entries.into_iter().enumerate().filter(|(index, _)| {
            repeated
                .binary_search_by_key(index, |(_, later)| *later)
                .is_err()
        });
        Ok(kept.map(|(_, entry)| entry).collect())
    }

    /// Reports a problem behind which the reading goes on, unless there are too many.
    fn fault(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Result<(), Stop> {
        let finding = self.source.error(code, span, message).hint(hint);
        if self.findings.len() + 1 >= MOST_FINDINGS {
            return Err(Box::new(finding));
        }
        self.findings.push(finding);
        Ok(())
    }

    fn stop(&self, code: Code, span: Span, message: impl Into<String>, hint: &str) -> Stop {
        Box::new(self.source.error(code, span, message).hint(hint))
    }

    fn syntax(&self, error: &ScanError) -> Stop {
        let at = error.marker().byte_offset().unwrap_or_default();
        let span = Span::new(at, at + 1);
        let (code, message, hint) = explain(error.kind());
        let message = message.map_or_else(|| error.info(), str::to_owned);
        let finding = self.source.error(code, span, message);
        Box::new(finding.hint(hint))
    }
}

fn is_nothing(node: &Node<'_>) -> bool {
    matches!(&node.value, Value::Scalar { text, plain: true } if text::is_null(text))
}

/// The code, a message where the parser's own is not plain, and what to do.
fn explain(kind: &ErrorKind) -> (Code, Option<&'static str>, &'static str) {
    match kind {
        ErrorKind::DirectiveDisallowed => (
            Code::Feature,
            Some("a directive is not allowed"),
            "remove the line that begins with %",
        ),
        ErrorKind::RecursionLimitExceeded => (
            Code::TooDeep,
            Some("lists and maps are nested too deeply"),
            "look for a bracket or an indentation that is not meant",
        ),
        ErrorKind::UndeclaredTagHandle
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri => (
            Code::Feature,
            Some("a tag is not allowed"),
            "remove it, or quote a text that begins with !",
        ),
        ErrorKind::MissingAnchorOrAliasName => (
            Code::Feature,
            Some("an anchor or alias is not allowed"),
            "quote a text that begins with & or *",
        ),
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInPlainScalar => (
            Code::Syntax,
            Some("a tab stands where only spaces are allowed"),
            "indent with spaces",
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => (
            Code::Syntax,
            Some("a quote is not closed"),
            "add the closing quote",
        ),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => (
            Code::Syntax,
            Some("a bracket is not closed"),
            "add the closing bracket",
        ),
        ErrorKind::MappingValueNotAllowed => (
            Code::Syntax,
            Some("a colon stands where no key can be"),
            "put a text that contains a colon in quotes, or check the indentation",
        ),
        ErrorKind::UnexpectedCharacter { .. } => (
            Code::Syntax,
            Some("a text cannot begin with this character"),
            "put the text in quotes",
        ),
        _ => (
            Code::Syntax,
            None,
            "check the indentation and the quotes around here",
        ),
    }
}
