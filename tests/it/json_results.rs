//! Section 10: the JSON of what was done: `reconcile`, change logs, who holds what.

use rstest::rstest;
use serde_json::Value;

use crate::support::worlds::{addition, has_keys, loan};
use crate::support::{NOW, Workspace, find, strings};

fn json(workspace: &Workspace, arguments: &[&str], code: i32) -> Value {
    let arguments = [arguments, &["--format", "json"]].concat();
    let json = workspace.run(&arguments).exits(code).json();
    assert_eq!(json["version"], 1, "{json:#}");
    json
}

#[test]
fn reconcile_has_its_fields() {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let done = json(&workspace, &["reconcile"], 0);
    has_keys(
        &done,
        &["as_of", "serial", "head", "applied", "requests", "findings"],
    );
    assert_eq!(done["serial"], 2);
    let applied = done["applied"].as_array().expect("a list");
    assert_eq!(applied.len(), 2);
    assert_eq!(applied[0]["serial"], 1);
    assert_eq!(applied[0]["change_type"], "baseline");
    assert!(applied[0]["request"].is_null());
    assert_eq!(applied[1]["request"], "grant");
    assert_eq!(applied[1]["change_type"], "user_onboarding");
    assert_eq!(applied[1]["path"], "state/changelog/2026/000002-grant.yaml");
    assert_eq!(applied[1]["run"]["number"], 1);
    assert_eq!(applied[1]["run"]["of"], 1);
    let grant = find(&done["requests"], "grant").expect("the request");
    has_keys(
        grant,
        &[
            "id", "path", "status", "due", "approval", "runs", "logs", "findings",
        ],
    );
    assert_eq!(grant["status"], "complete");
    assert!(
        !workspace
            .read("state/changelog/2026/000002-grant.yaml")
            .is_empty()
    );
}

#[test]
fn a_change_log_has_its_fields() {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk, ap-payer]"));
    workspace.reconcile();
    let log = workspace.logs().pop().expect("a log");
    has_keys(
        &log,
        &[
            "version",
            "serial",
            "previous",
            "state_after",
            "change_type",
            "compliance",
            "compliance_reason",
            "status",
            "created",
            "request",
            "approvals",
            "actor",
            "schedule",
            "run",
            "values",
            "left_out",
            "warnings",
            "clock",
            "program",
            "policy",
        ],
    );
    assert_eq!(log["compliance"], "compliant");
    assert_eq!(log["status"], "closed");
    assert_eq!(log["created"], NOW);
    assert_eq!(log["clock"], "given");
    for (key, value) in [
        ("id", "grant"),
        ("path", "requests/grant.yaml"),
        ("name", "A change"),
        ("change_overview", "HR-1204"),
        ("requested_by", "dana"),
    ] {
        assert_eq!(log["request"][key], value);
    }
    assert!(
        log["request"]["content"]
            .as_str()
            .expect("a hash")
            .starts_with("sha256:")
    );
    assert!(
        log["policy"]
            .as_str()
            .expect("a hash")
            .starts_with("sha256:")
    );
    assert!(
        log["program"]
            .as_str()
            .expect("a version")
            .starts_with("rolecall ")
    );
    has_keys(
        &log["schedule"],
        &[
            "local",
            "timezone",
            "utc",
            "tzdb",
            "applied_at",
            "lateness_seconds",
        ],
    );
    let value = &log["values"][0];
    assert_eq!(value["id"], "sam.reyes");
    assert_eq!(value["name"], "Sam Reyes");
    assert_eq!(strings(&value["old_roles"]), ["ap-payer", "vendor-admin"]);
    assert_eq!(
        strings(&value["new_roles"]),
        ["ap-clerk", "ap-payer", "vendor-admin"]
    );
    assert_eq!(strings(&value["added"]), ["ap-clerk"]);
    assert_eq!(strings(&value["removed"]), Vec::<String>::new());
    let diff = value["diff"].as_str().expect("a diff");
    assert!(
        diff.contains('+') && diff.contains("ap-clerk") && diff.contains("@@"),
        "{diff}"
    );
    assert_eq!(log["left_out"][0]["employee"], "sam.reyes");
    assert_eq!(log["left_out"][0]["role"], "ap-payer");
    assert_eq!(log["left_out"][0]["reason"], "already_held");
}

#[test]
fn roles_and_holders_have_their_fields() {
    let workspace = Workspace::new();
    workspace.approved("lend", &loan("[jane.doe]", "[ap-payer]", "2026-11-30"));
    workspace.reconcile();
    let roles = json(&workspace, &["roles", "sam.reyes", "jane.doe"], 0);
    assert_eq!(roles["employees"].as_array().expect("a list").len(), 2);
    let jane = find(&roles["employees"], "jane.doe").expect("Jane").clone();
    assert_eq!(jane["name"], "Jane Doe");
    assert_eq!(jane["status"], "active");
    assert_eq!(strings(&jane["roles"]), ["ap-clerk"]);
    assert_eq!(jane["temporary"][0]["role"], "ap-payer");
    assert_eq!(jane["temporary"][0]["until"], "2026-12-01T05:00:00Z");
    assert_eq!(jane["temporary"][0]["request"], "lend");
    let holders = json(&workspace, &["holders", "ap-payer"], 0).to_string();
    assert!(
        holders.contains("jane.doe") && holders.contains("sam.reyes"),
        "{holders}"
    );
    assert!(!holders.contains("root.admin"), "{holders}");
}

#[rstest]
#[case::plan(&["plan"])]
#[case::status(&["status"])]
#[case::validate(&["validate"])]
#[case::reconcile(&["reconcile"])]
#[case::dry_run(&["reconcile", "--dry-run"])]
#[case::log(&["log"])]
#[case::roles(&["roles", "jane.doe"])]
#[case::holders(&["holders", "ap-clerk"])]
#[case::explain(&["explain", "jane.doe", "ap-clerk"])]
#[case::verify(&["verify"])]
fn json_is_versioned_and_alone_on_standard_output(#[case] arguments: &[&str]) {
    let workspace = Workspace::new();
    workspace.reconcile();
    assert!(json(&workspace, arguments, 0).is_object());
}
