# List the recipes.
default:
    @just --list

# Format, lints and tests; `.ci/run` is all that must pass before a change is merged.
check: format-check lint test

# Format the code.
format:
    cargo fmt --all

# Fail where the code is not formatted.
format-check:
    cargo fmt --all --check

# Fail on any warning of the compiler or of clippy.
lint:
    cargo clippy --all-targets -- -D warnings

# Run all tests.
test:
    cargo test

# Check workflows, templates and manifests with the tools and schemas that others keep.
check-integrations:
    scripts/check-integrations

# Pack the release binary of this machine into FOLDER.
package folder="target/package":
    cargo build --release --locked
    scripts/package target/release/rolecall "$(rustc --print host-tuple)" {{folder}}

# Write the expected output of stories, fixtures and the README's commands anew, and the schemas.
bless:
    TRYCMD=overwrite ROLECALL_BLESS=1 cargo test --test it -- stories:: fixtures:: schema_files::

# Run every fuzz target, or those named, for some seconds each.
fuzz seconds="10" *targets:
    scripts/fuzz {{seconds}} {{targets}}

# Say how much of each room the tests reach.
coverage *filters:
    scripts/coverage {{filters}}

# Change the code of an area in small ways and show what no test notices: `just mutants plan 0/32`.
mutants area shard:
    scripts/mutants {{area}} {{shard}}

# Run the benchmarks.
bench:
    cargo bench

# Build the documentation of the library.
document:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# Reconcile a copy of the sample company, and leave the one of the repository as it is.
demo *arguments:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release
    copy=$(mktemp -d)
    cp -R rolecall.yaml requests state "$copy"
    echo "working on $copy" >&2
    cargo run --quiet --release -- --dir "$copy" reconcile {{arguments}}
