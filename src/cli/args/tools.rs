//! Commands for other programs: editors, shells, manuals.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use clap_complete::Shell;

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
