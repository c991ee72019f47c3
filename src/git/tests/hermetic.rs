//! Nothing but objects and names decides.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::{Git, Oid};
use super::{World, files};

const A: &str = "requests/a.yaml";

/// Asks everything there is to ask.
#[track_caller]
fn ask_everything(world: &World) -> String {
    let git = world.open();
    let tip = git.tip("main").unwrap();
    let files = files(&git, &tip);
    let oids: Vec<Oid> = files.iter().map(|(_, oid)| oid.clone()).collect();
    let contents = git.blobs(&oids).unwrap();
    let settings = git.settings(&tip).unwrap();
    let brought = git.brought(&tip, &files).unwrap();
    let first = git.first_commit(&tip).unwrap();
    let is_ancestor = git.is_ancestor(first.as_str(), &tip).unwrap();
    let approvals = git.approvals(&tip).unwrap();
    // Bytes that a filter or a conversion of line ends would change.
    let id = git.blob_id(b"a $Id$\r\n").unwrap();
    let at = git.blob_at(tip.commit().as_str(), A).unwrap();
    let versions = git.settings_versions(&tip).unwrap();
    format!(
        "{files:?} {contents:?} {settings:?} {brought:?} {first} {is_ancestor} {approvals:?} {id} {at:?} {versions:?}"
    )
}

fn believable() -> World {
    let world = World::new();
    world.write("rolecall.yaml", "version: 1\n");
    world.commit("settings");
    world.write("approvals/a/alice.yaml", "approval");
    world.write(".gitattributes", "* filter=canary diff=canary\n");
    world.change("rolecall.yaml", "version: 1\n# changed\n");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    world.change(A, "a");
    world.git(&["checkout", "--quiet", "main"]);
    world.change("requests/b.yaml", "b");
    world.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    world
}

#[test]
fn configuration_of_the_repository_changes_no_answer_and_runs_no_program() {
    let world = believable();
    let expected = ask_everything(&world);
    let (program, mark) = world.canary();
    let program = program.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "pager.log",
        "pager.rev-parse",
        "diff.external",
        "diff.canary.textconv",
        "diff.canary.command",
        "filter.canary.smudge",
        "filter.canary.clean",
        "filter.canary.process",
        "merge.canary.driver",
        "gpg.program",
        "gpg.ssh.program",
        "gpg.ssh.allowedSignersFile",
        "credential.helper",
        "diff.orderFile",
        "remote.origin.uploadpack",
    ] {
        world.git(&["config", key, program]);
    }
    for (key, value) in [
        ("alias.log", "!false"),
        ("alias.cat-file", "!false"),
        ("log.showSignature", "true"),
        ("log.showRoot", "true"),
        ("log.follow", "true"),
        ("log.diffMerges", "combined"),
        ("log.decorate", "full"),
        ("log.date", "human"),
        ("log.mailmap", "true"),
        ("log.abbrevCommit", "true"),
        ("log.excludeDecoration", "refs/*"),
        ("filter.canary.required", "true"),
        ("core.autocrlf", "input"),
        ("core.safecrlf", "true"),
        ("core.eol", "crlf"),
        ("format.pretty", "oneline"),
        ("diff.renames", "copies"),
        ("diff.relative", "true"),
        ("diff.noprefix", "true"),
        ("diff.ignoreSubmodules", "all"),
        ("i18n.logOutputEncoding", "UTF-16"),
        ("color.ui", "always"),
        ("color.diff", "always"),
        ("core.quotePath", "true"),
        ("core.abbrev", "4"),
        ("core.ignoreCase", "true"),
        ("core.bare", "true"),
        ("core.logAllRefUpdates", "always"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", "ext::false"),
        ("remote.origin.promisor", "true"),
        ("protocol.ext.allow", "always"),
        ("include.path", "other"),
    ] {
        world.git(&["config", key, value]);
    }
    fs::write(
        world.path().join(".git/other"),
        format!("[core]\n\thooksPath = {}\n", world.path().display()),
    )
    .unwrap();
    fs::write(
        world.path().join(".git/info/attributes"),
        "* filter=canary diff=canary merge=canary text ident working-tree-encoding=UTF-16\n",
    )
    .unwrap();
    fs::copy(
        world.path().join(".git/info/attributes"),
        world.path().join(".gitattributes"),
    )
    .unwrap();
    fs::write(
        world.path().join(".mailmap"),
        "Mallory <m@x> <alice@acme.example>\n",
    )
    .unwrap();
    for hook in fs::read_dir(world.path().join(".git/hooks")).unwrap() {
        fs::remove_file(hook.unwrap().path()).unwrap();
    }
    for hook in ["reference-transaction", "post-index-change", "fsmonitor"] {
        let hook = world.path().join(".git/hooks").join(hook);
        fs::copy(program, &hook).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let _ = fs::remove_file(&mark);
    assert_eq!(ask_everything(&world), expected);
    assert!(!mark.exists(), "a program of the repository was run");
}

#[test]
fn the_id_of_bytes_is_taken_without_filters_where_git_has_some_for_every_path() {
    let world = believable();
    let (program, mark) = world.canary();
    let bytes = b"a $Id$\r\n";
    let expected = world.open().blob_id(bytes).unwrap();
    world.git(&["config", "filter.canary.clean", program.to_str().unwrap()]);
    world.git(&["config", "core.autocrlf", "input"]);
    // What git does where a path is named.
    let filtered = world.feed(&["hash-object", "--path=a", "--stdin"], bytes);
    assert_ne!(filtered, expected.as_str());
    assert!(mark.exists());
    fs::remove_file(&mark).unwrap();
    assert_eq!(world.open().blob_id(bytes).unwrap(), expected);
    assert!(!mark.exists(), "a filter was run");
}

#[test]
fn a_missing_object_is_not_fetched() {
    let world = believable();
    let (program, mark) = world.canary();
    let gone = "1".repeat(40);
    world.git(&["config", "extensions.partialClone", "origin"]);
    world.git(&["config", "core.repositoryFormatVersion", "1"]);
    let command = format!("ext::{} %S", program.display());
    world.git(&["config", "remote.origin.url", &command]);
    world.git(&["config", "remote.origin.promisor", "true"]);
    world.git(&["config", "protocol.ext.allow", "always"]);
    let _ = fs::remove_file(&mark);
    assert!(world.open().blobs(&[Oid::parse(&gone).unwrap()]).is_err());
    assert!(!mark.exists(), "a remote was asked");
}

#[test]
fn replaced_objects_and_grafts_change_no_answer() {
    let world = believable();
    let expected = ask_everything(&world);
    let blob = world.git(&["rev-parse", &format!("main:{A}")]);
    let other = world.blob("replaced");
    let tip = world.git(&["rev-parse", "main"]);
    let first = world.git(&["rev-parse", "main~2"]);
    // The author's commit, and the folder that a file is looked up in.
    let side = world.git(&["rev-parse", "main^2"]);
    let folder = world.git(&["rev-parse", "main:requests"]);
    let empty = world.feed(&["mktree"], b"");
    world.git(&["replace", &blob, &other]);
    world.git(&["replace", &tip, &first]);
    world.git(&["replace", &side, &first]);
    world.git(&["replace", &folder, &empty]);
    fs::write(world.path().join(".git/info/grafts"), format!("{tip}\n")).unwrap();
    assert_eq!(ask_everything(&world), expected);
}

#[test]
fn a_commit_graph_changes_no_answer() {
    let world = believable();
    let expected = ask_everything(&world);
    world.git(&["commit-graph", "write", "--reachable", "--changed-paths"]);
    let file = world.path().join(".git/objects/info/commit-graph");
    fs::remove_file(&file).unwrap();
    fs::write(&file, "nonsense").unwrap();
    assert_eq!(ask_everything(&world), expected);
}

#[test]
fn packed_objects_and_references_are_read_alike() {
    let world = believable();
    let expected = ask_everything(&world);
    world.git(&["gc", "--quiet"]);
    assert_eq!(ask_everything(&world), expected);
}

#[test]
fn nothing_is_written_and_no_index_is_needed() {
    let world = believable();
    let expected = ask_everything(&world);
    fs::remove_file(world.path().join(".git/index")).unwrap();
    fs::write(world.path().join(".git/index.lock"), "").unwrap();
    assert_eq!(ask_everything(&world), expected);
    assert!(!world.path().join(".git/index").exists());
}

#[test]
fn a_pass_starts_three_processes_whatever_the_number_of_requests() {
    let world = World::new();
    world.write("rolecall.yaml", "version: 1\n");
    for number in 0..200 {
        world.write(&format!("requests/r{number}.yaml"), &number.to_string());
    }
    world.commit("many");
    world.change(A, "a");
    let log = world.path().join(".started");
    let shim = world.path().join(".git-shim");
    let real = super::super::process::find("git").unwrap();
    let script = format!(
        "#!/bin/sh\necho start >>'{}'\nexec '{}' \"$@\"\n",
        log.display(),
        real.display()
    );
    fs::write(&shim, script).unwrap();
    fs::set_permissions(&shim, fs::Permissions::from_mode(0o755)).unwrap();
    let mut git = Git::discover(world.path()).unwrap().unwrap();
    git.program.file = shim;
    let tip = git.tip("main").unwrap();
    git.settings(&tip).unwrap();
    let files = files(&git, &tip);
    let oids: Vec<_> = files.iter().map(|(_, oid)| oid.clone()).collect();
    git.blobs(&oids).unwrap();
    assert_eq!(git.brought(&tip, &files).unwrap().len(), 201);
    // cat-file and log; rev-parse was before.
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 2);
    git.brought(&tip, &[]).unwrap();
    git.blobs(&[]).unwrap();
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 2);
}
