//! Ids of contents: of bytes that may not be in git at all, and of files in any commit.

use std::ffi::OsString;
use std::fmt::Write;

use super::listing::Mode;
use super::tip::COMMIT_LIMIT;
use super::{Git, GitError, Oid, Tip, text};

/// The largest folder that is looked through for a file, in bytes.
const FOLDER_LIMIT: usize = 64 * 1024 * 1024;

impl Git {
    /// The id that git gives these bytes. Nothing is written, and no filter or conversion sees them.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn blob_id(&self, bytes: &[u8]) -> Result<Oid, GitError> {
        let output = self
            .program
            .feed("hash-object", &["--no-filters", "--stdin"], bytes)?;
        output
            .strip_suffix(b"\n")
            .and_then(Oid::from_bytes)
            .ok_or_else(|| odd("hash-object", &output))
    }

    /// The id of a file's content in a commit, given by its full id: `None` if git does not have that commit, `Some(None)` if
    /// the path, relative to the access repository, is no regular file there.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn blob_at(&self, commit: &str, path: &str) -> Result<Option<Option<Oid>>, GitError> {
        let Some(commit) = Oid::parse(commit) else {
            return Ok(None);
        };
        let known = self.look_up(&[commit.as_str()], COMMIT_LIMIT)?.pop();
        if known.flatten().is_none_or(|known| known.kind != "commit") {
            return Ok(None);
        }
        let is_name = |name: &str| !matches!(name, "" | "." | "..");
        if path.chars().any(text::is_harmful) || !path.split('/').all(is_name) {
            return Ok(Some(None));
        }
        // The folder tells a file from a link, which the content alone does not.
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let asked = self.name_in(&commit, folder.as_bytes())?;
        let folder = self.look_up(&[asked], FOLDER_LIMIT)?.pop().flatten();
        let Some(folder) = folder.filter(|folder| folder.kind == "tree") else {
            return Ok(Some(None));
        };
        if folder.content.len() > FOLDER_LIMIT {
            return Err(odd("cat-file", b"a folder is too large"));
        }
        let id_length = commit.as_str().len() / 2;
        let entry = entry(&folder.content, name.as_bytes(), id_length)?;
        Ok(Some(entry))
    }

    /// The id of the tree that a folder is at the tip; `None` where there is no such folder.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn tree_at(&self, tip: &Tip, folder: &str) -> Result<Option<Oid>, GitError> {
        let asked = self.name_in(tip.commit(), folder.as_bytes())?;
        let found = self.look_up(&[asked], FOLDER_LIMIT)?.pop().flatten();
        Ok(found.filter(|found| found.kind == "tree").map(|it| it.oid))
    }

    /// The paths of the files that are not the same in two trees, relative to these.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not have one of the trees.
    pub fn changed_names(&self, one: &Oid, other: &Oid) -> Result<Vec<String>, GitError> {
        if one == other {
            return Ok(Vec::new());
        }
        let arguments = ["-r", "-z", "--name-only", "--no-renames", "--no-ext-diff"];
        let trees = [one.as_str(), other.as_str(), "--"];
        let arguments: Vec<OsString> = arguments
            .iter()
            .chain(&trees)
            .map(|argument| OsString::from(*argument))
            .collect();
        let output = self.program.tell("diff-tree", &arguments)?;
        let names = output.split(|byte| *byte == 0);
        Ok(names
            .filter(|name| !name.is_empty())
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect())
    }

    /// The names of the files in the last subfolder of a folder at the tip; none where there is no such folder. In a folder of years
    /// that is the newest one.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn names_in_last_folder(&self, tip: &Tip, folder: &str) -> Result<Vec<String>, GitError> {
        let Some(last) = self.names_in(tip, folder)?.into_iter().max() else {
            return Ok(Vec::new());
        };
        self.names_in(tip, &format!("{folder}/{last}"))
    }

    fn names_in(&self, tip: &Tip, folder: &str) -> Result<Vec<String>, GitError> {
        let asked = self.name_in(tip.commit(), folder.as_bytes())?;
        let found = self.look_up(&[asked], FOLDER_LIMIT)?.pop().flatten();
        let Some(found) = found.filter(|found| found.kind == "tree") else {
            return Ok(Vec::new());
        };
        let id_length = tip.commit().as_str().len() / 2;
        let mut tree = found.content.as_slice();
        let mut names = Vec::new();
        while !tree.is_empty() {
            let [_, name, _, rest] = first_entry(tree, id_length)
                .ok_or_else(|| odd("cat-file", b"a folder is not understood"))?;
            names.extend(str::from_utf8(name).map(str::to_owned));
            tree = rest;
        }
        Ok(names)
    }

    /// What `cat-file` knows a path in a commit by. Relative to the access repository; an empty one is its folder.
    pub(super) fn name_in(&self, commit: &Oid, path: &[u8]) -> Result<Vec<u8>, GitError> {
        let mut name = format!("{commit}:").into_bytes();
        name.extend_from_slice(&self.prefix);
        name.extend_from_slice(path);
        if name.last() == Some(&b'/') {
            name.pop();
        }
        if name.contains(&b'\n') {
            return Err(GitError::Unusable(
                "the path of the access repository has a line break".to_owned(),
            ));
        }
        Ok(name)
    }
}

/// Looks a name up in a tree object: the id if it is a regular file.
fn entry(mut tree: &[u8], wanted: &[u8], id_length: usize) -> Result<Option<Oid>, GitError> {
    while !tree.is_empty() {
        let [mode, name, id, rest] = first_entry(tree, id_length)
            .ok_or_else(|| odd("cat-file", b"a folder is not understood"))?;
        if name == wanted {
            let digits = id.iter().fold(String::new(), |mut digits, byte| {
                let _ = write!(digits, "{byte:02x}");
                digits
            });
            return Ok(Oid::parse(&digits).filter(|_| Mode::parse(mode) == Mode::File));
        }
        tree = rest;
    }
    Ok(None)
}

/// Reads `<mode> <name>NUL<id>`, and gives what follows it.
fn first_entry(tree: &[u8], id_length: usize) -> Option<[&[u8]; 4]> {
    let space = tree.iter().position(|byte| *byte == b' ')?;
    let end = tree.iter().position(|byte| *byte == 0)?;
    let (mode, name) = (tree.get(..space)?, tree.get(space + 1..end)?);
    let (id, rest) = tree.get(end + 1..)?.split_at_checked(id_length)?;
    Some([mode, name, id, rest])
}

fn odd(command: &'static str, answer: &[u8]) -> GitError {
    GitError::Answer {
        command,
        message: text::escaped(answer).chars().take(200).collect(),
    }
}
