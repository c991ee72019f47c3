//! The request files of the work tree.

use std::io;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::REQUESTS;
use super::look::{self, Refused};
use crate::check::finding::{Code, Finding};

/// The longest request file that is read whole; of a longer one a byte more is read, so that it shows.
pub const LIMIT: u64 = 64 * 1024;

/// What stands between the names of a path.
const SEPARATOR: u8 = std::path::MAIN_SEPARATOR as u8;

/// Something that stands below `requests/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A request file.
    File {
        /// Relative to the access repository, with `/`.
        path: String,
        /// Its bytes; of one longer than [`LIMIT`] only so many and one more.
        bytes: Vec<u8>,
    },
    /// Something that is not read, and why.
    Problem(Finding),
}

impl Listed {
    /// The path, relative to the access repository.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::File { path, .. } => path,
            Self::Problem(finding) => finding.path.as_deref().unwrap_or_default(),
        }
    }
}

/// Lists the request files of the access repository at `root`, sorted by path.
///
/// Hidden files and folders and other endings than `.yaml` and `.yml` are left alone. Links, devices, pipes, sockets, nested
/// repositories, names that are not UTF-8 and what cannot be read are problems: named, and neither opened nor followed.
#[must_use]
pub fn list(root: &Path) -> Vec<Listed> {
    list_some(root, |_| true)
}

/// As [`list`], without the files that are not wanted, which are not opened.
#[must_use]
pub fn list_some(root: &Path, wanted: impl Fn(&str) -> bool) -> Vec<Listed> {
    let folder = root.join(REQUESTS);
    match std::fs::symlink_metadata(&folder) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(metadata) => return vec![refused(REQUESTS, look::kind(&metadata), "a folder")],
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![unreadable(REQUESTS, &error)],
    }
    let mut listed = Vec::new();
    let mut walk = WalkDir::new(&folder)
        .follow_links(false)
        .follow_root_links(false)
        .into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(&folder);
                let path = relative(root, path).unwrap_or_else(|lossy| lossy);
                match error.into_io_error() {
                    Some(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Some(error) => listed.push(unreadable(&path, &error)),
                    None => listed.push(refused(&path, "a loop of folders", "a folder")),
                }
                continue;
            }
        };
        let is_folder = entry.file_type().is_dir();
        let name = name(&entry);
        if entry.depth() > 0 && name.starts_with(b".") {
            if is_folder {
                walk.skip_current_dir();
            }
            continue;
        }
        let is_request = name.ends_with(b".yaml") || name.ends_with(b".yml");
        if entry.file_type().is_file() && !is_request {
            continue;
        }
        let Some(found) = look_at(root, &entry, &wanted) else {
            continue;
        };
        if is_folder {
            walk.skip_current_dir();
        }
        listed.push(found);
    }
    listed.sort_by(|left, right| left.path().cmp(right.path()));
    listed
}

/// What is to be said of an entry; nothing of a folder to go into, and of what is left alone.
fn look_at(root: &Path, entry: &DirEntry, wanted: &impl Fn(&str) -> bool) -> Option<Listed> {
    let kind = entry.file_type();
    if kind.is_file() && below(root, entry.path()).is_some_and(|path| !wanted(path)) {
        return None;
    }
    let path = match relative(root, entry.path()) {
        Ok(path) => path,
        Err(lossy) => {
            let message = "the name is not UTF-8".to_owned();
            let finding = Finding::error(Code::Encoding, message)
                .in_file(lossy)
                .hint("rename it; a request's name is its id");
            return Some(Listed::Problem(finding));
        }
    };
    if kind.is_dir() {
        let nested = std::fs::symlink_metadata(entry.path().join(".git")).is_ok();
        return nested.then(|| refused(&path, "a git repository of its own", "a plain folder"));
    }
    if kind.is_file() {
        if !wanted(&path) {
            return None;
        }
        return match look::read(entry.path(), Some(LIMIT)) {
            Ok(bytes) => Some(Listed::File { path, bytes }),
            // Gone since it was listed: as if it had gone before.
            Err(Refused::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Err(Refused::Io(error)) => Some(unreadable(&path, &error)),
            Err(Refused::Kind(kind)) => Some(refused(&path, kind, "a regular file")),
        };
    }
    let kind = match entry.metadata() {
        Ok(metadata) => look::kind(&metadata),
        Err(_) => "a special file",
    };
    Some(refused(&path, kind, "a regular file"))
}

/// The name of an entry; its path has no `/` at the end.
fn name(entry: &DirEntry) -> &[u8] {
    let path = entry.path().as_os_str().as_encoded_bytes();
    let start = memchr::memrchr(SEPARATOR, path).map_or(0, |at| at + 1);
    &path[start..]
}

/// A path relative to the access repository, where that can be seen at a glance.
fn below<'a>(root: &Path, path: &'a Path) -> Option<&'a str> {
    let (root, path) = (root.to_str()?, path.to_str()?);
    let below = path.strip_prefix(root)?.strip_prefix('/')?;
    (SEPARATOR == b'/').then_some(below)
}

/// A path relative to the access repository, with `/`; as an error the same with what is not UTF-8 replaced.
fn relative(root: &Path, path: &Path) -> Result<String, String> {
    if let Some(below) = below(root, path) {
        return Ok(below.to_owned());
    }
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    let text = parts.join("/");
    match path.to_str() {
        Some(_) => Ok(text),
        None => Err(text),
    }
}

fn refused(path: &str, kind: &str, due: &str) -> Listed {
    let finding = Finding::error(Code::Unreadable, format!("it is {kind}, not {due}"))
        .in_file(path)
        .hint(format!(
            "put {due} in its place, or remove it; links are not followed"
        ));
    Listed::Problem(finding)
}

fn unreadable(path: &str, error: &io::Error) -> Listed {
    let finding = Finding::error(Code::Unreadable, format!("it cannot be read: {error}"))
        .in_file(path)
        .hint("make it readable for the one who runs rolecall");
    Listed::Problem(finding)
}
/// Reads a regular file of the access repository; of one that is longer than the limit, the limit and one byte more.
///
/// # Errors
///
/// A finding if it is missing, no regular file, or cannot be read.
pub fn read_regular(root: &Path, path: &str, limit: usize) -> Result<Vec<u8>, Finding> {
    look::read(&root.join(path), Some(limit as u64)).map_err(|refused| {
        let message = match refused {
            look::Refused::Kind(kind) => format!("it is {kind}, not a regular file"),
            look::Refused::Io(error) => format!("it cannot be read: {error}"),
        };
        Finding::error(Code::Unreadable, message).in_file(path)
    })
}
