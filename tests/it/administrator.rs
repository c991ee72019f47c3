//! The Administrator role: never given by the program, never taken from its last active holder.

use rstest::rstest;

use crate::support::Workspace;
use crate::support::shapes::{addition, applied, left_out, reduction, request, temporary};

#[test]
fn the_administrator_role_is_never_added_automatically() {
    let workspace = Workspace::new();
    workspace.approved("promote", &addition(&["jane.doe"], &["administrator"]));
    workspace.reconcile();
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
    workspace.stands("promote", "approved", Some("manual_provisioning"));
    workspace.reconcile();
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn the_rest_of_the_request_runs_while_the_administrator_part_waits() {
    let workspace = Workspace::new();
    workspace.approved(
        "promote",
        &addition(&["jane.doe"], &["administrator", "ap-payer"]),
    );
    assert_eq!(applied(&workspace.reconcile()), ["promote:user_onboarding"]);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    let log = &workspace.logs_of("promote")[0];
    assert!(
        left_out(log, "jane.doe", "administrator", "left_for_person"),
        "{log:#}"
    );
    workspace.stands("promote", "approved", Some("manual_provisioning"));
    assert!(applied(&workspace.reconcile()).is_empty());
}

#[test]
fn the_plan_lists_what_is_left_for_a_person() {
    let workspace = Workspace::new();
    workspace.approved("promote", &addition(&["jane.doe"], &["administrator"]));
    let manual = &workspace.plan()["requests"][0]["manual"][0];
    assert_eq!(manual["employee"], "jane.doe");
    assert_eq!(manual["role"], "administrator");
    assert_eq!(manual["action"], "add");
}

#[test]
fn the_request_is_complete_when_a_person_has_done_the_administrator_part() {
    let workspace = Workspace::new();
    workspace.approved(
        "promote",
        &addition(&["jane.doe"], &["administrator", "ap-payer"]),
    );
    workspace.reconcile();
    workspace
        .run(&["complete", "promote", "--by", "alice"])
        .exits(0);
    assert_eq!(
        workspace.roles("jane.doe"),
        ["administrator", "ap-clerk", "ap-payer"]
    );
    workspace.stands("promote", "complete", None);
    let log = workspace.logs_of("promote").pop().expect("a log");
    assert_eq!(log["actor"]["kind"], "person");
}

#[test]
fn the_administrator_role_is_not_lent_automatically() {
    let workspace = Workspace::new();
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["administrator"], "2026-11-30"),
    );
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "approved", Some("manual_provisioning"));
}

#[rstest]
#[case::marked("chief", "{name: Chief, administrator: true}")]
#[case::by_id_in_any_case("ADMINistrator", "{name: Chief}")]
#[case::by_name_in_any_case("chief", "{name: aDministrator}")]
#[case::by_name_though_marked_false("chief", "{name: Administrator, administrator: false}")]
fn a_role_is_an_administrator_by_mark_id_or_name(#[case] id: &str, #[case] entry: &str) {
    let workspace = Workspace::new();
    workspace.settings(
        "  administrator: {name: Administrator}",
        &format!("  {id}: {entry}"),
    );
    workspace.edit("state/state.yaml", "- administrator", &format!("- {id}"));
    workspace.approved("promote", &addition(&["jane.doe"], &[id]));
    workspace.reconcile();
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
    workspace.stands("promote", "approved", Some("manual_provisioning"));
}

#[test]
fn an_administrator_role_already_held_waits_for_nobody() {
    let workspace = Workspace::new();
    workspace.approved(
        "promote",
        &addition(&["root.admin"], &["administrator", "ap-payer"]),
    );
    workspace.reconcile();
    assert_eq!(workspace.roles("root.admin"), ["administrator", "ap-payer"]);
    workspace.stands("promote", "complete", None);
}

#[test]
fn the_administrator_role_is_taken_automatically_while_another_active_holder_is_left() {
    let workspace = Workspace::new();
    workspace.employee_with("second.admin", "active", &["administrator"]);
    workspace.approved("demote", &reduction(&["root.admin"], &["administrator"]));
    workspace.reconcile();
    assert!(workspace.roles("root.admin").is_empty());
    workspace.stands("demote", "complete", None);
}

#[test]
fn the_last_active_holder_keeps_the_role_and_counts_as_a_failure() {
    let workspace = Workspace::new();
    workspace.edit(
        "state/state.yaml",
        "    - administrator\n",
        "    - administrator\n    - ap-clerk\n",
    );
    workspace.approved(
        "demote",
        &reduction(&["root.admin"], &["administrator", "ap-clerk"]),
    );
    workspace.reconcile_exits(7);
    assert_eq!(workspace.roles("root.admin"), ["administrator"]);
    let status = workspace.stands("demote", "approved", Some("retry"));
    assert!(
        status["user_provisioning_error"]
            .as_str()
            .expect("a text")
            .contains("root.admin")
    );
}

#[test]
fn an_inactive_holder_does_not_count_as_another_one() {
    let workspace = Workspace::new();
    workspace.employee_with("old.admin", "inactive", &["administrator"]);
    workspace.approved("demote", &reduction(&["root.admin"], &["administrator"]));
    workspace.reconcile_exits(7);
    assert_eq!(workspace.roles("root.admin"), ["administrator"]);
}

#[test]
fn an_inactive_holder_may_lose_the_role() {
    let workspace = Workspace::new();
    workspace.employee_with("old.admin", "inactive", &["administrator"]);
    workspace.approved("demote", &reduction(&["old.admin"], &["administrator"]));
    workspace.reconcile();
    assert!(workspace.roles("old.admin").is_empty());
}

#[test]
fn administrators_are_taken_away_one_by_one_in_order() {
    let workspace = Workspace::new();
    workspace.employee_with("second.admin", "active", &["administrator"]);
    workspace.approved(
        "demote",
        &reduction(&["second.admin", "root.admin"], &["administrator"]),
    );
    workspace.reconcile_exits(7);
    assert!(workspace.roles("second.admin").is_empty());
    assert_eq!(workspace.roles("root.admin"), ["administrator"]);
}

#[test]
fn holders_cannot_empty_the_administrator_role_either() {
    let workspace = Workspace::new();
    workspace.employee_with("a.admin", "active", &["administrator"]);
    workspace.approved(
        "close",
        &request("role_reductions", "holders", "[administrator]"),
    );
    workspace.reconcile_exits(7);
    assert!(workspace.roles("a.admin").is_empty());
    assert_eq!(workspace.roles("root.admin"), ["administrator"]);
}

#[test]
fn complete_cannot_take_the_role_from_the_last_holder_either() {
    let workspace = Workspace::new();
    workspace.settings("auto_role_removal: true", "auto_role_removal: false");
    workspace.approved("demote", &reduction(&["root.admin"], &["administrator"]));
    workspace.reconcile();
    workspace.run(&["complete", "demote", "--by", "alice"]);
    assert_eq!(workspace.roles("root.admin"), ["administrator"]);
    assert_ne!(workspace.status("demote")["status"], "complete");
}

#[test]
fn a_refused_administrator_loses_the_role_once_another_one_is_there() {
    let workspace = Workspace::new();
    workspace.approved("demote", &reduction(&["root.admin"], &["administrator"]));
    workspace.reconcile_exits(7);
    workspace.approved("promote", &addition(&["jane.doe"], &["administrator"]));
    workspace.reconcile_exits(7);
    workspace.run(&["complete", "promote", "--by", "alice"]);
    workspace.reconcile();
    assert!(workspace.roles("root.admin").is_empty());
    assert_eq!(workspace.roles("jane.doe"), ["administrator", "ap-clerk"]);
    workspace.stands("demote", "complete", None);
}

#[test]
fn somebody_who_changes_in_the_same_run_and_stays_administrator_counts_as_one() {
    let mut workspace = Workspace::new();
    workspace.by_hand("root.admin", "- administrator", "- ap-clerk");
    workspace.employee_with("ada.admin", "active", &["administrator"]);
    let roles = ["administrator", "payroll-viewer"];
    let text = temporary(&["ada.admin", "jane.doe"], &roles, "2026-11-30");
    workspace.approved("lend", &text);
    workspace.reconcile();
    workspace
        .run(&["complete", "lend", "--by", "alice"])
        .exits(0);
    workspace.at("2026-12-01T05:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert_eq!(workspace.holds("ada.admin"), ["administrator"]);
}
