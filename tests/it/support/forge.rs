//! An access repository whose requests come by pull requests, and what a forge on this machine says of them.

#[path = "../../../src/forge/tests/server.rs"]
#[allow(dead_code, reason = "the room of the forge has more use for it")]
pub mod server;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use self::server::Server;
use super::git::{commit_id, merged_with};
use super::shapes::{all_findings, sha256};
use super::worlds::{addition, ended, log_paths, start};
use super::{Run, SETTINGS, Workspace};

/// What the program is given to show a forge. No output and no file may have it.
pub const TOKEN: &str = "t0ken-of-the-forge-5up3r";

/// When the commits of a pull request are made, before it is merged.
const WRITTEN: &str = "2026-11-20T10:00:00Z";

/// [`SETTINGS`] with evidence `forge` everywhere, and accounts for those who review.
pub fn forge_settings() -> String {
    let people = "people:\n  bob: {name: Bob Lee, github: Bob-Lee, gitlab: bob.lee}\n";
    let settings = SETTINGS
        .replace("evidence: inline", "evidence: forge")
        .replace("people:\n", people)
        .replace(
            "email: alice@acme.example}",
            "email: alice@acme.example, github: alice-park, gitlab: alice.park}",
        )
        .replace(
            "email: dana@acme.example}",
            "email: dana@acme.example, github: dana-fox, gitlab: dana.fox}",
        );
    format!("{settings}approval: {{branch: main}}\n")
}

/// [`forge_settings`] that ask for records which are signed with a key.
pub fn keyed(public: &str) -> String {
    let approval = format!("approval: {{branch: main, forge_key: \"{public}\"}}");
    forge_settings().replace("approval: {branch: main}", &approval)
}

/// A repository on `main` with [`forge_settings`].
pub fn reviewed() -> Workspace {
    merged_with(&forge_settings())
}

/// The request that the pull requests of these tests bring: the clerk's role for Sam.
pub fn grant() -> String {
    addition("[sam.reyes]", "[ap-clerk]")
}

/// How a pull request is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// With a merge commit.
    Merge,
    /// As one new commit.
    Squash,
    /// As a new commit for each of its own.
    Rebase,
}

/// A pull request that was merged.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Where it began.
    pub base: String,
    /// Its own commits and the id of the request's bytes in each, oldest first.
    pub commits: Vec<(String, String)>,
    /// The commit at the tip of `main` after the merge.
    pub tip: String,
    /// All commits that the merge added to `main`, along the first parents.
    pub made: Vec<String>,
}

impl Pull {
    /// The last commit of its own branch.
    pub fn head(&self) -> &str {
        &self.commits.last().expect("a commit").0
    }

    /// The first commit of its own branch.
    pub fn first(&self) -> &str {
        &self.commits[0].0
    }

    /// The id of the bytes that were merged.
    pub fn blob(&self) -> &str {
        &self.commits.last().expect("a commit").1
    }
}

/// Opens a pull request with one commit for each text of the request, and merges it.
///
/// What a squash or a rebase leaves behind is deleted: a fresh clone would not have it either.
#[track_caller]
pub fn pull(workspace: &Workspace, id: &str, texts: &[&str], how: How) -> Pull {
    let number = 7 + workspace
        .git(&["rev-list", "--count", "main"])
        .trim()
        .parse::<u64>()
        .expect("a number");
    let base = commit_id(workspace, "main");
    workspace.git(&["checkout", "--quiet", "-b", "topic"]);
    let path = format!("requests/{id}.yaml");
    let mut commits = Vec::new();
    for text in texts {
        // Other commits may stand between those of the request.
        if workspace.path().join(&path).exists() && workspace.read(&path) == *text {
            workspace.write("notes.txt", format!("{}\n", commits.len()));
        }
        workspace.request(id, text);
        workspace.git(&["add", "--all"]);
        dated(
            workspace,
            &["commit", "--quiet", "-m", "Ask for it"],
            WRITTEN,
        );
        let blob = workspace.git(&["rev-parse", &format!("HEAD:{path}")]);
        commits.push((commit_id(workspace, "HEAD"), blob.trim().to_owned()));
    }
    workspace.git(&["checkout", "--quiet", "main"]);
    match how {
        How::Merge => {
            workspace.git(&["merge", "--quiet", "--no-ff", "-m", "Merge it", "topic"]);
        }
        How::Squash => {
            workspace.git(&["merge", "--quiet", "--squash", "topic"]);
            workspace.git(&["commit", "--quiet", "-m", "Ask for it (#7)"]);
        }
        How::Rebase => {
            workspace.git(&["cherry-pick", "main..topic"]);
        }
    }
    workspace.git(&["branch", "--quiet", "-D", "topic"]);
    workspace.git(&["reflog", "expire", "--expire=now", "--all"]);
    workspace.git(&["prune", "--expire=now"]);
    let made = workspace.git(&["rev-list", "--first-parent", &format!("{base}..main")]);
    Pull {
        number,
        base,
        commits,
        tip: commit_id(workspace, "main"),
        made: made.lines().map(str::to_owned).collect(),
    }
}

/// Whether git here has a commit.
pub fn has_commit(workspace: &Workspace, commit: &str) -> bool {
    let mut ask = workspace.git_command(&["cat-file", "-e", commit]);
    ask.output().expect("git starts").status.success()
}

#[track_caller]
fn dated(workspace: &Workspace, arguments: &[&str], at: &str) {
    let mut command = workspace.git_command(arguments);
    command
        .env("GIT_COMMITTER_DATE", at)
        .env("GIT_AUTHOR_DATE", at);
    let output = command.output().expect("git starts");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
}

/// The command `rolecall evidence`, with the tokens in its environment.
pub fn evidence_command(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = workspace.command(&["evidence"]);
    command
        .args(arguments)
        .env("GITHUB_TOKEN", TOKEN)
        .env("GITLAB_TOKEN", TOKEN);
    command
}

/// Runs a command, and asserts that its token is in no output and no file.
#[track_caller]
pub fn ends_discreetly(workspace: &Workspace, command: Command) -> Run {
    let run = ended(start(command));
    for output in [&run.out, &run.err] {
        assert!(!output.contains(TOKEN), "the token is in\n{output}");
    }
    for (path, bytes) in files_below(workspace.path(), &|_| true) {
        let has_token = bytes
            .windows(TOKEN.len())
            .any(|part| part == TOKEN.as_bytes());
        assert!(!has_token, "the token is in {}", path.display());
    }
    run
}

/// `rolecall evidence FORGE … --base-url` of a server on this machine.
#[track_caller]
pub fn fetch(workspace: &Workspace, server: &Server, forge: &str, more: &[&str]) -> Run {
    let project = match forge {
        "github" => "--repo",
        _ => "--project",
    };
    let url = server.url();
    let mut arguments = vec![forge, project, "acme/access", "--base-url", &url];
    arguments.extend(more);
    ends_discreetly(workspace, evidence_command(workspace, &arguments))
}

/// Every file but those of git and of the lock, with its bytes.
pub fn files(workspace: &Workspace) -> BTreeMap<PathBuf, Vec<u8>> {
    let is_own = |path: &Path| !path.ends_with(".git") && !path.ends_with("state/.rolecall");
    files_below(workspace.path(), &is_own)
}

fn files_below(folder: &Path, enters: &dyn Fn(&Path) -> bool) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if enters(&path) {
                files.extend(files_below(&path, enters));
            }
        } else {
            let bytes = fs::read(&path).expect("a file");
            files.insert(path, bytes);
        }
    }
    files
}

/// Where the record of a request is.
pub fn record_path(id: &str) -> String {
    format!("approvals/{id}/forge.yaml")
}

/// Asserts that a request is pending, and why nothing counts for it: the codes of its findings.
#[track_caller]
pub fn is_pending_with(workspace: &Workspace, id: &str, codes: &[&str]) -> Value {
    let status = workspace
        .run(&["status", "--format", "json"])
        .exits(0)
        .json();
    let request = super::find(&status["requests"], id)
        .expect("the request")
        .clone();
    assert_eq!(request["status"], "pending_approval", "{request:#}");
    let findings = all_findings(&status);
    let mut found: Vec<&str> = findings
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .filter(|code| code.starts_with("RC5"))
        .collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, codes, "{status:#}");
    let before = log_paths(workspace).len();
    workspace.run(&["reconcile"]).exits(0);
    let after = log_paths(workspace).len();
    assert!(
        after == before.max(1),
        "nothing but a baseline is logged: {before} logs became {after}"
    );
    request
}

/// The text of the findings with a code in `status`.
#[track_caller]
pub fn finding_with(workspace: &Workspace, code: &str) -> Value {
    let status = workspace
        .run(&["status", "--format", "json"])
        .exits(0)
        .json();
    let findings = all_findings(&status);
    let mut findings = findings.as_array().expect("a list").iter();
    findings
        .find(|finding| finding["code"] == code)
        .unwrap_or_else(|| panic!("no {code} in {status:#}"))
        .clone()
}

/// Changes a log, and all that follows from it: `previous` of the logs after it, and `head` of the state.
#[track_caller]
pub fn rewrite_log(workspace: &Workspace, serial: usize, change: impl FnOnce(&str) -> String) {
    let paths = log_paths(workspace);
    let text = workspace.read(&paths[serial - 1]);
    let changed = change(&text);
    assert_ne!(text, changed, "something is changed");
    let (mut old, mut new) = (sha256(&text), sha256(&changed));
    workspace.write(&paths[serial - 1], changed);
    for path in &paths[serial..] {
        let text = workspace.read(path);
        assert!(text.contains(&old), "{old} is not in\n{text}");
        let changed = text.replace(&old, &new);
        (old, new) = (sha256(&text), sha256(&changed));
        workspace.write(path, changed);
    }
    workspace.edit("state/state.yaml", &old, &new);
}

/// Makes a key without a passphrase outside of the repository: the folder that has it, the file, and the public half.
#[track_caller]
pub fn key() -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("key");
    let output = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "forge", "-f"])
        .arg(&file)
        .output()
        .expect("ssh-keygen starts");
    assert!(output.status.success(), "{output:?}");
    let public = fs::read_to_string(folder.path().join("key.pub")).expect("a public key");
    let file = file.to_str().expect("UTF-8").to_owned();
    (folder, file, public.trim().to_owned())
}
