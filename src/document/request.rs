//! Request files.

mod approvals;
mod form;
mod when;
mod who;

pub(super) use approvals::instant;
pub(super) use when::zone;

use memchr::memrchr;

use crate::check::finding::{Code, Finding, Places};
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::source::Source;
use crate::document::text::{is_email, shown};
use crate::document::yaml::{self, Node};
use crate::model::{AccessType, PersonId, Request, RequestId, Settings};

/// The most bytes of a request file.
pub const LIMIT: usize = 64 * 1024;

/// The words of `access_type`.
const ACCESS_TYPES: [(&str, AccessType); 3] = [
    ("role_additions", AccessType::RoleAdditions),
    ("role_reductions", AccessType::RoleReductions),
    ("temporary_access", AccessType::TemporaryAccess),
];

const ALL: &[AccessType] = &[
    AccessType::RoleAdditions,
    AccessType::RoleReductions,
    AccessType::TemporaryAccess,
];
const GIVING: &[AccessType] = &[AccessType::RoleAdditions, AccessType::TemporaryAccess];
const ADDITIONS: &[AccessType] = &[AccessType::RoleAdditions];
const REDUCTIONS: &[AccessType] = &[AccessType::RoleReductions];
const TEMPORARY: &[AccessType] = &[AccessType::TemporaryAccess];

/// Every key of a request, and the access types that it belongs to.
const KEYS: &[(&str, &[AccessType])] = &[
    ("name", ALL),
    ("change_overview", ALL),
    ("access_type", ALL),
    ("requested_by", ALL),
    ("affected_employees", ALL),
    ("affected_roles", ALL),
    ("start_date", GIVING),
    ("start_time", GIVING),
    ("end_date", TEMPORARY),
    ("end_time", TEMPORARY),
    ("offboarding_date", REDUCTIONS),
    ("offboarding_time", REDUCTIONS),
    ("timezone", ALL),
    ("inactivate_after_removal", REDUCTIONS),
    ("reactivate", ADDITIONS),
    ("form", ALL),
    ("custom", ALL),
    ("external_reference", ALL),
    ("draft", ALL),
    ("cancelled", ALL),
    ("approvals", ALL),
];

/// What a request file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A request.
    Request(Box<RequestDocument>),
    /// Not submitted yet: what is there is well-formed, and anything may be missing.
    Draft(Box<Draft>),
}

/// A request and where its parts stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestDocument {
    /// The request; never a draft.
    pub request: Request,
    /// Where its parts stand.
    pub places: Places,
    /// Warnings and notes.
    pub findings: Vec<Finding>,
}

/// What a draft says so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// *Name*.
    pub name: Option<String>,
    /// *Change Overview*.
    pub change_overview: Option<String>,
    /// *Access type*.
    pub access_type: Option<AccessType>,
    /// As written: a person's id or an e-mail address.
    pub requested_by: Option<String>,
    /// Warnings and notes.
    pub findings: Vec<Finding>,
}

/// What the parts of a request are read against.
struct Context<'a> {
    settings: &'a Settings,
    access_type: Option<AccessType>,
    is_draft: bool,
}

impl Context<'_> {
    /// A value that only a draft may leave out.
    fn required<'n, 'b>(
        &self,
        reader: &mut Reader<'_>,
        fields: &Fields<'n, 'b>,
        key: &str,
    ) -> Option<&'n Node<'b>> {
        if self.is_draft {
            fields.get(key)
        } else {
            fields.required(reader, key)
        }
    }

    fn required_text(
        &self,
        reader: &mut Reader<'_>,
        fields: &Fields<'_, '_>,
        key: &str,
    ) -> Option<String> {
        let node = self.required(reader, fields, key)?;
        reader.text(key, node)
    }
}

/// The id of the request that a file holds: the file's name without its ending.
///
/// # Errors
///
/// A finding about the file if the name breaks the rule for ids.
pub fn id_of(path: &str) -> Result<RequestId, Finding> {
    RequestId::new(stem(path)).map_err(|error| {
        Finding::error(Code::BadId, error.to_string())
            .in_file(path)
            .hint("rename the file; its name without the ending is the id of the request")
    })
}

/// The name of a file without its ending: the id of the request, if it is one.
#[must_use]
pub fn stem(path: &str) -> &str {
    let file = memrchr(b'/', path.as_bytes()).map_or(path, |at| &path[at + 1..]);
    memrchr(b'.', file.as_bytes()).map_or(file, |at| &file[..at])
}

/// Reads a request file against the settings.
///
/// # Errors
///
/// Every finding of the file, if one of them is an error.
pub fn read(source: &Source, settings: &Settings) -> Result<Reading, Vec<Finding>> {
    let tree = yaml::parse(source);
    let mut reader = Reader::new(source, tree.findings);
    let known: Vec<&'static str> = KEYS.iter().map(|(key, _)| *key).collect();
    let reading = tree
        .root
        .as_ref()
        .and_then(|root| Fields::read(&mut reader, "a change request", "", root, &known))
        .and_then(|fields| read_fields(&mut reader, &fields, settings));
    if reader.has_errors() {
        return Err(reader.finish());
    }
    match reading {
        Some(Reading::Request(mut document)) => {
            document.places = std::mem::take(&mut reader.places);
            document.findings = reader.finish();
            Ok(Reading::Request(document))
        }
        Some(Reading::Draft(mut draft)) => {
            draft.findings = reader.finish();
            Ok(Reading::Draft(draft))
        }
        None => Err(reader.finish()),
    }
}

fn read_fields(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    settings: &Settings,
) -> Option<Reading> {
    for (key, key_span, node) in fields.iter() {
        let is_scalar = matches!(node.value, yaml::Value::Scalar { .. });
        reader.note_place(key, if is_scalar { node.span } else { key_span });
    }
    let access_type = fields.word(reader, "access_type", &ACCESS_TYPES);
    let context = Context {
        settings,
        access_type,
        is_draft: fields.boolean(reader, "draft", false),
    };
    context.required(reader, fields, "access_type");
    if let Some(access_type) = access_type {
        misplaced(reader, fields, access_type);
    }
    let name = context.required_text(reader, fields, "name");
    let change_overview = context.required_text(reader, fields, "change_overview");
    let requested_by = requested_by(reader, fields, &context);
    let employees = who::employees(reader, fields, &context);
    let roles = who::roles(reader, fields, &context);
    who::holders_of_all(reader, fields, employees.as_ref(), roles.as_ref());
    let schedule = when::schedule(reader, fields, &context);
    let (form, custom) = form::form(reader, fields, &context);
    let approvals = approvals::approvals(reader, fields, &context);
    approvals::warn_where_not_read(reader, fields, &context, roles.as_ref());
    let inactivate_after_removal = fields.boolean(reader, "inactivate_after_removal", false);
    let reactivate = fields.boolean(reader, "reactivate", false);
    let external_reference = fields.text(reader, "external_reference");
    let cancelled = fields.text(reader, "cancelled");
    if context.is_draft {
        return Some(Reading::Draft(Box::new(Draft {
            name,
            change_overview,
            access_type,
            requested_by: requested_by.map(|(written, _)| written),
            findings: Vec::new(),
        })));
    }
    let (requested_by, requester) = requested_by?;
    let request = Request {
        name: name?,
        change_overview: change_overview?,
        access_type: access_type?,
        requested_by,
        requester,
        employees: employees?,
        roles: roles?,
        timezone: schedule.timezone,
        start: schedule.start,
        end: schedule.end,
        inactivate_after_removal,
        reactivate,
        form,
        custom,
        external_reference,
        draft: false,
        cancelled,
        approvals,
    };
    Some(Reading::Request(Box::new(RequestDocument {
        request,
        places: Places::default(),
        findings: Vec::new(),
    })))
}

/// Reports the keys that do not belong to the access type.
fn misplaced(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, access_type: AccessType) {
    for (key, span, _) in fields.iter() {
        let of = KEYS.iter().find(|(known, _)| *known == key);
        let Some((_, types)) = of.filter(|(_, types)| !types.contains(&access_type)) else {
            continue;
        };
        let types: Vec<&str> = types.iter().map(|belongs| belongs.word()).collect();
        let message = format!("`{key}` does not belong to {}", access_type.word());
        let hint = format!(
            "it is a key of {}; remove it, or change `access_type`",
            types.join(" and ")
        );
        reader.error(Code::MisplacedKey, span, message, hint);
    }
}

/// The requester as written, and the person whom that is.
fn requested_by(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    context: &Context<'_>,
) -> Option<(String, Option<PersonId>)> {
    let text = context.required_text(reader, fields, "requested_by")?;
    if let Some(person) = context.settings.person(&text) {
        return Some((text, Some(person.clone())));
    }
    if is_email(&text) {
        return Some((text, None));
    }
    let span = fields
        .get("requested_by")
        .map_or(fields.key("requested_by"), |node| node.span);
    let message = format!(
        "{} is neither a person of rolecall.yaml nor an e-mail address",
        shown(&text)
    );
    let people = context.settings.people.keys().map(PersonId::as_str);
    reader.unknown(Code::UnknownPerson, span, message, &text, people, || {
        "write the id of a person of rolecall.yaml, or an e-mail address".to_owned()
    });
    None
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
