//! The pass over everything that is due, oldest moment first, on a world that changes as it goes.

use std::collections::{BTreeMap, BTreeSet};

use super::carry::{self, Carried, Job};
use super::due::Zones;
use super::input::{Candidate, Input};
use super::runs::{self, Cell};
use super::scope::{self, Layout};
use super::standing::{self, Finished, Stand};
use super::value::{Due, PlannedChange, PlannedRun, Step, StepKind};
use super::world::World;
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, Actor, Approval, ChangeLevel, ChangeType, Compliance, EmployeeChange, EmployeeId,
    Instant, LeftOut, LeftOutReason, LogStatus, Pairs, Record, RecordStatus, Request, RequestId,
    RequestReference, RunNumber, Schedule, Verdict,
};

/// What a pass did about one request.
#[derive(Debug, Clone, Default)]
pub(super) struct Done {
    pub(super) runs: Vec<PlannedRun>,
    pub(super) failures: BTreeMap<EmployeeId, BTreeSet<String>>,
    pub(super) findings: Vec<Finding>,
}

/// Who carries a request out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand<'a> {
    /// The reconciler.
    Reconciler,
    /// This person.
    Person(&'a str),
}

/// The pass.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) world: World<'a>,
    pub(super) steps: Vec<Step>,
    pub(super) done: BTreeMap<RequestId, Done>,
    pub(super) zones: Zones,
    pub(super) runs_left: Option<u32>,
    pub(super) finished: Finished,
    /// Who had loans, by request, when the pass began.
    pub(super) loans: BTreeMap<RequestId, BTreeSet<EmployeeId>>,
}

/// An approved request, with what a step about it needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Approved<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) request: &'a Request,
    pub(super) verdict: &'a Verdict,
}

impl<'a> Engine<'a> {
    pub(super) fn new(input: &'a Input<'a>, runs_left: Option<u32>) -> Self {
        let world = World::new(input.state);
        Self {
            input,
            finished: Finished::of(&world),
            world,
            steps: Vec::new(),
            done: BTreeMap::new(),
            zones: Zones::default(),
            runs_left,
            loans: BTreeMap::new(),
        }
    }

    /// Does all that is due: baseline, hand edits, events by moment, then what failed once more.
    pub(super) fn pass(&mut self) {
        self.start();
        for event in self.events() {
            match event.kind {
                EventKind::End { request, until } => self.end(&request, until),
                EventKind::Cancelled { candidate } => self.cancel(candidate),
                EventKind::Request { candidate } => self.request(candidate),
            }
        }
        self.retries();
    }

    /// The baseline and the hand edits.
    pub(super) fn start(&mut self) {
        if self.input.baseline {
            self.steps.push(baseline());
        }
        self.hand_edits();
        for (request, ends) in self.world.loans() {
            let borrowers = ends.into_values().flatten().collect();
            self.loans.insert(request, borrowers);
        }
    }

    fn events(&self) -> Vec<Event<'a>> {
        let now = self.input.now;
        let mut events = Vec::new();
        for (request, until) in self.ends() {
            if until <= now {
                events.push(Event {
                    order: (until, 0, request.clone()),
                    kind: EventKind::End { request, until },
                });
            }
        }
        for candidate in self.input.requests {
            let Some((request, verdict)) = candidate.valid() else {
                continue;
            };
            if request.cancelled.is_some() {
                events.push(Event {
                    order: (now, 0, candidate.id.clone()),
                    kind: EventKind::Cancelled { candidate },
                });
            } else if verdict.standing == crate::model::Standing::Approved {
                let moment = standing::moment(request, verdict, now);
                if moment <= now {
                    events.push(Event {
                        order: (
                            moment,
                            standing::rank(request.access_type),
                            candidate.id.clone(),
                        ),
                        kind: EventKind::Request { candidate },
                    });
                }
            }
        }
        events.sort_by(|a, b| a.order.cmp(&b.order));
        events
    }

    /// Every end of temporary access: of loans, and of requests whose loans are gone.
    pub(super) fn ends(&self) -> BTreeSet<(RequestId, Instant)> {
        let loans = self.world.loans();
        let of_loans = loans
            .iter()
            .flat_map(|(id, ends)| ends.keys().map(|until| (id.clone(), *until)));
        let of_records = self.world.records().filter_map(|(id, record)| {
            let until = record.until?;
            (record.status == RecordStatus::InProcess).then(|| (id.clone(), until))
        });
        of_loans.chain(of_records).collect()
    }

    /// A request whose moment has come.
    fn request(&mut self, candidate: &'a Candidate) {
        let Some(approved) = self.approved(candidate) else {
            return;
        };
        let started = standing::in_process(&self.world, candidate);
        if started.is_some_and(|record| record.runs.number >= record.runs.of) {
            return; // only what failed or waits for a person is left
        }
        if self.by_itself(approved) {
            self.run(approved, Hand::Reconciler);
        }
    }

    /// The candidate, if it is approved and may run in the world as it is now.
    pub(super) fn approved(&self, candidate: &'a Candidate) -> Option<Approved<'a>> {
        match standing::stand(self.input, &self.world, &self.finished, candidate) {
            Stand::Approved { .. } => {
                let (request, verdict) = candidate.valid()?;
                Some(Approved {
                    candidate,
                    request,
                    verdict,
                })
            }
            _ => None,
        }
    }

    /// Whether the reconciler carries a request out: it may, or there is nothing to do but to say so.
    fn by_itself(&self, approved: Approved<'_>) -> bool {
        standing::is_automatic(self.input.settings, approved.request)
            || scope::is_empty(
                &self.world,
                approved.candidate,
                approved.request,
                self.input.now,
            )
    }

    /// Runs a request from where it stands.
    pub(super) fn run(&mut self, approved: Approved<'a>, hand: Hand<'_>) {
        let Approved {
            candidate, request, ..
        } = approved;
        let fresh = standing::in_process(&self.world, candidate).is_none();
        if fresh && self.world.record(&candidate.id).is_some() {
            self.take_back_what_left_the_scope(approved, hand);
        }
        let layout = scope::layout(
            self.input,
            &self.world,
            candidate,
            request,
            hand != Hand::Reconciler,
        );
        let Layout {
            mut record,
            cells,
            lends,
        } = layout;
        let mut changed = false;
        for cell in cells {
            if !self.may_run() {
                return;
            }
            let carried = self.carry(approved, &cell, None, lends);
            record.runs.number += 1;
            add_pairs(&mut record.retry, &carried.failed);
            changed |= !carried.changes.is_empty() || !carried.failed.is_empty();
            let number = record.runs;
            self.world.apply(&carried.changes);
            self.settle(approved, &mut record, lends);
            let nothing = fresh && !changed && record.status == RecordStatus::Complete;
            self.push_run(approved, hand, &cell, number, carried, &record);
            if nothing {
                self.warn_nothing(approved, lends);
            }
        }
    }

    fn may_run(&mut self) -> bool {
        match &mut self.runs_left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn carry(
        &self,
        approved: Approved<'a>,
        cell: &Cell,
        only: Option<&Pairs>,
        lends: bool,
    ) -> Carried {
        let job = Job {
            settings: self.input.settings,
            id: &approved.candidate.id,
            request: approved.request,
            employees: &cell.employees,
            roles: &cell.roles,
            only,
            last_roles: cell.last_roles,
            lends,
        };
        carry::carry(&self.world, job)
    }

    /// After a run: forgets what is no longer needed, and closes the record if nothing is left.
    fn settle(&self, approved: Approved<'_>, record: &mut Record, lends: bool) {
        if record.runs.number < record.runs.of {
            return;
        }
        record.employees.clear();
        record.roles.clear();
        let id = &approved.candidate.id;
        if approved.request.access_type == AccessType::TemporaryAccess {
            let is_waiting = !record.retry.is_empty() || !record.manual.is_empty();
            let has_loans = approved.request.listed_employees().any(|employee| {
                let employee = self.world.employee(employee);
                employee.is_some_and(|employee| {
                    employee.temporary.iter().any(|grant| grant.request == *id)
                })
            });
            if !lends || !(is_waiting || has_loans) {
                record.until = None;
            }
        }
        self.close(record);
    }

    /// Closes a record if nothing is left to do.
    pub(super) fn close(&self, record: &mut Record) {
        let is_done = record.runs.number >= record.runs.of
            && record.retry.is_empty()
            && record.manual.is_empty()
            && record.until.is_none();
        if is_done {
            *record = Record {
                status: RecordStatus::Complete,
                content: record.content,
                completed: Some(self.input.now),
                runs: record.runs,
                employees: Vec::new(),
                roles: Vec::new(),
                retry: Pairs::new(),
                manual: Pairs::new(),
                until: None,
            };
        }
    }

    fn push_run(
        &mut self,
        approved: Approved<'a>,
        hand: Hand<'_>,
        cell: &Cell,
        number: RunNumber,
        mut carried: Carried,
        record: &Record,
    ) {
        let id = &approved.candidate.id;
        if cell.first_roles {
            carried
                .left_out
                .extend(left_for_person(record, &cell.employees));
        }
        let done = self.done.entry(id.clone()).or_default();
        for (employee, reasons) in &carried.reasons {
            done.failures
                .entry(employee.clone())
                .or_default()
                .extend(reasons.iter().cloned());
        }
        for warning in &carried.warnings {
            let finding = Finding::warning(Code::SeparationWarned, warning.clone())
                .in_file(&approved.candidate.path);
            done.findings.push(finding);
        }
        done.runs.push(PlannedRun {
            run: number,
            employees: cell.employees.clone(),
            roles: cell.roles.clone(),
            changes: carried.changes.iter().map(planned).collect(),
            left_out: carried.left_out.clone(),
        });
        let about = self.about(approved, hand);
        self.push(
            StepKind::Run,
            about,
            Some(number),
            carried.changes,
            carried.left_out,
            carried.warnings,
            record,
        );
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a step, each once")]
    pub(super) fn push(
        &mut self,
        kind: StepKind,
        about: About,
        run: Option<RunNumber>,
        changes: Vec<EmployeeChange>,
        left_out: Vec<LeftOut>,
        warnings: Vec<String>,
        record: &Record,
    ) {
        self.world.set_record(&about.id, record.clone());
        self.finished.note(&about.id, record);
        let schedule = about.due.map(|due| self.schedule(due));
        self.steps.push(Step {
            kind,
            change_type: about.change_type,
            compliance: Compliance::Compliant,
            compliance_reason: about.reason,
            status: LogStatus::Closed,
            request: about.reference,
            approvals: about.approvals,
            actor: about.actor,
            schedule,
            run,
            changes,
            left_out,
            warnings,
            resolves: None,
            record: Some((about.id, record.clone())),
        });
    }

    pub(super) fn schedule(&self, due: Due) -> Schedule {
        Schedule {
            lateness_seconds: (self.input.now - due.utc).num_seconds(),
            local: due.local,
            timezone: due.timezone,
            utc: due.utc,
            tzdb: due.tzdb,
            applied_at: self.input.now,
        }
    }

    fn warn_nothing(&mut self, approved: Approved<'a>, lends: bool) {
        let path = &approved.candidate.path;
        let is_temporary = approved.request.access_type == AccessType::TemporaryAccess;
        let finding = if is_temporary && !lends {
            Finding::warning(
                Code::EndPassed,
                "the temporary access was over before it could be given; nothing was given",
            )
        } else {
            Finding::warning(
                Code::NothingToDo,
                "the request changes nothing: everything it asks for is so already",
            )
        };
        let text = finding.message.clone();
        let done = self.done.entry(approved.candidate.id.clone()).or_default();
        done.findings.push(finding.in_file(path));
        if let Some(step) = self.steps.last_mut() {
            step.warnings.push(text);
        }
    }

    /// What steps about an approved request have in common.
    pub(super) fn about(&mut self, approved: Approved<'a>, hand: Hand<'_>) -> About {
        let Approved {
            candidate,
            request,
            verdict,
        } = approved;
        let settings = self.input.settings;
        let due = standing::due(request, verdict).unwrap_or(self.input.now);
        let is_asked =
            settings.control(request.access_type).change_level == ChangeLevel::ChangeRequest;
        let reason = if is_asked || verdict.required > 0 {
            format!("approved request {}", candidate.id)
        } else {
            format!("request {}; the control asks for no approval", candidate.id)
        };
        About {
            id: candidate.id.clone(),
            change_type: ChangeType::of(request.access_type, settings.user_provisioning.enhanced),
            reason,
            reference: Some(candidate.reference(request, candidate.content)),
            approvals: verdict.given.clone(),
            actor: match hand {
                Hand::Person(person) => Actor::Person(person.to_owned()),
                Hand::Reconciler => self.actor(approved),
            },
            due: Some(self.zones.due(&request.timezone, due)),
        }
    }

    /// The approver for a run straight after the approval, the system for one at a scheduled moment.
    fn actor(&self, approved: Approved<'_>) -> Actor {
        let Approved {
            request, verdict, ..
        } = approved;
        let start = request.start.as_ref().map(|start| start.utc);
        if start > verdict.at {
            return Actor::System;
        }
        let last = verdict
            .given
            .iter()
            .rfind(|approval| Some(approval.at) <= verdict.at);
        last.map_or(Actor::System, |approval| {
            let people = &self.input.settings.people;
            let known = people.get(approval.person.as_str());
            Actor::Approver(
                known.map_or_else(|| approval.person.clone(), |person| person.name.clone()),
            )
        })
    }

    /// Tries once more what failed, until nothing moves any more.
    fn retries(&mut self) {
        let mut order: Vec<_> = self
            .input
            .requests
            .iter()
            .filter_map(|candidate| {
                let (request, verdict) = candidate.valid()?;
                let moment = standing::moment(request, verdict, self.input.now);
                Some((
                    (moment, standing::rank(request.access_type), &candidate.id),
                    candidate,
                ))
            })
            .filter(|((moment, ..), _)| *moment <= self.input.now)
            .collect();
        order.sort_by(|a, b| a.0.cmp(&b.0));
        let mut is_moving = true;
        while is_moving {
            is_moving = false;
            for (_, candidate) in &order {
                is_moving |= self.retry(candidate, Hand::Reconciler);
            }
        }
    }

    /// Tries what is open of a request that has done its runs; says whether that wrote anything.
    pub(super) fn retry(&mut self, candidate: &'a Candidate, hand: Hand<'_>) -> bool {
        let Some(record) = standing::in_process(&self.world, candidate) else {
            return false;
        };
        if record.runs.number < record.runs.of
            || (record.retry.is_empty() && record.manual.is_empty())
        {
            return false;
        }
        let Some(approved) = self.approved(candidate) else {
            return false;
        };
        let mut record = record.clone();
        let open = scope::open_pairs(self.input, &self.world, approved, &record, hand);
        if open.is_empty() {
            return false;
        }
        let listed: Vec<_> = approved.request.listed_employees().cloned().collect();
        let cells = runs::cut_pairs(&open, &listed);
        let of = u32::try_from(cells.len()).unwrap_or(u32::MAX);
        let lends = scope::lends(approved.request, self.input.now);
        let mut has_moved = false;
        for (index, cell) in cells.iter().enumerate() {
            let carried = self.carry(approved, cell, Some(&open), lends);
            if !carried.changes.is_empty() && !self.may_run() {
                break;
            }
            let mut next = record.clone();
            forget_done(&mut next, cell, &open, &carried.failed);
            self.world.apply(&carried.changes);
            self.settle(approved, &mut next, lends);
            let finishes = next.status == RecordStatus::Complete;
            if carried.changes.is_empty() && !(finishes && self.may_run()) {
                self.note_failures(candidate, &carried);
                continue;
            }
            let done = self.done.entry(candidate.id.clone()).or_default();
            for employee in &cell.employees {
                done.failures.remove(employee);
            }
            let number = RunNumber {
                number: u32::try_from(index + 1).unwrap_or(u32::MAX),
                of,
            };
            self.push_run(approved, hand, cell, number, carried, &next);
            record = next;
            has_moved = true;
        }
        has_moved
    }

    fn note_failures(&mut self, candidate: &Candidate, carried: &Carried) {
        let done = self.done.entry(candidate.id.clone()).or_default();
        for (employee, reasons) in &carried.reasons {
            done.failures.insert(employee.clone(), reasons.clone());
        }
    }
}

/// What steps about one request have in common.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub(super) id: RequestId,
    pub(super) change_type: ChangeType,
    pub(super) reason: String,
    pub(super) reference: Option<RequestReference>,
    pub(super) approvals: Vec<Approval>,
    pub(super) actor: Actor,
    pub(super) due: Option<Due>,
}

struct Event<'a> {
    order: (Instant, u8, RequestId),
    kind: EventKind<'a>,
}

enum EventKind<'a> {
    End { request: RequestId, until: Instant },
    Cancelled { candidate: &'a Candidate },
    Request { candidate: &'a Candidate },
}

fn baseline() -> Step {
    Step {
        kind: StepKind::Baseline,
        change_type: ChangeType::Baseline,
        compliance: Compliance::Compliant,
        compliance_reason: "the list of what everybody held before the first change".to_owned(),
        status: LogStatus::Closed,
        request: None,
        approvals: Vec::new(),
        actor: Actor::System,
        schedule: None,
        run: None,
        changes: Vec::new(),
        left_out: Vec::new(),
        warnings: Vec::new(),
        resolves: None,
        record: None,
    }
}

fn planned(change: &EmployeeChange) -> PlannedChange {
    PlannedChange {
        employee: change.id.clone(),
        add: (&change.added() | &change.lent()).into_iter().collect(),
        remove: change.removed().into_iter().collect(),
        inactivate: change.inactivates(),
    }
}

fn left_for_person(record: &Record, employees: &[EmployeeId]) -> Vec<LeftOut> {
    let mut left = Vec::new();
    for employee in employees {
        for role in record.manual.get(employee).into_iter().flatten() {
            left.push(LeftOut {
                employee: employee.clone(),
                role: Some(role.clone()),
                reason: LeftOutReason::LeftForPerson,
                detail: "never provisioned automatically; a person has to do it".to_owned(),
            });
        }
    }
    left
}

pub(super) fn add_pairs(to: &mut Pairs, from: &Pairs) {
    for (employee, roles) in from {
        to.entry(employee.clone())
            .or_default()
            .extend(roles.iter().cloned());
    }
}

/// Takes single pairs out of what is open.
pub(super) fn forget(pairs: &mut Pairs, employee: &EmployeeId, role: &crate::model::RoleId) {
    if let Some(roles) = pairs.get_mut(employee) {
        roles.remove(role);
        if roles.is_empty() {
            pairs.remove(employee);
        }
    }
}

/// Takes out of a record what a retry has done.
fn forget_done(record: &mut Record, cell: &Cell, open: &Pairs, failed: &Pairs) {
    for employee in &cell.employees {
        let tried = open.get(employee).into_iter().flatten();
        for role in tried.filter(|role| cell.roles.contains(role)) {
            if !failed
                .get(employee)
                .is_some_and(|roles| roles.contains(role))
            {
                forget(&mut record.retry, employee, role);
                forget(&mut record.manual, employee, role);
            }
        }
    }
}
