//! Separation of duties, on what an employee would hold after the whole request.

use crate::support::Workspace;
use crate::support::shapes::{
    addition, all_findings, applied, borrowed, has_finding, left_out, numbered, reduction,
    temporary,
};

/// A world in which nobody may hold `vendor-admin` and `ap-payer` together (Sam does already).
fn world(action: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.more_settings(&rule("vendor-admin", action));
    workspace.employee_with("val.vend", "active", &["vendor-admin"]);
    workspace
}

fn rule(role: &str, action: &str) -> String {
    format!(
        "separation_of_duties:\n- {{id: vendor-and-payment, roles: [{role}, ap-payer], action: {action}}}\n"
    )
}

#[test]
fn deny_refuses_the_employee_and_spares_the_others() {
    let workspace = world("deny");
    workspace.approved("pay", &addition(&["val.vend", "jane.doe"], &["ap-payer"]));
    workspace.reconcile_exits(7);
    assert_eq!(workspace.roles("val.vend"), ["vendor-admin"]);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    let status = workspace.stands("pay", "approved", Some("retry"));
    let error = status["user_provisioning_error"].as_str().expect("a text");
    assert!(
        error.contains("val.vend") && error.contains("vendor-and-payment"),
        "{error}"
    );
    let log = &workspace.logs_of("pay")[0];
    assert!(left_out(log, "val.vend", "ap-payer", "refused"), "{log:#}");
}

#[test]
fn deny_refuses_both_roles_when_one_request_brings_both() {
    let workspace = world("deny");
    workspace.approved(
        "pay",
        &addition(&["jane.doe"], &["ap-payer", "vendor-admin"]),
    );
    workspace.reconcile_exits(7);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn deny_refuses_all_that_the_request_adds_to_the_employee() {
    let workspace = world("deny");
    workspace.approved(
        "pay",
        &addition(&["val.vend"], &["payroll-viewer", "ap-payer"]),
    );
    workspace.reconcile_exits(7);
    assert_eq!(workspace.roles("val.vend"), ["vendor-admin"]);
}

#[test]
fn deny_looks_at_the_whole_request_over_all_runs() {
    let workspace = Workspace::wide(1, 20, 0);
    workspace.more_settings(&rule("r01", "deny"));
    let mut roles = numbered("r", 20);
    roles.push("ap-payer".to_owned());
    workspace.approved("big", &addition(&["e01"], &borrowed(&roles)));
    let outcome = workspace.answer(&["reconcile", "--max-runs", "1"], 7);
    assert!(workspace.roles("e01").is_empty(), "{outcome:#}");
    workspace.reconcile_exits(7);
    assert!(workspace.roles("e01").is_empty());
}

#[test]
fn deny_counts_the_roles_that_wait_for_a_person() {
    let workspace = Workspace::new();
    workspace.more_settings(&rule("administrator", "deny"));
    workspace.approved(
        "promote",
        &addition(&["jane.doe"], &["administrator", "ap-payer"]),
    );
    workspace.reconcile_exits(7);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn deny_holds_for_temporary_access_too() {
    let workspace = world("deny");
    workspace.approved(
        "lend",
        &temporary(&["val.vend"], &["ap-payer"], "2026-12-01"),
    );
    workspace.reconcile_exits(7);
    assert_eq!(workspace.holds("val.vend"), ["vendor-admin"]);
}

#[test]
fn deny_counts_what_is_held_for_a_time() {
    let workspace = world("deny");
    workspace.approved(
        "a-lend",
        &temporary(&["jane.doe"], &["vendor-admin"], "2026-12-01"),
    );
    workspace.reconcile();
    workspace.approved("pay", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile_exits(7);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk", "vendor-admin"]);
}

#[test]
fn warn_is_printed_and_logged_and_stops_nothing() {
    let workspace = world("warn");
    workspace.approved("pay", &addition(&["val.vend"], &["ap-payer"]));
    let outcome = workspace.reconcile();
    assert!(
        has_finding(&all_findings(&outcome), "warning", "vendor-and-payment"),
        "{outcome:#}"
    );
    assert_eq!(workspace.roles("val.vend"), ["ap-payer", "vendor-admin"]);
    let log = &workspace.logs_of("pay")[0];
    assert!(
        log["warnings"].to_string().contains("vendor-and-payment"),
        "{log:#}"
    );
    workspace.stands("pay", "complete", None);
}

#[test]
fn a_break_that_is_there_already_does_not_refuse_other_roles() {
    let workspace = world("deny");
    workspace.approved("view", &addition(&["sam.reyes"], &["payroll-viewer"]));
    workspace.reconcile();
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-payer", "payroll-viewer", "vendor-admin"]
    );
}

#[test]
fn a_swap_is_two_requests_with_one_moment() {
    let workspace = world("deny");
    workspace.approved("a-give", &addition(&["val.vend"], &["ap-payer"]));
    workspace.approved("b-take", &reduction(&["val.vend"], &["vendor-admin"]));
    assert_eq!(
        applied(&workspace.reconcile()),
        ["b-take:user_offboarding", "a-give:user_onboarding"]
    );
    assert_eq!(workspace.roles("val.vend"), ["ap-payer"]);
}

#[test]
fn a_refused_addition_succeeds_once_the_other_role_is_gone() {
    let workspace = world("deny");
    workspace.approved("a-give", &addition(&["val.vend"], &["ap-payer"]));
    workspace.reconcile_exits(7);
    workspace.approved("b-take", &reduction(&["val.vend"], &["vendor-admin"]));
    // Retries come after everything else in a pass.
    assert_eq!(
        applied(&workspace.reconcile()),
        ["b-take:user_offboarding", "a-give:user_onboarding"]
    );
    assert_eq!(workspace.roles("val.vend"), ["ap-payer"]);
    workspace.stands("a-give", "complete", None);
}

#[test]
fn complete_keeps_the_rule() {
    let workspace = world("deny");
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved("pay", &addition(&["val.vend"], &["ap-payer"]));
    workspace.reconcile();
    workspace.run(&["complete", "pay", "--by", "alice"]);
    assert_eq!(workspace.roles("val.vend"), ["vendor-admin"]);
    assert_ne!(workspace.status("pay")["status"], "complete");
}

#[test]
fn a_role_that_is_held_already_is_not_added_and_counts_no_rule() {
    let workspace = world("deny");
    let roles = ["ap-payer", "payroll-viewer"];
    workspace.approved("more", &addition(&["sam.reyes"], &roles));
    workspace.reconcile();
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-payer", "payroll-viewer", "vendor-admin"]
    );
}

#[test]
fn a_role_of_the_rule_that_is_neither_held_nor_asked_for_counts_no_rule() {
    let workspace = Workspace::new();
    workspace.more_settings(
        "separation_of_duties:\n- {id: three, roles: [vendor-admin, ap-payer, ap-clerk], action: deny}\n",
    );
    workspace.approved("more", &addition(&["sam.reyes"], &["payroll-viewer"]));
    workspace.reconcile();
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-payer", "payroll-viewer", "vendor-admin"]
    );
}

#[test]
fn a_loan_of_which_only_the_end_moves_is_not_warned_of_again() {
    let workspace = world("warn");
    let lend = |day| temporary(&["val.vend"], &["ap-payer"], day);
    let warnings = || workspace.last_log()["warnings"].clone();
    workspace.approved("lend", &lend("2026-11-30"));
    workspace.reconcile();
    assert!(warnings().to_string().contains("vendor-and-payment"));
    workspace.approved("lend", &lend("2026-12-05"));
    workspace.reconcile();
    assert_eq!(workspace.logs_of("lend").len(), 2);
    assert!(!warnings().to_string().contains("vendor-and-payment"));
}
