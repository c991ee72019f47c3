//! Text to model: what a file says, or what is wrong with it and where.
//!
//! [`source`] holds a text and finds lines and columns in it, [`yaml`] makes a strict tree of it, [`request`] and
//! [`settings`] read their model out of the tree and collect every problem on the way.

mod fields;
mod reader;
pub mod request;
pub mod settings;
pub mod source;
mod text;
pub mod yaml;
