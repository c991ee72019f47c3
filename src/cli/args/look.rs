//! Commands that look and change nothing.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::completion;

/// `rolecall validate`
#[derive(Debug, Args)]
pub struct Validate {
    /// Only what is found in these files or folders [default: everything]
    pub paths: Vec<PathBuf>,
}

/// `rolecall plan`
#[derive(Debug, Args)]
pub struct Plan {
    /// At this moment instead of now (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Take every request of the work tree as approved: what merging this would do
    #[arg(long)]
    pub assume_approved: bool,
    /// Exit with 2 if there are changes to apply now
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Save the plan, for `reconcile --plan` to carry out just this one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["at", "assume_approved"])]
    pub out: Option<PathBuf>,
}

/// `rolecall status`
#[derive(Debug, Args)]
pub struct Status {
    /// One request in full
    #[arg(add = ArgValueCompleter::new(completion::requests))]
    pub id: Option<String>,
}

/// `rolecall roles`
#[derive(Debug, Args)]
pub struct Roles {
    /// Employee ids
    #[arg(required = true, value_name = "EMPLOYEE", add = ArgValueCompleter::new(completion::employees))]
    pub employees: Vec<String>,
}

/// `rolecall holders`
#[derive(Debug, Args)]
pub struct Holders {
    /// Role ids
    #[arg(required = true, value_name = "ROLE", add = ArgValueCompleter::new(completion::roles))]
    pub roles: Vec<String>,
}

/// `rolecall explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// An employee's id
    #[arg(add = ArgValueCompleter::new(completion::employees))]
    pub employee: String,
    /// A role's id
    #[arg(add = ArgValueCompleter::new(completion::roles))]
    pub role: String,
}

/// `rolecall log`
#[derive(Debug, Args)]
pub struct Log {
    /// A request's id, or a serial
    #[arg(value_name = "ID or SERIAL", add = ArgValueCompleter::new(completion::subjects))]
    pub which: Option<String>,
    /// Only non-compliant changes that are not resolved
    #[arg(long)]
    pub non_compliant: bool,
    /// Only from this date (YYYY-MM-DD, UTC) or moment (RFC 3339) on
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// As CSV, one row a changed role
    #[arg(long)]
    pub csv: bool,
}

/// `rolecall verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// A head seen earlier: it must still be in the chain
    #[arg(long, value_name = "HASH")]
    pub expect_head: Option<String>,
    /// Check again what every logged approval rests on: signatures, records of a forge, rules
    #[arg(long)]
    pub approvals: bool,
}
