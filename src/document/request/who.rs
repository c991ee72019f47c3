//! The employees and roles that a request is about.

use std::collections::BTreeMap;

use super::{Context, GIVING};
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::{is_email, shown};
use crate::document::yaml::{Node, Value};
use crate::model::{
    AccessType, AffectedEmployees, AffectedRoles, EmployeeId, Introduction, RoleId,
};

/// The most employees of a request.
const MOST_EMPLOYEES: usize = 1_000;

/// The most roles of a request.
const MOST_ROLES: usize = 500;

pub(super) fn employees(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    context: &Context<'_>,
) -> Option<AffectedEmployees> {
    const KEY: &str = "affected_employees";
    let node = context.required(reader, fields, KEY)?;
    if let Value::Scalar { .. } = node.value {
        let is_word = word_for_many(reader, KEY, node, "holders", context.access_type)?;
        return is_word.then_some(AffectedEmployees::Holders);
    }
    let items = limited(reader, KEY, node, MOST_EMPLOYEES)?;
    let mut seen = BTreeMap::new();
    let mut listed: Vec<Introduction> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let name = format!("{KEY}[{index}]");
        reader.note_place(name.clone(), item.span);
        let Some(entry) = employee(reader, &name, item, context) else {
            continue;
        };
        let before = seen.insert(entry.id.as_str().to_ascii_lowercase(), listed.len());
        if let Some(before) = before.and_then(|before| listed.get(before)) {
            repeated(reader, item, before, &entry);
        }
        listed.push(entry);
    }
    (listed.len() == items.len()).then_some(AffectedEmployees::Listed(listed))
}

/// Reports an employee that stands in the list already.
fn repeated(reader: &mut Reader<'_>, item: &Node<'_>, before: &Introduction, entry: &Introduction) {
    let (code, message, hint) = if before.id != entry.id {
        (
            Code::BadList,
            format!(
                "{} differs from {} only in case",
                shown(entry.id.as_str()),
                shown(before.id.as_str())
            ),
            "ids are exact; write the one that is meant, once",
        )
    } else if before.details.is_some() && entry.details.is_some() && before.details != entry.details
    {
        (
            Code::IntroductionConflict,
            format!(
                "{} is introduced twice, with different details",
                shown(entry.id.as_str())
            ),
            "keep one of the two",
        )
    } else {
        (
            Code::BadList,
            format!(
                "{} stands twice in `affected_employees`",
                shown(entry.id.as_str())
            ),
            "keep one of the two",
        )
    };
    reader.error(code, item.span, message, hint);
}

fn employee(
    reader: &mut Reader<'_>,
    name: &str,
    item: &Node<'_>,
    context: &Context<'_>,
) -> Option<Introduction> {
    if !matches!(item.value, Value::Mapping(_)) {
        let text = reader.scalar(name, item)?;
        let id = reader.id(text, item.span, EmployeeId::new)?;
        return Some(Introduction { id, details: None });
    }
    let fields = Fields::read(
        reader,
        "an introduced employee",
        name,
        item,
        &["id", "name", "email"],
    )?;
    let id = fields.required(reader, "id");
    let id = id.and_then(|node| {
        let text = reader.scalar(&fields.name("id"), node)?;
        reader.id(text, node.span, EmployeeId::new)
    });
    if let Some(access_type) = context.access_type.filter(|found| !GIVING.contains(found)) {
        let who = id
            .as_ref()
            .map_or_else(|| "an employee".to_owned(), |id| shown(id.as_str()));
        let message = format!(
            "{who} is introduced, which does not belong to {}",
            access_type.word()
        );
        reader.error(Code::MisplacedKey, item.span, message, "write the id alone");
        return None;
    }
    let full_name = fields.required(reader, "name");
    let full_name = full_name.and_then(|node| reader.text(&fields.name("name"), node));
    let email = fields.get("email").map(|node| {
        let text = reader.text(&fields.name("email"), node)?;
        if is_email(&text) {
            return Some(text);
        }
        let message = format!("{} is not an e-mail address", shown(&text));
        reader.error(
            Code::BadText,
            node.span,
            message,
            "write it as name@example.com",
        );
        None
    });
    let email = match email {
        Some(wrong_or_right) => Some(wrong_or_right?),
        None => None,
    };
    Some(Introduction {
        id: id?,
        details: Some((full_name?, email)),
    })
}

pub(super) fn roles(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    context: &Context<'_>,
) -> Option<AffectedRoles> {
    const KEY: &str = "affected_roles";
    let node = context.required(reader, fields, KEY)?;
    if let Value::Scalar { .. } = node.value {
        let is_word = word_for_many(reader, KEY, node, "all", context.access_type)?;
        return is_word.then_some(AffectedRoles::All);
    }
    let items = limited(reader, KEY, node, MOST_ROLES)?;
    let mut listed: Vec<RoleId> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let mut are_good = true;
    for (index, item) in items.iter().enumerate() {
        let name = format!("{KEY}[{index}]");
        reader.note_place(name.clone(), item.span);
        let text = reader.scalar(&name, item);
        let Some(role) = text.and_then(|text| reader.id(text, item.span, RoleId::new)) else {
            are_good = false;
            continue;
        };
        if !seen.insert(role.clone()) {
            let message = format!("{} stands twice in `{KEY}`", shown(role.as_str()));
            reader.error(Code::BadList, item.span, message, "keep one of the two");
        }
        listed.push(role);
    }
    are_good.then_some(AffectedRoles::Listed(listed))
}

/// Reports `holders` together with `all`: it would take everything from everybody.
pub(super) fn holders_of_all(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    employees: Option<&AffectedEmployees>,
    roles: Option<&AffectedRoles>,
) {
    if employees == Some(&AffectedEmployees::Holders) && roles == Some(&AffectedRoles::All) {
        let message = "`holders` of `all` roles would be everybody";
        let hint = "list the employees, or list the roles";
        reader.error(
            Code::HoldersOfAll,
            fields.key("affected_roles"),
            message,
            hint,
        );
    }
}

/// Whether a text in the place of a list is the word that stands for many; `None` where it was reported.
fn word_for_many(
    reader: &mut Reader<'_>,
    key: &str,
    node: &Node<'_>,
    word: &str,
    access_type: Option<AccessType>,
) -> Option<bool> {
    let text = reader.scalar(key, node)?;
    if text != word {
        let message = format!("`{key}` is {}, not a list", shown(text));
        let hint = if text.eq_ignore_ascii_case(word) {
            format!("did you mean `{word}`?")
        } else {
            format!(
                "write a list, such as [{}]",
                text.chars().take(40).collect::<String>()
            )
        };
        reader.error(Code::WrongType, node.span, message, hint);
        return None;
    }
    if let Some(access_type) = access_type.filter(|found| *found != AccessType::RoleReductions) {
        let message = format!("`{word}` does not belong to {}", access_type.word());
        let hint = "it is a word of role_reductions; write a list";
        reader.error(Code::MisplacedKey, node.span, message, hint);
        return None;
    }
    Some(true)
}

fn limited<'n, 'b>(
    reader: &mut Reader<'_>,
    key: &str,
    node: &'n Node<'b>,
    most: usize,
) -> Option<&'n [Node<'b>]> {
    let items = reader.list(key, node)?;
    if items.len() <= most {
        return Some(items);
    }
    let message = format!(
        "`{key}` has {} entries; at most {most} are allowed",
        items.len()
    );
    reader.error(
        Code::BadList,
        node.span,
        message,
        "split the request into several files",
    );
    None
}
