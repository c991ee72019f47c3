//! Section 10: the JSON Schemas accept what the program accepts, and refuse what it refuses.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::worlds::{addition, loan, reduction, settings_with, with_four_logs};
use crate::support::{APPROVED, SETTINGS, STATE, Workspace};

fn validator(kind: &str) -> jsonschema::Validator {
    let schema = Workspace::empty().run(&["schema", kind]).exits(0).json();
    assert!(schema["$schema"].is_string(), "{schema:#}");
    jsonschema::validator_for(&schema).expect("a JSON Schema")
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).expect("YAML")
}

#[track_caller]
fn accepts(kind: &str, document: &Value) {
    let errors: Vec<String> = validator(kind)
        .iter_errors(document)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

#[rstest]
#[case::addition(addition("[sam.reyes]", "[ap-clerk]"))]
#[case::approved(addition("[sam.reyes]", "[ap-clerk]") + APPROVED)]
#[case::introduced(addition("[{id: x, name: X, email: x@a.example}]", "[ap-clerk]"))]
#[case::all(reduction("[sam.reyes]", "all") + "inactivate_after_removal: true\n")]
#[case::holders(reduction("holders", "[ap-clerk]"))]
#[case::dated(reduction("[a]", "all") + "offboarding_date: 2026-11-30\noffboarding_time: 05:30 pm\n")]
#[case::loan(loan("[sam.reyes]", "[ap-clerk]", "2026-12-01") + "end_time: '17:30'\n")]
#[case::form(addition("[a]", "[b]") + "form: contractor\ncustom: {ticket: HR-1}\n")]
#[case::draft(addition("[a]", "[b]") + "draft: true\n")]
#[case::cancelled(addition("[a]", "[b]") + "cancelled: no longer needed\n")]
fn a_valid_request_fits_its_schema(#[case] request: String) {
    accepts("request", &yaml(&request));
}

#[rstest]
#[case::unknown_key(addition("[a]", "[b]") + "nmae: x\n")]
#[case::no_name(addition("[a]", "[b]").replace("name: A change\n", ""))]
#[case::no_employees(addition("[]", "[b]"))]
#[case::unknown_access_type(addition("[a]", "[b]").replace("role_additions", "role_addition"))]
#[case::draft_as_text(addition("[a]", "[b]") + "draft: 'true'\n")]
#[case::employees_as_text(addition("a", "[b]"))]
#[case::impossible_employee(addition("['../../state']", "[b]"))]
fn an_invalid_request_does_not_fit_its_schema(#[case] request: String) {
    assert!(!validator("request").is_valid(&yaml(&request)), "{request}");
}

#[test]
fn settings_fit_their_schema() {
    accepts("settings", &yaml(SETTINGS));
    let more = "approval: {branch: main, block_own: true, valid_for_days: 90}\n\
        groups: {leads: [alice, dana]}\n\
        separation_of_duties:\n- {id: x, roles: [ap-clerk, ap-payer], action: deny}\n\
        limits: {removals: 5, removal_percent: 10, inactivations: 2}\n\
        forms: {contractor: {fields: {ticket: {required: true, pattern: '^HR', description: T}}}}\n\
        drift: refuse";
    let settings = settings_with(more);
    accepts("settings", &yaml(&settings));
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings);
    workspace.run(&["validate"]).exits(0);
}

#[rstest]
#[case::unknown_key("limit: {removals: 3}")]
#[case::unknown_drift("drift: ignore")]
#[case::text_for_a_number("limits: {removals: many}")]
fn wrong_settings_do_not_fit_their_schema(#[case] more: &str) {
    let settings = settings_with(more);
    assert!(!validator("settings").is_valid(&yaml(&settings)));
}

#[test]
fn a_state_by_hand_and_a_written_state_fit_their_schema() {
    accepts("state", &yaml(STATE));
    accepts("state", &yaml("version: 1\nemployees:\n  x: {}\n"));
    let workspace = with_four_logs();
    workspace.approved(
        "lend",
        &loan("[jane.doe]", "[payroll-viewer]", "2026-12-01"),
    );
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    accepts(
        "state",
        &yaml(state.strip_suffix("...\n").expect("a last line")),
    );
    assert!(!validator("state").is_valid(&json!({"version": 1, "employes": {}})));
}

#[test]
fn every_change_log_fits_its_schema() {
    let workspace = with_four_logs();
    workspace.approved(
        "lend",
        &loan("[jane.doe]", "[payroll-viewer]", "2026-12-01"),
    );
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    workspace.write(
        "state/state.yaml",
        state.replacen("    - ap-clerk\n", "    - ap-clerk\n    - ap-payer\n", 1),
    );
    workspace.reconcile();
    workspace
        .run(&["resolve", "6", "--by", "alice", "--note", "Agreed"])
        .exits(0);
    let logs = workspace.logs();
    assert_eq!(logs.len(), 7);
    for log in &logs {
        accepts("changelog", log);
        let mut more = log.clone();
        more["unknown"] = json!(1);
        assert!(!validator("changelog").is_valid(&more));
    }
}
