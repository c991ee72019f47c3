//! People and groups.

use std::collections::{BTreeMap, BTreeSet};

use super::{keys, person_id};
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::{is_email, shown};
use crate::document::yaml::{Node, Span, Value};
use crate::model::{ApprovalRule, EmployeeId, Evidence, Person, PersonId, PublicKey, Settings};

/// What must belong to one person only, with the person that it belongs to.
#[derive(Default)]
struct Taken {
    ids: BTreeMap<String, String>,
    emails: BTreeMap<String, PersonId>,
    employees: BTreeMap<EmployeeId, PersonId>,
    keys: BTreeMap<PublicKey, PersonId>,
    /// By forge and account in lower case.
    accounts: BTreeMap<(&'static str, String), PersonId>,
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
    let known = ["name", "email", "employee", "keys", "github", "gitlab"];
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
    person.github = account(reader, &fields, "github", id, taken);
    person.gitlab = account(reader, &fields, "gitlab", id, taken);
    person
}

/// The most characters of an account's name.
const LONGEST_ACCOUNT: usize = 255;

/// An account at a forge, which is a person's, and one person's only, whatever the case.
fn account(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    forge: &'static str,
    id: &PersonId,
    taken: &mut Taken,
) -> Option<String> {
    let node = fields.get(forge)?;
    let account = reader.scalar(&fields.name(forge), node)?;
    let is_fit = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let is_name =
        !account.is_empty() && account.len() <= LONGEST_ACCOUNT && account.chars().all(is_fit);
    if !is_name {
        let message = format!("{} is not the name of an account", shown(account));
        let hint = if account.to_ascii_lowercase().ends_with("[bot]") {
            "approvals are given by people; write the account of a person"
        } else {
            "write letters, digits, '-', '_' and '.', without '@' and without the address of the forge"
        };
        reader.error(Code::BadText, node.span, message, hint);
        return None;
    }
    let key = (forge, account.to_ascii_lowercase());
    if let Some(before) = taken.accounts.insert(key, id.clone()) {
        let message = format!(
            "{} is the account of {} already",
            shown(account),
            shown(before.as_str())
        );
        let hint = "an account belongs to one person; correct one of the two";
        reader.error(Code::Setting, node.span, message, hint);
    }
    Some(account.to_owned())
}

/// Reports a person with the id that the record of a forge has among the approvals of a request, where approvals are files.
pub(super) fn nobody_is_the_forge(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    settings: &Settings,
) {
    let is_file =
        |rule: &ApprovalRule| matches!(rule.evidence, Evidence::Forge | Evidence::Signature);
    if !settings.rules().any(is_file) {
        return;
    }
    let Some(Value::Mapping(people)) = fields.get("people").map(|node| &node.value) else {
        return;
    };
    for (key, _) in people {
        if key.text.eq_ignore_ascii_case("forge") {
            let message = format!("{} cannot be the id of a person", shown(&key.text));
            let hint =
                "`approvals/<request>/forge.yaml` is the record of the forge; choose another id";
            reader.error(Code::Setting, key.span, message, hint);
        }
    }
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
