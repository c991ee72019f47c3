//! Commands that change the state.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::cli::completion;

/// `rolecall reconcile`
#[derive(Debug, Args)]
pub struct Reconcile {
    /// Show it only: the same as plan
    #[arg(long, conflicts_with_all = ["commit", "push"])]
    pub dry_run: bool,
    /// Stop after this many runs; the next reconcile goes on
    #[arg(long, value_name = "N")]
    pub max_runs: Option<u32>,
    /// Let exactly this plan through the limits
    #[arg(long, value_name = "DIGEST")]
    pub confirm: Option<String>,
    /// Carry out just the plan that `plan --out` saved, or nothing; also over the limits
    #[arg(long, value_name = "FILE", conflicts_with_all = ["confirm", "max_runs", "dry_run"])]
    pub plan: Option<PathBuf>,
    /// Wait this long for another reconcile to end, such as 30s or 5m
    #[arg(long, value_name = "DURATION")]
    pub lock_timeout: Option<String>,
    /// What happens in git to what was done.
    #[command(flatten)]
    pub publishing: Publishing,
}

/// `rolecall watch`
#[derive(Debug, Clone, Args)]
pub struct Watch {
    /// Look at everything this often, whatever is noticed, such as 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub rescan: String,
    /// Leave files alone until nobody has written them for this long
    #[arg(long, value_name = "DURATION", default_value = "500ms")]
    pub settle: String,
    /// Fetch the remote this often, and follow its branch [default: never]
    #[arg(long, value_name = "DURATION")]
    pub pull: Option<String>,
    /// What happens in git to what was done.
    #[command(flatten)]
    pub publishing: Publishing,
    /// Look once, as reconcile does, when all files are settled; and end
    #[arg(long)]
    pub once: bool,
    /// Serve metrics and health over HTTP: a port of loopback, or HOST:PORT
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<String>,
    /// How to write the log to standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Human, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// How to write a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Human,
    /// One JSON object a line
    Json,
}

/// What happens in git to what was done.
#[derive(Debug, Clone, Args)]
pub struct Publishing {
    /// Commit the state, and nothing else
    #[arg(long)]
    pub commit: bool,
    /// Commit the state and push it; follow the remote first, and begin again where somebody was faster [default: origin]
    #[arg(long, value_name = "REMOTE", num_args = 0..=1, default_missing_value = "origin")]
    pub push: Option<String>,
    /// Who the commit is by [default: as git is configured]
    #[arg(long, value_name = "NAME <ADDRESS>")]
    pub author: Option<String>,
}

/// `rolecall complete`
#[derive(Debug, Args)]
pub struct Complete {
    /// The request's id
    #[arg(add = ArgValueCompleter::new(completion::decidable))]
    pub id: String,
    /// Who has done it: a person of the settings
    #[arg(long, value_name = "PERSON", add = ArgValueCompleter::new(completion::people))]
    pub by: String,
    /// Let exactly this plan through the limits
    #[arg(long, value_name = "DIGEST")]
    pub confirm: Option<String>,
    /// Wait this long for another reconcile to end, such as 30s or 5m
    #[arg(long, value_name = "DURATION")]
    pub lock_timeout: Option<String>,
}

/// `rolecall resolve`
#[derive(Debug, Args)]
pub struct Resolve {
    /// The serial of the non-compliant log
    #[arg(add = ArgValueCompleter::new(completion::serials))]
    pub serial: u64,
    /// The request that covers the change after the fact
    #[arg(long, value_name = "ID", add = ArgValueCompleter::new(completion::requests))]
    pub request: Option<String>,
    /// What was found out
    #[arg(long, value_name = "TEXT")]
    pub note: String,
    /// Who closes it: a person of the settings
    #[arg(long, value_name = "PERSON", add = ArgValueCompleter::new(completion::people))]
    pub by: String,
    /// Wait this long for another reconcile to end, such as 30s or 5m
    #[arg(long, value_name = "DURATION")]
    pub lock_timeout: Option<String>,
}
