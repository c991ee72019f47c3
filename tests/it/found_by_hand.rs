//! Hand edits that testers broke: loans taken back, lines that look like all, statuses, resolutions that do not fit.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::shapes::{addition, applied, reduction, request, temporary, value};

/// After the end of the 30th of November in New York.
const AFTER: &str = "2026-12-01T05:00:00Z";

/// A loan of an employee in the state file.
pub const LOAN: &str =
    "    temporary:\n    - {role: payroll-viewer, until: 2026-12-01T05:00:00Z, request: lend}\n";

/// Employees hold `payroll-viewer` until the end of the 30th, by the request `lend`.
#[track_caller]
fn lent(employees: &[&str]) -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("lend", &lend(employees));
    workspace.reconcile();
    workspace
}

fn lend(employees: &[&str]) -> String {
    temporary(employees, &["payroll-viewer"], "2026-11-30")
}

/// What a resolution with a request exits with.
#[track_caller]
fn resolve(workspace: &Workspace, id: &str, code: i32) {
    let serial = workspace.last_log()["serial"].to_string();
    let files = workspace.state_files();
    workspace
        .run(&[
            "resolve",
            &serial,
            "--by",
            "alice",
            "--note",
            "Agreed",
            "--request",
            id,
        ])
        .exits(code);
    assert_eq!(workspace.state_files() == files, code != 0);
}

/// The last log must be of a hand edit that nobody asked for.
#[track_caller]
fn non_compliant(workspace: &Workspace) -> Value {
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "non_compliant", "{log:#}");
    assert_eq!(log["status"], "open");
    log
}

#[rstest]
#[case::enhanced(true, "temporary_access_ended")]
#[case::not_enhanced(false, "user_role_assignment_change")]
fn an_expired_loan_taken_back_by_hand_is_logged_as_an_end(
    #[case] enhanced: bool,
    #[case] change_type: &str,
) {
    let mut workspace = lent(&["jane.doe"]);
    workspace.at("2026-12-02T05:00:00Z");
    if !enhanced {
        workspace.settings("enhanced: true", "enhanced: false");
        workspace.reconcile();
        assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
        workspace.stands("lend", "approved", Some("manual_provisioning"));
    }
    workspace.by_hand("jane.doe", LOAN, "");
    assert_eq!(
        applied(&workspace.reconcile()),
        [format!("lend:{change_type}")]
    );
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "compliant");
    assert_eq!(log["actor"]["kind"], "person");
    assert_eq!(log["schedule"]["utc"], AFTER);
    assert_eq!(
        value(&log, "jane.doe")["removed"],
        json!(["payroll-viewer"])
    );
    workspace.stands("lend", "complete", None);
    assert!(applied(&workspace.reconcile()).is_empty());
}

#[test]
fn a_running_loan_taken_back_by_hand_is_not_compliant() {
    let mut workspace = lent(&["jane.doe"]);
    workspace.by_hand("jane.doe", LOAN, "");
    workspace.reconcile();
    non_compliant(&workspace);
    workspace.at(AFTER);
    workspace.reconcile();
    workspace.stands("lend", "complete", None);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[rstest]
#[case::addition("role_additions", "[ap-clerk]", "", 3)]
#[case::reduction("role_reductions", "all", "", 3)]
#[case::inactivation("role_reductions", "all", "inactivate_after_removal: true\n", 0)]
fn a_resolution_has_to_cover_the_status(
    #[case] kind: &str,
    #[case] roles: &str,
    #[case] more: &str,
    #[case] code: i32,
) {
    let workspace = Workspace::new();
    workspace.reconcile();
    workspace.by_hand("jane.doe", "status: active", "status: inactive");
    workspace.reconcile();
    non_compliant(&workspace);
    workspace.approved("after", &(request(kind, "[jane.doe]", roles) + more));
    resolve(&workspace, "after", code);
}

#[test]
fn no_resolution_covers_another_name() {
    let workspace = Workspace::new();
    workspace.reconcile();
    workspace.by_hand("jane.doe", "name: Jane Doe", "name: Mallory");
    workspace.reconcile();
    non_compliant(&workspace);
    workspace.approved("after", &addition(&["jane.doe"], &["ap-payer"]));
    resolve(&workspace, "after", 3);
}

#[rstest]
#[case::not_introduced("[new.one]", 3)]
#[case::introduced("[{id: new.one, name: New One, email: new@acme.example}]", 0)]
fn a_resolution_has_to_introduce_a_new_employee(#[case] employees: &str, #[case] code: i32) {
    let workspace = Workspace::new();
    workspace.reconcile();
    workspace.edit(
        "state/state.yaml",
        "  root.admin:\n",
        "  new.one:\n    name: New One\n    email: new@acme.example\n    status: active\n    roles:\n    - ap-payer\n  root.admin:\n",
    );
    workspace.reconcile();
    non_compliant(&workspace);
    workspace.approved("after", &request("role_additions", employees, "[ap-payer]"));
    resolve(&workspace, "after", code);
}

#[test]
fn deleting_only_the_permanent_line_of_a_lent_role_does_not_complete_the_reduction() {
    let workspace = lent(&["jane.doe"]);
    workspace.approved("keep", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    workspace.settings("auto_role_removal: true", "auto_role_removal: false");
    workspace.approved("take", &reduction(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    workspace.by_hand("jane.doe", "    - payroll-viewer\n", "");
    workspace.reconcile();
    assert_eq!(workspace.last_log()["request"]["id"], "take");
    workspace.stands("take", "approved", Some("manual_provisioning"));
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    workspace.by_hand("jane.doe", LOAN, "");
    workspace.reconcile();
    assert_eq!(workspace.last_log()["compliance"], "compliant");
    workspace.stands("take", "complete", None);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

/// Nothing is automatic, and `leave` takes all from Sam and inactivates him.
#[track_caller]
fn leaving() -> Workspace {
    let workspace = Workspace::waiting();
    workspace.approved(
        "leave",
        &(request("role_reductions", "[sam.reyes]", "all") + "inactivate_after_removal: true\n"),
    );
    workspace.reconcile();
    workspace.stands("leave", "approved", Some("manual_provisioning"));
    workspace
}

#[test]
fn the_inactivation_follows_when_all_is_done_by_hand() {
    let workspace = leaving();
    workspace.by_hand("sam.reyes", "    - ap-payer\n", "");
    workspace.reconcile();
    assert_eq!(workspace.employee("sam.reyes")["status"], "active");
    workspace.stands("leave", "approved", Some("manual_provisioning"));
    workspace.by_hand(
        "sam.reyes",
        "    roles:\n    - vendor-admin\n",
        "    roles: []\n",
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("sam.reyes")["status"], "inactive");
    let log = workspace.last_log();
    assert_eq!(
        value(&log, "sam.reyes")["status"],
        json!({"old": "active", "new": "inactive"})
    );
    assert_eq!(log["compliance"], "compliant");
    workspace.stands("leave", "complete", None);
}

#[test]
fn the_reactivation_follows_when_all_is_done_by_hand() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved(
        "rehire",
        &(addition(&["tom.gone"], &["ap-payer"]) + "reactivate: true\n"),
    );
    workspace.reconcile();
    workspace.by_hand("tom.gone", "roles: []", "roles:\n    - ap-payer");
    workspace.reconcile();
    assert_eq!(workspace.employee("tom.gone")["status"], "active");
    assert_eq!(workspace.last_log()["compliance"], "compliant");
    workspace.stands("rehire", "complete", None);
}

/// Of all that Tom holds a hand takes the permanent role, and time takes the loan.
#[test]
fn the_inactivation_waits_for_a_person_where_the_last_role_goes_with_its_loan() {
    let mut workspace = Workspace::manual();
    workspace.employee_with("tom.lent", "active", &["ap-payer"]);
    let state = workspace.read("state/state.yaml") + LOAN;
    workspace.write("state/state.yaml", state);
    workspace.approved(
        "leave",
        &(request("role_reductions", "[tom.lent]", "all") + "inactivate_after_removal: true\n"),
    );
    workspace.reconcile();
    workspace.by_hand("tom.lent", "roles:\n    - ap-payer", "roles: []");
    workspace.reconcile();
    workspace.stands("leave", "approved", Some("manual_provisioning"));
    workspace.at(AFTER);
    workspace.reconcile();
    assert!(workspace.lent("tom.lent").is_empty());
    assert_eq!(workspace.employee("tom.lent")["status"], "active");
    workspace.stands("leave", "approved", Some("manual_provisioning"));
    workspace
        .run(&["complete", "leave", "--by", "dana"])
        .exits(0);
    assert_eq!(workspace.employee("tom.lent")["status"], "inactive");
    workspace.stands("leave", "complete", None);
}

#[test]
fn inactivating_by_hand_somebody_who_still_holds_roles_is_not_compliant() {
    let workspace = leaving();
    workspace.by_hand("sam.reyes", "status: active", "status: inactive");
    workspace.reconcile();
    let log = non_compliant(&workspace);
    assert_eq!(
        value(&log, "sam.reyes")["status"],
        json!({"old": "active", "new": "inactive"})
    );
    workspace.stands("leave", "approved", Some("manual_provisioning"));
}

#[test]
fn inactivating_by_hand_together_with_the_last_removal_is_compliant() {
    let workspace = leaving();
    workspace.by_hand(
        "sam.reyes",
        "    status: active\n    roles:\n    - ap-payer\n    - vendor-admin\n",
        "    status: inactive\n    roles: []\n",
    );
    workspace.reconcile();
    assert_eq!(workspace.last_log()["compliance"], "compliant");
    workspace.stands("leave", "complete", None);
}

#[rstest]
#[case::nothing("root.admin", "", true)]
#[case::unrelated("root.admin", "", false)]
#[case::within_the_request("root.admin", LOAN, false)]
fn dropping_somebody_from_a_running_loan_takes_it_back_whatever_is_done_by_hand(
    #[case] who: &str,
    #[case] more: &str,
    #[case] untouched: bool,
) {
    let workspace = lent(&["jane.doe", "sam.reyes"]);
    workspace.approved("lend", &lend(&["jane.doe", who]));
    if !untouched {
        let from = "    - administrator\n";
        let role = if more.is_empty() {
            "    - ap-clerk\n"
        } else {
            ""
        };
        workspace.by_hand(who, from, &format!("{from}{role}{more}"));
    }
    workspace.reconcile();
    assert!(workspace.lent("sam.reyes").is_empty());
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    assert_eq!(workspace.lent(who), ["payroll-viewer"]);
    workspace.run(&["verify"]).exits(0);
    workspace.stands("lend", "approved", Some("temporary_end"));
}

#[test]
fn a_loan_taken_back_by_hand_while_its_end_moves_into_the_past_is_recorded() {
    let mut workspace = lent(&["jane.doe", "sam.reyes"]);
    workspace.at("2026-12-02T05:00:00Z");
    workspace.approved(
        "lend",
        &lend(&["jane.doe", "sam.reyes"]).replace("-30", "-25"),
    );
    workspace.by_hand("jane.doe", LOAN, "");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert_eq!(workspace.holds("sam.reyes"), ["ap-payer", "vendor-admin"]);
    workspace.stands("lend", "complete", None);
    workspace.run(&["verify"]).exits(0);
    let files = workspace.state_files();
    workspace.reconcile();
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn a_loan_to_two_is_over_when_both_were_taken_back_by_hand() {
    let mut workspace = lent(&["jane.doe", "sam.reyes"]);
    let other = temporary(&["root.admin"], &["payroll-viewer"], "2026-12-24");
    workspace.approved("other", &other);
    workspace.reconcile();
    workspace.settings("enhanced: true", "enhanced: false");
    workspace.at(AFTER);
    workspace.reconcile();
    for (employee, status) in [("jane.doe", "approved"), ("sam.reyes", "complete")] {
        workspace.by_hand(employee, LOAN, "");
        workspace.reconcile();
        assert_eq!(workspace.last_log()["compliance"], "compliant");
        assert_eq!(workspace.status("lend")["status"], status);
    }
    assert_eq!(workspace.lent("root.admin"), ["payroll-viewer"]);
}

#[rstest]
#[case::reduction("role_reductions", 0)]
#[case::addition("role_additions", 3)]
fn only_a_reduction_covers_what_was_taken(#[case] kind: &str, #[case] code: i32) {
    let workspace = Workspace::new();
    workspace.reconcile();
    workspace.by_hand("sam.reyes", "    - vendor-admin\n", "");
    workspace.reconcile();
    non_compliant(&workspace);
    workspace.approved("after", &request(kind, "[sam.reyes]", "[vendor-admin]"));
    resolve(&workspace, "after", code);
}

#[test]
fn a_loan_that_is_called_off_waits_for_a_person_where_nothing_is_automatic() {
    let workspace = lent(&["jane.doe"]);
    workspace.settings("enhanced: true", "enhanced: false");
    workspace.approved("lend", &(lend(&["jane.doe"]) + "cancelled: No longer\n"));
    assert!(applied(&workspace.reconcile()).is_empty());
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
}
