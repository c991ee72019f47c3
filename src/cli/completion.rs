//! Completion in a shell that asks the program itself, so that it knows the ids of the access repository.

mod ids;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::engine::complete;
use clap_complete::env::{EnvCompleter, Fish, Shells, Zsh};
use clap_complete::{CompleteEnv, Shell};

pub use ids::{decidable, employees, forms, people, requests, roles, serials, subjects};

use super::args::Cli;
use super::exit::Exit;

/// The variable by which a shell's script asks; it has the name of the shell.
const VARIABLE: &str = "ROLECALL_COMPLETE";

/// What the program is called.
const NAME: &str = "rolecall";

const SHELLS: Shells<'static> = Shells(&[&Bash, &Fish, &Zsh]);

/// Answers a shell that asks how a command line could go on; `None` where none asks.
///
/// A shell has nowhere to show an error, so none is told.
#[must_use]
pub fn answer(arguments: &[OsString]) -> Option<Exit> {
    if arguments.is_empty() {
        return None;
    }
    let here = std::env::current_dir().ok();
    let question = CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .shells(SHELLS);
    match question.try_complete(arguments, here.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(Exit::Done),
        Err(_) => Some(Exit::CouldNotRun),
    }
}

/// The script for a shell that asks the program, which it calls `program`; `None` for a shell that cannot.
///
/// # Errors
///
/// None that writing to memory could meet.
pub fn script(shell: Shell, program: &str) -> Option<io::Result<Vec<u8>>> {
    let shell = SHELLS.completer(&shell.to_string())?;
    let mut script = Vec::new();
    let written = shell.write_registration(VARIABLE, NAME, NAME, program, &mut script);
    Some(written.map(|()| script))
}

/// Completion in bash.
///
/// Bash parts a command line also at characters that ids may have: `=`, `:` and `@`. So the script puts together again what touches,
/// asks, and gives back the part that bash goes on with.
struct Bash;

const BASH: &str = include_str!("completion/rolecall.bash");

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        variable: &str,
        _name: &str,
        binary: &str,
        completer: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let completer = format!("'{}'", completer.replace('\'', r"'\''"));
        let script = BASH
            .replace("VARIABLE", variable)
            .replace("BINARY", binary)
            .replace("COMPLETER", &completer);
        out.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        arguments: Vec<OsString>,
        here: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let last = arguments.len().saturating_sub(1);
        for candidate in complete(command, arguments, last, here)? {
            let value = candidate.get_value().to_string_lossy();
            // The names of files can be anything; one candidate stands on one line.
            if !value.chars().any(char::is_control) {
                writeln!(out, "{value}")?;
            }
        }
        Ok(())
    }
}
