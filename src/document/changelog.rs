//! Change logs: `state/changelog/<year>/<serial>-<name>.yaml`.
//!
//! A log holds each employee's entry of the state `before` and after (`record`), from which the logs can be replayed; what is
//! shown beside them (`old_roles`, `new_roles`, `added`, `removed`, `status`, `diff`) follows from the two, and a log in which it
//! does not is refused: an auditor relies on it.

mod approval;
mod diff;
mod wire;
mod writer;

use super::{canonical, yaml};
use crate::model::{ChangeLog, ChangeType, Digest, EmployeeChange, Instant, RequestId};

/// Where the head of a log ends.
const VALUES: &str = "\nvalues:";

/// Why a text is not a change log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ChangeLogError {
    /// What is wrong.
    pub message: String,
    /// The line, from 1, where one can be named.
    pub line: Option<usize>,
    /// The column, from 1, in characters, where one can be named.
    pub column: Option<usize>,
}

impl ChangeLogError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            line: None,
            column: None,
        }
    }
}

/// Writes a log in its canonical form.
#[must_use]
pub fn write(log: &ChangeLog) -> Vec<u8> {
    write_around(log, &write_changes(&log.changes))
}

/// Writes what a log has of its changes, the longest part of it, for [`write_around`].
#[must_use]
pub fn write_changes(changes: &[EmployeeChange]) -> String {
    writer::write_changes(changes)
}

/// Writes a log whose changes are written already, in its canonical form.
#[must_use]
pub fn write_around(log: &ChangeLog, changes: &str) -> Vec<u8> {
    writer::write_around(log, changes).into_bytes()
}

/// A log as JSON, with the keys of the file.
#[must_use]
pub fn to_json(log: &ChangeLog) -> serde_json::Value {
    // Cannot fail: every key of the document is a string.
    serde_json::to_value(wire::LogDocument::of(log)).unwrap_or_default()
}

/// Reads a log.
///
/// # Errors
///
/// A [`ChangeLogError`] if the bytes are not UTF-8 or YAML, break a rule, are cut off (the last line is `...`), or if what a
/// log shows of a change contradicts its records.
pub fn read(bytes: &[u8]) -> Result<ChangeLog, ChangeLogError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ChangeLogError::new("it is not UTF-8"))?;
    let document = match canonical::from_canonical::<wire::LogDocument>(text) {
        Some(document) => document,
        None => parse(text)?,
    };
    model(document)
}

/// Reads a log with the general YAML reader alone, whatever form it is in.
///
/// # Errors
///
/// As [`read`].
pub fn read_general(text: &str) -> Result<ChangeLog, ChangeLogError> {
    model(parse(text)?)
}

/// The log of a document. What no state may hold is refused: the state that follows from the log could not be read.
fn model(document: wire::LogDocument) -> Result<ChangeLog, ChangeLogError> {
    let log = document.into_log().map_err(ChangeLogError::new)?;
    for change in &log.changes {
        let mut employees = change.before.iter().chain(&change.after);
        if let Some((what, problem)) =
            employees.find_map(|it| super::state::forbidden(&it.name, it.email.as_deref()))
        {
            let id = &change.id;
            let message = format!("the {what} of employee {id} is not allowed: {problem}");
            return Err(ChangeLogError::new(message));
        }
    }
    Ok(log)
}

fn parse(text: &str) -> Result<wire::LogDocument, ChangeLogError> {
    if text.trim().is_empty() {
        return Err(ChangeLogError::new("it is empty"));
    }
    if text.contains('\0') {
        return Err(ChangeLogError::new("it has a NUL byte"));
    }
    let document = yaml::from_str(text).map_err(|error| ChangeLogError {
        message: error.message,
        line: error.line,
        column: error.column,
    })?;
    if text.trim_end().lines().next_back() != Some(super::state::END) {
        let message = "it is cut off: its last line is not `...`";
        return Err(ChangeLogError::new(message));
    }
    Ok(document)
}

/// What stands before the values of a log.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Head {
    /// The digest of the previous log's file.
    pub previous: Option<Digest>,
    /// The digest of the state after it.
    pub state_after: Digest,
    /// The clock when it was made.
    pub created: Instant,
    /// The protected branch, where one was read.
    #[serde(default)]
    pub branch: Option<String>,
    /// The request that it carries out, if any.
    #[serde(default)]
    pub request: Option<HeadRequest>,
}

/// What the head of a log says of its request, as far as it is needed.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct HeadRequest {
    /// Its id.
    pub id: RequestId,
    /// The commit that brought its content to the protected branch, where known.
    #[serde(default)]
    pub commit: Option<String>,
}

/// Where the values of a log begin.
fn values_of(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, VALUES.as_bytes())
}

/// Whether the beginning of a log reaches as far as [`read_head`] looks.
#[must_use]
pub fn reaches_values(beginning: &[u8]) -> bool {
    values_of(beginning).is_some()
}

/// Reads what stands before the values, and only that: a baseline lists everybody.
///
/// # Errors
///
/// A [`ChangeLogError`] if the bytes are not UTF-8, or their head is not that of a log.
pub fn read_head(bytes: &[u8]) -> Result<Head, ChangeLogError> {
    let end = values_of(bytes).map_or(bytes.len(), |end| end + 1);
    let head = std::str::from_utf8(&bytes[..end]);
    let head = head.map_err(|_| ChangeLogError::new("it is not UTF-8"))?;
    super::yaml::from_str(head).map_err(|error| ChangeLogError {
        message: error.message,
        line: error.line,
        column: error.column,
    })
}

/// The branch that a log names, from the beginning of its bytes; `None` where that does not reach as far as the values, or is
/// not what the writer writes.
#[must_use]
pub fn read_branch(beginning: &[u8]) -> Option<Option<String>> {
    let end = values_of(beginning)?;
    let head = &beginning[..=end];
    if head.contains(&b'\r') {
        return None;
    }
    Some(read_head(head).ok()?.branch)
}

/// The name of a log's file behind the serial and before the ending: the request's id, or `baseline`, `hand-edit`,
/// `loan-end` or `resolution` where no request is behind it.
#[must_use]
pub fn name(log: &ChangeLog) -> &str {
    match (&log.resolves, &log.request) {
        (Some(resolution), _) => resolution
            .request
            .as_ref()
            .map_or("resolution", |id| id.as_str()),
        (None, Some(request)) => request.id.as_str(),
        (None, None) if log.change_type == ChangeType::Baseline => "baseline",
        (None, None) if log.change_type == ChangeType::TemporaryAccessEnded => "loan-end",
        (None, None) => "hand-edit",
    }
}

/// The path of a log's file below the change-log folder: `<year>/<serial>-<name>.yaml`, in UTC, the serial with at least six
/// digits.
#[must_use]
pub fn path(log: &ChangeLog) -> String {
    format!(
        "{}/{:06}-{}.yaml",
        log.created.format("%Y"),
        log.serial,
        name(log)
    )
}

#[cfg(test)]
mod tests;
