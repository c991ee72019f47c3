//! Section 9: nothing is planned over a chain that is broken in the middle.

use crate::support::worlds::{addition, log_paths, names_serial, with_four_logs};

#[test]
fn no_pass_goes_over_a_missing_log() {
    let workspace = with_four_logs();
    let path = workspace.path().join(&log_paths(&workspace)[1]);
    std::fs::remove_file(path).expect("the log goes");
    for command in ["plan", "reconcile", "status"] {
        names_serial(&workspace.run(&[command]).exits(6), 2);
    }
}

#[test]
fn a_plan_with_steps_checks_the_chain() {
    let workspace = with_four_logs();
    let path = &log_paths(&workspace)[1];
    let text = workspace
        .read(path)
        .replace("status: closed", "status: open");
    workspace.write(path, text);
    workspace.approved("d-more", &addition("[jane.doe]", "[ap-payer]"));
    names_serial(&workspace.run(&["plan"]).exits(6), 2);
    names_serial(&workspace.run(&["reconcile"]).exits(6), 2);
}

#[test]
fn a_request_named_as_a_word_has_its_own_logs_alone() {
    let workspace = with_four_logs();
    workspace.approved("hand-edit", &addition("[jane.doe]", "[ap-payer]"));
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    workspace.write(
        "state/state.yaml",
        state.replace("name: Jane Doe", "name: Jane Roe"),
    );
    workspace.reconcile();
    assert_eq!(workspace.status("hand-edit")["logs"].to_string(), "[5]");
}
