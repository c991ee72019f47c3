//! Who holds what: `roles` and `holders`.

use std::fmt::Write as _;

use serde::Serialize;

use super::text::{cut, table, utc};
use super::{Palette, escape, json};
use crate::model::{EmployeeId, EmployeeStatus, Entry, Grant, Instant, RequestId, RoleId, State};
use crate::time::rfc3339;

/// Everyone who holds a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleHolders {
    /// The role.
    pub id: RoleId,
    /// Its name in the catalogue, or its id.
    pub name: String,
    /// Who holds it, by employee id.
    pub holders: Vec<Holder>,
}

/// Somebody who holds a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub employee: EmployeeId,
    /// Their name.
    pub name: String,
    /// Whether they are active.
    pub status: EmployeeStatus,
    /// Whether the role is held for good.
    pub permanent: bool,
    /// When it ends, where it is only lent: the last end of several.
    pub until: Option<Instant>,
    /// The request that lends it until then.
    pub request: Option<RequestId>,
}

impl RoleHolders {
    /// Finds the holders of a role in a state.
    #[must_use]
    pub fn of(role: &RoleId, name: &str, state: &State) -> Self {
        let holders = state.employees.holders(role);
        let mut holders: Vec<_> = holders.map(|entry| Holder::of(entry, role)).collect();
        holders.sort_by(|left, right| left.employee.cmp(&right.employee));
        Self {
            id: role.clone(),
            name: name.to_owned(),
            holders,
        }
    }
}

impl Holder {
    fn of(entry: Entry<'_>, role: &RoleId) -> Self {
        let employee = entry.employee;
        let permanent = employee.holds_permanently(role);
        let grants = employee
            .temporary()
            .iter()
            .filter(|grant| grant.role == *role);
        let grant = grants
            .max_by_key(|grant| grant.until)
            .filter(|_| !permanent);
        Self {
            employee: entry.employee_id(),
            name: employee.name().to_owned(),
            status: employee.status(),
            permanent,
            until: grant.map(|grant| grant.until),
            request: grant.map(|grant| grant.request.clone()),
        }
    }
}

/// What employees hold, for people.
#[must_use]
pub fn roles(employees: &[Entry<'_>], palette: Palette) -> String {
    let mut out = String::new();
    for (index, Entry { id, employee }) in employees.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let name = escape::terminal(employee.name());
        let _ = writeln!(
            out,
            "{gap}{}  {name}, {}",
            palette.title(id),
            employee.status().word()
        );
        if employee.holds_nothing() {
            let _ = writeln!(out, "  holds nothing");
        }
        for role in employee.roles() {
            let _ = writeln!(out, "  {role}");
        }
        for grant in employee.temporary() {
            let text = format!(
                "{}  until {}, by {}",
                grant.role,
                utc(grant.until),
                grant.request
            );
            let _ = writeln!(out, "  {}", palette.changed(text));
        }
    }
    out
}

/// What `roles --format json` prints.
#[must_use]
pub fn roles_json(employees: &[Entry<'_>]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        version: u32,
        employees: Vec<Shown<'a>>,
    }
    #[derive(Serialize)]
    struct Shown<'a> {
        id: &'a str,
        name: &'a str,
        status: EmployeeStatus,
        roles: Vec<&'a RoleId>,
        temporary: Vec<&'a Grant>,
    }
    let entries = employees.iter().map(|Entry { id, employee }| Shown {
        id,
        name: employee.name(),
        status: employee.status(),
        roles: employee.roles().collect(),
        temporary: employee.temporary().iter().collect(),
    });
    json::text(&Document {
        version: json::VERSION,
        employees: entries.collect(),
    })
}

/// Who holds roles, for people.
#[must_use]
pub fn holders(roles: &[RoleHolders], palette: Palette) -> String {
    let mut out = String::new();
    for (index, role) in roles.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let name = escape::terminal(&role.name);
        let _ = writeln!(out, "{gap}{}  {name}", palette.title(&role.id));
        if role.holders.is_empty() {
            let _ = writeln!(out, "  nobody");
            continue;
        }
        let rows: Vec<_> = role.holders.iter().map(holder).collect();
        for line in table(&["", "", "", ""], &rows, Palette::Plain)
            .lines()
            .skip(1)
        {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

fn holder(holder: &Holder) -> Vec<String> {
    let until = holder.until.map(|until| format!("until {}", utc(until)));
    let request = holder
        .request
        .as_ref()
        .map(|request| format!(", by {request}"));
    let inactive = holder.status == EmployeeStatus::Inactive;
    vec![
        holder.employee.to_string(),
        cut(&escape::terminal(&holder.name), 40),
        if inactive {
            "inactive".to_owned()
        } else {
            String::new()
        },
        until
            .map(|until| until + &request.unwrap_or_default())
            .unwrap_or_default(),
    ]
}

/// What `holders --format json` prints.
#[must_use]
pub fn holders_json(roles: &[RoleHolders]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        version: u32,
        roles: Vec<Role<'a>>,
    }
    #[derive(Serialize)]
    struct Role<'a> {
        id: &'a RoleId,
        name: &'a str,
        holders: Vec<Entry<'a>>,
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        employee: &'a EmployeeId,
        name: &'a str,
        status: EmployeeStatus,
        permanent: bool,
        until: Option<String>,
        request: Option<&'a RequestId>,
    }
    let roles = roles.iter().map(|role| Role {
        id: &role.id,
        name: &role.name,
        holders: role
            .holders
            .iter()
            .map(|holder| Entry {
                employee: &holder.employee,
                name: &holder.name,
                status: holder.status,
                permanent: holder.permanent,
                until: holder.until.map(rfc3339),
                request: holder.request.as_ref(),
            })
            .collect(),
    });
    json::text(&Document {
        version: json::VERSION,
        roles: roles.collect(),
    })
}
