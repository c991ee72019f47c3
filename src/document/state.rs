//! The state file: `state/state.yaml`.
//!
//! It is written in one canonical form ([`write()`]), of which a strict reader takes in hundreds of megabytes a second. Anything
//! else that is a state, such as one started by hand, goes through the general YAML reader; [`read`] picks.

mod canonical_reader;
mod digest;
pub(super) mod wire;
mod writer;

pub use digest::{Digester, StateTree, digest};
pub use writer::write;
pub(super) use writer::{write_grant, write_record_parts};

use std::str::Utf8Error;

use crate::document::text::problem_of;
use crate::model::{EmployeeView, State};

/// The last line of a whole file.
pub const END: &str = "...";

/// Why a text is not a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StateError {
    /// What is wrong.
    pub message: String,
    /// The line, from 1, where one can be named.
    pub line: Option<usize>,
    /// The column, from 1, in characters, where one can be named.
    pub column: Option<usize>,
    /// What to do about it.
    pub hint: String,
}

impl StateError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            line: None,
            column: None,
            hint: hint.into(),
        }
    }
}

/// Reads a state.
///
/// In one that is started by hand only `employees` is required; a name is the id where it is left out, the status `active`,
/// roles none.
///
/// # Errors
///
/// A [`StateError`] with the place, if the text is empty, is not YAML, breaks a rule, or is cut off.
pub fn read(text: &str) -> Result<State, StateError> {
    match canonical_reader::read(text, false) {
        Some(canonical) => match canonical.forbidden {
            Some(error) => Err(error),
            None => Ok(canonical.state()),
        },
        None => read_other(text),
    }
}

/// Reads the bytes of a state file, and what the digest of the state is made from. The state keeps the bytes, of which it writes
/// again what has not changed.
///
/// # Errors
///
/// As [`read_bytes`], with the bytes.
pub fn read_with_tree(bytes: Vec<u8>) -> Result<(State, StateTree), (StateError, Vec<u8>)> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            return Err((
                not_utf8(error.as_bytes(), error.utf8_error()),
                error.into_bytes(),
            ));
        }
    };
    match canonical_reader::read(&text, true) {
        Some(mut canonical) => match canonical.forbidden.take() {
            Some(error) => Err((error, text.into_bytes())),
            None => {
                let tree = StateTree::of_items(std::mem::take(&mut canonical.items));
                Ok((canonical.state_with_lines(text), tree))
            }
        },
        None => match read_other(&text) {
            Ok(state) => {
                let tree = StateTree::of(&state);
                Ok((state, tree))
            }
            Err(error) => Err((error, text.into_bytes())),
        },
    }
}

/// Reads a state in another form than the writer's.
fn read_other(text: &str) -> Result<State, StateError> {
    let state = match canonical_reader::read_started(text) {
        Some(state) => state,
        None => read_general(text)?,
    };
    let mut employees = state.employees.iter();
    match employees.find_map(|entry| refused(entry.id, entry.employee)) {
        None => Ok(state),
        Some(error) => Err(error),
    }
}

/// Why an employee's texts may not stand there, if they may not.
fn refused(id: &str, employee: EmployeeView<'_>) -> Option<StateError> {
    let (what, problem) = forbidden(employee.name(), employee.email())?;
    Some(forbidden_error(id, what, &problem))
}

fn forbidden_error(id: &str, what: &str, problem: &str) -> StateError {
    StateError::new(
        format!("the {what} of employee {id} is not allowed: {problem}"),
        "write it in plain text",
    )
}

/// Which text of an employee may not stand there, and why.
pub(super) fn forbidden(name: &str, email: Option<&str>) -> Option<(&'static str, String)> {
    let texts = [("name", name), ("email", email.unwrap_or_default())];
    texts
        .into_iter()
        .find_map(|(what, text)| Some((what, problem_of(text)?)))
}

/// Reads the bytes of a state file.
///
/// # Errors
///
/// As [`read`], and if the bytes are not UTF-8.
pub fn read_bytes(bytes: &[u8]) -> Result<State, StateError> {
    read(std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error))?)
}

fn not_utf8(bytes: &[u8], error: Utf8Error) -> StateError {
    let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
    StateError {
        line: Some(before.matches('\n').count() + 1),
        ..StateError::new("the state file is not UTF-8", RESTORE)
    }
}

const RESTORE: &str = "restore state/state.yaml from version control";

/// Reads a state in exactly the form that [`write()`] gives it, as [`read`] tries first; `None` for every other text.
#[must_use]
pub fn read_canonical(text: &str) -> Option<State> {
    Some(canonical_reader::read(text, false)?.state())
}

/// Reads a state with the general YAML reader alone, whatever form it is in, and without a look at the characters of its texts.
///
/// # Errors
///
/// As [`read`].
pub fn read_general(text: &str) -> Result<State, StateError> {
    if text.trim().is_empty() {
        return Err(StateError::new("the state file is empty", RESTORE));
    }
    if let Some(at) = text.find('\0') {
        return Err(StateError {
            line: Some(text[..at].matches('\n').count() + 1),
            ..StateError::new("the state file has a NUL byte", RESTORE)
        });
    }
    if text.starts_with('\u{feff}') {
        let hint = "save it as UTF-8 without a byte order mark";
        return Err(StateError {
            line: Some(1),
            ..StateError::new("the state file begins with a byte order mark", hint)
        });
    }
    let state = super::yaml::from_str::<wire::StateDocument>(text)
        .map_err(|error| StateError {
            message: error.message,
            line: error.line,
            column: error.column,
            hint: "correct the line, or restore state/state.yaml from version control".to_owned(),
        })?
        .into_state()?;
    if state.serial > 0 && text.trim_end().lines().next_back() != Some(END) {
        let message = "the state file is cut off: its last line is not `...`";
        return Err(StateError {
            line: Some(text.lines().count()),
            ..StateError::new(message, RESTORE)
        });
    }
    Ok(state)
}

#[cfg(test)]
mod tests;
