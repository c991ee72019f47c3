//! People and groups.

use std::collections::{BTreeMap, BTreeSet};

use super::{keys, person_id};
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::{is_email, shown};
use crate::document::yaml::{Node, Span};
use crate::model::{EmployeeId, Person, PersonId, PublicKey};

/// What must belong to one person only, with the person that it belongs to.
#[derive(Default)]
struct Taken {
    ids: BTreeMap<String, String>,
    emails: BTreeMap<String, PersonId>,
    employees: BTreeMap<EmployeeId, PersonId>,
    keys: BTreeMap<PublicKey, PersonId>,
}

pub(super) fn people(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
) -> BTreeMap<PersonId, Person> {
    let mut people = BTreeMap::new();
    let mut taken = Taken::default();
    let map = fields
        .get("people")
        .and_then(|node| reader.map("people", node));
    for (key, node) in map.unwrap_or_default() {
        let Some(id) = reader.id(&key.text, key.span, PersonId::new) else {
            continue;
        };
        is_new_id(reader, &mut taken.ids, &id, key.span);
        let person = person(reader, &id, node, &mut taken);
        people.insert(id, person);
    }
    people
}

/// Reports an id that differs from another only in case.
fn is_new_id(
    reader: &mut Reader<'_>,
    taken: &mut BTreeMap<String, String>,
    id: &PersonId,
    span: Span,
) {
    let folded = id.as_str().to_ascii_lowercase();
    if let Some(before) = taken.insert(folded, id.to_string()) {
        let message = format!("{} clashes with {}", shown(id.as_str()), shown(&before));
        let hint = "ids of people and groups must differ in more than case; rename one";
        reader.error(Code::Setting, span, message, hint);
    }
}

fn person(reader: &mut Reader<'_>, id: &PersonId, node: &Node<'_>, taken: &mut Taken) -> Person {
    let mut person = Person {
        name: id.to_string(),
        email: None,
        employee: None,
        keys: Vec::new(),
        github: None,
        gitlab: None,
    };
    let path = format!("people.{id}");
    let known = ["name", "email", "employee", "keys"];
    let Some(fields) = Fields::read(reader, "a person", &path, node, &known) else {
        return person;
    };
    fields.required(reader, "name");
    if let Some(name) = fields.text(reader, "name") {
        person.name = name;
    }
    person.email = email(reader, &fields, id, taken);
    if let Some(node) = fields.get("employee") {
        let text = reader.scalar(&fields.name("employee"), node);
        person.employee = text.and_then(|text| reader.id(text, node.span, EmployeeId::new));
        let before = person
            .employee
            .clone()
            .and_then(|employee| taken.employees.insert(employee, id.clone()));
        if let Some(before) = before {
            let message = format!(
                "{} and {} are the same employee",
                shown(before.as_str()),
                shown(id.as_str())
            );
            let hint = "one person under two ids can approve twice; keep one of the two";
            reader.error(Code::Setting, node.span, message, hint);
        }
    }
    if let Some(node) = fields.get("keys") {
        person.keys = keys::of_person(reader, &fields.name("keys"), node, id, &mut taken.keys);
    }
    person
}

fn email(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    id: &PersonId,
    taken: &mut Taken,
) -> Option<String> {
    let node = fields.get("email")?;
    let email = fields.text(reader, "email")?;
    if !is_email(&email) {
        let message = format!("{} is not an e-mail address", shown(&email));
        reader.error(
            Code::BadText,
            node.span,
            message,
            "write it as name@example.com",
        );
        return None;
    }
    if let Some(before) = taken.emails.insert(email.to_lowercase(), id.clone()) {
        let message = format!(
            "{} is the e-mail address of {} already",
            shown(&email),
            shown(before.as_str())
        );
        let hint = "an address belongs to one person; correct one of the two";
        reader.error(Code::Setting, node.span, message, hint);
    }
    Some(email)
}

pub(super) fn groups(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    people: &BTreeMap<PersonId, Person>,
) -> BTreeMap<PersonId, Vec<PersonId>> {
    let mut groups = BTreeMap::new();
    let mut taken: BTreeMap<String, String> = people
        .keys()
        .map(|id| (id.as_str().to_ascii_lowercase(), id.to_string()))
        .collect();
    let map = fields
        .get("groups")
        .and_then(|node| reader.map("groups", node));
    for (key, node) in map.unwrap_or_default() {
        let Some(id) = reader.id(&key.text, key.span, PersonId::new) else {
            continue;
        };
        is_new_id(reader, &mut taken, &id, key.span);
        let path = format!("groups.{id}");
        let mut members = Vec::new();
        let mut seen = BTreeSet::new();
        for item in reader.list(&path, node).unwrap_or_default() {
            let Some(member) = person_id(reader, &path, item) else {
                continue;
            };
            if !seen.insert(member.clone()) {
                let message = format!("{} stands twice in `{path}`", shown(member.as_str()));
                reader.error(Code::BadList, item.span, message, "keep one of the two");
                continue;
            }
            is_person(reader, &member, item.span, people);
            members.push(member);
        }
        groups.insert(id, members);
    }
    groups
}

/// Reports an id that is none of the people.
pub(super) fn is_person(
    reader: &mut Reader<'_>,
    id: &PersonId,
    span: Span,
    people: &BTreeMap<PersonId, Person>,
) {
    if people.contains_key(id) {
        return;
    }
    let message = format!("{} is none of `people`", shown(id.as_str()));
    let names = people.keys().map(PersonId::as_str);
    reader.unknown(
        Code::DanglingName,
        span,
        message,
        id.as_str(),
        names,
        || format!("add `{id}` to `people`, or correct the id"),
    );
}
