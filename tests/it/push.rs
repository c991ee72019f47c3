//! `reconcile --push`: several clones, one remote, and nobody's work undone.

use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use crate::support::git::{merge_settings, merged_with};
use crate::support::http_backend::HttpBackend;
use crate::support::remote::{BOT, Shared, push_request, push_request_among_others};
use crate::support::worlds::addition;
use crate::support::{Run, Workspace};

const PUSH: [&str; 4] = ["reconcile", "--push", "--author", BOT];

/// Settings with evidence `merge`, and a remote with one request that gives Sam the clerk's role.
fn with_grant() -> Shared {
    let shared = Shared::with(&merge_settings());
    push_request(&shared.clone(), "grant", &grant());
    shared
}

fn grant() -> String {
    addition("[sam.reyes]", "[ap-clerk]")
}

/// A request that gives a role to somebody new.
fn hire(id: &str) -> String {
    addition(
        &format!("[{{id: {id}, name: Some Body, email: {id}@acme.example}}]"),
        "[ap-clerk]",
    )
}

#[track_caller]
fn pushes(clone: &Workspace) -> Run {
    clone.run(&PUSH).exits(0)
}

fn head(clone: &Workspace) -> String {
    clone.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// A hook that, the first time, puts the commit of another branch onto `main` before the push is taken.
const FASTER: &str = "\
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
test -e faster && exit 0
touch faster
git update-ref refs/heads/main refs/heads/faster";

#[test]
fn what_was_done_is_on_the_remote_and_checked_out() {
    let shared = with_grant();
    let clone = shared.clone();
    let run = pushes(&clone);
    assert!(run.out.contains("pushed to origin/main"), "{}", run.out);
    assert_eq!(shared.tip(), head(&clone));
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    clone.run(&["verify"]).exits(0);
    let tip = shared.tip();
    pushes(&clone).says("Nothing to do.");
    assert_eq!(shared.tip(), tip);
}

#[test]
fn a_clone_that_is_behind_follows_first_and_keeps_other_changes() {
    let shared = with_grant();
    let (one, other) = (shared.clone(), shared.clone());
    pushes(&one);
    push_request(&one, "hire", &hire("new.one"));
    other.write("notes.txt", "mine");
    other.write("requests/grant.yaml", format!("{}# mine\n", grant()));
    pushes(&other);
    assert_eq!(shared.tip(), head(&other));
    assert_eq!(other.status("hire")["status"], "complete");
    assert_eq!(
        other.git(&["status", "--porcelain"]),
        " M requests/grant.yaml\n?? notes.txt\n"
    );
}

#[test]
fn commits_of_others_are_never_pushed_along() {
    let shared = with_grant();
    let clone = shared.clone();
    clone.request("hire", &hire("new.one"));
    clone.git_commit("Not reviewed");
    let (tip, before) = (shared.tip(), clone.state_files());
    clone.run(&PUSH).exits(3).says("requests/hire.yaml");
    assert_eq!(shared.tip(), tip);
    assert_eq!(clone.state_files(), before);
}

#[test]
fn who_was_not_the_first_takes_it_back_and_plans_again() {
    let shared = with_grant();
    let (one, other) = (shared.clone(), shared.clone());
    other.request("hire", &hire("new.one"));
    other.git_commit("Hire");
    other.git(&["push", "--quiet", "origin", "HEAD:faster"]);
    shared.hook("pre-receive", FASTER);
    let mut command = one.command(&PUSH);
    let output = command.args(["--format", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["commit"]["attempts"], 2, "{report:#}");
    assert_eq!(report["serial"], 3);
    assert_eq!(shared.tip(), head(&one));
    one.run(&["verify"]).exits(0);
    assert_eq!(one.status("hire")["status"], "complete");
    assert_eq!(one.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_run_that_somebody_else_did_first_is_not_done_again() {
    let shared = with_grant();
    let (one, other) = (shared.clone(), shared.clone());
    other
        .run(&[
            "reconcile",
            "--commit",
            "--author",
            "Other <other@acme.example>",
        ])
        .exits(0);
    other.git(&["push", "--quiet", "origin", "HEAD:faster"]);
    shared.hook("pre-receive", FASTER);
    let run = pushes(&one);
    assert!(run.out.contains("Nothing to do."), "{}", run.out);
    assert_eq!(shared.tip(), head(&other));
    assert_eq!(head(&one), head(&other));
    assert_eq!(
        one.state_files().values().collect::<Vec<_>>(),
        other.state_files().values().collect::<Vec<_>>()
    );
    assert_eq!(one.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_remote_that_says_no_leaves_the_work_for_the_next_time() {
    let shared = with_grant();
    let clone = shared.clone();
    shared.hook(
        "pre-receive",
        "echo 'only the bot may push here' >&2; exit 1",
    );
    let (tip, before) = (shared.tip(), head(&clone));
    clone.run(&PUSH).exits(1).says("only the bot may push here");
    assert_eq!((shared.tip(), head(&clone)), (tip, before));
    clone.run(&["verify"]).exits(0);
    let logs = clone.state_files();
    shared.without_hook("pre-receive");
    pushes(&clone);
    assert_eq!(clone.state_files(), logs);
    assert_eq!(shared.tip(), head(&clone));
}

#[test]
fn a_remote_that_is_gone_ends_it_before_anything_is_done() {
    let shared = with_grant();
    let clone = shared.clone();
    let before = clone.state_files();
    let away = shared.path().with_extension("away");
    fs::rename(shared.path(), &away).unwrap();
    clone
        .run(&PUSH)
        .exits(1)
        .says("failed to fetch origin/main");
    assert_eq!(clone.state_files(), before);
    fs::rename(away, shared.path()).unwrap();
    pushes(&clone);
}

#[test]
fn killed_before_the_push_it_goes_on_from_what_is_there() {
    let shared = with_grant();
    let clone = shared.clone();
    // That is all that a kill leaves: logs that are in no commit.
    clone.reconcile();
    let logs = clone.state_files();
    pushes(&clone);
    assert_eq!(shared.tip(), head(&clone));
    assert_eq!(
        clone.state_files().values().collect::<Vec<_>>(),
        logs.values().collect::<Vec<_>>()
    );
}

#[test]
fn killed_after_the_push_it_finds_its_own_work_on_the_remote() {
    let shared = with_grant();
    let clone = shared.clone();
    let before = head(&clone);
    pushes(&clone);
    let tip = shared.tip();
    clone.git(&["reset", "--quiet", "--soft", &before]);
    clone.git(&["reset", "--quiet"]);
    pushes(&clone).says("Nothing to do.");
    assert_eq!((shared.tip(), head(&clone)), (tip.clone(), tip));
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    clone.run(&["verify"]).exits(0);
}

#[test]
fn logs_that_were_never_pushed_make_way_where_the_remote_has_moved_on() {
    let shared = with_grant();
    let (one, other) = (shared.clone(), shared.clone());
    one.reconcile();
    pushes(&other);
    push_request(&other, "hire", &hire("new.one"));
    pushes(&one);
    assert_eq!(shared.tip(), head(&one));
    one.run(&["verify"]).exits(0);
    let serials: Vec<_> = one.logs().iter().map(|log| log["serial"].clone()).collect();
    assert_eq!(serials, [1, 2, 3]);
    assert_eq!(one.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_a_person_did_by_hand_is_not_thrown_away() {
    let settings = merge_settings().replace("auto_provisioning: true", "auto_provisioning: false");
    let shared = Shared::with(&settings);
    let (one, other) = (shared.clone(), shared.clone());
    push_request(&one, "grant", &grant());
    pushes(&one);
    other.git(&["pull", "--quiet", "origin", "main"]);
    one.run(&["complete", "grant", "--by", "alice"]).exits(0);
    let done = one.state_files();
    let settings = settings.replace("auto_provisioning: false", "auto_provisioning: true");
    other.write("rolecall.yaml", settings);
    push_request(&other, "hire", &hire("new.one"));
    pushes(&other);
    one.run(&PUSH).exits(1).says("by hand");
    assert_eq!(one.state_files(), done);
}

#[test]
fn a_hand_edit_that_is_in_no_commit_is_not_thrown_away() {
    let shared = with_grant();
    let (one, other) = (shared.clone(), shared.clone());
    pushes(&one);
    other.git(&["pull", "--quiet", "origin", "main"]);
    let edited = one
        .read("state/state.yaml")
        .replace("    - vendor-admin\n", "");
    assert_ne!(edited, one.read("state/state.yaml"));
    one.write("state/state.yaml", &edited);
    push_request(&other, "hire", &hire("new.one"));
    pushes(&other);
    one.run(&PUSH).exits(1).says("edited by hand");
    assert_eq!(one.read("state/state.yaml"), edited);
}

#[test]
fn clones_that_have_parted_are_left_to_people() {
    let shared = with_grant();
    let (one, other) = (shared.clone(), shared.clone());
    one.run(&[
        "reconcile",
        "--commit",
        "--author",
        "Other <other@acme.example>",
    ])
    .exits(0);
    pushes(&other);
    push_request(&other, "hire", &hire("new.one"));
    let before = head(&one);
    one.run(&PUSH).exits(1).says("have parted");
    assert_eq!(head(&one), before);
}

#[test]
fn state_that_was_committed_and_not_pushed_is_pushed() {
    let shared = with_grant();
    let clone = shared.clone();
    clone
        .run(&["reconcile", "--commit", "--author", BOT])
        .exits(0);
    let made = head(&clone);
    pushes(&clone).says("pushed to origin/main");
    assert_eq!((shared.tip(), head(&clone)), (made.clone(), made));
}

#[test]
fn another_branch_that_is_checked_out_is_named() {
    let shared = with_grant();
    let clone = shared.clone();
    clone.git(&["switch", "--quiet", "--create", "topic"]);
    let before = clone.state_files();
    clone.run(&PUSH).exits(3).says("git switch main");
    assert_eq!(clone.state_files(), before);
}

#[test]
fn a_job_that_has_only_a_commit_checked_out_names_the_remote_s_branch() {
    let shared = with_grant();
    let clone = shared.clone();
    clone.git(&["switch", "--quiet", "--detach", "origin/main"]);
    clone.git(&["branch", "--quiet", "--delete", "--force", "main"]);
    clone
        .run(&[&PUSH[..], &["--branch", "origin/main"]].concat())
        .exits(0);
    assert_eq!(shared.tip(), head(&clone));
}

#[test]
fn with_evidence_inline_the_branch_that_is_checked_out_is_pushed() {
    let world = merged_with(crate::support::SETTINGS);
    let shared = Shared::of(&world);
    let clone = shared.clone();
    clone.approved("grant", &grant());
    clone.git_commit("Ask and approve");
    clone.run(&PUSH).exits(3).says("requests/grant.yaml");
    clone.git(&["push", "--quiet", "origin", "main"]);
    pushes(&clone);
    assert_eq!(shared.tip(), head(&clone));
}

#[rstest::rstest]
#[case::no_such_remote("elsewhere", 1)]
#[case::an_option("--upload-pack=touch", 64)]
#[case::an_address("file:///tmp", 1)]
fn a_remote_is_one_of_the_clone_s_own(#[case] remote: &str, #[case] code: i32) {
    let clone = with_grant().clone();
    let before = clone.state_files();
    clone
        .run(&["reconcile", "--push", remote, "--author", BOT])
        .exits(code);
    assert_eq!(clone.state_files(), before);
}

#[test]
fn what_another_runner_confirmed_is_confirmed_for_that_plan_only() {
    let shared = with_grant();
    let clone = shared.clone();
    let digest = clone.plan()["digest"].as_str().unwrap().to_owned();
    push_request(&shared.clone(), "hire", &hire("new.one"));
    let tip = shared.tip();
    clone
        .run(&[&PUSH[..], &["--confirm", &digest]].concat())
        .exits(4);
    assert_eq!(shared.tip(), tip);
}

/// What the issue asks to be shown: eight processes, one bare remote over HTTP, and new requests all the while.
#[test]
fn eight_clones_do_every_request_once() {
    const CLONES: usize = 8;
    const REQUESTS: usize = 12;
    let shared = with_grant();
    let server = HttpBackend::start(shared.path().parent().unwrap());
    let url = server.url("remote.git");
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (url, is_done) = (&url, &is_done);
        let runners: Vec<_> = (0..CLONES)
            .map(|_| {
                let clone = Shared::clone_from(url);
                scope.spawn(move || {
                    let mut rounds = 0;
                    while !is_done.load(Ordering::SeqCst) || rounds == 0 {
                        // One run a pass makes as many races as there can be.
                        let mut command = clone.command(&PUSH);
                        command.args(["--max-runs", "1"]);
                        let output = command.stderr(Stdio::piped()).output().unwrap();
                        assert!(output.status.success(), "{output:?}");
                        rounds += 1;
                    }
                    clone
                })
            })
            .collect();
        let author = Shared::clone_from(url);
        for number in 0..REQUESTS {
            let id = format!("new.{number}");
            push_request_among_others(&author, &id, &hire(&id));
        }
        is_done.store(true, Ordering::SeqCst);
        for runner in runners {
            runner.join().unwrap().run(&["verify"]).exits(0);
        }
    });
    // What was pushed last may have come after the last pass of all.
    let last = shared.clone();
    pushes(&last);
    last.run(&["verify"]).exits(0);
    let logs = last.logs();
    let serials: Vec<_> = logs
        .iter()
        .map(|log| log["serial"].as_u64().unwrap())
        .collect();
    let gapless: Vec<_> = (1..=REQUESTS as u64 + 2).collect();
    assert_eq!(serials, gapless);
    let mut requests: Vec<_> = logs[1..]
        .iter()
        .map(|log| log["request"]["id"].as_str().unwrap().to_owned())
        .collect();
    requests.sort();
    requests.dedup();
    assert_eq!(requests.len(), REQUESTS + 1);
    let subjects = last.git(&["log", "--format=%s"]);
    for number in 0..REQUESTS {
        assert!(
            subjects.contains(&format!("Ask for new.{number}\n")),
            "{subjects}"
        );
        let held = last.roles(&format!("new.{number}"));
        assert_eq!(held, ["ap-clerk"]);
    }
    let trailers = last.git(&["log", "--format=%(trailers:key=Rolecall-Serial,valueonly)"]);
    let mut committed: Vec<_> = trailers.lines().filter(|line| !line.is_empty()).collect();
    committed.sort_unstable();
    committed.dedup();
    let lines = trailers.lines().filter(|line| !line.is_empty()).count();
    assert_eq!(lines, committed.len(), "{trailers}");
}

/// A clone that is behind a request and its log, and one that has both.
fn behind() -> (Shared, Workspace, Workspace) {
    let shared = with_grant();
    let (one, other) = (shared.clone(), shared.clone());
    pushes(&one);
    other.git(&["pull", "--quiet", "origin", "main"]);
    push_request(&other, "hire", &hire("new.one"));
    pushes(&other);
    (shared, one, other)
}

#[track_caller]
fn is_in_order(shared: &Shared, clone: &Workspace) {
    assert_eq!(shared.tip(), head(clone));
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    clone.run(&["verify"]).exits(0);
}

#[test]
fn a_move_that_was_cut_off_before_the_branch_moved_is_made_again() {
    let (shared, clone, _) = behind();
    let lock = clone.write(".git/HEAD.lock", "");
    clone.run(&PUSH).exits(1).says("remove the file");
    fs::remove_file(lock).unwrap();
    pushes(&clone);
    is_in_order(&shared, &clone);
}

#[test]
fn a_move_that_was_cut_off_in_the_middle_of_the_files_is_made_again() {
    let (shared, clone, other) = behind();
    for path in [
        "requests/hire.yaml",
        "state/changelog/2026/000003-hire.yaml",
    ] {
        clone.write(path, other.read(path));
    }
    pushes(&clone);
    is_in_order(&shared, &clone);
    // Also where the state file was moved already.
    let (shared, clone, other) = behind();
    for path in ["state/state.yaml", "state/changelog/2026/000003-hire.yaml"] {
        clone.write(path, other.read(path));
    }
    pushes(&clone);
    is_in_order(&shared, &clone);
}

#[test]
fn a_file_of_somebody_s_own_that_is_in_the_way_is_left_alone() {
    let (_shared, clone, _other) = behind();
    clone.write("requests/hire.yaml", "mine");
    clone.run(&PUSH).exits(1).says("requests/hire.yaml");
    assert_eq!(clone.read("requests/hire.yaml"), "mine");
}

#[test]
fn an_index_that_does_not_know_a_commit_is_mended_also_where_nothing_is_to_do() {
    let shared = with_grant();
    let clone = shared.clone();
    pushes(&clone);
    clone.git(&[
        "rm",
        "--quiet",
        "--cached",
        "state/changelog/2026/000002-grant.yaml",
    ]);
    pushes(&clone).says("Nothing to do.");
    is_in_order(&shared, &clone);
}

#[test]
fn an_index_that_somebody_holds_is_told_and_mended_by_the_next_run() {
    let shared = with_grant();
    let clone = shared.clone();
    // Nothing keeps the pass from what it has to do; only the user's index cannot be written.
    let lock = clone.write(".git/index.lock", "");
    pushes(&clone).says("git reset --quiet -- state");
    fs::remove_file(lock).unwrap();
    assert_ne!(clone.git(&["status", "--porcelain"]), "");
    pushes(&clone).says("Nothing to do.");
    is_in_order(&shared, &clone);
}

#[test]
fn what_a_hook_says_is_not_taken_for_git_s_own_reason() {
    let shared = with_grant();
    let clone = shared.clone();
    shared.hook(
        "pre-receive",
        "echo 'stale info, fetch first, cannot lock ref' >&2; exit 1",
    );
    clone.run(&PUSH).exits(1).says("failed to push");
}

#[test]
fn several_may_fetch_into_one_clone_at_once() {
    let shared = with_grant();
    let clone = shared.clone();
    let author = shared.clone();
    thread::scope(|scope| {
        let fetchers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..6 {
                        let arguments = [&PUSH[..], &["--lock-timeout", "1m"]].concat();
                        clone.run(&arguments).exits(0);
                    }
                })
            })
            .collect();
        for number in 0..6 {
            let id = format!("new.{number}");
            push_request_among_others(&author, &id, &hire(&id));
        }
        for fetcher in fetchers {
            fetcher.join().unwrap();
        }
    });
    pushes(&clone);
    is_in_order(&shared, &clone);
}

#[test]
fn state_that_is_behind_the_protected_branch_is_not_gone_on_from() {
    let shared = with_grant();
    let clone = shared.clone();
    clone.git(&["branch", "old"]);
    pushes(&clone);
    clone.git(&["switch", "--quiet", "old"]);
    let before = clone.state_files();
    clone.run(&["reconcile"]).exits(3).says("change log 2");
    clone
        .run(&["reconcile", "--commit", "--author", BOT])
        .exits(3)
        .says("git switch main");
    clone.run(&PUSH).exits(3);
    assert_eq!(clone.state_files(), before);
}

/// A push that is refused for a reason that it says, and pushes and changes nothing.
#[track_caller]
fn refuses(shared: &Shared, clone: &Workspace, arguments: &[&str], reasons: &[&str]) -> i32 {
    let before = (head(clone), clone.state_files());
    let references = shared.git(&["for-each-ref"]);
    let run = clone.run(&[&PUSH[..], arguments].concat());
    assert_ne!(run.code, 0, "{run:?}");
    for reason in reasons {
        assert!(run.err.contains(reason), "{reason:?} is not in {run:?}");
    }
    assert_eq!((head(clone), clone.state_files()), before);
    assert_eq!(shared.git(&["for-each-ref"]), references);
    run.code
}

#[test]
fn a_branch_that_is_gone_on_the_remote_is_not_made_anew() {
    let shared = with_grant();
    let clone = shared.clone();
    shared.git(&["update-ref", "-d", "refs/heads/main"]);
    let reasons = [
        "the remote \"origin\" has no branch \"main\"",
        "git push origin main",
    ];
    refuses(&shared, &clone, &[], &reasons);
}

#[test]
fn a_protected_branch_that_is_a_tag_is_pushed_nowhere() {
    let shared = with_grant();
    let clone = shared.clone();
    clone.git(&["tag", "v1"]);
    let reasons = ["is neither a branch here nor one of the remote \"origin\""];
    let code = refuses(&shared, &clone, &["--branch", "v1"], &reasons);
    assert_eq!(code, 3);
}

#[test]
fn an_index_that_another_git_holds_stops_a_push_before_it_begins() {
    let shared = with_grant();
    let clone = shared.clone();
    pushes(&clone);
    // As a git leaves it that was killed: the next commit by hand would take the logs away.
    clone.git(&["read-tree", "HEAD~1"]);
    clone.write(".git/index.lock", "");
    push_request(&shared.clone(), "hire", &hire("new.one"));
    let reasons = [
        "does not agree with what is checked out",
        "remove .git/index.lock",
    ];
    refuses(&shared, &clone, &[], &reasons);
}
