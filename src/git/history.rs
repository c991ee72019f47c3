//! Which commit brought a file's content to the branch, along the first parents from the tip.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;

use chrono::DateTime;

use super::listing::{Mode, REQUESTS, request_id};
use super::tip::COMMIT_LIMIT;
use super::{Git, GitError, Oid, Tip, text};
use crate::model::Instant;

/// The commit that brought a file's content to the branch. Names and addresses are claims: anybody can write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The id of the commit.
    pub commit: String,
    /// Its committer's name; what is not UTF-8 or is a control character has become U+FFFD.
    pub committer_name: String,
    /// Its committer's address, made harmless in the same way.
    pub committer_email: String,
    /// The committer's time. One that is missing or after the year 9999 has become the last second of that year.
    pub at: Instant,
    /// Its author's name, made harmless in the same way.
    pub author_name: String,
    /// Its author's address, made harmless in the same way.
    pub author_email: String,
}

/// 9999-12-31T23:59:59Z, the last moment that RFC 3339 can write.
const LAST_MOMENT: i64 = 253_402_300_799;

/// Nothing but ids, modes and paths is asked for, so that no text of a commit can pass for something else.
const LOG: [&str; 16] = [
    "--first-parent",
    "-m",
    "--root",
    "--raw",
    "-z",
    "--no-abbrev",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-decorate",
    "--no-notes",
    "--no-mailmap",
    "--no-show-signature",
    "--encoding=UTF-8",
    "--format=%H",
];

impl Git {
    /// For each wanted file (its path relative to the access repository and the id of its content at the tip) the commit that
    /// brought that content to the branch: the latest one, along the first parents, since which the path has had it without
    /// a break. A request that was only moved keeps the commit from before. What is not at the tip like this is left out.
    ///
    /// # Errors
    ///
    /// [`GitError::Shallow`] if the clone does not reach back far enough; else a [`GitError`] if git does not answer.
    pub fn brought(
        &self,
        tip: &Tip,
        wanted: &[(String, Oid)],
    ) -> Result<BTreeMap<String, Brought>, GitError> {
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.walk(tip, wanted)?;
        let boundary = self.boundary()?;
        let commits: BTreeSet<&Oid> = found.iter().flatten().collect();
        let commits: Vec<&str> = commits.into_iter().map(Oid::as_str).collect();
        let mut facts = HashMap::new();
        for (commit, object) in commits.iter().zip(self.look_up(&commits, COMMIT_LIMIT)?) {
            let object = object.ok_or_else(|| GitError::MissingObject {
                object: (*commit).to_owned(),
            })?;
            facts.insert(object.oid, Commit::parse(&object.content));
        }
        let mut brought = BTreeMap::new();
        for ((path, _), commit) in wanted.iter().zip(&found) {
            let Some((commit, facts)) = commit.as_ref().and_then(|id| facts.get_key_value(id))
            else {
                continue;
            };
            if facts.has_parents && boundary.contains(commit) {
                return Err(GitError::Shallow {
                    what: text::harmless(path.as_bytes()),
                });
            }
            brought.insert(path.clone(), facts.brought(commit));
        }
        Ok(brought)
    }

    /// The id of the branch's first commit, along the first parents.
    ///
    /// # Errors
    ///
    /// [`GitError::Shallow`] if the clone does not reach back that far; else a [`GitError`] if git does not answer.
    pub fn first_commit(&self, tip: &Tip) -> Result<Oid, GitError> {
        let arguments = [
            "--first-parent",
            "--max-parents=0",
            tip.commit().as_str(),
            "--",
        ];
        let output = self.program.tell("rev-list", &arguments)?;
        let first = output
            .strip_suffix(b"\n")
            .and_then(Oid::from_bytes)
            .ok_or_else(|| GitError::Answer {
                command: "rev-list",
                message: text::escaped(&output).chars().take(200).collect(),
            })?;
        let object = self.look_up(&[first.as_str()], COMMIT_LIMIT)?.pop();
        let is_cut =
            |content: &[u8]| -> bool { Commit::parse(content).has_parents && self.is_shallow };
        match object.flatten() {
            Some(object) if is_cut(&object.content) => Err(GitError::Shallow {
                what: "the first commit".to_owned(),
            }),
            Some(_) => Ok(first),
            None => Err(GitError::MissingObject {
                object: first.to_string(),
            }),
        }
    }

    /// Whether a commit, given by its full id, is in the history of the tip, by any parent. One that git does not have is not.
    ///
    /// # Errors
    ///
    /// [`GitError::Shallow`] if it was not found and the clone does not have the whole history; else a [`GitError`] if git
    /// does not answer.
    pub fn is_ancestor(&self, commit: &str, tip: &Tip) -> Result<bool, GitError> {
        let Some(commit) = Oid::parse(commit) else {
            return Ok(false);
        };
        let known = self.look_up(&[commit.as_str()], COMMIT_LIMIT)?.pop();
        let is_commit = known.flatten().is_some_and(|known| known.kind == "commit");
        if is_commit {
            let arguments = ["--is-ancestor", commit.as_str(), tip.commit().as_str()];
            let answer = self.program.ask("merge-base", &arguments)?;
            match answer.code {
                Some(0) => return Ok(true),
                Some(1) => {}
                _ => return Err(answer.failed("merge-base")),
            }
        }
        if self.is_shallow {
            return Err(GitError::Shallow {
                what: format!("the commit {commit}"),
            });
        }
        Ok(false)
    }

    /// The commit that brought each wanted file, as far as found.
    fn walk(&self, tip: &Tip, wanted: &[(String, Oid)]) -> Result<Vec<Option<Oid>>, GitError> {
        let mut arguments: Vec<OsString> = LOG.map(OsString::from).into();
        arguments.extend([tip.commit().as_str(), "--"].map(OsString::from));
        arguments.push(self.in_tree(REQUESTS));
        let mut running = self.program.start("log", &arguments, false)?;
        let Some(output) = running.output.take() else {
            return Err(running.failure());
        };
        let mut steps = Steps {
            reader: BufReader::new(output),
            prefix: &self.prefix,
            next: None,
        };
        let mut search = Search::new(wanted);
        while !search.is_over() {
            let Some(step) = steps.next()? else {
                let (code, stderr) = running.wait()?;
                if code == Some(0) {
                    break;
                }
                return Err(GitError::Failed {
                    command: "log",
                    message: text::complaint(&stderr),
                });
            };
            search.take(&step);
        }
        // A process that still runs is ended here: what is older does not matter.
        Ok(search.found)
    }

    /// The commits whose parents a shallow clone has cut off.
    fn boundary(&self) -> Result<BTreeSet<Oid>, GitError> {
        if !self.is_shallow {
            return Ok(BTreeSet::new());
        }
        let output = self.program.tell("rev-parse", &["--git-path", "shallow"])?;
        let path = output.strip_suffix(b"\n").unwrap_or(&output);
        let path = self.program.top.join(OsStr::from_bytes(path));
        let text = std::fs::read(path).map_err(|source| GitError::Io {
            step: "read where the shallow clone ends",
            source,
        })?;
        Ok(text
            .split(|byte| *byte == b'\n')
            .filter_map(Oid::from_bytes)
            .collect())
    }
}

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
struct Step {
    commit: Oid,
    changes: Vec<Change>,
}

/// Reads the commits out of what `git log` prints.
struct Steps<'prefix, R> {
    reader: R,
    prefix: &'prefix [u8],
    /// The commit whose changes follow.
    next: Option<Oid>,
}

impl<R: BufRead> Steps<'_, R> {
    fn next(&mut self) -> Result<Option<Step>, GitError> {
        let mut changes = Vec::new();
        while let Some(record) = self.record()? {
            let record = record.strip_prefix(b"\n").unwrap_or(&record);
            if let Some(facts) = record.strip_prefix(b":") {
                let path = self.record()?.ok_or_else(|| odd(facts))?;
                let path = path.strip_prefix(self.prefix).ok_or_else(|| odd(&path))?;
                changes.push(Change::parse(facts, path).ok_or_else(|| odd(facts))?);
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
struct Search<'wanted> {
    wanted: &'wanted [(String, Oid)],
    /// The wanted files that are still being followed, by the path that they had at this point.
    followed: HashMap<Vec<u8>, Vec<usize>>,
    found: Vec<Option<Oid>>,
}

impl<'wanted> Search<'wanted> {
    fn new(wanted: &'wanted [(String, Oid)]) -> Self {
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

    fn is_over(&self) -> bool {
        self.followed.is_empty()
    }

    fn take(&mut self, step: &Step) {
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
                    self.found[index] = Some(step.commit.clone());
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

/// What is taken from a commit object.
struct Commit {
    has_parents: bool,
    committer: Signature,
    author: Signature,
}

impl Commit {
    fn parse(content: &[u8]) -> Self {
        let header = || {
            content
                .split(|byte| *byte == b'\n')
                .take_while(|line| !line.is_empty())
        };
        let signature = |role: &[u8]| {
            header()
                .find_map(|line| line.strip_prefix(role))
                .map(Signature::parse)
                .unwrap_or_default()
        };
        Self {
            has_parents: header().any(|line| line.starts_with(b"parent ")),
            committer: signature(b"committer "),
            author: signature(b"author "),
        }
    }

    fn brought(&self, commit: &Oid) -> Brought {
        Brought {
            commit: commit.to_string(),
            committer_name: self.committer.name.clone(),
            committer_email: self.committer.email.clone(),
            at: instant(self.committer.seconds),
            author_name: self.author.name.clone(),
            author_email: self.author.email.clone(),
        }
    }
}

/// Name, address and time as a commit has them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Signature {
    name: String,
    email: String,
    /// Since 1970; `None` if there is none, or it is out of all bounds.
    seconds: Option<i64>,
}

impl Signature {
    /// Reads `Name <address> 1795421069 +0100`.
    fn parse(line: &[u8]) -> Self {
        let position = |wanted: u8| line.iter().position(|byte| *byte == wanted);
        let open = position(b'<').unwrap_or(line.len());
        let rest = line.get(open + 1..).unwrap_or_default();
        let close = rest.iter().position(|byte| *byte == b'>');
        let time = rest.iter().rposition(|byte| *byte == b'>');
        let seconds = time
            .and_then(|end| str::from_utf8(&rest[end + 1..]).ok())
            .and_then(|time| time.split_ascii_whitespace().next())
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        Self {
            name: text::harmless(&line[..open]),
            email: text::harmless(&rest[..close.unwrap_or(rest.len())]),
            seconds,
        }
    }
}

/// The moment, or the last one that can be written.
fn instant(seconds: Option<i64>) -> Instant {
    let seconds = seconds.unwrap_or(LAST_MOMENT).min(LAST_MOMENT);
    DateTime::from_timestamp(seconds, 0).unwrap_or(Instant::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_missing_or_out_of_bounds_is_the_last_moment_there_is() {
        let last = "9999-12-31T23:59:59+00:00";
        for line in [
            &b"A <a@x> 99999999999999999999999 +0000"[..],
            b"A <a@x> 999999999999 +0000",
            b"A <a@x>",
            b"A <a@x> -5 +0000",
            b"nobody",
            b"",
        ] {
            let signature = Signature::parse(line);
            assert_eq!(instant(signature.seconds).to_rfc3339(), last);
        }
        let epoch = Signature::parse(b"A <a@x> 0 +0000");
        assert_eq!(instant(epoch.seconds).timestamp(), 0);
    }

    #[test]
    fn a_name_with_brackets_does_not_shift_the_time() {
        let signature = Signature::parse(b"Al <a@x> 5 +0000> 7 +0000");
        assert_eq!(signature.name, "Al");
        assert_eq!(signature.email, "a@x");
        assert_eq!(signature.seconds, Some(7));
    }

    #[test]
    fn a_header_planted_in_the_message_is_not_read() {
        let commit = Commit::parse(
            b"tree x\nauthor A <a@x> 1 +0000\ncommitter C <c@x> 2 +0000\n\nparent y\ncommitter D <d@x> 3 +0000\n",
        );
        assert!(!commit.has_parents);
        assert_eq!(commit.committer.name, "C");
    }
}
