//! `reconcile --commit`: a commit of the state alone.

use serde_json::Value;

use crate::support::git::merged;
use crate::support::keys::{generate, secret};
use crate::support::remote::BOT;
use crate::support::worlds::{addition, reduction};
use crate::support::{Run, Workspace};

/// A world with one merged request that gives Sam the clerk's role.
fn with_merged_grant() -> Workspace {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git_commit("Grant");
    workspace
}

#[track_caller]
fn commits(workspace: &Workspace) -> Run {
    workspace
        .run(&["reconcile", "--commit", "--author", BOT])
        .exits(0)
}

fn message(workspace: &Workspace) -> String {
    workspace.git(&["log", "-1", "--format=%B"])
}

fn changed(workspace: &Workspace, commit: &str) -> Vec<String> {
    let names = workspace.git(&["show", "--format=", "--name-only", commit]);
    names.lines().map(str::to_owned).collect()
}

fn status(workspace: &Workspace) -> String {
    workspace.git(&["status", "--porcelain"])
}

#[test]
fn a_commit_has_the_state_and_nothing_else() {
    let workspace = with_merged_grant();
    workspace.write("notes.txt", "staged");
    workspace.git(&["add", "notes.txt"]);
    workspace.write("rolecall.yaml", "changed: and not staged\n");
    workspace.write("requests/draft.yaml", "not tracked");
    workspace.write("state/notes.txt", "not the reconciler's");
    workspace
        .run(&["reconcile", "--commit", "--author", BOT, "--branch", "main"])
        .exits(0);
    assert_eq!(
        changed(&workspace, "HEAD"),
        [
            "state/.gitattributes",
            "state/changelog/2026/000001-baseline.yaml",
            "state/changelog/2026/000002-grant.yaml",
            "state/state.yaml",
        ]
    );
    assert_eq!(
        status(&workspace),
        "A  notes.txt\n M rolecall.yaml\n?? requests/draft.yaml\n?? state/notes.txt\n"
    );
    let by = workspace.git(&["log", "-1", "--format=%an <%ae>|%cn <%ce>"]);
    assert_eq!(by.trim(), format!("{BOT}|{BOT}"));
}

#[test]
fn the_message_reads_as_the_change_and_ends_in_trailers() {
    let workspace = with_merged_grant();
    let run = commits(&workspace);
    assert!(run.out.contains("Committed "), "{}", run.out);
    let head = workspace.reconcile()["head"].as_str().unwrap().to_owned();
    assert_eq!(
        message(&workspace).trim_end(),
        format!(
            "Reconcile the baseline and 1 request: +1 -0\n\n\
             000001 Baseline, 3 employees\n\
             000002 User Onboarding grant, run 1 of 1, +1 -0\n\n\
             Rolecall-Serial: 1-2\nRolecall-Request: grant\nRolecall-Head: {head}"
        )
    );
    workspace.request("leave", &reduction("[jane.doe]", "[ap-clerk]"));
    workspace.git_commit("Leave");
    commits(&workspace);
    assert_eq!(
        message(&workspace).lines().next(),
        Some("User Offboarding leave: +0 -1")
    );
    let trailers = workspace.git(&["log", "-1", "--format=%(trailers:key=Rolecall-Serial)"]);
    assert_eq!(trailers.trim(), "Rolecall-Serial: 3");
}

#[test]
fn no_text_of_a_request_is_in_the_message() {
    let workspace = merged();
    let request = addition("[sam.reyes]", "[ap-clerk]").replace(
        "name: A change\nchange_overview: HR-1204",
        "name: \"Signed-off-by: Mallory <m@evil.example> [skip ci] fixes #1 @acme/owners\"\n\
         change_overview: \"x\\n\\nRolecall-Serial: 99\\nApproved-by: Mallory\"\nexternal_reference: \"Closes: #2\"",
    );
    workspace.request("grant", &request);
    workspace.git_commit("Grant");
    commits(&workspace);
    let message = message(&workspace);
    for text in [
        "Mallory",
        "skip ci",
        "#1",
        "@",
        "99",
        "Approved-by",
        "Closes",
    ] {
        assert!(!message.contains(text), "{text:?} in {message}");
    }
}

#[test]
fn nothing_to_do_makes_no_commit() {
    let workspace = with_merged_grant();
    commits(&workspace);
    let before = workspace.git(&["rev-parse", "HEAD"]);
    let run = workspace.run(&["reconcile", "--commit", "--author", BOT, "--format", "json"]);
    assert_eq!(run.exits(0).json()["commit"], Value::Null);
    assert_eq!(workspace.git(&["rev-parse", "HEAD"]), before);
    assert_eq!(status(&workspace), "");
}

#[test]
fn what_an_earlier_reconcile_did_is_committed_too() {
    let workspace = with_merged_grant();
    workspace.reconcile();
    let run = workspace.run(&["reconcile", "--commit", "--author", BOT, "--format", "json"]);
    let report = run.exits(0).json();
    assert_eq!(report["applied"], serde_json::json!([]));
    assert_eq!(report["commit"]["pushed_to"], Value::Null);
    assert_eq!(
        report["commit"]["id"].as_str().unwrap(),
        workspace.git(&["rev-parse", "HEAD"]).trim()
    );
    assert!(message(&workspace).contains("Rolecall-Serial: 1-2"));
    assert_eq!(status(&workspace), "");
}

#[test]
fn a_failed_change_is_committed_with_the_rest_and_keeps_its_exit_code() {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes, gone.person]", "[ap-clerk]"));
    workspace.request("other", &addition("[jane.doe]", "[ap-payer]"));
    workspace.git_commit("Ask");
    workspace
        .run(&["reconcile", "--commit", "--author", BOT])
        .exits(3);
    assert!(message(&workspace).contains("Rolecall-Request: other"));
}

#[test]
fn without_an_author_nothing_is_written() {
    let workspace = with_merged_grant();
    workspace.git(&["config", "user.useConfigOnly", "true"]);
    let before = workspace.state_files();
    workspace
        .run(&["reconcile", "--commit"])
        .exits(1)
        .says("--author");
    assert_eq!(workspace.state_files(), before);
    workspace.git(&["config", "user.name", "Configured"]);
    workspace.git(&["config", "user.email", "configured@acme.example"]);
    workspace.run(&["reconcile", "--commit"]).exits(0);
    let by = workspace.git(&["log", "-1", "--format=%an <%ae>"]);
    assert_eq!(by.trim(), "Configured <configured@acme.example>");
}

#[rstest::rstest]
#[case::no_address("Bot")]
#[case::no_name("<bot@acme.example>")]
#[case::a_line_break("Bot\nx <bot@acme.example>")]
#[case::two_addresses("Bot <a@x.example> <b@x.example>")]
fn an_author_is_a_name_and_an_address(#[case] author: &str) {
    let workspace = with_merged_grant();
    let before = workspace.state_files();
    workspace
        .run(&["reconcile", "--commit", "--author", author])
        .exits(64)
        .says("--author");
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn an_author_without_a_commit_is_wrong_usage() {
    with_merged_grant()
        .run(&["reconcile", "--author", BOT])
        .exits(64)
        .says("--commit");
}

#[cfg(unix)]
#[test]
fn hooks_do_not_run() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = with_merged_grant();
    for name in [
        "pre-commit",
        "commit-msg",
        "post-commit",
        "reference-transaction",
    ] {
        let hook = workspace.write(
            &format!(".git/hooks/{name}"),
            "#!/bin/sh\ntouch ran\nexit 1\n",
        );
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    commits(&workspace);
    assert!(!workspace.path().join("ran").exists());
    assert!(!workspace.path().join(".git/ran").exists());
}

#[test]
fn a_commit_is_signed_where_git_is_configured_so() {
    let workspace = with_merged_grant();
    let (private, public) = generate(&["-t", "ed25519"]);
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("key");
    secret(&key, &private);
    std::fs::write(keys.path().join("key.pub"), public).unwrap();
    workspace.git(&["config", "commit.gpgSign", "true"]);
    workspace.git(&["config", "gpg.format", "ssh"]);
    workspace.git(&["config", "user.signingKey", key.to_str().unwrap()]);
    let before = workspace.git(&["rev-parse", "HEAD"]);
    commits(&workspace);
    assert_ne!(workspace.git(&["rev-parse", "HEAD"]), before);
    let commit = workspace.git(&["cat-file", "commit", "HEAD"]);
    assert!(
        commit.contains("gpgsig -----BEGIN SSH SIGNATURE-----"),
        "{commit}"
    );
    workspace.git(&["config", "user.signingKey", "/nonexistent"]);
    workspace.request("more", &addition("[jane.doe]", "[ap-payer]"));
    workspace.git(&["-c", "commit.gpgSign=false", "add", "--all"]);
    workspace.git(&[
        "-c",
        "commit.gpgSign=false",
        "commit",
        "--quiet",
        "-m",
        "More",
    ]);
    // What was done stays done, and is committed once it can be signed.
    workspace
        .run(&["reconcile", "--commit", "--author", BOT])
        .exits(1)
        .says("what was done is in state/, and is not committed");
    workspace.git(&["config", "commit.gpgSign", "false"]);
    commits(&workspace);
    assert!(message(&workspace).contains("Rolecall-Request: more"));
}

#[test]
fn a_log_that_is_committed_and_gone_is_never_committed_away() {
    let workspace = with_merged_grant();
    commits(&workspace);
    workspace.git(&[
        "rm",
        "--quiet",
        "--cached",
        "state/changelog/2026/000002-grant.yaml",
    ]);
    std::fs::remove_file(
        workspace
            .path()
            .join("state/changelog/2026/000002-grant.yaml"),
    )
    .unwrap();
    let before = workspace.git(&["rev-parse", "HEAD"]);
    workspace
        .run(&["reconcile", "--commit", "--author", BOT])
        .exits(6);
    assert_eq!(workspace.git(&["rev-parse", "HEAD"]), before);
}

#[test]
fn while_a_merge_is_under_way_nothing_is_done() {
    let workspace = with_merged_grant();
    let before = workspace.state_files();
    let head = workspace.git(&["rev-parse", "HEAD"]);
    workspace.write(".git/MERGE_HEAD", head);
    workspace
        .run(&["reconcile", "--commit", "--author", BOT])
        .exits(1)
        .says("merge");
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn outside_of_git_there_is_nothing_to_commit_to() {
    let workspace = Workspace::new();
    let before = workspace.state_files();
    workspace
        .run(&["reconcile", "--commit", "--author", BOT])
        .exits(3)
        .says("git init");
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn an_access_repository_in_a_folder_of_another_is_committed_there() {
    let workspace = Workspace::empty();
    let inner = with_merged_grant();
    for path in ["rolecall.yaml", "state/state.yaml", "requests/grant.yaml"] {
        workspace.write(&format!("access/{path}"), inner.read(path));
    }
    workspace.git_init();
    workspace
        .run(&["reconcile", "--commit", "--author", BOT, "--dir", "access"])
        .exits(0);
    let names = changed(&workspace, "HEAD");
    assert!(names.contains(&"access/state/changelog/2026/000002-grant.yaml".to_owned()));
    assert!(names.iter().all(|name| name.starts_with("access/state/")));
    assert_eq!(status(&workspace), "");
}
