//! What a request is about in a world: its employees and roles, its runs, and what is open.

use std::collections::BTreeSet;

use super::carry::{introduced, is_needed};
use super::engine::{Approved, Hand};
use super::input::{Candidate, Input};
use super::runs::{self, Cell};
use super::standing;
use super::world::World;
use crate::model::{
    AccessType, AffectedEmployees, AffectedRoles, EmployeeId, Instant, Pairs, Record, RecordStatus,
    Request, RoleId, RunNumber, Settings,
};

/// The runs that a request has left, and its record before the first of them.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) record: Record,
    pub(super) cells: Vec<Cell>,
    /// Whether loans are given at all: their end is to come.
    pub(super) lends: bool,
}

/// The employees and roles that a request touches, with `holders` and `all` as they are in the world.
#[must_use]
pub fn resolve(world: &World, request: &Request) -> (Vec<EmployeeId>, Vec<RoleId>) {
    let employees: Vec<_> = match &request.employees {
        AffectedEmployees::Listed(_) => request.listed_employees().cloned().collect(),
        AffectedEmployees::Holders => world.holders(request.listed_roles()).into_iter().collect(),
    };
    let roles = match &request.roles {
        AffectedRoles::Listed(listed) => listed.clone(),
        AffectedRoles::All => {
            let held = employees.iter().filter_map(|id| world.employee(id));
            let union: BTreeSet<_> = held.flat_map(crate::model::EmployeeView::held).collect();
            union.into_iter().collect()
        }
    };
    (employees, roles)
}

/// Whom and what a request touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The employees.
    pub employees: BTreeSet<EmployeeId>,
    /// Their e-mail addresses in lower case, where the world or the request knows them.
    pub emails: BTreeSet<String>,
    /// The roles.
    pub roles: BTreeSet<RoleId>,
    /// Whether it has begun: then it is whom and what it names, and what its runs have left.
    pub has_begun: bool,
}

/// What a request touches in a world; by its record, once it has begun with the content that it has now.
#[must_use]
pub fn touched(world: &World, request: &Request, record: Option<&Record>) -> Touched {
    let (employees, roles) = match record {
        None => {
            let (employees, roles) = resolve(world, request);
            (employees.into_iter().collect(), roles.into_iter().collect())
        }
        Some(record) => begun(request, record),
    };
    let emails = employees
        .iter()
        .filter_map(|id| email(world, request, id))
        .collect();
    Touched {
        employees,
        emails,
        roles,
        has_begun: record.is_some(),
    }
}

/// Whom and what a request names, and what its runs have left.
fn begun(request: &Request, record: &Record) -> (BTreeSet<EmployeeId>, BTreeSet<RoleId>) {
    let open = || record.retry.iter().chain(&record.manual);
    let listed = request.listed_employees().chain(&record.employees);
    let employees = listed.chain(open().map(|(employee, _)| employee));
    let listed = request.listed_roles().iter().chain(&record.roles);
    let roles = listed.chain(open().flat_map(|(_, roles)| roles));
    (employees.cloned().collect(), roles.cloned().collect())
}

/// The address of an employee, in lower case.
fn email(world: &World, request: &Request, id: &EmployeeId) -> Option<String> {
    let known = world
        .employee(id)
        .and_then(|employee| employee.email().map(str::to_owned));
    let introduced = || introduced(request, id)?.email;
    known.or_else(introduced).map(|email| email.to_lowercase())
}

/// Whether loans of the request are given at all: their end is to come.
pub(super) fn lends(request: &Request, now: Instant) -> bool {
    request.end.as_ref().is_none_or(|end| end.utc > now)
}

/// The runs that a request has left. By a person's hand nothing is left for a person.
pub(super) fn layout(
    input: &Input<'_>,
    world: &World,
    candidate: &Candidate,
    request: &Request,
    by_person: bool,
) -> Layout {
    let lends = lends(request, input.now);
    if let Some(record) = standing::in_process(world, candidate) {
        let mut record = record.clone();
        let cells = if record.runs.number < record.runs.of {
            left_cells(&record)
        } else if record.is_spent() {
            // It only has to be said.
            record.runs.of += 1;
            runs::cut(&[], &[])
        } else {
            Vec::new()
        };
        return Layout {
            record,
            cells,
            lends,
        };
    }
    let (employees, mut roles) = resolve(world, request);
    let mut manual = Pairs::new();
    if !by_person && lends {
        manual = administrator_pairs(
            input.settings,
            world,
            candidate,
            request,
            &employees,
            &roles,
        );
        let waiting: BTreeSet<_> = manual.values().flatten().cloned().collect();
        roles.retain(|role| !waiting.contains(role));
    }
    let cells = if roles.is_empty() && !manual.is_empty() {
        Vec::new()
    } else {
        runs::cut(&employees, &roles)
    };
    let record = Record {
        status: RecordStatus::InProcess,
        content: candidate.content,
        completed: None,
        runs: RunNumber {
            number: 0,
            of: u32::try_from(cells.len()).unwrap_or(u32::MAX),
        },
        employees,
        roles,
        retry: Pairs::new(),
        manual,
        until: request.end.as_ref().map(|end| end.utc).filter(|_| lends),
    };
    Layout {
        record,
        cells,
        lends,
    }
}

/// The runs that a record has left.
fn left_cells(record: &Record) -> Vec<Cell> {
    let done = usize::try_from(record.runs.number).unwrap_or(usize::MAX);
    let mut cells = runs::cut(&record.employees, &record.roles);
    cells.drain(..done.min(cells.len()));
    cells
}

/// What of the administrator roles a person has to give.
fn administrator_pairs(
    settings: &Settings,
    world: &World,
    candidate: &Candidate,
    request: &Request,
    employees: &[EmployeeId],
    roles: &[RoleId],
) -> Pairs {
    if request.access_type == AccessType::RoleReductions {
        return Pairs::new();
    }
    let administrators: Vec<_> = roles
        .iter()
        .filter(|role| settings.is_administrator(role))
        .cloned()
        .collect();
    needed(world, candidate, request, employees, &administrators)
}

/// The changes of a request that are still to be made, out of some employees and roles.
fn needed(
    world: &World,
    candidate: &Candidate,
    request: &Request,
    employees: &[EmployeeId],
    roles: &[RoleId],
) -> Pairs {
    let mut pairs = Pairs::new();
    for employee in employees {
        let there = world.employee(employee);
        for role in roles {
            if is_needed(world, &candidate.id, request, employee, there, role) {
                pairs
                    .entry(employee.clone())
                    .or_default()
                    .insert(role.clone());
            }
        }
    }
    pairs
}

/// What of some changes is still to be made.
pub(super) fn still_needed(
    world: &World,
    candidate: &Candidate,
    request: &Request,
    pairs: &Pairs,
) -> Pairs {
    let mut open = pairs.clone();
    open.retain(|employee, roles| {
        let there = world.employee(employee);
        roles.retain(|role| is_needed(world, &candidate.id, request, employee, there, role));
        !roles.is_empty()
    });
    open
}

/// The changes that wait for a person.
pub(super) fn manual(
    input: &Input<'_>,
    world: &World,
    candidate: &Candidate,
    request: &Request,
) -> Pairs {
    let is_automatic = standing::is_automatic(input.settings, request);
    let is_open = |pairs: &Pairs| still_needed(world, candidate, request, pairs);
    match standing::in_process(world, candidate) {
        Some(record) => {
            let mut pairs = is_open(&record.manual);
            if !is_automatic {
                super::running::add_pairs(&mut pairs, &is_open(&record.retry));
                let left = layout(input, world, candidate, request, true);
                for cell in left.cells {
                    let cell = needed(world, candidate, request, &cell.employees, &cell.roles);
                    super::running::add_pairs(&mut pairs, &cell);
                }
            }
            pairs
        }
        None => {
            let (employees, roles) = resolve(world, request);
            if !lends(request, input.now) {
                Pairs::new()
            } else if is_automatic {
                administrator_pairs(
                    input.settings,
                    world,
                    candidate,
                    request,
                    &employees,
                    &roles,
                )
            } else {
                needed(world, candidate, request, &employees, &roles)
            }
        }
    }
}

/// Whether nothing of a request is left to change in the world, so that it only has to be said.
pub(super) fn is_empty(
    world: &World,
    candidate: &Candidate,
    request: &Request,
    now: Instant,
) -> bool {
    if !lends(request, now) {
        return true;
    }
    let left = match standing::in_process(world, candidate) {
        Some(record) if record.runs.number < record.runs.of => left_cells(record),
        _ => {
            let (employees, roles) = resolve(world, request);
            runs::cut(&employees, &roles)
        }
    };
    !left.iter().any(|cell| {
        let mut employees = cell.employees.iter();
        employees.any(|id| changes_status(world, request, id))
            || !needed(world, candidate, request, &cell.employees, &cell.roles).is_empty()
    })
}

/// Whether an employee's status changes once nothing else of a request is left to be done for them.
fn changes_status(world: &World, request: &Request, id: &EmployeeId) -> bool {
    world.employee(id).is_some_and(|employee| {
        let rehired = request.reactivate && !employee.is_active();
        let leaves =
            request.inactivate_after_removal && employee.is_active() && employee.holds_nothing();
        rehired || leaves
    })
}

/// What a retry takes up: what failed, and of what waits for a person that which needs none any more. Where the reconciler may not act,
/// it leaves out whom that would inactivate or reactivate.
pub(super) fn open_pairs(
    input: &Input<'_>,
    world: &World,
    approved: &Approved<'_>,
    record: &Record,
    hand: Hand<'_>,
) -> Pairs {
    let Approved {
        candidate, request, ..
    } = approved;
    let is_automatic = standing::is_automatic(input.settings, request);
    let gives = request.access_type != AccessType::RoleReductions;
    let needs_person =
        |role: &RoleId| hand == Hand::Reconciler && gives && input.settings.is_administrator(role);
    let mut open = Pairs::new();
    let may_do = is_automatic || hand != Hand::Reconciler;
    let mut take = |pairs: &Pairs, may: &dyn Fn(&RoleId) -> bool| {
        let waits = |id: &EmployeeId| !may_do && changes_status(world, request, id);
        for (employee, roles) in pairs.iter().filter(|(id, _)| !waits(id)) {
            let there = world.employee(employee);
            for role in roles {
                if may(role) || !is_needed(world, &candidate.id, request, employee, there, role) {
                    open.entry(employee.clone())
                        .or_default()
                        .insert(role.clone());
                }
            }
        }
    };
    take(&record.retry, &|_| may_do);
    take(&record.manual, &|role| may_do && !needs_person(role));
    open
}
