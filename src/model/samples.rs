//! Values that the unit tests of several rooms begin with.

use std::collections::BTreeMap;

use super::{
    AccessType, AffectedEmployees, AffectedRoles, ApprovalSettings, ChangeControl, ChangeControls,
    DriftPolicy, Limits, Request, Settings, UserProvisioning,
};

/// Settings in which everything is automatic, and that name nobody and nothing.
pub fn settings() -> Settings {
    Settings {
        organization: None,
        timezone: "UTC".to_owned(),
        user_provisioning: UserProvisioning {
            enhanced: true,
            auto_provisioning: true,
            auto_role_removal: true,
        },
        change_controls: ChangeControls {
            user_onboarding: ChangeControl::default(),
            user_offboarding: ChangeControl::default(),
            temporary_access: ChangeControl::default(),
        },
        approval: ApprovalSettings {
            branch: "main".to_owned(),
            block_own: true,
            valid_for_days: None,
            forge_key: None,
        },
        repository: None,
        revoked_keys: Vec::new(),
        people: BTreeMap::new(),
        groups: BTreeMap::new(),
        roles: BTreeMap::new(),
        separation_of_duties: Vec::new(),
        limits: Limits::default(),
        forms: BTreeMap::new(),
        drift: DriftPolicy::Record,
        notify: BTreeMap::new(),
    }
}

/// Dana's request of a type, about nobody and nothing.
pub fn request(access_type: AccessType) -> Request {
    Request {
        name: "A change".to_owned(),
        change_overview: "Needed".to_owned(),
        access_type,
        requested_by: "dana".to_owned(),
        requester: None,
        employees: AffectedEmployees::Listed(Vec::new()),
        roles: AffectedRoles::Listed(Vec::new()),
        timezone: "UTC".to_owned(),
        start: None,
        end: None,
        inactivate_after_removal: false,
        reactivate: false,
        form: None,
        custom: BTreeMap::new(),
        external_reference: None,
        draft: false,
        cancelled: None,
        approvals: None,
    }
}
