//! The integration tests: the built program, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    reason = "a test ends with a panic, and its world is its own"
)]

mod left_to_a_person;
mod support;

mod additions;
mod administrator;
mod approval_inline;
mod approval_merge;
mod architecture;
mod brake;
mod broken_middle;
mod changelog;
mod commands;
mod complete;
mod completion;
mod concurrency;
mod controls;
mod daemon;
mod daemon_git;
mod daemon_service;
mod dates_and_times;
mod drift;
mod exit_codes;
mod explain;
mod findings_documented;
mod finished_left_out;
mod fixtures;
#[cfg(feature = "forge")]
mod forge_faults;
#[cfg(feature = "forge")]
mod forge_github;
#[cfg(feature = "forge")]
mod forge_gitlab;
#[cfg(feature = "forge")]
mod forge_keys;
#[cfg(feature = "forge")]
mod forge_logs;
#[cfg(feature = "forge")]
mod forge_records;
mod found_by_audit;
mod found_by_hand;
mod found_loans;
mod found_requests;
mod git_hostile;
mod hand_edits;
mod hand_edits_covered;
mod hostile_files;
mod hostile_input;
mod hostile_table;
mod import;
mod inactivation;
mod init_and_complete;
mod integrations_files;
mod integrations_github;
mod integrations_gitlab;
mod integrity;
mod json_results;
mod json_shapes;
mod kill_sweep;
mod lifecycle;
mod line_ends;
mod linear;
mod loans_by_hand;
mod loans_kept;
mod loans_that_change;
mod lock;
mod log_command;
mod manual;
mod metrics;
mod new_command;
mod note_of_open;
mod output;
mod properties;
mod protected_branch;
mod publish;
mod push;
mod recovery;
mod reductions;
mod request_validation;
mod resolutions;
mod retries;
mod runs;
mod saved_plans;
mod schedule;
mod schema;
mod schema_files;
mod separation_of_duties;
mod settings;
mod shown_changes;
mod signature_approval;
mod signature_audit;
mod signature_found;
mod signature_hermetic;
mod signature_refusals;
mod signature_shown;
mod stages;
mod state_file;
mod stories;
mod temporary;
mod temporary_changes;
mod timezone;
mod waiting;
#[cfg(feature = "webhooks")]
mod webhooks;
mod work_tree_beside;
mod zones;
