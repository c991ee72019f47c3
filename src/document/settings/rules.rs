//! Approval rules.

use std::collections::{BTreeMap, BTreeSet};

use super::person_id;
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::Node;
use crate::model::{ApprovalRule, ChangeControl, ChangeLevel, Evidence, Person, PersonId};

/// The people and groups whom a rule may name.
pub(super) struct Known<'a> {
    pub(super) people: &'a BTreeMap<PersonId, Person>,
    pub(super) groups: &'a BTreeMap<PersonId, Vec<PersonId>>,
}

const EVIDENCE: [(&str, Evidence); 4] = [
    ("inline", Evidence::Inline),
    ("merge", Evidence::Merge),
    ("forge", Evidence::Forge),
    ("signature", Evidence::Signature),
];

const LEVELS: [(&str, ChangeLevel); 2] = [
    ("change_request", ChangeLevel::ChangeRequest),
    ("log_changes_only", ChangeLevel::LogChangesOnly),
];

/// Reads one of the change controls.
pub(super) fn control(
    reader: &mut Reader<'_>,
    name: &str,
    node: &Node<'_>,
    known: &Known<'_>,
) -> Option<ChangeControl> {
    let keys = ["change_level", "evidence", "approvals", "approvers"];
    let fields = Fields::read(reader, "a change control", name, node, &keys)?;
    Some(ChangeControl {
        change_level: fields
            .word(reader, "change_level", &LEVELS)
            .unwrap_or_default(),
        rule: rule(reader, &fields, known).unwrap_or_default(),
    })
}

/// Reads the approval rule among some fields, if there is one.
pub(super) fn rule(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    known: &Known<'_>,
) -> Option<ApprovalRule> {
    let keys = ["evidence", "approvals", "approvers"];
    if keys.iter().all(|key| fields.get(key).is_none()) {
        return None;
    }
    let evidence = match fields.get("evidence") {
        Some(_) => fields.word(reader, "evidence", &EVIDENCE),
        None => Some(Evidence::default()),
    };
    let rule = ApprovalRule::simple(
        evidence.unwrap_or_default(),
        fields
            .small_number(reader, "approvals", 1, 1_000)
            .unwrap_or(1),
        approvers(reader, fields, known),
    );
    match evidence {
        Some(Evidence::Merge) => promises_nothing(reader, fields, &rule),
        Some(Evidence::Forge | Evidence::Signature) => {
            let message = format!(
                "approvals with evidence {} are not read by this version",
                rule.evidence.word()
            );
            let hint = "requests under this rule stay pending; use inline or merge until then";
            reader.warning(
                Code::NotInThisVersion,
                fields.key("evidence"),
                message,
                hint,
            );
        }
        Some(Evidence::Inline) | None => {}
    }
    if evidence.is_some_and(|evidence| evidence != Evidence::Merge) {
        can_be_met(reader, fields, &rule, known);
    }
    Some(rule)
}

/// With `merge` nobody checks who approved, or how many.
fn promises_nothing(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, rule: &ApprovalRule) {
    let hint = if fields.get("evidence").is_some() {
        "let the rules of the branch ask for it, or use another evidence"
    } else {
        "`evidence` left out means merge; name another evidence, or let the rules of the branch ask for it"
    };
    for key in ["approvals", "approvers"] {
        let is_promise = match key {
            "approvals" => rule.approvals() > 1,
            _ => fields.get(key).is_some(),
        };
        if is_promise {
            let message = format!("`{}` is not checked with evidence merge", fields.name(key));
            reader.error(Code::Setting, fields.key(key), message, hint);
        }
    }
}

/// Reports a rule that asks for more people than it names.
fn can_be_met(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    rule: &ApprovalRule,
    known: &Known<'_>,
) {
    let approvers = || rule.stages.iter().flat_map(|stage| &stage.approvers);
    let people: BTreeSet<&PersonId> = approvers()
        .flat_map(|name| match known.groups.get(name) {
            Some(members) => members.iter().collect(),
            None => vec![name],
        })
        .collect();
    let is_everybody = fields.get("approvers").is_none();
    let there = if is_everybody {
        known.people.len().max(1)
    } else {
        people.len()
    };
    let wanted = usize::try_from(rule.approvals()).unwrap_or(usize::MAX);
    // Approvers that could not be read are reported already.
    let is_whole = is_everybody || approvers().next().is_some();
    if is_whole && wanted > there {
        let message = format!("{wanted} approvals are asked for, and {there} may approve");
        let hint = "lower `approvals`, or name more approvers";
        reader.error(Code::Setting, fields.key("approvals"), message, hint);
    }
}

fn approvers(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, known: &Known<'_>) -> Vec<PersonId> {
    let name = fields.name("approvers");
    let items = fields
        .get("approvers")
        .and_then(|node| reader.list(&name, node));
    let mut approvers = Vec::new();
    for item in items.unwrap_or_default() {
        let Some(id) = person_id(reader, &name, item) else {
            continue;
        };
        if approvers.contains(&id) {
            let message = format!("{} stands twice in `{name}`", shown(id.as_str()));
            reader.error(Code::BadList, item.span, message, "keep one of the two");
            continue;
        }
        if !known.people.contains_key(&id) && !known.groups.contains_key(&id) {
            let message = format!("{} is neither a person nor a group", shown(id.as_str()));
            let names = known.people.keys().chain(known.groups.keys());
            let names = names.map(PersonId::as_str);
            reader.unknown(
                Code::DanglingName,
                item.span,
                message,
                id.as_str(),
                names,
                || "add it to `people` or `groups`, or correct the id".to_owned(),
            );
        }
        approvers.push(id);
    }
    approvers
}
