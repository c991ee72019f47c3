//! Section 9: one reconcile at a time, and no lock outlives its holder.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command};

use rstest::rstest;

use crate::support::Workspace;
use crate::support::git::merged;
use crate::support::worlds::{addition, ended, holds_in_time, log_paths, matches, start};

/// A program that stands in for git: it waits, once the lock's folder is there, while `hold` is.
const SLOW_GIT: &str = "#!/bin/sh
PATH=$REAL_PATH
export PATH
if [ -e 'ROOT/hold' ] && [ -n \"$(ls -A 'ROOT/state/.rolecall' 2>/dev/null)\" ]; then
  : > 'ROOT/holding'
  while [ -e 'ROOT/hold' ]; do sleep 0.02; done
fi
exec git \"$@\"
";

/// A merged request, and a git that keeps a reconcile waiting while it holds the lock.
struct Held {
    workspace: Workspace,
    path: String,
}

impl Held {
    fn new() -> Self {
        let workspace = merged();
        workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
        workspace.git_commit("Grant");
        let real = std::env::var("PATH").expect("a PATH");
        let script = SLOW_GIT
            .replace("ROOT", workspace.path().to_str().expect("UTF-8"))
            .replace("$REAL_PATH", &format!("'{real}'"));
        let git = workspace.write(".git/slow/git", script);
        std::fs::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        workspace.write("hold", "");
        let folder = git.parent().expect("a parent").to_str().expect("UTF-8");
        let path = format!("{folder}:{real}");
        Self { workspace, path }
    }

    fn slow(&self) -> Command {
        let mut command = self.workspace.command(&["reconcile"]);
        command.env("PATH", &self.path);
        command
    }

    /// Starts a reconcile and waits until it holds the lock.
    #[track_caller]
    fn holder(&self) -> Child {
        let mut child = start(self.slow());
        let holding = self.workspace.path().join("holding");
        let held =
            holds_in_time(|| holding.exists() || child.try_wait().expect("a child").is_some());
        assert!(
            held && holding.exists(),
            "git is asked while the lock is held"
        );
        child
    }

    fn release(&self) {
        std::fs::remove_file(self.workspace.path().join("hold")).expect("the holder goes on");
    }
}

#[test]
fn a_second_reconcile_exits_5_at_once_and_names_the_holder() {
    let held = Held::new();
    let holder = held.holder();
    let process = holder.id().to_string();
    let before = held.workspace.state_files();
    let second = ended(start(held.workspace.command(&["reconcile"]))).exits(5);
    matches(&(second.out + &second.err), &format!(r"\b{process}\b"));
    assert_eq!(held.workspace.state_files(), before);
    held.release();
    ended(holder).exits(0);
    assert_eq!(held.workspace.status("grant")["status"], "complete");
}

#[test]
fn other_commands_that_write_respect_the_lock() {
    let held = Held::new();
    let holder = held.holder();
    let before = held.workspace.state_files();
    let complete = held
        .workspace
        .command(&["complete", "grant", "--by", "alice"]);
    ended(start(complete)).exits(5);
    assert_eq!(held.workspace.state_files(), before);
    held.release();
    ended(holder).exits(0);
}

#[test]
fn commands_that_only_read_need_no_lock() {
    let held = Held::new();
    let holder = held.holder();
    for arguments in [
        &["plan"][..],
        &["status"],
        &["roles", "jane.doe"],
        &["validate"],
    ] {
        ended(start(held.workspace.command(arguments))).exits(0);
    }
    held.release();
    ended(holder).exits(0);
}

#[test]
fn a_second_reconcile_may_wait_for_the_lock() {
    let held = Held::new();
    let holder = held.holder();
    let waiting = held
        .workspace
        .command(&["reconcile", "--lock-timeout", "50s"]);
    let waiting = start(waiting);
    held.release();
    ended(holder).exits(0);
    ended(waiting).exits(0);
    assert_eq!(
        log_paths(&held.workspace).len(),
        2,
        "the baseline and the grant"
    );
}

#[test]
fn waiting_for_the_lock_ends_at_its_timeout() {
    let held = Held::new();
    let holder = held.holder();
    let waiting = held
        .workspace
        .command(&["reconcile", "--lock-timeout", "1s"]);
    ended(start(waiting)).exits(5);
    held.release();
    ended(holder).exits(0);
}

#[test]
fn the_locks_file_deleted_while_held_lets_nothing_run_twice() {
    let held = Held::new();
    let holder = held.holder();
    let folder = held.workspace.path().join("state/.rolecall");
    std::fs::remove_dir_all(&folder).expect("the lock's folder goes");
    let second = ended(start(held.workspace.command(&["reconcile"])));
    assert!([0, 5, 6].contains(&second.code), "{second:?}");
    held.release();
    let first = ended(holder);
    assert!([0, 1, 5, 6].contains(&first.code), "{first:?}");
    assert_eq!(
        log_paths(&held.workspace).len(),
        2,
        "the baseline and the grant"
    );
    held.workspace.run(&["verify"]).exits(0);
}

fn another_file(lock: &Path) {
    std::fs::remove_file(lock).expect("the lock goes");
    std::fs::write(lock, "1\n").expect("another file");
}

fn a_link(lock: &Path) {
    std::fs::remove_file(lock).expect("the lock goes");
    symlink("/dev/null", lock).expect("a link");
}

fn a_folder(lock: &Path) {
    std::fs::remove_file(lock).expect("the lock goes");
    std::fs::create_dir(lock).expect("a folder");
}

fn nothing(lock: &Path) {
    std::fs::remove_file(lock).expect("the lock goes");
}

fn an_empty_file(lock: &Path) {
    let file = std::fs::File::options().write(true).open(lock);
    file.and_then(|file| file.set_len(0)).expect("it is cut");
}

#[rstest]
#[case::removed(nothing)]
#[case::replaced_by_a_file(another_file)]
#[case::replaced_by_a_link(a_link)]
#[case::replaced_by_a_folder(a_folder)]
#[case::truncated(an_empty_file)]
fn whatever_becomes_of_the_locks_file_there_are_no_two_writers(#[case] tamper: fn(&Path)) {
    let held = Held::new();
    let holder = held.holder();
    let lock = held.workspace.path().join("state/.rolecall/lock");
    let before = held.workspace.state_files();
    tamper(&lock);
    let second = ended(start(held.workspace.command(&["reconcile"])));
    assert!([1, 5, 6].contains(&second.code), "{second:?}");
    assert_eq!(held.workspace.state_files(), before);
    held.release();
    let first = ended(holder);
    assert!([0, 1, 5, 6].contains(&first.code), "{first:?}");
    if lock.is_symlink() || lock.is_dir() {
        std::fs::remove_dir(&lock)
            .or_else(|_| std::fs::remove_file(&lock))
            .expect("it goes");
    }
    held.workspace.run(&["reconcile"]).exits(0);
    assert_eq!(
        log_paths(&held.workspace).len(),
        2,
        "the baseline and the grant"
    );
    held.workspace.run(&["verify"]).exits(0);
}

#[test]
fn a_killed_holder_leaves_no_stale_lock() {
    let held = Held::new();
    let mut holder = held.holder();
    holder.kill().expect("the holder is ours");
    holder.wait().expect("it ends");
    held.workspace.run(&["reconcile"]).exits(0);
    assert_eq!(held.workspace.status("grant")["status"], "complete");
    held.release();
}

#[test]
fn twenty_reconciles_at_once_do_each_run_once() {
    let workspace = Workspace::new();
    let employees: Vec<String> = (0..40)
        .map(|n| format!("{{id: e{n:02}, name: E}}"))
        .collect();
    let request = addition(&format!("[{}]", employees.join(", ")), "[ap-clerk]");
    workspace.approved("grant", &request);
    let children: Vec<Child> = (0..20)
        .map(|_| start(workspace.command(&["reconcile"])))
        .collect();
    let codes: Vec<i32> = children
        .into_iter()
        .map(|child| ended(child).code)
        .collect();
    assert!(codes.contains(&0), "{codes:?}");
    assert!(codes.iter().all(|code| [0, 5].contains(code)), "{codes:?}");
    workspace.reconcile();
    assert_eq!(
        log_paths(&workspace).len(),
        4,
        "the baseline and three runs"
    );
    workspace.run(&["verify"]).exits(0);
}

#[test]
fn a_lock_file_that_nobody_holds_is_no_lock() {
    let workspace = Workspace::new();
    workspace.reconcile();
    let folder = workspace.path().join("state/.rolecall");
    for entry in std::fs::read_dir(&folder).expect("the lock's folder stays") {
        let path = entry.expect("an entry").path();
        if path.is_file() && path.to_string_lossy().contains("lock") {
            std::fs::write(&path, "1\n").expect("a stale text");
        }
    }
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
}

#[test]
fn the_clock_is_read_after_the_wait_for_the_lock() {
    let workspace = Workspace::new();
    let path = workspace.write("state/.rolecall/lock", "");
    let file = std::fs::File::open(path).expect("the lock's file");
    file.lock().expect("the lock");
    let mut command = workspace.command(&["reconcile", "--lock-timeout", "1m"]);
    command.env_remove("ROLECALL_NOW");
    let child = start(command);
    std::thread::sleep(std::time::Duration::from_millis(2500));
    let released = chrono::Utc::now().timestamp();
    drop(file);
    ended(child).exits(0);
    let created = workspace.logs()[0]["created"].clone();
    let created = created.as_str().expect("a moment");
    let created = chrono::DateTime::parse_from_rfc3339(created).expect("RFC 3339");
    assert!(created.timestamp() >= released, "{created}");
}

#[test]
fn a_folder_in_the_scratch_folder_stops_nothing() {
    let workspace = Workspace::new();
    workspace.write("state/.rolecall/tmp-x/file", "");
    workspace.run(&["reconcile"]).exits(0);
}
