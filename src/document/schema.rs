//! JSON Schemas (draft 2020-12) of the files, for editors and other programs.
//!
//! A schema takes every file that the program takes, and refuses keys that are not known, values of the wrong type, words that
//! are none of those allowed, and ids that break their rule. What needs more than one file, the calendar or a time zone is
//! left to `rolecall validate`. Where the program reads a plain scalar as a text, such as an id `007`, a program that reads
//! YAML on the way to a schema makes a number of it; so a schema takes numbers there.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a schema is built from the inside out, and the macro borrows"
)]

mod changelog;
mod pattern;
mod request;
mod settings;
mod state;

use serde_json::{Map, Value, json};

use crate::model::Settings;

/// What every schema says of itself, by which its file is known. It stands first.
pub const MARK: &str = "Made by rolecall; `rolecall schema --write` makes it anew.";

/// The schema of a change request; with the forms of the settings, where there are some to go by.
#[must_use]
pub fn request(settings: Option<&Settings>) -> Value {
    request::schema(settings)
}

/// The schema of `rolecall.yaml`.
#[must_use]
pub fn settings() -> Value {
    settings::schema()
}

/// The schema of `state/state.yaml`, also of one that is started by hand.
#[must_use]
pub fn state() -> Value {
    state::schema()
}

/// The schema of a change log.
#[must_use]
pub fn changelog() -> Value {
    changelog::schema()
}

/// A whole schema: an object with these keys, and what else holds for it.
fn document(title: &str, description: &str, body: Value) -> Value {
    let mut document = json!({
        "$comment": MARK,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
    });
    merge(&mut document, body);
    document
}

/// An object with these keys and no others.
fn object(required: &[&str], properties: Value) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        merge(&mut schema, json!({ "required": required }));
    }
    schema
}

/// An object whose keys match a schema, and whose values match another.
fn map(keys: Value, values: Value) -> Value {
    json!({"type": "object", "propertyNames": keys, "additionalProperties": values})
}

/// A list with at least one entry.
fn list(items: Value) -> Value {
    json!({"type": "array", "minItems": 1, "items": items})
}

/// The schema with what it is for.
fn described(mut schema: Value, description: &str) -> Value {
    merge(&mut schema, json!({ "description": description }));
    schema
}

/// Adds the keys of one object to another.
fn merge(schema: &mut Value, more: Value) {
    if let (Value::Object(schema), Value::Object(more)) = (schema, more) {
        schema.extend(more);
    }
}

/// What holds where a condition does.
fn when(condition: Value, then: Value) -> Value {
    json!({"if": condition, "then": then})
}

/// That a key has one of some values.
fn is_one_of(key: &str, values: &[&str]) -> Value {
    json!({"required": [key], "properties": {key: {"enum": values}}})
}

/// That none of these keys is there.
fn without(keys: &[&str]) -> Value {
    let never = keys
        .iter()
        .map(|key| ((*key).to_owned(), Value::Bool(false)));
    json!({"properties": never.collect::<Map<_, _>>()})
}

fn boolean(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

fn words(words: &[&str], description: &str) -> Value {
    json!({"enum": words, "description": description})
}

fn whole(least: u64, most: u64, description: &str) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": most, "description": description})
}

/// A text of a file that people write.
fn text(description: &str) -> Value {
    json!({
        "description": description,
        "type": ["string", "number"],
        "maxLength": 4000,
        "pattern": pattern::TEXT,
    })
}

/// An id with a pattern of its own, where a plain scalar will do.
fn id(pattern: &str, description: &str) -> Value {
    json!({"description": description, "type": ["string", "number"], "minimum": 0, "pattern": pattern})
}

/// A map's key with a pattern.
fn key(pattern: &str) -> Value {
    json!({ "pattern": pattern })
}

fn employee() -> Value {
    id(pattern::EMPLOYEE, "The id of an employee.")
}

fn role() -> Value {
    id(pattern::ROLE, "The id of a role.")
}

fn email() -> Value {
    json!({
        "description": "An e-mail address.",
        "type": "string",
        "maxLength": 254,
        "pattern": pattern::EMAIL,
    })
}

fn moment(description: &str) -> Value {
    json!({"description": description, "type": "string", "pattern": pattern::MOMENT})
}

fn date(description: &str) -> Value {
    json!({"description": description, "type": "string", "pattern": pattern::DATE})
}

fn timezone(description: &str) -> Value {
    json!({"description": description, "type": "string", "pattern": pattern::ZONE})
}

fn digest(description: &str) -> Value {
    json!({"description": description, "type": "string", "pattern": pattern::DIGEST})
}

/// The same, or null.
fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

#[cfg(test)]
mod tests;
