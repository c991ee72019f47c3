//! The rules of the control and of the roles together, and the questions that others ask of them.

use std::collections::BTreeSet;

use rstest::rstest;

use super::{Question, decisions, people, person, role, settings};
use crate::approval::{lacking, why_not};
use crate::check::finding::Code;
use crate::model::{AccessType, ApprovalRule, ChangeLevel, Evidence, Settings, Stage, Standing};

fn inline(approvals: u32, approvers: &str) -> ApprovalRule {
    ApprovalRule::simple(Evidence::Inline, approvals, people(approvers))
}

/// The control asks Alice, and the role Bob or Carol.
fn both() -> Question {
    Question::of(1, "alice").with_role("ap-payer", inline(1, "bob carol"))
}

#[rstest]
#[case::neither("", "pending")]
#[case::the_control_s("alice yes 10", "partial: alice 10")]
#[case::the_role_s("bob yes 10", "partial: bob 10")]
#[case::both("bob yes 10, alice yes 11", "approved at 11: bob 10, alice 11")]
#[case::rejected_under_one("alice yes 10, bob no 11", "rejected: alice 10, bob 11")]
#[case::given_twice("alice yes 10, alice yes 11", "partial: alice 10")]
#[case::rejected_after_approving("alice yes 10, alice no 11", "rejected: alice 11")]
#[case::named_by_neither("gus yes 10", "pending | RC207")]
fn a_request_meets_the_rule_of_its_control_and_that_of_each_role(
    #[case] words: &str,
    #[case] due: &str,
) {
    assert_eq!(both().comes_to(words), due);
}

#[test]
fn a_rule_that_several_have_is_one_with_all_their_names() {
    let question = Question::of(1, "alice")
        .with_role("ap-clerk", inline(1, "alice"))
        .with_role("ap-payer", inline(1, "alice bob"));
    let given = decisions("alice yes 10", Evidence::Inline);
    let (verdict, findings) = question.decide(Evidence::Inline, given);
    assert_eq!(
        (verdict.standing, findings),
        (Standing::Approved, Vec::new())
    );
    let names: Vec<_> = verdict.rules.iter().map(|it| it.rule.as_str()).collect();
    let due = ["user_onboarding and role ap-clerk", "role ap-payer"];
    assert_eq!(names, due);
    assert_eq!(verdict.given.len(), 1);
    assert_eq!(verdict.given[0].rules, due);
}

#[test]
fn where_changes_are_only_logged_the_roles_still_ask() {
    let mut question = both();
    let control = &mut question.settings.change_controls.user_onboarding;
    control.change_level = ChangeLevel::LogChangesOnly;
    assert_eq!(question.comes_to("bob yes 10"), "approved at 10: bob 10");
    question.roles.clear();
    assert_eq!(question.comes_to(""), "approved");
    let (verdict, _) = question.decide(Evidence::Inline, Vec::new());
    assert_eq!((verdict.required, verdict.evidence), (0, None));
}

#[test]
fn the_strongest_evidence_is_that_of_the_request() {
    let signed = ApprovalRule::simple(Evidence::Signature, 1, people("bob"));
    let question = Question::of(1, "alice").with_role("ap-payer", signed);
    let (verdict, _) = question.decide(Evidence::Inline, Vec::new());
    assert_eq!(verdict.evidence, Some(Evidence::Signature));
}

#[rstest]
#[case::nobody_yet("", 2)]
#[case::one_who_counts_for_both("bob yes 10", 1)]
#[case::one_who_counts_for_one("carol yes 10", 2)]
#[case::two("bob yes 10, carol yes 11", 2)]
fn as_many_are_required_as_have_approved_and_are_missing(#[case] words: &str, #[case] due: u32) {
    let question = Question::of(1, "bob").with_role("ap-payer", inline(1, "bob carol"));
    let (verdict, _) = question.decide(Evidence::Inline, decisions(words, Evidence::Inline));
    assert_eq!(verdict.required, due);
}

#[rstest]
#[case::named("alice", Evidence::Inline, None)]
#[case::named_by_the_role("bob", Evidence::Inline, None)]
#[case::named_by_neither("gus", Evidence::Inline, Some(Code::ApprovalNotCounted))]
#[case::not_asked("alice", Evidence::Signature, Some(Code::ApprovalNotCounted))]
#[case::requester("dana", Evidence::Inline, Some(Code::OwnRequest))]
#[case::author("frank", Evidence::Inline, Some(Code::AuthorApprover))]
#[case::affected("ed", Evidence::Inline, Some(Code::AffectedApprover))]
fn why_a_decision_would_not_count_is_known_before_it_is_made(
    #[case] who: &str,
    #[case] evidence: Evidence,
    #[case] due: Option<Code>,
) {
    let question = Question::of(1, "alice dana frank ed").with_role("ap-payer", inline(1, "bob"));
    let barred =
        question.with_case(|case| why_not(&question.settings, case, evidence, &person(who)));
    assert_eq!(barred.map(|barred| barred.code), due);
    let is_asked = barred.is_none_or(|barred| !barred.why.contains("evidence"));
    assert_eq!(is_asked, evidence == Evidence::Inline);
}

fn asking(rule: ApprovalRule) -> Settings {
    let mut settings = settings();
    settings.change_controls.user_onboarding.rule = rule;
    settings
}

/// What approvals with some evidence lack under a rule of the control.
fn lacks(rule: ApprovalRule, evidence: Evidence, words: &str) -> Option<String> {
    let given = decisions(words, evidence);
    lacking(
        &asking(rule),
        AccessType::RoleAdditions,
        &BTreeSet::new(),
        &given,
    )
}

#[rstest]
#[case::nothing("alice yes 10, bob yes 11", None)]
#[case::more("alice yes 10, bob yes 11, carol yes 12", None)]
#[case::one("alice yes 10", Some(1))]
#[case::both("", Some(0))]
#[case::somebody_else("alice yes 10, alice yes 11", Some(1))]
#[case::a_yes("alice yes 10, bob no 11", Some(1))]
#[case::somebody_named("alice yes 10, gus yes 11", Some(1))]
fn what_a_log_lacks_of_the_approvals_that_were_needed(
    #[case] words: &str,
    #[case] had: Option<u32>,
) {
    let found = lacks(inline(2, "alice bob carol"), Evidence::Inline, words);
    let due =
        had.map(|had| format!("user_onboarding asked for 2 by inline, and {had} can be seen"));
    assert_eq!(found, due);
}

#[test]
fn a_log_lacks_what_was_given_by_other_evidence() {
    let found = lacks(inline(1, "alice"), Evidence::Merge, "alice yes 10");
    assert!(found.is_some_and(|found| found.ends_with("0 can be seen")));
    let merge = ApprovalRule::simple(Evidence::Merge, 1, Vec::new());
    assert_eq!(lacks(merge, Evidence::Merge, "somebody yes 10"), None);
}

#[test]
fn what_a_log_lacks_names_the_role_and_the_stage() {
    let question = both();
    let given = decisions("alice yes 10", Evidence::Inline);
    let found = lacking(
        &question.settings,
        AccessType::RoleAdditions,
        &BTreeSet::from([role("ap-payer")]),
        &given,
    );
    assert_eq!(
        found.as_deref(),
        Some("role ap-payer asked for 1 by inline, and 0 can be seen")
    );
    let mut rule = inline(1, "alice");
    rule.stages.push(Stage::last(person("bob")));
    assert_eq!(
        lacks(rule, Evidence::Inline, "alice yes 10").as_deref(),
        Some("user_onboarding, stage final approver, asked for 1 by inline, and 0 can be seen")
    );
}
