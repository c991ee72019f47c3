//! The role catalogue, and the roles that nobody may hold together.

use std::collections::{BTreeMap, BTreeSet};

use super::{people, person_id, rules};
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::Node;
use crate::model::{Role, RoleId, SodAction, SodRule};

const KEYS: [&str; 12] = [
    "name",
    "description",
    "owner",
    "administrator",
    "temporary_only",
    "max_duration_days",
    "evidence",
    "approvals",
    "approvers",
    "stages",
    "ordered",
    "final_approver",
];

pub(super) fn roles(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    known: &rules::Known<'_>,
) -> BTreeMap<RoleId, Role> {
    let mut roles = BTreeMap::new();
    let mut taken: BTreeMap<String, RoleId> = BTreeMap::new();
    let map = fields
        .get("roles")
        .and_then(|node| reader.map("roles", node));
    for (key, node) in map.unwrap_or_default() {
        let Some(id) = reader.id(&key.text, key.span, RoleId::new) else {
            continue;
        };
        if let Some(before) = taken.insert(id.as_str().to_ascii_lowercase(), id.clone()) {
            let message = format!(
                "{} differs from {} only in case",
                shown(id.as_str()),
                shown(before.as_str())
            );
            reader.error(Code::Setting, key.span, message, "rename one of the two");
        }
        let role = role(reader, &id, node, known);
        roles.insert(id, role);
    }
    roles
}

fn role(reader: &mut Reader<'_>, id: &RoleId, node: &Node<'_>, known: &rules::Known<'_>) -> Role {
    let mut role = Role {
        name: id.to_string(),
        description: None,
        owner: None,
        administrator: false,
        temporary_only: false,
        max_duration_days: None,
        rule: None,
    };
    let Some(fields) = Fields::read(reader, "a role", &format!("roles.{id}"), node, &KEYS) else {
        return role;
    };
    fields.required(reader, "name");
    if let Some(name) = fields.text(reader, "name") {
        role.name = name;
    }
    role.description = fields.text(reader, "description");
    if let Some(node) = fields.get("owner") {
        role.owner = person_id(reader, &fields.name("owner"), node);
        if let Some(owner) = &role.owner {
            people::is_person(reader, owner, node.span, known.people);
        }
    }
    role.administrator = fields.boolean(reader, "administrator", false);
    role.temporary_only = fields.boolean(reader, "temporary_only", false);
    role.max_duration_days = fields.small_number(reader, "max_duration_days", 1, 36_500);
    role.rule = rules::rule(reader, &fields, known, true);
    role
}

pub(super) fn separation_of_duties(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    roles: &BTreeMap<RoleId, Role>,
) -> Vec<SodRule> {
    const KEY: &str = "separation_of_duties";
    let mut separations: Vec<SodRule> = Vec::new();
    let mut taken = BTreeSet::new();
    let items = fields.get(KEY).and_then(|node| reader.list(KEY, node));
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let name = format!("{KEY}[{index}]");
        let known = ["id", "roles", "action"];
        let Some(entry) = Fields::read(reader, "a rule of separation", &name, item, &known) else {
            continue;
        };
        entry.required(reader, "id");
        let id = entry.text(reader, "id");
        if let Some(id) = id.as_ref().filter(|id| !taken.insert(id.to_lowercase())) {
            let message = format!("two rules of `{KEY}` have the id {}", shown(id));
            reader.error(
                Code::Setting,
                entry.key("id"),
                message,
                "rename one of the two",
            );
        }
        let together = together(reader, &entry, roles);
        entry.required(reader, "action");
        let words = [("deny", SodAction::Deny), ("warn", SodAction::Warn)];
        let action = entry.word(reader, "action", &words);
        if let (Some(id), Some(roles), Some(action)) = (id, together, action) {
            separations.push(SodRule { id, roles, action });
        }
    }
    separations
}

/// The roles of a rule of separation: two at least, each of the catalogue.
fn together(
    reader: &mut Reader<'_>,
    entry: &Fields<'_, '_>,
    roles: &BTreeMap<RoleId, Role>,
) -> Option<Vec<RoleId>> {
    let node = entry.required(reader, "roles")?;
    let name = entry.name("roles");
    let items = reader.list(&name, node)?;
    let mut together: Vec<RoleId> = Vec::new();
    let mut known = BTreeSet::new();
    for item in items {
        let text = reader.scalar(&name, item)?;
        let role = reader.id(text, item.span, RoleId::new)?;
        if known.insert(role.clone()) {
            if !roles.contains_key(&role) {
                let message = format!("{} is none of `roles`", shown(role.as_str()));
                let names = roles.keys().map(RoleId::as_str);
                reader.unknown(
                    Code::DanglingName,
                    item.span,
                    message,
                    role.as_str(),
                    names,
                    || format!("add `{role}` to `roles`, or correct the id"),
                );
            }
            together.push(role);
        } else {
            let message = format!("{} stands twice in `{name}`", shown(role.as_str()));
            reader.error(Code::BadList, item.span, message, "keep one of the two");
        }
    }
    if together.len() < 2 {
        let message = format!("`{name}` needs two different roles at least");
        reader.error(
            Code::BadList,
            node.span,
            message,
            "name the roles that nobody may hold together",
        );
    }
    Some(together)
}
