//! Section 10: the exit codes, one by one.

use rstest::rstest;

use crate::support::worlds::{addition, settings_with};
use crate::support::{STATE, Workspace};

#[rstest]
#[case::nothing_to_do(&["reconcile"], 0)]
#[case::plan(&["plan"], 0)]
#[case::status(&["status"], 0)]
#[case::validate(&["validate"], 0)]
#[case::roles(&["roles", "jane.doe"], 0)]
#[case::holders(&["holders", "ap-clerk"], 0)]
#[case::holders_of_a_role_nobody_has(&["holders", "payroll-viewer"], 0)]
#[case::help(&["--help"], 0)]
#[case::version(&["--version"], 0)]
#[case::help_of_a_command(&["plan", "--help"], 0)]
#[case::unknown_employee(&["roles", "jane.do"], 3)]
#[case::one_unknown_employee_of_two(&["roles", "jane.doe", "jane.do"], 3)]
#[case::unknown_role(&["holders", "ap-clark"], 3)]
#[case::explain_an_unknown_employee(&["explain", "jane.do", "ap-clerk"], 3)]
#[case::explain_an_unknown_role(&["explain", "jane.doe", "ap-clark"], 3)]
#[case::status_of_an_unknown_request(&["status", "nothing"], 3)]
#[case::log_of_an_unknown_request(&["log", "nothing"], 3)]
#[case::log_of_an_unknown_serial(&["log", "99"], 3)]
#[case::complete_an_unknown_request(&["complete", "nothing", "--by", "alice"], 3)]
#[case::resolve_an_unknown_serial(&["resolve", "99", "--by", "alice", "--note", "x"], 3)]
#[case::another_digest(&["reconcile", "--confirm", "sha256:00"], 4)]
#[case::unknown_head(&["verify", "--expect-head", "sha256:00"], 6)]
#[case::no_command(&[], 64)]
#[case::unknown_command(&["reconsile"], 64)]
#[case::unknown_flag(&["plan", "--nonsense"], 64)]
#[case::missing_value(&["plan", "--at"], 64)]
#[case::missing_argument(&["roles"], 64)]
#[case::complete_by_nobody(&["complete", "nothing"], 64)]
#[case::unknown_format(&["plan", "--format", "xml"], 64)]
#[case::status_has_no_markdown(&["status", "--format", "markdown"], 64)]
#[case::time_without_a_zone(&["plan", "--at", "2026-11-23T12:00:00"], 64)]
#[case::time_that_is_none(&["--now", "tomorrow", "plan"], 64)]
#[case::day_that_is_none(&["--now", "2026-02-30T12:00:00Z", "plan"], 64)]
#[case::negative_runs(&["reconcile", "--max-runs", "-1"], 64)]
#[case::unknown_schema(&["schema", "people"], 64)]
#[case::unknown_shell(&["completions", "cmd"], 64)]
fn a_command_exits_with_its_code(#[case] arguments: &[&str], #[case] code: i32) {
    let workspace = Workspace::new();
    workspace.reconcile();
    let before = workspace.state_files();
    workspace.run(arguments).exits(code);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn a_clock_by_environment_that_is_none_exits_64() {
    let mut workspace = Workspace::new();
    workspace.at("soon");
    workspace.run(&["plan"]).exits(64);
}

#[test]
fn detailed_exitcode_is_2_where_something_would_be_applied_now() {
    let mut workspace = Workspace::new();
    let plan = ["plan", "--detailed-exitcode"];
    workspace.run(&plan).exits(2);
    workspace.reconcile();
    workspace.run(&plan).exits(0);
    workspace.approved(
        "grant",
        &(addition("[sam.reyes]", "[ap-clerk]") + "start_date: 2026-11-30\n"),
    );
    workspace.run(&plan).exits(0);
    workspace.at("2026-12-01T00:00:00Z");
    workspace.run(&plan).exits(2);
    workspace.run(&["plan"]).exits(0);
    workspace.reconcile();
    workspace.run(&plan).exits(0);
}

#[test]
fn an_invalid_request_exits_3_in_plan_and_reconcile_and_0_in_status() {
    let workspace = Workspace::new();
    workspace.request("bad", "name: [\n");
    workspace.run(&["plan"]).exits(3);
    workspace.run(&["status"]).exits(0);
    workspace.run(&["validate"]).exits(3);
    workspace.run(&["reconcile"]).exits(3);
}

#[test]
fn a_failed_change_exits_7_and_an_invalid_request_wins() {
    let workspace = Workspace::new();
    workspace.write(
        "rolecall.yaml",
        settings_with(
            "separation_of_duties:\n- {id: two, roles: [ap-payer, ap-clerk], action: deny}",
        ),
    );
    workspace.approved("grant", &addition("[sam.reyes, root.admin]", "[ap-clerk]"));
    workspace.run(&["plan"]).exits(0);
    workspace.run(&["reconcile"]).exits(7);
    assert_eq!(workspace.roles("root.admin"), ["administrator", "ap-clerk"]);
    assert_eq!(workspace.status("grant")["waiting_for"], "retry");
    workspace.request("bad", "name: [\n");
    workspace.run(&["reconcile"]).exits(3);
}

#[test]
fn no_state_and_no_logs_exits_3_with_the_way_out() {
    let workspace = Workspace::new();
    std::fs::remove_file(workspace.path().join("state/state.yaml")).expect("the file goes");
    workspace.run(&["reconcile"]).exits(3).says("import");
    assert!(workspace.state_files().is_empty());
}

#[test]
fn an_output_that_cannot_be_written_exits_1() {
    let workspace = Workspace::new();
    let output = [
        "status",
        "--format",
        "json",
        "--output",
        "no/such/folder/status.json",
    ];
    workspace.run(&output).exits(1);
}

#[test]
fn a_second_init_exits_3() {
    let workspace = Workspace::empty();
    workspace.run(&["init"]).exits(0);
    workspace.run(&["init"]).exits(3);
}

#[test]
fn an_unknown_id_gets_a_suggestion() {
    let workspace = Workspace::new();
    workspace
        .run(&["roles", "jane.do"])
        .exits(3)
        .says("jane.doe");
    workspace
        .run(&["holders", "ap-clark"])
        .exits(3)
        .says("ap-clerk");
}

#[rstest]
#[case::far_past("0001-01-01T00:00:00+01:00")]
#[case::far_future("9999-12-31T23:59:59Z")]
#[case::leap_second("2016-12-31T23:59:60Z")]
fn a_clock_that_no_file_can_say_again_is_wrong_usage(#[case] now: &str) {
    let workspace = Workspace::new();
    workspace.run(&["--now", now, "reconcile"]).exits(64);
    workspace.run(&["plan", "--at", now]).exits(64);
    assert_eq!(workspace.read("state/state.yaml"), STATE);
}

#[test]
fn a_dry_run_refuses_a_digest_that_is_none() {
    let workspace = Workspace::new();
    workspace
        .run(&["reconcile", "--dry-run", "--confirm", "junk"])
        .exits(4);
}
