use std::sync::Arc;

use rstest::rstest;

use super::*;
use crate::model::{AccessType, Digest, Instant, Person, samples};
use crate::time::parse_rfc3339;

const HERE: &str = "acme-access";
const PATH: &str = "approvals/onboard-jane/forge.yaml";
const MERGED: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const OTHER: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const COMMIT: &str = "cccccccccccccccccccccccccccccccccccccccc";
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOr";

fn person(github: Option<&str>, gitlab: Option<&str>) -> Person {
    Person {
        name: "A person".to_owned(),
        email: None,
        employee: None,
        keys: Vec::new(),
        github: github.map(str::to_owned),
        gitlab: gitlab.map(str::to_owned),
    }
}

fn settings() -> Settings {
    let id = |text: &str| PersonId::new(text).expect("an id");
    Settings {
        repository: Some(HERE.to_owned()),
        people: BTreeMap::from([
            (id("alice"), person(Some("Alice-Park"), Some("apark"))),
            (id("carol"), person(Some("carol"), None)),
            (id("dana"), person(Some("dana-fox"), None)),
        ]),
        ..samples::settings()
    }
}

fn at(hour: u32) -> Instant {
    parse_rfc3339(&format!("2026-11-20T{hour:02}:00:00Z")).expect("a moment")
}

/// A review by the words `account state blob`, given at an hour. A blob is that of the merged content, another, or not known.
fn review(hour: u32, words: &str) -> Review {
    let mut words = words.split(' ');
    let account = words.next().expect("an account").to_owned();
    let state = match words.next() {
        Some("approved") => ReviewState::Approved,
        Some("changes") => ReviewState::ChangesRequested,
        Some("dismissed") => ReviewState::Dismissed,
        other => panic!("{other:?} is no state"),
    };
    let (commit, blob) = match words.next() {
        None => (Some(COMMIT), Some(MERGED)),
        Some("other") => (Some(COMMIT), Some(OTHER)),
        Some("gone") => (Some(COMMIT), None),
        Some("unknown") => (None, None),
        Some(other) => panic!("{other:?} is no blob"),
    };
    Review {
        account,
        state,
        at: at(hour),
        commit: commit.map(str::to_owned),
        blob: blob.map(str::to_owned),
    }
}

/// A record with reviews, an hour apart, in this order.
fn stored(reviews: &[&str]) -> StoredRecord {
    let reviews = (1..).zip(reviews);
    StoredRecord {
        record: ForgeRecord {
            forge: Forge::GitHub,
            url: "https://api.github.com".to_owned(),
            project: "acme/access".to_owned(),
            repository: HERE.to_owned(),
            request: id("onboard-jane"),
            path: "requests/onboard-jane.yaml".to_owned(),
            content: Digest::of(b"content"),
            blob: MERGED.to_owned(),
            commit: COMMIT.to_owned(),
            number: 17,
            head: COMMIT.to_owned(),
            author: "dana-fox".to_owned(),
            merged_by: None,
            merged_at: at(20),
            reviews: reviews.map(|(hour, words)| review(hour, words)).collect(),
            protection: None,
            notes: Vec::new(),
            fetched: at(21),
        },
        signature: None,
        text: Arc::from("the file"),
    }
}

fn id(text: &str) -> RequestId {
    RequestId::new(text).expect("an id")
}

/// What the source says of the request: decisions, and findings.
fn asked(source: &ForgeReviews) -> (Vec<Approval>, Vec<Finding>) {
    let (id, request) = (
        id("onboard-jane"),
        samples::request(AccessType::RoleAdditions),
    );
    let subject = Subject {
        id: &id,
        path: "requests/onboard-jane.yaml",
        content: Digest::of(b"content"),
        request: &request,
    };
    (source.decisions(subject), source.refused(subject))
}

fn weighed(
    settings: &Settings,
    stored: StoredRecord,
    is_signed_well: Option<bool>,
) -> (Vec<Approval>, Vec<Finding>) {
    let mut source = ForgeReviews::new(settings, Some(HERE));
    source.add(id("onboard-jane"), PATH, stored, is_signed_well);
    let (decisions, findings) = asked(&source);
    for finding in &findings {
        assert!(!finding.is_error(), "{finding:?}");
        assert_eq!(finding.path.as_deref(), Some(PATH));
        assert!(finding.hint.is_some(), "{finding:?}");
    }
    (decisions, findings)
}

/// Decisions as `person yes hour`, and codes.
fn summary((decisions, findings): &(Vec<Approval>, Vec<Finding>)) -> (String, String) {
    use chrono::Timelike;
    let decisions: Vec<_> = decisions
        .iter()
        .map(|approval| {
            let word = match approval.decision {
                Decision::Approve => "yes",
                Decision::Reject => "no",
            };
            format!("{} {word} {}", approval.person, approval.at.hour())
        })
        .collect();
    let codes: Vec<_> = findings.iter().map(|it| it.code.as_str()).collect();
    (decisions.join(", "), codes.join(", "))
}

#[rstest]
#[case::nothing(&[], "", "")]
#[case::approved(&["carol approved"], "carol yes 1", "")]
#[case::in_any_case(&["ALICE-park approved"], "alice yes 1", "")]
#[case::two(&["carol approved", "alice-park approved"], "carol yes 1, alice yes 2", "")]
#[case::twice(&["carol approved", "carol approved"], "carol yes 1, carol yes 2", "")]
#[case::rejected(&["carol changes"], "carol no 1", "")]
#[case::rejected_whatever_it_was(&["carol changes unknown"], "carol no 1", "")]
#[case::changed_mind(&["carol changes other", "carol approved"], "carol no 1, carol yes 2", "")]
#[case::and_back(&["carol approved", "carol changes"], "carol yes 1, carol no 2", "")]
#[case::other_content(&["carol approved other"], "", "RC516")]
#[case::without_the_file(&["carol approved gone"], "", "RC516")]
#[case::of_no_known_commit(&["carol approved unknown"], "", "RC516")]
#[case::other_content_before(&["carol approved other", "carol approved"], "carol yes 2", "")]
#[case::other_content_behind(&["carol approved", "carol approved other"], "carol yes 1", "")]
#[case::not_lifted(&["carol changes", "carol approved other"], "carol no 1", "RC516")]
#[case::dismissed(&["carol dismissed"], "", "RC517")]
#[case::dismissed_behind(&["carol approved", "carol dismissed"], "", "RC517")]
#[case::dismissed_before(&["carol dismissed", "carol approved"], "carol yes 2", "")]
#[case::of_somebody_else(&["carol approved", "alice-park dismissed"], "carol yes 1", "RC517")]
#[case::rejection_dismissed(&["carol changes", "carol dismissed"], "", "RC517")]
#[case::stale_dismissed(&["carol approved other", "carol dismissed"], "", "RC517")]
#[case::unknown(&["mallory approved"], "", "RC518")]
#[case::unknown_rejects(&["mallory changes"], "", "RC518")]
#[case::unknown_and_stale(&["mallory approved other"], "", "RC516")]
#[case::account_at_another_forge(&["apark approved"], "", "RC518")]
#[case::id_is_no_account(&["alice approved"], "", "RC518")]
#[case::author(&["dana-fox approved"], "", "RC512")]
#[case::author_in_any_case(&["Dana-Fox approved", "carol approved"], "carol yes 2", "RC512")]
fn what_reviews_come_to(#[case] reviews: &[&str], #[case] decisions: &str, #[case] codes: &str) {
    let found = summary(&weighed(&settings(), stored(reviews), None));
    assert_eq!(found, (decisions.to_owned(), codes.to_owned()));
}

#[test]
fn reviews_count_in_the_order_of_their_moments_and_then_as_they_stand() {
    let mut record = stored(&["carol changes", "carol approved", "alice-park approved"]);
    record.record.reviews.reverse();
    let found = summary(&weighed(&settings(), record, None));
    assert_eq!(found.0, "carol no 1, carol yes 2, alice yes 3");
    let mut record = stored(&["carol changes", "carol approved"]);
    record.record.reviews[1].at = at(1);
    let (decisions, _) = weighed(&settings(), record, None);
    assert_eq!(
        decisions.last().map(|it| it.decision),
        Some(Decision::Approve)
    );
}

#[test]
fn the_author_reviews_where_nobody_is_kept_from_their_own() {
    let mut settings = settings();
    settings.approval.block_own = false;
    let found = summary(&weighed(&settings, stored(&["dana-fox approved"]), None));
    assert_eq!(found, ("dana yes 1".to_owned(), String::new()));
}

#[test]
fn accounts_are_those_of_the_record_s_forge() {
    let mut record = stored(&["apark approved", "carol approved"]);
    record.record.forge = Forge::GitLab;
    let found = weighed(&settings(), record, None);
    assert_eq!(
        summary(&found),
        ("alice yes 1".to_owned(), "RC518".to_owned())
    );
    let hint = found.1[0].hint.as_deref();
    assert_eq!(
        hint,
        Some("add `gitlab: carol` to the person whose account it is")
    );
}

#[test]
fn an_approval_keeps_the_record_and_what_was_reviewed() {
    let (decisions, _) = weighed(&settings(), stored(&["Carol approved"]), None);
    let [approval] = decisions.as_slice() else {
        panic!("{decisions:?}");
    };
    assert_eq!(approval.evidence, Evidence::Forge);
    let proof = Proof::Reviewed {
        record: Arc::from("the file"),
        account: "Carol".to_owned(),
        commit: COMMIT.to_owned(),
    };
    assert_eq!(approval.proof, Some(proof));
}

#[test]
fn a_record_of_another_request_counts_for_nothing() {
    let mut record = stored(&["carol approved"]);
    record.record.request = id("onboard-sam");
    let found = summary(&weighed(&settings(), record, None));
    assert_eq!(found, (String::new(), "RC504".to_owned()));
}

#[rstest]
#[case::another(Some("acme-other"))]
#[case::in_another_case(Some("Acme-Access"))]
#[case::no_name(None)]
fn a_record_of_another_repository_counts_for_nothing(#[case] here: Option<&str>) {
    let mut source = ForgeReviews::new(&settings(), here);
    source.add(id("onboard-jane"), PATH, stored(&["carol approved"]), None);
    let found = summary(&asked(&source));
    assert_eq!(found, (String::new(), "RC505".to_owned()));
}

#[test]
fn a_record_of_other_content_counts_for_nothing_and_says_who_had_approved() {
    let reviews = [
        "carol approved",
        "alice-park approved",
        "mallory approved other",
        "alice-park changes",
        "eve approved",
    ];
    let mut record = stored(&reviews);
    record.record.content = Digest::of(b"other");
    let found = weighed(&settings(), record, None);
    assert_eq!(summary(&found), (String::new(), "RC503".to_owned()));
    assert_eq!(
        found.1[0].message,
        "the record is of other content, which was merged at 2026-11-20T20:00:00Z and approved by carol (account carol) \
         at 2026-11-20T01:00:00Z, account eve at 2026-11-20T05:00:00Z"
    );
}

#[rstest]
#[case::unsigned(false, None, "RC519")]
#[case::badly(false, Some(false), "RC509")]
#[case::well(false, Some(true), "")]
#[case::unsigned_and_revoked(true, None, "RC519")]
#[case::badly_and_revoked(true, Some(false), "RC509")]
#[case::well_and_revoked(true, Some(true), "RC508")]
fn where_a_key_is_asked_for_only_its_signature_makes_a_record_count(
    #[case] is_revoked: bool,
    #[case] is_signed_well: Option<bool>,
    #[case] code: &str,
) {
    let key = PublicKey::parse(KEY).expect("a key");
    let mut settings = settings();
    settings.approval.forge_key = Some(key.clone());
    if is_revoked {
        settings.revoked_keys.push(RevokedKey {
            key,
            since: "2026-11-01".to_owned(),
            reason: "laptop lost".to_owned(),
        });
    }
    let mut record = stored(&["carol approved", "mallory approved"]);
    let found = weighed(&settings, record.clone(), is_signed_well);
    let (decisions, codes) = summary(&found);
    let is_good = code.is_empty();
    assert_eq!(decisions, if is_good { "carol yes 1" } else { "" });
    assert_eq!(codes, if is_good { "RC518" } else { code });
    // Nothing that it says is believed either, such as who approved other content.
    record.record.content = Digest::of(b"other");
    let (decisions, codes) = summary(&weighed(&settings, record, is_signed_well));
    assert_eq!(decisions, "");
    assert_eq!(codes, if is_good { "RC503" } else { code });
}

#[test]
fn what_was_refused_counts_for_nothing_whatever_stands_beside_it() {
    let refusal = Finding::warning(Code::BadApproval, "it is cut off").in_file(PATH);
    let mut source = ForgeReviews::new(&settings(), Some(HERE));
    source.refuse(id("onboard-jane"), [refusal.clone()]);
    source.add(id("onboard-jane"), PATH, stored(&["carol approved"]), None);
    assert_eq!(asked(&source), (Vec::new(), vec![refusal]));
}

#[test]
fn a_request_without_a_record_has_no_reviews() {
    let mut source = ForgeReviews::new(&settings(), Some(HERE));
    source.add(id("onboard-sam"), PATH, stored(&["carol approved"]), None);
    assert_eq!(asked(&source), (Vec::new(), Vec::new()));
    assert_eq!(source.evidence(), Evidence::Forge);
}

#[test]
fn a_note_on_a_record_changes_nothing_of_what_it_decides() {
    let note = Finding::note(Code::EvidenceNotRead, "fetched long ago").in_file(PATH);
    let mut source = ForgeReviews::new(&settings(), Some(HERE));
    let reviews = ["carol approved", "mallory approved"];
    source.add(id("onboard-jane"), PATH, stored(&reviews), None);
    let (decisions, findings) = asked(&source);
    let found = source.of(&id("onboard-jane"), Digest::of(b"content"));
    assert_eq!(found, (decisions.clone(), findings.clone()));
    assert_eq!((decisions.len(), findings.len()), (1, 1));
    source.note(id("onboard-jane"), note.clone());
    let (same, noted) = asked(&source);
    assert_eq!(same, decisions);
    assert_eq!(noted, [vec![note], findings].concat());
}
