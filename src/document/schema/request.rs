//! The schema of a change request.

use serde_json::{Value, json};

use super::{
    boolean, date, described, document, email, employee, id, is_one_of, list, merge, moment,
    object, pattern, role, text, timezone, when, without, words,
};
use crate::model::{FieldRule, Form, Settings};

const ADDITIONS: &str = "role_additions";
const REDUCTIONS: &str = "role_reductions";
const TEMPORARY: &str = "temporary_access";

pub(super) fn schema(settings: Option<&Settings>) -> Value {
    let mut body = object(&[], properties());
    merge(
        &mut body,
        json!({
            "dependentRequired": {
                "start_time": ["start_date"],
                "offboarding_time": ["offboarding_date"],
                "end_time": ["end_date"],
                "custom": ["form"],
            },
            "not": {
                "required": ["affected_employees", "affected_roles"],
                "properties": {
                    "affected_employees": {"const": "holders"},
                    "affected_roles": {"const": "all"},
                },
            },
            "allOf": rules(settings),
        }),
    );
    let description =
        "A change request of rolecall: requests/**/*.yaml. The name of the file is the id.";
    document("Change request", description, body)
}

fn properties() -> Value {
    json!({
        "name": text("Name."),
        "change_overview": text("Change Overview: why, and what for."),
        "access_type": words(&[ADDITIONS, REDUCTIONS, TEMPORARY], "Access type."),
        "requested_by": text("Who asks: a person of rolecall.yaml, or an e-mail address."),
        "affected_employees": affected_employees(),
        "affected_roles": {
            "description": "Affected Roles; `all` is for reductions: every role that each affected employee holds when it runs.",
            "anyOf": [{"const": "all"}, at_most(500, list(role()))],
        },
        "start_date": date("Not before this day; left out: as soon as approved."),
        "start_time": time("Not before this time of the start date."),
        "offboarding_date": date("Offboarding Date: not before this day; left out: as soon as approved."),
        "offboarding_time": time("Offboarding Time: not before this time of the offboarding date."),
        "end_date": date("The day at whose end temporary access ends."),
        "end_time": time("The time of the end date at which temporary access ends."),
        "timezone": timezone("Timezone: an IANA name with a slash, or UTC; left out: that of the settings."),
        "inactivate_after_removal": boolean("Inactivate After Removal: once no role is left."),
        "reactivate": boolean("An inactive employee becomes active again first."),
        "form": text("A custom form of the settings."),
        "custom": {
            "description": "The fields of the custom form.",
            "type": "object",
            "additionalProperties": text("A field of the custom form."),
        },
        "external_reference": text("A ticket number or link."),
        "draft": boolean("Not submitted yet."),
        "cancelled": text("Why it is called off: what has not run yet never runs."),
        "approvals": described(list(approval()), "With evidence `inline`: who has decided what."),
    })
}

fn affected_employees() -> Value {
    let introduced = object(
        &["id", "name"],
        json!({
            "id": employee(),
            "name": text("The name."),
            "email": email(),
        }),
    );
    let entry = json!({"anyOf": [employee(), described(introduced, "Somebody whom the state does not have yet.")]});
    json!({
        "description": "Affected Employees; `holders` is for reductions: everyone who holds one of the affected roles when it runs.",
        "anyOf": [{"const": "holders"}, at_most(1000, list(entry))],
    })
}

fn at_most(most: u64, mut list: Value) -> Value {
    merge(&mut list, json!({ "maxItems": most }));
    list
}

fn time(description: &str) -> Value {
    json!({"description": description, "type": "string", "pattern": pattern::TIME})
}

fn approval() -> Value {
    object(
        &["by", "decision", "at"],
        json!({
            "by": id(pattern::EMPLOYEE, "A person of rolecall.yaml."),
            "decision": words(&["approve", "reject"], "What they decided."),
            "at": moment("When, such as 2026-11-20T10:00:00Z; one in the future does not count."),
        }),
    )
}

/// What depends on the access type, on whether it is a draft, and on the settings' forms.
fn rules(settings: Option<&Settings>) -> Vec<Value> {
    let plain_list = |key: &str| json!({"properties": {key: {"type": "array"}}});
    let mut rules = vec![
        when(
            is_submitted(),
            json!({"required": [
                "name", "change_overview", "access_type", "requested_by", "affected_employees", "affected_roles"
            ]}),
        ),
        when(
            json!({"allOf": [is_submitted(), is_one_of("access_type", &[TEMPORARY])]}),
            json!({"required": ["end_date"]}),
        ),
        when(
            is_one_of("access_type", &[ADDITIONS, TEMPORARY]),
            json!({"allOf": [
                without(&["offboarding_date", "offboarding_time", "inactivate_after_removal"]),
                plain_list("affected_employees"),
                plain_list("affected_roles"),
            ]}),
        ),
        when(
            is_one_of("access_type", &[ADDITIONS, REDUCTIONS]),
            without(&["end_date", "end_time"]),
        ),
        when(
            is_one_of("access_type", &[REDUCTIONS, TEMPORARY]),
            without(&["reactivate"]),
        ),
        when(
            is_one_of("access_type", &[REDUCTIONS]),
            json!({"allOf": [
                without(&["start_date", "start_time"]),
                {"properties": {"affected_employees": {"items": {"type": ["string", "number"]}}}},
            ]}),
        ),
    ];
    if let Some(settings) = settings {
        rules.extend(forms(settings));
    }
    rules
}

/// That it is no draft.
fn is_submitted() -> Value {
    json!({"not": {"required": ["draft"], "properties": {"draft": {"const": true}}}})
}

/// That the form is one of the settings', and its fields are.
fn forms(settings: &Settings) -> Vec<Value> {
    if settings.forms.is_empty() {
        return vec![without(&["form", "custom"])];
    }
    let names: Vec<Value> = settings
        .forms
        .keys()
        .flat_map(|name| values(name))
        .collect();
    let known = json!({"properties": {"form": {"enum": names}}});
    let fields = settings.forms.iter().flat_map(|(name, form)| {
        let is_this = json!({"required": ["form"], "properties": {"form": {"enum": values(name)}}});
        let required: Vec<&String> = required(form);
        let submitted = json!({"allOf": [is_this.clone(), is_submitted()]});
        let there = json!({
            "required": ["custom"],
            "properties": {"custom": {"required": required}},
        });
        let fields: serde_json::Map<_, _> = form
            .fields
            .iter()
            .map(|(name, rule)| (name.clone(), field(rule)))
            .collect();
        let fit = json!({"properties": {"custom": {"properties": fields, "additionalProperties": false}}});
        let needed = (!required.is_empty()).then(|| when(submitted, there));
        [Some(when(is_this, fit)), needed].into_iter().flatten()
    });
    std::iter::once(known).chain(fields).collect()
}

fn required(form: &Form) -> Vec<&String> {
    let fields = form.fields.iter().filter(|(_, rule)| rule.required);
    fields.map(|(name, _)| name).collect()
}

fn field(rule: &FieldRule) -> Value {
    let mut schema = text(
        rule.description
            .as_deref()
            .unwrap_or("A field of the custom form."),
    );
    let mut more = Vec::new();
    if let Some(pattern) = rule
        .pattern
        .as_ref()
        .and_then(|pattern| pattern::portable(pattern.as_str()))
    {
        more.push(json!({ "pattern": pattern }));
    }
    if let Some(known) = &rule.one_of {
        let values: Vec<Value> = known.iter().flat_map(|text| values(text)).collect();
        more.push(json!({ "enum": values }));
    }
    if !more.is_empty() {
        merge(&mut schema, json!({ "allOf": more }));
    }
    schema
}

/// A text as the values that a reader of YAML can make of it: a plain `7` is a number to it.
fn values(text: &str) -> Vec<Value> {
    let number = serde_json::from_str(text).ok().filter(Value::is_number);
    std::iter::once(json!(text)).chain(number).collect()
}
