//! The request files of the work tree.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use super::REQUESTS;
use super::look::{self, Refused};
use crate::check::finding::{Code, Finding};

/// The longest request file that is read whole; of a longer one a byte more is read, so that it shows.
pub const LIMIT: u64 = 64 * 1024;

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
    list_some(root, &Folders::new(), |_| true).0
}

/// Folders of requests, by path. Where there was nothing to say of a folder's own entries, with the moment that it was changed last, in
/// nanoseconds since 1970: while that is the same, there is nothing to say of it still.
pub type Folders = BTreeMap<String, Option<u128>>;

/// As [`list`], without the files that are not wanted, which are not opened. `known`: what was found when the same was wanted
/// before. Gives the folders too.
#[must_use]
pub fn list_some(
    root: &Path,
    known: &Folders,
    wanted: impl Fn(&str) -> bool,
) -> (Vec<Listed>, Folders) {
    let mut walk = Walk {
        root,
        known,
        wanted,
        open: Vec::new(),
        folders: Folders::new(),
        listed: Vec::new(),
    };
    match fs::symlink_metadata(root.join(REQUESTS)) {
        Ok(metadata) if metadata.is_dir() => walk.folder(REQUESTS.to_owned()),
        Ok(metadata) => {
            let found = refused(REQUESTS, look::kind(&metadata), "a folder");
            walk.listed.push(found);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => walk.listed.push(unreadable(REQUESTS, &error)),
    }
    while let Some(folder) = walk.open.pop() {
        let changed = walk.changed(&folder);
        walk.folders.insert(folder, changed);
    }
    let Walk {
        mut listed,
        folders,
        ..
    } = walk;
    listed.sort_by(|left, right| left.path().cmp(right.path()));
    (listed, folders)
}

/// Goes through the folders of requests. Paths are relative to the access repository, with `/`.
struct Walk<'a, W> {
    root: &'a Path,
    known: &'a Folders,
    wanted: W,
    /// Where it has still to go.
    open: Vec<String>,
    folders: Folders,
    listed: Vec<Listed>,
}

impl<W: Fn(&str) -> bool> Walk<'_, W> {
    /// A folder is to be gone into, unless it is a repository of its own.
    fn folder(&mut self, path: String) {
        if fs::symlink_metadata(self.root.join(&path).join(".git")).is_ok() {
            let found = refused(&path, "a git repository of its own", "a plain folder");
            self.listed.push(found);
        } else {
            self.open.push(path);
        }
    }

    /// When a folder was changed last, if there is nothing to say of its entries.
    fn changed(&mut self, folder: &str) -> Option<u128> {
        let path = self.root.join(folder);
        let changed = modified(&path);
        let known = self.known.get(folder).copied().flatten();
        let before = self.listed.len();
        if known.is_some() && known == changed && fs::read_dir(&path).is_ok() {
            // The same folders are in it, then.
            let below = format!("{folder}/");
            let known = self.known.range(below.clone()..);
            let known = known.map_while(|(path, _)| Some((path, path.strip_prefix(&below)?)));
            let children = known.filter(|(_, name)| !name.contains('/'));
            let children: Vec<_> = children.map(|(path, _)| path.clone()).collect();
            for path in children {
                self.folder(path);
            }
        } else {
            self.go(folder);
        }
        changed.filter(|_| self.listed.len() == before)
    }

    fn go(&mut self, folder: &str) {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            // Gone since it was listed: as if it had gone before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.listed.push(unreadable(folder, &error)),
        };
        let mut path = format!("{folder}/");
        for entry in entries {
            path.truncate(folder.len() + 1);
            match entry {
                Ok(entry) => self.take(&entry, &mut path),
                Err(error) => self.listed.push(unreadable(folder, &error)),
            }
        }
    }

    /// Takes in an entry of a folder, whose path it is given.
    fn take(&mut self, entry: &DirEntry, path: &mut String) {
        let name = entry.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b".") {
            return;
        }
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => {
                path.push_str(&name.to_string_lossy());
                return self.listed.push(unreadable(path, &error));
            }
        };
        let is_request = bytes.ends_with(b".yaml") || bytes.ends_with(b".yml");
        if kind.is_file() && !is_request {
            return;
        }
        path.push_str(&name.to_string_lossy());
        if name.to_str().is_none() {
            let finding = Finding::error(Code::Encoding, "the name is not UTF-8")
                .in_file(&**path)
                .hint("rename it; a request's name is its id");
            self.listed.push(Listed::Problem(finding));
        } else if kind.is_dir() {
            self.folder(path.clone());
        } else if !kind.is_file() {
            let kind = match entry.metadata() {
                Ok(metadata) => look::kind(&metadata),
                Err(_) => "a special file",
            };
            self.listed.push(refused(path, kind, "a regular file"));
        } else if (self.wanted)(path) {
            self.listed.extend(read(&entry.path(), path));
        }
    }
}

/// When a folder was changed last, in nanoseconds since 1970.
pub(super) fn modified(folder: &Path) -> Option<u128> {
    look::changed(&fs::symlink_metadata(folder).ok()?)
}

/// Reads a request file; nothing where it has gone since it was listed.
fn read(file: &Path, path: &str) -> Option<Listed> {
    match look::read(file, Some(LIMIT)) {
        Ok(bytes) => Some(Listed::File {
            path: path.to_owned(),
            bytes,
        }),
        Err(Refused::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
        Err(Refused::Io(error)) => Some(unreadable(path, &error)),
        Err(Refused::Kind(kind)) => Some(refused(path, kind, "a regular file")),
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
