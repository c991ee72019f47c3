//! What an audit against the contract found: ways in which access came back or stayed, and words that were not true.

use rstest::rstest;
use serde_json::Value;

use crate::found_by_hand::LOAN;
use crate::found_loans::last_administrator;
use crate::loans_kept::{another_administrator, is_held_back};
use crate::support::shapes::{addition, has_finding, left_out, reduction, request, temporary};
use crate::support::{Workspace, find};

const TOMORROW: &str = "2026-11-24T12:00:00Z";
/// After the end of the 30th of November in New York.
const AFTER: &str = "2026-12-01T05:00:00Z";
/// After the end of the 5th of December there.
const LATER: &str = "2026-12-06T05:00:00Z";

/// Tom, who is inactive, has failed to get what Jane has.
fn half_failed(text: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.approved("both", text);
    workspace.reconcile_exits(7);
    workspace.stands("both", "approved", Some("retry"));
    let rehire = addition(&["tom.gone"], &["ap-payer"]) + "reactivate: true\n";
    workspace.approved("rehire", &rehire);
    workspace
}

#[rstest]
#[case::lent(
    temporary(&["jane.doe", "tom.gone"], &["ap-payer"], "2026-11-30"),
    "temporary_end"
)]
#[case::beside_what_a_person_does(
    request("role_additions", "[jane.doe, tom.gone]", "[ap-payer, administrator]"),
    "manual_provisioning"
)]
fn nothing_is_to_be_retried_that_another_request_has_done(
    #[case] text: String,
    #[case] waits_for: &str,
) {
    let workspace = half_failed(&text);
    workspace.reconcile();
    let stands = workspace.stands("both", "approved", Some(waits_for));
    assert!(stands["user_provisioning_error"].is_null(), "{stands:#}");
}

/// Jane keeps the role, and the request waits to take it back.
fn is_to_be_retried(workspace: &Workspace) {
    let lend = is_held_back(workspace);
    assert_eq!(lend["status"], "approved", "{lend:#}");
    assert_eq!(lend["waiting_for"], "retry", "{lend:#}");
    assert!(workspace.lent("jane.doe").contains(&"administrator".into()));
}

#[rstest]
#[case::shortened(temporary(&["jane.doe"], &["administrator"], "2026-11-22"), "complete", None)]
#[case::dropped(
    temporary(&["jane.doe"], &["vendor-admin"], "2026-12-05"),
    "approved",
    Some("temporary_end")
)]
fn what_a_change_no_longer_lends_is_tried_again_and_the_old_end_does_not_come_back(
    #[case] change: String,
    #[case] status: &str,
    #[case] waits_for: Option<&str>,
) {
    let mut workspace = last_administrator();
    workspace.approved("lend", &change);
    is_to_be_retried(&workspace);
    workspace.at(TOMORROW);
    let files = workspace.state_files();
    is_to_be_retried(&workspace);
    assert_eq!(workspace.state_files(), files);
    another_administrator(&workspace);
    workspace.reconcile();
    assert!(!workspace.lent("jane.doe").contains(&"administrator".into()));
    workspace.stands("lend", status, waits_for);
    workspace.run(&["verify"]).exits(0);
}

#[test]
fn an_end_that_is_held_back_is_to_be_retried_also_where_the_file_is_gone() {
    let mut workspace = last_administrator();
    workspace.delete("requests/lend.yaml");
    workspace.reconcile();
    workspace.stands("lend", "approved", Some("temporary_end"));
    workspace.at(AFTER);
    is_to_be_retried(&workspace);
}

#[rstest]
fn what_was_taken_from_a_loan_does_not_come_back_with_a_change_of_it(
    #[values("reduction", "hand")] how: &str,
    #[values("2026-11-30", "2026-12-05")] end: &str,
) {
    let mut workspace = Workspace::new();
    let both = |end| temporary(&["jane.doe", "sam.reyes"], &["payroll-viewer"], end);
    workspace.approved("lend", &both("2026-11-30"));
    workspace.reconcile();
    if how == "hand" {
        workspace.by_hand("jane.doe", LOAN, "");
    } else {
        workspace.approved("revoke", &reduction(&["jane.doe"], &["payroll-viewer"]));
    }
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    let text = both(end).replace("A change", "Another name");
    workspace.approved("lend", &text);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    let log = workspace.logs_of("lend").pop().expect("a log");
    assert!(
        left_out(&log, "jane.doe", "payroll-viewer", "not_held"),
        "{log:#}"
    );
    let sam = workspace.employee("sam.reyes");
    let until = sam["temporary"][0]["until"].as_str();
    let moved = if end == "2026-11-30" { AFTER } else { LATER };
    assert_eq!(until, Some(moved));
    workspace.stands("lend", "approved", Some("temporary_end"));
    workspace.at(LATER);
    workspace.reconcile();
    workspace.stands("lend", "complete", None);
}

#[test]
fn what_a_change_dropped_itself_another_change_may_lend_again() {
    let workspace = Workspace::new();
    let lend = |employees: &[&str]| temporary(employees, &["payroll-viewer"], "2026-11-30");
    for employees in [
        &["jane.doe", "sam.reyes"][..],
        &["sam.reyes"],
        &["jane.doe", "sam.reyes"],
    ] {
        workspace.approved("lend", &lend(employees));
        workspace.reconcile();
        let is_lent = !workspace.lent("jane.doe").is_empty();
        assert_eq!(is_lent, employees.contains(&"jane.doe"));
    }
}

#[test]
fn a_hand_cannot_put_off_the_end_that_was_approved() {
    let mut workspace = Workspace::new();
    let text = temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30");
    workspace.approved("lend", &text);
    workspace.reconcile();
    workspace.by_hand("jane.doe", AFTER, "2027-11-28T05:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.last_log()["compliance"], "non_compliant");
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
    assert_eq!(workspace.logs_of("lend").len(), 2);
}

/// Alice's address is that of somebody whom another request introduces, which waits for its approval.
#[test]
fn nobody_approves_for_themselves_who_is_introduced_by_a_request_that_has_not_run() {
    let workspace = Workspace::new();
    let alice = "[{id: a.park, name: Alice Park, email: Alice@acme.example}]";
    let join = request("role_additions", alice, "[ap-clerk]");
    workspace.request("join", &join);
    workspace.approved("more", &addition(&["a.park"], &["vendor-admin"]));
    let outcome = workspace.reconcile();
    workspace.stands("more", "pending_approval", None);
    let more = find(&outcome["requests"], "more").expect("the request");
    assert!(has_finding(&more["findings"], "warning", "affects them"));
    let dana = "approvals:\n- {by: dana, decision: approve, at: 2026-11-21T10:00:00Z}\n";
    let join = join.replace("requested_by: dana", "requested_by: someone@else.example");
    workspace.request("join", &format!("{join}{dana}"));
    workspace.reconcile();
    assert_eq!(workspace.holds("a.park"), ["ap-clerk"]);
    workspace.stands("more", "pending_approval", None);
}

#[test]
fn an_id_in_another_case_is_known_to_nobody_though_a_refused_request_introduces_it() {
    let workspace = Workspace::new();
    let jane = "[{id: Jane.Doe, name: Jane Doe, email: jane.doe@acme.example}]";
    workspace.approved("join", &request("role_additions", jane, "[ap-payer]"));
    workspace.approved("leave", &reduction(&["Jane.Doe"], &["ap-clerk"]));
    workspace.reconcile_exits(3);
    for id in ["join", "leave"] {
        let stands = workspace.status(id);
        assert_eq!(stands["status"], "invalid", "{stands:#}");
        let hint = has_finding(&stands["findings"], "error", "did you mean `jane.doe`?");
        assert!(hint, "{stands:#}");
    }
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

/// Jane's first change is finished, and somebody writes another request with its name into a folder.
#[test]
fn another_request_with_the_name_of_a_finished_one_is_refused() {
    let workspace = Workspace::new();
    workspace.approved("add", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    workspace.approved("more/add", &addition(&["jane.doe"], &["vendor-admin"]));
    let outcome = workspace.reconcile_exits(3);
    let requests = outcome["requests"].as_array().expect("requests");
    let stand = |path: &str| -> Value {
        let mut found = requests.iter().filter(|request| request["path"] == path);
        found.next().expect("the file")["status"].clone()
    };
    assert_eq!(stand("requests/add.yaml"), "complete");
    assert_eq!(stand("requests/more/add.yaml"), "invalid");
    let checked = workspace.answer(&["validate"], 3);
    assert!(has_finding(
        &checked["findings"],
        "error",
        "is also that of"
    ));
    workspace.delete("requests/more/add.yaml");
    workspace.reconcile();
}

#[test]
fn validate_says_that_a_request_is_finished_already_or_copies_one_that_is() {
    let workspace = Workspace::new();
    workspace.approved("add", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    workspace.write("requests/again.yaml", workspace.read("requests/add.yaml"));
    workspace.edit("requests/add.yaml", "A change", "Another change");
    let checked = workspace.answer(&["validate"], 0);
    for text in ["is a copy of add", "changed after it was complete"] {
        assert!(has_finding(&checked["findings"], "warning", text), "{text}");
    }
}

#[rstest]
#[case::twins(
    "Jane.Doe:\n    name: J\n    status: active\n    roles: []\n",
    "only in case"
)]
#[case::empty("", "is empty")]
fn a_state_that_cannot_be_used_is_a_finding_of_validate(#[case] more: &str, #[case] text: &str) {
    let workspace = Workspace::new();
    let state = match more {
        "" => String::new(),
        more => format!("{}  {more}", workspace.read("state/state.yaml")),
    };
    workspace.write("state/state.yaml", state);
    let checked = workspace.answer(&["validate"], 3);
    assert!(
        has_finding(&checked["findings"], "error", text),
        "{checked:#}"
    );
    assert_eq!(checked["findings"][0]["path"], "state/state.yaml");
}

/// Jane has a loan, and since then nothing is enhanced.
fn lent_and_no_longer_enhanced() -> Workspace {
    let workspace = Workspace::new();
    let text = temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30");
    workspace.approved("lend", &text);
    workspace.reconcile();
    workspace.settings("enhanced: true", "enhanced: false");
    workspace
}

fn waits_to_be_taken_back(workspace: &Workspace) -> Value {
    let plan = workspace.plan();
    let lend = find(&plan["requests"], "lend").expect("the request");
    assert_eq!(lend["manual"][0]["action"], "remove", "{lend:#}");
    assert_eq!(lend["manual"][0]["employee"], "jane.doe", "{lend:#}");
    lend.clone()
}

fn is_taken_back_by_dana(workspace: &Workspace) {
    let complete = ["complete", "lend", "--by", "dana"];
    workspace.run(&complete).exits(0);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "compliant", "{log:#}");
    assert_eq!(log["actor"]["kind"], "person", "{log:#}");
    workspace.run(&complete).exits(3);
    workspace.run(&["verify"]).exits(0);
}

#[test]
fn a_cancelled_loan_is_taken_back_by_a_person_where_nothing_is_enhanced() {
    let workspace = lent_and_no_longer_enhanced();
    workspace.edit(
        "requests/lend.yaml",
        "end_date",
        "cancelled: No need\nend_date",
    );
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    assert_eq!(waits_to_be_taken_back(&workspace)["status"], "cancelled");
    is_taken_back_by_dana(&workspace);
    workspace.stands("lend", "cancelled", None);
}

#[test]
fn a_loan_whose_file_is_gone_is_taken_back_by_a_person_where_nothing_is_enhanced() {
    let mut workspace = lent_and_no_longer_enhanced();
    workspace.delete("requests/lend.yaml");
    workspace.reconcile();
    workspace.stands("lend", "approved", Some("manual_provisioning"));
    let refused = workspace.run(&["complete", "lend", "--by", "dana"]);
    refused.exits(3).says("is not over yet");
    workspace.at(AFTER);
    workspace.reconcile();
    let waits = waits_to_be_taken_back(&workspace);
    assert_eq!(waits["waiting_for"], "manual_provisioning", "{waits:#}");
    is_taken_back_by_dana(&workspace);
    workspace.stands("lend", "complete", None);
}

#[rstest]
#[case::a_loan_for_a_lasting_role("- ap-payer", temporary(&["jane.doe"], &["ap-payer"], "2026-12-24"), 3)]
#[case::an_addition_for_a_loan(LOAN, addition(&["jane.doe"], &["payroll-viewer"]), 3)]
#[case::a_loan_that_ends_before(LOAN, temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-29"), 3)]
#[case::a_loan(LOAN, temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30"), 0)]
fn a_resolution_needs_a_request_for_just_what_was_done(
    #[case] by_hand: &str,
    #[case] text: String,
    #[case] exit: i32,
) {
    let workspace = Workspace::new();
    workspace.reconcile();
    let line = "    - ap-clerk\n";
    let more = by_hand.trim();
    let more = if by_hand == LOAN {
        LOAN.to_owned()
    } else {
        format!("    {more}\n")
    };
    workspace.by_hand("jane.doe", line, &format!("{line}{more}"));
    workspace.reconcile();
    let serial = workspace.last_log()["serial"].to_string();
    workspace.approved("after", &text);
    let resolve = ["resolve", &serial, "--by", "alice", "--note", "Agreed"];
    let resolve = [&resolve[..], &["--request", "after"]].concat();
    workspace.run(&resolve).exits(exit);
}

#[test]
fn a_request_is_due_when_the_rejection_of_it_was_taken_back() {
    let workspace = Workspace::new();
    let decisions = [
        ("dana", "approve", 10),
        ("alice", "reject", 11),
        ("alice", "approve", 13),
    ];
    let decisions = decisions.map(|(by, decision, hour)| {
        format!("- {{by: {by}, decision: {decision}, at: 2026-11-20T{hour}:00:00Z}}\n")
    });
    let text = addition(&["jane.doe"], &["ap-payer"]);
    let text = text.replace("requested_by: dana", "requested_by: someone@else.example");
    let text = format!("{text}approvals:\n{}", decisions.concat());
    workspace.request("add", &text);
    workspace.reconcile();
    let add = workspace.stands("add", "complete", None);
    assert_eq!(add["due"]["utc"], "2026-11-20T13:00:00Z");
}

#[test]
fn what_a_hand_began_and_a_person_completed_has_run() {
    let workspace = Workspace::manual();
    let text = addition(&["jane.doe", "sam.reyes"], &["administrator"]);
    workspace.approved("add", &text);
    workspace.reconcile();
    workspace.give_jane("administrator");
    workspace.reconcile();
    workspace.run(&["complete", "add", "--by", "dana"]).exits(0);
    let add = workspace.stands("add", "complete", None);
    assert_eq!(add["runs"], serde_json::json!({"done": 1, "of": 1}));
}

#[test]
fn a_request_without_a_log_has_none_and_one_that_is_not_there_is_an_error() {
    let workspace = Workspace::new();
    workspace.request("add", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    let logs = &workspace.answer(&["log", "add"], 0)["logs"];
    assert_eq!(logs.as_array().map(Vec::len), Some(0));
    workspace.run(&["log", "ad"]).exits(3);
}

#[rstest]
fn a_refused_file_takes_no_approver_from_other_requests(#[values(true, false)] is_running: bool) {
    let workspace = Workspace::new();
    let text = temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30");
    workspace.approved("lend", &text);
    if is_running {
        workspace.reconcile();
    }
    let wrong = "[{id: jane.doe, name: Somebody Else, email: alice@acme.example}]";
    workspace.request("wrong", &request("role_additions", wrong, "[ap-clerk]"));
    workspace.reconcile_exits(3);
    workspace.stands("lend", "approved", Some("temporary_end"));
}

#[test]
fn two_new_employees_whose_ids_differ_only_in_case_are_known_to_nobody() {
    let workspace = Workspace::new();
    for (request_id, id) in [("one", "New.Body"), ("two", "new.body")] {
        let new = format!("[{{id: {id}, name: New Body, email: new@acme.example}}]");
        workspace.approved(request_id, &request("role_additions", &new, "[ap-payer]"));
    }
    workspace.approved("third", &addition(&["New.Body"], &["ap-clerk"]));
    workspace.reconcile_exits(3);
    for id in ["one", "two", "third"] {
        workspace.stands(id, "invalid", None);
    }
}

#[rstest]
#[case::state("state/state.yaml", "")]
#[case::settings("rolecall.yaml", "version: 1\nfoo: bar\n")]
fn validate_of_a_path_says_what_kept_it_from_looking(#[case] file: &str, #[case] text: &str) {
    let workspace = Workspace::new();
    workspace.approved("add", &addition(&["nobody.there"], &["ap-payer"]));
    workspace.write(file, text);
    let checked = workspace.answer(&["validate", "requests/add.yaml"], 3);
    assert_eq!(checked["findings"][0]["path"], file, "{checked:#}");
}

#[test]
fn a_request_on_the_branch_alone_has_no_log_yet() {
    let workspace = Workspace::new();
    workspace.settings("evidence: inline", "evidence: merge");
    let text = addition(&["jane.doe"], &["ap-payer"]) + "start_date: 2027-01-01\n";
    workspace.request("add", &text);
    workspace.git_init();
    workspace.git_commit("all");
    workspace.delete("requests/add.yaml");
    workspace.reconcile();
    let logs = &workspace.answer(&["log", "add"], 0)["logs"];
    assert_eq!(logs.as_array().map(Vec::len), Some(0));
}

#[test]
fn a_loan_that_a_hand_took_is_resolved_by_a_reduction_alone() {
    let workspace = Workspace::new();
    let text = temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30");
    workspace.approved("lend", &text);
    workspace.approved("keep", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    workspace.approved("lend-2", &text.replace("[payroll-viewer]", "[ap-payer]"));
    workspace.reconcile();
    let taken = "role: ap-payer, until: 2026-12-01T05:00:00Z, request: lend-2";
    workspace.by_hand(
        "jane.doe",
        &format!("    temporary:\n    - {{{taken}}}\n"),
        "",
    );
    workspace.reconcile();
    let serial = workspace.last_log()["serial"].to_string();
    let later = "start_date: 2027-01-01\n";
    workspace.approved(
        "other",
        &(addition(&["jane.doe"], &["vendor-admin"]) + later),
    );
    let later = "offboarding_date: 2027-01-01\n";
    workspace.approved("take", &(reduction(&["jane.doe"], &["ap-payer"]) + later));
    for (id, exit) in [("other", 3), ("lend-2", 3), ("take", 0)] {
        let by = ["resolve", &serial, "--by", "alice", "--note", "Agreed"];
        let resolve = [&by[..], &["--request", id]].concat();
        workspace.run(&resolve).exits(exit);
    }
}

#[test]
fn a_file_that_was_changed_after_completion_resolves_nothing() {
    let workspace = Workspace::new();
    workspace.approved("done", &addition(&["sam.reyes"], &["ap-clerk"]));
    workspace.reconcile();
    let line = "    - ap-clerk\n";
    workspace.by_hand("jane.doe", line, &format!("{line}    - vendor-admin\n"));
    workspace.reconcile();
    let serial = workspace.last_log()["serial"].to_string();
    workspace.request("done", &addition(&["jane.doe"], &["vendor-admin"]));
    let resolve = ["resolve", &serial, "--by", "alice", "--note", "Agreed"];
    let resolve = [&resolve[..], &["--request", "done"]].concat();
    let refused = workspace.run(&resolve).exits(3);
    refused.says("was changed after it was complete");
}
