//! Temporary access whose request is changed, called off or lost, with reductions in between.

use rstest::rstest;

use crate::support::Workspace;
use crate::support::find;
use crate::support::shapes::{addition, applied, reduction, temporary};

/// After the end of the 30th of November in New York.
pub const AFTER: &str = "2026-12-01T05:00:00Z";

pub fn lend(employees: &[&str], end: &str) -> String {
    temporary(employees, &["payroll-viewer"], end)
}

/// Jane and Sam hold `payroll-viewer` until the end of the 30th.
#[track_caller]
pub fn lent() -> Workspace {
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
pub fn end_of(workspace: &Workspace, employee: &str) -> String {
    let employee = workspace.employee(employee);
    let until = employee["temporary"][0]["until"].as_str();
    until.expect("a loan").to_owned()
}

/// A reconcile at the same time has nothing to do, and the logs hold.
#[track_caller]
pub fn settles(workspace: &Workspace, exit: i32) {
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
fn the_end_that_is_waited_for_is_the_one_after_the_reconcile() {
    let workspace = lent();
    workspace.approved("lend", &lend(&["jane.doe"], "2026-12-05"));
    workspace
        .run(&["reconcile"])
        .exits(0)
        .says("the end of the access, 2026-12-06");
}
