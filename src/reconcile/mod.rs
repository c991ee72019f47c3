//! Carries a plan out through ports; recovery; outcome.

pub mod outcome;
pub mod port;
