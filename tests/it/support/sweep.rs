//! Killing and failing the program at one system call after the other, with strace.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::worlds::{ended, start};
use super::{Run, Workspace, program};

/// The system calls that change files, or make changes durable.
pub const CALLS: &[&str] = &[
    "write",
    "pwrite64",
    "ftruncate",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "utimensat",
    "openat",
];

/// A system call of a run: which, and the how manieth of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Its name.
    pub call: &'static str,
    /// From 1.
    pub when: usize,
}

/// Whether strace is there and may trace.
pub fn has_strace() -> bool {
    let mut probe = Command::new("strace");
    probe.args(["-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO"]);
    probe
        .arg("true")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

/// `reconcile` under strace with some expressions.
pub fn traced(workspace: &Workspace, output: &Path, expressions: &[String]) -> Run {
    let mut strace = workspace.around("strace");
    strace.args(["-f", "-qq", "-o"]).arg(output);
    for expression in expressions {
        strace.args(["-e", expression]);
    }
    strace.arg(program()).arg("reconcile");
    ended(start(strace))
}

/// `reconcile` that can write no file beyond a number of blocks of 512 bytes. The signal that it gets then ends it, or is ignored.
pub fn limited(workspace: &Workspace, blocks: usize, kills: bool) -> Run {
    let ignored = if kills { "" } else { "trap '' XFSZ; " };
    let script = format!("{ignored}ulimit -c 0; ulimit -f {blocks}; exec \"$0\" reconcile");
    let mut shell = workspace.around("sh");
    shell.args(["-c", &script]).arg(program());
    ended(start(shell))
}

/// Every call that a `reconcile` makes there, but those that only open what is not below `state/`.
///
/// `others` are injections that hold for the whole run.
pub fn points(workspace: &Workspace, others: &[String]) -> Vec<Point> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("trace");
    let mut expressions = vec![format!("trace={}", CALLS.join(","))];
    expressions.extend_from_slice(others);
    traced(workspace, &file, &expressions);
    let trace = fs::read_to_string(file).expect("the trace");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut points = Vec::new();
    // strace counts the calls of each thread by themselves; those of others only read.
    let thread = |line: &str| line.split_once(' ').map(|(thread, _)| thread.to_owned());
    let first = trace.lines().next().and_then(thread);
    for line in trace.lines().filter(|line| thread(line) == first) {
        let text = line.split_once(' ').map_or(line, |(_, text)| text).trim();
        let Some(call) = CALLS.iter().find(|call| {
            text.strip_prefix(**call)
                .is_some_and(|rest| rest.starts_with('('))
        }) else {
            continue;
        };
        let when = counts.entry(call).or_default();
        *when += 1;
        if *call != "openat" || text.contains("/state") {
            points.push(Point { call, when: *when });
        }
    }
    points
}

/// Kills a `reconcile` before a call is made.
pub fn kill(workspace: &Workspace, point: Point, others: &[String]) -> Run {
    let Point { call, when } = point;
    let mut expressions = others.to_vec();
    expressions.push(format!("inject={call}:signal=SIGKILL:when={when}"));
    traced(workspace, Path::new("/dev/null"), &expressions)
}

/// What becomes of a call that is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails with this error.
    Once(&'static str),
    /// So does every later one of its kind.
    ForGood(&'static str),
    /// It writes nothing, and says so.
    NothingWritten,
}

impl Fault {
    /// What the operating system says of it, as people read it.
    pub fn words(self) -> &'static str {
        let (Self::Once(error) | Self::ForGood(error)) = self else {
            return "failed to write whole buffer";
        };
        match error {
            "ENOSPC" => "No space left on device",
            "EIO" => "Input/output error",
            "EXDEV" => "cross-device link",
            "EACCES" => "Permission denied",
            "EINTR" => "Interrupted system call",
            "EMFILE" => "Too many open files",
            other => panic!("{other} has no words"),
        }
    }
}

/// Lets a call of a `reconcile` fail.
pub fn fail(workspace: &Workspace, point: Point, fault: Fault) -> Run {
    let Point { call, when } = point;
    let inject = match fault {
        Fault::Once(error) => format!("inject={call}:error={error}:when={when}"),
        Fault::ForGood(error) => format!("inject={call}:error={error}:when={when}+"),
        Fault::NothingWritten => format!("inject={call}:retval=0:when={when}"),
    };
    traced(workspace, Path::new("/dev/null"), &[inject])
}

/// Some of a list, spread evenly; all where `ROLECALL_SWEEP=full`.
pub fn sample<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    spread(all, if is_full() { all.len() } else { most })
}

/// As [`sample`], of a list that is too long to be tried as a whole: `most_in_full` where `ROLECALL_SWEEP=full`.
pub fn sample_of_many<T: Clone>(all: &[T], most: usize, most_in_full: usize) -> Vec<T> {
    spread(all, if is_full() { most_in_full } else { most })
}

fn is_full() -> bool {
    std::env::var_os("ROLECALL_SWEEP").is_some_and(|value| value == "full")
}

fn spread<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most {
        return all.to_vec();
    }
    (0..most)
        .map(|index| all[index * all.len() / most].clone())
        .collect()
}

/// Says something that `cargo test` does not swallow.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Tries every case on all processors, and panics with what was wrong with any.
#[track_caller]
pub fn all<T: Sync + std::fmt::Debug>(
    cases: &[T],
    attempt: impl Fn(&T) -> Result<(), String> + Sync,
) {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(what) = attempt(case) {
                        let mut wrong = wrong.lock().expect("nobody panics");
                        wrong.push(format!("{case:?}: {what}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("nobody panics");
    assert!(
        wrong.is_empty(),
        "{} of {} cases\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
