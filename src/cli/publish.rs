//! Bringing what a pass did into git: a commit of the state alone, and a push that never undoes anybody's work.
//!
//! Clones that share a remote need nothing else in common. Each fetches, follows the remote, plans from scratch, and pushes one commit, which
//! the remote takes only where nobody was faster. Who was not the first takes back what it wrote and begins again. What is checked out
//! is moved last: until the remote has the commit, nothing here refers to it.

mod follow;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::args::Publishing;
use super::context::Context;
use super::error::Error;
use super::exit::Exit;
use super::pass::{Options, Passed, once};
use crate::git::{Author, Git, GitError, Oid, Pushed, Recorded, Remote};
use crate::model::ChangeLog;
use crate::plan::Plan;
use crate::reconcile::outcome::Published;
use crate::reconcile::port::Logs as _;
use crate::reconcile::stop::Stop;
use crate::render;
use crate::store::lock::Lock;
use crate::store::logs::LogFolder;
use crate::store::retract::Before;
use crate::store::{ATTRIBUTES, SCRATCH, STATE_FILE};
use crate::time::backoff::pause;

pub(super) use follow::fetch;
pub use follow::pull;

/// The folder that commits are made of.
const STATE: &str = "state";

/// How often a push is tried where others are faster.
const ATTEMPTS: u32 = 25;
/// The longest pause after the first attempt; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What happens in git to what a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Publish {
    /// Nothing.
    #[default]
    Nothing,
    /// It is committed.
    Commit(Option<Author>),
    /// It is kept for a later push to this remote, which does not answer: done on top of what the remote had when it was last seen, and
    /// not committed.
    Keep(String),
    /// It is committed, and pushed to a remote.
    Push {
        /// The remote's name.
        remote: String,
        /// Who the commit is by.
        author: Option<Author>,
    },
}

impl Publish {
    /// What the flags ask for.
    ///
    /// # Errors
    ///
    /// Wrong usage where `--author` has not both a name and an address, or says by whom what is not committed is.
    pub fn of(args: &Publishing) -> Result<Self, Error> {
        let author = args.author.as_deref().map(author).transpose()?;
        match &args.push {
            Some(remote) => Ok(Self::Push {
                remote: remote.clone(),
                author,
            }),
            None if args.commit => Ok(Self::Commit(author)),
            None if author.is_some() => Err(Error::usage(
                "--author says by whom the commit is, and nothing is committed",
            )
            .hint("give --commit or --push as well")),
            None => Ok(Self::Nothing),
        }
    }
}

/// Reads `Name <address>`.
fn author(text: &str) -> Result<Author, Error> {
    let is_plain = |part: &str| {
        !part.is_empty() && !part.chars().any(|it| it.is_control() || "<>".contains(it))
    };
    text.split_once('<')
        .and_then(|(name, rest)| Some((name.trim(), rest.strip_suffix('>')?.trim())))
        .filter(|(name, email)| is_plain(name) && is_plain(email))
        .map(|(name, email)| Author {
            name: name.to_owned(),
            email: email.to_owned(),
        })
        .ok_or_else(|| {
            Error::usage(format!("--author {text:?} is not a name and an address"))
                .hint("write it as git does: --author \"Name <address>\"")
        })
}

/// A clone in which commits are made, under the lock.
struct Desk<'a> {
    git: Git,
    lock: &'a Lock,
    author: Option<&'a Author>,
}

/// Does a pass, and commits what it did.
pub(super) fn commit(
    context: &Context,
    lock: &Lock,
    options: &Options,
    author: Option<&Author>,
    show: impl Fn(&Plan) -> Result<(), Error>,
) -> Result<Passed, Error> {
    let desk = Desk::open(lock, author)?;
    follow::check_branch(context, &desk.git)?;
    let head = desk.git.head()?.commit;
    if let Some(head) = &head {
        follow::settle(&desk.git, head)?;
    }
    let mut passed = once(context, lock, options, None, show)?;
    if let Some((commit, files)) = desk.commit(head.as_ref())? {
        desk.git
            .advance(head.as_ref(), &commit, author)
            .map_err(not_committed)?;
        passed.outcome.published = Some(desk.published(&commit, &files));
    }
    Ok(passed)
}

/// Does a pass on top of what the remote had when it was last seen, where a push of it would not be refused.
pub(super) fn keep(
    context: &Context,
    lock: &Lock,
    options: &Options,
    remote: &str,
    show: impl Fn(&Plan) -> Result<(), Error>,
) -> Result<Passed, Error> {
    let git = git_of(lock)?;
    git.check_idle()?;
    let remote = follow::target(context, &git, remote)?;
    let (base, _) = follow::catch_up(&git, lock, &remote)?;
    once(context, lock, options, Some(&base), show)
}

/// Follows the remote as it was fetched, does a pass, commits what it did and pushes that; again from the start where somebody was faster.
pub(super) fn push(
    context: &Context,
    lock: &Lock,
    options: &Options,
    (remote, author): (&str, Option<&Author>),
    show: impl Fn(&Plan) -> Result<(), Error>,
) -> Result<Passed, Error> {
    let stop = &options.stop;
    let mut refused = String::new();
    for attempt in 1..=ATTEMPTS {
        // Nothing that git knew before is relied on.
        let desk = Desk::open(lock, author)?;
        let remote = follow::target(context, &desk.git, remote)?;
        let (base, there) = follow::catch_up(&desk.git, lock, &remote)?;
        let before = Before::now(lock)?;
        let mut passed = once(&context.later(), lock, options, Some(&base), &show)?;
        let made = desk.commit(Some(&base))?;
        if made.is_none() && base == there {
            return Ok(passed);
        }
        let (commit, files) = made.unwrap_or_else(|| (base.clone(), Vec::new()));
        match desk.deliver(&remote, &commit, &there, stop)? {
            Delivered::There => {
                desk.git.advance(Some(&base), &commit, author)?;
                passed.outcome.published = Some(Published {
                    pushed_to: Some(remote.shown()),
                    attempts: attempt,
                    ..desk.published(&commit, &files)
                });
                return Ok(passed);
            }
            Delivered::TooLate(said) => {
                tracing::info!(attempt, said, "somebody was faster; planning again");
                before.restore(lock)?;
                refused = said;
            }
        }
        rest(attempt, stop);
        if stop.is_asked() {
            break;
        }
    }
    let message = format!("others were faster each time, so nothing was pushed ({refused})");
    Err(Error::new(Exit::CouldNotRun, message)
        .hint("nothing is lost and nothing was done; run the command again"))
}

/// What became of a commit that was to be pushed.
enum Delivered {
    /// The remote has it.
    There,
    /// The branch there has moved on; what the remote said.
    TooLate(String),
}

impl<'a> Desk<'a> {
    fn open(lock: &'a Lock, author: Option<&'a Author>) -> Result<Self, Error> {
        let git = git_of(lock)?;
        git.check_idle()?;
        git.check_author(author)?;
        Ok(Self { git, lock, author })
    }

    /// Writes a commit with what the state folder has and `parent` does not, if there is anything.
    fn commit(&self, parent: Option<&Oid>) -> Result<Option<(Oid, Vec<Recorded>)>, Error> {
        let root = self.lock.root();
        let known = match parent {
            Some(parent) => self.git.files_below(parent, STATE)?,
            None => BTreeMap::new(),
        };
        let logs = LogFolder::open(root)?;
        let paths: BTreeSet<_> = logs
            .serials()
            .filter_map(|serial| logs.path(serial))
            .collect();
        if let Some(gone) = known
            .keys()
            .find(|path| LogFolder::is_log(path) && !paths.contains(*path))
        {
            return Err(
                Error::integrity(format!("{gone} is committed, and gone from the folder"))
                    .hint("put it back with `git restore`; change logs are never removed"),
            );
        }
        let mut wanted: Vec<_> = paths
            .into_iter()
            .filter(|path| !known.contains_key(path))
            .collect();
        let new = wanted.len() as u64;
        for path in [STATE_FILE, ATTRIBUTES.0] {
            let there = root.join(path).symlink_metadata();
            if there.is_ok_and(|there| there.is_file()) {
                wanted.push(path.to_owned());
            }
        }
        let mut files = self.git.store(&wanted)?;
        files.retain(|file| known.get(&file.path) != Some(&file.oid));
        if files.is_empty() {
            return Ok(None);
        }
        let first = logs.last() + 1 - new.min(logs.last());
        let message = message(&logs, first)?;
        let index = self.index();
        let commit = self
            .git
            .commit(parent, &files, &message, self.author, &index);
        let _ = std::fs::remove_file(&index);
        Ok(Some((commit.map_err(not_committed)?, files)))
    }

    /// Where the index of a commit is put together; what a killed process leaves of it is removed with the rest.
    fn index(&self) -> PathBuf {
        let root = self.lock.root();
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        root.join(SCRATCH)
            .join(format!("tmp-index-{}", std::process::id()))
    }

    /// What became of it, once the commit is checked out: the user's index is to know it, or people to be told that it does not yet.
    fn published(&self, commit: &Oid, files: &[Recorded]) -> Published {
        let noted = self.git.note_in_index(files);
        Published {
            id: commit.to_string(),
            pushed_to: None,
            attempts: 1,
            index: noted.err().map(|error| error.to_string()),
        }
    }

    /// Pushes a commit, and finds out what became of it, whatever the remote said.
    fn deliver(
        &self,
        remote: &Remote,
        commit: &Oid,
        there: &Oid,
        stop: &Stop,
    ) -> Result<Delivered, Error> {
        let outcome = self.git.push(remote, commit, stop.flag());
        let (said, is_late) = match outcome {
            Ok(Pushed::Done) => return Ok(Delivered::There),
            Ok(Pushed::Already) => {
                return Ok(Delivered::TooLate(
                    "it has the very same commit already".to_owned(),
                ));
            }
            Ok(Pushed::Refused { said, is_late }) => (said, is_late),
            Err(error) => (error.to_string(), false),
        };
        let unsure = |cause: &dyn std::fmt::Display| {
            let message = format!("failed to push to {}: {cause}", remote.shown());
            let error = Error {
                cause: anyhow::Error::new(Away(message)),
                ..Error::new(Exit::CouldNotRun, "")
            };
            error.hint(
                "nothing is lost: what was done is in state/, and the next reconcile with --push brings it to the remote, or does \
                 it again from what the remote has then",
            )
        };
        let git = git_of(self.lock)?;
        let now = match git.fetch(remote, stop.flag()) {
            Ok(Some(now)) => now,
            Ok(None) => return Err(unsure(&said)),
            Err(error) => return Err(unsure(&format!("{said}; {error}"))),
        };
        if git.comes_before(commit, &now)? {
            return Ok(Delivered::There);
        }
        if now == *there && !is_late {
            return Err(unsure(&said));
        }
        Ok(Delivered::TooLate(said))
    }
}

/// The message of a commit with the logs from a serial on.
fn message(logs: &LogFolder, first: u64) -> Result<String, Error> {
    let read: Result<Vec<ChangeLog>, Error> = (first..=logs.last())
        .map(|serial| Ok(logs.read(serial)?.log))
        .collect();
    let head = match logs.last() {
        0 => None,
        last => Some(logs.head(last)?.digest),
    };
    Ok(render::commit::message(&read?, head))
}

/// The remote did not answer, or not as it should. What is due can still be done here.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Away(String);

fn git_of(lock: &Lock) -> Result<Git, Error> {
    Git::discover(lock.root())?.ok_or_else(no_git)
}

/// What was done stands, whatever became of the commit.
fn not_committed(error: GitError) -> Error {
    let error = Error::from(error);
    Error {
        cause: error
            .cause
            .context("what was done is in state/, and is not committed"),
        hint: Some(
            "put the cause right and run the command again: it commits what is there".to_owned(),
        ),
        ..error
    }
}

fn no_git() -> Error {
    Error::invalid("this folder is in no git repository, so nothing can be committed")
        .hint("run `git init` and commit the settings, or leave --commit out")
}

/// Waits a while, longer after each attempt, unless somebody asks for an end.
fn rest(attempt: u32, stop: &Stop) {
    let mut left = pause(attempt, FIRST_PAUSE, LONGEST_PAUSE);
    while !left.is_zero() && !stop.is_asked() {
        let slice = left.min(Duration::from_millis(50));
        std::thread::sleep(slice);
        left = left.saturating_sub(slice);
    }
}
