//! `rolecall new`: writes a change request from flags.

mod place;
mod text;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use crate::check::finding::{Code, Finding};
use crate::cli::args::{Document as DocumentKind, Kind, New as Args};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::schemas;
use crate::cli::world::Checked;
use crate::model::{Instant, RoleId, State};
use crate::plan::Candidate;
use crate::reconcile::port::LedgerError;
use crate::render;
use crate::store::atomic;

use place::Place;

/// Writes a request file that `validate` takes, and prints its path.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let checked = Checked::load_state(context)?;
    let place = Place::find(&checked.root, &checked.state, args)?;
    let roles = if args.get_roles {
        Some(roles_of(&checked.state, args)?)
    } else {
        None
    };
    let modeline = schemas::is_there(&checked.root, DocumentKind::Request)
        .then(|| schemas::modeline(DocumentKind::Request, &place.path));
    let text = text::of(args, &place.id, roles.as_ref(), modeline.as_deref())?;
    let findings = would_find(context, &place.path, &text)?;
    if findings.iter().any(Finding::is_error) {
        return Err(Error::findings(
            "the request would not be valid, so it was not written",
            findings,
        ));
    }
    write(&checked.root, &place.path, &text)?;
    context.show(&findings);
    let root = &checked.root;
    context.print(
        |_| format!("{}\n", shown(root, &place.path)),
        |_| {
            render::json::text(&Document {
                version: render::json::VERSION,
                path: &place.path,
            })
        },
    )?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    path: &'a str,
}

/// What `validate` would find in a file with this text.
fn would_find(context: &Context, path: &str, text: &str) -> Result<Vec<Finding>, Error> {
    let checked = Checked::load_with(context, path, text.as_bytes().to_vec())?;
    let mut candidates = checked.candidates.into_iter();
    let candidate = candidates.find(|candidate| candidate.path == path);
    let about = |finding: &Finding| finding.path.as_deref() == Some(path);
    Ok(candidate.map_or_else(
        || checked.findings.into_iter().filter(about).collect(),
        |candidate| {
            let over = end_passed(&candidate, context.now);
            candidate.findings.into_iter().chain(over).collect()
        },
    ))
}

/// What is to be said of temporary access that is over as it is asked for. `validate` says nothing of it: what it finds does not
/// depend on the clock.
fn end_passed(candidate: &Candidate, now: Instant) -> Option<Finding> {
    let (request, _) = candidate.valid()?;
    let end = request.end.as_ref().filter(|end| end.utc <= now)?;
    let message = format!(
        "the access has been over since {}, so nothing will be given",
        end.local
    );
    let finding = Finding::warning(Code::EndPassed, message).in_file(&*candidate.path);
    Some(finding.hint("write a later `end_date`"))
}

fn write(root: &Path, path: &str, text: &str) -> Result<(), Error> {
    atomic::create_beside(&root.join(path), text.as_bytes()).map_err(|error| match &error {
        LedgerError::Io { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => {
            Error::invalid(format!("{path} is there already; it was left as it is"))
                .hint("choose another --id")
        }
        _ => error.into(),
    })
}

/// The path as it can be used from the current folder.
fn shown(root: &Path, path: &str) -> String {
    let is_here = std::env::current_dir().is_ok_and(|here| here == root);
    if is_here {
        path.to_owned()
    } else {
        root.join(path).display().to_string()
    }
}

/// *Get Roles for Affected Employees*: every role that one of them holds, permanently or for a time.
fn roles_of(state: &State, args: &Args) -> Result<BTreeSet<RoleId>, Error> {
    let employees = text::ids(&args.affected_employees);
    if args.kind == Kind::Offboard && employees == ["holders"] {
        return Err(
            Error::usage("--get-roles needs employees by id, not `holders`")
                .hint("name the roles with --affected-roles"),
        );
    }
    // Who is not known is found when the text is checked.
    let known: Vec<_> = employees
        .iter()
        .filter_map(|id| state.employees.get(*id))
        .collect();
    let roles: BTreeSet<RoleId> = known.iter().flat_map(|employee| employee.held()).collect();
    if roles.is_empty() && known.len() == employees.len() {
        return Err(Error::invalid("the affected employees hold no roles")
            .hint("name the roles with --affected-roles"));
    }
    Ok(roles)
}
