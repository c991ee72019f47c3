//! The JSON of a plan, which scripts rely on.

use serde::Serialize;

use crate::model::{
    AccessType, ChangeType, EmployeeId, EmployeeStatus, LeftOut, RequestId, RoleId,
};
use crate::plan::{
    Brake, Due, ManualChange, Plan, PlannedChange, RequestView, Status, Summary, WaitingFor,
};
use crate::render::{json as text, wire};
use crate::time::rfc3339;

/// A plan as scripts read it.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    version: u32,
    as_of: String,
    digest: String,
    tzdb: &'a str,
    summary: Summary,
    requests: Vec<Request<'a>>,
    expiries: Vec<Expiry<'a>>,
    drift: Vec<Drift<'a>>,
    brake: &'a [Brake],
    findings: Vec<wire::Finding<'a>>,
}

#[derive(Serialize)]
struct Request<'a> {
    id: &'a RequestId,
    path: Option<&'a str>,
    name: Option<&'a str>,
    access_type: Option<AccessType>,
    change_type: Option<ChangeType>,
    status: Status,
    waiting_for: Option<WaitingFor>,
    user_provisioning_error: Option<&'a str>,
    due: Option<&'a Due>,
    approval: wire::Approval<'a>,
    runs: Vec<Run<'a>>,
    manual: &'a [ManualChange],
    findings: Vec<wire::Finding<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    number: u32,
    of: u32,
    employees: &'a [EmployeeId],
    roles: &'a [RoleId],
    changes: &'a [PlannedChange],
    left_out: &'a [LeftOut],
}

#[derive(Serialize)]
struct Expiry<'a> {
    employee: &'a EmployeeId,
    role: &'a RoleId,
    request: &'a RequestId,
    due: &'a Due,
}

#[derive(Serialize)]
struct Drift<'a> {
    employee: &'a EmployeeId,
    added: &'a [RoleId],
    removed: &'a [RoleId],
    status: Option<EmployeeStatus>,
}

impl<'a> From<&'a RequestView> for Request<'a> {
    fn from(view: &'a RequestView) -> Self {
        let runs = view.runs.iter().map(|run| Run {
            number: run.run.number,
            of: run.run.of,
            employees: &run.employees,
            roles: &run.roles,
            changes: &run.changes,
            left_out: &run.left_out,
        });
        Self {
            id: &view.id,
            path: view.path.as_deref(),
            name: view.name.as_deref(),
            access_type: view.access_type,
            change_type: view.change_type,
            status: view.status,
            waiting_for: view.waiting_for,
            user_provisioning_error: view.user_provisioning_error.as_deref(),
            due: view.due.as_ref(),
            approval: wire::Approval::from(&view.approval),
            runs: runs.collect(),
            manual: &view.manual,
            findings: wire::Finding::all(&view.findings),
        }
    }
}

impl<'a> From<&'a Plan> for Document<'a> {
    fn from(plan: &'a Plan) -> Self {
        let expiries = plan.expiries.iter().map(|expiry| Expiry {
            employee: &expiry.employee,
            role: &expiry.role,
            request: &expiry.request,
            due: &expiry.due,
        });
        let drift = plan.drift.iter().map(|entry| Drift {
            employee: &entry.employee,
            added: &entry.added,
            removed: &entry.removed,
            status: entry.status,
        });
        Self {
            version: text::VERSION,
            as_of: rfc3339(plan.as_of),
            digest: plan.digest.to_string(),
            tzdb: plan.tzdb,
            summary: plan.summary,
            requests: plan.requests.iter().map(Request::from).collect(),
            expiries: expiries.collect(),
            drift: drift.collect(),
            brake: &plan.brake,
            findings: wire::Finding::all(&plan.findings),
        }
    }
}

/// What `plan --format json` prints.
#[must_use]
pub fn json(plan: &Plan) -> String {
    text::text(&Document::from(plan))
}
