//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use clap_complete::engine::ArgValueCompleter;

use super::completion;

/// Who may do what here, since when, and who said so: a declarative batch reconciler for user provisioning.
#[derive(Debug, Parser)]
#[command(
    name = "rolecall",
    version,
    about,
    max_term_width = 100,
    propagate_version = true
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The access repository [default: the nearest folder at or above this one with a rolecall.yaml]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// How to print
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Write the form that --format names to this file, and the human one to the terminal
    #[arg(long, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The clock, for rehearsals and tests (RFC 3339); a log written under it says so
    #[arg(
        long,
        global = true,
        value_name = "TIME",
        env = "ROLECALL_NOW",
        hide_env_values = true
    )]
    pub now: Option<String>,
    /// The protected branch, where it is not the one that the settings name
    #[arg(long, global = true, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// For scripts
    Json,
    /// For a pull request (plan only)
    Markdown,
    /// Annotations of a GitHub workflow (validate only)
    Github,
    /// SARIF 2.1.0 for code scanning (validate only)
    Sarif,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new access repository
    Init(Init),
    /// Write a change request from flags
    New(Box<New>),
    /// Check settings, requests and state without running anything
    Validate(Validate),
    /// Show what a reconcile would do
    Plan(Plan),
    /// Do what is approved and due
    Reconcile(Reconcile),
    /// Stay: reconcile when something changes and when something falls due
    Watch(Watch),
    /// Start a state from a table of who holds what
    Import(Import),
    /// List the change requests, or show one in full
    Status(Status),
    /// Show which roles employees hold
    Roles(Roles),
    /// Show who holds roles
    Holders(Holders),
    /// Show why somebody holds a role: the logs and requests that gave it
    Explain(Explain),
    /// Show change logs
    Log(Log),
    /// Approve a change request with a signature
    Approve(Approve),
    /// Reject a change request with a signature
    Reject(Approve),
    /// Fetch who has reviewed what was merged, from a forge
    #[cfg(feature = "forge")]
    Evidence(Evidence),
    /// Record that a person has done what waits for one
    Complete(Complete),
    /// Close a non-compliant change log
    Resolve(Resolve),
    /// Check that logs and state agree, from the baseline on
    Verify(Verify),
    /// Print a JSON Schema, or write those of the access repository
    Schema(Schema),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page, or write one for each command
    Man(Man),
}

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

/// `rolecall import`
#[derive(Debug, Args)]
pub struct Import {
    /// A CSV file: employee,name,email,status,role
    pub file: PathBuf,
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

/// `rolecall approve` and `rolecall reject`
#[derive(Debug, Args)]
pub struct Approve {
    /// The request's id
    #[arg(add = ArgValueCompleter::new(completion::decidable))]
    pub id: String,
    /// Who decides: a person of the settings [default: whose key it is]
    #[arg(long = "as", value_name = "PERSON", add = ArgValueCompleter::new(completion::people))]
    pub person: Option<String>,
    /// The SSH key to sign with: a private key, or a public one whose private half the agent has [default: a key of the agent]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// What there is to say about it; it is signed as well
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// `rolecall evidence`
#[cfg(feature = "forge")]
#[derive(Debug, Args)]
pub struct Evidence {
    /// Which forge
    #[command(subcommand)]
    pub forge: Forge,
}

/// The forges of `rolecall evidence`.
#[cfg(feature = "forge")]
#[derive(Debug, Subcommand)]
pub enum Forge {
    /// From GitHub or GitHub Enterprise; the token is taken from `GITHUB_TOKEN`
    Github {
        /// The repository there
        #[arg(long, value_name = "OWNER/NAME")]
        repo: String,
        /// What holds for every forge.
        #[command(flatten)]
        fetch: Fetch,
    },
    /// From GitLab, also a self-hosted one; the token is taken from `GITLAB_TOKEN`
    Gitlab {
        /// The project there: its path, or its number
        #[arg(long, value_name = "PROJECT")]
        project: String,
        /// What holds for every forge.
        #[command(flatten)]
        fetch: Fetch,
    },
}

/// What is fetched from a forge, and how.
#[cfg(feature = "forge")]
#[derive(Debug, Args)]
pub struct Fetch {
    /// The requests [default: all merged ones that wait for evidence of a forge]
    #[arg(long = "request", value_name = "ID", num_args = 1.., add = ArgValueCompleter::new(completion::decidable))]
    pub requests: Vec<String>,
    /// The root of the forge's API, where it is not the public one; plain http for loopback only
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Sign the records with this SSH key
    #[arg(long, value_name = "FILE")]
    pub sign_key: Option<PathBuf>,
    /// How long to try for each request [default: 45s]
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
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

/// `rolecall schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Of which file
    #[arg(value_enum)]
    pub document: Option<Document>,
    /// Write it into schema/ of the access repository; without DOCUMENT those that editors use, and what is there already
    #[arg(long)]
    pub write: bool,
}

/// The documents with a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// A change request
    Request,
    /// rolecall.yaml
    Settings,
    /// state/state.yaml
    State,
    /// A change log
    Changelog,
}

/// `rolecall completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `rolecall man`
#[derive(Debug, Args)]
pub struct Man {
    /// Write the pages of all commands into this folder: rolecall.1, rolecall-plan.1 and so on
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}
