//! Section 5: what a log or a plan shows of a change is all of it.

use crate::support::Workspace;
use crate::support::worlds::{addition, loan};

/// Sam has a role for a time, and then for good: baseline, loan, addition.
fn with_lasting_loan() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved(
        "a-lend",
        &loan("[sam.reyes]", "[payroll-viewer]", "2026-12-01"),
    );
    workspace.reconcile();
    workspace.approved("b-keep", &addition("[sam.reyes]", "[payroll-viewer]"));
    workspace.reconcile();
    workspace
}

fn rename(workspace: &Workspace, name: &str) {
    let state = workspace.read("state/state.yaml");
    let line = state
        .lines()
        .find(|line| line.starts_with("    name: Jane"))
        .expect("her name");
    let renamed = state.replace(line, &format!("    name: {name}"));
    workspace.write("state/state.yaml", renamed);
}

#[test]
fn a_loan_made_permanent_counts_as_added_in_log_and_csv() {
    let workspace = with_lasting_loan();
    let list = workspace.run(&["log", "3"]).exits(0).out;
    assert!(
        list.contains("payroll-viewer from now on permanently"),
        "{list}"
    );
    let list = workspace.run(&["log"]).exits(0).out;
    assert_eq!(list.matches("+1 -0").count(), 2, "{list}");
    let table = workspace.run(&["log", "--csv"]).exits(0).out;
    assert_eq!(table.matches("payroll-viewer,added").count(), 2, "{table}");
}

#[test]
fn a_changed_name_is_shown_by_plan_log_and_csv() {
    let workspace = Workspace::new();
    workspace.reconcile();
    rename(&workspace, "Jane Roe");
    let told = "name now Jane Roe, was Jane Doe";
    workspace.run(&["plan"]).exits(0).says(told);
    workspace
        .run(&["plan", "--format", "markdown"])
        .exits(0)
        .says(told);
    workspace.reconcile();
    workspace.run(&["log", "2"]).exits(0).says(told);
    workspace
        .run(&["log", "--csv"])
        .exits(0)
        .says("Jane Roe,,details,");
}

#[test]
fn the_plan_digest_covers_a_changed_name() {
    let workspace = Workspace::new();
    workspace.reconcile();
    rename(&workspace, "Jane Roe");
    let first = workspace.plan()["digest"].clone();
    rename(&workspace, "Jane Poe");
    assert_ne!(workspace.plan()["digest"], first);
}
