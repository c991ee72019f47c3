//! The daemon's mechanisms: what it counts, and what it says of itself over HTTP.

pub mod http;
pub mod metrics;
