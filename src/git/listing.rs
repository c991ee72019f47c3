//! What is at the tip: one `git ls-tree`, then the contents.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStringExt;

use super::approvals::APPROVALS;
use super::program::failed;
use super::{Git, GitError, Oid, Tip, text};
use crate::check::finding::{Code, Finding};

/// The largest request file, in bytes.
const REQUEST_LIMIT: usize = 64 * 1024;

/// The largest settings file, in bytes.
pub(super) const SETTINGS_LIMIT: usize = 8 * 1024 * 1024;

/// The longest listing of a tree, in bytes: more than a million files. Folders that hold one another many times over make a tree of more
/// files than any disk has out of some kilobytes.
const LISTING_LIMIT: u64 = 128 * 1024 * 1024;

/// The settings.
pub(super) const SETTINGS: &str = "rolecall.yaml";

/// The folder of the requests.
pub(super) const REQUESTS: &str = "requests";

/// An entry of a tree.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    mode: Mode,
    oid: Oid,
    /// Relative to the access repository.
    pub(super) path: Vec<u8>,
}

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A regular file, executable or not.
    File,
    /// A symbolic link.
    Link,
    /// A submodule.
    Submodule,
    /// None of these, or nothing at all.
    Other,
}

impl Mode {
    pub(super) fn parse(digits: &[u8]) -> Self {
        match digits {
            // Old trees also have 100664.
            b"100644" | b"100755" | b"100664" => Self::File,
            b"120000" => Self::Link,
            b"160000" => Self::Submodule,
            _ => Self::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::File => "a regular file",
            Self::Link => "a symbolic link",
            Self::Submodule => "a submodule",
            Self::Other => "something unknown",
        }
    }
}

/// Something under `requests/` at the tip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A request file; not read yet.
    File {
        /// Relative to the access repository, with `/`.
        path: String,
        /// The id of its content: the same id is the same content.
        oid: Oid,
    },
    /// Something that is there but not read, and why.
    Problem(Finding),
}

impl Git {
    /// What is under `requests/` at the tip, in the order of paths; hidden files and other endings are left alone.
    ///
    /// Links and submodules, names that are not UTF-8 or have control characters, and paths that differ only in case are
    /// problems: named, and not followed.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn requests(&self, tip: &Tip) -> Result<Vec<Listed>, GitError> {
        let entries: Vec<_> = self
            .entries(tip)?
            .iter()
            .filter(|entry| is_under_requests(entry))
            .collect();
        let listed = readable_files(&entries, REQUESTS).map(|found| match found {
            Ok((path, oid)) => Listed::File {
                path: path.to_owned(),
                oid: oid.clone(),
            },
            Err(refused) => Listed::Problem(
                Finding::error(Code::Unreadable, refused.message)
                    .in_file(refused.path)
                    .hint(refused.hint),
            ),
        });
        Ok(listed.collect())
    }

    /// The settings at the tip and the id of their content; `None` if there are none. Of a file over 8 MiB the first
    /// 8 MiB and one byte more are given.
    ///
    /// # Errors
    ///
    /// [`GitError::NotAFile`] if they are a link or anything but a regular file; else a [`GitError`] if git does not answer.
    pub fn settings(&self, tip: &Tip) -> Result<Option<(Vec<u8>, Oid)>, GitError> {
        let entry = self
            .entries(tip)?
            .iter()
            .find(|entry| is_in_folder(&entry.path, SETTINGS));
        let Some(entry) = entry else {
            return Ok(None);
        };
        if entry.mode != Mode::File || entry.path != SETTINGS.as_bytes() {
            let kind = if entry.path == SETTINGS.as_bytes() {
                entry.mode.name()
            } else {
                "a folder"
            };
            return Err(GitError::NotAFile {
                path: SETTINGS.to_owned(),
                branch: tip.name().to_owned(),
                kind,
            });
        }
        let mut contents = self.contents(std::slice::from_ref(&entry.oid), SETTINGS_LIMIT)?;
        Ok(contents.pop().map(|content| (content, entry.oid.clone())))
    }

    /// The contents of files, in the order of the ids. Of one over 64 KiB the first 64 KiB and one byte more are given.
    ///
    /// # Errors
    ///
    /// [`GitError::MissingObject`] if git has no such file; else a [`GitError`] if git does not answer.
    pub fn blobs(&self, oids: &[Oid]) -> Result<Vec<Vec<u8>>, GitError> {
        self.contents(oids, REQUEST_LIMIT)
    }

    /// The content of a file by its id, of which no more than `limit` bytes and one more are given.
    ///
    /// # Errors
    ///
    /// [`GitError::MissingObject`] if git does not have it.
    pub fn blob(&self, oid: &Oid, limit: usize) -> Result<Vec<u8>, GitError> {
        let mut contents = self.contents(std::slice::from_ref(oid), limit)?;
        Ok(contents.pop().unwrap_or_default())
    }

    pub(super) fn contents(&self, oids: &[Oid], limit: usize) -> Result<Vec<Vec<u8>>, GitError> {
        let names: Vec<_> = oids.iter().map(Oid::as_str).collect();
        self.look_up(&names, limit)?
            .into_iter()
            .zip(oids)
            .map(|(object, oid)| match object {
                Some(object) if object.kind == "blob" && object.oid == *oid => Ok(object.content),
                _ => Err(GitError::MissingObject {
                    object: oid.to_string(),
                }),
            })
            .collect()
    }

    /// Settings, requests and approvals at the tip, asked for once.
    pub(super) fn entries<'tip>(&self, tip: &'tip Tip) -> Result<&'tip [Entry], GitError> {
        if let Some(entries) = tip.entries.get() {
            return Ok(entries);
        }
        let mut arguments: Vec<OsString> = ["-r", "-z", "--full-tree", tip.commit().as_str(), "--"]
            .map(OsString::from)
            .into();
        arguments.extend([SETTINGS, REQUESTS, APPROVALS].map(|path| self.in_tree(path)));
        let entries = self.list(&arguments)?;
        Ok(tip.entries.get_or_init(|| entries))
    }

    /// The regular files of a commit below a folder of the access repository, by path, with the ids of their contents.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn files_below(
        &self,
        commit: &Oid,
        folder: &str,
    ) -> Result<BTreeMap<String, Oid>, GitError> {
        let mut arguments: Vec<OsString> = ["-r", "-z", "--full-tree", commit.as_str(), "--"]
            .map(OsString::from)
            .into();
        arguments.push(self.in_tree(&format!("{folder}/")));
        let entries = self.list(&arguments)?.into_iter();
        Ok(entries
            .filter(|entry| entry.mode == Mode::File)
            .map(|entry| {
                let path = String::from_utf8_lossy(&entry.path).into_owned();
                (path, entry.oid)
            })
            .collect())
    }

    /// What `ls-tree` says, as far as there is an end to it.
    fn list(&self, arguments: &[OsString]) -> Result<Vec<Entry>, GitError> {
        let mut running = self.program.start("ls-tree", arguments, false)?;
        let Some(output) = running.process.output.take() else {
            return Err(running.failure());
        };
        let mut output = BufReader::new(output).take(LISTING_LIMIT + 1);
        let mut entries = Vec::new();
        let mut record = Vec::new();
        while read_record(&mut output, &mut record)? {
            let entry = parse(&record, &self.prefix).ok_or_else(|| GitError::Answer {
                command: "ls-tree",
                message: text::escaped(&record).chars().take(200).collect(),
            });
            // What is cut off at the limit is no answer of git's.
            if output.limit() == 0 {
                return Err(GitError::TooMany);
            }
            entries.push(entry?);
        }
        match running.wait()? {
            (Some(0), _) => Ok(entries),
            (_, stderr) => Err(failed("ls-tree", &stderr)),
        }
    }

    /// Where a file of the access repository stands in the whole tree.
    #[must_use]
    pub fn path_in_tree(&self, path: &str) -> String {
        self.in_tree(path).to_string_lossy().into_owned()
    }

    /// A path of the access repository as a path of the whole tree.
    pub(super) fn in_tree(&self, path: &str) -> OsString {
        let mut full = self.prefix.clone();
        full.extend_from_slice(path.as_bytes());
        OsString::from_vec(full)
    }
}

/// Reads what stands before the next NUL; `false` at the end.
fn read_record(output: &mut impl BufRead, record: &mut Vec<u8>) -> Result<bool, GitError> {
    record.clear();
    let read = output.read_until(0, record);
    let read = read.map_err(|source| GitError::Io {
        step: "read what git lists",
        source,
    })?;
    if record.last() == Some(&0) {
        record.pop();
    }
    Ok(read > 0)
}

/// Reads `<mode> <kind> <id>TAB<path>`.
fn parse(record: &[u8], prefix: &[u8]) -> Option<Entry> {
    let tab = record.iter().position(|byte| *byte == b'\t')?;
    let (facts, path) = (&record[..tab], &record[tab + 1..]);
    let mut words = facts.split(|byte| *byte == b' ');
    let (mode, _kind, oid) = (words.next()?, words.next()?, words.next()?);
    Some(Entry {
        mode: Mode::parse(mode),
        oid: Oid::from_bytes(oid)?,
        path: path.strip_prefix(prefix)?.to_vec(),
    })
}

/// Whether a path is that of the folder, or of something below it.
pub(super) fn is_in_folder(path: &[u8], folder: &str) -> bool {
    path.strip_prefix(folder.as_bytes())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// Whether it is to be looked at: not hidden, and a file with the right ending, or something that is no file.
fn is_under_requests(entry: &Entry) -> bool {
    is_in_folder(&entry.path, REQUESTS)
        && !is_hidden(&entry.path)
        && (entry.mode != Mode::File
            || stem(&entry.path).is_some()
            || entry.path == REQUESTS.as_bytes())
}

/// Whether a name in the path begins with a dot.
pub(super) fn is_hidden(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/')
        .any(|name| name.starts_with(b"."))
}

/// The name of a request file without its ending; `None` for other endings.
pub(super) fn stem(path: &[u8]) -> Option<&[u8]> {
    let name = path.rsplit(|byte| *byte == b'/').next()?;
    name.strip_suffix(b".yaml")
        .or_else(|| name.strip_suffix(b".yml"))
}

/// The id that a path gives a request, if it is one that is read.
pub(super) fn request_id(path: &[u8]) -> Option<&[u8]> {
    let is_read = is_in_folder(path, REQUESTS) && !is_hidden(path) && readable(path).is_some();
    stem(path).filter(|_| is_read)
}

fn readable(path: &[u8]) -> Option<&str> {
    str::from_utf8(path)
        .ok()
        .filter(|path| !path.chars().any(text::is_harmful))
}

/// A path in small letters. Most are so already.
fn folded(path: &[u8]) -> Cow<'_, str> {
    let is_small = |byte: &u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    match str::from_utf8(path) {
        Ok(text) if path.iter().all(is_small) => Cow::Borrowed(text),
        _ => Cow::Owned(String::from_utf8_lossy(path).to_lowercase()),
    }
}

/// Why something in a tree is not read.
pub(super) struct Refused {
    /// Where it is, so that it can be shown.
    pub(super) path: String,
    pub(super) message: String,
    pub(super) hint: &'static str,
}

/// Which of the entries of a folder are files that can be read, with path and content, and which are not, and why.
pub(super) fn readable_files<'tip>(
    entries: &[&'tip Entry],
    folder: &'static str,
) -> impl Iterator<Item = Result<(&'tip str, &'tip Oid), Refused>> {
    let mut spellings: HashMap<Cow<'tip, str>, usize> = HashMap::new();
    for entry in entries {
        *spellings.entry(folded(&entry.path)).or_default() += 1;
    }
    entries.iter().map(move |entry| {
        let is_twin = spellings.get(&folded(&entry.path)).is_some_and(|n| *n > 1);
        read(entry, folder, is_twin).map_err(|(message, hint)| Refused {
            path: text::escaped(&entry.path),
            message,
            hint,
        })
    })
}

fn read<'tip>(
    entry: &'tip Entry,
    folder: &str,
    is_twin: bool,
) -> Result<(&'tip str, &'tip Oid), (String, &'static str)> {
    if entry.path == folder.as_bytes() {
        return Err((
            format!("`{folder}` is {}, not a folder", entry.mode.name()),
            match folder {
                REQUESTS => "make it a folder with one file for each request",
                _ => "make it a folder with one folder for each request",
            },
        ));
    }
    if entry.mode != Mode::File {
        return Err((
            format!("this is {}, which is not followed", entry.mode.name()),
            "put a regular file in its place, or remove it",
        ));
    }
    let Some(path) = readable(&entry.path) else {
        let what = match str::from_utf8(&entry.path) {
            Ok(_) => "the path has control characters",
            Err(_) => "the path is not UTF-8",
        };
        return Err((
            what.to_owned(),
            "rename it, with letters, digits, `.`, `_` and `-`",
        ));
    };
    if is_twin {
        return Err((
            "another path differs from this one only in case".to_owned(),
            "rename one of them: some file systems hold only one of the two",
        ));
    }
    Ok((path, &entry.oid))
}
