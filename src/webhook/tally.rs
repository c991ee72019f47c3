//! How many events were sent, and how many were not.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many events were delivered, given up or dropped, over all targets since the program began.
#[derive(Debug, Default)]
pub struct Tally {
    delivered: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

impl Tally {
    /// Events that a receiver took.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Events that were given up: refused, or tried for too long.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Events that were never tried, because newer ones took their place or the program ended.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Counts an event that a receiver took.
    pub fn deliver(&self) {
        self.delivered.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an event that was given up.
    pub fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts events that were never tried.
    pub fn drop_some(&self, events: u64) {
        self.dropped.fetch_add(events, Ordering::Relaxed);
    }
}
