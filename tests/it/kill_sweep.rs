//! Section 9: killed, or failed by the operating system, at any call that changes a file: a rerun ends in the bytes of an
//! undisturbed run.
//!
//! With strace the program is killed before each such call, and each such call is made to fail, in each way that it can; both also
//! while it recovers from an earlier kill. Where there is no strace, only the size of files is limited, so that writes are cut
//! short. `ROLECALL_SWEEP=full` tries every point (`scripts/kill-sweep`).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::sweep::{
    Fault, Point, all, fail, has_strace, kill, limited, points, sample, sample_of_many, say,
};
use crate::support::worlds::{addition, loan, reduction};
use crate::support::{SETTINGS, Workspace};

/// What a file system without `renameat2` says, so that logs are linked into place.
const NO_RENAMEAT2: &str = "inject=renameat2:error=EINVAL";

/// Files below `state/` but `.rolecall/`, by path.
type Files = Vec<(String, Vec<u8>)>;

/// Six runs of one request, a leaver, a loan, the end of an older loan, a refusal, and requests that wait.
fn world() -> Workspace {
    let workspace = Workspace::empty();
    let mut settings = SETTINGS.to_owned();
    for number in 0..22 {
        let _ = writeln!(settings, "  role-{number:02}: {{name: Role {number}}}");
    }
    settings.push_str(
        "separation_of_duties:\n- {id: vendor-and-payment, roles: [vendor-admin, ap-payer], action: deny}\n",
    );
    workspace.write("rolecall.yaml", settings);
    let mut state = String::from("version: 1\nemployees:\n");
    for number in 0..40 {
        let _ = writeln!(
            state,
            "  e{number:02}: {{name: Employee {number}, roles: [ap-clerk]}}"
        );
    }
    state.push_str("  sam.reyes: {name: Sam Reyes, roles: [ap-payer, payroll-viewer]}\n");
    state.push_str("  jane.doe:\n    name: Jane Doe\n    roles: [vendor-admin]\n    temporary:\n");
    state.push_str("    - {role: payroll-viewer, until: 2026-11-20T00:00:00Z, request: cover}\n");
    workspace.write("state/state.yaml", state);
    let everybody: Vec<_> = (0..40).map(|number| format!("e{number:02}")).collect();
    let roles: Vec<_> = (0..22).map(|number| format!("role-{number:02}")).collect();
    let (everybody, roles) = (everybody.join(", "), roles.join(", "));
    workspace.approved(
        "a-many",
        &addition(&format!("[{everybody}]"), &format!("[{roles}]")),
    );
    let leaver = format!(
        "{}inactivate_after_removal: true\n",
        reduction("[sam.reyes]", "all")
    );
    workspace.approved("b-leaver", &leaver);
    workspace.approved("c-loan", &loan("[e01]", "[payroll-viewer]", "2027-01-31"));
    workspace.approved("d-refused", &addition("[jane.doe, e02]", "[ap-payer]"));
    workspace.request("e-waits", &addition("[e03]", "[ap-payer]"));
    workspace
}

fn files(workspace: &Workspace) -> Files {
    let files = workspace.state_files().into_iter();
    files
        .map(|(path, bytes)| {
            let path = path.strip_prefix(workspace.path()).expect("below the root");
            (path.display().to_string(), bytes)
        })
        .collect()
}

/// The end of an undisturbed run.
fn undisturbed() -> (i32, Files) {
    let workspace = world();
    let run = workspace.run(&["reconcile"]);
    assert_eq!(run.code, 7, "{}\n{}", run.out, run.err);
    workspace.run(&["verify"]).exits(0);
    (run.code, files(&workspace))
}

/// Runs once more, and compares with an undisturbed run.
fn made_good(workspace: &Workspace, due: &(i32, Files)) -> Result<(), String> {
    let between = workspace.run(&["verify"]);
    if between.code != 0 {
        return Err(format!("verify before the rerun: {}", between.err));
    }
    let run = workspace.run(&["reconcile"]);
    if run.code != due.0 {
        return Err(format!("the rerun exits {}: {}", run.code, run.err));
    }
    same(&files(workspace), &due.1)?;
    let verified = workspace.run(&["verify"]);
    if verified.code != 0 {
        return Err(format!("verify after the rerun: {}", verified.err));
    }
    let left = fs::read_dir(workspace.path().join("state/.rolecall"))
        .map_err(|error| error.to_string())?;
    let left: Vec<_> = left.flatten().map(|entry| entry.file_name()).collect();
    if left
        .iter()
        .any(|name| name != "lock" && name != ".gitignore")
    {
        return Err(format!("left behind: {left:?}"));
    }
    Ok(())
}

fn same(files: &Files, due: &Files) -> Result<(), String> {
    let names = |files: &Files| {
        files
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    if names(files) != names(due) {
        return Err(format!("other files: {:?}", names(files)));
    }
    let other = files.iter().zip(due).find(|(found, due)| found != due);
    match other {
        Some(((name, _), _)) => Err(format!("{name} has other bytes")),
        None => Ok(()),
    }
}

fn copy(workspace: &Workspace) -> Workspace {
    let other = Workspace::empty();
    copy_folder(workspace.path(), other.path());
    other
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("its type").is_dir() {
            fs::create_dir(&target).expect("a folder");
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Whether to go on; says so if not.
fn can_trace(what: &str) -> bool {
    let can = has_strace();
    if !can {
        say(&format!(
            "{what}: skipped, there is no strace that may trace; files were only limited in size"
        ));
    }
    can
}

#[test]
fn killed_before_any_call_a_rerun_ends_in_the_same_bytes() {
    let due = undisturbed();
    if !can_trace("kill sweep") {
        return;
    }
    for others in [Vec::new(), vec![NO_RENAMEAT2.to_owned()]] {
        let points = points(&world(), &others);
        let chosen = sample(&points, 30);
        say(&format!(
            "kill sweep: {} of {} points",
            chosen.len(),
            points.len()
        ));
        all(&chosen, |point| {
            let workspace = world();
            kill(&workspace, *point, &others);
            made_good(&workspace, &due)
        });
    }
}

#[test]
fn killed_again_during_recovery_a_rerun_ends_in_the_same_bytes() {
    let due = undisturbed();
    if !can_trace("kill sweep of recovery") {
        return;
    }
    let firsts = points(&world(), &[]);
    let mut pairs = Vec::new();
    for first in sample(&firsts, 8) {
        let workspace = world();
        kill(&workspace, first, &[]);
        let seconds = points(&copy(&workspace), &[]);
        pairs.extend(seconds.into_iter().map(|second| (first, second)));
    }
    let chosen = sample(&pairs, 24);
    say(&format!(
        "kill sweep of recovery: {} of {} pairs",
        chosen.len(),
        pairs.len()
    ));
    all(&chosen, |(first, second): &(Point, Point)| {
        let workspace = world();
        kill(&workspace, *first, &[]);
        kill(&workspace, *second, &[]);
        made_good(&workspace, &due)
    });
}

/// What can become of a call: each error, once or for good, and a write that writes nothing.
fn faults(point: Point, index: usize) -> Vec<Fault> {
    let errors = ["ENOSPC", "EIO", "EXDEV", "EACCES", "EMFILE"];
    let each = errors.into_iter().enumerate();
    let mut faults: Vec<_> = each
        .map(|(number, error)| {
            // Where all writing fails for good, nothing can be said either.
            if point.call != "write" && (index + number).is_multiple_of(2) {
                Fault::ForGood(error)
            } else {
                Fault::Once(error)
            }
        })
        .collect();
    // Whoever is interrupted tries again, so not for good.
    faults.push(Fault::Once("EINTR"));
    if point.call == "write" {
        faults.push(Fault::NothingWritten);
    }
    faults
}

fn with_faults(points: &[Point]) -> Vec<(Point, Fault)> {
    let each = points.iter().enumerate();
    each.flat_map(|(index, point)| faults(*point, index).into_iter().map(|it| (*point, it)))
        .collect()
}

/// Lets a call fail: either that is no matter, or the message says at which step and why; what is left can be gone on from.
fn failed(
    workspace: &Workspace,
    point: Point,
    fault: Fault,
    due: &(i32, Files),
) -> Result<(), String> {
    let run = fail(workspace, point, fault);
    let is_done = run.code == due.0 && same(&files(workspace), &due.1).is_ok();
    let names_step = run.err.contains("error: failed to ") || run.err.contains("cannot be ");
    let is_named = names_step && run.err.contains(fault.words());
    if !is_done && (run.code <= 0 || !is_named) {
        return Err(format!("exit {}, {:?}", run.code, run.err));
    }
    Ok(())
}

#[test]
fn an_error_of_any_call_is_named_and_a_rerun_ends_in_the_same_bytes() {
    let due = undisturbed();
    if !can_trace("error sweep") {
        return;
    }
    let cases = with_faults(&points(&world(), &[]));
    let chosen = sample(&cases, 47);
    say(&format!(
        "error sweep: {} of {} cases",
        chosen.len(),
        cases.len()
    ));
    all(&chosen, |(point, fault)| {
        let workspace = world();
        failed(&workspace, *point, *fault, &due)?;
        made_good(&workspace, &due)
    });
}

#[test]
fn an_error_during_recovery_is_named_and_a_rerun_ends_in_the_same_bytes() {
    let due = undisturbed();
    if !can_trace("error sweep of recovery") {
        return;
    }
    let firsts = points(&world(), &[]);
    let mut cases = Vec::new();
    for first in sample(&firsts, 6) {
        let workspace = world();
        kill(&workspace, first, &[]);
        let seconds = with_faults(&points(&copy(&workspace), &[]));
        cases.extend(seconds.into_iter().map(|second| (first, second)));
    }
    let chosen = sample_of_many(&cases, 16, 1500);
    say(&format!(
        "error sweep of recovery: {} of {} cases",
        chosen.len(),
        cases.len()
    ));
    all(&chosen, |(first, (point, fault))| {
        let workspace = world();
        kill(&workspace, *first, &[]);
        failed(&workspace, *point, *fault, &due)?;
        made_good(&workspace, &due)
    });
}

#[test]
fn stopped_at_any_size_of_a_file_a_rerun_ends_in_the_same_bytes() {
    let due = undisturbed();
    let longest = due.1.iter().map(|(_, bytes)| bytes.len()).max();
    let sizes = 0..=longest.unwrap_or(0).div_ceil(512);
    // The signal kills, or is ignored: then the write is cut short, and the next one is an error.
    let cases: Vec<_> = sizes
        .flat_map(|blocks| [(blocks, true), (blocks, false)])
        .collect();
    let most = if has_strace() { 15 } else { 60 };
    let chosen = sample(&cases, most);
    say(&format!(
        "size sweep: {} of {} sizes",
        chosen.len(),
        cases.len()
    ));
    all(&chosen, |(blocks, kills)| {
        let workspace = world();
        let run = limited(&workspace, *blocks, *kills);
        let is_done = run.code == due.0 && same(&files(&workspace), &due.1).is_ok();
        let is_named = run.err.contains("error: failed to write ") && run.err.contains("too large");
        if !kills && !is_done && (run.code <= 0 || !is_named) {
            return Err(format!("exit {}, {:?}", run.code, run.err));
        }
        made_good(&workspace, &due)
    });
}
