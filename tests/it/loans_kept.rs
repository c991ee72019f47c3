//! Temporary access that cannot end yet, because the last active administrator has to keep the role.

use rstest::rstest;
use serde_json::Value;

use crate::found_by_hand::LOAN;
use crate::found_loans::last_administrator;
use crate::loans_that_change::{AFTER, lend, settles};
use crate::support::shapes::{addition, temporary};
use crate::support::{Workspace, find};

pub fn admin(employees: &[&str], end: &str) -> String {
    temporary(employees, &["administrator"], end)
}

/// Sam becomes an administrator too.
pub fn another_administrator(workspace: &Workspace) {
    let line = "    - ap-payer\n";
    workspace.by_hand("sam.reyes", line, &format!("    - administrator\n{line}"));
}

#[track_caller]
pub fn is_held_back(workspace: &Workspace) -> Value {
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
