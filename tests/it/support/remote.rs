//! Clones that share a bare remote.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Workspace;
use super::git::merged_with;

/// Who commits the state in tests.
pub const BOT: &str = "Rolecall Bot <bot@acme.example>";

/// A bare repository with a branch `main`.
pub struct Shared {
    folder: TempDir,
}

impl Shared {
    /// A remote that has what this world, with evidence `merge`, has on `main`.
    pub fn of(world: &Workspace) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let shared = Self { folder };
        let path = shared.path();
        let arguments = ["init", "--quiet", "--bare", "--initial-branch=main"];
        world.git(&[&arguments[..], &[text(&path)]].concat());
        world.git(&["push", "--quiet", text(&path), "main:main"]);
        shared
    }

    /// A remote with these settings and the usual state.
    pub fn with(settings: &str) -> Self {
        Self::of(&merged_with(settings))
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    /// A clone of it, on `main`, from its folder.
    pub fn clone(&self) -> Workspace {
        Self::clone_from(text(&self.path()))
    }

    /// A clone of it from an address.
    pub fn clone_from(address: &str) -> Workspace {
        let clone = Workspace::empty();
        clone.git(&["clone", "--quiet", address, "."]);
        clone
    }

    /// Runs git in the remote itself.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let world = Workspace::empty();
        let path = self.path();
        world.git(&[&["--git-dir", text(&path)], arguments].concat())
    }

    /// The commit at the tip of `main`.
    #[track_caller]
    pub fn tip(&self) -> String {
        self.git(&["rev-parse", "main"]).trim().to_owned()
    }

    /// Puts a hook into the remote.
    #[cfg(unix)]
    pub fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let hook = self.path().join("hooks").join(name);
        fs::create_dir_all(hook.parent().expect("a parent")).expect("its folder");
        fs::write(&hook, format!("#!/bin/sh\n{script}\n")).expect("the hook is written");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it may run");
    }

    /// Takes a hook away.
    pub fn without_hook(&self, name: &str) {
        fs::remove_file(self.path().join("hooks").join(name)).expect("the hook goes");
    }
}

/// Writes a request in a clone, commits it and pushes it.
#[track_caller]
pub fn push_request(clone: &Workspace, id: &str, request: &str) {
    clone.request(id, request);
    clone.git_commit(&format!("Ask for {id}"));
    clone.git(&["push", "--quiet", "origin", "HEAD:main"]);
}

/// The same where others push as well: their commits come first, and it is tried until it is through.
#[track_caller]
pub fn push_request_among_others(clone: &Workspace, id: &str, request: &str) {
    clone.request(id, request);
    clone.git_commit(&format!("Ask for {id}"));
    for _ in 0..200 {
        clone.git(&["pull", "--quiet", "--rebase", "origin", "main"]);
        let mut push = clone.git_command(&["push", "--quiet", "origin", "HEAD:main"]);
        if push.output().expect("git starts").status.success() {
            return;
        }
    }
    panic!("{id} never got through");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}
