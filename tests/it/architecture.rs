//! The rooms of `docs/architecture.md` keep to the table there of who may import whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// What each room may import, as the page has it: a room, or one module of it.
fn table() -> BTreeMap<String, Vec<String>> {
    let page = read(&root().join("docs/architecture.md"));
    let (_, page) = page
        .split_once("| room | may import |\n")
        .expect("the table is there");
    let quoted = Regex::new("`([a-z:]+)`").expect("a regular expression");
    let rows = page
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let mut words = quoted.captures_iter(row).map(|word| word[1].to_owned());
        let room = words.next().expect("a room");
        let imports: Vec<String> = words.collect();
        let means_nothing = imports.is_empty() && row.ends_with("| nothing |");
        let means_everything = imports.is_empty() && row.ends_with("| everything |");
        assert!(
            means_nothing || means_everything || !imports.is_empty(),
            "{row:?} says what may be imported"
        );
        let imports = if means_everything {
            vec!["*".to_owned()]
        } else {
            imports
        };
        (room, imports)
    })
    .collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The sources, but for those of tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if stem == "tests" || stem.ends_with("_tests") {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The text without comments and without what is only for tests, which stands last.
fn code(path: &Path) -> String {
    let text = read(path);
    let text = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The modules that a text mentions from the root of the crate: `model`, `check::finding`.
fn mentioned(code: &str) -> BTreeSet<String> {
    let group = Regex::new(r"\bcrate::(?:\{([^;]*?)\};|((?:[a-z_]+)(?:::[a-z_]+)*))")
        .expect("a regular expression");
    let first = Regex::new(r"^[a-z_]+(?:::[a-z_]+)*").expect("a regular expression");
    let mut found = BTreeSet::new();
    for mention in group.captures_iter(code) {
        if let Some(path) = mention.get(2) {
            found.insert(path.as_str().to_owned());
        }
        for part in mention.get(1).map_or("", |parts| parts.as_str()).split(',') {
            let part = part.trim();
            found.extend(first.find(part).map(|path| path.as_str().to_owned()));
        }
    }
    found
}

fn is_allowed(room: &str, path: &str, allowed: &[String]) -> bool {
    let is_within = |outer: &str| path == outer || path.starts_with(&format!("{outer}::"));
    is_within(room) || allowed.iter().any(|outer| outer == "*" || is_within(outer))
}

#[test]
fn each_room_imports_only_what_the_table_lets_it() {
    let table = table();
    let source = root().join("src");
    let mut wrong = Vec::new();
    for (room, allowed) in &table {
        let mut files = Vec::new();
        sources(&source.join(room), &mut files);
        assert!(!files.is_empty(), "the room {room} has sources");
        for file in files {
            for path in mentioned(&code(&file)) {
                if !is_allowed(room, &path, allowed) {
                    wrong.push(format!("{} imports {path}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_room_is_in_the_table() {
    let library = read(&root().join("src/lib.rs"));
    let rooms = Regex::new(r"(?m)^(?:pub )?mod ([a-z_]+);").expect("a regular expression");
    let rooms: BTreeSet<String> = rooms
        .captures_iter(&library)
        .map(|room| room[1].to_owned())
        .collect();
    assert_eq!(rooms, table().into_keys().collect());
}

#[test]
fn nobody_leaves_a_room_through_super() {
    let climb = Regex::new(r"(?:super::)+").expect("a regular expression");
    let source = root().join("src");
    let mut files = Vec::new();
    sources(&source, &mut files);
    for file in files {
        let within = file.strip_prefix(&source).expect("below src");
        let is_folder_itself = within.file_stem().is_some_and(|stem| stem == "mod");
        let depth = within.components().count() - usize::from(is_folder_itself);
        for up in climb.find_iter(&code(&file)) {
            let steps = up.as_str().matches("super::").count();
            assert!(steps < depth, "{} leaves its room", within.display());
        }
    }
}

#[test]
fn mentions_of_every_form_are_found() {
    let code = "use crate::model::{A, B};\nuse crate::{time, plan::Plan,\n    git::Git};\nfn f() -> crate::check::finding::Code { todo() }\n";
    let found: Vec<String> = mentioned(code).into_iter().collect();
    assert_eq!(found, ["check::finding", "git", "model", "plan", "time"]);
    assert!(is_allowed(
        "store",
        "reconcile::port",
        &["reconcile::port".to_owned()]
    ));
    assert!(!is_allowed(
        "store",
        "reconcile::portal",
        &["reconcile::port".to_owned()]
    ));
    assert!(!is_allowed(
        "store",
        "reconcile",
        &["reconcile::port".to_owned()]
    ));
}
