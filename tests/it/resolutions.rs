//! `resolve`: what is said afterwards about a change that nobody asked for.

use rstest::rstest;

use crate::support::Workspace;
use crate::support::shapes::{addition, applied};

/// A world whose last log is a non-compliant one, and its serial.
fn drifted() -> (Workspace, String) {
    let workspace = Workspace::waiting();
    workspace.give_jane("vendor-admin");
    workspace.reconcile();
    let serial = workspace.last_log()["serial"].to_string();
    (workspace, serial)
}

#[test]
fn log_non_compliant_lists_those_not_resolved() {
    let (workspace, serial) = drifted();
    let open = workspace.answer(&["log", "--non-compliant"], 0);
    assert_eq!(open["logs"].as_array().map(Vec::len), Some(1));
    let path = format!(
        "state/changelog/2026/{:06}-hand-edit.yaml",
        serial.parse::<u64>().expect("a number")
    );
    let before = workspace.read(&path);
    workspace
        .run(&[
            "resolve",
            &serial,
            "--by",
            "alice",
            "--note",
            "Agreed afterwards",
        ])
        .exits(0);
    let log = workspace.last_log();
    assert_eq!(log["resolves"]["serial"].to_string(), serial);
    assert_eq!(log["resolves"]["note"], "Agreed afterwards");
    assert_eq!(workspace.read(&path), before);
    let open = workspace.answer(&["log", "--non-compliant"], 0);
    assert_eq!(open["logs"], serde_json::json!([]));
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "vendor-admin"]);
    workspace.run(&["verify"]).exits(0);
}

#[test]
fn a_resolution_may_name_an_approved_request_that_covers_the_change() {
    let (workspace, serial) = drifted();
    workspace.approved("after", &addition(&["jane.doe"], &["vendor-admin"]));
    workspace
        .run(&[
            "resolve",
            &serial,
            "--by",
            "alice",
            "--note",
            "Asked for later",
            "--request",
            "after",
        ])
        .exits(0);
    assert_eq!(workspace.last_log()["resolves"]["request"], "after");
}

#[rstest]
#[case::unapproved("open")]
#[case::does_not_cover("other")]
#[case::unknown("nothing")]
fn a_resolution_is_refused_with_a_request_that_does_not_fit(#[case] id: &str) {
    let (workspace, serial) = drifted();
    workspace.request("open", &addition(&["jane.doe"], &["vendor-admin"]));
    workspace.approved("other", &addition(&["sam.reyes"], &["ap-clerk"]));
    let files = workspace.state_files();
    workspace
        .run(&[
            "resolve",
            &serial,
            "--by",
            "alice",
            "--note",
            "No",
            "--request",
            id,
        ])
        .exits(3);
    assert_eq!(workspace.state_files(), files);
}

#[rstest]
#[case::unknown_serial("99")]
#[case::compliant("1")]
fn only_a_non_compliant_log_can_be_resolved(#[case] serial: &str) {
    let (workspace, _) = drifted();
    workspace
        .run(&["resolve", serial, "--by", "alice", "--note", "No"])
        .exits(3);
    assert!(applied(&workspace.reconcile()).is_empty());
}

#[test]
fn a_log_is_resolved_once() {
    let (workspace, serial) = drifted();
    workspace
        .run(&["resolve", &serial, "--by", "alice", "--note", "First"])
        .exits(0);
    workspace
        .run(&["resolve", &serial, "--by", "alice", "--note", "Second"])
        .exits(3);
}

#[rstest]
#[case::control("a\u{7}b")]
#[case::bidirectional("a\u{202e}b")]
#[case::too_long(&"long ".repeat(1000))]
fn a_note_is_held_to_the_limits_of_texts(#[case] note: &str) {
    let (workspace, serial) = drifted();
    let files = workspace.state_files();
    workspace
        .run(&["resolve", &serial, "--by", "alice", "--note", note])
        .exits(3);
    assert_eq!(workspace.state_files(), files);
}
