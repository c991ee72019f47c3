//! Section 6 with evidence `merge`: the tip of the protected branch is what counts.

use rstest::rstest;

use crate::support::git::{commit_as, commit_at, commit_id, merge_settings, merged};
use crate::support::worlds::{addition, log_paths, matches, reduction};
use crate::support::{SETTINGS, Workspace, find};

const CLERK: [&str; 3] = ["ap-clerk", "ap-payer", "vendor-admin"];
const BEFORE: [&str; 2] = ["ap-payer", "vendor-admin"];

/// A world with one merged request that gives Sam the clerk's role.
fn with_merged_grant() -> Workspace {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git_commit("Grant");
    workspace
}

#[test]
fn content_at_the_tip_is_approved_and_runs() {
    let workspace = with_merged_grant();
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
    assert_eq!(workspace.roles("sam.reyes"), CLERK);
}

#[rstest]
#[case::untracked(&[])]
#[case::staged(&["add requests/grant.yaml"])]
#[case::on_another_branch(&["checkout --quiet -b topic", "add requests/grant.yaml", "commit --quiet -m Grant"])]
#[case::on_a_detached_head(&["checkout --quiet --detach", "add requests/grant.yaml", "commit --quiet -m Grant"])]
fn what_is_not_at_the_tip_is_pending(#[case] steps: &[&str]) {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    for step in steps {
        workspace.git(&step.split(' ').collect::<Vec<_>>());
    }
    assert_eq!(workspace.status("grant")["status"], "pending_approval");
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "pending_approval");
    assert_eq!(workspace.roles("sam.reyes"), BEFORE);
}

#[test]
fn the_tip_counts_whatever_is_checked_out() {
    let workspace = with_merged_grant();
    workspace.git(&["checkout", "--quiet", "--detach", "HEAD~1"]);
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.reconcile();
    assert_eq!(workspace.roles("sam.reyes"), CLERK);
}

#[rstest]
#[case::plainly(&[])]
#[case::assumed_unchanged(&["update-index", "--assume-unchanged", "requests/grant.yaml"])]
#[case::skipped_in_the_work_tree(&["update-index", "--skip-worktree", "requests/grant.yaml"])]
#[case::staged(&["add", "requests/grant.yaml"])]
fn an_edit_in_the_work_tree_changes_nothing_of_what_runs(#[case] step: &[&str]) {
    let workspace = with_merged_grant();
    if step.first() == Some(&"update-index") {
        workspace.git(step);
    }
    workspace.request(
        "grant",
        &addition("[sam.reyes, jane.doe]", "[payroll-viewer]"),
    );
    if step.first() == Some(&"add") {
        workspace.git(step);
    }
    workspace.reconcile();
    assert_eq!(workspace.roles("sam.reyes"), CLERK);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn deleting_a_file_in_the_work_tree_withdraws_nothing() {
    let workspace = with_merged_grant();
    std::fs::remove_file(workspace.path().join("requests/grant.yaml")).expect("the file goes");
    workspace.reconcile();
    assert_eq!(workspace.roles("sam.reyes"), CLERK);
}

#[test]
fn deleting_a_file_at_the_tip_withdraws_the_request() {
    let workspace = with_merged_grant();
    std::fs::remove_file(workspace.path().join("requests/grant.yaml")).expect("the file goes");
    workspace.git_commit("Withdraw");
    workspace.reconcile();
    assert_eq!(workspace.roles("sam.reyes"), BEFORE);
    let status = workspace.run(&["status", "--format", "json"]).json();
    assert!(find(&status["requests"], "grant").is_none(), "{status:#}");
}

#[rstest]
#[case::no_approval_needed(SETTINGS.replace("change_level: change_request", "change_level: log_changes_only"))]
#[case::evidence_inline(SETTINGS.to_owned())]
#[case::another_branch(merge_settings().replace("branch: main", "branch: topic"))]
#[case::broken("version: [".to_owned())]
fn settings_in_the_work_tree_count_only_once_merged(#[case] settings: String) {
    let workspace = merged();
    workspace.reconcile();
    workspace.git_commit("Baseline");
    workspace.git(&["branch", "topic"]);
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.write("rolecall.yaml", settings);
    workspace.run(&["reconcile"]);
    assert_eq!(log_paths(&workspace).len(), 1, "only the baseline");
}

#[test]
fn a_catalogue_in_the_work_tree_counts_only_once_merged() {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[new-role]"));
    workspace.git_commit("Grant");
    let settings = merge_settings() + "\n";
    let settings = settings.replace("roles:\n", "roles:\n  new-role: {name: New}\n");
    workspace.write("rolecall.yaml", settings);
    workspace.run(&["reconcile"]).exits(3);
    assert_eq!(workspace.status("grant")["status"], "invalid");
    workspace.git(&["add", "rolecall.yaml"]);
    workspace.git(&["commit", "--quiet", "-m", "A new role"]);
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
}

#[test]
fn validate_reads_the_work_tree() {
    let workspace = with_merged_grant();
    workspace.request("grant", "name: [\n");
    workspace
        .run(&["validate"])
        .exits(3)
        .says("requests/grant.yaml");
}

#[test]
fn assume_approved_takes_the_work_tree_as_approved() {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let plan = workspace
        .run(&["plan", "--assume-approved", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(plan["summary"]["additions"], 1);
    let changes = &find(&plan["requests"], "grant").expect("the request")["runs"][0]["changes"];
    assert_eq!(changes[0]["add"][0], "ap-clerk");
    assert_eq!(workspace.plan()["summary"]["additions"], 0);
}

#[test]
fn the_log_names_commit_committer_and_assurance() {
    let workspace = with_merged_grant();
    workspace.reconcile();
    let log = workspace.logs().pop().expect("a log");
    assert_eq!(log["request"]["commit"], commit_id(&workspace, "main"));
    let approval = &log["approvals"][0];
    matches(&approval["person"].to_string(), "alice");
    assert_eq!(approval["at"], "2026-11-22T10:00:00Z");
    assert_eq!(approval["evidence"], "merge");
    assert_eq!(approval["assurance"], "merged");
}

#[test]
fn block_own_is_the_branchs_business_with_merge() {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    commit_as(
        &workspace,
        "Dana Fox",
        "dana@acme.example",
        "2026-11-22T10:00:00Z",
    );
    assert_eq!(workspace.status("grant")["status"], "approved");
}

#[test]
fn a_request_is_due_when_its_content_came_to_the_branch() {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    commit_at(&workspace, "2026-11-22T11:00:00Z");
    workspace.request("other", &reduction("[sam.reyes]", "[ap-payer]"));
    commit_at(&workspace, "2026-11-22T13:00:00Z");
    assert_eq!(
        workspace.status("grant")["due"]["utc"],
        "2026-11-22T11:00:00Z"
    );
    assert_eq!(
        workspace.status("other")["due"]["utc"],
        "2026-11-22T13:00:00Z"
    );
}

#[test]
fn content_that_came_back_counts_from_its_return() {
    let workspace = merged();
    let (first, second) = (
        addition("[sam.reyes]", "[ap-clerk]"),
        addition("[sam.reyes]", "[payroll-viewer]"),
    );
    for (request, at) in [(&first, 11), (&second, 12), (&first, 13)] {
        workspace.request("grant", request);
        commit_at(&workspace, &format!("2026-11-22T{at}:00:00Z"));
    }
    assert_eq!(
        workspace.status("grant")["due"]["utc"],
        "2026-11-22T13:00:00Z"
    );
}

#[test]
fn a_merge_commit_brings_the_content_of_its_branch() {
    let workspace = merged();
    workspace.git(&["checkout", "--quiet", "-b", "topic"]);
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    commit_as(
        &workspace,
        "Dana Fox",
        "dana@acme.example",
        "2026-11-20T10:00:00Z",
    );
    workspace.git(&["checkout", "--quiet", "main"]);
    let mut merge = workspace.git_command(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    merge.env("GIT_COMMITTER_DATE", "2026-11-22T15:00:00Z");
    assert!(merge.output().expect("git starts").status.success());
    assert_eq!(
        workspace.status("grant")["due"]["utc"],
        "2026-11-22T15:00:00Z"
    );
    workspace.reconcile();
    let log = workspace.logs().pop().expect("a log");
    matches(&log["approvals"][0]["person"].to_string(), "alice");
    assert_eq!(log["request"]["commit"], commit_id(&workspace, "main"));
}

#[test]
fn an_author_line_is_not_evidence() {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git(&["add", "--all"]);
    let mut commit = workspace.git_command(&["commit", "--quiet", "-m", "Approved-by: dana"]);
    commit
        .env("GIT_AUTHOR_NAME", "Bob")
        .env("GIT_AUTHOR_EMAIL", "bob@acme.example");
    assert!(commit.output().expect("git starts").status.success());
    let given = workspace.status("grant")["approval"]["given"].to_string();
    matches(&given, "alice");
    assert!(!given.contains("bob") && !given.contains("dana"), "{given}");
}

#[test]
fn a_change_between_two_runs_is_pending_until_merged() {
    let workspace = merged();
    let many: Vec<String> = (0..16)
        .map(|n| format!("{{id: e{n:02}, name: E{n:02}}}"))
        .collect();
    let many = format!("[{}]", many.join(", "));
    workspace.request("grant", &addition(&many, "[ap-clerk]"));
    workspace.git_commit("Grant");
    workspace.run(&["reconcile", "--max-runs", "1"]).exits(0);
    workspace.request("grant", &addition(&many, "[ap-payer]"));
    workspace.git_commit("Change");
    workspace.reconcile();
    assert_eq!(workspace.roles("e00"), ["ap-clerk", "ap-payer"]);
    assert_eq!(workspace.roles("e15"), ["ap-payer"]);
}

#[test]
fn a_plan_that_takes_everything_for_approved_says_so() {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    for format in ["human", "markdown"] {
        let run = workspace.run(&["plan", "--assume-approved", "--format", format]);
        let run = run.exits(0).says("taken as approved");
        assert!(!run.out.contains("no approval needed"), "{}", run.out);
    }
}

#[rstest]
#[case::of_an_addition(addition("[sam.reyes]", "[ap-clerk]") + "start_date", true)]
#[case::not_of_a_removal(reduction("[sam.reyes]", "[ap-payer]") + "offboarding_date", false)]
fn a_merge_lapses_where_approvals_do(#[case] request: String, #[case] lapses: bool) {
    let workspace = merged();
    workspace.settings("branch: main", "branch: main, valid_for_days: 90");
    workspace.request("grant", &format!("{request}: 2027-05-01\n"));
    commit_at(&workspace, "2026-11-22T10:00:00Z");
    assert_eq!(workspace.status("grant")["status"], "approved");
    let reconcile = ["--now", "2027-05-03T10:00:00Z", "reconcile"];
    let before = workspace.roles("sam.reyes");
    let run = workspace.run(&reconcile).exits(0);
    assert_eq!(run.err.contains("RC208"), lapses, "{}", run.err);
    assert_eq!(workspace.roles("sam.reyes") == before, lapses);
    if lapses {
        workspace.request("grant", &format!("{request}: 2027-05-02\n"));
        commit_at(&workspace, "2027-05-01T10:00:00Z");
        workspace.run(&reconcile).exits(0);
        assert_eq!(workspace.roles("sam.reyes"), CLERK);
    }
}
