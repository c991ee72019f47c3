//! What a reconcile would do, as a value: pure, from (settings, state, requests, decisions, now).

mod value;

pub use value::{
    Brake, DriftEntry, Due, Expiry, Given, ManualAction, ManualChange, Plan, PlannedChange,
    PlannedRun, RequestView, Status, Step, StepKind, Summary, WaitingFor,
};
