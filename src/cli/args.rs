//! The command line.

mod act;
mod decide;
mod look;
mod start;
mod tools;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub use act::{Complete, LogFormat, Publishing, Reconcile, Resolve, Watch};
pub use decide::Approve;
#[cfg(feature = "forge")]
pub use decide::{Evidence, Fetch, Forge};
pub use look::{Explain, Holders, Log, Plan, Roles, Status, Validate, Verify};
pub use start::{Import, Init, Kind, New};
pub use tools::{Completions, Document, Man, Schema};

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
