//! Section 10: `--output FILE` writes to what the name stands for, and costs nothing where it cannot.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::Workspace;
use crate::support::worlds::{addition, ended, matches, reduction, settings_with, start};

/// A world with one approved request.
fn with_grant() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace
}

#[test]
fn output_through_a_link_leaves_the_link_in_place() {
    let workspace = with_grant();
    let target = workspace.write("elsewhere/report.json", "old");
    let link = workspace.path().join("link.json");
    symlink(&target, &link).expect("a link");
    workspace
        .run(&["plan", "--format", "json", "--output", "link.json"])
        .exits(0);
    assert!(link.symlink_metadata().expect("the link").is_symlink());
    assert!(workspace.read("elsewhere/report.json").starts_with('{'));
}

#[test]
fn output_to_standard_output_by_name_is_the_form_alone() {
    let workspace = with_grant();
    let run = workspace.run(&["plan", "--format", "json", "--output", "/dev/stdout"]);
    assert_eq!(run.exits(0).json()["version"], 1);
    assert!(
        fs::symlink_metadata("/dev/stdout")
            .expect("it is there")
            .is_symlink()
    );
}

#[test]
fn output_keeps_the_permissions_of_the_file() {
    let workspace = with_grant();
    let file = workspace.write("report.json", "old");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
    workspace
        .run(&["plan", "--format", "json", "--output", "report.json"])
        .exits(0);
    let mode = fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(workspace.read("report.json").starts_with('{'));
}

#[test]
fn output_that_cannot_be_written_stops_before_the_first_write() {
    for file in ["no/such/folder/report.json", "requests"] {
        let workspace = with_grant();
        let before = workspace.state_files();
        let run = workspace.run(&["reconcile", "--output", file]).exits(1);
        matches(&run.err, file);
        assert_eq!(workspace.state_files(), before, "{file}");
    }
}

/// Runs a command with and without `--output`, and holds that the terminal gets the human form, and the file what the command
/// prints of that form alone.
#[track_caller]
fn is_in_both_forms(workspace: &Workspace, command: &[&str], format: &str, code: i32) -> String {
    let human = workspace.run(command).exits(code);
    let alone = workspace.run(&[command, &["--format", format]].concat());
    let alone = alone.exits(code);
    let both = [command, &["--format", format, "--output", "form.txt"]].concat();
    let both = workspace.run(&both).exits(code);
    assert_eq!(both.out, human.out);
    assert_eq!(both.err, human.err);
    let form = workspace.read("form.txt");
    assert_eq!(form, alone.out);
    assert_ne!(form, human.out);
    form
}

#[test]
fn one_run_gives_the_form_and_the_human_text_also_where_a_request_is_invalid() {
    let workspace = with_grant();
    workspace.request("bad", "name: [\n");
    for format in ["markdown", "json"] {
        let form = is_in_both_forms(&workspace, &["plan"], format, 3);
        matches(&form, "bad");
    }
    for format in ["github", "sarif", "json"] {
        let form = is_in_both_forms(&workspace, &["validate"], format, 3);
        matches(&form, r"requests/bad\.yaml");
    }
}

#[test]
fn a_comment_says_what_stops_the_plan() {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings_with("limits: {removals: 0}"));
    workspace.approved("offboard", &reduction("[sam.reyes]", "all"));
    workspace.request("bad", "name: [\n");
    let form = is_in_both_forms(&workspace, &["plan"], "markdown", 3);
    assert!(form.starts_with("<!-- rolecall:plan -->\n"), "{form}");
    matches(&form, "over a limit: a reconcile would write nothing");
    matches(&form, "1 request is invalid and left alone: bad");
    fs::remove_file(workspace.path().join("requests/offboard.yaml")).expect("it is there");
    let form = is_in_both_forms(&workspace, &["plan"], "markdown", 3);
    matches(&form, "request is invalid and left alone");
}

#[test]
fn a_reconcile_that_a_limit_refuses_writes_its_plan_to_the_file() {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings_with("limits: {removals: 0}"));
    workspace.approved("offboard", &reduction("[sam.reyes]", "all"));
    let form = is_in_both_forms(&workspace, &["reconcile"], "json", 4);
    let plan: serde_json::Value = serde_json::from_str(&form).expect("JSON");
    assert_eq!(plan["brake"][0]["limit"], "removals");
}

#[test]
fn a_reconcile_with_a_failed_change_writes_its_outcome_to_the_file() {
    let workspace = Workspace::new();
    let state = workspace.read("state/state.yaml");
    let state = state.replacen("status: active", "status: inactive", 1);
    workspace.write("state/state.yaml", state);
    workspace.approved(
        "grant",
        &addition("[jane.doe, sam.reyes]", "[payroll-viewer]"),
    );
    let run = workspace.run(&["reconcile", "--format", "json", "--output", "outcome.json"]);
    let run = run.exits(7);
    assert!(!run.out.starts_with('{'), "{}", run.out);
    let outcome: serde_json::Value =
        serde_json::from_str(&workspace.read("outcome.json")).expect("JSON");
    assert_eq!(outcome["version"], 1);
    assert!(outcome["applied"].is_array(), "{outcome:#}");
}

#[test]
fn what_is_found_is_one_sarif_log_also_where_nothing_is() {
    let workspace = with_grant();
    let log = workspace
        .run(&["validate", "--format", "sarif"])
        .exits(0)
        .json();
    assert_eq!(log["version"], "2.1.0");
    workspace.request("bad", "name: [\n");
    let log = workspace
        .run(&["validate", "--format", "sarif"])
        .exits(3)
        .json();
    let results = log["runs"][0]["results"].as_array().expect("results");
    let error = results.iter().find(|result| result["level"] == "error");
    let place = &error.expect("an error")["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "requests/bad.yaml");
    assert!(place["region"]["startLine"].as_u64() >= Some(1));
}

#[test]
fn sarif_is_for_validate_alone() {
    let workspace = with_grant();
    let run = workspace.run(&["plan", "--format", "sarif"]).exits(64);
    run.says("this command has no --format sarif");
}

#[rstest::rstest]
#[case::state(&["plan", "--format", "json", "--output", "state/state.yaml"])]
#[case::settings(&["plan", "--output", "./rolecall.yaml"])]
#[case::saved(&["plan", "--out", "state/changelog/plan.json"])]
fn a_report_is_not_written_over_what_is_kept(#[case] arguments: &[&str]) {
    let workspace = Workspace::new();
    workspace.reconcile();
    let before = (workspace.state_files(), workspace.read("rolecall.yaml"));
    workspace.run(arguments).exits(64).says("another file");
    let after = (workspace.state_files(), workspace.read("rolecall.yaml"));
    assert_eq!(after, before);
}

#[test]
fn the_human_form_goes_to_the_file_and_to_the_terminal() {
    let workspace = with_grant();
    let alone = workspace.run(&["plan"]).exits(0);
    let run = workspace.run(&["plan", "--output", "plan.txt"]).exits(0);
    assert_eq!(run.out, alone.out);
    assert_eq!(workspace.read("plan.txt"), alone.out);
    let coloured = workspace.run(&["plan", "--color", "always", "--output", "plan.txt"]);
    assert!(coloured.exits(0).out.contains('\u{1b}'));
    assert_eq!(
        workspace.read("plan.txt"),
        alone.out,
        "a file has no colours"
    );
    let twice = workspace.run(&["plan", "--output", "/dev/stdout"]).exits(0);
    assert_eq!(twice.out, alone.out, "it is the same place");
}

#[test]
fn a_terminal_that_takes_nothing_is_an_error() {
    let workspace = with_grant();
    let mut command = workspace.around("sh");
    command.args(["-c", "exec \"$0\" plan > /dev/full"]);
    command.arg(crate::support::program());
    let run = ended(start(command)).exits(1);
    matches(&run.err, "failed to write standard output");
}
