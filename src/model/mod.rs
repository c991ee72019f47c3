//! Plain values and their own invariants; no text, no files, no clock.

mod approval;
mod changelog;
mod digest;
mod id;
mod request;
mod settings;
mod state;

pub use approval::{Approval, Assurance, Decision, Evidence, Standing, Verdict};
pub use changelog::{
    Actor, ChangeLog, ChangeType, ClockSource, Compliance, EmployeeChange, LeftOut, LeftOutReason,
    LogStatus, RequestReference, Resolution, RunNumber, Schedule,
};
pub use digest::Digest;
pub use id::{EmployeeId, IdError, PersonId, RequestId, RoleId};
pub use request::{
    AccessType, AffectedEmployees, AffectedRoles, InlineApproval, Introduction, Moment, Request,
};
pub use settings::{
    ApprovalRule, ApprovalSettings, ChangeControl, ChangeControls, ChangeLevel, DriftPolicy,
    FieldRule, Form, Limits, Person, Role, Settings, SodAction, SodRule, UserProvisioning,
};
pub use state::{Employee, EmployeeStatus, Grant, Pairs, Record, RecordStatus, State};

/// A moment, in whole seconds of UTC.
pub type Instant = chrono::DateTime<chrono::Utc>;
