//! Notifications: what is told of a pass, in which form, and how it gets there.
//!
//! [`events()`] is pure: what a pass saw and did, and what was told before, make [`Event`]s. A [`Target`] is somebody who is told;
//! its address and its secret are never shown. The sender takes an event and never makes anybody wait. Without the feature
//! `webhooks` there is no sender; the settings are read all the same.

mod body;
#[cfg(feature = "webhooks")]
mod delivery;
mod event;
#[cfg(feature = "webhooks")]
mod queue;
#[cfg(feature = "webhooks")]
mod sender;
mod tally;
mod target;
mod watcher;

#[cfg(test)]
mod tests;

pub use body::{body_json, body_slack};
pub use event::{About, Counts, Event, Subject};
#[cfg(feature = "webhooks")]
pub use sender::{Patience, Sender};
pub use tally::Tally;
pub use target::{Target, TargetError, targets};
pub use watcher::{Pass, Seen, events};
