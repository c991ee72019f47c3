//! A workspace in a temporary folder, a scrubbed environment, a fixed clock, and the built program.

pub mod daemon;
#[cfg(feature = "forge")]
pub mod forge;
pub mod git;
#[cfg(feature = "forge")]
pub mod github;
#[cfg(feature = "forge")]
pub mod gitlab;
pub mod hostile;
pub mod http_backend;
pub mod hub;
pub mod jobs;
pub mod keys;
pub mod prometheus;
pub mod remote;
pub mod sweep;
pub mod worlds;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The clock of every test that does not say otherwise.
pub const NOW: &str = "2026-11-23T12:00:00Z";

/// Settings with `inline` evidence, two people, and everything automatic.
pub const SETTINGS: &str = "\
version: 1
organization: Acme Outdoor
timezone: America/New_York
user_provisioning: {enhanced: true, auto_provisioning: true, auto_role_removal: true}
change_controls:
  user_onboarding: {change_level: change_request, evidence: inline}
  user_offboarding: {change_level: change_request, evidence: inline}
  temporary_access: {change_level: change_request, evidence: inline}
people:
  alice: {name: Alice Park, email: alice@acme.example}
  dana: {name: Dana Fox, email: dana@acme.example}
roles:
  administrator: {name: Administrator}
  ap-clerk: {name: A/P Clerk}
  ap-payer: {name: A/P Payer}
  vendor-admin: {name: Vendor Admin}
  payroll-viewer: {name: Payroll Viewer}
";

/// A state with three employees, started by hand.
pub const STATE: &str = "\
version: 1
employees:
  jane.doe:
    name: Jane Doe
    email: jane.doe@acme.example
    status: active
    roles:
    - ap-clerk
  root.admin:
    name: Root Admin
    email: root.admin@acme.example
    status: active
    roles:
    - administrator
  sam.reyes:
    name: Sam Reyes
    email: sam.reyes@acme.example
    status: active
    roles:
    - ap-payer
    - vendor-admin
";

/// The block that approves a request as Alice, a day before [`NOW`].
pub const APPROVED: &str = "\
approvals:
- {by: alice, decision: approve, at: 2026-11-22T10:00:00Z}
";

/// What one run of the program gave back.
#[derive(Debug)]
pub struct Run {
    /// The exit code; -1 when a signal ended the program.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }

    /// Asserts the exit code, showing all output when it differs.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "exit code\n--- stdout\n{}\n--- stderr\n{}",
            self.out, self.err
        );
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| {
            panic!(
                "not JSON: {error}\n--- stdout\n{}\n--- stderr\n{}",
                self.out, self.err
            )
        })
    }

    /// Asserts that standard output or standard error has a text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.out.contains(text) || self.err.contains(text),
            "{text:?} is not in\n--- stdout\n{}\n--- stderr\n{}",
            self.out,
            self.err
        );
        self
    }
}

/// An access repository in a temporary folder.
pub struct Workspace {
    folder: TempDir,
    now: String,
}

impl Workspace {
    /// An empty folder.
    pub fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            now: NOW.to_owned(),
        }
    }

    /// A folder with [`SETTINGS`], [`STATE`] and no requests.
    pub fn new() -> Self {
        let workspace = Self::empty();
        workspace.write("rolecall.yaml", SETTINGS);
        workspace.write("state/state.yaml", STATE);
        fs::create_dir(workspace.path().join("requests")).expect("a folder for requests");
        workspace
    }

    /// The root of the access repository.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Sets the clock (RFC 3339) of the commands that follow.
    pub fn at(&mut self, now: &str) -> &mut Self {
        now.clone_into(&mut self.now);
        self
    }

    /// Writes a file, making its folders.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("its folders");
        fs::write(&path, text).expect("the file is written");
        path
    }

    /// Writes `requests/<id>.yaml`.
    pub fn request(&self, id: &str, text: &str) {
        self.write(&format!("requests/{id}.yaml"), text);
    }

    /// Writes `requests/<id>.yaml` with [`APPROVED`] at its end.
    pub fn approved(&self, id: &str, text: &str) {
        self.request(id, &format!("{}\n{APPROVED}", text.trim_end()));
    }

    /// Reads a file.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A command of the program in this folder: scrubbed environment, the fixed clock.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.around(program());
        command.args(arguments);
        command
    }

    /// Another program in the environment of rolecall, such as one that starts it.
    pub fn around(&self, other: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(other);
        scrub(&mut command);
        command
            .current_dir(self.path())
            .env("ROLECALL_NOW", &self.now)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(
            self.command(arguments)
                .output()
                .expect("the program starts"),
        )
    }

    /// Runs `reconcile --format json` and asserts exit code 0.
    #[track_caller]
    pub fn reconcile(&self) -> Value {
        self.run(&["reconcile", "--format", "json"]).exits(0).json()
    }

    /// `plan --format json`.
    #[track_caller]
    pub fn plan(&self) -> Value {
        self.run(&["plan", "--format", "json"]).exits(0).json()
    }

    /// One request out of `status --format json`.
    #[track_caller]
    pub fn status(&self, id: &str) -> Value {
        let status = self.run(&["status", "--format", "json"]).json();
        find(&status["requests"], id)
            .unwrap_or_else(|| panic!("{id} is not in {status:#}"))
            .clone()
    }

    /// All change logs, oldest first, as `log --format json` gives them.
    #[track_caller]
    pub fn logs(&self) -> Vec<Value> {
        let logs = self.run(&["log", "--format", "json"]).exits(0).json();
        logs["logs"].as_array().expect("a list of logs").clone()
    }

    /// The role ids that an employee holds permanently, as `roles --format json` gives them.
    #[track_caller]
    pub fn roles(&self, employee: &str) -> Vec<String> {
        let roles = self.employee(employee);
        strings(&roles["roles"])
    }

    /// One employee out of `roles --format json`: `id`, `name`, `status`, `roles`, `temporary`.
    #[track_caller]
    pub fn employee(&self, employee: &str) -> Value {
        let roles = self
            .run(&["roles", employee, "--format", "json"])
            .exits(0)
            .json();
        roles["employees"][0].clone()
    }

    /// Runs git in this folder, hermetically, with a fixed identity and date.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = self.git_command(arguments).output().expect("git starts");
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("git prints UTF-8")
    }

    /// The git command itself, to set another identity or date on.
    pub fn git_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        scrub(&mut command);
        command
            .current_dir(self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Dana Fox")
            .env("GIT_AUTHOR_EMAIL", "dana@acme.example")
            .env("GIT_COMMITTER_NAME", "Alice Park")
            .env("GIT_COMMITTER_EMAIL", "alice@acme.example")
            .env("GIT_AUTHOR_DATE", "2026-11-22T10:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-11-22T10:00:00Z")
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// `git init` on branch `main` and one commit of all that is there.
    pub fn git_init(&self) {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.git_commit("Start");
    }

    /// Commits all that is there.
    pub fn git_commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    /// Every file below `state/` but those of `state/.rolecall/`, path to bytes.
    pub fn state_files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path().join("state"), &mut files);
        files
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != ".rolecall") {
                collect(&path, files);
            }
        } else {
            let bytes = fs::read(&path).expect("a file");
            files.insert(path, bytes);
        }
    }
}

/// The program that is tested. `.ci/run` tries the release binary with the tests that were built already.
pub fn program() -> PathBuf {
    let built = std::env::var_os("ROLECALL_UNDER_TEST");
    built.map_or_else(|| env!("CARGO_BIN_EXE_rolecall").into(), PathBuf::from)
}

/// Leaves of the environment only what starting a program needs.
fn scrub(command: &mut Command) {
    command.env_clear();
    for name in ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("HOME", "/nonexistent").env("LC_ALL", "C.UTF-8");
}

/// The object with this `id` in a JSON list.
pub fn find<'a>(list: &'a Value, id: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|entry| entry["id"] == id)
}

/// A JSON list of strings.
#[track_caller]
pub fn strings(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap_or_else(|| panic!("not a list: {list}"))
        .iter()
        .map(|entry| entry.as_str().expect("a text").to_owned())
        .collect()
}

pub mod shapes;
