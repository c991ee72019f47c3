//! Where the time comes from.

use std::sync::Arc;

use chrono::{SubsecRound, Utc};

use crate::model::{ClockSource, Instant};

/// A clock, in whole seconds.
pub trait Clock {
    /// The moment that it is.
    fn now(&self) -> Instant;
    /// Where that comes from.
    fn source(&self) -> ClockSource;
}

/// A clock that threads share.
pub type SharedClock = Arc<dyn Clock + Send + Sync>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Instant {
        Utc::now().trunc_subsecs(0)
    }

    fn source(&self) -> ClockSource {
        ClockSource::System
    }
}

impl SystemClock {
    /// The moment that it is, with fractions of a second: to wait by, not for files.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the room that reads the machine's clock"
    )]
    pub fn precise(self) -> Instant {
        Utc::now()
    }
}

/// A clock that a person has set, for rehearsals and tests.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Instant);

impl Clock for FixedClock {
    fn now(&self) -> Instant {
        self.0
    }

    fn source(&self) -> ClockSource {
        ClockSource::Given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_s_clock_is_read_in_whole_seconds() {
        let before = SystemClock.precise().trunc_subsecs(0);
        let now = SystemClock.now();
        assert!((before..=SystemClock.precise()).contains(&now));
        assert_eq!(now, now.trunc_subsecs(0));
        assert_eq!(SystemClock.source(), ClockSource::System);
    }

    #[test]
    fn a_clock_that_was_set_stands_still_and_says_that_it_was_set() {
        let clock = FixedClock(Instant::MIN_UTC);
        assert_eq!((clock.now(), clock.now()), (clock.0, clock.0));
        assert_eq!(clock.source(), ClockSource::Given);
    }
}
