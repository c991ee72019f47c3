//! Approval rules.

use std::collections::{BTreeMap, BTreeSet};

use super::{person_id, stages};
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::{Node, Span};
use crate::model::{
    ApprovalRule, ChangeControl, ChangeLevel, Evidence, Person, PersonId, RevokedKey,
};

/// The people and groups whom a rule may name, and the keys that they cannot sign with.
pub(super) struct Known<'a> {
    pub(super) people: &'a BTreeMap<PersonId, Person>,
    pub(super) groups: &'a BTreeMap<PersonId, Vec<PersonId>>,
    pub(super) revoked_keys: &'a [RevokedKey],
}

impl Known<'_> {
    /// The people whom the id of a person or group stands for.
    pub(super) fn members<'n>(&'n self, name: &'n PersonId) -> &'n [PersonId] {
        match self.groups.get(name) {
            Some(members) => members,
            None => std::slice::from_ref(name),
        }
    }
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
    let keys = [
        "change_level",
        "evidence",
        "approvals",
        "approvers",
        "stages",
        "ordered",
        "final_approver",
    ];
    let fields = Fields::read(reader, "a change control", name, node, &keys)?;
    let change_level = fields
        .word(reader, "change_level", &LEVELS)
        .unwrap_or_default();
    Some(ChangeControl {
        change_level,
        rule: rule(
            reader,
            &fields,
            known,
            change_level == ChangeLevel::ChangeRequest,
        )
        .unwrap_or_default(),
    })
}

/// Reads the approval rule among some fields, if there is one. `is_used` says whether any request is judged by it.
pub(super) fn rule(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    known: &Known<'_>,
    is_used: bool,
) -> Option<ApprovalRule> {
    let keys = [
        "evidence",
        "approvals",
        "approvers",
        "stages",
        "ordered",
        "final_approver",
    ];
    if keys.iter().all(|key| fields.get(key).is_none()) {
        return None;
    }
    let evidence = match fields.get("evidence") {
        Some(_) => fields.word(reader, "evidence", &EVIDENCE),
        None => Some(Evidence::default()),
    };
    let stages = stages::read(reader, fields, known);
    let ordered = fields.boolean(reader, "ordered", false);
    match evidence {
        Some(Evidence::Merge) => {
            let approvals = stages.iter().map(|placed| placed.stage.approvals).sum();
            promises_nothing(reader, fields, approvals, ordered);
        }
        Some(evidence) => {
            stages::fit(reader, fields, ordered);
            stages::count_once(reader, &stages, known);
            stages::can_be_met(reader, &stages, known, evidence, is_used);
        }
        None => {}
    }
    Some(ApprovalRule {
        evidence: evidence.unwrap_or_default(),
        stages: stages.into_iter().map(|placed| placed.stage).collect(),
        ordered,
    })
}

/// With `merge` nobody checks who approved, how many, or in which order.
fn promises_nothing(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    approvals: u32,
    ordered: bool,
) {
    let hint = if fields.get("evidence").is_some() {
        "let the rules of the branch ask for it, or use another evidence"
    } else {
        "`evidence` left out means merge; name another evidence, or let the rules of the branch ask for it"
    };
    for key in [
        "approvals",
        "approvers",
        "stages",
        "ordered",
        "final_approver",
    ] {
        let is_promise = match key {
            "approvals" => approvals > 1,
            "ordered" => ordered,
            _ => true,
        };
        if is_promise && fields.get(key).is_some() {
            let message = format!("`{}` is not checked with evidence merge", fields.name(key));
            reader.error(Code::Setting, fields.key(key), message, hint);
        }
    }
}

/// The people and groups under `approvers`, and where each stands.
pub(super) fn approvers(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    known: &Known<'_>,
) -> Vec<(PersonId, Span)> {
    let name = fields.name("approvers");
    let items = fields
        .get("approvers")
        .and_then(|node| reader.list(&name, node));
    let mut approvers: Vec<(PersonId, Span)> = Vec::new();
    let mut seen = BTreeSet::new();
    for item in items.unwrap_or_default() {
        let Some(id) = approver(reader, &name, item, known) else {
            continue;
        };
        if !seen.insert(id.clone()) {
            let message = format!("{} stands twice in `{name}`", shown(id.as_str()));
            reader.error(Code::BadList, item.span, message, "keep one of the two");
            continue;
        }
        approvers.push((id, item.span));
    }
    approvers
}

/// A person or group of the settings; one that is none is reported, and given back all the same.
pub(super) fn approver(
    reader: &mut Reader<'_>,
    name: &str,
    node: &Node<'_>,
    known: &Known<'_>,
) -> Option<PersonId> {
    let id = person_id(reader, name, node)?;
    if !known.people.contains_key(&id) && !known.groups.contains_key(&id) {
        let message = format!("{} is neither a person nor a group", shown(id.as_str()));
        let names = known.people.keys().chain(known.groups.keys());
        let names = names.map(PersonId::as_str);
        reader.unknown(
            Code::DanglingName,
            node.span,
            message,
            id.as_str(),
            names,
            || "add it to `people` or `groups`, or correct the id".to_owned(),
        );
    }
    Some(id)
}
