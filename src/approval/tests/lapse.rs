//! Approvals that are not used in time.

use chrono::Duration;
use rstest::rstest;

use super::{Question, at, content, key, person, request_id};
use crate::model::{
    AccessType, Approval, ApprovalRule, Decision, Digest, Evidence, Moment, Proof, Signed,
    Statement,
};
use crate::time::rfc3339;

/// A request of some type that two people approve, so many seconds after five days from ten o'clock.
fn question(access_type: AccessType, seconds: i64) -> Question {
    let mut question = Question::of(2, "alice bob");
    question.settings.approval.valid_for_days = Some(5);
    question.request = super::request(access_type);
    question.now = at(10) + Duration::days(5) + Duration::seconds(seconds);
    question
}

const LAPSED: &str = "partial: bob 11 | RC208";
const APPROVED: &str = "approved at 11: alice 10, bob 11";

#[rstest]
#[case::on_the_last_second(AccessType::RoleAdditions, 0, APPROVED)]
#[case::a_second_later(AccessType::RoleAdditions, 1, LAPSED)]
#[case::also_for_a_loan(AccessType::TemporaryAccess, 1, LAPSED)]
#[case::never_for_a_removal(AccessType::RoleReductions, 1, APPROVED)]
fn an_approval_lasts_for_its_days(
    #[case] access_type: AccessType,
    #[case] seconds: i64,
    #[case] due: &str,
) {
    let question = question(access_type, seconds);
    assert_eq!(question.comes_to("alice yes 10, bob yes 11"), due);
}

#[test]
fn an_approval_that_was_used_lapses_no_more() {
    let mut question = question(AccessType::RoleAdditions, 1);
    question.started = true;
    assert_eq!(question.comes_to("alice yes 10, bob yes 11"), APPROVED);
}

/// One of three has to approve what was due so many days and a second after ten o'clock, and has begun long ago.
#[rstest]
#[case::what_had_lapsed_was_not_used(5, "alice yes 10, bob yes 11", "approved at 11: bob 11")]
#[case::what_had_not_was(4, "alice yes 10, bob yes 11", "approved at 10: alice 10, bob 11")]
#[case::given_again(5, "alice yes 10, alice yes 12", "approved at 12: alice 12")]
#[case::after_that_day(0, "bob yes 11, alice yes 12", "approved at 11: bob 11, alice 12")]
#[case::nobody_knows_how_it_began(9, "alice yes 10", "approved at 10: alice 10")]
#[case::on_that_day(0, "alice yes 10, bob yes 11", "approved at 10: alice 10, bob 11")]
fn what_had_lapsed_before_the_first_run_does_not_count_after_it(
    #[case] days: i64,
    #[case] words: &str,
    #[case] due: &str,
) {
    let mut question = Question::of(1, "alice bob carol");
    question.settings.approval.valid_for_days = Some(5);
    let start = at(10) + Duration::days(days) + Duration::seconds(1);
    question.request.start = Some(Moment {
        utc: start,
        local: rfc3339(start),
    });
    question.started = true;
    question.now = at(10) + Duration::days(40);
    assert_eq!(question.comes_to(words), due);
}

#[rstest]
#[case::it_has_lapsed("alice yes 9", "pending | RC208")]
#[case::they_approved_again("alice yes 9, alice yes 11", "partial: alice 11")]
#[case::nobody_misses_it(
    "alice yes 9, alice yes 11, bob yes 12",
    "approved at 12: alice 11, bob 12"
)]
#[case::a_rejection_does_not_lapse("alice no 9", "rejected: alice 9")]
#[case::nor_does_one_behind_it("alice yes 8, alice no 9", "rejected: alice 9")]
fn what_has_lapsed_is_told_of_where_it_is_missed(#[case] words: &str, #[case] due: &str) {
    let question = question(AccessType::RoleAdditions, 1);
    assert_eq!(question.comes_to(words), due);
}

fn signed(expires: u32) -> Approval {
    let statement = Statement {
        request: request_id("grant"),
        path: super::PATH.to_owned(),
        content: content(),
        blob: None,
        settings: Digest::of(b"settings"),
        repository: "here".to_owned(),
        decision: Decision::Approve,
        person: person("alice"),
        at: at(10),
        expires: Some(at(expires)),
        comment: None,
    };
    let signed = Box::new(Signed {
        statement,
        signature: String::new(),
    });
    Approval {
        proof: Some(Proof::Signed { signed, key: key() }),
        ..Approval::new(
            "alice".to_owned(),
            Decision::Approve,
            at(10),
            Evidence::Signature,
        )
    }
}

#[rstest]
#[case::in_this_moment(20, true)]
#[case::before(19, false)]
fn a_signed_approval_lasts_until_its_signer_says(#[case] expires: u32, #[case] counts: bool) {
    let rule = ApprovalRule::simple(Evidence::Signature, 1, vec![person("alice")]);
    let mut question = Question::under(rule);
    let alice = question.settings.people.get_mut("alice");
    alice.expect("a person").keys.push(key());
    let (verdict, findings) = question.decide(Evidence::Signature, vec![signed(expires)]);
    assert_eq!(verdict.given.len(), usize::from(counts));
    assert_eq!(findings.is_empty(), counts, "{findings:?}");
}
