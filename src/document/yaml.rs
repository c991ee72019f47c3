//! YAML, strictly: the only file that names `serde_yaml`.
//!
//! [`parse`] makes a tree with places of a file that people write. It refuses what hides meaning from a reader of the file:
//! anchors, aliases, tags, merge keys, directives, further documents, repeated keys. [`from_str`] reads the files that the
//! reconciler writes, which may be large, straight into their wire types.

mod tree;

use std::borrow::Cow;

pub use tree::parse;

use serde_yaml::granit_parser::{self, Parser};

use crate::check::finding::Finding;

/// How deep lists and maps may be nested, the outermost counted.
pub const DEEPEST: usize = 8;

/// A range of a text's bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The bytes from `start` up to but not including `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            start: narrow(start),
            end: narrow(end.max(start)),
        }
    }

    /// The first byte.
    #[must_use]
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// Behind the last byte.
    #[must_use]
    pub fn end(self) -> usize {
        self.end as usize
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }
}

impl From<granit_parser::Span> for Span {
    fn from(span: granit_parser::Span) -> Self {
        span.byte_range()
            .map_or_else(Self::default, |range| Self::new(range.start, range.end))
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Where it stands; an empty value takes the place of its key.
    pub span: Span,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text, with whether it stands without quotes and not as a block.
    Scalar {
        /// The text, escapes resolved.
        text: Cow<'a, str>,
        /// Whether it is neither quoted nor a block.
        plain: bool,
    },
    /// A list.
    Sequence(Vec<Node<'a>>),
    /// A map, in the order of the file, each key once.
    Mapping(Vec<(Key<'a>, Node<'a>)>),
    /// Something that was refused and reported, such as an alias.
    Refused,
}

/// A key of a map and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key<'a> {
    /// The text, escapes resolved.
    pub text: Cow<'a, str>,
    /// Where it stands.
    pub span: Span,
}

/// What [`parse`] made of a text.
#[derive(Debug)]
pub struct Tree<'a> {
    /// The document, unless the text cannot be read to its end.
    pub root: Option<Node<'a>>,
    /// What is wrong with the text.
    pub findings: Vec<Finding>,
}

/// Why a text is not the document that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// What is wrong.
    pub message: String,
    /// The line, from 1, if known.
    pub line: Option<usize>,
    /// The column, from 1 in characters, if known.
    pub column: Option<usize>,
}

/// Reads one document into a type, with strict booleans and without repeated keys, merge keys, anchors or aliases. Files of
/// any size are read; those that people write go through [`parse`].
///
/// # Errors
///
/// A [`YamlError`] with the first problem.
pub fn from_str<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    without_tags(text)?;
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_reader_input_bytes: None,
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
            max_total_comment_bytes: usize::MAX,
            max_documents: 1,
            max_aliases: 0,
            max_anchors: 0,
            max_depth: 16,
            flow_nesting_limit: 16,
            max_inclusion_depth: 0,
        },
        emit_comments: false,
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::Error,
        merge_keys: serde_yaml::MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    serde_yaml::from_str_with_options(text, options).map_err(|error| {
        let location = error.location();
        let part = |value: u64| usize::try_from(value).ok().filter(|value| *value > 0);
        let message = error.without_snippet().to_string();
        let end = location.and_then(|_| message.rfind(" at line "));
        YamlError {
            message: plain(&message[..end.unwrap_or(message.len())]),
            line: location.and_then(|at| part(at.line())),
            column: location.and_then(|at| part(at.column())),
        }
    })
}

/// A message without what only somebody who calls the library can use.
fn plain(message: &str) -> String {
    if message.starts_with("budget breached") {
        return "it is nested too deeply, or has an anchor or a second document".to_owned();
    }
    if message.starts_with("cannot deserialize null into string") {
        return "a text is missing here".to_owned();
    }
    if message.starts_with("externally tagged enum expected") {
        return "a single word belongs here".to_owned();
    }
    let ends = [" (set ", ", set ", "; set ", ": set ", "; use "];
    let end = ends.iter().filter_map(|end| message.find(end)).min();
    let said = match message {
        "expected mapping start" => "a map belongs here: lines of `key: value`",
        "expected sequence start" => "a list belongs here, such as [a, b]",
        "expected string scalar" => "a single value belongs here",
        _ => &message[..end.unwrap_or(message.len())],
    };
    said.to_owned()
}

/// Refuses tags, of which the reader decodes some and drops others. Only a text with an exclamation mark can have any.
fn without_tags(text: &str) -> Result<(), YamlError> {
    if !text.contains('!') {
        return Ok(());
    }
    let options = granit_parser::options! { emit_comments: false, flow_nesting_limit: 16, block_nesting_limit: 16 };
    for next in Parser::new_from_str_with_options(text, options) {
        // What is no YAML is refused by the reader itself.
        let Ok((event, span)) = next else { break };
        if event.tag().is_some() {
            let at = span.tag_start().unwrap_or(span.start);
            return Err(YamlError {
                message: "a tag is not allowed".to_owned(),
                line: Some(at.line()),
                column: Some(at.col() + 1),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
pub(in crate::document) mod tests;
