//! A company over some days: passes, hand edits of the state file, changes of request files, and what people complete.

use chrono::Duration;
use rolecall::model::{
    Employee, EmployeeStatus, EmployeeView, Grant, Instant, Limits, RequestId, State,
};
use rolecall::plan::{Plan, Step};
use rolecall::reconcile::port::Logs as _;
use rolecall::reconcile::recover::replay;

use super::company::{Company, File, with_drift};
use super::documents::people;
use super::invariants::{Begun, Pass, holds};
use super::requests::{self, employee, hour, request_id, role};
use super::world::{Asked, World};

/// A company, and what happens there.
#[derive(Debug, Clone)]
pub struct Journey {
    /// The company at the beginning.
    pub world: World,
    /// The mass-change brake: removals, percent of all held roles, inactivations.
    pub limits: [u32; 3],
    /// What happens, one after the other.
    pub moves: Vec<Move>,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub enum Move {
    /// So many hours later all that is due is done, up to a number of runs.
    Pass {
        /// Hours since the pass before.
        later: u32,
        /// `--max-runs`.
        max_runs: Option<u32>,
    },
    /// A hand changes an employee of the state file.
    Edit {
        /// Whom; beyond the employees it is somebody new.
        who: usize,
        /// How.
        edit: Edit,
    },
    /// The state file is put back to what an earlier pass has written, as a killed process leaves it.
    Lag {
        /// How many passes earlier.
        back: usize,
    },
    /// A request file is deleted.
    Delete {
        /// Which of the files.
        file: usize,
    },
    /// A request file is written, anew or over another one.
    Write {
        /// The number of the request.
        number: usize,
        /// What it says now.
        asked: Asked,
    },
    /// A request is called off.
    Cancel {
        /// Which of the files.
        file: usize,
    },
    /// Somebody completes a request by hand.
    Complete {
        /// Which of the files.
        file: usize,
    },
}

/// What a hand does to an employee.
#[derive(Debug, Clone, Copy)]
pub enum Edit {
    /// Gives a role, or takes it where it is held.
    Role(usize),
    /// Lends a role until an hour.
    Loan(usize, u32),
    /// Inactivates, or the other way round.
    Status,
    /// Gives another name.
    Name,
    /// Deletes.
    Delete,
}

/// Goes a journey, and holds every pass of it to all invariants.
pub fn travel(journey: &Journey) {
    let mut traveller = Traveller::new(journey);
    for next in &journey.moves {
        traveller.step(next);
    }
    traveller.pass(None);
    traveller.logs_lead_to_the_state();
}

struct Traveller<'a> {
    world: &'a World,
    company: Company,
    begun: Begun,
    hour: u32,
    /// What the passes have written as the state file.
    written: Vec<String>,
}

impl<'a> Traveller<'a> {
    fn new(journey: &'a Journey) -> Self {
        let mut company = Company::of(&journey.world);
        let [removals, removal_percent, inactivations] = journey.limits;
        company.settings.limits = Limits {
            removals: removals.into(),
            removal_percent,
            inactivations: inactivations.into(),
        };
        Self {
            world: &journey.world,
            company,
            begun: Begun::default(),
            hour: 0,
            written: Vec::new(),
        }
    }

    /// What falls due does so at full hours, and approvals lapse a second after one; nothing happens in the same second.
    fn now(&self) -> Instant {
        hour(self.hour) + Duration::minutes(1)
    }

    fn step(&mut self, next: &Move) {
        match next {
            Move::Pass { later, max_runs } => {
                self.hour += later;
                self.pass(*max_runs);
            }
            Move::Edit { who, edit } => self.edit(*who, *edit),
            Move::Lag { back } => self.lag(*back),
            Move::Delete { file } => {
                if !self.company.files.is_empty() {
                    let file = file % self.company.files.len();
                    self.company.files.remove(file);
                }
            }
            Move::Write { number, asked } => self.write(*number, asked),
            Move::Cancel { file } => {
                let count = self.company.files.len().max(1);
                let file = self.company.files.get_mut(file % count);
                let Some((request, content)) =
                    file.and_then(|file| Some((file.request.as_mut()?, &mut file.content)))
                else {
                    return;
                };
                request.cancelled = Some("called off".to_owned());
                *content = requests::content(request);
            }
            Move::Complete { file } => self.complete(*file),
        }
    }

    /// A pass, held to everything; without a bound on the runs nothing is left after it.
    fn pass(&mut self, max_runs: Option<u32>) {
        let now = self.now();
        let (plan, recovered) = self.company.plan(now, max_runs);
        let pass = Pass {
            company: &self.company,
            plan: &plan,
            state: &recovered.state,
            file: &with_drift(&recovered),
            now,
            is_by_hand: false,
            is_bounded: max_runs.is_some(),
        };
        let end = holds(&pass, &mut self.begun);
        if let Some(most) = max_runs {
            assert!(plan.summary.runs <= u64::from(most), "more than --max-runs");
        }
        let (other, _) = self.company.rearranged().plan(now, max_runs);
        assert_eq!(
            describe(&plan),
            describe(&other),
            "the order of files matters"
        );
        assert_eq!(plan.digest, other.digest, "the order of files matters");
        let (later, _) = self.company.plan(now + Duration::minutes(58), max_runs);
        assert_eq!(plan.digest, later.digest, "the digest depends on the clock");

        let state = self.company.carry_out(&plan, recovered, now);
        self.went_right(&state, end);
        let (again, _) = self.company.plan(now, max_runs);
        if max_runs.is_none() {
            assert_eq!(again.steps, [], "a second pass does something");
        }
        super::invariants::said_what_came(&self.company.settings, &plan, &again);
    }

    /// Somebody completes a request; where it is refused nothing happens.
    fn complete(&mut self, file: usize) {
        let now = self.now();
        let count = self.company.files.len().max(1);
        let Some(file) = self.company.files.get(file % count) else {
            return;
        };
        let (plan, recovered) = self.company.plan_by_hand(&file.id, "carol", now);
        let Ok(plan) = plan else {
            return;
        };
        let pass = Pass {
            company: &self.company,
            plan: &plan,
            state: &recovered.state,
            file: &with_drift(&recovered),
            now,
            is_by_hand: true,
            is_bounded: false,
        };
        let end = holds(&pass, &mut self.begun);
        let state = self.company.carry_out(&plan, recovered, now);
        self.went_right(&state, end);
    }

    /// What was written is what the steps say, and what is read.
    fn went_right(&mut self, state: &State, end: State) {
        assert_eq!(state.employees, end.employees, "other than planned");
        assert_eq!(state.requests, end.requests, "other than planned");
        let recovered = self.company.recovered();
        assert_eq!(recovered.state.employees, end.employees, "read otherwise");
        assert_eq!(recovered.state.requests, end.requests, "read otherwise");
        assert_eq!(recovered.drift, [], "the program's own work is a hand edit");
        self.written.push(self.company.ledger.state.clone());
    }

    /// Replayed from the first log on, and from any state file that there was.
    fn logs_lead_to_the_state(&self) {
        let ledger = &self.company.ledger;
        let state = self.company.recovered().state;
        let replayed = replay(ledger.last(), ledger).expect("the logs agree");
        assert_eq!(replayed, state, "the logs lead elsewhere");
        for text in &self.written {
            let file = rolecall::document::state::read(text).expect("a state");
            let recovered = ledger.recover(file);
            assert_eq!(recovered.state, state, "recovered elsewhere");
            assert_eq!(recovered.drift, [], "an old state file is a hand edit");
        }
    }

    fn edit(&mut self, who: usize, edit: Edit) {
        let mut state = self.company.ledger.read_state();
        let known: Vec<_> = people(&state).into_keys().collect();
        let id = known.get(who).cloned().unwrap_or_else(|| employee(who));
        let there = state.employees.get(&id).map(EmployeeView::to_employee);
        let mut there = there.unwrap_or_else(|| Employee {
            name: format!("Employee {who}"),
            email: None,
            status: EmployeeStatus::Active,
            roles: std::collections::BTreeSet::new(),
            temporary: std::collections::BTreeSet::new(),
        });
        let role = |number: usize| role(number % self.world.roles.len());
        match edit {
            Edit::Role(number) => {
                if !there.roles.remove(&role(number)) {
                    there.roles.insert(role(number));
                }
            }
            Edit::Loan(number, until) => {
                there.temporary.insert(Grant {
                    role: role(number),
                    until: hour(until),
                    request: RequestId::new("by-hand").expect("an id"),
                });
            }
            Edit::Status if there.is_active() => there.status = EmployeeStatus::Inactive,
            Edit::Status => there.status = EmployeeStatus::Active,
            Edit::Name => there.name.push_str(" the Second"),
            Edit::Delete => {}
        }
        state.employees.remove(&id);
        if !matches!(edit, Edit::Delete) {
            state.employees.insert(id, there);
        }
        self.company.ledger.state = rolecall::document::state::write(&state);
    }

    fn lag(&mut self, back: usize) {
        let at = self.written.len().checked_sub(back + 1);
        if let Some(text) = at.and_then(|at| self.written.get(at)) {
            self.company.ledger.state.clone_from(text);
        }
    }

    fn write(&mut self, number: usize, asked: &Asked) {
        let id = request_id(number);
        let request = requests::request(self.world, number, asked);
        let file = File {
            path: format!("requests/{id}.yaml"),
            id,
            content: requests::content(&request),
            request: Some(request).filter(|_| !asked.draft),
        };
        let files = &mut self.company.files;
        match files.iter_mut().find(|known| known.id == file.id) {
            Some(known) => *known = file,
            None => files.push(file),
        }
    }
}

/// What a plan does, but for the paths of files.
fn describe(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter();
    steps
        .map(|step| {
            let Step {
                kind,
                request,
                run,
                changes,
                left_out,
                warnings,
                record,
                ..
            } = step;
            let id = request.as_ref().map(|request| &request.id);
            format!("{kind:?} {id:?} {run:?} {changes:?} {left_out:?} {warnings:?} {record:?}")
        })
        .collect()
}
