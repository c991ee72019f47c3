//! The ids that a command line can go on with.
//!
//! They are read from the work tree, without git and without judging anything. What cannot be read gives no ids: a shell has nowhere to
//! show an error. An id that is not well formed is left out, so that none has a character that a shell would act on.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap_complete::engine::CompletionCandidate;

use crate::cli::context::{SETTINGS, find_root};
use crate::document::source::Source;
use crate::document::yaml::{self, Value};
use crate::document::{request, settings, state};
use crate::model::{PersonId, RoleId, State};
use crate::render::escape;
use crate::store::logs::LogFolder;
use crate::store::requests::{self as files, read_regular};
use crate::store::state_file::{self, StateFile};

/// The most ids that are offered at once: a shell asks before it shows more than a screen.
const MOST: usize = 1_000;

/// The most serials that are offered before one is begun.
const MOST_SERIALS: usize = 20;

/// Ids, and what a shell may show next to each.
type Ids = BTreeMap<String, Option<String>>;

/// Employees of the state.
pub fn employees(begun: &OsStr) -> Vec<CompletionCandidate> {
    offered(begun, |root| {
        let employees = read_state(root)?.employees;
        let offered = employees.iter();
        Some(
            offered
                .map(|entry| (entry.id.to_owned(), Some(entry.employee.name().to_owned())))
                .collect(),
        )
    })
}

/// Roles of the catalogue.
pub fn roles(begun: &OsStr) -> Vec<CompletionCandidate> {
    offered(begun, |root| {
        named_in_settings(root, "roles", |id| RoleId::new(id).is_ok())
    })
}

/// People of the settings.
pub fn people(begun: &OsStr) -> Vec<CompletionCandidate> {
    offered(begun, |root| {
        named_in_settings(root, "people", |id| PersonId::new(id).is_ok())
    })
}

/// Custom forms of the settings.
pub fn forms(begun: &OsStr) -> Vec<CompletionCandidate> {
    let is_fit = |name: &str| {
        let fits = |character: char| character.is_alphanumeric() || "_-. ".contains(character);
        name.chars().all(fits)
    };
    offered(begun, |root| named_in_settings(root, "forms", is_fit))
}

/// Requests that are there, or have been.
pub fn requests(begun: &OsStr) -> Vec<CompletionCandidate> {
    offered(begun, |root| {
        let mut ids: BTreeMap<_, _> = request_files(root).collect();
        if let Some(state) = read_state(root) {
            ids.extend(state.requests.ids().map(|id| (id.to_owned(), None)));
        }
        Some(ids)
    })
}

/// Requests whose file is there.
pub fn decidable(begun: &OsStr) -> Vec<CompletionCandidate> {
    offered(begun, |root| Some(request_files(root).collect()))
}

/// Serials of change logs, the newest first.
pub fn serials(begun: &OsStr) -> Vec<CompletionCandidate> {
    let (Some(text), Some(root)) = (begun.to_str(), root()) else {
        return Vec::new();
    };
    let Ok(logs) = LogFolder::open(&root) else {
        return Vec::new();
    };
    let mut serials: Vec<u64> = logs.serials().collect();
    serials.reverse();
    let most = if text.is_empty() { MOST_SERIALS } else { MOST };
    serials
        .into_iter()
        .map(|serial| (serial.to_string(), logs.name(serial).map(str::to_owned)))
        .filter(|(serial, _)| serial.starts_with(text))
        .take(most)
        .map(candidate)
        .collect()
}

/// What change logs are about: requests, and serials.
pub fn subjects(begun: &OsStr) -> Vec<CompletionCandidate> {
    let mut subjects = requests(begun);
    subjects.extend(serials(begun));
    subjects
}

/// The ids that go on with what is begun.
fn offered(begun: &OsStr, all: impl FnOnce(&Path) -> Option<Ids>) -> Vec<CompletionCandidate> {
    let ids = begun.to_str().and_then(|text| Some((text, all(&root()?)?)));
    let Some((text, ids)) = ids else {
        return Vec::new();
    };
    ids.into_iter()
        .filter(|(id, _)| id.starts_with(text))
        .take(MOST)
        .map(candidate)
        .collect()
}

fn candidate((id, about): (String, Option<String>)) -> CompletionCandidate {
    let about = about.map(|text| escape::terminal(&text).into_owned().into());
    CompletionCandidate::new(id).help(about)
}

/// The access repository that the command line is about.
fn root() -> Option<PathBuf> {
    let folder = named_folder(std::env::args_os());
    find_root(folder.as_deref()).ok()
}

/// What `--dir` says on the command line that stands behind the first `--`.
fn named_folder(arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let mut words = arguments.skip_while(|word| word != "--").skip(1);
    let mut folder = None;
    while let Some(word) = words.next() {
        if word == "--dir" {
            folder = words.next().map(PathBuf::from);
        } else if let Some(named) = word.to_str().and_then(|word| word.strip_prefix("--dir=")) {
            folder = Some(PathBuf::from(named));
        }
    }
    folder
}

fn read_state(root: &Path) -> Option<State> {
    match state_file::read(root).ok()? {
        StateFile::Bytes(bytes) => state::read_bytes(&bytes).ok(),
        StateFile::Missing | StateFile::Empty => None,
    }
}

fn request_files(root: &Path) -> impl Iterator<Item = (String, Option<String>)> {
    files::list(root).into_iter().filter_map(|listed| {
        let id = request::id_of(listed.path()).ok()?;
        Some((id.to_string(), None))
    })
}

/// The keys of a map of the settings with the name that each has, also where the settings have errors elsewhere.
fn named_in_settings(root: &Path, key: &str, is_id: impl Fn(&str) -> bool) -> Option<Ids> {
    let bytes = read_regular(root, SETTINGS, settings::LIMIT).ok()?;
    let source = Source::new(SETTINGS, bytes, settings::LIMIT).ok()?;
    let tree = yaml::parse(&source).root?;
    let named = value_of(&tree.value, key)?;
    let Value::Mapping(entries) = named else {
        return None;
    };
    let ids = entries.iter().filter(|(key, _)| is_id(&key.text));
    Some(
        ids.map(|(key, node)| {
            let name = match value_of(&node.value, "name") {
                Some(Value::Scalar { text, .. }) => Some(text.clone().into_owned()),
                _ => None,
            };
            (key.text.clone().into_owned(), name)
        })
        .collect(),
    )
}

/// The value of a key, where the node is a map that has it.
fn value_of<'n, 'a>(node: &'n Value<'a>, key: &str) -> Option<&'n Value<'a>> {
    let Value::Mapping(entries) = node else {
        return None;
    };
    let mut found = entries.iter().filter(|(name, _)| name.text == key);
    found.next().map(|(_, node)| &node.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&["rolecall", "--", "rolecall", "roles", ""], None)]
    #[case(&["rolecall", "--", "rolecall", "--dir", "a", "roles", ""], Some("a"))]
    #[case(&["rolecall", "--", "rolecall", "roles", "--dir=a", "x"], Some("a"))]
    #[case(&["rolecall", "--dir", "a", "--", "rolecall", "roles"], None)]
    #[case(&["rolecall", "--", "rolecall", "--dir"], None)]
    fn the_folder_is_that_of_the_command_line(
        #[case] words: &[&str],
        #[case] folder: Option<&str>,
    ) {
        let words = words.iter().map(OsString::from);
        assert_eq!(named_folder(words), folder.map(PathBuf::from));
    }
}
