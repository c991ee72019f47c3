use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::document::problem_of;
use crate::document::sample::{any_request_id, any_text, moment};
use crate::model::{Digest, Instant, RequestId};

const ID: &str = "0a4d55a8d778e5022fab701977c5d840bbc486d0";

const SIGNATURE: &str = "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgnkpQXNsXUK5nBw98CJIW5JVImM
o88EVSDEVn2YcZc6sAAAAVcm9sZWNhbGwtZm9yZ2UtcmVjb3Jk+/==
-----END SSH SIGNATURE-----
";

fn record() -> ForgeRecord {
    let review = |account: &str, state, at| Review {
        account: account.to_owned(),
        state,
        at: moment(at),
        commit: Some(ID.to_owned()),
        blob: Some(ID.to_owned()),
    };
    let mut alice = review("alice-park", ReviewState::Approved, "2026-11-20T10:00:00Z");
    alice.commit = Some("f".repeat(40));
    let mut bot = review("audit[bot]", ReviewState::Dismissed, "2026-11-20T10:05:00Z");
    (bot.commit, bot.blob) = (None, None);
    ForgeRecord {
        forge: Forge::GitHub,
        url: "https://api.github.com".to_owned(),
        project: "acme/access".to_owned(),
        repository: "acme-access".to_owned(),
        request: RequestId::new("onboard-jane").expect("an id"),
        path: "requests/onboard-jane.yaml".to_owned(),
        content: Digest::of(b"content"),
        blob: ID.to_owned(),
        commit: "c".repeat(40),
        number: 17,
        head: "d".repeat(64),
        author: "dana-fox".to_owned(),
        merged_by: Some("carol".to_owned()),
        merged_at: moment("2026-11-20T11:00:00Z"),
        reviews: vec![alice, bot],
        protection: Some(vec![
            ("reviews".to_owned(), "2".to_owned()),
            ("dismiss_stale".to_owned(), "true".to_owned()),
        ]),
        notes: vec!["the branch's rules: read by an administrator".to_owned()],
        fetched: moment("2026-11-20T11:05:00Z"),
    }
}

fn source(text: impl Into<Vec<u8>>) -> Source {
    Source::new("approvals/onboard-jane/forge.yaml", text.into(), LIMIT).expect("a text")
}

fn refusal(text: &str) -> Finding {
    let findings = read(&source(text)).expect_err("no record");
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.into_iter().next().expect("one")
}

#[test]
fn a_record_reads_from_top_to_bottom() {
    let mut record = record();
    record.head = ID.to_owned();
    insta::assert_snapshot!(write(&record, Some(SIGNATURE)), @r#"
    version: 1
    forge: github
    url: https://api.github.com
    project: acme/access
    repository: acme-access
    request: onboard-jane
    path: requests/onboard-jane.yaml
    content: sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73
    blob: "0a4d55a8d778e5022fab701977c5d840bbc486d0"
    commit: cccccccccccccccccccccccccccccccccccccccc
    number: 17
    head: "0a4d55a8d778e5022fab701977c5d840bbc486d0"
    author: dana-fox
    merged_by: carol
    merged_at: 2026-11-20T11:00:00Z
    reviews:
    - {account: alice-park, state: approved, at: 2026-11-20T10:00:00Z, commit: ffffffffffffffffffffffffffffffffffffffff, blob: "0a4d55a8d778e5022fab701977c5d840bbc486d0"}
    - {account: "audit[bot]", state: dismissed, at: 2026-11-20T10:05:00Z}
    protection:
      reviews: "2"
      dismiss_stale: "true"
    notes:
    - "the branch's rules: read by an administrator"
    fetched: 2026-11-20T11:05:00Z
    signature: |
      -----BEGIN SSH SIGNATURE-----
      U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgnkpQXNsXUK5nBw98CJIW5JVImM
      o88EVSDEVn2YcZc6sAAAAVcm9sZWNhbGwtZm9yZ2UtcmVjb3Jk+/==
      -----END SSH SIGNATURE-----
    ...
    "#);
}

#[test]
fn what_is_not_known_is_left_out() {
    let mut record = record();
    record.merged_by = None;
    record.protection = None;
    record.reviews = Vec::new();
    record.notes = Vec::new();
    let text = write(&record, None);
    for absent in ["merged_by", "protection", "signature"] {
        assert!(!text.contains(absent), "{text}");
    }
    assert!(
        text.contains("\nreviews: []\nnotes: []\nfetched: "),
        "{text}"
    );
    assert_eq!(read(&source(text)).expect("a record").record, record);
}

#[test]
fn a_file_with_carriage_returns_is_the_same_record_and_the_signature_stays_over_line_feeds() {
    let text = write(&record(), Some(SIGNATURE)).replace('\n', "\r\n");
    let stored = read(&source(text.as_str())).expect("a record");
    assert_eq!(stored.record, record());
    assert_eq!(stored.signature.as_deref(), Some(SIGNATURE));
    assert_eq!(&*stored.text, text);
    assert_eq!(message(&stored.record), message(&record()));
    assert!(!message(&stored.record).contains(&b'\r'));
}

#[test]
fn what_is_signed_can_be_cut_out_of_the_file() {
    let text = write(&record(), Some(SIGNATURE));
    let before: String = text
        .split_inclusive('\n')
        .take_while(|line| !line.starts_with("signature:"))
        .collect();
    assert_eq!(before.as_bytes(), message(&record()));
}

#[test]
fn no_part_of_a_file_is_another_record() {
    let text = write(&record(), Some(SIGNATURE));
    for length in 0..text.len() {
        if let Ok(stored) = read(&source(&text[..length])) {
            assert_eq!(stored.record, record(), "{length}");
            assert_eq!(stored.signature.as_deref(), Some(SIGNATURE), "{length}");
        }
    }
    let cut = refusal(&text[..text.len() - 4]);
    assert!(
        cut.message
            .ends_with("because it is cut off: its last line is not `...`"),
        "{cut:?}"
    );
    assert_eq!(
        cut.place.map(|place| place.text).as_deref(),
        Some("  -----END SSH SIGNATURE-----")
    );
}

#[rstest]
#[case::unknown_key(
    "number: 17",
    "number: 17\napproved: yes",
    "`approved` is not a key of"
)]
#[case::repeated_key(
    "number: 17",
    "number: 17\nnumber: 18",
    "the key `number` stands twice"
)]
#[case::missing_key("number: 17\n", "", "`number` is missing")]
#[case::version("version: 1", "version: 2", "version `2` of records is not known")]
#[case::version_in_quotes("version: 1", "version: '1'", "version `1` of records")]
#[case::forge("forge: github", "forge: gitea", "`gitea` is not a value of `forge`")]
#[case::no_number("number: 17", "number: 0", "`number` is `0`")]
#[case::quoted_number("number: 17", "number: '17'", "`number` is `17`")]
#[case::url("https://api", "ftp://api", "is not the root of an API")]
#[case::url_without_host("https://api.github.com", "https://", "is not the root of an API")]
#[case::lines("acme/access", "\"acme\\naccess\"", "`project` has more than one line")]
#[case::request("onboard-jane\n", "../x\n", "is not a request id")]
#[case::content("sha256:", "sha256:0", "which is not a digest")]
#[case::upper_case("dddd", "DDDD", "`head` is")]
#[case::short_id("cccc", "ccc", "`commit` is")]
#[case::moment("2026-11-20T11:00:00Z", "2026-11-20", "`merged_at` is `2026-11-20`")]
#[case::no_value("merged_by: carol", "merged_by:", "`merged_by` has no value")]
#[case::review_key(
    "state: approved",
    "state: approved, body: x",
    "`body` is not a key of a review"
)]
#[case::review_state("state: approved", "state: commented", "`commented` is not a value of")]
#[case::review_commit("commit: ffff", "commit: fffg", "`reviews[0].commit` is")]
#[case::review_is_text("reviews:\n", "reviews:\n- x\n", "`reviews[0]` is a text, not a map")]
#[case::protection_key("dismiss_stale", "Dismiss", "`Dismiss` is no key of `protection`")]
#[case::protection_value("reviews: \"2\"", "reviews: []", "`protection.reviews` is a list")]
#[case::notes("notes:\n-", "notes:", "`notes` is a ")]
#[case::armor("-----BEGIN SSH", "-----BEGIN PGP", "`signature` is not what")]
#[case::not_base64("U1NI", "U1 NI", "`signature` is not what")]
#[case::behind_the_armor(
    "SIGNATURE-----\n...",
    "SIGNATURE-----\n  x\n...",
    "`signature` is not what"
)]
#[case::alias("carol", "*carol", "an alias is not allowed")]
#[case::second_document("notes:", "---\nnotes:", "a second document begins here")]
#[case::no_yaml("notes:", "notes", "")]
fn a_file_with_a_problem_is_no_record(#[case] from: &str, #[case] to: &str, #[case] because: &str) {
    let text = write(&record(), Some(SIGNATURE));
    let broken = text.replacen(from, to, 1);
    assert_ne!(broken, text);
    let finding = refusal(&broken);
    assert_eq!(
        (finding.code, finding.severity),
        (Code::BadApproval, Severity::Warning)
    );
    assert!(finding.message.contains(because), "{}", finding.message);
    assert!(finding.place.is_some() && finding.path.is_some());
    assert!(
        finding
            .hint
            .is_some_and(|hint| hint.contains("rolecall evidence"))
    );
}

#[test]
fn the_first_problem_of_a_file_is_named() {
    let text = write(&record(), None)
        .replace("number: 17", "number: x")
        .replace("version: 1", "version: 3");
    let finding = refusal(&text);
    assert_eq!(
        finding.message,
        "this is no record of a forge, because version `3` of records is not known"
    );
    assert_eq!(finding.place.map(|place| place.line), Some(1));
}

#[test]
fn a_record_has_at_most_a_thousand_reviews() {
    let with = |count: usize| {
        let mut record = record();
        let mut review = record.reviews.remove(1);
        review.account = "a".to_owned();
        record.reviews = vec![review; count];
        write(&record, None).replace("dismissed", "approved")
    };
    let least = read(&source(with(1_000))).expect("a record");
    assert_eq!(least.record.reviews.len(), 1_000);
    assert!(
        refusal(&with(1_001))
            .message
            .contains("`reviews` has more than 1000 entries")
    );
}

#[test]
fn what_is_no_text_is_no_record_either() {
    let finding = Source::new("forge.yaml", vec![0xff], LIMIT).map_err(no_record);
    let finding = finding.expect_err("not UTF-8");
    assert_eq!(
        (finding.code, finding.severity),
        (Code::BadApproval, Severity::Warning)
    );
}

fn any_note() -> BoxedStrategy<String> {
    let is_allowed =
        |text: &String| !crate::document::text::is_blank(text) && problem_of(text).is_none();
    any_text()
        .prop_filter("an allowed text", is_allowed)
        .boxed()
}

fn any_line() -> BoxedStrategy<String> {
    let is_line = |text: &String| !text.contains('\n');
    any_note().prop_filter("one line", is_line).boxed()
}

fn any_object() -> BoxedStrategy<String> {
    prop_oneof![
        "[0-9a-f]{40}",
        "[0-9a-f]{64}",
        "[0-9]{40}",
        "[0-9]{2}e[0-9]{37}"
    ]
    .boxed()
}

fn any_moment() -> BoxedStrategy<Instant> {
    (0..200_000_000_000_i64)
        .prop_map(|second| chrono::DateTime::from_timestamp(second, 0).expect("a moment"))
        .boxed()
}

fn any_review() -> BoxedStrategy<Review> {
    let state = prop::sample::select(STATES.to_vec());
    let ids = (option::of(any_object()), option::of(any_object()));
    (any_line(), state, any_moment(), ids)
        .prop_map(|(account, (_, state), at, (commit, blob))| Review {
            account,
            state,
            at,
            commit,
            blob,
        })
        .boxed()
}

fn any_protection() -> BoxedStrategy<Vec<(String, String)>> {
    let key = prop_oneof![
        "[a-z][a-z0-9_]{0,8}",
        Just("on".to_owned()),
        Just("null".to_owned())
    ];
    prop::collection::btree_map(key, any_note(), 0..4)
        .prop_map(|settings| settings.into_iter().rev().collect())
        .boxed()
}

fn any_record() -> BoxedStrategy<ForgeRecord> {
    let names = (
        prop::sample::select(FORGES.to_vec()),
        "https?://[!-~&&[^/]][!-~]{0,12}",
        any_line(),
        any_line(),
        any_request_id(),
        any_line(),
        any::<[u8; 4]>(),
    );
    let objects = (any_object(), any_object(), any_object(), 1_u64..);
    let accounts = (any_line(), option::of(any_line()), any_moment());
    let rest = (
        vec(any_review(), 0..4),
        option::of(any_protection()),
        vec(any_note(), 0..3),
        any_moment(),
    );
    (names, objects, accounts, rest)
        .prop_map(|(names, objects, accounts, rest)| {
            let ((_, forge), url, project, repository, request, path, content) = names;
            let (blob, commit, head, number) = objects;
            let (author, merged_by, merged_at) = accounts;
            let (reviews, protection, notes, fetched) = rest;
            ForgeRecord {
                forge,
                url,
                project,
                repository,
                request,
                path,
                content: Digest::of(&content),
                blob,
                commit,
                number,
                head,
                author,
                merged_by,
                merged_at,
                reviews,
                protection,
                notes,
                fetched,
            }
        })
        .boxed()
}

proptest! {
    #[test]
    fn what_was_written_is_read(record in any_record(), signed in any::<bool>()) {
        let signature = signed.then_some(SIGNATURE);
        let text = write(&record, signature);
        let stored = read(&source(text.as_str())).expect("a record");
        prop_assert_eq!(&stored.record, &record);
        prop_assert_eq!(stored.signature.as_deref(), signature);
        prop_assert_eq!(&*stored.text, text.as_str());
        let message = message(&record);
        prop_assert!(text.as_bytes().starts_with(&message));
        let rest = if signed { "signature: |\n" } else { "...\n" };
        prop_assert!(text[message.len()..].starts_with(rest));
    }

    #[test]
    fn a_file_that_was_cut_off_is_no_other_record(record in any_record(), part in 0.0..1.0_f64) {
        let text = write(&record, Some(SIGNATURE));
        #[expect(
            clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
            reason = "a place anywhere in a short text"
        )]
        let length = text.floor_char_boundary((text.len() as f64 * part) as usize);
        if let Ok(stored) = read(&source(&text[..length])) {
            prop_assert_eq!(stored.record, record);
        }
    }
}
