//! Section 9: whatever ends a reconcile, a rerun ends in the bytes of an undisturbed one.

use rstest::rstest;

use crate::support::shapes::temporary;
use crate::support::sweep::limited;
use crate::support::worlds::{addition, log_paths, reduction};
use crate::support::{STATE, Workspace};

fn world() -> Workspace {
    let workspace = Workspace::new();
    let employees: Vec<String> = (0..40)
        .map(|n| format!("{{id: e{n:02}, name: Employee {n}}}"))
        .collect();
    let many = format!("[{}]", employees.join(", "));
    workspace.approved("a-many", &addition(&many, "[ap-clerk, ap-payer]"));
    workspace.approved("b-take", &reduction("[sam.reyes]", "all"));
    workspace
}

fn relative(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    workspace
        .state_files()
        .into_iter()
        .map(|(path, bytes)| {
            let path = path.strip_prefix(workspace.path()).expect("below the root");
            (path.display().to_string(), bytes)
        })
        .collect()
}

#[rstest]
fn a_write_that_fails_or_kills_is_made_good_by_a_rerun(
    #[values(0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20)] blocks: usize,
    #[values(true, false)] kills: bool,
) {
    let undisturbed = world();
    undisturbed.reconcile();
    let workspace = world();
    let first = limited(&workspace, blocks, kills);
    if blocks == 0 {
        assert_ne!(first.code, 0, "nothing can be written");
    }
    workspace.reconcile();
    assert_eq!(relative(&workspace), relative(&undisturbed));
    workspace.run(&["verify"]).exits(0);
}

#[test]
fn a_write_that_fails_exits_1() {
    let workspace = world();
    limited(&workspace, 0, false).exits(1);
}

#[test]
fn a_state_that_lags_behind_is_brought_up_to_date_from_the_logs() {
    let workspace = world();
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    workspace.approved("c-later", &addition("[jane.doe]", "[vendor-admin]"));
    workspace.reconcile();
    let after = relative(&workspace);
    workspace.write("state/state.yaml", state);
    let done = workspace.reconcile();
    assert_eq!(done["applied"].to_string(), "[]");
    assert_eq!(relative(&workspace), after);
}

#[test]
fn a_state_that_lags_behind_the_baseline_is_brought_up_to_date() {
    let workspace = Workspace::new();
    let by_hand = workspace.read("state/state.yaml");
    workspace.reconcile();
    let after = relative(&workspace);
    workspace.write("state/state.yaml", by_hand);
    workspace.reconcile();
    assert_eq!(relative(&workspace), after);
}

#[rstest]
#[case::name("name: Jane Doe\n", "name: Jane Dough\n")]
#[case::address("email: jane.doe@acme.example\n", "email: jd@acme.example\n")]
#[case::no_address("    email: jane.doe@acme.example\n", "")]
#[case::status("status: active\n", "status: inactive\n")]
#[case::a_role_more("    - ap-clerk\n", "    - ap-clerk\n    - ap-payer\n")]
#[case::a_role_less("    - ap-clerk\n", "")]
#[case::a_loan_less(
    "    - {role: payroll-viewer, until: 2026-12-02T05:00:00Z, request: view}\n",
    ""
)]
#[case::a_loan_more(
    "    - {role: payroll-viewer, until: 2026-12-02T05:00:00Z, request: view}\n",
    "    - {role: payroll-viewer, until: 2026-12-02T05:00:00Z, request: view}\n    \
     - {role: payroll-viewer, until: 2026-12-05T05:00:00Z, request: other}\n"
)]
fn a_hand_edit_of_a_state_that_lags_behind_leaves_what_the_logs_did_since(
    #[case] from: &str,
    #[case] to: &str,
) {
    let workspace = Workspace::new();
    workspace.more_settings("  expense: {name: Expense}\n  travel: {name: Travel}\n");
    workspace.give_jane("travel");
    let lend = |id: &str, role: &str, end: &str| {
        workspace.approved(id, &temporary(&["jane.doe"], &[role], end));
    };
    lend("pay", "ap-payer", "2026-11-30");
    lend("view", "payroll-viewer", "2026-12-01");
    workspace.reconcile();
    let lagging = workspace.read("state/state.yaml");
    lend("later", "expense", "2026-12-02");
    workspace.approved("add", &addition("[jane.doe]", "[vendor-admin]"));
    workspace.reconcile();
    let edited = |text: &str| {
        let (head, jane) = text.split_once("  jane.doe:\n").expect("Jane");
        assert!(jane.contains(from), "{from:?} is not in\n{jane}");
        format!("{head}  jane.doe:\n{}", jane.replacen(from, to, 1))
    };
    let employees = |text: &str| {
        let (_, employees) = text.split_once("employees:\n").expect("employees");
        employees.split("requests:\n").next().map(str::to_owned)
    };
    let due = edited(&workspace.read("state/state.yaml"));
    workspace.write("state/state.yaml", edited(&lagging));
    workspace.reconcile();
    let text = workspace.read("state/state.yaml");
    assert_eq!(employees(&text), employees(&due));
    workspace.run(&["verify"]).exits(0);
}

#[test]
fn reconciling_again_changes_no_byte() {
    let workspace = world();
    workspace.reconcile();
    let after = relative(&workspace);
    let again = workspace.reconcile();
    assert_eq!(again["applied"].to_string(), "[]");
    assert_eq!(relative(&workspace), after);
}

#[test]
fn stopping_after_each_run_ends_in_the_same_logs() {
    let (whole, stepwise) = (world(), world());
    whole.reconcile();
    for _ in 0..4 {
        stepwise.run(&["reconcile", "--max-runs", "1"]).exits(0);
    }
    assert_eq!(log_paths(&stepwise), log_paths(&whole));
    assert_eq!(relative(&stepwise), relative(&whole));
}

#[test]
fn what_a_broken_attempt_left_behind_is_ignored() {
    let workspace = world();
    workspace.write("state/.rolecall/tmp-000002", "half a log");
    workspace.write("state/.rolecall/.tmpAbCdEf", "half a state");
    workspace.reconcile();
    workspace.run(&["verify"]).exits(0);
    assert_eq!(log_paths(&workspace).len(), 5);
}

#[test]
fn a_folder_for_logs_that_is_a_file_loses_nothing() {
    let workspace = world();
    workspace.write("state/changelog", "in the way\n");
    let before = relative(&workspace);
    assert_ne!(workspace.run(&["reconcile"]).code, 0);
    assert_eq!(relative(&workspace), before);
}

#[test]
fn a_name_of_a_log_that_is_taken_already_is_never_overwritten() {
    let workspace = world();
    workspace.write("state/changelog/2026/000002-b-take.yaml", "planted\n");
    assert_ne!(workspace.run(&["reconcile"]).code, 0);
    let planted = workspace.read("state/changelog/2026/000002-b-take.yaml");
    assert_eq!(planted, "planted\n");
    assert_eq!(workspace.read("state/state.yaml"), STATE);
}
