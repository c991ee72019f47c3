//! Section 10: the JSON that scripts rely on, field by field.

use rstest::rstest;
use serde_json::Value;

use crate::support::worlds::{addition, has_keys, loan, reduction};
use crate::support::{NOW, Workspace, find, strings};

const REQUEST: [&str; 9] = [
    "id",
    "path",
    "name",
    "access_type",
    "change_type",
    "status",
    "waiting_for",
    "user_provisioning_error",
    "due",
];
const FINDING: [&str; 7] = [
    "code", "severity", "message", "path", "line", "column", "hint",
];

/// One request of each kind: due, waiting, invalid, a draft, and for a person.
fn world() -> Workspace {
    let workspace = Workspace::new();
    workspace.reconcile();
    workspace.approved("due", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.approved("later", &(reduction("[sam.reyes]", "[ap-payer]") + "offboarding_date: 2026-11-30\noffboarding_time: 05:30 pm\ntimezone: America/Los_Angeles\n"));
    workspace.approved(
        "by-hand",
        &addition("[jane.doe]", "[administrator, ap-payer]"),
    );
    workspace.request(
        "draft",
        &(addition("[jane.doe]", "[ap-payer]") + "draft: true\n"),
    );
    workspace.request("invalid", &addition("[jane.doe]", "[nothing]"));
    workspace
}

fn json(workspace: &Workspace, arguments: &[&str], code: i32) -> Value {
    let arguments = [arguments, &["--format", "json"]].concat();
    let json = workspace.run(&arguments).exits(code).json();
    assert_eq!(json["version"], 1, "{json:#}");
    json
}

fn request(json: &Value, id: &str) -> Value {
    find(&json["requests"], id)
        .unwrap_or_else(|| panic!("{id} is not in {json:#}"))
        .clone()
}

#[test]
fn plan_has_its_fields() {
    let plan = json(&world(), &["plan"], 3);
    has_keys(
        &plan,
        &[
            "as_of", "digest", "summary", "requests", "expiries", "drift", "findings",
        ],
    );
    assert_eq!(plan["as_of"], NOW);
    let summary = &plan["summary"];
    has_keys(
        summary,
        &["additions", "removals", "inactivations", "runs", "requests"],
    );
    assert_eq!(summary["additions"], 2);
    assert_eq!(summary["removals"], 0);
    assert_eq!(summary["inactivations"], 0);
    assert_eq!(summary["runs"], 2);
    assert_eq!(summary["requests"], 2);
    assert_eq!(plan["expiries"].to_string(), "[]");
    assert_eq!(plan["drift"].to_string(), "[]");
}

#[test]
fn a_request_in_a_plan_has_its_fields() {
    let plan = json(&world(), &["plan"], 3);
    let due = request(&plan, "due");
    has_keys(&due, &REQUEST);
    has_keys(&due, &["approval", "runs", "manual", "findings"]);
    assert_eq!(due["path"], "requests/due.yaml");
    assert_eq!(due["name"], "A change");
    assert_eq!(due["access_type"], "role_additions");
    assert_eq!(due["change_type"], "user_onboarding");
    assert_eq!(due["status"], "approved");
    assert!(due["user_provisioning_error"].is_null());
    has_keys(
        &due["approval"],
        &["required", "given", "evidence", "assurance"],
    );
    let run = &due["runs"][0];
    assert_eq!(run["number"], 1);
    assert_eq!(run["of"], 1);
    assert_eq!(strings(&run["employees"]), ["sam.reyes"]);
    assert_eq!(strings(&run["roles"]), ["ap-clerk"]);
    let change = &run["changes"][0];
    assert_eq!(change["employee"], "sam.reyes");
    assert_eq!(strings(&change["add"]), ["ap-clerk"]);
    assert_eq!(strings(&change["remove"]), Vec::<String>::new());
    assert_eq!(change["inactivate"], false);
}

#[test]
fn a_request_that_waits_has_no_runs_and_says_what_for() {
    let later = request(&json(&world(), &["plan"], 3), "later");
    assert_eq!(later["status"], "approved");
    assert_eq!(later["waiting_for"], "schedule");
    assert_eq!(later["runs"].to_string(), "[]");
    let due = &later["due"];
    assert_eq!(due["local"], "2026-11-30T17:30:00-08:00");
    assert_eq!(due["timezone"], "America/Los_Angeles");
    assert_eq!(due["utc"], "2026-12-01T01:30:00Z");
    assert!(due["tzdb"].as_str().expect("a version").starts_with("20"));
}

#[test]
fn what_is_left_to_a_person_is_listed() {
    let by_hand = request(&json(&world(), &["plan"], 3), "by-hand");
    assert_eq!(by_hand["manual"].as_array().expect("a list").len(), 1);
    let manual = &by_hand["manual"][0];
    assert_eq!(manual["employee"], "jane.doe");
    assert_eq!(manual["role"], "administrator");
    assert_eq!(manual["action"], "add");
    assert_eq!(strings(&by_hand["runs"][0]["roles"]), ["ap-payer"]);
}

#[rstest]
#[case::draft("draft", "not_started")]
#[case::invalid("invalid", "invalid")]
fn other_requests_are_listed_with_their_status(#[case] id: &str, #[case] status: &str) {
    let workspace = world();
    for command in ["plan", "status"] {
        let code = if command == "plan" { 3 } else { 0 };
        let listed = request(&json(&workspace, &[command], code), id);
        assert_eq!(listed["status"], status);
        assert!(listed["waiting_for"].is_null());
    }
}

#[test]
fn a_finding_has_its_fields() {
    let invalid = request(&json(&world(), &["status"], 0), "invalid");
    let finding = &invalid["findings"][0];
    has_keys(finding, &FINDING);
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["path"], "requests/invalid.yaml");
    assert_eq!(finding["line"], 6);
    assert!(finding["column"].as_u64().expect("a column") > 1);
    assert!(finding["code"].as_str().expect("a code").starts_with("RC"));
    let report = json(&world(), &["validate"], 3);
    has_keys(&report["findings"][0], &FINDING);
}

#[test]
fn an_expiry_in_a_plan_has_its_fields() {
    let mut workspace = Workspace::new();
    workspace.approved("lend", &loan("[sam.reyes]", "[ap-clerk]", "2026-11-24"));
    workspace.reconcile();
    workspace.at("2026-11-26T00:00:00Z");
    let plan = json(&workspace, &["plan"], 0);
    assert_eq!(plan["expiries"].as_array().expect("a list").len(), 1);
    let expiry = &plan["expiries"][0];
    assert_eq!(expiry["employee"], "sam.reyes");
    assert_eq!(expiry["role"], "ap-clerk");
    assert_eq!(expiry["request"], "lend");
    assert!(
        expiry["due"].to_string().contains("2026-11-25T05:00:00Z"),
        "{expiry:#}"
    );
}

#[test]
fn status_has_its_fields_sorted_by_id_finished_ones_included() {
    let workspace = world();
    workspace.run(&["reconcile"]).exits(3);
    let status = json(&workspace, &["status"], 0);
    assert_eq!(status["as_of"], NOW);
    let requests = status["requests"].as_array().expect("a list");
    let ids: Vec<&str> = requests
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert_eq!(ids, ["by-hand", "draft", "due", "invalid", "later"]);
    for one in requests {
        has_keys(one, &REQUEST);
        has_keys(one, &["approval", "runs", "logs", "findings"]);
        has_keys(&one["runs"], &["done", "of"]);
    }
    let due = request(&status, "due");
    assert_eq!(due["status"], "complete");
    assert!(due["waiting_for"].is_null());
    assert_eq!(due["runs"]["done"], 1);
    assert_eq!(due["runs"]["of"], 1);
    assert_eq!(due["logs"].as_array().expect("a list").len(), 1);
}

#[test]
fn status_of_one_request_is_that_request_in_full() {
    let status = json(&world(), &["status", "later"], 0);
    assert_eq!(status["requests"].as_array().expect("a list").len(), 1);
    assert_eq!(status["requests"][0]["id"], "later");
}

#[test]
fn a_request_between_its_runs_says_how_many_are_done() {
    let workspace = Workspace::new();
    let many: Vec<String> = (0..16)
        .map(|n| format!("{{id: e{n:02}, name: E}}"))
        .collect();
    workspace.approved(
        "many",
        &addition(&format!("[{}]", many.join(", ")), "[ap-clerk]"),
    );
    workspace.run(&["reconcile", "--max-runs", "1"]).exits(0);
    let many = workspace.status("many");
    assert_eq!(many["waiting_for"], "runs");
    assert_eq!(many["runs"]["done"], 1);
    assert_eq!(many["runs"]["of"], 2);
    assert_eq!(
        many["user_provisioning_error"],
        "In process: 1 of 2 runs complete"
    );
}
