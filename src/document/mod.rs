//! Text to model and back: the one room that knows what files look like.

pub mod canonical;
pub mod changelog;
pub mod state;
pub mod yaml;

#[cfg(test)]
pub(crate) mod sample;
