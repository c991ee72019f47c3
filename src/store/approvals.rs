//! The files of approvals in the work tree: `approvals/<request>/`.

use std::fs;
use std::io;
use std::path::Path;

use super::lock::Lock;
use super::look::{self, Refused};
use super::{APPROVALS, SCRATCH, atomic, failed, own_folder};
use crate::check::finding::{Code, Finding};
use crate::model::RequestId;
use crate::reconcile::port::LedgerError;

/// The longest approval file that is read whole; of a longer one a byte more is read, so that it shows.
pub const LIMIT: u64 = 64 * 1024;

/// Something that stands in the folder of a request's approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A file.
    File {
        /// Its name, with its ending.
        name: String,
        /// Relative to the access repository, with `/`.
        path: String,
        /// Its bytes; of one longer than [`LIMIT`] only so many and one more.
        bytes: Vec<u8>,
    },
    /// Something that is not read, and why.
    Problem(Finding),
}

/// Lists what is in the folder of a request's approvals, by name. Hidden files are left alone; links, folders, devices and what
/// cannot be read are problems: named, and neither opened nor followed.
#[must_use]
pub fn list(root: &Path, request: &RequestId) -> Vec<Listed> {
    let folder = format!("{APPROVALS}/{request}");
    for part in [APPROVALS, &folder] {
        match fs::symlink_metadata(root.join(part)) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(metadata) => {
                return vec![Listed::Problem(refused(
                    part,
                    look::kind(&metadata),
                    "a folder",
                ))];
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => return vec![Listed::Problem(unreadable(part, &error))],
        }
    }
    let entries = match fs::read_dir(root.join(&folder)) {
        Ok(entries) => entries,
        Err(error) => return vec![Listed::Problem(unreadable(&folder, &error))],
    };
    let mut listed = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => listed.extend(look_at(&folder, &entry)),
            Err(error) => {
                listed.push((folder.clone(), Listed::Problem(unreadable(&folder, &error))));
            }
        }
    }
    listed.sort_by(|left, right| left.0.cmp(&right.0));
    listed.into_iter().map(|(_, listed)| listed).collect()
}

/// An entry with its name to sort by.
fn look_at(folder: &str, entry: &fs::DirEntry) -> Option<(String, Listed)> {
    let name = entry.file_name();
    let Some(name) = name.to_str().map(str::to_owned) else {
        let lossy = name.to_string_lossy().into_owned();
        let finding = Finding::warning(Code::BadApproval, "the name is not UTF-8")
            .in_file(format!("{folder}/{lossy}"))
            .hint("rename it; an approval file is named after a person");
        return Some((lossy, Listed::Problem(finding)));
    };
    if name.starts_with('.') {
        return None;
    }
    let path = format!("{folder}/{name}");
    let found = match look::read(&entry.path(), Some(LIMIT)) {
        Ok(bytes) => Listed::File {
            name: name.clone(),
            path,
            bytes,
        },
        Err(Refused::Io(error)) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(Refused::Io(error)) => Listed::Problem(unreadable(&path, &error)),
        Err(Refused::Kind(kind)) => Listed::Problem(refused(&path, kind, "a regular file")),
    };
    Some((name, found))
}

fn refused(path: &str, kind: &str, wanted: &str) -> Finding {
    Finding::warning(
        Code::BadApproval,
        format!("this is {kind}, which is not followed"),
    )
    .in_file(path)
    .hint(format!("put {wanted} in its place, or remove it"))
}

fn unreadable(path: &str, error: &io::Error) -> Finding {
    Finding::warning(Code::BadApproval, format!("it cannot be read: {error}"))
        .in_file(path)
        .hint("check its permissions")
}

/// Creates or replaces a file of a request's approvals, whole or not at all. Its path, relative to the access repository.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path; [`LedgerError::Integrity`] if a folder on the way is a link or no folder.
pub fn write(
    lock: &Lock,
    request: &RequestId,
    name: &str,
    text: &str,
) -> Result<String, LedgerError> {
    let root = lock.root();
    let folder = format!("{APPROVALS}/{request}");
    own_folder(root, APPROVALS)?;
    own_folder(root, &folder)?;
    let path = format!("{folder}/{name}");
    let target = root.join(&path);
    match fs::symlink_metadata(&target) {
        Ok(metadata) if !metadata.is_file() => {
            return Err(LedgerError::Integrity {
                serial: None,
                message: format!("{path} is {}, not a regular file", look::kind(&metadata)),
                hint: format!("remove it; {path} must not lead elsewhere"),
            });
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("look at", &target)(error));
        }
        _ => {}
    }
    atomic::create_folder(&root.join(&folder))?;
    atomic::replace(&root.join(SCRATCH), &target, text.as_bytes())?;
    Ok(path)
}
