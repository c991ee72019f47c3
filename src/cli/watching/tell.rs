//! What the log says of a pass: that it did something, and what does not go as it should, once.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::check::finding::Finding;
use crate::cli::pass::Passed;
use crate::plan::Plan;
use crate::render::escape;

/// The most ids that stand in one line.
const SHOWN: usize = 10;

/// What was said already.
#[derive(Debug, Default)]
pub(super) struct Told {
    invalid: BTreeSet<String>,
    failing: BTreeSet<String>,
}

impl Told {
    /// Says what a pass did, and what is different from the last one.
    pub(super) fn passed(&mut self, passed: &Passed, took: Duration) {
        let (applied, duration_ms) = (&passed.outcome.applied, milliseconds(took));
        let sum = |of: fn(&crate::reconcile::outcome::Applied) -> u64| -> u64 {
            applied.iter().map(of).sum()
        };
        let published = passed.outcome.published.as_ref();
        if applied.is_empty() && published.is_none() {
            tracing::debug!(duration_ms, "nothing to do");
        } else {
            tracing::info!(
                serial = passed.outcome.serial,
                logs = applied.len(),
                added = sum(|log| log.additions),
                removed = sum(|log| log.removals),
                inactivated = sum(|log| log.inactivations),
                commit = published.map(|published| published.id.as_str()),
                pushed_to = published.and_then(|published| published.pushed_to.as_deref()),
                duration_ms,
                "reconciled"
            );
        }
        if let Some(error) = published.and_then(|published| published.index.as_ref()) {
            tracing::warn!(error, "git's index does not know the commit yet");
        }
        let (invalid, failing) = (invalid(&passed.plan), failing(&passed.plan));
        if invalid != self.invalid {
            match few(&invalid) {
                Some(what) => tracing::warn!(what, "invalid, and left alone"),
                None => tracing::info!("nothing is invalid any more"),
            }
        }
        if failing != self.failing {
            match few(&failing) {
                Some(what) => tracing::warn!(what, "changes failed; they are tried again"),
                None => tracing::info!("no change fails any more"),
            }
        }
        (self.invalid, self.failing) = (invalid, failing);
    }

    /// What does not go as it should, for the status line.
    pub(super) fn trouble(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.invalid.is_empty() {
            parts.push(format!("{} invalid", self.invalid.len()));
        }
        if !self.failing.is_empty() {
            parts.push(format!("{} with failed changes", self.failing.len()));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

pub(super) fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// Requests with errors, and files with errors that are no requests.
fn invalid(plan: &Plan) -> BTreeSet<String> {
    let requests = plan.requests.iter();
    let requests = requests
        .filter(|view| view.findings.iter().any(Finding::is_error))
        .map(|view| view.id.to_string());
    let others = plan.findings.iter().filter(|finding| finding.is_error());
    let others = others.map(|finding| {
        let text = finding.path.as_ref().unwrap_or(&finding.message);
        escape::terminal(text).into_owned()
    });
    requests.chain(others).collect()
}

/// Requests with changes that fail.
fn failing(plan: &Plan) -> BTreeSet<String> {
    let requests = plan.requests_after.iter();
    requests
        .filter(|view| !view.failures.is_empty())
        .map(|view| view.id.to_string())
        .collect()
}

/// The first of them in a line; `None` where there are none.
fn few(all: &BTreeSet<String>) -> Option<String> {
    if all.is_empty() {
        return None;
    }
    let shown: Vec<_> = all.iter().take(SHOWN).map(String::as_str).collect();
    let mut text = shown.join(", ");
    if all.len() > SHOWN {
        text.push_str(&format!(" and {} more", all.len() - SHOWN));
    }
    Some(text)
}
