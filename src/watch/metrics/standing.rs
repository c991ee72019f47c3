//! Where everything stands, in a few numbers and the moments that are to come.

use std::collections::HashMap;

use crate::model::{Instant, RequestId};
use crate::plan::{Expiry, Plan, RequestView, Status, WaitingFor};

/// How many requests there are of each kind, and when the reconciler has to do something by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    statuses: [u64; Status::ALL.len()],
    waiting: [u64; WaitingFor::ALL.len()],
    moments: Vec<Instant>,
}

impl Standing {
    /// As everything stands after the steps of a plan.
    #[must_use]
    pub fn after(plan: &Plan) -> Self {
        Self::of(&plan.requests_after, &plan.expiries_after)
    }

    /// As everything stands where nothing of a plan was carried out.
    #[must_use]
    pub fn before(plan: &Plan) -> Self {
        Self::of(&plan.requests, &plan.expiries)
    }

    /// Counts requests and ends of loans: those of a plan after its steps, or before them where nothing was carried out.
    ///
    /// What waits for a person or is tried again after a failure has no moment of its own: no clock moves it.
    #[must_use]
    pub fn of(requests: &[RequestView], expiries: &[Expiry]) -> Self {
        let mut standing = Self::default();
        let mut held_up = HashMap::new();
        for request in requests {
            count(&mut standing.statuses, &Status::ALL, &request.status);
            if let Some(waiting_for) = request.waiting_for {
                count(&mut standing.waiting, &WaitingFor::ALL, &waiting_for);
            }
            held_up.insert(&request.id, is_held_up(request));
            standing.moments.extend(moment(request));
        }
        let is_held_up = |request: &RequestId| held_up.get(request).copied().unwrap_or_default();
        let ends = expiries
            .iter()
            .filter(|expiry| !is_held_up(&expiry.request))
            .map(|expiry| expiry.due.utc);
        standing.moments.extend(ends);
        standing.moments.sort_unstable();
        standing
    }

    /// How many requests have each status; all are named.
    pub fn statuses(&self) -> impl Iterator<Item = (Status, u64)> {
        Status::ALL.into_iter().zip(self.statuses)
    }

    /// How many requests wait for each thing; all are named.
    pub fn waiting(&self) -> impl Iterator<Item = (WaitingFor, u64)> {
        WaitingFor::ALL.into_iter().zip(self.waiting)
    }

    /// The next moment at which the reconciler has to do something; it is past where that was not done.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.moments.first().copied()
    }

    /// How many requests and ends of loans were due more than `after` seconds ago, and for how many seconds the oldest is due.
    #[must_use]
    pub fn overdue(&self, now: Instant, after: i64) -> (usize, i64) {
        let age = |moment: Instant| now.signed_duration_since(moment).num_seconds();
        let overdue = self.moments.partition_point(|moment| age(*moment) > after);
        let oldest = self.next_due().filter(|_| overdue > 0);
        (overdue, oldest.map_or(0, age))
    }
}

fn count<T: PartialEq, const N: usize>(counts: &mut [u64; N], all: &[T; N], found: &T) {
    let counted = all.iter().zip(counts).find(|(each, _)| *each == found);
    if let Some((_, count)) = counted {
        *count += 1;
    }
}

/// Whether what is left of a request is not for the clock to start.
fn is_held_up(request: &RequestView) -> bool {
    let for_somebody = matches!(
        request.waiting_for,
        Some(WaitingFor::ManualProvisioning | WaitingFor::Retry)
    );
    request.status == Status::Approved && for_somebody
}

/// When a request is to be carried out, if the reconciler still has to.
fn moment(request: &RequestView) -> Option<Instant> {
    let is_its_turn = matches!(
        request.waiting_for,
        None | Some(WaitingFor::Schedule | WaitingFor::Runs)
    );
    let due = request.due.as_ref()?;
    (request.status == Status::Approved && is_its_turn).then_some(due.utc)
}
