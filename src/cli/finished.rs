//! Leaving finished requests out: there may be a hundred thousand of them, and nothing is to be said of most.
//!
//! A finished request whose file has the content that its record names takes no part in a plan. Where the tip of a protected
//! branch is read, a note of the last pass ([`crate::store::seen`]) and the ids that git gives trees decide which files need to be
//! looked at; otherwise the files are read, and their digests do.

use std::borrow::Cow;
use std::collections::HashSet;
use std::thread;

use super::error::Error;
use super::history::request_of;
use super::load::{Repository, RequestFile};
use super::requests::is_as_carried_out;
use crate::document::request;
use crate::git::Oid;
use crate::model::{Digest, RequestId, State};
use crate::plan::Candidate;
use crate::reconcile::port::Logs as _;
use crate::store::logs::LogFolder;
use crate::store::seen::{self, Open, Seen};

/// Over so many logs since the note, everything is looked at again.
const MOST_LOGS: u64 = 10_000;

/// Whether finished requests are looked at where there is nothing to say of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Finished {
    /// They are, as whoever lists all requests needs.
    #[default]
    Read,
    /// They are left out.
    LeftOut,
}

/// Reads the request files at the tip, and leaves out those of finished requests of which nothing is to be said.
pub(super) fn read_open(
    repository: &mut Repository,
    state: &State,
    logs: &LogFolder,
) -> Result<(), Error> {
    if has_note_of_chain(repository, logs) {
        // The plan will need it, and waits for it then; where there can be no more threads, it does it itself.
        let records = state.requests.clone();
        let _ = thread::Builder::new().spawn(move || records.prepare());
        if !repository.take_noted() {
            repository.list_tip()?;
            if let Some(known) = Known::of(repository, logs) {
                leave_out(repository, state, &known);
            }
        }
    }
    repository.read_tip()?;
    let stays = |file: &RequestFile| {
        let id = request::stem(&file.path);
        !is_as_carried_out(state, id, || Digest::of(&file.bytes))
    };
    let mut stays = with_twins(&repository.files, stays).into_iter();
    repository.files.retain(|_| stays.next().unwrap_or(true));
    Ok(())
}

/// Which files stay: those that do by themselves, and those that have the id of one which does, in small letters.
fn with_twins(files: &[RequestFile], stays: impl Fn(&RequestFile) -> bool) -> Vec<bool> {
    let stays: Vec<bool> = files.iter().map(stays).collect();
    let stay = files.iter().zip(&stays).filter(|(_, stays)| **stays);
    let kept = ids(stay.map(|(file, _)| file.path.as_str()));
    let is_kept = |file: &RequestFile| kept.contains(&*folded(&file.path));
    let all = files.iter().zip(stays);
    all.map(|(file, stays)| stays || is_kept(file)).collect()
}

/// Whether there is a note of an earlier pass that is of this history, and not of one long past.
fn has_note_of_chain(repository: &Repository, logs: &LogFolder) -> bool {
    repository.seen.as_ref().is_some_and(|seen| {
        let (serial, last) = (seen.serial, logs.last());
        let is_near = serial > 0 && serial <= last && last - serial <= MOST_LOGS;
        is_near && logs.head(serial).is_ok_and(|head| head.digest == seen.head)
    })
}

/// Leaves out the files at the tip that need no second look.
fn leave_out(repository: &mut Repository, state: &State, known: &Known) {
    let Some(at_tip) = &mut repository.at_tip else {
        return;
    };
    let is_complete = state
        .requests
        .are_complete(at_tip.paths().map(request::stem));
    let stays = |(path, is_complete): (&str, bool)| {
        !is_complete || known.is_looked_at(path, request::stem(path))
    };
    let stays: Vec<bool> = at_tip.paths().zip(is_complete).map(stays).collect();
    let stay = at_tip.paths().zip(&stays);
    let stay = stay.filter(|(_, stays)| **stays).map(|(path, _)| path);
    let here = repository.files.iter().map(|file| file.path.as_str());
    let kept = ids(stay.chain(here));
    // One that is finished stays too where another one has its id, in small letters.
    let has_twins =
        !state.requests.ids_are_small() || kept.iter().any(|id| state.requests.is_complete(id));
    let is_twin = |path: &str| has_twins && kept.contains(&*folded(path));
    let mut stays = stays.into_iter();
    at_tip.retain(|path| stays.next().unwrap_or(true) || is_twin(path));
}

/// What the note of an earlier pass says of the requests at the tip.
struct Known {
    /// The files that are others now, or were not those of finished requests as they were carried out.
    looked_at: HashSet<String>,
    /// The requests of logs that came since.
    since: HashSet<RequestId>,
}

impl Known {
    /// `None` where the note does not tell.
    fn of(repository: &Repository, logs: &LogFolder) -> Option<Self> {
        let tree = repository.tree.as_ref()?;
        let seen = repository.seen.as_ref()?;
        // What was refused is not named, and need not change to be refused no more: where it differed from another path only in case.
        if seen.has_refused && seen.tree != tree.as_str() {
            return None;
        }
        let mut looked_at = repository.changed_since(&Oid::parse(&seen.tree)?, tree)?;
        looked_at.extend(seen.open.iter().map(|open| open.path.clone()));
        let since = (seen.serial + 1..=logs.last()).map(|serial| request_of(logs, serial));
        Some(Self {
            looked_at,
            since: since.flatten().collect(),
        })
    }

    fn is_looked_at(&self, path: &str, id: &str) -> bool {
        self.looked_at.contains(path) || self.since.contains(id)
    }
}

/// Notes, for the next pass, which files at the tip are not those of finished requests as they were carried out.
pub(super) fn note(
    repository: &Repository,
    candidates: &[Candidate],
    state: &State,
) -> Result<(), Error> {
    let (Some(tree), Some(head)) = (&repository.tree, state.head) else {
        return Ok(());
    };
    let is_finished = |candidate: &&Candidate| {
        is_as_carried_out(state, candidate.id.as_str(), || candidate.content)
    };
    let finished = candidates.iter().filter(is_finished);
    let finished: HashSet<&str> = finished.map(|candidate| &*candidate.path).collect();
    let files = &repository.files;
    let stays = with_twins(files, |file| !finished.contains(&*file.path));
    let open = files.iter().zip(stays).filter(|(_, stays)| *stays);
    let open = open.filter_map(|(file, _)| {
        Some(Open {
            blob: file.blob()?.to_string(),
            path: file.path.clone(),
        })
    });
    let seen = Seen {
        tree: tree.to_string(),
        serial: state.serial,
        head,
        has_refused: repository.has_refused,
        open: open.collect(),
        folders: repository.folders.clone(),
    };
    Ok(seen::write(&repository.root, &seen)?)
}

/// The ids of files, in small letters: no two may have the same.
fn ids<'a>(paths: impl Iterator<Item = &'a str>) -> HashSet<String> {
    paths.map(|path| folded(path).into_owned()).collect()
}

fn folded(path: &str) -> Cow<'_, str> {
    let id = request::stem(path);
    if id.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(id.to_ascii_lowercase())
    } else {
        Cow::Borrowed(id)
    }
}
