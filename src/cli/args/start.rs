//! Commands that start something: a repository, a request, a state.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::cli::completion;

/// `rolecall init`
#[derive(Debug, Args)]
pub struct Init {
    /// The folder [default: this one]
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// `rolecall new`: the flags are the keys of a request.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct New {
    /// What kind of request
    #[arg(value_enum)]
    pub kind: Kind,
    /// The request's id, which names its file [default: made from the name]
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// A folder below requests/
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<String>,
    /// Name
    #[arg(long, value_name = "TEXT", required_unless_present = "draft")]
    pub name: Option<String>,
    /// Change Overview
    #[arg(long, value_name = "TEXT", required_unless_present = "draft")]
    pub change_overview: Option<String>,
    /// Who asks: a person of the settings, or an e-mail address
    #[arg(
        long,
        value_name = "PERSON",
        required_unless_present = "draft",
        add = ArgValueCompleter::new(completion::people)
    )]
    pub requested_by: Option<String>,
    /// Affected Employees (repeat, or part by commas); `holders` with offboard
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        required_unless_present_any = ["draft", "introduce"],
        add = ArgValueCompleter::new(completion::employees)
    )]
    pub affected_employees: Vec<String>,
    /// An affected employee who is not in the state: id,Name,email (repeat)
    #[arg(long, value_name = "ID,NAME,EMAIL")]
    pub introduce: Vec<String>,
    /// Affected Roles (repeat, or part by commas); `all` with offboard
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        required_unless_present_any = ["draft", "get_roles"],
        add = ArgValueCompleter::new(completion::roles)
    )]
    pub affected_roles: Vec<String>,
    /// Get Roles for Affected Employees: fill in the roles that they hold
    #[arg(long, conflicts_with = "affected_roles")]
    pub get_roles: bool,
    /// Not before this day (YYYY-MM-DD): onboard and temporary
    #[arg(long, value_name = "DATE")]
    pub start_date: Option<String>,
    /// Not before this time of that day (hh:mm am/pm or HH:MM)
    #[arg(long, value_name = "TIME")]
    pub start_time: Option<String>,
    /// Not before this day (YYYY-MM-DD): offboard
    #[arg(long, value_name = "DATE")]
    pub offboarding_date: Option<String>,
    /// Not before this time of that day (hh:mm am/pm or HH:MM)
    #[arg(long, value_name = "TIME")]
    pub offboarding_time: Option<String>,
    /// The day at whose end temporary access ends (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub end_date: Option<String>,
    /// The time of that day at which it ends (hh:mm am/pm or HH:MM)
    #[arg(long, value_name = "TIME")]
    pub end_time: Option<String>,
    /// Timezone (IANA name) [default: that of the settings]
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// Inactivate After Removal: offboard
    #[arg(long)]
    pub inactivate_after_removal: bool,
    /// Make inactive employees active again first: onboard
    #[arg(long)]
    pub reactivate: bool,
    /// A custom form of the settings
    #[arg(long, value_name = "FORM", add = ArgValueCompleter::new(completion::forms))]
    pub form: Option<String>,
    /// A field of the custom form (repeat)
    #[arg(long, value_name = "KEY=VALUE")]
    pub custom: Vec<String>,
    /// A ticket number or link
    #[arg(long, value_name = "TEXT")]
    pub external_reference: Option<String>,
    /// Not submitted yet: anything but the name may be missing
    #[arg(long)]
    pub draft: bool,
}

/// The kinds of `rolecall new`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Role Additions
    Onboard,
    /// Role Reductions
    Offboard,
    /// Temporary access
    Temporary,
}

/// `rolecall import`
#[derive(Debug, Args)]
pub struct Import {
    /// A CSV file: employee,name,email,status,role
    pub file: PathBuf,
}
