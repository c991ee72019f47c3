//! What is at the tip: settings, requests and what else is below a folder, then the contents.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::entries::{Entries, Entry, Files, Id, Mode};
use super::{Git, GitError, Oid, Tip, text};
use crate::check::finding::{Code, Finding};

/// The largest request file, in bytes.
const REQUEST_LIMIT: usize = 64 * 1024;

/// The largest settings file, in bytes.
pub(super) const SETTINGS_LIMIT: usize = 8 * 1024 * 1024;

/// The settings.
pub(super) const SETTINGS: &str = "rolecall.yaml";

/// The folder of the requests.
pub(super) const REQUESTS: &str = "requests";

/// What is under `requests/` at the tip.
#[derive(Debug, Default)]
pub struct Requests {
    /// The request files; not read yet.
    pub files: Files,
    /// What is there but not read, and why, in the order of paths.
    pub problems: Vec<Finding>,
}

impl Git {
    /// What is under `requests/` at the tip; hidden files and other endings are left alone.
    ///
    /// Links and submodules, names that are not UTF-8 or have control characters, and paths that differ only in case are
    /// problems: named, and not followed.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn requests(&self, tip: &Tip) -> Result<Requests, GitError> {
        let under = self.under(tip, REQUESTS, |name, mode| {
            !is_hidden(name) && (mode != Mode::File || stem(name).is_some())
        })?;
        let mut requests = Requests::default();
        // As a rule there is nothing but files, and nothing odd about their paths.
        let mut is_plain = true;
        under.visit(|entry| {
            is_plain &= is_below(entry.path, REQUESTS) && requests.files.push_plain(entry);
        })?;
        if is_plain {
            return Ok(requests);
        }
        requests.files = Files::default();
        let entries = under.entries()?;
        for file in readable_files(&entries, REQUESTS) {
            match file {
                Ok((path, id)) => requests.files.push(path, id),
                Err(refused) => requests.problems.push(
                    Finding::error(Code::Unreadable, refused.message)
                        .in_file(refused.path)
                        .hint(refused.hint),
                ),
            }
        }
        requests.files.order();
        Ok(requests)
    }

    /// The settings at the tip and the id of their content; `None` if there are none. Of a file over 8 MiB the first
    /// 8 MiB and one byte more are given.
    ///
    /// # Errors
    ///
    /// [`GitError::NotAFile`] if they are a link or anything but a regular file; else a [`GitError`] if git does not answer.
    pub fn settings(&self, tip: &Tip) -> Result<Option<(Vec<u8>, Oid)>, GitError> {
        let Some(entry) = self.named(tip, SETTINGS)?.into_iter().next() else {
            return Ok(None);
        };
        if entry.mode != Mode::File {
            return Err(GitError::NotAFile {
                path: SETTINGS.to_owned(),
                branch: tip.name().to_owned(),
                kind: entry.mode.name(),
            });
        }
        let oid = entry.id.oid();
        let mut contents = self.contents(std::slice::from_ref(&oid), SETTINGS_LIMIT)?;
        Ok(contents.pop().map(|content| (content, oid)))
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
        let entries = self.below(commit, folder, |_, _| true)?.entries()?;
        let files = entries.iter().filter(|entry| entry.mode == Mode::File);
        Ok(files
            .map(|entry| {
                let path = String::from_utf8_lossy(entry.path).into_owned();
                (path, entry.id.oid())
            })
            .collect())
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

/// Whether a path is that of the folder, or of something below it.
pub(super) fn is_in_folder(path: &[u8], folder: &str) -> bool {
    path.strip_prefix(folder.as_bytes())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

fn is_below(path: &[u8], folder: &str) -> bool {
    path.len() > folder.len() && is_in_folder(path, folder)
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
    let text = str::from_utf8(path).ok()?;
    let is_printed = |byte: u8| matches!(byte, b' '..=b'~');
    (path.iter().all(|byte| is_printed(*byte)) || !text.chars().any(text::is_harmful))
        .then_some(text)
}

/// Whether a path is in small letters, so that no other one is the same but for them.
fn is_small(path: &[u8]) -> bool {
    path.iter()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
}

/// A path in small letters. Most are so already.
fn folded(path: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(path) {
        Ok(text) if is_small(path) => Cow::Borrowed(text),
        _ => Cow::Owned(String::from_utf8_lossy(path).to_lowercase()),
    }
}

/// How many paths are the same in small letters, for each that is there. As a rule they are all small and each there once, and then it is
/// none.
fn twins(entries: &Entries) -> HashMap<Cow<'_, str>, usize> {
    let mut before: &[u8] = b"";
    let is_alone = |entry: Entry<'_>| is_small(entry.path);
    let mut twins = HashMap::new();
    let is_ascending = entries.iter().all(|entry| {
        let is_greater = before < entry.path;
        before = entry.path;
        is_greater
    });
    if !(is_ascending && entries.iter().all(is_alone)) {
        for entry in entries.iter() {
            *twins.entry(folded(entry.path)).or_default() += 1;
        }
    }
    twins
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
    entries: &'tip Entries,
    folder: &'static str,
) -> impl Iterator<Item = Result<(&'tip str, Id), Refused>> {
    let twins = twins(entries);
    entries.iter().map(move |entry| {
        let is_twin = !twins.is_empty() && twins.get(&folded(entry.path)).is_some_and(|n| *n > 1);
        read(entry, folder, is_twin).map_err(|(message, hint)| Refused {
            path: text::escaped(entry.path),
            message,
            hint,
        })
    })
}

fn read<'tip>(
    entry: Entry<'tip>,
    folder: &str,
    is_twin: bool,
) -> Result<(&'tip str, Id), (String, &'static str)> {
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
    let Some(path) = readable(entry.path) else {
        let what = match str::from_utf8(entry.path) {
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
    Ok((path, entry.id))
}
