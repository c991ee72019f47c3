//! The settings: those of the work tree, and those at the tip.

use std::path::Path;
use std::thread;

use super::Side;
use crate::check::finding::Finding;
use crate::cli::context::SETTINGS;
use crate::cli::error::Error;
use crate::document::settings::{self, SettingsDocument};
use crate::document::source::Source;
use crate::git::Git;
use crate::model::{Digest, Settings, joined};
use crate::store;

/// What settings say, the digest of their bytes, and what is to be said of them.
pub(super) type SettingsRead = (Settings, Digest, Vec<Finding>);

/// The settings of the work tree.
pub(super) struct Here {
    source: Source,
    pub(super) read: Result<SettingsRead, Error>,
}

impl Here {
    pub(super) fn of(root: &Path) -> Result<Self, Error> {
        let source = work_tree_settings(root)?;
        let read = read_settings(&source);
        Ok(Self { source, read })
    }

    /// The protected branch that they name, also broken ones; `main` where they name none.
    pub(super) fn branch(&self) -> String {
        match &self.read {
            Ok((settings, ..)) => settings.approval.branch.clone(),
            Err(_) => {
                settings::read_branch(&self.source).unwrap_or_else(|| settings::BRANCH.to_owned())
            }
        }
    }

    /// Whether they can be read, and let nothing be read from a branch.
    pub(super) fn needs_no_branch(&self) -> bool {
        let read = self.read.as_ref();
        read.is_ok_and(|(settings, ..)| !settings.reads_protected_branch())
    }

    /// What the settings at the tip say, with these bytes. As a rule they are those of the work tree, and are not read again.
    pub(super) fn as_at_tip(&self, bytes: Vec<u8>) -> Result<SettingsRead, Error> {
        match &self.read {
            Ok(read) if self.source.text().as_bytes() == bytes => Ok(read.clone()),
            _ => read_settings(&source_of(bytes)?),
        }
    }
}

/// Finds git while the settings of the work tree are read, where these say which branch to read.
pub(super) fn discover(root: &Path, side: Side) -> Result<(Option<Git>, Here), Error> {
    if side == Side::WorkTree || !Git::is_around(root) {
        return Ok((Git::discover(root)?, Here::of(root)?));
    }
    let (git, here) = thread::scope(|scope| {
        let git = scope.spawn(|| Git::discover_ready(root));
        let here = Here::of(root);
        (joined(git), here)
    });
    Ok((git?, here?))
}

fn work_tree_settings(root: &Path) -> Result<Source, Error> {
    let bytes = store::requests::read_regular(root, SETTINGS, settings::LIMIT)
        .map_err(|finding| Error::findings("the settings cannot be read", vec![finding]))?;
    source_of(bytes)
}

fn source_of(bytes: Vec<u8>) -> Result<Source, Error> {
    Source::new(SETTINGS, bytes, settings::LIMIT)
        .map_err(|finding| Error::findings("the settings cannot be read", vec![finding]))
}

fn read_settings(source: &Source) -> Result<SettingsRead, Error> {
    let policy = Digest::of(source.text().as_bytes());
    match settings::read(source) {
        Ok(SettingsDocument { settings, findings }) => Ok((settings, policy, findings)),
        Err(findings) => Err(Error::findings(
            "the settings have errors, so nothing was done",
            findings,
        )),
    }
}
