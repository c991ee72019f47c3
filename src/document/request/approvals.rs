//! A request's own list of approvals.

use super::Context;
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::Node;
use crate::model::{
    AffectedRoles, ChangeLevel, Decision, Evidence, InlineApproval, Instant, PersonId, RoleId,
};

const DECISIONS: [(&str, Decision); 2] =
    [("approve", Decision::Approve), ("reject", Decision::Reject)];

pub(super) fn approvals(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    context: &Context<'_>,
) -> Option<Vec<InlineApproval>> {
    let node = fields.get("approvals")?;
    let items = reader.list("approvals", node)?;
    let mut approvals: Vec<InlineApproval> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let name = format!("approvals[{index}]");
        reader.note_place(name.clone(), item.span);
        let Some(approval) = approval(reader, &name, item, context) else {
            continue;
        };
        if approvals.contains(&approval) {
            let message = format!(
                "the approval of {} stands twice",
                shown(approval.by.as_str())
            );
            reader.error(Code::BadList, item.span, message, "keep one of the two");
        }
        approvals.push(approval);
    }
    Some(approvals)
}

fn approval(
    reader: &mut Reader<'_>,
    name: &str,
    item: &Node<'_>,
    context: &Context<'_>,
) -> Option<InlineApproval> {
    let fields = Fields::read(reader, "an approval", name, item, &["by", "decision", "at"])?;
    let by = fields.required(reader, "by");
    let by = by.and_then(|node| person(reader, &fields.name("by"), node, context));
    fields.required(reader, "decision");
    let decision = fields.word(reader, "decision", &DECISIONS);
    let at = fields.required(reader, "at");
    let at = at.and_then(|node| instant(reader, &fields.name("at"), node));
    Some(InlineApproval {
        by: by?,
        decision: decision?,
        at: at?,
    })
}

fn person(
    reader: &mut Reader<'_>,
    name: &str,
    node: &Node<'_>,
    context: &Context<'_>,
) -> Option<PersonId> {
    let text = reader.scalar(name, node)?;
    let people = &context.settings.people;
    if let Some((person, _)) = people.get_key_value(text) {
        return Some(person.clone());
    }
    let message = format!("{} is not a person of rolecall.yaml", shown(text));
    if let Some(person) = context.settings.person(text) {
        reader.error(
            Code::UnknownPerson,
            node.span,
            message,
            format!("write the id: {person}"),
        );
        return None;
    }
    let names = people.keys().map(PersonId::as_str);
    reader.unknown(Code::UnknownPerson, node.span, message, text, names, || {
        "write the id of a person of rolecall.yaml".to_owned()
    });
    None
}

/// Reads an RFC 3339 moment.
pub(in crate::document) fn instant(
    reader: &mut Reader<'_>,
    name: &str,
    node: &Node<'_>,
) -> Option<Instant> {
    use chrono::Datelike;
    let text = reader.scalar(name, node)?;
    let found = crate::time::parse_rfc3339(text).ok();
    let is_real =
        |found: &Instant| crate::time::due::YEARS.contains(&found.year()) && !text.contains(":60");
    let found = found.filter(is_real);
    if found.is_none() {
        let message = format!("`{name}` is {}, which is not a moment", shown(text));
        let hint =
            "write it as 2026-11-20T10:00:00Z, or with an offset as 2026-11-20T10:00:00-05:00";
        reader.error(Code::BadTime, node.span, message, hint);
    }
    found
}

/// Warns where approvals stand in a request whose evidence is another: they prove nothing there.
pub(super) fn warn_where_not_read(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    context: &Context<'_>,
    roles: Option<&AffectedRoles>,
) {
    let (Some(_), Some(access_type)) = (fields.get("approvals"), context.access_type) else {
        return;
    };
    let settings = context.settings;
    let control = settings.control(access_type);
    let listed: Vec<&RoleId> = match roles {
        Some(AffectedRoles::Listed(listed)) => listed.iter().collect(),
        Some(AffectedRoles::All) => settings.roles.keys().collect(),
        None => return,
    };
    let of_roles = listed
        .into_iter()
        .filter_map(|role| settings.roles.get(role)?.rule.as_ref());
    let of_control = (control.change_level == ChangeLevel::ChangeRequest).then_some(&control.rule);
    let mut asked = of_control.into_iter().chain(of_roles).peekable();
    if asked.peek().is_some() && asked.all(|rule| rule.evidence != Evidence::Inline) {
        let message = format!(
            "`approvals` proves nothing here: the evidence asked for is {}",
            control.rule.evidence.word()
        );
        let hint = "remove it; approve in the way that rolecall.yaml asks for";
        reader.warning(
            Code::ApprovalNotCounted,
            fields.key("approvals"),
            message,
            hint,
        );
    }
}
