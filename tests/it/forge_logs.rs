//! What the reviews prove that logs embed: `verify --approvals`, also where the whole chain was written anew.

use std::fs;

use rstest::rstest;

use crate::support::Workspace;
use crate::support::forge::server::Server;
use crate::support::forge::{How, Pull, fetch, grant, key, keyed, pull, reviewed, rewrite_log};
use crate::support::git::merged_with;
use crate::support::github::{review, routes, told};
use crate::support::worlds::{addition, names_serial};

const NINE: &str = "2026-11-21T09:00:00Z";
const TEN: &str = "2026-11-21T10:00:00Z";

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
#[case::the_account_of_the_review(EMBEDDED, "account: alice-park", "account: bob-lee")]
#[case::the_moment_of_the_review(EMBEDDED, TEN, NINE)]
#[case::an_approval_to_a_request_for_changes(
    EMBEDDED,
    "state: approved",
    "state: changes_requested"
)]
#[case::an_approval_to_a_dismissed_one(EMBEDDED, "state: approved", "state: dismissed")]
#[case::the_request_of_the_record(EMBEDDED, "request: grant", "request: granted")]
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
        text.replacen(from, to, 1)
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

#[rstest]
#[case::of_the_request(ENTRY)]
#[case::of_the_record(EMBEDDED)]
fn verify_finds_a_digest_that_was_changed_with_the_whole_chain(#[case] part: bool) {
    let workspace = reviewed();
    with_logs(&workspace, &[]);
    change(&workspace, part, |text| {
        let (before, after) = text.split_once("content: sha256:").expect("the digest");
        let (first, rest) = after.split_at(1);
        let other = if first == "0" { "1" } else { "0" };
        format!("{before}content: sha256:{other}{rest}")
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

/// Nothing says whose account it was, then; that the record has no such review is seen all the same.
#[test]
fn without_the_settings_of_that_time_a_review_must_be_in_its_record() {
    let workspace = reviewed();
    with_logs(&workspace, &[]);
    fs::remove_dir_all(workspace.path().join(".git")).expect("the history goes");
    let settings = workspace.read("rolecall.yaml");
    workspace.write("rolecall.yaml", settings + "# Later\n");
    let verified = workspace.answer(&["verify", "--approvals"], 0);
    let approvals = &verified["approvals"];
    assert_eq!(
        (&approvals["reviewed"], &approvals["untied"]),
        (&2.into(), &2.into())
    );
    let run = workspace.run(&["verify", "--approvals"]).exits(0);
    run.says("made under settings that are not here: 2");
    change(&workspace, ENTRY, |text| {
        text.replacen("account: alice-park", "account: bob-lee", 1)
    });
    is_found(&workspace);
    workspace
        .run(&["verify", "--approvals"])
        .says("has no such review");
}
