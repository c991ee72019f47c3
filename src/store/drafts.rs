//! Change logs on their way into the folder: written and synced, under passing names, and put in place as a group.
//!
//! The names of a group are flushed twice: in the scratch folder before the first log of it is put in place, and in the folder
//! of the year after the last. In between a file system may keep any of the new names and lose others, also an earlier one of a
//! later one. So a log that is in place proves that the drafts of those before it are durable, and whoever takes the lock next
//! puts back what is missing. Which draft that is, the later log says, which has the digest of the file before it.

use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::disk::Disk;
use super::logs::LogFolder;
use super::{CHANGELOG, SCRATCH, atomic, failed, look};
use crate::document::changelog;
use crate::model::Digest;
use crate::reconcile::port::{LedgerError, Logs as _};

/// A log that is not in place yet.
#[derive(Debug)]
pub(super) struct Draft {
    /// The file, which goes away with this; `None` where the scribe has it.
    pub file: Option<TempPath>,
    /// Its serial.
    pub serial: u64,
    /// Where it goes, below the change-log folder.
    pub below: String,
}

/// Makes good what a killed run or a power cut left in the scratch folder: a log that a later one follows is put in place, and
/// everything else goes, since nobody was told of it. Only under the lock.
///
/// Where a log is missing and its draft is not there, or the logs cannot be looked at, everything stays as it is: that is for a
/// person.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path, if something cannot be moved or removed.
pub(super) fn settle(disk: &dyn Disk, root: &Path) -> Result<(), LedgerError> {
    let left = atomic::leftovers(&root.join(SCRATCH))?;
    if left.is_empty() {
        return Ok(());
    }
    let Ok(logs) = LogFolder::open(root) else {
        return Ok(());
    };
    let Some(moves) = missing(&logs, &left) else {
        return Ok(());
    };
    for (draft, below) in &moves {
        let target = root.join(CHANGELOG).join(below);
        let folder = target.parent().unwrap_or(root);
        atomic::create_folder_on(disk, folder)?;
        let mut file = TempPath::try_from_path(draft).map_err(failed("find", draft))?;
        // It is the only one: it must not go away where it cannot be moved.
        file.disable_cleanup(true);
        disk.put(file, &target).map_err(failed("create", &target))?;
        atomic::sync_folder(disk, folder)?;
        tracing::info!(path = below, "change log put back after a power cut");
    }
    for path in left {
        if moves.iter().all(|(draft, _)| *draft != path) {
            disk.remove(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(())
}

/// The drafts of the logs that are missing, each with its place below the change-log folder, the newest first; `None` if not
/// every one is there.
fn missing(logs: &LogFolder, left: &[PathBuf]) -> Option<Vec<(PathBuf, String)>> {
    let last = logs.last();
    let count = last - logs.serials().count() as u64;
    if count == 0 {
        return Some(Vec::new());
    }
    // A serial may be any number, and drafts are few.
    if count > left.len() as u64 {
        return None;
    }
    let read = left
        .iter()
        .filter_map(|path| Some((path, look::read(path, None).ok()?)));
    let drafts: Vec<_> = read
        .map(|(path, bytes)| (path, Digest::of(&bytes), bytes))
        .collect();
    let mut moves = Vec::new();
    let mut later = last;
    let mut due = logs.head(last).ok()?.previous;
    while later > 1 {
        let serial = later - 1;
        if logs.path(serial).is_some() {
            due = logs.head(serial).ok()?.previous;
        } else {
            let (path, _, bytes) = drafts.iter().find(|(_, digest, _)| Some(*digest) == due)?;
            let log = changelog::read(bytes).ok()?;
            if log.serial != serial {
                return None;
            }
            due = log.previous;
            moves.push(((*path).clone(), changelog::path(&log)));
        }
        if moves.len() as u64 == count {
            return Some(moves);
        }
        later = serial;
    }
    None
}
