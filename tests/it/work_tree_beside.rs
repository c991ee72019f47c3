//! Section 6: next to a protected branch the work tree is shown, and stands in nobody's way.

use std::os::unix::fs::symlink;

use crate::support::Workspace;
use crate::support::git::merged;
use crate::support::worlds::{addition, findings};

fn with_grant() -> Workspace {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git_commit("Grant");
    workspace
}

#[test]
fn an_untracked_file_does_not_block_a_merged_request_with_its_id() {
    let workspace = with_grant();
    workspace.write(
        "requests/other/Grant.yaml",
        addition("[jane.doe]", "[ap-payer]"),
    );
    let done = workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
    let about = findings(&done, "warning", "requests/other/Grant.yaml");
    assert_eq!(about.len(), 1, "{done:#}");
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn problems_of_the_work_tree_beside_a_branch_are_warnings() {
    let workspace = with_grant();
    workspace.write("requests/broken.yaml", "name: [\n");
    workspace.request("unknown", &addition("[nobody]", "[no-such-role]"));
    workspace.write(
        "requests/two/twin.yaml",
        addition("[sam.reyes]", "[ap-clerk]"),
    );
    workspace.write("requests/twin.yaml", addition("[sam.reyes]", "[ap-clerk]"));
    symlink("broken.yaml", workspace.path().join("requests/link.yaml")).expect("a link");
    let done = workspace.reconcile();
    assert!(!done.to_string().contains("\"error\""), "{done:#}");
    assert_eq!(workspace.status("grant")["status"], "complete");
    assert_eq!(workspace.status("broken")["status"], "invalid");
    assert_eq!(workspace.status("unknown")["status"], "invalid");
}

#[test]
fn a_finished_request_that_is_moved_in_a_branch_is_listed_once() {
    let workspace = with_grant();
    workspace.reconcile();
    workspace.git_commit("Reconcile");
    workspace.git(&["checkout", "--quiet", "-b", "tidy"]);
    let text = workspace.read("requests/grant.yaml");
    std::fs::remove_file(workspace.path().join("requests/grant.yaml")).expect("it goes");
    workspace.write("requests/2026/grant.yaml", text);
    workspace.git_commit("Tidy");
    let status = workspace
        .run(&["status", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(status["requests"].as_array().expect("a list").len(), 1);
}

#[test]
fn a_finished_merge_request_has_no_finding_about_its_approval() {
    let workspace = with_grant();
    workspace.reconcile();
    let status = workspace.status("grant");
    assert_eq!(status["status"], "complete");
    assert_eq!(status["findings"].as_array().expect("a list").len(), 0);
    let run = workspace.run(&["reconcile"]).exits(0);
    assert!(!run.err.contains("RC2"), "{}", run.err);
}
