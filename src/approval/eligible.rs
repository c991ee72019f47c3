//! Who may decide about a request, and what each of them has decided.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use super::rules;
use super::source::Subject;
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, Approval, ApprovalRule, Decision, EmployeeId, Evidence, Instant, Person, PersonId,
    Proof, RoleId, Settings,
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
    /// The author of the content, by the commit that it comes from, if that is a person of the settings.
    pub author: Option<&'a PersonId>,
    /// Whether a run of it has been done: then only what had lapsed before that has lapsed.
    pub started: bool,
    /// The clock.
    pub now: Instant,
}

/// A decision that does not count, and why.
#[derive(Debug, Clone)]
pub(super) struct Uncounted {
    pub(super) decision: Approval,
    pub(super) code: Code,
    pub(super) why: String,
    pub(super) hint: &'static str,
}

impl Uncounted {
    pub(super) fn finding(&self, subject: Subject<'_>) -> Finding {
        let (person, why) = (&self.decision.person, &self.why);
        let message = format!("the decision of {person} does not count: {why}");
        Finding::warning(self.code, message)
            .in_file(subject.path)
            .hint(self.hint.replace("ID", subject.id.as_str()))
    }
}

/// What a person who may decide has decided: the decisions alike since they last changed their mind, oldest first.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) person: String,
    pub(super) decision: Decision,
    /// When they took a rejection back.
    pub(super) lifted: Option<Instant>,
    /// Those that have not lapsed.
    pub(super) fresh: Vec<Approval>,
}

impl Voice {
    fn new(person: String, decision: Decision) -> Self {
        Self {
            person,
            decision,
            lifted: None,
            fresh: Vec::new(),
        }
    }

    /// Takes a decision in, unless it is an approval that had lapsed at a moment.
    fn hear(
        &mut self,
        settings: &Settings,
        case: Case<'_>,
        lapses: Option<Instant>,
        decision: Approval,
    ) {
        let has_lapsed = lapses.is_some_and(|at| has_lapsed(settings, case, &decision, at));
        if decision.decision == Decision::Reject || !has_lapsed {
            self.fresh.push(decision);
        }
    }

    /// The decision that counts: doing the same once more moves nothing.
    pub(super) fn first(&self) -> Option<&Approval> {
        self.fresh.first()
    }

    /// Whether all that they said has lapsed.
    pub(super) fn has_lapsed(&self) -> bool {
        self.fresh.is_empty()
    }
}

/// Everybody's decisions, where nobody judges who may decide, without what had lapsed at a moment.
pub(super) fn everybody(
    settings: &Settings,
    case: Case<'_>,
    lapses: Option<Instant>,
    decisions: Vec<Approval>,
) -> Vec<Voice> {
    decisions
        .into_iter()
        .map(|decision| {
            let mut voice = Voice::new(decision.person.clone(), decision.decision);
            voice.hear(settings, case, lapses, decision);
            voice
        })
        .collect()
}

/// The voices of those who may decide under a rule, by person, without what had lapsed at a moment.
pub(super) fn voices(
    settings: &Settings,
    case: Case<'_>,
    rule: &ApprovalRule,
    lapses: Option<Instant>,
    decisions: Vec<Approval>,
    uncounted: &mut Vec<Uncounted>,
) -> Vec<Voice> {
    let named: BTreeSet<_> = rule
        .stages
        .iter()
        .flat_map(|stage| settings.approvers(rule, stage))
        .collect();
    let mut voices: BTreeMap<String, Voice> = BTreeMap::new();
    for decision in decisions {
        let why_not = match named.get(decision.person.as_str()) {
            _ if decision.at > case.now => Some(IN_THE_FUTURE),
            None => Some(NOT_NAMED),
            Some(person) => barred(settings, case, person),
        };
        if let Some(Barred { code, why, hint }) = why_not {
            uncounted.push(Uncounted {
                decision,
                code,
                why: why.to_owned(),
                hint,
            });
            continue;
        }
        let voice = voices
            .entry(decision.person.clone())
            .or_insert_with(|| Voice::new(decision.person.clone(), decision.decision));
        if voice.decision != decision.decision {
            let lifted = (voice.decision == Decision::Reject).then_some(decision.at);
            *voice = Voice::new(decision.person.clone(), decision.decision);
            voice.lifted = lifted;
        }
        voice.hear(settings, case, lapses, decision);
    }
    voices.into_values().collect()
}

/// Stages of a rule that cannot be met, because too few people are left who may approve.
pub(super) fn too_few(settings: &Settings, case: Case<'_>, rule: &ApprovalRule) -> Vec<Finding> {
    let may = |person: &PersonId| {
        let details = settings.people.get(person);
        barred(settings, case, person).is_none()
            && details.is_some_and(|details| settings.can_prove(rule.evidence, details))
    };
    let mut findings = Vec::new();
    for stage in &rule.stages {
        let approvers = settings.approvers(rule, stage);
        let able = approvers.iter().filter(|person| may(person)).count();
        if able >= usize::try_from(stage.approvals).unwrap_or(usize::MAX) {
            continue;
        }
        let who = if able == 0 {
            "nobody".to_owned()
        } else {
            format!("only {able}")
        };
        let stage_name = stage.name.as_ref();
        let at_stage = stage_name.map(|name| format!(" at stage {name}"));
        let message = format!(
            "{who} may approve this request{}, {} needed",
            at_stage.unwrap_or_default(),
            stage.approvals
        );
        findings.push(
            Finding::warning(Code::NobodyEligible, message)
                .in_file(case.subject.path)
                .hint(match rule.evidence {
                    Evidence::Signature => {
                        "the requester, the affected employees and the author do not approve their own request, and an \
                         approver needs a key that is not revoked; name other approvers, or add keys to `people`"
                    }
                    Evidence::Forge => {
                        "the requester, the affected employees and the author do not approve their own request, and an \
                         approver needs an account (`github`, `gitlab`); name other approvers, or add accounts to `people`"
                    }
                    _ => {
                        "the requester, the affected employees and the author do not approve their own request; name \
                         other approvers"
                    }
                }),
        );
    }
    findings
}

/// Why somebody may not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Barred {
    /// The code of the finding.
    pub code: Code,
    /// In words, behind "because".
    pub why: &'static str,
    /// What to do.
    pub hint: &'static str,
}

const IN_THE_FUTURE: Barred = Barred {
    code: Code::ApprovalNotCounted,
    why: "it lies in the future",
    hint: "it counts once its moment has come; see whether a clock is wrong",
};

const NOT_NAMED: Barred = Barred {
    code: Code::ApprovalNotCounted,
    why: "the rule does not name them as an approver",
    hint: "let one of the approvers decide; `rolecall status ID` names them",
};

const NOT_ASKED: Barred = Barred {
    code: Code::ApprovalNotCounted,
    why: "no rule of the settings asks for evidence of this kind about it",
    hint: "approve it in the way that rolecall.yaml asks for; `rolecall status ID` names it",
};

const SOMEBODY_ELSE: &str = "let somebody else decide";

/// Why a person may not decide about this request, whatever rule asks, if so.
pub(super) fn barred(settings: &Settings, case: Case<'_>, person: &PersonId) -> Option<Barred> {
    if !settings.approval.block_own {
        return None;
    }
    let is_affected = |details: &Person| {
        let known = |employee: &EmployeeId| case.employees.contains(employee);
        let email = details.email.as_ref().map(|email| email.to_lowercase());
        details.employee.as_ref().is_some_and(known)
            || email.is_some_and(|email| case.emails.contains(&email))
    };
    let (code, why) = if case.subject.request.requester.as_ref() == Some(person) {
        (Code::OwnRequest, "they made the request")
    } else if case.author == Some(person) {
        (Code::AuthorApprover, "they wrote the commit")
    } else if settings.people.get(person).is_some_and(is_affected) {
        (Code::AffectedApprover, "the request affects them")
    } else {
        return None;
    };
    Some(Barred {
        code,
        why,
        hint: SOMEBODY_ELSE,
    })
}

/// Why a decision of a person with this evidence would count under no rule of a request, if so.
#[must_use]
pub fn why_not(
    settings: &Settings,
    case: Case<'_>,
    evidence: Evidence,
    person: &PersonId,
) -> Option<Barred> {
    let rules = rules::of(settings, case.subject.request.access_type, case.roles);
    let mut asked = rules
        .iter()
        .map(|applied| applied.rule)
        .filter(|rule| rule.evidence == evidence)
        .peekable();
    if asked.peek().is_none() {
        return Some(NOT_ASKED);
    }
    let is_named = asked.any(|rule| {
        let mut stages = rule.stages.iter();
        stages.any(|stage| settings.approvers(rule, stage).contains(person))
    });
    if is_named {
        barred(settings, case, person)
    } else {
        Some(NOT_NAMED)
    }
}

/// Whether an approval is too old to be used for the first time at a moment. Reductions never wait for that.
pub(super) fn has_lapsed(
    settings: &Settings,
    case: Case<'_>,
    approval: &Approval,
    at: Instant,
) -> bool {
    if case.subject.request.access_type == AccessType::RoleReductions {
        return false;
    }
    let expires = match &approval.proof {
        Some(Proof::Signed { signed, .. }) => signed.statement.expires,
        _ => None,
    };
    let days = settings.approval.valid_for_days;
    days.is_some_and(|days| at - approval.at > Duration::days(i64::from(days)))
        || expires.is_some_and(|expires| at > expires)
}
