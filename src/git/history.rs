//! Which commit brought a file's content to the branch, along the first parents from the tip.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io::BufReader;
use std::os::unix::ffi::OsStrExt;
use std::sync::PoisonError;

use super::author::{Commits, Trail};
use super::commit::{Brought, Commit};
use super::listing::{REQUESTS, SETTINGS, SETTINGS_LIMIT};
use super::program::{Running, failed};
use super::tip::COMMIT_LIMIT;
use super::walk::{Bringing, Search, Steps};
use super::{Git, GitError, Oid, Tip, text};

/// Nothing but ids, modes and paths is asked for, so that no text of a commit can pass for something else.
/// The first commit is told without its changes.
const LOG: [&str; 14] = [
    "-m",
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

/// How many of the latest commits are looked at one by one before git is asked for the whole history.
const NEAR: usize = 32;

impl Git {
    /// For each wanted file (its path relative to the access repository and the id of its content at the tip) the commit that
    /// brought that content to the branch: the latest one, along the first parents, since which the path has had it without
    /// a break. A request that was only moved keeps the commit from before. What is not at the tip like this is left out.
    ///
    /// The author is that of the commit that the content comes from: behind merges the one on the side branch that wrote it.
    ///
    /// # Errors
    ///
    /// [`GitError::Shallow`] if the clone does not reach back far enough; else a [`GitError`] if git does not answer.
    pub fn brought(
        &self,
        tip: &Tip,
        wanted: &[(String, Oid)],
    ) -> Result<BTreeMap<String, Brought>, GitError> {
        self.bringing(tip, wanted, true)
    }

    /// The same for whom authors do not matter: the author is that of the commit on the branch itself, and a clone is good enough that
    /// has only the first parents.
    ///
    /// # Errors
    ///
    /// As [`Git::brought`].
    pub fn brought_by_branch(
        &self,
        tip: &Tip,
        wanted: &[(String, Oid)],
    ) -> Result<BTreeMap<String, Brought>, GitError> {
        self.bringing(tip, wanted, false)
    }

    fn bringing(
        &self,
        tip: &Tip,
        wanted: &[(String, Oid)],
        follows: bool,
    ) -> Result<BTreeMap<String, Brought>, GitError> {
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.walk(tip, wanted)?;
        let boundary = self.boundary()?;
        let mut commits = Commits::new(&boundary);
        self.read_commits(
            &mut commits,
            found.iter().flatten().map(|found| &found.commit),
        )?;
        let mut trails = Vec::new();
        for ((path, content), found) in wanted.iter().zip(found) {
            if let Some(Bringing { commit, path: from }) = found {
                commits.parents(&commit, path)?;
                trails.push(Trail::new(path, from, content, commit));
            }
        }
        if follows {
            self.follow(&mut trails, &mut commits)?;
        }
        let brought = trails.iter().filter_map(|trail| {
            let facts = commits.get(&trail.brought)?;
            let author = commits.get(&trail.at)?;
            let brought = facts.brought((&trail.brought, &trail.path), (&trail.at, author));
            Some((trail.wanted.to_owned(), brought))
        });
        Ok(brought.collect())
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
        let is_cut = |content: &[u8]| !Commit::parse(content).parents.is_empty() && self.is_shallow;
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

    /// Every version of the settings that the branch had at its tip: along the first parents, the contents, newest first, each of them
    /// once. One that only a side branch had never counted, and is not among them.
    ///
    /// # Errors
    ///
    /// [`GitError::Shallow`] if the clone does not have the whole history; else a [`GitError`] if git does not answer.
    pub fn settings_versions(&self, tip: &Tip) -> Result<Vec<Vec<u8>>, GitError> {
        if self.is_shallow {
            return Err(GitError::Shallow {
                what: format!("the versions of {SETTINGS}"),
            });
        }
        let mut arguments: Vec<OsString> = LOG.map(OsString::from).into();
        let whole = ["--root", "--first-parent", tip.commit().as_str(), "--"];
        arguments.extend(whole.map(OsString::from));
        arguments.push(self.in_tree(SETTINGS));
        let output = self.program.tell("log", &arguments)?;
        let mut steps = Steps::new(output.as_slice(), &self.prefix);
        let (mut known, mut versions) = (BTreeSet::new(), Vec::new());
        while let Some(step) = steps.next()? {
            for content in step.contents(SETTINGS) {
                if known.insert(content.clone()) {
                    versions.push(content.clone());
                }
            }
        }
        let mut contents = self.contents(&versions, SETTINGS_LIMIT)?;
        contents.retain(|content| content.len() <= SETTINGS_LIMIT);
        Ok(contents)
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
        if self.is_near(&commit, tip)? {
            return Ok(true);
        }
        let known = self.look_up(&[commit.as_str()], COMMIT_LIMIT)?.pop();
        let is_commit = known.flatten().is_some_and(|known| known.kind == "commit");
        if is_commit && self.comes_before(&commit, tip.commit())? {
            return Ok(true);
        }
        if self.is_shallow {
            return Err(GitError::Shallow {
                what: format!("the commit {commit}"),
            });
        }
        Ok(false)
    }

    /// Whether a commit is one of the latest on the branch: the `cat-file` that runs already tells, and no process is started.
    fn is_near(&self, commit: &Oid, tip: &Tip) -> Result<bool, GitError> {
        let mut at = tip.commit().clone();
        for _ in 0..NEAR {
            if at == *commit {
                return Ok(true);
            }
            let object = self.look_up(&[at.as_str()], COMMIT_LIMIT)?.pop().flatten();
            let parents = object.map(|object| Commit::parse(&object.content).parents);
            match parents.and_then(|parents| parents.into_iter().next()) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        Ok(false)
    }

    /// Lets git begin to go through the history of the tip, before it is known what is looked for there.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if it cannot be started.
    pub fn begin_walk(&self, tip: &Tip) -> Result<(), GitError> {
        let mut walk = self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        let has_begun = walk.as_ref().is_some_and(|(from, _)| from == tip.commit());
        if !has_begun {
            *walk = Some((tip.commit().clone(), self.start_walk(tip)?));
        }
        Ok(())
    }

    fn start_walk(&self, tip: &Tip) -> Result<Running, GitError> {
        let mut arguments: Vec<OsString> = LOG.map(OsString::from).into();
        arguments.extend(["--first-parent", tip.commit().as_str(), "--"].map(OsString::from));
        arguments.push(self.in_tree(REQUESTS));
        self.program.start("log", &arguments, false)
    }

    /// The commit that brought each wanted file, as far as found.
    fn walk(&self, tip: &Tip, wanted: &[(String, Oid)]) -> Result<Vec<Option<Bringing>>, GitError> {
        let begun = self
            .walk
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let mut running = match begun {
            Some((commit, running)) if commit == *tip.commit() => running,
            _ => self.start_walk(tip)?,
        };
        let Some(output) = running.process.output.take() else {
            return Err(running.failure());
        };
        let mut steps = Steps::new(BufReader::new(output), &self.prefix);
        let mut search = Search::new(wanted);
        let mut last = None;
        while !search.is_over() {
            let Some(step) = steps.next()? else {
                let (code, stderr) = running.wait()?;
                if code != Some(0) {
                    return Err(failed("log", &stderr));
                }
                if let Some(first) = last {
                    self.begin(&mut search, &first)?;
                }
                break;
            };
            search.take(&step);
            last = step.has_no_changes().then(|| step.commit().clone());
        }
        // A process that still runs is ended here: what is older does not matter.
        Ok(search.found())
    }

    /// What is still followed at the first commit came with it, if it is there.
    fn begin(&self, search: &mut Search<'_>, first: &Oid) -> Result<(), GitError> {
        let followed: Vec<Vec<u8>> = search.followed().map(<[u8]>::to_vec).collect();
        for (index, id) in self.files_at(first, &followed)? {
            search.begin(first, &followed[index], &id.oid());
        }
        Ok(())
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
