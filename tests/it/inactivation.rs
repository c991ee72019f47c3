//! *Inactivate After Removal*: only when all removals are done and no role is left.

use crate::support::Workspace;
use crate::support::shapes::{
    addition, all_findings, borrowed, has_finding, numbered, reduction, request, temporary, value,
};

pub const INACTIVATE: &str = "inactivate_after_removal: true\n";

#[test]
fn an_employee_without_roles_left_is_inactivated() {
    let workspace = Workspace::new();
    workspace.approved(
        "leave",
        &(request("role_reductions", "[sam.reyes]", "all") + INACTIVATE),
    );
    let plan = workspace.plan();
    assert_eq!(plan["summary"]["inactivations"], 1);
    assert_eq!(
        plan["requests"][0]["runs"][0]["changes"][0]["inactivate"],
        true
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("sam.reyes")["status"], "inactive");
    assert!(workspace.holds("sam.reyes").is_empty());
    let log = &workspace.logs_of("leave")[0];
    assert_eq!(
        value(log, "sam.reyes")["status"],
        serde_json::json!({"old": "active", "new": "inactive"})
    );
    workspace.stands("leave", "complete", None);
}

#[test]
fn listing_every_held_role_inactivates_as_well() {
    let workspace = Workspace::new();
    workspace.approved(
        "leave",
        &(reduction(&["sam.reyes"], &["vendor-admin", "ap-payer"]) + INACTIVATE),
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("sam.reyes")["status"], "inactive");
}

#[test]
fn without_the_key_nobody_is_inactivated() {
    let workspace = Workspace::new();
    workspace.approved("leave", &request("role_reductions", "[sam.reyes]", "all"));
    workspace.reconcile();
    assert_eq!(workspace.employee("sam.reyes")["status"], "active");
}

#[test]
fn an_employee_with_roles_left_stays_active_and_the_reason_is_reported() {
    let workspace = Workspace::new();
    workspace.approved(
        "leave",
        &(reduction(&["sam.reyes", "jane.doe"], &["ap-payer", "ap-clerk"]) + INACTIVATE),
    );
    let outcome = workspace.reconcile();
    assert_eq!(workspace.employee("sam.reyes")["status"], "active");
    assert_eq!(workspace.employee("jane.doe")["status"], "inactive");
    assert!(
        has_finding(&all_findings(&outcome), "warning", "sam.reyes"),
        "{outcome:#}"
    );
    // It does not keep the request from being complete.
    workspace.stands("leave", "complete", None);
}

#[test]
fn validate_says_when_the_listed_roles_cannot_be_all_of_them() {
    let workspace = Workspace::new();
    workspace.request(
        "leave",
        &(reduction(&["sam.reyes"], &["ap-payer"]) + INACTIVATE),
    );
    let answer = workspace.answer(&["validate"], 0);
    assert!(
        has_finding(&answer["findings"], "warning", "sam.reyes"),
        "{answer:#}"
    );
    workspace.request(
        "leave",
        &(reduction(&["sam.reyes"], &["ap-payer", "vendor-admin"]) + INACTIVATE),
    );
    let answer = workspace.answer(&["validate"], 0);
    assert!(
        !has_finding(&answer["findings"], "warning", "sam.reyes"),
        "{answer:#}"
    );
}

#[test]
fn a_lent_role_that_is_left_keeps_the_employee_active() {
    let workspace = Workspace::new();
    workspace.approved(
        "a-lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-12-01"),
    );
    workspace.reconcile();
    workspace.approved(
        "leave",
        &(reduction(&["jane.doe"], &["ap-clerk"]) + INACTIVATE),
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("jane.doe")["status"], "active");
    assert_eq!(workspace.holds("jane.doe"), ["payroll-viewer"]);
}

#[test]
fn inactivation_waits_for_the_last_run_of_the_employee() {
    let workspace = Workspace::wide(1, 21, 21);
    let roles = numbered("r", 21);
    workspace.approved(
        "leave",
        &(reduction(&["e01"], &borrowed(&roles)) + INACTIVATE),
    );
    workspace.answer(&["reconcile", "--max-runs", "1"], 0);
    assert_eq!(workspace.employee("e01")["status"], "active");
    workspace.reconcile();
    assert_eq!(workspace.employee("e01")["status"], "inactive");
    let logs = workspace.logs_of("leave");
    assert!(value(&logs[0], "e01")["status"].is_null());
    assert_eq!(value(&logs[1], "e01")["status"]["new"], "inactive");
}

#[test]
fn a_role_gained_between_two_runs_keeps_the_employee_active() {
    let workspace = Workspace::wide(1, 22, 21);
    workspace.approved(
        "leave",
        &(request("role_reductions", "[e01]", "all") + INACTIVATE),
    );
    workspace.answer(&["reconcile", "--max-runs", "1"], 0);
    workspace.approved_at(
        "gain",
        &addition(&["e01"], &["r22"]),
        "2026-11-21T10:00:00Z",
    );
    workspace.reconcile();
    assert_eq!(workspace.roles("e01"), ["r22"]);
    assert_eq!(workspace.employee("e01")["status"], "active");
    workspace.stands("leave", "complete", None);
}

#[test]
fn somebody_already_inactive_is_no_change() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &["ap-clerk"]);
    workspace.approved(
        "leave",
        &(request("role_reductions", "[tom.gone]", "all") + INACTIVATE),
    );
    let plan = workspace.plan();
    assert_eq!(plan["summary"]["inactivations"], 0);
    workspace.reconcile();
    assert_eq!(workspace.employee("tom.gone")["status"], "inactive");
    assert!(workspace.holds("tom.gone").is_empty());
    assert!(value(&workspace.logs_of("leave")[0], "tom.gone")["status"].is_null());
    workspace.stands("leave", "complete", None);
}

#[test]
fn a_refused_removal_keeps_the_employee_active() {
    let workspace = Workspace::new();
    workspace.approved(
        "leave",
        &(request("role_reductions", "[root.admin]", "all") + INACTIVATE),
    );
    workspace.reconcile_exits(7);
    assert_eq!(workspace.employee("root.admin")["status"], "active");
    assert_eq!(workspace.roles("root.admin"), ["administrator"]);
}

#[test]
fn a_retry_that_takes_the_last_role_inactivates() {
    let workspace = Workspace::new();
    workspace.approved(
        "leave",
        &(request("role_reductions", "[root.admin]", "all") + INACTIVATE),
    );
    workspace.reconcile_exits(7);
    workspace.approved("promote", &addition(&["jane.doe"], &["administrator"]));
    workspace.run(&["complete", "promote", "--by", "alice"]);
    workspace.reconcile();
    assert_eq!(workspace.employee("root.admin")["status"], "inactive");
    workspace.stands("leave", "complete", None);
}

#[test]
fn an_employee_who_holds_nothing_is_inactivated_by_all() {
    let workspace = Workspace::new();
    workspace.employee_with("idle", "active", &[]);
    workspace.approved(
        "leave",
        &(request("role_reductions", "[idle]", "all") + INACTIVATE),
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("idle")["status"], "inactive");
    workspace.stands("leave", "complete", None);
}

#[test]
fn an_inactivation_with_nothing_left_to_remove_waits_for_a_person_where_removals_do() {
    let workspace = Workspace::new();
    workspace.settings("auto_role_removal: true", "auto_role_removal: false");
    workspace.employee_with("tom.idle", "active", &[]);
    workspace.approved(
        "leave",
        &(reduction(&["tom.idle"], &["ap-payer"]) + INACTIVATE),
    );
    workspace.reconcile();
    workspace.stands("leave", "approved", Some("manual_provisioning"));
    assert_eq!(workspace.employee("tom.idle")["status"], "active");
    workspace
        .run(&["complete", "leave", "--by", "dana"])
        .exits(0);
    assert_eq!(workspace.employee("tom.idle")["status"], "inactive");
}

#[test]
fn a_rehire_with_nothing_left_to_add_waits_for_a_person_where_additions_do() {
    let workspace = Workspace::new();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.employee_with("tom.gone", "inactive", &["ap-payer"]);
    workspace.approved(
        "rehire",
        &(addition(&["tom.gone"], &["ap-payer"]) + "reactivate: true\n"),
    );
    workspace.reconcile();
    workspace.stands("rehire", "approved", Some("manual_provisioning"));
    assert_eq!(workspace.employee("tom.gone")["status"], "inactive");
    workspace
        .run(&["complete", "rehire", "--by", "dana"])
        .exits(0);
    assert_eq!(workspace.employee("tom.gone")["status"], "active");
}
