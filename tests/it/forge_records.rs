//! Records of a forge: signed, moved, edited and cut off ones; and what those that are embedded in logs prove later.

use std::fs;
use std::process::{Command, Stdio};

use rstest::rstest;
use serde_json::json;

use crate::support::Workspace;
use crate::support::forge::server::Server;
use crate::support::forge::{
    How, Pull, fetch, files, finding_with, forge_settings, grant, is_pending_with, key, pull,
    record_path, reviewed, rewrite_log,
};
use crate::support::git::merged_with;
use crate::support::github::{review, routes, told};
use crate::support::worlds::{addition, names_serial};

const NINE: &str = "2026-11-21T09:00:00Z";
const TEN: &str = "2026-11-21T10:00:00Z";
const RECORD: &str = "approvals/grant/forge.yaml";

/// A world of these settings whose pull request Alice approved, and the forge that says so.
fn approved_with(settings: &str) -> (Workspace, Pull, Server) {
    let workspace = merged_with(settings);
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let server = Server::start(routes(&pull, &[good]));
    (workspace, pull, server)
}

/// The same with the record fetched and merged.
fn recorded() -> (Workspace, Pull) {
    let (workspace, pull, server) = approved_with(&forge_settings());
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    workspace.git_commit("Record the reviews");
    (workspace, pull)
}

/// [`forge_settings`] that ask for records which are signed with a key.
fn keyed(public: &str) -> String {
    let approval = format!("approval: {{branch: main, forge_key: \"{public}\"}}");
    forge_settings().replace("approval: {branch: main}", &approval)
}

/// A world whose settings ask for signed records, with one that is; and the folder of its key, which goes with it.
struct Signed {
    workspace: Workspace,
    server: Server,
    public: String,
    _folder: tempfile::TempDir,
}

fn signed() -> Signed {
    let (folder, file, public) = key();
    let (workspace, _, server) = approved_with(&keyed(&public));
    let arguments = ["--request", "grant", "--sign-key", &file];
    fetch(&workspace, &server, "github", &arguments).exits(0);
    workspace.git_commit("Record the reviews");
    Signed {
        workspace,
        server,
        public,
        _folder: folder,
    }
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
    let lines: String = signature
        .lines()
        .map(|line| format!("  {line}\n"))
        .collect();
    format!("{message}signature: |\n{lines}...\n")
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
    let Signed {
        workspace,
        public,
        _folder,
        ..
    } = signed();
    let record = workspace.read(RECORD);
    let (_, rest) = record.split_once("signature: |\n").expect("a signature");
    let lines = rest.strip_suffix("...\n").expect("the end").lines();
    let signature: String = lines.map(|line| format!("{}\n", line.trim())).collect();
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
#[case::the_moment_of_a_review(TEN, NINE)]
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
    let Signed {
        workspace, public, ..
    } = signed();
    let (_folder, _, new) = key();
    workspace.settings(&public, &new);
    workspace.more_settings(&revoked(&public));
    workspace.git_commit("Replace the key");
    is_pending_with(&workspace, "grant", &["RC508"]);
}

#[test]
fn nothing_runs_while_the_forge_key_is_a_revoked_one() {
    let Signed {
        workspace, public, ..
    } = signed();
    workspace.more_settings(&revoked(&public));
    workspace.git_commit("Revoke the key");
    for command in ["status", "validate", "plan", "reconcile"] {
        workspace
            .run(&[command])
            .exits(3)
            .says("the key of `approval.forge_key` is one of `revoked_keys`");
    }
    assert!(!workspace.path().join("state/changelog").exists());
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

#[test]
fn a_record_that_was_copied_to_another_request_does_not_count_there() {
    let (workspace, _) = recorded();
    workspace.reconcile();
    let other = addition("[sam.reyes]", "[payroll-viewer]");
    pull(&workspace, "other", &[&other], How::Merge);
    workspace.write(&record_path("other"), workspace.read(RECORD));
    workspace.git_commit("Copy the record");
    assert_eq!(workspace.status("other")["status"], "pending_approval");
    assert_eq!(
        finding_with(&workspace, "RC504")["path"],
        record_path("other")
    );
    workspace.reconcile();
    assert_eq!(workspace.status("other")["status"], "pending_approval");
}

#[test]
fn a_record_of_another_request_with_the_same_bytes_does_not_count() {
    let (workspace, _) = recorded();
    pull(&workspace, "other", &[&grant()], How::Merge);
    workspace.write(&record_path("other"), workspace.read(RECORD));
    workspace.git_commit("Copy the record");
    assert_eq!(workspace.status("other")["status"], "pending_approval");
    finding_with(&workspace, "RC504");
}

#[test]
fn a_record_of_another_repository_does_not_count() {
    let (there, _) = recorded();
    // Another beginning makes another repository.
    let (here, _, _) = approved_with(&format!("# Another company.\n{}", forge_settings()));
    here.write(RECORD, there.read(RECORD));
    here.git_commit("Copy the record");
    is_pending_with(&here, "grant", &["RC505"]);
}

#[test]
fn a_record_belongs_to_the_name_of_its_repository() {
    let (workspace, _, server) = approved_with(&format!("{}repository: acme\n", forge_settings()));
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    workspace.git_commit("Record the reviews");
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.settings("repository: acme", "repository: other");
    workspace.git_commit("Rename the repository");
    is_pending_with(&workspace, "grant", &["RC505"]);
}

#[test]
fn a_request_that_was_edited_after_its_merge_is_pending_and_who_had_approved_is_named() {
    let (workspace, _) = recorded();
    workspace.edit("requests/grant.yaml", "HR-1204", "HR-1205");
    workspace.git_commit("Edit the request");
    is_pending_with(&workspace, "grant", &["RC503"]);
    let message = finding_with(&workspace, "RC503")["message"].to_string();
    assert!(message.contains("alice"), "{message}");
    assert!(message.contains(TEN), "{message}");
    workspace.edit("requests/grant.yaml", "HR-1205", "HR-1204");
    workspace.git_commit("Put the request back");
    assert_eq!(workspace.status("grant")["status"], "approved");
}

#[test]
fn a_request_that_was_edited_in_the_work_tree_only_keeps_its_reviews() {
    let (workspace, _) = recorded();
    workspace.edit("requests/grant.yaml", "ap-clerk", "payroll-viewer");
    workspace.reconcile();
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-clerk", "ap-payer", "vendor-admin"]
    );
}

#[test]
fn a_record_that_is_not_merged_yet_is_named() {
    let (workspace, _, server) = approved_with(&forge_settings());
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    let finding = finding_with(&workspace, "RC210");
    assert_eq!(finding["path"], RECORD);
}

#[rstest]
#[case::its_end(|text: &str| text.replace("...\n", ""))]
#[case::half_of_it(|text: &str| text[..text.len() / 2].to_owned())]
#[case::half_with_an_end(|text: &str| format!("{}\n...\n", &text[..text.len() / 2]))]
#[case::all_of_it(|_: &str| String::new())]
#[case::its_content(|text: &str| text.lines().filter(|line| !line.starts_with("content")).fold(String::new(), |all, line| all + line + "\n"))]
#[case::digits_of_an_id(|text: &str| text.replace("sha256:", "sha256:ab"))]
#[case::the_key_of_it(|text: &str| text.replace("author:", "autor:"))]
#[case::its_version(|text: &str| text.replace("version: 1\n", "version: 2\n"))]
#[case::the_state_of_a_review(|text: &str| text.replace("state: approved", "state: approves"))]
#[case::more_than_64_kib(|text: &str| text.replace("...\n", &format!("# {}\n...\n", "x".repeat(65 * 1024))))]
fn a_record_that_lacks_something_is_none(#[case] damage: fn(&str) -> String) {
    let (workspace, _) = recorded();
    workspace.write(RECORD, damage(&workspace.read(RECORD)));
    workspace.git_commit("Damage the record");
    is_pending_with(&workspace, "grant", &["RC501"]);
    assert_eq!(finding_with(&workspace, "RC501")["path"], RECORD);
}

#[test]
fn a_record_that_is_a_link_is_none() {
    let (workspace, _) = recorded();
    workspace.write("elsewhere.yaml", workspace.read(RECORD));
    workspace.delete(RECORD);
    let link = workspace.path().join(RECORD);
    std::os::unix::fs::symlink("../../elsewhere.yaml", link).expect("a link");
    workspace.git_commit("Link the record");
    is_pending_with(&workspace, "grant", &["RC501"]);
}

/// Two logs that rest on reviews: 2 is that of `grant`, 3 that of `other`. The reviewed commit of the first.
fn with_logs(workspace: &Workspace, more: &[&str]) -> Pull {
    let first = pull(workspace, "grant", &[&grant()], How::Merge);
    let other = addition("[jane.doe]", "[ap-payer]");
    let second = pull(workspace, "other", &[&other], How::Squash);
    let good = |pull: &Pull| [review("alice-park", "APPROVED", pull.head(), TEN)];
    let both = told(
        routes(&first, &good(&first)),
        "other",
        &second,
        &good(&second),
    );
    fetch(workspace, &Server::start(both), "github", more).exits(0);
    workspace.git_commit("Record the reviews");
    workspace.reconcile();
    let verified = workspace.answer(&["verify", "--approvals"], 0);
    assert_eq!(verified["approvals"]["reviewed"], 2);
    first
}

/// Changes log 2 in one part: what stands before the embedded record, or it.
fn change(workspace: &Workspace, in_record: bool, edit: impl FnOnce(&str) -> String) {
    rewrite_log(workspace, 2, |text| {
        let at = text.find("forge_record: |\n").expect("a record");
        let end = at + text[at..].find("\nactor:").expect("what follows it");
        let (before, record, after) = (&text[..at], &text[at..end], &text[end..]);
        if in_record {
            format!("{before}{}{after}", edit(record))
        } else {
            format!("{}{record}{after}", edit(before))
        }
    });
}

#[track_caller]
fn is_found(workspace: &Workspace) {
    // The chain is whole.
    workspace.run(&["verify"]).exits(0);
    let run = workspace.run(&["verify", "--approvals"]).exits(6);
    names_serial(&run, 2);
}

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const ENTRY: bool = false;
const EMBEDDED: bool = true;

#[rstest]
#[case::the_account(ENTRY, "account: alice-park", "account: bob-lee")]
#[case::the_person(ENTRY, "person: alice", "person: bob")]
#[case::the_moment(ENTRY, TEN, NINE)]
#[case::the_decision(ENTRY, "decision: approve", "decision: reject")]
#[case::the_content(ENTRY, "content: sha256:", "content: sha256:0")]
#[case::the_account_of_the_review(EMBEDDED, "account: alice-park", "account: bob-lee")]
#[case::the_moment_of_the_review(EMBEDDED, TEN, NINE)]
#[case::an_approval_to_a_request_for_changes(
    EMBEDDED,
    "state: approved",
    "state: changes_requested"
)]
#[case::an_approval_to_a_dismissed_one(EMBEDDED, "state: approved", "state: dismissed")]
#[case::the_request_of_the_record(EMBEDDED, "request: grant", "request: granted")]
#[case::the_content_of_the_record(EMBEDDED, "content: sha256:", "content: sha256:0")]
#[case::the_repository_of_the_record(EMBEDDED, "repository: commit:", "repository: other:")]
#[case::the_author_to_the_approver(EMBEDDED, "author: dana-fox", "author: alice-park")]
#[case::the_end_of_the_record(EMBEDDED, "\n  ...", "")]
fn verify_finds_an_embedded_record_or_review_that_was_changed_with_the_whole_chain(
    #[case] part: bool,
    #[case] from: &str,
    #[case] to: &str,
) {
    let workspace = reviewed();
    with_logs(&workspace, &[]);
    change(&workspace, part, |text| {
        assert!(text.contains(from), "{from:?} is not in\n{text}");
        let changed = text.replacen(from, to, 1);
        // A digest keeps its length.
        let longer = changed.len() - text.len().min(changed.len());
        if to.ends_with("sha256:0") && longer == 1 {
            let at = changed.find(to).expect("the digest") + to.len();
            let mut changed = changed;
            changed.remove(at + 62);
            return changed;
        }
        changed
    });
    is_found(&workspace);
}

#[rstest]
#[case::of_the_approval(ENTRY)]
#[case::of_the_review(EMBEDDED)]
fn verify_finds_a_commit_that_was_changed_with_the_whole_chain(#[case] part: bool) {
    let workspace = reviewed();
    let pull = with_logs(&workspace, &[]);
    change(&workspace, part, |text| {
        let at = text.find("account: alice-park").expect("the review");
        let (before, after) = text.split_at(at);
        assert!(after.contains(pull.head()), "{after}");
        format!("{before}{}", after.replace(pull.head(), COMMIT))
    });
    is_found(&workspace);
}

#[test]
fn verify_finds_bytes_of_a_review_that_were_changed_with_the_whole_chain() {
    let workspace = reviewed();
    let pull = with_logs(&workspace, &[]);
    change(&workspace, EMBEDDED, |text| {
        let at = text.find("account: alice-park").expect("the review");
        let (before, after) = text.split_at(at);
        format!("{before}{}", after.replace(pull.blob(), COMMIT))
    });
    is_found(&workspace);
}

#[rstest]
#[case::taken_out("")]
#[case::dismissed_later(
    "  - {account: alice-park, state: dismissed, at: 2026-11-21T11:00:00Z, commit: COMMIT, blob: BLOB}\n"
)]
fn verify_finds_a_review_that_was_taken_out_or_taken_back_with_the_whole_chain(#[case] line: &str) {
    let workspace = reviewed();
    let pull = with_logs(&workspace, &[]);
    let quoted = |id: &str| format!("\"{id}\"");
    let line = line
        .replace("COMMIT", &quoted(pull.head()))
        .replace("BLOB", &quoted(pull.blob()));
    change(&workspace, EMBEDDED, |text| {
        let at = text.find("  - {account: alice-park").expect("the review");
        let end = at + text[at..].find('\n').expect("its end") + 1;
        if line.is_empty() {
            let none = text.replace("reviews:\n", "reviews: []\n");
            none.replace(&text[at..end], "")
        } else {
            format!("{}{line}{}", &text[..end], &text[end..])
        }
    });
    is_found(&workspace);
}

#[test]
fn verify_finds_a_record_that_was_taken_out_with_the_whole_chain() {
    let workspace = reviewed();
    with_logs(&workspace, &[]);
    change(&workspace, EMBEDDED, |_| "forge_record: null".to_owned());
    let run = workspace.run(&["verify", "--approvals"]).exits(6);
    names_serial(&run, 2);
}

#[rstest]
#[case::the_number("number: ", "number: 1")]
#[case::the_address("url: http:", "url: https:")]
#[case::a_rule("enforce_admins: \"true\"", "enforce_admins: \"false\"")]
#[case::the_repository("repository: commit:", "repository: other:")]
#[case::the_author("author: dana-fox", "author: bob-lee")]
#[case::an_approval_to_a_request_for_changes("state: approved", "state: changes_requested")]
#[case::the_signature("U1NIU0", "U1NIU1")]
fn verify_finds_any_change_of_an_embedded_record_that_is_signed(
    #[case] from: &str,
    #[case] to: &str,
) {
    let (_folder, file, public) = key();
    let workspace = merged_with(&keyed(&public));
    with_logs(&workspace, &["--sign-key", &file]);
    change(&workspace, EMBEDDED, |text| text.replace(from, to));
    is_found(&workspace);
}
