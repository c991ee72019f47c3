//! What is finished costs nothing: its file is not read again, and whatever matters about it is found all the same.

use std::time::{Duration, SystemTime};

use crate::note_of_open::{names_open, put_note, summed};
use crate::support::Workspace;
use crate::support::git::{commit_id, merged};
use crate::support::worlds::addition;

pub const NOTE: &str = "state/.rolecall/seen";

/// A workspace on a branch, in which a request is finished and the note of that pass is written.
pub fn with_finished() -> Workspace {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git_commit("Grant");
    workspace.run(&["reconcile"]).exits(0);
    workspace.git_commit("Reconcile");
    assert_eq!(workspace.status("grant")["status"], "complete");
    workspace
}

/// Whether somebody is told that the file of a finished request was changed.
pub fn is_told(workspace: &Workspace) -> bool {
    let run = workspace.run(&["plan"]).exits(0);
    run.err.contains("RC201")
}

#[test]
fn the_file_of_a_finished_request_is_not_read_again() {
    let workspace = with_finished();
    let object = commit_id(&workspace, "HEAD:requests/grant.yaml");
    let (folder, rest) = object.split_at(2);
    let object = workspace
        .path()
        .join(format!(".git/objects/{folder}/{rest}"));
    std::fs::remove_file(object).expect("git keeps it in a file of its own");
    workspace.run(&["plan"]).exits(0);
    workspace.run(&["reconcile"]).exits(0);
    // Whoever lists all requests reads it.
    assert_ne!(workspace.run(&["plan", "--format", "json"]).code, 0);
    std::fs::remove_file(workspace.path().join(NOTE)).expect("the note");
    assert_ne!(
        workspace.run(&["plan"]).code,
        0,
        "without the note it is read"
    );
}

#[test]
fn a_change_after_completion_is_told_until_it_is_taken_back() {
    let workspace = with_finished();
    let before = workspace.read("requests/grant.yaml");
    assert!(!is_told(&workspace));
    workspace.write("requests/grant.yaml", format!("{before}# later\n"));
    workspace.git_commit("Change it");
    for _ in 0..2 {
        assert!(is_told(&workspace));
        workspace.run(&["reconcile"]).exits(0);
        assert!(names_open(&workspace, "requests/grant.yaml"));
    }
    workspace.write("requests/grant.yaml", before);
    workspace.git_commit("Take it back");
    assert!(!is_told(&workspace));
    workspace.run(&["reconcile"]).exits(0);
    assert!(!workspace.read(NOTE).contains("open "));
}

#[test]
fn an_older_note_does_not_speak_of_what_was_finished_since() {
    let workspace = with_finished();
    let first = addition("[jane.doe]", "[ap-payer]");
    workspace.request("later", &format!("{first}start_date: 2030-01-01\n"));
    workspace.git_commit("Ask for more, later");
    workspace.run(&["reconcile"]).exits(0);
    let note = workspace.read(NOTE);
    let open = workspace.read("requests/later.yaml");
    workspace.request("later", &first);
    workspace.git_commit("Now");
    workspace.run(&["reconcile"]).exits(0);
    assert_eq!(workspace.status("later")["status"], "complete");
    workspace.write("requests/later.yaml", open);
    workspace.git_commit("As it was");
    assert!(is_told(&workspace));
    put_note(&workspace, &note);
    assert!(is_told(&workspace), "the tree is that of the note");
}

#[test]
fn a_note_that_is_none_or_of_another_history_says_nothing() {
    let workspace = with_finished();
    let before = workspace.read("requests/grant.yaml");
    workspace.write("requests/grant.yaml", format!("{before}# later\n"));
    workspace.git_commit("Change it");
    let tree = commit_id(&workspace, "HEAD:requests");
    let good = workspace.read(NOTE);
    let (first, rest) = good.split_once('\n').expect("the first line");
    let (written, rest) = rest.split_once('\n').expect("the second line");
    let top = format!("{first}\n{written}");
    let head = rest.lines().nth(1).expect("the fourth line");
    let zeros = "0".repeat(64);
    let whole = format!("{top}\ntree {tree}\n{head}");
    for note in [
        String::new(),
        format!("{top}\n"),
        "\0".repeat(4096),
        format!("{whole}\n"),
        format!("{whole}\nsum sha256:{zeros}\n"),
        summed(&format!("rolecall seen 1\n{written}\ntree {tree}\n{head}")),
        summed(&format!(
            "rolecall seen two\n{written}\ntree {tree}\n{head}"
        )),
        summed(&format!("{first}\ntree {tree}\n{head}")),
        summed(&format!("{first}\nwritten now\ntree {tree}\n{head}")),
        summed(&format!("{top}\ntree {tree}\nlog 9 sha256:{zeros}")),
        summed(&format!("{top}\ntree {tree}\nlog 1 sha256:{zeros}")),
        summed(&format!("{top}\ntree {}\n{head}", &zeros[..40])),
        summed(&format!("{top}\ntree --output=x\n{head}")),
        summed(&format!("{whole}\nopen requests/grant.yaml")),
    ] {
        put_note(&workspace, &note);
        assert!(is_told(&workspace), "{note}");
    }
    workspace.write(NOTE, summed(&whole));
    assert!(is_told(&workspace), "a copy of one was written later");
    put_note(&workspace, &summed(&whole));
    assert!(!is_told(&workspace), "one that is whole is believed");
    put_note(&workspace, &good);
    assert!(is_told(&workspace));
}

#[test]
fn a_new_request_with_the_id_of_a_finished_one_is_refused() {
    let workspace = with_finished();
    workspace.write(
        "requests/new/GRANT.yaml",
        addition("[jane.doe]", "[ap-payer]"),
    );
    workspace.git_commit("The same name");
    let human = workspace.run(&["plan"]);
    assert_eq!(
        human.code,
        workspace.run(&["plan", "--format", "json"]).code
    );
    assert!(human.err.contains("requests/grant.yaml"), "{}", human.err);
    assert!(!human.out.contains("ap-payer"), "{}", human.out);
}

#[test]
fn without_a_branch_the_digest_of_the_file_decides() {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.run(&["reconcile"]).exits(0);
    assert_eq!(workspace.status("grant")["status"], "complete");
    assert!(!is_told(&workspace));
    let before = workspace.read("requests/grant.yaml");
    workspace.write("requests/grant.yaml", format!("{before}# later\n"));
    assert!(is_told(&workspace));
}

/// Whether somebody is told that a file is not merged yet.
fn is_not_merged(workspace: &Workspace, path: &str) -> bool {
    let run = workspace.run(&["plan"]).exits(0);
    run.err.contains("RC210") && run.err.contains(path)
}

/// Sets when the folder of requests was changed last.
pub fn set_changed(workspace: &Workspace, at: SystemTime) {
    let folder = std::fs::File::open(workspace.path().join("requests"));
    folder
        .and_then(|folder| folder.set_modified(at))
        .expect("its time is set");
}

#[test]
fn a_folder_that_has_not_changed_is_not_gone_through_again() {
    let workspace = with_finished();
    let is_told = || is_not_merged(&workspace, "requests/unmerged.yaml");
    set_changed(&workspace, SystemTime::now());
    workspace.run(&["reconcile"]).exits(0);
    assert!(
        workspace.read(NOTE).contains("folder - requests\n"),
        "it may change at once"
    );
    set_changed(&workspace, long_ago());
    workspace.run(&["reconcile"]).exits(0);
    assert!(
        workspace
            .read(NOTE)
            .contains("folder 1700000000000000000 requests\n")
    );
    workspace.request("unmerged", &addition("[jane.doe]", "[ap-payer]"));
    assert!(is_told());
    // Nothing but the time tells whether it has changed.
    set_changed(&workspace, long_ago());
    assert!(!is_told());
    let note = workspace.read(NOTE);
    std::fs::remove_file(workspace.path().join(NOTE)).expect("the note");
    assert!(is_told());
    workspace.run(&["reconcile"]).exits(0);
    assert!(
        workspace.read(NOTE).contains("folder - requests\n"),
        "there is something to say"
    );
    assert!(is_told());
    // Of another tree the note says nothing.
    put_note(&workspace, &note);
    workspace.write(
        "requests/other.yaml",
        workspace.read("requests/unmerged.yaml"),
    );
    workspace.git(&["add", "requests/other.yaml"]);
    workspace.git(&["commit", "--quiet", "-m", "Ask for it"]);
    set_changed(&workspace, long_ago());
    assert!(is_told());
}

/// A moment at which nothing here has changed yet.
pub fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// The same workspace with a merged request in a folder below that of requests, which seems not to have changed for long; that is noted.
fn with_folder(folder: &str) -> Workspace {
    let workspace = with_finished();
    let request = addition("[jane.doe]", "[ap-payer]");
    workspace.write(&format!("requests/{folder}/open.yaml"), request);
    workspace.git_commit("Ask for more");
    set_changed(&workspace, long_ago());
    workspace.run(&["reconcile"]).exits(0);
    workspace
}

#[test]
fn folders_in_a_folder_that_has_not_changed_are_looked_at() {
    let workspace = with_folder("team/deep");
    let is_told = || is_not_merged(&workspace, "requests/team/deep/unmerged.yaml");
    workspace.write(
        "requests/team/deep/unmerged.yaml",
        addition("[jane.doe]", "[ap-payer]"),
    );
    set_changed(&workspace, long_ago());
    assert!(is_told());
    workspace.run(&["reconcile"]).exits(0);
    assert!(is_told(), "also with the note that knows of it");
    std::fs::remove_dir_all(workspace.path().join("requests/team")).expect("a folder");
    set_changed(&workspace, long_ago());
    assert!(!is_told());
}

#[test]
fn a_repository_in_a_folder_that_has_not_changed_is_named_again_and_again() {
    let workspace = with_folder("team");
    assert!(workspace.read(NOTE).contains(" requests/team\n"));
    workspace.write("requests/team/.git/HEAD", "ref: refs/heads/main\n");
    workspace.write(
        "requests/team/unmerged.yaml",
        addition("[jane.doe]", "[ap-payer]"),
    );
    set_changed(&workspace, long_ago());
    for _ in 0..3 {
        let run = workspace.run(&["plan"]).exits(0);
        assert!(run.err.contains("requests/team"), "{}", run.err);
        workspace.run(&["reconcile"]).exits(0);
    }
    std::fs::remove_dir_all(workspace.path().join("requests/team/.git")).expect("a folder");
    assert!(is_not_merged(&workspace, "requests/team/unmerged.yaml"));
}
