//! What must hold for every company, whatever it asks for: random small worlds, through the library.

mod checks;
mod found;
mod journeys;
mod rules;
mod same_end;
mod texts;
mod worlds;

use proptest::test_runner::Config;

/// As many cases as `PROPTEST_CASES` says, or else a number that keeps the whole quick. Failures are not written to files.
fn config(cases: u32) -> Config {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let default = Config::default();
    Config {
        cases: if asked { default.cases } else { cases },
        failure_persistence: None,
        max_shrink_iters: 4096,
        ..default
    }
}
