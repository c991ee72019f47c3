//! `docs/findings.md` has every code of findings and no other, and no page names a code that is none.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use regex::Regex;
use rolecall::check::finding::Code;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn codes(text: &str, pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("a regular expression");
    pattern
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect()
}

fn known() -> Vec<String> {
    Code::ALL
        .iter()
        .map(|code| code.as_str().to_owned())
        .collect()
}

/// Codes that were given up. They are never used again, and the page says so.
const GIVEN_UP: [&str; 1] = ["RC303"];

#[test]
fn each_code_has_its_paragraph_in_order() {
    let page = fs::read_to_string(root().join("docs/findings.md")).expect("the page");
    assert_eq!(codes(&page, r"(?m)^### (RC[0-9]+)$"), known());
}

#[test]
fn no_page_names_a_code_that_is_none() {
    let given_up = GIVEN_UP.map(str::to_owned);
    let known: BTreeSet<String> = known().into_iter().chain(given_up).collect();
    let pages = fs::read_dir(root().join("docs")).expect("the pages");
    let pages = pages.map(|page| page.expect("a page").path());
    let pages = pages.chain([root().join("README.md"), root().join("CHANGELOG.md")]);
    for page in pages.filter(|page| page.extension().is_some_and(|ending| ending == "md")) {
        let text = fs::read_to_string(&page).expect("a page");
        for code in codes(&text, r"\b(RC[0-9]{3})\b") {
            assert!(known.contains(&code), "{} names {code}", page.display());
        }
    }
}

#[test]
fn a_code_that_was_given_up_is_not_used_again() {
    let page = fs::read_to_string(root().join("docs/findings.md")).expect("the page");
    for code in GIVEN_UP {
        assert!(!known().contains(&code.to_owned()), "{code}");
        assert!(
            page.contains(&format!("`{code}` is no longer used.")),
            "{code}"
        );
    }
}
