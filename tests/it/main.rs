//! The integration tests: the built program, from outside.

mod support;
