//! Section 9: `verify`, tampering of every kind, and what is never taken for a first run.

use std::fs;

use rstest::rstest;
use sha2::{Digest, Sha256};

use crate::support::Workspace;
use crate::support::worlds::{addition, log_paths, names_serial, with_four_logs};

const STATE: &str = "state/state.yaml";

fn log(workspace: &Workspace, serial: usize) -> String {
    log_paths(workspace)[serial - 1].clone()
}

fn edit(workspace: &Workspace, path: &str, from: &str, to: &str) {
    let text = workspace.read(path);
    assert!(text.contains(from), "{from:?} is not in {path}\n{text}");
    workspace.write(path, text.replacen(from, to, 1));
}

fn remove(workspace: &Workspace, path: &str) {
    fs::remove_file(workspace.path().join(path)).expect("the file goes");
}

fn hash(bytes: impl AsRef<[u8]>) -> String {
    let hex: Vec<String> = Sha256::digest(bytes.as_ref())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{}", hex.concat())
}

fn head(workspace: &Workspace) -> String {
    let head = workspace.reconcile()["head"].clone();
    head.as_str().expect("a hash").to_owned()
}

fn changed(workspace: &Workspace) {
    edit(workspace, &log(workspace, 2), "HR-1204", "HR-1205");
}

fn one_byte_fewer(workspace: &Workspace) {
    edit(workspace, &log(workspace, 2), "HR-1204", "HR-124");
}

fn last_changed(workspace: &Workspace) {
    edit(workspace, &log(workspace, 4), "HR-1204", "HR-1205");
}

fn baseline_changed(workspace: &Workspace) {
    edit(workspace, &log(workspace, 1), "Sam Reyes", "Sam Reyez");
}

fn missing(workspace: &Workspace) {
    remove(workspace, &log(workspace, 2));
}

fn baseline_missing(workspace: &Workspace) {
    remove(workspace, &log(workspace, 1));
}

fn last_missing(workspace: &Workspace) {
    remove(workspace, &log(workspace, 4));
}

fn swapped(workspace: &Workspace) {
    let (second, third) = (log(workspace, 2), log(workspace, 3));
    let (two, three) = (workspace.read(&second), workspace.read(&third));
    workspace.write(&second, three);
    workspace.write(&third, two);
}

fn extra(workspace: &Workspace) {
    let last = log(workspace, 4);
    let text = workspace.read(&last);
    workspace.write(&last.replace("000004-", "000005-"), text);
}

fn duplicated(workspace: &Workspace) {
    let second = log(workspace, 2);
    let text = workspace.read(&second);
    workspace.write(&second.replace("a-first", "a-first-again"), text);
}

fn gap(workspace: &Workspace) {
    let third = log(workspace, 3);
    let text = workspace.read(&third);
    remove(workspace, &third);
    workspace.write(&third.replace("000003-", "000007-"), text);
}

fn empty(workspace: &Workspace) {
    workspace.write(&log(workspace, 3), "");
}

fn filled_with_nul(workspace: &Workspace) {
    let path = log(workspace, 3);
    let length = workspace.read(&path).len();
    workspace.write(&path, vec![0; length]);
}

fn torn(workspace: &Workspace) {
    let path = log(workspace, 4);
    let text = workspace.read(&path);
    workspace.write(&path, &text[..text.len() / 2]);
}

fn other_line_ends(workspace: &Workspace) {
    let path = log(workspace, 3);
    let text = workspace.read(&path);
    workspace.write(&path, text.replace('\n', "\r\n"));
}

fn a_link_instead(workspace: &Workspace) {
    let path = log(workspace, 2);
    edit(workspace, &path, "HR-1204", "HR-1205");
    fs::rename(
        workspace.path().join(&path),
        workspace.path().join("elsewhere"),
    )
    .expect("moved");
    let link = workspace.path().join(&path);
    std::os::unix::fs::symlink(workspace.path().join("elsewhere"), link).expect("a link");
}

#[rstest]
#[case::changed(changed, 2)]
#[case::one_byte_fewer(one_byte_fewer, 2)]
#[case::last_changed(last_changed, 4)]
#[case::baseline_changed(baseline_changed, 1)]
#[case::missing(missing, 2)]
#[case::baseline_missing(baseline_missing, 1)]
#[case::last_missing(last_missing, 4)]
#[case::swapped(swapped, 2)]
#[case::extra(extra, 5)]
#[case::duplicated(duplicated, 2)]
#[case::gap(gap, 3)]
#[case::empty(empty, 3)]
#[case::filled_with_nul(filled_with_nul, 3)]
#[case::torn(torn, 4)]
#[case::other_line_ends(other_line_ends, 3)]
#[case::a_link_instead(a_link_instead, 2)]
fn a_tampered_log_exits_6_and_the_first_bad_serial_is_named(
    #[case] tamper: fn(&Workspace),
    #[case] serial: u32,
) {
    let workspace = with_four_logs();
    workspace.run(&["verify"]).exits(0);
    tamper(&workspace);
    names_serial(&workspace.run(&["verify"]).exits(6), serial);
    workspace.approved("d-fourth", &addition("[jane.doe]", "[payroll-viewer]"));
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6);
    assert_eq!(workspace.state_files(), before, "nothing is written");
}

#[rstest]
#[case::a_role_more("    - ap-clerk\n", "    - ap-clerk\n    - ap-payer\n")]
#[case::another_serial("serial: 4", "serial: 3")]
#[case::another_head("head: sha256:", "head: sha256:0")]
#[case::another_clock("as_of: 2026-11-23", "as_of: 2026-11-22")]
#[case::a_request_more("a-first:", "a-zeroth:")]
#[case::a_requests_other_status("status: complete", "status: cancelled")]
fn a_state_that_does_not_follow_from_the_logs_exits_6(#[case] from: &str, #[case] to: &str) {
    let workspace = with_four_logs();
    edit(&workspace, STATE, from, to);
    workspace.run(&["verify"]).exits(6);
}

#[rstest]
#[case::another_serial("serial: 4", "serial: 9")]
#[case::another_head("head: sha256:", "head: sha256:0")]
#[case::another_clock("as_of: 2026-11-23", "as_of: 2026-11-22")]
#[case::a_request_more("a-first:", "a-zeroth:")]
fn a_hand_edit_of_the_reconcilers_own_fields_exits_6(#[case] from: &str, #[case] to: &str) {
    let workspace = with_four_logs();
    edit(&workspace, STATE, from, to);
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6);
    assert_eq!(workspace.state_files(), before);
}

#[rstest]
#[case::missing(|_: &str| None)]
#[case::empty(|_: &str| Some(String::new()))]
#[case::blank(|_: &str| Some("\n\n".to_owned()))]
#[case::filled_with_nul(|text: &str| Some("\0".repeat(text.len())))]
#[case::cut_off(|text: &str| Some(text[..text.len() / 2].to_owned()))]
#[case::without_its_last_line(|text: &str| text.strip_suffix("...\n").map(ToOwned::to_owned))]
fn a_lost_state_is_never_taken_for_a_first_run(#[case] damage: fn(&str) -> Option<String>) {
    let workspace = with_four_logs();
    let damaged = damage(&workspace.read(STATE));
    match damaged {
        Some(text) => drop(workspace.write(STATE, text)),
        None => remove(&workspace, STATE),
    }
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6);
    workspace.run(&["verify"]).exits(6);
    workspace.run(&["plan"]).exits(6);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn logs_that_are_all_gone_exit_6() {
    let workspace = with_four_logs();
    fs::remove_dir_all(workspace.path().join("state/changelog")).expect("the logs go");
    let before = workspace.state_files();
    workspace.run(&["verify"]).exits(6);
    workspace.run(&["reconcile"]).exits(6);
    assert_eq!(workspace.state_files(), before);
}

#[rstest]
#[case::serial("serial: 1", "change log")]
#[case::head(
    "head: sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "it has a `head` and no `serial`"
)]
#[case::requests(
    "requests: {grant: {status: complete, content: sha256:0000000000000000000000000000000000000000000000000000000000000000, completed: 2026-11-20T10:05:00Z}}",
    "it has `requests`, and there are no change logs"
)]
fn a_state_that_the_program_wrote_is_no_first_run_where_there_are_no_logs(
    #[case] line: &str,
    #[case] message: &str,
) {
    let workspace = Workspace::new();
    let text = workspace.read(STATE);
    let text = text.replacen("version: 1\n", &format!("version: 1\n{line}\n"), 1);
    workspace.write(STATE, text + "...\n");
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(6);
    workspace.run(&["verify"]).exits(6).says(message);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn the_states_last_line_shows_that_it_is_whole() {
    let workspace = with_four_logs();
    assert!(workspace.read(STATE).ends_with("\n...\n"));
}

#[test]
fn each_log_names_the_hash_of_the_one_before() {
    let workspace = with_four_logs();
    let mut previous = None;
    for (path, log) in log_paths(&workspace).iter().zip(workspace.logs()) {
        assert_eq!(log["previous"].as_str(), previous.as_deref(), "{path}");
        previous = Some(hash(workspace.read(path)));
    }
    assert_eq!(Some(head(&workspace)), previous);
    assert!(workspace.read(STATE).contains(&previous.expect("a head")));
}

#[test]
fn a_cut_off_tail_is_found_with_expect_head() {
    let workspace = with_four_logs();
    let state = workspace.read(STATE);
    let old = head(&workspace);
    workspace.approved("d-fourth", &addition("[jane.doe]", "[payroll-viewer]"));
    let newest = head(&workspace);
    workspace
        .run(&["verify", "--expect-head", &newest])
        .exits(0);
    remove(&workspace, &log(&workspace, 5));
    workspace.write(STATE, state);
    workspace.run(&["verify"]).exits(0);
    workspace
        .run(&["verify", "--expect-head", &newest])
        .exits(6);
    workspace.run(&["verify", "--expect-head", &old]).exits(0);
}

#[test]
fn a_head_seen_earlier_must_still_be_in_the_chain() {
    let workspace = with_four_logs();
    for serial in 1..=4 {
        let seen = hash(workspace.read(&log(&workspace, serial)));
        workspace.run(&["verify", "--expect-head", &seen]).exits(0);
    }
    let never_seen = hash("something else");
    workspace
        .run(&["verify", "--expect-head", &never_seen])
        .exits(6);
}

#[test]
fn a_chain_rewritten_consistently_is_found_with_expect_head() {
    let workspace = with_four_logs();
    let seen = head(&workspace);
    let mut old = hash(workspace.read(&log(&workspace, 2)));
    changed(&workspace);
    for serial in 3..=4 {
        let new = hash(workspace.read(&log(&workspace, serial - 1)));
        let after = hash(workspace.read(&log(&workspace, serial)));
        edit(&workspace, &log(&workspace, serial), &old, &new);
        old = after;
    }
    let new = hash(workspace.read(&log(&workspace, 4)));
    edit(&workspace, STATE, &old, &new);
    workspace.run(&["verify"]).exits(0);
    workspace.run(&["verify", "--expect-head", &seen]).exits(6);
}

#[test]
fn values_that_do_not_follow_are_found_though_the_chain_is_whole() {
    let workspace = with_four_logs();
    let path = log(&workspace, 4);
    let old = hash(workspace.read(&path));
    let text = workspace.read(&path);
    workspace.write(&path, text.replace("vendor-admin", "ap-payer"));
    let new = hash(workspace.read(&path));
    edit(&workspace, STATE, &old, &new);
    names_serial(&workspace.run(&["verify"]).exits(6), 4);
}

#[rstest]
#[case::beside_the_logs("state/changelog/2026/notes.txt")]
#[case::beside_the_years("state/changelog/stray.yaml")]
#[case::no_serial("state/changelog/2026/extra.yaml")]
fn a_file_among_the_logs_that_is_no_log_is_named(#[case] path: &str) {
    let workspace = with_four_logs();
    workspace.write(path, "hello\n");
    let name = path.rsplit('/').next().expect("a name");
    workspace.run(&["verify"]).says(name);
}

#[rstest]
#[case::two_minutes_behind("2026-11-23T11:58:00Z", 0)]
#[case::more_than_two_minutes_behind("2026-11-23T11:57:59Z", 6)]
#[case::a_year_behind("2025-11-23T12:00:00Z", 6)]
fn a_clock_behind_the_latest_change_is_refused(#[case] now: &str, #[case] code: i32) {
    let mut workspace = with_four_logs();
    workspace.approved("d-fourth", &addition("[jane.doe]", "[payroll-viewer]"));
    let before = workspace.state_files();
    workspace.at(now);
    workspace.run(&["reconcile"]).exits(code);
    assert_eq!(workspace.state_files() == before, code == 6);
}

#[test]
fn the_latest_change_moves_only_with_a_change() {
    let mut workspace = with_four_logs();
    let before = workspace.state_files();
    workspace.at("2026-12-23T12:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.state_files(), before);
    assert!(
        workspace
            .read(STATE)
            .contains("as_of: 2026-11-23T12:00:00Z")
    );
}
