//! Approvals in words: who, when, how it is known, and for which rule.

use super::escape;
use super::text::{count, list, utc};
use crate::model::{Approval, Assurance, Decision, Proof, RuleState};

/// How many people are named in a row.
const MOST: usize = 8;

/// `alice, 2026-11-22 10:00 UTC, by signature (signed), for user_onboarding`.
pub(super) fn one(approval: &Approval) -> String {
    let text = format!(
        "{}, {}, by {} ({}){}",
        approval.person,
        utc(approval.at),
        approval.evidence.word(),
        assurance(approval.assurance),
        rules(", for ", approval)
    );
    escape::terminal(&text).into_owned()
}

/// The rules that an approval counts for, behind some words; nothing where it counts for none.
fn rules(before: &str, approval: &Approval) -> String {
    if approval.rules.is_empty() {
        return String::new();
    }
    format!("{before}{}", list(&approval.rules, MOST))
}

/// What can be checked again of an approval: the fingerprint of the key and what was said, or whose review of which commit.
pub(super) fn proof(approval: &Approval) -> Option<String> {
    let text = match approval.proof.as_ref()? {
        Proof::Signed { signed, key } => {
            let comment = signed.statement.comment.as_ref();
            let comment = comment.map(|comment| format!(", said {comment:?}"));
            format!("key {}{}", key.fingerprint(), comment.unwrap_or_default())
        }
        Proof::Reviewed {
            account, commit, ..
        } => format!("review of {account} at commit {commit}"),
    };
    Some(escape::terminal(&text).into_owned())
}

/// `approved by alice (2026-11-22 10:00 UTC, signature, signed; user_onboarding)`, or that no approval was needed, or asked for.
pub(super) fn all(approvals: &[Approval], assumes_approval: bool) -> String {
    if assumes_approval {
        return "taken as approved".to_owned();
    }
    if approvals.is_empty() {
        return "no approval needed".to_owned();
    }
    let people = approvals.iter().map(|approval| {
        let text = format!(
            "{} ({}, {}, {}{})",
            approval.person,
            utc(approval.at),
            approval.evidence.word(),
            assurance(approval.assurance),
            rules("; ", approval)
        );
        escape::terminal(&text).into_owned()
    });
    format!("approved by {}", list(people, MOST))
}

/// Who has rejected: `rejected by bob (2026-11-22 10:00 UTC)`.
pub(super) fn rejected(decisions: &[Approval]) -> String {
    let rejections = decisions
        .iter()
        .filter(|decision| decision.decision == Decision::Reject);
    let people: Vec<_> = rejections
        .map(|decision| {
            let person = escape::terminal(&decision.person);
            format!("{person} ({})", utc(decision.at))
        })
        .collect();
    if people.is_empty() {
        "rejected".to_owned()
    } else {
        format!("rejected by {}", list(people, MOST))
    }
}

/// What each rule still waits for: `1 more approval of finance-leads for role ap-payer`.
pub(super) fn missing(rules: &[RuleState]) -> Vec<String> {
    let are_mixed = are_mixed(rules);
    let open = rules.iter().filter(|rule| rule.missing() > 0);
    open.map(|rule| {
        let whom = match rule.approvers.as_slice() {
            [] => String::new(),
            approvers => format!(" of {}", list(approvers, MOST)),
        };
        let noun = if rule.given.is_empty() {
            "approval"
        } else {
            "more approval"
        };
        let by = if are_mixed {
            format!(" by {}", rule.evidence.word())
        } else {
            String::new()
        };
        format!(
            "{}{by}{whom} for {}",
            count(rule.missing(), noun),
            escape::terminal(&rule.rule)
        )
    })
    .collect()
}

/// Whether rules ask for evidence of more than one kind.
pub(super) fn are_mixed(rules: &[RuleState]) -> bool {
    let first = rules.first().map(|rule| rule.evidence);
    rules.iter().any(|rule| Some(rule.evidence) != first)
}

fn assurance(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::Claimed => "claimed",
        Assurance::Merged => "merged",
        Assurance::Reviewed => "reviewed",
        Assurance::Signed => "signed",
    }
}
