//! Change logs: what was done, when, why, and who said so.

use std::collections::BTreeSet;

use super::{
    AccessType, Approval, Digest, Employee, EmployeeId, EmployeeStatus, Instant, Record, RequestId,
    RoleId, State,
};

/// One change log. The commit point: a run happened if and only if its log exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLog {
    /// Gapless, from 1.
    pub serial: u64,
    /// The digest of the previous log's file; `None` for the first.
    pub previous: Option<Digest>,
    /// The digest of the state's employees and requests after it.
    pub state_after: Digest,
    /// What kind of change it is.
    pub change_type: ChangeType,
    /// Whether an approved request covers it.
    pub compliance: Compliance,
    /// Why it is compliant or not.
    pub compliance_reason: String,
    /// Whether somebody still has to look at it.
    pub status: LogStatus,
    /// The clock when it was made.
    pub created: Instant,
    /// The request that it carries out, if any.
    pub request: Option<RequestReference>,
    /// Who approved that.
    pub approvals: Vec<Approval>,
    /// Who did it.
    pub actor: Actor,
    /// When it was due, if a request or an end says so.
    pub schedule: Option<Schedule>,
    /// Which run of the request it is.
    pub run: Option<RunNumber>,
    /// What changed, by employee; for a baseline what everybody held.
    pub changes: Vec<EmployeeChange>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
    /// Warnings, such as a separation of duties that is only watched.
    pub warnings: Vec<String>,
    /// Whether the clock was given by hand.
    pub clock: ClockSource,
    /// The program and its version.
    pub program: String,
    /// The digest of the settings that were used.
    pub policy: Digest,
    /// The protected branch, where one was read.
    pub branch: Option<String>,
    /// What it resolves; resolutions only.
    pub resolves: Option<Resolution>,
    /// Where the request stands after it.
    pub record: Option<(RequestId, Record)>,
}

impl ChangeLog {
    /// Folds the log into a state: employees, the request's record, and `as_of`. Serial and head are the caller's.
    pub fn apply(&self, state: &mut State) {
        if state.employees.is_empty() {
            let there = self.changes.iter();
            state.employees = there
                .filter_map(|change| Some((change.id.clone(), change.after.clone()?)))
                .collect();
        } else {
            for change in &self.changes {
                state.employees.set(&change.id, change.after.clone());
            }
        }
        if let Some((id, record)) = &self.record {
            state.requests.insert(id.clone(), record.clone());
        }
        state.as_of = Some(self.created);
        state.serial = self.serial;
    }
}

/// What kind of change a log is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeType {
    /// *User Onboarding*.
    UserOnboarding,
    /// *User Offboarding*.
    UserOffboarding,
    /// *Temporary Access Granted*.
    TemporaryAccessGranted,
    /// *Temporary Access Ended*.
    TemporaryAccessEnded,
    /// *User Role Assignment Change*.
    UserRoleAssignmentChange,
    /// *Baseline*.
    Baseline,
}

impl ChangeType {
    /// The type of the changes that a request makes.
    #[must_use]
    pub fn of(access_type: AccessType, enhanced: bool) -> Self {
        match access_type {
            _ if !enhanced => Self::UserRoleAssignmentChange,
            AccessType::RoleAdditions => Self::UserOnboarding,
            AccessType::RoleReductions => Self::UserOffboarding,
            AccessType::TemporaryAccess => Self::TemporaryAccessGranted,
        }
    }

    /// The words that people are shown.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::UserOnboarding => "User Onboarding",
            Self::UserOffboarding => "User Offboarding",
            Self::TemporaryAccessGranted => "Temporary Access Granted",
            Self::TemporaryAccessEnded => "Temporary Access Ended",
            Self::UserRoleAssignmentChange => "User Role Assignment Change",
            Self::Baseline => "Baseline",
        }
    }

    /// The word of the files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UserOnboarding => "user_onboarding",
            Self::UserOffboarding => "user_offboarding",
            Self::TemporaryAccessGranted => "temporary_access_granted",
            Self::TemporaryAccessEnded => "temporary_access_ended",
            Self::UserRoleAssignmentChange => "user_role_assignment_change",
            Self::Baseline => "baseline",
        }
    }
}

/// Whether an approved request covers a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compliance {
    /// One does.
    Compliant,
    /// None does.
    NonCompliant,
}

/// Whether somebody still has to look at a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogStatus {
    /// Nobody has to.
    Closed,
    /// It waits for a resolution.
    Open,
}

/// The request that a log carries out, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestReference {
    /// Its id.
    pub id: RequestId,
    /// Its file, relative to the access repository.
    pub path: String,
    /// *Name*.
    pub name: String,
    /// *Change Overview*.
    pub change_overview: String,
    /// The requester, as written.
    pub requested_by: String,
    /// The digest of its bytes.
    pub content: Digest,
    /// The commit that brought the content to the protected branch, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Who did a change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Actor {
    /// The reconciler, straight after this person's approval.
    Approver(String),
    /// The reconciler, at a scheduled moment.
    System,
    /// This person, by hand. Empty where nobody is known (a hand edit of the state file).
    Person(String),
}

/// When something was due and when it was done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The due moment in its zone, RFC 3339 with the offset there.
    pub local: String,
    /// The zone.
    pub timezone: String,
    /// The due moment.
    pub utc: Instant,
    /// The version of the time-zone database.
    pub tzdb: String,
    /// When it was done.
    pub applied_at: Instant,
    /// How much later than due, in seconds.
    pub lateness_seconds: i64,
}

/// Run `number` of `of`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunNumber {
    /// Which run, from 1; in a [`Record`] how many are done.
    pub number: u32,
    /// How many there are.
    pub of: u32,
}

/// One employee before and after; `None` where the state does not have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployeeChange {
    /// Who.
    pub id: EmployeeId,
    /// Before.
    pub before: Option<Employee>,
    /// After.
    pub after: Option<Employee>,
}

impl EmployeeChange {
    /// Roles that are newly held, or newly held permanently.
    #[must_use]
    pub fn added(&self) -> BTreeSet<RoleId> {
        gained(self.before.as_ref(), self.after.as_ref())
    }

    /// Roles that are no longer held, or no longer permanently.
    #[must_use]
    pub fn removed(&self) -> BTreeSet<RoleId> {
        gained(self.after.as_ref(), self.before.as_ref())
    }

    /// Roles with a loan of a request that had not lent them before.
    #[must_use]
    pub fn lent(&self) -> BTreeSet<RoleId> {
        let loans = |employee: &Option<Employee>| -> BTreeSet<(RoleId, RequestId)> {
            let grants = employee.iter().flat_map(|employee| &employee.temporary);
            grants
                .map(|grant| (grant.role.clone(), grant.request.clone()))
                .collect()
        };
        let new = &loans(&self.after) - &loans(&self.before);
        new.into_iter().map(|(role, _)| role).collect()
    }

    /// Old and new status, where they differ.
    #[must_use]
    pub fn status(&self) -> Option<(EmployeeStatus, EmployeeStatus)> {
        let (before, after) = (self.before.as_ref()?, self.after.as_ref()?);
        (before.status != after.status).then_some((before.status, after.status))
    }

    /// Whether an active employee becomes inactive.
    #[must_use]
    pub fn inactivates(&self) -> bool {
        self.status()
            .is_some_and(|(_, after)| after == EmployeeStatus::Inactive)
    }
}

/// The roles that one side holds and the other does not, in all or permanently.
fn gained(from: Option<&Employee>, to: Option<&Employee>) -> BTreeSet<RoleId> {
    let Some(to) = to else {
        return BTreeSet::new();
    };
    let is_new = |role: &&RoleId| from.is_none_or(|from| !from.roles.contains(*role));
    let is_lent_anew = |role: &&RoleId| from.is_none_or(|from| !from.holds(role));
    let lent = to.temporary.iter().map(|grant| &grant.role);
    let lasting = to.roles.iter().filter(is_new);
    lasting.chain(lent.filter(is_lent_anew)).cloned().collect()
}

/// Something that a run did not do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// For whom.
    pub employee: EmployeeId,
    /// Which role; `None` where it is about the employee's status.
    pub role: Option<RoleId>,
    /// Why, as a word.
    pub reason: LeftOutReason,
    /// Why, in a sentence.
    pub detail: String,
}

/// Why something was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// The role was held already.
    AlreadyHeld,
    /// The role was not held.
    NotHeld,
    /// A rule refused it; it is tried again.
    Refused,
    /// A person has to do it.
    LeftForPerson,
    /// Kept at an end or a removal, because something else gives it.
    Kept,
}

/// Where the clock came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// The system.
    System,
    /// A person, with `--now` or `ROLECALL_NOW`.
    Given,
}

/// The closing of a non-compliant log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// The log that it closes.
    pub serial: u64,
    /// The request that covers the change after the fact.
    pub request: Option<RequestId>,
    /// What was found out.
    pub note: String,
    /// Who closed it.
    pub by: String,
}
