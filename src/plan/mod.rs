//! What a reconcile would do, as a value: pure, from (settings, state, requests, decisions, now).

mod anew;
mod atom;
pub mod brake;
mod carry;
mod drift;
mod due;
mod ends;
mod engine;
mod expire;
mod input;
mod make;
pub mod resolution;
mod running;
pub mod runs;
mod scope;
mod standing;
mod steps;
mod value;
mod view;
mod waiting;
mod world;

pub use input::{Body, Candidate, Input, Judge, Logged};
pub use make::{Refusal, by_hand, plan};
pub use scope::{Touched, resolve, touched};
pub use standing::about_finished;
pub use value::{
    Brake, DriftEntry, Due, Expiry, Given, ManualAction, ManualChange, Plan, PlannedChange,
    PlannedRun, RequestView, Status, Step, StepKind, Summary, WaitingFor,
};
pub use world::World;
