//! Section 9: a state file that was edited by hand, and `resolve`.

use rstest::rstest;

use crate::support::worlds::{addition, has_keys, log_paths, matches, settings_with};
use crate::support::{STATE, Workspace, strings};

const PATH: &str = "state/state.yaml";

fn world(drift: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings_with(drift));
    workspace.reconcile();
    workspace
}

fn edit(workspace: &Workspace, from: &str, to: &str) {
    let text = workspace.read(PATH);
    assert!(text.contains(from), "{from:?} is not in\n{text}");
    workspace.write(PATH, text.replacen(from, to, 1));
}

/// Jane gets a role by hand.
fn give_jane(workspace: &Workspace) {
    edit(
        workspace,
        "    - ap-clerk\n",
        "    - ap-clerk\n    - ap-payer\n",
    );
}

/// A world with one non-compliant log, number 2.
fn with_hand_edit() -> Workspace {
    let workspace = world("drift: record");
    give_jane(&workspace);
    workspace.reconcile();
    workspace
}

#[rstest]
#[case::a_role_more("    - ap-clerk\n", "    - ap-clerk\n    - ap-payer\n", "jane.doe")]
#[case::a_role_less("    - vendor-admin\n", "", "sam.reyes")]
#[case::another_status(
    "status: active\n    roles:\n    - ap-payer",
    "status: inactive\n    roles:\n    - ap-payer",
    "sam.reyes"
)]
#[case::an_employee_more(
    "  jane.doe:\n",
    "  jane.doa: {name: Doa, email: d@acme.example, status: active, roles: []}\n  jane.doe:\n",
    "jane.doa"
)]
fn a_hand_edit_is_recorded_as_non_compliant_and_open(
    #[case] from: &str,
    #[case] to: &str,
    #[case] employee: &str,
) {
    let workspace = world("drift: record");
    edit(&workspace, from, to);
    let done = workspace.reconcile();
    assert_eq!(done["applied"].as_array().expect("a list").len(), 1);
    matches(&done["findings"].to_string(), "warning");
    let log = workspace.logs().pop().expect("a log");
    assert_eq!(log["change_type"], "user_role_assignment_change");
    assert_eq!(log["compliance"], "non_compliant");
    assert_eq!(log["status"], "open");
    assert!(log["request"].is_null());
    assert_eq!(log["values"][0]["id"], employee);
    assert!(log_paths(&workspace)[1].ends_with("/000002-hand-edit.yaml"));
    workspace.run(&["verify"]).exits(0);
    let before = workspace.state_files();
    workspace.reconcile();
    assert_eq!(workspace.state_files(), before, "recorded once");
}

#[test]
fn a_recorded_hand_edit_stays_and_says_what_changed() {
    let workspace = with_hand_edit();
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    let value = workspace.logs()[1]["values"][0].clone();
    assert_eq!(value["name"], "Jane Doe");
    assert_eq!(strings(&value["old_roles"]), ["ap-clerk"]);
    assert_eq!(strings(&value["new_roles"]), ["ap-clerk", "ap-payer"]);
    assert_eq!(strings(&value["added"]), ["ap-payer"]);
    assert_eq!(strings(&value["removed"]), Vec::<String>::new());
}

#[test]
fn two_employees_edited_at_once_are_one_log() {
    let workspace = world("drift: record");
    give_jane(&workspace);
    edit(&workspace, "    - vendor-admin\n", "");
    workspace.reconcile();
    let logs = workspace.logs();
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[1]["values"].as_array().expect("a list").len(), 2);
}

#[test]
fn refused_drift_exits_6_and_writes_nothing() {
    let workspace = world("drift: refuse");
    give_jane(&workspace);
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6).says("jane.doe");
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn without_drift_refuse_lets_requests_run() {
    let workspace = world("drift: refuse");
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
}

#[test]
fn a_plan_shows_drift_and_writes_nothing() {
    let workspace = world("drift: record");
    give_jane(&workspace);
    let before = workspace.state_files();
    let drift = workspace.plan()["drift"].clone();
    assert_eq!(drift.as_array().expect("a list").len(), 1);
    has_keys(&drift[0], &["employee", "added", "removed", "status"]);
    assert_eq!(drift[0]["employee"], "jane.doe");
    assert_eq!(strings(&drift[0]["added"]), ["ap-payer"]);
    assert_eq!(strings(&drift[0]["removed"]), Vec::<String>::new());
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn drift_is_logged_before_requests_run() {
    let workspace = world("drift: record");
    give_jane(&workspace);
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    let logs = workspace.logs();
    assert_eq!(logs[1]["compliance"], "non_compliant");
    assert_eq!(logs[2]["compliance"], "compliant");
    assert_eq!(logs[2]["request"]["id"], "grant");
}

#[test]
fn a_state_started_by_hand_is_the_baseline_and_no_drift() {
    let workspace = Workspace::new();
    assert_eq!(workspace.read(PATH), STATE);
    assert_eq!(workspace.plan()["drift"].to_string(), "[]");
    let done = workspace.reconcile();
    assert!(done["applied"][0]["request"].is_null());
    assert_eq!(done["applied"][0]["change_type"], "baseline");
    let log = workspace.logs()[0].clone();
    assert_eq!(log["values"].as_array().expect("a list").len(), 3);
    assert_eq!(
        strings(&log["values"][2]["new_roles"]),
        ["ap-payer", "vendor-admin"]
    );
    assert_eq!(log["compliance"], "compliant");
}

#[test]
fn another_form_of_the_same_state_is_no_drift() {
    let workspace = world("drift: refuse");
    edit(
        &workspace,
        "    - ap-payer\n    - vendor-admin\n",
        "    - vendor-admin\n    - ap-payer\n",
    );
    workspace.reconcile();
    assert_eq!(workspace.logs().len(), 1);
}

#[test]
fn resolve_closes_a_non_compliant_log_with_a_new_one() {
    let workspace = with_hand_edit();
    let path = log_paths(&workspace)[1].clone();
    let before = workspace.read(&path);
    let open = workspace
        .run(&["log", "--non-compliant", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(open["logs"][0]["serial"], 2);
    let resolve = [
        "resolve",
        "2",
        "--by",
        "alice",
        "--note",
        "Agreed with Dana",
    ];
    workspace.run(&resolve).exits(0);
    assert_eq!(workspace.read(&path), before, "never rewritten");
    let open = workspace
        .run(&["log", "--non-compliant", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(open["logs"].to_string(), "[]");
    let log = workspace.logs().pop().expect("a log");
    assert_eq!(log["serial"], 3);
    assert_eq!(log["resolves"]["serial"], 2);
    assert_eq!(log["resolves"]["by"], "alice");
    assert_eq!(log["resolves"]["note"], "Agreed with Dana");
    assert_eq!(log["actor"]["kind"], "person");
    workspace.run(&["verify"]).exits(0);
    workspace.reconcile();
    assert_eq!(workspace.logs().len(), 3);
}

#[rstest]
#[case::complete_and_covering("[jane.doe]", "[ap-payer]", "", 0)]
#[case::approved_and_covering("[jane.doe]", "[ap-payer]", "start_date: 2026-12-01\n", 0)]
#[case::another_employee("[root.admin]", "[ap-payer]", "", 3)]
#[case::another_role("[jane.doe]", "[vendor-admin]", "", 3)]
#[case::only_a_draft("[jane.doe]", "[ap-payer]", "draft: true\n", 3)]
fn a_resolving_request_is_approved_and_covers_the_change(
    #[case] employees: &str,
    #[case] roles: &str,
    #[case] more: &str,
    #[case] code: i32,
) {
    let workspace = with_hand_edit();
    workspace.approved("afterwards", &(addition(employees, roles) + more));
    workspace.reconcile();
    let before = workspace.state_files();
    let arguments = [
        "resolve",
        "2",
        "--by",
        "alice",
        "--note",
        "Late",
        "--request",
        "afterwards",
    ];
    workspace.run(&arguments).exits(code);
    if code == 0 {
        let log = workspace.logs().pop().expect("a log");
        assert_eq!(log["resolves"]["request"], "afterwards");
        assert!(
            log_paths(&workspace)
                .pop()
                .expect("a path")
                .ends_with("-afterwards.yaml")
        );
    } else {
        assert_eq!(workspace.state_files(), before);
    }
}

#[rstest]
#[case::no_such_serial(&["resolve", "9", "--by", "alice", "--note", "x"], 3)]
#[case::a_compliant_log(&["resolve", "1", "--by", "alice", "--note", "x"], 3)]
#[case::an_unknown_person(&["resolve", "2", "--by", "mallory", "--note", "x"], 3)]
#[case::an_unknown_request(&["resolve", "2", "--by", "alice", "--note", "x", "--request", "no"], 3)]
#[case::a_blank_note(&["resolve", "2", "--by", "alice", "--note", " "], 3)]
#[case::no_note(&["resolve", "2", "--by", "alice"], 64)]
#[case::nobody(&["resolve", "2", "--note", "x"], 64)]
fn a_refused_resolve_writes_nothing(#[case] arguments: &[&str], #[case] code: i32) {
    let workspace = with_hand_edit();
    let before = workspace.state_files();
    workspace.run(arguments).exits(code);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn a_log_is_resolved_once() {
    let workspace = with_hand_edit();
    let arguments = ["resolve", "2", "--by", "alice", "--note", "x"];
    workspace.run(&arguments).exits(0);
    workspace.run(&arguments).exits(3);
    assert_eq!(workspace.logs().len(), 3);
}
