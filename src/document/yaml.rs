//! YAML, strictly: the only file that names `serde_yaml`.

use serde_yaml::granit_parser::{self, Parser};

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
/// any size are read.
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
            message: message[..end.unwrap_or(message.len())].to_owned(),
            line: location.and_then(|at| part(at.line())),
            column: location.and_then(|at| part(at.column())),
        }
    })
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
