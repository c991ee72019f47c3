//! Section 6: which branch is the protected one, and where the access repository lies in git.

use rstest::rstest;

use crate::support::git::{merge_settings, merged, merged_with};
use crate::support::worlds::{addition, matches};
use crate::support::{SETTINGS, Workspace, find};

/// A world with one merged request that gives Sam the clerk's role.
fn with_merged_grant() -> Workspace {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git_commit("Grant");
    workspace
}

#[test]
fn outside_git_merge_is_an_error_that_names_the_way_out() {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", merge_settings());
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let before = workspace.state_files();
    let run = workspace.run(&["reconcile"]).exits(3);
    matches(&(run.out + &run.err), "inline|git init");
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn the_default_evidence_is_merge() {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", SETTINGS.replace(", evidence: inline", ""));
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.run(&["reconcile"]).exits(3).says("merge");
}

#[rstest]
#[case::branch_that_is_not_there("branch: main", "branch: trunk")]
#[case::tip_names_another_branch("branch: main", "branch: topic")]
fn without_a_believable_branch_nothing_runs(#[case] from: &str, #[case] to: &str) {
    let workspace = merged_with(&merge_settings().replace(from, to));
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git_commit("Grant");
    workspace.git(&["branch", "topic"]);
    if to == "branch: topic" {
        // The work tree names `topic`, whose tip names `main`.
        workspace.git(&["checkout", "--quiet", "topic"]);
        workspace.write("rolecall.yaml", merge_settings());
        workspace.git_commit("Name another branch");
        workspace.write("rolecall.yaml", merge_settings().replace(from, to));
    }
    let before = workspace.state_files();
    assert_ne!(workspace.run(&["reconcile"]).code, 0);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn a_repository_without_a_commit_runs_nothing() {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", merge_settings());
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git(&["init", "--quiet", "--initial-branch=main"]);
    let before = workspace.state_files();
    assert_ne!(workspace.run(&["reconcile"]).code, 0);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn the_baseline_records_the_branch_and_another_one_later_exits_6() {
    let workspace = with_merged_grant();
    workspace.reconcile();
    assert_eq!(workspace.logs()[0]["branch"], "main");
    workspace.git(&["checkout", "--quiet", "-b", "other"]);
    workspace.write(
        "rolecall.yaml",
        merge_settings().replace("branch: main", "branch: other"),
    );
    workspace.request("more", &addition("[jane.doe]", "[ap-payer]"));
    workspace.git_commit("Move to another branch");
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6).says("other");
    assert_eq!(workspace.state_files(), before);
    workspace.run(&["--branch", "other", "reconcile"]).exits(0);
    assert_eq!(workspace.logs().len(), 3, "baseline, grant, more");
}

#[test]
fn the_branch_may_be_any_revision_name() {
    let upstream = merged_with(&merge_settings().replace("branch: main", "branch: origin/main"));
    upstream.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    upstream.git_commit("Grant");
    let clone = Workspace::empty();
    let source = upstream.path().to_str().expect("UTF-8");
    clone.git(&["clone", "--quiet", source, "."]);
    clone.request("local", &addition("[jane.doe]", "[ap-payer]"));
    clone.git_commit("Only here");
    clone.reconcile();
    assert_eq!(clone.status("grant")["status"], "complete");
    assert_eq!(clone.status("local")["status"], "pending_approval");
}

#[test]
fn an_access_repository_may_be_a_folder_of_a_git_repository() {
    let workspace = Workspace::empty();
    workspace.write("access/rolecall.yaml", merge_settings());
    workspace.write("access/state/state.yaml", crate::support::STATE);
    workspace.write(
        "access/requests/grant.yaml",
        addition("[sam.reyes]", "[ap-clerk]"),
    );
    workspace.write(
        "requests/outside.yaml",
        addition("[jane.doe]", "[ap-payer]"),
    );
    workspace.git_init();
    workspace.write(
        "access/requests/later.yaml",
        addition("[jane.doe]", "[ap-payer]"),
    );
    let done = workspace
        .run(&["--dir", "access", "reconcile", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(done["requests"].as_array().expect("a list").len(), 2);
    let status = |id| find(&done["requests"], id).expect("the request")["status"].clone();
    assert_eq!(status("grant"), "complete");
    assert_eq!(status("later"), "pending_approval");
}

#[test]
fn with_inline_alone_the_work_tree_counts_also_in_git() {
    let workspace = merged_with(SETTINGS);
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
}

#[rstest]
#[case::merge("evidence: merge")]
#[case::signature("evidence: signature, approvers: [alice]")]
#[case::forge("evidence: forge, approvers: [alice]")]
fn with_stronger_evidence_anywhere_all_is_read_from_the_tip(#[case] evidence: &str) {
    let role = format!("ap-payer: {{name: A/P Payer, {evidence}}}");
    let settings = SETTINGS.replace("ap-payer: {name: A/P Payer}", &role);
    let workspace = merged_with(&(settings + "approval: {branch: main}\n"));
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "pending_approval");
    workspace.git_commit("Grant");
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
}

/// A world whose baseline was made from `main`, with an unmerged policy in the work tree that asks for claims alone.
fn with_unmerged_inline_policy() -> Workspace {
    let workspace = with_merged_grant();
    workspace.reconcile();
    workspace.git_commit("Reconcile");
    workspace.git(&["checkout", "--quiet", "--detach"]);
    workspace.write("rolecall.yaml", SETTINGS);
    workspace.approved("evil", &addition("[jane.doe]", "[ap-payer]"));
    workspace
}

#[rstest]
#[case::branch_deleted(&["branch", "-D", "main"])]
#[case::branch_renamed(&["branch", "-m", "main", "prod"])]
fn an_unmerged_policy_never_replaces_the_merged_one(#[case] change: &[&str]) {
    let workspace = with_unmerged_inline_policy();
    workspace.git(change);
    let before = workspace.state_files();
    for command in ["plan", "reconcile", "status"] {
        workspace.run(&[command]).exits(6).says("main");
    }
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn without_git_an_unmerged_policy_never_replaces_the_merged_one() {
    let workspace = with_unmerged_inline_policy();
    std::fs::remove_dir_all(workspace.path().join(".git")).expect("git goes");
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6).says("main");
    workspace
        .run(&["--branch", "main", "reconcile"])
        .exits(6)
        .says("main");
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn in_another_folder_an_unmerged_policy_never_replaces_the_merged_one() {
    let workspace = with_unmerged_inline_policy();
    workspace.git(&["checkout", "--quiet", "-f", "main"]);
    workspace.write("access/rolecall.yaml", SETTINGS);
    let moved = workspace.path().join("access/state");
    std::fs::rename(workspace.path().join("state"), moved).expect("the state moves");
    workspace
        .run(&["--dir", "access", "reconcile"])
        .exits(6)
        .says("main");
}

#[test]
fn a_merged_policy_may_let_the_work_tree_count() {
    let workspace = with_merged_grant();
    workspace.reconcile();
    workspace.write("rolecall.yaml", SETTINGS);
    workspace.git_commit("Ask for claims alone");
    workspace.approved("claimed", &addition("[jane.doe]", "[ap-payer]"));
    workspace.reconcile();
    assert_eq!(workspace.status("claimed")["status"], "complete");
}

#[test]
fn a_branch_that_was_read_after_an_inline_baseline_is_pinned_too() {
    let workspace = merged_with(SETTINGS);
    workspace.reconcile();
    assert!(workspace.logs()[0]["branch"].is_null());
    workspace.write("rolecall.yaml", merge_settings());
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git_commit("Ask for a merge");
    workspace.reconcile();
    assert_eq!(workspace.logs()[1]["branch"], "main");
    workspace.git(&["checkout", "--quiet", "-b", "evil"]);
    workspace.write(
        "rolecall.yaml",
        merge_settings().replace("branch: main", "branch: evil"),
    );
    workspace.request("more", &addition("[jane.doe]", "[ap-payer]"));
    workspace.git_commit("Move to another branch");
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6).says("evil");
    assert_eq!(workspace.state_files(), before);
}
