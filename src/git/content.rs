//! Ids of contents: of bytes that may not be in git at all, and of files in any commit.

use std::ffi::OsString;

use super::entries::{Content, Mode};
use super::tip::COMMIT_LIMIT;
use super::tree::broken;
use super::{Git, GitError, Oid, Tip, text};

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
        let found = self.files_at(&commit, &[path.as_bytes().to_vec()])?;
        Ok(Some(found.first().map(|(_, id)| id.oid())))
    }

    /// The id of the tree that a folder of the access repository is at the tip; `None` where there is no such folder.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn tree_at(&self, tip: &Tip, folder: &str) -> Result<Option<Oid>, GitError> {
        let mut named = self.named(tip, folder)?.into_iter();
        let folder = named.find(|entry| entry.mode == Mode::Folder);
        Ok(folder.map(|entry| entry.id.oid()))
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

    /// What is found of the names in the last subfolder of a folder at the tip; none where there is no such folder. In a folder of
    /// years that is the newest one.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn names_in_last_folder<T>(
        &self,
        tip: &Tip,
        folder: &str,
        make: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, GitError> {
        let last = self.names_in(tip, folder, |name| Some(name.to_owned()))?;
        match last.into_iter().max() {
            Some(last) => self.names_in(tip, &format!("{folder}/{last}"), make),
            None => Ok(Vec::new()),
        }
    }

    fn names_in<T>(
        &self,
        tip: &Tip,
        folder: &str,
        make: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, GitError> {
        let Some((tree, content)) = self.tree(tip.commit(), folder.as_bytes())? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for entry in Content::new(&tree, &content) {
            let entry = entry.ok_or_else(broken)?;
            found.extend(str::from_utf8(entry.path).ok().and_then(&make));
        }
        Ok(found)
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

fn odd(command: &'static str, answer: &[u8]) -> GitError {
    GitError::Answer {
        command,
        message: text::escaped(answer).chars().take(200).collect(),
    }
}
