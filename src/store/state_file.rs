//! The state file, to be read.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::SystemTime;

use super::logs::LogFolder;
use super::look::{self, Refused};
use super::{STATE_FILE, failed, own_folder};
use crate::model::joined;
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

/// How often state and logs are looked at again while somebody writes.
const LOOKS: usize = 20;

/// Reads the state file and lists the logs so that they belong together, also while another process writes: who looked
/// at the logs first would find the state ahead of them, and who looked at the state first would, where logs are taken back.
/// What is to be made of the state file is made beside the listing, and beside what there is to do with the logs.
///
/// # Errors
///
/// As [`read`] and [`LogFolder::open`].
pub fn read_with_logs<T: Send>(
    root: &Path,
    make: impl Fn(StateFile) -> T + Sync,
    then: impl Fn(&LogFolder),
) -> Result<(T, LogFolder), LedgerError> {
    let mut known_gap = None;
    for _ in 0..LOOKS {
        let before = Stamp::of(root);
        let (state, logs) = thread::scope(|scope| {
            let state = scope.spawn(|| read(root).map(&make));
            let logs = LogFolder::open(root).inspect(&then);
            Ok::<_, LedgerError>((joined(state)?, logs?))
        })?;
        // A listing is no moment either: it may have a name that came later, and not the one before it. A gap that is still
        // there is one.
        let gap = logs.first_gap();
        if Stamp::of(root) == before && (gap.is_none() || gap == known_gap) {
            return Ok((state, logs));
        }
        known_gap = gap;
    }
    // Whoever comes to see no end of it takes a state that the logs go on from.
    let state = make(read(root)?);
    let logs = LogFolder::open(root)?;
    then(&logs);
    Ok((state, logs))
}

/// What tells one state file from the next, which is always a file of its own.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    identity: Option<(u64, u64)>,
}

impl Stamp {
    fn of(root: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(root.join(STATE_FILE)).ok()?;
        Some(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity: look::identity(&metadata),
        })
    }
}
