//! What a change log holds, and that it is the commit point.

use serde_json::{Value, json};

use crate::support::shapes::{addition, reduction, sha256, temporary, value};
use crate::support::{NOW, Workspace};

/// One addition has run; its log is the second.
fn one() -> (Workspace, Value) {
    let workspace = Workspace::new();
    workspace.approved("onboard-jane", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    let log = workspace.logs().remove(1);
    (workspace, log)
}

/// Whether a unified diff has a line with this mark and role.
fn marked(diff: &str, mark: char, role: &str) -> bool {
    diff.lines()
        .any(|line| line.starts_with(mark) && line.ends_with(role))
}

/// A document without its null fields.
fn without_nulls(document: &Value) -> Value {
    match document {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(entries) => entries.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

const FIRST: &str = "state/changelog/2026/000001-baseline.yaml";
const SECOND: &str = "state/changelog/2026/000002-onboard-jane.yaml";

#[test]
fn the_first_log_is_a_baseline_of_what_everybody_held() {
    let workspace = Workspace::new();
    let outcome = workspace.reconcile();
    assert_eq!(outcome["applied"][0]["request"], Value::Null);
    assert_eq!(outcome["applied"][0]["change_type"], "baseline");
    let log = workspace.logs().remove(0);
    assert_eq!(log["serial"], 1);
    assert_eq!(log["change_type"], "baseline");
    assert!(log["previous"].is_null());
    assert!(log["request"].is_null());
    assert_eq!(log["values"].as_array().map(Vec::len), Some(3));
    let sam = value(&log, "sam.reyes");
    assert_eq!(sam["name"], "Sam Reyes");
    assert_eq!(sam["new_roles"], json!(["ap-payer", "vendor-admin"]));
    assert_eq!(sam["old_roles"], sam["new_roles"]);
    assert_eq!(sam["added"], json!([]));
}

#[test]
fn a_log_is_a_file_named_by_year_serial_and_request() {
    let (workspace, _) = one();
    assert!(workspace.read(FIRST).contains("baseline"));
    assert!(workspace.read(SECOND).contains("onboard-jane"));
    assert_eq!(workspace.log_files(), 2);
}

#[test]
fn reconcile_names_the_serial_the_path_and_the_run_of_each_log() {
    let workspace = Workspace::new();
    workspace.approved("onboard-jane", &addition(&["jane.doe"], &["ap-payer"]));
    let outcome = workspace.reconcile();
    let applied = &outcome["applied"][1];
    assert_eq!(applied["serial"], 2);
    assert_eq!(applied["path"], SECOND);
    assert_eq!(applied["request"], "onboard-jane");
    assert_eq!(applied["run"], json!({"number": 1, "of": 1}));
    assert_eq!(outcome["serial"], 2);
    assert_eq!(outcome["head"], sha256(workspace.read(SECOND)).as_str());
    assert_eq!(workspace.status("onboard-jane")["logs"], json!([2]));
}

#[test]
fn logs_are_chained_by_the_hash_of_the_previous_file_and_gapless() {
    let (workspace, log) = one();
    workspace.approved("more", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    assert_eq!(log["previous"], sha256(workspace.read(FIRST)).as_str());
    let logs = workspace.logs();
    assert_eq!(logs[2]["previous"], sha256(workspace.read(SECOND)).as_str());
    let serials: Vec<_> = logs
        .iter()
        .map(|log| log["serial"].as_u64().expect("a number"))
        .collect();
    assert_eq!(serials, [1, 2, 3]);
    assert_ne!(logs[1]["state_after"], logs[2]["state_after"]);
    assert!(
        logs[2]["state_after"]
            .as_str()
            .is_some_and(|digest| digest.starts_with("sha256:"))
    );
}

#[test]
fn a_log_names_its_type_compliance_status_and_moment() {
    let (_, log) = one();
    assert_eq!(log["version"], 1);
    assert_eq!(log["change_type"], "user_onboarding");
    assert_eq!(log["compliance"], "compliant");
    assert!(
        log["compliance_reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty())
    );
    assert_eq!(log["status"], "closed");
    assert_eq!(log["created"], NOW);
    assert_eq!(log["run"], json!({"number": 1, "of": 1}));
}

#[test]
fn a_log_describes_its_request() {
    let (workspace, log) = one();
    let request = &log["request"];
    assert_eq!(request["id"], "onboard-jane");
    assert_eq!(request["path"], "requests/onboard-jane.yaml");
    assert_eq!(request["name"], "A change");
    assert_eq!(request["change_overview"], "Needed for a test");
    assert_eq!(request["requested_by"], "dana");
    let content = request["content"].as_str().expect("a hash");
    assert!(
        content.starts_with("sha256:") && content.len() == 71,
        "{content}"
    );
    assert!(workspace.read("state/state.yaml").contains(content));
}

#[test]
fn a_log_names_its_approvals() {
    let (_, log) = one();
    let approval = &log["approvals"][0];
    assert_eq!(approval["person"], "alice");
    assert_eq!(approval["decision"], "approve");
    assert_eq!(approval["at"], "2026-11-22T10:00:00Z");
    assert_eq!(approval["evidence"], "inline");
    assert_eq!(approval["assurance"], "claimed");
}

#[test]
fn the_actor_is_the_approver_straight_after_approval_and_the_system_on_schedule() {
    let (workspace, log) = one();
    assert_eq!(log["actor"]["kind"], "approver");
    assert!(
        log["actor"]["name"]
            .as_str()
            .is_some_and(|name| name == "alice" || name == "Alice Park")
    );
    let lines = "offboarding_date: 2026-11-23\n";
    workspace.approved("leave", &(reduction(&["sam.reyes"], &["ap-payer"]) + lines));
    workspace.reconcile();
    assert_eq!(workspace.logs_of("leave")[0]["actor"]["kind"], "system");
}

#[test]
fn the_actor_is_the_approver_where_the_approval_comes_at_the_scheduled_moment() {
    let workspace = Workspace::new();
    let lines = "offboarding_date: 2026-11-22\noffboarding_time: 05:00 am\n";
    workspace.approved("leave", &(reduction(&["sam.reyes"], &["ap-payer"]) + lines));
    workspace.reconcile();
    let log = &workspace.logs_of("leave")[0];
    assert_eq!(log["schedule"]["utc"], "2026-11-22T10:00:00Z");
    assert_eq!(log["actor"]["kind"], "approver");
}

#[test]
fn a_log_has_its_schedule() {
    let mut workspace = Workspace::new();
    let lines =
        "offboarding_date: 2026-11-30\noffboarding_time: 05:30 pm\ntimezone: America/Los_Angeles\n";
    workspace.approved("leave", &(reduction(&["sam.reyes"], &["ap-payer"]) + lines));
    workspace.at("2026-12-01T01:31:00Z");
    workspace.reconcile();
    let schedule = &workspace.logs_of("leave")[0]["schedule"];
    assert!(
        schedule["local"]
            .as_str()
            .is_some_and(|local| local.starts_with("2026-11-30T17:30:00")),
        "{schedule}"
    );
    assert_eq!(schedule["timezone"], "America/Los_Angeles");
    assert_eq!(schedule["utc"], "2026-12-01T01:30:00Z");
    assert_eq!(schedule["tzdb"], "2026f");
    assert_eq!(schedule["applied_at"], "2026-12-01T01:31:00Z");
    assert_eq!(schedule["lateness_seconds"], 60);
}

#[test]
fn a_log_shows_old_and_new_roles_with_id_name_and_difference() {
    let (_, log) = one();
    let jane = value(&log, "jane.doe");
    assert_eq!(jane["name"], "Jane Doe");
    assert_eq!(jane["old_roles"], json!(["ap-clerk"]));
    assert_eq!(jane["new_roles"], json!(["ap-clerk", "ap-payer"]));
    assert_eq!(jane["added"], json!(["ap-payer"]));
    assert_eq!(jane["removed"], json!([]));
    let diff = jane["diff"].as_str().expect("a diff");
    assert!(
        diff.contains("@@") && marked(diff, '+', "ap-payer"),
        "{diff}"
    );
    assert!(marked(diff, ' ', "ap-clerk"), "{diff}");
}

#[test]
fn a_removal_shows_in_the_difference() {
    let workspace = Workspace::new();
    workspace.approved("leave", &reduction(&["sam.reyes"], &["ap-payer"]));
    workspace.reconcile();
    let log = &workspace.logs_of("leave")[0];
    assert_eq!(log["change_type"], "user_offboarding");
    let sam = value(log, "sam.reyes");
    assert_eq!(sam["removed"], json!(["ap-payer"]));
    assert!(
        sam["diff"]
            .as_str()
            .is_some_and(|diff| marked(diff, '-', "ap-payer"))
    );
}

#[test]
fn temporary_access_has_two_logs() {
    let mut workspace = Workspace::new();
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30"),
    );
    workspace.reconcile();
    workspace.at("2026-12-01T05:00:10Z");
    workspace.reconcile();
    let logs = workspace.logs_of("lend");
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[0]["change_type"], "temporary_access_granted");
    assert_eq!(
        value(&logs[0], "jane.doe")["new_roles"],
        json!(["ap-clerk", "payroll-viewer"])
    );
    assert_eq!(logs[1]["change_type"], "temporary_access_ended");
    assert_eq!(logs[1]["actor"]["kind"], "system");
    assert_eq!(
        value(&logs[1], "jane.doe")["new_roles"],
        json!(["ap-clerk"])
    );
    assert_eq!(logs[1]["schedule"]["lateness_seconds"], 10);
}

#[test]
fn a_log_says_whether_the_clock_was_given_and_by_which_program_and_policy() {
    let (workspace, log) = one();
    assert_eq!(log["clock"], "given");
    assert_eq!(
        log["program"],
        concat!("rolecall ", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(
        log["policy"],
        sha256(workspace.read("rolecall.yaml")).as_str()
    );
}

#[test]
fn a_log_by_the_systems_clock_says_so() {
    let workspace = Workspace::new();
    workspace.approved_at(
        "change",
        &addition(&["jane.doe"], &["ap-payer"]),
        "2000-01-01T00:00:00Z",
    );
    let status = workspace
        .command(&["reconcile"])
        .env_remove("ROLECALL_NOW")
        .status()
        .expect("it starts");
    assert!(status.success());
    let output = workspace
        .command(&["log", "--format", "json"])
        .env_remove("ROLECALL_NOW")
        .output()
        .expect("it starts");
    let logs: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(logs["logs"][1]["clock"], "system");
}

#[test]
fn a_log_is_never_changed_after() {
    let (mut workspace, _) = one();
    let before = (workspace.read(FIRST), workspace.read(SECOND));
    workspace.approved("more", &reduction(&["jane.doe"], &["ap-payer"]));
    workspace.at("2026-11-24T12:00:00Z");
    workspace.reconcile();
    assert_eq!((workspace.read(FIRST), workspace.read(SECOND)), before);
}

#[test]
fn a_state_file_that_lags_behind_is_brought_up_to_date_from_the_logs() {
    let workspace = Workspace::new();
    workspace.reconcile();
    let lagging = workspace.read("state/state.yaml");
    workspace.approved("onboard-jane", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    let files = workspace.state_files();
    workspace.write("state/state.yaml", lagging);
    let outcome = workspace.reconcile();
    assert_eq!(outcome["applied"], json!([]));
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn log_gives_the_documents_of_the_files() {
    let (workspace, log) = one();
    let text = workspace.read(SECOND);
    let document: Value = serde_yaml::from_str(text.trim_end_matches(
        "...
",
    ))
    .expect("YAML");
    assert_eq!(without_nulls(&document), without_nulls(&log));
    let by_id = workspace.answer(&["log", "onboard-jane"], 0);
    assert_eq!(by_id["logs"], json!([log]));
    let by_serial = workspace.answer(&["log", "2"], 0);
    assert_eq!(by_serial["logs"], json!([log]));
}

#[test]
fn people_are_shown_the_change_types_by_their_names() {
    let mut workspace = Workspace::new();
    workspace.approved("add", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.approved("take", &reduction(&["sam.reyes"], &["ap-payer"]));
    workspace.approved(
        "lend",
        &temporary(&["sam.reyes"], &["payroll-viewer"], "2026-11-30"),
    );
    workspace.reconcile();
    workspace.at("2026-12-02T00:00:00Z");
    workspace.edit("state/state.yaml", "    - ap-clerk\n", "");
    workspace.reconcile();
    let shown = workspace.run(&["log"]).exits(0).out;
    for name in [
        "Baseline",
        "User Onboarding",
        "User Offboarding",
        "Temporary Access Granted",
        "Temporary Access Ended",
        "User Role Assignment Change",
    ] {
        assert!(shown.contains(name), "{name} is not in\n{shown}");
    }
}
