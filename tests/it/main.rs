//! The integration tests: the built program, from outside.

mod approval_inline;
mod approval_merge;
mod brake;
mod git_hostile;
mod lock;
mod settings;
mod support;
