//! Findings, plans, outcomes and logs as text: for people, as JSON, as Markdown, as annotations, as SARIF, as CSV.
//!
//! Nothing here prints. Text that comes from files passes through [`escape`] on its way out.

pub mod commit;
pub mod escape;
pub mod explain;
pub mod findings;
pub mod json;
pub mod log;
pub mod outcome;
pub mod people;
pub mod plan;
pub mod sarif;
pub mod status;

mod approval;
mod delta;
mod palette;
mod text;
mod wire;

pub use palette::Palette;

#[cfg(test)]
mod tests;
