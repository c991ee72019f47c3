//! What is under `approvals/`, and contents by commit and id.

use std::os::unix::fs::symlink;

use super::super::{Git, GitError, ListedApproval};
use super::{World, files};
use crate::check::finding::{Code, Severity};

/// What is listed: request, name and path of a file, or the path of a problem.
fn listed(world: &World) -> Vec<String> {
    let git = world.open();
    let listed = git.approvals(&git.tip("main").unwrap()).unwrap();
    listed
        .into_iter()
        .map(|found| match found {
            ListedApproval::File {
                request,
                name,
                path,
                oid,
            } => {
                assert_eq!(git.blobs(&[oid]).unwrap().len(), 1);
                format!("{request} | {name} | {path}")
            }
            ListedApproval::Problem(finding) => {
                assert_eq!(finding.code, Code::BadApproval);
                assert_eq!(finding.severity, Severity::Warning);
                assert!(finding.hint.is_some());
                format!("problem {}", finding.path.unwrap())
            }
        })
        .collect()
}

#[test]
fn approvals_of_any_ending_and_depth_are_listed_and_hidden_ones_are_not() {
    let world = World::new();
    for path in [
        "approvals/hire/alice.yaml",
        "approvals/hire/deep/er/x.txt",
        "approvals/README",
        "approvals/.hidden/a.yaml",
        "approvals/hire/.a.yaml",
        "approvalsx/a.yaml",
        "requests/approvals/a.yaml",
        "rolecall.yaml",
    ] {
        world.write(path, "x");
    }
    world.commit("all");
    world.write("approvals/hire/bob.yaml", "not committed");
    assert_eq!(
        listed(&world),
        [
            " | README | approvals/README",
            "hire | alice.yaml | approvals/hire/alice.yaml",
            "hire | deep/er/x.txt | approvals/hire/deep/er/x.txt",
        ]
    );
    let git = world.open();
    let tip = git.tip("main").unwrap();
    assert!(git.settings(&tip).unwrap().is_some());
    assert_eq!(files(&git, &tip).len(), 1);
}

#[test]
fn without_settings_approvals_are_not_taken_for_them() {
    let world = World::new();
    world.change("approvals/hire/alice.yaml", "x");
    let git = world.open();
    let tip = git.tip("main").unwrap();
    assert!(git.settings(&tip).unwrap().is_none());
    assert_eq!(files(&git, &tip), []);
    assert_eq!(listed(&world).len(), 1);
}

#[test]
fn approvals_that_are_links_submodules_twins_or_oddly_named_are_problems() {
    let world = World::new();
    let commit = world.commit("start");
    let blob = world.blob("a");
    let mut entries = Vec::new();
    for (mode, kind, oid, name) in [
        ("100644", "blob", &blob, &b"A.yaml"[..]),
        ("100644", "blob", &blob, b"a.yaml"),
        ("100644", "blob", &blob, b"bad\xff"),
        ("120000", "blob", &blob, b"link"),
        ("100644", "blob", &blob, b"line\nbreak"),
        ("160000", "commit", &commit, b"module"),
        ("100644", "blob", &blob, b"ok"),
    ] {
        entries.extend_from_slice(format!("{mode} {kind} {oid}\t").as_bytes());
        entries.extend_from_slice(name);
        entries.push(0);
    }
    let request = world.feed(&["mktree", "-z", "--missing"], &entries);
    let approvals = world.feed(
        &["mktree"],
        format!("040000 tree {request}\thire\n").as_bytes(),
    );
    let root = world.feed(
        &["mktree"],
        format!("040000 tree {approvals}\tapprovals\n").as_bytes(),
    );
    let commit = world.git(&["commit-tree", "-m", "planted", &root]);
    world.git(&["update-ref", "refs/heads/main", &commit]);
    assert_eq!(
        listed(&world),
        [
            "problem approvals/hire/A.yaml",
            "problem approvals/hire/a.yaml",
            "problem approvals/hire/bad\\xff",
            "problem approvals/hire/line\\nbreak",
            "problem approvals/hire/link",
            "problem approvals/hire/module",
            "hire | ok | approvals/hire/ok",
        ]
    );
}

#[test]
fn an_approvals_folder_that_is_a_link_is_named() {
    let world = World::new();
    symlink("requests", world.path().join("approvals")).unwrap();
    world.change("requests/a.yaml", "a");
    assert_eq!(listed(&world), ["problem approvals"]);
}

#[test]
fn the_id_of_bytes_is_gits_own_and_nothing_is_written() {
    for format in ["sha1", "sha256"] {
        let world = World::folder();
        let format = format!("--object-format={format}");
        world.git(&["init", "--quiet", &format, "--initial-branch=main"]);
        world.commit("start");
        let git = world.open();
        for bytes in [&b""[..], b"a\r\nb\0", &vec![b'x'; 300_000]] {
            let oid = git.blob_id(bytes).unwrap();
            assert_eq!(oid.as_str(), world.feed(&["hash-object", "--stdin"], bytes));
        }
        let oid = git.blob_id(b"never written").unwrap();
        assert!(matches!(
            git.blobs(&[oid]),
            Err(GitError::MissingObject { .. })
        ));
    }
}

#[test]
fn a_content_is_found_in_the_commit_that_is_named() {
    let world = World::new();
    let old = world.change("acme/requests/hr/a.yaml", "a");
    symlink("a", world.path().join("acme/link")).unwrap();
    world.write("acme/top.yaml", "a");
    let new = world.change("acme/requests/hr/a.yaml", "b");
    world.git(&["tag", "-a", "-m", "annotated", "release"]);
    let tag = world.git(&["rev-parse", "release"]);
    let git = Git::discover(&world.path().join("acme")).unwrap().unwrap();
    let at = |commit: &str, path: &str| git.blob_at(commit, path).unwrap();
    let path = "requests/hr/a.yaml";
    assert_eq!(at(&old, path), Some(Some(git.blob_id(b"a").unwrap())));
    assert_eq!(at(&new, path), Some(Some(git.blob_id(b"b").unwrap())));
    assert_eq!(at(&new, "top.yaml"), Some(Some(git.blob_id(b"a").unwrap())));
    assert_eq!(at(&old, "top.yaml"), Some(None));
    for path in [
        "link",
        "requests",
        "requests/hr/",
        "/requests/hr/a.yaml",
        "requests//hr/a.yaml",
        "../acme/top.yaml",
        "./top.yaml",
        "top.yaml/x",
        "link/x",
        "",
        "x\nHEAD",
        "x\0",
        "*",
    ] {
        assert_eq!(at(&new, path), Some(None), "{path:?}");
    }
    let tree = world.git(&["rev-parse", "main^{tree}"]);
    let (gone, shortened) = ("1".repeat(40), &new[..10]);
    for commit in [&*gone, shortened, "main", "HEAD", "", "--help", &tree, &tag] {
        assert_eq!(at(commit, path), None, "{commit}");
    }
}

#[test]
fn every_version_that_the_branch_had_is_found_and_none_that_only_a_side_branch_had() {
    let world = World::new();
    let settings = "acme/rolecall.yaml";
    world.change(settings, "one");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    world.change(settings, "left behind");
    world.git(&["checkout", "--quiet", "main"]);
    world.change(settings, "two");
    world.git(&[
        "merge", "--quiet", "-s", "ours", "--no-ff", "-m", "merge", "side",
    ]);
    std::fs::remove_file(world.path().join(settings)).unwrap();
    symlink("elsewhere", world.path().join(settings)).unwrap();
    world.commit("a link");
    std::fs::remove_file(world.path().join(settings)).unwrap();
    world.change(settings, "one");
    world.change(settings, &"x".repeat(8 * 1024 * 1024 + 1));
    world.change("rolecall.yaml", "another access repository");
    std::fs::remove_file(world.path().join(settings)).unwrap();
    world.change("acme/rolecall.yaml/file", "in a folder");
    std::fs::remove_dir_all(world.path().join(settings)).unwrap();
    world.change(settings, "three");
    world.write(settings, "not committed");
    let git = Git::discover(&world.path().join("acme")).unwrap().unwrap();
    let found = git.settings_versions(&git.tip("main").unwrap()).unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|text| String::from_utf8_lossy(text))
        .collect();
    assert_eq!(found, ["three", "one", "two"]);
}

#[test]
fn versions_of_the_settings_are_not_told_by_a_shallow_clone() {
    let world = World::new();
    world.change("rolecall.yaml", "one");
    world.change("rolecall.yaml", "two");
    let copy = super::history::clone(&world, "1");
    let git = copy.open();
    let tip = git.tip("main").unwrap();
    assert!(matches!(
        git.settings_versions(&tip),
        Err(GitError::Shallow { .. })
    ));
    copy.git(&["fetch", "--quiet", "--unshallow"]);
    let git = copy.open();
    let versions = git.settings_versions(&git.tip("main").unwrap()).unwrap();
    assert_eq!(versions, [b"two", b"one"]);
    let world = World::new();
    world.commit("no settings");
    let git = world.open();
    assert!(
        git.settings_versions(&git.tip("main").unwrap())
            .unwrap()
            .is_empty()
    );
}
