//! The state file, to be read.

use std::io;
use std::path::Path;

use super::look::{self, Refused};
use super::{STATE_FILE, failed, own_folder};
use crate::reconcile::port::LedgerError;

/// What is there of a state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateFile {
    /// Nothing.
    Missing,
    /// A file with no bytes.
    Empty,
    /// A file with these bytes.
    Bytes(Vec<u8>),
}

/// Reads the state file of the access repository at `root`.
///
/// # Errors
///
/// [`LedgerError::Integrity`] if something else than a regular file stands there, or the folder is a link;
/// [`LedgerError::Io`] if it cannot be read.
pub fn read(root: &Path) -> Result<StateFile, LedgerError> {
    own_folder(root, "state")?;
    let path = root.join(STATE_FILE);
    match look::read(&path, None) {
        Ok(bytes) if bytes.is_empty() => Ok(StateFile::Empty),
        Ok(bytes) => Ok(StateFile::Bytes(bytes)),
        Err(Refused::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            Ok(StateFile::Missing)
        }
        Err(Refused::Io(error)) => Err(failed("read", &path)(error)),
        Err(Refused::Kind(kind)) => Err(LedgerError::Integrity {
            serial: None,
            message: format!("{STATE_FILE} is {kind}, not a regular file"),
            hint: "put the file itself there, from version control".to_owned(),
        }),
    }
}
