//! A glance at the files: names, sizes, times and identities, never contents.
//!
//! Two glances that are alike mean that nothing was changed between them. That is how the daemon knows its own writes, whose events
//! arrive late and look like anybody's: it glances after each pass, and an event after which all looks the same was its own.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use walkdir::WalkDir;

use super::places::Places;
use crate::model::Instant;
use crate::store::{APPROVALS, CHANGELOG, REQUESTS, SETTINGS, STATE_FILE};

/// A file as it looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Its size in bytes.
    pub length: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified: i128,
    /// When anything about it last changed, where the system tells; nobody can set that back.
    changed: i128,
    /// Which file it is, where the system tells: one that was replaced is another.
    identity: (u64, u64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let since = |time: SystemTime| match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => nanoseconds(after),
            Err(before) => -nanoseconds(before.duration()),
        };
        Self {
            length: metadata.len(),
            modified: metadata.modified().map(since).unwrap_or_default(),
            changed: changed(metadata),
            identity: identity(metadata),
        }
    }

    /// Whether it was written less than this long ago. A time in the future says nothing.
    #[must_use]
    pub fn is_younger(&self, than: Duration, now: Instant) -> bool {
        let now =
            i128::from(now.timestamp()) * 1_000_000_000 + i128::from(now.timestamp_subsec_nanos());
        let age = now - self.modified;
        (0..nanoseconds(than)).contains(&age)
    }
}

fn nanoseconds(duration: Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> i128 {
    use std::os::unix::fs::MetadataExt;
    i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> i128 {
    0
}

/// Which file it is.
#[cfg(unix)]
pub(super) fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Which file it is; not known on this system.
#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// What a glance saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// Settings and request files, relative to the access repository.
    pub requests: BTreeMap<String, Stamp>,
    /// The state file, if it is there.
    pub state: Option<Stamp>,
    /// Of everything else that people write: approvals.
    approvals: u64,
    /// Of the change logs.
    logs: u64,
    /// Of git's references.
    references: u64,
    /// Whether the access repository is there to be seen.
    pub sees: bool,
}

impl Glance {
    /// Looks at everything.
    #[must_use]
    pub fn at(places: &Places) -> Self {
        let root = &places.root;
        let mut requests = BTreeMap::new();
        let settings = stamp(&root.join(SETTINGS));
        requests.extend(settings.map(|stamp| (SETTINGS.to_owned(), stamp)));
        walk(&root.join(REQUESTS), |path, stamp| {
            let relative = places.relative(path);
            let path = relative.unwrap_or_else(|| path.to_string_lossy().into_owned());
            requests.insert(path, stamp);
        });
        Self {
            requests,
            state: stamp(&root.join(STATE_FILE)),
            approvals: sum(&[&root.join(APPROVALS)]),
            logs: sum(&[&root.join(CHANGELOG)]),
            references: places.git.as_ref().map_or(0, |git| {
                sum(&[
                    &git.own.join("HEAD"),
                    &git.common.join("HEAD"),
                    &git.common.join("packed-refs"),
                    &git.common.join("refs"),
                    &git.common.join("reftable"),
                ])
            }),
            sees: std::fs::read_dir(root).is_ok() && settings.is_some(),
        }
    }

    /// Settings, state and request files that were written less than `settle` ago.
    #[must_use]
    pub fn young(&self, settle: Duration, now: Instant) -> BTreeSet<String> {
        let state = self.state.as_ref();
        let state = state.map(|stamp| (STATE_FILE.to_owned(), *stamp));
        let requests = self.requests.iter();
        requests
            .map(|(path, stamp)| (path.clone(), *stamp))
            .chain(state)
            .filter(|(_, stamp)| stamp.is_younger(settle, now))
            .map(|(path, _)| path)
            .collect()
    }

    /// Whether something that only people write differs: settings, requests, approvals.
    #[must_use]
    pub fn differs_by_hand(&self, other: &Self) -> bool {
        self.requests != other.requests || self.approvals != other.approvals
    }

    /// Whether git's references differ.
    #[must_use]
    pub fn differs_in_references(&self, other: &Self) -> bool {
        self.references != other.references
    }

    /// Whether the state file or the change logs differ.
    #[must_use]
    pub fn differs_in_state(&self, other: &Self) -> bool {
        self.state != other.state || self.logs != other.logs
    }
}

/// A number that is the same for the same files.
fn sum(places: &[&Path]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for place in places {
        walk(place, |path, stamp| (path, stamp).hash(&mut hasher));
    }
    hasher.finish()
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = path.symlink_metadata().ok()?;
    Some(Stamp::of(&metadata))
}

/// Shows every file below a folder, in order, but for hidden ones and git's locks; or the file itself.
fn walk(folder: &Path, mut show: impl FnMut(&Path, Stamp)) {
    let entries = WalkDir::new(folder)
        .follow_links(false)
        .follow_root_links(false)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().as_encoded_bytes();
            entry.depth() == 0 || !(name.starts_with(b".") || name.ends_with(b".lock"))
        });
    for entry in entries.flatten() {
        if entry.file_type().is_dir() {
            continue;
        }
        if let Ok(metadata) = entry.metadata() {
            show(entry.path(), Stamp::of(&metadata));
        }
    }
}
