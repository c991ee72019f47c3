//! Temporary access that a person takes back, moves or makes in the state file, beside approved changes of its request.

use rstest::rstest;
use serde_json::Value;

use crate::found_by_hand::LOAN;
use crate::found_loans::last_administrator;
use crate::loans_kept::admin;
use crate::loans_that_change::{AFTER, end_of, lend, lent, settles};
use crate::support::shapes::{applied, request, value};
use crate::support::{Workspace, find};

/// Moves somebody's loan by the request `lend` by hand.
#[track_caller]
fn move_end(workspace: &Workspace, employee: &str, end: &str) {
    let until = |until: &str| format!("until: {until}, request: lend");
    workspace.by_hand(employee, &until(AFTER), &until(end));
}

/// The end is moved by a hand just as it was approved.
#[test]
fn a_hand_that_moves_an_end_as_approved_is_compliant() {
    let mut workspace = lent();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved("lend", &lend(&["jane.doe", "sam.reyes"], "2026-12-05"));
    workspace.reconcile();
    workspace.stands("lend", "approved", Some("manual_provisioning"));
    for employee in ["jane.doe", "sam.reyes"] {
        move_end(&workspace, employee, "2026-12-06T05:00:00Z");
    }
    let outcome = workspace.reconcile();
    assert_eq!(applied(&outcome), ["lend:temporary_access_granted"]);
    assert_eq!(workspace.last_log()["compliance"], "compliant");
    workspace.stands("lend", "approved", Some("temporary_end"));
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
}

/// A person takes the loan back that Jane has to keep, while a change of its request is approved whose end is past too.
#[rstest]
fn a_hand_edit_beside_a_change_whose_end_is_past_is_logged(
    #[values("2026-12-01", "2026-11-29")] end: &str,
) {
    let mut workspace = last_administrator();
    workspace.at("2026-12-04T12:00:00Z");
    workspace.reconcile_exits(7);
    workspace.approved("lend", &admin(&["jane.doe"], end));
    let loan = LOAN.replace("payroll-viewer", "administrator");
    workspace.by_hand("jane.doe", &loan, "");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    let logs = workspace.logs_of("lend");
    let by_hand = logs.iter().rfind(|log| log["actor"]["kind"] == "person");
    let log = by_hand.expect("a log of the hand edit");
    assert_eq!(value(log, "jane.doe")["removed"][0], "administrator");
    workspace.stands("lend", "complete", None);
    settles(&workspace, 0);
}

#[test]
fn somebody_whom_a_hand_adds_stays_though_their_request_is_over() {
    let workspace = lent();
    let new = "[jane.doe, {id: new.one, name: New One, email: new@acme.example}]";
    let over = request("temporary_access", new, "[payroll-viewer]") + "end_date: 2026-11-22\n";
    workspace.approved("lend", &over);
    let text = workspace.read("state/state.yaml");
    let new = "  new.one:\n    name: New One\n    email: new@acme.example\n    status: active\n    roles:\n    - ap-payer\n  root.admin:\n";
    workspace.write("state/state.yaml", text.replace("  root.admin:\n", new));
    workspace.reconcile();
    assert_eq!(workspace.holds("new.one"), ["ap-payer"]);
    let open = workspace.answer(&["log", "--non-compliant"], 0);
    let open = open["logs"].as_array().expect("logs");
    assert_eq!(open.len(), 1, "{open:#?}");
    assert_eq!(value(&open[0], "new.one")["added"][0], "ap-payer");
    settles(&workspace, 0);
}

/// Ways in which a loan is over, or given no longer, and nothing but a person takes it back.
fn no_longer_given(how: &str) -> Workspace {
    let mut workspace = lent();
    workspace.settings("enhanced: true", "enhanced: false");
    let text = lend(&["jane.doe", "sam.reyes"], "2026-11-30");
    match how {
        "dropped" => workspace.approved("lend", &lend(&["jane.doe"], "2026-11-30")),
        "moved" => workspace.approved("lend", &lend(&["jane.doe", "sam.reyes"], "2026-11-22")),
        "cancelled" => workspace.approved("lend", &(text + "cancelled: No longer\n")),
        _ => {
            workspace.at(AFTER);
            match how {
                "pending" => workspace.request("lend", &text),
                "draft" => workspace.approved("lend", &(text + "draft: true\n")),
                "broken" => workspace.request("lend", "name: [\n"),
                "doubled" => workspace.approved("more/lend", &text),
                _ => workspace.delete("requests/lend.yaml"),
            }
        }
    }
    workspace.run(&["reconcile"]);
    assert_eq!(workspace.lent("sam.reyes"), ["payroll-viewer"], "{how}");
    workspace
}

#[rstest]
fn what_is_no_longer_given_is_taken_back_by_a_person_where_nothing_is_enhanced(
    #[values(
        "dropped",
        "moved",
        "cancelled",
        "pending",
        "draft",
        "broken",
        "doubled",
        "gone"
    )]
    how: &str,
    #[values("complete", "hand")] by: &str,
) {
    let workspace = no_longer_given(how);
    let plan = workspace.run(&["plan", "--format", "json"]).json();
    let manual = &find(&plan["requests"], "lend").expect("the request")["manual"];
    let is_sam = |entry: &Value| entry["employee"] == "sam.reyes" && entry["action"] == "remove";
    let mut entries = manual.as_array().expect("a list").iter();
    assert!(entries.any(is_sam), "{manual:#}");
    if by == "hand" {
        workspace.by_hand("sam.reyes", LOAN, "");
        workspace.run(&["reconcile"]);
    } else {
        let complete = ["complete", "lend", "--by", "dana"];
        workspace.run(&complete).exits(0);
    }
    assert!(workspace.lent("sam.reyes").is_empty());
    let logs = workspace.logs_of("lend");
    let is_about_sam = |log: &&Value| find(&log["values"], "sam.reyes").is_some();
    let log = logs.iter().rfind(is_about_sam).expect("a log");
    assert_eq!(log["compliance"], "compliant", "{log:#}");
    assert_eq!(log["actor"]["kind"], "person", "{log:#}");
    workspace.run(&["verify"]).exits(0);
}

/// The hand does one half of what an approved change asks, and the reconciler the other, each under its name.
#[test]
fn a_hand_that_moves_one_end_earlier_has_done_just_that() {
    let workspace = lent();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    let both = lend(&["jane.doe", "sam.reyes"], "2026-11-25");
    workspace.approved("lend", &both);
    move_end(&workspace, "jane.doe", "2026-11-26T05:00:00Z");
    workspace.reconcile();
    let logs = workspace.logs_of("lend");
    let [.., by_hand, by_itself] = logs.as_slice() else {
        panic!("{logs:#?}");
    };
    for (log, kind, employee) in [
        (by_hand, "person", "jane.doe"),
        (by_itself, "approver", "sam.reyes"),
    ] {
        assert_eq!(log["actor"]["kind"], kind, "{log:#}");
        assert_eq!(log["compliance"], "compliant", "{log:#}");
        assert_eq!(log["values"].as_array().map(Vec::len), Some(1), "{log:#}");
        value(log, employee);
        assert_eq!(end_of(&workspace, employee), "2026-11-26T05:00:00Z");
    }
    settles(&workspace, 0);
}

#[test]
fn where_nothing_is_enhanced_a_hand_moves_the_end_of_one_alone() {
    let workspace = lent();
    workspace.settings("enhanced: true", "enhanced: false");
    workspace.approved("lend", &lend(&["jane.doe", "sam.reyes"], "2026-11-25"));
    move_end(&workspace, "jane.doe", "2026-11-26T05:00:00Z");
    workspace.reconcile();
    assert_eq!(end_of(&workspace, "sam.reyes"), AFTER);
    settles(&workspace, 0);
}

/// Jane's new end is earlier than what was approved; Sam's is what was approved.
#[test]
fn an_end_that_a_hand_moves_too_early_stays_and_is_one_loan() {
    let workspace = lent();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved("lend", &lend(&["jane.doe", "sam.reyes"], "2026-11-25"));
    move_end(&workspace, "jane.doe", "2026-11-25T05:00:00Z");
    move_end(&workspace, "sam.reyes", "2026-11-26T05:00:00Z");
    workspace.reconcile();
    let loans = workspace.employee("jane.doe")["temporary"].clone();
    assert_eq!(loans.as_array().map(Vec::len), Some(1), "{loans:#}");
    assert_eq!(end_of(&workspace, "jane.doe"), "2026-11-25T05:00:00Z");
    settles(&workspace, 0);
}

#[rstest]
#[case::lent_again(&["jane.doe", "sam.reyes"])]
#[case::to_somebody_else(&["root.admin"])]
fn a_change_that_begins_later_begins_though_a_hand_has_ended_the_loan(#[case] who: &[&str]) {
    let mut workspace = lent();
    let later = lend(who, "2026-12-20") + "start_date: 2026-12-10\n";
    workspace.approved("lend", &later);
    workspace.reconcile();
    workspace.at("2026-12-01T06:00:00Z");
    for employee in ["jane.doe", "sam.reyes"] {
        workspace.by_hand(employee, LOAN, "");
    }
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "compliant", "{log:#}");
    assert_eq!(log["schedule"]["utc"], AFTER, "{log:#}");
    workspace.stands("lend", "approved", Some("schedule"));
    workspace.at("2026-12-11T12:00:00Z");
    workspace.reconcile();
    for employee in who {
        assert_eq!(workspace.lent(employee), ["payroll-viewer"], "{employee}");
    }
}

#[test]
fn a_loan_that_is_over_waits_for_a_person_though_a_change_of_it_is_to_begin_later() {
    let mut workspace = lent();
    workspace.settings("enhanced: true", "enhanced: false");
    let later = lend(&["jane.doe", "sam.reyes"], "2026-12-20") + "start_date: 2026-12-10\n";
    workspace.approved("lend", &later);
    workspace.at(AFTER);
    workspace.reconcile();
    workspace.stands("lend", "approved", Some("manual_provisioning"));
    workspace
        .run(&["complete", "lend", "--by", "dana"])
        .exits(0);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "approved", Some("schedule"));
}

/// The closing of another log names the request, and so does its file.
#[test]
fn a_log_that_was_closed_by_a_request_is_none_of_its_own() {
    let mut workspace = lent();
    let line = "    - administrator\n";
    workspace.by_hand("root.admin", line, &format!("{line}{LOAN}"));
    workspace.reconcile();
    let serial = workspace.last_log()["serial"].to_string();
    workspace.approved(
        "lend",
        &lend(&["jane.doe", "sam.reyes", "root.admin"], "2026-11-30"),
    );
    let resolve = ["resolve", &serial, "--by", "alice", "--note", "Agreed"];
    let resolve = [&resolve[..], &["--request", "lend"]].concat();
    workspace.run(&resolve).exits(0);
    workspace.delete("requests/lend.yaml");
    workspace.at(AFTER);
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["request"]["id"], "lend", "{log:#}");
    assert_eq!(log["approvals"][0]["person"], "alice", "{log:#}");
    assert_eq!(log["schedule"]["timezone"], "America/New_York", "{log:#}");
}

/// Root's loan was made by a hand, and taken back with the others' by a change; the file becomes what it was.
#[test]
fn what_a_hand_lent_in_its_name_a_request_does_not_lend_again() {
    let workspace = lent();
    let line = "    - administrator\n";
    workspace.by_hand("root.admin", line, &format!("{line}{LOAN}"));
    workspace.reconcile();
    workspace.approved(
        "lend",
        &lend(&["tom.new"], "2026-11-30").replace(
            "[tom.new]",
            "[{id: tom.new, name: Tom New, email: tom@acme.example}]",
        ),
    );
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.reconcile();
    assert!(workspace.lent("root.admin").is_empty());
    workspace.settings("auto_provisioning: false", "auto_provisioning: true");
    workspace.approved("lend", &lend(&["jane.doe", "sam.reyes"], "2026-11-30"));
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    assert!(workspace.lent("root.admin").is_empty());
    settles(&workspace, 0);
}

#[test]
fn where_nothing_is_enhanced_all_of_a_change_is_done_by_one_edit() {
    let workspace = lent();
    workspace.settings("enhanced: true", "enhanced: false");
    workspace.approved("lend", &lend(&["jane.doe"], "2026-12-05"));
    workspace.by_hand("sam.reyes", LOAN, "");
    move_end(&workspace, "jane.doe", "2026-12-06T05:00:00Z");
    workspace.reconcile();
    let open = workspace.answer(&["log", "--non-compliant"], 0);
    assert_eq!(open["logs"], serde_json::json!([]));
    assert_eq!(end_of(&workspace, "jane.doe"), "2026-12-06T05:00:00Z");
    assert!(workspace.lent("sam.reyes").is_empty());
    settles(&workspace, 0);
}

#[test]
fn where_nothing_is_enhanced_what_goes_on_is_to_be_given_and_not_taken() {
    let mut workspace = lent();
    workspace.settings("enhanced: true", "enhanced: false");
    workspace.approved("lend", &lend(&["jane.doe"], "2026-12-05"));
    workspace.at(AFTER);
    let plan = workspace.plan();
    let manual = &find(&plan["requests"], "lend").expect("the request")["manual"];
    let entry = |employee: &str, action: &str| serde_json::json!({"employee": employee, "role": "payroll-viewer", "action": action});
    let expected = [entry("jane.doe", "add"), entry("sam.reyes", "remove")];
    assert_eq!(manual.as_array().map(Vec::as_slice), Some(&expected[..]));
}
