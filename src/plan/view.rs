//! Where requests stand, as people and scripts are shown it.

use std::collections::BTreeSet;

use super::engine::{Done, Engine, Reasons};
use super::input::{Body, Candidate};
use super::scope;
use super::standing::{self, Stand};
use super::value::{Expiry, Given, RequestView, Status, WaitingFor};
use super::waiting::{Open, manual_changes};
use super::world::World;
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, ChangeType, Decision, EmployeeId, Grant, Pairs, Record, RecordStatus, RequestId,
    RunNumber, Standing, Verdict,
};

impl Engine<'_> {
    /// Every request in a world, by id; requests whose file is gone come from their records.
    pub(super) fn views(&self, world: &World) -> Vec<RequestView> {
        let mut views: Vec<_> = self
            .input
            .requests
            .iter()
            .map(|candidate| self.view(world, candidate))
            .collect();
        let files: BTreeSet<_> = self
            .input
            .requests
            .iter()
            .map(|candidate| &candidate.id)
            .collect();
        let gone = |id: &&RequestId| !files.contains(id);
        if self.input.leaves_out_finished {
            let records = world.requests().in_process().filter(|(id, _)| gone(id));
            views.extend(records.map(|(id, record)| self.view_of_gone(world, id, record)));
        } else {
            let records = world.requests().iter();
            let records = records.map(|entry| (entry.request_id(), entry.record));
            let records = records.filter(|(id, _)| gone(&id));
            views.extend(records.map(|(id, record)| self.view_of_gone(world, &id, &record)));
        }
        views.sort_by(|a, b| (&a.id, &a.path).cmp(&(&b.id, &b.path)));
        views
    }

    fn view(&self, world: &World, candidate: &Candidate) -> RequestView {
        let stand = standing::stand(self.input, world, candidate);
        let record = standing::in_process(world, candidate);
        let judged = match &stand {
            Stand::Approved { verdict, .. } | Stand::Unapproved(verdict) => Some(&**verdict),
            _ => None,
        };
        let mut view = self.blank(candidate, judged);
        let mut pending = Pairs::new();
        let none = Done::default();
        let done = self.done.get(&candidate.id).unwrap_or(&none);
        view.findings.extend(done.findings.iter().cloned());
        if let Some(record) = world.requests().get(&candidate.id) {
            view.progress = record.runs;
        }
        match stand {
            Stand::Finished { .. } => {
                view.status = Status::Complete;
                view.findings.retain(|finding| !finding.is_error());
                view.findings
                    .extend(standing::about_finished(world, candidate));
            }
            Stand::Copy { .. } => {
                view.status = Status::Complete;
                view.findings
                    .extend(standing::about_finished(world, candidate));
            }
            Stand::Invalid => {
                view.status = Status::Invalid;
                let record = world.requests().get(&candidate.id);
                if record.is_some_and(|record| record.status == RecordStatus::Complete) {
                    // That is another file, with the same id.
                    view.progress = RunNumber::default();
                }
            }
            Stand::Draft => view.status = Status::NotStarted,
            Stand::Cancelled => view.status = Status::Cancelled,
            Stand::Unapproved(verdict) => {
                let standing = verdict.standing;
                view.status = status_of(standing);
                if let Some(record) = world.requests().get(&candidate.id) {
                    view.findings.push(if record.content == candidate.content {
                        no_longer_approved(candidate, standing, &record)
                    } else {
                        changed_between_runs(candidate, &record)
                    });
                }
            }
            Stand::Approved {
                request, moment, ..
            } => {
                view.status = Status::Approved;
                let is_due = moment <= self.input.now;
                let manual = if is_due {
                    scope::manual(self.input, world, candidate, request)
                } else {
                    Pairs::new()
                };
                pending = record.map_or_else(Pairs::new, |record| {
                    self.failed(world, candidate, request, record)
                });
                view.manual = manual_changes(request, manual);
                view.manual
                    .extend(self.ends_by_hand(world, candidate, request, is_due));
                let open = Open {
                    is_due,
                    has_failed: !pending.is_empty() || self.is_held_back(world, &candidate.id),
                    waits_for_person: !view.manual.is_empty(),
                };
                view.waiting_for = self.waiting_for(request, record, open);
                view.runs.clone_from(&done.runs);
            }
        }
        if view.status != Status::Approved {
            let is_cancelled = view.status == Status::Cancelled;
            let is_over =
                |_: &EmployeeId, grant: &Grant| is_cancelled || grant.until <= self.input.now;
            view.manual = self.returns_by_hand(world, &candidate.id, is_over);
        }
        let open = record.filter(|_| view.status == Status::Approved);
        let reasons = match world.requests().get_in_process(&candidate.id) {
            Some(_) => done.reasons(),
            None => Reasons::new(),
        };
        view.failures = failures(&pending, &reasons);
        let runs = open.map_or_else(RunNumber::default, |record| record.runs);
        view.user_provisioning_error = error_text(runs, &view.failures);
        view
    }

    /// What can be said of a request without knowing where it stands, but for how it was judged there.
    fn blank(&self, candidate: &Candidate, judged: Option<&Verdict>) -> RequestView {
        let enhanced = self.input.settings.user_provisioning.enhanced;
        let (name, access_type, due, approval) = match &candidate.body {
            Body::Invalid { name } => (name.clone(), None, None, Given::default()),
            Body::Draft { name, access_type } => {
                (name.clone(), *access_type, None, Given::default())
            }
            Body::Valid { request, verdict } => {
                let verdict = judged.unwrap_or(verdict);
                let due = standing::due(request, verdict);
                (
                    Some(request.name.clone()),
                    Some(request.access_type),
                    due.map(|due| self.zones.due(&request.timezone, due)),
                    given(verdict),
                )
            }
        };
        RequestView {
            id: candidate.id.clone(),
            path: Some(candidate.path.clone()),
            name,
            asks: candidate
                .valid()
                .map(|(request, _)| Box::new(request.clone())),
            access_type,
            change_type: access_type.map(|kind| ChangeType::of(kind, enhanced)),
            status: Status::Invalid,
            waiting_for: None,
            user_provisioning_error: None,
            due,
            approval,
            progress: RunNumber::default(),
            runs: Vec::new(),
            manual: Vec::new(),
            failures: Vec::new(),
            findings: candidate.findings.clone(),
        }
    }

    fn view_of_gone(&self, world: &World, id: &RequestId, record: &Record) -> RequestView {
        let logged = self.input.logged.get(id);
        let now = self.input.now;
        let enhanced = self.input.settings.user_provisioning.enhanced;
        let (status, waiting_for) = match (record.status, record.until) {
            (RecordStatus::Complete, _) => (Status::Complete, None),
            (RecordStatus::InProcess, None) => (Status::Cancelled, None),
            (RecordStatus::InProcess, Some(_)) => {
                let waits_for = if !enhanced {
                    WaitingFor::ManualProvisioning
                } else if self.is_held_back(world, id) {
                    WaitingFor::Retry
                } else {
                    WaitingFor::TemporaryEnd
                };
                (Status::Approved, Some(waits_for))
            }
        };
        let reasons = self.done.get(id).map(Done::reasons).unwrap_or_default();
        let failures = failures(&Pairs::new(), &reasons);
        let mut findings = Vec::new();
        let has_runs_left = record.runs.number < record.runs.of;
        if status == Status::Cancelled || (status == Status::Approved && has_runs_left) {
            let (what, stays) = match record.until {
                Some(_) => ("no more of it runs", "what ran stays until its end"),
                None => ("it is withdrawn", "what ran stays"),
            };
            let message = format!("the file of request {id}, which had begun, is gone: {what}");
            findings.push(
                Finding::warning(Code::Withdrawn, message)
                    .hint(format!("{stays}; put the file back to go on")),
            );
        }
        RequestView {
            id: id.clone(),
            path: None,
            name: logged.map(|logged| logged.reference.name.clone()),
            asks: None,
            access_type: record.until.map(|_| AccessType::TemporaryAccess),
            change_type: None,
            status,
            waiting_for,
            due: None,
            approval: Given::default(),
            progress: record.runs,
            runs: Vec::new(),
            manual: self.returns_by_hand(world, id, |_, grant| grant.until <= now),
            user_provisioning_error: error_text(RunNumber::default(), &failures),
            failures,
            findings,
        }
    }

    /// Ends of loans, by moment.
    pub(super) fn expiries(&self, world: &World) -> Vec<Expiry> {
        let mut expiries = Vec::new();
        for borrower in world.employees().borrowers() {
            for grant in borrower.employee.temporary() {
                let timezone = self.zone_of(&grant.request);
                expiries.push(Expiry {
                    employee: borrower.employee_id(),
                    role: grant.role.clone(),
                    request: grant.request.clone(),
                    due: self.zones.due(&timezone, grant.until),
                    now: grant.until <= self.input.now,
                });
            }
        }
        expiries.sort_by(|a, b| {
            (a.due.utc, &a.request, &a.employee, &a.role).cmp(&(
                b.due.utc,
                &b.request,
                &b.employee,
                &b.role,
            ))
        });
        expiries
    }
}

fn status_of(standing: Standing) -> Status {
    match standing {
        Standing::Pending => Status::PendingApproval,
        Standing::Partial => Status::PartiallyApproved,
        Standing::Approved => Status::Approved,
        Standing::Rejected => Status::Rejected,
    }
}

fn given(verdict: &Verdict) -> Given {
    let mut given: Vec<String> = Vec::new();
    let approvals = verdict
        .given
        .iter()
        .filter(|approval| approval.decision == Decision::Approve);
    for approval in approvals.clone() {
        if !given.contains(&approval.person) {
            given.push(approval.person.clone());
        }
    }
    Given {
        required: verdict.required,
        given,
        evidence: verdict.evidence,
        assurance: approvals.map(|approval| approval.assurance).min(),
        decisions: verdict.given.clone(),
        rules: verdict.rules.clone(),
    }
}

/// One line for each employee whose change failed.
fn failures(pending: &Pairs, reasons: &Reasons) -> Vec<String> {
    let open = pending.keys().chain(reasons.keys());
    let employees: BTreeSet<_> = open.collect();
    employees
        .into_iter()
        .map(|employee| match reasons.get(employee) {
            Some(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(String::as_str).collect();
                format!("{employee}: {}", reasons.join("; "))
            }
            None => format!("{employee}: to be tried again"),
        })
        .collect()
}

/// *User Provisioning Error*: progress while runs are left, then one line an employee that failed.
fn error_text(runs: RunNumber, failures: &[String]) -> Option<String> {
    let RunNumber { number, of } = runs;
    let progress =
        (number > 0 && number < of).then(|| format!("In process: {number} of {of} runs complete"));
    let lines: Vec<_> = progress
        .iter()
        .chain(failures)
        .map(String::as_str)
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn no_longer_approved(candidate: &Candidate, standing: Standing, record: &Record) -> Finding {
    let (how, left) = match standing {
        Standing::Rejected => ("was rejected", "does not run"),
        _ => ("is not approved any more", "waits for approval"),
    };
    let message = match record.until {
        Some(until) => format!(
            "the request {how} while it lends; the access goes on until {}",
            crate::time::rfc3339(until)
        ),
        None => format!("the request {how} after it had begun; what is left {left}"),
    };
    Finding::warning(Code::NoLongerApproved, message)
        .in_file(&candidate.path)
        .hint("what it has given stays; `cancelled: WHY` in the file of a loan ends that at once")
}

fn changed_between_runs(candidate: &Candidate, record: &Record) -> Finding {
    let message = match record.until {
        Some(until) => format!(
            "the request was changed while it lends; without approval of the change the access ends at {}",
            crate::time::rfc3339(until)
        ),
        None => "the request was changed after it had begun; what is left waits for approval of the change".to_owned(),
    };
    Finding::warning(Code::ChangedBetweenRuns, message).in_file(&candidate.path)
}
