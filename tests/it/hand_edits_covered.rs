//! Which request covers an edit of the state file by hand, whole or in part, and what follows from it.

use rstest::rstest;
use serde_json::json;

use crate::support::Workspace;
use crate::support::shapes::{addition, borrowed, numbered, reduction, request, temporary, value};

/// Jane's role, and a loan of another.
const LENT: &str = "    - ap-clerk\n    temporary:\n    - role: payroll-viewer\n      until: 2026-12-01T05:00:00Z\n      request: lend\n";

#[test]
fn a_loan_that_is_given_by_hand_is_logged_as_given() {
    let workspace = Workspace::waiting();
    let text = temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30");
    workspace.approved("lend", &text);
    workspace.reconcile();
    workspace.by_hand("jane.doe", "    - ap-clerk\n", LENT);
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["request"]["id"], "lend");
    assert_eq!(log["change_type"], "temporary_access_granted");
    workspace.stands("lend", "approved", Some("temporary_end"));
}

#[test]
fn a_lent_role_that_a_reduction_asks_for_is_logged_as_taken() {
    let workspace = Workspace::waiting();
    workspace.settings("auto_provisioning: false", "auto_provisioning: true");
    let text = temporary(&["sam.reyes"], &["payroll-viewer"], "2026-11-30");
    workspace.approved("lend", &text);
    workspace.reconcile();
    workspace.approved("take", &reduction(&["sam.reyes"], &["payroll-viewer"]));
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    let (before, loan) = state.split_once("    temporary:\n").expect("a loan");
    let after = loan.split_once("request: lend}\n").expect("its end").1;
    workspace.write("state/state.yaml", format!("{before}{after}"));
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["request"]["id"], "take");
    assert_eq!(log["change_type"], "user_offboarding");
    workspace.stands("take", "complete", None);
}

#[test]
fn a_request_about_holders_covers_nobody_who_held_none_of_its_roles() {
    let workspace = Workspace::manual();
    workspace.employee_with("tom.bare", "active", &[]);
    workspace.reconcile();
    let text = request("role_reductions", "holders", "[vendor-admin]");
    workspace.approved("leave", &(text + "inactivate_after_removal: true\n"));
    workspace.by_hand("tom.bare", "status: active", "status: inactive");
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "non_compliant", "{log:#}");
    assert!(log["request"].is_null());
}

#[rstest]
#[case::another_role_is_left("[ap-payer]", "roles:\n    - vendor-admin\n", true)]
#[case::not_asked("all", "roles: []\n", false)]
fn what_is_done_by_hand_inactivates_only_the_bare_and_only_if_asked(
    #[case] roles: &str,
    #[case] left: &str,
    #[case] asked: bool,
) {
    let workspace = Workspace::waiting();
    let mut text = request("role_reductions", "[sam.reyes]", roles);
    if asked {
        text += "inactivate_after_removal: true\n";
    }
    workspace.approved("take", &text);
    let held = "roles:\n    - ap-payer\n    - vendor-admin\n";
    workspace.by_hand("sam.reyes", held, left);
    workspace.reconcile();
    workspace.stands("take", "complete", None);
    assert_eq!(workspace.employee("sam.reyes")["status"], "active");
}

/// Fifteen of sixteen people were given `r01` by the first of two runs; the rest waits for a person, and `e01` has lost it by hand.
#[track_caller]
fn half_done_and_undone() -> Workspace {
    let workspace = Workspace::wide(16, 1, 0);
    let people = numbered("e", 16);
    workspace.approved("big", &addition(&borrowed(&people), &["r01"]));
    workspace.answer(&["reconcile", "--max-runs", "1"], 0);
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.by_hand("e01", "roles:\n    - r01\n", "roles: []\n");
    workspace
}

#[test]
fn a_run_that_was_done_by_hand_counts_though_an_earlier_one_was_undone() {
    let workspace = half_done_and_undone();
    workspace.by_hand("e16", "roles: []\n", "roles:\n    - r01\n");
    workspace.reconcile();
    workspace.stands("big", "complete", None);
    assert!(workspace.roles("e01").is_empty());
}

#[test]
fn what_a_run_has_done_already_is_no_longer_covered() {
    let workspace = half_done_and_undone();
    workspace.reconcile();
    workspace.stands("big", "approved", Some("manual_provisioning"));
    workspace.by_hand("e01", "roles: []\n", "roles:\n    - r01\n");
    workspace.reconcile();
    assert_eq!(workspace.last_log()["compliance"], "non_compliant");
}

#[test]
fn a_request_about_holders_covers_what_is_taken_from_them_by_hand() {
    let workspace = Workspace::waiting();
    let text = request("role_reductions", "holders", "[vendor-admin]");
    workspace.approved("take", &text);
    workspace.reconcile();
    workspace.by_hand("sam.reyes", "    - vendor-admin\n", "");
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "compliant");
    assert_eq!(value(&log, "sam.reyes")["removed"], json!(["vendor-admin"]));
    workspace.stands("take", "complete", None);
}

#[test]
fn somebody_is_active_again_once_all_of_it_is_done_by_hand() {
    let workspace = Workspace::manual();
    workspace.employee_with("tom.gone", "inactive", &["ap-clerk"]);
    workspace.reconcile();
    let text = addition(&["tom.gone"], &["ap-payer", "payroll-viewer"]);
    workspace.approved("back", &(text + "reactivate: true\n"));
    workspace.by_hand(
        "tom.gone",
        "    - ap-clerk\n",
        "    - ap-clerk\n    - ap-payer\n",
    );
    workspace.reconcile();
    assert_eq!(workspace.last_log()["request"]["id"], "back");
    assert_eq!(workspace.employee("tom.gone")["status"], "inactive");
    workspace.by_hand(
        "tom.gone",
        "    - ap-payer\n",
        "    - ap-payer\n    - payroll-viewer\n",
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("tom.gone")["status"], "active");
    workspace.stands("back", "complete", None);
}

#[test]
fn somebody_who_appears_by_hand_takes_what_they_hold_along() {
    let workspace = Workspace::manual();
    workspace.reconcile();
    let person = "[{id: new.hire, name: New Hire}]";
    let text = request("role_additions", person, "[ap-clerk]");
    workspace.request("hire", &text);
    workspace.approved("more", &addition(&["new.hire"], &["ap-payer"]));
    workspace.reconcile();
    let added = "  new.hire:\n    name: New Hire\n    status: active\n    roles:\n    - ap-payer\n";
    let next = "  root.admin:\n";
    workspace.edit("state/state.yaml", next, &format!("{added}{next}"));
    workspace.reconcile();
    let log = &workspace.logs()[1];
    assert_eq!(log["compliance"], "non_compliant");
    assert_eq!(value(log, "new.hire")["added"], json!(["ap-payer"]));
}

#[test]
fn a_role_that_the_reduction_does_not_name_is_not_covered_by_it() {
    let workspace = Workspace::manual();
    workspace.approved("take", &reduction(&["sam.reyes"], &["ap-payer"]));
    workspace.reconcile();
    workspace.by_hand("sam.reyes", "    - vendor-admin\n", "");
    workspace.reconcile();
    assert_eq!(workspace.last_log()["compliance"], "non_compliant");
    workspace.stands("take", "approved", Some("manual_provisioning"));
}

#[test]
fn nobody_is_active_again_because_another_one_s_part_was_done_by_hand() {
    let workspace = Workspace::wide(15, 1, 0);
    let mut people = numbered("e", 15);
    for id in ["tom.gone", "uma.gone"] {
        workspace.employee_with(id, "inactive", &[]);
        people.push(id.to_owned());
    }
    let text = addition(&borrowed(&people), &["r01"]) + "reactivate: true\n";
    workspace.approved("big", &text);
    workspace.answer(&["reconcile", "--max-runs", "1"], 0);
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.by_hand("uma.gone", "roles: []\n", "roles:\n    - r01\n");
    workspace.reconcile();
    assert_eq!(workspace.employee("tom.gone")["status"], "inactive");
    workspace.stands("big", "approved", Some("manual_provisioning"));
}
