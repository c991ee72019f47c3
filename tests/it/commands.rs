//! Section 10: what each command does, and the forms it prints in.

use rstest::rstest;

use crate::support::Workspace;
use crate::support::worlds::{addition, loan, log_paths, matches, with_four_logs};

#[rstest]
#[case::plan(&["plan"])]
#[case::dry_run(&["reconcile", "--dry-run"])]
#[case::status(&["status"])]
#[case::validate(&["validate"])]
#[case::explain(&["explain", "jane.doe", "ap-clerk"])]
#[case::verify(&["verify"])]
fn a_command_that_reads_writes_nothing(#[case] arguments: &[&str]) {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let before = workspace.state_files();
    let run = workspace.run(arguments);
    assert!(
        !(run.out + &run.err).is_empty(),
        "{arguments:?} says something"
    );
    assert_eq!(workspace.state_files(), before);
    assert!(log_paths(&workspace).is_empty());
}

#[test]
fn a_dry_run_is_the_plan() {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let dry = workspace
        .run(&["reconcile", "--dry-run", "--format", "json"])
        .exits(0);
    assert_eq!(dry.json(), workspace.plan());
}

#[test]
fn plan_at_shows_what_would_be_done_then() {
    let workspace = Workspace::new();
    workspace.approved(
        "grant",
        &(addition("[sam.reyes]", "[ap-clerk]") + "start_date: 2026-11-30\n"),
    );
    assert_eq!(workspace.plan()["summary"]["additions"], 0);
    let at = ["plan", "--at", "2026-11-30T05:00:00Z", "--format", "json"];
    let then = workspace.run(&at).exits(0).json();
    assert_eq!(then["summary"]["additions"], 1);
    assert_eq!(then["as_of"], "2026-11-30T05:00:00Z");
    let before = ["plan", "--at", "2026-11-30T04:59:59Z", "--format", "json"];
    let before = workspace.run(&before).exits(0).json();
    assert_eq!(before["summary"]["additions"], 0);
}

#[test]
fn assume_approved_takes_pending_requests_too() {
    let workspace = Workspace::new();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.request(
        "draft",
        &(addition("[sam.reyes]", "[payroll-viewer]") + "draft: true\n"),
    );
    let plan = ["plan", "--assume-approved", "--format", "json"];
    let plan = workspace.run(&plan).exits(0).json();
    assert_eq!(plan["summary"]["additions"], 1);
    workspace.reconcile();
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
}

#[test]
fn validate_takes_paths() {
    let workspace = Workspace::new();
    workspace.request("good", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.request("bad", "name: [\n");
    workspace.run(&["validate", "requests/good.yaml"]).exits(0);
    workspace
        .run(&["validate", "requests/bad.yaml"])
        .exits(3)
        .says("bad.yaml");
    workspace.run(&["validate"]).exits(3).says("bad.yaml");
    assert_ne!(workspace.run(&["validate", "requests/none.yaml"]).code, 0);
}

#[test]
fn validate_prints_annotations_for_github_that_text_cannot_forge() {
    let workspace = Workspace::new();
    let forged = "name: \"x\"\n\"%0A::set-output name=a::b\": 1\n";
    workspace.request("bad", forged);
    let run = workspace.run(&["validate", "--format", "github"]).exits(3);
    matches(&run.out, r"::error .*file=requests/bad\.yaml.*line=\d+");
    for line in run.out.lines() {
        assert!(
            !line.trim_start().starts_with("::set-output"),
            "{}",
            run.out
        );
    }
    assert!(!run.out.contains("%0A::"), "{}", run.out);
}

#[test]
fn plan_prints_markdown_that_text_cannot_forge() {
    let workspace = Workspace::new();
    let request = addition("[sam.reyes]", "[ap-clerk]")
        .replace("name: A change", "name: 'x | <img src=y> | [a](http://b)'");
    workspace.approved("grant", &request);
    let run = workspace.run(&["plan", "--format", "markdown"]).exits(0);
    assert!(
        run.out.contains("sam.reyes") && run.out.contains("ap-clerk"),
        "{}",
        run.out
    );
    assert!(!run.out.contains("<img"), "{}", run.out);
}

#[test]
fn output_gets_the_form_and_the_terminal_the_human_one() {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let plan = workspace.plan();
    let human = workspace.run(&["plan"]).exits(0);
    let run = workspace
        .run(&["plan", "--format", "json", "--output", "plan.json"])
        .exits(0);
    assert_eq!(run.out, human.out);
    let file: serde_json::Value = serde_json::from_str(&workspace.read("plan.json")).expect("JSON");
    assert_eq!(file, plan);
}

#[rstest]
#[case::plan(&["plan"])]
#[case::status(&["status"])]
#[case::log(&["log"])]
#[case::validate(&["validate"])]
#[case::help(&["--help"])]
fn there_is_no_colour_but_on_a_terminal(#[case] arguments: &[&str]) {
    let workspace = with_four_logs();
    workspace.request("bad", "name: [\n");
    for no_colour in [None, Some("1"), Some("")] {
        let mut command = workspace.command(arguments);
        if let Some(value) = no_colour {
            command.env("NO_COLOR", value);
        }
        let output = command
            .env("TERM", "xterm-256color")
            .output()
            .expect("the program starts");
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b));
    }
}

#[test]
fn holders_are_those_who_hold_a_role_now_also_for_a_time() {
    let workspace = Workspace::new();
    workspace.approved("lend", &loan("[jane.doe]", "[ap-payer]", "2026-11-30"));
    workspace.reconcile();
    let run = workspace.run(&["holders", "ap-payer"]).exits(0);
    assert!(
        run.out.contains("jane.doe") && run.out.contains("sam.reyes"),
        "{}",
        run.out
    );
    assert!(!run.out.contains("root.admin"), "{}", run.out);
}

#[test]
fn status_is_a_list_and_one_in_full() {
    let workspace = with_four_logs();
    let list = workspace.run(&["status"]).exits(0);
    for id in ["a-first", "b-second", "c-third"] {
        assert!(list.out.contains(id), "{}", list.out);
    }
    let one = workspace.run(&["status", "b-second"]).exits(0);
    for word in ["b-second", "jane.doe", "vendor-admin", "HR-1204"] {
        assert!(one.out.contains(word), "{word} is not in {}", one.out);
    }
    assert!(!one.out.contains("c-third"), "{}", one.out);
}

#[test]
fn max_runs_stops_and_the_next_reconcile_goes_on() {
    let workspace = Workspace::new();
    let many: Vec<String> = (0..31)
        .map(|n| format!("{{id: e{n:02}, name: E}}"))
        .collect();
    workspace.approved(
        "many",
        &addition(&format!("[{}]", many.join(", ")), "[ap-clerk]"),
    );
    workspace.run(&["reconcile", "--max-runs", "0"]).exits(0);
    assert_eq!(workspace.status("many")["runs"]["done"], 0);
    workspace.run(&["reconcile", "--max-runs", "2"]).exits(0);
    assert_eq!(workspace.status("many")["runs"]["done"], 2);
    let done = workspace.reconcile();
    assert_eq!(done["applied"][0]["run"]["number"], 3);
    assert_eq!(workspace.status("many")["status"], "complete");
}

#[test]
fn now_wins_over_the_environment() {
    let workspace = Workspace::new();
    let plan = ["--now", "2026-12-24T12:00:00Z", "plan", "--format", "json"];
    assert_eq!(
        workspace.run(&plan).exits(0).json()["as_of"],
        "2026-12-24T12:00:00Z"
    );
}

#[test]
fn now_takes_an_offset() {
    let workspace = Workspace::new();
    let plan = [
        "--now",
        "2026-12-24T12:00:00+02:00",
        "plan",
        "--format",
        "json",
    ];
    assert_eq!(
        workspace.run(&plan).exits(0).json()["as_of"],
        "2026-12-24T10:00:00Z"
    );
}

#[test]
fn verify_prints_the_head_that_reconcile_printed() {
    let workspace = with_four_logs();
    let head = workspace.reconcile()["head"].clone();
    workspace
        .run(&["verify"])
        .exits(0)
        .says(head.as_str().expect("a hash"));
}

#[test]
fn text_from_files_is_shown_with_control_characters_escaped() {
    let workspace = Workspace::new();
    workspace.request("bad", "name: \"a\\x1b]0;owned\\x07b\"\n\"k\\x1b[2J\": 1\n");
    for arguments in [
        &["validate"][..],
        &["plan"],
        &["status"],
        &["status", "bad"],
    ] {
        let run = workspace.run(arguments);
        let shown = run.out + &run.err;
        assert!(shown.contains("bad"), "{arguments:?}: {shown:?}");
        assert!(!shown.contains(['\x1b', '\x07']), "{shown:?}");
    }
}
