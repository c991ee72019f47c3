use serde_json::{Value, json};

use super::sample::*;
use crate::check::finding::{Code, Finding, Place};
use crate::render::sarif::sarif;

fn run(findings: &[Finding]) -> Value {
    let log: Value = serde_json::from_str(&sarif(findings)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert!(
        log["$schema"]
            .as_str()
            .unwrap()
            .ends_with("/sarif-schema-2.1.0.json")
    );
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    log["runs"][0].clone()
}

fn at_line(line: usize) -> Finding {
    let mut finding = unknown_role();
    finding.place.as_mut().unwrap().line = line;
    finding
}

fn print_of(outcome: &Value) -> String {
    outcome["partialFingerprints"]["primaryLocationLineHash"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn every_code_is_a_rule_with_its_paragraph() {
    let driver = &run(&[])["tool"]["driver"];
    assert_eq!(driver["name"], "rolecall");
    assert_eq!(driver["semanticVersion"], env!("CARGO_PKG_VERSION"));
    let rules = driver["rules"].as_array().unwrap();
    assert_eq!(rules.len(), Code::ALL.len());
    for (rule, code) in rules.iter().zip(Code::ALL) {
        assert_eq!(rule["id"], code.as_str());
        assert_eq!(rule["shortDescription"]["text"], code.title());
        let full = rule["fullDescription"]["text"].as_str().unwrap();
        assert!(
            full.starts_with(code.title()) && !full.contains('#'),
            "{full}"
        );
        let help = rule["help"]["markdown"].as_str().unwrap();
        assert!(
            help.starts_with("**") && help.len() > code.title().len() + 4,
            "{help}"
        );
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_result_has_rule_level_message_and_place() {
    let findings = [
        unknown_role(),
        Finding::warning(Code::NothingToDo, "the request changes nothing")
            .in_file("requests/a b#ü%.yaml"),
        Finding::note(Code::Setting, "something about everything"),
    ];
    let run = run(&findings);
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"], json!([{"executionSuccessful": true}]));
    assert!(run["originalUriBaseIds"]["SRCROOT"].get("uri").is_none());
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for (result, finding) in results.iter().zip(&findings) {
        assert_eq!(result["ruleId"], finding.code.as_str());
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            finding.code.as_str()
        );
        assert_eq!(result["level"], finding.severity.word());
    }
    assert_eq!(
        results[0]["message"]["text"],
        "role `ap-clrk` is not in the catalogue\ndid you mean `ap-clerk`?"
    );
    assert_eq!(
        results[0]["locations"],
        json!([{"physicalLocation": {
            "artifactLocation": {"uri": "requests/broken.yaml", "uriBaseId": "SRCROOT"},
            "region": {"startLine": 6, "startColumn": 18, "endColumn": 25},
        }}])
    );
    let place = |result: &Value| result["locations"][0]["physicalLocation"].clone();
    assert_eq!(
        place(&results[1])["artifactLocation"]["uri"],
        "requests/a%20b%23%C3%BC%25.yaml"
    );
    assert_eq!(
        place(&results[2])["artifactLocation"]["uri"],
        "rolecall.yaml"
    );
    assert_eq!(place(&results[2])["region"], json!({"startLine": 1}));
}

#[test]
fn a_fingerprint_stands_where_lines_move_and_differs_where_the_finding_does() {
    let first = run(&[at_line(6)]);
    let moved = run(&[at_line(60)]);
    assert_eq!(
        print_of(&first["results"][0]),
        print_of(&moved["results"][0])
    );
    let mut elsewhere = at_line(6);
    elsewhere.path = Some("requests/other.yaml".to_owned());
    let mut other = at_line(6);
    other.place.as_mut().unwrap().column = 1;
    let all = run(&[at_line(6), at_line(7), elsewhere, other]);
    let mut prints: Vec<_> = all["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(print_of)
        .collect();
    assert!(
        prints[0].ends_with(":1") && prints[1].ends_with(":2"),
        "{prints:?}"
    );
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), 4, "{prints:?}");
}

#[test]
fn hostile_text_stays_text() {
    let place = Place {
        line: 0,
        column: usize::MAX,
        length: usize::MAX,
        skipped: 0,
        text: HOSTILE.to_owned(),
    };
    let finding = Finding::error(Code::BadText, HOSTILE)
        .in_file("../a:b/\u{202e}")
        .at(Some(place));
    let result = run(&[finding])["results"][0].clone();
    let text = result["message"]["text"].as_str().unwrap();
    assert!(text.contains(r"\[l\](https://e.example)"), "{text}");
    assert!(
        text.contains(r"\u{202e}") && !text.contains('\u{202e}'),
        "{text}"
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "../a%3Ab/%E2%80%AE");
    assert_eq!(place["region"]["startLine"], 1);
}

#[test]
fn more_than_code_scanning_takes_are_cut_with_the_errors_kept() {
    let mut findings = vec![Finding::note(Code::Setting, "x"); 25_000];
    findings.push(unknown_role());
    let run = run(&findings);
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    assert_eq!(run["results"][0]["level"], "error");
    let notes = &run["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(notes[0]["message"]["text"], "1 finding left out");
}
