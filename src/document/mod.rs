//! Text to model and back: the one room that knows what files look like.
//!
//! [`source`] holds a text and finds lines and columns in it, [`yaml`] makes a strict tree of it, [`request`] and
//! [`settings`] read their model out of the tree and collect every problem on the way. [`state`] and [`changelog`] read and
//! write what the reconciler keeps, in the form that [`canonical`] fixes. [`approval`] is what people sign, [`armor`] what a signature
//! claims, and [`forge`] what was fetched as evidence. [`saved`] is a
//! plan that was put aside. [`table`] reads what a state can be started from, and
//! [`schema`] says what files look like to other programs.

pub mod approval;
pub mod armor;
pub mod canonical;
pub mod changelog;
mod fields;
pub mod forge;
mod proof;
mod reader;
pub mod request;
pub mod saved;
pub mod schema;
pub mod settings;
pub mod source;
pub mod state;
pub mod table;
mod text;
pub mod yaml;

pub use text::problem_of;

#[cfg(test)]
pub(crate) mod sample;
