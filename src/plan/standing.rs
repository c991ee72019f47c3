//! Where a request stands: finished, called off, not approved, waiting for its moment, or due.

use std::borrow::Cow;

use super::input::{Body, Candidate, Input};
use super::scope;
use super::world::World;
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, AffectedEmployees, AffectedRoles, Digest, Instant, Record, RecordStatus, Request,
    RequestId, Settings, Standing, Verdict,
};

/// Where a request stands.
#[derive(Debug, Clone)]
pub(super) enum Stand<'a> {
    /// Complete, with this content.
    Finished { content: Digest },
    /// The same content as a finished request of another name.
    Copy { original: RequestId },
    /// Not valid.
    Invalid,
    /// Not submitted.
    Draft,
    /// Called off.
    Cancelled,
    /// Not approved, or rejected.
    Unapproved(Cow<'a, Verdict>),
    /// Approved; runs from this moment on.
    Approved {
        request: &'a Request,
        verdict: Cow<'a, Verdict>,
        /// Its moment, or that of its approval if that is later.
        moment: Instant,
    },
}

/// Where a request stands in a world.
pub(super) fn stand<'a>(input: &Input<'a>, world: &World, candidate: &'a Candidate) -> Stand<'a> {
    if let Some(finished) = finished(world, candidate) {
        return finished;
    }
    match &candidate.body {
        Body::Invalid { .. } => Stand::Invalid,
        Body::Draft { .. } => Stand::Draft,
        Body::Valid { request, verdict } => {
            if request.cancelled.is_some() {
                return Stand::Cancelled;
            }
            let verdict = judged(input, world, candidate, request, verdict);
            match verdict.standing {
                Standing::Approved => Stand::Approved {
                    request,
                    moment: moment(request, &verdict, input.now),
                    verdict,
                },
                _ => Stand::Unapproved(verdict),
            }
        }
    }
}

/// Where a request stands that is complete, or whose content is that of one that is.
fn finished<'a>(world: &World, candidate: &Candidate) -> Option<Stand<'a>> {
    let Some(record) = world.requests().get(&candidate.id) else {
        let original = world.requests().complete_with(&candidate.content)?;
        return Some(Stand::Copy { original });
    };
    let content = record.content;
    if record.status != RecordStatus::Complete {
        None
    } else if content != candidate.content && candidate.shares_its_id() {
        // Not the finished one changed, but another one with its name.
        Some(Stand::Invalid)
    } else {
        Some(Stand::Finished { content })
    }
}

/// What is to be said of a file whose request is complete, or whose content is that of one that is.
#[must_use]
pub fn about_finished(world: &World, candidate: &Candidate) -> Option<Finding> {
    match finished(world, candidate)? {
        Stand::Finished { content } if content != candidate.content => {
            Some(changed_after_completion(candidate))
        }
        Stand::Copy { original } => Some(copy_of(candidate, &original)),
        _ => None,
    }
}

/// How far a request is approved in a world. One that lists whom and what it touches was judged before, as was one of which nothing
/// has been done since.
fn judged<'a>(
    input: &Input<'a>,
    world: &World,
    candidate: &Candidate,
    request: &Request,
    verdict: &'a Verdict,
) -> Cow<'a, Verdict> {
    let names_words =
        request.employees == AffectedEmployees::Holders || request.roles == AffectedRoles::All;
    let record = in_process(world, candidate);
    let is_as_judged = || record == input.state.requests.get_in_process(&candidate.id);
    if !names_words || (record.is_some() && is_as_judged()) {
        return Cow::Borrowed(verdict);
    }
    let touched = scope::touched(world, request, record);
    Cow::Owned(input.judge.judge(candidate, &touched))
}

/// When an approved request runs: at its moment, or at its approval if that is later.
pub(super) fn moment(request: &Request, verdict: &Verdict, now: Instant) -> Instant {
    let approved = verdict.at;
    let start = request.start.as_ref().map(|start| start.utc);
    start.max(approved).unwrap_or(now)
}

/// When a request is due: its own moment, or else that of its approval.
pub(super) fn due(request: &Request, verdict: &Verdict) -> Option<Instant> {
    let start = request.start.as_ref().map(|start| start.utc);
    start.or(verdict.at)
}

/// The order of requests at one moment: removals first, then additions, then ids. Ends come before (rank 0).
pub(super) fn rank(access_type: AccessType) -> u8 {
    match access_type {
        AccessType::RoleReductions => 1,
        AccessType::RoleAdditions | AccessType::TemporaryAccess => 2,
    }
}

/// The record of a request that is in process with exactly this content.
pub(super) fn in_process<'w>(world: &'w World, candidate: &Candidate) -> Option<&'w Record> {
    let record = world.requests().get_in_process(&candidate.id);
    record.filter(|record| record.content == candidate.content)
}

/// Whether the reconciler makes this request's changes by itself.
pub(super) fn is_automatic(settings: &Settings, request: &Request) -> bool {
    settings.is_automatic(request.access_type)
}

fn changed_after_completion(candidate: &Candidate) -> Finding {
    Finding::warning(
        Code::ChangedAfterCompletion,
        "the request was changed after it was complete; that changes nothing",
    )
    .in_file(&candidate.path)
    .hint("write a new request for a new change, and put this file back as it was")
}

fn copy_of(candidate: &Candidate, original: &RequestId) -> Finding {
    Finding::warning(
        Code::CopyOfFinished,
        format!("the request is a copy of {original}, which is complete; it does not run"),
    )
    .in_file(&candidate.path)
    .hint("write a request of its own, or delete the copy")
}
