//! `rolecall reconcile`: does what is approved and due.

use std::collections::BTreeMap;

use super::plan::show;
use crate::check::finding::Finding;
use crate::cli::args::{Format, Plan as PlanArgs, Reconcile as Args};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::finished::Finished;
use crate::cli::history::logs_by_request;
use crate::cli::pass::{Options, lock_timeout, pass, read_digest};
use crate::cli::publish::Publish;
use crate::cli::saved;
use crate::cli::world::World;
use crate::plan::Plan;
use crate::reconcile::outcome::Outcome;
use crate::render;
use crate::store::logs::LogFolder;

/// Does what is approved and due, and prints what was done and what waits for what.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    let options = Options {
        finished: finished(context),
        ..options(args)?
    };
    if args.dry_run {
        let args = PlanArgs {
            at: None,
            assume_approved: false,
            detailed_exitcode: false,
            out: None,
        };
        return super::plan::run(context, &args);
    }
    context.forms(&[])?;
    let passed = pass(context, &options, |plan| show(context, plan))?;
    report(context, &passed.world, &passed.plan, &passed.outcome)?;
    passed.world.leave(passed.plan);
    Ok(passed.exit)
}

fn options(args: &Args) -> Result<Options, Error> {
    Ok(Options {
        max_runs: args.max_runs,
        confirm: args.confirm.as_deref().map(read_digest).transpose()?,
        saved: args.plan.as_deref().map(saved::read).transpose()?,
        lock_timeout: lock_timeout(args.lock_timeout.as_deref())?,
        publish: Publish::of(&args.publishing)?,
        ..Options::default()
    })
}

/// Only JSON lists finished requests too.
pub(super) fn finished(context: &Context) -> Finished {
    match context.global.format {
        Format::Json => Finished::Read,
        _ => Finished::LeftOut,
    }
}

/// Prints what was done, and what waits for what.
pub fn report(
    context: &Context,
    world: &World,
    plan: &Plan,
    outcome: &Outcome,
) -> Result<(), Error> {
    let findings = findings_after(plan);
    context.show(&findings);
    // Only JSON has the logs of each request.
    let logs = match context.global.format {
        Format::Json => logs_by_request(&LogFolder::open(&world.repository.root)?),
        _ => BTreeMap::new(),
    };
    context.print(
        |palette| {
            render::outcome::human(outcome, &plan.requests_after, &plan.expiries_after, palette)
        },
        |_| render::outcome::json(outcome, &plan.requests_after, &logs, &plan.findings),
    )
}

fn findings_after(plan: &Plan) -> Vec<Finding> {
    let of_requests = plan
        .requests_after
        .iter()
        .flat_map(|request| &request.findings);
    plan.findings.iter().chain(of_requests).cloned().collect()
}
