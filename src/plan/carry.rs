//! What one run does: from employees and roles to changes, failures and what is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Changes, World};
use crate::model::{
    AccessType, AffectedRoles, Employee, EmployeeChange, EmployeeId, EmployeeStatus, EmployeeView,
    Grant, LeftOut, LeftOutReason, Pairs, Request, RequestId, RoleId, Settings, SodAction,
};

/// A run, or a retry, of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'a> {
    /// The settings.
    pub(super) settings: &'a Settings,
    /// The request's id.
    pub(super) id: &'a RequestId,
    /// The request.
    pub(super) request: &'a Request,
    /// The run's employees.
    pub(super) employees: &'a [EmployeeId],
    /// The run's roles.
    pub(super) roles: &'a [RoleId],
    /// Only these pairs, where it is a retry.
    pub(super) only: Option<&'a Pairs>,
    /// Whether it is the last of its employees' runs.
    pub(super) last_roles: bool,
    /// Whether loans are to be given at all: their end is to come.
    pub(super) lends: bool,
    /// Whether a person does it, who may give administrator roles.
    pub(super) by_person: bool,
}

/// What a run does.
#[derive(Debug, Default)]
pub(super) struct Carried {
    pub(super) changes: Vec<EmployeeChange>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) failed: Pairs,
    /// What is left for a person.
    pub(super) manual: Pairs,
    pub(super) reasons: BTreeMap<EmployeeId, BTreeSet<String>>,
    pub(super) warnings: Vec<String>,
}

impl Carried {
    fn leave(
        &mut self,
        employee: &EmployeeId,
        role: Option<&RoleId>,
        reason: LeftOutReason,
        detail: impl Into<String>,
    ) {
        self.left_out.push(LeftOut {
            employee: employee.clone(),
            role: role.cloned(),
            reason,
            detail: detail.into(),
        });
    }

    fn fail(&mut self, employee: &EmployeeId, roles: &[&RoleId], why: &str) {
        for role in roles {
            self.leave(employee, Some(role), LeftOutReason::Refused, why);
            self.failed
                .entry(employee.clone())
                .or_default()
                .insert((*role).clone());
        }
        if !roles.is_empty() {
            self.reasons
                .entry(employee.clone())
                .or_default()
                .insert(why.to_owned());
        }
    }
}

/// Works out a run.
pub(super) fn carry(world: &World, job: Job<'_>) -> Carried {
    let mut carried = Carried::default();
    let mut changes = Changes::new(world);
    for employee in job.employees {
        let roles = roles_of(job, employee);
        match job.request.access_type {
            AccessType::RoleReductions => remove(&mut changes, &mut carried, job, employee, &roles),
            AccessType::RoleAdditions | AccessType::TemporaryAccess => {
                give(&mut changes, &mut carried, job, employee, &roles);
            }
        }
    }
    carried.changes = changes.finish();
    carried
}

fn roles_of<'a>(job: Job<'a>, employee: &EmployeeId) -> Vec<&'a RoleId> {
    let wanted = job.only.map(|pairs| pairs.get(employee));
    job.roles
        .iter()
        .filter(|role| match wanted {
            None => true,
            Some(pairs) => pairs.is_some_and(|pairs| pairs.contains(*role)),
        })
        .collect()
}

/// Whether there is a change of a request to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// There is.
    Open,
    /// It is so already.
    Done,
    /// It had been made, and somebody else took it back: it is not made again.
    Taken,
}

/// Whether a change of the request is still to be made.
pub(super) fn is_needed(
    world: &World,
    request_id: &RequestId,
    request: &Request,
    id: &EmployeeId,
    employee: Option<EmployeeView<'_>>,
    role: &RoleId,
) -> bool {
    need(world, (request_id, request), id, employee, role) == Need::Open
}

fn need(
    world: &World,
    (request_id, request): (&RequestId, &Request),
    id: &EmployeeId,
    employee: Option<EmployeeView<'_>>,
    role: &RoleId,
) -> Need {
    let end = request.end.as_ref().map(|end| end.utc);
    let lends = |employee: EmployeeView<'_>| {
        let mut loans = employee.temporary().iter();
        loans.any(|grant| {
            grant.role == *role && grant.request == *request_id && Some(grant.until) == end
        })
    };
    let is_done = match (request.access_type, employee) {
        (AccessType::RoleReductions, employee) => !employee.is_some_and(|it| it.holds(role)),
        (_, None) => false,
        (AccessType::RoleAdditions, Some(employee)) => employee.holds_permanently(role),
        (AccessType::TemporaryAccess, Some(employee)) => {
            employee.holds_permanently(role) || lends(employee)
        }
    };
    let is_loan = request.access_type == AccessType::TemporaryAccess;
    if is_done {
        Need::Done
    } else if is_loan && world.was_taken(request_id, id, employee, role) {
        Need::Taken
    } else {
        Need::Open
    }
}

fn give(
    changes: &mut Changes<'_>,
    carried: &mut Carried,
    job: Job<'_>,
    id: &EmployeeId,
    roles: &[&RoleId],
) {
    let Job { request, .. } = job;
    if job.lends {
        move_ends(changes, job, id, roles);
    }
    let there = changes.employee(id).map(EmployeeView::to_employee);
    let view = there.as_ref().map(EmployeeView::from);
    let mut needed = Vec::new();
    for role in roles {
        match need(changes.world(), (job.id, request), id, view, role) {
            Need::Open => needed.push(*role),
            Need::Done => carried.leave(id, Some(role), LeftOutReason::AlreadyHeld, "held already"),
            Need::Taken => {
                let why = "was taken back while it was lent; only another request gives it again";
                carried.leave(id, Some(role), LeftOutReason::NotHeld, why);
            }
        }
    }
    if request.access_type == AccessType::TemporaryAccess && !job.lends {
        for role in needed {
            let why = "its end had passed before it could be given";
            carried.leave(id, Some(role), LeftOutReason::Refused, why);
        }
        return;
    }
    let needed = leave_administrators(carried, job, id, needed);
    let Some(mut employee) = there.or_else(|| introduced(request, id)) else {
        return carried.fail(id, &needed, "is not an employee yet");
    };
    if !employee.is_active() && !request.reactivate {
        return carried.fail(id, &needed, "is inactive");
    }
    match separation(job.settings, request, &employee) {
        Separation::Denied(why) => return carried.fail(id, &needed, &why),
        Separation::Warned(warnings) if !needed.is_empty() => carried
            .warnings
            .extend(warnings.iter().map(|warning| format!("{id}: {warning}"))),
        Separation::Warned(_) => {}
    }
    employee.status = EmployeeStatus::Active;
    for role in needed {
        match (request.access_type, &request.end) {
            (AccessType::TemporaryAccess, Some(end)) => {
                employee
                    .temporary
                    .retain(|grant| grant.role != *role || grant.request != *job.id);
                employee.temporary.insert(Grant {
                    role: role.clone(),
                    until: end.utc,
                    request: job.id.clone(),
                });
            }
            _ => {
                employee.roles.insert(role.clone());
            }
        }
    }
    changes.put(id, Some(employee));
}

/// A loan that is there already gets the request's end. That needs neither an active employee nor another look at the duties.
fn move_ends(changes: &mut Changes<'_>, job: Job<'_>, id: &EmployeeId, roles: &[&RoleId]) {
    let (Some(mut employee), Some(end)) = (
        changes.employee(id).map(EmployeeView::to_employee),
        &job.request.end,
    ) else {
        return;
    };
    let is_own = |grant: &Grant| grant.request == *job.id && roles.contains(&&grant.role);
    let moved: Vec<_> = employee
        .temporary
        .iter()
        .filter(|grant| is_own(grant))
        .cloned()
        .collect();
    for grant in moved {
        employee.temporary.remove(&grant);
        employee.temporary.insert(Grant {
            until: end.utc,
            ..grant
        });
    }
    changes.put(id, Some(employee));
}

/// Takes the administrator roles out of what is to be given: only a person gives them.
fn leave_administrators<'r>(
    carried: &mut Carried,
    job: Job<'_>,
    id: &EmployeeId,
    needed: Vec<&'r RoleId>,
) -> Vec<&'r RoleId> {
    let (left, needed): (Vec<_>, Vec<_>) = needed
        .into_iter()
        .partition(|role| !job.by_person && job.settings.is_administrator(role));
    for role in left {
        carried
            .manual
            .entry(id.clone())
            .or_default()
            .insert(role.clone());
    }
    needed
}

/// The employee as the request introduces them.
pub(super) fn introduced(request: &Request, id: &EmployeeId) -> Option<Employee> {
    let (name, email) = request.introduction(id)?.details.as_ref()?;
    Some(Employee {
        name: name.clone(),
        email: email.clone(),
        status: EmployeeStatus::Active,
        roles: BTreeSet::new(),
        temporary: BTreeSet::new(),
    })
}

enum Separation {
    Denied(String),
    Warned(Vec<String>),
}

/// Separation of duties on what the employee would hold after the whole request. A rule counts where the request adds one of
/// its roles; two of its roles together break it.
fn separation(settings: &Settings, request: &Request, employee: &Employee) -> Separation {
    let adds =
        |role: &RoleId| request.listed_roles().contains(role) && !employee.roles.contains(role);
    let mut warnings = Vec::new();
    for rule in &settings.separation_of_duties {
        let together: Vec<_> = rule
            .roles
            .iter()
            .filter(|role| employee.holds(role) || request.listed_roles().contains(*role))
            .map(RoleId::as_str)
            .collect();
        if together.len() < 2 || !rule.roles.iter().any(adds) {
            continue;
        }
        let roles = together.join(" and ");
        match rule.action {
            SodAction::Deny => {
                return Separation::Denied(format!(
                    "refused by separation of duties {}: would hold {roles}",
                    rule.id
                ));
            }
            SodAction::Warn => warnings.push(format!(
                "separation of duties {}: would hold {roles}",
                rule.id
            )),
        }
    }
    Separation::Warned(warnings)
}

fn remove(
    changes: &mut Changes<'_>,
    carried: &mut Carried,
    job: Job<'_>,
    id: &EmployeeId,
    roles: &[&RoleId],
) {
    let Some(mut employee) = changes.employee(id).map(EmployeeView::to_employee) else {
        for role in roles {
            carried.leave(id, Some(role), LeftOutReason::NotHeld, "not an employee");
        }
        return;
    };
    for role in roles {
        if !employee.holds(role) {
            if job.request.roles != AffectedRoles::All {
                carried.leave(id, Some(role), LeftOutReason::NotHeld, "not held");
            }
        } else if job.settings.is_administrator(role) && changes.is_last_active_holder(id, role) {
            let why = format!("is the last active holder of {role}, which is kept");
            carried.fail(id, &[role], &why);
        } else {
            employee.roles.remove(*role);
            employee.temporary.retain(|grant| grant.role != **role);
        }
    }
    if job.request.inactivate_after_removal && job.last_roles {
        inactivate(carried, id, &mut employee);
    }
    changes.put(id, Some(employee));
}

/// *Inactivate After Removal*: only when all of the employee's removals are done and no role is left.
fn inactivate(carried: &mut Carried, id: &EmployeeId, employee: &mut Employee) {
    if !employee.is_active() {
        return;
    }
    if employee.holds_nothing() {
        employee.status = EmployeeStatus::Inactive;
        return;
    }
    let held: Vec<_> = employee.held().iter().map(ToString::to_string).collect();
    let detail = format!("stays active: still holds {}", held.join(", "));
    carried.leave(id, None, LeftOutReason::Kept, detail);
}
