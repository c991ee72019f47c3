//! The room against a server on this machine.
