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

use crate::document::text::problem_of;
use crate::model::{EmployeeView, State};
use digest::Item;

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
    Ok(read_any(text, false)?.0)
}

/// Reads the bytes of a state file, and what the digest of the state is made from.
///
/// # Errors
///
/// As [`read_bytes`].
pub fn read_with_tree(bytes: &[u8]) -> Result<(State, StateTree), StateError> {
    let (state, items) = read_any(text_of(bytes)?, true)?;
    let tree = items.map_or_else(|| StateTree::of(&state), StateTree::of_items);
    Ok((state, tree))
}

/// The state, and where that comes with it what its digest is made from.
fn read_any(text: &str, with_items: bool) -> Result<(State, Option<Vec<Item>>), StateError> {
    let (state, items) = match canonical_reader::read(text, with_items) {
        Some((state, items)) => (state, with_items.then_some(items)),
        None => match canonical_reader::read_started(text) {
            Some(state) => (state, None),
            None => (read_general(text)?, None),
        },
    };
    let mut employees = state.employees.iter();
    match employees.find_map(|entry| Some((entry.id, forbidden(entry.employee)?))) {
        None => Ok((state, items)),
        Some((id, (what, problem))) => Err(StateError::new(
            format!("the {what} of employee {id} is not allowed: {problem}"),
            "write it in plain text",
        )),
    }
}

/// Which text of an employee may not stand there, and why.
pub(super) fn forbidden(employee: EmployeeView<'_>) -> Option<(&'static str, String)> {
    let email = employee.email().unwrap_or_default();
    [("name", employee.name()), ("email", email)]
        .into_iter()
        .find_map(|(what, text)| Some((what, problem_of(text)?)))
}

/// Reads the bytes of a state file.
///
/// # Errors
///
/// As [`read`], and if the bytes are not UTF-8.
pub fn read_bytes(bytes: &[u8]) -> Result<State, StateError> {
    read(text_of(bytes)?)
}

fn text_of(bytes: &[u8]) -> Result<&str, StateError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        StateError {
            line: Some(before.matches('\n').count() + 1),
            ..StateError::new("the state file is not UTF-8", RESTORE)
        }
    })
}

const RESTORE: &str = "restore state/state.yaml from version control";

/// Reads a state in exactly the form that [`write()`] gives it, as [`read`] tries first; `None` for every other text.
#[must_use]
pub fn read_canonical(text: &str) -> Option<State> {
    Some(canonical_reader::read(text, false)?.0)
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
