//! Access repositories in git, with evidence `merge`.

use std::process::Command;

use super::{SETTINGS, Workspace};

/// [`SETTINGS`] with evidence `merge` everywhere and `main` as the protected branch.
pub fn merge_settings() -> String {
    let settings = SETTINGS.replace("evidence: inline", "evidence: merge");
    format!("{settings}approval: {{branch: main}}\n")
}

/// A git repository on `main` with [`merge_settings`] and the usual state, all of it committed.
pub fn merged() -> Workspace {
    merged_with(&merge_settings())
}

/// The same with other settings.
pub fn merged_with(settings: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings);
    workspace.write(".gitignore", "state/.rolecall/\n");
    workspace.git_init();
    workspace
}

/// Commits all that is there at a moment, as another committer.
pub fn commit_as(workspace: &Workspace, name: &str, email: &str, at: &str) {
    workspace.git(&["add", "--all"]);
    let mut commit = workspace.git_command(&["commit", "--quiet", "--allow-empty", "-m", "Change"]);
    commit
        .env("GIT_COMMITTER_NAME", name)
        .env("GIT_COMMITTER_EMAIL", email)
        .env("GIT_COMMITTER_DATE", at);
    succeeds(commit);
}

/// Commits all that is there at a moment.
pub fn commit_at(workspace: &Workspace, at: &str) {
    commit_as(workspace, "Alice Park", "alice@acme.example", at);
}

/// Puts an entry into the index that the work tree cannot hold, and commits it.
pub fn commit_entry(workspace: &Workspace, mode: &str, object: &str, path: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let list = folder.path().join("entry");
    let mut entry = format!("{mode} {object}\t").into_bytes();
    entry.extend_from_slice(path);
    entry.push(0);
    std::fs::write(&list, entry).expect("the entry is written");
    let mut update = workspace.git_command(&["update-index", "-z", "--add", "--index-info"]);
    update.stdin(std::fs::File::open(&list).expect("the entry is there"));
    succeeds(update);
    workspace.git(&["commit", "--quiet", "-m", "Plant an entry"]);
}

/// Stores a text as a blob and gives its id.
pub fn blob(workspace: &Workspace, text: &str) -> String {
    let path = workspace.write("blob.tmp", text);
    let id = workspace.git(&["hash-object", "-w", "blob.tmp"]);
    std::fs::remove_file(path).expect("the file goes");
    id.trim().to_owned()
}

/// The commit id of a revision.
pub fn commit_id(workspace: &Workspace, revision: &str) -> String {
    workspace.git(&["rev-parse", revision]).trim().to_owned()
}

#[track_caller]
fn succeeds(mut command: Command) {
    let output = command.output().expect("git starts");
    assert!(output.status.success(), "{command:?}: {output:?}");
}
