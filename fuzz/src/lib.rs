//! What the fuzz targets call: one function a target, which takes any bytes and panics where something does not hold.
//!
//! The checks are those of the property tests; `tests/it/properties/checks/` has them, and `docs/testing.md` says what they are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a check ends with a panic"
)]

#[path = "../../tests/it/properties/checks/mod.rs"]
pub mod checks;

pub use checks::documents::{approval, changelog, request, settings, state, table};

/// Builds a world from the bytes, lets it go its way, and holds it to all invariants. Where `SHOW_JOURNEY` is set, what the bytes
/// stand for is printed first.
pub fn planner(bytes: &[u8]) {
    if let Ok(journey) = checks::bytes::journey(bytes) {
        if std::env::var_os("SHOW_JOURNEY").is_some() {
            eprintln!("{journey:#?}");
        }
        checks::journey::travel(&journey);
    }
}
