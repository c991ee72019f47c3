//! Findings as SARIF 2.1.0, for code scanning.
//!
//! The format is that of the OASIS standard, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>; what GitHub asks for beyond it is
//! in its page "SARIF support for code scanning".

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::text::count;
use super::{escape, json};
use crate::check::finding::{Code, Finding, Severity};
use crate::model::Digest;

/// Where the schema of the format is.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The folder that paths start from: the root of the access repository.
const ROOT: &str = "SRCROOT";
/// The file that a finding without one is shown at, as code scanning shows none without.
const NO_FILE: &str = "rolecall.yaml";
/// The most results that code scanning takes of a run.
const MOST: usize = 25_000;
/// The page on all codes, from which a rule's help is taken.
const PAGE: &str = include_str!("../../docs/findings.md");
/// What of a path is not percent-encoded: RFC 3986's unreserved characters, and the slash.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    original_uri_base_ids: BTreeMap<&'static str, Described>,
    column_kind: &'static str,
    invocations: [Invocation; 1],
    results: Vec<Outcome>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Help,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Described {
    description: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

/// Findings as a SARIF log of one run, with a rule for each code. A finding without a file is shown at the settings, one without
/// a place at the first line. Of more than 25,000 the worst are taken, and a notification says how many are left out.
#[must_use]
pub fn sarif(findings: &[Finding]) -> String {
    let mut taken: Vec<_> = findings.iter().collect();
    let mut notifications = Vec::new();
    if taken.len() > MOST {
        taken.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let text = format!("{} left out", count(taken.len() - MOST, "finding"));
        notifications.push(Notification {
            level: "warning",
            message: Text { text },
        });
        taken.truncate(MOST);
    }
    let description = Text {
        text: "the root of the access repository".to_owned(),
    };
    json::text(&Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: driver() },
            original_uri_base_ids: [(ROOT, Described { description })].into(),
            column_kind: "unicodeCodePoints",
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications,
            }],
            results: outcomes(&taken),
        }],
    })
}

fn driver() -> Driver {
    let rules = Code::ALL.iter().map(|code| {
        let help = paragraphs(*code);
        let words = help.replace("**", "");
        Rule {
            id: code.as_str(),
            short_description: Text {
                text: code.title().to_owned(),
            },
            full_description: Text {
                text: words.split_whitespace().collect::<Vec<_>>().join(" "),
            },
            help: Help {
                text: words,
                markdown: help,
            },
        }
    });
    Driver {
        name: "rolecall",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: rules.collect(),
    }
}

/// What the page on findings says about a code. A test holds that it has all of them.
fn paragraphs(code: Code) -> &'static str {
    let heading = format!("\n### {}\n", code.as_str());
    let behind = PAGE.split_once(&heading).map(|(_, behind)| behind);
    let text = behind.and_then(|behind| behind.split("\n#").next());
    text.map_or(code.title(), str::trim)
}

fn outcomes(findings: &[&Finding]) -> Vec<Outcome> {
    let mut same: BTreeMap<Digest, usize> = BTreeMap::new();
    findings
        .iter()
        .map(|finding| {
            let print = fingerprint(finding);
            let number = same.entry(print).or_default();
            *number += 1;
            // GitHub compares prints under this name alone, and writes them in this way.
            let print = print.to_string();
            let print = print.trim_start_matches("sha256:");
            let print = format!("{}:{number}", print.get(..16).unwrap_or(print));
            Outcome {
                rule_id: finding.code.as_str(),
                rule_index: Code::ALL
                    .iter()
                    .position(|code| *code == finding.code)
                    .unwrap_or_default(),
                level: match finding.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Note => "note",
                },
                message: message(finding),
                locations: [location(finding)],
                partial_fingerprints: [("primaryLocationLineHash", print)].into(),
            }
        })
        .collect()
}

/// The message, and below it what to do. Hidden characters are shown, and nothing is taken for an embedded link.
fn message(finding: &Finding) -> Text {
    let mut text = escape::terminal_lines(&finding.message);
    if let Some(hint) = &finding.hint {
        text.push('\n');
        text.push_str(&escape::terminal_lines(hint));
    }
    // `[text](target)` is a link (section 3.11.6 of the standard), and a bracket behind a backslash is none.
    if text.contains("](") {
        text = text.replace('[', "\\[").replace(']', "\\]");
    }
    Text { text }
}

fn location(finding: &Finding) -> Location {
    let path = finding.path.as_deref().unwrap_or(NO_FILE);
    let region = match &finding.place {
        Some(place) => Region {
            start_line: place.line.max(1),
            start_column: Some(place.column.max(1)),
            end_column: Some(place.column.max(1).saturating_add(place.length.max(1))),
        },
        None => Region {
            start_line: 1,
            start_column: None,
            end_column: None,
        },
    };
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: utf8_percent_encode(path, IN_PATH).to_string(),
                uri_base_id: ROOT,
            },
            region,
        },
    }
}

/// What makes two findings of different times the same one: code, file, the line as it reads, and the part of it that is meant; not
/// the line's number. Where there is no place, the message.
fn fingerprint(finding: &Finding) -> Digest {
    let path = finding.path.as_deref().unwrap_or(NO_FILE);
    let (line, part) = match &finding.place {
        Some(place) => {
            let before = place.column.saturating_sub(1 + place.skipped);
            let part: String = place.text.chars().skip(before).take(place.length).collect();
            (place.text.trim(), part)
        }
        None => (finding.message.as_str(), String::new()),
    };
    let pieces = [finding.code.as_str(), path, line, part.as_str()];
    let parted = pieces
        .iter()
        .flat_map(|piece| [piece.as_bytes(), b"\0".as_slice()]);
    Digest::of_pieces(parted)
}
