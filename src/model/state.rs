//! The state: who holds what, and where each request stands.

use std::collections::{BTreeMap, BTreeSet};

use super::{Digest, EmployeeId, Employees, Instant, Records, RequestId, RoleId, RunNumber};

/// Pairs of an employee and roles.
pub type Pairs = BTreeMap<EmployeeId, BTreeSet<RoleId>>;

/// What `state/state.yaml` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The serial of the last change log that is folded in; 0 before the first.
    pub serial: u64,
    /// The digest of that log's file.
    pub head: Option<Digest>,
    /// The clock at the latest change.
    pub as_of: Option<Instant>,
    /// Everybody, by id.
    pub employees: Employees,
    /// Each request that has started or ended.
    pub requests: Records,
}

/// An employee of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// The name that logs show next to the id.
    pub name: String,
    /// The e-mail address, where known.
    pub email: Option<String>,
    /// Whether the employee may be given roles.
    pub status: EmployeeStatus,
    /// The roles held permanently.
    pub roles: BTreeSet<RoleId>,
    /// The roles held for a time.
    pub temporary: BTreeSet<Grant>,
}

impl Employee {
    /// Every role held, permanently or for a time.
    #[must_use]
    pub fn held(&self) -> BTreeSet<RoleId> {
        let lent = self.temporary.iter().map(|grant| &grant.role);
        self.roles.iter().chain(lent).cloned().collect()
    }

    /// Whether the role is held, permanently or for a time.
    #[must_use]
    pub fn holds(&self, role: &RoleId) -> bool {
        self.roles.contains(role) || self.temporary.iter().any(|grant| grant.role == *role)
    }

    /// The loans that a request has given.
    pub fn loans_of<'a>(&'a self, request: &'a RequestId) -> impl Iterator<Item = &'a Grant> {
        let loans = self.temporary.iter();
        loans.filter(move |grant| grant.request == *request)
    }

    /// Whether no role is held.
    #[must_use]
    pub fn holds_nothing(&self) -> bool {
        self.roles.is_empty() && self.temporary.is_empty()
    }

    /// Whether the employee is active.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == EmployeeStatus::Active
    }
}

/// Whether an employee works here now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmployeeStatus {
    /// May be given roles.
    #[default]
    Active,
    /// Has left, or is not to be given anything.
    Inactive,
}

impl EmployeeStatus {
    /// The word of the files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }
}

/// A role held for a time. Ordered by role, end, request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The role.
    pub role: RoleId,
    /// When it is taken back.
    pub until: Instant,
    /// The request that lent it.
    pub request: RequestId,
}

/// Where a request stands that has started or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// In process or complete.
    pub status: RecordStatus,
    /// The digest of the request's content that was carried out.
    pub content: Digest,
    /// When it was completed.
    pub completed: Option<Instant>,
    /// How many of how many runs are done; `of` is 0 where no run is planned (all waits for a person).
    pub runs: RunNumber,
    /// The employees of the runs, in the order of the runs; fixed when the first run starts, kept until the last is done.
    pub employees: Vec<EmployeeId>,
    /// The roles of the runs, in the order of the runs; likewise.
    pub roles: Vec<RoleId>,
    /// Changes that failed and are tried again.
    pub retry: Pairs,
    /// Changes that wait for a person.
    pub manual: Pairs,
    /// When the access that this request gave ends.
    pub until: Option<Instant>,
}

impl Record {
    /// Whether nothing of the request is left to do, or to end.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.runs.number >= self.runs.of
            && self.retry.is_empty()
            && self.manual.is_empty()
            && self.until.is_none()
    }

    /// A record of which nothing else is known.
    #[must_use]
    pub fn new(
        status: RecordStatus,
        content: Digest,
        completed: Option<Instant>,
        runs: RunNumber,
    ) -> Self {
        Self {
            status,
            content,
            completed,
            runs,
            employees: Vec::new(),
            roles: Vec::new(),
            retry: Pairs::new(),
            manual: Pairs::new(),
            until: None,
        }
    }

    /// The runs of a record that says nothing about them: one of one where it is complete, none where it is in process.
    #[must_use]
    pub fn usual_runs(status: RecordStatus) -> RunNumber {
        match status {
            RecordStatus::Complete => RunNumber { number: 1, of: 1 },
            RecordStatus::InProcess => RunNumber::default(),
        }
    }
}

/// The status of a [`Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordStatus {
    /// Started and not complete; written `approved`.
    InProcess,
    /// Complete.
    Complete,
}
