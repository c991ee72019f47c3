//! `rolecall resolve`: closes a non-compliant change log.

use super::complete::person;
use super::log::{read_all, resolutions};
use super::plan::refuse_drift;
use super::reconcile::report;
use super::status::unknown_request;
use crate::cli::args::Resolve as Args;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::pass::{lock, lock_timeout, write};
use crate::cli::world::{Approvals, World};
use crate::model::{ChangeLog, Compliance, RequestId, Resolution};
use crate::plan::resolution::{NotCovered, check_cover, resolution};
use crate::plan::{Plan, plan};
use crate::reconcile::port::StoredLog;
use crate::reconcile::stop::Stop;

/// Writes a log that refers to the non-compliant one.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let timeout = lock_timeout(args.lock_timeout.as_deref())?;
    let lock = lock(context, timeout, "resolve")?;
    let context = &context.later();
    let world = World::load(context, context.now, Approvals::Needed)?;
    refuse_drift(&world)?;
    if !world.recovered.drift.is_empty() {
        return Err(
            Error::invalid("the state file has hand edits that are not logged yet")
                .hint("run `rolecall reconcile` first; it logs them"),
        );
    }
    let by = person(&world.repository.settings, &args.by)?.to_string();
    let note = args.note.trim().to_owned();
    if note.is_empty() {
        return Err(
            Error::invalid("the note is blank").hint("say what was found out: --note \"…\"")
        );
    }
    if let Some(problem) = crate::document::problem_of(&note) {
        return Err(
            Error::invalid(format!("the note cannot be logged: {problem}"))
                .hint("write it in plain text; a longer story may be a link"),
        );
    }
    let logs = read_all(&world.logs)?;
    let log = open_log(&logs, args.serial)?;
    let mut plan = plan(&world.input(), Some(0));
    let request = match &args.request {
        Some(id) => Some(covering(&world, &plan, log, id)?),
        None => None,
    };
    plan.steps = vec![resolution(Resolution {
        serial: args.serial,
        request,
        note,
        by,
    })];
    let (_, outcome) = write(context, &lock, &world, &plan.steps, &Stop::default())?;
    plan.requests_after.clone_from(&plan.requests);
    report(context, &world, &plan, &outcome)?;
    Ok(Exit::Done)
}

/// The log with this serial, if it is non-compliant and not resolved.
fn open_log(logs: &[StoredLog], serial: u64) -> Result<&ChangeLog, Error> {
    let found = logs.iter().find(|stored| stored.log.serial == serial);
    let log = &found
        .ok_or_else(|| {
            Error::invalid(format!("there is no change log {serial}")).hint("see `rolecall log`")
        })?
        .log;
    if log.compliance == Compliance::Compliant {
        return Err(Error::invalid(format!(
            "change log {serial} is compliant; there is nothing to resolve"
        ))
        .hint("see `rolecall log --non-compliant`"));
    }
    match resolutions(logs).get(&serial) {
        None => Ok(log),
        Some(by) => Err(Error::invalid(format!(
            "change log {serial} was resolved already, by change log {by}"
        ))),
    }
}

fn covering(world: &World, plan: &Plan, log: &ChangeLog, text: &str) -> Result<RequestId, Error> {
    let candidate = world.candidate(text);
    let candidate = candidate.ok_or_else(|| unknown_request(world, text))?;
    let view = plan.requests.iter().find(|view| view.id == candidate.id);
    let view = view.ok_or_else(|| unknown_request(world, text))?;
    check_cover(log, candidate, view).map_err(|error| {
        let hint = match &error {
            NotCovered::Changed(_) => "put its file back as it was, name another one, or leave --request out",
            NotCovered::NotApproved(_) => "have it approved, name another one, or leave --request out",
            NotCovered::OutOfScope { .. } => {
                "name one that asks for what was done: additions for roles given, reductions for what was taken, temporary access \
                 that ends no earlier for loans; or leave --request out"
            }
        };
        Error::invalid(error).hint(hint)
    })?;
    Ok(candidate.id.clone())
}
