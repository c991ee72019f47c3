//! Whether a request is approved: rules and evidence in, a verdict out.

mod decide;
mod eligible;
mod forge;
mod signature;
mod source;
mod stages;

pub use decide::decide;
pub use eligible::{Barred, Case, why_not};
pub use forge::ForgeReviews;
pub use signature::{Presented, Signatures};
pub use source::{Inline, Merge, Source, Subject};
