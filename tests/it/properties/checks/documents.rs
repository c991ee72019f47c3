//! What must hold for the text of every file, however hostile.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rolecall::check::finding::{Finding, Severity};
use rolecall::check::{self, Introduced};
use rolecall::document::request::Reading;
use rolecall::document::source::Source;
use rolecall::document::state::{END, StateTree};
use rolecall::document::{approval, armor, changelog, forge, request, settings, state, table};
use rolecall::model::{
    Digest, Employee, EmployeeId, PublicKey, RequestId, Settings, Signed, State,
};
use rolecall::render::{Palette, findings};

/// The settings that requests and tables are read against.
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let text = include_str!("../../../fixtures/settings.yaml");
    let source = Source::new("rolecall.yaml", text.into(), settings::LIMIT).expect("a text");
    settings::read(&source).expect("settings").settings
});

/// The state that requests are checked against.
static STATE: LazyLock<State> =
    LazyLock::new(|| state::read(include_str!("../../../fixtures/state.yaml")).expect("a state"));

/// A request file gives a request or says why not; line ends do not matter, and the rules can look at whatever was read.
pub fn request(bytes: &[u8]) {
    let Some(source) = source("requests/any.yaml", bytes, request::LIMIT) else {
        return;
    };
    let read = request::read(&source, &SETTINGS);
    let document = match &read {
        Err(found) => return refused(&source, found),
        Ok(Reading::Draft(draft)) => return accepted(&source, &draft.findings),
        Ok(Reading::Request(document)) => document,
    };
    accepted(&source, &document.findings);
    assert!(!document.request.draft, "a draft is no request");
    let id = RequestId::new("any").expect("an id");
    for started in [false, true] {
        let subject = check::Subject {
            id: &id,
            path: &source.path,
            request: &document.request,
            places: &document.places,
            started,
        };
        let world = check::World {
            settings: &SETTINGS,
            state: &STATE,
            introduced: &Introduced::default(),
        };
        shown(&source, &check::request(&subject, &world));
    }
    if let Some(other) = with_other_line_ends(&source, request::LIMIT) {
        let Ok(Reading::Request(other)) = request::read(&other, &SETTINGS) else {
            panic!("line ends of Windows are refused");
        };
        assert_eq!(other.request, document.request, "line ends matter");
    }
}

/// Settings are read or refused with findings; what is read names nobody and nothing that is not there.
pub fn settings(bytes: &[u8]) {
    let Some(source) = source("rolecall.yaml", bytes, settings::LIMIT) else {
        return;
    };
    let branch = settings::read_branch(&source);
    let document = match settings::read(&source) {
        Err(found) => return refused(&source, &found),
        Ok(document) => document,
    };
    accepted(&source, &document.findings);
    let read = &document.settings;
    if let Some(branch) = branch {
        assert_eq!(branch, read.approval.branch, "two branches");
    }
    for member in read.groups.values().flatten() {
        assert!(read.people.contains_key(member), "{member} is nobody");
    }
    for rule in read.rules() {
        assert!(!rule.stages.is_empty() && rule.approvals() > 0, "{rule:?}");
        for stage in &rule.stages {
            assert!(stage.approvals > 0, "{rule:?}");
            let named = |name| read.people.contains_key(name) || read.groups.contains_key(name);
            assert!(stage.approvers.iter().all(named), "{rule:?}");
        }
    }
    for rule in &read.separation_of_duties {
        assert!(rule.roles.len() > 1, "{rule:?}");
        let is_known = |role| read.roles.contains_key(role);
        assert!(rule.roles.iter().all(is_known), "{rule:?}");
    }
    if let Some(other) = with_other_line_ends(&source, settings::LIMIT) {
        let other = settings::read(&other).expect("line ends of Windows");
        assert_eq!(&other.settings, read, "line ends matter");
    }
}

/// Everybody of a state, by id.
pub fn people(state: &State) -> BTreeMap<EmployeeId, Employee> {
    let all = state.employees.iter();
    all.map(|entry| (entry.employee_id(), entry.employee.to_employee()))
        .collect()
}

/// Both readers of a state agree on every text that the quick one takes, and what is read is written and read the same.
pub fn state(bytes: &[u8]) {
    let read = state::read_bytes(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert!(read.is_err(), "it is not UTF-8");
        return;
    };
    let general = state::read_general(text);
    match (&read, &general) {
        (Ok(read), Ok(general)) => assert_eq!(read, general, "two states"),
        (Ok(_), Err(error)) => panic!("only the quick reader takes it: {error}"),
        (Err(error), _) => assert!(!error.message.is_empty() && !error.hint.is_empty()),
    }
    if let Some(canonical) = state::read_canonical(text) {
        assert_eq!(Some(canonical), general.ok(), "two states");
    }
    if let Ok(read) = read {
        state_is_kept(&read);
    }
}

/// A state is written as a text that all readers take for it, with the digest that the text has.
pub fn state_is_kept(read: &State) {
    let written = state::write(read);
    assert_eq!(
        state::read_canonical(&written).as_ref(),
        Some(read),
        "{written}"
    );
    assert_eq!(state::read(&written).as_ref(), Ok(read), "{written}");
    let (kept, mut tree) = state::read_with_tree(written.clone().into_bytes()).expect("a state");
    assert_eq!(tree.digest(), state::digest(read), "{written}");
    assert_eq!(state::write(&kept), written, "its own lines are others");
    assert_eq!(
        state::read_general(&written).as_ref(),
        Ok(read),
        "{written}"
    );
    let digest = state::digest(read);
    assert_eq!(digest, digest_of_text(&written, read), "{written}");
    let mut half = read.clone();
    half.employees = people(read).into_iter().step_by(2).collect();
    let requests = read.requests.iter().step_by(2);
    half.requests = requests
        .map(|entry| (entry.request_id(), entry.record.into_owned()))
        .collect();
    let mut tree = StateTree::of(&half);
    assert_eq!(tree.digest(), state::digest(&half));
    for entry in &read.employees {
        tree.set_employee(&entry.employee_id(), Some(entry.employee));
    }
    for entry in read.requests.iter() {
        tree.set_record(entry.id, Some(&entry.record));
    }
    assert_eq!(tree.digest(), digest, "not that after a change");
}

/// Both readers of a change log agree; what is read is written in one way; and it can be folded in.
pub fn changelog(bytes: &[u8]) {
    let read = changelog::read(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert!(read.is_err(), "it is not UTF-8");
        return;
    };
    let general = changelog::read_general(text);
    assert_eq!(read.as_ref().ok(), general.as_ref().ok(), "two logs");
    let Ok(log) = read else {
        return;
    };
    let written = changelog::write(&log);
    assert_eq!(
        changelog::read(&written).as_ref(),
        Ok(&log),
        "read otherwise"
    );
    let again = std::str::from_utf8(&written).map(changelog::read_general);
    assert_eq!(again, Ok(Ok(log.clone())), "two logs");
    let head = changelog::read_head(&written).expect("a head");
    assert_eq!(
        (head.previous, head.state_after, head.created),
        (log.previous, log.state_after, log.created)
    );
    let path = changelog::path(&log);
    assert_eq!(path.matches('/').count(), 1, "{path}");
    assert!(changelog::to_json(&log).is_object(), "no JSON");
    let mut state = STATE.clone();
    log.apply(&mut state);
    let once = state.clone();
    log.apply(&mut state);
    assert_eq!(state, once, "folded in twice it does more");
    state_is_kept(&state);
}

/// Files of approvals are read or refused; what is read can be written and signed again; an armor names one key or none.
pub fn approval(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        signature(text);
    }
    let Some(source) = source("approvals/any/alice.yaml", bytes, approval::LIMIT) else {
        return;
    };
    forge_record(&source);
    let entries = match approval::read(&source) {
        Err(found) => return refused(&source, &[found]),
        Ok(entries) => entries,
    };
    for entry in &entries {
        signature(&entry.signed.signature);
    }
    // What is no armor at all is seen when it is checked, and never written.
    let is_armor = |entry: &approval::Entry| armor::read(&entry.signed.signature).is_some();
    if !entries.iter().all(is_armor) {
        return;
    }
    let signed: Vec<_> = entries.into_iter().map(as_written).collect();
    let written = approval::write(&signed);
    assert_eq!(read_signed(&written), signed, "{written}");
    let Some(last) = signed.last() else {
        return;
    };
    let message = approval::message(&last.statement);
    let message = String::from_utf8(message).expect("a text is signed");
    let lines = message.lines().skip(1).map(|line| format!("  {line}"));
    let stands = lines.skip(1).all(|line| written.contains(&line));
    assert!(stands, "what is signed does not stand there: {message}");
    let more = approval::with(source.text(), last);
    if more.len() <= approval::LIMIT {
        let mut expected = signed.clone();
        expected.push(last.clone());
        assert_eq!(read_signed(&more), expected, "{more}");
    }
}

/// A forge's record is written in one way, which is read as the same.
fn forge_record(source: &Source) {
    let stored = match forge::read(source) {
        Err(found) => return refused(source, &found),
        Ok(stored) => stored,
    };
    let written = forge::write(&stored.record, stored.signature.as_deref());
    let again = Source::new("forge.yaml", written.clone().into(), usize::MAX).expect("a text");
    let again = forge::read(&again).expect("a record");
    assert_eq!(again.record, stored.record, "{written}");
    assert_eq!(again.signature, stored.signature, "{written}");
    let message = forge::message(&stored.record);
    assert!(written.as_bytes().starts_with(&message), "{written}");
}

fn read_signed(text: &str) -> Vec<Signed> {
    let source = Source::new("alice.yaml", text.into(), usize::MAX).expect("a text");
    let entries = approval::read(&source).expect("approvals");
    entries.into_iter().map(as_written).collect()
}

/// A decision with the armor of its signature ending as `ssh-keygen` prints it.
fn as_written(entry: approval::Entry) -> Signed {
    let signature = format!("{}\n", entry.signed.signature.trim_end());
    Signed {
        signature,
        ..entry.signed
    }
}

fn signature(text: &str) {
    if let Some(claims) = armor::read(text) {
        let key = claims.key.to_string();
        assert_eq!(PublicKey::parse(&key), Some(claims.key), "{key}");
    }
}

/// A table gives a state that can be written, or says what is wrong.
pub fn table(bytes: &[u8]) {
    let Ok(source) = table::source("people.csv", bytes.to_vec()) else {
        return;
    };
    match table::read(&source, &SETTINGS) {
        Err(found) => refused(&source, &found),
        Ok(state) => {
            assert!(!state.employees.is_empty(), "a table without rows");
            assert_eq!((state.serial, state.requests.len()), (0, 0));
            state_is_kept(&state);
        }
    }
}

fn source(path: &str, bytes: &[u8], limit: usize) -> Option<Source> {
    match Source::new(path, bytes.to_vec(), limit) {
        Ok(source) => Some(source),
        Err(found) => {
            assert!(found.is_error());
            None
        }
    }
}

/// The same text with line ends of Windows, where it has none yet and is not too long then.
fn with_other_line_ends(source: &Source, limit: usize) -> Option<Source> {
    let text = source.text().replace('\n', "\r\n");
    let is_possible = !source.text().contains('\r') && text.len() <= limit;
    is_possible.then(|| Source::new(source.path.clone(), text.into(), limit).expect("a text"))
}

fn refused(source: &Source, found: &[Finding]) {
    let is_problem = |finding: &Finding| finding.severity > Severity::Note;
    assert!(found.iter().any(is_problem), "refused without a reason");
    shown(source, found);
}

fn accepted(source: &Source, found: &[Finding]) {
    assert!(!found.iter().any(Finding::is_error), "{found:?}");
    shown(source, found);
}

/// Findings lie in their file, and drive no terminal and no runner, whatever the file says.
fn shown(source: &Source, found: &[Finding]) {
    let lines = source.text().matches('\n').count() + 1;
    for finding in found {
        assert!(!finding.message.is_empty(), "{finding:?}");
        if let Some(place) = &finding.place {
            assert!((1..=lines).contains(&place.line), "{finding:?}");
            assert!(place.column > 0 && place.length > 0, "{finding:?}");
        }
    }
    let text = findings::human(found, Palette::Plain);
    let drives = |character: char| {
        let is_bidirectional =
            matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (character.is_control() && character != '\n') || is_bidirectional
    };
    assert!(!text.contains(drives), "{text:?}");
    // As a runner reads a line: a command at its start, or of the older kind anywhere.
    let commands = |line: &str| {
        let rest = line.trim_start().strip_prefix("::");
        rest.is_some_and(|rest| rest.contains("::")) || line.contains("##[")
    };
    assert!(!text.lines().any(commands), "{text:?}");
    let annotations = findings::github(found);
    assert!(!annotations.contains('\r'), "{annotations:?}");
    let is_one = |line: &str| line.starts_with("::") && line.matches("::").count() >= 2;
    let mut lines = annotations.lines();
    assert!(
        lines.all(|line| line.is_empty() || is_one(line)),
        "{annotations:?}"
    );
}

/// The digest of a canonical text as `docs/state-digest.md` has it, in its own few lines; the model only says how ids are read.
fn digest_of_text(text: &str, state: &State) -> Digest {
    let body = text.strip_suffix(&format!("\n{END}\n")).expect("its end");
    let (before, requests) = body.split_once("\nrequests:").expect("requests");
    let (_, employees) = before.split_once("\nemployees:").expect("employees");
    let mut items = BTreeMap::new();
    let mut note = |kind: &str, id: &str, text: &str| {
        let key = Digest::of(format!("{kind}\0{id}").as_bytes());
        let leaf = Digest::of_pieces([key.bytes().as_slice(), text.as_bytes()]);
        items.insert(*key.bytes(), *leaf.bytes());
    };
    for (id, entry) in state.employees.ids().zip(entries(employees)) {
        note("employee", id, &entry);
    }
    for (id, entry) in state.requests.ids().zip(entries(requests)) {
        note("request", id, &entry);
    }
    assert_eq!(items.len(), state.employees.len() + state.requests.len());
    digest_of_items(&items.into_iter().collect::<Vec<_>>(), 0)
}

/// The digest of some items, each a key and a leaf, ordered by their keys.
fn digest_of_items(items: &[([u8; 32], [u8; 32])], depth: usize) -> Digest {
    if items.len() <= 16 {
        let leaves = items.iter().map(|(_, leaf)| leaf.as_slice());
        return Digest::of_pieces(std::iter::once(b"leaf".as_slice()).chain(leaves));
    }
    let digit = |key: &[u8; 32]| (key[depth / 2] >> (4 * (1 - depth % 2))) & 15;
    let mut children = b"node".to_vec();
    for wanted in 0..16 {
        let child: Vec<_> = items
            .iter()
            .filter(|(key, _)| digit(key) == wanted)
            .copied()
            .collect();
        let bytes = if child.is_empty() {
            [0; 32]
        } else {
            *digest_of_items(&child, depth + 1).bytes()
        };
        children.extend(bytes);
    }
    Digest::of(&children)
}

/// The entries of a section, each with all its lines.
fn entries(section: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in section.lines().skip(1) {
        let begins = line.starts_with("  ") && !line[2..].starts_with(' ');
        if begins {
            entries.push(String::new());
        }
        if let Some(entry) = entries.last_mut() {
            entry.push_str(line);
            entry.push('\n');
        }
    }
    entries
}
