//! A saved plan, as `plan --out` writes it.
//!
//! What is shown of the plan under `plan` is for people and scripts. Of it only the digest is read: the plan is made anew before it
//! is carried out, and must have that digest.

use serde::{Deserialize, Deserializer};

use crate::model::{Digest, SavedLog, SavedPlan};
use crate::time::{MomentError, parse_rfc3339};

/// The most bytes of the file.
pub const LIMIT: usize = 256 * 1024 * 1024;

/// What the key `rolecall` says, by which such a file is known.
pub const KIND: &str = "saved plan";

/// The version of the form.
pub const VERSION: u32 = 1;

/// Why a text is no saved plan.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// It is too large.
    #[error("it has more than {LIMIT} bytes")]
    TooLarge,
    /// It is not JSON, or has other keys or values than a saved plan; the text names line and column.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is something else.
    #[error("it does not say `\"rolecall\": \"{KIND}\"`")]
    Other,
    /// Another program's version of the form.
    #[error("its version is {0}, and this program knows {VERSION}")]
    Version(u32),
    /// Its moment is none.
    #[error("`created` is not a moment: {0}")]
    Created(#[source] MomentError),
    /// What it shows is another plan.
    #[error("the plan that it shows has another digest than it")]
    OtherPlan,
}

/// What tells a saved plan from other JSON.
#[derive(Deserialize)]
struct Head {
    version: Option<u32>,
    rolecall: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(rename = "rolecall")]
    _kind: String,
    created: String,
    program: String,
    serial: u64,
    #[serde(deserialize_with = "required")]
    head: Option<Digest>,
    state: Digest,
    digest: Digest,
    logs: Vec<SavedLog>,
    plan: Shown,
}

/// What is read of the plan as `plan --format json` prints it, which has more keys.
#[derive(Deserialize)]
struct Shown {
    digest: Digest,
}

/// A value that may be null and must be there.
fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Digest>, D::Error> {
    Option::deserialize(deserializer)
}

/// Reads a saved plan.
///
/// # Errors
///
/// [`SavedPlanError`] at the first problem.
pub fn read(bytes: &[u8]) -> Result<SavedPlan, SavedPlanError> {
    if bytes.len() > LIMIT {
        return Err(SavedPlanError::TooLarge);
    }
    let head: Head = serde_json::from_slice(bytes)?;
    if head.rolecall.as_deref() != Some(KIND) {
        return Err(SavedPlanError::Other);
    }
    match head.version {
        Some(VERSION) | None => {}
        Some(version) => return Err(SavedPlanError::Version(version)),
    }
    let document: Document = serde_json::from_slice(bytes)?;
    if document.plan.digest != document.digest {
        return Err(SavedPlanError::OtherPlan);
    }
    Ok(SavedPlan {
        created: parse_rfc3339(&document.created).map_err(SavedPlanError::Created)?,
        program: document.program,
        serial: document.serial,
        head: document.head,
        state: document.state,
        digest: document.digest,
        logs: document.logs,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn sample() -> Value {
        let digest = Digest::of(b"plan");
        json!({
            "version": 1, "rolecall": "saved plan", "created": "2026-11-23T12:00:00Z", "program": "rolecall 1.0.0",
            "serial": 4, "head": Digest::of(b"log"), "state": Digest::of(b"state"), "digest": digest,
            "logs": [{"change_type": "user_onboarding", "request": "grant", "content": Digest::of(b"request"),
                "run": {"number": 1, "of": 1}}],
            "plan": {"version": 1, "digest": digest, "requests": []},
        })
    }

    #[test]
    fn a_saved_plan_is_read() {
        let saved = read(sample().to_string().as_bytes()).unwrap();
        assert_eq!((saved.serial, saved.digest), (4, Digest::of(b"plan")));
        assert_eq!(saved.logs[0].request.as_ref().unwrap().as_str(), "grant");
    }

    #[rstest]
    #[case::unknown_key("/x", json!(1), "unknown field `x`")]
    #[case::unknown_key_of_a_log("/logs/0/x", json!(1), "unknown field `x`")]
    #[case::other_kind("/rolecall", json!("plan"), "does not say")]
    #[case::other_version("/version", json!(2), "its version is 2")]
    #[case::negative_serial("/serial", json!(-1), "line 1 column")]
    #[case::short_digest("/state", json!("sha256:00"), "is not a digest")]
    #[case::no_moment("/created", json!("today"), "`created` is not a moment")]
    #[case::other_plan("/plan/digest", json!(Digest::of(b"other")), "another digest")]
    fn what_is_wrong_is_named(#[case] place: &str, #[case] value: Value, #[case] message: &str) {
        let mut document = sample();
        let (parent, key) = place.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key] = value;
        let error = read(document.to_string().as_bytes()).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }

    #[test]
    fn no_key_may_be_missing_or_stand_twice() {
        let document = sample();
        for key in document.as_object().unwrap().keys() {
            let mut less = document.clone();
            less.as_object_mut().unwrap().remove(key);
            assert!(read(less.to_string().as_bytes()).is_err(), "{key}");
        }
        let twice = document.to_string().replacen('{', "{\"serial\":4,", 1);
        assert!(read(twice.as_bytes()).is_err());
    }

    #[rstest]
    #[case::empty("")]
    #[case::text("plan")]
    #[case::list("[]")]
    #[case::cut_off("{\"version\": 1, \"rolecall\": \"saved plan\"")]
    fn other_files_are_refused(#[case] text: &str) {
        assert!(read(text.as_bytes()).is_err());
    }
}
