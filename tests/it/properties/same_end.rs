//! What ends in the same state, however one gets there.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rolecall::model::{Employee, EmployeeId, EmployeeStatus, RecordStatus, RequestId, State};
use rolecall::plan::Plan;
use rolecall::reconcile::port::Logs as _;
use rolecall::reconcile::recover::replay;

use super::checks::company::Company;
use super::checks::documents::people;
use super::checks::requests::{employee, hour, role};
use super::checks::world::HOURS;
use super::{config, worlds};

/// Who holds what, and which requests are complete: a state without the moments at which somebody looked.
///
/// Left out is what only shows that somebody looked in time: people whom a request introduced and who hold nothing (they appear
/// with the first thing given), and the record of a loan from before the first log.
fn end(
    state: &State,
    known: usize,
) -> (
    BTreeMap<EmployeeId, Employee>,
    Vec<(RequestId, RecordStatus)>,
) {
    let mut employees = people(state);
    employees.retain(|id, there| *id < employee(known) || !there.holds_nothing());
    let requests = state.requests.iter();
    let requests = requests
        .filter(|entry| entry.id != "long-ago")
        .map(|entry| (entry.request_id(), entry.record.status));
    (employees, requests.collect())
}

/// What a hand does to the state file: toggles a role of an employee, or the employee's status.
fn edit(company: &mut Company, who: usize, what: Option<usize>) {
    let mut state = company.ledger.read_state();
    let mut all = people(&state).into_iter();
    let (id, mut there) = all.nth(who % all.len()).expect("the employee");
    match what {
        Some(number) => {
            if !there.roles.remove(&role(number)) {
                there.roles.insert(role(number));
            }
        }
        None if there.is_active() => there.status = EmployeeStatus::Inactive,
        None => there.status = EmployeeStatus::Active,
    }
    state.employees.insert(id, there);
    company.ledger.state = rolecall::document::state::write(&state);
}

fn moments() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(0..HOURS * 2, 1..4).prop_map(|mut hours| {
        hours.sort_unstable();
        hours
    })
}

fn describe(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter();
    steps
        .map(|step| {
            let id = step.request.as_ref().map(|it| it.id.to_string());
            format!("{:?} {id:?} {:?}", step.kind, step.changes)
        })
        .collect()
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn reconciling_twice_is_the_same_as_once(
        world in worlds::any(),
        hours in moments(),
        edits in proptest::collection::vec((0..40_usize, proptest::option::of(0..5_usize)), 0..3),
    ) {
        let mut company = Company::of(&world);
        for (index, at) in hours.iter().enumerate() {
            if index == 1 {
                for (who, what) in &edits {
                    edit(&mut company, *who, what.filter(|role| *role < world.roles.len()));
                }
            }
            company.reconcile(hour(*at), None);
            let before = company.ledger.clone();
            let again = company.reconcile(hour(*at), None);
            prop_assert_eq!(describe(&again), Vec::<String>::new());
            prop_assert_eq!(&company.ledger, &before);
        }
    }

    #[test]
    fn the_order_and_the_folders_of_files_do_not_matter(
        world in worlds::any(),
        at in 0..HOURS * 2,
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut company = Company::of(&world);
        let mut other = company.clone();
        other.files.sort_by_key(|file| order[usize::from(file.id.as_str().as_bytes()[2] - b'0') % 8]);
        for (file, folder) in other.files.iter_mut().zip(&order) {
            file.path = format!("requests/folder-{folder}/{}.yaml", file.id);
        }
        let plan = company.reconcile(hour(at), None);
        let same = other.reconcile(hour(at), None);
        prop_assert_eq!(plan.digest, same.digest);
        prop_assert_eq!(describe(&plan), describe(&same));
        let (state, same) = (company.recovered().state, other.recovered().state);
        prop_assert_eq!(&state.employees, &same.employees);
        prop_assert_eq!(&state.requests, &same.requests);
    }

    #[test]
    fn splitting_a_period_at_any_moment_gives_the_same_end(
        world in worlds::calm(),
        splits in proptest::collection::vec(0..HOURS * 2, 1..4),
    ) {
        let last = hour(HOURS * 2);
        let mut whole = Company::of(&world);
        let plan = whole.reconcile(last, None);
        prop_assert!(!plan.has_failures());
        let mut parts = Company::of(&world);
        let mut splits = splits;
        splits.sort_unstable();
        for split in splits {
            parts.reconcile(hour(split), None);
        }
        parts.reconcile(last, None);
        let people = world.employees.len();
        prop_assert_eq!(
            end(&parts.recovered().state, people),
            end(&whole.recovered().state, people)
        );
    }

    #[test]
    fn stopping_after_some_runs_until_done_gives_the_same_end(
        world in worlds::calm(),
        at in 0..HOURS * 2,
        runs in 1..4_u32,
    ) {
        let mut whole = Company::of(&world);
        whole.reconcile(hour(at), None);
        let mut parts = Company::of(&world);
        let mut passes = 0;
        loop {
            let plan = parts.reconcile(hour(at), Some(runs));
            prop_assert!(plan.summary.runs <= u64::from(runs));
            if plan.steps.is_empty() {
                break;
            }
            passes += 1;
            prop_assert!(passes < 1000, "it never ends");
        }
        let people = world.employees.len();
        prop_assert_eq!(
            end(&parts.recovered().state, people),
            end(&whole.recovered().state, people)
        );
    }

    #[test]
    fn replaying_the_logs_gives_the_state_from_wherever_the_state_file_is(
        world in worlds::any(),
        hours in moments(),
    ) {
        let mut company = Company::of(&world);
        let mut files = vec![company.ledger.state.clone()];
        for at in hours {
            company.reconcile(hour(at), None);
            files.push(company.ledger.state.clone());
        }
        let state = company.ledger.read_state();
        let replayed = replay(company.ledger.last(), &company.ledger).expect("the logs agree");
        prop_assert_eq!(&replayed, &state);
        for file in files {
            let file = rolecall::document::state::read(&file).expect("a state");
            let behind = state.serial - file.serial;
            let recovered = company.ledger.recover(file);
            prop_assert_eq!(recovered.behind, behind);
            prop_assert_eq!(&recovered.drift, &Vec::new());
            prop_assert_eq!(&recovered.state, &state);
        }
    }

    #[test]
    fn a_hand_edit_is_kept_once_it_is_logged(
        world in worlds::any(),
        at in 0..HOURS,
        who in 0..40_usize,
        what in proptest::option::of(0..5_usize),
    ) {
        let mut company = Company::of(&world);
        company.reconcile(hour(at), None);
        let mut by_hand = company.clone();
        let what = what.filter(|role| *role < world.roles.len());
        // Nobody else acts: what the edit makes possible is not to be tried.
        by_hand.files.clear();
        edit(&mut by_hand, who, what);
        let mut due = people(&by_hand.ledger.read_state());
        for there in due.values_mut() {
            // The last active administrator keeps what was lent, until a hand inactivates them.
            there.temporary.retain(|grant| grant.until > hour(at));
        }
        let mut kept = people(&by_hand.ledger.read_state());
        for there in kept.values_mut() {
            there.temporary.clear();
        }
        by_hand.reconcile(hour(at), None);
        let after = people(&by_hand.recovered().state);
        let mut lasting = after.clone();
        for there in lasting.values_mut() {
            there.temporary.clear();
        }
        prop_assert_eq!(&lasting, &kept);
        for (id, there) in &due {
            prop_assert!(there.temporary.is_subset(&after[id].temporary));
        }
        let replayed = replay(by_hand.ledger.last(), &by_hand.ledger).expect("the logs agree");
        prop_assert_eq!(people(&replayed), after);
    }
}
