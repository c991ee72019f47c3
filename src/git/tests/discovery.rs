//! Finding the repository, and names of branches.

use std::fs;

use super::super::{Git, GitError};
use super::World;

#[test]
fn a_folder_outside_git_is_no_error() {
    let world = World::folder();
    assert!(Git::discover(world.path()).unwrap().is_none());
}

#[test]
fn a_bare_repository_is_no_work_tree() {
    let world = World::folder();
    world.git(&["init", "--quiet", "--bare"]);
    assert!(Git::discover(world.path()).unwrap().is_none());
}

#[test]
fn an_empty_git_folder_is_passed_over_as_git_does() {
    let world = World::new();
    world.change("acme/rolecall.yaml", "version: 1\n");
    fs::create_dir(world.path().join("acme/.git")).unwrap();
    let git = Git::discover(&world.path().join("acme")).unwrap().unwrap();
    let tip = git.tip("main").unwrap();
    assert!(git.settings(&tip).unwrap().is_some());
}

#[test]
fn a_broken_repository_is_an_error_and_not_absence() {
    let world = World::new();
    fs::remove_dir_all(world.path().join(".git/objects")).unwrap();
    let error = Git::discover(world.path()).unwrap_err();
    assert!(matches!(error, GitError::Unusable(_)), "{error:?}");
    assert!(error.hint().is_some());
}

#[test]
fn a_broken_repository_inside_another_is_an_error_too() {
    let world = World::new();
    world.commit("outer");
    fs::create_dir_all(world.path().join("acme/.git")).unwrap();
    fs::write(world.path().join("acme/.git/HEAD"), "nonsense").unwrap();
    let error = Git::discover(&world.path().join("acme")).unwrap_err();
    assert!(matches!(error, GitError::Unusable(_)), "{error:?}");
}

#[test]
fn a_git_file_that_leads_nowhere_is_an_error() {
    let world = World::folder();
    world.write(".git", "gitdir: /nonexistent\n");
    let error = Git::discover(world.path()).unwrap_err();
    assert!(matches!(error, GitError::Unusable(_)), "{error:?}");
}

#[test]
fn a_linked_worktree_is_the_same_repository() {
    let world = World::new();
    let commit = world.change("requests/a.yaml", "a");
    world.git(&["worktree", "add", "--quiet", "-b", "other", "linked"]);
    let git = Git::discover(&world.path().join("linked"))
        .unwrap()
        .unwrap();
    let tip = git.tip("main").unwrap();
    assert_eq!(tip.commit().as_str(), commit);
    assert_eq!(git.requests(&tip).unwrap().files.len(), 1);
}

#[test]
fn a_work_tree_setting_of_the_repository_does_not_move_the_answer() {
    for elsewhere in ["/nonexistent", "../../gone", "/"] {
        let world = World::new();
        world.change("acme/requests/a.yaml", "a");
        world.git(&["config", "core.worktree", elsewhere]);
        let git = Git::discover(&world.path().join("acme")).unwrap().unwrap();
        let tip = git.tip("main").unwrap();
        assert_eq!(super::files(&git, &tip)[0].0, "requests/a.yaml");
        assert_eq!(
            git.brought(&tip, &super::files(&git, &tip)).unwrap().len(),
            1
        );
    }
}

#[test]
fn a_missing_branch_is_named_with_a_way_out() {
    let world = World::new();
    let error = world.open().tip("main").unwrap_err();
    assert!(matches!(&error, GitError::NoBranch { branch } if branch == "main"));
    assert!(error.hint().unwrap().contains("origin/main"));
}

#[test]
fn a_detached_head_does_not_matter_to_a_branch() {
    let world = World::new();
    let first = world.change("requests/a.yaml", "a");
    let second = world.change("requests/a.yaml", "b");
    world.git(&["checkout", "--quiet", "--detach", &first]);
    let git = world.open();
    assert_eq!(git.tip("main").unwrap().commit().as_str(), second);
    assert_eq!(git.tip("HEAD").unwrap().commit().as_str(), first);
    assert_eq!(git.tip("main~1").unwrap().commit().as_str(), first);
    assert_eq!(git.tip(&first).unwrap().commit().as_str(), first);
}

#[test]
fn a_local_branch_wins_over_a_tag_and_a_remote_branch_of_its_name() {
    let world = World::new();
    let old = world.commit("old");
    let new = world.commit("new");
    world.git(&["tag", "main", &old]);
    world.git(&["update-ref", "refs/remotes/main/HEAD", &old]);
    world.git(&["update-ref", "refs/remotes/origin/main", &old]);
    world.git(&["tag", "-a", "-m", "annotated", "release", &old]);
    let git = world.open();
    assert_eq!(git.tip("main").unwrap().commit().as_str(), new);
    assert_eq!(git.tip("origin/main").unwrap().commit().as_str(), old);
    assert_eq!(git.tip("release").unwrap().commit().as_str(), old);
    assert_eq!(git.tip("refs/tags/main").unwrap().commit().as_str(), old);
}

#[test]
fn a_shortened_id_is_no_name() {
    let world = World::new();
    let commit = world.commit("one");
    let error = world.open().tip(&commit[..10]).unwrap_err();
    assert!(matches!(error, GitError::NoBranch { .. }), "{error:?}");
}

#[test]
fn a_tag_on_a_file_is_no_branch() {
    let world = World::new();
    world.commit("one");
    let blob = world.blob("text");
    world.git(&["tag", "text", &blob]);
    assert!(matches!(
        world.open().tip("text"),
        Err(GitError::NoBranch { .. })
    ));
}

#[test]
fn a_name_that_would_be_an_option_is_refused() {
    let world = World::new();
    world.commit("one");
    for name in ["--all", "-x", "a\nb", ""] {
        assert!(matches!(
            world.open().tip(name),
            Err(GitError::BadName { .. })
        ));
    }
}

#[test]
fn a_repository_path_with_a_line_break_is_found() {
    let world = World::folder();
    let odd = world.path().join("od\nd:x");
    fs::create_dir(&odd).unwrap();
    world.git(&["init", "--quiet", odd.to_str().unwrap()]);
    assert!(Git::discover(&odd).unwrap().is_some());
}

#[test]
fn a_repository_of_another_user_is_refused_with_a_way_out() {
    let world = World::new();
    world.commit("one");
    // Only root can give a folder away; elsewhere there is nothing to test.
    for entry in ["", ".git"] {
        if std::os::unix::fs::chown(world.path().join(entry), Some(54321), None).is_err() {
            return;
        }
    }
    let error = Git::discover(world.path()).unwrap_err();
    assert!(matches!(error, GitError::Ownership), "{error:?}");
    assert!(error.hint().unwrap().contains("chown"));
}

#[test]
fn a_link_to_the_access_repository_is_followed_to_where_it_is() {
    let world = World::new();
    world.change("acme/requests/a.yaml", "a");
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    std::os::unix::fs::symlink(world.path().join("acme"), &link).unwrap();
    let git = Git::discover(&link).unwrap().unwrap();
    let tip = git.tip("main").unwrap();
    assert_eq!(super::files(&git, &tip)[0].0, "requests/a.yaml");
}
