//! A git repository that lies, or that tries to run a program, changes no answer.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rstest::rstest;

use crate::support::git::{blob, commit_at, commit_entry, commit_id, merge_settings, merged};
use crate::support::worlds::{addition, ended, findings, has_keys, matches, start};
use crate::support::{Run, Workspace};

/// A merged request, and one that is edited in the work tree only.
fn world() -> Workspace {
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    commit_at(&workspace, "2026-11-22T11:00:00Z");
    workspace
}

fn answers(workspace: &Workspace, change: impl Fn(&mut Command)) -> Vec<String> {
    [
        &["plan", "--format", "json"][..],
        &["status", "--format", "json"],
        &["validate", "--format", "json"],
        &["reconcile", "--format", "json"],
        &["log", "--format", "json"],
    ]
    .iter()
    .map(|arguments| {
        let mut command = workspace.command(arguments);
        change(&mut command);
        let run: Run = ended(start(command)).exits(0);
        assert!(run.json().is_object());
        format!("{arguments:?} {}\n{}", run.code, run.out)
    })
    .collect()
}

/// Writes a program that leaves a trace when anybody starts it.
fn canary(workspace: &Workspace) -> String {
    let trace = workspace.path().join(".git/trace");
    let script = format!("#!/bin/sh\necho ran >> '{}'\ncat\n", trace.display());
    let path = workspace.write(".git/canary", script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    for hook in [
        "post-index-change",
        "reference-transaction",
        "post-checkout",
        "pre-auto-gc",
    ] {
        let hook = workspace.path().join(".git/hostile-hooks").join(hook);
        std::fs::create_dir_all(hook.parent().expect("a parent")).expect("a folder");
        std::fs::copy(&path, hook).expect("a hook");
    }
    path.to_str().expect("UTF-8").to_owned()
}

fn assert_no_trace(workspace: &Workspace) {
    let trace = workspace.path().join(".git/trace");
    assert!(!trace.exists(), "configuration ran a program");
}

#[rstest]
#[case::fsmonitor("core.fsmonitor", "CANARY")]
#[case::pager("core.pager", "CANARY")]
#[case::editor("core.editor", "CANARY")]
#[case::ssh("core.sshCommand", "CANARY")]
#[case::alternate_refs("core.alternateRefsCommand", "CANARY")]
#[case::external_diff("diff.external", "CANARY")]
#[case::signature_program("gpg.program", "CANARY")]
#[case::ssh_signature_program("gpg.ssh.program", "CANARY")]
#[case::signatures_in_logs("log.showSignature", "true")]
#[case::credentials("credential.helper", "!CANARY")]
#[case::log_follows_renames("log.follow", "true")]
#[case::log_date("log.date", "format:never")]
#[case::log_encoding("i18n.logOutputEncoding", "UTF-16")]
#[case::pretty("format.pretty", "raw")]
#[case::colour("color.ui", "always")]
#[case::colour_of_logs("color.log", "always")]
#[case::mailmap("mailmap.file", "hostile-mailmap")]
#[case::quoted_paths("core.quotePath", "false")]
#[case::abbreviations("core.abbrev", "4")]
#[case::case_folding("core.ignoreCase", "true")]
#[case::line_ends("core.autocrlf", "true")]
#[case::ambiguous_references("core.warnAmbiguousRefs", "false")]
#[case::full_names_in_trees("status.relativePaths", "false")]
fn configuration_of_the_repository_runs_nothing_and_changes_no_answer(
    #[case] key: &str,
    #[case] value: &str,
) {
    let (plain, hostile) = (world(), world());
    let canary = canary(&hostile);
    hostile.write(
        "hostile-mailmap",
        "Mallory <mallory@acme.example> <alice@acme.example>\n",
    );
    hostile.git(&["config", key, &value.replace("CANARY", &canary)]);
    hostile.git(&["config", "core.hooksPath", ".git/hostile-hooks"]);
    std::fs::remove_file(hostile.path().join(".git/trace")).ok();
    assert_eq!(answers(&hostile, |_| {}), answers(&plain, |_| {}));
    assert_no_trace(&hostile);
}

#[rstest]
#[case::in_the_repository(".git/info/attributes")]
#[case::in_the_work_tree(".gitattributes")]
#[case::beside_the_requests("requests/.gitattributes")]
fn filters_and_attributes_run_nothing_and_change_no_answer(#[case] path: &str) {
    let (plain, hostile) = (world(), world());
    let canary = canary(&hostile);
    for key in ["clean", "smudge", "process"] {
        hostile.git(&["config", &format!("filter.hostile.{key}"), &canary]);
    }
    hostile.git(&["config", "filter.hostile.required", "true"]);
    hostile.git(&["config", "diff.hostile.textconv", &canary]);
    hostile.git(&["config", "diff.hostile.command", &canary]);
    hostile.write(
        path,
        "* filter=hostile diff=hostile ident working-tree-encoding=UTF-16\n",
    );
    std::fs::remove_file(hostile.path().join(".git/trace")).ok();
    assert_eq!(answers(&hostile, |_| {}), answers(&plain, |_| {}));
    assert_no_trace(&hostile);
}

#[test]
fn replaced_objects_do_not_count() {
    let (plain, hostile) = (world(), world());
    let other = blob(&hostile, &addition("[jane.doe]", "[vendor-admin]"));
    let real = commit_id(&hostile, "main:requests/grant.yaml");
    hostile.git(&["replace", &real, &other]);
    assert_eq!(answers(&hostile, |_| {}), answers(&plain, |_| {}));
}

#[test]
fn grafts_do_not_count() {
    let (plain, hostile) = (world(), world());
    for workspace in [&plain, &hostile] {
        workspace.request("z-later", &addition("[sam.reyes]", "[payroll-viewer]"));
        commit_at(workspace, "2026-11-22T12:00:00Z");
    }
    let tip = commit_id(&hostile, "main");
    // The tip without parents: it would have brought every file.
    hostile.write(".git/info/grafts", format!("{tip}\n"));
    assert_eq!(answers(&hostile, |_| {}), answers(&plain, |_| {}));
    assert_eq!(hostile.logs()[1]["schedule"]["utc"], "2026-11-22T11:00:00Z");
}

#[rstest]
#[case::another_repository("GIT_DIR", "/nonexistent/.git")]
#[case::another_work_tree("GIT_WORK_TREE", "/nonexistent")]
#[case::another_index("GIT_INDEX_FILE", "/nonexistent/index")]
#[case::other_objects("GIT_OBJECT_DIRECTORY", "/nonexistent/objects")]
#[case::a_namespace("GIT_NAMESPACE", "other")]
#[case::other_common_folder("GIT_COMMON_DIR", "/nonexistent")]
#[case::no_discovery("GIT_CEILING_DIRECTORIES", "/")]
#[case::parameters("GIT_CONFIG_PARAMETERS", "'core.abbrev'='4'")]
#[case::global_configuration("GIT_CONFIG_GLOBAL", "/nonexistent/config")]
#[case::glob_pathspecs("GIT_ICASE_PATHSPECS", "1")]
#[case::other_replacements("GIT_REPLACE_REF_BASE", "refs/heads/")]
#[case::an_external_diff("GIT_EXTERNAL_DIFF", "false")]
#[case::a_trace_on_standard_output("GIT_TRACE", "1")]
fn the_environment_changes_no_answer_of_git(#[case] name: &str, #[case] value: &str) {
    let (plain, hostile) = (world(), world());
    let changed = answers(&hostile, |command| {
        command.env(name, value);
    });
    assert_eq!(changed, answers(&plain, |_| {}));
}

#[test]
fn a_shallow_clone_is_refused_where_history_matters() {
    let upstream = world();
    upstream.request("other", &addition("[jane.doe]", "[ap-payer]"));
    upstream.git_commit("Other");
    let clone = Workspace::empty();
    let source = format!("file://{}", upstream.path().display());
    clone.git(&["clone", "--quiet", "--depth", "1", &source, "."]);
    let before = clone.state_files();
    let run = clone.run(&["reconcile"]);
    assert_ne!(run.code, 0);
    matches(&(run.out + &run.err), "shallow");
    assert_eq!(clone.state_files(), before);
}

#[rstest]
#[case::symbolic_link("120000", "link|regular", b"requests/planted.yaml")]
#[case::link_to_a_folder("120000", "link|regular", b"requests/planted")]
#[case::submodule("160000", "submodule|regular", b"requests/planted.yaml")]
#[case::submodule_as_a_folder("160000", "submodule|regular", b"requests/planted")]
#[case::name_with_a_line_break("100644", "id|name", b"requests/plan\nted.yaml")]
#[case::name_that_is_not_utf8("100644", "UTF-8|name|id", b"requests/plan\xffted.yaml")]
#[case::name_with_a_space("100644", "id|name", b"requests/plan ted.yaml")]
#[case::name_with_a_control("100644", "id|name", b"requests/plan\x1b[31mted.yaml")]
fn what_the_tree_at_the_tip_cannot_hold_is_named_and_the_rest_runs(
    #[case] mode: &str,
    #[case] word: &str,
    #[case] path: &[u8],
) {
    let workspace = world();
    let object = match mode {
        "120000" => blob(&workspace, "../../../etc/passwd"),
        "160000" => commit_id(&workspace, "main"),
        _ => blob(&workspace, &addition("[jane.doe]", "[vendor-admin]")),
    };
    commit_entry(&workspace, mode, &object, path);
    let run = workspace.run(&["reconcile", "--format", "json"]).exits(3);
    let report = run.json();
    has_keys(&report, &["findings", "requests"]);
    let text = format!("{}{}", report["findings"], report["requests"]);
    matches(&text, word);
    matches(&text, "plan");
    assert!(
        !run.out.contains('\x1b') && !run.err.contains('\x1b'),
        "escaped"
    );
    assert_eq!(workspace.status("grant")["status"], "complete");
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn case_twins_at_the_tip_are_errors() {
    let workspace = world();
    let object = blob(&workspace, &addition("[jane.doe]", "[vendor-admin]"));
    commit_entry(&workspace, "100644", &object, b"requests/Twin.yaml");
    commit_entry(&workspace, "100644", &object, b"requests/twin.yaml");
    workspace.run(&["reconcile"]).exits(3).says("win.yaml");
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
    assert_eq!(workspace.status("grant")["status"], "complete");
}

#[rstest]
#[case::link("120000")]
#[case::submodule("160000")]
fn settings_at_the_tip_are_a_regular_file(#[case] mode: &str) {
    let workspace = world();
    let object = match mode {
        "120000" => blob(&workspace, "settings-elsewhere.yaml"),
        _ => commit_id(&workspace, "main"),
    };
    commit_entry(&workspace, mode, &object, b"rolecall.yaml");
    workspace.write("settings-elsewhere.yaml", merge_settings());
    let before = workspace.state_files();
    assert_ne!(workspace.run(&["reconcile"]).code, 0);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn a_tag_with_the_branchs_name_is_not_the_branch() {
    let workspace = merged();
    workspace.git(&["checkout", "--quiet", "-b", "topic"]);
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.git_commit("Not merged");
    workspace.git(&["tag", "main"]);
    workspace.run(&["reconcile"]);
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
}

#[test]
fn a_branch_name_is_no_option_of_git() {
    let workspace = merged();
    let settings = merge_settings().replace("branch: main", "branch: '--output=planted'");
    workspace.write("rolecall.yaml", settings);
    workspace.git_commit("An option");
    assert_ne!(workspace.run(&["reconcile"]).code, 0);
    assert_ne!(
        workspace
            .run(&["--branch=--output=planted", "reconcile"])
            .code,
        0
    );
    assert!(!workspace.path().join("planted").exists());
}

#[test]
fn reading_git_leaves_the_repository_as_it_was() {
    let workspace = world();
    workspace.request(
        "grant",
        &addition("[sam.reyes]", "[ap-clerk, payroll-viewer]"),
    );
    let index = || std::fs::read(workspace.path().join(".git/index")).expect("an index");
    let before = (index(), commit_id(&workspace, "HEAD"));
    workspace.run(&["plan"]).exits(0).says("grant");
    workspace.run(&["status"]).exits(0).says("grant");
    assert_eq!((index(), commit_id(&workspace, "HEAD")), before);
}

#[test]
fn a_finding_of_the_tip_names_its_path() {
    let workspace = world();
    workspace.request("broken", "name: Broken\nnmae: Broken\n");
    workspace.git_commit("Broken");
    let report = workspace
        .run(&["validate", "--format", "json"])
        .exits(3)
        .json();
    assert!(
        !findings(&report, "error", "requests/broken.yaml").is_empty(),
        "{report:#}"
    );
}
