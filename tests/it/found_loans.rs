//! Loans that testers broke: ends that move, hand edits between, requests that change, administrators that stay.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::shapes::{addition, applied, left_out, numbered, reduction, temporary, value};
use crate::support::{NOW, Workspace};

/// After the end of the 30th of November in New York.
const AFTER: &str = "2026-12-01T05:00:00Z";

/// Jane's loan of `payroll-viewer` until the end of a day.
fn loan(end_date: &str) -> String {
    temporary(&["jane.doe"], &["payroll-viewer"], end_date)
}

/// Jane holds `payroll-viewer` until the end of the 30th, by the request `lend`.
#[track_caller]
fn lent() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("lend", &loan("2026-11-30"));
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    workspace
}

/// The moment at which Jane's loan ends.
#[track_caller]
fn end_of(workspace: &Workspace) -> Value {
    workspace.employee("jane.doe")["temporary"][0]["until"].clone()
}

/// The *Temporary Access Ended* logs of a request.
#[track_caller]
fn ended(workspace: &Workspace, id: &str) -> Vec<Value> {
    let mut logs = workspace.logs_of(id);
    logs.retain(|log| log["change_type"] == "temporary_access_ended");
    logs
}

/// What keeps Jane from being given a role by a new request.
fn hinder(workspace: &Workspace, how: &str) {
    if how == "inactive" {
        workspace.by_hand("jane.doe", "status: active", "status: inactive");
        workspace.reconcile();
    } else {
        workspace.more_settings(
            "separation_of_duties:\n- {id: s, roles: [ap-clerk, payroll-viewer], action: deny}\n",
        );
    }
}

#[rstest]
fn an_approved_end_moves_whatever_would_hinder_a_new_loan(
    #[values("inactive", "apart")] how: &str,
    #[values("25", "28")] day: &str,
) {
    let mut workspace = lent();
    hinder(&workspace, how);
    workspace.approved("lend", &loan(&format!("2026-11-{day}")));
    workspace.reconcile();
    let end = format!(
        "2026-11-{}T05:00:00Z",
        day.parse::<u8>().expect("a day") + 1
    );
    assert_eq!(end_of(&workspace), end.as_str());
    workspace.at(&end);
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
}

#[rstest]
#[case::inactive("inactive")]
#[case::apart("apart")]
fn a_later_end_moves_too_and_ends_then(#[case] how: &str) {
    let mut workspace = lent();
    hinder(&workspace, how);
    workspace.approved("lend", &loan("2026-12-05"));
    workspace.reconcile();
    assert_eq!(end_of(&workspace), "2026-12-06T05:00:00Z");
    workspace.at("2026-12-06T05:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
}

#[rstest]
#[case::name("name: A change", "name: Forged")]
#[case::requester("requested_by: dana", "requested_by: mallory@evil.example")]
#[case::zone("end_date:", "timezone: Asia/Tokyo\nend_date:")]
#[case::overview("Needed for a test", "Forged")]
#[case::draft("end_date:", "draft: true\nend_date:")]
fn the_log_of_an_end_shows_the_approved_content(#[case] from: &str, #[case] to: &str) {
    let mut workspace = lent();
    let granted = workspace.last_log();
    workspace.request("lend", &loan("2026-11-30").replace(from, to));
    workspace.reconcile();
    workspace.at(AFTER);
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["change_type"], "temporary_access_ended");
    assert_eq!(log["request"], granted["request"]);
    assert_eq!(log["approvals"], granted["approvals"]);
    assert_eq!(log["schedule"]["timezone"], "America/New_York");
    assert_eq!(log["schedule"]["utc"], AFTER);
}

/// Jane alone is an administrator, for a time, and the request `lend` has ended.
#[track_caller]
pub fn last_administrator() -> Workspace {
    let workspace = Workspace::new();
    workspace.edit(
        "state/state.yaml",
        "    - administrator\n",
        "    - ap-clerk\n",
    );
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["administrator"], "2026-11-30"),
    );
    workspace.reconcile();
    workspace
        .run(&["complete", "lend", "--by", "alice"])
        .exits(0);
    assert_eq!(workspace.lent("jane.doe"), ["administrator"]);
    workspace
}

#[rstest]
#[case::intact("")]
#[case::deleted("delete")]
#[case::draft("draft: true\n")]
#[case::cancelled("cancelled: No longer\n")]
fn a_refused_end_of_the_last_administrator_is_a_failure_with_its_reason(#[case] how: &str) {
    let mut workspace = last_administrator();
    if how == "delete" {
        workspace.delete("requests/lend.yaml");
    } else {
        workspace.edit(
            "requests/lend.yaml",
            "end_date:",
            &format!("{how}end_date:"),
        );
    }
    workspace.at(AFTER);
    for _ in 0..2 {
        let outcome = workspace.reconcile_exits(7);
        let lend = crate::support::find(&outcome["requests"], "lend").expect("the request");
        let error = lend["user_provisioning_error"].as_str().expect("a reason");
        assert!(
            error.contains("jane.doe") && error.contains("administrator"),
            "{error}"
        );
        if how.is_empty() {
            assert_eq!(lend["status"], "approved");
            assert_eq!(lend["waiting_for"], "retry");
        }
    }
    assert_eq!(workspace.lent("jane.doe"), ["administrator"]);
}

#[test]
fn a_refused_end_happens_once_somebody_else_is_an_administrator() {
    let mut workspace = last_administrator();
    workspace.at(AFTER);
    workspace.reconcile_exits(7);
    workspace.approved("other", &addition(&["sam.reyes"], &["administrator"]));
    workspace.reconcile_exits(7);
    workspace
        .run(&["complete", "other", "--by", "alice"])
        .exits(0);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
    assert_eq!(ended(&workspace, "lend").len(), 1);
}

#[test]
fn an_approved_new_start_beyond_the_old_end_lends_again_then() {
    let mut workspace = lent();
    workspace.approved("lend", &(loan("2026-12-20") + "start_date: 2026-12-10\n"));
    workspace.reconcile();
    workspace.at("2026-12-02T00:00:00Z");
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    workspace.stands("lend", "approved", Some("schedule"));
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.at("2026-12-10T05:00:00Z");
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_granted"]
    );
    assert_eq!(end_of(&workspace), "2026-12-21T05:00:00Z");
}

#[test]
fn an_approved_change_that_waits_for_a_person_survives_the_old_end() {
    let mut workspace = lent();
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved("lend", &loan("2026-12-05"));
    workspace.reconcile();
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "approved", Some("manual_provisioning"));
    workspace
        .run(&["complete", "lend", "--by", "alice"])
        .exits(0);
    assert_eq!(end_of(&workspace), "2026-12-06T05:00:00Z");
}

#[test]
fn an_approved_change_of_the_type_survives_the_old_end_and_runs_at_its_moment() {
    let mut workspace = lent();
    workspace.approved(
        "lend",
        &(reduction(&["jane.doe"], &["ap-clerk"]) + "offboarding_date: 2026-12-10\n"),
    );
    workspace.reconcile();
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "approved", Some("schedule"));
    workspace.at("2026-12-10T05:00:00Z");
    assert_eq!(applied(&workspace.reconcile()), ["lend:user_offboarding"]);
    assert!(workspace.holds("jane.doe").is_empty());
    workspace.stands("lend", "complete", None);
}

#[test]
fn a_cancelled_loan_whose_grants_are_gone_stays_cancelled_after_its_end() {
    let mut workspace = lent();
    workspace.approved("revoke", &reduction(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    workspace.edit(
        "requests/lend.yaml",
        "end_date:",
        "cancelled: No\nend_date:",
    );
    for now in ["2026-11-24T12:00:00Z", AFTER, "2026-12-02T00:00:00Z"] {
        workspace.at(now);
        workspace.reconcile();
        workspace.stands("lend", "cancelled", None);
    }
}

#[test]
fn a_loan_made_by_hand_before_the_first_log_ends_by_itself_and_completes_nothing() {
    let mut workspace = Workspace::new();
    workspace.edit(
        "state/state.yaml",
        "    - ap-clerk\n",
        "    - ap-clerk\n    temporary:\n    - {role: payroll-viewer, until: 2026-11-24T12:00:00Z, request: lend}\n",
    );
    workspace.approved("lend", &(loan("2026-12-20") + "start_date: 2026-12-10\n"));
    workspace.reconcile();
    workspace.at("2026-11-24T12:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "approved", Some("schedule"));
    workspace.at("2026-12-10T05:00:00Z");
    workspace.reconcile();
    assert_eq!(end_of(&workspace), "2026-12-21T05:00:00Z");
    workspace.run(&["verify"]).exits(0);
}

#[test]
fn an_end_moved_into_the_past_takes_the_loan_back_at_once() {
    let mut workspace = lent();
    workspace.at("2026-11-27T12:00:00Z");
    workspace.approved("lend", &loan("2026-11-25"));
    assert_eq!(
        applied(&workspace.reconcile()),
        ["lend:temporary_access_ended"]
    );
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    let log = workspace.last_log();
    assert_eq!(log["schedule"]["utc"], "2026-11-26T05:00:00Z");
    assert_eq!(
        value(&log, "jane.doe")["removed"],
        json!(["payroll-viewer"])
    );
    workspace.stands("lend", "complete", None);
    workspace.at(AFTER);
    assert!(applied(&workspace.reconcile()).is_empty());
}

#[rstest]
#[case::removed("role_reductions", "not_held")]
#[case::given_for_good("role_additions", "kept")]
fn an_end_with_nothing_to_take_back_says_why(#[case] kind: &str, #[case] reason: &str) {
    let mut workspace = lent();
    workspace.approved(
        "other",
        &crate::support::shapes::request(kind, "[jane.doe]", "[payroll-viewer]"),
    );
    workspace.reconcile();
    workspace.at(AFTER);
    workspace.reconcile();
    let logs = ended(&workspace, "lend");
    assert_eq!(logs.len(), 1);
    assert!(
        left_out(&logs[0], "jane.doe", "payroll-viewer", reason),
        "{logs:#?}"
    );
}

#[test]
fn a_loan_that_could_only_be_given_later_is_in_process_until_its_end() {
    let mut workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    let text = temporary(&["tom.gone"], &["payroll-viewer"], "2026-11-30");
    workspace.approved("lend", &text);
    workspace.reconcile_exits(7);
    let text = addition(&["tom.gone"], &["ap-clerk"]) + "reactivate: true\n";
    workspace.approved("rehire", &text);
    workspace.reconcile();
    workspace.stands("lend", "approved", Some("temporary_end"));
    workspace.at(AFTER);
    workspace.reconcile();
    assert_eq!(workspace.holds("tom.gone"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
}

#[test]
fn an_end_that_was_moved_by_hand_for_one_ends_it_for_nobody_else() {
    let mut workspace = Workspace::new();
    let text = temporary(
        &["jane.doe", "sam.reyes"],
        &["payroll-viewer"],
        "2026-11-30",
    );
    workspace.approved("lend", &text);
    workspace.reconcile();
    workspace.by_hand("jane.doe", AFTER, "2026-11-28T05:00:00Z");
    workspace.reconcile();
    workspace.at("2026-11-28T06:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    assert_eq!(workspace.lent("sam.reyes"), ["payroll-viewer"]);
    workspace.stands("lend", "approved", Some("temporary_end"));
    workspace.at(AFTER);
    workspace.reconcile();
    assert!(workspace.lent("sam.reyes").is_empty());
    workspace.stands("lend", "complete", None);
}

/// What is logged when the loan by the request `lend` ends.
#[track_caller]
fn log_of_end(workspace: &mut Workspace) -> Value {
    workspace.at(AFTER);
    workspace.reconcile();
    ended(workspace, "lend").pop().expect("a log")
}

#[test]
fn a_role_that_another_request_still_lends_is_kept_and_the_log_says_until_when() {
    let mut workspace = lent();
    workspace.approved("longer", &loan("2026-12-24"));
    let another = temporary(&["jane.doe"], &["vendor-admin"], "2026-12-29");
    workspace.approved("other", &another);
    workspace.reconcile();
    let log = log_of_end(&mut workspace);
    let detail = &log["left_out"][0]["detail"];
    assert_eq!(detail, "kept: lent by longer until 2026-12-25T05:00:00Z");
}

#[test]
fn a_role_that_was_given_for_good_meanwhile_is_kept_and_the_log_says_so() {
    let mut workspace = lent();
    workspace.approved("add", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    let log = log_of_end(&mut workspace);
    let detail = &log["left_out"][0]["detail"];
    assert_eq!(detail, "kept: held permanently");
}

#[test]
fn the_log_of_an_end_names_what_was_not_lent_beside_what_was() {
    let mut workspace = Workspace::new();
    let text = temporary(&["jane.doe"], &["ap-clerk", "payroll-viewer"], "2026-11-30");
    workspace.approved("lend", &text);
    workspace.reconcile();
    let log = log_of_end(&mut workspace);
    assert!(left_out(&log, "jane.doe", "ap-clerk", "kept"), "{log:#}");
    assert_eq!(log["left_out"].as_array().map(Vec::len), Some(1));
}

/// A request that lends no longer, and one that waits for a person because of it, both at this very moment.
#[rstest]
#[case::nothing_of_it_has_run(&["jane.doe"])]
#[case::a_run_of_it_is_over(&[
    "e01", "e02", "e03", "e04", "e05", "e06", "e07", "e08", "e09", "e10", "e11", "e12", "e13", "e14", "e15", "jane.doe",
])]
fn what_becomes_empty_at_its_own_moment_completes_in_the_same_pass(#[case] from: &[&str]) {
    let workspace = Workspace::wide(15, 1, 0);
    for employee in numbered("e", 15) {
        workspace.by_hand(&employee, "roles: []", "roles: [payroll-viewer]");
    }
    workspace.approved(
        "lend",
        &temporary(
            &["jane.doe", "sam.reyes"],
            &["payroll-viewer"],
            "2026-11-30",
        ),
    );
    workspace.reconcile();
    let text = reduction(from, &["payroll-viewer"]);
    if from.len() > 1 {
        workspace.approved("take", &text);
        workspace.answer(&["reconcile", "--max-runs", "1"], 0);
        workspace.stands("take", "approved", Some("runs"));
    } else {
        workspace.approved_at("take", &text, NOW);
    }
    workspace.settings("auto_role_removal: true", "auto_role_removal: false");
    let less = temporary(&["sam.reyes"], &["payroll-viewer"], "2026-11-30");
    workspace.approved_at("lend", &less, NOW);
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("take", "complete", None);
}
