//! Reading and writing approval files.

use proptest::option;
use proptest::prelude::*;

use super::{Entry, LIMIT, message, read, with, write};
use crate::check::finding::{Code, Finding};
use crate::document::sample::{allowed_text, any_moment};
use crate::document::source::Source;
use crate::model::{Decision, Digest, PersonId, RequestId, Signed, Statement};

const ARMOR: &str = include_str!("armor.sig");

fn reading(text: &str) -> Result<Vec<Entry>, Finding> {
    let source = Source::new("approvals/r/alice.yaml", text.into(), LIMIT).expect("a text");
    read(&source)
}

fn signed() -> Signed {
    Signed {
        statement: Statement {
            request: RequestId::new("onboard-jane").expect("an id"),
            path: "requests/onboard-jane.yaml".to_owned(),
            content: Digest::of(b"content"),
            blob: Some("3f".repeat(20)),
            settings: Digest::of(b"settings"),
            repository: "acme/access".to_owned(),
            decision: Decision::Approve,
            person: PersonId::new("alice").expect("an id"),
            at: crate::time::parse_rfc3339("2026-11-23T12:00:00Z").expect("a moment"),
            expires: None,
            comment: Some("As agreed: HR".to_owned()),
        },
        signature: ARMOR.to_owned(),
    }
}

fn decisions(text: &str) -> Option<Vec<Signed>> {
    let entries = reading(text).ok()?;
    assert!(entries.iter().all(|entry| entry.is_as_written), "{text}");
    Some(entries.into_iter().map(|entry| entry.signed).collect())
}

#[test]
fn what_is_signed_stands_in_the_file_line_by_line() {
    let signed = signed();
    let text = write([&signed]);
    let mut cut = vec!["version: 1"];
    cut.extend(
        text.lines()
            .skip_while(|line| !line.starts_with("- "))
            .take_while(|line| *line != "  signature: |")
            .map(|line| &line[2..]),
    );
    let cut = cut.join("\n") + "\n";
    assert_eq!(cut.into_bytes(), message(&signed.statement));
}

#[test]
fn a_file_that_is_cut_off_says_so() {
    let text = write([&signed(), &signed()]);
    for length in 0..text.trim_end().len() {
        let finding = reading(&text[..length]).expect_err("it is cut off");
        assert_eq!(finding.code, Code::BadApproval, "{length}");
        assert!(!finding.is_error());
    }
}

#[test]
fn a_file_of_something_else_is_refused_as_a_whole() {
    let good = write([&signed()]);
    for (from, to) in [
        ("version: 1", "version: 2"),
        ("decisions:", "decision:"),
        ("decision: approve", "decision: maybe"),
        ("content: sha256:", "content: md5:"),
        ("person: alice", "person: ../alice"),
        ("at: 2026", "at: yesterday 2026"),
        ("  repository: acme/access\n", ""),
        ("  person: alice\n", "  person: alice\n  person: bob\n"),
        ("  person: alice\n", "  person: alice\n  rank: chief\n"),
        ("blob: ", "blob: zz"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let finding = reading(&text).expect_err(to);
        assert_eq!(finding.code, Code::BadApproval, "{to}: {finding:?}");
        assert!(finding.place.is_some(), "{to}: {finding:?}");
    }
}

#[test]
fn a_line_that_says_the_same_in_another_way_is_told() {
    let good = write([&signed(), &signed()]);
    for (from, to) in [
        ("  decision: approve\n", "  decision: \"approve\"\n"),
        ("  decision: approve\n", "  decision: approve # yes\n"),
        ("  decision: approve\n", "  decision:  approve\n"),
        ("- request: onboard-jane\n", "-  request: onboard-jane\n"),
    ] {
        let text = good.replacen(from, to, 1);
        let Ok(entries) = reading(&text) else {
            continue;
        };
        let as_written: Vec<_> = entries.iter().map(|entry| entry.is_as_written).collect();
        assert_eq!(as_written, [false, true], "{text}");
    }
}

#[test]
fn one_more_decision_leaves_the_text_before_it_as_it_is() {
    let text = write([&signed()]).replace("decisions:", "decisions: # a comment");
    let more = with(&text, &signed());
    assert!(more.starts_with(text.strip_suffix("...\n").expect("its end")));
    assert_eq!(decisions(&more), Some(vec![signed(), signed()]));
}

fn written_text() -> impl Strategy<Value = String> {
    let is_seen = |text: &String| !crate::document::text::is_blank(text);
    allowed_text().prop_filter("a text that is not blank", is_seen)
}

fn any_statement() -> impl Strategy<Value = Statement> {
    let facts = (
        any::<bool>(),
        any_moment(),
        option::of(any_moment()),
        option::of(written_text()),
        written_text(),
        written_text(),
        option::of("[0-9a-f]{40}"),
    );
    facts.prop_map(
        |(approves, at, expires, comment, path, repository, blob)| Statement {
            path,
            repository,
            blob,
            decision: if approves {
                Decision::Approve
            } else {
                Decision::Reject
            },
            at,
            expires,
            comment,
            ..signed().statement
        },
    )
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(statements in prop::collection::vec(any_statement(), 1..4)) {
        let written: Vec<_> = statements
            .into_iter()
            .map(|statement| Signed { statement, signature: ARMOR.to_owned() })
            .collect();
        let text = write(&written);
        prop_assert_eq!(decisions(&text), Some(written), "{}", text);
        let windows = text.replace('\n', "\r\n");
        prop_assert_eq!(decisions(&windows), decisions(&text));
    }

    #[test]
    fn other_statements_are_other_messages(one in any_statement(), other in any_statement()) {
        prop_assert_eq!(one == other, message(&one) == message(&other));
    }
}
