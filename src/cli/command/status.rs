//! `rolecall status`: the list of change requests, or one in full.

use crate::check::suggest::did_you_mean;
use crate::cli::args::Status as Args;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::history::logs_by_request;
use crate::cli::world::{Approvals, World};
use crate::plan::plan;
use crate::render;

/// Shows where requests stand.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let world = World::load(context, context.now, Approvals::Needed)?;
    let mut plan = plan(&world.input(), None);
    let logs = logs_by_request(&world.logs);
    let Some(id) = &args.id else {
        context.show(&render::plan::findings(&plan));
        context.print(
            |palette| render::status::human(&plan.requests, palette),
            |_| render::status::json(plan.as_of, &plan.requests, &logs),
        )?;
        return Ok(Exit::Done);
    };
    plan.requests.retain(|request| request.id.as_str() == id);
    if plan.requests.is_empty() {
        return Err(unknown_request(&world, id));
    }
    context.print(
        |palette| {
            let serials =
                |view: &crate::plan::RequestView| logs.get(&view.id).cloned().unwrap_or_default();
            let whole = plan
                .requests
                .iter()
                .map(|view| render::status::one(view, &serials(view), &plan.expiries, palette));
            whole.collect::<Vec<_>>().join("\n")
        },
        |_| render::status::json(plan.as_of, &plan.requests, &logs),
    )?;
    Ok(Exit::Done)
}

/// There is no such request; perhaps another was meant.
pub fn unknown_request(world: &World, id: &str) -> Error {
    let files = world
        .candidates
        .iter()
        .map(|candidate| candidate.id.as_str());
    let records = world.recovered.state.requests.ids();
    let hint = did_you_mean(id, files.chain(records), || {
        "`rolecall status` lists them".to_owned()
    });
    Error::invalid(format!("there is no request {id:?}")).hint(hint)
}
