//! Role reductions: listed roles, `all`, `holders`, and what is not held.

use crate::support::Workspace;
use crate::support::shapes::{
    NO_LIMITS, addition, applied, left_out, reduction, request, temporary, value, warns,
};

#[test]
fn an_approved_reduction_takes_its_roles_from_its_employees() {
    let workspace = Workspace::new();
    workspace.approved("leave", &reduction(&["sam.reyes"], &["ap-payer"]));
    assert_eq!(applied(&workspace.reconcile()), ["leave:user_offboarding"]);
    assert_eq!(workspace.roles("sam.reyes"), ["vendor-admin"]);
    workspace.stands("leave", "complete", None);
}

#[test]
fn removing_what_is_not_held_is_noted_and_the_rest_is_taken() {
    let workspace = Workspace::new();
    workspace.approved(
        "leave",
        &reduction(&["jane.doe", "sam.reyes"], &["ap-payer"]),
    );
    workspace.reconcile();
    let log = &workspace.logs_of("leave")[0];
    assert_eq!(value(log, "sam.reyes")["removed"][0], "ap-payer");
    assert!(left_out(log, "jane.doe", "ap-payer", "not_held"), "{log:#}");
    workspace.stands("leave", "complete", None);
}

#[test]
fn a_reduction_with_an_empty_difference_completes_with_a_warning() {
    let workspace = Workspace::new();
    workspace.approved("leave", &reduction(&["jane.doe"], &["ap-payer"]));
    let outcome = workspace.reconcile();
    assert_eq!(applied(&outcome), ["leave:user_offboarding"]);
    assert!(warns(&outcome), "{outcome:#}");
    workspace.stands("leave", "complete", None);
}

#[test]
fn all_takes_every_role_held_when_it_runs() {
    let mut workspace = Workspace::new();
    let lines = "offboarding_date: 2026-12-01\n";
    workspace.approved(
        "leave",
        &(request("role_reductions", "[sam.reyes]", "all") + lines),
    );
    workspace.approved("late", &addition(&["sam.reyes"], &["payroll-viewer"]));
    workspace.reconcile();
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-payer", "payroll-viewer", "vendor-admin"]
    );
    workspace.at("2026-12-02T00:00:00Z");
    workspace.reconcile();
    assert!(workspace.holds("sam.reyes").is_empty());
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn all_takes_lent_roles_too() {
    let workspace = Workspace::new();
    workspace.approved(
        "a-lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-12-31"),
    );
    workspace.reconcile();
    workspace.approved("leave", &request("role_reductions", "[jane.doe]", "all"));
    workspace.reconcile();
    assert!(workspace.holds("jane.doe").is_empty());
}

#[test]
fn holders_takes_the_roles_from_everyone_who_holds_one_when_it_runs() {
    let mut workspace = Workspace::new();
    let lines = "offboarding_date: 2026-12-01\n";
    workspace.approved(
        "close",
        &(request("role_reductions", "holders", "[ap-payer, ap-clerk]") + lines),
    );
    workspace.approved("late", &addition(&["root.admin"], &["ap-payer"]));
    workspace.reconcile();
    workspace.at("2026-12-02T00:00:00Z");
    workspace.reconcile();
    assert!(workspace.roles("jane.doe").is_empty());
    assert_eq!(workspace.roles("sam.reyes"), ["vendor-admin"]);
    assert_eq!(workspace.roles("root.admin"), ["administrator"]);
}

#[test]
fn holders_means_those_who_hold_the_role_for_a_time_too() {
    let workspace = Workspace::new();
    workspace.approved(
        "a-lend",
        &temporary(&["jane.doe"], &["ap-payer"], "2026-12-31"),
    );
    workspace.reconcile();
    workspace.approved(
        "close",
        &request("role_reductions", "holders", "[ap-payer]"),
    );
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert_eq!(workspace.holds("sam.reyes"), ["vendor-admin"]);
}

#[test]
fn holders_of_a_role_that_nobody_holds_complete_with_a_warning() {
    let workspace = Workspace::new();
    workspace.approved(
        "close",
        &request("role_reductions", "holders", "[payroll-viewer]"),
    );
    let outcome = workspace.reconcile();
    assert!(warns(&outcome), "{outcome:#}");
    workspace.stands("close", "complete", None);
}

#[test]
fn removals_from_inactive_employees_work() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &["ap-payer", "ap-clerk"]);
    workspace.approved("leave", &reduction(&["tom.gone"], &["ap-payer"]));
    workspace.reconcile();
    assert_eq!(workspace.roles("tom.gone"), ["ap-clerk"]);
    assert_eq!(workspace.employee("tom.gone")["status"], "inactive");
    workspace.stands("leave", "complete", None);
}

#[test]
fn a_reduction_for_a_later_day_waits_for_it() {
    let mut workspace = Workspace::new();
    let lines =
        "offboarding_date: 2026-11-30\noffboarding_time: 05:30 pm\ntimezone: America/Los_Angeles\n";
    workspace.approved("leave", &(reduction(&["sam.reyes"], &["ap-payer"]) + lines));
    workspace.at("2026-12-01T01:29:59Z");
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("leave", "approved", Some("schedule"));
    workspace.at("2026-12-01T01:30:00Z");
    assert_eq!(applied(&workspace.reconcile()), ["leave:user_offboarding"]);
}

/// What a removal does to the last active administrator is in `administrator.rs`; this is the ordinary case.
#[test]
fn several_employees_lose_everything_at_once() {
    let workspace = Workspace::new();
    workspace.more_settings(NO_LIMITS);
    workspace.approved(
        "leave",
        &request("role_reductions", "[jane.doe, sam.reyes]", "all"),
    );
    workspace.reconcile();
    assert!(workspace.holds("jane.doe").is_empty());
    assert!(workspace.holds("sam.reyes").is_empty());
    assert_eq!(workspace.employee("sam.reyes")["status"], "active");
    assert_eq!(workspace.logs_of("leave").len(), 1);
}
