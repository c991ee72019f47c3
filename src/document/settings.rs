//! The settings file, `rolecall.yaml`.

mod forms;
mod keys;
mod notify;
mod people;
mod roles;
mod rules;
mod stages;

use crate::check::finding::{Code, Finding};
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::request;
use crate::document::source::Source;
use crate::document::text::shown;
use crate::document::yaml::{self, Node, Value};
use crate::model::{
    ApprovalSettings, ChangeControls, DriftPolicy, Limits, PersonId, RevokedKey, Settings,
    UserProvisioning,
};

/// The most bytes of the settings file.
pub const LIMIT: usize = 8 * 1024 * 1024;

/// The branch where none is named.
pub const BRANCH: &str = "main";

const KEYS: &[&str] = &[
    "version",
    "organization",
    "timezone",
    "user_provisioning",
    "change_controls",
    "approval",
    "repository",
    "revoked_keys",
    "people",
    "groups",
    "roles",
    "separation_of_duties",
    "limits",
    "forms",
    "drift",
    "notify",
];

/// The settings and what else is to be said about them.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingsDocument {
    /// The settings.
    pub settings: Settings,
    /// Warnings and notes.
    pub findings: Vec<Finding>,
}

/// Reads the settings file.
///
/// # Errors
///
/// Every finding of the file, if one of them is an error.
pub fn read(source: &Source) -> Result<SettingsDocument, Vec<Finding>> {
    let tree = yaml::parse(source);
    let mut reader = Reader::new(source, tree.findings);
    let settings = tree
        .root
        .as_ref()
        .and_then(|root| Fields::read(&mut reader, "the settings", "", root, KEYS))
        .map(|fields| read_fields(&mut reader, &fields));
    match settings {
        Some(settings) if !reader.has_errors() => Ok(SettingsDocument {
            settings,
            findings: reader.finish(),
        }),
        _ => Err(reader.finish()),
    }
}

/// The protected branch that a settings file names, also where the file has errors elsewhere; `None` where it names none.
#[must_use]
pub fn read_branch(source: &Source) -> Option<String> {
    let tree = yaml::parse(source);
    let mut reader = Reader::new(source, Vec::new());
    let approval = entry(tree.root.as_ref()?, "approval")?;
    branch(&mut reader, "approval.branch", entry(approval, "branch")?)
}

fn entry<'n, 'a>(node: &'n Node<'a>, wanted: &str) -> Option<&'n Node<'a>> {
    match &node.value {
        Value::Mapping(entries) => entries
            .iter()
            .find(|(key, _)| key.text == wanted)
            .map(|(_, value)| value),
        _ => None,
    }
}

fn read_fields(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Settings {
    version(reader, fields);
    let people = people::people(reader, fields);
    let groups = people::groups(reader, fields, &people);
    let revoked_keys = keys::revoked(reader, fields);
    let known = rules::Known {
        people: &people,
        groups: &groups,
        revoked_keys: &revoked_keys,
    };
    let roles = roles::roles(reader, fields, &known);
    let separation_of_duties = roles::separation_of_duties(reader, fields, &roles);
    let timezone = fields
        .get("timezone")
        .and_then(|node| request::zone(reader, "timezone", node))
        .map_or_else(|| "UTC".to_owned(), |zone| zone.name().to_owned());
    let settings = Settings {
        organization: fields.text(reader, "organization"),
        timezone,
        user_provisioning: user_provisioning(reader, fields),
        change_controls: change_controls(reader, fields, &known),
        approval: approval(reader, fields, &revoked_keys),
        repository: repository(reader, fields),
        separation_of_duties,
        limits: limits(reader, fields),
        forms: forms::forms(reader, fields),
        drift: fields
            .word(
                reader,
                "drift",
                &[
                    ("record", DriftPolicy::Record),
                    ("refuse", DriftPolicy::Refuse),
                ],
            )
            .unwrap_or_default(),
        notify: notify::notify(reader, fields),
        roles,
        revoked_keys,
        groups,
        people,
    };
    people::nobody_is_the_forge(reader, fields, &settings);
    settings
}

fn version(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) {
    let Some(node) = fields.required(reader, "version") else {
        return;
    };
    match &node.value {
        Value::Scalar { text, plain: true } if text == "1" => {}
        Value::Scalar { text, .. } => {
            let message = format!("version {} of the settings is not known", shown(text));
            let hint = "write `version: 1`; a newer version needs a newer program";
            reader.error(Code::Version, node.span, message, hint);
        }
        other => reader.not_a("version", "1", other, node.span),
    }
}

/// The map under a key, if it is there.
fn part<'n, 'a>(
    reader: &mut Reader<'_>,
    fields: &Fields<'n, 'a>,
    key: &str,
    known: &[&'static str],
) -> Option<Fields<'n, 'a>> {
    let node = fields.get(key)?;
    Fields::read(reader, &format!("`{key}`"), key, node, known)
}

fn user_provisioning(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> UserProvisioning {
    let keys = ["enhanced", "auto_provisioning", "auto_role_removal"];
    let Some(part) = part(reader, fields, "user_provisioning", &keys) else {
        return UserProvisioning {
            enhanced: true,
            auto_provisioning: false,
            auto_role_removal: false,
        };
    };
    UserProvisioning {
        enhanced: part.boolean(reader, "enhanced", true),
        auto_provisioning: part.boolean(reader, "auto_provisioning", false),
        auto_role_removal: part.boolean(reader, "auto_role_removal", false),
    }
}

fn change_controls(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    known: &rules::Known<'_>,
) -> ChangeControls {
    let keys = ["user_onboarding", "user_offboarding", "temporary_access"];
    let part = part(reader, fields, "change_controls", &keys);
    let mut control = |key: &str| {
        let part = part.as_ref()?;
        let node = part.get(key)?;
        rules::control(reader, &part.name(key), node, known)
    };
    let user_onboarding = control("user_onboarding").unwrap_or_default();
    ChangeControls {
        user_offboarding: control("user_offboarding").unwrap_or_default(),
        temporary_access: control("temporary_access").unwrap_or_else(|| user_onboarding.clone()),
        user_onboarding,
    }
}

fn approval(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    revoked: &[RevokedKey],
) -> ApprovalSettings {
    let keys = ["branch", "block_own", "valid_for_days", "forge_key"];
    let Some(part) = part(reader, fields, "approval", &keys) else {
        return ApprovalSettings {
            branch: BRANCH.to_owned(),
            block_own: true,
            valid_for_days: None,
            forge_key: None,
        };
    };
    let named = part
        .get("branch")
        .and_then(|node| branch(reader, &part.name("branch"), node));
    ApprovalSettings {
        branch: named.unwrap_or_else(|| BRANCH.to_owned()),
        block_own: part.boolean(reader, "block_own", true),
        valid_for_days: part.small_number(reader, "valid_for_days", 1, 36_500),
        forge_key: keys::of_forge(reader, &part, revoked),
    }
}

/// The most characters of the repository's name.
const LONGEST_REPOSITORY: usize = 200;

/// The name that approvals are bound to. Where there is none they are bound to `commit:` and the id of the first commit, so
/// that no name begins like that.
fn repository(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<String> {
    const KEY: &str = "repository";
    const TAKEN: &str = "commit:";
    let node = fields.get(KEY)?;
    let name = reader.line(KEY, node, LONGEST_REPOSITORY)?;
    let start = name.trim_start().get(..TAKEN.len());
    if start.is_some_and(|start| start.eq_ignore_ascii_case(TAKEN)) {
        let message = format!("{} begins with `{TAKEN}`", shown(&name));
        let hint =
            "that is how repositories without a name are called; write a name such as acme/access";
        reader.error(Code::Setting, node.span, message, hint);
        return None;
    }
    Some(name)
}

/// A branch or another name of a revision, which is given to git: nothing that git takes for an option, a range or a path.
fn branch(reader: &mut Reader<'_>, name: &str, node: &Node<'_>) -> Option<String> {
    let text = reader.text(name, node)?;
    let is_odd = |character: char| character.is_whitespace() || ":?*[\\".contains(character);
    if text.starts_with('-') || text.contains("..") || text.chars().any(is_odd) || text.len() > 250
    {
        let message = format!("{} is not the name of a branch", shown(&text));
        let hint = "write the name of a branch, such as main or origin/main";
        reader.error(Code::Setting, node.span, message, hint);
        return None;
    }
    Some(text)
}

fn limits(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Limits {
    let default = Limits::default();
    let keys = ["removals", "removal_percent", "inactivations"];
    let Some(part) = part(reader, fields, "limits", &keys) else {
        return default;
    };
    let most = u64::from(u32::MAX);
    Limits {
        removals: part
            .number(reader, "removals", 0, most)
            .unwrap_or(default.removals),
        removal_percent: part
            .small_number(reader, "removal_percent", 0, 100)
            .unwrap_or(default.removal_percent),
        inactivations: part
            .number(reader, "inactivations", 0, most)
            .unwrap_or(default.inactivations),
    }
}

/// Reads the id of a person or group.
fn person_id(reader: &mut Reader<'_>, name: &str, node: &Node<'_>) -> Option<PersonId> {
    let text = reader.scalar(name, node)?;
    reader.id(text, node.span, PersonId::new)
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
