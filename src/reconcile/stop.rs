//! Asking a pass to end early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Asks whoever holds a copy to end at the next point where nothing is half done. It cannot be taken back.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    looks: Arc<AtomicU64>,
}

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Whether somebody has asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.asked.load(Ordering::SeqCst)
    }

    /// How often somebody has looked whether to end: while the number grows, whoever works is alive.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// The flag itself, for a signal to set, or for a room that does not know this type.
    #[must_use]
    pub fn flag(&self) -> &Arc<AtomicBool> {
        &self.asked
    }
}
