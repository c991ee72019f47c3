//! `rolecall`: a declarative batch reconciler for who may do what.
//!
//! The data goes one way: `files -> document -> model -> check -> approval -> plan -> reconcile -> store`, and `render` shows
//! what each step returned. [`document`] turns text into values and keeps the places, [`check`] holds rules over them,
//! [`approval`] decides from rules and evidence whether a request is approved, [`plan`] computes what a reconcile would do as
//! a value, [`reconcile`] carries that value out through ports that [`store`] implements, and [`git`] is the only room that
//! starts other programs. [`watch`] does all that again and again. Nothing below [`cli`] prints, reads the environment, asks the time or exits.

pub mod approval;
pub mod check;
pub mod cli;
pub mod document;
#[cfg(feature = "forge")]
pub mod forge;
pub mod git;
pub mod model;
#[cfg(any(feature = "forge", feature = "webhooks"))]
pub mod network;
pub mod plan;
pub mod reconcile;
pub mod render;
pub mod store;
pub mod time;
pub mod watch;
pub mod webhook;
