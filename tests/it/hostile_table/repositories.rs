//! Hostile input: git repositories with evidence `merge` that are odd, damaged, or hold something else than they should.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::trees::{bad, bad_at, commit, object, plan, planted, tree};
use super::{Case, Input};
use crate::support::Workspace;
use crate::support::git::{blob, commit_id};
use crate::support::worlds::{addition, reduction};

/// Commits something in the place of a file or folder of the root, or nothing.
fn at_the_root(workspace: &Workspace, mode: &str, name: &str, object: Option<&str>) {
    let mut entries = Vec::new();
    for known in ["requests", "rolecall.yaml"] {
        let id = commit_id(workspace, &format!("main:{known}"));
        entries.push((
            if known == "requests" {
                "40000"
            } else {
                "100644"
            },
            known.as_bytes(),
            id,
        ));
    }
    entries.retain(|(_, known, _)| *known != name.as_bytes());
    if let Some(object) = object {
        entries.push((mode, name.as_bytes(), object.to_owned()));
    }
    entries.sort_by_key(|(_, name, _)| *name);
    let entries: Vec<_> = entries
        .iter()
        .map(|(mode, name, id)| (*mode, *name, id.as_str()))
        .collect();
    commit(workspace, &tree(workspace, &entries));
}

/// The file of a loose object of the tip.
fn loose(workspace: &Workspace, revision: &str) -> PathBuf {
    let id = commit_id(workspace, revision);
    let path = workspace
        .path()
        .join(".git/objects")
        .join(&id[..2])
        .join(&id[2..]);
    // Git makes them for reading alone.
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    #[allow(
        clippy::permissions_set_readonly_false,
        reason = "it is in a folder of the test's own"
    )]
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
    path
}

/// An object of the tip is not there.
fn lost(workspace: &Workspace, revision: &str) {
    fs::remove_file(loose(workspace, revision)).unwrap();
}

/// An object of the tip is cut off.
fn torn(workspace: &Workspace, revision: &str) {
    let path = loose(workspace, revision);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
}

/// Moves the branch on to a commit with this text, in which `TREE` and `MAIN` stand for ids.
fn commit_text(workspace: &Workspace, text: &str) {
    workspace.request("later", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git(&["add", "--all"]);
    let tree = workspace.git(&["write-tree"]);
    let text = text
        .replace("TREE", tree.trim())
        .replace("MAIN", &commit_id(workspace, "main"));
    let id = object(workspace, "commit", text.as_bytes());
    // Git would not have it move to one that is broken.
    workspace.write(".git/refs/heads/main", id + "\n");
}

/// Cases in which nothing is named but a warning, or nothing at all, and the good request runs.
pub const LEFT_ALONE: &[Case] = &[
    plan(
        "a hidden file",
        0,
        Input::Made(|workspace| bad_at(workspace, "100644", b".planted.yaml")),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "a folder with the name of git's",
        0,
        Input::Made(|workspace| {
            let folder = tree(workspace, &[("100644", b"planted.yaml", &bad(workspace))]);
            planted(workspace, &[("40000", b".git", &folder)]);
        }),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "a folder that climbs",
        0,
        Input::Made(|workspace| {
            let folder = tree(workspace, &[("100644", b"planted.yaml", &bad(workspace))]);
            planted(workspace, &[("40000", b"..", &folder)]);
        }),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "another ending",
        0,
        Input::Made(|workspace| bad_at(workspace, "100644", b"planted.yaml.txt")),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "an ending in capitals",
        0,
        Input::Made(|workspace| bad_at(workspace, "100644", b"planted.YAML")),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "a bad request in the index alone",
        0,
        Input::Made(|workspace| {
            workspace.request("planted", &reduction("[sam.reyes]", "all"));
            workspace.git(&["add", "--all"]);
        }),
        "note[RC210]: the request is not on the protected branch \"main\" yet--> requests/planted.yaml",
    ),
    plan(
        "approvals is a file",
        0,
        Input::Made(|workspace| {
            let file = blob(workspace, "approved\n");
            let id = commit_id(workspace, "main:rolecall.yaml");
            let requests = commit_id(workspace, "main:requests");
            let root = tree(
                workspace,
                &[
                    ("100644", b"approvals", &file),
                    ("40000", b"requests", &requests),
                    ("100644", b"rolecall.yaml", &id),
                ],
            );
            commit(workspace, &root);
        }),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "an index of nonsense",
        0,
        Input::Bytes(".git/index", b"nonsense"),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "a mailmap that is a pipe",
        0,
        Input::Pipe(".mailmap"),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "attributes that are a pipe",
        0,
        Input::Pipe(".gitattributes"),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "a name and an address of escapes",
        0,
        Input::Made(|workspace| {
            commit_text(
                workspace,
                "tree TREE\nparent MAIN\nauthor \x1b[31mA\u{202e} <a\r::error::@x> 4000000000 +0000\ncommitter \x1b[31m::error::C\u{202e} <c\x07@x> 4000000000 +0000\n\nPlant\n",
            );
        }),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "a moment beyond all bounds",
        0,
        Input::Made(|workspace| {
            commit_text(
                workspace,
                "tree TREE\nparent MAIN\nauthor A <a@x> 1 +0000\ncommitter C <c@x> 99999999999999999999 +9999\n\nPlant\n",
            );
        }),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "a moment before all moments",
        0,
        Input::Made(|workspace| {
            commit_text(
                workspace,
                "tree TREE\nparent MAIN\nauthor A <a@x> 1 +0000\ncommitter C <c@x> -99999999999 +0000\n\nPlant\n",
            );
        }),
        "Baseline: what everybody holds is logged first",
    ),
    plan(
        "a commit without a committer",
        0,
        Input::Made(|workspace| {
            commit_text(
                workspace,
                "tree TREE\nparent MAIN\nauthor A <a@x> 1 +0000\n\ncommitter C <c@x> 1 +0000\n",
            );
        }),
        "Baseline: what everybody holds is logged first",
    ),
];

/// Cases in which nothing is done.
pub const STOPPED: &[Case] = &[
    plan(
        "requests is a file",
        3,
        Input::Made(|workspace| {
            let file = bad(workspace);
            at_the_root(workspace, "100644", "requests", Some(&file));
        }),
        "error[RC001]: `requests` is a regular file, not a folder--> requests",
    ),
    plan(
        "requests is a link",
        3,
        Input::Made(|workspace| {
            let target = blob(workspace, "../elsewhere");
            at_the_root(workspace, "120000", "requests", Some(&target));
        }),
        "error[RC001]: `requests` is a symbolic link, not a folder--> requests",
    ),
    plan(
        "requests is a submodule",
        3,
        Input::Made(|workspace| {
            let commit = commit_id(workspace, "main");
            at_the_root(workspace, "160000", "requests", Some(&commit));
        }),
        "error[RC001]: `requests` is a submodule, not a folder--> requests",
    ),
    plan(
        "settings are missing",
        3,
        Input::Made(|workspace| at_the_root(workspace, "", "rolecall.yaml", None)),
        "error: rolecall.yaml is not on the protected branch \"main\"",
    ),
    plan(
        "settings are a link",
        3,
        Input::Made(|workspace| {
            let target = blob(workspace, "/etc/passwd");
            at_the_root(workspace, "120000", "rolecall.yaml", Some(&target));
        }),
        "error: rolecall.yaml at the tip of \"main\" is a symbolic link, not a regular file",
    ),
    plan(
        "settings are a submodule",
        3,
        Input::Made(|workspace| {
            let commit = commit_id(workspace, "main");
            at_the_root(workspace, "160000", "rolecall.yaml", Some(&commit));
        }),
        "error: rolecall.yaml at the tip of \"main\" is a submodule, not a regular file",
    ),
    plan(
        "settings are a folder",
        3,
        Input::Made(|workspace| {
            let requests = commit_id(workspace, "main:requests");
            at_the_root(workspace, "40000", "rolecall.yaml", Some(&requests));
        }),
        "error: rolecall.yaml at the tip of \"main\" is a folder, not a regular file",
    ),
    plan(
        "settings are more than 8 MiB",
        3,
        Input::Made(|workspace| {
            let file = object(workspace, "blob", &vec![b'#'; 8 * 1024 * 1024 + 1]);
            at_the_root(workspace, "100644", "rolecall.yaml", Some(&file));
        }),
        "error[RC002]: the file has more than 8388608 bytes--> rolecall.yaml",
    ),
    plan(
        "settings are not UTF-8",
        3,
        Input::Made(|workspace| {
            let file = object(workspace, "blob", b"version: 1\norganization: \xff\n");
            at_the_root(workspace, "100644", "rolecall.yaml", Some(&file));
        }),
        "error[RC003]: the file is not UTF-8 --> rolecall.yaml:2:15",
    ),
    plan(
        "settings are nowhere",
        1,
        Input::Made(|workspace| lost(workspace, "main:rolecall.yaml")),
        "error: git has no object …",
    ),
    plan(
        "a request is nowhere",
        1,
        Input::Made(|workspace| lost(workspace, "main:requests/good.yaml")),
        "error: git has no object …",
    ),
    plan(
        "the folder is nowhere",
        1,
        Input::Made(|workspace| lost(workspace, "main:requests")),
        "error: git has no object …",
    ),
    plan(
        "the tree is nowhere",
        1,
        Input::Made(|workspace| lost(workspace, "main^{tree}")),
        "error: git has no object …",
    ),
    plan(
        "the commit is nowhere",
        3,
        Input::Made(|workspace| lost(workspace, "main")),
        "error: git knows no branch or revision \"main\"",
    ),
    plan(
        "the commit before is nowhere",
        1,
        Input::Made(|workspace| {
            workspace.git_commit("One more");
            lost(workspace, "main~1");
        }),
        "error: git log failed: …",
    ),
    plan(
        "a request is cut off",
        1,
        Input::Made(|workspace| torn(workspace, "main:requests/good.yaml")),
        "error: git cat-file failed: …",
    ),
    plan(
        "the folder is cut off",
        1,
        Input::Made(|workspace| torn(workspace, "main:requests")),
        "error: git cat-file failed: …",
    ),
    plan(
        "the commit is cut off",
        1,
        Input::Made(|workspace| torn(workspace, "main")),
        "error: git cat-file failed: …",
    ),
    plan(
        "a request that is a folder",
        1,
        Input::Made(|workspace| {
            let folder = tree(workspace, &[]);
            planted(workspace, &[("100644", b"planted.yaml", &folder)]);
        }),
        "error: git has no object …",
    ),
    plan(
        "a folder that is a request",
        1,
        Input::Made(|workspace| {
            let file = bad(workspace);
            planted(workspace, &[("40000", b"planted", &file)]);
        }),
        "error: git has no object …",
    ),
    plan(
        "a tree cut off in an id",
        1,
        Input::Made(|workspace| {
            let folder = object(workspace, "tree", b"100644 planted.yaml\0short");
            at_the_root(workspace, "40000", "requests", Some(&folder));
        }),
        "error: git cat-file gave an answer that is not understood: a folder is not understood",
    ),
    plan(
        "a commit without a tree",
        3,
        Input::Made(|workspace| commit_text(workspace, "author A <a@x> 1 +0000\n\nPlant\n")),
        "error: git knows no branch or revision \"main\"",
    ),
    plan(
        "a branch of nonsense",
        3,
        Input::Bytes(".git/refs/heads/main", b"nonsense\n"),
        "error: git knows no branch or revision \"main\"",
    ),
    plan(
        "a branch that refers to itself",
        3,
        Input::Bytes(".git/refs/heads/main", b"ref: refs/heads/main\n"),
        "error: git knows no branch or revision \"main\"",
    ),
    plan(
        "a branch that is a file",
        3,
        Input::Made(|workspace| {
            let file = bad(workspace);
            workspace.write(".git/refs/heads/main", file + "\n");
        }),
        "error: git knows no branch or revision \"main\"",
    ),
    plan(
        "a branch that is gone",
        3,
        Input::Made(|workspace| {
            workspace.git(&["update-ref", "-d", "refs/heads/main"]);
        }),
        "error: git knows no branch or revision \"main\"",
    ),
    plan(
        "a head of nonsense",
        1,
        Input::Bytes(".git/HEAD", b"\x1b[31mnonsense\n"),
        "error: the git repository cannot be used: …",
    ),
    plan(
        "a configuration of nonsense",
        1,
        Input::Bytes(".git/config", b"[core\n\x1b[31m\n"),
        "error: the git repository cannot be used: …",
    ),
    plan(
        "a format of tomorrow",
        1,
        Input::Bytes(".git/config", b"[core]\n\trepositoryformatversion = 9\n"),
        "error: the git repository cannot be used: …",
    ),
    plan(
        "packed branches of nonsense",
        1,
        Input::Made(|workspace| {
            fs::remove_file(workspace.path().join(".git/refs/heads/main")).unwrap();
            workspace.write(".git/packed-refs", "nonsense\n");
        }),
        "error: git cat-file failed: …",
    ),
    plan(
        "a repository that is nowhere",
        1,
        Input::Made(|workspace| {
            fs::rename(
                workspace.path().join(".git"),
                workspace.path().join("elsewhere"),
            )
            .unwrap();
            workspace.write(".git", "gitdir: /nonexistent\n");
        }),
        "error: the git repository cannot be used: …",
    ),
    plan(
        "a repository that is a link to nothing",
        1,
        Input::Made(|workspace| {
            fs::rename(
                workspace.path().join(".git"),
                workspace.path().join("elsewhere"),
            )
            .unwrap();
            symlink("nowhere", workspace.path().join(".git")).unwrap();
        }),
        "error: the git repository cannot be used: …",
    ),
    plan(
        "a shallow clone",
        3,
        Input::Made(|workspace| {
            // As `git clone --depth 1` leaves it; the commits from before are not there.
            let tip = commit_id(workspace, "main");
            lost(workspace, "main~1");
            workspace.write(".git/shallow", tip + "\n");
        }),
        "error: this is a shallow clone, so git cannot tell which commit brought requests/good.yaml",
    ),
    plan(
        "a list of what is shallow that is nonsense",
        1,
        Input::Bytes(".git/shallow", b"nonsense\n"),
        "error: the git repository cannot be used: …",
    ),
];
