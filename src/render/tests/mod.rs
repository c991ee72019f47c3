//! The forms, looked at as a person would, on a made-up company and on hostile text.

mod findings;
mod log;
mod markdown;
mod people;
mod plan;
mod plan_json;
mod sample;
mod sarif;
mod status;
