//! `rolecall import`: starts a state from a table of who holds what.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::Serialize;

use crate::cli::args::Import as Args;
use crate::cli::context::{Context, SETTINGS};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::load::Repository;
use crate::cli::pass::lock;
use crate::cli::state::{Kept, read_state};
use crate::document::canonical::flow_scalar;
use crate::document::source::Source;
use crate::document::{state, table};
use crate::model::{EmployeeView, RoleId, Settings, State};
use crate::reconcile::port::Logs as _;
use crate::render::{escape, json};
use crate::store::logs::LogFolder;
use crate::store::{SCRATCH, STATE_FILE, atomic, state_file};

/// Writes the state, and prints the roles that the catalogue does not have.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let repository = Repository::open_settings(context)?;
    let source = read_table(&args.file)?;
    let imported = table::read(&source, &repository.settings).map_err(|findings| {
        Error::findings("the table has errors, so nothing was written", findings)
    })?;
    let _lock = lock(context, None, "import")?;
    refuse_started(&repository)?;
    let target = repository.root.join(STATE_FILE);
    let text = state::write(&imported);
    atomic::replace(&repository.root.join(SCRATCH), &target, text.as_bytes())?;
    let summary = Summary::of(&imported, &repository.settings);
    context.print(|_| summary.human(), |_| json::text(&summary))?;
    Ok(Exit::Done)
}

fn read_table(path: &Path) -> Result<Source, Error> {
    let shown = path.display().to_string();
    let mut bytes = Vec::new();
    // One byte more than is read shows that the file is too large.
    let read = File::open(path)
        .and_then(|file| file.take(table::LIMIT as u64 + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(Error {
            cause: anyhow::Error::from(error).context(format!("failed to read {shown}")),
            ..Error::new(Exit::CouldNotRun, "")
        });
    }
    table::source(shown, bytes)
        .map_err(|finding| Error::findings("the table cannot be read", vec![finding]))
}

/// Refuses a repository in which something has happened, or somebody is known already.
fn refuse_started(repository: &Repository) -> Result<(), Error> {
    let logs = LogFolder::open(&repository.root)?;
    if logs.last() > 0 {
        return Err(Error::invalid(
            "there are change logs already, so nothing was imported",
        )
        .hint("import is only for before the first reconcile; ask for changes with change requests"));
    }
    let is_blank = match state_file::read(&repository.root)? {
        state_file::StateFile::Missing | state_file::StateFile::Empty => true,
        file @ state_file::StateFile::Bytes(_) => {
            read_state(Kept::of(file), false)?.0 == State::default()
        }
    };
    if is_blank {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{STATE_FILE} has employees already, so nothing was imported"
    ))
    .hint("remove the file first, if the table has everybody"))
}

/// What was imported.
#[derive(Serialize)]
struct Summary {
    version: u32,
    path: &'static str,
    employees: usize,
    inactive: usize,
    /// Pairs of an employee and a role.
    assignments: usize,
    roles: usize,
    missing_roles: Vec<Missing>,
}

/// A role that somebody holds and the catalogue does not have.
#[derive(Serialize)]
struct Missing {
    id: RoleId,
    name: String,
}

impl Summary {
    fn of(state: &State, settings: &Settings) -> Self {
        let employees = || state.employees.iter().map(|entry| entry.employee);
        let held: BTreeSet<&RoleId> = employees().flat_map(EmployeeView::roles).collect();
        let missing = held
            .iter()
            .filter(|role| !settings.roles.contains_key(role.as_str()));
        Self {
            version: json::VERSION,
            path: STATE_FILE,
            employees: state.employees.len(),
            inactive: employees().filter(|employee| !employee.is_active()).count(),
            assignments: employees().map(|employee| employee.roles().len()).sum(),
            roles: held.len(),
            missing_roles: missing
                .map(|role| Missing {
                    id: (*role).clone(),
                    name: name_of(role),
                })
                .collect(),
        }
    }

    /// YAML as a whole: what is no entry of the catalogue is a comment.
    fn human(&self) -> String {
        let mut out = format!(
            "# {}: {} ({} inactive), {} of {}.\n",
            self.path,
            count(self.employees, "employee"),
            self.inactive,
            count(self.assignments, "assignment"),
            count(self.roles, "role"),
        );
        if self.missing_roles.is_empty() {
            out.push_str("# Every role is in the catalogue.\n");
            return out;
        }
        let _ = writeln!(
            out,
            "# Not in the catalogue yet; correct the names, and put these lines under `roles:` of {SETTINGS}:"
        );
        for Missing { id, name } in &self.missing_roles {
            let (id, name) = (flow_scalar(id.as_str()), flow_scalar(name));
            let _ = writeln!(
                out,
                "  {}: {{name: {}}}",
                escape::terminal(&id),
                escape::terminal(&name)
            );
        }
        out
    }
}

fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// A first name for a role: the words of its id.
fn name_of(role: &RoleId) -> String {
    let words = role.as_str().split(['-', '_', '.', '/', ':']);
    let words = words.filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join(" ")
}
