//! What no plan ever does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rolecall::model::{
    ChangeType, EmployeeStatus, Instant, Limits, Request, RoleId, SodAction, State,
};
use rolecall::plan::{Plan, StepKind};

use super::checks::company::Company;
use super::checks::documents::people;
use super::checks::invariants::is_approved;
use super::checks::requests::{REQUESTER, employee, hour};
use super::checks::world::{HOURS, World};
use super::{config, worlds};

/// Reconciles at several moments, and gives every plan with its state before and its moment.
fn passes(world: &World, hours: &[u32]) -> (Company, Vec<(Plan, State, Instant)>) {
    let mut hours = hours.to_vec();
    hours.sort_unstable();
    let mut company = Company::of(world);
    let mut plans = Vec::new();
    for at in hours {
        let before = company.recovered().state;
        let plan = company.reconcile(hour(at), None);
        plans.push((plan, before, hour(at)));
    }
    (company, plans)
}

fn request_of<'a>(company: &'a Company, id: &str) -> &'a Request {
    let mut files = company.files.iter();
    let file = files.find(|file| file.id.as_str() == id).expect("its file");
    file.request.as_ref().expect("no draft")
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn no_run_is_over_15_employees_or_20_roles(
        world in worlds::any(),
        hours in proptest::collection::vec(0..HOURS * 2, 1..3),
    ) {
        for (plan, ..) in passes(&world, &hours).1 {
            for run in plan.requests_after.iter().flat_map(|request| &request.runs) {
                prop_assert!(run.employees.len() <= 15 && run.roles.len() <= 20);
            }
            for step in plan.steps.iter().filter(|step| step.kind == StepKind::Run) {
                let moved: BTreeSet<_> = step
                    .changes
                    .iter()
                    .flat_map(|change| change.added().into_iter().chain(change.removed()))
                    .collect();
                prop_assert!(step.changes.len() <= 15 && moved.len() <= 20);
                let run = step.run.expect("a run's number");
                prop_assert!(run.number >= 1 && run.number <= run.of);
            }
        }
    }

    #[test]
    fn nothing_runs_before_its_moment_or_without_approval(
        world in worlds::any(),
        hours in proptest::collection::vec(0..HOURS * 2, 1..3),
    ) {
        let (company, plans) = passes(&world, &hours);
        // Requests that touch Alice: also by a word such as `holders`, also where their runs are done, and also where a
        // rule refuses it.
        let steps = plans.iter().flat_map(|(plan, ..)| &plan.steps);
        let touching: BTreeSet<_> = steps
            .filter(|step| {
                let changed = step.changes.iter().map(|change| &change.id);
                let mut touched = changed.chain(step.left_out.iter().map(|it| &it.employee));
                touched.any(|id| *id == employee(0))
            })
            .filter_map(|step| step.request.as_ref().map(|request| request.id.clone()))
            .collect();
        for (plan, _, now) in plans {
            for step in plan.steps.iter().filter(|step| step.kind == StepKind::Run) {
                let id = step.request.as_ref().expect("a request").id.clone();
                let request = request_of(&company, id.as_str());
                prop_assert!(request.cancelled.is_none());
                prop_assert!(request.start.as_ref().is_none_or(|start| start.utc <= now));
                let moved = step.changes.iter().flat_map(|change| {
                    change.added().into_iter().chain(change.removed())
                });
                let roles: BTreeSet<_> = request.listed_roles().iter().cloned().chain(moved).collect();
                let is_listed = request.listed_employees().any(|it| *it == employee(0));
                let is_affected = is_listed || touching.contains(&id);
                let approved = is_approved(&company, request, is_affected, &roles, now, None);
                prop_assert!(approved, "{id} is not approved");
                let schedule = step.schedule.as_ref().expect("a schedule");
                prop_assert!(schedule.utc <= now);
                prop_assert_eq!(schedule.lateness_seconds, (now - schedule.utc).num_seconds());
                prop_assert!(step.approvals.iter().all(|approval| approval.person != REQUESTER));
            }
        }
    }

    #[test]
    fn what_is_approved_and_due_does_not_wait_for_nothing(
        world in worlds::any(),
        at in 0..HOURS * 2,
    ) {
        let (_, plans) = passes(&world, &[at]);
        for (plan, ..) in plans {
            for request in &plan.requests_after {
                let is_approved = request.status == rolecall::plan::Status::Approved;
                prop_assert_eq!(is_approved, request.waiting_for.is_some(), "{:?}", request);
            }
        }
    }

    #[test]
    fn no_loan_outlives_its_end(
        world in worlds::any(),
        hours in proptest::collection::vec(0..HOURS * 2, 1..4),
    ) {
        let mut company = Company::of(&world);
        let mut hours = hours;
        hours.sort_unstable();
        for at in hours {
            company.reconcile(hour(at), None);
            if !world.automatic.enhanced {
                continue;
            }
            for (id, employee) in people(&company.recovered().state) {
                for grant in &employee.temporary {
                    let is_kept = company.settings.is_administrator(&grant.role);
                    prop_assert!(grant.until > hour(at) || is_kept, "{id} {grant:?}");
                }
            }
            // Its request's file is of no importance for that.
            company.files.truncate(company.files.len() / 2);
        }
    }

    #[test]
    fn the_reconciler_never_gives_an_administrator_role_and_never_takes_the_last(
        world in worlds::any(),
        hours in proptest::collection::vec(0..HOURS * 2, 1..3),
    ) {
        let (company, plans) = passes(&world, &hours);
        let is_administrator = |role: &RoleId| company.settings.is_administrator(role);
        let mut holders: BTreeMap<RoleId, usize> = BTreeMap::new();
        let count = |state: &State, role: &RoleId| {
            let all = state.employees.iter().map(|it| it.employee);
            all.filter(|it| it.is_active() && it.holds(role)).count()
        };
        for (plan, before, _) in &plans {
            for role in company.settings.roles.keys().filter(|role| is_administrator(role)) {
                holders.insert(role.clone(), count(before, role));
            }
            for change in plan.steps.iter().flat_map(|step| &step.changes) {
                prop_assert!(!change.added().iter().any(is_administrator));
            }
        }
        let after = company.recovered().state;
        for (role, before) in holders {
            prop_assert!(before == 0 || count(&after, &role) > 0, "{role} has no holder any more");
        }
    }

    #[test]
    fn nobody_comes_to_hold_what_separation_of_duties_denies(
        world in worlds::any(),
        hours in proptest::collection::vec(0..HOURS * 2, 1..3),
    ) {
        let (company, plans) = passes(&world, &hours);
        let denied = company.settings.separation_of_duties.iter().filter(|rule| rule.action == SodAction::Deny);
        let denied: Vec<_> = denied.collect();
        for change in plans.iter().flat_map(|(plan, ..)| &plan.steps).flat_map(|step| &step.changes) {
            let Some(after) = &change.after else { continue };
            for rule in &denied {
                let together = rule.roles.iter().filter(|role| after.holds(role)).count();
                let added = change.added();
                prop_assert!(together < 2 || !rule.roles.iter().any(|role| added.contains(role)));
            }
        }
    }

    #[test]
    fn nobody_inactive_is_given_anything_and_nobody_is_inactivated_with_roles(
        world in worlds::any(),
        hours in proptest::collection::vec(0..HOURS * 2, 1..3),
    ) {
        for step in passes(&world, &hours).1.iter().flat_map(|(plan, ..)| &plan.steps) {
            for change in &step.changes {
                let after = change.after.as_ref().expect("nobody is deleted");
                let given = !change.added().is_empty();
                prop_assert!(!(given && after.status == EmployeeStatus::Inactive));
                prop_assert!(!change.inactivates() || after.holds_nothing());
                prop_assert!(!given || step.change_type != ChangeType::TemporaryAccessEnded);
            }
        }
    }

    #[test]
    fn the_brake_is_judged_on_the_whole_plan(
        world in worlds::any(),
        at in 0..HOURS * 2,
        removals in 0..12_u64,
        removal_percent in 0..101_u32,
        inactivations in 0..3_u64,
    ) {
        let mut company = Company::of(&world);
        company.settings.limits = Limits { removals, removal_percent, inactivations };
        let (plan, recovered) = company.plan(hour(at), None);
        let changes: Vec<_> = plan.steps.iter().flat_map(|step| &step.changes).collect();
        let removed: u64 = changes.iter().map(|change| change.removed().len() as u64).sum();
        let left = changes.iter().filter(|change| change.inactivates()).count() as u64;
        let held: u64 = people(&recovered.state).values().map(|it| it.held().len() as u64).sum();
        let mut due = Vec::new();
        if removed > removals {
            due.push("removals");
        }
        if removed >= 10 && removed * 100 > u64::from(removal_percent) * held {
            due.push("removal_percent");
        }
        if left > inactivations {
            due.push("inactivations");
        }
        let found: Vec<_> = plan.brake.iter().map(|brake| brake.limit).collect();
        prop_assert_eq!(found, due);
    }

    #[test]
    fn the_digest_of_a_plan_does_not_depend_on_the_clock_while_the_same_is_due(
        world in worlds::any(),
        at in 0..HOURS * 2,
        minutes in 1..59_i64,
    ) {
        // Whatever falls due does so at a full hour; approvals lapse a second after one.
        let company = Company::of(&world);
        let first = hour(at) + chrono::Duration::minutes(1);
        let (plan, _) = company.plan(first, None);
        let (later, _) = company.plan(first + chrono::Duration::minutes(minutes), None);
        prop_assert_eq!(plan.digest, later.digest);
        prop_assert_eq!(plan.summary, later.summary);
    }
}
