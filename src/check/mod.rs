//! Rules over models: a table of functions, each rule with a stable code.

pub mod finding;
pub mod suggest;
