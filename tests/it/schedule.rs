//! When what is due runs, and in which order.

use crate::support::Workspace;
use crate::support::shapes::{addition, applied, reduction, request, temporary};

#[test]
fn nothing_runs_before_its_moment_and_everything_at_it() {
    let mut workspace = Workspace::new();
    let lines = "start_date: 2026-11-30\nstart_time: 05:30 pm\n";
    workspace.approved("change", &(addition(&["jane.doe"], &["ap-payer"]) + lines));
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("change", "approved", Some("schedule"));
    workspace.at("2026-11-30T22:29:59Z");
    assert!(applied(&workspace.reconcile()).is_empty());
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
    workspace.at("2026-11-30T22:30:00Z");
    assert_eq!(applied(&workspace.reconcile()), ["change:user_onboarding"]);
    assert_eq!(
        workspace.logs_of("change")[0]["schedule"]["lateness_seconds"],
        0
    );
    workspace.stands("change", "complete", None);
}

#[test]
fn a_late_run_logs_its_lateness() {
    let workspace = Workspace::new();
    let lines = "start_date: 2026-11-23\nstart_time: '06:00'\ntimezone: UTC\n";
    workspace.approved("change", &(addition(&["jane.doe"], &["ap-payer"]) + lines));
    workspace.reconcile();
    let log = &workspace.logs_of("change")[0];
    assert_eq!(log["schedule"]["utc"], "2026-11-23T06:00:00Z");
    assert_eq!(log["schedule"]["applied_at"], "2026-11-23T12:00:00Z");
    assert_eq!(log["schedule"]["lateness_seconds"], 6 * 3600);
}

#[test]
fn without_a_date_a_request_is_due_at_its_approval() {
    let workspace = Workspace::new();
    workspace.approved("change", &addition(&["jane.doe"], &["ap-payer"]));
    assert_eq!(
        workspace.status("change")["due"]["utc"],
        "2026-11-22T10:00:00Z"
    );
}

#[test]
fn what_is_due_runs_oldest_moment_first() {
    let workspace = Workspace::new();
    let dated =
        |role: &str, date: &str| addition(&["jane.doe"], &[role]) + "start_date: " + date + "\n";
    workspace.approved("a-third", &dated("ap-payer", "2026-11-23"));
    workspace.approved(
        "b-first",
        &dated("vendor-admin", "2026-11-23\ntimezone: Europe/Paris"),
    );
    workspace.approved(
        "c-second",
        &dated("payroll-viewer", "2026-11-23\ntimezone: UTC"),
    );
    assert_eq!(
        applied(&workspace.reconcile()),
        [
            "b-first:user_onboarding",
            "c-second:user_onboarding",
            "a-third:user_onboarding"
        ]
    );
}

#[test]
fn a_request_approved_after_its_date_counts_from_its_approval() {
    let workspace = Workspace::new();
    // Both dates are before the approval, so both moments are the approval, and the ids decide.
    workspace.approved(
        "b-older",
        &(addition(&["jane.doe"], &["ap-payer"]) + "start_date: 2026-11-01\n"),
    );
    workspace.approved(
        "a-newer",
        &(addition(&["jane.doe"], &["vendor-admin"]) + "start_date: 2026-11-10\n"),
    );
    assert_eq!(
        applied(&workspace.reconcile()),
        ["a-newer:user_onboarding", "b-older:user_onboarding"]
    );
}

#[test]
fn at_one_moment_ends_come_first_then_removals_then_additions_then_ids() {
    let mut workspace = Workspace::new();
    let moment = "start_date: 2026-12-01\ntimezone: UTC\n";
    workspace.approved(
        "z-lent",
        &(temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30") + "timezone: UTC\n"),
    );
    workspace.approved(
        "b-add",
        &(addition(&["jane.doe"], &["vendor-admin"]) + moment),
    );
    workspace.approved("a-add", &(addition(&["jane.doe"], &["ap-payer"]) + moment));
    workspace.approved(
        "y-remove",
        &(reduction(&["sam.reyes"], &["ap-payer"])
            + "offboarding_date: 2026-12-01\ntimezone: UTC\n"),
    );
    workspace.reconcile();
    workspace.at("2026-12-01T00:00:00Z");
    assert_eq!(
        applied(&workspace.reconcile()),
        [
            "z-lent:temporary_access_ended",
            "y-remove:user_offboarding",
            "a-add:user_onboarding",
            "b-add:user_onboarding",
        ]
    );
}

#[test]
fn the_zone_of_the_machine_does_not_count() {
    let workspace = Workspace::new();
    workspace.approved(
        "change",
        &(addition(&["jane.doe"], &["ap-payer"]) + "start_date: 2026-11-30\n"),
    );
    let plain = workspace.run(&["status", "--format", "json"]).exits(0).out;
    assert!(plain.contains("2026-11-30T05:00:00Z"), "{plain}");
    let output = workspace
        .command(&["status", "--format", "json"])
        .env("TZ", "Mars/Olympus")
        .env("TZDIR", "/nonexistent")
        .output()
        .expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout), plain);
}

#[test]
fn the_longest_loan_of_a_role_counts_days_of_twenty_four_hours() {
    let workspace = Workspace::new();
    workspace.settings(
        "{name: Payroll Viewer}",
        "{name: Payroll Viewer, max_duration_days: 14}",
    );
    let loan = |start: &str, end: &str| {
        request("temporary_access", "[jane.doe]", "[payroll-viewer]")
            + &format!(
                "start_date: {start}\nstart_time: 12:00 pm\nend_date: {end}\nend_time: 12:00 pm\n"
            )
    };
    workspace.accepts("change", &loan("2027-01-01", "2027-01-15"));
    workspace.accepts("change", &loan("2027-03-10", "2027-03-24"));
    workspace.rejects(
        "change",
        &loan("2027-01-01", "2027-01-16"),
        "payroll-viewer",
    );
    // Fourteen calendar days over the end of summer time are an hour more.
    workspace.rejects(
        "change",
        &loan("2027-11-01", "2027-11-15"),
        "payroll-viewer",
    );
}
