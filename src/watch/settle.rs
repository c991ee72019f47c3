//! Which files somebody is writing just now, from the events alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a file that nobody has closed counts as unfinished after its last event.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The most files that are kept in mind. Of more, their age alone has to tell whether they are whole.
const MOST: usize = 20_000;

/// What an event says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// It is there now.
    Created,
    /// Somebody writes into it.
    Written,
    /// It was closed by its writer, or moved to where it is.
    Whole,
    /// It is gone.
    Gone,
    /// Something else about it, such as its permissions.
    Other,
}

/// How far a file is that nobody has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Created; a hard link is whole then, an empty file most likely not.
    Created,
    /// Written into.
    Written,
}

/// The files that are open for writing as far as the events tell.
#[derive(Debug, Default)]
pub struct Settle(BTreeMap<PathBuf, (Phase, Duration)>);

impl Settle {
    /// Takes in an event; `now` is the time since the start.
    pub fn touch(&mut self, now: Duration, path: &Path, touch: Touch) {
        let phase = match touch {
            Touch::Whole | Touch::Gone => {
                self.0.remove(path);
                return;
            }
            Touch::Other => return,
            Touch::Created => Phase::Created,
            Touch::Written => Phase::Written,
        };
        if self.0.len() >= MOST {
            self.forget_old(now);
        }
        if self.0.len() < MOST || self.0.contains_key(path) {
            self.0.insert(path.to_owned(), (phase, now));
        }
    }

    /// The files that are not whole yet.
    pub fn open(&mut self, now: Duration) -> BTreeMap<PathBuf, Phase> {
        self.forget_old(now);
        let phases = self.0.iter();
        phases
            .map(|(path, (phase, _))| (path.clone(), *phase))
            .collect()
    }

    /// Forgets everything: events were lost, among them perhaps that files were closed.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    fn forget_old(&mut self, now: Duration) {
        self.0
            .retain(|_, (_, last)| now.saturating_sub(*last) < PATIENCE);
    }
}
