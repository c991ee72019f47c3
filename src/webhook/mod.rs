//! Notifications: what is told to whom, and how it gets there.

mod tally;

pub use tally::Tally;
