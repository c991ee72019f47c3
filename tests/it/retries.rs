//! What fails for one employee or one file, and what happens to the rest, now and later.

use rstest::rstest;

use crate::support::shapes::{addition, applied, left_out, reduction, value};
use crate::support::{SETTINGS, STATE, Workspace};

/// Two inactive employees, whose additions fail, and Jane, whose does not.
fn failing() -> Workspace {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.employee_with("uma.gone", "inactive", &[]);
    workspace.approved(
        "change",
        &addition(&["tom.gone", "jane.doe", "uma.gone"], &["ap-payer"]),
    );
    workspace
}

#[test]
fn one_failing_employee_stops_no_other() {
    let workspace = failing();
    assert_eq!(
        applied(&workspace.reconcile_exits(7)),
        ["change:user_onboarding"]
    );
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    let log = &workspace.logs_of("change")[0];
    assert!(left_out(log, "tom.gone", "ap-payer", "refused"), "{log:#}");
    workspace.stands("change", "approved", Some("retry"));
}

#[test]
fn the_error_has_one_line_an_employee() {
    let workspace = failing();
    workspace.reconcile_exits(7);
    let status = workspace.status("change");
    let lines: Vec<_> = status["user_provisioning_error"]
        .as_str()
        .expect("a text")
        .lines()
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("tom.gone")));
    assert!(lines.iter().any(|line| line.contains("uma.gone")));
}

#[test]
fn a_retry_that_fails_the_same_way_changes_no_byte() {
    let mut workspace = failing();
    workspace.reconcile_exits(7);
    let files = workspace.state_files();
    workspace.at("2026-11-24T12:00:00Z");
    assert!(applied(&workspace.reconcile_exits(7)).is_empty());
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn the_next_reconcile_tries_only_those_again() {
    let workspace = failing();
    workspace.reconcile_exits(7);
    workspace.approved(
        "rehire",
        &(addition(&["tom.gone"], &["ap-clerk"]) + "reactivate: true\n"),
    );
    let outcome = workspace.reconcile_exits(7);
    assert_eq!(
        applied(&outcome),
        ["rehire:user_onboarding", "change:user_onboarding"]
    );
    let retry = workspace.logs_of("change").pop().expect("a log");
    assert_eq!(
        value(&retry, "tom.gone")["added"],
        serde_json::json!(["ap-payer"])
    );
    assert!(
        crate::support::find(&retry["values"], "jane.doe")
            .is_none_or(|jane| jane["added"] == serde_json::json!([]))
    );
    let status = workspace.stands("change", "approved", Some("retry"));
    let error = status["user_provisioning_error"].as_str().expect("a text");
    assert!(
        error.contains("uma.gone") && !error.contains("tom.gone"),
        "{error}"
    );
}

#[test]
fn a_retry_that_finishes_the_request_is_logged_and_completes_it() {
    let workspace = failing();
    workspace.reconcile_exits(7);
    workspace.approved(
        "rehire",
        &(addition(&["tom.gone", "uma.gone"], &["ap-clerk"]) + "reactivate: true\n"),
    );
    workspace.reconcile();
    let status = workspace.stands("change", "complete", None);
    assert!(status["user_provisioning_error"].is_null());
    assert_eq!(workspace.logs_of("change").len(), 2);
}

#[test]
fn a_retry_with_nothing_left_to_do_finishes_the_request() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &["payroll-viewer"]);
    workspace.approved("change", &addition(&["tom.gone"], &["ap-payer"]));
    workspace.reconcile_exits(7);
    workspace.approved(
        "rehire",
        &(addition(&["tom.gone"], &["ap-payer"]) + "reactivate: true\n"),
    );
    workspace.reconcile();
    assert_eq!(workspace.roles("tom.gone"), ["ap-payer", "payroll-viewer"]);
    workspace.stands("change", "complete", None);
    workspace.stands("rehire", "complete", None);
}

#[rstest]
#[case::no_yaml("name: [")]
#[case::missing_keys("access_type: role_additions\n")]
#[case::control_character("name: \u{0}\n")]
fn one_broken_request_never_stops_the_others(#[case] broken: &str) {
    let workspace = Workspace::new();
    workspace.approved("change", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.request("broken", broken);
    assert_eq!(
        applied(&workspace.reconcile_exits(3)),
        ["change:user_onboarding"]
    );
    workspace.stands("broken", "invalid", None);
    workspace.stands("change", "complete", None);
}

#[test]
fn invalid_input_weighs_more_than_a_failed_employee() {
    let workspace = failing();
    workspace.request("broken", "name: [");
    workspace.reconcile_exits(3);
    workspace.stands("change", "approved", Some("retry"));
}

#[rstest]
#[case::settings_no_yaml("rolecall.yaml", "version: [")]
#[case::settings_unknown_key("rolecall.yaml", "version: 1\norganisation: Acme\n")]
#[case::settings_empty("rolecall.yaml", "")]
#[case::state_no_yaml("state/state.yaml", "employees: [")]
#[case::state_unknown_key("state/state.yaml", "version: 1\nemployes: {}\n")]
fn broken_settings_or_state_stop_everything_before_anything_is_written(
    #[case] path: &str,
    #[case] text: &str,
) {
    let workspace = Workspace::new();
    workspace.approved("change", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.write(path, text);
    let files = workspace.state_files();
    workspace.run(&["reconcile"]).exits(3);
    assert_eq!(workspace.state_files(), files);
    assert_eq!(workspace.log_files(), 0);
    workspace.write("rolecall.yaml", SETTINGS);
    workspace.write("state/state.yaml", STATE);
    workspace.reconcile();
    workspace.stands("change", "complete", None);
}

#[test]
fn a_retry_comes_after_everything_else_in_a_pass() {
    let workspace = Workspace::new();
    workspace.more_settings(
        "separation_of_duties:\n- {id: apart, roles: [ap-clerk, ap-payer], action: deny}\n",
    );
    workspace.approved("a-give", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile_exits(7);
    workspace.approved(
        "z-other",
        &(addition(&["jane.doe"], &["payroll-viewer"]) + "start_date: 2026-11-23\n"),
    );
    workspace.approved(
        "y-take",
        &(reduction(&["jane.doe"], &["ap-clerk"]) + "offboarding_date: 2026-11-23\n"),
    );
    assert_eq!(
        applied(&workspace.reconcile()),
        [
            "y-take:user_offboarding",
            "z-other:user_onboarding",
            "a-give:user_onboarding"
        ]
    );
    assert_eq!(workspace.roles("jane.doe"), ["ap-payer", "payroll-viewer"]);
}

#[test]
fn an_addition_that_failed_earlier_in_a_pass_succeeds_in_the_same_pass() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.approved("a-change", &addition(&["tom.gone"], &["ap-payer"]));
    workspace.approved(
        "b-rehire",
        &(addition(&["tom.gone"], &["ap-clerk"]) + "reactivate: true\n"),
    );
    workspace.reconcile();
    workspace.stands("a-change", "complete", None);
    assert_eq!(workspace.roles("tom.gone"), ["ap-clerk", "ap-payer"]);
    let files = workspace.state_files();
    workspace.reconcile();
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn a_failed_request_that_is_cancelled_is_tried_no_more() {
    let workspace = failing();
    workspace.reconcile_exits(7);
    workspace.edit(
        "requests/change.yaml",
        "affected_roles",
        "cancelled: Not needed\naffected_roles",
    );
    workspace.reconcile();
    workspace.stands("change", "cancelled", None);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
}

#[test]
fn a_retry_is_a_run_that_counts() {
    let workspace = Workspace::new();
    let gone = ["tom.gone", "uma.gone"];
    for (employee, request) in gone.iter().zip(["one", "two"]) {
        workspace.employee_with(employee, "inactive", &[]);
        workspace.approved(request, &addition(&[employee], &["ap-payer"]));
    }
    workspace.reconcile_exits(7);
    let text = addition(&gone, &["ap-clerk"]) + "reactivate: true\n";
    workspace.approved("rehire", &text);
    let outcome = workspace.answer(&["reconcile", "--max-runs", "2"], 7);
    assert_eq!(
        applied(&outcome),
        ["rehire:user_onboarding", "one:user_onboarding"]
    );
    assert_eq!(applied(&workspace.reconcile()), ["two:user_onboarding"]);
}

#[test]
fn a_retry_that_was_in_vain_comes_again_after_another_one_that_was_not() {
    let workspace = Workspace::new();
    let rule =
        "separation_of_duties:\n- {id: apart, roles: [ap-payer, vendor-admin], action: deny}\n";
    workspace.more_settings(rule);
    workspace.employee_with("tom.gone", "inactive", &["ap-payer"]);
    workspace.approved("one", &addition(&["tom.gone"], &["payroll-viewer"]));
    let text = addition(&["tom.gone"], &["vendor-admin"]) + "reactivate: true\n";
    workspace.approved("two", &text);
    workspace.reconcile_exits(7);
    workspace.settings(rule, "");
    assert_eq!(
        applied(&workspace.reconcile()),
        ["two:user_onboarding", "one:user_onboarding"]
    );
}
