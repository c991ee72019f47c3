//! Texts of requests, worlds that many subjects start from, and small helpers for assertions.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::Value;

use super::{Run, SETTINGS, Workspace};

/// The longest that anything may take before a test calls it hung.
pub const BOUND: Duration = Duration::from_mins(1);

/// A request that adds roles, asked for by Dana, not approved.
pub fn addition(employees: &str, roles: &str) -> String {
    request("role_additions", employees, roles)
}

/// A request that removes roles, asked for by Dana, not approved.
pub fn reduction(employees: &str, roles: &str) -> String {
    request("role_reductions", employees, roles)
}

/// A request that lends roles until the end of a day, asked for by Dana, not approved.
pub fn loan(employees: &str, roles: &str, end_date: &str) -> String {
    format!(
        "{}end_date: {end_date}\n",
        request("temporary_access", employees, roles)
    )
}

fn request(access_type: &str, employees: &str, roles: &str) -> String {
    format!(
        "name: A change\nchange_overview: HR-1204\naccess_type: {access_type}\n\
         requested_by: dana\naffected_employees: {employees}\naffected_roles: {roles}\n"
    )
}

/// [`SETTINGS`] with more top-level keys at its end.
pub fn settings_with(more: &str) -> String {
    format!("{SETTINGS}{more}\n")
}

/// Three compliant changes one after another: four logs, the first of them the baseline.
pub fn with_four_logs() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("a-first", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    workspace.approved("b-second", &addition("[jane.doe]", "[vendor-admin]"));
    workspace.reconcile();
    workspace.approved("c-third", &reduction("[sam.reyes]", "[vendor-admin]"));
    workspace.reconcile();
    assert_eq!(log_paths(&workspace).len(), 4, "four logs");
    workspace
}

/// The change logs' paths relative to the access repository, by serial.
pub fn log_paths(workspace: &Workspace) -> Vec<String> {
    let mut paths: Vec<String> = workspace
        .state_files()
        .into_keys()
        .map(|path| {
            let relative = path.strip_prefix(workspace.path()).expect("below the root");
            relative.to_str().expect("UTF-8").to_owned()
        })
        .filter(|path| path.starts_with("state/changelog/"))
        .collect();
    paths.sort();
    paths
}

/// Asserts that an object has all of these keys.
#[track_caller]
pub fn has_keys(object: &Value, keys: &[&str]) {
    let map = object
        .as_object()
        .unwrap_or_else(|| panic!("not an object: {object}"));
    for key in keys {
        assert!(map.contains_key(*key), "{key} is not in {object:#}");
    }
}

/// Asserts that a text matches a regular expression, in any case.
#[track_caller]
pub fn matches(text: &str, pattern: &str) {
    let regex = Regex::new(&format!("(?i){pattern}")).expect("a regular expression");
    assert!(regex.is_match(text), "{pattern:?} is not in\n{text}");
}

/// Asserts that an output names a change log's serial.
#[track_caller]
pub fn names_serial(run: &Run, serial: u32) {
    let pattern = format!(r"(serial|log)\W{{0,3}}0*{serial}\b|\b{serial:06}-");
    matches(&format!("{}\n{}", run.out, run.err), &pattern);
}

/// The findings of one severity about one file.
pub fn findings<'a>(report: &'a Value, severity: &str, path: &str) -> Vec<&'a Value> {
    report["findings"]
        .as_array()
        .unwrap_or_else(|| panic!("no findings in {report:#}"))
        .iter()
        .filter(|finding| finding["severity"] == severity && finding["path"] == path)
        .collect()
}

/// Starts a command with its output kept for [`ended`].
#[track_caller]
pub fn start(mut command: Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Waits for a child, and fails rather than hang.
#[track_caller]
pub fn ended(mut child: Child) -> Run {
    let out = drain(child.stdout.take());
    let err = drain(child.stderr.take());
    let mut status = None;
    let in_time = holds_in_time(|| {
        status = child.try_wait().expect("the child can be waited for");
        status.is_some()
    });
    if !in_time {
        child.kill().expect("the child can be ended");
        child.wait().expect("the child ends");
        panic!("the program hangs");
    }
    Run {
        code: status.and_then(|status| status.code()).unwrap_or(-1),
        out: out.join().expect("the reader ends"),
        err: err.join().expect("the reader ends"),
    }
}

/// Whether a condition comes true within [`BOUND`].
pub fn holds_in_time(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if start.elapsed() > BOUND {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn drain(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    let mut stream = stream.expect("the stream is piped");
    thread::spawn(move || {
        let mut text = String::new();
        stream
            .read_to_string(&mut text)
            .expect("the stream is UTF-8");
        text
    })
}
