//! The daemon: when to look, what to look at, and how to go on whatever happens.
//!
//! It knows three things that tell it to look: events of files and of git's references ([`eyes`]), a timer for the next due
//! moment and for rescans ([`schedule`]), and signals ([`signals`]). None of them is relied on. Every pass looks at everything,
//! so a lost event costs time and nothing else; an event that means nothing costs a glance at names and times ([`glance`]).
//!
//! What a pass is, it does not know: that comes in through [`Work`] and [`Pull`]. One thread decides ([`daemon`]), one works and
//! one pulls, so that a slow disk or network keeps nobody from being told to stop.

pub mod backoff;
pub mod daemon;
pub mod eyes;
pub mod glance;
pub mod http;
pub mod metrics;
pub mod moment;
pub mod places;
pub mod pulling;
pub mod schedule;
pub mod settle;
pub mod signals;
pub mod work;
pub mod worker;

#[cfg(test)]
mod tests;

pub use daemon::{Daemon, End};
pub use moment::{Clocks, MachineClocks, Reading};
pub use places::{GitFolders, Places};
pub use schedule::Timing;
pub use work::{Awaited, Failure, FailureKind, Passed, Pull, Supervisor, Work};
