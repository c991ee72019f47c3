//! The remote that clones share: fetching its branch, following it, and pushing to it only where nobody was faster.
//!
//! This is git as its user has set it up, because only that knows where the remote is and how to log in there. What comes from it
//! is objects; what they mean is read hermetically, as everything else.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use super::process::{Answer, Patience};
use super::program::{Program, failed};
use super::tip::COMMIT_LIMIT;
use super::{Git, GitError, Oid, text};
use crate::time::backoff::pause;

/// How long a remote is given for one answer.
const LIMIT: Duration = Duration::from_mins(2);

/// How often a fetch is tried where another one is in its way, and how long the first pause is at most.
const FETCHES: u32 = 8;
const FETCH_PAUSE: Duration = Duration::from_millis(50);

/// A branch of a remote, and how it is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The remote's name here, such as `origin`.
    pub name: String,
    /// The branch there, without `refs/heads/`.
    pub branch: String,
}

impl Remote {
    /// The branch there as it was when it was last seen.
    fn tracking(&self) -> String {
        format!("refs/remotes/{}/{}", self.name, self.branch)
    }

    /// Both, as people write them: `origin/main`.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{}/{}", self.name, self.branch)
    }
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The remote has taken it.
    Done,
    /// The remote had it already: somebody else has made the very same commit.
    Already,
    /// The remote has not taken it, or did not say that it has.
    Refused {
        /// What it said, hooks included.
        said: String,
        /// Whether git's own reason is that somebody else's push came first or is under way.
        is_late: bool,
    },
}

impl Git {
    /// The branch of a remote.
    ///
    /// # Errors
    ///
    /// [`GitError::NoRemote`] if the clone has no remote of that name, [`GitError::BadName`] for what cannot be a branch.
    pub fn remote(&self, name: &str, branch: &str) -> Result<Remote, GitError> {
        let is_plain = |name: &str| {
            let is_odd = |character: char| {
                text::is_harmful(character)
                    || character.is_whitespace()
                    || ":?*[\\^~".contains(character)
            };
            !name.is_empty()
                && !name.starts_with(['-', '/'])
                && !name.ends_with('/')
                && !name.contains("..")
                && !name.chars().any(is_odd)
        };
        if !is_plain(branch) {
            return Err(GitError::BadName {
                branch: text::harmless(branch.as_bytes()),
            });
        }
        let no_remote = || GitError::NoRemote {
            remote: text::harmless(name.as_bytes()),
        };
        if !is_plain(name) {
            return Err(no_remote());
        }
        let mut command = self.program.users_command("remote", &["get-url", name]);
        let answer = Program::run_command("remote", &mut command, None, Patience::of(LIMIT))?;
        match answer.code {
            Some(0) => Ok(Remote {
                name: name.to_owned(),
                branch: branch.to_owned(),
            }),
            _ => Err(no_remote()),
        }
    }

    /// Fetches the branch, and gives the commit at its tip there; `None` if the remote has no such branch.
    ///
    /// `stop` ends it early.
    ///
    /// # Errors
    ///
    /// [`GitError::Failed`] with what git said if the remote does not answer, [`GitError::TooSlow`] if that takes two minutes.
    pub fn fetch(&self, remote: &Remote, stop: &AtomicBool) -> Result<Option<Oid>, GitError> {
        let tracking = remote.tracking();
        let what = format!("+refs/heads/{}:{tracking}", remote.branch);
        let arguments = [
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--end-of-options",
            &remote.name,
            &what,
        ];
        let mut attempt = 1;
        loop {
            let answer = self.talk("fetch", &arguments, stop)?;
            if answer.code == Some(0) {
                return self.commit_named(&tracking);
            }
            let said = String::from_utf8_lossy(&answer.stderr);
            if said.contains("couldn't find remote ref") {
                return Ok(None);
            }
            // Somebody else fetches into the same clone at the same moment.
            if !said.contains("cannot lock ref") || attempt == FETCHES {
                return Err(failed("fetch", &answer.stderr));
            }
            thread::sleep(pause(attempt, FETCH_PAUSE, FETCH_PAUSE * 8));
            attempt += 1;
        }
    }

    /// The commit at the branch's tip there when it was last fetched; `None` if it never was.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn last_seen(&self, remote: &Remote) -> Result<Option<Oid>, GitError> {
        self.commit_named(&remote.tracking())
    }

    /// Pushes a commit to the branch, which the remote takes only if the branch there is an ancestor of it: whoever was faster is never
    /// undone.
    ///
    /// `stop` ends it early; whether it has arrived is then not known.
    ///
    /// # Errors
    ///
    /// [`GitError::TooSlow`] if the remote takes more than two minutes; else a [`GitError`] if git cannot be run.
    pub fn push(
        &self,
        remote: &Remote,
        commit: &Oid,
        stop: &AtomicBool,
    ) -> Result<Pushed, GitError> {
        let what = format!("{commit}:refs/heads/{}", remote.branch);
        let arguments = [
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--end-of-options",
            &remote.name,
            &what,
        ];
        let answer = self.talk("push", &arguments, stop)?;
        Ok(match answer.code {
            Some(0) if line(&answer, b"=\t").is_some() => Pushed::Already,
            Some(0) => Pushed::Done,
            _ => Pushed::Refused {
                said: refusal(&answer),
                is_late: line(&answer, b"!\t").is_some_and(is_late),
            },
        })
    }

    /// Moves what is checked out forward to a commit that comes after it, also where an earlier such move was cut off; files with changes of the user's own are left alone, and
    /// where the commit has another content for one, nothing is moved.
    ///
    /// # Errors
    ///
    /// [`GitError::InTheWay`] with what git said if it cannot be done.
    pub fn fast_forward(&self, from: &Oid, to: &Oid) -> Result<(), GitError> {
        match self.merge(to) {
            Err(GitError::InTheWay { .. }) => {
                self.take_for_done(from, to)?;
                self.merge(to)
            }
            done => done,
        }
    }

    fn merge(&self, to: &Oid) -> Result<(), GitError> {
        let arguments = ["--ff-only", "--quiet", "--no-verify", to.as_str()];
        let mut command = self.program.users_command("merge", &arguments);
        let answer = Program::run_command("merge", &mut command, None, Patience::default())?;
        match answer.code {
            Some(0) => Ok(()),
            None => Err(GitError::InTheWay {
                message: "git was ended while it moved the work tree".to_owned(),
            }),
            _ => Err(GitError::InTheWay {
                message: whole_complaint(&answer.stderr),
            }),
        }
    }

    fn talk(
        &self,
        subcommand: &'static str,
        arguments: &[&str],
        stop: &AtomicBool,
    ) -> Result<Answer, GitError> {
        let mut command = self.program.users_command(subcommand, arguments);
        let patience = Patience {
            limit: Some(LIMIT),
            stop: Some(stop),
        };
        Program::run_command(subcommand, &mut command, None, patience)
    }

    /// The commit that a full reference name stands for.
    pub(super) fn commit_named(&self, name: &str) -> Result<Option<Oid>, GitError> {
        let asked = format!("{name}^{{commit}}");
        let found = self.look_up(&[asked], COMMIT_LIMIT)?.pop().flatten();
        Ok(found.map(|object| object.oid))
    }
}

/// What stands behind a mark at the beginning of a line of a push's answer.
fn line<'a>(answer: &'a Answer, mark: &[u8]) -> Option<&'a [u8]> {
    let mut lines = answer.output.split(|byte| *byte == b'\n');
    lines.find_map(|line| line.strip_prefix(mark))
}

/// Why a push was refused: the line about the branch, such as `[rejected] (fetch first)`, with what the remote's hooks said; else git's complaint.
fn refusal(answer: &Answer) -> String {
    let line = line(answer, b"!\t").and_then(|line| line.splitn(2, |byte| *byte == b'\t').nth(1));
    let said = answer
        .stderr
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_prefix(b"remote: "))
        .map(text::harmless)
        .find(|line| !line.is_empty());
    match (line, said) {
        (Some(line), Some(said)) => format!("{}: {said}", text::harmless(line)),
        (Some(line), None) => text::harmless(line),
        (None, _) => text::complaint(&answer.stderr),
    }
}

/// Whether the line about a branch says that it has moved, or that another push is under way. What hooks say is not in it.
fn is_late(line: &[u8]) -> bool {
    let signs = [
        "cannot lock ref",
        "failed to lock",
        "failed to update ref",
        "incorrect old value",
        "fetch first",
        "non-fast-forward",
        "stale info",
    ];
    let line = String::from_utf8_lossy(line);
    signs.iter().any(|sign| line.contains(sign))
}

/// All that git complained of, in one line: it names the files that are in the way one by one.
fn whole_complaint(stderr: &[u8]) -> String {
    let lines: Vec<_> = stderr
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .take(6)
        .map(|line| text::harmless(line.strip_prefix(b"error: ").unwrap_or(line)))
        .collect();
    lines.join(" ")
}
