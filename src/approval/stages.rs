//! The stages of a rule, and whose approval counts for which.

use super::eligible::{Uncounted, Voice};
use crate::check::finding::Code;
use crate::model::{
    Approval, ApprovalRule, Decision, Instant, RuleState, Settings, Stage, Standing,
};

/// A rule with the approvals that count for its stages.
pub(super) struct Filled {
    /// The approvals of each stage, oldest first.
    pub(super) stages: Vec<Vec<Approval>>,
    /// All of them.
    pub(super) given: Vec<Approval>,
    /// When the last needed one was given, if none is missing.
    pub(super) at: Option<Instant>,
    /// Approvals that were given before their stage began, and would be needed.
    pub(super) early: Vec<Uncounted>,
    /// People whose approval counts for a stage, and who have approved again since, with how often in all.
    pub(super) repeated: Vec<(String, usize)>,
}

impl Filled {
    /// Approved or not; whether partially is said of all rules together.
    pub(super) fn standing(&self) -> Standing {
        match self.at {
            Some(_) => Standing::Approved,
            None => Standing::Pending,
        }
    }
}

/// Gives each approval to its stage. Nobody is named for two stages, so there is nothing to choose.
pub(super) fn fill(
    settings: &Settings,
    rule: &ApprovalRule,
    name: &str,
    voices: &[Voice],
) -> Filled {
    let mut filled = Filled {
        stages: Vec::new(),
        given: Vec::new(),
        at: None,
        early: Vec::new(),
        repeated: Vec::new(),
    };
    // When all stages so far were complete; `None` as soon as one is not.
    let mut complete = Some(Instant::MIN_UTC);
    for stage in &rule.stages {
        let waits = stage.is_final || rule.ordered;
        let begins = if waits {
            complete
        } else {
            Some(Instant::MIN_UTC)
        };
        let (mut counted, mut too_early) = (Vec::new(), Vec::new());
        for voice in members(settings, rule, stage, voices) {
            let in_turn = |approval: &&Approval| begins.is_some_and(|begins| approval.at >= begins);
            let mut in_turn = voice.fresh.iter().filter(in_turn);
            match in_turn.next() {
                Some(approval) => {
                    let mut approval = approval.clone();
                    approval.rules = vec![label(name, stage)];
                    counted.push(approval);
                    let times = 1 + in_turn.count();
                    if times > 1 {
                        filled.repeated.push((voice.person.clone(), times));
                    }
                }
                None => too_early.extend(early(voice, name, stage)),
            }
        }
        counted.sort_by(|a, b| (a.at, &a.person).cmp(&(b.at, &b.person)));
        let needed = usize::try_from(stage.approvals.max(1)).unwrap_or(usize::MAX);
        let last = counted.get(needed - 1).map(|approval| approval.at);
        // Whoever came too early for a stage that others have met since need not approve again.
        if last.is_none() {
            filled.early.append(&mut too_early);
        }
        complete = complete.zip(last).map(|(before, last)| before.max(last));
        filled.given.extend(counted.iter().cloned());
        filled.stages.push(counted);
    }
    // A rule without a stage asks nobody, and is never met.
    filled.at = complete.filter(|_| !rule.stages.is_empty());
    filled
}

/// The approving voices of a stage's people. With `merge` nobody is named, and everybody belongs to the only stage.
fn members<'a>(
    settings: &Settings,
    rule: &ApprovalRule,
    stage: &Stage,
    voices: &'a [Voice],
) -> Vec<&'a Voice> {
    let approvers = settings.approvers(rule, stage);
    let is_member = |voice: &&Voice| {
        rule.evidence == crate::model::Evidence::Merge || approvers.contains(voice.person.as_str())
    };
    voices
        .iter()
        .filter(|voice| voice.decision == Decision::Approve)
        .filter(is_member)
        .collect()
}

fn early(voice: &Voice, name: &str, stage: &Stage) -> Option<Uncounted> {
    let decision = voice.fresh.last()?.clone();
    Some(Uncounted {
        decision,
        code: Code::OutOfTurn,
        why: format!("it was given before the turn of {}", label(name, stage)),
        hint: "have them approve again once the stages before are complete",
    })
}

fn label(name: &str, stage: &Stage) -> String {
    match &stage.name {
        Some(stage) => format!("{name}, stage {stage}"),
        None => name.to_owned(),
    }
}

/// How far each stage of a rule is met; `filled` has the approvals of the stages, or is empty where there are none.
pub(super) fn states(rule: &ApprovalRule, name: &str, filled: &[Vec<Approval>]) -> Vec<RuleState> {
    let given = |index: usize| filled.get(index).into_iter().flatten();
    rule.stages
        .iter()
        .enumerate()
        .map(|(index, stage)| RuleState {
            rule: label(name, stage),
            evidence: rule.evidence,
            required: stage.approvals,
            given: given(index)
                .map(|approval| approval.person.clone())
                .collect(),
            approvers: stage.approvers.clone(),
        })
        .collect()
}
