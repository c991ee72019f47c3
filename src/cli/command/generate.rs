//! `rolecall completions` and `rolecall man`.

use clap::CommandFactory;

use crate::cli::args::{Cli, Completions};
use crate::cli::context::say;
use crate::cli::error::Error;
use crate::cli::exit::Exit;

/// Prints a completion script.
pub fn completions(args: &Completions) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rolecall", &mut script);
    say(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// Prints the manual page, that of every command behind it.
pub fn man() -> Result<Exit, Error> {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for subcommand in command.get_subcommands() {
        clap_mangen::Man::new(subcommand.clone()).render(&mut page)?;
    }
    say(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}
