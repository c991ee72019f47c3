//! Whose a content is.

use super::super::{Brought, GitError};
use super::{World, files};

const A: &str = "requests/a.yaml";

/// Commits one file as somebody.
fn change_as(world: &World, author: &str, path: &str, text: &str) -> String {
    world.write(path, text);
    commit_as(world, author)
}

fn commit_as(world: &World, author: &str) -> String {
    let commit = world.commit("a commit");
    let author = format!("{author} <{author}@acme.example>");
    world.git(&[
        "commit",
        "--quiet",
        "--amend",
        "--allow-empty",
        "--no-edit",
        "--author",
        &author,
    ]);
    assert_ne!(world.head(), commit);
    world.head()
}

fn checkout(world: &World, branch: &str) {
    world.git(&["checkout", "--quiet", branch]);
}

fn branch(world: &World, name: &str) {
    world.git(&["checkout", "--quiet", "-b", name]);
}

/// A merge commit, whose author is Dana Fox as of all that is not said to be another's.
fn merge(world: &World, name: &str) -> String {
    world.git(&["merge", "--quiet", "--no-ff", "-m", "merge", name]);
    world.head()
}

#[track_caller]
fn brought(world: &World, path: &str) -> Brought {
    world.brought()[path].clone()
}

#[track_caller]
fn is_by(found: &Brought, author: &str, commit: &str) {
    assert_eq!(found.author_name, author);
    assert_eq!(found.author_commit, commit);
}

#[test]
fn behind_a_merge_the_author_is_who_wrote_it_and_the_rest_is_the_merges() {
    let world = World::new();
    world.commit("start");
    branch(&world, "side");
    change_as(&world, "rita", A, "draft");
    let wrote = change_as(&world, "sam", A, "a");
    change_as(&world, "tom", "requests/b.yaml", "b");
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    world.minute.set(30);
    "Merge Bot".clone_into(&mut world.committer.borrow_mut());
    let merged = merge(&world, "side");
    let found = brought(&world, A);
    is_by(&found, "sam", &wrote);
    assert_eq!(found.author_email, "sam@acme.example");
    assert_eq!(found.commit, merged);
    assert_eq!(found.committer_name, "Merge Bot");
    assert_eq!(crate::time::rfc3339(found.at), "2026-11-22T10:30:00Z");
}

#[test]
fn without_a_merge_the_author_is_that_of_the_commit() {
    let world = World::new();
    let commit = change_as(&world, "rita", A, "a");
    let found = brought(&world, A);
    is_by(&found, "rita", &commit);
    assert_eq!(found.commit, commit);
}

#[test]
fn a_squash_is_by_who_squashed_and_a_rebased_commit_by_who_wrote_it() {
    let world = World::new();
    world.commit("start");
    branch(&world, "side");
    change_as(&world, "rita", A, "a");
    checkout(&world, "main");
    world.git(&["merge", "--quiet", "--squash", "side"]);
    let squash = commit_as(&world, "sam");
    is_by(&brought(&world, A), "sam", &squash);
    branch(&world, "other");
    change_as(&world, "tom", "requests/b.yaml", "b");
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    world.git(&["rebase", "--quiet", "main", "other"]);
    checkout(&world, "main");
    world.git(&["merge", "--quiet", "--ff-only", "other"]);
    is_by(&brought(&world, "requests/b.yaml"), "tom", &world.head());
}

#[test]
fn merges_of_merges_are_seen_through() {
    let world = World::new();
    world.commit("start");
    branch(&world, "inner");
    let wrote = change_as(&world, "rita", A, "a");
    world.git(&["checkout", "--quiet", "-b", "outer", "main"]);
    let other = change_as(&world, "sam", "requests/b.yaml", "b");
    merge(&world, "inner");
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    checkout(&world, "outer");
    merge(&world, "main");
    checkout(&world, "main");
    let merged = merge(&world, "outer");
    let found = brought(&world, A);
    is_by(&found, "rita", &wrote);
    assert_eq!(found.commit, merged);
    is_by(&brought(&world, "requests/b.yaml"), "sam", &other);
}

#[test]
fn of_an_octopus_each_branch_has_its_author() {
    let world = World::new();
    world.commit("start");
    for name in ["b", "c"] {
        world.git(&["checkout", "--quiet", "-b", name, "main"]);
        change_as(&world, name, &format!("requests/{name}.yaml"), name);
    }
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    world.git(&["merge", "--quiet", "-m", "octopus", "b", "c"]);
    assert_eq!(brought(&world, "requests/b.yaml").author_name, "b");
    assert_eq!(brought(&world, "requests/c.yaml").author_name, "c");
}

#[test]
fn where_two_branches_have_the_same_content_the_first_one_counts() {
    let world = World::new();
    world.commit("start");
    let mut wrote = Vec::new();
    for name in ["b", "c"] {
        world.git(&["checkout", "--quiet", "-b", name, "main"]);
        wrote.push(change_as(&world, name, A, "the same"));
    }
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    let tree = world.git(&["rev-parse", "b^{tree}"]);
    let octopus = world.git(&[
        "commit-tree",
        "-p",
        "main",
        "-p",
        "b",
        "-p",
        "c",
        "-m",
        "o",
        &tree,
    ]);
    world.git(&["reset", "--quiet", "--hard", &octopus]);
    is_by(&brought(&world, A), "b", &wrote[0]);
}

#[test]
fn what_a_merge_itself_wrote_is_by_who_merged() {
    let world = World::new();
    change_as(&world, "rita", A, "before");
    branch(&world, "side");
    change_as(&world, "sam", A, "proposed");
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    world.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    world.write(A, "smuggled");
    let evil = commit_as(&world, "mallory");
    let found = brought(&world, A);
    is_by(&found, "mallory", &evil);
    assert_eq!(found.commit, evil);
}

#[test]
fn content_that_came_back_on_the_side_branch_is_by_who_brought_it_back() {
    let world = World::new();
    world.commit("start");
    branch(&world, "side");
    change_as(&world, "rita", A, "a");
    change_as(&world, "sam", A, "other");
    let back = change_as(&world, "tom", A, "a");
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    merge(&world, "side");
    is_by(&brought(&world, A), "tom", &back);
}

#[test]
fn a_file_moved_on_the_side_branch_is_by_who_moved_it_and_one_moved_later_by_who_wrote_it() {
    let world = World::new();
    world.commit("start");
    branch(&world, "side");
    change_as(&world, "rita", A, "a");
    std::fs::create_dir(world.path().join("requests/hr")).unwrap();
    world.git(&["mv", A, "requests/hr/a.yaml"]);
    let moved = commit_as(&world, "sam");
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    let merged = merge(&world, "side");
    is_by(&brought(&world, "requests/hr/a.yaml"), "sam", &moved);
    // Moved on the protected branch, it is still what the merge brought, from the path that it had there.
    world.git(&["mv", "requests/hr/a.yaml", A]);
    commit_as(&world, "tom");
    let found = brought(&world, A);
    is_by(&found, "sam", &moved);
    assert_eq!(found.commit, merged);
}

#[test]
fn paths_with_odd_characters_are_followed_in_a_subfolder_too() {
    let world = World::new();
    world.commit("start");
    branch(&world, "side");
    let path = "requests/[*] :é \"' {x}~^@{1}.yaml";
    let wrote = change_as(&world, "rita", &format!(":!x *é/{path}"), "a");
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    merge(&world, "side");
    let git = super::Git::discover(&world.path().join(":!x *é"))
        .unwrap()
        .unwrap();
    let tip = git.tip("main").unwrap();
    let found = git.brought(&tip, &files(&git, &tip)).unwrap();
    is_by(&found[path], "rita", &wrote);
}

#[test]
fn a_folder_with_a_line_break_is_an_error_and_asks_nothing_else() {
    let world = World::new();
    world.commit("start");
    branch(&world, "side");
    change_as(&world, "rita", "odd\nHEAD/requests/a.yaml", "a");
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    merge(&world, "side");
    let git = super::Git::discover(&world.path().join("odd\nHEAD"))
        .unwrap()
        .unwrap();
    let tip = git.tip("main").unwrap();
    let error = git.brought(&tip, &files(&git, &tip)).unwrap_err();
    assert!(matches!(error, GitError::Unusable(_)), "{error:?}");
}

#[test]
fn a_shallow_clone_that_cuts_the_side_branch_is_refused() {
    let world = World::new();
    world.commit("start");
    branch(&world, "side");
    let wrote = change_as(&world, "rita", A, "a");
    world.change("notes.md", "one");
    world.change("notes.md", "two");
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    world.change("README.md", "again");
    merge(&world, "side");
    let copy = super::history::clone(&world, "3");
    let git = copy.open();
    let tip = git.tip("main").unwrap();
    let error = git.brought(&tip, &files(&git, &tip)).unwrap_err();
    assert!(
        matches!(&error, GitError::Shallow { what } if what == A),
        "{error:?}"
    );
    let by_branch = git.brought_by_branch(&tip, &files(&git, &tip)).unwrap();
    assert_eq!(by_branch[A].commit, world.brought()[A].commit);
    copy.git(&["fetch", "--quiet", "--unshallow"]);
    is_by(&brought(&copy, A), "rita", &wrote);
}

#[test]
fn a_side_branch_that_is_missing_is_an_error() {
    let world = World::new();
    world.change(A, "a");
    let tree = world.git(&["rev-parse", "HEAD^{tree}"]);
    let empty = world.git(&["commit-tree", "-m", "empty", &world.feed(&["mktree"], b"")]);
    let gone = "1".repeat(40);
    let commit = format!(
        "tree {tree}\nparent {empty}\nparent {gone}\nauthor A <a@x> 5 +0000\ncommitter C <c@x> 6 +0000\n\nm\n"
    );
    let commit = world.feed(
        &["hash-object", "-w", "-t", "commit", "--stdin"],
        commit.as_bytes(),
    );
    world.git(&["update-ref", "refs/heads/main", &commit]);
    let git = world.open();
    let tip = git.tip("main").unwrap();
    // git log itself may not get over it either.
    assert!(git.brought(&tip, &files(&git, &tip)).is_err());
}

#[test]
fn hundreds_of_files_and_commits_need_no_further_process() {
    let world = World::new();
    world.commit("start");
    branch(&world, "side");
    for number in 0..300 {
        world.write(&format!("requests/r{number}.yaml"), &number.to_string());
    }
    let wrote = commit_as(&world, "rita");
    for number in 0..30 {
        world.change("notes.md", &number.to_string());
    }
    checkout(&world, "main");
    world.change("README.md", "meanwhile");
    merge(&world, "side");
    let all = world.brought();
    assert_eq!(all.len(), 300);
    assert!(all.values().all(|found| found.author_commit == wrote));
}
