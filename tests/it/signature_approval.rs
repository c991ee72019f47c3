//! `approve` and `reject`: what they sign and write, what they refuse, and that it counts however it is merged.

use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Output, Stdio};

use rstest::rstest;
use serde_json::Value;

use crate::support::keys::{
    ONE, World, all_speak, codes, file, generate, plain_world, public, secret, sha256,
    signed_settings, signed_world, signed_world_with, with_grant,
};
use crate::support::worlds::{addition, ended, holds_in_time, reduction, start};
use crate::support::{NOW, find, program, strings};

/// A field of the last decision in a person's file.
#[track_caller]
fn field(world: &World, id: &str, person: &str, field: &str) -> String {
    let text = world.read(&file(id, person));
    let lines = text.lines().filter_map(|line| line.get(2..));
    let mut value = lines.filter_map(|line| line.strip_prefix(&format!("{field}: ")));
    value
        .next_back()
        .unwrap_or_else(|| panic!("no {field} in\n{text}"))
        .to_owned()
}

#[test]
fn the_file_names_what_was_signed() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    let field = |name: &str| field(&world, "grant", "alice", name);
    let request = world.read("requests/grant.yaml");
    assert_eq!(field("request"), "grant");
    assert_eq!(field("path"), "requests/grant.yaml");
    assert_eq!(field("content"), sha256(&request));
    let blob = world.git(&["hash-object", "--no-filters", "requests/grant.yaml"]);
    assert_eq!(field("blob").trim_matches('"'), blob.trim());
    assert_eq!(field("settings"), sha256(world.read("rolecall.yaml")));
    assert_eq!(field("repository"), world.first_commit());
    assert_eq!(field("decision"), "approve");
    assert_eq!(field("person"), "alice");
    assert_eq!(field("at"), NOW);
    assert_eq!(field("expires"), "2027-02-21T12:00:00Z");
    let text = world.read(&file("grant", "alice"));
    assert!(text.ends_with("\n...\n"), "{text}");
}

#[test]
fn what_is_signed_is_the_bytes_of_the_work_tree() {
    let world = with_grant(ONE);
    world.git_commit("Grant");
    world.edit("requests/grant.yaml", "HR-1204", "HR-1205");
    world.sign("grant", "alice");
    let request = world.read("requests/grant.yaml");
    assert_eq!(field(&world, "grant", "alice", "content"), sha256(request));
}

/// A filter makes git store other bytes than those that the work tree has, and these count.
#[test]
fn a_filter_changes_nothing_of_what_is_signed() {
    let world = with_grant(ONE);
    world.git(&["config", "core.autocrlf", "true"]);
    world.sign("grant", "alice");
    let request = world.read("requests/grant.yaml");
    assert_eq!(field(&world, "grant", "alice", "content"), sha256(request));
}

#[test]
fn a_removal_does_not_say_when_it_lapses() {
    let world = signed_world(ONE);
    world.request("remove", &reduction("[sam.reyes]", "[ap-payer]"));
    world.sign("remove", "alice");
    let text = world.read(&file("remove", "alice"));
    assert!(!text.contains("expires"), "{text}");
}

#[test]
fn nothing_says_when_it_lapses_where_the_settings_do_not() {
    let settings = signed_settings(ONE).replace(", valid_for_days: 90", "");
    let world = signed_world_with(&settings);
    world.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    world.sign("grant", "alice");
    let text = world.read(&file("grant", "alice"));
    assert!(!text.contains("expires"), "{text}");
}

/// The block of `docs/approval.md` that checks a signature without the program.
fn recipe(page: &str) -> String {
    let block = page
        .split("```console\n")
        .find(|block| block.starts_with("sed "));
    let block = block.expect("the recipe").split("```").next();
    block.expect("its end").to_owned()
}

#[rstest]
#[case::an_approval("approve", &[])]
#[case::a_rejection("reject", &[])]
#[case::a_comment("approve", &["--comment", "As agreed with HR"])]
#[case::a_comment_in_quotes("approve", &["--comment", "yes: \"it's\" # agreed\\n — ✓"])]
#[case::a_comment_of_several_lines("approve", &["--comment", "First\nrequest: other\n  signature: |\nlast"])]
fn the_recipe_of_the_page_checks_what_was_signed(#[case] verb: &str, #[case] more: &[&str]) {
    let world = with_grant(ONE);
    let key = world.key("alice");
    let mut arguments = vec![
        verb,
        "grant",
        "--yes",
        "--key",
        key.to_str().expect("UTF-8"),
    ];
    arguments.extend(more);
    world.run(&arguments).exits(0);
    let page = include_str!("../../docs/approval.md");
    let recipe = recipe(page).replace("ssh-ed25519 AAAA…", &public("alice"));
    assert!(recipe.contains(&public("alice")), "{recipe}");
    let folder = tempfile::tempdir().expect("a folder");
    let text = world.read(&file("grant", "alice"));
    fs::write(folder.path().join("alice.yaml"), &text).expect("the file is written");
    let check = || {
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &recipe]).current_dir(folder.path());
        shell.env("LC_ALL", "C.UTF-8");
        shell.output().expect("sh starts")
    };
    let output = check();
    assert!(output.status.success(), "{output:?}\n{text}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.starts_with("Good \"rolecall-approval\" signature for alice"),
        "{said}"
    );
    let changed = text.replace("person: alice", "person: carol");
    fs::write(folder.path().join("alice.yaml"), changed).expect("the file is written");
    assert!(!check().status.success(), "what was changed must not hold");
}

#[test]
fn a_second_decision_is_added_and_the_first_bytes_stay() {
    let mut world = with_grant(ONE);
    world.sign("grant", "alice");
    let first = world.read(&file("grant", "alice"));
    world.at("2026-11-23T13:00:00Z");
    world.decide("reject", "grant", "alice").exits(0);
    let second = world.read(&file("grant", "alice"));
    let kept = first.strip_suffix("...\n").expect("an end");
    assert!(second.starts_with(kept), "{second}");
    assert_eq!(second.matches("- request: grant\n").count(), 2);
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "rejected");
}

#[test]
fn the_file_of_another_person_stays() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    let first = world.read(&file("grant", "alice"));
    world.sign("grant", "bob");
    assert_eq!(world.read(&file("grant", "alice")), first);
}

#[test]
fn approving_after_rejecting_counts() {
    let mut world = with_grant(ONE);
    world.decide("reject", "grant", "alice").exits(0);
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "rejected");
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
    world.at("2026-11-23T13:00:00Z");
    world.sign("grant", "alice");
    world.git_commit("Approved after all");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
    let approvals = &world.logs()[1]["approvals"];
    assert_eq!(approvals[0]["at"], "2026-11-23T13:00:00Z");
    assert_eq!(approvals[0]["assurance"], "signed");
}

#[test]
fn approving_what_was_changed_again_counts_for_the_present_content() {
    let mut world = with_grant(ONE);
    world.sign("grant", "alice");
    world.edit("requests/grant.yaml", "HR-1204", "HR-1205");
    world.at("2026-11-23T13:00:00Z");
    world.sign("grant", "alice");
    world.git_commit("Grant");
    let grant = world.standing("grant");
    assert_eq!(grant["status"], "approved", "{grant:#}");
    // She has looked at it: what she had said before is no finding.
    assert_eq!(codes(&grant), [""; 0], "{grant:#}");
    assert_eq!(grant["due"]["utc"], "2026-11-23T13:00:00Z");
}

#[test]
fn a_decision_before_the_last_one_is_refused() {
    let mut world = with_grant(ONE);
    world.sign("grant", "alice");
    let before = world.everything();
    world.at("2026-11-23T11:00:00Z");
    world.decide("reject", "grant", "alice").exits(3);
    assert_eq!(world.everything(), before);
}

#[rstest]
#[case::cut_off("version: 1\ndecisions:\n")]
#[case::something_else("name: A change\n...\n")]
#[case::empty("")]
fn a_file_that_cannot_be_read_is_not_added_to(#[case] text: &str) {
    let world = with_grant(ONE);
    world.write(&file("grant", "alice"), text);
    let before = world.everything();
    world.decide("approve", "grant", "alice").exits(3);
    assert_eq!(world.everything(), before);
}

#[rstest]
#[case::the_file("approvals/grant/alice.yaml")]
#[case::the_folder("approvals/grant")]
#[case::the_folder_of_all("approvals")]
fn a_link_is_not_written_through(#[case] place: &str) {
    let world = with_grant(ONE);
    let target = tempfile::tempdir().expect("a folder");
    let victim = target.path().join("victim");
    fs::write(&victim, "mine").expect("the file is written");
    let link = world.path().join(place);
    fs::create_dir_all(link.parent().expect("a parent")).expect("its folders");
    let is_file = place.contains("alice");
    let to = if is_file {
        victim.as_path()
    } else {
        target.path()
    };
    std::os::unix::fs::symlink(to, &link).expect("a link");
    let run = world.decide("approve", "grant", "alice");
    assert!(matches!(run.code, 3 | 6), "{run:?}");
    assert_eq!(fs::read_to_string(&victim).expect("the file"), "mine");
    assert_eq!(fs::read_dir(target.path()).expect("the folder").count(), 1);
    assert!(link.is_symlink(), "the link stays");
}

/// A world with a request for each reason to refuse.
fn refusing() -> World {
    let settings = signed_settings(ONE);
    let settings = settings.replace("bob@acme.example", "bob@acme.example, employee: sam.reyes");
    let settings = settings.replace("[alice, bob, carol]", "[alice, bob]");
    // A control whose requests need no signature.
    let settings = settings.replace(
        "temporary_access: {change_level: change_request",
        "temporary_access: {change_level: log_changes_only",
    );
    let world = signed_world_with(&settings);
    let grant = addition("[sam.reyes]", "[ap-clerk]");
    world.request("grant", &grant);
    world.request("draft", &format!("{grant}draft: true\n"));
    world.request("cancelled", &format!("{grant}cancelled: No more\n"));
    world.request("invalid", &grant.replace("[ap-clerk]", "[ap-clark]"));
    world.request("broken", "name: [\n");
    world.request("own", &grant.replace("dana", "alice"));
    let loan = grant.replace("role_additions", "temporary_access");
    world.request("logged", &format!("{loan}end_date: 2026-12-24\n"));
    world.request("done", &addition("[jane.doe]", "[vendor-admin]"));
    world.sign("done", "alice");
    world.git_commit("Requests");
    world.run(&["reconcile"]);
    assert_eq!(world.standing("done")["status"], "complete");
    world.request(
        "written",
        &addition("[sam.reyes]", "[vendor-admin, ap-clerk]"),
    );
    world.commit_by("Alice Park", "alice@acme.example");
    world
}

#[rstest]
#[case::no_such_request(&["nothing"], "alice", "nothing")]
#[case::another_case(&["Grant"], "alice", "grant")]
#[case::a_path(&["requests/grant.yaml"], "alice", "")]
#[case::a_path_that_leads_elsewhere(&["../grant"], "alice", "")]
#[case::a_draft(&["draft"], "alice", "draft")]
#[case::called_off(&["cancelled"], "alice", "called off")]
#[case::complete(&["done"], "alice", "complete")]
#[case::with_errors(&["invalid"], "alice", "RC111")]
#[case::not_readable(&["broken"], "alice", "RC004")]
#[case::her_own(&["own"], "alice", "alice")]
#[case::she_wrote_it(&["written"], "alice", "alice")]
#[case::it_affects_him(&["grant"], "bob", "bob")]
#[case::no_approver(&["grant"], "carol", "carol")]
#[case::no_signature_asked_for(&["logged"], "alice", "signature|evidence")]
#[case::nobody_of_the_settings(&["grant", "--as", "mallory"], "alice", "mallory")]
#[case::somebody_in_another_case(&["grant", "--as", "Alice"], "alice", "alice")]
#[case::a_key_of_nobody(&["grant"], "stranger", "key")]
#[case::a_key_of_nobody_for_her(&["grant", "--as", "alice"], "stranger", "key")]
#[case::the_key_of_somebody_else(&["grant", "--as", "alice"], "bob", "key")]
#[case::a_blank_comment(&["grant", "--comment", " "], "alice", "comment")]
#[case::an_empty_comment(&["grant", "--comment", ""], "alice", "comment")]
#[case::a_comment_that_drives_a_terminal(&["grant", "--comment", "\u{1b}[2J"], "alice", "comment")]
#[case::a_comment_that_turns_text_around(&["grant", "--comment", "\u{202e}no"], "alice", "comment")]
#[case::no_key_there(&["grant"], "nowhere", "nowhere")]
#[case::a_folder_for_a_key(&["grant"], ".", "")]
fn a_decision_that_would_not_count_is_refused_and_nothing_is_written(
    #[case] arguments: &[&str],
    #[case] key: &str,
    #[case] says: &str,
) {
    let world = refusing();
    let before = world.everything();
    let key = world.key(key);
    for verb in ["approve", "reject"] {
        let mut all = vec![verb];
        all.extend(arguments);
        all.extend(["--yes", "--key", key.to_str().expect("UTF-8")]);
        all.extend(["--format", "json"]);
        let run = world.run(&all).exits(3);
        assert_eq!(run.out, "", "a refusal gives no JSON");
        let err = run.err.to_lowercase();
        let said = says
            .split('|')
            .any(|word| err.contains(&word.to_lowercase()));
        assert!(said, "{says:?} is not in\n{}", run.err);
        assert_eq!(world.everything(), before);
    }
}

#[rstest]
#[case::before("2026-11-01")]
#[case::from_later_on("2026-12-31")]
fn a_revoked_key_signs_nothing(#[case] since: &str) {
    let world = with_grant(ONE);
    world.revoke("alice", since);
    world.git_commit("Revoked");
    let before = world.everything();
    world
        .decide("approve", "grant", "alice")
        .exits(3)
        .says("revoked");
    assert_eq!(world.everything(), before);
}

#[test]
fn without_a_terminal_and_without_yes_it_is_wrong_usage() {
    let world = with_grant(ONE);
    let before = world.everything();
    let key = world.key("alice");
    let key = key.to_str().expect("UTF-8");
    for verb in ["approve", "reject"] {
        world
            .run(&[verb, "grant", "--key", key])
            .exits(64)
            .says("--yes");
    }
    assert_eq!(world.everything(), before);
}

#[test]
fn json_names_what_was_signed() {
    let world = with_grant(ONE);
    let key = world.key("alice");
    let key = key.to_str().expect("UTF-8");
    let run = world.run(&[
        "approve", "grant", "--yes", "--key", key, "--format", "json",
    ]);
    let answer = run.exits(0).json();
    assert_eq!(answer["version"], 1);
    assert_eq!(answer["path"], file("grant", "alice"));
    assert_eq!(answer["request"], "grant");
    assert_eq!(answer["decision"], "approve");
    assert_eq!(answer["person"], "alice");
    assert_eq!(answer["at"], NOW);
    assert_eq!(answer["content"], sha256(world.read("requests/grant.yaml")));
    assert_eq!(answer["repository"], world.first_commit());
    let fingerprint = answer["key"].as_str().expect("a fingerprint");
    let listed = Command::new("ssh-keygen").arg("-lf").arg(key).output();
    let listed = String::from_utf8(listed.expect("ssh-keygen starts").stdout).expect("UTF-8");
    assert!(
        listed.contains(fingerprint),
        "{fingerprint} is not in {listed}"
    );
    let run = world.run(&["reject", "grant", "--yes", "--key", key, "--format", "json"]);
    assert_eq!(run.exits(0).json()["decision"], "reject");
}

#[test]
fn what_it_would_do_is_shown_before_it_is_signed() {
    let world = with_grant(ONE);
    let run = world.decide("approve", "grant", "alice").exits(0);
    for word in [
        "sam.reyes",
        "ap-clerk",
        "HR-1204",
        "approvals/grant/alice.yaml",
    ] {
        assert!(run.out.contains(word), "no {word} in\n{}", run.out);
    }
}

#[test]
fn the_public_half_names_the_key_as_well() {
    let world = with_grant(ONE);
    let key = world.key("alice.pub");
    let run = world.run(&[
        "approve",
        "grant",
        "--yes",
        "--key",
        key.to_str().expect("UTF-8"),
    ]);
    run.exits(0);
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "approved");
}

/// An agent that ends with the test.
struct Agent {
    child: Child,
    socket: String,
}

impl Agent {
    fn start(world: &World, keys: &[&str]) -> Self {
        let socket = world.key_folder().join("agent");
        let child = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ssh-agent starts");
        let agent = Self {
            child,
            socket: socket.to_str().expect("UTF-8").to_owned(),
        };
        assert!(
            holds_in_time(|| UnixStream::connect(&socket).is_ok()),
            "the agent listens"
        );
        for key in keys {
            let mut add = Command::new("ssh-add");
            add.arg("-q")
                .arg(world.key(key))
                .env("SSH_AUTH_SOCK", &agent.socket);
            let output = add.output().expect("ssh-add starts");
            assert!(output.status.success(), "{output:?}");
        }
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[rstest]
#[case::her_key_alone(&["alice"], &[], Some("alice"))]
#[case::beside_a_key_of_nobody(&["stranger", "alice"], &[], Some("alice"))]
#[case::of_two_people_the_one_that_is_named(&["alice", "bob"], &["--as", "bob"], Some("bob"))]
#[case::of_two_people(&["alice", "bob"], &[], None)]
#[case::of_nobody(&["stranger"], &[], None)]
#[case::none(&[], &[], None)]
#[case::of_somebody_else(&["bob"], &["--as", "alice"], None)]
fn the_agent_signs_where_no_key_is_named(
    #[case] keys: &[&str],
    #[case] more: &[&str],
    #[case] signer: Option<&str>,
) {
    let world = with_grant(ONE);
    let agent = Agent::start(&world, keys);
    let mut command = world.command(&["approve", "grant", "--yes"]);
    command.args(more).env("SSH_AUTH_SOCK", &agent.socket);
    let run = ended(start(command));
    drop(agent);
    let Some(signer) = signer else {
        run.exits(3);
        assert!(!world.path().join("approvals").exists());
        return;
    };
    run.exits(0);
    world.git_commit("Grant");
    let grant = world.standing("grant");
    assert_eq!(grant["status"], "approved", "{grant:#}");
    assert_eq!(strings(&grant["approval"]["given"]), [signer]);
}

#[test]
fn a_public_key_whose_private_half_the_agent_has_signs() {
    let world = with_grant(ONE);
    let agent = Agent::start(&world, &["alice"]);
    fs::remove_file(world.key("alice")).expect("the private half goes");
    let key = world.key("alice.pub");
    let mut command = world.command(&["approve", "grant", "--yes", "--key"]);
    command.arg(key).env("SSH_AUTH_SOCK", &agent.socket);
    ended(start(command)).exits(0);
    drop(agent);
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "approved");
}

#[rstest]
#[case::no_agent(None)]
#[case::an_agent_that_is_gone(Some("/nonexistent/agent"))]
fn without_an_agent_and_without_a_key_it_is_refused(#[case] socket: Option<&str>) {
    let world = with_grant(ONE);
    let mut command = world.command(&["approve", "grant", "--yes"]);
    if let Some(socket) = socket {
        command.env("SSH_AUTH_SOCK", socket);
    }
    ended(start(command)).exits(3).says("--key");
    assert!(!world.path().join("approvals").exists());
}

#[rstest]
#[case::ecdsa_256(&["-t", "ecdsa", "-b", "256"])]
#[case::ecdsa_521(&["-t", "ecdsa", "-b", "521"])]
#[case::rsa(&["-t", "rsa", "-b", "2048"])]
fn other_kinds_of_keys_sign(#[case] kind: &[&str]) {
    let (private, public_half) = generate(kind);
    let settings = signed_settings(ONE).replace(&public("alice"), &public_half);
    let world = signed_world_with(&settings);
    world.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    secret(&world.key("other"), &private);
    fs::write(world.key("other.pub"), &public_half).expect("the public half");
    world.sign("grant", "other");
    world.git_commit("Grant");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
    world.run(&["verify", "--approvals"]).exits(0);
    world.request("more", &addition("[jane.doe]", "[vendor-admin]"));
    world.sign("more", "other");
    world.set_field("more", "alice", "at", "2026-11-23T11:00:00Z");
    world.git_commit("More");
    let more = world.standing("more");
    assert_eq!(codes(&more), ["RC509"], "{more:#}");
}

#[test]
fn outside_of_git_a_repository_with_a_name_works() {
    let settings = format!("{}repository: acme/access\n", signed_settings(ONE));
    let mut world = plain_world(&settings);
    world.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    world.reconcile();
    assert_eq!(world.standing("grant")["status"], "pending_approval");
    world.sign("grant", "alice");
    let text = world.read(&file("grant", "alice"));
    assert!(text.contains("\n  repository: acme/access\n"), "{text}");
    assert!(!text.contains("blob:"), "{text}");
    world.edit("requests/grant.yaml", "HR-1204", "HR-1205");
    assert_eq!(codes(&world.standing("grant")), ["RC503"]);
    world.edit("requests/grant.yaml", "HR-1205", "HR-1204");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
    world.run(&["verify", "--approvals"]).exits(0);
    world.at("2026-11-23T13:00:00Z");
    assert_eq!(world.standing("grant")["status"], "complete");
}

#[test]
fn outside_of_git_a_repository_without_a_name_is_refused() {
    let world = plain_world(&signed_settings(ONE));
    world.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let before = world.everything();
    world
        .decide("approve", "grant", "alice")
        .exits(3)
        .says("repository: NAME");
    assert_eq!(world.everything(), before);
}

#[test]
fn outside_of_git_without_a_name_no_approval_counts() {
    let named = plain_world(&format!(
        "{}repository: acme/access\n",
        signed_settings(ONE)
    ));
    named.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    named.sign("grant", "alice");
    named.edit("rolecall.yaml", "repository: acme/access\n", "");
    let grant = named.standing("grant");
    assert_eq!(codes(&grant), ["RC505"], "{grant:#}");
    named.reconcile();
    assert_eq!(named.ran(), [""; 0]);
}

/// The control asks for Carol, and the role for two of three besides.
fn strict() -> World {
    let settings = signed_settings("evidence: signature, approvers: [carol, dana]").replace(
        "ap-clerk: {name: A/P Clerk}",
        "ap-clerk: {name: A/P Clerk, evidence: signature, approvals: 2, approvers: [alice, bob, carol]}",
    );
    let world = signed_world_with(&settings);
    world.git(&["checkout", "--quiet", "-b", "topic"]);
    world.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    world.git_commit("Grant");
    for person in ["alice", "carol"] {
        world.sign("grant", person);
        world.git_commit("Approve");
    }
    world.git(&["checkout", "--quiet", "main"]);
    world.write(
        "README",
        "Another commit, so that there is something to merge\n",
    );
    world.git_commit("Go on");
    world
}

const SQUASHED: &[&[&str]] = &[
    &["merge", "--quiet", "--squash", "topic"],
    &[
        "commit",
        "--quiet",
        "--author=Erin <erin@acme.example>",
        "-m",
        "Squashed",
    ],
];
const REBASED: &[&[&str]] = &[
    &["checkout", "--quiet", "topic"],
    &["rebase", "--quiet", "main"],
    &["checkout", "--quiet", "main"],
    &["merge", "--quiet", "--ff-only", "topic"],
];
const MERGED: &[&[&str]] = &[&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]];

#[rstest]
#[case::squashed(SQUASHED)]
#[case::rebased(REBASED)]
#[case::merged_by_a_third_person(MERGED)]
fn approvals_count_however_they_are_merged_and_one_byte_more_undoes_them(
    #[case] steps: &[&[&str]],
    #[values(false, true)] changed: bool,
) {
    let world = strict();
    assert_eq!(
        world.run(&["status", "grant"]).code,
        3,
        "not in the work tree of main"
    );
    for step in steps {
        let mut git = world.git_command(step);
        git.env("GIT_COMMITTER_NAME", "Erin")
            .env("GIT_COMMITTER_EMAIL", "erin@acme.example");
        let output = git.output().expect("git starts");
        assert!(output.status.success(), "{step:?}: {output:?}");
    }
    let grant = world.standing("grant");
    assert_eq!(grant["status"], "approved", "{grant:#}");
    assert_eq!(codes(&grant), [""; 0], "{grant:#}");
    assert_eq!(strings(&grant["approval"]["given"]), ["alice", "carol"]);
    if changed {
        world.edit("requests/grant.yaml", "HR-1204", "HR-1205");
        world.git_commit("One byte");
        let grant = world.standing("grant");
        assert_eq!(grant["status"], "pending_approval", "{grant:#}");
        let said = grant["findings"].to_string();
        assert!(
            codes(&grant).iter().all(|code| *code == "RC503"),
            "{grant:#}"
        );
        assert!(said.contains("alice") && said.contains("carol"), "{said}");
        assert!(!said.contains("bob"), "{said}");
    }
    world.reconcile();
    let expected: &[&str] = if changed { &[] } else { &["grant"] };
    assert_eq!(world.ran(), expected);
}

#[rstest]
#[case::the_control_alone_is_met(&["carol"])]
#[case::the_role_alone_is_met(&["alice", "bob"])]
#[case::one_of_the_role(&["alice"])]
fn every_rule_has_to_be_met(#[case] people: &[&str]) {
    let world = strict();
    world.git(&["rm", "--quiet", "-r", "--ignore-unmatch", "approvals"]);
    world.git(&["checkout", "--quiet", "topic", "--", "requests"]);
    for person in people {
        world.put("grant", person, &[world.decision("grant", person)]);
    }
    world.git_commit("Some approve");
    let grant = world.standing("grant");
    assert_eq!(grant["status"], "partially_approved", "{grant:#}");
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn the_log_names_the_rules_the_people_and_the_assurance() {
    let world = strict();
    world.git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    world.reconcile();
    let log = world.logs().pop().expect("a log");
    let approvals = log["approvals"].as_array().expect("approvals");
    let people: Vec<_> = approvals
        .iter()
        .map(|approval| &approval["person"])
        .collect();
    assert_eq!(people, ["alice", "carol"]);
    for approval in approvals {
        assert_eq!(approval["evidence"], "signature");
        assert_eq!(approval["assurance"], "signed");

        let signed = &approval["signed"];
        let armor = signed["signature"].as_str().expect("a signature");
        assert!(
            armor.starts_with("-----BEGIN SSH SIGNATURE-----\n"),
            "{armor}"
        );
        let key = signed["key"].as_str().expect("a key");
        let person = approval["person"].as_str().expect("a person");
        assert_eq!(key, public(person));
    }
    assert!(
        approvals[0]["rules"].to_string().contains("ap-clerk"),
        "{approvals:?}"
    );
    assert_eq!(approvals[1]["rules"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_scheduled_removal_that_is_held_up_is_said_on_every_run() {
    let mut world = signed_world(ONE);
    let request = reduction("[sam.reyes]", "[ap-payer]");
    let request = format!("{request}offboarding_date: 2026-11-30\n");
    world.request("remove", &request);
    world.sign("remove", "alice");
    world.git_commit("Remove");
    world.reconcile();
    assert_eq!(codes(&world.standing("remove")), [""; 0]);
    world.edit("requests/remove.yaml", "HR-1204", "HR-1205");
    world.git_commit("Changed");
    for at in [
        NOW,
        "2026-11-30T04:59:59Z",
        "2026-11-30T05:00:00Z",
        "2026-12-01T12:00:00Z",
    ] {
        world.at(at);
        let report = world.reconcile();
        let found = |report: &Value| {
            let request = find(&report["requests"], "remove").expect("it");
            all_speak(request);
            let mut found: Vec<String> = codes(request).iter().map(ToString::to_string).collect();
            found.sort();
            found
        };
        assert_eq!(found(&report), ["RC503", "RC515"], "{at}");
        assert_eq!(found(&world.plan()), ["RC503", "RC515"], "{at}");
        world.run(&["reconcile"]).exits(0).says("RC515");
        assert_eq!(world.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
    }
    world.edit("requests/remove.yaml", "HR-1205", "HR-1204");
    world.git_commit("Put it back");
    world.reconcile();
    assert_eq!(world.roles("sam.reyes"), ["vendor-admin"]);
}

#[test]
fn a_scheduled_removal_that_was_rejected_before_it_was_changed_is_not_said_to_be_held_up() {
    let world = signed_world(ONE);
    let request = reduction("[sam.reyes]", "[ap-payer]");
    let request = format!("{request}offboarding_date: 2026-11-30\n");
    world.request("remove", &request);
    world.decide("reject", "remove", "alice").exits(0);
    world.git_commit("Remove");
    world.edit("requests/remove.yaml", "HR-1204", "HR-1205");
    world.git_commit("Changed");
    assert_eq!(codes(&world.standing("remove")), ["RC503"]);
}

#[test]
fn a_request_that_is_not_merged_is_pending_whatever_signatures_it_has() {
    let world = with_grant(ONE);
    for person in ["alice", "bob", "carol"] {
        world.sign("grant", person);
    }
    for step in ["untracked", "on a branch"] {
        let grant = world.standing("grant");
        assert_eq!(grant["status"], "pending_approval", "{step} {grant:#}");
        assert_eq!(codes(&grant), ["RC210"], "{step}");
        world.reconcile();
        assert_eq!(world.ran(), [""; 0], "{step}");
        world.git(&["checkout", "--quiet", "-B", "topic"]);
        world.git_commit("On a branch");
    }
}

#[test]
fn an_approval_merged_before_its_request_waits_for_it() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    let request = world.read("requests/grant.yaml");
    world.delete("requests/grant.yaml");
    world.git_commit("The approval alone");
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
    world.request("grant", &request);
    world.git_commit("And the request");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

#[test]
fn a_request_that_is_merged_already_can_be_approved_later() {
    let world = with_grant(ONE);
    world.git_commit("Grant");
    world.reconcile();
    assert_eq!(world.standing("grant")["status"], "pending_approval");
    world.sign("grant", "alice");
    world.git_commit("Approved");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

#[test]
fn approving_changes_no_state_and_writes_no_log() {
    let world = with_grant(ONE);
    world.git_commit("Grant");
    world.reconcile();
    let before = world.state_files();
    world.sign("grant", "alice");
    world.decide("reject", "grant", "bob").exits(0);
    assert_eq!(world.state_files(), before);
}

/// `approve` at a terminal, on which somebody answers.
fn at_a_terminal(world: &World, answer: &str) -> Output {
    let command = format!(
        "'{}' approve grant --key '{}'",
        program().display(),
        world.key("alice").display()
    );
    let mut script = world.around("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    script.env("SHELL", "/bin/sh").env("TERM", "dumb");
    let mut child = script
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(answer.as_bytes()).expect("it listens");
    drop(input);
    child.wait_with_output().expect("script ends")
}

#[rstest]
#[case::yes("y\n", 0)]
#[case::yes_in_full("YES\n", 0)]
#[case::no("n\n", 3)]
#[case::a_line_feed("\n", 3)]
#[case::something_else("yes please\n", 3)]
#[case::nothing_more("", 3)]
fn at_a_terminal_it_asks_and_signs_only_after_a_yes(#[case] answer: &str, #[case] code: i32) {
    let world = with_grant(ONE);
    let output = at_a_terminal(&world, answer);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("Sign as alice: approve grant? [y/N]"),
        "{text}"
    );
    assert!(text.contains("What it would do"), "{text}");
    assert_eq!(output.status.code(), Some(code), "{text}");
    let is_there = world.path().join(file("grant", "alice")).exists();
    assert_eq!(is_there, code == 0, "{text}");
}
