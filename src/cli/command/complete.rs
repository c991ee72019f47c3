//! `rolecall complete`: a person has done what waits for one.

use super::plan::{refuse_drift, show};
use super::reconcile::report;
use crate::check::suggest::did_you_mean;
use crate::cli::args::Complete as Args;
use crate::cli::command::status::unknown_request;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::pass::{brake, lock, lock_timeout, read_digest, write};
use crate::cli::world::{Approvals, World};
use crate::model::{PersonId, RequestId, Settings};
use crate::plan::{Refusal, by_hand};
use crate::reconcile::stop::Stop;

/// Records that a person has done all that is left of a request, and applies it to the state.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let confirm = args.confirm.as_deref().map(read_digest).transpose()?;
    let timeout = lock_timeout(args.lock_timeout.as_deref())?;
    let lock = lock(context, timeout, "complete")?;
    let context = &context.later();
    let world = World::load(context, context.now, Approvals::Needed)?;
    refuse_drift(&world)?;
    let person = person(&world.repository.settings, &args.by)?;
    let id = RequestId::new(&args.id).map_err(|_| unknown_request(&world, &args.id))?;
    let plan = by_hand(&world.input(), &id, person.as_str()).map_err(|refusal| match &refusal {
        Refusal::Unknown(_) => unknown_request(&world, &args.id),
        Refusal::NotNow { .. } => {
            Error::invalid(&refusal).hint(format!("see `rolecall status {id}`"))
        }
        Refusal::Refused { .. } => Error::invalid(&refusal).hint("nothing was written"),
    })?;
    let command = format!("rolecall complete {id} --by {}", args.by);
    brake(&plan, confirm, &command, |plan| show(context, plan))?;
    let (_, outcome) = write(context, &lock, &world, &plan.steps, &Stop::default())?;
    report(context, &world, &plan, &outcome)?;
    Ok(Exit::Done)
}

/// A person of the settings.
pub fn person(settings: &Settings, text: &str) -> Result<PersonId, Error> {
    settings.person(text).cloned().ok_or_else(|| {
        let people = settings.people.keys().map(AsRef::as_ref);
        let hint = did_you_mean(text, people, || {
            "name one of `people` of the settings".to_owned()
        });
        Error::invalid(format!("{text:?} is no person of the settings")).hint(hint)
    })
}
