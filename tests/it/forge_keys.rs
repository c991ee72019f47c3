//! Records of a forge that are signed, and settings that ask for it.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};

use rstest::rstest;
use serde_json::json;

use crate::support::Workspace;
use crate::support::forge::{fetch, files, forge_settings, is_pending_with, key, keyed};
use crate::support::github::{APPROVED_AT, approved_with};

const NINE: &str = "2026-11-21T09:00:00Z";
const RECORD: &str = "approvals/grant/forge.yaml";

/// A world whose settings ask for signed records, with one that is.
struct Signed {
    workspace: Workspace,
    /// The public half of the key.
    public: String,
}

fn signed() -> Signed {
    let (_folder, file, public) = key();
    let (workspace, _, server) = approved_with(&keyed(&public));
    let arguments = ["--request", "grant", "--sign-key", &file];
    fetch(&workspace, &server, "github", &arguments).exits(0);
    workspace.git_commit("Record the reviews");
    Signed { workspace, public }
}

/// What is signed of a record.
fn message(record: &str) -> String {
    let end = record
        .find("signature: |\n")
        .or_else(|| record.find("...\n"));
    record[..end.expect("an end")].to_owned()
}

/// A record with a signature by hand.
fn sign(record: &str, file: &str, namespace: &str) -> String {
    let message = message(record);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("message");
    fs::write(&path, &message).expect("written");
    let output = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace, "-f", file])
        .arg(&path)
        .output()
        .expect("ssh-keygen starts");
    assert!(output.status.success(), "{output:?}");
    let signature = fs::read_to_string(folder.path().join("message.sig")).expect("a signature");
    let mut signed = format!("{message}signature: |\n");
    for line in signature.lines() {
        writeln!(signed, "  {line}").expect("writing to a text");
    }
    signed + "...\n"
}

#[test]
fn a_signed_record_counts_where_the_settings_ask_for_it() {
    let Signed { workspace, .. } = signed();
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
    let record = workspace.read(RECORD);
    assert_eq!(workspace.last_log()["forge_record"], record.as_str());
    assert!(record.contains("BEGIN SSH SIGNATURE"), "{record}");
    let verified = workspace.answer(&["verify", "--approvals"], 0);
    assert_eq!(verified["approvals"]["reviewed"], 1);
}

#[test]
fn ssh_keygen_alone_can_check_the_signature_of_a_record() {
    let Signed { workspace, public } = signed();
    let record = workspace.read(RECORD);
    let (_, rest) = record.split_once("signature: |\n").expect("a signature");
    let lines = rest.strip_suffix("...\n").expect("the end");
    let signature = lines.replace("\n  ", "\n");
    let signature = signature.trim_start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("sig"), signature).expect("written");
    fs::write(path("signers"), format!("forge {public}\n")).expect("written");
    fs::write(path("message"), message(&record)).expect("written");
    let output = Command::new("ssh-keygen")
        .args([
            "-Y",
            "verify",
            "-I",
            "forge",
            "-n",
            "rolecall-forge-record",
            "-f",
        ])
        .arg(path("signers"))
        .arg("-s")
        .arg(path("sig"))
        .stdin(Stdio::from(fs::File::open(path("message")).expect("open")))
        .output()
        .expect("ssh-keygen starts");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn json_says_that_a_record_is_signed() {
    let (_folder, file, public) = key();
    let (workspace, _, server) = approved_with(&keyed(&public));
    let arguments = [
        "--request",
        "grant",
        "--sign-key",
        &file,
        "--format",
        "json",
    ];
    let answer = fetch(&workspace, &server, "github", &arguments)
        .exits(0)
        .json();
    assert_eq!(answer["records"][0]["signed"], true);
    assert_eq!(answer["records"][0]["approved_by"], json!(["alice-park"]));
}

#[test]
fn a_record_may_be_signed_where_nobody_asks_for_it() {
    let (_folder, file, _) = key();
    let (workspace, _, server) = approved_with(&forge_settings());
    fetch(
        &workspace,
        &server,
        "github",
        &["--request", "grant", "--sign-key", &file],
    )
    .exits(0);
    workspace.git_commit("Record the reviews");
    assert_eq!(workspace.status("grant")["status"], "approved");
}

#[test]
fn an_unsigned_record_does_not_count_where_the_settings_ask_for_signed_ones() {
    let (_folder, _, public) = key();
    let (workspace, _, server) = approved_with(&keyed(&public));
    let run = fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    assert!(run.err.contains("--sign-key"), "{}", run.err);
    workspace.git_commit("Record the reviews");
    is_pending_with(&workspace, "grant", &["RC519"]);
}

#[rstest]
#[case::the_account_of_a_review("account: alice-park", "account: bob-lee")]
#[case::the_moment_of_a_review(APPROVED_AT, NINE)]
#[case::the_author("author: dana-fox", "author: dana-fix")]
#[case::who_merged("merged_by: release-train", "merged_by: release-truin")]
#[case::the_number("number: ", "number: 1")]
#[case::the_project("project: acme/access", "project: acme/axcess")]
#[case::the_address("url: http:", "url: https:")]
#[case::a_rule("enforce_admins: \"true\"", "enforce_admins: \"false\"")]
#[case::the_notes("notes: []", "notes: [so]")]
#[case::when_it_was_fetched("fetched: 2026-11-23T12:00:00Z", "fetched: 2026-11-23T12:00:01Z")]
#[case::the_signature("  U1NIU0", "  U1NIU1")]
fn a_signed_record_that_was_changed_does_not_count(#[case] from: &str, #[case] to: &str) {
    let Signed { workspace, .. } = signed();
    workspace.edit(RECORD, from, to);
    workspace.git_commit("Change the record");
    is_pending_with(&workspace, "grant", &["RC509"]);
}

#[test]
fn a_record_is_signed_with_no_other_key_than_that_of_the_settings() {
    let (_folder, _, public) = key();
    let (_other, other, _) = key();
    let (workspace, _, server) = approved_with(&keyed(&public));
    let before = files(&workspace);
    fetch(
        &workspace,
        &server,
        "github",
        &["--request", "grant", "--sign-key", &other],
    )
    .exits(3)
    .says("forge_key");
    assert_eq!(files(&workspace), before);
}

#[rstest]
#[case::another_key(false, "rolecall-forge-record")]
#[case::for_approvals(true, "rolecall-approval")]
#[case::for_git(true, "git")]
fn a_signature_by_another_key_or_for_something_else_does_not_count(
    #[case] is_the_key: bool,
    #[case] namespace: &str,
) {
    let (_folder, file, public) = key();
    let (_other, other, _) = key();
    let (workspace, _, server) = approved_with(&keyed(&public));
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    let unsigned = workspace.read(RECORD);
    let with = if is_the_key { &file } else { &other };
    workspace.write(RECORD, sign(&unsigned, with, namespace));
    workspace.git_commit("Record the reviews");
    is_pending_with(&workspace, "grant", &["RC509"]);
    // What differs is only that.
    workspace.write(RECORD, sign(&unsigned, &file, "rolecall-forge-record"));
    workspace.git_commit("Sign the record");
    assert_eq!(workspace.status("grant")["status"], "approved");
}

/// The lines of the settings that revoke a key.
fn revoked(public: &str) -> String {
    format!("revoked_keys:\n- {{key: \"{public}\", since: 2026-11-22, reason: it leaked}}\n")
}

#[test]
fn a_record_that_is_signed_with_a_revoked_key_does_not_count_under_a_new_one() {
    let Signed { workspace, public } = signed();
    let (_folder, _, new) = key();
    workspace.settings(&public, &new);
    workspace.more_settings(&revoked(&public));
    workspace.git_commit("Replace the key");
    is_pending_with(&workspace, "grant", &["RC508"]);
}

#[test]
fn a_forge_key_that_is_revoked_is_told_and_no_record_counts_until_there_is_another() {
    let Signed { workspace, public } = signed();
    workspace.more_settings(&revoked(&public));
    workspace.git_commit("Revoke the key");
    for command in ["status", "validate", "plan", "reconcile"] {
        workspace
            .run(&[command])
            .exits(0)
            .says("the key of `approval.forge_key` is one of `revoked_keys`");
    }
    is_pending_with(&workspace, "grant", &["RC508"]);
}

#[rstest]
#[case::no_file(None)]
#[case::no_key(Some("nothing\n"))]
fn a_key_that_cannot_sign_writes_nothing(#[case] text: Option<&str>) {
    let (workspace, _, server) = approved_with(&forge_settings());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("key");
    if let Some(text) = text {
        fs::write(&file, text).expect("written");
    }
    let file = file.to_str().expect("UTF-8");
    let before = files(&workspace);
    let run = fetch(
        &workspace,
        &server,
        "github",
        &["--request", "grant", "--sign-key", file],
    );
    assert!([1, 3].contains(&run.code), "{run:?}");
    assert_eq!(files(&workspace), before);
}
