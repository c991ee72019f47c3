//! A request's life: draft, cancelled, copied, moved, deleted, changed after it is complete or between two runs.

use crate::support::shapes::{
    addition, all_findings, applied, borrowed, has_finding, numbered, reduction, warns,
};
use crate::support::{APPROVED, Workspace};

/// The request `onboard-jane` has given Jane `ap-payer`.
fn finished() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("onboard-jane", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    workspace.stands("onboard-jane", "complete", None);
    workspace
}

/// One of two runs of the request `big` is done.
fn half_done() -> Workspace {
    let workspace = Workspace::wide(16, 2, 0);
    workspace.approved("big", &addition(&borrowed(&numbered("e", 16)), &["r01"]));
    workspace.answer(&["reconcile", "--max-runs", "1"], 0);
    workspace.stands("big", "approved", Some("runs"));
    workspace
}

#[test]
fn a_draft_does_not_run_though_it_is_approved() {
    let workspace = Workspace::new();
    workspace.approved(
        "onboard-jane",
        &(addition(&["jane.doe"], &["ap-payer"]) + "draft: true\n"),
    );
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("onboard-jane", "not_started", None);
    workspace.edit(
        "requests/onboard-jane.yaml",
        "draft: true\n",
        "draft: false\n",
    );
    assert_eq!(
        applied(&workspace.reconcile()),
        ["onboard-jane:user_onboarding"]
    );
}

#[test]
fn a_cancelled_request_never_runs() {
    let workspace = Workspace::new();
    workspace.approved(
        "onboard-jane",
        &(addition(&["jane.doe"], &["ap-payer"]) + "cancelled: Not needed\n"),
    );
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("onboard-jane", "cancelled", None);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn cancelling_needs_a_reason() {
    let text = addition(&["jane.doe"], &["ap-payer"]) + "cancelled: ''\n";
    Workspace::new().rejects("onboard-jane", &text, "cancelled");
}

#[test]
fn cancelling_between_two_runs_keeps_what_ran_and_stops_the_rest() {
    let workspace = half_done();
    workspace.edit(
        "requests/big.yaml",
        "affected_roles",
        "cancelled: Enough\naffected_roles",
    );
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("big", "cancelled", None);
    assert_eq!(workspace.roles("e01"), ["r01"]);
    assert!(workspace.roles("e16").is_empty());
}

#[test]
fn cancelling_needs_no_approval() {
    let workspace = half_done();
    let text = addition(&borrowed(&numbered("e", 16)), &["r01"]) + "cancelled: Enough\n";
    workspace.request("big", &text);
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("big", "cancelled", None);
}

#[test]
fn a_change_after_completion_changes_nothing_and_is_reported() {
    let workspace = finished();
    workspace.approved(
        "onboard-jane",
        &addition(&["jane.doe", "sam.reyes"], &["payroll-viewer"]),
    );
    let outcome = workspace.reconcile();
    assert!(applied(&outcome).is_empty());
    assert!(warns(&outcome), "{outcome:#}");
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    workspace.stands("onboard-jane", "complete", None);
}

#[test]
fn cancelling_after_completion_changes_nothing() {
    let workspace = finished();
    workspace.edit(
        "requests/onboard-jane.yaml",
        "affected_roles",
        "cancelled: Too late\naffected_roles",
    );
    let files = workspace.state_files();
    workspace.reconcile();
    assert_eq!(workspace.state_files(), files);
    workspace.stands("onboard-jane", "complete", None);
}

#[test]
fn a_copy_of_a_finished_request_is_reported_and_does_not_run() {
    let workspace = finished();
    workspace.approved("undo", &reduction(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    workspace.write(
        "requests/again.yaml",
        workspace.read("requests/onboard-jane.yaml"),
    );
    let outcome = workspace.reconcile();
    assert!(applied(&outcome).is_empty());
    assert!(
        has_finding(&all_findings(&outcome), "warning", "onboard-jane"),
        "{outcome:#}"
    );
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
    let copy = workspace.stands("again", "complete", None);
    assert!(
        has_finding(&copy["findings"], "warning", "onboard-jane"),
        "{copy:#}"
    );
}

#[test]
fn a_finished_request_may_be_moved_to_another_folder() {
    let workspace = finished();
    let text = workspace.read("requests/onboard-jane.yaml");
    workspace.delete("requests/onboard-jane.yaml");
    workspace.write("requests/done/2026/onboard-jane.yaml", text);
    let files = workspace.state_files();
    let outcome = workspace.reconcile();
    assert!(applied(&outcome).is_empty());
    assert!(!warns(&outcome), "{outcome:#}");
    assert_eq!(workspace.state_files(), files);
    let status = workspace.stands("onboard-jane", "complete", None);
    assert_eq!(status["path"], "requests/done/2026/onboard-jane.yaml");
}

#[test]
fn a_finished_request_may_be_deleted() {
    let workspace = finished();
    workspace.delete("requests/onboard-jane.yaml");
    let files = workspace.state_files();
    let outcome = workspace.reconcile();
    assert!(!warns(&outcome), "{outcome:#}");
    assert_eq!(workspace.state_files(), files);
    workspace.stands("onboard-jane", "complete", None);
}

#[test]
fn a_finished_request_that_is_deleted_and_put_back_does_not_run_again() {
    let workspace = finished();
    let text = workspace.read("requests/onboard-jane.yaml");
    workspace.delete("requests/onboard-jane.yaml");
    workspace.approved("undo", &reduction(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    workspace.write("requests/onboard-jane.yaml", text);
    assert!(applied(&workspace.reconcile()).is_empty());
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn deleting_a_request_that_has_not_run_withdraws_it() {
    let mut workspace = Workspace::new();
    workspace.approved(
        "onboard-jane",
        &(addition(&["jane.doe"], &["ap-payer"]) + "start_date: 2026-12-01\n"),
    );
    workspace.reconcile();
    assert!(workspace.lists("onboard-jane"));
    workspace.delete("requests/onboard-jane.yaml");
    workspace.at("2026-12-02T00:00:00Z");
    assert!(applied(&workspace.reconcile()).is_empty());
    assert!(!workspace.lists("onboard-jane"));
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn a_request_withdrawn_after_some_runs_stays_in_the_list_and_runs_no_more() {
    let workspace = half_done();
    workspace.delete("requests/big.yaml");
    assert!(applied(&workspace.reconcile()).is_empty());
    assert!(workspace.lists("big"));
    assert_eq!(workspace.roles("e01"), ["r01"]);
    assert!(workspace.roles("e16").is_empty());
}

#[test]
fn a_change_between_two_runs_makes_the_request_pending_again() {
    let workspace = half_done();
    let text = addition(&borrowed(&numbered("e", 16)), &["r01", "r02"]);
    workspace.request("big", &text);
    assert!(applied(&workspace.reconcile()).is_empty());
    assert_eq!(workspace.status("big")["status"], "pending_approval");
    assert_eq!(workspace.roles("e01"), ["r01"]);
    // Once approved, the difference that is left is worked out anew.
    workspace.request("big", &format!("{text}{APPROVED}"));
    workspace.reconcile();
    for employee in numbered("e", 16) {
        assert_eq!(workspace.roles(&employee), ["r01", "r02"]);
    }
    workspace.stands("big", "complete", None);
}

#[test]
fn an_approved_change_between_two_runs_does_not_take_back_what_was_given() {
    let workspace = half_done();
    workspace.approved("big", &addition(&["e16"], &["r02"]));
    workspace.reconcile();
    assert_eq!(workspace.roles("e01"), ["r01"]);
    assert_eq!(workspace.roles("e16"), ["r02"]);
    workspace.stands("big", "complete", None);
}

#[test]
fn a_change_before_the_first_run_is_simply_the_request() {
    let mut workspace = Workspace::new();
    workspace.approved(
        "onboard-jane",
        &(addition(&["jane.doe"], &["ap-payer"]) + "start_date: 2026-12-01\n"),
    );
    workspace.reconcile();
    workspace.approved(
        "onboard-jane",
        &(addition(&["jane.doe"], &["payroll-viewer"]) + "start_date: 2026-12-01\n"),
    );
    workspace.at("2026-12-02T00:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
}
