//! `plan --out` and `reconcile --plan`: just the plan that was looked at, or nothing.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::worlds::{addition, log_paths, reduction, settings_with};
use crate::support::{STATE, Workspace};

/// A world with one approved request, and its plan in `plan.json`.
fn saved() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    save(&workspace);
    workspace
}

#[track_caller]
fn save(workspace: &Workspace) {
    workspace.run(&["plan", "--out", "plan.json"]).exits(0);
}

/// Asserts that the saved plan is refused with a message, and that nothing is written.
#[track_caller]
fn is_refused(workspace: &Workspace, message: &str) {
    let before = workspace.state_files();
    workspace
        .run(&["reconcile", "--plan", "plan.json"])
        .exits(4)
        .says(message)
        .says("rolecall plan --out");
    assert_eq!(workspace.state_files(), before);
}

fn file(workspace: &Workspace) -> Value {
    serde_json::from_str(&workspace.read("plan.json")).expect("JSON")
}

#[test]
fn a_saved_plan_has_what_plan_prints_and_where_it_starts_from() {
    let workspace = saved();
    let saved = file(&workspace);
    assert_eq!(saved["version"], 1);
    assert_eq!(saved["rolecall"], "saved plan");
    assert_eq!(saved["created"], "2026-11-23T12:00:00Z");
    assert_eq!(
        (&saved["serial"], &saved["head"]),
        (&json!(0), &json!(null))
    );
    assert_eq!(saved["plan"], workspace.plan());
    assert_eq!(saved["digest"], saved["plan"]["digest"]);
    assert_eq!(saved["logs"].as_array().expect("a list").len(), 2);
    assert_eq!(saved["logs"][1]["request"], "grant");
    assert!(log_paths(&workspace).is_empty(), "nothing was carried out");
}

#[test]
fn out_leaves_what_is_printed_as_it_is() {
    let workspace = saved();
    let plain = workspace.run(&["plan", "--format", "json"]).exits(0);
    let saving = workspace
        .run(&["plan", "--format", "json", "--out", "plan.json"])
        .exits(0);
    assert_eq!(saving.out, plain.out);
}

#[test]
fn a_saved_plan_is_carried_out_once() {
    let mut workspace = saved();
    workspace.at("2026-11-23T13:00:00Z");
    let done = ["reconcile", "--plan", "plan.json", "--format", "json"];
    let done = workspace.run(&done).exits(0).json();
    assert_eq!(done["applied"].as_array().expect("a list").len(), 2);
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-clerk", "ap-payer", "vendor-admin"]
    );
    is_refused(&workspace, "was carried out already: change logs 1 to 2");
    workspace.approved("more", &addition("[sam.reyes]", "[payroll-viewer]"));
    workspace.reconcile();
    is_refused(&workspace, "was carried out already: change logs 1 to 2");
}

#[test]
fn a_plan_that_a_plain_reconcile_carried_out_is_carried_out_too() {
    let workspace = saved();
    workspace.reconcile();
    is_refused(&workspace, "was carried out already");
}

#[test]
fn a_plan_of_nothing_can_be_carried_out_as_often_as_one_likes() {
    let workspace = saved();
    workspace.reconcile();
    save(&workspace);
    let before = workspace.state_files();
    for _ in 0..2 {
        workspace
            .run(&["reconcile", "--plan", "plan.json"])
            .exits(0);
    }
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn a_plan_that_was_carried_out_in_part_says_so() {
    let workspace = Workspace::new();
    workspace.approved("a-first", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.approved("b-second", &addition("[jane.doe]", "[ap-payer]"));
    save(&workspace);
    workspace.run(&["reconcile", "--max-runs", "1"]).exits(0);
    is_refused(
        &workspace,
        "carried out in part: change logs 1 to 2, 2 of 3",
    );
}

#[test]
fn another_change_since_is_told_apart() {
    let workspace = saved();
    workspace.reconcile();
    workspace.approved("one", &addition("[jane.doe]", "[ap-payer]"));
    save(&workspace);
    std::fs::remove_file(workspace.path().join("requests/one.yaml")).expect("it goes");
    workspace.approved("other", &addition("[jane.doe]", "[vendor-admin]"));
    workspace.reconcile();
    is_refused(
        &workspace,
        "the state has moved on: the saved plan was made after change log 2, and the newest is 3",
    );
}

#[rstest]
#[case::request_changed("grant", &addition("[sam.reyes]", "[payroll-viewer]"))]
#[case::request_more("more", &addition("[jane.doe]", "[payroll-viewer]"))]
fn another_plan_is_refused(#[case] id: &str, #[case] request: &str) {
    let workspace = saved();
    workspace.approved(id, request);
    is_refused(&workspace, "is not the one of now");
    assert!(log_paths(&workspace).is_empty());
}

#[test]
fn an_approval_that_was_taken_back_is_refused() {
    let workspace = saved();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    is_refused(&workspace, "is not the one of now");
}

#[test]
fn what_fell_due_since_is_refused() {
    let mut workspace = Workspace::new();
    let later = addition("[sam.reyes]", "[ap-clerk]") + "start_date: 2026-11-30\n";
    workspace.approved("later", &later);
    save(&workspace);
    workspace.at("2026-12-01T12:00:00Z");
    is_refused(&workspace, "is not the one of now");
}

#[test]
fn a_first_state_that_was_changed_since_is_another_one() {
    let workspace = saved();
    let state = STATE.replace("    - ap-payer\n", "");
    workspace.write("state/state.yaml", state);
    is_refused(&workspace, "of another state");
}

#[test]
fn a_state_of_another_history_is_another_one() {
    let workspace = saved();
    workspace.reconcile();
    save(&workspace);
    let other = saved();
    other.write("plan.json", workspace.read("plan.json"));
    is_refused(&other, "after change log 2, but the state here is before");
    let mut other = saved();
    other.at("2026-11-23T12:30:00Z");
    other.reconcile();
    other.write("plan.json", workspace.read("plan.json"));
    is_refused(&other, "of another state");
    other.approved("more", &addition("[jane.doe]", "[ap-payer]"));
    other.reconcile();
    is_refused(&other, "of another state");
}

#[test]
fn a_hand_edit_since_is_refused() {
    let workspace = saved();
    workspace.reconcile();
    save(&workspace);
    let state = workspace.read("state/state.yaml");
    workspace.write(
        "state/state.yaml",
        state.replace("    - vendor-admin\n", ""),
    );
    is_refused(&workspace, "is not the one of now");
    save(&workspace);
    workspace
        .run(&["reconcile", "--plan", "plan.json"])
        .exits(0);
}

#[test]
fn a_saved_plan_passes_the_limits() {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings_with("limits: {removals: 0}"));
    workspace.approved("take", &reduction("[sam.reyes]", "[ap-payer]"));
    save(&workspace);
    workspace.run(&["reconcile"]).exits(4);
    workspace
        .run(&["reconcile", "--plan", "plan.json"])
        .exits(0);
    assert_eq!(workspace.roles("sam.reyes"), ["vendor-admin"]);
}

#[rstest]
#[case(&["plan", "--out", "x", "--at", "2026-12-01T00:00:00Z"])]
#[case(&["plan", "--out", "x", "--assume-approved"])]
#[case(&["plan", "--out", "x", "--output", "x"])]
#[case(&["reconcile", "--plan", "plan.json", "--confirm", "sha256:00"])]
#[case(&["reconcile", "--plan", "plan.json", "--max-runs", "1"])]
#[case(&["reconcile", "--plan", "plan.json", "--dry-run"])]
fn what_contradicts_a_saved_plan_is_wrong_usage(#[case] arguments: &[&str]) {
    let workspace = saved();
    workspace.run(arguments).exits(64);
    assert!(log_paths(&workspace).is_empty());
    assert!(!workspace.path().join("x").exists());
}

#[test]
fn a_file_that_is_no_saved_plan_is_invalid_input() {
    let workspace = saved();
    let whole = workspace.read("plan.json");
    let plan = workspace.plan().to_string();
    for (text, message) in [
        ("", "line 1"),
        (&whole[..whole.len() / 2], "line"),
        (plan.as_str(), "saved plan"),
        (
            &whole.replacen("\"serial\"", "\"more\": 1, \"serial\"", 1),
            "more",
        ),
    ] {
        workspace.write("plan.json", text);
        workspace
            .run(&["reconcile", "--plan", "plan.json"])
            .exits(3)
            .says("plan.json is no saved plan")
            .says(message);
    }
    workspace
        .run(&["reconcile", "--plan", "none.json"])
        .exits(1)
        .says("none.json");
    assert!(log_paths(&workspace).is_empty());
}

#[test]
fn a_plan_that_cannot_be_saved_is_not_printed() {
    let workspace = saved();
    let run = workspace
        .run(&["plan", "--out", "no/such/folder/plan.json"])
        .exits(1);
    assert_eq!(run.out, "");
}
