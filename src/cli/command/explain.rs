//! `rolecall explain`: the logs and requests that gave somebody a role.

use super::log::read_all;
use super::people::{employee, role};
use crate::cli::args::Explain as Args;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::world::Checked;
use crate::render::explain::{self, Event, Explanation};
use crate::store::logs::LogFolder;

/// Shows why somebody holds a role, or since when they do not.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let checked = Checked::load_state(context)?;
    let role = role(&checked.settings, &checked.state, &args.role)?;
    let found = employee(&checked.state, &args.employee)?;
    let id = found.employee_id();
    let logs = read_all(&LogFolder::open(&checked.root)?)?;
    let explanation = Explanation {
        held: found.employee.holds(&role),
        history: logs
            .iter()
            .filter_map(|stored| Event::of(&stored.log, &id, &role))
            .collect(),
        employee: id,
        role,
    };
    context.print(
        |palette| explain::human(&explanation, palette),
        |_| explain::json(&explanation),
    )?;
    Ok(Exit::Done)
}
