//! The state file: one canonical form, which changes only when something changes.

use serde_json::{Value, json};

use crate::support::shapes::{addition, reduction, sha256, temporary};
use crate::support::{NOW, STATE, Workspace};

const STATE_FILE: &str = "state/state.yaml";

/// The state file as it stands after a reconcile, as a value.
#[track_caller]
fn state(workspace: &Workspace) -> Value {
    serde_yaml::from_str(workspace.read(STATE_FILE).trim_end_matches("...\n")).expect("YAML")
}

#[test]
fn the_last_line_is_three_dots() {
    let workspace = Workspace::new();
    workspace.reconcile();
    assert!(workspace.read(STATE_FILE).ends_with("\n...\n"));
}

#[test]
fn it_names_the_last_log_its_hash_and_the_moment() {
    let workspace = Workspace::new();
    workspace.approved("change", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    let state = state(&workspace);
    assert_eq!(state["version"], 1);
    assert_eq!(state["serial"], 2);
    assert_eq!(
        state["head"],
        sha256(workspace.read("state/changelog/2026/000002-change.yaml")).as_str()
    );
    assert_eq!(state["as_of"], NOW);
    let record = &state["requests"]["change"];
    assert_eq!(record["status"], "complete");
    assert_eq!(record["completed"], NOW);
    assert!(
        record["content"]
            .as_str()
            .is_some_and(|content| content.starts_with("sha256:"))
    );
}

#[test]
fn the_moment_moves_only_with_a_change() {
    let mut workspace = Workspace::new();
    workspace.reconcile();
    workspace.at("2026-11-25T12:00:00Z");
    workspace.reconcile();
    assert_eq!(state(&workspace)["as_of"], NOW);
    workspace.approved("change", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    assert_eq!(state(&workspace)["as_of"], "2026-11-25T12:00:00Z");
}

#[test]
fn each_role_has_its_line_and_all_is_sorted() {
    let workspace = Workspace::new();
    workspace.approved(
        "change",
        &addition(&["jane.doe"], &["vendor-admin", "payroll-viewer"]),
    );
    workspace.reconcile();
    let text = workspace.read(STATE_FILE);
    assert!(
        text.contains("    roles:\n    - ap-clerk\n    - payroll-viewer\n    - vendor-admin\n"),
        "{text}"
    );
    let position = |id: &str| {
        text.find(&format!("\n  {id}:\n"))
            .unwrap_or_else(|| panic!("{id} in {text}"))
    };
    assert!(position("jane.doe") < position("root.admin"));
    assert!(position("root.admin") < position("sam.reyes"));
}

#[test]
fn a_change_of_one_role_is_one_line_of_the_employees() {
    let workspace = Workspace::new();
    workspace.reconcile();
    let before = workspace.read(STATE_FILE);
    workspace.approved("change", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.reconcile();
    let after = workspace.read(STATE_FILE);
    let employees = |text: &str| {
        let from = text.find("employees:").expect("employees");
        let to = text.find("\nrequests:").unwrap_or(text.len());
        text[from..to]
            .trim_end_matches("...\n")
            .trim_end()
            .to_owned()
    };
    assert_eq!(
        employees(&after),
        employees(&before).replacen("    - ap-clerk", "    - ap-clerk\n    - ap-payer", 1)
    );
}

#[test]
fn one_content_has_one_form_however_the_state_was_started() {
    let (plain, odd) = (Workspace::new(), Workspace::new());
    odd.write(
        STATE_FILE,
        "employees:\n  sam.reyes: {roles: [vendor-admin, ap-payer], email: \"sam.reyes@acme.example\", name: Sam Reyes}\n  \
         root.admin: {name: 'Root Admin', status: active, email: root.admin@acme.example, roles: [administrator]}\n  \
         jane.doe:\n      email: jane.doe@acme.example\n      roles:\n        - ap-clerk\n      name: Jane Doe\nversion: 1\n",
    );
    plain.reconcile();
    odd.reconcile();
    assert_eq!(plain.read(STATE_FILE), odd.read(STATE_FILE));
}

#[test]
fn a_state_started_with_only_employees_gets_its_defaults() {
    let workspace = Workspace::new();
    workspace.write(
        STATE_FILE,
        "version: 1\nemployees:\n  jane.doe:\n    roles: [ap-clerk]\n  new.one: {}\n",
    );
    workspace.reconcile();
    let jane = workspace.employee("jane.doe");
    assert_eq!(jane["name"], "jane.doe");
    assert_eq!(jane["status"], "active");
    assert!(workspace.roles("new.one").is_empty());
}

#[test]
fn a_second_reconcile_changes_no_byte() {
    let mut workspace = Workspace::new();
    workspace.approved("add", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-12-01"),
    );
    workspace.approved("take", &reduction(&["sam.reyes"], &["ap-payer"]));
    workspace.request("open", &addition(&["sam.reyes"], &["ap-clerk"]));
    workspace.reconcile();
    let files = workspace.state_files();
    for now in [
        "2026-11-23T12:00:00Z",
        "2026-11-24T00:00:00Z",
        "2026-11-30T00:00:00Z",
    ] {
        workspace.at(now);
        assert_eq!(workspace.reconcile()["applied"], json!([]));
        assert_eq!(workspace.state_files(), files, "at {now}");
    }
}

#[test]
fn only_requests_that_started_or_ended_are_recorded() {
    let workspace = Workspace::new();
    workspace.approved("done", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.request("open", &addition(&["sam.reyes"], &["ap-clerk"]));
    workspace.approved(
        "later",
        &(addition(&["sam.reyes"], &["ap-clerk"]) + "start_date: 2026-12-24\n"),
    );
    workspace.request(
        "draft",
        &(addition(&["sam.reyes"], &["ap-clerk"]) + "draft: true\n"),
    );
    workspace.reconcile();
    let state = state(&workspace);
    let recorded: Vec<_> = state["requests"]
        .as_object()
        .expect("requests")
        .keys()
        .collect();
    assert_eq!(recorded, ["done"]);
}

#[test]
fn a_loan_is_written_with_its_role_end_and_request() {
    let workspace = Workspace::new();
    workspace.approved(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-11-30"),
    );
    workspace.reconcile();
    assert_eq!(
        state(&workspace)["employees"]["jane.doe"]["temporary"],
        json!([{"role": "payroll-viewer", "until": "2026-12-01T05:00:00Z", "request": "lend"}])
    );
}

#[test]
fn texts_that_yaml_would_take_for_something_else_survive() {
    let workspace = Workspace::new();
    let state = "version: 1\nemployees:\n  '1234':\n    name: 'null'\n  'no':\n    name: '- #: \"quoted\" ümläut'\n    roles:\n    - ap-clerk\n";
    workspace.write(STATE_FILE, state);
    workspace.reconcile();
    workspace.approved("change", &addition(&["'1234'", "'no'"], &["ap-payer"]));
    workspace.reconcile();
    assert_eq!(workspace.employee("1234")["name"], "null");
    assert_eq!(workspace.employee("no")["name"], "- #: \"quoted\" ümläut");
    assert_eq!(workspace.roles("no"), ["ap-clerk", "ap-payer"]);
    workspace.run(&["verify"]).exits(0);
}

#[test]
fn planning_writes_nothing() {
    let workspace = Workspace::new();
    workspace.approved("change", &addition(&["jane.doe"], &["ap-payer"]));
    let files = workspace.state_files();
    workspace.plan();
    workspace.run(&["reconcile", "--dry-run"]).exits(0);
    workspace.run(&["status"]).exits(0);
    workspace.run(&["validate"]).exits(0);
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn a_name_with_a_bidirectional_control_is_refused_in_a_hand_made_state() {
    let workspace = Workspace::new();
    let name = "name: \"Jane \\u202eeoD\"";
    workspace.write("state/state.yaml", STATE.replace("name: Jane Doe", name));
    workspace.run(&["reconcile"]).exits(3).says("jane.doe");
}

#[test]
fn a_state_with_requests_and_no_logs_does_not_verify() {
    let workspace = Workspace::new();
    let record = "status: complete, content: sha256:0000000000000000000000000000000000000000000000000000000000000000, \
                  completed: 2026-11-20T10:05:00Z";
    let state = format!("{STATE}requests:\n  grant: {{{record}}}\n");
    workspace.write("state/state.yaml", state);
    workspace.run(&["verify"]).exits(6);
    workspace.run(&["reconcile"]).exits(6);
}

#[test]
fn messages_about_the_state_name_no_options_of_a_library() {
    for (from, to) in [
        (
            "    name: Jane Doe\n",
            "    name: Jane Doe\n    name: Jane\n",
        ),
        ("    roles:\n    - ap-clerk\n", "    roles:\n    - null\n"),
    ] {
        let workspace = Workspace::new();
        workspace.write("state/state.yaml", STATE.replacen(from, to, 1));
        let run = workspace.run(&["reconcile"]).exits(3);
        for word in ["Options", "Policy", "deserialize", "Option<"] {
            assert!(!run.err.contains(word), "{}", run.err);
        }
    }
}
