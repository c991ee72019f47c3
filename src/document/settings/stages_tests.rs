use rstest::rstest;

use crate::check::finding::{Code, Finding, Severity};
use crate::document::settings::tests::{bad, good};
use crate::model::{ApprovalRule, Evidence, Settings};

const WHOLE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXO";

/// Settings with six people, two groups, and this rule for additions and for a role.
fn settings(rule: &str) -> String {
    format!(
        "version: 1\n\
         change_controls: {{user_onboarding: {{{rule}}}}}\n\
         people:\n  alice: {{name: A}}\n  bob: {{name: B}}\n  carol: {{name: C}}\n  \
         dana: {{name: D}}\n  erin: {{name: E}}\n  finn: {{name: F}}\n\
         groups: {{leads: [carol, dana], others: [dana, erin]}}\n\
         roles: {{r: {{name: R, {rule}}}}}\n"
    )
}

fn rule(settings: &Settings) -> &ApprovalRule {
    settings.roles["r"].rule.as_ref().unwrap()
}

#[test]
fn a_rule_without_stages_is_one_stage_without_a_name() {
    let settings = good(&settings(
        "evidence: inline, approvals: 2, approvers: [leads]",
    ))
    .settings;
    let rule = rule(&settings);
    assert_eq!(rule, &settings.change_controls.user_onboarding.rule);
    let approvers = rule.stages[0].approvers.clone();
    assert_eq!(rule, &ApprovalRule::simple(Evidence::Inline, 2, approvers));
}

#[test]
fn a_stage_asks_for_one_approval_where_it_does_not_say() {
    let text =
        settings("evidence: inline, stages: [{name: 7, approvers: [alice]}], ordered: false");
    let settings = good(&text).settings;
    let stage = &rule(&settings).stages[0];
    assert_eq!((stage.approvals, stage.name.as_deref()), (1, Some("7")));
    assert!(!rule(&settings).ordered && !stage.is_final);
}

#[test]
fn the_final_approver_is_the_last_stage_and_left_out_of_those_before() {
    let text = settings("evidence: inline, approvers: [leads, erin], final_approver: dana");
    let settings = good(&text).settings;
    let rule = rule(&settings);
    let people = |index: usize| {
        let people = settings.approvers(rule, &rule.stages[index]);
        people.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(people(0), ["carol", "erin"]);
    assert_eq!(people(1), ["dana"]);
    assert!(rule.stages[1].is_final && rule.stages[1].name.as_deref() == Some("final approver"));
}

#[rstest]
#[case::stages("stages: [{name: a, approvers: [alice]}, {name: b, approvers: [bob]}]")]
#[case::ordered("ordered: true, stages: [{name: a, approvers: [alice]}]")]
#[case::ordered_before_the_final_approver("ordered: true, final_approver: alice")]
#[case::everybody_else("approvals: 5, final_approver: alice")]
#[case::group_at_last("approvers: [alice], final_approver: leads")]
#[case::final_approver_of_a_group("approvers: [leads], final_approver: carol")]
#[case::final_approver_of_the_group_of_a_stage(
    "stages: [{name: a, approvers: [leads]}], final_approver: carol"
)]
#[case::twice_in_one_stage("stages: [{name: a, approvers: [leads, others, dana]}]")]
#[case::as_many_as_there_are("stages: [{name: a, approvals: 3, approvers: [leads, others]}]")]
fn stages_that_fit_are_read_with_any_evidence_that_names_people(
    #[case] rule: &str,
    #[values("inline", "forge", "signature")] evidence: &str,
) {
    let findings = good(&settings(&format!("evidence: {evidence}, {rule}"))).findings;
    let is_silent = findings.is_empty();
    assert_eq!(is_silent, evidence == "inline", "{findings:#?}");
}

#[rstest]
#[case::approvals(
    "approvals: 1, stages: [{name: a, approvers: [alice]}]",
    Code::Setting,
    "beside `stages`"
)]
#[case::approvers(
    "approvers: [bob], stages: [{name: a, approvers: [alice]}]",
    Code::Setting,
    "beside `stages`"
)]
#[case::none("stages: []", Code::BadList, "empty")]
#[case::not_a_list("stages: {name: a}", Code::WrongType, "stages")]
#[case::not_a_map("stages: [alice]", Code::WrongType, "stages[0]")]
#[case::no_name("stages: [{approvers: [alice]}]", Code::MissingKey, "name")]
#[case::no_approvers("stages: [{name: a}]", Code::MissingKey, "approvers")]
#[case::nobody("stages: [{name: a, approvers: []}]", Code::BadList, "empty")]
#[case::unknown_key(
    "stages: [{name: a, approver: [alice]}]",
    Code::UnknownKey,
    "approvers"
)]
#[case::unknown_approver("stages: [{name: a, approvers: [alise]}]", Code::DanglingName, "alice")]
#[case::approver_twice("stages: [{name: a, approvers: [bob, bob]}]", Code::BadList, "twice")]
#[case::no_approval(
    "stages: [{name: a, approvals: 0, approvers: [bob]}]",
    Code::WrongType,
    "from 1"
)]
#[case::one_name(
    "stages: [{name: a b, approvers: [alice]}, {name: A  B, approvers: [bob]}]",
    Code::Setting,
    "two stages"
)]
#[case::name_is_taken(
    "stages: [{name: Final Approver, approvers: [alice]}]",
    Code::Setting,
    "final_approver"
)]
#[case::name_of_two_lines(
    "stages: [{name: \"a\\nb\", approvers: [alice]}]",
    Code::BadText,
    "one line"
)]
#[case::person_of_two_stages(
    "stages: [{name: a, approvers: [alice]}, {name: b, approvers: [bob, alice]}]",
    Code::Setting,
    "`alice` is in stage `a` already"
)]
#[case::person_of_two_groups(
    "stages: [{name: a, approvers: [leads]}, {name: b, approvers: [others]}]",
    Code::Setting,
    "`dana`, of `others`, is in stage `a` already"
)]
#[case::final_approver_named_before(
    "stages: [{name: a, approvers: [alice, bob]}], final_approver: alice",
    Code::Setting,
    "`alice` is the final approver"
)]
#[case::final_approver_named_before_without_stages(
    "approvers: [alice, bob], final_approver: alice",
    Code::Setting,
    "in `approvers` already"
)]
#[case::final_group_with_somebody_named_before(
    "approvers: [carol, bob], final_approver: leads",
    Code::Setting,
    "`carol`, of `leads`, is the final approver"
)]
#[case::unknown_final_approver("final_approver: alise", Code::DanglingName, "alice")]
#[case::ordered_alone("ordered: true", Code::Setting, "nothing to order")]
#[case::more_than_there_are(
    "stages: [{name: a, approvals: 3, approvers: [leads]}]",
    Code::Setting,
    "at stage `a`, and 2 may approve"
)]
#[case::more_than_there_are_besides(
    "stages: [{name: a, approvals: 2, approvers: [leads]}], final_approver: dana",
    Code::Setting,
    "1 may approve besides the final approver"
)]
#[case::nobody_besides(
    "approvers: [leads], final_approver: leads",
    Code::Setting,
    "0 may approve besides"
)]
#[case::everybody_besides(
    "approvals: 6, final_approver: alice",
    Code::Setting,
    "5 may approve besides"
)]
fn stages_that_do_not_fit_are_errors(#[case] rule: &str, #[case] code: Code, #[case] words: &str) {
    let findings = bad(&settings(&format!("evidence: inline, {rule}")));
    let found: Vec<_> = findings.iter().filter(|it| says(it, code, words)).collect();
    assert_eq!(found.len(), 2, "control and role: {findings:#?}");
}

fn says(finding: &Finding, code: Code, words: &str) -> bool {
    let hint = finding.hint.clone().unwrap_or_default();
    let text = format!("{} {hint}", finding.message);
    finding.code == code && text.contains(words)
}

#[rstest]
#[case::stages("stages: [{name: a, approvers: [alice]}]")]
#[case::ordered("ordered: true")]
#[case::final_approver("final_approver: alice")]
fn with_merge_nobody_checks_stages(
    #[case] rule: &str,
    #[values("", "evidence: merge, ")] evidence: &str,
) {
    let findings = bad(&settings(&format!("{evidence}{rule}")));
    let key = rule.split(':').next().unwrap();
    let words = format!("change_controls.user_onboarding.{key}` is not checked");
    let found = findings.iter().any(|it| says(it, Code::Setting, &words));
    assert!(found && findings.len() == 2, "{findings:#?}");
}

#[test]
fn the_place_of_two_stages_with_one_person_is_the_later_entry() {
    let text = "version: 1\npeople: {a: {name: A}, b: {name: B}}\nroles:\n  r:\n    name: R\n    evidence: inline\n    \
                stages:\n    - {name: x, approvers: [a]}\n    - {name: y, approvers: [b, a]}\n";
    let findings = bad(text);
    let place = findings[0].place.as_ref().unwrap();
    assert_eq!((findings.len(), place.line, place.column), (1, 9, 32));
}

fn with_stages(count: usize, name: &str) -> String {
    use std::fmt::Write as _;
    let mut text =
        String::from("version: 1\nroles:\n  r:\n    name: R\n    evidence: inline\n    stages:\n");
    for index in 0..count {
        let _ = writeln!(
            text,
            "    - {{name: {name}{index:02}, approvers: [p{index}]}}"
        );
    }
    text.push_str("people:\n");
    for index in 0..count {
        let _ = writeln!(text, "  p{index}: {{name: P}}");
    }
    text
}

#[test]
fn a_rule_has_at_most_twenty_stages() {
    assert_eq!(rule(&good(&with_stages(20, "s")).settings).stages.len(), 20);
    let findings = bad(&with_stages(21, "s"));
    assert!(
        says(&findings[0], Code::BadList, "at most 20"),
        "{findings:#?}"
    );
}

#[test]
fn the_name_of_a_stage_has_at_most_a_hundred_characters() {
    good(&with_stages(1, &"ä".repeat(98)));
    let findings = bad(&with_stages(1, &"ä".repeat(99)));
    assert!(
        says(&findings[0], Code::BadText, "at most 100"),
        "{findings:#?}"
    );
}

/// People with means to prove an approval: Alice and Bob have a key and an account; that of Carol is revoked, that of Dana cut
/// off.
fn with_means(rule: &str) -> String {
    let cut = &WHOLE[..40];
    format!(
        "version: 1\n\
         change_controls: {{user_onboarding: {{{rule}}}}}\n\
         revoked_keys: [{{key: {WHOLE}c, since: 2026-01-01, reason: lost}}]\n\
         people:\n  alice: {{name: A, github: a, keys: [{WHOLE}a]}}\n  \
         bob: {{name: B, gitlab: b, keys: [{WHOLE}b]}}\n  \
         carol: {{name: C, keys: [{WHOLE}c]}}\n  dana: {{name: D, keys: [{cut}]}}\n"
    )
}

#[rstest]
#[case::enough("approvals: 2", None)]
#[case::too_few("approvals: 3", Some("only 2 who may approve have"))]
#[case::one(
    "approvals: 2, approvers: [alice, carol, dana]",
    Some("only 1 who may approve has")
)]
#[case::nobody("approvers: [carol, dana]", Some("nobody who may approve has"))]
#[case::stage(
    "stages: [{name: a, approvers: [alice, carol]}, {name: b, approvers: [dana]}]",
    Some("nobody who may approve at stage `b` has")
)]
#[case::final_approver(
    "approvers: [alice], final_approver: carol",
    Some("nobody who may approve at stage `final approver` has")
)]
#[case::left_out_for_the_final_approver(
    "approvals: 2, final_approver: alice",
    Some("only 1 who may approve has")
)]
#[case::only_logged("change_level: log_changes_only, approvals: 3", None)]
fn a_rule_that_too_few_can_prove_is_a_warning(
    #[case] rule: &str,
    #[case] words: Option<&str>,
    #[values("forge", "signature")] evidence: &str,
) {
    let findings = good(&with_means(&format!("evidence: {evidence}, {rule}"))).findings;
    let about: Vec<_> = findings
        .iter()
        .filter(|finding| finding.message.contains("may approve"))
        .collect();
    let Some(words) = words else {
        assert!(about.is_empty(), "{findings:#?}");
        return;
    };
    assert_eq!(about.len(), 1, "{findings:#?}");
    assert!(says(about[0], Code::Setting, words), "{findings:#?}");
    assert!(
        says(about[0], Code::Setting, "stay pending"),
        "{findings:#?}"
    );
    assert_eq!(about[0].severity, Severity::Warning);
}
