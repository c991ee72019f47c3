//! Temporary access: given at the start, taken back at the end, and what is kept.

use rstest::rstest;
use serde_json::Value;

use crate::support::shapes::{all_findings, applied, left_out, request, temporary, value, warns};
use crate::support::{Workspace, find};

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
fn access_is_given_at_the_start_and_taken_back_at_the_end() {
    let mut workspace = Workspace::new();
    let text =
        temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30") + "start_date: 2026-11-25\n";
    workspace.approved("lend", &text);
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("lend", "approved", Some("schedule"));

    workspace.at("2026-11-25T05:00:00Z");
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_granted"]
    );
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "approved", Some("temporary_end"));

    workspace.at("2026-12-01T04:59:59Z");
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.at(AFTER);
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert_eq!(
        value(&ended(&workspace, "lend"), "jane.doe")["removed"][0],
        "payroll-viewer"
    );
    workspace.stands("lend", "complete", None);
}

#[test]
fn the_state_names_the_role_the_end_and_the_request_of_a_loan() {
    let workspace = lent();
    let loan = &workspace.employee("jane.doe")["temporary"][0];
    assert_eq!(loan["role"], "payroll-viewer");
    assert_eq!(loan["until"], AFTER);
    assert_eq!(loan["request"], "lend");
    assert!(
        workspace
            .read("state/state.yaml")
            .contains("payroll-viewer")
    );
}

#[test]
fn a_plan_lists_the_ends_that_are_due() {
    let workspace = lent();
    let plan = workspace.answer(&["plan", "--at", AFTER], 0);
    let expiry = &plan["expiries"][0];
    assert_eq!(expiry["employee"], "jane.doe");
    assert_eq!(expiry["role"], "payroll-viewer");
    assert_eq!(expiry["request"], "lend");
    let text = |at: &str| workspace.run(&["plan", "--at", at]).exits(0).out;
    assert!(text(AFTER).contains("now, due "));
    assert!(!text("2026-12-01T04:59:59Z").contains("now, due "));
}

#[test]
fn a_role_held_before_is_neither_given_nor_taken_back() {
    let mut workspace = Workspace::new();
    workspace.approved(
        "lend",
        &temporary(&["jane.doe", "sam.reyes"], &["ap-payer"], "2026-11-30"),
    );
    workspace.reconcile();
    let log = &workspace.logs_of("lend")[0];
    assert!(
        left_out(log, "sam.reyes", "ap-payer", "already_held"),
        "{log:#}"
    );
    assert!(workspace.lent("sam.reyes").is_empty());
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.holds("sam.reyes"), ["ap-payer", "vendor-admin"]);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn a_loan_of_nothing_but_held_roles_completes_with_a_warning() {
    let mut workspace = Workspace::new();
    workspace.approved(
        "lend",
        &temporary(&["sam.reyes"], &["ap-payer"], "2026-11-30"),
    );
    let outcome = workspace.reconcile();
    assert!(warns(&outcome), "{outcome:#}");
    workspace.stands("lend", "complete", None);
    workspace.at(AFTER);
    assert!(applied(&workspace.reconcile()).is_empty());
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
}

#[test]
fn an_end_already_past_gives_nothing_and_completes_with_a_warning() {
    let workspace = Workspace::new();
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-20"),
    );
    let outcome = workspace.reconcile();
    assert!(warns(&outcome), "{outcome:#}");
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
}

#[test]
fn an_end_that_is_just_now_gives_nothing_either() {
    let mut workspace = Workspace::new();
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["ap-payer"], "2026-11-30"),
    );
    workspace.at("2026-12-01T05:00:00Z");
    assert!(warns(&workspace.reconcile()));
    let log = &workspace.logs_of("lend")[0];
    assert!(left_out(log, "jane.doe", "ap-payer", "refused"), "{log:#}");
    assert_eq!(workspace.logs_of("lend").len(), 1);
    workspace.stands("lend", "complete", None);
}

#[test]
fn an_end_that_waits_for_a_person_is_listed_with_its_own_request() {
    let mut workspace = lent();
    let longer = temporary(&["jane.doe"], &["vendor-admin"], "2026-12-24");
    workspace.approved("longer", &longer);
    workspace.reconcile();
    workspace.settings("enhanced: true", "enhanced: false");
    let manual = |workspace: &Workspace, id: &str| {
        let plan = workspace.plan();
        find(&plan["requests"], id).expect("the request")["manual"].clone()
    };
    assert_eq!(manual(&workspace, "lend"), serde_json::json!([]));
    workspace.at(AFTER);
    assert_eq!(
        manual(&workspace, "lend"),
        serde_json::json!([{"employee": "jane.doe", "role": "payroll-viewer", "action": "remove"}])
    );
    assert_eq!(manual(&workspace, "longer"), serde_json::json!([]));
}

#[test]
fn a_missed_end_runs_at_once_and_its_lateness_is_logged() {
    let mut workspace = lent();
    workspace.at("2026-12-03T05:00:00Z");
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    let schedule = &ended(&workspace, "lend")["schedule"];
    assert_eq!(schedule["utc"], AFTER);
    assert_eq!(schedule["lateness_seconds"], 2 * 24 * 3600);
}

#[test]
fn an_end_inactivates_nobody() {
    let mut workspace = Workspace::new();
    let entry = "[{id: new.hire, name: New Hire, email: new@acme.example}]";
    workspace.approved(
        "lend",
        &(request("temporary_access", entry, "[ap-clerk]") + "end_date: 2026-11-30\n"),
    );
    workspace.reconcile();
    workspace.at(AFTER);
    workspace.reconcile();
    assert!(workspace.holds("new.hire").is_empty());
    assert_eq!(workspace.employee("new.hire")["status"], "active");
}

#[test]
fn a_start_is_governed_by_auto_provisioning() {
    let workspace = Workspace::new();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30"),
    );
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("lend", "approved", Some("manual_provisioning"));
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn access_given_by_hand_ends_by_itself_all_the_same() {
    let mut workspace = Workspace::new();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30"),
    );
    workspace.reconcile();
    workspace
        .run(&["complete", "lend", "--by", "alice"])
        .exits(0);
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    workspace.at(AFTER);
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[test]
fn a_loan_to_an_inactive_employee_fails() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.approved(
        "lend",
        &temporary(&["tom.gone"], &["payroll-viewer"], "2026-11-30"),
    );
    workspace.reconcile_exits(7);
    assert!(workspace.holds("tom.gone").is_empty());
    workspace.stands("lend", "approved", Some("retry"));
}

#[rstest]
#[case::held("sam.reyes", "2026-11-30", "RC203")]
#[case::over("jane.doe", "2026-11-21", "RC204")]
fn the_warning_says_why_nothing_was_lent(#[case] id: &str, #[case] end: &str, #[case] code: &str) {
    let workspace = Workspace::new();
    workspace.approved("lend", &temporary(&[id], &["ap-payer"], end));
    let findings = all_findings(&workspace.reconcile());
    assert!(findings.to_string().contains(code), "{findings:#}");
}
