//! From arguments to an exit code.

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use super::args::{Cli, Command};
use super::command;
use super::completion;
use super::context::Context;
use super::exit::Exit;
use crate::model::Decision;

/// Runs the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(exit) = completion::answer(&arguments) {
        return exit;
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    super::logging::start(&cli);
    let context = match Context::new(cli.global.clone()) {
        Ok(context) => context,
        Err(error) => {
            super::context::talk(&super::context::describe(&error));
            return error.exit;
        }
    };
    if let Err(error) = context.try_output() {
        context.fail(&error);
        return error.exit;
    }
    let result = match &cli.command {
        Command::Init(args) => command::init::run(&context, args),
        Command::New(args) => command::new::run(&context, args),
        Command::Validate(args) => command::validate::run(&context, args),
        Command::Plan(args) => command::plan::run(&context, args),
        Command::Reconcile(args) => command::reconcile::run(&context, args),
        Command::Watch(args) => command::watch::run(&context, args),
        Command::Import(args) => command::import::run(&context, args),
        Command::Status(args) => command::status::run(&context, args),
        Command::Roles(args) => command::people::roles(&context, args),
        Command::Holders(args) => command::people::holders(&context, args),
        Command::Explain(args) => command::explain::run(&context, args),
        Command::Log(args) => command::log::run(&context, args),
        Command::Approve(args) => command::approve::run(&context, args, Decision::Approve),
        Command::Reject(args) => command::approve::run(&context, args, Decision::Reject),
        #[cfg(feature = "forge")]
        Command::Evidence(args) => command::evidence::run(&context, args),
        Command::Complete(args) => command::complete::run(&context, args),
        Command::Resolve(args) => command::resolve::run(&context, args),
        Command::Verify(args) => command::verify::run(&context, args),
        Command::Schema(args) => command::schema::run(&context, args),
        Command::Completions(args) => command::generate::completions(args),
        Command::Man(args) => command::generate::man(&context, args),
    };
    result.unwrap_or_else(|error| {
        context.fail(&error);
        error.exit
    })
}

/// Help and version are no errors; everything else is wrong usage.
fn usage(error: &clap::Error) -> Exit {
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
        _ => Exit::Usage,
    }
}
