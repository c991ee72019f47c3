//! From the name of a branch to the commit at its tip.

use std::sync::OnceLock;

use super::tree::Top;
use super::{Git, GitError, Oid, text};

/// The commit that a branch or revision names, and what has been learned of it.
#[derive(Debug, Clone)]
pub struct Tip {
    name: String,
    commit: Oid,
    pub(super) top: OnceLock<Option<Top>>,
}

impl Tip {
    /// The name that was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the commit.
    #[must_use]
    pub fn commit(&self) -> &Oid {
        &self.commit
    }
}

/// Enough for the header of a commit with very many parents.
pub(super) const COMMIT_LIMIT: usize = 1024 * 1024;

impl Git {
    /// The tip of a branch.
    ///
    /// `branch` is a local branch or else a revision name: a full commit id, `HEAD` and its like, or a reference under
    /// `refs/`, `refs/tags/` or `refs/remotes/`, in this order. `~`, `^` and digits may follow. Shortened ids, reflog entries and
    /// searches in messages are not looked up: anybody who can add a commit could make them mean another one.
    ///
    /// # Errors
    ///
    /// [`GitError::BadName`] for what cannot be a name, [`GitError::NoBranch`] if nothing is called that.
    pub fn tip(&self, branch: &str) -> Result<Tip, GitError> {
        let Some(candidates) = candidates(branch) else {
            return Err(GitError::BadName {
                branch: text::harmless(branch.as_bytes()),
            });
        };
        let names: Vec<_> = candidates.iter().map(String::as_str).collect();
        let commit = self
            .look_up(&names, COMMIT_LIMIT)?
            .into_iter()
            .flatten()
            .find(|object| object.kind == "commit")
            .ok_or_else(|| GitError::NoBranch {
                branch: branch.to_owned(),
            })?;
        Ok(Tip {
            name: branch.to_owned(),
            commit: commit.oid,
            top: OnceLock::new(),
        })
    }
}

impl Git {
    /// The tip of a branch; `None` if nothing is called that.
    ///
    /// # Errors
    ///
    /// As [`Git::tip`], but for that.
    pub fn tip_if_there(&self, branch: &str) -> Result<Option<Tip>, GitError> {
        match self.tip(branch) {
            Ok(tip) => Ok(Some(tip)),
            Err(GitError::NoBranch { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What a name may stand for, likeliest first; `None` if it cannot be a name.
fn candidates(branch: &str) -> Option<Vec<String>> {
    let is_allowed = |character: char| {
        !text::is_harmful(character)
            && !character.is_whitespace()
            && !matches!(character, ':' | '?' | '*' | '[' | '\\' | '{' | '}')
    };
    if branch.is_empty()
        || branch.starts_with('-')
        || branch.len() > 1000
        || !branch.chars().all(is_allowed)
    {
        return None;
    }
    let (base, steps) = branch.split_at(branch.find(['~', '^']).unwrap_or(branch.len()));
    let are_steps = steps
        .bytes()
        .all(|byte| matches!(byte, b'~' | b'^' | b'0'..=b'9'));
    if base.is_empty() || !are_steps {
        return None;
    }
    let is_pseudo = base.ends_with("HEAD")
        && base
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_uppercase());
    let is_literal = base.starts_with("refs/") || Oid::parse(base).is_some() || is_pseudo;
    let mut names = vec![format!("refs/heads/{base}")];
    names.extend(is_literal.then(|| base.to_owned()));
    for folder in ["refs", "refs/tags", "refs/remotes"] {
        names.push(format!("{folder}/{base}"));
    }
    names.push(format!("refs/remotes/{base}/HEAD"));
    for name in &mut names {
        name.push_str(steps);
        name.push_str("^{commit}");
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::candidates;

    #[test]
    fn a_name_that_git_would_read_as_something_else_is_refused() {
        for name in [
            "",
            "-x",
            "--all",
            "a b",
            "a\nb",
            "main:x",
            ":/text",
            "main@{1}",
            "main^{/text}",
            "~1",
            "a\u{202e}b",
            "*",
        ] {
            assert_eq!(candidates(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_local_branch_comes_first_and_a_shortened_id_is_never_looked_up() {
        let names = candidates("cafe1234~2").unwrap_or_default();
        assert_eq!(names[0], "refs/heads/cafe1234~2^{commit}");
        assert!(names.iter().all(|name| name.starts_with("refs/")));
    }
}
