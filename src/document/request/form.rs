//! Custom change request forms, filled in.

use std::collections::BTreeMap;

use super::Context;
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::Node;
use crate::model::{FieldRule, Form};

/// The form's name and its fields.
pub(super) fn form(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    context: &Context<'_>,
) -> (Option<String>, BTreeMap<String, String>) {
    let name = fields.text(reader, "form");
    let form = match (&name, fields.get("form")) {
        (Some(name), Some(node)) => find(reader, name, node, context),
        _ => None,
    };
    if fields.get("form").is_none() && fields.get("custom").is_some() {
        let message = "`custom` stands without `form`";
        reader.error(
            Code::Form,
            fields.key("custom"),
            message,
            "name the form that the fields belong to",
        );
    }
    let custom = fields
        .get("custom")
        .and_then(|node| reader.map("custom", node));
    let mut values = BTreeMap::new();
    for (key, node) in custom.unwrap_or_default() {
        let part = format!("custom.{}", key.text);
        reader.note_place(part.clone(), node.span);
        let rule = form.map(|form| form.fields.get(key.text.as_ref()));
        if let (Some(form), Some(None)) = (form, rule) {
            let message = format!("{} is not a field of the form", shown(&key.text));
            let names = form.fields.keys().map(String::as_str);
            reader.unknown(Code::Form, key.span, message, &key.text, names, || {
                let names: Vec<&str> = form.fields.keys().map(String::as_str).take(20).collect();
                format!("the fields are: {}", names.join(", "))
            });
            continue;
        }
        let label = shown(&part);
        let Some(text) = reader.text(label.trim_matches('`'), node) else {
            continue;
        };
        if let Some(Some(rule)) = rule {
            fits(reader, &key.text, &text, node, rule);
        }
        values.insert(key.text.to_string(), text);
    }
    if let Some(form) = form.filter(|_| !context.is_draft) {
        missing(reader, fields, form);
    }
    (name, values)
}

fn find<'s>(
    reader: &mut Reader<'_>,
    name: &str,
    node: &Node<'_>,
    context: &Context<'s>,
) -> Option<&'s Form> {
    let forms = &context.settings.forms;
    if let Some(form) = forms.get(name) {
        return Some(form);
    }
    let message = format!("{} is not a form of rolecall.yaml", shown(name));
    let names = forms.keys().map(String::as_str);
    reader.unknown(Code::Form, node.span, message, name, names, || {
        if forms.is_empty() {
            return "rolecall.yaml has no `forms`; leave the key out".to_owned();
        }
        let names: Vec<&str> = forms.keys().map(String::as_str).take(20).collect();
        format!("the forms are: {}", names.join(", "))
    });
    None
}

/// Reports a text that the field does not take.
fn fits(reader: &mut Reader<'_>, field: &str, text: &str, node: &Node<'_>, rule: &FieldRule) {
    let description = rule
        .description
        .as_ref()
        .map(|description| format!(" ({description})"))
        .unwrap_or_default();
    if let Some(pattern) = rule
        .pattern
        .as_ref()
        .filter(|pattern| !pattern.is_match(text))
    {
        let message = format!(
            "`custom.{field}` is {}, which does not match its pattern",
            shown(text)
        );
        let hint = format!("write a text that matches {pattern}{description}");
        reader.error(Code::Form, node.span, message, hint);
    }
    if let Some(known) = rule
        .one_of
        .as_ref()
        .filter(|known| !known.iter().any(|one| one == text))
    {
        let message = format!(
            "`custom.{field}` is {}, which is none of its values",
            shown(text)
        );
        let names = known.iter().map(String::as_str);
        reader.unknown(Code::Form, node.span, message, text, names, || {
            let first: Vec<&str> = known.iter().map(String::as_str).take(20).collect();
            format!("write one of: {}{description}", first.join(", "))
        });
    }
}

/// Reports required fields that are not there.
fn missing(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, form: &Form) {
    let has = |name: &str| {
        fields.get("custom").is_some_and(|node| match &node.value {
            crate::document::yaml::Value::Mapping(entries) => {
                entries.iter().any(|(key, _)| key.text == name)
            }
            _ => false,
        })
    };
    let span = fields.key(if fields.get("custom").is_some() {
        "custom"
    } else {
        "form"
    });
    for (name, _) in form.fields.iter().filter(|(_, rule)| rule.required) {
        if !has(name) {
            let message = format!("`custom.{name}` is missing; the form requires it");
            reader.error(
                Code::Form,
                span,
                message,
                format!("add `{name}` under `custom`"),
            );
        }
    }
}
