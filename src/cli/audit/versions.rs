//! The settings that change logs were made under.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::context::{Context, SETTINGS};
use crate::cli::error::Error;
use crate::cli::load::Repository;
use crate::document::settings;
use crate::document::source::Source;
use crate::model::{ChangeLog, Digest, Settings};
use crate::store::logs::LogFolder;

/// What ties the proofs of a log to people.
pub(super) enum Tie<'a> {
    /// The settings that the log was made under, and what approvals were bound to then, where that is known.
    Settings(&'a Settings, Option<String>),
    /// They are not here, and nothing says that they should be.
    Unknown,
    /// They should be here, and are not, or cannot be read: why.
    Lost(&'static str),
}

/// The settings that logs were made under: where there is a history, those of the protected branch's, and no others.
pub(super) struct Versions {
    known: BTreeMap<Digest, Settings>,
    unreadable: BTreeSet<Digest>,
    /// What approvals are bound to where the settings give no name.
    first_commit: Option<String>,
    has_history: bool,
}

impl Versions {
    /// Finds the settings with these digests.
    pub(super) fn read(
        context: &Context,
        logs: &LogFolder,
        mut wanted: BTreeSet<Digest>,
    ) -> Result<Self, Error> {
        let repository = Repository::open_history(context, logs)?;
        let history = repository.settings_versions()?;
        let mut versions = Self {
            known: BTreeMap::new(),
            unreadable: BTreeSet::new(),
            first_commit: repository.first_commit()?,
            has_history: history.is_some(),
        };
        let Some(history) = history else {
            let (policy, settings) = (repository.policy, repository.settings);
            versions.known.insert(policy, settings);
            return Ok(versions);
        };
        for bytes in history {
            let digest = Digest::of(&bytes);
            if wanted.remove(&digest) {
                versions.take(digest, bytes);
            }
        }
        Ok(versions)
    }

    fn take(&mut self, digest: Digest, bytes: Vec<u8>) {
        let source = Source::new(SETTINGS, bytes, settings::LIMIT).ok();
        match source.and_then(|source| settings::read(&source).ok()) {
            Some(document) => {
                self.known.insert(digest, document.settings);
            }
            None => {
                self.unreadable.insert(digest);
            }
        }
    }

    /// What ties a log to people. `needs_history`: whether it has approvals that only count where the history is.
    pub(super) fn of(&self, log: &ChangeLog, needs_history: bool) -> Tie<'_> {
        if let Some(settings) = self.known.get(&log.policy) {
            let name = settings.repository.clone();
            return Tie::Settings(settings, name.or_else(|| self.first_commit.clone()));
        }
        if self.unreadable.contains(&log.policy) {
            return Tie::Lost("the settings of that time cannot be read by this version");
        }
        if self.has_history && (needs_history || log.branch.is_some()) {
            return Tie::Lost(
                "the settings that it was made under are not in the history of the branch",
            );
        }
        Tie::Unknown
    }
}
