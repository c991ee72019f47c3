//! Ends of temporary access: what is taken back is only what the request gave.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Changes, World};
use crate::model::{
    EmployeeChange, EmployeeId, EmployeeView, Grant, Instant, LeftOut, LeftOutReason, RequestId,
    RoleId, Settings,
};

/// What an end does.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) changes: Vec<EmployeeChange>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) reasons: BTreeMap<EmployeeId, BTreeSet<String>>,
}

/// Takes back the loans of a request that are chosen. One that has to be kept gets the moment `over` as its end, if it is earlier.
pub(super) fn end(
    world: &World,
    settings: &Settings,
    request: &RequestId,
    employees: &BTreeSet<EmployeeId>,
    over: Option<Instant>,
    chosen: impl Fn(&EmployeeId, &Grant) -> bool,
) -> Ended {
    let mut ended = Ended::default();
    let mut changes = Changes::new(world);
    for id in employees {
        let Some(before) = changes.employee(id).map(EmployeeView::to_employee) else {
            continue;
        };
        let mut after = before.clone();
        for grant in &before.temporary {
            if grant.request != *request || !chosen(id, grant) {
                continue;
            }
            after.temporary.remove(grant);
            if after.holds(&grant.role) {
                ended.left_out.push(kept(id, &grant.role, (&after).into()));
            } else if settings.is_administrator(&grant.role)
                && changes.is_last_active_holder(id, &grant.role)
            {
                after.temporary.insert(Grant {
                    until: over.map_or(grant.until, |over| over.min(grant.until)),
                    ..grant.clone()
                });
                let why = format!("is the last active holder of {}, which is kept", grant.role);
                ended.left_out.push(LeftOut {
                    employee: id.clone(),
                    role: Some(grant.role.clone()),
                    reason: LeftOutReason::Refused,
                    detail: why.clone(),
                });
                ended.reasons.entry(id.clone()).or_default().insert(why);
            }
        }
        changes.put(id, Some(after));
    }
    ended.changes = changes.finish();
    ended
}

/// A loan that is not there any more, or never was.
pub(super) fn gone(id: &EmployeeId, role: &RoleId, there: Option<EmployeeView<'_>>) -> LeftOut {
    match there.filter(|employee| employee.holds(role)) {
        Some(employee) => kept(id, role, employee),
        None => LeftOut {
            employee: id.clone(),
            role: Some(role.clone()),
            reason: LeftOutReason::NotHeld,
            detail: "was not lent any more".to_owned(),
        },
    }
}

fn kept(id: &EmployeeId, role: &RoleId, after: EmployeeView<'_>) -> LeftOut {
    let other = after.temporary().iter().rfind(|grant| grant.role == *role);
    let detail = match other {
        _ if after.holds_permanently(role) => "kept: held permanently".to_owned(),
        Some(grant) => format!(
            "kept: lent by {} until {}",
            grant.request,
            crate::time::rfc3339(grant.until)
        ),
        None => "kept".to_owned(),
    };
    LeftOut {
        employee: id.clone(),
        role: Some(role.clone()),
        reason: LeftOutReason::Kept,
        detail,
    }
}
