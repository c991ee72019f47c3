//! `rolecall roles` and `rolecall holders`: who holds what now.

use crate::check::suggest::did_you_mean;
use crate::cli::args::{Holders, Roles};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::world::Checked;
use crate::model::{Entry, RoleId, Settings, State};
use crate::render::people::{self, RoleHolders};

/// Which roles employees hold.
pub fn roles(context: &Context, args: &Roles) -> Result<Exit, Error> {
    context.forms(&[])?;
    let checked = Checked::load_state(context)?;
    let found: Vec<_> = args
        .employees
        .iter()
        .map(|id| employee(&checked.state, id))
        .collect::<Result<_, _>>()?;
    context.print(
        |palette| people::roles(&found, palette),
        |_| people::roles_json(&found),
    )?;
    Ok(Exit::Done)
}

/// Who holds roles.
pub fn holders(context: &Context, args: &Holders) -> Result<Exit, Error> {
    context.forms(&[])?;
    let checked = Checked::load_state(context)?;
    let found: Vec<_> = args
        .roles
        .iter()
        .map(|text| {
            let role = role(&checked.settings, &checked.state, text)?;
            Ok(RoleHolders::of(
                &role,
                checked.settings.role_name(&role),
                &checked.state,
            ))
        })
        .collect::<Result<_, Error>>()?;
    context.print(
        |palette| people::holders(&found, palette),
        |_| people::holders_json(&found),
    )?;
    Ok(Exit::Done)
}

/// An employee of the state by id.
pub fn employee<'a>(state: &'a State, text: &'a str) -> Result<Entry<'a>, Error> {
    let found = state.employees.get(text);
    let found = found.map(|employee| Entry { id: text, employee });
    found.ok_or_else(|| {
        let hint = did_you_mean(text, state.employees.ids(), || {
            "the state does not have them".to_owned()
        });
        Error::invalid(format!("there is no employee {text:?}")).hint(hint)
    })
}

/// A role of the catalogue, or one that somebody holds still.
pub fn role(settings: &Settings, state: &State, text: &str) -> Result<RoleId, Error> {
    let held = || {
        let role = RoleId::new(text).ok()?;
        let is_held = state.employees.holders(&role).next().is_some();
        is_held.then_some(role)
    };
    let catalogued = settings
        .roles
        .get_key_value(text)
        .map(|(role, _)| role.clone());
    catalogued.or_else(held).ok_or_else(|| {
        let ids = settings.roles.keys().map(AsRef::as_ref);
        let hint = did_you_mean(text, ids, || "see `roles` of the settings".to_owned());
        Error::invalid(format!("there is no role {text:?}")).hint(hint)
    })
}
