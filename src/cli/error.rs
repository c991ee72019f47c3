//! Errors that end a command: what to say, what to do about it, and the exit code.

use std::fmt;

use super::exit::Exit;
use crate::check::finding::{Code, Finding};
#[cfg(feature = "forge")]
use crate::forge::ForgeError;
use crate::git::{GitError, SshError};
use crate::reconcile::port::LedgerError;

/// Why a command ended early.
#[derive(Debug)]
pub struct Error {
    /// The exit code.
    pub exit: Exit,
    /// What could not be done, with its causes.
    pub cause: anyhow::Error,
    /// What to do about it.
    pub hint: Option<String>,
    /// Findings to be shown before it.
    pub findings: Vec<Finding>,
    /// The code that it has as a finding, and the file that it is about, where it is one.
    pub in_file: Option<(Code, &'static str)>,
}

impl Error {
    /// An error with its exit code.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            cause: anyhow::anyhow!("{message}"),
            hint: None,
            findings: Vec::new(),
            in_file: None,
        }
    }

    /// An error that another one is the cause of.
    fn caused(exit: Exit, cause: impl Into<anyhow::Error>, hint: Option<String>) -> Self {
        Self {
            cause: cause.into(),
            hint,
            ..Self::new(exit, "")
        }
    }

    /// Wrong usage.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Invalid input.
    pub fn invalid(message: impl fmt::Display) -> Self {
        Self::new(Exit::Invalid, message)
    }

    /// Invalid input, with what was found in it.
    pub fn findings(message: impl fmt::Display, findings: Vec<Finding>) -> Self {
        Self {
            findings,
            ..Self::invalid(message)
        }
    }

    /// State, logs or clock do not agree.
    pub fn integrity(message: impl fmt::Display) -> Self {
        Self::new(Exit::Integrity, message)
    }

    /// The same as what is wrong with a file.
    #[must_use]
    pub fn in_file(mut self, code: Code, path: &'static str) -> Self {
        self.in_file = Some((code, path));
        self
    }

    /// What was found in a file, where the error is that; the error itself where it is another.
    pub fn into_findings(self) -> Result<Vec<Finding>, Self> {
        match self.in_file {
            _ if self.exit != Exit::Invalid => Err(self),
            _ if !self.findings.is_empty() => Ok(self.findings),
            None => Err(self),
            Some((code, path)) => {
                let finding = Finding::error(code, self.cause.to_string()).in_file(path);
                let hint = self.hint.into_iter();
                Ok(vec![hint.fold(finding, Finding::hint)])
            }
        }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        match &error {
            LedgerError::Io { step, .. } => {
                let has_written = !matches!(*step, "read" | "list" | "look at");
                let hint = "nothing is lost: put the cause right and run the command again";
                let hint = has_written.then(|| hint.to_owned());
                Self::caused(Exit::CouldNotRun, error, hint)
            }
            LedgerError::Integrity { hint, .. } => Self::integrity(&error).hint(hint.clone()),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::caused(Exit::CouldNotRun, error, None)
    }
}

impl From<GitError> for Error {
    fn from(error: GitError) -> Self {
        let hint = error.hint();
        Self::caused(exit_of(&error), error, hint)
    }
}

impl From<SshError> for Error {
    fn from(error: SshError) -> Self {
        let hint = error.hint().map(Into::into);
        let exit = match error {
            SshError::NoFile { .. }
            | SshError::NotAKey { .. }
            | SshError::NoPrivateKey { .. }
            | SshError::WrongPassphrase(_)
            | SshError::OpenPermissions(_)
            | SshError::Refused(_) => Exit::Invalid,
            _ => Exit::CouldNotRun,
        };
        Self::caused(exit, error, hint)
    }
}

#[cfg(feature = "forge")]
impl From<ForgeError> for Error {
    fn from(error: ForgeError) -> Self {
        let exit = match error {
            ForgeError::BadUrl { .. }
            | ForgeError::BadProject { .. }
            | ForgeError::NotMerged { .. }
            | ForgeError::OtherBranch { .. }
            | ForgeError::Ambiguous { .. } => Exit::Invalid,
            _ => Exit::CouldNotRun,
        };
        let hint = error.hint();
        Self::caused(exit, error, hint)
    }
}

/// A question to git that the settings or the branch make impossible is invalid input; the rest could not be run.
fn exit_of(error: &GitError) -> Exit {
    match error {
        GitError::BadName { .. }
        | GitError::NoBranch { .. }
        | GitError::NotAFile { .. }
        | GitError::Shallow { .. } => Exit::Invalid,
        _ => Exit::CouldNotRun,
    }
}
