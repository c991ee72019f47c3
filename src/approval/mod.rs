//! Whether a request is approved: rules and evidence in, a verdict out.

mod decide;
mod source;

pub use decide::{Case, decide};
pub use source::{Inline, Merge, Source, Subject};
