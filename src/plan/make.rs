//! Making a plan: of everything that is due, or of what a person does about one request.

use std::thread;

use super::brake;
use super::drift;
use super::engine::{Done, Engine, Hand};
use super::input::{Candidate, Input};
use super::standing::{self, Stand};
use super::value::Plan;
use super::world::World;
use crate::model::{RecordStatus, RequestId, Standing, joined};
use crate::time::zone;

/// Plans everything that is due, up to `max_runs` runs of requests.
#[must_use]
pub fn plan(input: &Input<'_>, max_runs: Option<u32>) -> Plan {
    let mut engine = Engine::new(input, max_runs);
    engine.pass();
    finish(engine)
}

/// Why a person cannot complete a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such request.
    #[error("there is no request {0}")]
    Unknown(RequestId),
    /// It is not approved, not due, finished, called off, or its file is gone.
    #[error("request {id} cannot be completed: {why}")]
    NotNow {
        /// Which request.
        id: RequestId,
        /// Why.
        why: String,
    },
    /// A rule refuses a change.
    #[error("request {id} cannot be completed: {}", lines.join("; "))]
    Refused {
        /// Which request.
        id: RequestId,
        /// One line an employee.
        lines: Vec<String>,
    },
}

/// Plans what `rolecall complete` does: everything that is left of one request, by a person, with all rules.
///
/// # Errors
///
/// A [`Refusal`] if the request is not approved or not due, or a rule refuses a change.
pub fn by_hand(input: &Input<'_>, id: &RequestId, person: &str) -> Result<Plan, Refusal> {
    let mut engine = Engine::new(input, None);
    engine.start();
    let hand = Hand::Person(person);
    let steps_before = engine.steps.len();
    match engine.candidate(id) {
        Some(candidate) if engine.leaves_return(candidate) => engine.cancel_by(candidate, hand),
        Some(candidate) if engine.leaves_end(candidate) => engine.ends_by(id, hand),
        Some(candidate) => complete(&mut engine, candidate, hand)?,
        None => end_of_gone(&mut engine, id, hand)?,
    }
    let lines: Vec<_> = engine
        .done
        .get(id)
        .map(Done::reasons)
        .unwrap_or_default()
        .iter()
        .map(|(employee, reasons)| {
            let reasons: Vec<_> = reasons.iter().map(String::as_str).collect();
            format!("{employee}: {}", reasons.join("; "))
        })
        .collect();
    if !lines.is_empty() {
        return Err(Refusal::Refused {
            id: id.clone(),
            lines,
        });
    }
    if engine.steps.len() == steps_before {
        return Err(not_now(id, "nothing of it waits for a person"));
    }
    Ok(finish(engine))
}

/// All that is left of a request, by a person.
fn complete<'a>(
    engine: &mut Engine<'a>,
    candidate: &'a Candidate,
    hand: Hand<'_>,
) -> Result<(), Refusal> {
    let id = &candidate.id;
    let now = engine.input.now;
    if let Some((request, verdict)) = candidate.valid()
        && verdict.standing == Standing::Approved
        && standing::moment(request, verdict, now) > now
    {
        return Err(not_now(id, "it is not due yet"));
    }
    let Some(approved) = engine.approved(candidate) else {
        return Err(not_now(id, &why_not(engine, candidate)));
    };
    let started = standing::in_process(&engine.world, candidate).cloned();
    if started
        .as_ref()
        .is_none_or(|record| record.runs.number < record.runs.of)
    {
        engine.run(&approved, hand);
    }
    while engine.retry(candidate, hand) {}
    engine.ends_by(id, hand);
    Ok(())
}

/// What a request lent whose file is gone, by a person: it is over, and the reconciler takes nothing back by itself.
fn end_of_gone(engine: &mut Engine<'_>, id: &RequestId, hand: Hand<'_>) -> Result<(), Refusal> {
    let Some(record) = engine.world.requests().get(id) else {
        return Err(Refusal::Unknown(id.clone()));
    };
    if record.status == RecordStatus::Complete {
        return Err(not_now(id, "it is complete already"));
    }
    if record.until.is_none() || engine.input.settings.user_provisioning.enhanced {
        return Err(not_now(id, "its file is gone"));
    }
    let before = engine.steps.len();
    engine.ends_by(id, hand);
    let has_failed = engine
        .done
        .get(id)
        .is_some_and(|done| !done.kept.is_empty());
    if engine.steps.len() == before && !has_failed {
        let why = "its file is gone, and what it lent is not over yet";
        return Err(not_now(id, why));
    }
    Ok(())
}

fn not_now(id: &RequestId, why: &str) -> Refusal {
    Refusal::NotNow {
        id: id.clone(),
        why: why.to_owned(),
    }
}

fn why_not(engine: &Engine<'_>, candidate: &Candidate) -> String {
    let why = match standing::stand(engine.input, &engine.world, candidate) {
        Stand::Finished { .. } => "it is complete already",
        Stand::Copy { original } => {
            return format!("it is a copy of request {original}, which is complete");
        }
        Stand::Invalid => "it is not valid",
        Stand::Draft => "it is a draft",
        Stand::Cancelled => "it is cancelled",
        Stand::Unapproved(verdict) if verdict.standing == Standing::Rejected => "it was rejected",
        Stand::Unapproved(_) => "it is not approved",
        Stand::Approved { .. } => "nothing of it waits for a person",
    };
    why.to_owned()
}

fn finish(engine: Engine<'_>) -> Plan {
    let input = engine.input;
    let summary = brake::summarize(&engine.steps);
    let before = World::with_loans(input.state, input.logged);
    let mut findings = input.findings.to_vec();
    findings.extend(engine.drift_findings());
    findings.extend(engine.kept_of_nobody());
    let (requests, requests_after, digest) = thread::scope(|scope| {
        let requests_after = scope.spawn(|| engine.views(&engine.world));
        let requests = engine.views(&before);
        let digest = brake::digest(&engine.steps);
        (requests, joined(requests_after), digest)
    });
    Plan {
        as_of: input.now,
        assumes_approval: false,
        tzdb: zone::database_version(),
        requests,
        requests_after,
        expiries: engine.expiries(&before),
        expiries_after: engine.expiries(&engine.world),
        drift: drift::entries(input.drift),
        brake: brake::judge(&summary, &input.settings.limits, input.state),
        digest,
        summary,
        findings,
        steps: engine.steps,
    }
}
