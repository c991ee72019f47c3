//! The git room against real repositories in temporary folders.

#![expect(
    clippy::disallowed_methods,
    reason = "tests build repositories with git and plain files"
)]

mod approvals;
mod authors;
mod discovery;
mod hermetic;
mod history;
mod ssh;
mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Brought, Git, Oid, Tip};

/// A git repository in a temporary folder. Every commit is a minute later than the one before.
struct World {
    folder: tempfile::TempDir,
    minute: std::cell::Cell<u32>,
    committer: std::cell::RefCell<String>,
}

impl World {
    /// An empty repository on branch `main`.
    fn new() -> Self {
        let world = Self::folder();
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world
    }

    /// A folder without a repository.
    fn folder() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            minute: std::cell::Cell::new(0),
            committer: std::cell::RefCell::new("Alice Park".to_owned()),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let date = format!("2026-11-22T10:{:02}:00Z", self.minute.get());
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", "/nonexistent")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Dana Fox")
            .env("GIT_AUTHOR_EMAIL", "dana@acme.example")
            .env("GIT_COMMITTER_NAME", &*self.committer.borrow())
            .env("GIT_COMMITTER_EMAIL", "alice@acme.example")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs git and gives its output without the last line break.
    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Runs git with something to read, and gives the id that it prints.
    #[track_caller]
    fn feed(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits all that is there, and gives the id.
    fn commit(&self, message: &str) -> String {
        self.minute.set(self.minute.get() + 1);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.head()
    }

    /// Writes one file and commits it.
    fn change(&self, path: &str, text: &str) -> String {
        self.write(path, text);
        self.commit(path)
    }

    /// Makes `main` a commit of these tree entries: mode, kind, id and name, as `mktree` takes them, under `requests/`.
    fn plant(&self, entries: &[(&str, &str, &str, &[u8])]) {
        let mut input = Vec::new();
        for (mode, kind, oid, name) in entries {
            input.extend_from_slice(format!("{mode} {kind} {oid}\t").as_bytes());
            input.extend_from_slice(name);
            input.push(0);
        }
        let requests = self.feed(&["mktree", "-z", "--missing"], &input);
        let root = format!("040000 tree {requests}\trequests\n");
        let tree = self.feed(&["mktree"], root.as_bytes());
        let commit = self.git(&["commit-tree", "-m", "planted", &tree]);
        self.git(&["update-ref", "refs/heads/main", &commit]);
    }

    fn blob(&self, text: &str) -> String {
        self.feed(&["hash-object", "-w", "--stdin"], text.as_bytes())
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// The repository as the program sees it, from its top.
    #[track_caller]
    fn open(&self) -> Git {
        Git::discover(self.path()).unwrap().unwrap()
    }

    /// The commits that brought what is at the tip of `main`, by path.
    #[track_caller]
    fn brought(&self) -> BTreeMap<String, Brought> {
        let git = self.open();
        let tip = git.tip("main").unwrap();
        git.brought(&tip, &files(&git, &tip)).unwrap()
    }

    /// A program that leaves a mark when it is run.
    fn canary(&self) -> (PathBuf, PathBuf) {
        let (program, mark) = (self.path().join(".canary"), self.path().join(".mark"));
        let script = format!("#!/bin/sh\necho run >>'{}'\nexit 1\n", mark.display());
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        (program, mark)
    }
}

/// The request files at the tip.
#[track_caller]
fn files(git: &Git, tip: &Tip) -> Vec<(String, Oid)> {
    let requests = git.requests(tip).unwrap();
    assert_eq!(requests.problems, []);
    let files = requests.files.iter();
    files.map(|(path, oid)| (path.to_owned(), oid)).collect()
}
