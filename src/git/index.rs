//! The user's index: what it has to know of commits that were put together elsewhere, and of a work tree that was left half-way.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::process::Patience;
use super::program::{Program, failed};
use super::{Git, GitError, Oid, Recorded};

/// An entry of an index: mode, id, and path within the git repository. Mode 0 takes it out.
type Entry = (Vec<u8>, Oid, Vec<u8>);

impl Git {
    /// Has the user's index know these files, so that `git status` does not show them as changed.
    ///
    /// # Errors
    ///
    /// [`GitError::Failed`] if it cannot be written, for one because another git is writing it.
    pub fn note_in_index(&self, files: &[Recorded]) -> Result<(), GitError> {
        self.write_index(&self.index_lines(files))
    }

    /// Has the user's index agree with a commit below a folder of the access repository: with what a killed process left out or put
    /// in, and with what somebody else staged there.
    ///
    /// # Errors
    ///
    /// As [`Git::note_in_index`].
    pub fn settle_index(&self, commit: &Oid, folder: &str) -> Result<(), GitError> {
        let arguments = [
            "--cached".into(),
            "--raw".into(),
            "-z".into(),
            "--no-abbrev".into(),
            "--no-renames".into(),
            commit.as_str().into(),
            "--".into(),
            self.in_tree(folder),
        ];
        let output = self.program.tell("diff-index", &arguments)?;
        let entries = changes(&output).map(|change| change.before);
        self.write_index(&lines(entries))
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
        let is_there = |(mode, _, path): &Entry| {
            let file = self.program.top.join(OsStr::from_bytes(path));
            let is_file = file.symlink_metadata().is_ok_and(|file| file.is_file());
            mode.starts_with(b"100") && is_file && !path.contains(&b'\n')
        };
        let wanted: Vec<_> = changes(&output)
            .map(|change| change.after)
            .filter(is_there)
            .collect();
        let there = self.cleaned(wanted.iter().map(|(_, _, path)| path.as_slice()))?;
        let done = wanted.into_iter().zip(there);
        let done = done.filter(|((_, oid, _), there)| oid == there);
        self.write_index(&lines(done.map(|(entry, _)| entry)))
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
            Program::run_command("hash-object", &mut command, Some(list), Patience::default())?;
        if answer.code != Some(0) {
            return Err(failed("hash-object", &answer.stderr));
        }
        let lines = answer.output.split(|byte| *byte == b'\n');
        Ok(lines.filter_map(Oid::from_bytes).collect())
    }

    /// Writes lines of `update-index --index-info` into the user's index.
    fn write_index(&self, lines: &[u8]) -> Result<(), GitError> {
        if !lines.is_empty() {
            let arguments = ["-z", "--index-info"];
            self.program.feed("update-index", &arguments, lines)?;
        }
        Ok(())
    }

    /// These files as lines of `update-index --index-info`.
    pub(super) fn index_lines(&self, files: &[Recorded]) -> Vec<u8> {
        lines(files.iter().map(|file| {
            let path = self.in_tree(&file.path).into_encoded_bytes();
            (b"100644".to_vec(), file.oid.clone(), path)
        }))
    }
}

/// Entries as lines of `update-index --index-info`.
fn lines(entries: impl Iterator<Item = Entry>) -> Vec<u8> {
    let mut lines = Vec::new();
    for (mode, oid, path) in entries {
        lines.extend(mode);
        lines.extend_from_slice(format!(" {oid}\t").as_bytes());
        lines.extend(path);
        lines.push(0);
    }
    lines
}

/// A path on both sides of a difference. What is not there has mode 0 and an id of zeros.
struct Change {
    before: Entry,
    after: Entry,
}

/// Reads `:<mode> <mode> <id> <id> <status>NUL<path>NUL`, again and again.
fn changes(output: &[u8]) -> impl Iterator<Item = Change> {
    let mut fields = output.split(|byte| *byte == 0);
    std::iter::from_fn(move || {
        let (about, path) = (fields.next()?, fields.next()?);
        let mut words = about.strip_prefix(b":")?.split(|byte| *byte == b' ');
        let (mode, next_mode) = (words.next()?, words.next()?);
        let (oid, next_oid) = (words.next()?, words.next()?);
        Some(Change {
            before: (mode.to_vec(), Oid::from_bytes(oid)?, path.to_vec()),
            after: (
                next_mode.to_vec(),
                Oid::from_bytes(next_oid)?,
                path.to_vec(),
            ),
        })
    })
}
