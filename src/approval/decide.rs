//! Rules and evidence to a verdict.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use super::source::{Source, Subject};
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, Approval, ApprovalRule, ChangeLevel, Decision, EmployeeId, Evidence, Instant,
    Person, PersonId, RoleId, Settings, Standing, Verdict,
};

/// What a verdict is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The request.
    pub subject: Subject<'a>,
    /// The employees whom it touches, resolved.
    pub employees: &'a BTreeSet<EmployeeId>,
    /// Their e-mail addresses in lower case, where known.
    pub emails: &'a BTreeSet<String>,
    /// The roles that it touches, resolved.
    pub roles: &'a BTreeSet<RoleId>,
    /// The author of the commit that brought the content, if that is a person of the settings.
    pub author: Option<&'a PersonId>,
    /// Whether a run of it has been done.
    pub started: bool,
    /// The clock.
    pub now: Instant,
}

/// Decides whether a request is approved: every rule that applies must be met.
#[must_use]
pub fn decide(
    settings: &Settings,
    sources: &[&dyn Source],
    case: Case<'_>,
) -> (Verdict, Vec<Finding>) {
    let rules = rules_for(settings, case);
    let mut findings = Vec::new();
    let mut outcomes = Vec::new();
    let mut uncounted = Vec::new();
    for rule in &rules {
        outcomes.push(judge(
            settings,
            sources,
            case,
            rule,
            &mut findings,
            &mut uncounted,
        ));
    }
    let verdict = combine(&rules, &outcomes);
    // A decision that counts under another rule needs no word.
    uncounted.retain(|(decision, _)| !verdict.given.contains(decision));
    findings.extend(uncounted.into_iter().map(|(decision, why)| {
        let message = format!("the decision of {} does not count: {why}", decision.person);
        Finding::warning(Code::ApprovalNotCounted, message).in_file(case.subject.path)
    }));
    let mut seen = Vec::new();
    findings.retain(|finding| {
        let is_new = !seen.contains(finding);
        seen.push(finding.clone());
        is_new
    });
    (verdict, findings)
}

/// A decision that does not count, and why.
type Uncounted = (Approval, &'static str);

/// The control's rule, unless it only logs, and those of the roles, each once.
fn rules_for<'a>(settings: &'a Settings, case: Case<'_>) -> Vec<&'a ApprovalRule> {
    let control = settings.control(case.subject.request.access_type);
    let asked = control.change_level == ChangeLevel::ChangeRequest;
    let mut rules: Vec<_> = asked.then_some(&control.rule).into_iter().collect();
    for role in case.roles {
        let own = settings.roles.get(role).and_then(|role| role.rule.as_ref());
        rules.extend(own.filter(|rule| !rules.contains(rule)));
    }
    rules
}

/// What one rule says.
struct Outcome {
    standing: Standing,
    at: Option<Instant>,
    given: Vec<Approval>,
}

fn judge(
    settings: &Settings,
    sources: &[&dyn Source],
    case: Case<'_>,
    rule: &ApprovalRule,
    findings: &mut Vec<Finding>,
    uncounted: &mut Vec<Uncounted>,
) -> Outcome {
    let about = |finding: Finding| finding.in_file(case.subject.path);
    let Some(source) = sources
        .iter()
        .find(|source| source.evidence() == rule.evidence)
    else {
        findings.push(about(
            Finding::warning(
                Code::EvidenceNotRead,
                format!(
                    "approvals with evidence {} are not read by this version",
                    rule.evidence.word()
                ),
            )
            .hint("the request stays pending; use `merge` or `inline` until a version reads it"),
        ));
        return Outcome {
            standing: Standing::Pending,
            at: None,
            given: Vec::new(),
        };
    };
    let decisions = source.decisions(case.subject);
    let counted = if rule.evidence == Evidence::Merge {
        decisions
    } else {
        eligible(settings, case, rule, decisions, findings, uncounted)
    };
    let (rejections, approvals): (Vec<_>, Vec<_>) = counted
        .into_iter()
        .partition(|decision| decision.decision == Decision::Reject);
    if !rejections.is_empty() {
        return Outcome {
            standing: Standing::Rejected,
            at: None,
            given: rejections,
        };
    }
    let had = approvals.len();
    let fresh: Vec<_> = approvals
        .into_iter()
        .filter(|approval| !has_lapsed(settings, case, approval))
        .collect();
    let needed = usize::try_from(rule.approvals).unwrap_or(usize::MAX);
    if fresh.len() < needed && had > fresh.len() {
        findings.push(about(
            Finding::warning(Code::ApprovalLapsed, "an approval has lapsed before it was used")
                .hint("have the request approved again; `approval.valid_for_days` says how long an approval lasts"),
        ));
    }
    let standing = match fresh.len() {
        given if given >= needed => Standing::Approved,
        0 => Standing::Pending,
        _ => Standing::Partial,
    };
    let at = (standing == Standing::Approved).then(|| fresh[needed - 1].at);
    Outcome {
        standing,
        at,
        given: fresh,
    }
}

fn combine(rules: &[&ApprovalRule], outcomes: &[Outcome]) -> Verdict {
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
        if !given.contains(approval) {
            given.push(approval.clone());
        }
    }
    given.sort_by(|a, b| (a.at, &a.person).cmp(&(b.at, &b.person)));
    Verdict {
        standing,
        at: (standing == Standing::Approved)
            .then(|| outcomes.iter().filter_map(|outcome| outcome.at).max())
            .flatten(),
        required: required(rules, outcomes, &given),
        given,
        evidence: rules.iter().map(|rule| rule.evidence).max(),
    }
}

/// How many people have to approve: the most that one rule asks for, or those who have and those who are missing.
fn required(rules: &[&ApprovalRule], outcomes: &[Outcome], given: &[Approval]) -> u32 {
    let most = rules.iter().map(|rule| rule.approvals).max().unwrap_or(0);
    let missing: usize = rules
        .iter()
        .zip(outcomes)
        .map(|(rule, outcome)| {
            let needed = usize::try_from(rule.approvals).unwrap_or(usize::MAX);
            needed.saturating_sub(outcome.given.len())
        })
        .sum();
    let asked: u32 = rules.iter().map(|rule| rule.approvals).sum();
    let people = u32::try_from(given.len() + missing).unwrap_or(u32::MAX);
    people.min(asked).max(most)
}

/// The decision that stands of each person who may decide, oldest first: the first of those alike since they last changed
/// their mind.
fn eligible(
    settings: &Settings,
    case: Case<'_>,
    rule: &ApprovalRule,
    decisions: Vec<Approval>,
    findings: &mut Vec<Finding>,
    uncounted: &mut Vec<Uncounted>,
) -> Vec<Approval> {
    let named = settings.approvers(rule);
    let barred = |person: &PersonId| barred(settings, case, person);
    let able = named
        .iter()
        .filter(|person| barred(person).is_none())
        .count();
    if able < usize::try_from(rule.approvals).unwrap_or(usize::MAX) {
        let who = if able == 0 {
            "nobody".to_owned()
        } else {
            format!("only {able}")
        };
        findings.push(
            Finding::warning(
                Code::NobodyEligible,
                format!("{who} may approve this request, {} needed", rule.approvals),
            )
            .in_file(case.subject.path)
            .hint("the requester, the affected employees and the author do not approve their own request; name other approvers"),
        );
    }
    let mut latest: BTreeMap<String, Approval> = BTreeMap::new();
    for decision in decisions {
        let why = match named.get(decision.person.as_str()) {
            _ if decision.at > case.now => Some("it lies in the future"),
            None => Some("the rule does not name them as an approver"),
            Some(person) => barred(person),
        };
        match why {
            None => {
                // Approving once more moves nothing, unless the earlier approval has lapsed.
                let stands = latest.get(&decision.person).is_some_and(|known| {
                    known.decision == decision.decision && !has_lapsed(settings, case, known)
                });
                if !stands {
                    latest.insert(decision.person.clone(), decision);
                }
            }
            Some(why) => uncounted.push((decision, why)),
        }
    }
    let mut counted: Vec<_> = latest.into_values().collect();
    counted.sort_by(|a, b| (a.at, &a.person).cmp(&(b.at, &b.person)));
    counted
}

/// Why a person may not decide about this request, if so.
fn barred(settings: &Settings, case: Case<'_>, person: &PersonId) -> Option<&'static str> {
    if !settings.approval.block_own {
        return None;
    }
    let is_affected = |details: &Person| {
        let known = |employee: &EmployeeId| case.employees.contains(employee);
        let email = details.email.as_ref().map(|email| email.to_lowercase());
        details.employee.as_ref().is_some_and(known)
            || email.is_some_and(|email| case.emails.contains(&email))
    };
    if case.subject.request.requester.as_ref() == Some(person) {
        Some("they made the request")
    } else if case.author == Some(person) {
        Some("they wrote the commit")
    } else if settings.people.get(person).is_some_and(is_affected) {
        Some("the request affects them")
    } else {
        None
    }
}

/// Whether an approval is too old to be used for the first time. Reductions never wait for that.
fn has_lapsed(settings: &Settings, case: Case<'_>, approval: &Approval) -> bool {
    let gives = case.subject.request.access_type != AccessType::RoleReductions;
    let days = settings
        .approval
        .valid_for_days
        .filter(|_| gives && !case.started);
    days.is_some_and(|days| case.now - approval.at > Duration::days(i64::from(days)))
}
