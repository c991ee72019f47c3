//! A saved plan as its file.

use serde::Serialize;

use super::json::Document;
use crate::model::{Digest, SavedLog, SavedPlan};
use crate::plan::Plan;
use crate::render::json;
use crate::time::rfc3339;

#[derive(Serialize)]
struct Saved<'a> {
    version: u32,
    rolecall: &'a str,
    created: String,
    program: &'a str,
    serial: u64,
    head: Option<Digest>,
    state: Digest,
    digest: Digest,
    logs: &'a [SavedLog],
    plan: Document<'a>,
}

/// The file that `plan --out` writes: what identifies the plan, and the plan as `plan --format json` prints it. `kind` is what the
/// file is known by.
#[must_use]
pub fn saved(saved: &SavedPlan, kind: &str, plan: &Plan) -> String {
    json::text(&Saved {
        version: json::VERSION,
        rolecall: kind,
        created: rfc3339(saved.created),
        program: &saved.program,
        serial: saved.serial,
        head: saved.head,
        state: saved.state,
        digest: saved.digest,
        logs: &saved.logs,
        plan: Document::from(plan),
    })
}
