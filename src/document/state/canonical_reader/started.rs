//! A state that was started by hand and looks much like what the writer writes.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use super::flow::Flow;
use crate::document::canonical::unscalar;
use crate::model::{Employee, EmployeeId, Employees, RoleId, State};

/// As the writer writes it, but `requests` and the last line may be missing, employees and roles come in any order, and roles
/// may be indented, or stand in brackets.
pub(in crate::document::state) fn read_started(text: &str) -> Option<State> {
    if !text.starts_with("version: 1\nemployees:\n") || text.contains("\nrequests:") {
        return None;
    }
    let text = text.strip_suffix("\n...\n").unwrap_or(text);
    let text = text.trim_end_matches('\n');
    let text = format!("{text}\nrequests: {{}}\n...\n");
    Reader::new(&text, false)?.state(Reader::started_employees, Reader::requests)
}

impl Reader<'_> {
    fn started_employees(&mut self) -> Option<Employees> {
        let mut employees = BTreeMap::new();
        while let Some(key) = self.line.strip_prefix("  ") {
            let id = EmployeeId::new(&unscalar(key.strip_suffix(':')?)?).ok()?;
            self.advance();
            let (name, email, status) = self.details()?;
            let employee = Employee {
                name: name.into_owned(),
                email: email.map(std::borrow::Cow::into_owned),
                status,
                roles: self.started_roles()?,
                temporary: self.temporary()?,
            };
            if employees.insert(id, employee).is_some() {
                return None;
            }
        }
        (!employees.is_empty()).then(|| employees.into_iter().collect())
    }

    fn started_roles(&mut self) -> Option<BTreeSet<RoleId>> {
        let mut roles = Vec::new();
        match self.line.strip_prefix("    roles:")? {
            " []" => self.advance(),
            "" => {
                self.advance();
                let indented = self.line.starts_with("      - ");
                let item = if indented { "      - " } else { "    - " };
                while let Some(text) = self.line.strip_prefix(item) {
                    roles.push(self.role(&unscalar(text)?)?);
                    self.advance();
                }
                if roles.is_empty() {
                    return None;
                }
            }
            list => {
                let mut flow = Flow(list.strip_prefix(' ')?);
                for role in flow.list()? {
                    roles.push(self.role(&role)?);
                }
                if !flow.0.is_empty() {
                    return None;
                }
                self.advance();
            }
        }
        let count = roles.len();
        let roles: BTreeSet<_> = roles.into_iter().collect();
        (roles.len() == count).then_some(roles)
    }
}
