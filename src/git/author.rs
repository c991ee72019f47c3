//! Whose a content is: from the commit that brought it to the branch, back through merges to the one that wrote it.

use std::collections::{BTreeSet, HashMap};

use super::commit::Commit;
use super::tip::COMMIT_LIMIT;
use super::{Git, GitError, Oid, text};

/// The most commits that one file is followed through.
const FURTHEST: usize = 100_000;

/// The commits that have been read, and where a shallow clone ends.
pub(super) struct Commits<'boundary> {
    read: HashMap<Oid, Commit>,
    boundary: &'boundary BTreeSet<Oid>,
}

impl<'boundary> Commits<'boundary> {
    pub(super) fn new(boundary: &'boundary BTreeSet<Oid>) -> Self {
        Self {
            read: HashMap::new(),
            boundary,
        }
    }

    pub(super) fn get(&self, commit: &Oid) -> Option<&Commit> {
        self.read.get(commit)
    }

    /// The parents of a commit that has been read; an error if a shallow clone has cut them off. `what`: what they are asked for.
    pub(super) fn parents(&self, commit: &Oid, what: &str) -> Result<&[Oid], GitError> {
        let parents = self.get(commit).map_or(&[][..], |facts| &facts.parents);
        if !parents.is_empty() && self.boundary.contains(commit) {
            return Err(GitError::Shallow {
                what: text::harmless(what.as_bytes()),
            });
        }
        Ok(parents)
    }
}

/// A file on its way back to its author.
pub(super) struct Trail<'wanted> {
    /// The path at the tip.
    pub(super) wanted: &'wanted str,
    /// The path in the commit that brought it, relative to the access repository.
    pub(super) path: Vec<u8>,
    content: &'wanted Oid,
    /// The commit that brought it to the branch.
    pub(super) brought: Oid,
    /// The commit that has been reached.
    pub(super) at: Oid,
}

impl<'wanted> Trail<'wanted> {
    pub(super) fn new(
        wanted: &'wanted str,
        path: Vec<u8>,
        content: &'wanted Oid,
        brought: Oid,
    ) -> Self {
        Self {
            wanted,
            path,
            content,
            at: brought.clone(),
            brought,
        }
    }

    /// The parents that may have handed the content on. The first parent of the commit that brought it did not have it.
    fn parents<'commits>(
        &self,
        commits: &'commits Commits<'_>,
    ) -> Result<&'commits [Oid], GitError> {
        let parents = commits.parents(&self.at, self.wanted)?;
        let is_begin = self.at == self.brought;
        Ok(parents.get(usize::from(is_begin)..).unwrap_or_default())
    }
}

impl Git {
    /// Follows each file back: as long as a parent has the same content at the path, to the first such parent.
    ///
    /// Each round takes all files one commit further, with two questions to the running `cat-file`.
    pub(super) fn follow(
        &self,
        trails: &mut [Trail<'_>],
        commits: &mut Commits<'_>,
    ) -> Result<(), GitError> {
        let mut moving: Vec<_> = trails.iter_mut().collect();
        for _ in 0..FURTHEST {
            let mut names = Vec::new();
            let mut ahead = BTreeSet::new();
            for trail in &moving {
                for parent in trail.parents(commits)? {
                    names.push(self.name_in(parent, &trail.path)?);
                    ahead.insert(parent.clone());
                }
            }
            self.read_commits(commits, &ahead)?;
            let mut found = self.look_up(&names, 0)?.into_iter();
            let mut further = Vec::new();
            for trail in moving {
                let parents = trail.parents(commits)?;
                let answers: Vec<_> = found.by_ref().take(parents.len()).collect();
                let has_it = |answer: &Option<super::Object>| {
                    let object = answer.as_ref();
                    object.is_some_and(|found| found.kind == "blob" && found.oid == *trail.content)
                };
                if let Some(position) = answers.iter().position(has_it) {
                    trail.at = parents[position].clone();
                    further.push(trail);
                }
            }
            moving = further;
            if moving.is_empty() {
                return Ok(());
            }
        }
        Err(GitError::TooLong {
            what: text::harmless(
                moving
                    .first()
                    .map_or(&[][..], |trail| trail.wanted.as_bytes()),
            ),
        })
    }

    /// Reads commits that have not been read yet. One that is missing in a shallow clone was cut off.
    pub(super) fn read_commits<'a>(
        &self,
        commits: &mut Commits<'_>,
        wanted: impl IntoIterator<Item = &'a Oid>,
    ) -> Result<(), GitError> {
        let wanted: BTreeSet<&str> = wanted
            .into_iter()
            .filter(|commit| commits.get(commit).is_none())
            .map(Oid::as_str)
            .collect();
        let wanted: Vec<&str> = wanted.into_iter().collect();
        for (name, object) in wanted.iter().zip(self.look_up(&wanted, COMMIT_LIMIT)?) {
            match object {
                Some(object) if object.kind == "commit" && object.oid.as_str() == *name => {
                    let commit = Commit::parse(&object.content);
                    commits.read.insert(object.oid, commit);
                }
                None if self.is_shallow => {
                    return Err(GitError::Shallow {
                        what: format!("what the commit {name} has"),
                    });
                }
                _ => {
                    return Err(GitError::MissingObject {
                        object: (*name).to_owned(),
                    });
                }
            }
        }
        Ok(())
    }
}
