//! Signed approvals in a repository that lies, or that tries to run a program: no answer changes, nothing runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rstest::rstest;
use tempfile::TempDir;

use crate::support::git::{blob, commit_id};
use crate::support::keys::{ONE, World, codes, file, public, with_grant};
use crate::support::worlds::{addition, ended, start};

/// A request that Alice approved, one with an approval by a key of nobody, and one that Bob rejected.
fn world() -> World {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    world.request("unproved", &addition("[jane.doe]", "[vendor-admin]"));
    let decision = world.decision("unproved", "alice").by_key("stranger");
    world.put("unproved", "alice", &[decision]);
    world.request("refused", &addition("[jane.doe]", "[payroll-viewer]"));
    world.sign("refused", "alice");
    world.decide("reject", "refused", "bob").exits(0);
    world.git_commit("Requests and approvals");
    world
}

/// What the program says, before it reconciles and behind that.
fn answers(world: &World, change: impl Fn(&mut Command)) -> Vec<String> {
    [
        &["status"][..],
        &["plan"],
        &["validate"],
        &["reconcile"],
        &["status"],
        &["verify", "--approvals"],
        &["log"],
    ]
    .iter()
    .map(|arguments| {
        let mut command = world.command(arguments);
        command.args(["--format", "json"]);
        change(&mut command);
        let run = ended(start(command)).exits(0);
        assert!(run.json().is_object());
        format!("{arguments:?}\n{}\n{}", run.out, run.err)
    })
    .collect()
}

/// The answers of a world in which nothing lies.
fn plain() -> Vec<String> {
    answers(&world(), |_| {})
}

/// A program that leaves a trace when anybody starts it, outside of the access repository.
struct Canary(TempDir);

impl Canary {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let canary = Self(folder);
        let trace = canary.trace();
        // It says what `ssh-keygen` and `gpg` say about a good signature, and hands on what it is given.
        let script = format!(
            "#!/bin/sh\necho ran \"$0\" \"$@\" >> '{}'\necho 'Good \"rolecall-approval\" signature for alice'\nexit 0\n",
            trace.display()
        );
        let hooks = [
            "post-index-change",
            "reference-transaction",
            "post-checkout",
            "pre-commit",
        ];
        for name in hooks
            .iter()
            .chain(&["canary", "ssh-keygen", "ssh-add", "git", "gpg"])
        {
            let path = canary.0.path().join(name);
            fs::write(&path, &script).expect("the program is written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        canary
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn trace(&self) -> PathBuf {
        self.0.path().join("trace")
    }

    fn program(&self) -> String {
        self.0
            .path()
            .join("canary")
            .to_str()
            .expect("UTF-8")
            .to_owned()
    }

    /// The setting up may have started it.
    fn forget(&self) {
        fs::remove_file(self.trace()).ok();
    }

    #[track_caller]
    fn is_absent(&self) {
        let trace = fs::read_to_string(self.trace());
        assert!(trace.is_err(), "a program was run: {trace:?}");
    }
}

#[test]
fn a_world_that_does_not_lie_has_one_of_each() {
    let world = world();
    assert_eq!(world.standing("grant")["status"], "approved");
    assert_eq!(codes(&world.standing("unproved")), ["RC507"]);
    assert_eq!(world.standing("refused")["status"], "rejected");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

#[rstest]
#[case::ssh_program(&[("gpg.ssh.program", "CANARY"), ("gpg.format", "ssh")])]
#[case::default_key_command(&[("gpg.ssh.defaultKeyCommand", "CANARY"), ("gpg.format", "ssh")])]
#[case::pgp_program(&[("gpg.program", "CANARY"), ("gpg.openpgp.program", "CANARY")])]
#[case::x509_program(&[("gpg.x509.program", "CANARY"), ("gpg.format", "x509")])]
#[case::signatures_are_shown(&[("log.showSignature", "true"), ("gpg.program", "CANARY")])]
#[case::commits_are_signed(&[("commit.gpgSign", "true"), ("gpg.program", "CANARY")])]
#[case::fsmonitor(&[("core.fsmonitor", "CANARY")])]
#[case::hooks(&[("core.hooksPath", "FOLDER")])]
#[case::pager(&[("core.pager", "CANARY"), ("pager.log", "CANARY"), ("pager.cat-file", "CANARY")])]
#[case::editor(&[("core.editor", "CANARY"), ("sequence.editor", "CANARY")])]
#[case::ssh_command(&[("core.sshCommand", "CANARY")])]
#[case::askpass(&[("core.askPass", "CANARY")])]
#[case::aliases(&[("alias.cat-file", "!CANARY"), ("alias.rev-parse", "!CANARY"), ("alias.hash-object", "!CANARY")])]
#[case::external_diff(&[("diff.external", "CANARY")])]
#[case::alternate_refs(&[("core.alternateRefsCommand", "CANARY")])]
#[case::upload_pack_hook(&[("uploadpack.packObjectsHook", "CANARY")])]
#[case::credentials(&[("credential.helper", "!CANARY")])]
#[case::mailmap_file(&[("mailmap.file", "FOLDER/mailmap"), ("log.mailmap", "true")])]
#[case::mailmap_blob(&[("mailmap.blob", "main:.mailmap"), ("log.mailmap", "true")])]
#[case::replaced_objects_are_used(&[("core.useReplaceRefs", "true")])]
#[case::line_ends(&[("core.autocrlf", "true"), ("core.eol", "crlf"), ("core.safecrlf", "true")])]
#[case::another_work_tree(&[("core.worktree", "FOLDER")])]
#[case::attributes(&[("core.attributesFile", "FOLDER/attributes"), ("filter.hostile.clean", "CANARY"), ("filter.hostile.smudge", "CANARY")])]
#[case::colour(&[("color.ui", "always"), ("format.pretty", "raw")])]
fn the_configuration_of_the_repository_changes_no_answer(#[case] settings: &[(&str, &str)]) {
    let plain = plain();
    let (world, canary) = (world(), Canary::new());
    let folder = canary.folder().to_str().expect("UTF-8");
    let mallory = "Alice Park <alice@acme.example> <dana@acme.example>\n";
    world.write(".mailmap", mallory);
    fs::write(canary.folder().join("mailmap"), mallory).expect("a file");
    fs::write(canary.folder().join("attributes"), "* filter=hostile\n").expect("a file");
    for (key, value) in settings {
        let value = value
            .replace("CANARY", &canary.program())
            .replace("FOLDER", folder);
        world.git(&["config", key, &value]);
    }
    canary.forget();
    assert_eq!(answers(&world, |_| {}), plain);
    canary.is_absent();
}

#[test]
fn an_included_configuration_changes_no_answer() {
    let plain = plain();
    let (world, canary) = (world(), Canary::new());
    let program = canary.program();
    let included = canary.folder().join("included");
    let text = format!(
        "[core]\n\tfsmonitor = {program}\n\tpager = {program}\n\thooksPath = {}\n[gpg \"ssh\"]\n\tprogram = {program}\n\
         [alias]\n\tcat-file = !{program}\n",
        canary.folder().display()
    );
    fs::write(&included, text).expect("a file");
    world.git(&["config", "include.path", included.to_str().expect("UTF-8")]);
    let condition = format!("includeIf.gitdir:{}/.path", world.path().display());
    world.git(&["config", &condition, included.to_str().expect("UTF-8")]);
    canary.forget();
    assert_eq!(answers(&world, |_| {}), plain);
    canary.is_absent();
}

/// What git would ask about signers is not asked: who may sign stands in `rolecall.yaml` alone.
#[rstest]
#[case::everybody("* {stranger}\n")]
#[case::her("alice namespaces=\"rolecall-approval\" {stranger}\n")]
#[case::nobody("")]
fn gits_own_list_of_signers_is_of_no_effect(#[case] list: &str) {
    let plain = plain();
    let (world, canary) = (world(), Canary::new());
    let allowed = canary.folder().join("allowed");
    fs::write(&allowed, list.replace("{stranger}", &public("stranger"))).expect("a file");
    let allowed = allowed.to_str().expect("UTF-8").to_owned();
    world.git(&["config", "gpg.ssh.allowedSignersFile", &allowed]);
    world.git(&["config", "gpg.ssh.revocationFile", &allowed]);
    world.git(&["config", "gpg.format", "ssh"]);
    assert_eq!(answers(&world, |_| {}), plain);
}

/// The user's own list of revoked keys and of signers is not read either.
#[test]
fn the_users_own_ssh_configuration_is_of_no_effect() {
    let plain = plain();
    let (world, canary) = (world(), Canary::new());
    let home = canary.folder().join("home");
    fs::create_dir_all(home.join(".ssh")).expect("a folder");
    for name in ["allowed_signers", "revoked_keys", "authorized_keys"] {
        let text = format!("* {}\n* {}\n", public("stranger"), public("alice"));
        fs::write(home.join(".ssh").join(name), text).expect("a file");
    }
    let config = format!(
        "[gpg \"ssh\"]\n\tprogram = {}\n\tallowedSignersFile = ~/.ssh/allowed_signers\n[core]\n\tfsmonitor = {}\n",
        canary.program(),
        canary.program()
    );
    fs::write(home.join(".gitconfig"), config).expect("a file");
    let answers = answers(&world, |command| {
        command.env("HOME", &home);
    });
    assert_eq!(answers, plain);
    canary.is_absent();
}

#[rstest]
#[case::in_the_repository(".git/info/attributes")]
#[case::in_the_work_tree(".gitattributes")]
#[case::beside_the_approvals("approvals/.gitattributes")]
#[case::beside_the_approvals_of_one("approvals/grant/.gitattributes")]
#[case::merged("merged")]
fn filters_run_nothing_and_change_no_answer(#[case] path: &str) {
    let attributes =
        "* filter=hostile diff=hostile merge=hostile ident working-tree-encoding=UTF-16\n";
    let merged = path == "merged";
    let commit = |world: &World| {
        if merged {
            world.write(".gitattributes", attributes);
            let id = world.git(&["hash-object", "-w", "--no-filters", ".gitattributes"]);
            let id = id.trim();
            world.git(&[
                "update-index",
                "--add",
                "--cacheinfo",
                &format!("100644,{id},.gitattributes"),
            ]);
            world.git(&["commit", "--quiet", "-m", "Attributes"]);
        }
    };
    let honest = world();
    commit(&honest);
    let plain = answers(&honest, |_| {});
    let (world, canary) = (world(), Canary::new());
    commit(&world);
    for key in ["clean", "smudge", "process"] {
        world.git(&[
            "config",
            &format!("filter.hostile.{key}"),
            &canary.program(),
        ]);
    }
    world.git(&["config", "filter.hostile.required", "true"]);
    world.git(&["config", "diff.hostile.textconv", &canary.program()]);
    world.git(&["config", "diff.hostile.command", &canary.program()]);
    world.git(&["config", "merge.hostile.driver", &canary.program()]);
    if !merged {
        world.write(path, attributes);
    }
    canary.forget();
    assert_eq!(answers(&world, |_| {}), plain);
    canary.is_absent();
}

#[test]
fn approving_runs_nothing_of_the_repository_either() {
    let (world, canary) = (with_grant(ONE), Canary::new());
    let honest = with_grant(ONE);
    honest.sign("grant", "alice");
    for key in [
        "gpg.ssh.program",
        "gpg.program",
        "core.fsmonitor",
        "core.pager",
        "filter.hostile.clean",
        "filter.hostile.smudge",
    ] {
        world.git(&["config", key, &canary.program()]);
    }
    world.git(&[
        "config",
        "core.hooksPath",
        canary.folder().to_str().expect("UTF-8"),
    ]);
    world.git(&["config", "core.autocrlf", "true"]);
    world.write(".git/info/attributes", "* filter=hostile text\n");
    canary.forget();
    world.sign("grant", "alice");
    canary.is_absent();
    let path = file("grant", "alice");
    assert_eq!(world.read(&path), honest.read(&path));
}

/// Programs named `git` and `ssh-keygen` in the folder, which a relative entry of the PATH would find.
#[rstest]
#[case::here(".:")]
#[case::below("requests:")]
#[case::empty(":")]
fn a_relative_entry_of_the_path_finds_no_program(#[case] entry: &str) {
    let plain = plain();
    let (world, canary) = (world(), Canary::new());
    for folder in ["", "requests/"] {
        for name in ["git", "ssh-keygen", "ssh-add"] {
            let path = world.path().join(format!("{folder}{name}"));
            fs::copy(canary.folder().join(name), path).expect("a program");
        }
    }
    let answers = answers(&world, |command| {
        let path = command.get_envs().find(|(name, _)| *name == "PATH");
        let path = path.and_then(|(_, value)| value).expect("a PATH");
        let path = format!("{entry}{}", path.to_str().expect("UTF-8"));
        command.env("PATH", path);
    });
    assert_eq!(answers, plain);
    canary.is_absent();
}

#[rstest]
#[case::the_request("requests/unproved.yaml", "requests/grant.yaml")]
#[case::the_approval("approvals/unproved/alice.yaml", "approvals/grant/alice.yaml")]
#[case::the_settings("rolecall.yaml", "")]
#[case::a_request_that_was_approved("requests/grant.yaml", "requests/unproved.yaml")]
fn replaced_objects_do_not_count(#[case] path: &str, #[case] by: &str) {
    let plain = plain();
    let world = world();
    let real = commit_id(&world, &format!("main:{path}"));
    let other = if by.is_empty() {
        let settings = world.read("rolecall.yaml");
        blob(
            &world,
            &settings.replace(&public("alice"), &public("stranger")),
        )
    } else {
        commit_id(&world, &format!("main:{by}"))
    };
    world.git(&["replace", &real, &other]);
    assert_eq!(answers(&world, |_| {}), plain);
}

#[test]
fn a_replaced_tip_does_not_count() {
    let plain = plain();
    let world = world();
    let tip = commit_id(&world, "main");
    let first = commit_id(&world, "main~1");
    world.git(&["replace", &tip, &first]);
    assert_eq!(answers(&world, |_| {}), plain);
}

/// With a graft the tip would be the first commit, and its author the author of all.
#[test]
fn grafts_change_neither_the_first_commit_nor_an_author() {
    let plain = plain();
    let world = world();
    let tip = commit_id(&world, "main");
    world.write(".git/info/grafts", format!("{tip}\n"));
    assert_eq!(answers(&world, |_| {}), plain);
}

/// A file at the tip by which Alice would be the author, or would not be.
#[rstest]
#[case::so_that_she_is_none(
    "Dana Fox <dana@acme.example> <alice@acme.example>\n",
    "Alice",
    "alice",
    "RC512"
)]
#[case::so_that_she_is_one(
    "Alice Park <alice@acme.example> <dana@acme.example>\n",
    "Dana",
    "dana",
    ""
)]
fn a_mailmap_makes_nobody_an_author(
    #[case] mailmap: &str,
    #[case] name: &str,
    #[case] author: &str,
    #[case] code: &str,
) {
    let world = with_grant(ONE);
    world.put("grant", "alice", &[world.decision("grant", "alice")]);
    world.write(".mailmap", mailmap);
    world.git(&["config", "log.mailmap", "true"]);
    world.commit_by(name, &format!("{author}@acme.example"));
    let grant = world.standing("grant");
    let expected: Vec<&str> = [code].into_iter().filter(|code| !code.is_empty()).collect();
    assert_eq!(codes(&grant), expected, "{grant:#}");
}
