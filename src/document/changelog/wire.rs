//! The document of a change log, apart from the model's types: strict, versioned, in the order of the file.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use super::approval::{ApprovalEntry, forge_record};
use super::diff;
use crate::document::state::wire::{EmployeeEntry, Moment, RecordEntry, Unique};
use crate::model::{
    Actor, ChangeLog, ChangeType, ClockSource, Compliance, Digest, Employee, EmployeeChange,
    EmployeeId, EmployeeStatus, LeftOut, LogStatus, RequestReference, Resolution, RoleId,
    RunNumber, Schedule,
};

/// A value that may be null, but not be left out.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// A change log's file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogDocument {
    pub(super) version: u64,
    pub(super) serial: u64,
    #[serde(deserialize_with = "nullable")]
    pub(super) previous: Option<Digest>,
    pub(super) state_after: Digest,
    pub(super) change_type: ChangeType,
    pub(super) compliance: Compliance,
    pub(super) compliance_reason: String,
    pub(super) status: LogStatus,
    pub(super) created: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) branch: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) request: Option<RequestReference>,
    pub(super) approvals: Vec<ApprovalEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) forge_record: Option<String>,
    pub(super) actor: ActorEntry,
    #[serde(deserialize_with = "nullable")]
    pub(super) schedule: Option<ScheduleEntry>,
    #[serde(deserialize_with = "nullable")]
    pub(super) run: Option<RunNumber>,
    pub(super) values: Vec<ValueEntry>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) warnings: Vec<String>,
    pub(super) clock: ClockSource,
    pub(super) program: String,
    pub(super) policy: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) resolves: Option<Resolution>,
    #[serde(deserialize_with = "nullable")]
    pub(super) request_record: Option<RecordEntry>,
}

/// Who did it; the name is left out for the system, and where nobody is known.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActorEntry {
    pub(super) kind: ActorKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ActorKind {
    Approver,
    System,
    Person,
}

/// When it was due and done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleEntry {
    pub(super) local: String,
    pub(super) timezone: String,
    pub(super) utc: Moment,
    pub(super) tzdb: String,
    pub(super) applied_at: Moment,
    pub(super) lateness_seconds: i64,
}

/// One employee's change.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValueEntry {
    pub(super) id: EmployeeId,
    pub(super) name: String,
    pub(super) old_roles: Unique<RoleId>,
    pub(super) new_roles: Unique<RoleId>,
    pub(super) added: Unique<RoleId>,
    pub(super) removed: Unique<RoleId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<StatusChange>,
    pub(super) diff: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) before: Option<EmployeeEntry>,
    #[serde(deserialize_with = "nullable")]
    pub(super) record: Option<EmployeeEntry>,
}

/// A status before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusChange {
    pub(super) old: EmployeeStatus,
    pub(super) new: EmployeeStatus,
}

/// What a change comes to, as it is shown.
#[derive(PartialEq, Eq)]
struct Shown {
    name: String,
    old_roles: BTreeSet<RoleId>,
    new_roles: BTreeSet<RoleId>,
    added: BTreeSet<RoleId>,
    removed: BTreeSet<RoleId>,
    status: Option<StatusChange>,
}

impl Shown {
    fn of(change: &EmployeeChange) -> Self {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        let held = |employee: Option<&Employee>| employee.map(Employee::held).unwrap_or_default();
        Self {
            name: after
                .or(before)
                .map_or_else(|| change.id.to_string(), |employee| employee.name.clone()),
            old_roles: held(before),
            new_roles: held(after),
            added: change.added(),
            removed: change.removed(),
            status: change.status().map(|(old, new)| StatusChange { old, new }),
        }
    }
}

impl ValueEntry {
    pub(super) fn of(change: &EmployeeChange) -> Self {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        let shown = Shown::of(change);
        Self {
            id: change.id.clone(),
            name: shown.name,
            old_roles: Unique(shown.old_roles),
            new_roles: Unique(shown.new_roles),
            added: Unique(shown.added),
            removed: Unique(shown.removed),
            status: shown.status,
            diff: diff::between(&change.id, before, after),
            before: before.map(EmployeeEntry::of),
            record: after.map(EmployeeEntry::of),
        }
    }

    fn into_change(self) -> Result<EmployeeChange, String> {
        let id = self.id;
        let employee = |entry: Option<EmployeeEntry>| match entry {
            Some(entry) if !entry.has_name() => Err(format!("a record of {id} has no name")),
            Some(entry) => Ok(Some(entry.into_employee(&id))),
            None => Ok(None),
        };
        let (before, after) = (employee(self.before)?, employee(self.record)?);
        if before.is_none() && after.is_none() {
            return Err(format!(
                "the change of {id} has neither `before` nor `record`"
            ));
        }
        let shown = Shown {
            name: self.name,
            old_roles: self.old_roles.0,
            new_roles: self.new_roles.0,
            added: self.added.0,
            removed: self.removed.0,
            status: self.status,
        };
        let change = EmployeeChange { id, before, after };
        let due = Shown::of(&change);
        let parts = [
            ("name", shown.name == due.name),
            ("old_roles", shown.old_roles == due.old_roles),
            ("new_roles", shown.new_roles == due.new_roles),
            ("added", shown.added == due.added),
            ("removed", shown.removed == due.removed),
            ("status", shown.status == due.status),
            (
                "diff",
                diff::leads(
                    &self.diff,
                    &change.id,
                    change.before.as_ref(),
                    change.after.as_ref(),
                ),
            ),
        ];
        match parts.iter().find(|(_, fits)| !fits) {
            None => Ok(change),
            Some((part, _)) => Err(format!(
                "`{part}` of {} contradicts its `before` and `record`",
                change.id
            )),
        }
    }
}

impl ActorEntry {
    pub(super) fn of(actor: &Actor) -> Self {
        let (kind, name) = match actor {
            Actor::Approver(name) => (ActorKind::Approver, Some(name)),
            Actor::System => (ActorKind::System, None),
            Actor::Person(name) => (
                ActorKind::Person,
                Some(name).filter(|name| !name.is_empty()),
            ),
        };
        Self {
            kind,
            name: name.cloned(),
        }
    }

    fn into_actor(self) -> Result<Actor, String> {
        match (self.kind, self.name) {
            (ActorKind::Approver, Some(name)) => Ok(Actor::Approver(name)),
            (ActorKind::System, None) => Ok(Actor::System),
            (ActorKind::Person, name) => Ok(Actor::Person(name.unwrap_or_default())),
            (ActorKind::Approver, None) => Err("`actor` is an approver without a name".to_owned()),
            (ActorKind::System, Some(_)) => Err("`actor` is the system with a name".to_owned()),
        }
    }
}

impl LogDocument {
    pub(super) fn of(log: &ChangeLog) -> Self {
        Self {
            version: 1,
            serial: log.serial,
            previous: log.previous,
            state_after: log.state_after,
            change_type: log.change_type,
            compliance: log.compliance,
            compliance_reason: log.compliance_reason.clone(),
            status: log.status,
            created: Moment(log.created),
            request: log.request.clone(),
            approvals: log.approvals.iter().map(ApprovalEntry::of).collect(),
            forge_record: forge_record(&log.approvals).map(ToString::to_string),
            actor: ActorEntry::of(&log.actor),
            schedule: log.schedule.as_ref().map(ScheduleEntry::of),
            run: log.run,
            values: log.changes.iter().map(ValueEntry::of).collect(),
            left_out: log.left_out.clone(),
            warnings: log.warnings.clone(),
            clock: log.clock,
            program: log.program.clone(),
            policy: log.policy,
            branch: log.branch.clone(),
            resolves: log.resolves.clone(),
            request_record: log
                .record
                .as_ref()
                .map(|(id, record)| RecordEntry::of(id, record)),
        }
    }

    pub(super) fn into_log(self) -> Result<ChangeLog, String> {
        if self.version != 1 {
            let version = self.version;
            return Err(format!("version {version} is not known to this program"));
        }
        if self.serial == 0 {
            return Err("`serial` is 0".to_owned());
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = self
            .values
            .iter()
            .find(|value| !seen.insert(value.id.clone()))
        {
            return Err(format!("{} stands twice in `values`", twice.id));
        }
        let record = match self.request_record {
            None => None,
            Some(mut entry) => {
                let id = entry.id.take().ok_or("`request_record` has no id")?;
                let record = entry.into_record();
                Some((
                    id,
                    record.map_err(|message| format!("`request_record` {message}"))?,
                ))
            }
        };
        let changes = self.values.into_iter().map(ValueEntry::into_change);
        Ok(ChangeLog {
            serial: self.serial,
            previous: self.previous,
            state_after: self.state_after,
            change_type: self.change_type,
            compliance: self.compliance,
            compliance_reason: self.compliance_reason,
            status: self.status,
            created: self.created.0,
            request: self.request,
            approvals: {
                let record: Option<Arc<str>> = self.forge_record.map(Into::into);
                let entries = self.approvals.into_iter();
                entries
                    .map(|entry| entry.into_approval(record.as_ref()))
                    .collect()
            },
            actor: self.actor.into_actor()?,
            schedule: self.schedule.map(Schedule::from),
            run: self.run,
            changes: changes.collect::<Result<_, _>>()?,
            left_out: self.left_out,
            warnings: self.warnings,
            clock: self.clock,
            program: self.program,
            policy: self.policy,
            branch: self.branch,
            resolves: self.resolves,
            record,
        })
    }
}

impl ScheduleEntry {
    fn of(schedule: &Schedule) -> Self {
        Self {
            local: schedule.local.clone(),
            timezone: schedule.timezone.clone(),
            utc: Moment(schedule.utc),
            tzdb: schedule.tzdb.clone(),
            applied_at: Moment(schedule.applied_at),
            lateness_seconds: schedule.lateness_seconds,
        }
    }
}

impl From<ScheduleEntry> for Schedule {
    fn from(entry: ScheduleEntry) -> Self {
        Self {
            local: entry.local,
            timezone: entry.timezone,
            utc: entry.utc.0,
            tzdb: entry.tzdb,
            applied_at: entry.applied_at.0,
            lateness_seconds: entry.lateness_seconds,
        }
    }
}
