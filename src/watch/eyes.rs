//! The operating system's events of files, made into hints.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode, CreateKind, Event, Flag, ModifyKind, RenameMode};
use notify::{Config, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::glance::identity;
use super::places::{Meaning, Places};
use super::settle::Touch;

/// What the events give to understand. Nothing of it is relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Something has happened to a file that matters.
    Touched(PathBuf, Touch),
    /// Events were lost.
    Overflow,
    /// A watched folder was replaced, moved or removed.
    Replaced(PathBuf),
    /// The watcher has trouble.
    Trouble(String),
}

/// Watches the folders that matter.
#[derive(Debug)]
pub struct Eyes {
    /// Kept, because dropping it ends the events.
    _watcher: RecommendedWatcher,
    places: Places,
    watched: Vec<(PathBuf, Option<(u64, u64)>)>,
}

impl Eyes {
    /// Begins to watch. `tell` is called from a thread of the watcher's own.
    ///
    /// Folders that are not there are passed over: the one above them tells when they come.
    ///
    /// # Errors
    ///
    /// What the operating system says, in words, if it lets nobody watch, or not as many folders.
    pub fn open(
        places: &Places,
        tell: impl Fn(Hint) + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let places = places.clone();
        let seen = Arc::new(places.clone());
        let hear = move |event: notify::Result<Event>| match event {
            Ok(event) => hints(&seen, &event).into_iter().for_each(&tell),
            Err(error) => tell(Hint::Trouble(error.to_string())),
        };
        let config = Config::default().with_follow_symlinks(false);
        let mut watcher = RecommendedWatcher::new(hear, config).map_err(in_words)?;
        let mut seen_folders = Vec::new();
        for (folder, deep) in places.folders() {
            let there = folder_identity(&folder);
            if there.is_some() {
                let mode = if deep {
                    RecursiveMode::Recursive
                } else {
                    RecursiveMode::NonRecursive
                };
                match watcher.watch(&folder, mode) {
                    Err(error) if !is_missing(&error) => return Err(in_words(error)),
                    _ => {}
                }
            }
            seen_folders.push((folder, there));
        }
        Ok(Self {
            _watcher: watcher,
            places,
            watched: seen_folders,
        })
    }

    /// Whether it still watches what is there: the same places, and each folder the one that it was.
    #[must_use]
    pub fn is_current(&self, places: &Places) -> bool {
        self.places == *places
            && self
                .watched
                .iter()
                .all(|(folder, there)| folder_identity(folder) == *there)
    }
}

/// Which folder it is; `None` where there is none.
fn folder_identity(folder: &Path) -> Option<(u64, u64)> {
    let metadata = folder.symlink_metadata().ok()?;
    metadata.is_dir().then(|| identity(&metadata))
}

fn is_missing(error: &notify::Error) -> bool {
    matches!(error.kind, notify::ErrorKind::PathNotFound)
}

fn in_words(error: notify::Error) -> String {
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the system's limit of watched folders is reached (fs.inotify.max_user_watches)"
                .to_owned()
        }
        // The paths are those of the access repository, and long.
        _ => notify::Error::new(error.kind).to_string(),
    }
}

/// What an event gives to understand.
pub(super) fn hints(places: &Places, event: &Event) -> Vec<Hint> {
    if event.attrs.flag() == Some(Flag::Rescan) {
        return vec![Hint::Overflow];
    }
    let Some(touch) = touch(event.kind) else {
        return Vec::new();
    };
    let paths = event.paths.iter();
    paths
        .filter_map(|path| match places.meaning(path) {
            Meaning::Nothing => None,
            Meaning::Folder if matches!(touch, Touch::Created | Touch::Whole | Touch::Gone) => {
                Some(Hint::Replaced(path.clone()))
            }
            _ => Some(Hint::Touched(path.clone(), touch)),
        })
        .collect()
}

/// What it says of the file; `None` where that matters to nobody: that it was opened or read.
fn touch(kind: EventKind) -> Option<Touch> {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Create(CreateKind::Folder)
        | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Some(Touch::Whole),
        // Both ends of a move are told apart as well.
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => None,
        EventKind::Create(_) => Some(written(Touch::Created)),
        EventKind::Modify(ModifyKind::Data(_)) => Some(written(Touch::Written)),
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => {
            Some(Touch::Gone)
        }
        EventKind::Modify(_) | EventKind::Any | EventKind::Other => Some(Touch::Other),
    }
}

/// Where nobody is told that a file is closed, one that is written must not be waited for.
fn written(touch: Touch) -> Touch {
    if cfg!(target_os = "linux") {
        touch
    } else {
        Touch::Other
    }
}
