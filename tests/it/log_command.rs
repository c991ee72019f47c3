//! Section 10: `log` in its forms.

use rstest::rstest;
use serde_json::Value;

use crate::support::worlds::{addition, matches, reduction, with_four_logs};
use crate::support::{STATE, Workspace};

fn serials(workspace: &Workspace, arguments: &[&str]) -> Vec<u64> {
    let arguments = [&["log"], arguments, &["--format", "json"]].concat();
    let json = workspace.run(&arguments).exits(0).json();
    let logs = json["logs"].as_array().expect("a list of logs");
    logs.iter()
        .filter_map(|log| log["serial"].as_u64())
        .collect()
}

/// The rows of `log --csv` as maps from the heading.
fn rows(workspace: &Workspace, arguments: &[&str]) -> (Vec<String>, Vec<Vec<String>>) {
    let arguments = [&["log", "--csv"], arguments].concat();
    let run = workspace.run(&arguments).exits(0);
    let mut reader = csv::Reader::from_reader(run.out.as_bytes());
    let heading = reader
        .headers()
        .expect("a heading")
        .iter()
        .map(ToOwned::to_owned)
        .collect();
    let rows = reader
        .records()
        .map(|row| row.expect("a row").iter().map(ToOwned::to_owned).collect())
        .collect();
    (heading, rows)
}

#[rstest]
#[case::all(&[], &[1, 2, 3, 4])]
#[case::by_request(&["b-second"], &[3])]
#[case::by_serial(&["4"], &[4])]
#[case::non_compliant(&["--non-compliant"], &[])]
fn log_lists_what_is_asked_for_oldest_first(#[case] arguments: &[&str], #[case] expected: &[u64]) {
    assert_eq!(serials(&with_four_logs(), arguments), expected);
}

#[test]
fn since_leaves_out_what_is_older() {
    let mut workspace = Workspace::new();
    workspace.reconcile();
    workspace.at("2026-11-25T08:00:00Z");
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    assert_eq!(
        serials(&workspace, &["--since", "2026-11-24T00:00:00Z"]),
        [2]
    );
    assert_eq!(
        serials(&workspace, &["--since", "2026-11-25T08:00:00Z"]),
        [2]
    );
    assert_eq!(serials(&workspace, &["--since", "2026-11-24"]), [2]);
    assert_eq!(
        serials(&workspace, &["--since", "2026-11-26T00:00:00Z"]),
        [0; 0]
    );
    workspace.run(&["log", "--since", "yesterdayish"]).exits(64);
}

#[test]
fn csv_has_one_row_a_changed_role() {
    let workspace = Workspace::new();
    workspace.approved(
        "a-two",
        &addition("[sam.reyes, jane.doe]", "[ap-clerk, payroll-viewer]"),
    );
    workspace.approved("b-one", &reduction("[sam.reyes]", "[vendor-admin]"));
    workspace.reconcile();
    let (_, two) = rows(&workspace, &["a-two"]);
    assert_eq!(two.len(), 3, "Jane held one of them: {two:?}");
    let (_, one) = rows(&workspace, &["b-one"]);
    assert_eq!(one.len(), 1, "{one:?}");
    for word in ["sam.reyes", "Sam Reyes", "vendor-admin", "b-one"] {
        assert!(
            one[0].iter().any(|cell| cell == word),
            "{word} is not in {one:?}"
        );
    }
}

#[rstest]
#[case::formula("=HYPERLINK(1)")]
#[case::plus("+1+cmd")]
#[case::minus("-1+cmd")]
#[case::at("@SUM(1)")]
fn a_csv_cell_never_starts_a_formula(#[case] name: &str) {
    let workspace = Workspace::new();
    workspace.write(
        "state/state.yaml",
        STATE.replace("name: Sam Reyes", &format!("name: '{name}'")),
    );
    workspace.approved("take", &reduction("[sam.reyes]", "[vendor-admin]"));
    workspace.reconcile();
    let (heading, rows) = rows(&workspace, &["take"]);
    assert_eq!(rows.len(), 1);
    for cell in heading.iter().chain(&rows[0]) {
        assert!(
            !cell.starts_with(['=', '+', '@']) && !cell.starts_with("-1"),
            "{cell:?}"
        );
    }
    assert!(
        rows[0].iter().any(|cell| cell.contains(&name[1..])),
        "{rows:?}"
    );
}

#[test]
fn csv_quotes_what_has_commas_and_lines() {
    let workspace = Workspace::new();
    let request = addition("[sam.reyes]", "[ap-clerk]")
        .replace("name: A change", "name: 'One, two \"three\"'");
    workspace.approved("grant", &request);
    workspace.reconcile();
    let (heading, rows) = rows(&workspace, &[]);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].len(), heading.len());
}

#[test]
fn people_are_shown_the_pages_own_terms() {
    let workspace = with_four_logs();
    let run = workspace.run(&["log"]).exits(0);
    matches(&run.out, "Baseline");
    matches(&run.out, "User Onboarding");
    matches(&run.out, "User Offboarding");
    assert!(!run.out.contains("user_onboarding"), "{}", run.out);
}

#[test]
fn one_log_is_shown_in_full() {
    let run = with_four_logs().run(&["log", "4"]).exits(0);
    for word in [
        "Sam Reyes",
        "sam.reyes",
        "vendor-admin",
        "c-third",
        "HR-1204",
        "alice",
    ] {
        assert!(run.out.contains(word), "{word} is not in {}", run.out);
    }
}

#[test]
fn a_log_says_whether_its_clock_was_given() {
    let workspace = Workspace::new();
    let mut command = workspace.command(&["reconcile"]);
    command.env_remove("ROLECALL_NOW");
    assert!(
        command
            .output()
            .expect("the program starts")
            .status
            .success()
    );
    let mut log = workspace.command(&["log", "--format", "json"]);
    let output = log
        .env_remove("ROLECALL_NOW")
        .output()
        .expect("the program starts");
    let logs: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(logs["logs"][0]["clock"], "system");
    let given = Workspace::new();
    given
        .run(&["--now", "2026-11-23T13:00:00Z", "reconcile"])
        .exits(0);
    let log = given
        .run(&["--now", "2026-11-23T13:00:00Z", "log", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(log["logs"][0]["clock"], "given");
    assert_eq!(log["logs"][0]["created"], "2026-11-23T13:00:00Z");
}
