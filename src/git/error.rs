//! Why git could not be asked, or what it answered instead.

/// Why something could not be learned from git.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The folder is in a git repository, but there is no git program.
    #[error("git is not installed, and this folder is in a git repository")]
    NotInstalled,
    /// The operating system.
    #[error("failed to {step}")]
    Io {
        /// What was being done, as a verb with its object.
        step: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// The repository belongs to another user, so git does not trust it.
    #[error("the git repository belongs to another user")]
    Ownership,
    /// There is something named `.git`, but git cannot use it.
    #[error("the git repository cannot be used: {0}")]
    Unusable(String),
    /// A name that no branch or revision can have.
    #[error("{branch:?} cannot be the name of a branch or revision")]
    BadName {
        /// As it was given, made harmless.
        branch: String,
    },
    /// No branch or revision has this name.
    #[error("git knows no branch or revision {branch:?}")]
    NoBranch {
        /// As it was given.
        branch: String,
    },
    /// The settings at the tip are not a regular file.
    #[error("{path} at the tip of {branch:?} is {kind}, not a regular file")]
    NotAFile {
        /// The path, relative to the access repository.
        path: String,
        /// The branch.
        branch: String,
        /// What it is: `a symbolic link`.
        kind: &'static str,
    },
    /// An object that must be there is not.
    #[error("git has no object {object}")]
    MissingObject {
        /// Its id.
        object: String,
    },
    /// The history ends before the answer, because the clone is shallow.
    #[error("this is a shallow clone, so git cannot tell which commit brought {what}")]
    Shallow {
        /// What was looked for: the path of a request, or `the first commit`.
        what: String,
    },
    /// The way back to the author goes through more commits than are followed.
    #[error("the history of {what} is too long to be followed back to its author")]
    TooLong {
        /// The path of the file.
        what: String,
    },
    /// A tree or a commit has more files than are read.
    #[error("git lists more than a million requests and approvals")]
    TooMany,
    /// Folders stand in one another deeper than they are followed.
    #[error("git lists folders that stand more than a thousand deep in one another")]
    TooDeep,
    /// A git command took too long, and was ended.
    #[error("git {command} took longer than {seconds} seconds")]
    TooSlow {
        /// The subcommand.
        command: &'static str,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A git command was ended because somebody asked for it.
    #[error("git {command} was ended, as was asked for")]
    Stopped {
        /// The subcommand.
        command: &'static str,
    },
    /// Git does not know by whom a commit would be.
    #[error("git does not know by whom a commit is: {message}")]
    NoIdentity {
        /// What it said.
        message: String,
    },
    /// No remote has this name.
    #[error("git knows no remote {remote:?}")]
    NoRemote {
        /// As it was given, made harmless.
        remote: String,
    },
    /// A merge or the like is under way in the work tree.
    #[error("a {what} is under way in this work tree")]
    Busy {
        /// What it is.
        what: &'static str,
    },
    /// A file that was changed by hand keeps the work tree from moving on.
    #[error("the work tree cannot follow: {message}")]
    InTheWay {
        /// What git said, with the files.
        message: String,
    },
    /// What is checked out has moved while a commit was made for it.
    #[error("somebody else has committed here at the same moment")]
    Moved,
    /// A git command failed.
    #[error("git {command} failed: {message}")]
    Failed {
        /// The subcommand.
        command: &'static str,
        /// What it said, short and harmless.
        message: String,
    },
    /// A git command answered something that is not understood.
    #[error("git {command} gave an answer that is not understood: {message}")]
    Answer {
        /// The subcommand.
        command: &'static str,
        /// What is odd about it.
        message: String,
    },
}

impl GitError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotInstalled => "install git, or put it on the PATH",
            Self::Ownership => {
                "run rolecall as the user who owns the folder, or make it yours with `chown -R`; `safe.directory` of \
                 the user's configuration is not read"
            }
            Self::Unusable(_) => "run `git status` in the folder to see what is wrong with it",
            Self::BadName { .. } => {
                "set `approval.branch` to a branch such as `main`, or to a revision such as `origin/main`"
            }
            Self::NoBranch { branch } => {
                return Some(format!(
                    "fetch the branch (`git fetch origin {branch}`), or name one that is there in `approval.branch` or \
                     with `--branch`, such as `origin/{branch}`; where nothing is committed yet, commit first"
                ));
            }
            Self::NotAFile { .. } => "replace it by a regular file on that branch",
            Self::MissingObject { .. } => {
                "the clone is partial or damaged: clone again without `--filter`, or run `git fsck`"
            }
            Self::Shallow { .. } => {
                "fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` in the CI job's checkout"
            }
            Self::TooLong { .. } => {
                "squash the branch before it is merged, or commit the file anew on the protected branch"
            }
            Self::TooMany | Self::TooDeep => {
                "see what was merged last below `requests` and `approvals`; files of requests that are finished may be deleted"
            }
            Self::Failed { .. } | Self::Answer { .. } => {
                "run `git fsck` to see whether the repository is damaged"
            }
            Self::TooSlow { .. } => "see whether the remote answers: `git ls-remote`",
            Self::NoIdentity { .. } => {
                "set `user.name` and `user.email` with `git config`, or give --author \"Name <address>\""
            }
            Self::NoRemote { .. } => "name one that `git remote` lists",
            Self::Busy { .. } => "finish it or call it off, as `git status` says, and run again",
            Self::InTheWay { message } if message.contains(".lock'") => {
                "another git is at work here, or one was killed; if none is, remove the file that is named"
            }
            Self::InTheWay { .. } => {
                "commit these files on a branch, move them away, or `git stash`"
            }
            Self::Moved => "run the command again",
            Self::Io { .. } | Self::Stopped { .. } => return None,
        };
        Some(hint.to_owned())
    }
}
