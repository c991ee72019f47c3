//! What is at the tip.

use std::os::unix::fs::symlink;

use super::super::{Git, GitError, Oid};
use super::{World, files};
use crate::check::finding::{Code, Finding};

fn problems(world: &World) -> Vec<Finding> {
    let git = world.open();
    let tip = git.tip("main").unwrap();
    let problems = git.requests(&tip).unwrap().problems;
    assert!(problems.iter().all(|found| found.code == Code::Unreadable));
    problems
}

#[test]
fn contents_come_from_the_tip_and_not_from_the_work_tree() {
    let world = World::new();
    world.write("rolecall.yaml", "version: 1\n");
    world.write("requests/hr/b.yml", "b");
    world.change("requests/a.yaml", "a");
    world.git(&["update-index", "--assume-unchanged", "requests/a.yaml"]);
    world.write("requests/a.yaml", "edited");
    world.write("requests/new.yaml", "new");
    world.write("rolecall.yaml", "edited");
    let git = world.open();
    let tip = git.tip("main").unwrap();
    let files = files(&git, &tip);
    let paths: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["requests/a.yaml", "requests/hr/b.yml"]);
    let oids: Vec<_> = files.into_iter().map(|(_, oid)| oid).collect();
    assert_eq!(git.blobs(&oids).unwrap(), [b"a", b"b"]);
    assert_eq!(git.settings(&tip).unwrap().unwrap().0, b"version: 1\n");
}

#[test]
fn hidden_files_and_other_endings_are_left_alone() {
    let world = World::new();
    for path in [
        ".x.yaml",
        ".y/a.yaml",
        "README.md",
        "a.YAML",
        "a.yaml.bak",
        "b/.yaml",
    ] {
        world.write(&format!("requests/{path}"), "x");
    }
    world.write("requestsx/a.yaml", "x");
    world.commit("all");
    let git = world.open();
    assert_eq!(files(&git, &git.tip("main").unwrap()), []);
}

#[test]
fn a_tip_without_requests_and_settings_is_empty() {
    let world = World::new();
    world.commit("nothing");
    let git = world.open();
    let tip = git.tip("main").unwrap();
    assert_eq!(files(&git, &tip), []);
    assert!(git.settings(&tip).unwrap().is_none());
}

#[test]
fn links_and_submodules_are_named_and_not_followed() {
    let world = World::new();
    let commit = world.change("secret", "secret");
    std::fs::create_dir(world.path().join("requests")).unwrap();
    symlink("/etc/passwd", world.path().join("requests/link.yaml")).unwrap();
    world.git(&["add", "--all"]);
    let submodule = format!("160000,{commit},requests/vendor");
    world.git(&["update-index", "--add", "--cacheinfo", &submodule]);
    world.git(&["commit", "--quiet", "-m", "links"]);
    let problems = problems(&world);
    let paths: Vec<_> = problems
        .iter()
        .filter_map(|found| found.path.clone())
        .collect();
    assert_eq!(paths, ["requests/link.yaml", "requests/vendor"]);
    assert!(problems[0].message.contains("symbolic link"));
    assert!(problems[1].message.contains("submodule"));
    assert!(problems.iter().all(|found| found.hint.is_some()));
}

#[test]
fn a_requests_folder_that_is_a_link_is_named() {
    let world = World::new();
    symlink("elsewhere", world.path().join("requests")).unwrap();
    world.change("elsewhere/a.yaml", "a");
    let problems = problems(&world);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0]
            .message
            .contains("a symbolic link, not a folder")
    );
}

#[test]
fn settings_that_are_no_regular_file_are_an_error() {
    let world = World::new();
    symlink("elsewhere", world.path().join("rolecall.yaml")).unwrap();
    world.commit("link");
    let git = world.open();
    let error = git.settings(&git.tip("main").unwrap()).unwrap_err();
    assert!(matches!(
        error,
        GitError::NotAFile {
            kind: "a symbolic link",
            ..
        }
    ));
    std::fs::remove_file(world.path().join("rolecall.yaml")).unwrap();
    world.change("rolecall.yaml/file", "x");
    let error = git.settings(&git.tip("main").unwrap()).unwrap_err();
    assert!(matches!(
        error,
        GitError::NotAFile {
            kind: "a folder",
            ..
        }
    ));
}

#[test]
fn names_with_line_breaks_or_invalid_utf8_are_problems_shown_escaped() {
    let world = World::new();
    let blob = world.blob("a");
    world.plant(&[
        ("100644", "blob", &blob, b"bad\xff.yaml"),
        ("100644", "blob", &blob, b"line\nbreak.yaml"),
        ("100644", "blob", &blob, b"quote\"'\\.yaml"),
        ("100644", "blob", &blob, "turn\u{202e}.yaml".as_bytes()),
    ]);
    let paths: Vec<_> = problems(&world)
        .into_iter()
        .filter_map(|found| found.path)
        .collect();
    assert_eq!(
        paths,
        [
            "requests/bad\\xff.yaml",
            "requests/line\\nbreak.yaml",
            "requests/turn\\u{202e}.yaml"
        ]
    );
    let git = world.open();
    let requests = git.requests(&git.tip("main").unwrap()).unwrap();
    let paths: Vec<_> = requests.files.paths().collect();
    assert_eq!(paths, ["requests/quote\"'\\.yaml"]);
}

#[test]
fn paths_that_differ_only_in_case_are_problems_both() {
    let world = World::new();
    let blob = world.blob("a");
    world.plant(&[
        ("100644", "blob", &blob, b"A.yaml"),
        ("100644", "blob", &blob, b"a.yaml"),
        ("100644", "blob", &blob, b"b.yaml"),
    ]);
    assert_eq!(problems(&world).len(), 2);
}

#[test]
fn of_a_file_over_the_limit_one_byte_more_is_read() {
    let world = World::new();
    world.write("requests/big.yaml", &"x".repeat(3 * 1024 * 1024));
    world.write("requests/next.yaml", "next");
    world.change("rolecall.yaml", &"x".repeat(9 * 1024 * 1024));
    let git = world.open();
    let tip = git.tip("main").unwrap();
    let oids: Vec<_> = files(&git, &tip).into_iter().map(|(_, oid)| oid).collect();
    let contents = git.blobs(&oids).unwrap();
    assert_eq!(contents[0].len(), 64 * 1024 + 1);
    assert_eq!(contents[1], b"next");
    let (settings, _) = git.settings(&tip).unwrap().unwrap();
    assert_eq!(settings.len(), 8 * 1024 * 1024 + 1);
}

#[test]
fn thousands_of_contents_do_not_block_the_pipe() {
    let world = World::new();
    let blob = Oid::parse(&world.blob(&"x".repeat(50_000))).unwrap();
    let contents = world.open().blobs(&vec![blob; 5000]).unwrap();
    assert_eq!(contents.len(), 5000);
    assert!(contents.iter().all(|content| content.len() == 50_000));
}

#[test]
fn a_content_that_git_does_not_have_is_an_error_and_the_next_question_works() {
    let world = World::new();
    let blob = Oid::parse(&world.blob("here")).unwrap();
    let gone = Oid::parse(&"1".repeat(40)).unwrap();
    let git = world.open();
    let error = git.blobs(&[gone, blob.clone()]).unwrap_err();
    assert!(matches!(error, GitError::MissingObject { .. }));
    assert_eq!(git.blobs(&[blob]).unwrap(), [b"here"]);
}

#[test]
fn a_damaged_content_is_an_error() {
    let world = World::new();
    let blob = world.blob("here");
    let file = format!(".git/objects/{}/{}", &blob[..2], &blob[2..]);
    std::fs::remove_file(world.path().join(&file)).unwrap();
    world.write(&file, "nonsense");
    assert!(world.open().blobs(&[Oid::parse(&blob).unwrap()]).is_err());
}

#[test]
fn an_access_repository_in_a_subfolder_with_pathspec_characters_sees_only_its_own() {
    for folder in ["*", "[x]*", "?", ":(top)x", ":!x", "*/é\nz\"", "-x"] {
        let world = World::new();
        world.write("requests/top.yaml", "top");
        let commit = world.change(&format!("{folder}/requests/a.yaml"), "a");
        world.write(&format!("{folder}/rolecall.yaml"), "version: 1\n");
        world.write("other/requests/o.yaml", "o");
        world.change("x/requests/a.yaml", "a");
        world.change("x/requests/a.yaml", "later");
        let git = Git::discover(&world.path().join(folder)).unwrap().unwrap();
        let tip = git.tip("main").unwrap();
        let files = files(&git, &tip);
        assert_eq!(files.len(), 1, "{folder}");
        assert_eq!(files[0].0, "requests/a.yaml");
        assert!(git.settings(&tip).unwrap().is_some());
        let brought = git.brought(&tip, &files).unwrap();
        assert_eq!(brought["requests/a.yaml"].commit, commit);
    }
}

#[test]
fn a_sha256_repository_is_read_alike() {
    let world = World::folder();
    world.git(&[
        "init",
        "--quiet",
        "--object-format=sha256",
        "--initial-branch=main",
    ]);
    let commit = world.change("requests/a.yaml", "a");
    assert_eq!(commit.len(), 64);
    assert_eq!(world.brought()["requests/a.yaml"].commit, commit);
}

#[test]
fn folders_too_deep_or_too_many_times_in_one_another_are_refused() {
    let world = World::new();
    let blob = world.blob("a");
    let folder = |entries: &str| world.feed(&["mktree"], entries.as_bytes());
    let planted = |tree: &str| {
        world.plant(&[("040000", "tree", tree, b"x")]);
        let git = world.open();
        git.requests(&git.tip("main").unwrap())
    };
    let file = folder(&format!("100644 blob {blob}\ta.yaml\n"));
    let mut tree = file.clone();
    for _ in 0..40 {
        tree = folder(&format!("040000 tree {tree}\tx\n"));
    }
    assert_eq!(planted(&tree).unwrap().files.len(), 1);
    let (mut full, mut empty) = (file, folder(""));
    for _ in 0..40 {
        let twice = |tree: &str| folder(&format!("040000 tree {tree}\tx\n040000 tree {tree}\ty\n"));
        (full, empty) = (twice(&full), twice(&empty));
    }
    // What is not looked at counts as well.
    let lines = |number: u32, line: &dyn Fn(u32) -> String| -> String {
        (0..number).map(line).collect::<Vec<_>>().concat()
    };
    let mut other = folder(&lines(2_000, &|number| {
        format!("100644 blob {blob}\tf{number}.txt\n")
    }));
    for _ in 0..2 {
        other = folder(&lines(50, &|number| {
            format!("040000 tree {other}\td{number:02}\n")
        }));
    }
    for tree in [full, empty, other] {
        assert!(matches!(planted(&tree), Err(GitError::TooMany)));
    }
    for _ in 40..=super::super::tree::DEEPEST {
        tree = folder(&format!("040000 tree {tree}\tx\n"));
    }
    assert!(matches!(planted(&tree), Err(GitError::TooDeep)));
}
