//! Cutting a request into runs of fifteen employees and twenty roles.

use rstest::rstest;
use serde_json::Value;

use crate::support::Workspace;
use crate::support::shapes::{
    addition, applied, borrowed, list, numbered, reduction, request, temporary,
};

/// A world, and an approved request `big` that adds all roles to all employees.
fn big(employees: usize, roles: usize) -> Workspace {
    let workspace = Workspace::wide(employees, roles, 0);
    let (employees, roles) = (numbered("e", employees), numbered("r", roles));
    workspace.approved("big", &addition(&borrowed(&employees), &borrowed(&roles)));
    workspace
}

/// `(number, of)` of each log of a request.
fn numbers(logs: &[Value]) -> Vec<(u64, u64)> {
    logs.iter()
        .map(|log| {
            let number = |key: &str| log["run"][key].as_u64().expect("a number");
            (number("number"), number("of"))
        })
        .collect()
}

/// The employees whom a log gave or took something.
fn employees(log: &Value) -> Vec<String> {
    let values = log["values"].as_array().expect("a list of values");
    values
        .iter()
        .filter(|value| {
            value["added"] != Value::Array(vec![]) || value["removed"] != Value::Array(vec![])
        })
        .map(|value| value["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[rstest]
#[case::smallest(1, 1, 1)]
#[case::fifteen_employees_and_one_role_are_one_run(15, 1, 1)]
#[case::sixteen_employees_and_one_role_are_two_runs(16, 1, 2)]
#[case::one_employee_and_twenty_roles_are_one_run(1, 20, 1)]
#[case::one_employee_and_twenty_one_roles_are_two_runs(1, 21, 2)]
#[case::fifteen_by_twenty_is_one_run(15, 20, 1)]
#[case::sixteen_by_twenty_are_two_runs(16, 20, 2)]
#[case::sixteen_by_twenty_one_are_four_runs(16, 21, 4)]
#[case::thirty_one_by_forty_one_are_nine_runs(31, 41, 9)]
fn a_request_is_cut_into_groups_of_both(
    #[case] people: usize,
    #[case] roles: usize,
    #[case] runs: u64,
) {
    let workspace = big(people, roles);
    let plan = workspace.plan();
    let planned = plan["requests"][0]["runs"].as_array().expect("runs");
    assert_eq!(planned.len() as u64, runs);
    workspace.reconcile();
    let expected: Vec<_> = (1..=runs).map(|number| (number, runs)).collect();
    assert_eq!(numbers(&workspace.logs_of("big")), expected);
    for employee in numbered("e", people) {
        assert_eq!(workspace.roles(&employee).len(), roles, "{employee}");
    }
    workspace.stands("big", "complete", None);
}

#[test]
fn temporary_access_and_reductions_are_cut_as_well() {
    let workspace = Workspace::wide(16, 2, 1);
    let people = numbered("e", 16);
    workspace.approved(
        "a-lend",
        &temporary(&borrowed(&people), &["r02"], "2026-12-01"),
    );
    workspace.approved("b-leave", &reduction(&borrowed(&people), &["r01"]));
    workspace.reconcile();
    assert_eq!(numbers(&workspace.logs_of("a-lend")), [(1, 2), (2, 2)]);
    assert_eq!(numbers(&workspace.logs_of("b-leave")), [(1, 2), (2, 2)]);
    assert_eq!(workspace.holds("e16"), ["r02"]);
}

#[test]
fn employees_stay_in_file_order_and_one_employees_runs_follow_one_another() {
    let workspace = Workspace::wide(16, 21, 0);
    let mut people = numbered("e", 16);
    people.reverse();
    workspace.approved(
        "big",
        &addition(&borrowed(&people), &borrowed(&numbered("r", 21))),
    );
    workspace.reconcile();
    let logs = workspace.logs_of("big");
    let mut first: Vec<_> = people[..15].to_vec();
    first.sort();
    for (log, expected) in logs.iter().zip([
        &first,
        &first,
        &vec!["e01".to_owned()],
        &vec!["e01".to_owned()],
    ]) {
        let mut changed = employees(log);
        changed.sort();
        assert_eq!(&changed, expected);
    }
    assert_eq!(
        logs[0]["values"][0]["added"].as_array().map(Vec::len),
        Some(20)
    );
    assert_eq!(
        logs[1]["values"][0]["added"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn employees_who_need_no_change_still_count() {
    let workspace = Workspace::wide(16, 2, 0);
    workspace.employee_with("has.it", "active", &["r01"]);
    let mut people = numbered("e", 15);
    people.insert(0, "has.it".to_owned());
    workspace.approved("big", &addition(&borrowed(&people), &["r01"]));
    workspace.reconcile();
    let logs = workspace.logs_of("big");
    assert_eq!(numbers(&logs), [(1, 2), (2, 2)]);
    assert_eq!(employees(&logs[0]).len(), 14);
    assert_eq!(employees(&logs[1]), ["e15"]);
}

#[test]
fn a_run_that_changes_nothing_writes_its_log() {
    let workspace = Workspace::wide(16, 1, 1);
    workspace.employee_with("new.one", "active", &[]);
    let mut people = numbered("e", 15);
    people.push("new.one".to_owned());
    workspace.approved("big", &addition(&borrowed(&people), &["r01"]));
    workspace.reconcile();
    let logs = workspace.logs_of("big");
    assert_eq!(numbers(&logs), [(1, 2), (2, 2)]);
    assert!(employees(&logs[0]).is_empty());
    assert_eq!(employees(&logs[1]), ["new.one"]);
}

#[test]
fn max_runs_stops_and_the_next_reconcile_goes_on() {
    let workspace = big(31, 21);
    let outcome = workspace.answer(&["reconcile", "--max-runs", "2"], 0);
    assert_eq!(applied(&outcome).len(), 2);
    let status = workspace.stands("big", "approved", Some("runs"));
    assert_eq!(
        status["user_provisioning_error"],
        "In process: 2 of 6 runs complete"
    );
    assert_eq!(status["runs"], serde_json::json!({"done": 2, "of": 6}));
    workspace.answer(&["reconcile", "--max-runs", "3"], 0);
    let status = workspace.stands("big", "approved", Some("runs"));
    assert_eq!(
        status["user_provisioning_error"],
        "In process: 5 of 6 runs complete"
    );
    assert_eq!(applied(&workspace.reconcile()).len(), 1);
    let status = workspace.stands("big", "complete", None);
    assert!(status["user_provisioning_error"].is_null());
    assert_eq!(
        numbers(&workspace.logs_of("big")),
        [(1, 6), (2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]
    );
}

#[test]
fn runs_one_by_one_end_in_the_same_bytes_as_all_at_once() {
    let (parted, whole) = (big(16, 21), big(16, 21));
    for _ in 0..4 {
        parted.answer(&["reconcile", "--max-runs", "1"], 0);
    }
    whole.reconcile();
    assert_eq!(
        parted.read("state/state.yaml"),
        whole.read("state/state.yaml")
    );
}

#[test]
fn max_runs_does_not_count_the_ends_of_access() {
    let mut workspace = Workspace::wide(1, 3, 0);
    workspace.approved("lend", &temporary(&["e01"], &["r01"], "2026-11-30"));
    workspace.reconcile();
    workspace.approved(
        "first",
        &(addition(&["e01"], &["r02"]) + "start_date: 2026-12-02\n"),
    );
    workspace.approved(
        "second",
        &(addition(&["e01"], &["r03"]) + "start_date: 2026-12-03\n"),
    );
    workspace.at("2026-12-05T00:00:00Z");
    let outcome = workspace.answer(&["reconcile", "--max-runs", "1"], 0);
    assert_eq!(
        applied(&outcome),
        ["lend:temporary_access_ended", "first:user_onboarding"]
    );
}

#[test]
fn holders_are_ordered_by_id_and_kept_for_the_runs_that_follow() {
    let workspace = Workspace::wide(16, 1, 1);
    workspace.employee_with("a.late", "active", &[]);
    workspace.approved("close", &request("role_reductions", "holders", "[r01]"));
    workspace.answer(&["reconcile", "--max-runs", "1"], 0);
    let logs = workspace.logs_of("close");
    assert_eq!(employees(&logs[0]), numbered("e", 15));
    // Who becomes a holder between the runs is not among those the first run found.
    workspace.approved_at(
        "late",
        &addition(&["a.late"], &["r01"]),
        "2026-11-21T10:00:00Z",
    );
    workspace.reconcile();
    assert_eq!(numbers(&workspace.logs_of("close")), [(1, 2), (2, 2)]);
    assert!(workspace.roles("e16").is_empty());
    assert_eq!(workspace.roles("a.late"), ["r01"]);
    workspace.stands("close", "complete", None);
}

#[test]
fn all_is_the_union_by_role_id_and_kept_for_the_runs_that_follow() {
    let workspace = Workspace::wide(1, 23, 20);
    workspace.employee_with("other", "active", &["r21", "r22"]);
    workspace.approved("leave", &request("role_reductions", "[other, e01]", "all"));
    let plan = workspace.plan();
    let runs = plan["requests"][0]["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["roles"], serde_json::json!(numbered("r", 20)));
    assert_eq!(runs[1]["roles"], serde_json::json!(["r21", "r22"]));
    workspace.answer(&["reconcile", "--max-runs", "1"], 0);
    assert!(workspace.roles("e01").is_empty());
    // A role given between the runs is not among those the first run found.
    workspace.approved_at(
        "late",
        &addition(&["e01"], &["r23"]),
        "2026-11-21T10:00:00Z",
    );
    workspace.reconcile();
    assert_eq!(numbers(&workspace.logs_of("leave")), [(1, 2), (2, 2)]);
    assert_eq!(workspace.roles("e01"), ["r23"]);
    assert!(workspace.roles("other").is_empty());
}

#[test]
fn roles_that_wait_for_a_person_are_left_out_before_cutting() {
    let workspace = Workspace::wide(1, 20, 0);
    let mut roles = vec!["administrator".to_owned()];
    roles.extend(numbered("r", 20));
    workspace.approved("big", &addition(&["e01"], &borrowed(&roles)));
    workspace.reconcile();
    assert_eq!(numbers(&workspace.logs_of("big")), [(1, 1)]);
    assert_eq!(workspace.roles("e01").len(), 20);
}

#[test]
fn an_approved_change_between_two_runs_starts_the_numbering_anew() {
    let workspace = big(31, 1);
    workspace.answer(&["reconcile", "--max-runs", "2"], 0);
    workspace.approved("big", &addition(&borrowed(&numbered("e", 16)), &["r01"]));
    workspace.reconcile();
    let logs = workspace.logs_of("big");
    assert_eq!(numbers(&logs), [(1, 3), (2, 3), (1, 2), (2, 2)]);
    assert!(workspace.roles("e31").is_empty());
    assert_eq!(workspace.roles("e16"), ["r01"]);
    workspace.stands("big", "complete", None);
}

#[test]
fn the_plan_lists_employees_and_roles_of_each_run_and_none_for_a_request_that_waits() {
    let workspace = big(16, 1);
    let later =
        request("role_additions", "[jane.doe]", &list(&["r01"])) + "start_date: 2026-12-24\n";
    workspace.approved("later", &later);
    let plan = workspace.plan();
    let run = &plan["requests"][0]["runs"][1];
    assert_eq!(run["number"], 2);
    assert_eq!(run["of"], 2);
    assert_eq!(run["employees"], serde_json::json!(["e16"]));
    assert_eq!(run["changes"][0]["employee"], "e16");
    assert_eq!(run["changes"][0]["add"], serde_json::json!(["r01"]));
    assert_eq!(plan["requests"][1]["runs"], serde_json::json!([]));
    assert_eq!(plan["summary"]["additions"], 16);
    assert_eq!(plan["summary"]["runs"], 2);
}
