//! The integration tests: the built program, from outside.

mod additions;
mod administrator;
mod changelog;
mod complete;
mod controls;
mod dates_and_times;
mod hand_edits;
mod inactivation;
mod lifecycle;
mod reductions;
mod request_validation;
mod resolutions;
mod retries;
mod runs;
mod schedule;
mod separation_of_duties;
mod state_file;
mod support;
mod temporary;
mod temporary_changes;
mod waiting;
