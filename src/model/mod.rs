//! Plain values and their own invariants; no text, no files, no clock.

pub mod address;
mod approval;
mod changelog;
mod digest;
mod employees;
mod forge;
mod id;
mod index;
mod key;
mod notify;
mod records;
mod request;
#[cfg(test)]
pub(crate) mod samples;
mod saved;
mod settings;
mod signature;
mod state;
mod threads;

pub use approval::{Approval, Assurance, Decision, Evidence, RuleState, Standing, Verdict};
pub use changelog::{
    Actor, ChangeLog, ChangeType, ClockSource, Compliance, EmployeeChange, LeftOut, LeftOutReason,
    LogStatus, RequestReference, Resolution, RunNumber, Schedule,
};
pub use digest::{Digest, Hasher};
pub use employees::{BuildError, EmployeeView, Employees, EmployeesBuilder, Entry, RoleNumber};
pub use forge::{Forge, ForgeRecord, Review, ReviewState, StoredRecord};
pub use id::{EmployeeId, IdError, PersonId, RequestId, RoleId, TargetId};
pub use key::{BASE64, PublicKey, RevokedKey};
pub use notify::{Endpoint, EventKind, Notification, NotificationFormat};
pub use records::{Records, RecordsBuilder, RequestEntry};
pub use request::{
    AccessType, AffectedEmployees, AffectedRoles, InlineApproval, Introduction, Moment, Request,
};
pub use saved::{SavedLog, SavedPlan};
pub use settings::{
    ApprovalRule, ApprovalSettings, ChangeControl, ChangeControls, ChangeLevel, DriftPolicy,
    FieldRule, Form, Limits, Person, Role, Settings, SodAction, SodRule, Stage, UserProvisioning,
};
pub use signature::{Proof, Signed, Statement};
pub use state::{Employee, EmployeeStatus, Grant, Pairs, Record, RecordStatus, State};
pub use threads::{each, joined};

/// A moment, in whole seconds of UTC.
pub type Instant = chrono::DateTime<chrono::Utc>;
