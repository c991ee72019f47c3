//! The schemas that lie in an access repository, and in this one: what editors complete and check with.

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde_json::{Value, json};

use crate::fixtures::blesses;
use crate::support::worlds::{addition, settings_with};
use crate::support::{SETTINGS, Workspace};

const REQUEST: &str = "schema/request.schema.json";

/// A form with every kind of rule.
const FORMS: &str = "forms:\n  contractor:\n    fields:\n      \
    ticket: {required: true, pattern: '^HR-[0-9]+$', description: The ticket of HR}\n      \
    agency: {one_of: [north, south]}\n      note: {}\n  plain: {fields: {reason: {required: true}}}\n";

/// A repository with the schemas that its settings make.
fn with_schemas(settings: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings);
    workspace.run(&["schema", "--write"]).exits(0);
    workspace
}

fn schema(workspace: &Workspace) -> Value {
    serde_json::from_str(&workspace.read(REQUEST)).expect("JSON")
}

#[track_caller]
fn outdated(workspace: &Workspace) -> Vec<String> {
    let report = workspace
        .run(&["validate", "--format", "json"])
        .exits(0)
        .json();
    let findings = report["findings"].as_array().expect("a list").iter();
    findings
        .filter(|finding| finding["code"] == "RC304")
        .map(|finding| {
            assert_eq!(finding["severity"], "note");
            finding["path"].as_str().expect("a path").to_owned()
        })
        .collect()
}

#[test]
fn the_schemas_of_this_repository_are_what_the_program_makes_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.to_str().expect("UTF-8");
    for kind in ["request", "settings", "state", "changelog"] {
        let made = Workspace::empty()
            .run(&["--dir", folder, "schema", kind])
            .exits(0);
        let path = root.join(format!("schema/{kind}.schema.json"));
        if blesses() {
            fs::create_dir_all(root.join("schema")).expect("the folder");
            fs::write(&path, &made.out).expect("the schema is written");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, made.out, "{kind}; ROLECALL_BLESS=1 writes it anew");
    }
}

#[test]
fn a_form_of_the_settings_is_in_the_schema_with_all_that_it_says() {
    let workspace = with_schemas(&settings_with(FORMS));
    let schema = schema(&workspace);
    let rules = schema["allOf"].as_array().expect("rules");
    let of_form = |name: &str| -> Vec<&Value> {
        let names = |rule: &&Value| rule["if"].to_string().contains(&format!("\"{name}\""));
        rules
            .iter()
            .filter(names)
            .map(|rule| &rule["then"])
            .collect()
    };
    let [fields, required] = of_form("contractor")[..] else {
        panic!("{rules:#?}");
    };
    let custom = &fields["properties"]["custom"];
    assert_eq!(custom["additionalProperties"], json!(false));
    let ticket = &custom["properties"]["ticket"];
    assert_eq!(ticket["description"], "The ticket of HR");
    assert_eq!(ticket["allOf"], json!([{"pattern": "^HR-[0-9]+$"}]));
    let agency = &custom["properties"]["agency"];
    assert_eq!(agency["allOf"], json!([{"enum": ["north", "south"]}]));
    assert!(custom["properties"]["note"].is_object());
    assert_eq!(required["required"], json!(["custom"]));
    let names = &required["properties"]["custom"]["required"];
    assert_eq!(names, &json!(["ticket"]));
    assert_eq!(of_form("plain").len(), 2);
}

#[rstest]
#[case::form(
    "form: contractor\ncustom: {ticket: HR-1, agency: north, note: x}\n",
    true
)]
#[case::other_form("form: plain\ncustom: {reason: x}\n", true)]
#[case::no_form("", true)]
#[case::draft("form: contractor\ndraft: true\n", true)]
#[case::custom_without_a_form("custom: {ticket: HR-1}\n", false)]
#[case::unknown_form("form: contractors\ncustom: {ticket: HR-1}\n", false)]
#[case::unknown_key("form: contractor\ncustom: {ticket: HR-1, tickets: HR-2}\n", false)]
#[case::key_of_another_form("form: contractor\ncustom: {ticket: HR-1, reason: x}\n", false)]
#[case::missing_field("form: contractor\ncustom: {agency: north}\n", false)]
#[case::nothing_filled_in("form: contractor\n", false)]
#[case::pattern("form: contractor\ncustom: {ticket: 'HR 1'}\n", false)]
#[case::one_of("form: contractor\ncustom: {ticket: HR-1, agency: west}\n", false)]
fn a_form_is_checked_by_the_schema_as_by_the_program(#[case] more: &str, #[case] fits: bool) {
    let workspace = with_schemas(&settings_with(FORMS));
    let request = addition("[sam.reyes]", "[ap-clerk]") + more;
    let document: Value = serde_yaml::from_str(&request).expect("YAML");
    let validator = jsonschema::validator_for(&schema(&workspace)).expect("a JSON Schema");
    assert_eq!(validator.is_valid(&document), fits, "{request}");
    workspace.request("example", &request);
    let code = if fits { 0 } else { 3 };
    workspace.run(&["validate", "requests"]).exits(code);
}

#[test]
fn a_schema_that_the_settings_have_left_behind_is_noted_until_it_is_made_anew() {
    let workspace = with_schemas(SETTINGS);
    assert!(outdated(&workspace).is_empty());
    workspace.write("rolecall.yaml", settings_with(FORMS));
    assert_eq!(outdated(&workspace), [REQUEST]);
    let run = workspace.run(&["schema", "--write"]).exits(0);
    assert_eq!(
        run.out,
        "schema/request.schema.json: written\nschema/settings.schema.json: current already\n"
    );
    assert!(outdated(&workspace).is_empty());
}

#[test]
fn a_repository_without_schemas_is_left_without() {
    let workspace = Workspace::new();
    assert!(outdated(&workspace).is_empty());
    workspace.run(&["validate"]).exits(0);
    assert!(!workspace.path().join("schema").exists());
    workspace.run(&["schema", "state", "--write"]).exits(0);
    let there = |kind: &str| {
        workspace
            .path()
            .join(format!("schema/{kind}.schema.json"))
            .exists()
    };
    assert_eq!(
        ["request", "settings", "state", "changelog"].map(there),
        [false, false, true, false]
    );
    workspace.run(&["schema", "--write"]).exits(0);
    assert_eq!(
        ["request", "settings", "state", "changelog"].map(there),
        [true, true, true, false]
    );
}

#[test]
fn line_ends_that_git_has_changed_make_no_schema_outdated() {
    let workspace = with_schemas(SETTINGS);
    workspace.write(REQUEST, workspace.read(REQUEST).replace('\n', "\r\n"));
    assert!(outdated(&workspace).is_empty());
}

#[test]
fn a_torn_schema_is_made_anew_and_a_foreign_file_is_left_alone() {
    let workspace = with_schemas(SETTINGS);
    let whole = workspace.read(REQUEST);
    workspace.write(REQUEST, &whole[..whole.len() / 2]);
    assert_eq!(outdated(&workspace), [REQUEST]);
    workspace.run(&["schema", "--write"]).exits(0);
    assert_eq!(workspace.read(REQUEST), whole);
    let foreign = "{\n  \"title\": \"Something else\"\n}\n";
    workspace.write(REQUEST, foreign);
    assert!(outdated(&workspace).is_empty());
    workspace
        .run(&["schema", "--write"])
        .exits(3)
        .says("no schema of rolecall");
    assert_eq!(workspace.read(REQUEST), foreign);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_schemas_is_not_followed() {
    let workspace = with_schemas(SETTINGS);
    let elsewhere = Workspace::empty();
    let kept = elsewhere.write("kept.json", workspace.read(REQUEST));
    fs::remove_file(workspace.path().join(REQUEST)).expect("it goes");
    std::os::unix::fs::symlink(&kept, workspace.path().join(REQUEST)).expect("a link");
    workspace.write("rolecall.yaml", settings_with(FORMS));
    workspace.run(&["schema", "request", "--write"]).exits(3);
    fs::remove_dir_all(workspace.path().join("schema")).expect("it goes");
    std::os::unix::fs::symlink(elsewhere.path(), workspace.path().join("schema")).expect("a link");
    workspace.run(&["schema", "--write"]).exits(3);
    assert_eq!(fs::read_dir(elsewhere.path()).expect("a folder").count(), 1);
}

#[test]
fn schema_without_a_document_and_without_write_is_wrong_usage() {
    Workspace::new().run(&["schema"]).exits(64);
    Workspace::empty().run(&["schema", "--write"]).exits(3);
}

/// The file that the first line of a file names as its schema.
#[track_caller]
fn named_schema(workspace: &Workspace, path: &str) -> Value {
    let text = workspace.read(path);
    let first = text.lines().next().expect("a line");
    let relative = first
        .strip_prefix("# yaml-language-server: $schema=")
        .unwrap_or_else(|| panic!("{first}"));
    let folder = workspace.path().join(path);
    let file = folder.parent().expect("a folder").join(relative);
    let file = file.canonicalize().expect("the schema is there");
    assert!(file.starts_with(workspace.path().canonicalize().expect("a folder")));
    serde_json::from_str(&fs::read_to_string(file).expect("the schema")).expect("JSON")
}

#[test]
fn init_and_new_name_the_schema_in_the_first_line_and_the_files_fit_it() {
    let workspace = Workspace::empty();
    workspace.run(&["init"]).exits(0);
    let flags = [
        "new",
        "onboard",
        "--id",
        "deep",
        "--folder",
        "2026/11",
        "--name",
        "A",
        "--change-overview",
        "B",
        "--requested-by",
        "dana",
        "--introduce",
        "a.b,A B,a.b@company.example",
        "--affected-roles",
        "ap-clerk",
    ];
    workspace.run(&flags).exits(0);
    workspace.run(&["validate"]).exits(0);
    for path in [
        "rolecall.yaml",
        "requests/onboard-jane-doe.yaml",
        "requests/2026/11/deep.yaml",
    ] {
        let validator =
            jsonschema::validator_for(&named_schema(&workspace, path)).expect("a schema");
        let document: Value = serde_yaml::from_str(&workspace.read(path)).expect("YAML");
        assert!(validator.is_valid(&document), "{path}");
    }
    assert!(outdated(&workspace).is_empty());
}

#[test]
fn new_names_no_schema_that_is_not_there() {
    let workspace = Workspace::new();
    workspace
        .run(&["new", "onboard", "--id", "plain", "--draft"])
        .exits(0);
    let text = workspace.read("requests/plain.yaml");
    assert!(text.starts_with("# Change request plain"), "{text}");
}

#[test]
fn init_in_a_folder_with_another_schema_there_writes_nothing() {
    let workspace = Workspace::empty();
    workspace.write(REQUEST, "{}\n");
    workspace.run(&["init"]).exits(3).says(REQUEST);
    assert!(!workspace.path().join("rolecall.yaml").exists());
    assert_eq!(workspace.read(REQUEST), "{}\n");
}
