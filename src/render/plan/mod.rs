//! Plans: for people, as JSON, as Markdown.

pub(super) mod body;
mod human;
mod json;
mod markdown;
mod page;
mod saved;
pub(super) mod sections;

pub use human::{effect, human};
pub use json::json;
pub use markdown::markdown;
pub use saved::saved;

use std::collections::BTreeMap;

use crate::check::finding::Finding;
use crate::model::RequestId;
use crate::plan::{Plan, RequestView, Step, StepKind};
use crate::render::text::count;

/// Every finding of a plan: those about no single request, then those of the requests by id. [`human`] leaves them to
/// [`crate::render::findings::human`].
#[must_use]
pub fn findings(plan: &Plan) -> Vec<Finding> {
    let of_requests = plan.requests.iter().flat_map(|request| &request.findings);
    plan.findings.iter().chain(of_requests).cloned().collect()
}

/// `12 to add, 4 to remove, 1 to inactivate in 6 runs of 3 requests`, and what else writes a log.
fn sum(plan: &Plan) -> String {
    let summary = &plan.summary;
    let steps = |kind| {
        plan.steps
            .iter()
            .filter(move |step| step.kind == kind)
            .count()
    };
    let mut logs = Vec::new();
    if summary.runs > 0 {
        let runs = count(summary.runs, "run");
        logs.push(format!("{runs} of {}", count(summary.requests, "request")));
    }
    match steps(StepKind::End) {
        0 => {}
        1 => logs.push("1 end of access".to_owned()),
        ends => logs.push(format!("{ends} ends of access")),
    }
    match steps(StepKind::HandEdit) {
        0 => {}
        edits => logs.push(count(edits, "hand edit")),
    }
    if steps(StepKind::Baseline) > 0 {
        logs.push("the baseline".to_owned());
    }
    let sums = format!(
        "{} to add, {} to remove, {} to inactivate",
        summary.additions, summary.removals, summary.inactivations
    );
    if logs.is_empty() {
        return sums;
    }
    format!("{sums} in {}", logs.join(", "))
}

/// The steps of one request, or those of a kind that no request has.
struct Group<'a> {
    kind: StepKind,
    id: Option<&'a RequestId>,
    /// Whether it is a request that was taken as approved.
    assumes_approval: bool,
    steps: Vec<&'a Step>,
}

/// A plan's steps by what they are for, in the order of the first step of each.
fn groups(plan: &Plan) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known = BTreeMap::new();
    for step in &plan.steps {
        let id = step.request.as_ref().map(|request| &request.id);
        let index = *known.entry((step.kind as u8, id)).or_insert_with(|| {
            groups.push(Group {
                kind: step.kind,
                id,
                assumes_approval: plan.assumes_approval && step.kind == StepKind::Run,
                steps: Vec::new(),
            });
            groups.len() - 1
        });
        groups[index].steps.push(step);
    }
    groups
}

/// The requests as they stand after the plan's steps; as before them where that is not told.
fn requests_after(plan: &Plan) -> &[RequestView] {
    if plan.requests_after.is_empty() {
        &plan.requests
    } else {
        &plan.requests_after
    }
}

/// Requests by their ids.
type Index<'a> = BTreeMap<&'a RequestId, &'a RequestView>;

fn index(views: &[RequestView]) -> Index<'_> {
    views.iter().map(|view| (&view.id, view)).collect()
}
