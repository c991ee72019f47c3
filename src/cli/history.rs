//! What the change logs know of requests.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use crate::model::{Record, RequestId, State};
use crate::plan::{Candidate, Logged};
use crate::reconcile::port::Logs as _;
use crate::store::logs::LogFolder;

/// What the logs say of requests in process: the newest of those whose file is gone or says something else, and all of those that may
/// lend anew what they have lent.
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
    let in_process = state.requests.in_process();
    let is_other =
        |(id, record): &(&RequestId, &Record)| !readable.contains(&(*id, record.content));
    let mut newest: BTreeSet<_> = in_process
        .filter(is_other)
        .map(|(id, _)| id.clone())
        .collect();
    let lends_anew = |candidate: &&Candidate| {
        let record = state.requests.get_in_process(&candidate.id);
        record.is_some_and(|record| candidate.may_lend_anew(record))
    };
    let all = candidates.iter().filter(lends_anew);
    let all: BTreeSet<_> = all.map(|candidate| candidate.id.clone()).collect();
    let mut found = Vec::new();
    for serial in (1..=logs.last()).rev() {
        if newest.is_empty() && all.is_empty() {
            break;
        }
        let is_wanted = |name: &str| newest.contains(name) || all.contains(name);
        if !logs.name(serial).is_some_and(is_wanted) {
            continue;
        }
        // The closing of another log may be named after a request, too.
        let log = logs.read(serial)?.log;
        if let Some(reference) = &log.request
            && (newest.remove(&reference.id) || all.contains(&reference.id))
        {
            found.push(log);
        }
    }
    let mut logged = BTreeMap::new();
    for log in found.into_iter().rev() {
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
