//! What a plan is made of, on a company of 5,000 employees and 1,000 roles of 20 holders, with requests that make 200 changes.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "criterion's macros, and a world of its own"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use chrono::{TimeZone as _, Utc};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rolecall::document::source::Source;
use rolecall::document::{changelog, settings, state};
use rolecall::model::{
    AccessType, AffectedEmployees, AffectedRoles, Approval, ChangeLog, ClockSource, Decision,
    Digest, Employee, EmployeeChange, EmployeeId, EmployeeStatus, EmployeeView, Evidence, Instant,
    Introduction, Record, RecordStatus, Request, RequestId, RoleId, Settings, Standing, State,
    Verdict,
};
use rolecall::plan::{Body, Candidate, Input, Judge, Plan, Touched, plan};
use rolecall::reconcile::carry_out::{Stamp, carry_out};
use rolecall::reconcile::port::{Appended, Ledger, LedgerError, LogHead, Logs, StoredLog};
use rolecall::reconcile::stop::Stop;

const EMPLOYEES: usize = 5_000;
const ROLES: usize = 1_000;
const HOLDERS: usize = 20;

fn employee(number: usize) -> EmployeeId {
    EmployeeId::new(&format!("employee.{number:04}")).expect("an id")
}

fn role(number: usize) -> RoleId {
    RoleId::new(&format!("role-{number:04}")).expect("an id")
}

fn now() -> Instant {
    let now = Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).single();
    now.expect("a moment")
}

/// Role `r` is held by twenty employees, spread over the company.
fn company() -> State {
    let mut roles = vec![BTreeSet::new(); EMPLOYEES];
    for number in 0..ROLES {
        for holder in 0..HOLDERS {
            roles[(number * 7 + holder * 241) % EMPLOYEES].insert(role(number));
        }
    }
    let employees = roles.into_iter().enumerate().map(|(number, roles)| {
        let details = Employee {
            name: format!("Employee Number {number}"),
            email: Some(format!("employee.{number:04}@workload.example")),
            status: EmployeeStatus::Active,
            roles,
            temporary: BTreeSet::new(),
        };
        (employee(number), details)
    });
    State {
        employees: employees.collect(),
        ..State::default()
    }
}

fn policy() -> Settings {
    let mut text = String::from(
        "version: 1\nuser_provisioning: {auto_provisioning: true, auto_role_removal: true}\n\
         change_controls:\n  user_onboarding: {evidence: inline}\n  user_offboarding: {evidence: inline}\nroles:\n",
    );
    for number in 0..ROLES {
        text.push_str(&format!("  role-{number:04}: {{name: Role {number}}}\n"));
    }
    let source = Source::new("rolecall.yaml", text.into_bytes(), settings::LIMIT).expect("a text");
    settings::read(&source).expect("settings").settings
}

/// The company after 100,000 requests.
fn with_finished(mut state: State) -> State {
    for number in 0..100_000 {
        let id = RequestId::new(&format!("finished-{number:06}")).expect("an id");
        let complete = RecordStatus::Complete;
        let content = Digest::of(id.as_str().as_bytes());
        let record = Record::new(complete, content, Some(now()), Record::usual_runs(complete));
        state.requests.insert(id, record);
    }
    state
}

/// Twenty requests of ten changes each: five people by two roles, to give or to take.
fn requests(state: &State) -> Vec<Candidate> {
    (0..20)
        .map(|number| {
            let roles = vec![role(number * 2), role(number * 2 + 1)];
            let gives = number % 2 == 0;
            let holds = |there: EmployeeView<'_>| there.holds_permanently(&roles[0]);
            let there = state
                .employees
                .iter()
                .skip(if gives { number * 100 } else { 0 });
            let fitting = there.filter(|entry| gives || holds(entry.employee));
            let listed = fitting
                .take(if gives { 5 } else { 10 })
                .map(|entry| Introduction {
                    id: entry.employee_id(),
                    details: None,
                });
            let request = Request {
                name: format!("Request {number}"),
                change_overview: "HR-1204".to_owned(),
                access_type: if gives {
                    AccessType::RoleAdditions
                } else {
                    AccessType::RoleReductions
                },
                requested_by: "dana@workload.example".to_owned(),
                requester: None,
                employees: AffectedEmployees::Listed(listed.collect()),
                roles: AffectedRoles::Listed(if gives { roles } else { roles[..1].to_vec() }),
                timezone: "UTC".to_owned(),
                start: None,
                end: None,
                inactivate_after_removal: false,
                reactivate: false,
                form: None,
                custom: BTreeMap::new(),
                external_reference: None,
                draft: false,
                cancelled: None,
                approvals: None,
            };
            let id = RequestId::new(&format!("request-{number:02}")).expect("an id");
            Candidate {
                path: format!("requests/{id}.yaml"),
                content: Digest::of(id.as_str().as_bytes()),
                id,
                commit: None,
                body: Body::Valid {
                    request: Box::new(request),
                    verdict: approved(),
                },
                findings: Vec::new(),
            }
        })
        .collect()
}

fn approved() -> Verdict {
    let alice = "alice".to_owned();
    let approval = Approval::new(alice, Decision::Approve, now(), Evidence::Inline);
    Verdict {
        standing: Standing::Approved,
        at: Some(now()),
        required: 1,
        given: vec![approval],
        evidence: Some(Evidence::Inline),
        rules: Vec::new(),
    }
}

fn make(settings: &Settings, state: &State, requests: &[Candidate]) -> Plan {
    let input = Input {
        settings,
        state,
        baseline: true,
        drift: &[],
        requests,
        leaves_out_finished: false,
        logged: &BTreeMap::new(),
        findings: &[],
        judge: &Listed,
        now: now(),
    };
    plan(&input, None)
}

/// The requests list whom and what they touch, so nothing is left to judge.
#[derive(Debug)]
struct Listed;

impl Judge for Listed {
    fn judge(&self, _: &Candidate, _: &Touched) -> Verdict {
        approved()
    }
}

/// Turns logs into bytes, and keeps none.
#[derive(Default)]
struct Nowhere {
    last: u64,
    digests: std::cell::RefCell<state::Digester>,
}

impl Logs for Nowhere {
    fn head(&self, _: u64) -> Result<LogHead, LedgerError> {
        unreachable!("nothing is read")
    }

    fn last(&self) -> u64 {
        self.last
    }

    fn read(&self, _: u64) -> Result<StoredLog, LedgerError> {
        unreachable!("nothing is read")
    }

    fn digest(&self, state: &State) -> Digest {
        self.digests.borrow_mut().digest(state)
    }

    fn digest_after(&self, state: &State, log: &ChangeLog) -> Digest {
        self.digests.borrow_mut().digest_after(state, log)
    }
}

impl Ledger for Nowhere {
    fn writer_of_changes(&self) -> fn(&[EmployeeChange]) -> String {
        changelog::write_changes
    }

    fn append(&mut self, log: &ChangeLog, changes: &str) -> Result<Appended, LedgerError> {
        self.last = log.serial;
        Ok(Appended {
            digest: Digest::of(&changelog::write_around(log, changes)),
            path: changelog::path(log),
        })
    }

    fn flush(&mut self) -> Result<(), LedgerError> {
        Ok(())
    }

    fn write_state(&mut self, state: &State) -> Result<(), LedgerError> {
        black_box(state::write(state));
        Ok(())
    }
}

fn benchmarks(criterion: &mut Criterion) {
    let (settings, state, stamp) = (
        policy(),
        company(),
        Stamp {
            now: now(),
            clock: ClockSource::Given,
            program: "rolecall".to_owned(),
            policy: Digest::of(b""),
            branch: None,
        },
    );
    let text = state::write(&state);
    let requests = requests(&state);
    let made = make(&settings, &state, &requests);
    criterion.bench_function("read the state of 5,000 employees", |bencher| {
        bencher.iter(|| state::read(black_box(&text)).expect("a state"));
    });
    let finished = state::write(&with_finished(state.clone())).into_bytes();
    criterion.bench_function(
        "read 100,000 finished requests and their digest",
        |bencher| {
            bencher.iter_batched(
                || finished.clone(),
                |bytes| state::read_with_tree(bytes).expect("a state").1.digest(),
                BatchSize::LargeInput,
            );
        },
    );
    criterion.bench_function("digest the state of 5,000 employees", |bencher| {
        bencher.iter(|| state::digest(black_box(&state)));
    });
    criterion.bench_function("plan 200 changes of 5,000 employees", |bencher| {
        bencher.iter(|| make(&settings, black_box(&state), &requests));
    });
    criterion.bench_function(
        "write the logs of 200 changes and the baseline",
        |bencher| {
            bencher.iter(|| {
                let mut ledger = Nowhere::default();
                carry_out(
                    &mut ledger,
                    state.clone(),
                    &made.steps,
                    &stamp,
                    &Stop::default(),
                    |_| {},
                )
                .expect("it is done")
            });
        },
    );
}

criterion_group! {
    name = plans;
    config = Criterion::default().sample_size(20);
    targets = benchmarks
}
criterion_main!(plans);
