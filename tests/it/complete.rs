//! `complete`: a person has done what the program does not do by itself.

use rstest::rstest;

use crate::support::shapes::{addition, borrowed, numbered, request};
use crate::support::{SETTINGS, Workspace};

#[test]
fn complete_applies_the_request_and_names_the_person() {
    let workspace = Workspace::waiting();
    workspace
        .run(&["complete", "add", "--by", "alice"])
        .exits(0);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    workspace.stands("add", "complete", None);
    let log = workspace.last_log();
    assert_eq!(log["change_type"], "user_onboarding");
    assert_eq!(log["actor"]["kind"], "person");
    assert!(
        log["actor"]["name"]
            .as_str()
            .is_some_and(|name| name == "alice" || name == "Alice Park")
    );
    assert_eq!(log["compliance"], "compliant");
    let files = workspace.state_files();
    workspace.reconcile();
    assert_eq!(workspace.state_files(), files);
}

#[test]
fn complete_works_on_a_reduction_with_inactivation() {
    let workspace = Workspace::waiting();
    workspace.approved(
        "leave",
        &(request("role_reductions", "[sam.reyes]", "all") + "inactivate_after_removal: true\n"),
    );
    workspace.reconcile();
    workspace
        .run(&["complete", "leave", "--by", "alice"])
        .exits(0);
    assert!(workspace.holds("sam.reyes").is_empty());
    assert_eq!(workspace.employee("sam.reyes")["status"], "inactive");
    workspace.stands("leave", "complete", None);
}

#[test]
fn complete_cuts_into_runs() {
    let workspace = Workspace::wide(16, 1, 0);
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved("big", &addition(&borrowed(&numbered("e", 16)), &["r01"]));
    workspace.reconcile();
    workspace
        .run(&["complete", "big", "--by", "alice"])
        .exits(0);
    let logs = workspace.logs_of("big");
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[1]["run"], serde_json::json!({"number": 2, "of": 2}));
    workspace.stands("big", "complete", None);
}

#[rstest]
#[case::unapproved("open", &["complete", "open", "--by", "alice"])]
#[case::not_due("later", &["complete", "later", "--by", "alice"])]
#[case::draft("draft", &["complete", "draft", "--by", "alice"])]
#[case::cancelled("off", &["complete", "off", "--by", "alice"])]
#[case::finished("done", &["complete", "done", "--by", "alice"])]
#[case::unknown_request("add", &["complete", "nothing", "--by", "alice"])]
#[case::unknown_person("add", &["complete", "add", "--by", "zoe"])]
fn complete_refuses_and_writes_nothing(#[case] id: &str, #[case] arguments: &[&str]) {
    let workspace = Workspace::waiting();
    workspace.approved("done", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    workspace
        .run(&["complete", "done", "--by", "alice"])
        .exits(0);
    let sam = |role: &str| addition(&["sam.reyes"], &[role]);
    workspace.request("open", &sam("ap-clerk"));
    workspace.approved("later", &(sam("ap-clerk") + "start_date: 2026-12-24\n"));
    workspace.approved("draft", &(sam("ap-clerk") + "draft: true\n"));
    workspace.approved("off", &(sam("ap-clerk") + "cancelled: Not needed\n"));
    let (files, status) = (workspace.state_files(), workspace.status(id));
    workspace.run(arguments).exits(3);
    assert_eq!(workspace.state_files(), files);
    assert_eq!(workspace.status(id), status);
}

#[test]
fn over_a_limit_the_hint_names_the_command_that_confirms_it() {
    let workspace = Workspace::new();
    let settings = SETTINGS.replace("auto_role_removal: true", "auto_role_removal: false");
    workspace.write("rolecall.yaml", settings + "limits: {removals: 0}\n");
    let take = crate::support::worlds::reduction("[sam.reyes]", "[ap-payer]");
    workspace.approved("take", &take);
    workspace.reconcile();
    let run = workspace
        .run(&["complete", "take", "--by", "dana"])
        .exits(4);
    let start = "rolecall complete take --by dana --confirm sha256:";
    let (_, rest) = run.err.split_once(start).expect("the hint");
    let digest = format!("sha256:{}", rest.trim());
    workspace
        .run(&["complete", "take", "--by", "dana", "--confirm", &digest])
        .exits(0);
}

#[test]
fn complete_does_the_runs_that_are_left() {
    let workspace = Workspace::wide(16, 1, 0);
    workspace.approved("big", &addition(&borrowed(&numbered("e", 16)), &["r01"]));
    workspace.answer(&["reconcile", "--max-runs", "1"], 0);
    workspace
        .run(&["complete", "big", "--by", "alice"])
        .exits(0);
    assert_eq!(workspace.roles("e16"), ["r01"]);
    workspace.stands("big", "complete", None);
}

#[test]
fn complete_says_that_a_draft_is_one() {
    let workspace = Workspace::new();
    workspace.request(
        "draft",
        &(addition(&["jane.doe"], &["ap-payer"]) + "draft: true\n"),
    );
    workspace
        .run(&["complete", "draft", "--by", "alice"])
        .says("it is a draft");
}
