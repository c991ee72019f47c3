//! Carries a plan out through ports; recovery; outcome.

pub mod carry_out;
pub mod outcome;
pub mod port;
pub mod recover;
pub mod stop;
