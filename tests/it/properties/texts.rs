//! The texts of files: those that fuzzing has collected, and the repository's own with bits of them changed.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use rstest::rstest;

use super::checks::{bytes, documents, journey};
use super::config;

/// Every file below a folder, by path.
fn files(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = walkdir::WalkDir::new(&root).sort_by_file_name();
    let entries = entries.into_iter().map(|entry| entry.expect("an entry"));
    let files: Vec<_> = entries
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    assert!(!files.is_empty(), "{} has files", root.display());
    files
}

fn planner(bytes: &[u8]) {
    let journey = bytes::journey(bytes).expect("a journey");
    journey::travel(&journey);
}

/// What fuzzing has found stays fixed: its inputs are kept in the corpus.
#[rstest]
#[case::approval("approval", documents::approval)]
#[case::changelog("changelog", documents::changelog)]
#[case::planner("planner", planner)]
#[case::request("request", documents::request)]
#[case::settings("settings", documents::settings)]
#[case::state("state", documents::state)]
#[case::table("table", documents::table)]
fn every_input_of_the_corpus_holds(#[case] target: &str, #[case] check: fn(&[u8])) {
    for file in files(&format!("fuzz/corpus/{target}")) {
        let input = fs::read(&file).expect("a file");
        let held = std::panic::catch_unwind(|| check(&input));
        assert!(held.is_ok(), "{}", file.display());
    }
}

/// One of the files below a folder, with a few places of it changed.
fn changed(folder: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let texts: Vec<Vec<u8>> = files(folder)
        .iter()
        .map(|file| fs::read(file).expect("a file"))
        .collect();
    let piece = prop_oneof![
        prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        vec(any::<u8>(), 0..3),
    ];
    let change = (any::<prop::sample::Index>(), 0..8_usize, piece);
    (prop::sample::select(texts), vec(change, 0..4)).prop_map(|(mut text, changes)| {
        for (at, length, piece) in changes {
            let start = at.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, piece);
        }
        text
    })
}

/// What YAML and the files mean something by.
const PIECES: &[&str] = &[
    "\n",
    "\n\n",
    "\r\n",
    "  ",
    "    ",
    "\t",
    "- ",
    ": ",
    "? ",
    "# ",
    " #",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"",
    "'",
    "&a ",
    "*a",
    "!!str ",
    "|\n",
    ">\n",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "<<: ",
    "null",
    "~",
    "true",
    "yes",
    "0",
    "1e9",
    "-1",
    "\u{feff}",
    "\u{202e}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "é",
    "\\x41",
    "\\u202E",
    "2026-11-30",
    "active",
    "roles:",
    "requests:",
    "employees: {}",
    ";",
    "=",
];

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn any_request_is_read_or_refused(text in changed("tests/fixtures/valid")) {
        documents::request(&text);
    }

    #[test]
    fn any_broken_request_is_refused_with_a_reason(text in changed("tests/fixtures/invalid")) {
        documents::request(&text);
    }

    #[test]
    fn any_settings_are_read_or_refused(text in changed("fuzz/corpus/settings")) {
        documents::settings(&text);
    }

    #[test]
    fn both_readers_of_a_state_agree(text in changed("fuzz/corpus/state")) {
        documents::state(&text);
    }

    #[test]
    fn both_readers_of_a_change_log_agree(text in changed("fuzz/corpus/changelog")) {
        documents::changelog(&text);
    }

    #[test]
    fn any_approvals_are_read_or_refused(text in changed("fuzz/corpus/approval")) {
        documents::approval(&text);
    }

    #[test]
    fn any_table_is_read_or_refused(text in changed("fuzz/corpus/table")) {
        documents::table(&text);
    }
}
