//! `rolecall plan`: what a reconcile would do.

use super::reconcile::finished;
use crate::cli::args::{Format, Plan as Args};
use crate::cli::context::{Context, moment};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::saved;
use crate::cli::world::{Approvals, World};
use crate::model::DriftPolicy;
use crate::plan::{Plan, plan};
use crate::reconcile::recover::check_chain;
use crate::render;
use crate::store::atomic;

/// Shows what a reconcile would do now, or at another moment. Writes nothing.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[Format::Markdown])?;
    if let Some(file) = &args.out {
        context.refuse_own("--out", file)?;
        if context.global.output.as_ref() == Some(file) {
            return Err(Error::usage("--out and --output name the same file"));
        }
        atomic::try_output(file)?;
    }
    let now = match &args.at {
        Some(text) => moment("--at", text)?,
        None => context.now,
    };
    let approvals = if args.assume_approved {
        Approvals::Assumed
    } else {
        Approvals::Needed
    };
    let world = World::load_with(context, now, approvals, finished(context))?;
    let mut plan = plan(&world.input(), None);
    plan.assumes_approval = args.assume_approved;
    if !plan.steps.is_empty() {
        check_chain(&world.logs)?;
    }
    show(context, &plan)?;
    refuse_drift(&world)?;
    if let Some(file) = &args.out {
        saved::write(file, &world, &plan)?;
    }
    let exit = if plan.has_invalid_requests() {
        Exit::Invalid
    } else if args.detailed_exitcode && !plan.steps.is_empty() {
        Exit::Changes
    } else {
        Exit::Done
    };
    world.leave(plan);
    Ok(exit)
}

/// Prints a plan, and its findings beside it.
pub fn show(context: &Context, plan: &Plan) -> Result<(), Error> {
    context.show(&render::plan::findings(plan));
    context.print(
        |palette| render::plan::human(plan, palette),
        |format| match format {
            Format::Markdown => render::plan::markdown(plan),
            _ => render::plan::json(plan),
        },
    )
}

/// Hand edits end everything where the settings say `drift: refuse`.
pub fn refuse_drift(world: &World) -> Result<(), Error> {
    let drift = &world.recovered.drift;
    if drift.is_empty() || world.repository.settings.drift == DriftPolicy::Record {
        return Ok(());
    }
    let who: Vec<_> = drift
        .iter()
        .map(|change| change.id.as_str())
        .take(5)
        .collect();
    let more = if drift.len() > 5 { ", …" } else { "" };
    let message = format!(
        "the state file was edited by hand: {}{more}",
        who.join(", ")
    );
    Err(Error::integrity(message)
        .hint("take the edit back (git restore state/state.yaml), or set `drift: record` to have it logged"))
}
