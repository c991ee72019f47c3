//! The only file that names the YAML library.

use serde_yaml as saphyr;

/// Why a text is not the YAML that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// What is wrong.
    pub message: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    pub column: Option<usize>,
}

/// Reads one strict YAML document of any size: repeated keys and merge keys are errors, booleans are `true` and `false`.
///
/// # Errors
///
/// A [`YamlError`] with the place.
pub fn from_str<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    let options = saphyr::options! {
        budget: saphyr::budget! {
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
            max_total_comment_bytes: usize::MAX,
            max_buffered_comment_events: 100_000,
            max_aliases: 0,
            max_anchors: 0,
            max_merge_keys: 0,
            max_depth: 32,
        },
        duplicate_keys: saphyr::options::DuplicateKeyPolicy::Error,
        merge_keys: saphyr::options::MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        reject_tagged_field_names: true,
        with_snippet: false,
    };
    saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location();
        let number = |value: u64| usize::try_from(value).ok().filter(|value| *value > 0);
        let message = error
            .without_snippet()
            .render_with_options(saphyr::render_options! { snippets: saphyr::SnippetMode::Off });
        YamlError {
            message,
            line: place.and_then(|place| number(place.line())),
            column: place.and_then(|place| number(place.column())),
        }
    })
}
