//! `explain`: who gave and took a role, also of what is gone, and what nobody asked for.

use crate::support::Workspace;
use crate::support::shapes::addition;
use crate::support::worlds::with_four_logs;

#[test]
fn the_logs_and_requests_that_gave_a_role_are_named() {
    let workspace = with_four_logs();
    let given = workspace.run(&["explain", "sam.reyes", "ap-clerk"]);
    given.exits(0).says("a-first");
    let baseline = workspace.run(&["explain", "jane.doe", "ap-clerk"]);
    baseline.exits(0).says("Baseline");
    let taken = workspace.run(&["explain", "sam.reyes", "vendor-admin"]);
    taken.exits(0).says("c-third");
}

#[test]
fn an_employee_who_is_gone_is_known_from_the_logs() {
    let workspace = with_four_logs();
    let text = workspace.read("state/state.yaml");
    let (before, rest) = text.split_once("  sam.reyes:\n").expect("Sam");
    let (_, after) = rest.split_once("requests:\n").expect("what comes then");
    workspace.write("state/state.yaml", format!("{before}requests:\n{after}"));
    let explain = ["explain", "sam.reyes", "ap-clerk"];
    let edited = workspace.run(&explain).exits(0);
    let edited = edited.says("sam.reyes does not hold ap-clerk");
    edited.says("edited by hand; no change log has it");
    workspace.reconcile();
    let recorded = workspace.run(&explain).exits(0).says("non-compliant");
    assert!(!recorded.out.contains("edited by hand"), "{}", recorded.out);
    let near = workspace.run(&["explain", "sam.reye", "ap-clerk"]);
    assert!(near.exits(3).err.contains("there is no employee"));
}

#[test]
fn a_role_that_is_gone_is_known_from_the_logs() {
    let workspace = with_four_logs();
    workspace.edit(
        "rolecall.yaml",
        "  payroll-viewer: {name: Payroll Viewer}\n",
        "",
    );
    let explain = ["explain", "jane.doe", "payroll-viewer"];
    workspace.run(&explain).exits(3);
    workspace.edit(
        "rolecall.yaml",
        "roles:\n",
        "roles:\n  payroll-viewer: {name: P}\n",
    );
    workspace.approved("give", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    workspace.by_hand("jane.doe", "    - payroll-viewer\n", "");
    workspace.reconcile();
    workspace.edit("rolecall.yaml", "  payroll-viewer: {name: P}\n", "");
    let gone = workspace.run(&explain).exits(0).says("does not hold");
    gone.says("request give");
}

#[test]
fn a_change_that_nobody_asked_for_is_marked_until_and_after_it_is_resolved() {
    let workspace = Workspace::new();
    let explain = ["explain", "jane.doe", "vendor-admin"];
    workspace
        .run(&explain)
        .exits(0)
        .says("there are no change logs yet");
    workspace.reconcile();
    workspace
        .run(&explain)
        .exits(0)
        .says("no change log is about it");
    workspace.give_jane("vendor-admin");
    workspace
        .run(&explain)
        .exits(0)
        .says("edited by hand; no change log has it");
    workspace.reconcile();
    workspace.run(&explain).exits(0).says("non-compliant: by");
    let event = |answer: serde_json::Value| answer["history"][0].clone();
    let open = event(workspace.answer(&explain, 0));
    assert_eq!(open["compliance"], "non_compliant");
    assert_eq!(open["resolved_by"], serde_json::Value::Null);
    workspace
        .run(&["resolve", "2", "--by", "alice", "--note", "Agreed"])
        .exits(0);
    workspace
        .run(&explain)
        .exits(0)
        .says("resolved by log 000003");
    assert_eq!(event(workspace.answer(&explain, 0))["resolved_by"], 3);
}

#[test]
fn the_approval_of_a_request_whose_file_is_gone_is_in_its_logs() {
    let workspace = with_four_logs();
    std::fs::remove_file(workspace.path().join("requests/a-first.yaml")).expect("the file");
    let status = workspace.run(&["status", "a-first"]).exits(0);
    let status = status.says("the file is gone; its change logs have it");
    assert!(!status.out.contains("none needed"), "{}", status.out);
}
