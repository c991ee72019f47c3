//! The integration tests: the built program, from outside.

mod approval_inline;
mod approval_merge;
mod brake;
mod drift;
mod exit_codes;
mod git_hostile;
mod hostile_input;
mod integrity;
mod lock;
mod recovery;
mod settings;
mod support;
