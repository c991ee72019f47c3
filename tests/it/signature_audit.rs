//! `verify --approvals`: what the logs rest on, checked again; and a branch that is not what it was.

use std::process::Command;

use rstest::rstest;
use serde_json::Value;

use crate::support::git::commit_id;
use crate::support::keys::{
    NAMESPACE, ONE, World, file, joined, plain_world, public, sha256, sign_raw, signed_settings,
    signed_world, signed_world_with,
};
use crate::support::worlds::{addition, log_paths, names_serial};

/// Three logs: the baseline, Alice's approval of `first`, Alice's and Bob's of `second`.
fn world() -> World {
    let world = signed_world(ONE);
    world.request("first", &addition("[sam.reyes]", "[ap-clerk]"));
    world.sign("first", "alice");
    world.git_commit("First");
    world.reconcile();
    world.request("second", &addition("[jane.doe]", "[vendor-admin]"));
    world.sign("second", "alice");
    world.sign("second", "bob");
    world.git_commit("Second");
    world.reconcile();
    assert_eq!(world.ran(), ["first", "second"]);
    world
}

#[track_caller]
fn holds(world: &World) -> Value {
    let run = world.run(&["verify", "--approvals", "--format", "json"]);
    run.exits(0).json()["approvals"].clone()
}

/// Plain `verify` finds nothing, and the check of approvals names the log.
#[track_caller]
fn is_broken(world: &World, serial: u32) {
    world.run(&["verify"]).exits(0);
    let run = world.run(&["verify", "--approvals"]).exits(6);
    names_serial(&run, serial);
    let run = world.run(&["verify", "--approvals", "--format", "json"]);
    names_serial(&run.exits(6), serial);
}

/// A log's text by serial.
fn log(world: &World, serial: usize) -> String {
    world.read(&log_paths(world)[serial - 1])
}

/// The lines of the first approval of a log, from one key up to another.
fn block(text: &str, from: &str, to: &str) -> String {
    let start = text
        .find(from)
        .unwrap_or_else(|| panic!("no {from:?} in\n{text}"));
    let length = text[start..]
        .find(to)
        .unwrap_or_else(|| panic!("no {to:?} in\n{text}"));
    text[start..start + length].to_owned()
}

/// The signature of the first approval of a log, as the log has it.
fn signature(text: &str) -> String {
    let armor = block(text, "    signature: |\n", "-----END SSH SIGNATURE-----\n");
    format!("{armor}-----END SSH SIGNATURE-----\n")
}

/// The same with other bytes of the armor.
fn as_block(armor: &str) -> String {
    let lines = armor.lines().map(|line| format!("      {line}\n"));
    format!("    signature: |\n{}", lines.collect::<String>())
}

/// What was signed for the first approval of a log.
fn message(text: &str) -> String {
    let signed = block(text, "  signed:\n", "    key: ");
    let lines = signed
        .lines()
        .skip(1)
        .map(|line| format!("{}\n", &line[4..]));
    format!("version: 1\n{}", lines.collect::<String>())
}

/// The armor in a person's file of decisions.
fn armor(world: &World, id: &str, person: &str) -> String {
    let text = world.read(&file(id, person));
    let lines = text.lines().skip_while(|line| !line.contains("-----BEGIN"));
    let lines = lines.take_while(|line| *line != "...");
    joined(lines.map(str::trim))
}

#[test]
fn good_logs_hold_and_are_counted() {
    let world = world();
    let approvals = holds(&world);
    assert_eq!(approvals["signed"], 3, "{approvals}");
    for key in ["reviewed", "claimed", "untied"] {
        assert_eq!(approvals[key], 0, "{approvals}");
    }
    world
        .run(&["verify", "--approvals"])
        .exits(0)
        .says("3 signed");
}

#[test]
fn what_the_log_embeds_can_be_checked_without_the_program() {
    let world = world();
    let text = log(&world, 2);
    assert_eq!(
        sign_raw(&world.key("alice"), NAMESPACE, &message(&text)),
        armor(&world, "first", "alice"),
        "an Ed25519 signature over the same message is the same"
    );
    assert_eq!(signature(&text), as_block(&armor(&world, "first", "alice")));
}

/// Logs say nothing of approvals where nobody needs any, and `merge` is only counted.
#[test]
fn approvals_by_merge_are_counted_and_nothing_is_claimed() {
    let world = signed_world(ONE);
    let settings = world.read("rolecall.yaml").replace(ONE, "evidence: merge");
    world.write("rolecall.yaml", settings);
    world.request("first", &addition("[sam.reyes]", "[ap-clerk]"));
    world.git_commit("First");
    world.reconcile();
    world.write("rolecall.yaml", signed_settings(ONE));
    world.request("second", &addition("[jane.doe]", "[vendor-admin]"));
    world.sign("second", "alice");
    world.git_commit("Second");
    world.reconcile();
    let approvals = holds(&world);
    assert_eq!(approvals["signed"], 1, "{approvals}");
    assert_eq!(approvals["claimed"], 1, "{approvals}");
}

#[test]
fn a_signature_by_the_same_person_over_another_request() {
    let world = world();
    let other = signature(&log(&world, 3));
    world.forge_log(2, |text| text.replace(&signature(text), &other));
    is_broken(&world, 2);
}

#[test]
fn all_that_was_signed_about_another_request() {
    let world = world();
    let other = log(&world, 3);
    let end = "-----END SSH SIGNATURE-----\n";
    let other = block(&other, "  signed:\n", end);
    world.forge_log(2, |text| {
        text.replace(&block(text, "  signed:\n", end), &other)
    });
    is_broken(&world, 2);
}

#[test]
fn a_signature_by_another_person_over_the_same_request() {
    let world = world();
    let other = as_block(&armor(&world, "second", "bob"));
    world.forge_log(3, |text| text.replace(&signature(text), &other));
    is_broken(&world, 3);
}

#[test]
fn a_signature_and_a_key_of_another_person_over_the_same_request() {
    let world = world();
    let other = as_block(&armor(&world, "second", "bob"));
    world.forge_log(3, |text| {
        let text = text.replace(&signature(text), &other);
        text.replace(
            &format!("key: {}", public("alice")),
            &format!("key: {}", public("bob")),
        )
    });
    is_broken(&world, 3);
}

#[test]
fn a_whole_approval_in_the_name_of_another_person() {
    let world = world();
    world.forge_log(3, |text| {
        text.replacen("- person: alice", "- person: bob", 1)
    });
    is_broken(&world, 3);
}

/// The rule of that time asked for a signature: what is called something else, or is not there, does not meet it.
#[rstest]
#[case::called_a_merge(
    "approvals:\n- {person: Alice Park, decision: approve, at: 2026-11-22T10:00:00Z, evidence: merge, assurance: merged}\n"
)]
#[case::called_a_claim(
    "approvals:\n- {person: alice, decision: approve, at: 2026-11-22T10:00:00Z, evidence: inline, assurance: claimed}\n"
)]
#[case::left_out("approvals: []\n")]
fn an_approval_that_was_made_less_of(#[case] instead: &str) {
    let world = world();
    world.forge_log(2, |text| {
        let had = block(text, "approvals:\n", "actor:");
        text.replace(&had, instead)
    });
    is_broken(&world, 2);
}

/// Everything says Bob, but the key was Alice's then.
#[test]
fn a_key_in_the_name_of_another_person() {
    let world = world();
    world.forge_log(3, |text| {
        let text = text.replace("person: alice", "person: bob");
        let armor = sign_raw(&world.key("alice"), NAMESPACE, &message(&text));
        text.replace(&signature(&text), &as_block(&armor))
    });
    is_broken(&world, 3);
}

/// A signature that is good, by a key that was hers in no settings.
#[test]
fn a_key_that_was_none_of_hers() {
    let world = world();
    world.forge_log(2, |text| {
        let armor = sign_raw(&world.key("stranger"), NAMESPACE, &message(text));
        text.replace(&signature(text), &as_block(&armor))
            .replace(&public("alice"), &public("stranger"))
    });
    is_broken(&world, 2);
}

#[test]
fn a_key_that_became_hers_only_later() {
    let world = world();
    let two = format!("{}\", \"{}", public("alice"), public("spare"));
    world.change_settings(&public("alice"), &two);
    world.forge_log(2, |text| {
        let armor = sign_raw(&world.key("spare"), NAMESPACE, &message(text));
        text.replace(&signature(text), &as_block(&armor))
            .replace(&public("alice"), &public("spare"))
    });
    is_broken(&world, 2);
}

/// The log names settings that nobody has seen, so that no key can be held against them.
#[test]
fn settings_that_are_nowhere_in_the_history() {
    let world = world();
    world.forge_log(2, |text| {
        let armor = sign_raw(&world.key("stranger"), NAMESPACE, &message(text));
        let text = text.replace(&signature(text), &as_block(&armor));
        let policy = block(&text, "\npolicy: ", "\nrequest_record");
        let other = format!("\npolicy: sha256:{}", "0123".repeat(16));
        text.replace(&public("alice"), &public("stranger"))
            .replace(&policy, &other)
    });
    is_broken(&world, 2);
}

/// A version of the settings that came and went on a branch, and never counted.
#[test]
fn settings_that_were_never_at_the_tip() {
    let world = world();
    world.git_commit("State");
    world.git(&["checkout", "--quiet", "-b", "topic"]);
    let settings = world.read("rolecall.yaml");
    let other = settings.replace(&public("alice"), &public("stranger"));
    world.write("rolecall.yaml", &other);
    world.git_commit("Mallory's key");
    world.write("rolecall.yaml", settings);
    world.git_commit("Nothing happened");
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    assert_eq!(holds(&world)["signed"], 3);
    world.forge_log(2, |text| {
        let armor = sign_raw(&world.key("stranger"), NAMESPACE, &message(text));
        let text = text.replace(&signature(text), &as_block(&armor));
        let policy = block(&text, "\npolicy: ", "\nrequest_record");
        text.replace(&public("alice"), &public("stranger"))
            .replace(&policy, &format!("\npolicy: {}", sha256(&other)))
    });
    is_broken(&world, 2);
}

/// Settings that nobody has seen, and the log hides besides which branch it was made from.
#[rstest]
#[case::in_one_log(false)]
#[case::in_all_logs(true)]
fn settings_that_are_nowhere_and_a_branch_that_is_hidden(#[case] everywhere: bool) {
    let world = world();
    if everywhere {
        for serial in [1, 3] {
            world.forge_log(serial, |text| text.replace("\nbranch: main\n", "\n"));
        }
    }
    world.forge_log(2, |text| {
        let armor = sign_raw(&world.key("stranger"), NAMESPACE, &message(text));
        let text = text.replace(&signature(text), &as_block(&armor));
        let policy = block(&text, "\npolicy: ", "\nrequest_record");
        let other = format!("\npolicy: sha256:{}", "0123".repeat(16));
        assert!(text.contains("\nbranch: main\n"), "{text}");
        let text = text.replace("\nbranch: main\n", "\n");
        text.replace(&public("alice"), &public("stranger"))
            .replace(&policy, &other)
    });
    is_broken(&world, 2);
}

#[rstest]
#[case::moment("\n  at: 2026-11-23T12:00:00Z\n", "\n  at: 2026-11-22T12:00:00Z\n")]
#[case::signed_moment("\n    at: 2026-11-23T12:00:00Z\n", "\n    at: 2026-11-22T12:00:00Z\n")]
#[case::signed_path(
    "\n    path: requests/first.yaml\n",
    "\n    path: requests/other.yaml\n"
)]
#[case::signed_decision("\n    decision: approve\n", "\n    decision: reject\n")]
#[case::lapse("\n    expires: 2027", "\n    expires: 2037")]
#[case::comment(
    "\n    expires: 2027-02-21T12:00:00Z\n",
    "\n    expires: 2027-02-21T12:00:00Z\n    comment: Yes\n"
)]
#[case::signed_request("\n    request: first\n", "\n    request: other\n")]
#[case::signed_person("\n    person: alice\n", "\n    person: carol\n")]
#[case::signed_repository("\n    repository: ", "\n    repository: x")]
fn a_field_that_was_changed(#[case] from: &str, #[case] to: &str) {
    let world = world();
    world.forge_log(2, |text| {
        assert!(text.contains(from), "{from:?} is not in\n{text}");
        text.replacen(from, to, 1)
    });
    is_broken(&world, 2);
}

/// What was signed is about the request's bytes, and the log says that other bytes ran.
#[test]
fn the_content_that_ran_is_another_one() {
    let world = world();
    world.forge_log(2, |text| {
        let content = block(text, "\n  content: ", "\n  commit: ");
        let other = format!("\n  content: sha256:{}", "0123".repeat(16));
        text.replacen(&content, &other, 1)
    });
    is_broken(&world, 2);
}

/// Where a log contradicts itself `verify` may say so already.
#[track_caller]
fn is_broken_or_refused(world: &World, serial: u32) {
    let run = world.run(&["verify", "--approvals"]).exits(6);
    names_serial(&run, serial);
}

#[rstest]
#[case::damaged("U1NIU0lH", "U1NIU0lI")]
#[case::of_another_namespace("", "")]
fn a_signature_that_is_none(#[case] from: &str, #[case] to: &str) {
    let world = world();
    world.forge_log(2, |text| {
        if from.is_empty() {
            let armor = sign_raw(&world.key("alice"), "git", &message(text));
            return text.replace(&signature(text), &as_block(&armor));
        }
        text.replace(from, to)
    });
    is_broken(&world, 2);
}

#[rstest]
#[case::the_signature("    signature: |\n")]
#[case::the_key("    key: ")]
#[case::all_that_proves_it("  signed:\n")]
fn a_proof_that_was_taken_out(#[case] from: &str) {
    let world = world();
    let path = log_paths(&world)[1].clone();
    let text = world.read(&path);
    let cut = match from.trim() {
        "signature: |" => signature(&text),
        "key:" => format!("{}\n", block(&text, from, "\n")),
        _ => format!(
            "{}{}",
            block(&text, from, "    signature: |\n"),
            signature(&text)
        ),
    };
    // `verify` refuses some of them already: a log does not leave out what it must have.
    let state = world.read("state/state.yaml");
    let last = sha256(log(&world, 3));
    let forged = text.replace(&cut, "");
    assert_ne!(forged, text);
    world.write(&path, &forged);
    let third = log(&world, 3);
    let line = block(&third, "previous: ", "\n");
    let third = third.replace(&line, &format!("previous: {}", sha256(&forged)));
    world.write(&log_paths(&world)[2], &third);
    world.write("state/state.yaml", state.replace(&last, &sha256(&third)));
    is_broken_or_refused(&world, 2);
}

#[test]
fn of_two_logs_that_do_not_hold_the_first_one_is_named() {
    let world = world();
    let signatures = [2, 3].map(|serial| signature(&log(&world, serial)));
    world.forge_log(3, |text| text.replace(&signatures[1], &signatures[0]));
    world.forge_log(2, |text| text.replace(&signatures[0], &signatures[1]));
    is_broken(&world, 2);
}

#[rstest]
#[case::rotated(false)]
#[case::revoked(true)]
fn what_was_good_then_is_good_for_ever(#[case] revoked: bool) {
    let world = world();
    if revoked {
        world.revoke("alice", "2026-11-01");
        world.git_commit("Revoked");
    } else {
        world.change_settings(&public("alice"), &public("spare"));
    }
    let approvals = holds(&world);
    assert_eq!(approvals["signed"], 3, "{approvals}");
    assert_eq!(approvals["untied"], 0, "{approvals}");
    world.reconcile();
    assert_eq!(world.standing("first")["status"], "complete");
    assert_eq!(world.standing("second")["status"], "complete");
}

#[test]
fn people_who_left_stay_tied_to_what_they_signed() {
    let world = world();
    let text = world.read("rolecall.yaml");
    let lines = text.lines().filter(|line| !line.starts_with("  alice: "));
    let without = joined(lines);
    world.write(
        "rolecall.yaml",
        without.replace("[alice, bob, carol]", "[bob, carol]"),
    );
    world.git_commit("Alice left");
    let approvals = holds(&world);
    assert_eq!(approvals["signed"], 3, "{approvals}");
    assert_eq!(approvals["untied"], 0, "{approvals}");
}

#[test]
fn a_repository_that_got_a_name_later_still_holds() {
    let world = world();
    let settings = world.read("rolecall.yaml");
    world.write(
        "rolecall.yaml",
        format!("{settings}repository: acme/access\n"),
    );
    world.git_commit("A name");
    assert_eq!(holds(&world)["signed"], 3);
}

#[test]
fn approval_files_that_are_gone_are_not_needed() {
    let world = world();
    world.git(&["rm", "--quiet", "-r", "approvals", "requests"]);
    world.git_commit("Tidy up");
    assert_eq!(holds(&world)["signed"], 3);
}

#[test]
fn outside_of_git_the_log_alone_ties_a_key_once_the_settings_are_gone() {
    let settings = format!("{}repository: acme/access\n", signed_settings(ONE));
    let world = plain_world(&settings);
    world.request("first", &addition("[sam.reyes]", "[ap-clerk]"));
    world.sign("first", "alice");
    world.reconcile();
    let approvals = holds(&world);
    assert_eq!(
        (&approvals["signed"], &approvals["untied"]),
        (&1.into(), &0.into())
    );
    world.edit("rolecall.yaml", &public("alice"), &public("spare"));
    let approvals = holds(&world);
    assert_eq!(
        (&approvals["signed"], &approvals["untied"]),
        (&1.into(), &1.into())
    );
}

#[rstest]
#[case::reset(&["reset --quiet --hard HEAD~1"], "is behind, or was rewound")]
#[case::reset_and_gone_on(
    &["reset --quiet --hard HEAD~1", "commit --quiet --allow-empty -m Other"],
    "was rewound"
)]
#[case::amended(&["commit --quiet --allow-empty --amend -m Other"], "was rewound")]
#[case::begun_anew(
    &["checkout --quiet --orphan new", "commit --quiet -m New", "branch --quiet -M main"],
    "was rewound"
)]
fn a_rewound_branch_is_refused(#[case] steps: &[&str], #[case] said: &str) {
    let world = signed_world(ONE);
    world.write(
        ".gitignore",
        "state/changelog/\nstate/.rolecall/\nstate/state.yaml\n",
    );
    world.git(&["rm", "--quiet", "--cached", "-r", "state"]);
    world.git_commit("The state is kept elsewhere");
    world.request("first", &addition("[sam.reyes]", "[ap-clerk]"));
    world.sign("first", "alice");
    world.git_commit("First");
    world.reconcile();
    assert_eq!(world.ran(), ["first"]);
    let before = world.state_files();
    for step in steps {
        world.git(&step.split(' ').collect::<Vec<_>>());
    }
    for command in [
        &["reconcile"][..],
        &["plan"],
        &["status"],
        &["status", "first"],
    ] {
        let run = world.run(command).exits(6).says(said);
        names_serial(&run, 2);
    }
    assert_eq!(world.state_files(), before);
}

#[test]
fn a_rewritten_branch_that_is_joined_to_the_old_one_goes_on() {
    let world = world();
    let old = commit_id(&world, "main");
    world.git(&[
        "commit",
        "--quiet",
        "--allow-empty",
        "--amend",
        "-m",
        "Other",
    ]);
    world
        .run(&["status"])
        .exits(6)
        .says(&format!("git reset --soft {old}"));
    world.git(&["reset", "--quiet", "--soft", &old]);
    world.git(&["commit", "--quiet", "--allow-empty", "-m", "Joined"]);
    world.run(&["status"]).exits(0);
    world.run(&["verify", "--approvals"]).exits(0);
}

/// Clones a part of the history.
fn shallow(world: &World, depth: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let source = format!("file://{}", world.path().display());
    let mut git = world.git_command(&["clone", "--quiet", "--depth", depth, &source, "."]);
    let output = git.current_dir(folder.path()).output().expect("git starts");
    assert!(output.status.success(), "{output:?}");
    folder
}

fn run_in(world: &World, folder: &tempfile::TempDir, arguments: &[&str]) -> (i32, String) {
    let mut command: Command = world.command(arguments);
    let output = command
        .current_dir(folder.path())
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = text + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text)
}

/// The first commit is what approvals are bound to; who wrote a file is what `block_own` asks.
#[rstest]
#[case::the_first_commit(None, "2")]
#[case::the_author(Some("acme/access"), "1")]
#[case::both(None, "1")]
fn a_shallow_clone_is_refused_where_history_matters(
    #[case] name: Option<&str>,
    #[case] depth: &str,
) {
    let settings = signed_settings(ONE);
    let named = name.map(|name| format!("{settings}repository: {name}\n"));
    let world = signed_world_with(named.as_ref().unwrap_or(&settings));
    world.write("README", "A commit more\n");
    world.git_commit("More");
    world.request("first", &addition("[sam.reyes]", "[ap-clerk]"));
    world.sign("first", "alice");
    world.git_commit("First");
    let folder = shallow(&world, depth);
    for command in [&["reconcile"][..], &["plan"], &["status"]] {
        let (code, text) = run_in(&world, &folder, command);
        assert_eq!(code, 3, "{command:?} {text}");
        assert!(text.contains("git fetch --unshallow"), "{command:?} {text}");
    }
    assert!(!folder.path().join("state/changelog").exists());
}

#[test]
fn a_shallow_clone_does_not_hold_against_what_it_cannot_see() {
    let world = world();
    world.git_commit("State");
    world.change_settings(&public("alice"), &public("spare"));
    let folder = shallow(&world, "1");
    let (code, text) = run_in(&world, &folder, &["verify", "--approvals"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("git fetch --unshallow"), "{text}");
}

#[test]
fn approving_in_a_shallow_clone_is_refused_where_the_first_commit_matters() {
    let world = signed_world(ONE);
    world.request("first", &addition("[sam.reyes]", "[ap-clerk]"));
    world.git_commit("First");
    let folder = shallow(&world, "1");
    let key = world.key("alice");
    let arguments = [
        "approve",
        "first",
        "--yes",
        "--key",
        key.to_str().expect("UTF-8"),
    ];
    let (code, text) = run_in(&world, &folder, &arguments);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("git fetch --unshallow"), "{text}");
    assert!(!folder.path().join("approvals").exists());
}

#[test]
fn another_key_of_the_same_person_in_the_log_does_not_hold() {
    let two = format!("{}\", \"{}", public("alice"), public("spare"));
    let settings = signed_settings(ONE).replace(&public("alice"), &two);
    let world = signed_world_with(&settings);
    world.request("first", &addition("[sam.reyes]", "[ap-clerk]"));
    world.sign("first", "alice");
    world.git_commit("First");
    world.reconcile();
    world.forge_log(2, |text| text.replace(&public("alice"), &public("spare")));
    is_broken(&world, 2);
}
