//! What the daemon of the room `watch` is given: passes, pulls, and a service manager to tell.

mod next;
mod notifier;
mod observer;
mod remote;
mod systemd;
mod tell;
mod work;

use std::time::{Duration, Instant};

use super::context::Context;
use super::error::Error;
use super::exit::Exit;
use crate::git::Git;
use crate::render::escape;
use crate::time::clock::SystemClock;
use crate::watch::glance::Glance;
use crate::watch::{Failure, FailureKind, GitFolders, Places};

pub use observer::Observed;
pub use remote::Remote;
use systemd::Systemd;
pub use work::Reconciler;

/// How long files may be written before a pass takes them as they are.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many findings stand in the message of a failure.
const SHOWN: usize = 3;

/// The same context, in which the access repository is known by its absolute path: the daemon follows the path, not the folder.
///
/// # Errors
///
/// If there is none.
pub fn fixed(context: &Context) -> Result<Context, Error> {
    let mut context = context.clone();
    context.global.dir = Some(std::path::absolute(context.root()?)?);
    Ok(context)
}

/// Where everything is now. What cannot be found out is told by the pass that follows.
fn places(context: &Context) -> Places {
    let root = context.root().unwrap_or_else(|_| {
        let folder = context.global.dir.clone();
        folder.unwrap_or_default()
    });
    let root = root.canonicalize().unwrap_or(root);
    let git = Git::discover(&root).ok().flatten();
    let folders = git.and_then(|git| git.folders().ok());
    Places {
        git: folders.map(|folders| GitFolders {
            own: folders.own,
            common: folders.common,
        }),
        root,
    }
}

/// Waits until nobody writes settings, state and requests any more, but not for ever.
///
/// # Errors
///
/// If there is no access repository.
pub fn wait_until_settled(context: &Context, settle: Duration) -> Result<(), Error> {
    context.root()?;
    let end = Instant::now() + PATIENCE;
    let places = places(context);
    while Instant::now() < end {
        let glance = Glance::at(&places);
        if glance.young(settle, SystemClock.precise()).is_empty() {
            break;
        }
        std::thread::sleep(settle.min(Duration::from_millis(100)));
    }
    Ok(())
}

/// An error as the daemon takes it: what it is about in one line, with the first findings.
fn failure(error: &Error) -> Failure {
    let causes: Vec<_> = error.cause.chain().map(ToString::to_string).collect();
    let mut message = causes.join(": ");
    let findings = error.findings.iter().filter(|finding| finding.is_error());
    for finding in findings.take(SHOWN) {
        message.push_str("; ");
        if let Some(path) = &finding.path {
            message.push_str(path);
            if let Some(place) = &finding.place {
                message.push_str(&format!(":{}", place.line));
            }
            message.push_str(": ");
        }
        message.push_str(&finding.message);
    }
    let hint = error.hint.clone();
    let hint = hint.or_else(|| {
        error
            .findings
            .iter()
            .find_map(|finding| finding.hint.clone())
    });
    Failure {
        kind: match error.exit {
            Exit::Locked => FailureKind::Locked,
            Exit::Integrity => FailureKind::Integrity,
            _ => FailureKind::Other,
        },
        exit: error.exit as u8,
        message: escape::terminal(&message).into_owned(),
        hint: hint.map(|hint| escape::terminal(&hint).into_owned()),
    }
}

/// How the command ends after a failure that ended the daemon.
pub fn exit_of(failure: &Failure) -> Exit {
    match failure.kind {
        FailureKind::Integrity => Exit::Integrity,
        FailureKind::Locked | FailureKind::Superseded => Exit::Locked,
        FailureKind::Other => Exit::CouldNotRun,
    }
}
