//! The schema of a change log.

use serde_json::{Value, json};

use super::state::{MOST, entry, record};
use super::{
    described, digest, document, employee, id, moment, object, or_null, pattern, role, whole, words,
};

/// The keys that every log has.
const KEYS: &[&str] = &[
    "version",
    "serial",
    "previous",
    "state_after",
    "change_type",
    "compliance",
    "compliance_reason",
    "status",
    "created",
    "request",
    "approvals",
    "actor",
    "schedule",
    "run",
    "values",
    "left_out",
    "warnings",
    "clock",
    "program",
    "policy",
    "request_record",
];

pub(super) fn schema() -> Value {
    let types = [
        "user_onboarding",
        "user_offboarding",
        "temporary_access_granted",
        "temporary_access_ended",
        "user_role_assignment_change",
        "baseline",
    ];
    let request_id = id(pattern::REQUEST, "The request.");
    let body = object(
        KEYS,
        json!({
            "version": {"const": 1, "description": "The version of the format."},
            "serial": {"type": "integer", "minimum": 1, "description": "Gapless, from 1."},
            "previous": or_null(digest("The hash of the previous log; null in the first.")),
            "state_after": digest("The digest of the state after it."),
            "change_type": words(&types, "What kind of change it is."),
            "compliance": words(&["compliant", "non_compliant"], "Whether an approved request covers it."),
            "compliance_reason": text("Why."),
            "status": words(&["closed", "open"], "`open` while somebody still has to look at it."),
            "created": moment("The clock when it was made."),
            "branch": or_null(text("The protected branch, where one was read.")),
            "request": or_null(request()),
            "approvals": {"type": "array", "items": approval(), "description": "Who approved the request."},
            "forge_record": or_null(text("The record of the forge that reviews stand in, as it was in the repository.")),
            "actor": actor(),
            "schedule": or_null(schedule()),
            "run": or_null(run()),
            "values": {"type": "array", "items": value(), "description": "What changed, by employee."},
            "left_out": {"type": "array", "items": left_out(), "description": "What was left out, and why."},
            "warnings": {"type": "array", "items": text("A warning.")},
            "clock": words(&["system", "given"], "`given` where a person set the clock."),
            "program": text("The program and its version."),
            "policy": digest("The digest of the settings that were used."),
            "resolves": or_null(resolution()),
            "request_record": or_null(record(json!({ "id": request_id }))),
        }),
    );
    let description = "A change log of rolecall: state/changelog/<year>/<serial>-<name>.yaml.";
    document("Change log", description, body)
}

fn text(description: &str) -> Value {
    json!({"description": description, "type": ["string", "number"]})
}

fn request() -> Value {
    let properties = json!({
        "id": id(pattern::REQUEST, "Its id."),
        "path": text("Its file."),
        "name": text("Name."),
        "change_overview": text("Change Overview."),
        "requested_by": text("Who asked, as written."),
        "content": digest("The digest of its bytes."),
        "commit": or_null(text("The commit that brought the content to the protected branch.")),
    });
    let required = [
        "id",
        "path",
        "name",
        "change_overview",
        "requested_by",
        "content",
    ];
    described(
        object(&required, properties),
        "The request that it carries out.",
    )
}

fn approval() -> Value {
    object(
        &["person", "decision", "at", "evidence", "assurance"],
        json!({
            "person": text("Who."),
            "decision": words(&["approve", "reject"], "What they decided."),
            "at": moment("When."),
            "evidence": words(&["inline", "merge", "forge", "signature"], "What proves it."),
            "assurance": words(&["claimed", "merged", "reviewed", "signed"], "How far that can be relied on."),
            "rules": {"type": "array", "items": text("A rule."), "description": "The rules that it counts for."},
            "signed": or_null(signed()),
            "review": or_null(review()),
        }),
    )
}

fn signed() -> Value {
    let required = [
        "request",
        "path",
        "content",
        "settings",
        "repository",
        "decision",
        "person",
        "at",
        "key",
        "signature",
    ];
    let properties = json!({
        "request": id(pattern::REQUEST, "The request."),
        "path": text("Its file then."),
        "content": digest("The digest of its bytes."),
        "blob": or_null(text("The id that git gives these bytes.")),
        "settings": digest("The digest of the settings that the signer saw."),
        "repository": text("The repository that it belongs to."),
        "decision": words(&["approve", "reject"], "What they decided."),
        "person": id(pattern::EMPLOYEE, "Who."),
        "at": moment("When, by their clock."),
        "expires": or_null(moment("After which moment it may not be used for the first time.")),
        "comment": or_null(text("What they had to say.")),
        "key": text("The public key that made the signature."),
        "signature": text("The signature."),
    });
    described(object(&required, properties), "What the person signed.")
}

fn review() -> Value {
    let properties = json!({
        "account": text("The account that reviewed."),
        "commit": text("The commit that was reviewed."),
    });
    let what = "The review in `forge_record`.";
    described(object(&["account", "commit"], properties), what)
}

fn actor() -> Value {
    let kinds = ["approver", "system", "person"];
    let properties = json!({
        "kind": words(&kinds, "`system` at a scheduled moment, `approver` straight after an approval, `person` by hand."),
        "name": or_null(text("Who.")),
    });
    described(object(&["kind"], properties), "Who did it.")
}

fn schedule() -> Value {
    let properties = json!({
        "local": text("The due moment in its zone."),
        "timezone": text("The zone."),
        "utc": moment("The due moment."),
        "tzdb": text("The version of the time-zone database."),
        "applied_at": moment("When it was done."),
        "lateness_seconds": {"type": "integer", "description": "How much later than due."},
    });
    let required = [
        "local",
        "timezone",
        "utc",
        "tzdb",
        "applied_at",
        "lateness_seconds",
    ];
    described(object(&required, properties), "When it was due and done.")
}

fn run() -> Value {
    object(
        &["number", "of"],
        json!({"number": whole(0, MOST, "Which run."), "of": whole(0, MOST, "How many there are.")}),
    )
}

fn value() -> Value {
    let roles =
        |description: &str| json!({"type": "array", "items": role(), "description": description});
    let status = words(&["active", "inactive"], "The status.");
    object(
        &[
            "id",
            "name",
            "old_roles",
            "new_roles",
            "added",
            "removed",
            "diff",
            "before",
            "record",
        ],
        json!({
            "id": employee(),
            "name": text("The name."),
            "old_roles": roles("The roles held before."),
            "new_roles": roles("The roles held after."),
            "added": roles("The roles newly held."),
            "removed": roles("The roles no longer held."),
            "status": or_null(object(&["old", "new"], json!({"old": status, "new": status}))),
            "diff": text("The unified diff of the two lists."),
            "before": or_null(entry(&["name"])),
            "record": or_null(entry(&["name"])),
        }),
    )
}

fn left_out() -> Value {
    let reasons = [
        "already_held",
        "not_held",
        "refused",
        "left_for_person",
        "kept",
    ];
    object(
        &["employee", "reason", "detail"],
        json!({
            "employee": employee(),
            "role": or_null(role()),
            "reason": words(&reasons, "Why, as a word."),
            "detail": text("Why, in a sentence."),
        }),
    )
}

fn resolution() -> Value {
    let properties = json!({
        "serial": {"type": "integer", "minimum": 0, "description": "The log that it closes."},
        "request": or_null(id(pattern::REQUEST, "The request that covers the change after the fact.")),
        "note": text("What was found out."),
        "by": text("Who closed it."),
    });
    described(
        object(&["serial", "note", "by"], properties),
        "What it resolves.",
    )
}
