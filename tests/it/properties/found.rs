//! Worlds that properties have found, or that are too rare for them to find.

use super::checks::company::Company;
use super::checks::requests::{employee, hour, role};
use super::checks::world::{Asked, Automatic, Holder, Kind, RoleKind, World};

fn asked(kind: Kind, employees: &[usize], roles: &[usize], decisions: &[usize]) -> Asked {
    Asked {
        kind,
        employees: employees.to_vec(),
        roles: roles.to_vec(),
        start: None,
        lasts: 10,
        decisions: decisions.iter().map(|person| (*person, true, 0)).collect(),
        draft: false,
        cancelled: false,
        holders: false,
        all: false,
        inactivate: false,
        reactivate: false,
        copy: false,
    }
}

fn world(roles: &[RoleKind], held: &[usize], requests: Vec<Asked>) -> World {
    World {
        employees: vec![Holder {
            active: true,
            roles: held.to_vec(),
            lent: None,
        }],
        roles: roles.to_vec(),
        separation: Vec::new(),
        automatic: Automatic {
            enhanced: true,
            provisioning: true,
            removal: true,
        },
        approvals: [1, 1, 1],
        valid_for_days: None,
        requests,
    }
}

#[test]
fn a_removal_that_waits_for_a_person_completes_in_the_pass_that_makes_it_empty() {
    let mut world = world(
        &[RoleKind::Plain],
        &[],
        vec![asked(Kind::Reduction, &[0], &[0], &[1])],
    );
    world.automatic.removal = false;
    world.employees[0].lent = Some((0, 5));
    let mut company = Company::of(&world);
    company.reconcile(hour(1), None);
    company.reconcile(hour(6), None);
    let again = company.reconcile(hour(6), None);
    assert_eq!(again.steps.len(), 0, "{:#?}", again.steps);
}

#[test]
fn who_may_approve_a_request_about_holders_is_judged_when_it_runs() {
    let mut holders = asked(Kind::Reduction, &[0], &[0], &[0]);
    holders.holders = true;
    let world = world(
        &[RoleKind::Plain],
        &[0],
        vec![asked(Kind::Reduction, &[0], &[0], &[1]), holders],
    );
    let mut company = Company::of(&world);
    company.reconcile(hour(1), None);
    let again = company.reconcile(hour(1), None);
    assert_eq!(again.steps.len(), 0, "{:#?}", again.steps);
}

#[test]
fn a_request_about_holders_that_began_in_a_pass_stands_after_it_where_the_next_one_finds_it() {
    // Alice may approve once nothing is taken from her any more; the last administrator stays.
    let mut holders = asked(Kind::Reduction, &[0], &[0], &[0]);
    holders.holders = true;
    let mut world = world(
        &[RoleKind::Administrator],
        &[0],
        vec![asked(Kind::Reduction, &[0], &[0], &[1]), holders],
    );
    world.employees.push(world.employees[0].clone());
    let mut company = Company::of(&world);
    let plan = company.reconcile(hour(1), None);
    let (next, _) = company.plan(hour(1), None);
    let (said, came) = (&plan.requests_after[1], &next.requests[1]);
    assert_eq!(said.status, rolecall::plan::Status::Approved);
    assert_eq!(said.waiting_for, Some(rolecall::plan::WaitingFor::Retry));
    assert_eq!(
        (came.status, came.waiting_for),
        (said.status, said.waiting_for)
    );
    assert_eq!(said.approval, came.approval);
}

/// Who has approved the first request, by a plan that does nothing.
#[track_caller]
fn approved_by(company: &Company) -> Vec<String> {
    let (plan, _) = company.plan(hour(1), None);
    assert_eq!(plan.steps, []);
    plan.requests[0].approval.given.clone()
}

#[test]
fn who_is_affected_by_what_failed_of_a_request_about_holders_does_not_approve_it() {
    // The last administrator stays; that is Alice, who approves as well as Bob.
    let mut holders = asked(Kind::Reduction, &[0], &[0], &[0, 1]);
    holders.holders = true;
    let mut company = Company::of(&world(&[RoleKind::Administrator], &[0], vec![holders]));
    company.reconcile(hour(1), None);
    assert_eq!(approved_by(&company), ["bob"]);
}

#[test]
fn who_is_affected_by_what_waits_of_a_request_about_holders_does_not_approve_it() {
    let mut holders = asked(Kind::Reduction, &[0], &[0, 1], &[0, 1]);
    holders.holders = true;
    let mut world = world(&[RoleKind::Plain, RoleKind::Plain], &[0, 1], vec![holders]);
    world.automatic.removal = false;
    let mut company = Company::of(&world);
    company.reconcile(hour(1), None);
    // A hand takes one of Alice's roles, and so begins it.
    let mut state = company.ledger.read_state();
    let alice = state.employees.get(&employee(0)).expect("Alice");
    let mut there = alice.to_employee();
    there.roles.remove(&role(1));
    state.employees.insert(employee(0), there);
    company.ledger.state = rolecall::document::state::write(&state);
    company.reconcile(hour(1), None);
    let in_process = company.recovered().state.requests.in_process().count();
    assert_eq!(in_process, 1);
    assert_eq!(approved_by(&company), ["bob"]);
}

#[test]
fn a_role_s_own_rule_also_holds_where_all_comes_to_mean_it_in_the_same_pass() {
    // Two people approve that the guarded role is given; only one of them approves that everything is taken.
    let mut all = asked(Kind::Reduction, &[0], &[0], &[1]);
    all.all = true;
    all.start = Some(3);
    let world = world(
        &[RoleKind::Guarded],
        &[],
        vec![asked(Kind::Addition, &[0], &[0], &[1, 2]), all],
    );
    let mut company = Company::of(&world);
    company.reconcile(hour(4), None);
    let state = company.recovered().state;
    let there = state.employees.iter().next().expect("the employee");
    assert_eq!(
        there.employee.roles().len(),
        1,
        "taken without the second approval"
    );
}

#[test]
fn who_is_affected_through_holders_does_not_reject() {
    let mut holders = asked(Kind::Reduction, &[0], &[0], &[1]);
    holders.holders = true;
    holders.decisions.push((0, false, 0));
    let world = world(&[RoleKind::Plain], &[0], vec![holders]);
    let mut company = Company::of(&world);
    let plan = company.reconcile(hour(0), None);
    let status = plan.requests_after[0].status;
    assert_eq!(status, rolecall::plan::Status::Complete);
}
