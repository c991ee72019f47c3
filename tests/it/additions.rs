//! Role additions: what is given, to whom, and what is noted when there is nothing to give.

use crate::support::Workspace;
use crate::support::shapes::{addition, applied, left_out, request, temporary, value, warns};

#[test]
fn an_approved_addition_gives_its_roles_to_its_employees() {
    let workspace = Workspace::new();
    workspace.approved(
        "change",
        &addition(&["jane.doe", "sam.reyes"], &["payroll-viewer", "ap-clerk"]),
    );
    assert_eq!(applied(&workspace.reconcile()), ["change:user_onboarding"]);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-clerk", "ap-payer", "payroll-viewer", "vendor-admin"]
    );
    assert_eq!(workspace.roles("root.admin"), ["administrator"]);
    workspace.stands("change", "complete", None);
}

#[test]
fn an_unapproved_addition_gives_nothing() {
    let workspace = Workspace::new();
    workspace.request("change", &addition(&["jane.doe"], &["ap-payer"]));
    assert!(applied(&workspace.reconcile()).is_empty());
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
    workspace.stands("change", "pending_approval", None);
}

#[test]
fn a_second_reconcile_does_nothing() {
    let mut workspace = Workspace::new();
    workspace.approved("change", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    let files = workspace.state_files();
    workspace.at("2026-11-24T12:00:00Z");
    assert!(applied(&workspace.reconcile()).is_empty());
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn adding_what_is_held_is_noted_and_the_rest_is_given() {
    let workspace = Workspace::new();
    workspace.approved(
        "change",
        &addition(&["jane.doe", "sam.reyes"], &["ap-payer"]),
    );
    workspace.reconcile();
    let log = &workspace.logs_of("change")[0];
    assert_eq!(value(log, "jane.doe")["added"][0], "ap-payer");
    assert!(
        left_out(log, "sam.reyes", "ap-payer", "already_held"),
        "{log:#}"
    );
    workspace.stands("change", "complete", None);
}

#[test]
fn an_addition_with_an_empty_difference_completes_with_a_warning() {
    let workspace = Workspace::new();
    workspace.approved("change", &addition(&["jane.doe"], &["ap-clerk"]));
    let outcome = workspace.reconcile();
    assert_eq!(applied(&outcome), ["change:user_onboarding"]);
    assert!(warns(&outcome), "{outcome:#}");
    let log = &workspace.logs_of("change")[0];
    assert!(
        left_out(log, "jane.doe", "ap-clerk", "already_held"),
        "{log:#}"
    );
    workspace.stands("change", "complete", None);
}

const HIRE: &str = "[{id: new.hire, name: New Hire, email: new.hire@acme.example}]";

#[test]
fn an_introduced_employee_appears_with_the_first_thing_given() {
    let mut workspace = Workspace::new();
    workspace.approved(
        "hire",
        &(request("role_additions", HIRE, "[ap-clerk]") + "start_date: 2026-12-01\n"),
    );
    workspace.reconcile();
    assert!(!workspace.read("state/state.yaml").contains("new.hire"));
    workspace.at("2026-12-02T00:00:00Z");
    workspace.reconcile();
    let hire = workspace.employee("new.hire");
    assert_eq!(hire["name"], "New Hire");
    assert_eq!(hire["status"], "active");
    assert_eq!(workspace.roles("new.hire"), ["ap-clerk"]);
    assert!(
        workspace
            .read("state/state.yaml")
            .contains("email: new.hire@acme.example")
    );
}

#[test]
fn an_introduced_employee_who_is_given_nothing_does_not_appear() {
    let workspace = Workspace::new();
    workspace.approved("hire", &request("role_additions", HIRE, "[administrator]"));
    workspace.reconcile();
    workspace.stands("hire", "approved", Some("manual_provisioning"));
    let state = workspace.read("state/state.yaml");
    let employees = state.split("\nrequests:").next().expect("a first part");
    assert!(!employees.contains("new.hire"), "{state}");
}

#[test]
fn a_request_for_somebody_another_request_introduces_waits_for_it() {
    let mut workspace = Workspace::new();
    workspace.approved(
        "hire",
        &(request("role_additions", HIRE, "[ap-clerk]") + "start_date: 2026-12-01\n"),
    );
    workspace.approved(
        "more",
        &addition(&["new.hire", "jane.doe"], &["payroll-viewer"]),
    );
    workspace.reconcile_exits(7);
    let more = workspace.stands("more", "approved", Some("retry"));
    assert!(
        more["user_provisioning_error"]
            .as_str()
            .expect("a text")
            .contains("new.hire")
    );
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
    workspace.at("2026-12-02T00:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.roles("new.hire"), ["ap-clerk", "payroll-viewer"]);
    workspace.stands("more", "complete", None);
}

#[test]
fn an_employee_whom_only_a_draft_introduces_is_not_known() {
    let workspace = Workspace::new();
    workspace.request(
        "hire",
        &(request("role_additions", HIRE, "[ap-clerk]") + "draft: true\n"),
    );
    workspace.rejects(
        "more",
        &addition(&["new.hire"], &["payroll-viewer"]),
        "new.hire",
    );
}

#[test]
fn an_addition_to_an_inactive_employee_fails() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.approved(
        "change",
        &addition(&["jane.doe", "tom.gone"], &["ap-payer"]),
    );
    workspace.reconcile_exits(7);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    assert!(workspace.roles("tom.gone").is_empty());
    let status = workspace.stands("change", "approved", Some("retry"));
    assert!(
        status["user_provisioning_error"]
            .as_str()
            .expect("a text")
            .contains("tom.gone")
    );
}

#[test]
fn reactivate_makes_an_inactive_employee_active_first() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.approved(
        "rehire",
        &(addition(&["tom.gone"], &["ap-payer"]) + "reactivate: true\n"),
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("tom.gone")["status"], "active");
    assert_eq!(workspace.roles("tom.gone"), ["ap-payer"]);
    let log = &workspace.logs_of("rehire")[0];
    let status = &value(log, "tom.gone")["status"];
    assert_eq!(
        (&status["old"], &status["new"]),
        (&"inactive".into(), &"active".into())
    );
}

#[test]
fn reactivate_changes_nothing_for_an_active_employee() {
    let workspace = Workspace::new();
    workspace.approved(
        "rehire",
        &(addition(&["jane.doe"], &["ap-payer"]) + "reactivate: true\n"),
    );
    workspace.reconcile();
    let log = &workspace.logs_of("rehire")[0];
    assert!(value(log, "jane.doe")["status"].is_null(), "{log:#}");
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
}

#[test]
fn adding_a_lent_role_makes_it_permanent() {
    let mut workspace = Workspace::new();
    workspace.approved(
        "a-lend",
        &temporary(&["jane.doe"], &["ap-payer"], "2026-11-30"),
    );
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["ap-payer"]);
    workspace.approved("b-keep", &addition(&["jane.doe"], &["ap-payer"]));
    assert_eq!(applied(&workspace.reconcile()), ["b-keep:user_onboarding"]);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    assert!(!left_out(
        &workspace.logs_of("b-keep")[0],
        "jane.doe",
        "ap-payer",
        "already_held"
    ));
    workspace.at("2026-12-02T00:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
}

#[test]
fn reactivate_alone_is_a_change() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &["ap-payer"]);
    workspace.approved(
        "rehire",
        &(addition(&["tom.gone"], &["ap-payer"]) + "reactivate: true\n"),
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("tom.gone")["status"], "active");
    assert_eq!(workspace.roles("tom.gone"), ["ap-payer"]);
    workspace.stands("rehire", "complete", None);
}
