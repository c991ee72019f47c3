//! `rolecall watch` and git: the branch is watched, the remote is followed, and what was done is brought there.

use std::fs;
use std::time::Duration;

use crate::support::Workspace;
use crate::support::daemon::{Daemon, LONG, command, onboard, verified};
use crate::support::git::{commit_at, merge_settings, merged};
use crate::support::remote::{BOT, Shared};

/// A moment before every clock that tests run under.
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// Merges a request into `main` here.
fn merge(workspace: &Workspace, id: &str, role: &str) {
    workspace.request(id, &onboard(role, None));
    commit_at(workspace, LONG_AGO);
}

/// Merges a request in a clone, and pushes it.
fn push(clone: &Workspace, id: &str, role: &str) {
    clone.git(&["pull", "--quiet", "--ff-only", "origin", "main"]);
    merge(clone, id, role);
    clone.git(&["push", "--quiet", "origin", "HEAD:main"]);
}

#[test]
fn a_commit_on_the_branch_is_noticed() {
    let mut workspace = merged();
    let mut daemon = Daemon::start(&workspace, &["--rescan", "1h"]);
    daemon.says("waiting for changes");
    merge(&workspace, "one", "ap-payer");
    daemon.does("one");
    // References may also move without a file of requests being touched.
    workspace.git(&["pack-refs", "--all"]);
    merge(&workspace, "two", "vendor-admin");
    daemon.does("two");
    daemon.end();
    verified(&mut workspace);
}

#[test]
fn a_branch_that_is_rewound_ends_it_with_6_and_nothing_is_changed() {
    let workspace = merged();
    let mut daemon = Daemon::start(&workspace, &[]);
    daemon.says("waiting for changes");
    merge(&workspace, "one", "ap-payer");
    daemon.does("one");
    daemon.says("reconciled");
    let before = workspace.state_files();
    workspace.git(&["update-ref", "refs/heads/main", "HEAD~1"]);
    assert_eq!(daemon.ends_within(LONG), 6);
    assert!(workspace.state_files() == before, "nothing is changed");
    let said = daemon.seen.iter().find(|line| line["exit"] == 6);
    let said = said.expect("why")["error"].as_str().expect("a text");
    assert!(said.contains("rewound"), "{said}");
}

#[test]
fn it_follows_the_remote_and_reconciles_what_comes() {
    let shared = Shared::with(&merge_settings());
    let (mut here, there) = (shared.clone(), shared.clone());
    let mut daemon = Daemon::start(&here, &["--pull", "1s", "--rescan", "1h"]);
    daemon.says("waiting for changes");
    push(&there, "one", "ap-payer");
    daemon.does("one");
    assert!(
        here.path().join("requests/one.yaml").is_file(),
        "what is checked out has moved on"
    );
    daemon.end();
    verified(&mut here);
}

#[test]
fn a_remote_that_goes_away_is_told_once_and_what_is_due_is_done() {
    let shared = Shared::with(&merge_settings());
    let (mut here, there) = (shared.clone(), shared.clone());
    let mut daemon = Daemon::start(&here, &["--pull", "1s", "--rescan", "1h"]);
    daemon.says("waiting for changes");
    let (path, away) = (shared.path(), shared.path().with_extension("away"));
    fs::rename(&path, &away).expect("it goes");
    daemon.says("pulling failed: going on with what is there");
    merge(&here, "local", "ap-payer");
    daemon.does("local");
    daemon.listen(Duration::from_secs(4));
    let told = daemon.count("pulling failed: going on with what is there");
    assert_eq!(told, 1, "{:#?}", daemon.seen);
    here.git(&["reset", "--quiet", "--hard", "HEAD"]);
    fs::rename(&away, &path).expect("it comes back");
    here.git(&["push", "--quiet", "origin", "HEAD:main"]);
    push(&there, "remote", "vendor-admin");
    daemon.says("pulling works again");
    daemon.does("remote");
    daemon.end();
    verified(&mut here);
}

#[test]
fn with_commit_and_push_it_is_a_controller() {
    let shared = Shared::with(&merge_settings());
    let (here, there) = (shared.clone(), shared.clone());
    let arguments = ["--pull", "1s", "--push", "--author", BOT, "--rescan", "1h"];
    let mut daemon = Daemon::start(&here, &arguments);
    daemon.says("waiting for changes");
    push(&there, "one", "ap-payer");
    daemon.does("one");
    let done = daemon.says_where("reconciled", |line| line["pushed_to"] == "origin/main");
    assert_eq!(done["commit"], shared.tip());
    daemon.end();
    let mut elsewhere = shared.clone();
    verified(&mut elsewhere);
    assert_eq!(elsewhere.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
}

#[test]
fn without_its_remote_it_does_what_is_due_and_pushes_later() {
    let shared = Shared::with(&merge_settings());
    let here = shared.clone();
    let arguments = ["--push", "--author", BOT, "--rescan", "1h"];
    let mut daemon = Daemon::start(&here, &arguments);
    daemon.says("waiting for changes");
    let (path, away) = (shared.path(), shared.path().with_extension("away"));
    let there = shared.clone();
    push(&there, "one", "ap-payer");
    here.git(&["pull", "--quiet", "--ff-only", "origin", "main"]);
    fs::rename(&path, &away).expect("it goes");
    daemon.does("one");
    merge_elsewhere(&here);
    daemon.says("not pushed: it is done here, and is pushed later");
    fs::rename(&away, &path).expect("it comes back");
    daemon.says("pushing works again");
    daemon.end();
    let mut elsewhere = shared.clone();
    verified(&mut elsewhere);
    assert_eq!(elsewhere.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
}

/// Touches a reference that means nothing, so that there is a pass.
fn merge_elsewhere(workspace: &Workspace) {
    workspace.git(&["update-ref", "refs/notes/look", "HEAD"]);
}

#[test]
fn told_to_end_while_git_hangs_it_ends_in_time() {
    let shared = Shared::with(&merge_settings());
    let here = shared.clone();
    // A remote that never answers: the connection is taken by the system, and nobody speaks.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
    let address = format!("git://{}/x", silent.local_addr().expect("its address"));
    here.git(&["remote", "set-url", "origin", &address]);
    let mut daemon = Daemon::start(&here, &["--pull", "1s"]);
    // The first pass waits for the first pull only so long.
    daemon.says("waiting for changes");
    merge(&here, "one", "ap-payer");
    daemon.does("one");
    daemon.end();
}

#[test]
fn the_service_managers_socket_is_not_shown_to_git() {
    let workspace = merged();
    let environment = workspace.path().join("environment");
    let tools = tempfile::tempdir().expect("a folder");
    let script = format!(
        "#!/bin/sh\n/usr/bin/env >> '{}'\nPATH=${{PATH#*:}} exec git \"$@\"\n",
        environment.display()
    );
    write_tool(tools.path(), "git", &script);
    let mut daemon = command(&workspace, &[]);
    let path = std::env::var("PATH").expect("a PATH");
    daemon
        .env("PATH", format!("{}:{path}", tools.path().display()))
        .env("NOTIFY_SOCKET", tools.path().join("nobody"));
    let mut daemon = Daemon::spawn(daemon);
    daemon.says("waiting for changes");
    daemon.end();
    let seen = fs::read_to_string(environment).expect("git was started");
    assert!(seen.contains("GIT_OPTIONAL_LOCKS"), "{seen}");
    assert!(!seen.contains("NOTIFY_SOCKET"), "{seen}");
}

/// Puts a program into a folder.
pub fn write_tool(folder: &std::path::Path, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join(name);
    fs::write(&file, script).expect("the program is written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it may run");
}

#[test]
fn another_branch_that_is_checked_out_beside_it_does_no_run_again() {
    let shared = Shared::with(&merge_settings());
    let here = shared.clone();
    here.git(&["branch", "old"]);
    push(&here, "one", "ap-payer");
    let arguments = [
        "--push", "--pull", "1s", "--author", BOT, "--settle", "50ms",
    ];
    let mut daemon = Daemon::start(&here, &arguments);
    daemon.does("one");
    daemon.says("waiting for changes");
    here.git(&["switch", "--quiet", "old"]);
    daemon.says("failed");
    here.git(&["switch", "--quiet", "main"]);
    push(&here, "two", "vendor-admin");
    daemon.does("two");
    daemon.end();
    assert_eq!(daemon.count("change log written"), 3);
    let mut elsewhere = shared.clone();
    verified(&mut elsewhere);
}

#[test]
fn settings_that_were_broken_while_the_remote_was_away_are_mended_by_what_comes() {
    let shared = Shared::with(&merge_settings());
    let here = shared.clone();
    let there = shared.clone();
    let arguments = [
        "--push", "--author", BOT, "--settle", "50ms", "--rescan", "1s",
    ];
    let mut daemon = Daemon::start(&here, &arguments);
    daemon.says("waiting for changes");
    let (path, away) = (shared.path(), shared.path().with_extension("away"));
    there.git(&["pull", "--quiet", "origin", "main"]);
    let settings = there.read("rolecall.yaml");
    there.write("rolecall.yaml", format!("{settings}nonsense: true\n"));
    there.git_commit("Break the settings");
    there.git(&["push", "--quiet", "origin", "main"]);
    daemon.says("failed");
    fs::rename(&path, &away).expect("it goes");
    daemon.says_where("failed", |line| line.to_string().contains("nonsense"));
    fs::rename(&away, &path).expect("it comes back");
    there.write("rolecall.yaml", settings);
    there.git_commit("Mend the settings");
    push(&there, "one", "ap-payer");
    daemon.does("one");
    daemon.end();
}
