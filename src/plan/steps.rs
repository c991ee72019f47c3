//! Writing down what a pass does, step by step.

use super::carry::Carried;
use super::engine::{Approved, Engine, Hand};
use super::runs::Cell;
use super::standing;
use super::value::{Due, PlannedChange, PlannedRun, Step, StepKind};
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, Actor, Approval, ChangeLevel, ChangeType, Compliance, EmployeeChange, EmployeeId,
    LeftOut, LeftOutReason, LogStatus, Record, RequestId, RequestReference, RunNumber, Schedule,
};

impl<'a> Engine<'a> {
    pub(super) fn push_run(
        &mut self,
        approved: &Approved<'a>,
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
            Some(record),
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
        record: Option<&Record>,
    ) {
        self.world.follow_loans(&about.id, &changes);
        if let Some(record) = record {
            self.world.set_record(&about.id, record.clone());
        }
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
            record: record.map(|record| (about.id, record.clone())),
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

    pub(super) fn warn_nothing(&mut self, approved: &Approved<'a>, lends: bool, was_taken: bool) {
        let path = &approved.candidate.path;
        let is_temporary = approved.request.access_type == AccessType::TemporaryAccess;
        let finding = if is_temporary && lends && was_taken {
            Finding::warning(
                Code::NothingToDo,
                "the request changes nothing: what was taken back while it was lent is not lent again",
            )
        } else if is_temporary && !lends {
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
    pub(super) fn about(&mut self, approved: &Approved<'a>, hand: Hand<'_>) -> About {
        let Approved {
            candidate,
            request,
            verdict,
            ..
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
    pub(super) fn actor(&self, approved: &Approved<'_>) -> Actor {
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

pub(super) fn baseline() -> Step {
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

pub(super) fn planned(change: &EmployeeChange) -> PlannedChange {
    PlannedChange {
        employee: change.id.clone(),
        add: (&change.added() | &change.lent()).into_iter().collect(),
        remove: change.removed().into_iter().collect(),
        inactivate: change.inactivates(),
    }
}

pub(super) fn left_for_person(record: &Record, employees: &[EmployeeId]) -> Vec<LeftOut> {
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
