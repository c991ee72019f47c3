//! `rolecall explain`: the logs and requests that gave somebody a role.

use super::log::{read_all, resolutions};
use super::people::{employee, role};
use crate::cli::args::Explain as Args;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::world::Checked;
use crate::model::{EmployeeId, RoleId};
use crate::reconcile::port::StoredLog;
use crate::render::explain::{self, Event, Explanation, Held};

/// Shows why somebody holds a role, or since when they do not. Employees and roles that are gone are known from the logs.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let checked = Checked::load_state(context)?;
    let logs = read_all(&checked.logs)?;
    let role = role(&checked.settings, &checked.state, &args.role)
        .or_else(|error| role_of_logs(&logs, &args.role).ok_or(error))?;
    let there = employee(&checked.state, &args.employee)
        .map(|entry| (entry.employee_id(), Some(entry.employee.to_employee())));
    let (id, employee) = there.or_else(|error| {
        let gone = employee_of_logs(&logs, &args.employee);
        gone.map(|id| (id, None)).ok_or(error)
    })?;
    let resolved = resolutions(&logs);
    let history = logs.iter().filter_map(|stored| {
        let resolved_by = resolved.get(&stored.log.serial).copied();
        Event::of(&stored.log, resolved_by, &id, &role)
    });
    let explanation = Explanation {
        held: Held::of(employee.as_ref(), &role),
        has_logs: !logs.is_empty(),
        history: history.collect(),
        employee: id,
        role,
    };
    context.print(
        |palette| explain::human(&explanation, palette),
        |_| explain::json(&explanation),
    )?;
    Ok(Exit::Done)
}

/// An employee whom a log is about.
fn employee_of_logs(logs: &[StoredLog], text: &str) -> Option<EmployeeId> {
    let mut changes = logs.iter().flat_map(|stored| &stored.log.changes);
    let change = changes.find(|change| change.id.as_str() == text)?;
    Some(change.id.clone())
}

/// A role that somebody held when a log was written.
fn role_of_logs(logs: &[StoredLog], text: &str) -> Option<RoleId> {
    let role = RoleId::new(text).ok()?;
    let changes = logs.iter().flat_map(|stored| &stored.log.changes);
    let mut employees = changes.flat_map(|change| change.before.iter().chain(&change.after));
    employees
        .any(|employee| employee.holds(&role))
        .then_some(role)
}
