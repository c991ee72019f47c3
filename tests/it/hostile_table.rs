//! Hostile input as a table: what is given, the exit code, and the whole first line of the message.
//!
//! Each case runs the built program in a world of its own, with a bound on its memory, its processor time, and its time. A `…` in a
//! line stands for what varies (a digest, a random name); `ROOT` for the access repository; `{x*9}` for nine times x.

mod approvals;
mod arguments;
mod bounds;
mod dense;
mod files;
mod hand_made_states;
mod imports;
mod integrity;
mod outputs;
mod repositories;
mod request_text;
mod request_values;
mod rewritten;
mod settings;
mod times;
mod trees;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;

use regex::{Captures, Regex};

use bounds::Bill;

use crate::support::hostile::{GOOD, world};
use crate::support::worlds::{log_paths, with_four_logs};
use crate::support::{APPROVED, Run, Workspace};

/// One case of a table.
struct Case {
    /// What is hostile about it; empty where the arguments say it all.
    name: &'static str,
    /// What is done to the world.
    input: Input,
    /// The arguments of the program.
    command: &'static [&'static str],
    /// The exit code.
    code: i32,
    /// The first line that is an error or a warning, else the first line of all, and behind it the place that is named below.
    line: &'static str,
}

/// What is done to a world before the program runs in it.
enum Input {
    /// Nothing: the arguments are hostile.
    Nothing,
    /// `requests/bad.yaml` is a good request, and this.
    More(&'static str),
    /// `requests/bad.yaml` is a good and approved request, with the first text replaced by the second.
    Instead(&'static str, &'static str),
    /// A file has these bytes.
    Bytes(&'static str, &'static [u8]),
    /// A file has the first text replaced by the second.
    Edit(&'static str, &'static str, &'static str),
    /// A file has this behind it.
    Append(&'static str, &'static str),
    /// A file, or else a good request, has a comment of so many bytes behind it.
    Padded(&'static str, usize),
    /// A file is gone.
    Removed(&'static str),
    /// A symbolic link stands there.
    Link(&'static str, &'static str),
    /// A named pipe stands there.
    Pipe(&'static str),
    /// A socket stands there.
    Socket(&'static str),
    /// A folder stands there.
    Folder(&'static str),
    /// What takes more than a word.
    Made(fn(&Workspace)),
}

/// `{x*9}` to nine times x.
fn expanded(text: &str) -> String {
    let run = Regex::new(r"\{([^{}*]+)\*(\d+)\}").unwrap();
    let times = |found: &Captures| found[1].repeat(found[2].parse().unwrap());
    run.replace_all(text, times).into_owned()
}

impl Input {
    fn is_put_into(&self, workspace: &Workspace) {
        match *self {
            Self::Nothing => {}
            Self::More(text) => workspace.request("bad", &format!("{GOOD}{}", expanded(text))),
            Self::Instead(from, to) => {
                assert!(GOOD.contains(from), "{from:?}");
                let text = GOOD.replacen(from, &expanded(to), 1);
                workspace.request("bad", &format!("{}\n{APPROVED}", text.trim_end()));
            }
            Self::Bytes(path, bytes) => {
                workspace.write(&expanded(path), bytes);
            }
            Self::Edit(path, from, to) => {
                let text = workspace.read(path);
                assert!(text.contains(from), "{from:?} is not in\n{text}");
                workspace.write(path, text.replacen(from, to, 1));
            }
            Self::Append(path, more) => {
                workspace.write(path, workspace.read(path) + &expanded(more));
            }
            Self::Padded(path, size) => {
                let text = std::fs::read_to_string(workspace.path().join(path));
                let text = text.unwrap_or_else(|_| GOOD.to_owned());
                workspace.write(path, format!("{text}#{}\n", "x".repeat(size)));
            }
            Self::Removed(path) => std::fs::remove_file(workspace.path().join(path)).unwrap(),
            Self::Link(path, target) => symlink(target, freed(workspace, path)).unwrap(),
            Self::Pipe(path) => {
                let made = Command::new("mkfifo").arg(freed(workspace, path)).status();
                assert!(made.unwrap().success());
            }
            Self::Socket(path) => drop(UnixListener::bind(freed(workspace, path)).unwrap()),
            Self::Folder(path) => std::fs::create_dir(freed(workspace, path)).unwrap(),
            Self::Made(make) => make(workspace),
        }
    }
}

fn freed(workspace: &Workspace, path: &str) -> PathBuf {
    let path = workspace.path().join(path);
    std::fs::remove_file(&path).ok();
    path
}

/// The line of an output that a case is held to, and the place below it.
fn message(run: &Run, workspace: &Workspace) -> String {
    let text = format!("{}{}", run.err, run.out);
    let lines: Vec<&str> = text.lines().collect();
    let speaks = |line: &str| line.starts_with("error") || line.starts_with("warning");
    let known = |line: &str| !line.starts_with("warning[RC301]");
    let at = lines.iter().position(|line| speaks(line) && known(line));
    let at = at.unwrap_or_default();
    let mut line = (*lines.get(at).unwrap_or(&"")).to_owned();
    let place = lines.get(at + 1).map(|line| line.trim_end());
    if let Some(place) = place.filter(|place| place.trim_start().starts_with("--> ")) {
        line.push_str(place);
    }
    line.replace(workspace.path().to_str().unwrap(), "ROOT")
}

/// Whether a line is the expected one, in which `…` stands for what varies.
fn is_line(line: &str, expected: &str) -> bool {
    let parts: Vec<String> = expanded(expected).split('…').map(regex::escape).collect();
    let pattern = format!("^{}$", parts.join(".+"));
    Regex::new(&pattern).unwrap().is_match(line)
}

/// No text of a case may drive a terminal, or hide from who looks at one.
fn drives(run: &Run) -> bool {
    let evil = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character,
                '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{3164}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    run.out.contains(evil) || run.err.contains(evil)
}

/// What is wrong with a case, in words; nothing where all is right.
fn wrong(case: &Case, workspace: &Workspace, after: After, bill: &mut Bill) -> Vec<String> {
    case.input.is_put_into(workspace);
    let before = files(workspace);
    let name = match case.name {
        "" => &case.command.join(" "),
        name => name,
    };
    let run = bill.run(workspace, name, case.command);
    let mut wrong = Vec::new();
    let line = message(&run, workspace);
    if run.code != case.code || !is_line(&line, case.line) {
        wrong.push(format!("exits {} with {line:?}", run.code));
    }
    if drives(&run) {
        wrong.push(format!("drives a terminal: {run:?}"));
    }
    if files(workspace) != before {
        wrong.push("something was written".to_owned());
    }
    if let After::GoodRuns(expected) = after {
        let code = bill.run(workspace, name, &["reconcile"]).code;
        let ran: Vec<_> = log_paths(workspace).into_iter().skip(1).collect();
        if code != expected || ran != ["state/changelog/2026/000002-good.yaml"] {
            wrong.push(format!("reconcile exits {code}, and ran {ran:?}"));
        }
    }
    wrong
}

/// The state folder's files with their bytes; what is no regular file has none.
fn files(workspace: &Workspace) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(workspace.path().join("state")) {
        let entry = entry.unwrap();
        let is_scratch = entry
            .path()
            .components()
            .any(|part| part.as_os_str() == ".rolecall");
        if is_scratch {
            continue;
        }
        let is_file = entry.file_type().is_file();
        let bytes = if is_file {
            std::fs::read(entry.path()).unwrap()
        } else {
            Vec::new()
        };
        found.insert(entry.into_path(), bytes);
    }
    found
}

/// What comes behind the command of a case.
#[derive(Clone, Copy)]
enum After {
    /// Nothing.
    Nothing,
    /// A reconcile that runs the good request and no other, and ends with this exit code.
    GoodRuns(i32),
}

#[track_caller]
fn check<World: Borrow<Workspace>>(cases: &[Case], make: fn() -> World, after: After) {
    let mut failures = String::new();
    let mut bill = Bill::default();
    for case in cases {
        for wrong in wrong(case, make().borrow(), after, &mut bill) {
            failures.push_str(&format!("{} {:?}: {wrong}\n", case.name, case.command));
        }
    }
    bill.say();
    assert!(failures.is_empty(), "{failures}");
}

/// A world with a table to import still to come.
fn without_a_state() -> Workspace {
    let workspace = world();
    std::fs::remove_file(workspace.path().join("state/state.yaml")).unwrap();
    workspace
}

#[test]
fn a_broken_request_is_named_and_the_other_one_runs() {
    check(request_text::CASES, world, After::GoodRuns(3));
}

#[test]
fn a_request_with_a_wrong_value_is_named_and_the_other_one_runs() {
    check(request_values::CASES, world, After::GoodRuns(3));
}

#[test]
fn a_request_with_a_wrong_time_is_named_and_the_other_one_runs() {
    check(times::CASES, world, After::GoodRuns(3));
}

#[test]
fn a_file_that_is_no_request_is_named_and_the_other_one_runs() {
    check(files::CASES, world, After::GoodRuns(3));
}

#[test]
fn broken_settings_stop_everything() {
    check(settings::CASES, world, After::Nothing);
}

#[test]
fn a_broken_state_made_by_hand_stops_everything() {
    check(hand_made_states::CASES, world, After::Nothing);
}

#[test]
fn state_and_logs_that_do_not_agree_are_named() {
    check(integrity::CASES, with_four_logs, After::Nothing);
}

#[test]
fn logs_that_were_rewritten_to_agree_with_one_another_are_named() {
    check(rewritten::CASES, with_four_logs, After::Nothing);
    check(
        rewritten::LAGGING,
        rewritten::with_a_state_that_lags,
        After::Nothing,
    );
}

#[test]
fn a_broken_table_is_not_imported() {
    check(imports::CASES, without_a_state, After::Nothing);
}

#[test]
fn wrong_arguments_write_nothing() {
    check(arguments::CASES, world, After::Nothing);
}

#[test]
fn a_bad_approval_approves_nothing_and_makes_nothing_fail() {
    check(
        approvals::CASES,
        approvals::with_approvals,
        After::GoodRuns(0),
    );
}

#[test]
fn what_a_tree_cannot_hold_is_named_and_the_other_one_runs() {
    check(
        trees::CASES,
        trees::with_a_merged_request,
        After::GoodRuns(3),
    );
}

#[test]
fn what_is_none_of_ours_in_git_is_left_alone() {
    check(
        repositories::LEFT_ALONE,
        trees::with_a_merged_request,
        After::GoodRuns(0),
    );
}

#[test]
fn what_is_dense_takes_neither_time_nor_memory() {
    check(dense::CASES, world, After::Nothing);
    check(dense::REQUESTS, world, After::GoodRuns(3));
}

#[test]
fn a_damaged_repository_stops_everything() {
    check(
        repositories::STOPPED,
        trees::with_a_merged_request,
        After::Nothing,
    );
}

#[test]
fn the_table_has_cases_of_every_subject_and_none_twice() {
    let tables = [
        request_text::CASES,
        request_values::CASES,
        times::CASES,
        files::CASES,
        settings::CASES,
        hand_made_states::CASES,
        integrity::CASES,
        rewritten::CASES,
        rewritten::LAGGING,
        imports::CASES,
        arguments::CASES,
        approvals::CASES,
        dense::CASES,
        dense::REQUESTS,
        trees::CASES,
        repositories::LEFT_ALONE,
        repositories::STOPPED,
    ];
    for table in tables {
        let cases = table.iter().map(|case| (case.name, case.command));
        let different: std::collections::BTreeSet<_> = cases.collect();
        assert_eq!(different.len(), table.len());
    }
    let all: usize = tables.iter().map(|table| table.len()).sum();
    assert!(all >= 300, "{all} cases");
}
