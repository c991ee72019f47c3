//! A change request.

use std::collections::BTreeMap;

use super::{Decision, EmployeeId, Instant, PersonId, RoleId};

/// A valid change request. Moments are resolved in their zone already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// *Name*.
    pub name: String,
    /// *Change Overview*.
    pub change_overview: String,
    /// *Access type*.
    pub access_type: AccessType,
    /// As written: a person's id or an e-mail address.
    pub requested_by: String,
    /// The person of the settings that `requested_by` names, if any.
    pub requester: Option<PersonId>,
    /// *Affected Employees*.
    pub employees: AffectedEmployees,
    /// *Affected Roles*.
    pub roles: AffectedRoles,
    /// The time zone of the request's moments; the settings' where it names none.
    pub timezone: String,
    /// Not before this moment: `start_date` or `offboarding_date` with its time.
    pub start: Option<Moment>,
    /// The end of temporary access.
    pub end: Option<Moment>,
    /// *Inactivate After Removal*.
    pub inactivate_after_removal: bool,
    /// Whether inactive employees become active again first.
    pub reactivate: bool,
    /// The custom form's name.
    pub form: Option<String>,
    /// The custom form's fields.
    pub custom: BTreeMap<String, String>,
    /// A ticket number or link.
    pub external_reference: Option<String>,
    /// Not submitted yet.
    pub draft: bool,
    /// Why it is called off, if it is.
    pub cancelled: Option<String>,
    /// The request's own list of approvals; `None` where there is none.
    pub approvals: Option<Vec<InlineApproval>>,
}

impl Request {
    /// The employees that the request lists; empty for `holders`.
    pub fn listed_employees(&self) -> impl Iterator<Item = &EmployeeId> {
        self.entries().iter().map(|entry| &entry.id)
    }

    /// The roles that the request lists; empty for `all`.
    #[must_use]
    pub fn listed_roles(&self) -> &[RoleId] {
        match &self.roles {
            AffectedRoles::Listed(listed) => listed,
            AffectedRoles::All => &[],
        }
    }

    /// The entries of its list of employees, of which some may introduce somebody; empty for `holders`.
    #[must_use]
    pub fn entries(&self) -> &[Introduction] {
        match &self.employees {
            AffectedEmployees::Listed(listed) => listed,
            AffectedEmployees::Holders => &[],
        }
    }

    /// The details with which the request introduces an employee, if it does.
    #[must_use]
    pub fn introduction(&self, employee: &EmployeeId) -> Option<&Introduction> {
        let mut entries = self.entries().iter();
        let entry = entries.find(|entry| entry.id == *employee);
        entry.filter(|entry| entry.details.is_some())
    }
}

/// *Access type*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessType {
    /// *Role Additions*.
    RoleAdditions,
    /// *Role Reductions*.
    RoleReductions,
    /// Temporary access.
    TemporaryAccess,
}

impl AccessType {
    /// The word of the files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::RoleAdditions => "role_additions",
            Self::RoleReductions => "role_reductions",
            Self::TemporaryAccess => "temporary_access",
        }
    }
}

/// *Affected Employees*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AffectedEmployees {
    /// These, in file order.
    Listed(Vec<Introduction>),
    /// Everyone who holds one of the affected roles when the request first runs.
    Holders,
}

/// An entry of *Affected Employees*, which may introduce somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    /// The employee.
    pub id: EmployeeId,
    /// Name and, where given, e-mail address, if the entry introduces the employee.
    pub details: Option<(String, Option<String>)>,
}

/// *Affected Roles*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AffectedRoles {
    /// These, in file order.
    Listed(Vec<RoleId>),
    /// Every role that the affected employees hold when the request first runs.
    All,
}

/// A moment as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The moment.
    pub utc: Instant,
    /// The same in the request's zone, RFC 3339 with the offset there.
    pub local: String,
}

/// An entry of a request's own list of approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineApproval {
    /// Who.
    pub by: PersonId,
    /// What they decided.
    pub decision: Decision,
    /// When.
    pub at: Instant,
}
