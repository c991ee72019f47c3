//! Where the things are that the daemon watches, and what a path means to it.

use std::path::{Component, Path, PathBuf};

use crate::store::{APPROVALS, CHANGELOG, REQUESTS, SETTINGS, STATE_FILE};

/// The folders of git that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitFolders {
    /// The work tree's own, with its `HEAD`.
    pub own: PathBuf,
    /// The one that all work trees of the repository share, with the references.
    pub common: PathBuf,
}

/// Where the things are, all absolute and with no links in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The access repository.
    pub root: PathBuf,
    /// The git repository around it, if there is one.
    pub git: Option<GitFolders>,
}

/// What a path means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing: it is left alone.
    Nothing,
    /// The settings.
    Settings,
    /// The state file.
    State,
    /// A request file, or something else below the folder of requests.
    Request,
    /// Something else that a pass reads: approvals, change logs, references.
    Other,
    /// A folder that is watched. Where it is replaced, it has to be watched anew.
    Folder,
}

impl Places {
    /// The folders to watch, and whether with all that is below them.
    #[must_use]
    pub fn folders(&self) -> Vec<(PathBuf, bool)> {
        let mut folders = vec![
            (self.root.clone(), false),
            (self.root.join(REQUESTS), true),
            (self.root.join(APPROVALS), true),
            (self.root.join("state"), false),
            (self.root.join(CHANGELOG), true),
        ];
        if let Some(git) = &self.git {
            folders.push((git.common.clone(), false));
            folders.push((git.common.join("refs"), true));
            folders.push((git.common.join("reftable"), false));
            if git.own != git.common {
                folders.push((git.own.clone(), false));
            }
        }
        folders
    }

    /// What a path means.
    #[must_use]
    pub fn meaning(&self, path: &Path) -> Meaning {
        if path.extension().is_some_and(|ending| ending == "lock") {
            return Meaning::Nothing;
        }
        if let Some(meaning) = self.git.as_ref().and_then(|git| in_git(git, path)) {
            return meaning;
        }
        let Ok(within) = path.strip_prefix(&self.root) else {
            return Meaning::Nothing;
        };
        if within == Path::new("") {
            return Meaning::Folder;
        }
        if within == Path::new(SETTINGS) {
            return Meaning::Settings;
        }
        if within == Path::new(STATE_FILE) {
            return Meaning::State;
        }
        let watched = [REQUESTS, APPROVALS, "state", CHANGELOG];
        if watched.iter().any(|folder| within == Path::new(folder)) {
            return Meaning::Folder;
        }
        if is_hidden(within) {
            Meaning::Nothing
        } else if within.starts_with(REQUESTS) {
            Meaning::Request
        } else if within.starts_with(APPROVALS) || within.starts_with(CHANGELOG) {
            Meaning::Other
        } else {
            Meaning::Nothing
        }
    }

    /// The path relative to the access repository, with `/`; `None` for one elsewhere, or that is not UTF-8.
    #[must_use]
    pub fn relative(&self, path: &Path) -> Option<String> {
        let within = path.strip_prefix(&self.root).ok()?;
        let parts: Option<Vec<_>> = within
            .components()
            .map(|part| part.as_os_str().to_str())
            .collect();
        Some(parts?.join("/"))
    }
}

/// What a path means within git's folders; `None` for one elsewhere.
fn in_git(git: &GitFolders, path: &Path) -> Option<Meaning> {
    if path == git.own || path == git.common {
        return Some(Meaning::Folder);
    }
    if let Ok(within) = path.strip_prefix(&git.common) {
        if within == Path::new("refs") || within == Path::new("reftable") {
            return Some(Meaning::Folder);
        }
        let matters = within.starts_with("refs")
            || within.starts_with("reftable")
            || within == Path::new("packed-refs")
            || within == Path::new("HEAD");
        if matters {
            return Some(Meaning::Other);
        }
    }
    if path.starts_with(&git.own) || path.starts_with(&git.common) {
        let is_head = path == git.own.join("HEAD");
        return Some(if is_head {
            Meaning::Other
        } else {
            Meaning::Nothing
        });
    }
    None
}

/// Whether a part of the path begins with a dot: such files are left alone, and editors keep their drafts in them.
fn is_hidden(within: &Path) -> bool {
    within.components().any(|part| match part {
        Component::Normal(name) => name.as_encoded_bytes().starts_with(b"."),
        _ => false,
    })
}
