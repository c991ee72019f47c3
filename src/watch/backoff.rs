//! How long to wait after a failure: twice as long each time, within bounds, and never quite the same.

use std::time::Duration;

use crate::time::backoff::about;

/// The pauses after failures that follow one another.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// The first pause, and the longest.
    #[must_use]
    pub fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            failures: 0,
        }
    }

    /// The pause after one more failure. `chance`, from 0 to 1, decides on a quarter more or less, so that many daemons that
    /// failed together do not come back together.
    pub fn next(&mut self, chance: f64) -> Duration {
        self.failures = self.failures.saturating_add(1);
        about(self.failures, self.first, self.most, chance)
    }

    /// Forgets the failures.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}
