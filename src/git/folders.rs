//! Where git keeps what it knows, for whoever wants to notice that it changes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::{Git, GitError, resolved};

/// The folders of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// The work tree's own, with its `HEAD`.
    pub own: PathBuf,
    /// The one that all work trees of the repository share, with the references.
    pub common: PathBuf,
}

impl Git {
    /// The folders of the repository, absolute and with no links in them.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not say.
    pub fn folders(&self) -> Result<Folders, GitError> {
        let own = self
            .program
            .tell("rev-parse", &["--path-format=absolute", "--git-dir"])?;
        let common = self
            .program
            .tell("rev-parse", &["--path-format=absolute", "--git-common-dir"])?;
        Ok(Folders {
            own: folder(&own)?,
            common: folder(&common)?,
        })
    }
}

fn folder(answer: &[u8]) -> Result<PathBuf, GitError> {
    let path = answer.strip_suffix(b"\n").unwrap_or(answer);
    resolved(&PathBuf::from(OsStr::from_bytes(path)))
}
