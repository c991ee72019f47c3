//! Whether a request is approved: rules and evidence in, a verdict out.

mod decide;
mod eligible;
mod forge;
mod rules;
mod signature;
mod source;
mod stages;

pub use decide::decide;
pub use eligible::{Barred, Case, why_not};
pub use forge::ForgeReviews;
pub use rules::lacking;
pub use signature::{Presented, Signatures};
pub use source::{Inline, Merge, Source, Subject};

#[cfg(test)]
mod tests;
