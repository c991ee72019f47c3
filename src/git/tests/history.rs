//! Which commit brought what.

use super::super::{Git, GitError};
use super::{World, files};
use crate::time::rfc3339;

const A: &str = "requests/a.yaml";

/// The commit that brought one file.
#[track_caller]
fn bringer(world: &World, path: &str) -> String {
    world.brought()[path].commit.clone()
}

#[test]
fn the_commit_is_told_with_committer_author_and_time() {
    let world = World::new();
    let commit = world.change(A, "a");
    world.change("README.md", "later");
    let brought = &world.brought()[A];
    assert_eq!(brought.commit, commit);
    assert_eq!(brought.committer_name, "Alice Park");
    assert_eq!(brought.committer_email, "alice@acme.example");
    assert_eq!(brought.author_name, "Dana Fox");
    assert_eq!(brought.author_email, "dana@acme.example");
    assert_eq!(rfc3339(brought.at), "2026-11-22T10:01:00Z");
}

#[test]
fn a_merge_commit_brings_what_its_side_branch_had() {
    let world = World::new();
    world.commit("start");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    world.change(A, "draft");
    world.change(A, "a");
    world.git(&["checkout", "--quiet", "main"]);
    world.change("README.md", "meanwhile");
    world.minute.set(30);
    "Merge Bot".clone_into(&mut world.committer.borrow_mut());
    world.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    let merge = world.head();
    world.change("README.md", "later");
    let brought = &world.brought()[A];
    assert_eq!(brought.commit, merge);
    assert_eq!(brought.committer_name, "Merge Bot");
    assert_eq!(rfc3339(brought.at), "2026-11-22T10:30:00Z");
}

#[test]
fn an_octopus_merge_brings_what_its_branches_had() {
    let world = World::new();
    world.commit("start");
    for name in ["b", "c"] {
        world.git(&["checkout", "--quiet", "-b", name, "main"]);
        world.change(&format!("requests/{name}.yaml"), name);
    }
    world.git(&["checkout", "--quiet", "main"]);
    world.change(A, "a");
    world.git(&["merge", "--quiet", "-m", "octopus", "b", "c"]);
    assert_eq!(bringer(&world, "requests/b.yaml"), world.head());
    assert_eq!(bringer(&world, "requests/c.yaml"), world.head());
    assert_ne!(bringer(&world, A), world.head());
}

#[test]
fn a_merge_of_main_into_a_side_branch_brings_nothing_to_main() {
    let world = World::new();
    world.commit("start");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    world.change("requests/b.yaml", "b");
    world.git(&["checkout", "--quiet", "main"]);
    let commit = world.change(A, "a");
    world.git(&["checkout", "--quiet", "side"]);
    world.git(&["merge", "--quiet", "--no-ff", "-m", "update", "main"]);
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(bringer(&world, A), commit);
    assert_eq!(bringer(&world, "requests/b.yaml"), world.head());
}

#[test]
fn a_squash_brings_it_itself() {
    let world = World::new();
    world.commit("start");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    world.change(A, "draft");
    world.change(A, "a");
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--squash", "side"]);
    let squash = world.commit("squash");
    assert_eq!(bringer(&world, A), squash);
}

#[test]
fn of_rebased_commits_the_one_with_the_final_content_counts() {
    let world = World::new();
    world.commit("start");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    world.change(A, "draft");
    world.change(A, "a");
    world.change("requests/b.yaml", "b");
    world.git(&["checkout", "--quiet", "main"]);
    world.change("README.md", "meanwhile");
    world.minute.set(40);
    world.git(&["rebase", "--quiet", "main", "side"]);
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--ff-only", "side"]);
    let expected = world.git(&["rev-parse", "main~1"]);
    assert_eq!(bringer(&world, A), expected);
    // The committer's time, not the author's.
    assert_eq!(rfc3339(world.brought()[A].at), "2026-11-22T10:40:00Z");
}

#[test]
fn content_that_was_edited_and_reverted_counts_from_the_revert() {
    let world = World::new();
    world.change(A, "a");
    world.change(A, "other");
    let revert = world.change(A, "a");
    assert_eq!(bringer(&world, A), revert);
}

#[test]
fn a_file_that_was_deleted_and_came_back_counts_from_its_return() {
    let world = World::new();
    world.change(A, "a");
    std::fs::remove_file(world.path().join(A)).unwrap();
    world.commit("delete");
    let back = world.change("requests/hr/a.yaml", "a");
    assert_eq!(bringer(&world, "requests/hr/a.yaml"), back);
}

#[test]
fn a_moved_file_keeps_the_commit_from_before() {
    let world = World::new();
    let commit = world.change(A, "a");
    for to in ["requests/hr/a.yaml", "requests/2026/a.yml"] {
        let from = files(&world.open(), &world.open().tip("main").unwrap())[0]
            .0
            .clone();
        world.write(to, "");
        world.git(&["mv", "--force", &from, to]);
        world.commit("move");
        assert_eq!(bringer(&world, to), commit);
    }
}

#[test]
fn a_move_by_a_merge_keeps_the_commit_from_before() {
    let world = World::new();
    let commit = world.change(A, "a");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    std::fs::create_dir(world.path().join("requests/hr")).unwrap();
    world.git(&["mv", A, "requests/hr/a.yaml"]);
    world.commit("move");
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(bringer(&world, "requests/hr/a.yaml"), commit);
}

#[test]
fn a_move_with_an_edit_or_to_another_id_brings_it_anew() {
    let world = World::new();
    world.change(A, "a");
    world.git(&["mv", A, "requests/b.yaml"]);
    let renamed = world.commit("another id");
    assert_eq!(bringer(&world, "requests/b.yaml"), renamed);
    std::fs::create_dir(world.path().join("requests/hr")).unwrap();
    world.git(&["mv", "requests/b.yaml", "requests/hr/b.yaml"]);
    let edited = world.change("requests/hr/b.yaml", "b2");
    assert_eq!(bringer(&world, "requests/hr/b.yaml"), edited);
}

#[test]
fn a_file_that_was_hidden_counts_from_when_it_came_out() {
    let world = World::new();
    world.change("requests/.drafts/a.yaml", "a");
    world.git(&["mv", "requests/.drafts/a.yaml", A]);
    let out = world.commit("out");
    assert_eq!(bringer(&world, A), out);
}

#[test]
fn a_copy_under_another_path_does_not_lend_its_commit() {
    let world = World::new();
    world.change(A, "a");
    let copy = world.change("requests/hr/a.yaml", "a");
    assert_eq!(bringer(&world, "requests/hr/a.yaml"), copy);
}

#[test]
fn a_change_of_the_mode_alone_brings_nothing() {
    let world = World::new();
    let commit = world.change(A, "a");
    world.git(&["update-index", "--chmod=+x", A]);
    world.git(&["commit", "--quiet", "-m", "executable"]);
    assert_eq!(bringer(&world, A), commit);
}

#[test]
fn a_link_that_becomes_a_file_of_the_same_bytes_counts_from_then() {
    let world = World::new();
    std::fs::create_dir(world.path().join("requests")).unwrap();
    std::os::unix::fs::symlink("a", world.path().join(A)).unwrap();
    world.commit("link");
    std::fs::remove_file(world.path().join(A)).unwrap();
    let file = world.change(A, "a");
    assert_eq!(bringer(&world, A), file);
}

#[test]
fn what_is_not_at_the_tip_is_left_out() {
    let world = World::new();
    world.change(A, "a");
    let old = files(&world.open(), &world.open().tip("main").unwrap());
    world.change(A, "b");
    let git = world.open();
    let tip = git.tip("main").unwrap();
    assert!(git.brought(&tip, &old).unwrap().is_empty());
    let nowhere = vec![("requests/x.yaml".to_owned(), old[0].1.clone())];
    assert!(git.brought(&tip, &nowhere).unwrap().is_empty());
}

#[test]
fn names_of_any_bytes_are_harmless_and_cannot_forge_the_rest() {
    let world = World::new();
    world.change("requests/b.yaml", "b");
    let first = world.head();
    world.change(A, "a");
    let tree = world.git(&["rev-parse", "HEAD^{tree}"]);
    // In UTF-7, +AAo- is a line break and +AAA- a NUL.
    let mut commit = format!("tree {tree}\nparent {first}\n").into_bytes();
    commit.extend_from_slice(b"author Da+AAo-na+AAA-:\xff\x1b[2J <d@x> 5 +0000\n");
    commit.extend_from_slice(b"committer Al\xe9\r <a\x07@x> 99999999999999999999 +0000\n");
    commit.extend_from_slice(b"encoding UTF-7\n\ncommitter Root <root@x> 1 +0000\n");
    let id = world.feed(
        &[
            "hash-object",
            "-w",
            "-t",
            "commit",
            "--literally",
            "--stdin",
        ],
        &commit,
    );
    world.git(&["update-ref", "refs/heads/main", &id]);
    let brought = world.brought();
    assert_eq!(brought[A].commit, id);
    assert_eq!(brought[A].committer_name, "Al\u{fffd}");
    assert_eq!(brought[A].committer_email, "a\u{fffd}@x");
    assert_eq!(brought[A].author_name, "Da+AAo-na+AAA-:\u{fffd}\u{fffd}[2J");
    assert_eq!(rfc3339(brought[A].at), "9999-12-31T23:59:59Z");
    assert_eq!(brought["requests/b.yaml"].commit, first);
}

pub(super) fn clone(world: &World, depth: &str) -> World {
    let copy = World::folder();
    let url = format!("file://{}", world.path().display());
    let depth = format!("--depth={depth}");
    world.git(&[
        "clone",
        "--quiet",
        &depth,
        &url,
        copy.path().to_str().unwrap(),
    ]);
    copy
}

#[test]
fn a_shallow_clone_is_refused_where_its_end_would_be_the_answer() {
    let world = World::new();
    world.change(A, "a");
    world.change("README.md", "one");
    let commit = world.change("requests/b.yaml", "b");
    let copy = clone(&world, "2");
    let git = copy.open();
    let tip = git.tip("main").unwrap();
    let all = files(&git, &tip);
    let error = git.brought(&tip, &all).unwrap_err();
    assert!(matches!(&error, GitError::Shallow { what } if what == A));
    assert!(error.hint().unwrap().contains("fetch-depth: 0"));
    // Where the answer lies within what is there, it is given; and nothing wanted is nothing asked.
    assert_eq!(
        git.brought(&tip, &all[1..]).unwrap()["requests/b.yaml"].commit,
        commit
    );
    assert!(git.brought(&tip, &[]).unwrap().is_empty());
    assert!(matches!(
        git.first_commit(&tip),
        Err(GitError::Shallow { .. })
    ));
    copy.git(&["fetch", "--quiet", "--unshallow"]);
    assert_eq!(copy.brought().len(), 2);
}

#[test]
fn a_shallow_clone_that_reaches_the_beginning_is_no_trouble() {
    let world = World::new();
    let first = world.change(A, "a");
    let copy = clone(&world, "9");
    assert_eq!(bringer(&copy, A), first);
}

#[test]
fn the_first_commit_is_the_root_along_first_parents() {
    let world = World::new();
    let first = world.commit("first");
    world.git(&["checkout", "--quiet", "--orphan", "other"]);
    world.commit("another root");
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&[
        "merge",
        "--quiet",
        "--allow-unrelated-histories",
        "-m",
        "merge",
        "other",
    ]);
    let git = world.open();
    let tip = git.tip("main").unwrap();
    assert_eq!(git.first_commit(&tip).unwrap().as_str(), first);
}

#[test]
fn ancestors_are_told_from_other_commits() {
    let world = World::new();
    let first = world.commit("first");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    let side = world.commit("side");
    world.git(&["checkout", "--quiet", "main"]);
    world.commit("second");
    let git = world.open();
    let tip = git.tip("main").unwrap();
    assert!(git.is_ancestor(&first, &tip).unwrap());
    assert!(git.is_ancestor(tip.commit().as_str(), &tip).unwrap());
    assert!(!git.is_ancestor(&side, &tip).unwrap());
    assert!(!git.is_ancestor(&"1".repeat(40), &tip).unwrap());
    assert!(!git.is_ancestor("--help", &tip).unwrap());
}

#[test]
fn ancestors_are_found_far_back_and_behind_merges_too() {
    let world = World::new();
    let first = world.commit("first");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    let side = world.commit("side");
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    for number in 0..40 {
        world.commit(&number.to_string());
    }
    let git = world.open();
    let tip = git.tip("main").unwrap();
    assert!(git.is_ancestor(&first, &tip).unwrap());
    assert!(git.is_ancestor(&side, &tip).unwrap());
}

#[test]
fn an_access_repository_that_moved_into_a_subfolder_counts_from_the_move() {
    let world = World::new();
    world.change(A, "a");
    std::fs::create_dir(world.path().join("acme")).unwrap();
    world.git(&["mv", "requests", "acme/requests"]);
    let moved = world.commit("move");
    let git = Git::discover(&world.path().join("acme")).unwrap().unwrap();
    let tip = git.tip("main").unwrap();
    let brought = git.brought(&tip, &files(&git, &tip)).unwrap();
    assert_eq!(brought[A].commit, moved);
}

#[test]
fn of_the_first_commit_only_what_it_has_was_brought_by_it() {
    let world = World::new();
    world.write("top.yaml", "top");
    world.write("requests/deep/er/b.yaml", "b");
    world.write("requests/c.yaml", "c");
    world.write("requests/d.yaml/e", "d");
    let first = world.change(A, "a");
    world.git(&["mv", "requests/c.yaml", "requests/deep/c.yaml"]);
    world.commit("moved");
    let git = world.open();
    let tip = git.tip("main").unwrap();
    let blob = |text: &str| git.blob_id(text.as_bytes()).unwrap();
    let wanted: Vec<_> = [
        (A, "a"),
        ("requests/deep/er/b.yaml", "b"),
        ("requests/deep/c.yaml", "c"),
        ("requests/c.yaml", "c"),
        ("requests/other.yaml", "a"),
        ("requests/deep/er/none/b.yaml", "b"),
        ("requests/d.yaml", "d"),
        ("requests/", "a"),
    ]
    .iter()
    .map(|(path, text)| ((*path).to_owned(), blob(text)))
    .chain([(A.replace('a', "A"), blob("a"))])
    .collect();
    let brought = git.brought(&tip, &wanted).unwrap();
    let told: Vec<_> = brought
        .iter()
        .map(|(path, brought)| (path.as_str(), &*brought.path, &*brought.commit))
        .collect();
    assert_eq!(
        told,
        [
            (A, A, &*first),
            ("requests/deep/c.yaml", "requests/c.yaml", &*first),
            (
                "requests/deep/er/b.yaml",
                "requests/deep/er/b.yaml",
                &*first
            ),
        ]
    );
    let edited = [(A.to_owned(), blob("edited"))];
    assert!(git.brought(&tip, &edited).unwrap().is_empty());
}
