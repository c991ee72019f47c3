//! What must hold, and the small worlds that it must hold in. The property tests call it with values of their own, and the fuzz
//! targets with bytes: `fuzz/src/lib.rs` has this folder by its path. So nothing here knows proptest or the rest of the tests.

pub mod bytes;
pub mod company;
pub mod documents;
pub mod invariants;
pub mod journey;
pub mod memory;
pub mod requests;
pub mod world;
