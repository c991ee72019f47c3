//! Signed decisions: what a signature would have to be good for, and what good ones decide.

use rstest::rstest;

use super::{KEY, PATH, at, content, key, person, request, request_id, settings};
use crate::approval::{Presented, Signatures, Source as _, Subject};
use crate::check::finding::{Code, Finding, Severity};
use crate::model::{
    AccessType, Approval, Decision, Digest, Evidence, Proof, PublicKey, RevokedKey, Settings,
    Signed, Statement,
};

const NAMESPACE: &str = "approval@here";
const HERE: Option<&str> = Some("acme-access");

fn presented(who: &str, decision: Decision, hour: u32) -> Presented {
    let statement = Statement {
        request: request_id("grant"),
        path: PATH.to_owned(),
        content: content(),
        blob: None,
        settings: Digest::of(b"settings"),
        repository: "acme-access".to_owned(),
        decision,
        person: person(who),
        at: at(hour),
        expires: None,
        comment: None,
    };
    Presented {
        path: format!("approvals/grant/{who}.yaml"),
        person: person(who),
        place: None,
        signed: Signed {
            statement,
            signature: "signature".to_owned(),
        },
        claims: Some((key(), NAMESPACE.to_owned())),
    }
}

fn approving() -> Presented {
    presented("alice", Decision::Approve, 10)
}

/// Settings in which Alice has the key.
fn with_key() -> Settings {
    let mut settings = settings();
    let alice = settings.people.get_mut("alice");
    alice.expect("a person").keys.push(key());
    settings
}

fn other_key() -> PublicKey {
    let line = KEY.replace("HGXOr", "HGXOs");
    PublicKey::parse(&line).expect("a key")
}

/// The code of a finding that says what to do about the file.
#[track_caller]
fn code(finding: &Finding) -> Code {
    assert_eq!(finding.path.as_deref(), Some("approvals/grant/alice.yaml"));
    assert!(finding.hint.is_some(), "{finding:?}");
    finding.code
}

#[rstest]
#[case::theirs(|_: &mut Presented| (), None)]
#[case::of_somebody_else(
    |it: &mut Presented| it.signed.statement.person = person("bob"),
    Some(Code::ForeignApproval)
)]
#[case::damaged(|it: &mut Presented| it.claims = None, Some(Code::BadSignature))]
#[case::made_for_something_else(
    |it: &mut Presented| it.claims = Some((key(), "git".to_owned())),
    Some(Code::OtherNamespace)
)]
#[case::by_a_key_of_nobody(
    |it: &mut Presented| it.claims = Some((other_key(), NAMESPACE.to_owned())),
    Some(Code::KeyUnknown)
)]
fn a_signature_has_to_be_good_for_the_key_that_a_person_has(
    #[case] change: fn(&mut Presented),
    #[case] due: Option<Code>,
) {
    let mut presented = approving();
    change(&mut presented);
    let settings = with_key();
    match presented.key(&settings, NAMESPACE) {
        Ok(found) => assert_eq!((due, found), (None, &key())),
        Err(finding) => assert_eq!(Some(code(&finding)), due),
    }
}

#[test]
fn a_key_of_another_person_says_whose_it_is() {
    let mut settings = settings();
    let bob = settings.people.get_mut("bob");
    bob.expect("a person").keys.push(key());
    let finding = approving().key(&settings, NAMESPACE).expect_err("Bob's");
    assert_eq!(code(&finding), Code::KeyUnknown);
    assert!(finding.message.ends_with("no key of alice, but of bob"));
}

#[test]
fn a_revoked_key_lets_nobody_in_and_its_rejections_stand() {
    let mut settings = with_key();
    settings.revoked_keys.push(RevokedKey {
        key: key(),
        since: "2026-11-01".to_owned(),
        reason: "lost".to_owned(),
    });
    let finding = approving().key(&settings, NAMESPACE).expect_err("revoked");
    assert_eq!(code(&finding), Code::KeyRevoked);
    let rejecting = presented("alice", Decision::Reject, 10);
    assert_eq!(rejecting.key(&settings, NAMESPACE), Ok(&key()));
}

#[rstest]
#[case::here("grant", HERE, None)]
#[case::another_request("other", HERE, Some(Code::OtherRequest))]
#[case::another_repository("grant", Some("acme-other"), Some(Code::OtherRepository))]
#[case::no_repository("grant", None, Some(Code::OtherRepository))]
fn a_signature_is_bound_to_its_request_and_its_repository(
    #[case] request: &str,
    #[case] repository: Option<&str>,
    #[case] due: Option<Code>,
) {
    let found = approving().misplaced(&request_id(request), repository);
    assert_eq!(found.as_ref().map(code), due);
    let mut signatures = Signatures::default();
    let checked = vec![(approving(), key(), true)];
    signatures.add(&request_id(request), content(), repository, checked);
    let (decisions, refused) = asked(&signatures, request, content());
    assert_eq!(decisions.is_empty(), due.is_some());
    assert_eq!(refused.iter().map(code).next(), due);
}

/// What signatures decide about a request with some content, and what of them was refused.
fn asked(signatures: &Signatures, id: &str, content: Digest) -> (Vec<Approval>, Vec<Finding>) {
    let (id, request) = (request_id(id), request(AccessType::RoleAdditions));
    let subject = Subject {
        id: &id,
        path: PATH,
        content,
        request: &request,
    };
    (signatures.decisions(subject), signatures.refused(subject))
}

fn checked(decisions: Vec<(Presented, bool)>) -> (Vec<Approval>, Vec<Finding>) {
    let mut signatures = Signatures::default();
    let decisions = decisions.into_iter();
    let checked = decisions.map(|(presented, is_good)| (presented, key(), is_good));
    signatures.add(&request_id("grant"), content(), HERE, checked.collect());
    asked(&signatures, "grant", content())
}

#[test]
fn good_signatures_decide_in_the_order_of_their_moments_and_keep_their_proof() {
    let bob = presented("bob", Decision::Reject, 9);
    let (decisions, refused) = checked(vec![(approving(), true), (bob, true)]);
    assert_eq!(refused, []);
    let [first, second] = decisions.as_slice() else {
        panic!("{decisions:?}");
    };
    assert_eq!(
        (first.person.as_str(), first.decision),
        ("bob", Decision::Reject)
    );
    assert_eq!((second.person.as_str(), second.at), ("alice", at(10)));
    assert_eq!(second.evidence, Evidence::Signature);
    let proof = Proof::Signed {
        signed: Box::new(approving().signed),
        key: key(),
    };
    assert_eq!(second.proof, Some(proof));
}

#[test]
fn a_signature_that_does_not_fit_decides_nothing() {
    let (decisions, refused) = checked(vec![(approving(), false)]);
    assert_eq!(decisions, []);
    assert_eq!(
        refused.iter().map(code).collect::<Vec<_>>(),
        [Code::BadSignature]
    );
}

/// What somebody decided about content that is gone.
fn stale(decision: Decision) -> Presented {
    let mut presented = presented("alice", decision, 8);
    presented.signed.statement.content = Digest::of(b"other");
    presented
}

#[test]
fn a_decision_about_other_content_is_told_of_until_its_person_has_looked_again() {
    let (decisions, refused) = checked(vec![(stale(Decision::Approve), true)]);
    assert_eq!(decisions, []);
    let [finding] = refused.as_slice() else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (code(finding), finding.severity),
        (Code::OtherContent, Severity::Warning)
    );
    let (was, is) = (Digest::of(b"other").to_string(), content().to_string());
    assert_eq!(
        finding.message,
        format!(
            "alice approved other content of this request at 2026-11-20T08:00:00Z ({}); it is {} now",
            &was[..19],
            &is[..19]
        )
    );
    let (_, refused) = checked(vec![(stale(Decision::Reject), true)]);
    assert_eq!(refused[0].severity, Severity::Note, "it holds nothing up");
    let both = vec![(stale(Decision::Approve), true), (approving(), true)];
    assert_eq!(checked(both).1, []);
    let bob = presented("bob", Decision::Approve, 11);
    let both = vec![(stale(Decision::Approve), true), (bob, true)];
    assert_eq!(checked(both).1.len(), 1);
}

#[test]
fn what_was_checked_against_other_content_is_not_used() {
    let mut signatures = Signatures::default();
    let refusal = Finding::warning(Code::ForeignApproval, "no approval");
    signatures.refuse(&request_id("grant"), refusal.clone());
    let changed = Digest::of(b"changed");
    let found = asked(&signatures, "grant", changed);
    assert_eq!(
        found,
        (Vec::new(), vec![refusal]),
        "nothing was checked yet"
    );
    let checked = vec![(approving(), key(), true)];
    signatures.add(&request_id("grant"), content(), HERE, checked);
    assert_eq!(asked(&signatures, "grant", content()).0.len(), 1);
    assert_eq!(
        asked(&signatures, "grant", changed),
        (Vec::new(), Vec::new())
    );
    assert_eq!(
        asked(&signatures, "other", content()),
        (Vec::new(), Vec::new())
    );
    assert_eq!(signatures.evidence(), Evidence::Signature);
}
