//! A good request beside one that must be refused.

use super::Workspace;
use super::worlds::{addition, ended, findings, matches, start};

/// A request that is right.
pub const GOOD: &str = "name: A change
change_overview: HR-1204
access_type: role_additions
requested_by: dana
affected_employees: [sam.reyes]
affected_roles: [ap-clerk]
";

/// A world with a good request beside the bad one.
pub fn world() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("good", &addition("[jane.doe]", "[payroll-viewer]"));
    workspace
}

/// Asserts that one file is in error for the reason given, and that the good request runs.
#[track_caller]
pub fn is_refused(workspace: &Workspace, path: &str, word: &str) {
    let report = ended(start(workspace.command(&["validate", "--format", "json"])))
        .exits(3)
        .json();
    let errors = findings(&report, "error", path);
    assert!(!errors.is_empty(), "nothing about {path} in {report:#}");
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    matches(&text.join("\n"), word);
    ended(start(workspace.command(&["reconcile"]))).exits(3);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
}
