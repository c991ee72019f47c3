//! The user's index: what it has to know of commits that were put together elsewhere, and of a work tree that was left half-way.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::process::Patience;
use super::program::{Program, failed};
use super::{Git, GitError, Oid, Recorded};

/// An entry of an index: mode, id, and path within the git repository; without an id it is taken out.
type Entry = (Option<(Vec<u8>, Oid)>, Vec<u8>);

impl Git {
    /// Has the user's index know these files, so that `git status` does not show them as changed.
    ///
    /// # Errors
    ///
    /// [`GitError::Failed`] if it cannot be written, for one because another git is writing it.
    pub fn note_in_index(&self, files: &[Recorded]) -> Result<(), GitError> {
        let lines = self.index_lines(files)?;
        self.write_index(&lines)
    }

    /// Has the user's index agree with a commit below a folder of the access repository, whose files there are `known`: what a
    /// killed process left out or put in, and what somebody else staged there.
    ///
    /// # Errors
    ///
    /// As [`Git::note_in_index`].
    pub fn settle_index(
        &self,
        commit: &Oid,
        folder: &str,
        known: &BTreeMap<String, Oid>,
    ) -> Result<(), GitError> {
        let arguments = [
            "--cached".into(),
            "--name-only".into(),
            "-z".into(),
            "--no-renames".into(),
            commit.as_str().into(),
            "--".into(),
            OsString::from_vec(self.whole(folder)?),
        ];
        let output = self.program.tell("diff-index", &arguments)?;
        let entries: Vec<Entry> = output
            .split(|byte| *byte == 0)
            .filter_map(|path| {
                let relative = path.strip_prefix(self.prefix.as_slice())?;
                let relative = str::from_utf8(relative).ok().filter(|it| !it.is_empty())?;
                let oid = known.get(relative).cloned();
                Some((oid.map(|oid| (b"100644".to_vec(), oid)), path.to_vec()))
            })
            .collect();
        self.write_entries(&entries, commit)
    }

    /// Takes for done what a cut-off move from one commit to a later one has done already: files of the work tree that are what the
    /// later commit has. The index then has them as it does, and the move can be made again. Nothing of the work tree is touched.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer or the index cannot be written.
    pub fn take_for_done(&self, from: &Oid, to: &Oid) -> Result<(), GitError> {
        let arguments = ["-r", "-z", "--no-renames", from.as_str(), to.as_str()];
        let output = self.program.tell("diff-tree", &arguments)?;
        let mut fields = output.split(|byte| *byte == 0);
        let mut wanted = Vec::new();
        while let (Some(about), Some(path)) = (fields.next(), fields.next()) {
            let Some((mode, oid)) = regular(about) else {
                continue;
            };
            let file = self.file(path).symlink_metadata();
            if file.is_ok_and(|file| file.is_file()) && !path.contains(&b'\n') {
                wanted.push(((mode.to_vec(), oid), path.to_vec()));
            }
        }
        let oids = self.cleaned(wanted.iter().map(|(_, path)| path.as_slice()))?;
        let entries: Vec<Entry> = wanted
            .into_iter()
            .zip(oids)
            .filter(|(((_, wanted), _), there)| wanted == there)
            .map(|((entry, path), _)| (Some(entry), path))
            .collect();
        self.write_entries(&entries, to)
    }

    /// The ids that files of the work tree would have if they were added.
    fn cleaned<'a>(&self, paths: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Oid>, GitError> {
        let mut list = Vec::new();
        for path in paths {
            list.extend_from_slice(path);
            list.push(b'\n');
        }
        if list.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = self
            .program
            .users_command("hash-object", &["--stdin-paths"]);
        let answer =
            Program::run_users("hash-object", &mut command, Some(list), Patience::default())?;
        if answer.code != Some(0) {
            return Err(failed("hash-object", &answer.stderr));
        }
        let lines = answer.output.split(|byte| *byte == b'\n');
        Ok(lines.filter_map(Oid::from_bytes).collect())
    }

    fn file(&self, path: &[u8]) -> PathBuf {
        self.program.top.join(std::ffi::OsStr::from_bytes(path))
    }

    /// `like` is any id, for the length of those that stand for nothing.
    fn write_entries(&self, entries: &[Entry], like: &Oid) -> Result<(), GitError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for (entry, path) in entries {
            match entry {
                Some((mode, oid)) => {
                    lines.extend_from_slice(mode);
                    lines.extend_from_slice(format!(" {oid}\t").as_bytes());
                }
                None => {
                    let nothing = "0".repeat(like.as_str().len());
                    lines.extend_from_slice(format!("0 {nothing}\t").as_bytes());
                }
            }
            lines.extend_from_slice(path);
            lines.push(0);
        }
        self.write_index(&lines)
    }

    fn write_index(&self, lines: &[u8]) -> Result<(), GitError> {
        self.program
            .feed("update-index", &["-z", "--index-info"], lines)?;
        Ok(())
    }

    pub(super) fn index_lines(&self, files: &[Recorded]) -> Result<Vec<u8>, GitError> {
        let mut lines = Vec::new();
        for file in files {
            lines.extend(format!("100644 {}\t", file.oid).into_bytes());
            lines.extend(self.whole(&file.path)?);
            lines.push(0);
        }
        Ok(lines)
    }
}

/// Mode and id that a line of `diff-tree` has for the later commit, where that has a regular file: `:<mode> <mode> <id> <id> <status>`.
fn regular(about: &[u8]) -> Option<(&[u8], Oid)> {
    let mut words = about.strip_prefix(b":")?.split(|byte| *byte == b' ');
    let (_, mode, _, oid) = (words.next()?, words.next()?, words.next()?, words.next()?);
    if !mode.starts_with(b"100") {
        return None;
    }
    Some((mode, Oid::from_bytes(oid)?))
}
