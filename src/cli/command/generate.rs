//! `rolecall completions` and `rolecall man`.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::args::{Cli, Completions, Man as ManArgs};
use crate::cli::completion;
use crate::cli::context::{Context, say};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::store::atomic;

/// Prints a completion script. Those of bash, fish and zsh ask the program for ids; the others know commands and options.
pub fn completions(args: &Completions) -> Result<Exit, Error> {
    let script = match completion::script(args.shell, &program()?) {
        Some(script) => script?,
        None => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "rolecall", &mut script);
            script
        }
    };
    say(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// How a script calls this program: by the name that it was called by, or where it is if that was by a path.
fn program() -> Result<String, Error> {
    let called = std::env::args_os().next().unwrap_or_default();
    let called = Path::new(&called);
    let program = match called.components().count() {
        0 => "rolecall".into(),
        1 => called.to_owned(),
        _ => std::path::absolute(called)?,
    };
    Ok(program.to_string_lossy().into_owned())
}

/// Prints the manual page of the program, or writes that of every command into a folder.
pub fn man(context: &Context, args: &ManArgs) -> Result<Exit, Error> {
    context.forms(&[])?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.out else {
        say(&String::from_utf8_lossy(&page(command)?.1))?;
        return Ok(Exit::Done);
    };
    let mut commands = Vec::new();
    collect(command, &mut commands);
    atomic::create_folder(folder)?;
    let mut list = String::new();
    for command in commands {
        let (name, text) = page(command)?;
        let path = folder.join(name);
        atomic::write_output(&path, &text)?;
        list.push_str(&crate::render::escape::terminal(
            &path.display().to_string(),
        ));
        list.push('\n');
    }
    say(&list)?;
    Ok(Exit::Done)
}

/// A command and those below it.
fn collect(command: Command, commands: &mut Vec<Command>) {
    let below: Vec<_> = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
        .cloned()
        .collect();
    commands.push(command);
    for command in below {
        collect(command, commands);
    }
}

/// The page of a command, and what its file is called.
fn page(command: Command) -> Result<(String, Vec<u8>), Error> {
    let page = Man::new(command).manual("rolecall");
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok((page.get_filename(), text))
}
