//! The schema of the settings.

use serde_json::{Value, json};

use super::{
    boolean, date, described, document, email, employee, id, key, list, map, merge, moment, object,
    pattern, role, text, timezone, when, whole, without, words,
};

use crate::model::EventKind;

/// The most that a limit may be.
const MOST: u64 = u32::MAX as u64;

pub(super) fn schema() -> Value {
    let body = object(
        &["version"],
        json!({
            "version": {"const": 1, "description": "The version of the format."},
            "organization": text("The company's name."),
            "timezone": timezone("For requests that name none: an IANA name with a slash, or UTC. Default: UTC."),
            "user_provisioning": user_provisioning(),
            "change_controls": change_controls(),
            "approval": approval(),
            "repository": line("The name that approvals are bound to. Default: the id of the branch's first commit.", 200, pattern::REPOSITORY),
            "revoked_keys": described(list(revoked_key()), "Keys that approve nothing any more."),
            "people": described(map(key(pattern::EMPLOYEE), some_person()), "Who asks and approves, by id."),
            "groups": described(map(key(pattern::EMPLOYEE), list(person())), "Groups of people, by id."),
            "roles": described(map(key(pattern::ROLE), catalogued()), "The role catalogue, by id."),
            "separation_of_duties": described(list(separation()), "Roles that nobody may hold together."),
            "limits": limits(),
            "forms": forms(),
            "notify": described(map(key(pattern::EMPLOYEE), target()), "Who is told of what the daemon sees and does, by name."),
            "drift": words(&["record", "refuse"], "What happens to hand edits of the state file. Default: record."),
        }),
    );
    document("Settings", "The settings of rolecall: rolecall.yaml.", body)
}

fn person() -> Value {
    id(pattern::EMPLOYEE, "The id of a person.")
}

fn user_provisioning() -> Value {
    let properties = json!({
        "enhanced": boolean("Enhanced User Provisioning. Default: true."),
        "auto_provisioning": boolean("Auto-Provisioning: the reconciler adds roles itself. Default: false."),
        "auto_role_removal": boolean("Auto-Role Removal: the reconciler removes roles itself. Default: false."),
    });
    described(
        object(&[], properties),
        "What the reconciler does by itself.",
    )
}

fn change_controls() -> Value {
    let control = |description: &str| {
        let mut properties = rule();
        let levels = ["change_request", "log_changes_only"];
        let level = words(
            &levels,
            "Whether approval is needed. Default: change_request.",
        );
        merge(&mut properties, json!({ "change_level": level }));
        let mut control = described(object(&[], properties), description);
        merge(&mut control, fitting());
        control
    };
    let properties = json!({
        "user_onboarding": control("For role additions."),
        "user_offboarding": control("For role reductions."),
        "temporary_access": control("For temporary access. Default: the same as user_onboarding."),
    });
    described(object(&[], properties), "Policy Change Controls.")
}

/// The keys of an approval rule.
fn rule() -> Value {
    let evidence = ["inline", "merge", "forge", "signature"];
    let mut stages = described(
        list(stage()),
        "Steps of the approval. Nobody counts for two.",
    );
    merge(&mut stages, json!({"maxItems": 20}));
    json!({
        "evidence": words(&evidence, "What proves an approval. Default: merge."),
        "approvals": approvals(),
        "approvers": described(list(approver("The id of a person or group.")), "Who may approve. Default: everybody of `people`."),
        "stages": stages,
        "ordered": boolean("An approval counts for a stage only if it was given when those before were complete. Default: false."),
        "final_approver": approver("The person or group whose approval comes after all others."),
    })
}

fn approvals() -> Value {
    whole(1, 1000, "How many people have to approve. Default: 1.")
}

fn approver(description: &str) -> Value {
    id(pattern::EMPLOYEE, description)
}

fn stage() -> Value {
    let name = line("What the stage is called.", 100, pattern::STAGE);
    object(
        &["name", "approvers"],
        json!({
            "name": name,
            "approvals": approvals(),
            "approvers": described(list(approver("The id of a person or group.")), "Who may approve."),
        }),
    )
}

/// Which keys of an approval rule go together.
fn fitting() -> Value {
    let is_ordered = json!({"required": ["ordered"], "properties": {"ordered": {"const": true}}});
    let has = |key: &str| json!({ "required": [key] });
    json!({"allOf": [
        merge_promises_nothing(),
        when(has("stages"), without(&["approvals", "approvers"])),
        when(is_ordered, json!({"anyOf": [has("stages"), has("final_approver")]})),
    ]})
}

/// With `merge`, which is also what is left out, nobody checks who approved, how many, or in which order.
fn merge_promises_nothing() -> Value {
    let other = ["inline", "forge", "signature"];
    let mut nothing = without(&["approvers", "stages", "final_approver"]);
    let most = json!({"approvals": {"maximum": 1}, "ordered": {"const": false}});
    merge(&mut nothing["properties"], most);
    when(
        json!({"not": super::is_one_of("evidence", &other)}),
        nothing,
    )
}

/// A text of at most so many characters that matches a pattern besides.
fn line(description: &str, longest: u64, pattern: &str) -> Value {
    let mut line = text(description);
    merge(
        &mut line,
        json!({"maxLength": longest, "allOf": [{"pattern": pattern}]}),
    );
    line
}

fn approval() -> Value {
    let properties = json!({
        "branch": {
            "description": "The protected branch, or another name of a revision, such as origin/main. Default: main.",
            "type": ["string", "number"],
            "pattern": pattern::BRANCH,
        },
        "block_own": boolean("Nobody approves their own request. Default: true."),
        "valid_for_days": whole(1, 36_500, "After how many days an unused approval of an addition lapses. Default: never."),
        "forge_key": described(public_key(), "The public key that records of a forge have to be signed with. Default: they need no signature."),
    });
    described(object(&[], properties), "What holds for all approvals.")
}

fn public_key() -> Value {
    json!({
        "description": "A public key: the one line of the .pub file.",
        "type": "string",
        "maxLength": 4000,
        "pattern": pattern::KEY,
    })
}

fn revoked_key() -> Value {
    let since = json!({"anyOf": [date("Since this day."), moment("Since this moment.")]});
    object(
        &["key", "since", "reason"],
        json!({"key": public_key(), "since": since, "reason": text("Why.")}),
    )
}

fn some_person() -> Value {
    object(
        &["name"],
        json!({
            "name": text("The name."),
            "email": email(),
            "employee": described(employee(), "Who this person is in the state."),
            "keys": described(list(public_key()), "The public keys that this person signs approvals with."),
            "github": account("The account at GitHub."),
            "gitlab": account("The account at GitLab."),
        }),
    )
}

fn account(description: &str) -> Value {
    id(pattern::ACCOUNT, description)
}

fn catalogued() -> Value {
    let mut properties = json!({
        "name": text("The name that people are shown."),
        "description": text("What the role is for."),
        "owner": described(person(), "Who answers for the role."),
        "administrator": boolean("Never given automatically. Default: false."),
        "temporary_only": boolean("Not given permanently. Default: false."),
        "max_duration_days": whole(1, 36_500, "The longest temporary grant, in days of 24 hours."),
    });
    merge(&mut properties, rule());
    let mut catalogued = object(&["name"], properties);
    merge(&mut catalogued, fitting());
    catalogued
}

fn separation() -> Value {
    object(
        &["id", "roles", "action"],
        json!({
            "id": text("What the rule is called."),
            "roles": {"type": "array", "minItems": 2, "items": role()},
            "action": words(&["deny", "warn"], "Whether the additions are refused, or only a warning is logged."),
        }),
    )
}

fn target() -> Value {
    let kinds = EventKind::ALL.map(EventKind::word);
    let variable = |description: &str| json!({"description": description, "type": "string", "pattern": pattern::VARIABLE});
    let mut events = described(
        list(words(&kinds, "A kind of event.")),
        "Of what they are told. Default: all of it.",
    );
    merge(&mut events, json!({"uniqueItems": true}));
    let properties = json!({
        "url": {"description": "Where it is sent.", "type": "string", "maxLength": 4000, "pattern": pattern::URL},
        "url_env": variable("The environment variable with the address, where that is a secret."),
        "format": words(&["json", "slack"], "What is sent. Default: json."),
        "events": events,
        "secret_env": variable("The environment variable with the secret that signs what is sent. Default: it is not signed."),
        "overdue_after": {
            "description": "How late something must be to count as overdue. Default: 15m.",
            "type": ["string", "integer"],
            "minimum": 1,
            "pattern": pattern::DURATION,
        },
    });
    let mut target = object(&[], properties);
    let one = json!({"oneOf": [{"required": ["url"]}, {"required": ["url_env"]}]});
    merge(&mut target, one);
    target
}

fn limits() -> Value {
    let properties = json!({
        "removals": whole(0, MOST, "Roles removed. Default: 500."),
        "removal_percent": whole(0, 100, "Share of all held roles removed, from 10 removals up. Default: 25."),
        "inactivations": whole(0, MOST, "Employees inactivated. Default: 50."),
    });
    described(
        object(&[], properties),
        "The mass-change brake: a plan over a limit is not carried out.",
    )
}

fn forms() -> Value {
    let name = json!({"minLength": 1, "maxLength": 200});
    let field = object(
        &[],
        json!({
            "required": boolean("Whether it must be there. Default: false."),
            "pattern": text("A regular expression that the text must match."),
            "one_of": described(list(text("A text that it may have.")), "The texts that it may have."),
            "description": text("What it is."),
        }),
    );
    let form = object(&["fields"], json!({"fields": map(name.clone(), field)}));
    described(map(name, form), "Custom change request forms, by name.")
}
