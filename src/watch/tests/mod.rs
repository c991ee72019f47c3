#[expect(clippy::disallowed_methods, reason = "a test writes what it watches")]
mod files;
mod schedule;
