//! What the change logs know of requests.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use crate::model::{RequestId, State};
use crate::plan::{Candidate, Logged};
use crate::reconcile::port::Logs as _;
use crate::store::logs::LogFolder;

/// What the logs say of requests that lend or have begun, and whose file is gone or says something else; and of those that lend and
/// have not done all their runs, which they may be doing anew.
pub(super) fn logged(
    logs: &LogFolder,
    state: &State,
    candidates: &[Candidate],
) -> Result<BTreeMap<RequestId, Logged>, Error> {
    let readable: BTreeSet<_> = candidates
        .iter()
        .filter(|candidate| candidate.valid().is_some())
        .map(|candidate| (&candidate.id, candidate.content))
        .collect();
    let lends = |id: &RequestId| {
        let record = state.requests.get_in_process(id);
        record.is_some_and(|record| record.until.is_some())
    };
    let mut wanted: BTreeSet<_> = state
        .requests
        .in_process()
        .filter(|(id, record)| {
            let may_be_anew = lends(id) && record.runs.number < record.runs.of;
            may_be_anew || !readable.contains(&(*id, record.content))
        })
        .map(|(id, _)| id.clone())
        .collect();
    // The last log says what it was; all of them, what it has lent.
    let mut serials = Vec::new();
    for serial in (1..=logs.last()).rev() {
        if wanted.is_empty() {
            break;
        }
        if let Some(id) = request_of(logs, serial).filter(|id| wanted.contains(id)) {
            if !lends(&id) {
                wanted.remove(&id);
            }
            serials.push(serial);
        }
    }
    let mut logged = BTreeMap::new();
    for serial in serials.into_iter().rev() {
        let log = logs.read(serial)?.log;
        let Some(reference) = log.request else {
            continue;
        };
        let known = logged.entry(reference.id.clone());
        let known: &mut Logged = known.or_insert_with(|| Logged::new(reference.clone()));
        known.fold(&log.changes);
        known.reference = reference;
        known.approvals = log.approvals;
        known.timezone = log.schedule.map(|schedule| schedule.timezone);
    }
    Ok(logged)
}

/// The serials of each request's logs, from their names alone.
#[must_use]
pub fn logs_by_request(found: &LogFolder) -> BTreeMap<RequestId, Vec<u64>> {
    let mut logs: BTreeMap<RequestId, Vec<u64>> = BTreeMap::new();
    for serial in 1..=found.last() {
        if let Some(id) = request_of(found, serial) {
            logs.entry(id).or_default().push(serial);
        }
    }
    logs
}

/// The request that a log is named after. The first log is the baseline.
pub(super) fn request_of(logs: &LogFolder, serial: u64) -> Option<RequestId> {
    let name = logs.name(serial).filter(|_| serial > 1)?;
    if matches!(name, "hand-edit" | "resolution") {
        // A request may have this name too.
        return logs.head(serial).ok()?.request;
    }
    RequestId::new(name).ok()
}
