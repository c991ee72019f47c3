//! Temporary access whose request is changed, called off or lost, with reductions, hand edits and administrators in between.

use rstest::rstest;
use serde_json::Value;

use crate::found_by_hand::LOAN;
use crate::support::shapes::{addition, applied, reduction, request, temporary, value};
use crate::support::{Workspace, find};

/// After the end of the 30th of November in New York.
const AFTER: &str = "2026-12-01T05:00:00Z";

fn lend(employees: &[&str], end: &str) -> String {
    temporary(employees, &["payroll-viewer"], end)
}

/// Jane and Sam hold `payroll-viewer` until the end of the 30th.
#[track_caller]
fn lent() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("lend", &lend(&["jane.doe", "sam.reyes"], "2026-11-30"));
    workspace.reconcile();
    workspace
}

/// The same, and a reduction has taken it from Jane.
#[track_caller]
fn taken() -> Workspace {
    let workspace = lent();
    workspace.approved("revoke", &reduction(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace
}

/// When somebody's loan ends.
#[track_caller]
fn end_of(workspace: &Workspace, employee: &str) -> String {
    let employee = workspace.employee(employee);
    let until = employee["temporary"][0]["until"].as_str();
    until.expect("a loan").to_owned()
}

/// Moves somebody's loan by the request `lend` by hand.
#[track_caller]
fn move_end(workspace: &Workspace, employee: &str, end: &str) {
    let until = |until: &str| format!("until: {until}, request: lend");
    workspace.by_hand(employee, &until(AFTER), &until(end));
}

/// A reconcile at the same time has nothing to do, and the logs hold.
#[track_caller]
fn settles(workspace: &Workspace, exit: i32) {
    let files = workspace.state_files();
    workspace.reconcile_exits(exit);
    assert_eq!(workspace.state_files(), files);
    workspace.run(&["verify"]).exits(0);
}

#[rstest]
fn what_was_taken_does_not_come_back_with_a_change_that_begins_after_the_end(
    #[values(true, false)] pass_between: bool,
) {
    let mut workspace = taken();
    let both = lend(&["jane.doe", "sam.reyes"], "2026-12-10");
    workspace.approved("lend", &(both + "start_date: 2026-12-03\n"));
    workspace.reconcile();
    if pass_between {
        workspace.at("2026-12-01T06:00:00Z");
        workspace.reconcile();
    }
    workspace.at("2026-12-04T12:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert_eq!(workspace.lent("sam.reyes"), ["payroll-viewer"]);
}

#[rstest]
#[case::called_off(lend(&["jane.doe", "sam.reyes"], "2026-11-30") + "cancelled: No\n", 0)]
#[case::of_another_kind(addition(&["tom.gone"], &["ap-payer"]), 7)]
fn what_was_taken_does_not_come_back_with_a_file_that_was_something_else_between(
    #[case] between: String,
    #[case] exit: i32,
) {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    let both = lend(&["jane.doe", "sam.reyes"], "2026-11-30");
    workspace.approved("lend", &both);
    workspace.reconcile();
    workspace.approved("revoke", &reduction(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    workspace.approved("lend", &between);
    workspace.reconcile_exits(exit);
    assert!(workspace.lent("sam.reyes").is_empty());
    workspace.approved("lend", &both);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert_eq!(workspace.lent("sam.reyes"), ["payroll-viewer"]);
}

/// Jane alone is an administrator, until the end of the 30th.
#[track_caller]
fn last_administrator() -> Workspace {
    let workspace = Workspace::new();
    let line = "    - administrator\n";
    workspace.edit("state/state.yaml", line, "    - ap-clerk\n");
    workspace.approved("lend", &admin(&["jane.doe"], "2026-11-30"));
    workspace.reconcile();
    workspace
        .run(&["complete", "lend", "--by", "alice"])
        .exits(0);
    assert_eq!(workspace.lent("jane.doe"), ["administrator"]);
    workspace
}

fn admin(employees: &[&str], end: &str) -> String {
    temporary(employees, &["administrator"], end)
}

/// Sam becomes an administrator too.
fn another_administrator(workspace: &Workspace) {
    let line = "    - ap-payer\n";
    workspace.by_hand("sam.reyes", line, &format!("    - administrator\n{line}"));
}

#[track_caller]
fn is_held_back(workspace: &Workspace) -> Value {
    let outcome = workspace.reconcile_exits(7);
    let lend = find(&outcome["requests"], "lend").expect("the request");
    let why = lend["user_provisioning_error"].as_str();
    assert!(
        why.is_some_and(|why| why.contains("last active holder")),
        "{lend:#}"
    );
    settles(workspace, 7);
    lend.clone()
}

#[rstest]
#[case::by_another_loan(temporary(&["sam.reyes"], &["vendor-admin"], "2026-12-05"))]
#[case::by_an_addition(addition(&["sam.reyes"], &["payroll-viewer"]))]
fn a_request_that_still_has_something_to_take_back_is_not_complete(#[case] change: String) {
    let mut workspace = last_administrator();
    workspace.approved("lend", &change);
    let stands = is_held_back(&workspace);
    assert_eq!(stands["status"], "approved");
    assert_eq!(stands["waiting_for"], "retry");
    workspace.at("2026-11-24T12:00:00Z");
    is_held_back(&workspace);
    another_administrator(&workspace);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    settles(&workspace, 0);
}

#[test]
fn an_addition_that_a_loan_became_does_not_end_with_what_the_loan_had_given() {
    let workspace = last_administrator();
    workspace.approved("lend", &addition(&["sam.reyes"], &["administrator"]));
    is_held_back(&workspace);
    workspace
        .run(&["complete", "lend", "--by", "alice"])
        .exits(0);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert!(
        workspace
            .roles("sam.reyes")
            .contains(&"administrator".into())
    );
    workspace.stands("lend", "complete", None);
}

#[test]
fn an_end_that_is_held_back_is_to_be_retried_whatever_is_automatic() {
    let mut workspace = last_administrator();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.at(AFTER);
    assert_eq!(is_held_back(&workspace)["waiting_for"], "retry");
}

/// Sam, who comes back on the 1st, is an administrator then, so that Jane's loan can end in the same pass.
#[rstest]
#[case::its_end("")]
#[case::called_off("cancelled: No longer\n")]
fn what_was_held_back_is_tried_again_in_the_same_pass(#[case] more: &str) {
    let mut workspace = last_administrator();
    let away = "    status: active\n    roles:\n";
    let gone = "    status: inactive\n    roles:\n    - administrator\n";
    workspace.by_hand("sam.reyes", away, gone);
    workspace.reconcile();
    let rehire = addition(&["sam.reyes"], &["payroll-viewer"]) + "reactivate: true\n";
    workspace.approved("rehire", &(rehire + "start_date: 2026-12-02\n"));
    workspace.approved("lend", &(admin(&["jane.doe"], "2026-11-30") + more));
    workspace.at("2026-12-03T12:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    settles(&workspace, 0);
}

#[test]
fn a_cancellation_that_was_held_back_counts_though_the_file_goes() {
    let mut workspace = last_administrator();
    let text = admin(&["jane.doe"], "2026-11-30");
    workspace.approved("lend", &(text + "cancelled: No longer\n"));
    workspace.reconcile_exits(7);
    workspace.delete("requests/lend.yaml");
    workspace.at("2026-11-24T12:00:00Z");
    assert_eq!(is_held_back(&workspace)["waiting_for"], "retry");
    another_administrator(&workspace);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn an_administrator_role_is_handed_over_by_one_change() {
    let workspace = last_administrator();
    workspace.approved("lend", &admin(&["sam.reyes"], "2026-11-30"));
    workspace.reconcile_exits(7);
    workspace
        .run(&["complete", "lend", "--by", "alice"])
        .exits(0);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert_eq!(workspace.lent("sam.reyes"), ["administrator"]);
    workspace.stands("lend", "approved", Some("temporary_end"));
    settles(&workspace, 0);
}

#[rstest]
#[case::of_an_administrator(true)]
#[case::where_nothing_is_automatic(false)]
fn an_approved_earlier_end_is_one_whoever_has_to_give(#[case] is_automatic: bool) {
    let mut workspace = Workspace::new();
    let role = if is_automatic {
        "administrator"
    } else {
        "ap-payer"
    };
    if !is_automatic {
        workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    }
    let text = |end| temporary(&["jane.doe"], &[role], end);
    workspace.approved("lend", &text("2026-11-30"));
    workspace.reconcile();
    let complete = workspace.run(&["complete", "lend", "--by", "alice"]);
    complete.exits(0);
    workspace.approved("lend", &text("2026-11-25"));
    workspace.reconcile();
    assert_eq!(end_of(&workspace, "jane.doe"), "2026-11-26T05:00:00Z");
    settles(&workspace, 0);
    workspace.at("2026-11-26T05:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
    settles(&workspace, 0);
}

#[test]
fn what_a_change_no_longer_names_is_taken_back_though_the_rest_waits_for_a_person() {
    let workspace = lent();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved("lend", &lend(&["jane.doe"], "2026-12-05"));
    workspace.reconcile();
    assert!(workspace.lent("sam.reyes").is_empty());
    workspace.stands("lend", "approved", Some("manual_provisioning"));
    settles(&workspace, 0);
    // As it was, and so is what it lends.
    workspace.settings("auto_provisioning: false", "auto_provisioning: true");
    workspace.approved("lend", &lend(&["jane.doe", "sam.reyes"], "2026-11-30"));
    workspace.reconcile();
    assert_eq!(workspace.lent("sam.reyes"), ["payroll-viewer"]);
    settles(&workspace, 0);
}

#[test]
fn an_earlier_end_that_is_taken_back_is_a_later_one_again() {
    let mut workspace = lent();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    let both = |end| lend(&["jane.doe", "sam.reyes"], end);
    workspace.approved("lend", &both("2026-11-25"));
    // No run is made any more for what it still lends, and so the first content is that of its record.
    workspace.run(&["reconcile", "--max-runs", "0"]).exits(0);
    workspace.approved("lend", &both("2026-11-30"));
    workspace.settings("auto_provisioning: false", "auto_provisioning: true");
    workspace.reconcile();
    workspace.at("2026-11-28T12:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
}

#[rstest]
fn a_change_that_is_approved_after_the_end_is_one_of_a_complete_request(
    #[values(true, false)] pass_between: bool,
) {
    let mut workspace = lent();
    if pass_between {
        workspace.at("2026-12-01T06:00:00Z");
        workspace.reconcile();
    }
    workspace.at("2026-12-02T12:00:00Z");
    let longer = lend(&["jane.doe", "sam.reyes"], "2026-12-05");
    workspace.approved_at("lend", &longer, "2026-12-02T10:00:00Z");
    let outcome = workspace.reconcile();
    let ended = usize::from(!pass_between);
    assert_eq!(applied(&outcome).len(), ended, "{outcome:#}");
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
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
fn what_is_no_longer_given_is_taken_back_by_complete_where_nothing_is_enhanced(
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
) {
    let workspace = no_longer_given(how);
    let plan = workspace.run(&["plan", "--format", "json"]).json();
    let manual = &find(&plan["requests"], "lend").expect("the request")["manual"];
    let is_sam = |entry: &Value| entry["employee"] == "sam.reyes" && entry["action"] == "remove";
    assert!(
        manual.as_array().is_some_and(|all| all.iter().any(is_sam)),
        "{manual:#}"
    );
    workspace
        .run(&["complete", "lend", "--by", "dana"])
        .exits(0);
    assert!(workspace.lent("sam.reyes").is_empty());
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "compliant", "{log:#}");
    workspace.run(&["verify"]).exits(0);
}

#[rstest]
fn a_hand_that_takes_back_what_is_no_longer_given_is_compliant(
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
) {
    let workspace = no_longer_given(how);
    workspace.by_hand("sam.reyes", LOAN, "");
    workspace.run(&["reconcile"]);
    assert!(workspace.lent("sam.reyes").is_empty());
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "compliant", "{log:#}");
    assert_eq!(log["request"]["id"], "lend", "{log:#}");
}

/// What failed at first, and was done by what came later in the same pass, is no failure.
#[test]
fn what_came_to_be_so_later_in_the_pass_has_not_failed() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    let both = temporary(&["jane.doe", "tom.gone"], &["ap-payer"], "2026-11-30");
    workspace.approved_at("lend", &both, "2026-11-22T10:00:00Z");
    let rehire = addition(&["tom.gone"], &["ap-payer"]) + "reactivate: true\n";
    workspace.approved_at("rehire", &rehire, "2026-11-22T11:00:00Z");
    let outcome = workspace.reconcile();
    let lend = find(&outcome["requests"], "lend").expect("the request");
    assert!(lend["user_provisioning_error"].is_null(), "{lend:#}");
    settles(&workspace, 0);
}

/// A loan that nobody asked for by a request, made before the first log.
#[test]
fn an_end_that_is_held_back_fails_though_nothing_is_known_of_its_request() {
    let workspace = Workspace::new();
    let line = "    - administrator\n";
    let loan = LOAN
        .replace("payroll-viewer", "administrator")
        .replace("2026-12-01", "2026-11-01");
    workspace.edit("state/state.yaml", line, &format!("    - ap-clerk\n{loan}"));
    let outcome = workspace.reconcile_exits(7);
    let said = outcome["findings"].to_string();
    assert!(said.contains("last active holder"), "{outcome:#}");
    settles(&workspace, 7);
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

/// Jane has to keep one role, and separation of duties refuses her the other.
#[test]
fn what_is_kept_and_what_failed_are_both_said() {
    let workspace = last_administrator();
    workspace.more_settings(
        "separation_of_duties:\n- {id: s, roles: [ap-clerk, ap-payer], action: deny}\n",
    );
    let change = temporary(&["jane.doe"], &["ap-payer"], "2026-12-05");
    workspace.approved("lend", &change);
    let stands = is_held_back(&workspace);
    let why = stands["user_provisioning_error"].as_str();
    assert!(
        why.is_some_and(|why| why.contains("separation of duties s")),
        "{stands:#}"
    );
}

/// A hand has lent an administrator role under the name of a request that is complete.
#[test]
fn an_end_that_is_held_back_fails_alike_where_its_request_is_complete() {
    let mut workspace = Workspace::new();
    workspace.approved("lend", &lend(&["sam.reyes"], "2026-11-30"));
    workspace.reconcile();
    workspace.at(AFTER);
    workspace.reconcile();
    let line = "    - administrator\n";
    let loan = LOAN.replace("payroll-viewer", "administrator");
    workspace.by_hand(
        "root.admin",
        &format!("    roles:\n{line}"),
        &format!("    roles: []\n{loan}"),
    );
    workspace.reconcile_exits(7);
    workspace
        .run(&["reconcile"])
        .exits(7)
        .says("last active holder");
    let stands = workspace.stands("lend", "complete", None);
    assert!(stands["user_provisioning_error"].is_null(), "{stands:#}");
}

#[rstest]
#[case::of_an_administrator(["administrator", "payroll-viewer"], true)]
#[case::where_nothing_is_automatic(["payroll-viewer", "ap-clerk"], false)]
fn what_was_taken_does_not_come_back_by_a_later_end_that_a_person_has_to_give(
    #[case] roles: [&str; 2],
    #[case] is_automatic: bool,
) {
    let role = roles[0];
    let workspace = Workspace::new();
    if !is_automatic {
        workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    }
    let text = |end| temporary(&["jane.doe", "sam.reyes"], &roles, end);
    workspace.approved("lend", &text("2026-11-30"));
    workspace.reconcile();
    let complete = ["complete", "lend", "--by", "alice"];
    workspace.run(&complete).exits(0);
    workspace.approved("lend", &text("2026-12-05"));
    workspace.reconcile();
    workspace.stands("lend", "approved", Some("manual_provisioning"));
    workspace.approved("revoke", &reduction(&["jane.doe"], &[role]));
    workspace.reconcile();
    workspace.run(&complete).exits(0);
    assert!(!workspace.holds("jane.doe").contains(&role.to_owned()));
    assert!(workspace.lent("sam.reyes").contains(&role.to_owned()));
    settles(&workspace, 0);
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

#[rstest]
fn a_change_that_is_taken_back_after_the_end_completes(#[values(true, false)] is_automatic: bool) {
    let mut workspace = lent();
    if !is_automatic {
        workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    }
    let both = |more: &str| lend(&["jane.doe", "sam.reyes"], "2026-11-30") + more;
    let later = lend(&["jane.doe"], "2026-12-20") + "start_date: 2026-12-10\n";
    workspace.approved("lend", &later);
    workspace.at(AFTER);
    workspace.reconcile();
    workspace.stands("lend", "approved", Some("schedule"));
    workspace.approved("lend", &both(""));
    workspace.reconcile();
    workspace.stands("lend", "complete", None);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
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

#[test]
fn the_end_that_is_waited_for_is_the_one_after_the_reconcile() {
    let workspace = lent();
    workspace.approved("lend", &lend(&["jane.doe"], "2026-12-05"));
    workspace
        .run(&["reconcile"])
        .exits(0)
        .says("the end of the access, 2026-12-06");
}
