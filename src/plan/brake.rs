//! Sums over a plan, the mass-change brake, and the plan's digest.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::value::{Brake, Step, StepKind, Summary};
use crate::model::{Digest, Employee, Limits, State};

/// From how many removals up their share of all held roles is judged.
const SHARE_FROM: u64 = 10;

/// Sums what the steps do.
#[must_use]
pub fn summarize(steps: &[Step]) -> Summary {
    let mut summary = Summary::default();
    let mut requests = BTreeSet::new();
    for step in steps {
        for change in &step.changes {
            summary.additions += change.added().len() as u64;
            summary.removals += change.removed().len() as u64;
            summary.inactivations += u64::from(change.inactivates());
        }
        if step.kind == StepKind::Run {
            summary.runs += 1;
            requests.extend(step.request.as_ref().map(|request| &request.id));
        }
    }
    summary.requests = requests.len() as u64;
    summary
}

/// Which limits a plan goes over.
#[must_use]
pub fn judge(summary: &Summary, limits: &Limits, state: &State) -> Vec<Brake> {
    let mut exceeded = Vec::new();
    let mut check = |limit, allowed, planned| {
        if planned > allowed {
            exceeded.push(Brake {
                limit,
                allowed,
                planned,
            });
        }
    };
    check("removals", limits.removals, summary.removals);
    let held = state.employees.count_held() as u64;
    if summary.removals >= SHARE_FROM {
        let share = (summary.removals * 100).div_ceil(held.max(1));
        check("removal_percent", u64::from(limits.removal_percent), share);
    }
    check("inactivations", limits.inactivations, summary.inactivations);
    exceeded
}

/// The digest of what the steps would do. The clock is no part of it.
#[must_use]
pub fn digest(steps: &[Step]) -> Digest {
    let mut text = String::from("rolecall plan 1\n");
    for step in steps {
        describe(&mut text, step);
    }
    Digest::of(text.as_bytes())
}

/// Writes a step as lines; writing to a `String` does not fail.
fn describe(text: &mut String, step: &Step) {
    let _ = write!(text, "{:?} {}", step.kind, step.change_type.word());
    if let Some(request) = &step.request {
        let _ = write!(text, " {} {}", request.id, request.content);
    }
    if let Some(run) = step.run {
        let _ = write!(text, " {}/{}", run.number, run.of);
    }
    text.push('\n');
    for change in &step.changes {
        let _ = write!(text, "  {}", change.id);
        for role in change.added() {
            let _ = write!(text, " +{role}");
        }
        for role in change.removed() {
            let _ = write!(text, " -{role}");
        }
        if let Some((_, status)) = change.status() {
            let _ = write!(text, " {}", status.word());
        }
        match &change.after {
            None => text.push_str(" gone"),
            Some(after) => {
                describe_details(text, change.before.as_ref(), after);
                for grant in &after.temporary {
                    let until = grant.until.timestamp();
                    let _ = write!(text, " {}~{until}~{}", grant.role, grant.request);
                }
            }
        }
        text.push('\n');
    }
}

/// Name, e-mail and status of an employee, where the step changes them or they are new.
fn describe_details(text: &mut String, before: Option<&Employee>, after: &Employee) {
    if before.is_none_or(|before| before.name != after.name) {
        let _ = write!(text, " name {:?}", after.name);
    }
    if before.is_none_or(|before| before.email != after.email) {
        let _ = write!(text, " email {:?}", after.email);
    }
    if before.is_none() {
        let _ = write!(text, " {}", after.status.word());
    }
}
