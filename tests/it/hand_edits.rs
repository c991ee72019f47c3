//! Edits of the state file by hand: within an approved request, or not.

use rstest::rstest;

use crate::support::Workspace;
use crate::support::shapes::{
    addition, all_findings, has_finding, reduction, request, temporary, value,
};

#[test]
fn a_hand_edit_within_an_approved_due_request_is_compliant_and_completes_it() {
    let workspace = Workspace::waiting();
    workspace.give_jane("ap-payer");
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "compliant");
    assert_eq!(log["status"], "closed");
    assert_eq!(log["request"]["id"], "add");
    assert_eq!(log["actor"]["kind"], "person");
    assert_eq!(
        value(&log, "jane.doe")["added"],
        serde_json::json!(["ap-payer"])
    );
    workspace.stands("add", "complete", None);
}

#[test]
fn a_hand_edit_that_does_a_part_leaves_the_request_waiting() {
    let workspace = Workspace::waiting();
    workspace.approved(
        "two",
        &addition(&["jane.doe"], &["vendor-admin", "payroll-viewer"]),
    );
    workspace.give_jane("vendor-admin");
    workspace.reconcile();
    assert_eq!(workspace.last_log()["request"]["id"], "two");
    workspace.stands("two", "approved", Some("manual_provisioning"));
    workspace.give_jane("payroll-viewer");
    workspace.reconcile();
    workspace.stands("two", "complete", None);
}

#[test]
fn a_hand_edit_without_a_request_is_not_compliant_and_only_a_warning() {
    let workspace = Workspace::waiting();
    workspace.give_jane("vendor-admin");
    let plan = workspace.plan();
    assert_eq!(plan["drift"][0]["employee"], "jane.doe");
    assert_eq!(
        plan["drift"][0]["added"],
        serde_json::json!(["vendor-admin"])
    );
    let outcome = workspace.reconcile();
    assert!(
        has_finding(&all_findings(&outcome), "warning", "jane.doe"),
        "{outcome:#}"
    );
    let log = workspace.last_log();
    assert_eq!(log["change_type"], "user_role_assignment_change");
    assert_eq!(log["compliance"], "non_compliant");
    assert_eq!(log["status"], "open");
    assert!(log["request"].is_null());
    assert_eq!(
        value(&log, "jane.doe")["added"],
        serde_json::json!(["vendor-admin"])
    );
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "vendor-admin"]);
    let files = workspace.state_files();
    workspace.reconcile();
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn a_removal_and_a_status_by_hand_are_recorded_too() {
    let workspace = Workspace::waiting();
    workspace.edit("state/state.yaml", "    - vendor-admin\n", "");
    let text = workspace.read("state/state.yaml");
    let (head, sam) = text.split_once("  sam.reyes:").expect("Sam");
    workspace.write(
        "state/state.yaml",
        format!(
            "{head}  sam.reyes:{}",
            sam.replacen("active", "inactive", 1)
        ),
    );
    workspace.reconcile();
    let log = workspace.last_log();
    let sam = value(&log, "sam.reyes");
    assert_eq!(sam["removed"], serde_json::json!(["vendor-admin"]));
    assert_eq!(
        sam["status"],
        serde_json::json!({"old": "active", "new": "inactive"})
    );
    assert_eq!(log["compliance"], "non_compliant");
}

#[rstest]
#[case::not_due(addition(&["jane.doe"], &["vendor-admin"]) + "start_date: 2026-12-24\n", true)]
#[case::not_approved(addition(&["jane.doe"], &["vendor-admin"]), false)]
#[case::other_employee(addition(&["sam.reyes"], &["payroll-viewer"]), true)]
#[case::other_direction(reduction(&["jane.doe"], &["vendor-admin", "ap-clerk"]), true)]
fn a_request_that_does_not_cover_the_edit_does_not_make_it_compliant(
    #[case] text: String,
    #[case] approved: bool,
) {
    let workspace = Workspace::waiting();
    if approved {
        workspace.approved("other", &text);
    } else {
        workspace.request("other", &text);
    }
    workspace.give_jane("vendor-admin");
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "non_compliant");
    assert_eq!(
        value(&log, "jane.doe")["added"],
        serde_json::json!(["vendor-admin"])
    );
}

#[test]
fn the_oldest_request_that_covers_an_edit_gets_it() {
    let workspace = Workspace::waiting();
    workspace.approved_at(
        "a-younger",
        &addition(&["jane.doe"], &["vendor-admin"]),
        "2026-11-22T11:00:00Z",
    );
    workspace.approved_at(
        "z-older",
        &addition(&["jane.doe", "root.admin"], &["vendor-admin"]),
        "2026-11-22T09:00:00Z",
    );
    workspace.give_jane("vendor-admin");
    workspace.reconcile();
    let logs = workspace.logs();
    let by_hand = logs.iter().find(|log| log["actor"]["kind"] == "person");
    assert_eq!(by_hand.expect("a log")["request"]["id"], "z-older");
}

#[test]
fn one_hand_edit_gives_one_log_for_each_request_and_one_for_the_rest() {
    let workspace = Workspace::waiting();
    workspace.approved("view", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.give_jane("ap-payer\n    - payroll-viewer\n    - vendor-admin");
    workspace.edit(
        "state/state.yaml",
        "    - administrator\n",
        "    - administrator\n    - ap-clerk\n",
    );
    let before = workspace.logs().len();
    workspace.reconcile();
    let logs = workspace.logs().split_off(before);
    assert_eq!(logs.len(), 3, "{logs:#?}");
    let rest: Vec<_> = logs.iter().filter(|log| log["request"].is_null()).collect();
    assert_eq!(rest.len(), 1);
    assert_eq!(
        value(rest[0], "jane.doe")["added"],
        serde_json::json!(["vendor-admin"])
    );
    assert_eq!(
        value(rest[0], "root.admin")["added"],
        serde_json::json!(["ap-clerk"])
    );
    assert_eq!(workspace.logs_of("view").len(), 1);
    assert_eq!(workspace.logs_of("add").len(), 1);
}

#[test]
fn drift_refuse_stops_the_reconcile() {
    let workspace = Workspace::waiting();
    workspace.more_settings("drift: refuse\n");
    workspace.give_jane("vendor-admin");
    let files = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6);
    assert_eq!(workspace.state_files(), files);
}

#[rstest]
#[case::serial("serial: 1", "serial: 7")]
#[case::head("head: sha256:", "head: sha256:00")]
#[case::moment("as_of: 2026-11-23", "as_of: 2026-11-22")]
fn what_the_program_alone_writes_is_not_edited_by_hand(#[case] from: &str, #[case] to: &str) {
    let workspace = Workspace::waiting();
    workspace.edit("state/state.yaml", from, to);
    let files = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6);
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn the_record_of_a_request_is_not_edited_by_hand() {
    let workspace = Workspace::new();
    workspace.approved("add", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    workspace.edit("state/state.yaml", "status: complete", "status: cancelled");
    let files = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6);
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn an_employee_added_or_deleted_by_hand_is_recorded() {
    let workspace = Workspace::waiting();
    workspace.edit(
        "state/state.yaml",
        "  sam.reyes:\n",
        "  new.one:\n    name: New One\n    status: active\n    roles:\n    - payroll-viewer\n  sam.reyes:\n",
    );
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "non_compliant");
    assert_eq!(
        value(&log, "new.one")["added"],
        serde_json::json!(["payroll-viewer"])
    );
    let text = workspace.read("state/state.yaml");
    let from = text.find("  new.one:").expect("the employee");
    let to = text.find("  sam.reyes:").expect("Sam");
    workspace.write(
        "state/state.yaml",
        format!("{}{}", &text[..from], &text[to..]),
    );
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["compliance"], "non_compliant");
    assert_eq!(
        value(&log, "new.one")["removed"],
        serde_json::json!(["payroll-viewer"])
    );
    workspace.run(&["verify"]).exits(0);
}

#[test]
fn the_log_of_a_hand_edit_says_who_came_went_and_became_another() {
    let workspace = Workspace::new();
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    let (head, sam) = state.split_once("  sam.reyes:\n").expect("Sam");
    let (_, rest) = sam.split_once("...").expect("an end");
    let edited = head.replace("jane.doe@acme.example", "jane@acme.example");
    let edited = edited.replacen("status: active", "status: inactive", 1);
    workspace.write("state/state.yaml", format!("{edited}...{rest}"));
    workspace.reconcile();
    let log = workspace.run(&["log", "2"]).exits(0);
    let log = log.says("e-mail now jane@acme.example, was jane.doe@acme.example");
    log.says("now inactive").says("no employee any more");
    let state = workspace.read("state/state.yaml");
    workspace.write("state/state.yaml", state.replacen("inactive", "active", 1));
    workspace.reconcile();
    workspace.run(&["log", "3"]).exits(0).says("active again");
}

#[test]
fn of_somebody_whom_a_request_introduces_only_what_it_asks_for_is_compliant() {
    let workspace = Workspace::waiting();
    let introduction = "[{id: new.one, name: New One, email: new@acme.example}]";
    workspace.approved(
        "hire",
        &request("role_additions", introduction, "[ap-clerk]"),
    );
    workspace.edit(
        "state/state.yaml",
        "  root.admin:\n",
        "  new.one:\n    name: New One\n    email: new@acme.example\n    status: inactive\n    roles:\n    - ap-clerk\n    \
         - vendor-admin\n    temporary:\n    - {role: payroll-viewer, until: 2026-12-01T00:00:00Z, request: other}\n  \
         root.admin:\n",
    );
    workspace.reconcile();
    let covered = workspace.logs_of("hire").remove(0);
    assert_eq!(covered["compliance"], "compliant");
    let covered = value(&covered, "new.one");
    assert_eq!(covered["added"], serde_json::json!(["ap-clerk"]));
    assert_eq!(covered["record"]["status"], "active");
    let rest = workspace.last_log();
    assert_eq!(rest["compliance"], "non_compliant");
    let rest = value(&rest, "new.one");
    assert_eq!(
        rest["added"],
        serde_json::json!(["payroll-viewer", "vendor-admin"])
    );
    assert_eq!(
        rest["status"],
        serde_json::json!({"old": "active", "new": "inactive"})
    );
    workspace.run(&["verify"]).exits(0);
}

#[rstest]
#[case::as_asked("payroll-viewer", "2026-12-01T05:00:00Z", "lend", true)]
#[case::another_role("vendor-admin", "2026-12-01T05:00:00Z", "lend", false)]
#[case::another_end("payroll-viewer", "2026-12-02T05:00:00Z", "lend", false)]
#[case::another_request("payroll-viewer", "2026-12-01T05:00:00Z", "add", false)]
#[case::what_is_given_for_good("ap-payer", "2026-12-01T05:00:00Z", "add", false)]
fn a_loan_by_hand_is_compliant_where_a_request_asks_for_just_that(
    #[case] role: &str,
    #[case] until: &str,
    #[case] id: &str,
    #[case] is_compliant: bool,
) {
    let workspace = Workspace::waiting();
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30"),
    );
    workspace.by_hand(
        "jane.doe",
        "    - ap-clerk\n",
        &format!("    - ap-clerk\n    temporary:\n    - {{role: {role}, until: {until}, request: {id}}}\n"),
    );
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(value(&log, "jane.doe")["added"], serde_json::json!([role]));
    if is_compliant {
        assert_eq!(log["compliance"], "compliant");
        assert_eq!(log["request"]["id"], "lend");
        workspace.stands("lend", "approved", Some("temporary_end"));
    } else {
        assert_eq!(log["compliance"], "non_compliant");
        workspace.stands("lend", "approved", Some("manual_provisioning"));
    }
}

#[test]
fn a_hand_edit_that_comes_before_an_automatic_run_is_compliant() {
    let workspace = Workspace::new();
    workspace.reconcile();
    workspace.approved("add", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.give_jane("ap-payer");
    workspace.reconcile();
    let by_hand = workspace.logs().remove(1);
    assert_eq!(by_hand["actor"]["kind"], "person");
    assert_eq!(by_hand["compliance"], "compliant");
    assert_eq!(by_hand["request"]["id"], "add");
    workspace.stands("add", "complete", None);
}
