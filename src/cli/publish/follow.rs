//! Following the remote: what is checked out moves forward to what the remote has, and what was never pushed makes way.

use std::collections::BTreeMap;

use super::{Away, STATE, git_of, no_git};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::load::Repository;
use crate::cli::pass::{PATIENCE, lock};
use crate::cli::state::{Kept, read_state, recovered};
use crate::git::{Git, Oid, Recorded, Remote};
use crate::model::{Actor, ChangeLog};
use crate::reconcile::port::Logs as _;
use crate::reconcile::stop::Stop;
use crate::store::lock::Lock;
use crate::store::logs::LogFolder;
use crate::store::retract::Before;
use crate::store::{ATTRIBUTES, STATE_FILE, state_file};

/// The largest state file that is read from git, in bytes.
const STATE_LIMIT: usize = 4 * 1024 * 1024 * 1024;

/// Fetches the remote's branch, and moves what is checked out forward to it. Where there is more here than there, nothing moves.
/// Says whether anything has moved.
///
/// # Errors
///
/// If the remote does not answer, if both have what the other does not, or if a changed file is in the way.
pub fn pull(context: &Context, remote: &str, stop: &Stop) -> Result<bool, Error> {
    let remote = fetch(context, remote, stop)?;
    let lock = lock(context, Some(PATIENCE), "pull")?;
    let git = git_of(&lock)?;
    git.check_idle()?;
    let (head, there) = (checked_out(&git)?, last_seen(&git, &remote)?);
    if git.comes_before(&there, &head)? {
        return Ok(false);
    }
    if !git.comes_before(&head, &there)? {
        return Err(parted(&remote));
    }
    settle(&git, &head)?;
    git.fast_forward(&head, &there)?;
    Ok(true)
}

/// Fetches the remote's branch, and moves nothing. That needs no lock: nobody has to wait for the network.
pub(in crate::cli) fn fetch(context: &Context, remote: &str, stop: &Stop) -> Result<Remote, Error> {
    let git = Git::discover(&context.root()?)?.ok_or_else(no_git)?;
    let remote = target(context, &git, remote)?;
    let there = git.fetch(&remote, stop.flag()).map_err(|error| {
        let error = Error::from(error);
        Error {
            cause: error
                .cause
                .context(Away(format!("failed to fetch {}", remote.shown()))),
            hint: Some(
                "nothing was done; see whether the remote answers: `git ls-remote`".to_owned(),
            ),
            ..error
        }
    })?;
    match there {
        Some(_) => Ok(remote),
        None => Err(no_branch(&remote)),
    }
}

/// Refuses where the protected branch is one of this clone and another one is checked out: what is committed there would not be on it.
pub(super) fn check_branch(context: &Context, git: &Git) -> Result<(), Error> {
    let (branch, is_read) = Repository::branch_to_follow(context)?;
    if is_read {
        is_here(git, &branch)?;
    }
    Ok(())
}

/// Whether the protected branch is one of this clone; then it has to be what is checked out.
fn is_here(git: &Git, protected: &str) -> Result<bool, Error> {
    let short = protected.strip_prefix("refs/heads/").unwrap_or(protected);
    let whole = format!("refs/heads/{short}");
    let head = git.head()?.branch;
    if head.as_ref() == Some(&whole) {
        return Ok(true);
    }
    if git.tip_if_there(&whole)?.is_none() {
        return Ok(false);
    }
    let where_it_is = head.map_or_else(
        || "no branch is checked out".to_owned(),
        |head| {
            let head = head.strip_prefix("refs/heads/").unwrap_or(&head);
            format!("{head:?} is checked out")
        },
    );
    Err(Error::invalid(format!(
        "the protected branch is {short:?}, and {where_it_is}"
    ))
    .hint(format!(
        "run `git switch {short}` first, or name the one of a remote with --branch, such as origin/{short}"
    )))
}

/// The branch of a remote that has to do with the protected one, which must be what is checked out.
pub(super) fn target(context: &Context, git: &Git, name: &str) -> Result<Remote, Error> {
    let (protected, is_read) = Repository::branch_to_follow(context)?;
    if !is_read {
        let head = git.head()?.branch;
        let here = head.as_deref();
        let here = here.and_then(|head| head.strip_prefix("refs/heads/"));
        return Ok(git.remote(name, here.unwrap_or(&protected))?);
    }
    if is_here(git, &protected)? {
        let short = protected.strip_prefix("refs/heads/").unwrap_or(&protected);
        return Ok(git.remote(name, short)?);
    }
    let tracked = protected
        .strip_prefix("refs/remotes/")
        .unwrap_or(&protected);
    match tracked.strip_prefix(name).and_then(|rest| rest.strip_prefix('/')) {
        Some(branch) => Ok(git.remote(name, branch)?),
        None => Err(Error::invalid(format!(
            "the protected branch {protected:?} is neither a branch here nor one of the remote {name:?}"
        ))
        .hint(format!("check it out, or give --branch {name}/main"))),
    }
}

/// Moves what is checked out to what the remote had when it was last fetched; gives what is checked out then, and what the remote has. The former is more only
/// by commits of the state.
pub(super) fn catch_up(git: &Git, lock: &Lock, remote: &Remote) -> Result<(Oid, Oid), Error> {
    let (head, there) = (checked_out(git)?, last_seen(git, remote)?);
    settle(git, &head)?;
    if git.comes_before(&there, &head)? {
        let others = git.changed_outside(&there, &head, STATE)?;
        return match others.first() {
            None => Ok((head, there)),
            Some(path) => Err(Error::invalid(format!(
                "there are commits here that {} does not have, with {path} among them",
                remote.shown()
            ))
            .hint("push them, or take them back: a reconcile pushes nothing but the state")),
        };
    }
    if !git.comes_before(&head, &there)? {
        return Err(parted(remote));
    }
    make_way(git, lock, &head, &there)?;
    git.fast_forward(&head, &there)?;
    Ok((there.clone(), there))
}

/// Mends an index that a killed process did not bring up to date; else the next commit by hand would take logs away again.
pub(super) fn settle(git: &Git, head: &Oid) -> Result<(), Error> {
    git.settle_index(head, STATE).map_err(|error| {
        let error = Error::from(error);
        Error {
            cause: error
                .cause
                .context("git's index does not agree with what is checked out"),
            hint: Some(
                "if another git is at work here, wait for it; if one was killed, remove .git/index.lock".to_owned(),
            ),
            ..error
        }
    })
}

fn checked_out(git: &Git) -> Result<Oid, Error> {
    git.head()?.commit.ok_or_else(|| {
        Error::invalid("nothing is committed here yet")
            .hint("commit the settings, requests and state first")
    })
}

fn last_seen(git: &Git, remote: &Remote) -> Result<Oid, Error> {
    git.last_seen(remote)?.ok_or_else(|| no_branch(remote))
}

fn no_branch(remote: &Remote) -> Error {
    Error::invalid(format!(
        "the remote {:?} has no branch {:?}",
        remote.name, remote.branch
    ))
    .hint(format!(
        "push it once by hand: `git push {} {}`",
        remote.name, remote.branch
    ))
}

fn parted(remote: &Remote) -> Error {
    let shown = remote.shown();
    let message = format!(
        "what is checked out here and {shown} have parted: each has commits that the other does not"
    );
    Error::new(Exit::CouldNotRun, message).hint(format!(
        "see `git log {shown}..` for what is only here; push it or take it back (`git reset --keep {shown}`)"
    ))
}

/// Where the remote's state has moved on, what is only here makes way: logs that were never pushed, and that the program wrote by itself. What
/// a person has done is not thrown away.
fn make_way(git: &Git, lock: &Lock, head: &Oid, there: &Oid) -> Result<(), Error> {
    let (known, next) = (
        git.files_below(head, STATE)?,
        git.files_below(there, STATE)?,
    );
    if known == next {
        return Ok(());
    }
    let logs = LogFolder::open(lock.root())?;
    let mut extra = Vec::new();
    for serial in logs.serials() {
        extra.extend(
            logs.path(serial)
                .filter(|path| !known.contains_key(path))
                .map(|path| (serial, path)),
        );
    }
    let now = stored(git, lock, &[STATE_FILE.to_owned(), ATTRIBUTES.0.to_owned()])?;
    let paths: Vec<_> = extra.iter().map(|(_, path)| path.clone()).collect();
    let ours = stored(git, lock, &paths)?;
    // A move to the remote's commit that was cut off has left what that commit has.
    let is_theirs = |path: &str| {
        let here = now.get(path).or_else(|| ours.get(path));
        here.is_some() && here == next.get(path)
    };
    let is_new = |path: &str| now.contains_key(path) && !known.contains_key(path);
    let has_attributes =
        !is_new(ATTRIBUTES.0) || !next.contains_key(ATTRIBUTES.0) || is_theirs(ATTRIBUTES.0);
    let is_clean = now.get(STATE_FILE) == known.get(STATE_FILE) || is_theirs(STATE_FILE);
    if is_clean && has_attributes && paths.iter().all(|path| is_theirs(path)) {
        return Ok(());
    }
    if !is_clean {
        refuse_hand_edits(lock, &logs)?;
    }
    for (serial, path) in extra.iter().filter(|(_, path)| !is_theirs(path)) {
        refuse_by_hand(&logs.read(*serial)?.log, path)?;
    }
    let Some(state) = known.get(STATE_FILE) else {
        return Err(Error::invalid(format!(
            "{STATE_FILE} is not committed here, and the remote has one"
        ))
        .hint("keep a copy of it elsewhere, remove it, and run again"));
    };
    let last = extra.iter().map(|(serial, _)| serial - 1).min();
    let state = git.blob(state, STATE_LIMIT)?;
    tracing::info!(
        logs = extra.len(),
        "what was never pushed makes way for what the remote has"
    );
    Before::committed(state, last.unwrap_or(logs.last()), has_attributes).restore(lock)?;
    Ok(())
}

fn stored(git: &Git, lock: &Lock, paths: &[String]) -> Result<BTreeMap<String, Oid>, Error> {
    let there: Vec<_> = paths
        .iter()
        .filter(|path| lock.root().join(path).is_file())
        .cloned()
        .collect();
    let stored = git.store(&there)?;
    Ok(stored
        .into_iter()
        .map(|Recorded { path, oid }| (path, oid))
        .collect())
}

fn refuse_hand_edits(lock: &Lock, logs: &LogFolder) -> Result<(), Error> {
    let file = read_state(Kept::of(state_file::read(lock.root())?), logs.last() > 0)?;
    let recovered = recovered(file, logs)?;
    if recovered.drift.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Exit::CouldNotRun,
        "the state file was edited by hand here, and the remote's has changed since",
    )
    .hint("take the edit back (`git restore state/state.yaml`), run again, and make it anew on what comes"))
}

fn refuse_by_hand(log: &ChangeLog, path: &str) -> Result<(), Error> {
    let Actor::Person(who) = &log.actor else {
        return Ok(());
    };
    let who = if who.is_empty() { "somebody" } else { who };
    Err(Error::new(
        Exit::CouldNotRun,
        format!("{path} is what {who} did by hand, was never pushed, and the remote has changed since"),
    )
    .hint("keep a copy of it, remove it together with the logs behind it, run again, and do it once more"))
}
