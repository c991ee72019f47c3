//! What happens to a loan while it runs: other loans, reductions, changes of its request, a request that is gone.

use serde_json::Value;

use crate::support::Workspace;
use crate::support::shapes::{addition, applied, left_out, reduction, temporary, value};

/// After the end of the 30th of November in New York.
const AFTER: &str = "2026-12-01T05:00:00Z";

/// Jane holds `payroll-viewer` until the end of the 30th, by the request `lend`.
fn lent() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30"),
    );
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_granted"]
    );
    workspace
}

/// The *Temporary Access Ended* log of a request.
#[track_caller]
fn ended(workspace: &Workspace, id: &str) -> Value {
    let mut logs = workspace.logs_of(id);
    logs.retain(|log| log["change_type"] == "temporary_access_ended");
    assert_eq!(logs.len(), 1, "{logs:#?}");
    logs.remove(0)
}

#[test]
fn a_role_given_by_a_later_permanent_request_stays() {
    let mut workspace = lent();
    workspace.approved("promote", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
    workspace.stands("lend", "complete", None);
}

#[test]
fn of_two_overlapping_loans_the_later_end_counts() {
    let mut workspace = lent();
    workspace.approved(
        "longer",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-12-05"),
    );
    workspace.reconcile();
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    let log = ended(&workspace, "lend");
    assert!(
        left_out(&log, "jane.doe", "payroll-viewer", "kept"),
        "{log:#}"
    );
    workspace.stands("lend", "complete", None);
    workspace.stands("longer", "approved", Some("temporary_end"));
    workspace.at("2026-12-06T05:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert_eq!(
        value(&ended(&workspace, "longer"), "jane.doe")["removed"][0],
        "payroll-viewer"
    );
}

#[test]
fn a_shorter_overlapping_loan_does_not_end_the_longer_one() {
    let mut workspace = lent();
    workspace.approved(
        "shorter",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-25"),
    );
    workspace.reconcile();
    workspace.at("2026-11-27T00:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn removing_by_reduction_ends_temporary_grants_for_good() {
    let mut workspace = lent();
    workspace.approved(
        "longer",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-12-05"),
    );
    workspace.reconcile();
    workspace.approved("revoke", &reduction(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    for now in ["2026-11-24T00:00:00Z", AFTER, "2026-12-06T05:00:00Z"] {
        workspace.at(now);
        workspace.reconcile();
        assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"], "at {now}");
    }
    let given = workspace
        .logs()
        .iter()
        .filter(|log| log["change_type"] == "temporary_access_granted")
        .count();
    assert_eq!(given, 2);
}

#[test]
fn a_loan_that_begins_after_a_reduction_begins() {
    let mut workspace = Workspace::new();
    let text = temporary(&["jane.doe"], &["ap-clerk"], "2026-12-05") + "start_date: 2026-12-01\n";
    workspace.approved("lend", &text);
    workspace.approved("revoke", &reduction(&["jane.doe"], &["ap-clerk"]));
    workspace.reconcile();
    workspace.at("2026-12-01T05:00:00Z");
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_granted"]
    );
    assert_eq!(workspace.lent("jane.doe"), ["ap-clerk"]);
}

#[test]
fn an_end_comes_also_when_the_request_is_gone() {
    let mut workspace = lent();
    workspace.delete("requests/lend.yaml");
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    workspace.at(AFTER);
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn an_end_comes_also_when_the_request_is_broken() {
    let mut workspace = lent();
    workspace.request("lend", "name: [");
    workspace.at(AFTER);
    workspace.reconcile_exits(3);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn an_end_is_automatic_without_auto_role_removal() {
    let mut workspace = lent();
    workspace.settings("auto_role_removal: true", "auto_role_removal: false");
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.at(AFTER);
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn an_approved_later_end_moves_the_end() {
    let mut workspace = lent();
    workspace.edit("requests/lend.yaml", "2026-11-30", "2026-12-05");
    workspace.reconcile();
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    workspace.at("2026-12-06T05:00:00Z");
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn an_approved_earlier_end_moves_the_end() {
    let mut workspace = lent();
    workspace.edit("requests/lend.yaml", "2026-11-30", "2026-11-25");
    workspace.reconcile();
    workspace.at("2026-11-26T05:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
}

#[test]
fn an_unapproved_change_of_the_end_does_nothing() {
    let mut workspace = lent();
    workspace.request(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-12-05"),
    );
    workspace.reconcile();
    workspace.at(AFTER);
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn cancelling_ends_the_access() {
    let workspace = lent();
    workspace.edit(
        "requests/lend.yaml",
        "end_date:",
        "cancelled: No longer needed\nend_date:",
    );
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "cancelled", None);
}

#[test]
fn a_reduction_takes_the_permanent_and_the_lent_role_alike() {
    let workspace = lent();
    workspace.approved("b-keep", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    workspace.approved("c-take", &reduction(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}
