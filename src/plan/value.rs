//! The plan and its parts.

use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, Actor, Approval, Assurance, ChangeType, Compliance, Digest, EmployeeChange,
    EmployeeId, EmployeeStatus, Evidence, Instant, LeftOut, LogStatus, Record, Request, RequestId,
    RequestReference, Resolution, RoleId, RuleState, RunNumber, Schedule,
};

/// What a reconcile would do at a moment, and where every request stands.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The clock that it was made with.
    pub as_of: Instant,
    /// Whether every request was taken as approved, whoever has approved it: a plan of what merging would do.
    pub assumes_approval: bool,
    /// The version of the time-zone database.
    pub tzdb: &'static str,
    /// What is to be done, in order; each step becomes one change log.
    pub steps: Vec<Step>,
    /// Every request, by id, as it stands before the steps are done.
    pub requests: Vec<RequestView>,
    /// Every request, by id, as it would stand after them.
    pub requests_after: Vec<RequestView>,
    /// Ends of temporary access that are due now, and those to come, by moment.
    pub expiries: Vec<Expiry>,
    /// Those that are left or new after the steps.
    pub expiries_after: Vec<Expiry>,
    /// Hand edits of the state file.
    pub drift: Vec<DriftEntry>,
    /// What goes over a limit.
    pub brake: Vec<Brake>,
    /// Over everything that the steps would do; not over the time at which it is asked.
    pub digest: Digest,
    /// Sums over the steps.
    pub summary: Summary,
    /// Findings that are about no single request.
    pub findings: Vec<Finding>,
}

impl Plan {
    /// Whether any change of an employee fails in this plan.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        let mut requests = self.requests_after.iter();
        let mut findings = self.findings.iter();
        requests.any(|request| !request.failures.is_empty())
            || findings.any(|finding| finding.code == Code::ChangeFailed)
    }

    /// Whether any request is invalid.
    #[must_use]
    pub fn has_invalid_requests(&self) -> bool {
        let is_error = |finding: &Finding| finding.is_error();
        self.findings.iter().any(is_error)
            || self
                .requests
                .iter()
                .any(|request| request.findings.iter().any(is_error))
    }
}

/// Sums over a plan's steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Roles added.
    pub additions: u64,
    /// Roles removed.
    pub removals: u64,
    /// Employees inactivated.
    pub inactivations: u64,
    /// Runs of requests.
    pub runs: u64,
    /// Requests that have a run.
    pub requests: u64,
}

/// One thing to do; it becomes one change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is.
    pub kind: StepKind,
    /// What kind of change it is.
    pub change_type: ChangeType,
    /// Whether an approved request covers it.
    pub compliance: Compliance,
    /// Why.
    pub compliance_reason: String,
    /// Whether somebody still has to look at it.
    pub status: LogStatus,
    /// The request, if any.
    pub request: Option<RequestReference>,
    /// Who approved it.
    pub approvals: Vec<Approval>,
    /// Who does it.
    pub actor: Actor,
    /// When it was due.
    pub schedule: Option<Schedule>,
    /// Which run of the request.
    pub run: Option<RunNumber>,
    /// What changes, by employee; empty for a baseline, which is about everybody.
    pub changes: Vec<EmployeeChange>,
    /// What is left out, and why.
    pub left_out: Vec<LeftOut>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// What it resolves; resolutions only.
    pub resolves: Option<Resolution>,
    /// Where the request stands after it.
    pub record: Option<(RequestId, Record)>,
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// The list of what everybody held, before the first change.
    Baseline,
    /// A hand edit of the state file.
    HandEdit,
    /// A run of a request.
    Run,
    /// The end of temporary access.
    End,
    /// The closing of a non-compliant log.
    Resolution,
}

/// *Status* of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A draft.
    NotStarted,
    /// Nobody has approved it.
    PendingApproval,
    /// Not enough have.
    PartiallyApproved,
    /// It may run; see [`WaitingFor`].
    Approved,
    /// Somebody has rejected it.
    Rejected,
    /// It has run.
    Complete,
    /// It is called off.
    Cancelled,
    /// It has errors.
    Invalid,
}

impl Status {
    /// Every status, in the order in which a request can come to have them.
    pub const ALL: [Self; 8] = [
        Self::NotStarted,
        Self::PendingApproval,
        Self::PartiallyApproved,
        Self::Approved,
        Self::Rejected,
        Self::Complete,
        Self::Cancelled,
        Self::Invalid,
    ];

    /// The word of JSON and of metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::PendingApproval => "pending_approval",
            Self::PartiallyApproved => "partially_approved",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Complete => "complete",
            Self::Cancelled => "cancelled",
            Self::Invalid => "invalid",
        }
    }

    /// The words that people are shown.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NotStarted => "Not Started",
            Self::PendingApproval => "Pending Approval",
            Self::PartiallyApproved => "Partially Approved",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::Complete => "Complete",
            Self::Cancelled => "Cancelled",
            Self::Invalid => "Invalid",
        }
    }
}

/// What an approved request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// Runs that are left.
    Runs,
    /// Changes that failed.
    Retry,
    /// A person.
    ManualProvisioning,
    /// The end of the access that it gave.
    TemporaryEnd,
    /// Its moment.
    Schedule,
}

impl WaitingFor {
    /// All of them, the first that applies first.
    pub const ALL: [Self; 5] = [
        Self::Runs,
        Self::Retry,
        Self::ManualProvisioning,
        Self::TemporaryEnd,
        Self::Schedule,
    ];

    /// The word of JSON and of metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Retry => "retry",
            Self::ManualProvisioning => "manual_provisioning",
            Self::TemporaryEnd => "temporary_end",
            Self::Schedule => "schedule",
        }
    }
}

/// Where a request stands.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestView {
    /// Its id.
    pub id: RequestId,
    /// Its file; `None` where that is gone.
    pub path: Option<String>,
    /// *Name*; `None` where the file is gone or cannot be read.
    pub name: Option<String>,
    /// What it asks for; likewise.
    pub asks: Option<Box<Request>>,
    /// *Access type*; likewise.
    pub access_type: Option<AccessType>,
    /// The type of the changes that it makes; likewise.
    pub change_type: Option<ChangeType>,
    /// *Status*.
    pub status: Status,
    /// What it waits for.
    pub waiting_for: Option<WaitingFor>,
    /// *User Provisioning Error*.
    pub user_provisioning_error: Option<String>,
    /// When it is due.
    pub due: Option<Due>,
    /// Who has approved it, of how many.
    pub approval: Given,
    /// How many of how many runs are done.
    pub progress: RunNumber,
    /// The runs that it would do now.
    pub runs: Vec<PlannedRun>,
    /// What waits for a person.
    pub manual: Vec<ManualChange>,
    /// Changes that fail, one line an employee.
    pub failures: Vec<String>,
    /// What is wrong with it or worth knowing.
    pub findings: Vec<Finding>,
}

/// A due moment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Due {
    /// In the zone, RFC 3339 with the offset there.
    pub local: String,
    /// The zone.
    pub timezone: String,
    /// The moment.
    pub utc: Instant,
    /// The version of the time-zone database.
    pub tzdb: String,
}

/// How far a request is approved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// How many people have to approve.
    pub required: u32,
    /// Those who have.
    pub given: Vec<String>,
    /// What has to prove it: the strongest that is asked for; `None` where no approval is needed.
    pub evidence: Option<Evidence>,
    /// How far that can be relied on.
    pub assurance: Option<Assurance>,
    /// The decisions that count, oldest first: approvals, or the rejections that win over them.
    pub decisions: Vec<Approval>,
    /// What each rule asks for, and how far it is met.
    pub rules: Vec<RuleState>,
}

/// A run that would be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRun {
    /// Which of how many.
    pub run: RunNumber,
    /// Its employees, at most 15.
    pub employees: Vec<EmployeeId>,
    /// Its roles, at most 20.
    pub roles: Vec<RoleId>,
    /// What it changes; employees without a change are left out.
    pub changes: Vec<PlannedChange>,
    /// What it leaves out, and why.
    pub left_out: Vec<LeftOut>,
}

/// What a run does to an employee.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlannedChange {
    /// Who.
    pub employee: EmployeeId,
    /// Roles added, or lent.
    pub add: Vec<RoleId>,
    /// Roles removed.
    pub remove: Vec<RoleId>,
    /// Whether the employee is inactivated.
    pub inactivate: bool,
}

/// A change that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ManualChange {
    /// For whom.
    pub employee: EmployeeId,
    /// Which role.
    pub role: RoleId,
    /// What to do.
    pub action: ManualAction,
}

/// What a person has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ManualAction {
    /// Give the role.
    Add,
    /// Take it.
    Remove,
}

/// The end of a loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// Whose.
    pub employee: EmployeeId,
    /// Which role.
    pub role: RoleId,
    /// Lent by which request.
    pub request: RequestId,
    /// When it ends.
    pub due: Due,
    /// Whether that is now or past.
    pub now: bool,
}

/// A hand edit of an employee in the state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftEntry {
    /// Whose.
    pub employee: EmployeeId,
    /// Roles that are there and should not be.
    pub added: Vec<RoleId>,
    /// Roles that should be there.
    pub removed: Vec<RoleId>,
    /// The status by hand, if it differs.
    pub status: Option<EmployeeStatus>,
}

/// A limit that the plan goes over.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Brake {
    /// The limit's key in the settings.
    pub limit: &'static str,
    /// What it allows.
    pub allowed: u64,
    /// What the plan does.
    pub planned: u64,
}
