//! The access repository on disk: lock, atomic files, change-log folder, state file, requests.

pub mod approvals;
pub mod atomic;
pub mod ledger;
pub mod lock;
pub mod logs;
pub mod requests;
pub mod retract;
pub mod seen;
pub mod state_file;
pub mod verify;

mod disk;
mod drafts;
mod look;
mod scribe;

use std::io;
use std::path::Path;

use crate::reconcile::port::LedgerError;

/// The settings file, by which an access repository is known.
pub const SETTINGS: &str = "rolecall.yaml";
/// The folder of lock and recovery files, relative to the access repository.
pub const SCRATCH: &str = "state/.rolecall";
/// The state file, relative to the access repository.
pub const STATE_FILE: &str = "state/state.yaml";
/// The folder of the change logs, relative to the access repository.
pub const CHANGELOG: &str = "state/changelog";
/// The folder of the requests, relative to the access repository.
pub const REQUESTS: &str = "requests";

/// The folder of the approvals, relative to the access repository.
pub const APPROVALS: &str = "approvals";

/// Keeps git from changing line ends in the state folder: each log is known by the digest of its bytes.
pub const ATTRIBUTES: (&str, &str) = ("state/.gitattributes", "* -text\n");

/// Turns an I/O error into one that names step and path.
fn failed(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LedgerError {
    move |source| LedgerError::Io {
        step,
        path: path.display().to_string(),
        source,
    }
}

/// Refuses a part of the access repository that is there and is no folder of its own, such as a link to elsewhere.
fn own_folder(root: &Path, relative: &str) -> Result<(), LedgerError> {
    let path = root.join(relative);
    match std::fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(metadata) => Err(LedgerError::Integrity {
            serial: None,
            message: format!("{relative} is {}, not a folder", look::kind(&metadata)),
            hint: format!("put a folder in its place; {relative} must not lead elsewhere"),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("look at", &path)(error)),
    }
}

#[cfg(test)]
mod tests;
