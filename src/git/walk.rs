//! Reading a history commit by commit, and following files back through it.

use std::collections::HashMap;
use std::io::BufRead;

use super::entries::Mode;
use super::listing::request_id;
use super::{GitError, Oid, text};

/// How many files one commit may change: some folders can stand for more files than there is room for.
const MOST_CHANGES: usize = 2_000_000;

/// What happened to one path in one commit, against its first parent.
#[derive(Debug)]
struct Change {
    path: Vec<u8>,
    /// The content before, if it was a regular file.
    old: Option<Oid>,
    /// The content after, if it is a regular file.
    new: Option<Oid>,
    /// Whether there is nothing any more.
    is_gone: bool,
}

/// One commit of the walk.
#[derive(Debug)]
pub(super) struct Step {
    commit: Oid,
    changes: Vec<Change>,
}

impl Step {
    pub(super) fn commit(&self) -> &Oid {
        &self.commit
    }

    /// As of the first commit, whose changes are not told.
    pub(super) fn has_no_changes(&self) -> bool {
        self.changes.is_empty()
    }

    /// The contents that the commit gave a path, where that is a regular file.
    pub(super) fn contents<'step>(
        &'step self,
        path: &'step str,
    ) -> impl Iterator<Item = &'step Oid> {
        self.changes
            .iter()
            .filter(move |change| change.path == path.as_bytes())
            .filter_map(|change| change.new.as_ref())
    }
}

/// The commit that brought a file, and where the file was in it.
#[derive(Debug, Clone)]
pub(super) struct Bringing {
    pub(super) commit: Oid,
    pub(super) path: Vec<u8>,
}

/// Reads the commits out of what `git log` prints.
pub(super) struct Steps<'prefix, R> {
    reader: R,
    prefix: &'prefix [u8],
    /// The commit whose changes follow.
    next: Option<Oid>,
}

impl<'prefix, R: BufRead> Steps<'prefix, R> {
    /// Reads what `git log` prints; paths are below `prefix`.
    pub(super) fn new(reader: R, prefix: &'prefix [u8]) -> Self {
        Self {
            reader,
            prefix,
            next: None,
        }
    }

    /// The next older commit that changed something; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Step>, GitError> {
        let mut changes = Vec::new();
        while let Some(record) = self.record()? {
            let record = record.strip_prefix(b"\n").unwrap_or(&record);
            if let Some(facts) = record.strip_prefix(b":") {
                let path = self.record()?.ok_or_else(|| odd(facts))?;
                let path = path.strip_prefix(self.prefix).ok_or_else(|| odd(&path))?;
                changes.push(Change::parse(facts, path).ok_or_else(|| odd(facts))?);
                if changes.len() > MOST_CHANGES {
                    return Err(GitError::TooMany);
                }
            } else if !record.is_empty() {
                let commit = Oid::from_bytes(record).ok_or_else(|| odd(record))?;
                if let Some(commit) = self.next.replace(commit) {
                    return Ok(Some(Step { commit, changes }));
                }
            }
        }
        Ok(self.next.take().map(|commit| Step { commit, changes }))
    }

    /// What stands before the next NUL; `None` at the end.
    fn record(&mut self) -> Result<Option<Vec<u8>>, GitError> {
        let mut record = Vec::new();
        self.reader
            .read_until(0, &mut record)
            .map_err(|source| GitError::Io {
                step: "read git's history",
                source,
            })?;
        if record.is_empty() {
            return Ok(None);
        }
        if record.last() == Some(&0) {
            record.pop();
        }
        Ok(Some(record))
    }
}

impl Change {
    /// Reads `<old mode> <new mode> <old id> <new id> <status>`.
    fn parse(facts: &[u8], path: &[u8]) -> Option<Self> {
        let mut words = facts.split(|byte| *byte == b' ');
        let (old_mode, new_mode) = (words.next()?, words.next()?);
        let (old, new) = (words.next()?, words.next()?);
        let (old, new) = (Oid::from_bytes(old)?, Oid::from_bytes(new)?);
        Some(Self {
            path: path.to_vec(),
            old: (Mode::parse(old_mode) == Mode::File).then_some(old),
            new: (Mode::parse(new_mode) == Mode::File).then_some(new),
            is_gone: new_mode == b"000000",
        })
    }
}

fn odd(record: &[u8]) -> GitError {
    GitError::Answer {
        command: "log",
        message: text::escaped(record).chars().take(200).collect(),
    }
}

/// Follows the wanted files back through the commits.
pub(super) struct Search<'wanted> {
    wanted: &'wanted [(String, Oid)],
    /// The wanted files that are still being followed, by the path that they had at this point.
    followed: HashMap<Vec<u8>, Vec<usize>>,
    found: Vec<Option<Bringing>>,
}

impl<'wanted> Search<'wanted> {
    pub(super) fn new(wanted: &'wanted [(String, Oid)]) -> Self {
        let mut followed: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (index, (path, _)) in wanted.iter().enumerate() {
            followed.entry(path.clone().into()).or_default().push(index);
        }
        Self {
            wanted,
            followed,
            found: vec![None; wanted.len()],
        }
    }

    /// Whether nothing is left to be found.
    pub(super) fn is_over(&self) -> bool {
        self.followed.is_empty()
    }

    /// The commit that brought each wanted file, as far as found.
    pub(super) fn found(self) -> Vec<Option<Bringing>> {
        self.found
    }

    /// The paths that are still followed.
    pub(super) fn followed(&self) -> impl Iterator<Item = &[u8]> {
        self.followed.keys().map(Vec::as_slice)
    }

    /// Takes into account what the first commit has at a path.
    pub(super) fn begin(&mut self, first: &Oid, path: &[u8], content: &Oid) {
        for index in self.followed.remove(path).unwrap_or_default() {
            if self.wanted[index].1 == *content {
                self.found[index] = Some(Bringing {
                    commit: first.clone(),
                    path: path.to_vec(),
                });
            }
        }
    }

    /// Takes the next older commit into account.
    pub(super) fn take(&mut self, step: &Step) {
        let mut earlier: Vec<(Vec<u8>, usize)> = Vec::new();
        for change in &step.changes {
            for index in self.followed.remove(&change.path).unwrap_or_default() {
                let content = &self.wanted[index].1;
                if change.new.as_ref() != Some(content) {
                    // The branch never had this content here: there is nothing to find.
                } else if change.old.as_ref() == Some(content) {
                    earlier.push((change.path.clone(), index));
                } else if let Some(source) = moved_from(step, &change.path, content) {
                    earlier.push((source.to_vec(), index));
                } else {
                    self.found[index] = Some(Bringing {
                        commit: step.commit.clone(),
                        path: change.path.clone(),
                    });
                }
            }
        }
        for (path, index) in earlier {
            self.followed.entry(path).or_default().push(index);
        }
    }
}

/// The path that a request was moved from: the same id and the same content, gone in the same commit.
fn moved_from<'step>(step: &'step Step, path: &[u8], content: &Oid) -> Option<&'step [u8]> {
    let id = request_id(path)?;
    step.changes
        .iter()
        .filter(|change| change.is_gone && change.old.as_ref() == Some(content))
        .map(|change| change.path.as_slice())
        .filter(|source| request_id(source) == Some(id))
        .min()
}
