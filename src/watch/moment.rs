//! Two clocks: the one on the wall, which people change, and one that only ever goes on.

use std::time::Duration;

use chrono::TimeDelta;

use crate::model::Instant;
use crate::time::clock::SystemClock;

/// How far the two clocks may drift apart between two readings before it counts as a jump.
const JUMP: TimeDelta = TimeDelta::seconds(2);

/// What both clocks say at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The clock on the wall, with fractions of a second.
    pub wall: Instant,
    /// The time since the daemon started; it stands still while the machine sleeps.
    pub running: Duration,
}

impl Reading {
    /// By how much the clock on the wall has jumped since an earlier reading, if it has: somebody changed it, or the machine slept.
    #[must_use]
    pub fn jump_since(self, before: Self) -> Option<TimeDelta> {
        let ran = TimeDelta::from_std(self.running.saturating_sub(before.running)).ok()?;
        let jump = (self.wall - before.wall) - ran;
        (jump.abs() > JUMP).then_some(jump)
    }
}

/// Where the daemon reads both clocks.
pub trait Clocks {
    /// What they say.
    fn read(&self) -> Reading;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
pub struct MachineClocks(std::time::Instant);

impl MachineClocks {
    /// Starts to count.
    #[must_use]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Clocks for MachineClocks {
    fn read(&self) -> Reading {
        Reading {
            wall: SystemClock.precise(),
            running: self.0.elapsed(),
        }
    }
}
