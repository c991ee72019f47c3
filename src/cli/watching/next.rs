//! What waits for its moment next.

use crate::model::Instant;
use crate::plan::{Plan, Status, WaitingFor};
use crate::watch::Awaited;

/// The next moment at which something of a plan's world falls due: the start of an approved request, or the end of temporary access,
/// also of what the plan gives itself.
pub(super) fn awaited(plan: &Plan) -> Option<Awaited> {
    let starts = plan.requests_after.iter().filter_map(|view| {
        let waits = view.status == Status::Approved && view.waiting_for.is_some();
        let due = view.due.as_ref().filter(|_| waits)?;
        let kind = match view.waiting_for {
            Some(WaitingFor::Schedule) => "request",
            _ => "the rest of request",
        };
        Some((due.utc, format!("{kind} {}", view.id)))
    });
    let ends = plan
        .expiries_after
        .iter()
        .map(|expiry| (expiry.due.utc, format!("the end of {}", expiry.request)));
    let is_to_come = |moment: &Instant| *moment > plan.as_of;
    starts
        .chain(ends)
        .filter(|(moment, _)| is_to_come(moment))
        .min()
        .map(|(moment, what)| Awaited { moment, what })
}
