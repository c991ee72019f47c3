//! Where the tip has the tree of requests that the last pass saw, its note says which are open, and nobody goes through the tree. What is
//! planned and done is what it would be without the note.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use walkdir::WalkDir;

use crate::finished_left_out::{NOTE, is_told, long_ago, set_changed, with_finished};
use crate::support::Workspace;
use crate::support::git::commit_id;
use crate::support::keys::sha256;
use crate::support::sweep::{has_strace, traced};
use crate::support::worlds::addition;

const NOW: &str = "2026-11-23T12:00:00Z";

/// A note with the line by which it is known to be whole.
pub fn summed(said: &str) -> String {
    format!("{said}\nsum {}\n", sha256(said))
}

/// Writes a note whose file was changed last when the note says so, as far as it says.
pub fn put_note(workspace: &Workspace, note: &str) {
    workspace.write(NOTE, note);
    let mut lines = note.lines();
    let Some(written) = lines.find_map(|line| line.strip_prefix("written ")?.parse().ok()) else {
        return;
    };
    let file = File::options()
        .append(true)
        .open(workspace.path().join(NOTE));
    file.and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_nanos(written)))
        .expect("its time is set");
}

/// Whether the note names a file as one that is not that of a finished request as it was carried out.
pub fn names_open(workspace: &Workspace, path: &str) -> bool {
    let note = workspace.read(NOTE);
    let mut lines = note.lines();
    lines.any(|line| line.starts_with("open ") && line.ends_with(&format!(" {path}")))
}

/// Writes the note anew without some of its lines, and with another one.
fn rewrite(workspace: &Workspace, stays: impl Fn(&str) -> bool, besides: Option<&str>) {
    let note = workspace.read(NOTE);
    let lines = note.lines().filter(|line| !line.starts_with("sum "));
    let lines: Vec<&str> = lines.filter(|line| stays(line)).chain(besides).collect();
    put_note(workspace, &summed(&lines.join("\n")));
}

/// Does a pass when nothing has changed in the folders of requests for long; since the last time it may have.
fn settle(workspace: &Workspace, now: &str) {
    static TIMES: AtomicU64 = AtomicU64::new(0);
    let changed = long_ago() + Duration::from_secs(TIMES.fetch_add(1, Ordering::Relaxed));
    for entry in WalkDir::new(workspace.path().join("requests")) {
        let entry = entry.expect("an entry");
        if entry.file_type().is_dir() {
            let folder = File::open(entry.path()).expect("a folder");
            folder.set_modified(changed).expect("its time is set");
        }
    }
    workspace.run(&["--now", now, "reconcile"]);
}

/// Whether the note is what says that a file is open: without its line nobody hears of it.
fn is_listing(workspace: &Workspace, id: &str) -> bool {
    let note = workspace.read(NOTE);
    let hears = || workspace.run(&["plan"]).exits(0).out.contains(id);
    assert!(hears());
    rewrite(
        workspace,
        |line| !line.ends_with(&format!("/{id}.yaml")),
        None,
    );
    let hears_without = hears();
    put_note(workspace, &note);
    !hears_without
}

/// Holds what is planned with the note against what is planned without it.
fn says_the_same(workspace: &Workspace, now: &str) -> String {
    let plan = ["--now", now, "plan"];
    let with = workspace.run(&plan);
    let note = workspace.path().join(NOTE);
    let aside = note.with_extension("aside");
    fs::rename(&note, &aside).expect("the note");
    let without = workspace.run(&plan);
    fs::rename(&aside, &note).expect("the note");
    assert_eq!(
        (with.code, &with.out, &with.err),
        (without.code, &without.out, &without.err)
    );
    format!("{}{}", with.out, with.err)
}

/// Settles, and holds with against without.
fn settled_says_the_same(workspace: &Workspace) -> String {
    settle(workspace, NOW);
    says_the_same(workspace, NOW)
}

fn remove(workspace: &Workspace, path: &str) {
    fs::remove_file(workspace.path().join(path)).expect("the file goes");
}

/// The file in which git keeps the tree of the requests.
fn tree_of_requests(workspace: &Workspace) -> String {
    let tree = commit_id(workspace, "HEAD:requests");
    let (folder, rest) = tree.split_at(2);
    format!(".git/objects/{folder}/{rest}")
}

#[test]
fn the_tree_of_a_note_is_not_gone_through_again() {
    let workspace = with_finished();
    settle(&workspace, NOW);
    remove(&workspace, &tree_of_requests(&workspace));
    workspace.run(&["plan"]).exits(0);
    workspace.run(&["reconcile"]).exits(0);
    // A folder that has changed since is held against it.
    set_changed(&workspace, SystemTime::now());
    assert_ne!(workspace.run(&["plan"]).code, 0);
}

#[test]
fn what_the_note_names_as_open_is_carried_out_when_it_falls_due() {
    let workspace = with_finished();
    let later = addition("[jane.doe]", "[ap-payer]");
    workspace.request("later", &format!("{later}start_date: 2030-01-01\n"));
    workspace.git_commit("Ask for more, later");
    assert!(settled_says_the_same(&workspace).contains("later"));
    assert!(names_open(&workspace, "requests/later.yaml"));
    assert!(!names_open(&workspace, "requests/grant.yaml"));
    assert!(is_listing(&workspace, "later"));
    let now = "2030-02-01T12:00:00Z";
    assert!(says_the_same(&workspace, now).contains("ap-payer"));
    let run = workspace.run(&["--now", now, "reconcile"]).exits(0);
    assert!(run.out.contains("later"), "{}", run.out);
    assert!(!workspace.read(NOTE).contains("open "));
    // One that was called off, or is a draft, stays among those that are open.
    workspace.request("off", &format!("{later}cancelled: Not needed\n"));
    workspace.request("draft", "draft: true\n");
    workspace.git_commit("Ask for nothing");
    settle(&workspace, now);
    assert!(names_open(&workspace, "requests/draft.yaml"));
    says_the_same(&workspace, now);
}

#[test]
fn the_note_leaves_nothing_out_that_would_be_told_without_it() {
    let workspace = with_finished();
    settled_says_the_same(&workspace);
    // What the work tree has besides, with the id of what is finished.
    let other = addition("[jane.doe]", "[ap-payer]");
    workspace.write("requests/new/grant.yaml", &other);
    assert!(says_the_same(&workspace, NOW).contains("requests/new/grant.yaml"));
    assert!(settled_says_the_same(&workspace).contains("requests/new/grant.yaml"));
    workspace.write("requests/new/GRANT.yaml", &other);
    settled_says_the_same(&workspace);
    fs::remove_dir_all(workspace.path().join("requests/new")).expect("a folder");
    // A file that nobody can read, and one with a name that is none.
    workspace.write("requests/broken.yaml", "employees: [\n");
    workspace.write("requests/-.yaml", &other);
    workspace.git_commit("Break it");
    let said = settled_says_the_same(&workspace);
    assert!(said.contains("requests/broken.yaml") && said.contains("requests/-.yaml"));
    remove(&workspace, "requests/broken.yaml");
    remove(&workspace, "requests/-.yaml");
    // The file of the finished one in two folders, and then in another one.
    let grant = workspace.read("requests/grant.yaml");
    workspace.write("requests/moved/grant.yaml", &grant);
    workspace.git_commit("Copy it");
    settled_says_the_same(&workspace);
    remove(&workspace, "requests/grant.yaml");
    workspace.git_commit("Move it");
    settled_says_the_same(&workspace);
    workspace.write("requests/moved/grant.yaml", format!("{grant}# later\n"));
    workspace.git_commit("Change it");
    assert!(settled_says_the_same(&workspace).contains("RC201"));
}

#[test]
fn what_is_refused_in_the_tree_is_told_as_long_as_it_is_there() {
    let workspace = with_finished();
    let link = workspace.path().join("requests/link.yaml");
    symlink("grant.yaml", link).expect("a link");
    workspace.git_commit("A link");
    for _ in 0..2 {
        assert!(settled_says_the_same(&workspace).contains("requests/link.yaml"));
    }
    assert!(workspace.read(NOTE).contains("\nrefused\n"));
    remove(&workspace, "requests/link.yaml");
    workspace.git_commit("No link");
    settled_says_the_same(&workspace);
    assert!(!workspace.read(NOTE).contains("\nrefused\n"));
}

#[test]
fn a_change_that_was_refused_at_first_is_told_once_it_is_not() {
    let workspace = with_finished();
    let grant = workspace.read("requests/grant.yaml");
    workspace.write("requests/grant.yaml", format!("{grant}# later\n"));
    workspace.write("requests/GRANT.yaml", &grant);
    workspace.git_commit("Change it, and add one that differs only in case");
    settled_says_the_same(&workspace);
    assert!(workspace.read(NOTE).contains("\nrefused\n"));
    remove(&workspace, "requests/GRANT.yaml");
    workspace.git_commit("Take that away");
    assert!(is_told(&workspace));
    assert!(settled_says_the_same(&workspace).contains("RC201"));
}

#[test]
fn a_note_that_names_what_the_branch_does_not_have_ends_the_run() {
    let workspace = with_finished();
    settle(&workspace, NOW);
    let good = workspace.read(NOTE);
    let blob = commit_id(&workspace, "HEAD:requests/grant.yaml");
    let made_up = format!("open {blob} requests/evil.yaml");
    rewrite(
        &workspace,
        |line| !line.starts_with("open "),
        Some(&made_up),
    );
    for command in ["plan", "reconcile"] {
        let run = workspace.run(&[command]).exits(6);
        assert!(run.err.contains("requests/evil.yaml"), "{}", run.err);
        assert!(run.err.contains(NOTE), "{}", run.err);
    }
    // A note that names no blob, or files in no order, lists nothing.
    for lines in [
        "open x requests/evil.yaml".to_owned(),
        format!("{made_up}\n{made_up}"),
    ] {
        put_note(&workspace, &good);
        rewrite(&workspace, |_| true, Some(&lines));
        workspace.run(&["plan"]).exits(0);
    }
}

#[test]
fn a_note_that_comes_with_the_branch_is_none() {
    let workspace = with_finished();
    let later = addition("[jane.doe]", "[ap-payer]");
    workspace.request("later", &format!("{later}start_date: 2030-01-01\n"));
    workspace.git_commit("Ask for more, later");
    settle(&workspace, NOW);
    let hears = || workspace.run(&["plan"]).exits(0).out.contains("later");
    rewrite(&workspace, |line| !line.ends_with("/later.yaml"), None);
    assert!(!hears(), "it is a whole note of this machine");
    workspace.git(&["add", "--force", NOTE]);
    workspace.git(&["commit", "--quiet", "-m", "Hide it"]);
    remove(&workspace, NOTE);
    workspace.git(&["checkout", "--quiet", "--", NOTE]);
    assert!(hears());
    // Nor is one of a moment that can be foretold, as of files that all have the same.
    let hidden = workspace.read(NOTE);
    let lines = hidden.lines().map(|line| match line.split_once(' ') {
        Some(("written", _)) => format!("written {:020}", 0),
        _ => line.to_owned(),
    });
    let lines: Vec<_> = lines.filter(|line| !line.starts_with("sum ")).collect();
    put_note(&workspace, &summed(&lines.join("\n")));
    assert!(hears());
    workspace.run(&["reconcile"]).exits(0);
    assert!(names_open(&workspace, "requests/later.yaml"));
}

#[test]
fn a_note_whose_time_cannot_be_set_is_none() {
    if !has_strace() {
        return;
    }
    let workspace = with_finished();
    settle(&workspace, NOW);
    remove(&workspace, NOTE);
    let trace = workspace.path().join(".git/trace");
    let refused = ["trace=utimensat", "inject=utimensat:error=EPERM"].map(str::to_owned);
    traced(&workspace, &trace, &refused).exits(0);
    let trace = fs::read_to_string(&trace).expect("what strace saw");
    assert_eq!(trace.matches("(INJECTED)").count(), 1, "{trace}");
    let tree = workspace.path().join(tree_of_requests(&workspace));
    let aside = tree.with_extension("aside");
    let plan_without_the_tree = || {
        fs::rename(&tree, &aside).expect("the tree");
        let plan = workspace.run(&["plan"]);
        fs::rename(&aside, &tree).expect("the tree");
        plan.code
    };
    // Where the clock of files is coarse, the file says the moment that it was to say.
    let note = workspace.read(NOTE);
    let changed = fs::metadata(workspace.path().join(NOTE)).and_then(|it| it.modified());
    let changed = changed
        .expect("its time")
        .duration_since(SystemTime::UNIX_EPOCH);
    let changed = format!("written {:020}", changed.expect("a time of now").as_nanos());
    let says_so = note.lines().any(|line| line == changed);
    assert_eq!(plan_without_the_tree() == 0, says_so, "{note}");
    remove(&workspace, NOTE);
    workspace.run(&["reconcile"]).exits(0);
    assert_eq!(plan_without_the_tree(), 0);
}
