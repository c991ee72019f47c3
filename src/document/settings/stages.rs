//! The stages of an approval rule.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{Known, approver, approvers};
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::{Node, Span};
use crate::model::{Evidence, PersonId, Stage};

/// The most stages of a rule, without that of the final approver.
const MOST: usize = 20;

/// The most characters of a stage's name.
const LONGEST_NAME: usize = 100;

/// A stage, and where it stands.
pub(super) struct Placed {
    pub(super) stage: Stage,
    /// Where each of the approvers stands.
    entries: Vec<Span>,
    /// Where the number of approvals stands, or else the stage.
    approvals: Span,
    /// What is wrong with the means of its approvers is said here.
    means: Span,
    /// Whether nothing of the approvers was refused.
    is_whole: bool,
}

impl Placed {
    /// What the stage is called in a message, behind another word; nothing where it has no name.
    fn at(&self) -> String {
        let name = self.stage.name.as_ref();
        name.map_or_else(String::new, |name| format!(" at stage {}", shown(name)))
    }

    fn approvers<'a>(&'a self, known: &'a Known<'_>) -> BTreeSet<&'a PersonId> {
        let named = &self.stage.approvers;
        if named.is_empty() {
            return known.people.keys().collect();
        }
        named.iter().flat_map(|name| known.members(name)).collect()
    }
}

/// Reads the stages of a rule: those that it names, or itself as the only one, and then that of the final approver.
pub(super) fn read(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    known: &Known<'_>,
) -> Vec<Placed> {
    let mut stages = match fields.get("stages") {
        Some(node) => named(reader, &fields.name("stages"), node, known),
        None => vec![stage(reader, fields, known, None, "evidence")],
    };
    stages.extend(last(reader, fields, known));
    stages
}

fn named(reader: &mut Reader<'_>, name: &str, node: &Node<'_>, known: &Known<'_>) -> Vec<Placed> {
    let items = reader.list(name, node).unwrap_or_default();
    if items.len() > MOST {
        let message = format!(
            "`{name}` has {} stages; at most {MOST} are allowed",
            items.len()
        );
        let hint = "join stages whose order does not matter";
        reader.error(Code::BadList, node.span, message, hint);
    }
    let mut stages = Vec::new();
    let mut taken = BTreeSet::from([Stage::FINAL.to_owned()]);
    for (index, item) in items.iter().take(MOST).enumerate() {
        let name = format!("{name}[{index}]");
        let keys = ["name", "approvals", "approvers"];
        let Some(fields) = Fields::read(reader, "a stage", &name, item, &keys) else {
            continue;
        };
        let name = stage_name(reader, &fields, &mut taken);
        fields.required(reader, "approvers");
        stages.push(stage(reader, &fields, known, name, "approvers"));
    }
    stages
}

/// The name of a stage, which no other stage of the rule has.
fn stage_name(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    taken: &mut BTreeSet<String>,
) -> Option<String> {
    let node = fields.required(reader, "name")?;
    let name = reader.line(&fields.name("name"), node, LONGEST_NAME)?;
    let words: Vec<_> = name.split_whitespace().collect();
    let folded = words.join(" ").to_lowercase();
    if folded == Stage::FINAL {
        let message = format!("{} cannot be the name of a stage", shown(&name));
        let hint = "the stage of the final approver is called so; write `final_approver`, or choose another name";
        reader.error(Code::Setting, node.span, message, hint);
    } else if !taken.insert(folded) {
        let message = format!("two stages have the name {}", shown(&name));
        reader.error(Code::Setting, node.span, message, "rename one of the two");
    }
    Some(name)
}

/// Reads what a stage and a rule without stages have in common. Only a rule, whose `means` are told at its `evidence`, may leave
/// its approvers out.
fn stage(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    known: &Known<'_>,
    name: Option<String>,
    means: &str,
) -> Placed {
    let approvals = fields.small_number(reader, "approvals", 1, 1_000);
    let (approvers, entries): (Vec<_>, _) = approvers(reader, fields, known).into_iter().unzip();
    let is_everybody = means == "evidence" && fields.get("approvers").is_none();
    Placed {
        entries,
        approvals: fields.key("approvals"),
        means: fields.key(means),
        is_whole: is_everybody || !approvers.is_empty(),
        stage: Stage {
            name,
            approvals: approvals.unwrap_or(1),
            approvers,
            is_final: false,
        },
    }
}

fn last(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, known: &Known<'_>) -> Option<Placed> {
    const KEY: &str = "final_approver";
    let node = fields.get(KEY)?;
    let id = approver(reader, &fields.name(KEY), node, known)?;
    Some(Placed {
        stage: Stage::last(id),
        entries: vec![node.span],
        approvals: fields.key(KEY),
        means: fields.key(KEY),
        is_whole: true,
    })
}

/// Reports keys of a rule that do not go together.
pub(super) fn fit(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, ordered: bool) {
    let has = |key: &str| fields.get(key).is_some();
    for key in ["approvals", "approvers"] {
        if has("stages") && has(key) {
            let message = format!("`{}` stands beside `stages`", fields.name(key));
            let hint = "each stage has its own; move it into the stages";
            reader.error(Code::Setting, fields.key(key), message, hint);
        }
    }
    if ordered && !has("stages") && !has("final_approver") {
        let message = format!("`{}` has nothing to order", fields.name("ordered"));
        let hint = "add `stages` or a `final_approver`, or leave `ordered` out";
        reader.error(Code::Setting, fields.key("ordered"), message, hint);
    }
}

/// Reports people who are named for two stages: nobody counts for two. That a final approver belongs to a group of a stage
/// before is no such thing, because they are left out there.
pub(super) fn count_once(reader: &mut Reader<'_>, stages: &[Placed], known: &Known<'_>) {
    // For each person the first stage that names them, and whether it names them by their own id.
    let mut seen: BTreeMap<&PersonId, (usize, bool)> = BTreeMap::new();
    for (index, placed) in stages.iter().enumerate() {
        let mut clashes = Vec::new();
        for (name, span) in placed.stage.approvers.iter().zip(&placed.entries) {
            let mut clash = None;
            for person in known.members(name) {
                let before = seen.entry(person).or_insert((index, false));
                if before.0 == index {
                    before.1 |= person == name;
                } else if before.1 || !placed.stage.is_final {
                    clash = clash.or(Some((person, before.0)));
                }
            }
            clashes.extend(clash.map(|(person, before)| (name, *span, person, before)));
        }
        for (name, span, person, before) in clashes {
            let mut who = shown(person.as_str());
            if person != name {
                who = format!("{who}, of {},", shown(name.as_str()));
            }
            let before = match &stages[before].stage.name {
                Some(stage) => format!("stage {}", shown(stage)),
                None => "`approvers`".to_owned(),
            };
            let (message, hint) = if placed.stage.is_final {
                let hint = "a final approver counts for no other stage; leave them out there";
                (
                    format!("{who} is the final approver, and in {before} already"),
                    hint,
                )
            } else {
                let hint = "nobody counts for two stages; leave them out of one of the two";
                (format!("{who} is in {before} already"), hint)
            };
            reader.error(Code::Setting, span, message, hint);
        }
    }
}

/// Reports stages that ask for more people than they name, or than can prove an approval.
pub(super) fn can_be_met(
    reader: &mut Reader<'_>,
    stages: &[Placed],
    known: &Known<'_>,
    evidence: Evidence,
    is_used: bool,
) {
    let is_final = |placed: &&Placed| placed.stage.is_final;
    let last = stages.iter().find(is_final);
    let last = last.map(|placed| placed.approvers(known));
    for placed in stages.iter().filter(|placed| placed.is_whole) {
        let mut people = placed.approvers(known);
        if let Some(last) = last.as_ref().filter(|_| !placed.stage.is_final) {
            people.retain(|person| !last.contains(person));
        }
        let wanted = usize::try_from(placed.stage.approvals).unwrap_or(usize::MAX);
        // Settings that have no people yet are none that cannot be met.
        if known.people.is_empty() && placed.stage.approvers.is_empty() && wanted == 1 {
            continue;
        }
        let (at, there) = (placed.at(), people.len());
        if there < wanted {
            let besides = if last.is_some() {
                " besides the final approver"
            } else {
                ""
            };
            let message =
                format!("{wanted} approvals are asked for{at}, and {there} may approve{besides}");
            let hint = "lower `approvals`, or name more approvers";
            reader.error(Code::Setting, placed.approvals, message, hint);
            continue;
        }
        let can_prove = |person: &&&PersonId| {
            let details = known.people.get(person.as_str());
            details.is_none_or(|it| it.can_prove(evidence, known.revoked_keys))
        };
        let able = people.iter().filter(can_prove).count();
        if is_used && able < wanted {
            lack_means(reader, placed, evidence, able);
        }
    }
}

fn lack_means(reader: &mut Reader<'_>, placed: &Placed, evidence: Evidence, able: usize) {
    let (means, hint) = if evidence == Evidence::Forge {
        let hint = "requests under this rule stay pending; give these people `github` or `gitlab`";
        ("an account at a forge", hint)
    } else {
        let hint = "requests under this rule stay pending; give these people `keys` that are whole and not revoked";
        ("a key to sign with", hint)
    };
    let (at, wanted) = (placed.at(), placed.stage.approvals);
    let message = match able {
        0 => format!("nobody who may approve{at} has {means}"),
        1 => {
            format!("only 1 who may approve{at} has {means}, and {wanted} approvals are asked for")
        }
        _ => format!(
            "only {able} who may approve{at} have {means}, and {wanted} approvals are asked for"
        ),
    };
    reader.warning(Code::Setting, placed.means, message, hint);
}

#[cfg(test)]
#[path = "stages_tests.rs"]
mod tests;
