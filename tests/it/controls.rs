//! What the settings let the reconciler do by itself: auto settings, *Enhanced User Provisioning*, change levels.

use rstest::rstest;

use crate::support::Workspace;
use crate::support::shapes::{addition, applied, reduction, request, temporary};

const AUTOMATIC: &str =
    "user_provisioning: {enhanced: true, auto_provisioning: true, auto_role_removal: true}\n";

/// One approved request of each access type.
fn three() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("add", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-12-01"),
    );
    workspace.approved("take", &reduction(&["sam.reyes"], &["ap-payer"]));
    workspace
}

#[rstest]
#[case::all_left_out("", &[])]
#[case::both_off("user_provisioning: {auto_provisioning: false, auto_role_removal: false}\n", &[])]
#[case::provisioning("user_provisioning: {auto_provisioning: true}\n", &["add:user_onboarding", "lend:temporary_access_granted"])]
#[case::removal("user_provisioning: {auto_role_removal: true}\n", &["take:user_offboarding"])]
#[case::both(
    "user_provisioning: {auto_provisioning: true, auto_role_removal: true}\n",
    &["take:user_offboarding", "add:user_onboarding", "lend:temporary_access_granted"]
)]
#[case::not_enhanced("user_provisioning: {enhanced: false, auto_provisioning: true, auto_role_removal: true}\n", &[])]
fn each_auto_setting_governs_its_access_types(#[case] settings: &str, #[case] expected: &[&str]) {
    let workspace = three();
    workspace.settings(AUTOMATIC, settings);
    assert_eq!(applied(&workspace.reconcile()), expected);
    for (id, change) in [("add", "add:"), ("lend", "lend:"), ("take", "take:")] {
        if !expected.iter().any(|entry| entry.starts_with(change)) {
            workspace.stands(id, "approved", Some("manual_provisioning"));
        }
    }
}

#[test]
fn with_the_auto_setting_off_the_plan_lists_the_manual_work() {
    let workspace = three();
    workspace.settings("auto_role_removal: true", "auto_role_removal: false");
    let plan = workspace.plan();
    let take = crate::support::find(&plan["requests"], "take").expect("the request");
    assert_eq!(take["runs"], serde_json::json!([]));
    assert_eq!(
        take["manual"],
        serde_json::json!([{"employee": "sam.reyes", "role": "ap-payer", "action": "remove"}])
    );
}

#[test]
fn a_request_that_is_not_due_waits_for_its_moment_first() {
    let workspace = Workspace::new();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved(
        "add",
        &(addition(&["jane.doe"], &["ap-payer"]) + "start_date: 2026-12-24\n"),
    );
    workspace.reconcile();
    workspace.stands("add", "approved", Some("schedule"));
}

#[test]
fn without_enhanced_provisioning_changes_are_logged_under_the_older_type() {
    let workspace = three();
    workspace.settings("enhanced: true", "enhanced: false");
    workspace.reconcile();
    for id in ["add", "take"] {
        workspace.run(&["complete", id, "--by", "alice"]).exits(0);
        let log = workspace.logs_of(id).pop().expect("a log");
        assert_eq!(log["change_type"], "user_role_assignment_change");
        assert_eq!(log["compliance"], "compliant");
        assert_eq!(log["status"], "closed");
    }
    assert_eq!(
        workspace.status("add")["change_type"],
        "user_role_assignment_change"
    );
}

#[rstest]
#[case::additions(
    "user_onboarding",
    request("role_additions", "[jane.doe]", "[ap-payer]"),
    "user_onboarding"
)]
#[case::reductions(
    "user_offboarding",
    request("role_reductions", "[sam.reyes]", "[ap-payer]"),
    "user_offboarding"
)]
#[case::temporary(
    "temporary_access",
    request("temporary_access", "[jane.doe]", "[ap-payer]") + "end_date: 2026-12-01\n",
    "temporary_access_granted"
)]
fn log_changes_only_needs_no_approval(
    #[case] control: &str,
    #[case] text: String,
    #[case] change_type: &str,
) {
    let workspace = Workspace::new();
    workspace.request("change", &text);
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.settings(
        &format!("  {control}: {{change_level: change_request, evidence: inline}}"),
        &format!("  {control}: {{change_level: log_changes_only, evidence: inline}}"),
    );
    assert_eq!(
        applied(&workspace.reconcile()),
        [format!("change:{change_type}")]
    );
    let log = &workspace.logs_of("change")[0];
    assert!(
        log["approvals"].as_array().is_none_or(Vec::is_empty),
        "{log:#}"
    );
}

#[test]
fn one_control_says_nothing_about_the_others() {
    let workspace = Workspace::new();
    workspace.settings(
        "user_offboarding: {change_level: change_request",
        "user_offboarding: {change_level: log_changes_only",
    );
    workspace.request("add", &addition(&["jane.doe"], &["ap-payer"]));
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("add", "pending_approval", None);
}

#[test]
fn temporary_access_left_out_means_the_same_as_user_onboarding() {
    let workspace = Workspace::new();
    workspace.settings(
        "  temporary_access: {change_level: change_request, evidence: inline}\n",
        "",
    );
    workspace.request(
        "lend",
        &temporary(&["jane.doe"], &["ap-payer"], "2026-12-01"),
    );
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.settings(
        "user_onboarding: {change_level: change_request",
        "user_onboarding: {change_level: log_changes_only",
    );
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_granted"]
    );
}

#[test]
fn the_change_level_is_change_request_when_left_out() {
    let workspace = Workspace::new();
    workspace.settings(
        "{change_level: change_request, evidence: inline}",
        "{evidence: inline}",
    );
    workspace.request("add", &addition(&["jane.doe"], &["ap-payer"]));
    assert!(applied(&workspace.reconcile()).is_empty());
    workspace.stands("add", "pending_approval", None);
}

/// A request that changes nothing needs no person to say so, whatever it says of the employees' status.
#[rstest]
#[case::inactive_and_not_reactivated("inactive", &[], "role_reductions", "")]
#[case::active_and_reactivated("active", &["ap-payer"], "role_additions", "reactivate: true\n")]
#[case::holds_others("active", &["vendor-admin"], "role_reductions", "inactivate_after_removal: true\n")]
#[case::inactive_already("inactive", &[], "role_reductions", "inactivate_after_removal: true\n")]
#[case::bare_and_stays("active", &[], "role_reductions", "")]
fn nothing_to_do_waits_for_nobody(
    #[case] status: &str,
    #[case] roles: &[&str],
    #[case] kind: &str,
    #[case] more: &str,
) {
    let workspace = Workspace::manual();
    workspace.employee_with("tom.test", status, roles);
    workspace.approved("same", &(request(kind, "[tom.test]", "[ap-payer]") + more));
    workspace.reconcile();
    workspace.stands("same", "complete", None);
    assert_eq!(workspace.employee("tom.test")["status"], status);
}

#[test]
fn a_change_of_status_alone_waits_for_a_person() {
    let workspace = Workspace::manual();
    workspace.employee_with("tom.bare", "active", &[]);
    workspace.employee_with("uma.gone", "inactive", &["ap-payer"]);
    let leave = request("role_reductions", "[tom.bare]", "[ap-payer]");
    workspace.approved("leave", &(leave + "inactivate_after_removal: true\n"));
    let back = addition(&["uma.gone"], &["ap-payer"]) + "reactivate: true\n";
    workspace.approved("back", &back);
    workspace.reconcile();
    for id in ["leave", "back"] {
        workspace.stands(id, "approved", Some("manual_provisioning"));
    }
}

#[rstest]
#[case::nobody("", "request add; the control asks for no approval")]
#[case::for_the_role(", evidence: inline", "approved request add")]
fn a_log_says_whether_anybody_was_asked(#[case] role: &str, #[case] reason: &str) {
    let workspace = three();
    workspace.settings(
        "user_onboarding: {change_level: change_request, evidence: inline}",
        "user_onboarding: {change_level: log_changes_only}",
    );
    workspace.settings("name: A/P Payer", &format!("name: A/P Payer{role}"));
    workspace.reconcile();
    let logged = |id: &str| workspace.logs_of(id)[0]["compliance_reason"].clone();
    assert_eq!(logged("add"), reason);
    assert_eq!(logged("take"), "approved request take");
}
