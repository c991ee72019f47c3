//! Pauses between attempts: longer each time, and never the same for two who try at once.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// `first`, and twice as long after each further attempt. Attempts are counted from 1.
#[must_use]
pub fn doubled(attempt: u32, first: Duration) -> Duration {
    first.saturating_mul(1 << attempt.saturating_sub(1).min(20))
}

/// The pause after an attempt where many may try at once: at random between nothing and what is doubled each time, up to `most`.
#[must_use]
pub fn pause(attempt: u32, first: Duration, most: Duration) -> Duration {
    doubled(attempt, first).min(most).mul_f64(share())
}

/// The pause after an attempt where few may: a quarter more or less than what is doubled each time, up to `most`. `chance` is from 0
/// to 1.
#[must_use]
pub fn about(attempt: u32, first: Duration, most: Duration, chance: f64) -> Duration {
    let factor = 0.75 + chance.clamp(0.0, 1.0) / 2.0;
    doubled(attempt, first).min(most).mul_f64(factor).min(most)
}

/// A number from 0 to 1, another one each time. Good enough to keep two processes from trying in step, and for nothing else.
#[must_use]
pub fn share() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(random >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_up_to_its_most_and_is_not_always_the_same() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(5));
        for attempt in 1..=64 {
            let bound = first.saturating_mul(1 << (attempt - 1).min(20)).min(most);
            assert!(pause(attempt, first, most) <= bound);
        }
        let several: std::collections::BTreeSet<_> =
            (0..20).map(|_| pause(9, first, most)).collect();
        assert!(several.len() > 1);
    }
}
