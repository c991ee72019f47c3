//! Rules with stages, in order or not, and the final approver.

use rstest::rstest;

use super::{Question, people, person};
use crate::model::{ApprovalRule, Evidence, Stage};

fn stage(name: &str, approvals: u32, approvers: &str) -> Stage {
    Stage {
        name: Some(name.to_owned()),
        approvals,
        approvers: people(approvers),
        is_final: false,
    }
}

fn rule(ordered: bool, stages: Vec<Stage>) -> ApprovalRule {
    ApprovalRule {
        evidence: Evidence::Inline,
        stages,
        ordered,
    }
}

fn two(ordered: bool) -> Question {
    let stages = vec![stage("first", 1, "alice"), stage("second", 1, "bob carol")];
    Question::under(rule(ordered, stages))
}

#[rstest]
#[case::in_order("alice yes 10, bob yes 11", "approved at 11: alice 10, bob 11")]
#[case::in_one_moment("alice yes 10, bob yes 10", "approved at 10: alice 10, bob 10")]
#[case::too_early("bob yes 9, alice yes 10", "partial: alice 10 | RC514")]
#[case::before_there_is_a_turn("bob yes 9", "pending | RC514")]
#[case::again_in_turn(
    "bob yes 9, alice yes 10, bob yes 11",
    "approved at 11: alice 10, bob 11"
)]
#[case::nobody_misses_it(
    "bob yes 9, alice yes 10, carol yes 11",
    "approved at 11: alice 10, carol 11"
)]
fn where_stages_are_ordered_each_begins_when_the_one_before_is_complete(
    #[case] words: &str,
    #[case] due: &str,
) {
    assert_eq!(two(true).comes_to(words), due);
}

#[test]
fn where_stages_are_not_ordered_any_may_come_first() {
    let question = two(false);
    assert_eq!(
        question.comes_to("bob yes 9, alice yes 10"),
        "approved at 10: bob 9, alice 10"
    );
    assert_eq!(question.comes_to("bob yes 9"), "partial: bob 9");
    assert_eq!(
        question.comes_to("bob yes 9, carol yes 10"),
        "partial: bob 9, carol 10",
        "nobody counts for the stage of others"
    );
}

#[test]
fn the_final_approver_comes_last_also_where_nothing_else_is_ordered() {
    let stages = vec![
        stage("first", 1, "alice"),
        stage("second", 1, "bob"),
        Stage::last(person("carol")),
    ];
    let question = Question::under(rule(false, stages));
    assert_eq!(
        question.comes_to("bob yes 9, alice yes 10, carol yes 11"),
        "approved at 11: bob 9, alice 10, carol 11"
    );
    assert_eq!(
        question.comes_to("bob yes 9, carol yes 10, alice yes 11"),
        "partial: bob 9, alice 11 | RC514"
    );
}

#[test]
fn an_approval_out_of_turn_has_to_be_given_again_whatever_else_it_counts_for() {
    let own = ApprovalRule::simple(Evidence::Inline, 1, people("bob"));
    let question = two(true).with_role("ap-payer", own);
    assert_eq!(
        question.comes_to("bob yes 9, alice yes 10"),
        "partial: bob 9, alice 10 | RC514"
    );
    let own = ApprovalRule::simple(Evidence::Inline, 1, people("alice"));
    let question = two(true).with_role("ap-payer", own);
    assert_eq!(
        question.comes_to("bob yes 9, alice yes 10"),
        "partial: alice 10 | RC514",
        "that it is not asked for elsewhere is not told of beside that"
    );
}

#[test]
fn a_rule_that_asks_nobody_is_never_met() {
    let question = Question::under(rule(false, Vec::new()));
    assert_eq!(question.comes_to("alice yes 10"), "pending | RC207");
}

#[test]
fn each_stage_says_how_far_it_is_met() {
    let stages = vec![stage("first", 2, "alice bob"), Stage::last(person("carol"))];
    let question = Question::under(rule(true, stages));
    let decisions = super::decisions("alice yes 9, bob yes 10", Evidence::Inline);
    let (verdict, findings) = question.decide(Evidence::Inline, decisions);
    assert_eq!(findings, []);
    let found: Vec<_> = verdict
        .rules
        .iter()
        .map(|state| (state.rule.as_str(), state.given.join(" "), state.missing()))
        .collect();
    let due = [
        ("user_onboarding, stage first", "alice bob".to_owned(), 0),
        ("user_onboarding, stage final approver", String::new(), 1),
    ];
    assert_eq!(found, due);
    let rules: Vec<_> = verdict.given.iter().map(|it| it.rules.join("; ")).collect();
    assert_eq!(rules, ["user_onboarding, stage first"; 2]);
}
