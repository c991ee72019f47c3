//! The integration tests: the built program, from outside.

mod approval_inline;
mod approval_merge;
mod brake;
mod commands;
mod drift;
mod exit_codes;
mod git_hostile;
mod hostile_files;
mod hostile_input;
mod import;
mod init_and_complete;
mod integrity;
mod json_results;
mod json_shapes;
mod lock;
mod log_command;
mod new_command;
mod protected_branch;
mod recovery;
mod schema;
mod settings;
mod support;
mod zones;
