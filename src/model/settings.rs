//! The settings of an access repository.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AccessType, EmployeeId, Evidence, Forge, Notification, PersonId, PublicKey, RevokedKey, RoleId,
    TargetId,
};

/// What `rolecall.yaml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The organization's name, if given.
    pub organization: Option<String>,
    /// The IANA time zone for requests that name none.
    pub timezone: String,
    /// What the reconciler does by itself.
    pub user_provisioning: UserProvisioning,
    /// *Policy Change Controls*.
    pub change_controls: ChangeControls,
    /// What holds for all approvals.
    pub approval: ApprovalSettings,
    /// The name of the repository that approvals are bound to, if given.
    pub repository: Option<String>,
    /// Keys that approve nothing any more.
    pub revoked_keys: Vec<RevokedKey>,
    /// People who request and approve.
    pub people: BTreeMap<PersonId, Person>,
    /// Groups of people.
    pub groups: BTreeMap<PersonId, Vec<PersonId>>,
    /// The role catalogue.
    pub roles: BTreeMap<RoleId, Role>,
    /// Roles that nobody may hold together.
    pub separation_of_duties: Vec<SodRule>,
    /// The mass-change brake.
    pub limits: Limits,
    /// Custom change request forms.
    pub forms: BTreeMap<String, Form>,
    /// What happens to hand edits of the state file.
    pub drift: DriftPolicy,
    /// Who is told of what the daemon sees and does.
    pub notify: BTreeMap<TargetId, Notification>,
}

impl Settings {
    /// The control that governs requests of this type.
    #[must_use]
    pub fn control(&self, access_type: AccessType) -> &ChangeControl {
        let controls = &self.change_controls;
        match access_type {
            AccessType::RoleAdditions => &controls.user_onboarding,
            AccessType::RoleReductions => &controls.user_offboarding,
            AccessType::TemporaryAccess => &controls.temporary_access,
        }
    }

    /// Whether the role is never provisioned automatically: marked so, or named `administrator` in any case.
    #[must_use]
    pub fn is_administrator(&self, role: &RoleId) -> bool {
        role.as_str().eq_ignore_ascii_case("administrator")
            || self.roles.get(role).is_some_and(|role| {
                role.administrator || role.name.eq_ignore_ascii_case("administrator")
            })
    }

    /// Whether the reconciler carries out requests of this type by itself.
    #[must_use]
    pub fn is_automatic(&self, access_type: AccessType) -> bool {
        let provisioning = &self.user_provisioning;
        provisioning.enhanced
            && match access_type {
                AccessType::RoleReductions => provisioning.auto_role_removal,
                AccessType::RoleAdditions | AccessType::TemporaryAccess => {
                    provisioning.auto_provisioning
                }
            }
    }

    /// Every approval rule of the settings: of the controls, then of the roles.
    pub fn rules(&self) -> impl Iterator<Item = &ApprovalRule> {
        let controls = &self.change_controls;
        [
            &controls.user_onboarding,
            &controls.user_offboarding,
            &controls.temporary_access,
        ]
        .into_iter()
        .filter(|control| control.change_level == ChangeLevel::ChangeRequest)
        .map(|control| &control.rule)
        .chain(self.roles.values().filter_map(|role| role.rule.as_ref()))
    }

    /// Whether any rule asks for evidence that only a protected branch can give.
    #[must_use]
    pub fn reads_protected_branch(&self) -> bool {
        self.rules().any(|rule| rule.evidence != Evidence::Inline)
    }

    /// The person that a `requested_by` or `--by` names: by id, or by e-mail address in any case.
    #[must_use]
    pub fn person(&self, text: &str) -> Option<&PersonId> {
        let by_email = || {
            self.people.iter().find(|(_, person)| {
                person
                    .email
                    .as_ref()
                    .is_some_and(|email| email.eq_ignore_ascii_case(text))
            })
        };
        self.people
            .get_key_value(text)
            .or_else(by_email)
            .map(|(id, _)| id)
    }

    /// The name to show for a role: the catalogue's, or else the id.
    #[must_use]
    pub fn role_name<'a>(&'a self, role: &'a RoleId) -> &'a str {
        self.roles
            .get(role)
            .map_or(role.as_str(), |role| role.name.as_str())
    }

    /// The people who count for a stage, groups resolved; everybody where it names nobody. The final approver of a rule
    /// counts as that, and for no stage before.
    #[must_use]
    pub fn approvers(&self, rule: &ApprovalRule, stage: &Stage) -> BTreeSet<PersonId> {
        let mut approvers = self.named(stage);
        if !stage.is_final
            && let Some(last) = rule.stages.iter().find(|stage| stage.is_final)
        {
            let last = self.named(last);
            approvers.retain(|person| !last.contains(person));
        }
        approvers
    }

    fn named(&self, stage: &Stage) -> BTreeSet<PersonId> {
        if stage.approvers.is_empty() {
            return self.people.keys().cloned().collect();
        }
        let mut named = BTreeSet::new();
        for name in &stage.approvers {
            match self.groups.get(name) {
                Some(members) => named.extend(members.iter().cloned()),
                None => {
                    named.insert(name.clone());
                }
            }
        }
        named
    }

    /// The person who has an account at a forge, in any case.
    #[must_use]
    pub fn person_of_account(&self, forge: Forge, account: &str) -> Option<&PersonId> {
        let mut people = self.people.iter();
        let is_theirs = |person: &Person| {
            person
                .account(forge)
                .is_some_and(|known| known.eq_ignore_ascii_case(account))
        };
        people
            .find(|(_, person)| is_theirs(person))
            .map(|(id, _)| id)
    }

    /// The person who has a key.
    #[must_use]
    pub fn person_of_key(&self, key: &PublicKey) -> Option<&PersonId> {
        let mut people = self.people.iter();
        people
            .find(|(_, person)| person.keys.contains(key))
            .map(|(id, _)| id)
    }

    /// How a key was revoked, if it was.
    #[must_use]
    pub fn revoked(&self, key: &PublicKey) -> Option<&RevokedKey> {
        self.revoked_keys.iter().find(|revoked| revoked.key == *key)
    }

    /// Whether a person has what an approval with this evidence is made with: a whole key that is not revoked, or an account.
    #[must_use]
    pub fn can_prove(&self, evidence: Evidence, person: &Person) -> bool {
        person.can_prove(evidence, &self.revoked_keys)
    }
}

/// What the reconciler does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserProvisioning {
    /// *Enhanced User Provisioning*; default true.
    pub enhanced: bool,
    /// *Auto-Provisioning*; default false.
    pub auto_provisioning: bool,
    /// *Auto-Role Removal*; default false.
    pub auto_role_removal: bool,
}

/// *Policy Change Controls*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeControls {
    /// For role additions.
    pub user_onboarding: ChangeControl,
    /// For role reductions.
    pub user_offboarding: ChangeControl,
    /// For temporary access; the same as `user_onboarding` where left out.
    pub temporary_access: ChangeControl,
}

/// One control.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeControl {
    /// Whether approval is asked for.
    pub change_level: ChangeLevel,
    /// Whose approval, and how it is proved.
    pub rule: ApprovalRule,
}

/// Whether approval is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChangeLevel {
    /// Approval is needed.
    #[default]
    ChangeRequest,
    /// Changes are only logged.
    LogChangesOnly,
}

/// Whose approval is needed, and how it is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRule {
    /// What proves an approval.
    pub evidence: Evidence,
    /// Whose approvals, and how many; at least one stage, and one without a name where the rule has no `stages`. Nobody counts
    /// for two of them. The final approver, if there is one, comes last.
    pub stages: Vec<Stage>,
    /// Whether an approval counts for a stage only if it was given when the stage before was complete.
    pub ordered: bool,
}

impl ApprovalRule {
    /// A rule without named stages: this many of these people and groups, or of everybody where there are none.
    #[must_use]
    pub fn simple(evidence: Evidence, approvals: u32, approvers: Vec<PersonId>) -> Self {
        Self {
            evidence,
            stages: vec![Stage {
                name: None,
                approvals,
                approvers,
                is_final: false,
            }],
            ordered: false,
        }
    }

    /// How many people have to approve, over all stages.
    #[must_use]
    pub fn approvals(&self) -> u32 {
        self.stages.iter().map(|stage| stage.approvals).sum()
    }
}

impl Default for ApprovalRule {
    fn default() -> Self {
        Self::simple(Evidence::default(), 1, Vec::new())
    }
}

/// A step of an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name; `None` for the only one of a rule without stages.
    pub name: Option<String>,
    /// How many people; at least 1.
    pub approvals: u32,
    /// People and groups; empty means everybody of `people`.
    pub approvers: Vec<PersonId>,
    /// Whether it is the final approver's, whose approval counts only after all others.
    pub is_final: bool,
}

impl Stage {
    /// The name of the final approver's stage; no other stage has it, in any case.
    pub const FINAL: &str = "final approver";

    /// The stage of a final approver: a person, or a group of which one approves.
    #[must_use]
    pub fn last(approver: PersonId) -> Self {
        Self {
            name: Some(Self::FINAL.to_owned()),
            approvals: 1,
            approvers: vec![approver],
            is_final: true,
        }
    }
}

/// What holds for all approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalSettings {
    /// The protected branch, or any revision name; default `main`.
    pub branch: String,
    /// Whether nobody approves their own request; default true.
    pub block_own: bool,
    /// After how many days an unused approval of an addition lapses.
    pub valid_for_days: Option<u32>,
    /// The key that the records of a forge have to be signed with, if they have to.
    pub forge_key: Option<PublicKey>,
}

/// Somebody who requests or approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The employee of the state who this person is.
    pub employee: Option<EmployeeId>,
    /// Public keys that they sign approvals with.
    pub keys: Vec<PublicKey>,
    /// Their account at GitHub.
    pub github: Option<String>,
    /// Their account at GitLab.
    pub gitlab: Option<String>,
}

impl Person {
    /// Their account at a forge.
    #[must_use]
    pub fn account(&self, forge: Forge) -> Option<&str> {
        match forge {
            Forge::GitHub => self.github.as_deref(),
            Forge::GitLab => self.gitlab.as_deref(),
        }
    }

    /// Whether they have what an approval with this evidence is made with, where these keys are revoked.
    #[must_use]
    pub fn can_prove(&self, evidence: Evidence, revoked: &[RevokedKey]) -> bool {
        let is_revoked = |key: &PublicKey| revoked.iter().any(|revoked| revoked.key == *key);
        match evidence {
            Evidence::Inline | Evidence::Merge => true,
            Evidence::Forge => self.github.is_some() || self.gitlab.is_some(),
            Evidence::Signature => self
                .keys
                .iter()
                .any(|key| key.is_whole() && !is_revoked(key)),
        }
    }
}

/// A role of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The person who answers for it.
    pub owner: Option<PersonId>,
    /// Never provisioned automatically.
    pub administrator: bool,
    /// Not given permanently.
    pub temporary_only: bool,
    /// The longest temporary grant, in days of 24 hours.
    pub max_duration_days: Option<u32>,
    /// The role's own approval rule.
    pub rule: Option<ApprovalRule>,
}

/// Roles that nobody may hold two of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SodRule {
    /// The rule's id.
    pub id: String,
    /// The roles.
    pub roles: Vec<RoleId>,
    /// What happens.
    pub action: SodAction,
}

/// What a broken [`SodRule`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SodAction {
    /// The employee's additions are refused.
    Deny,
    /// It is printed and logged.
    Warn,
}

/// The mass-change brake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Roles removed; default 500.
    pub removals: u64,
    /// Share of all held roles removed, judged from 10 removals up; default 25.
    pub removal_percent: u32,
    /// Employees inactivated; default 50.
    pub inactivations: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            removals: 500,
            removal_percent: 25,
            inactivations: 50,
        }
    }
}

/// A custom change request form.
#[derive(Debug, Clone)]
pub struct Form {
    /// Its fields.
    pub fields: BTreeMap<String, FieldRule>,
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
}

/// What a field of a custom form takes.
#[derive(Debug, Clone)]
pub struct FieldRule {
    /// Whether it must be there.
    pub required: bool,
    /// What its text must match.
    pub pattern: Option<regex::Regex>,
    /// The texts that it may have.
    pub one_of: Option<Vec<String>>,
    /// What it is.
    pub description: Option<String>,
}

impl PartialEq for FieldRule {
    fn eq(&self, other: &Self) -> bool {
        let pattern = |rule: &Self| rule.pattern.as_ref().map(ToString::to_string);
        self.required == other.required
            && pattern(self) == pattern(other)
            && self.one_of == other.one_of
            && self.description == other.description
    }
}

/// What happens to hand edits of the state file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DriftPolicy {
    /// Each is logged.
    #[default]
    Record,
    /// The reconcile ends with exit code 6.
    Refuse,
}
