//! Real files in temporary folders.
#![allow(
    clippy::disallowed_methods,
    reason = "the tests play those who write files"
)]

mod carried_out;
mod ledger;
mod locks;
mod power_cut;
mod recovered;
mod retract;
mod simulated_disk;
mod state_and_logs;
mod verified;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::ledger::FileLedger;
use super::lock::{DaemonLock, Lock, LockError};
use super::logs::LogFolder;
use super::requests::{self, Listed};
use super::state_file::{self, StateFile};
use super::verify::{Verified, verify};
use super::*;
use crate::document::{changelog, state};
use crate::model::{
    Actor, ChangeLog, ChangeType, ClockSource, Compliance, Digest, Employee, EmployeeChange,
    EmployeeId, EmployeeStatus, LogStatus, RoleId, State,
};
use crate::reconcile::port::{Appended, Ledger, LedgerError, Logs};
use crate::time::parse_rfc3339;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn put(root: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("its folders");
    fs::write(path, bytes).expect("the file is written");
}

fn id(text: &str) -> EmployeeId {
    EmployeeId::new(text).expect("an id")
}

fn jane(roles: &[String]) -> Employee {
    let roles = roles.iter().map(|role| RoleId::new(role).expect("an id"));
    Employee {
        name: "Jane".to_owned(),
        email: None,
        status: EmployeeStatus::Active,
        roles: roles.collect(),
        temporary: BTreeSet::new(),
    }
}

fn log(serial: u64, change_type: ChangeType, changes: Vec<EmployeeChange>) -> ChangeLog {
    ChangeLog {
        serial,
        previous: None,
        state_after: Digest::of(b""),
        change_type,
        compliance: Compliance::Compliant,
        compliance_reason: "test".to_owned(),
        status: LogStatus::Closed,
        created: parse_rfc3339("2026-11-23T10:00:00Z").expect("a moment"),
        request: None,
        approvals: Vec::new(),
        actor: Actor::System,
        schedule: None,
        run: None,
        changes,
        left_out: Vec::new(),
        warnings: Vec::new(),
        clock: ClockSource::System,
        program: "rolecall test".to_owned(),
        policy: Digest::of(b"policy"),
        branch: None,
        resolves: None,
        record: None,
    }
}

/// Appends a log to a ledger as a reconcile does, and folds it into the state.
fn appended(ledger: &mut FileLedger<'_>, log: &ChangeLog) -> Result<Appended, LedgerError> {
    ledger.append(log, &changelog::write_changes(&log.changes))
}

fn append(ledger: &mut FileLedger<'_>, state: &mut State, mut log: ChangeLog) {
    log.previous = state.head;
    log.apply(state);
    log.state_after = ledger.digest(state);
    let appended = appended(ledger, &log).expect("the log is appended");
    state.head = Some(appended.digest);
}

/// A baseline and so many logs, each of which gives Jane one role more; the state file is written after `written` of them.
fn history(root: &Path, logs: u64, written: u64) -> State {
    let lock = Lock::acquire(root, None, "test").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    let mut state = State::default();
    let mut roles = vec!["first".to_owned()];
    state.employees.insert(id("jane"), jane(&roles));
    let same = EmployeeChange {
        id: id("jane"),
        before: Some(jane(&roles)),
        after: Some(jane(&roles)),
    };
    append(
        &mut ledger,
        &mut state,
        log(1, ChangeType::Baseline, vec![same]),
    );
    for serial in 2..=logs {
        if serial == written + 1 {
            ledger.write_state(&state).expect("the state is written");
        }
        let before = jane(&roles);
        roles.push(format!("role-{serial}"));
        let change = EmployeeChange {
            id: id("jane"),
            before: Some(before),
            after: Some(jane(&roles)),
        };
        let log = log(serial, ChangeType::UserRoleAssignmentChange, vec![change]);
        append(&mut ledger, &mut state, log);
    }
    if written >= logs {
        ledger.write_state(&state).expect("the state is written");
    }
    ledger.flush().expect("the logs are in place");
    state
}

fn checked(root: &Path, head: Option<Digest>) -> Result<Verified, LedgerError> {
    let logs = LogFolder::open(root)?;
    verify(&logs, &state_file::read(root)?, head)
}

#[track_caller]
fn bad_serial(result: Result<Verified, LedgerError>) -> Option<u64> {
    match result.expect_err("it must not verify") {
        LedgerError::Integrity { serial, hint, .. } => {
            assert!(!hint.is_empty());
            serial
        }
        error @ LedgerError::Io { .. } => panic!("{error:?}"),
    }
}

fn path(root: &Path, serial: u64) -> std::path::PathBuf {
    let name = if serial == 1 { "baseline" } else { "hand-edit" };
    root.join(format!("state/changelog/2026/{serial:06}-{name}.yaml"))
}

fn edit(root: &Path, serial: u64, from: &str, to: &str) {
    let path = path(root, serial);
    let text = fs::read_to_string(&path).expect("a log");
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replacen(from, to, 1)).expect("the log is written");
}

#[test]
fn what_is_no_log_is_named() {
    let root = folder();
    history(root.path(), 2, 2);
    for path in [
        "notes.txt",
        "2026/notes.yaml",
        "2026/000000-x.yaml",
        "2026/0000003-x.yaml",
        "26/000003-x.yaml",
        "2026/x/y",
    ] {
        put(root.path(), &format!("{CHANGELOG}/{path}"), "x");
    }
    symlink("notes.txt", root.path().join(CHANGELOG).join("2027")).expect("a link");
    let verified = checked(root.path(), None).expect("the logs are well");
    let paths: Vec<_> = verified
        .strays
        .iter()
        .filter_map(|stray| stray.path.as_deref())
        .collect();
    let due = [
        "2026/0000003-x.yaml",
        "2026/000000-x.yaml",
        "2026/notes.yaml",
        "2026/x",
        "2027",
        "26",
        "notes.txt",
    ];
    let due: Vec<_> = due
        .iter()
        .map(|path| format!("{CHANGELOG}/{path}"))
        .collect();
    assert_eq!(
        BTreeSet::from_iter(paths),
        due.iter().map(String::as_str).collect()
    );
}

#[test]
fn an_appended_log_is_read_back_and_never_replaced() {
    let root = folder();
    let state = history(root.path(), 1, 1);
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    assert_eq!(ledger.last(), 1);
    let stored = ledger.read(1).expect("the log");
    assert_eq!(Some(stored.digest), state.head);
    assert!(ledger.read(2).is_err());
    put(
        root.path(),
        "state/changelog/2026/000002-hand-edit.yaml",
        "mine",
    );
    let next = log(2, ChangeType::UserRoleAssignmentChange, Vec::new());
    assert!(matches!(
        appended(&mut ledger, &next),
        Err(LedgerError::Integrity {
            serial: Some(2),
            ..
        })
    ));
    assert_eq!(fs::read(path(root.path(), 2)).expect("the file"), b"mine");
    let skipped = log(3, ChangeType::UserRoleAssignmentChange, Vec::new());
    assert!(appended(&mut ledger, &skipped).is_err());
    let left: Vec<_> = fs::read_dir(root.path().join(SCRATCH))
        .expect("a folder")
        .collect();
    assert_eq!(
        left.len(),
        2,
        "the lock and the ignore file alone: {left:?}"
    );
}

#[test]
fn files_have_the_rights_of_any_new_file() {
    let root = folder();
    history(root.path(), 1, 1);
    put(root.path(), "plain", "");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode();
    let due = mode(&root.path().join("plain"));
    assert_eq!(mode(&root.path().join(STATE_FILE)), due);
    assert_eq!(mode(&path(root.path(), 1)), due);
}

#[test]
fn the_state_file_is_missing_empty_or_bytes() {
    let root = folder();
    assert_eq!(
        state_file::read(root.path()).expect("nothing"),
        StateFile::Missing
    );
    put(root.path(), STATE_FILE, "");
    assert_eq!(
        state_file::read(root.path()).expect("empty"),
        StateFile::Empty
    );
    put(root.path(), STATE_FILE, "x");
    assert_eq!(
        state_file::read(root.path()).expect("bytes"),
        StateFile::Bytes(b"x".to_vec())
    );
    fs::remove_file(root.path().join(STATE_FILE)).expect("removed");
    symlink("/etc/passwd", root.path().join(STATE_FILE)).expect("a link");
    assert!(matches!(
        state_file::read(root.path()),
        Err(LedgerError::Integrity { .. })
    ));
}

#[test]
fn folders_that_lead_elsewhere_are_refused() {
    let elsewhere = folder();
    for link in ["state", CHANGELOG, SCRATCH] {
        let root = folder();
        if link != "state" {
            fs::create_dir(root.path().join("state")).expect("a folder");
        }
        symlink(elsewhere.path(), root.path().join(link)).expect("a link");
        let lock = Lock::acquire(root.path(), None, "test");
        match link {
            CHANGELOG => assert!(FileLedger::open(&lock.expect("the lock")).is_err()),
            _ => assert!(matches!(lock, Err(LockError::Ledger(_))), "{link}"),
        }
        assert_eq!(
            fs::read_dir(elsewhere.path()).expect("a folder").count(),
            0,
            "{link}"
        );
    }
    let root = folder();
    fs::create_dir_all(root.path().join(SCRATCH)).expect("a folder");
    symlink(
        root.path().join("victim"),
        root.path().join(SCRATCH).join("lock"),
    )
    .expect("a link");
    assert!(Lock::acquire(root.path(), None, "test").is_err());
    assert!(!root.path().join("victim").exists());
}

#[test]
fn a_log_that_a_later_one_follows_is_put_back_from_its_draft() {
    let root = folder();
    history(root.path(), 5, 5);
    let due: Vec<_> = (1..=5)
        .map(|serial| fs::read(path(root.path(), serial)).expect("a log"))
        .collect();
    let draft = |name: &str| root.path().join(SCRATCH).join(name);
    // As a power cut can leave it: two of the names are lost, and their drafts are there.
    fs::rename(path(root.path(), 2), draft("tmp-two")).expect("moved");
    fs::rename(path(root.path(), 3), draft("tmp-three")).expect("moved");
    fs::write(draft("tmp-other"), "half").expect("written");
    drop(Lock::acquire(root.path(), None, "test").expect("the lock"));
    for (serial, bytes) in (1..).zip(&due) {
        assert_eq!(&fs::read(path(root.path(), serial)).expect("a log"), bytes);
    }
    for name in ["tmp-two", "tmp-three", "tmp-other"] {
        assert!(!draft(name).exists(), "{name}");
    }
}

#[test]
fn a_draft_that_no_later_log_names_takes_no_place() {
    let root = folder();
    history(root.path(), 5, 5);
    let draft = root.path().join(SCRATCH).join("tmp-draft");
    // The newest one: nobody was told of it.
    fs::rename(path(root.path(), 5), &draft).expect("moved");
    drop(Lock::acquire(root.path(), None, "test").expect("the lock"));
    assert!(!path(root.path(), 5).exists() && !draft.exists());
    // Not the one that is missing: a person has to see to that, and may need whatever is left.
    fs::remove_file(path(root.path(), 3)).expect("removed");
    fs::write(&draft, "version: 1\n").expect("written");
    drop(Lock::acquire(root.path(), None, "test").expect("the lock"));
    assert!(!path(root.path(), 3).exists() && draft.exists());
    // Nor is there an end to what a name can claim.
    let far = root.path().join(CHANGELOG).join("2026/999999999999-x.yaml");
    fs::write(far, "x").expect("written");
    drop(Lock::acquire(root.path(), None, "test").expect("the lock"));
    assert!(draft.exists());
}

#[test]
fn logs_are_in_place_once_their_group_is_flushed() {
    let root = folder();
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    let baseline = log(1, ChangeType::Baseline, Vec::new());
    let next = log(2, ChangeType::UserRoleAssignmentChange, Vec::new());
    appended(&mut ledger, &baseline).expect("written");
    appended(&mut ledger, &next).expect("written");
    assert!(!path(root.path(), 1).exists());
    assert_eq!(ledger.last(), 0);
    ledger.flush().expect("in place");
    assert_eq!(ledger.last(), 2);
    assert!(path(root.path(), 1).exists() && path(root.path(), 2).exists());
    // Where one cannot be put in place, those before it stand.
    for serial in [3, 4] {
        let log = log(serial, ChangeType::UserRoleAssignmentChange, Vec::new());
        appended(&mut ledger, &log).expect("written");
    }
    fs::write(path(root.path(), 4), "mine").expect("written");
    let refused = ledger.flush();
    assert!(matches!(
        refused,
        Err(LedgerError::Integrity {
            serial: Some(4),
            ..
        })
    ));
    assert_eq!(ledger.last(), 3);
    assert_eq!(fs::read(path(root.path(), 4)).expect("a file"), b"mine");
}

#[test]
fn a_folder_that_is_read_only_is_an_error_that_names_it() {
    let root = folder();
    let state = history(root.path(), 1, 1);
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    let scratch = root.path().join(SCRATCH);
    fs::set_permissions(&scratch, fs::Permissions::from_mode(0o500)).expect("rights");
    if fs::File::create(scratch.join("probe")).is_ok() {
        return; // the superuser writes everywhere
    }
    match ledger.write_state(&state) {
        Err(LedgerError::Io { path, .. }) => assert!(path.contains(".rolecall"), "{path}"),
        other => panic!("{other:?}"),
    }
    fs::set_permissions(&scratch, fs::Permissions::from_mode(0o700)).expect("rights");
}

#[test]
fn a_file_for_people_is_never_overwritten() {
    let root = folder();
    let target = root.path().join("requests/deep/new.yaml");
    atomic::create_beside(&target, b"one").expect("created");
    let again = atomic::create_beside(&target, b"two");
    assert!(
        matches!(again, Err(LedgerError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists)
    );
    assert_eq!(fs::read(&target).expect("the file"), b"one");
    assert_eq!(
        fs::read_dir(root.path().join("requests/deep"))
            .expect("a folder")
            .count(),
        1
    );
}

#[test]
fn request_files_are_listed_by_path_and_nothing_else_is_opened() {
    let root = folder();
    assert!(requests::list(root.path()).is_empty());
    put(root.path(), "requests/b.yaml", "b");
    put(root.path(), "requests/a/z.yml", "z");
    put(root.path(), "requests/a.yaml", "a");
    for ignored in [
        "notes.md",
        ".hidden.yaml",
        ".cache/x.yaml",
        "a/.git-keep",
        "upper.YAML",
    ] {
        put(root.path(), &format!("requests/{ignored}"), "x");
    }
    put(root.path(), "requests/large.yaml", vec![b'#'; 100_000]);
    put(root.path(), "requests/sub/.git", "gitdir: elsewhere");
    put(root.path(), "requests/sub/inner.yaml", "x");
    let requests = root.path().join("requests");
    symlink("/etc/passwd", requests.join("link.yaml")).expect("a link");
    symlink("/etc", requests.join("folder")).expect("a link");
    symlink("nowhere", requests.join("dangling.yml")).expect("a link");
    let pipe = Command::new("mkfifo")
        .arg(requests.join("pipe.yaml"))
        .status();
    assert!(pipe.expect("mkfifo starts").success());
    let _socket =
        std::os::unix::net::UnixListener::bind(requests.join("socket.yaml")).expect("a socket");
    let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff.yaml");
    fs::write(requests.join(name), "x").expect("a file");

    let listed = requests::list(root.path());
    let shown: Vec<_> = listed
        .iter()
        .map(|listed| match listed {
            Listed::File { path, bytes } => format!("{path}: {}", bytes.len()),
            Listed::Problem(finding) => format!("{}! {}", listed.path(), finding.message),
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    requests/a.yaml: 1
    requests/a/z.yml: 1
    requests/b.yaml: 1
    requests/dangling.yml! it is a symbolic link, not a regular file
    requests/folder! it is a symbolic link, not a regular file
    requests/large.yaml: 65537
    requests/link.yaml! it is a symbolic link, not a regular file
    requests/pipe.yaml! it is a pipe, not a regular file
    requests/socket.yaml! it is a socket, not a regular file
    requests/sub! it is a git repository of its own, not a plain folder
    requests/�.yaml! the name is not UTF-8
    ");
}

#[test]
fn a_requests_folder_that_is_a_link_is_refused() {
    let root = folder();
    let elsewhere = folder();
    put(elsewhere.path(), "a.yaml", "x");
    symlink(elsewhere.path(), root.path().join("requests")).expect("a link");
    let listed = requests::list(root.path());
    assert!(
        matches!(listed.as_slice(), [Listed::Problem(finding)] if finding.path.as_deref() == Some("requests"))
    );
}

#[test]
fn the_path_of_a_log_is_what_the_folder_expects() {
    let log = log(12, ChangeType::Baseline, Vec::new());
    assert_eq!(changelog::path(&log), "2026/000012-baseline.yaml");
    assert_eq!(state::write(&State::default()).lines().count(), 4);
}
