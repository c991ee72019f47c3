//! Writing what the reconciler did into a commit: the files of the state, and nothing else.
//!
//! The commit is put together from objects, in an index of its own. So neither the user's index nor the work tree has a say, no filter or
//! conversion sees the bytes, and a user's other changes, staged or not, stay where they are.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use super::process::Patience;
use super::program::{Program, failed};
use super::{Git, GitError, Oid, text};

/// Who a commit is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// A name.
    pub name: String,
    /// An e-mail address.
    pub email: String,
}

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit; `None` where nothing is committed yet.
    pub commit: Option<Oid>,
    /// The full name of the branch, such as `refs/heads/main`; `None` where a commit is checked out without one.
    pub branch: Option<String>,
}

/// A file that a commit is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Relative to the access repository, with `/`.
    pub path: String,
    /// The id of its content.
    pub oid: Oid,
}

impl Git {
    /// What is checked out.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn head(&self) -> Result<Head, GitError> {
        let answer = self.program.ask("symbolic-ref", &["--quiet", "HEAD"])?;
        let branch = match answer.code {
            Some(0) => Some(String::from_utf8_lossy(answer.output.trim_ascii_end()).into_owned()),
            Some(1) => None,
            _ => return Err(failed("symbolic-ref", &answer.stderr)),
        };
        Ok(Head {
            commit: self.commit_named("HEAD")?,
            branch,
        })
    }

    /// Refuses where a merge or the like is under way: its commit would be another one.
    ///
    /// # Errors
    ///
    /// [`GitError::Busy`] naming it.
    pub fn check_idle(&self) -> Result<(), GitError> {
        let Some(repository) = &self.program.repository else {
            return Ok(());
        };
        let under_way = [
            ("MERGE_HEAD", "merge"),
            ("CHERRY_PICK_HEAD", "cherry-pick"),
            ("REVERT_HEAD", "revert"),
            ("rebase-merge", "rebase"),
            ("rebase-apply", "rebase"),
        ];
        match under_way
            .into_iter()
            .find(|(file, _)| repository.join(file).symlink_metadata().is_ok())
        {
            Some((_, what)) => Err(GitError::Busy { what }),
            None => Ok(()),
        }
    }

    /// Refuses where git could not say by whom a commit is.
    ///
    /// # Errors
    ///
    /// [`GitError::NoIdentity`] with what git said.
    pub fn check_author(&self, author: Option<&Author>) -> Result<(), GitError> {
        let names = ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"];
        for name in names {
            let mut command = self.program.users_command("var", &[name]);
            by(&mut command, author);
            let answer = Program::run_command("var", &mut command, None, Patience::default())?;
            if answer.code != Some(0) {
                return Err(GitError::NoIdentity {
                    message: text::complaint(&answer.stderr),
                });
            }
        }
        Ok(())
    }

    /// Stores the contents of files of the work tree, as they are.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git cannot store them.
    pub fn store(&self, paths: &[String]) -> Result<Vec<Recorded>, GitError> {
        let mut list = Vec::new();
        for path in paths {
            list.extend(self.line_of(path)?);
            list.push(b'\n');
        }
        let arguments = ["-w", "--no-filters", "--stdin-paths"];
        let output = self.program.feed("hash-object", &arguments, &list)?;
        let oids: Option<Vec<_>> = output
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(Oid::from_bytes)
            .collect();
        match oids {
            Some(oids) if oids.len() == paths.len() => Ok(paths
                .iter()
                .zip(oids)
                .map(|(path, oid)| Recorded {
                    path: path.clone(),
                    oid,
                })
                .collect()),
            _ => Err(GitError::Answer {
                command: "hash-object",
                message: text::escaped(&output).chars().take(200).collect(),
            }),
        }
    }

    /// Writes a commit that has the files of its parent but for these, which are added or replaced, and nobody's name but the author's. Nothing refers to
    /// it yet. It is signed where the user's configuration has commits signed (`commit.gpgSign`).
    ///
    /// `index` is the name of a file, which must not be there yet, for the index that it is put together in; absolute.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git cannot write it, for one because it cannot be signed.
    pub fn commit(
        &self,
        parent: Option<&Oid>,
        files: &[Recorded],
        message: &str,
        author: Option<&Author>,
        index: &Path,
    ) -> Result<Oid, GitError> {
        let tree = self.tree_with(parent, files, index)?;
        let mut arguments = vec![tree.as_str()];
        if let Some(parent) = parent {
            arguments.extend(["-p", parent.as_str()]);
        }
        if self.signs_commits()? {
            arguments.push("-S");
        }
        arguments.extend(["-F", "-"]);
        let mut command = self.program.users_command("commit-tree", &arguments);
        by(&mut command, author);
        let input = Some(message.as_bytes().to_vec());
        let answer = Program::run_command("commit-tree", &mut command, input, Patience::default())?;
        match (answer.code, Oid::from_bytes(answer.output.trim_ascii_end())) {
            (Some(0), Some(commit)) => Ok(commit),
            _ => Err(failed("commit-tree", &answer.stderr)),
        }
    }

    /// Has what is checked out, branch or not, be this commit, if it still is the one that it is thought to be.
    ///
    /// # Errors
    ///
    /// [`GitError::Moved`] if it is another one by now.
    pub fn advance(
        &self,
        from: Option<&Oid>,
        to: &Oid,
        author: Option<&Author>,
    ) -> Result<(), GitError> {
        // All zeros stand for what is not there yet.
        let nothing = "0".repeat(to.as_str().len());
        let from = from.map_or(nothing.as_str(), Oid::as_str);
        let arguments = ["-m", "rolecall: reconcile", "HEAD", to.as_str(), from];
        let mut command = self.program.users_command("update-ref", &arguments);
        by(&mut command, author);
        let answer = Program::run_command("update-ref", &mut command, None, Patience::default())?;
        if answer.code == Some(0) {
            return Ok(());
        }
        let there = self.commit_named("HEAD")?;
        if there.as_ref().map_or(nothing.as_str(), Oid::as_str) == from {
            return Err(failed("update-ref", &answer.stderr));
        }
        Err(GitError::Moved)
    }

    /// The paths outside of a folder of the access repository that commits change which `base` does not have, in the whole repository.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn changed_outside(
        &self,
        base: &Oid,
        tip: &Oid,
        folder: &str,
    ) -> Result<Vec<String>, GitError> {
        let range = format!("{base}..{tip}");
        let arguments = [
            "-m",
            "--root",
            "--name-only",
            "-z",
            "--no-renames",
            "--format=",
            &range,
        ];
        let output = self.program.tell("log", &arguments)?;
        let inside = self.in_tree(&format!("{folder}/"));
        let outside: BTreeSet<_> = output
            .split(|byte| *byte == 0)
            .map(|path| path.strip_prefix(b"\n").unwrap_or(path))
            .filter(|path| !path.is_empty() && !path.starts_with(inside.as_bytes()))
            .map(text::escaped)
            .collect();
        Ok(outside.into_iter().collect())
    }

    /// Whether a commit is another one's ancestor, or the same.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn comes_before(&self, one: &Oid, other: &Oid) -> Result<bool, GitError> {
        if one == other {
            return Ok(true);
        }
        let arguments = ["--is-ancestor", one.as_str(), other.as_str()];
        let answer = self.program.ask("merge-base", &arguments)?;
        match answer.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(failed("merge-base", &answer.stderr)),
        }
    }

    fn tree_with(
        &self,
        parent: Option<&Oid>,
        files: &[Recorded],
        index: &Path,
    ) -> Result<Oid, GitError> {
        match parent {
            Some(parent) => self.with_index(index, "read-tree", &[parent.as_str()], None)?,
            None => self.with_index(index, "read-tree", &["--empty"], None)?,
        };
        let lines = self.index_lines(files);
        let arguments = ["-z", "--index-info"];
        self.with_index(index, "update-index", &arguments, Some(lines))?;
        let output = self.with_index::<&str>(index, "write-tree", &[], None)?;
        Oid::from_bytes(output.trim_ascii_end()).ok_or_else(|| GitError::Answer {
            command: "write-tree",
            message: text::escaped(&output).chars().take(200).collect(),
        })
    }

    fn with_index<A: AsRef<std::ffi::OsStr>>(
        &self,
        index: &Path,
        subcommand: &'static str,
        arguments: &[A],
        input: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, GitError> {
        let mut command = self.program.command(subcommand, arguments);
        command.env("GIT_INDEX_FILE", index);
        let answer = Program::run_command(subcommand, &mut command, input, Patience::default())?;
        match answer.code {
            Some(0) if answer.has_listened => Ok(answer.output),
            _ => Err(failed(subcommand, &answer.stderr)),
        }
    }

    /// A path of the access repository as a path of the whole tree, for a list with one a line.
    fn line_of(&self, path: &str) -> Result<Vec<u8>, GitError> {
        let whole = self.in_tree(path).into_encoded_bytes();
        if whole.contains(&b'\n') {
            return Err(GitError::Unusable(
                "the path of the access repository has a line break".to_owned(),
            ));
        }
        Ok(whole)
    }

    fn signs_commits(&self) -> Result<bool, GitError> {
        let arguments = ["--type=bool", "--default=false", "--get", "commit.gpgSign"];
        let mut command = self.program.users_command("config", &arguments);
        let answer = Program::run_command("config", &mut command, None, Patience::default())?;
        match answer.code {
            Some(0) => Ok(answer.output.trim_ascii_end() == b"true"),
            _ => Err(failed("config", &answer.stderr)),
        }
    }
}

/// Has a command write in somebody's name.
fn by(command: &mut Command, author: Option<&Author>) {
    if let Some(author) = author {
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), &author.name);
            command.env(format!("GIT_{role}_EMAIL"), &author.email);
        }
    }
}
