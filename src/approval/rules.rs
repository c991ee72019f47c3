//! The rules that apply to a request, and whether what a log says of its approvals meets them.

use std::collections::BTreeSet;

use crate::model::{
    AccessType, Approval, ApprovalRule, ChangeLevel, Decision, Evidence, RoleId, Settings, Stage,
};

/// A rule that applies to a request, under each name that it has for it.
pub(super) struct Applied<'a> {
    pub(super) name: String,
    pub(super) rule: &'a ApprovalRule,
}

/// The control's rule, unless it only logs, and those of the roles, each once.
pub(super) fn of<'a>(
    settings: &'a Settings,
    access_type: AccessType,
    roles: &BTreeSet<RoleId>,
) -> Vec<Applied<'a>> {
    let control = settings.control(access_type);
    let mut applied: Vec<Applied<'a>> = Vec::new();
    if control.change_level == ChangeLevel::ChangeRequest {
        let name = match access_type {
            AccessType::RoleAdditions => "user_onboarding",
            AccessType::RoleReductions => "user_offboarding",
            AccessType::TemporaryAccess => "temporary_access",
        };
        applied.push(Applied {
            name: name.to_owned(),
            rule: &control.rule,
        });
    }
    for role in roles {
        let Some(own) = settings.roles.get(role).and_then(|role| role.rule.as_ref()) else {
            continue;
        };
        match applied.iter_mut().find(|known| known.rule == own) {
            Some(known) => known.name = format!("{} and role {role}", known.name),
            None => applied.push(Applied {
                name: format!("role {role}"),
                rule: own,
            }),
        }
    }
    applied
}

/// What approvals lack that a log has of a change of this type and of these roles, by the settings that it was made under; `None` if
/// they are what the rules ask for. Whether each of them holds is another question.
#[must_use]
pub fn lacking(
    settings: &Settings,
    access_type: AccessType,
    roles: &BTreeSet<RoleId>,
    approvals: &[Approval],
) -> Option<String> {
    let applied = of(settings, access_type, roles);
    applied.into_iter().find_map(|Applied { name, rule }| {
        let mut stages = rule.stages.iter();
        let open =
            stages.find(|stage| people(settings, rule, stage, approvals) < stage.approvals)?;
        let (evidence, needed) = (rule.evidence.word(), open.approvals);
        let stage = open.name.as_ref().map(|name| format!(", stage {name},"));
        let had = people(settings, rule, open, approvals);
        Some(format!(
            "{name}{} asked for {needed} by {evidence}, and {had} can be seen",
            stage.unwrap_or_default()
        ))
    })
}

/// How many people count for a stage.
fn people(settings: &Settings, rule: &ApprovalRule, stage: &Stage, approvals: &[Approval]) -> u32 {
    let approvers = settings.approvers(rule, stage);
    let counts = |approval: &&Approval| {
        approval.decision == Decision::Approve
            && approval.evidence == rule.evidence
            && (rule.evidence == Evidence::Merge || approvers.contains(approval.person.as_str()))
    };
    let people: BTreeSet<_> = approvals
        .iter()
        .filter(counts)
        .map(|approval| &approval.person)
        .collect();
    u32::try_from(people.len()).unwrap_or(u32::MAX)
}
