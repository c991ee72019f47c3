//! Git, asked hermetically: what is at the tip of the protected branch, and which commit brought it there. And ssh-keygen, which
//! signs and checks signatures.
//!
//! This is the only room that starts other programs. Everything comes from git's objects and reference names, never from the
//! work tree; configuration, hooks, filters, attributes, replaced objects and grafts have no say (`docs/git.md`). Text that
//! comes out of git was written by anybody, and is made harmless before it is handed on.
//!
//! One pass starts at most three processes, however many requests there are: `rev-parse` to find the repository, one
//! `cat-file --batch` that keeps running, and one `log`. What is different from another tree, the settings of earlier days and the id
//! of bytes that are not in git each cost one more, and each signature one `ssh-keygen`.

mod approvals;
mod author;
mod commit;
mod content;
mod entries;
mod error;
mod folders;
mod history;
mod index;
mod listing;
mod objects;
mod process;
mod program;
mod record;
mod remote;
mod ssh;
mod text;
mod tip;
mod tree;
mod walk;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub use approvals::ListedApproval;
pub use commit::Brought;
pub use entries::Files;
pub use error::GitError;
pub use folders::Folders;
pub use listing::Requests;
pub use objects::Oid;
pub use record::{Author, Head, Recorded};
pub use remote::{Pushed, Remote};
pub use ssh::{Check, Ssh, SshError};
pub use tip::Tip;

use objects::{Object, Objects};
use program::{Program, Running};

/// The git repository that holds an access repository. Meant for one pass; find it anew for the next.
#[derive(Debug)]
pub struct Git {
    program: Program,
    /// The access repository within the tree: empty, or ending in `/`.
    prefix: Vec<u8>,
    is_shallow: bool,
    objects: Mutex<Option<Objects>>,
    /// A walk through the history of a commit that has begun.
    walk: Mutex<Option<(Oid, Running)>>,
}

impl Git {
    /// Finds the git work tree that `root`, the folder of the access repository, is in; `None` if it is in none.
    ///
    /// Without a `.git` at or above the folder no process is started.
    ///
    /// # Errors
    ///
    /// [`GitError::NotInstalled`] if there is a `.git` but no git, [`GitError::Ownership`] if it belongs to another user,
    /// [`GitError::Unusable`] if git cannot use it.
    pub fn discover(root: &Path) -> Result<Option<Self>, GitError> {
        Self::find(root, false)
    }

    /// As [`Git::discover`], with the `cat-file` that answers started already: for whoever is about to ask for objects.
    ///
    /// # Errors
    ///
    /// As [`Git::discover`].
    pub fn discover_ready(root: &Path) -> Result<Option<Self>, GitError> {
        Self::find(root, true)
    }

    fn find(root: &Path, starts_objects: bool) -> Result<Option<Self>, GitError> {
        let root = resolved(root)?;
        let Some(top) = root.ancestors().find(|folder| has_repository(folder)) else {
            return Ok(None);
        };
        let mut program = Program {
            file: process::find("git").ok_or(GitError::NotInstalled)?,
            top: top.to_owned(),
            repository: None,
        };
        let entry = top.join(".git");
        let due = entry.is_dir().then(|| resolved(&entry)).transpose()?;
        // Where there is one repository that it can be, objects need not wait; nothing is asked before git has said that it is.
        program.repository.clone_from(&due);
        let is_early = starts_objects && due.is_some();
        let early = is_early.then(|| Objects::start(&program)).transpose()?;
        program.repository = None;
        let questions = ["--is-shallow-repository", "--absolute-git-dir"];
        let answer = program.ask("rev-parse", &questions)?;
        if answer.code != Some(0) {
            return Err(refusal(&answer.stderr));
        }
        // The path comes last: it may have line breaks.
        let (is_shallow, repository) =
            parse_discovery(&answer.output).ok_or_else(|| GitError::Answer {
                command: "rev-parse",
                message: text::escaped(&answer.output).chars().take(200).collect(),
            })?;
        let repository = resolved(&repository)?;
        if due.is_some_and(|due| due != repository) {
            return Err(GitError::Unusable(
                "its `.git` folder is not a repository, but one is further up".to_owned(),
            ));
        }
        program.repository = Some(repository);
        let objects = match early {
            None if starts_objects => Some(Objects::start(&program)?),
            early => early,
        };
        Ok(Some(Self {
            prefix: prefix(&root, top),
            program,
            is_shallow,
            objects: Mutex::new(objects),
            walk: Mutex::new(None),
        }))
    }

    /// Whether there is a `.git` at the folder or above it.
    #[must_use]
    pub fn is_around(root: &Path) -> bool {
        let root = root.canonicalize();
        root.is_ok_and(|root| root.ancestors().any(has_repository))
    }

    /// Looks up names of objects in the running `cat-file`, which is started now if it is not there yet. Of each at most `limit + 1` bytes
    /// are kept.
    fn look_up<N: AsRef<[u8]>>(
        &self,
        names: &[N],
        limit: usize,
    ) -> Result<Vec<Option<Object>>, GitError> {
        self.ask(names, limit, usize::MAX)
    }

    /// The same, where more than `total` bytes of all together are too many: then these have more.
    fn look_up_within<N: AsRef<[u8]>>(
        &self,
        names: &[N],
        total: usize,
    ) -> Result<Vec<Option<Object>>, GitError> {
        self.ask(names, total, total)
    }

    fn ask<N: AsRef<[u8]>>(
        &self,
        names: &[N],
        limit: usize,
        total: usize,
    ) -> Result<Vec<Option<Object>>, GitError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut kept = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let objects = match kept.take() {
            Some(objects) => objects,
            None => Objects::start(&self.program)?,
        };
        let (objects, found) = objects.look_up(names, limit, total)?;
        *kept = Some(objects);
        Ok(found)
    }
}

fn resolved(path: &Path) -> Result<PathBuf, GitError> {
    path.canonicalize().map_err(|source| GitError::Io {
        step: "find the folder",
        source,
    })
}

/// Whether git would take the folder for the top of a work tree. It passes over a `.git` folder that holds no repository.
fn has_repository(folder: &Path) -> bool {
    let entry = folder.join(".git");
    match entry.metadata() {
        Ok(found) if found.is_dir() => entry.join("HEAD").symlink_metadata().is_ok(),
        Ok(_) => true,
        // A link that leads nowhere is not nothing.
        Err(_) => entry.symlink_metadata().is_ok(),
    }
}

fn parse_discovery(output: &[u8]) -> Option<(bool, PathBuf)> {
    let output = output.strip_suffix(b"\n")?;
    let (is_shallow, rest) = if let Some(rest) = output.strip_prefix(b"true\n") {
        (true, rest)
    } else {
        (false, output.strip_prefix(b"false\n")?)
    };
    Some((is_shallow, PathBuf::from(OsStr::from_bytes(rest))))
}

fn prefix(root: &Path, top: &Path) -> Vec<u8> {
    let mut prefix = Vec::new();
    for part in root.strip_prefix(top).unwrap_or(Path::new("")) {
        prefix.extend_from_slice(part.as_bytes());
        prefix.push(b'/');
    }
    prefix
}

fn refusal(stderr: &[u8]) -> GitError {
    let message = text::complaint(stderr);
    if message.contains("dubious ownership") {
        GitError::Ownership
    } else {
        GitError::Unusable(message)
    }
}
