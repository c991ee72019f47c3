//! Custom change request forms.

use std::collections::{BTreeMap, BTreeSet};

use regex::{Regex, RegexBuilder};

use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::{Node, Span};
use crate::model::{FieldRule, Form};

/// The most bytes that a compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 18;

/// The most patterns of all forms together: each takes time to compile.
const MOST_PATTERNS: usize = 500;

pub(super) fn forms(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> BTreeMap<String, Form> {
    let mut forms = BTreeMap::new();
    let mut patterns = 0;
    let map = fields
        .get("forms")
        .and_then(|node| reader.map("forms", node));
    for (key, node) in map.unwrap_or_default() {
        if !is_name(reader, "form", &key.text, key.span) {
            continue;
        }
        let path = format!("forms.{}", key.text);
        let Some(form) = Fields::read(reader, "a form", &path, node, &["fields"]) else {
            continue;
        };
        let mut rules = BTreeMap::new();
        let name = form.name("fields");
        let map = form
            .required(reader, "fields")
            .and_then(|node| reader.map(&name, node));
        for (key, node) in map.unwrap_or_default() {
            if !is_name(reader, "field", &key.text, key.span) {
                continue;
            }
            let path = format!("{name}.{}", key.text);
            if let Some(rule) = field(reader, &path, node, &mut patterns) {
                rules.insert(key.text.to_string(), rule);
            }
        }
        forms.insert(key.text.to_string(), Form { fields: rules });
    }
    forms
}

/// Whether a text can name a form or a field; reported if not.
fn is_name(reader: &mut Reader<'_>, what: &str, text: &str, span: Span) -> bool {
    let is_fit = |character: char| character.is_alphanumeric() || "_-. ".contains(character);
    if !text.trim().is_empty() && text.len() <= 200 && text.chars().all(is_fit) {
        return true;
    }
    let message = format!("{} cannot name a {what}", shown(text));
    let hint = "use letters, digits, spaces, '.', '_' and '-', at most 200 bytes";
    reader.error(Code::BadText, span, message, hint);
    false
}

fn field(
    reader: &mut Reader<'_>,
    path: &str,
    node: &Node<'_>,
    patterns: &mut usize,
) -> Option<FieldRule> {
    let known = ["required", "pattern", "one_of", "description"];
    let fields = Fields::read(reader, "a field of a form", path, node, &known)?;
    let one_of = fields.get("one_of").and_then(|node| {
        let name = fields.name("one_of");
        let items = reader.list(&name, node)?;
        let mut texts: Vec<String> = Vec::new();
        let mut known = BTreeSet::new();
        for item in items {
            let Some(text) = reader.text(&name, item) else {
                continue;
            };
            if known.insert(text.clone()) {
                texts.push(text);
            } else {
                let message = format!("`{name}` has {} twice", shown(&text));
                reader.error(Code::BadList, item.span, message, "keep one of the two");
            }
        }
        Some(texts)
    });
    Some(FieldRule {
        required: fields.boolean(reader, "required", false),
        pattern: pattern(reader, &fields, patterns),
        one_of,
        description: fields.text(reader, "description"),
    })
}

fn pattern(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    patterns: &mut usize,
) -> Option<Regex> {
    let node = fields.get("pattern")?;
    let text = fields.text(reader, "pattern")?;
    *patterns += 1;
    if *patterns > MOST_PATTERNS {
        let message = format!("the forms have more than {MOST_PATTERNS} patterns");
        reader.error(Code::BadList, node.span, message, "use fewer patterns");
        return None;
    }
    let built = RegexBuilder::new(&text)
        .size_limit(PATTERN_SIZE)
        .dfa_size_limit(PATTERN_SIZE)
        .nest_limit(50)
        .build();
    match built {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let reason = match error {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                other => other
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim()
                    .to_owned(),
            };
            let message = format!(
                "`{}` is not a regular expression: {reason}",
                fields.name("pattern")
            );
            let hint = "write one such as '^HR-[0-9]+$', in single quotes";
            reader.error(Code::Setting, node.span, message, hint);
            None
        }
    }
}
