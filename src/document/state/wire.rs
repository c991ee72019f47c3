//! What the general reader reads: the file's own shapes, apart from the model's.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{RESTORE, StateError};
use crate::model::{
    Digest, Employee, EmployeeId, EmployeeStatus, Grant, Instant, Pairs, Record, RecordStatus,
    RequestId, RoleId, RunNumber, State,
};
use crate::time::{parse_rfc3339, rfc3339};

/// A state file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StateDocument {
    #[serde(default)]
    version: Option<u64>,
    #[serde(default)]
    serial: u64,
    #[serde(default)]
    head: Option<Digest>,
    #[serde(default)]
    as_of: Option<Moment>,
    employees: BTreeMap<EmployeeId, EmployeeEntry>,
    #[serde(default)]
    requests: BTreeMap<RequestId, RecordEntry>,
}

impl StateDocument {
    pub(super) fn into_state(self) -> Result<State, StateError> {
        if let Some(version) = self.version.filter(|version| *version != 1) {
            return Err(StateError::new(
                format!("version {version} of the state file is not known to this program"),
                "use a program that knows it, or `version: 1`",
            ));
        }
        let mut shared = Shared::default();
        let mut state = State {
            serial: self.serial,
            head: self.head,
            as_of: self.as_of.map(|moment| moment.0),
            ..State::default()
        };
        let employees = self.employees.into_iter();
        state.employees = employees
            .map(|(id, entry)| {
                let employee = shared.employee(entry.into_employee(&id));
                (id, employee)
            })
            .collect();
        for (id, entry) in self.requests {
            let record = match entry.id {
                Some(_) => Err("has an id besides its key"),
                None => entry.into_record(),
            };
            let record = record.map_err(|message| {
                StateError::new(format!("request {id} of the state file {message}"), RESTORE)
            })?;
            state.requests.insert(id, shared.record(record));
        }
        Ok(state)
    }
}

/// One id for each role text.
#[derive(Default)]
struct Shared(HashSet<RoleId>);

impl Shared {
    fn role(&mut self, role: RoleId) -> RoleId {
        if let Some(known) = self.0.get(&role) {
            return known.clone();
        }
        self.0.insert(role.clone());
        role
    }

    fn roles<L: IntoIterator<Item = RoleId> + FromIterator<RoleId>>(&mut self, roles: L) -> L {
        roles.into_iter().map(|role| self.role(role)).collect()
    }

    fn employee(&mut self, mut employee: Employee) -> Employee {
        employee.roles = self.roles(employee.roles);
        let grants = employee.temporary.into_iter();
        employee.temporary = grants
            .map(|grant| Grant {
                role: self.role(grant.role),
                ..grant
            })
            .collect();
        employee
    }

    fn record(&mut self, mut record: Record) -> Record {
        record.roles = self.roles(record.roles);
        for pairs in [&mut record.retry, &mut record.manual] {
            for roles in pairs.values_mut() {
                *roles = self.roles(std::mem::take(roles));
            }
        }
        record
    }
}

/// A moment, RFC 3339; written in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::document) struct Moment(pub(in crate::document) Instant);

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_rfc3339(&text).map(Self).map_err(|_| {
            D::Error::custom(format_args!(
                "{text:?} is not a moment such as 2026-11-30T22:30:00Z"
            ))
        })
    }
}

/// An employee's entry.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::document) struct EmployeeEntry {
    #[serde(default)]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default)]
    status: EmployeeStatus,
    #[serde(default)]
    roles: Unique<RoleId>,
    #[serde(default, skip_serializing_if = "Unique::is_empty")]
    temporary: Unique<GrantEntry>,
}

impl EmployeeEntry {
    pub(in crate::document) fn of(employee: &Employee) -> Self {
        Self {
            name: Some(employee.name.clone()),
            email: employee.email.clone(),
            status: employee.status,
            roles: Unique(employee.roles.clone()),
            temporary: Unique(employee.temporary.iter().map(GrantEntry::of).collect()),
        }
    }

    /// Whether the entry names the employee; only a state that is started by hand may leave that out.
    pub(in crate::document) fn has_name(&self) -> bool {
        self.name.is_some()
    }

    pub(in crate::document) fn into_employee(self, id: &EmployeeId) -> Employee {
        Employee {
            name: self.name.unwrap_or_else(|| id.to_string()),
            email: self.email,
            status: self.status,
            roles: self.roles.0,
            temporary: self.temporary.0.into_iter().map(Grant::from).collect(),
        }
    }
}

/// A role held for a time. Ordered as [`Grant`] is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantEntry {
    role: RoleId,
    until: Moment,
    request: RequestId,
}

impl GrantEntry {
    fn of(grant: &Grant) -> Self {
        Self {
            role: grant.role.clone(),
            until: Moment(grant.until),
            request: grant.request.clone(),
        }
    }
}

impl From<GrantEntry> for Grant {
    fn from(entry: GrantEntry) -> Self {
        Self {
            role: entry.role,
            until: entry.until.0,
            request: entry.request,
        }
    }
}

impl fmt::Display for GrantEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} until {} by {}",
            self.role,
            rfc3339(self.until.0),
            self.request
        )
    }
}

/// A request's record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::document) struct RecordEntry {
    /// The request, where the entry stands in a change log; in the state file the key says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::document) id: Option<RequestId>,
    status: RecordWord,
    content: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runs: Option<RunsEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    employees: Vec<EmployeeId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<RoleId>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    retry: BTreeMap<EmployeeId, Unique<RoleId>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    manual: BTreeMap<EmployeeId, Unique<RoleId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RecordWord {
    Approved,
    Complete,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunsEntry {
    done: u32,
    of: u32,
}

impl RecordEntry {
    /// The entry of a record in a change log; a complete one has its content and its moment alone.
    pub(in crate::document) fn of(id: &RequestId, record: &Record) -> Self {
        let pairs = |pairs: &Pairs| {
            let pairs = pairs.iter();
            pairs
                .map(|(employee, roles)| (employee.clone(), Unique(roles.clone())))
                .collect()
        };
        let whole = record.status == RecordStatus::InProcess;
        let RunNumber { number, of } = record.runs;
        let runs = RunsEntry { done: number, of };
        let mut entry = Self {
            id: Some(id.clone()),
            status: RecordWord::Complete,
            content: record.content,
            completed: record.completed.map(Moment),
            runs: (record.runs != Record::usual_runs(record.status)).then_some(runs),
            employees: Vec::new(),
            roles: Vec::new(),
            retry: BTreeMap::new(),
            manual: BTreeMap::new(),
            until: None,
        };
        if whole {
            entry.status = RecordWord::Approved;
            entry.employees.clone_from(&record.employees);
            entry.roles.clone_from(&record.roles);
            entry.retry = pairs(&record.retry);
            entry.manual = pairs(&record.manual);
            entry.until = record.until.map(Moment);
        }
        entry
    }

    /// The record, or what is wrong with it, to follow the request's name.
    pub(in crate::document) fn into_record(self) -> Result<Record, &'static str> {
        let complete = self.status == RecordWord::Complete;
        let in_process = self.until.is_some()
            || !self.employees.is_empty()
            || !self.roles.is_empty()
            || !self.retry.is_empty()
            || !self.manual.is_empty();
        if complete && in_process {
            return Err("is complete, and has parts that only one in process has");
        }
        let pairs = |pairs: BTreeMap<EmployeeId, Unique<RoleId>>| {
            let pairs = pairs.into_iter();
            pairs.map(|(employee, roles)| (employee, roles.0)).collect()
        };
        let status = if complete {
            RecordStatus::Complete
        } else {
            RecordStatus::InProcess
        };
        let usual = Record::usual_runs(status);
        let runs = self.runs.unwrap_or(RunsEntry {
            done: usual.number,
            of: usual.of,
        });
        Ok(Record {
            status,
            content: self.content,
            completed: self.completed.map(|moment| moment.0),
            runs: RunNumber {
                number: runs.done,
                of: runs.of,
            },
            employees: self.employees,
            roles: self.roles,
            retry: pairs(self.retry),
            manual: pairs(self.manual),
            until: self.until.map(|moment| moment.0),
        })
    }
}

/// A list without repetitions, in any order; one is an error at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(in crate::document) struct Unique<T: Ord>(pub(in crate::document) BTreeSet<T>);

impl<T: Ord> Unique<T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Ord> Default for Unique<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<'de, T: Ord + fmt::Display + Deserialize<'de>> Deserialize<'de> for Unique<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(UniqueVisitor(PhantomData))
    }
}

struct UniqueVisitor<T>(PhantomData<T>);

impl<'de, T: Ord + fmt::Display + Deserialize<'de>> Visitor<'de> for UniqueVisitor<T> {
    type Value = Unique<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unique<T>, A::Error> {
        let mut seen = BTreeSet::new();
        while list.next_element_seed(New(&mut seen))?.is_some() {}
        Ok(Unique(seen))
    }
}

/// Reads one more entry of a list.
struct New<'seen, T>(&'seen mut BTreeSet<T>);

impl<'de, T: Ord + fmt::Display + Deserialize<'de>> DeserializeSeed<'de> for New<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let entry = T::deserialize(deserializer)?;
        if self.0.contains(&entry) {
            return Err(D::Error::custom(format_args!(
                "{entry} stands twice in the list"
            )));
        }
        self.0.insert(entry);
        Ok(())
    }
}
