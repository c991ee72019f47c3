//! A company that is reconciled in memory, with all that stands between files and a plan.

use std::collections::BTreeMap;

use rolecall::approval::{self, Case, Inline, Subject};
use rolecall::check::finding::{Finding, Places};
use rolecall::check::{self, Introduced};
use rolecall::model::{
    ClockSource, Digest, Instant, Record, RecordStatus, Request, RequestId, Settings, State,
};
use rolecall::plan::{self, Body, Candidate, Input, Logged, Plan, plan};
use rolecall::reconcile::carry_out::{Stamp, carry_out};
use rolecall::reconcile::port::Logs as _;
use rolecall::reconcile::recover::Recovered;

use super::memory::MemoryLedger;
use super::requests;
use super::world::World;

/// A company, its files, and its ledger.
#[derive(Debug, Clone)]
pub struct Company {
    /// The settings.
    pub settings: Settings,
    /// The request files: id, path, what it says (`None` for a draft), and the digest of that.
    pub files: Vec<File>,
    /// Change logs and state file.
    pub ledger: MemoryLedger,
}

/// A request file.
#[derive(Debug, Clone)]
pub struct File {
    /// The request's id.
    pub id: RequestId,
    /// Its path.
    pub path: String,
    /// What it says; `None` where it is a draft.
    pub request: Option<Request>,
    /// The digest of its bytes.
    pub content: Digest,
}

impl Company {
    /// The company of a world, before the first reconcile.
    pub fn of(world: &World) -> Self {
        let mut files: Vec<File> = Vec::new();
        for (number, asked) in world.requests.iter().enumerate() {
            let id = requests::request_id(number);
            let request = match files.last().and_then(|file| file.request.clone()) {
                Some(original) if asked.copy => original,
                _ => requests::request(world, number, asked),
            };
            files.push(File {
                path: format!("requests/{id}.yaml"),
                id,
                content: requests::content(&request),
                request: Some(request).filter(|_| !asked.draft),
            });
        }
        Self {
            settings: requests::settings(world),
            files,
            ledger: MemoryLedger::new(&requests::state(world)),
        }
    }

    /// The state that follows from state file and logs.
    pub fn recovered(&self) -> Recovered {
        self.ledger.recover(self.ledger.read_state())
    }

    /// The plan at a moment, and the state that it is for.
    pub fn plan(&self, now: Instant, max_runs: Option<u32>) -> (Plan, Recovered) {
        let recovered = self.recovered();
        let plan = self.with_input(&recovered, now, |input| plan(input, max_runs));
        (plan, recovered)
    }

    /// The same company, with its files in other folders and in the opposite order.
    pub fn rearranged(&self) -> Self {
        let mut other = self.clone();
        other.files.reverse();
        for (folder, file) in other.files.iter_mut().enumerate() {
            file.path = format!("requests/folder-{folder}/{}.yaml", file.id);
        }
        other
    }

    /// The plan of what a person does who completes a request, and the state that it is for.
    pub fn plan_by_hand(
        &self,
        id: &RequestId,
        person: &str,
        now: Instant,
    ) -> (Result<Plan, plan::Refusal>, Recovered) {
        let recovered = self.recovered();
        let plan = self.with_input(&recovered, now, |input| plan::by_hand(input, id, person));
        (plan, recovered)
    }

    fn with_input<T>(
        &self,
        recovered: &Recovered,
        now: Instant,
        act: impl FnOnce(&Input<'_>) -> T,
    ) -> T {
        let candidates = self.candidates(&with_drift(recovered), now);
        let logged = self.logged(&recovered.state, &candidates);
        act(&Input {
            settings: &self.settings,
            state: &recovered.state,
            baseline: recovered.baseline,
            drift: &recovered.drift,
            requests: &candidates,
            leaves_out_finished: false,
            logged: &logged,
            findings: &[],
            judge: &Moment { company: self, now },
            now,
        })
    }

    /// Reconciles at a moment; gives back what was planned and done.
    pub fn reconcile(&mut self, now: Instant, max_runs: Option<u32>) -> Plan {
        let (plan, recovered) = self.plan(now, max_runs);
        self.carry_out(&plan, recovered, now);
        plan
    }

    /// Carries a plan out that was made for a state.
    pub fn carry_out(&mut self, plan: &Plan, recovered: Recovered, now: Instant) -> State {
        let stamp = Stamp {
            now,
            clock: ClockSource::Given,
            program: "rolecall 0.1.0".to_owned(),
            policy: Digest::of(b"settings"),
            branch: None,
        };
        let (state, _) = carry_out(
            &mut self.ledger,
            recovered.state,
            &plan.steps,
            &stamp,
            &rolecall::reconcile::stop::Stop::default(),
            |_| {},
        )
        .expect("memory can be written");
        state
    }

    /// The requests at a moment: checked, and judged with the approvals that count by then.
    fn candidates(&self, state: &State, now: Instant) -> Vec<Candidate> {
        let introduced = self.introduced(state);
        let mut candidates: Vec<_> = self
            .files
            .iter()
            .map(|file| self.candidate(file, state, &introduced, now))
            .collect();
        candidates.sort_by(|a, b| (&a.id, &a.path).cmp(&(&b.id, &b.path)));
        candidates
    }

    fn candidate(
        &self,
        file: &File,
        state: &State,
        introduced: &Introduced,
        now: Instant,
    ) -> Candidate {
        let mut findings = Vec::new();
        let body = match &file.request {
            None => Body::Draft {
                name: None,
                access_type: None,
            },
            Some(request) => {
                let record = state.requests.get(&file.id);
                let subject = check::Subject {
                    id: &file.id,
                    path: &file.path,
                    request,
                    places: &Places::default(),
                    started: record.is_some(),
                };
                let world = check::World {
                    settings: &self.settings,
                    state,
                    introduced,
                };
                findings.extend(check::request(&subject, &world));
                let (verdict, found) = self.decide(file, request, state, record.as_deref(), now);
                findings.extend(found);
                if findings.iter().any(Finding::is_error) {
                    Body::Invalid { name: None }
                } else {
                    Body::Valid {
                        request: Box::new(request.clone()),
                        verdict,
                    }
                }
            }
        };
        Candidate {
            id: file.id.clone(),
            path: file.path.clone(),
            content: file.content,
            commit: None,
            body,
            findings,
        }
    }

    fn decide(
        &self,
        file: &File,
        request: &Request,
        state: &State,
        record: Option<&Record>,
        now: Instant,
    ) -> (rolecall::model::Verdict, Vec<Finding>) {
        let record = record.filter(|record| {
            record.status == RecordStatus::InProcess && record.content == file.content
        });
        let touched = plan::touched(&plan::World::new(state), request, record);
        self.judge(file, request, &touched, now)
    }

    fn judge(
        &self,
        file: &File,
        request: &Request,
        touched: &plan::Touched,
        now: Instant,
    ) -> (rolecall::model::Verdict, Vec<Finding>) {
        let case = Case {
            subject: Subject {
                id: &file.id,
                path: &file.path,
                content: file.content,
                request,
            },
            employees: &touched.employees,
            emails: &touched.emails,
            roles: &touched.roles,
            author: None,
            started: touched.has_begun,
            now,
        };
        approval::decide(&self.settings, &[&Inline], case)
    }

    fn introduced(&self, state: &State) -> Introduced {
        let is_complete = |id: &RequestId| {
            let record = state.requests.get(id);
            record.is_some_and(|record| record.status == RecordStatus::Complete)
        };
        let live = self.files.iter().filter(|file| !is_complete(&file.id));
        let introducing = live.flat_map(|file| {
            let request = file.request.as_ref().filter(|it| it.cancelled.is_none());
            let entries = request.into_iter().flat_map(Request::entries);
            entries.filter_map(|entry| {
                let (name, email) = entry.details.clone()?;
                Some((entry.id.clone(), (file.id.clone(), name, email)))
            })
        });
        Introduced::of(&state.employees, introducing)
    }

    /// What the logs say of requests in process whose file is gone, or that may lend anew.
    fn logged(&self, state: &State, candidates: &[Candidate]) -> BTreeMap<RequestId, Logged> {
        let mut logged = BTreeMap::new();
        let is_wanted = |id: &RequestId| {
            let mut files = candidates.iter();
            let file =
                files.find(|file| file.id == *id && !matches!(file.body, Body::Draft { .. }));
            let record = state.requests.get_in_process(id);
            record.is_some_and(|record| file.is_none_or(|file| file.may_lend_anew(record)))
        };
        for serial in 1..=self.ledger.last() {
            let log = self.ledger.read(serial).expect("a log").log;
            if let Some(reference) = log.request.filter(|it| is_wanted(&it.id)) {
                let known = logged.entry(reference.id.clone());
                let known = known.or_insert_with(|| Logged::new(reference));
                known.fold(&log.changes);
                known.approvals = log.approvals;
            }
        }
        logged
    }
}

/// The state as its file has it: with what a hand has changed.
pub fn with_drift(recovered: &Recovered) -> State {
    let mut state = recovered.state.clone();
    for change in &recovered.drift {
        state.employees.set(&change.id, change.after.clone());
    }
    state
}

/// A company at a moment, to judge by.
#[derive(Debug)]
struct Moment<'a> {
    company: &'a Company,
    now: Instant,
}

impl plan::Judge for Moment<'_> {
    fn judge(&self, candidate: &Candidate, touched: &plan::Touched) -> rolecall::model::Verdict {
        let mut files = self.company.files.iter();
        let file = files.find(|file| file.id == candidate.id && file.path == candidate.path);
        let found = file.and_then(|file| {
            let request = file.request.as_ref()?;
            let (verdict, _) = self.company.judge(file, request, touched, self.now);
            Some(verdict)
        });
        found.unwrap_or_else(rolecall::model::Verdict::pending)
    }
}
