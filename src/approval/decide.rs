//! Rules and evidence to a verdict.

use std::collections::BTreeSet;

use super::eligible::{self, Case, Uncounted};
use super::rules::{self, Applied};
use super::source::Source;
use super::stages::{self, Filled};
use crate::check::finding::{Code, Finding, Severity};
use crate::model::{
    AccessType, Approval, ApprovalRule, Decision, Evidence, Instant, RuleState, Settings, Standing,
    Verdict,
};

/// Decides whether a request is approved: every rule that applies must be met.
#[must_use]
pub fn decide(
    settings: &Settings,
    sources: &[&dyn Source],
    case: Case<'_>,
) -> (Verdict, Vec<Finding>) {
    let lapses = if case.started {
        first_use(settings, sources, case)
    } else {
        Some(case.now)
    };
    decide_by(settings, sources, case, lapses)
}

/// Decides without the approvals that had lapsed at a moment.
fn decide_by(
    settings: &Settings,
    sources: &[&dyn Source],
    case: Case<'_>,
    lapses: Option<Instant>,
) -> (Verdict, Vec<Finding>) {
    let rules = rules::of(settings, case.subject.request.access_type, case.roles);
    let mut notes = Notes::default();
    let outcomes: Vec<_> = rules
        .iter()
        .map(|rule| judge(settings, sources, case, rule, lapses, &mut notes))
        .collect();
    let verdict = combine(&rules, &outcomes);
    let findings = notes.into_findings(case, &verdict);
    (verdict, findings)
}

/// The first moment at which a request that has begun was due and approved: what had lapsed by then was not what it began with. It
/// is not looked for where nothing has lapsed since either, and there is none where the settings or the request's scope were others.
fn first_use(settings: &Settings, sources: &[&dyn Source], case: Case<'_>) -> Option<Instant> {
    let request = case.subject.request;
    let decisions: Vec<_> = sources
        .iter()
        .flat_map(|source| source.decisions(case.subject))
        .filter(|decision| decision.at <= case.now)
        .collect();
    let has_lapsed = |decision| eligible::has_lapsed(settings, case, decision, case.now);
    if !decisions.iter().any(has_lapsed) {
        return None;
    }
    let start = request.start.as_ref().map(|start| start.utc);
    let given = decisions.iter().map(|decision| decision.at);
    let mut moments: Vec<_> = given.chain(start).filter(|at| Some(*at) >= start).collect();
    moments.sort_unstable();
    moments.into_iter().find(|at| {
        let then = Case { now: *at, ..case };
        decide_by(settings, sources, then, Some(*at)).0.standing == Standing::Approved
    })
}

/// What one rule says.
struct Outcome {
    standing: Standing,
    at: Option<Instant>,
    given: Vec<Approval>,
    states: Vec<RuleState>,
}

/// What is to be said about approvals once it is clear which of them count.
#[derive(Default)]
struct Notes {
    findings: Vec<Finding>,
    /// Decisions that do not count under one rule, but perhaps under another.
    uncounted: Vec<Uncounted>,
}

impl Notes {
    fn into_findings(mut self, case: Case<'_>, verdict: &Verdict) -> Vec<Finding> {
        let early = self.uncounted.iter();
        let early = early.filter(|note| note.code == Code::OutOfTurn);
        let early: Vec<_> = early.map(|note| note.decision.clone()).collect();
        let is_known = |decision: &Approval| {
            // What the same person says again, or has followed by something else that counts, is nothing to wait for.
            let is_outdone = |given: &Approval| {
                given.person == decision.person
                    && given.evidence == decision.evidence
                    && (given.decision == decision.decision || given.at > decision.at)
            };
            let has_come = decision.at <= case.now;
            (has_come && verdict.given.iter().any(is_outdone))
                || early.iter().any(|early| early.is_same(decision))
        };
        // One that comes too early has to be given again, also where it counts under another rule already.
        self.uncounted
            .retain(|note| note.code == Code::OutOfTurn || !is_known(&note.decision));
        let uncounted = self.uncounted.iter().map(|note| note.finding(case.subject));
        self.findings.extend(uncounted);
        self.findings.extend(held_up(case, verdict, &self.findings));
        let mut seen = Vec::new();
        self.findings.retain(|finding| {
            let is_new = !seen.contains(finding);
            seen.push(finding.clone());
            is_new
        });
        self.findings
    }
}

/// A removal at a set moment that was approved, and is not any more since its request was changed: nobody expects it to wait.
fn held_up(case: Case<'_>, verdict: &Verdict, findings: &[Finding]) -> Option<Finding> {
    let request = case.subject.request;
    let start = request.start.as_ref()?;
    let was_changed = findings
        .iter()
        .any(|finding| finding.code == Code::OtherContent && finding.severity > Severity::Note);
    if request.access_type != AccessType::RoleReductions
        || verdict.standing == Standing::Approved
        || !was_changed
    {
        return None;
    }
    let message = format!(
        "the removal that is due at {} ({}) waits: its request was changed after somebody had approved it",
        start.local, request.timezone
    );
    Some(
        Finding::warning(Code::HeldUp, message)
            .in_file(case.subject.path)
            .hint("have it approved again, or put the file back as it was approved"),
    )
}

fn judge(
    settings: &Settings,
    sources: &[&dyn Source],
    case: Case<'_>,
    applied: &Applied<'_>,
    lapses: Option<Instant>,
    notes: &mut Notes,
) -> Outcome {
    let rule = applied.rule;
    let nothing = |standing, given| Outcome {
        standing,
        at: None,
        given,
        states: stages::states(applied.rule, &applied.name, &[]),
    };
    let source = sources
        .iter()
        .find(|source| source.evidence() == rule.evidence);
    let Some(source) = source else {
        notes.findings.push(unread(case, rule));
        return nothing(Standing::Pending, Vec::new());
    };
    notes.findings.extend(source.refused(case.subject));
    let decisions = source.decisions(case.subject);
    let voices = if rule.evidence == Evidence::Merge {
        eligible::everybody(settings, case, lapses, decisions)
    } else {
        let unable = eligible::too_few(settings, case, rule);
        notes.findings.extend(unable);
        eligible::voices(
            settings,
            case,
            rule,
            lapses,
            decisions,
            &mut notes.uncounted,
        )
    };
    let rejections: Vec<_> = voices
        .iter()
        .filter(|voice| voice.decision == Decision::Reject)
        .filter_map(|voice| voice.first().cloned())
        .map(|rejection| named(rejection, &applied.name))
        .collect();
    if !rejections.is_empty() {
        return nothing(Standing::Rejected, rejections);
    }
    let filled = stages::fill(settings, rule, &applied.name, &voices);
    if filled.standing() != Standing::Approved {
        notes.findings.extend(lapsed(case, rule.evidence, &voices));
        notes.findings.extend(twice(case, &filled.repeated));
        notes.uncounted.extend(filled.early.iter().cloned());
    }
    let Filled { at, given, .. } = &filled;
    // While a rejection stood it was not approved, whoever had approved it.
    let lifted = voices.iter().filter_map(|voice| voice.lifted).max();
    Outcome {
        standing: filled.standing(),
        at: at.map(|at| lifted.map_or(at, |lifted| lifted.max(at))),
        given: given.clone(),
        states: stages::states(rule, &applied.name, &filled.stages),
    }
}

fn named(mut approval: Approval, rule: &str) -> Approval {
    approval.rules = vec![rule.to_owned()];
    approval
}

fn unread(case: Case<'_>, rule: &ApprovalRule) -> Finding {
    let message = format!(
        "approvals with evidence {} cannot be read here",
        rule.evidence.word()
    );
    Finding::warning(Code::EvidenceNotRead, message)
        .in_file(case.subject.path)
        .hint("the request stays pending; run where the protected branch is")
}

fn lapsed(case: Case<'_>, evidence: Evidence, voices: &[eligible::Voice]) -> Option<Finding> {
    let has_lapsed = |voice: &&eligible::Voice| voice.has_lapsed();
    let people: Vec<_> = voices
        .iter()
        .filter(has_lapsed)
        .map(|voice| voice.person.as_str())
        .collect();
    if people.is_empty() {
        return None;
    }
    let message = format!(
        "the approval of {} has lapsed before it was used",
        people.join(", ")
    );
    Some(
        Finding::warning(Code::ApprovalLapsed, message)
            .in_file(case.subject.path)
            .hint(match evidence {
                Evidence::Merge => "have it merged again with another text, such as a newer `change_overview`; `approval.valid_for_days` says how long an approval lasts",
                _ => "have the request approved again; `approval.valid_for_days` says how long an approval lasts",
            }),
    )
}

/// People who approve more than once where more people are needed.
fn twice(case: Case<'_>, repeated: &[(String, usize)]) -> Vec<Finding> {
    let repeated = repeated.iter();
    repeated
        .map(|(person, times)| {
            let message =
                format!("{person} has approved {times} times, and counts once, whatever the keys");
            Finding::warning(Code::CountsOnce, message)
                .in_file(case.subject.path)
                .hint("somebody else has to approve as well")
        })
        .collect()
}

fn combine(rules: &[Applied<'_>], outcomes: &[Outcome]) -> Verdict {
    let is = |standing| move |outcome: &&Outcome| outcome.standing == standing;
    let approved = outcomes.iter().filter(is(Standing::Approved)).count();
    let standing = if outcomes
        .iter()
        .any(|outcome| outcome.standing == Standing::Rejected)
    {
        Standing::Rejected
    } else if approved == outcomes.len() {
        Standing::Approved
    } else if outcomes.iter().all(|outcome| outcome.given.is_empty()) {
        Standing::Pending
    } else {
        Standing::Partial
    };
    let mut given: Vec<Approval> = Vec::new();
    for approval in outcomes.iter().flat_map(|outcome| &outcome.given) {
        match given.iter_mut().find(|known| known.is_same(approval)) {
            Some(known) => known.rules.extend(approval.rules.iter().cloned()),
            None => given.push(approval.clone()),
        }
    }
    given.sort_by(|a, b| (a.at, &a.person).cmp(&(b.at, &b.person)));
    let states: Vec<_> = outcomes
        .iter()
        .flat_map(|outcome| outcome.states.iter().cloned())
        .collect();
    Verdict {
        standing,
        at: (standing == Standing::Approved)
            .then(|| outcomes.iter().filter_map(|outcome| outcome.at).max())
            .flatten(),
        required: required(rules, &states, &given),
        given,
        evidence: rules.iter().map(|applied| applied.rule.evidence).max(),
        rules: states,
    }
}

/// How many people have to approve: the most that one rule asks for, or those who have and those who are missing.
fn required(rules: &[Applied<'_>], states: &[RuleState], given: &[Approval]) -> u32 {
    let asked = || rules.iter().map(|applied| applied.rule.approvals());
    let most = asked().max().unwrap_or(0);
    let missing: u32 = states.iter().map(RuleState::missing).sum();
    let people: BTreeSet<_> = given.iter().map(|it| &it.person).collect();
    let people = u32::try_from(people.len()).unwrap_or(u32::MAX);
    people.saturating_add(missing).min(asked().sum()).max(most)
}
