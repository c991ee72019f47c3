//! Whose decision counts under one rule, and what is said of those that do not.

use rstest::rstest;

use super::{Question, key, person};
use crate::check::finding::{Code, Finding};
use crate::model::{AccessType, ApprovalRule, Evidence, Moment, RevokedKey, Standing};

const EVERYBODY_BUT_GUS: &str = "alice bob carol dana ed fay frank";

#[rstest]
#[case::nobody("", "pending")]
#[case::one_of_two("alice yes 10", "partial: alice 10")]
#[case::two("alice yes 10, bob yes 11", "approved at 11: alice 10, bob 11")]
#[case::oldest_first("bob yes 9, alice yes 10", "approved at 10: bob 9, alice 10")]
#[case::more_than_needed(
    "alice yes 10, bob yes 11, carol yes 12",
    "approved at 11: alice 10, bob 11, carol 12"
)]
#[case::once_more("alice yes 10, alice yes 11", "partial: alice 10 | RC513")]
#[case::once_more_where_it_is_enough(
    "alice yes 10, alice yes 11, bob yes 12",
    "approved at 12: alice 10, bob 12"
)]
#[case::rejected("alice no 10", "rejected: alice 10")]
#[case::a_rejection_wins("alice yes 9, bob no 10, carol yes 11", "rejected: bob 10")]
#[case::until_that_person_approves(
    "alice no 9, bob yes 10, alice yes 11",
    "approved at 11: bob 10, alice 11"
)]
#[case::a_mind_changed_back("alice yes 9, alice no 10", "rejected: alice 10")]
#[case::in_this_moment("alice yes 10, bob yes 20", "approved at 20: alice 10, bob 20")]
#[case::in_the_future("alice yes 10, bob yes 21", "partial: alice 10 | RC207")]
#[case::not_named("gus yes 10", "pending | RC207")]
#[case::rejected_by_somebody_not_named("gus no 10", "pending | RC207")]
#[case::no_person("mallory yes 10", "pending | RC207")]
#[case::requester("dana yes 10, alice yes 11", "partial: alice 11 | RC510")]
#[case::rejected_by_the_requester("dana no 10", "pending | RC510")]
#[case::affected("ed yes 10", "pending | RC511")]
#[case::affected_by_the_address("fay yes 10", "pending | RC511")]
#[case::author("frank yes 10", "pending | RC512")]
fn what_decisions_come_to_where_two_people_are_needed(#[case] words: &str, #[case] due: &str) {
    assert_eq!(Question::of(2, EVERYBODY_BUT_GUS).comes_to(words), due);
}

#[test]
fn where_nobody_is_kept_from_their_own_everybody_counts() {
    let mut question = Question::of(4, EVERYBODY_BUT_GUS);
    question.settings.approval.block_own = false;
    assert_eq!(
        question.comes_to("dana yes 9, ed yes 10, fay yes 11, frank yes 12"),
        "approved at 12: dana 9, ed 10, fay 11, frank 12"
    );
}

#[test]
fn whoever_merges_is_not_judged() {
    let rule = ApprovalRule::simple(Evidence::Merge, 1, Vec::new());
    let question = Question::under(rule);
    for who in ["dana", "somebody"] {
        assert_eq!(
            question.comes_to_by(Evidence::Merge, &format!("{who} yes 10")),
            format!("approved at 10: {who} 10")
        );
    }
}

#[test]
fn evidence_of_another_kind_counts_for_nothing() {
    let rule = ApprovalRule::simple(Evidence::Signature, 1, Vec::new());
    let question = Question::under(rule);
    let found = question.comes_to_by(Evidence::Inline, "alice yes 10");
    assert_eq!(found, "pending | RC211");
}

/// The message and the hint of the only finding.
#[track_caller]
fn said(question: &Question, evidence: Evidence) -> (String, String) {
    let (verdict, findings) = question.decide(evidence, Vec::new());
    assert_eq!(verdict.standing, Standing::Pending);
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    assert_eq!(finding.code, Code::NobodyEligible);
    (
        finding.message.clone(),
        finding.hint.clone().unwrap_or_default(),
    )
}

#[rstest]
#[case::nobody("dana ed", 1, "nobody may approve this request, 1 needed")]
#[case::one_of_two("alice dana", 2, "only 1 may approve this request, 2 needed")]
#[case::two_of_three("alice bob fay", 3, "only 2 may approve this request, 3 needed")]
fn a_rule_that_too_few_can_meet_is_told_of(
    #[case] approvers: &str,
    #[case] approvals: u32,
    #[case] due: &str,
) {
    let question = Question::of(approvals, approvers);
    assert_eq!(said(&question, Evidence::Inline).0, due);
    let mut question = Question::of(approvals, approvers);
    question.settings.approval.block_own = false;
    assert_eq!(question.comes_to(""), "pending");
}

#[rstest]
#[case::inline(Evidence::Inline, "own request; name other approvers")]
#[case::signature(Evidence::Signature, "an approver needs a key that is not revoked")]
#[case::forge(Evidence::Forge, "an approver needs an account (`github`, `gitlab`)")]
fn what_an_approver_lacks_depends_on_the_evidence(#[case] evidence: Evidence, #[case] due: &str) {
    let question = Question::under(ApprovalRule::simple(evidence, 1, vec![person("dana")]));
    let (_, hint) = said(&question, evidence);
    assert!(hint.contains(due), "{hint}");
}

#[test]
fn only_who_can_prove_an_approval_may_give_one() {
    let rule = ApprovalRule::simple(Evidence::Signature, 1, vec![person("alice")]);
    let mut question = Question::under(rule);
    said(&question, Evidence::Signature);
    let alice = question.settings.people.get_mut("alice");
    alice.expect("a person").keys.push(key());
    assert_eq!(question.comes_to_by(Evidence::Signature, ""), "pending");
    question.settings.revoked_keys.push(RevokedKey {
        key: key(),
        since: "2026-11-01".to_owned(),
        reason: "lost".to_owned(),
    });
    said(&question, Evidence::Signature);
}

/// A reduction at a set moment, to whose request the source has something to say.
fn reduction(refused: Finding) -> Question {
    let mut question = Question::of(1, "alice");
    question.request = super::request(AccessType::RoleReductions);
    question.request.start = Some(Moment {
        utc: super::at(18),
        local: "2026-11-20T18:00:00+00:00".to_owned(),
    });
    question.refused.push(refused.hint("look"));
    question
}

#[test]
fn a_removal_at_a_set_moment_that_a_change_holds_up_is_told_of() {
    let changed = || Finding::warning(Code::OtherContent, "changed");
    let question = reduction(changed());
    assert_eq!(question.comes_to(""), "pending | RC503, RC515");
    assert_eq!(
        question.comes_to("alice yes 10"),
        "approved at 10: alice 10 | RC503",
        "nothing waits"
    );
    let mut question = reduction(changed());
    question.request.start = None;
    assert_eq!(question.comes_to(""), "pending | RC503", "no moment is set");
    let mut question = reduction(changed());
    question.request.access_type = AccessType::RoleAdditions;
    assert_eq!(question.comes_to(""), "pending | RC503", "no removal");
    let question = reduction(changed().at_most_a_note());
    assert_eq!(
        question.comes_to(""),
        "pending | RC503",
        "it was no approval"
    );
    let question = reduction(Finding::warning(Code::BadApproval, "cut off"));
    assert_eq!(
        question.comes_to(""),
        "pending | RC501",
        "nothing has changed"
    );
}
