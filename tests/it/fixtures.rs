//! Request files, and the diagnostics that they must print: `tests/fixtures/`.
//!
//! A file is checked as `requests/<name>.yaml` next to `settings.yaml` and `state.yaml`; a folder lies over them. What
//! `validate` says about `invalid/<name>` is in `invalid/<name>.txt`. `ROLECALL_BLESS=1` writes those files anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Run, Workspace};

/// Whether expected output is written anew instead of compared.
pub fn blesses() -> bool {
    std::env::var_os("ROLECALL_BLESS").is_some_and(|value| value == "1")
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// The fixtures of a folder, without their expected output, sorted.
fn fixtures(name: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|ending| ending != "txt"))
        .collect();
    paths.sort();
    paths
}

/// Copies what lies in a folder into the workspace.
fn lay_over(workspace: &Workspace, folder: &Path, below: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            lay_over(workspace, &path, &format!("{name}/"));
        } else {
            workspace.write(&name, fs::read(&path).unwrap());
        }
    }
}

/// Runs `validate` on a fixture.
fn validate(fixture: &Path) -> Run {
    let workspace = Workspace::empty();
    for (from, to) in [
        ("settings.yaml", "rolecall.yaml"),
        ("state.yaml", "state/state.yaml"),
    ] {
        workspace.write(to, fs::read(folder(from)).unwrap());
    }
    let mut arguments = vec!["validate", "--color", "never"];
    if fixture.is_dir() {
        lay_over(&workspace, fixture, "");
        return workspace.run(&arguments);
    }
    let path = format!(
        "requests/{}",
        fixture.file_name().unwrap().to_str().unwrap()
    );
    workspace.write(&path, fs::read(fixture).unwrap());
    arguments.push(&path);
    workspace.run(&arguments)
}

/// The codes of findings in a text.
fn codes(text: &str) -> BTreeSet<&str> {
    text.match_indices("RC")
        .filter_map(|(at, _)| text.get(at..at + 5))
        .filter(|code| code[2..].bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

#[test]
fn nothing_is_found_in_a_valid_request() {
    for fixture in fixtures("valid") {
        let run = validate(&fixture).exits(0);
        assert_eq!(run.out, "Nothing found.\n", "{}", fixture.display());
    }
}

#[test]
fn an_invalid_file_prints_the_diagnostic_beside_it() {
    for fixture in fixtures("invalid") {
        let run = validate(&fixture);
        let expected = fixture.with_extension("txt");
        if blesses() {
            fs::write(&expected, &run.out).unwrap();
        }
        let expected = fs::read_to_string(&expected)
            .unwrap_or_else(|error| panic!("{}: {error}", expected.display()));
        assert_eq!(run.out, expected, "{}", fixture.display());
        assert_eq!(run.err, "", "{}", fixture.display());
        let code = if expected.contains("error[") { 3 } else { 0 };
        run.exits(code);
    }
}

#[test]
fn each_code_about_a_text_or_a_request_has_a_fixture() {
    let page = include_str!("../../docs/findings.md");
    let texts: String = fixtures("invalid")
        .iter()
        .map(|fixture| fs::read_to_string(fixture.with_extension("txt")).unwrap())
        .collect();
    // A link or a device in a tree, a file with very many problems, a name that nobody reads, and git are set up by tests of their own.
    let elsewhere = BTreeSet::from(["RC001", "RC013", "RC014", "RC120"]);
    let missing: Vec<_> = codes(page)
        .into_iter()
        .filter(|code| code.starts_with("RC0") || code.starts_with("RC1"))
        .filter(|code| !codes(&texts).contains(code) && !elsewhere.contains(code))
        .collect();
    assert_eq!(missing, [""; 0], "codes without a fixture");
}
