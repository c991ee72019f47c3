//! The schema of the state file, and the parts of it that change logs have too.

use serde_json::{Value, json};

use super::{
    described, digest, document, employee, id, key, map, merge, moment, object, or_null, pattern,
    role, whole, words,
};

/// The most that a count may be.
pub(super) const MOST: u64 = u32::MAX as u64;

pub(super) fn schema() -> Value {
    let records = map(key(pattern::REQUEST), record(json!({})));
    let body = object(
        &["employees"],
        json!({
            "version": {"enum": [1, null], "description": "The version of the format."},
            "serial": {"type": "integer", "minimum": 0, "description": "The last change log that is folded in."},
            "head": or_null(digest("The hash of that log.")),
            "as_of": or_null(moment("The clock at the latest change.")),
            "employees": described(map(key(pattern::EMPLOYEE), entry(&[])), "Everybody, by id."),
            "requests": described(records, "Each request that has started or ended, by id. The reconciler writes it."),
        }),
    );
    document(
        "State",
        "Who holds what: state/state.yaml of rolecall.",
        body,
    )
}

/// An employee's entry.
pub(super) fn entry(required: &[&str]) -> Value {
    let grant = object(
        &["role", "until", "request"],
        json!({
            "role": role(),
            "until": moment("When it is taken back."),
            "request": id(pattern::REQUEST, "The request that lent it."),
        }),
    );
    object(
        required,
        json!({
            "name": or_null(shown("The name. Default: the id.")),
            "email": or_null(shown("The e-mail address.")),
            "status": words(&["active", "inactive"], "Default: active."),
            "roles": {"type": "array", "items": role(), "description": "The roles held permanently."},
            "temporary": {"type": "array", "items": grant, "description": "The roles held for a time."},
        }),
    )
}

/// A text that is kept as it is.
fn shown(description: &str) -> Value {
    json!({"description": description, "type": ["string", "number"]})
}

/// Where a request stands; with more keys, all of them required.
pub(super) fn record(more: Value) -> Value {
    let pairs = |description: &str| {
        let roles = json!({"type": "array", "items": role()});
        described(map(key(pattern::EMPLOYEE), roles), description)
    };
    let runs = object(
        &["done", "of"],
        json!({"done": whole(0, MOST, "How many are done."), "of": whole(0, MOST, "How many there are.")}),
    );
    let mut required = vec!["status", "content"];
    let mut properties = json!({
        "status": words(&["approved", "complete"], "`approved` while it is in process."),
        "content": digest("The digest of the content that was carried out."),
        "completed": or_null(moment("When it was completed.")),
        "runs": or_null(described(runs, "Its runs.")),
        "employees": {"type": "array", "items": employee(), "description": "The employees of its runs."},
        "roles": {"type": "array", "items": role(), "description": "The roles of its runs."},
        "retry": pairs("What failed and is tried again."),
        "manual": pairs("What waits for a person."),
        "until": or_null(moment("When the access that it gave ends.")),
    });
    required.extend(
        more.as_object()
            .into_iter()
            .flat_map(|more| more.keys())
            .map(String::as_str),
    );
    merge(&mut properties, more.clone());
    object(&required, properties)
}
