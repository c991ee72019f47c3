//! Where a new request goes: its id and its file.

use std::collections::BTreeSet;
use std::path::Path;

use super::text;
use crate::check::finding::Finding;
use crate::cli::args::New as Args;
use crate::cli::error::Error;
use crate::document::request;
use crate::model::{RequestId, State};
use crate::store;

/// The most characters of an id that is made from a name, so that it stays readable and a number fits behind it.
const LONGEST: usize = 60;

/// Where a new request goes.
pub(super) struct Place {
    pub(super) id: RequestId,
    /// Relative to the access repository.
    pub(super) path: String,
}

impl Place {
    /// Finds the id and the file that the flags ask for.
    ///
    /// # Errors
    ///
    /// Wrong usage for an id or folder that cannot be one; invalid input if the id is taken.
    pub(super) fn find(root: &Path, state: &State, args: &Args) -> Result<Self, Error> {
        let folder = folder(root, args.folder.as_deref())?;
        let taken = taken(root, state);
        let is_free = |id: &str| !taken.contains(&id.to_ascii_lowercase());
        let id = match (&args.id, &args.name) {
            (Some(id), _) if is_free(id) => id.clone(),
            (Some(id), _) => {
                let message = format!("there is, or was, a request with the id {id:?}");
                return Err(Error::invalid(message)
                    .hint("ids are unique, also ignoring case; choose another --id"));
            }
            (None, Some(name)) => free(name, text::word(args.kind), is_free),
            (None, None) => {
                return Err(Error::usage(
                    "a draft needs --name or --id, to name its file",
                ));
            }
        };
        let id = RequestId::new(&id).map_err(|error| {
            Error::usage(error).hint("the id names the file; choose another --id")
        })?;
        let path = format!("{folder}/{id}.yaml");
        Ok(Self { id, path })
    }
}

/// The ids of all requests that are there or have been, in lower case.
fn taken(root: &Path, state: &State) -> BTreeSet<String> {
    let listed = store::requests::list(root);
    let there = listed
        .iter()
        .filter_map(|listed| request::id_of(listed.path()).ok());
    let been = state.requests.ids().map(str::to_ascii_lowercase);
    there
        .map(|id| id.as_str().to_ascii_lowercase())
        .chain(been)
        .collect()
}

/// The id that a name gives, with a number behind it where that one is taken.
fn free(name: &str, otherwise: &str, is_free: impl Fn(&str) -> bool) -> String {
    let slug = slug(name);
    let base = if slug.is_empty() { otherwise } else { &slug };
    let numbered = (2..).map(|number: u32| format!("{base}-{number}"));
    std::iter::once(base.to_owned())
        .chain(numbered)
        .find(|id| is_free(id))
        .unwrap_or_default()
}

/// A name in lower case, with a dash for what is no letter or digit.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        let letters = plain(character);
        if !letters.is_empty() {
            slug.push_str(letters);
        } else if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.ends_with('-') && !slug.is_empty() && !is_joined(character) {
            slug.push('-');
        }
    }
    if slug.len() > LONGEST {
        let cut = slug[..=LONGEST].rfind('-').unwrap_or(LONGEST);
        slug.truncate(cut);
    }
    slug.trim_end_matches('-').to_owned()
}

/// Whether a character belongs to the letters around it: apostrophes and accents that stand alone.
fn is_joined(character: char) -> bool {
    matches!(character, '\'' | '’' | '\u{300}'..='\u{36f}')
}

/// The plain letters of a Latin letter with a mark.
fn plain(letter: char) -> &'static str {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ì'..='ï' | 'ĩ' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

/// The folder for the file, relative to the access repository. Nothing of it is hidden, leads elsewhere, or is a link.
fn folder(root: &Path, below: Option<&str>) -> Result<String, Error> {
    let mut folder = store::REQUESTS.to_owned();
    let below = below.unwrap_or_default().trim_end_matches('/');
    for part in below.split('/').filter(|_| !below.is_empty()) {
        let is_odd = |character: char| character.is_control() || r#"\:*?"<>|"#.contains(character);
        if part.is_empty() || part.starts_with('.') || part.chars().any(is_odd) {
            let message = format!("--folder {below:?} is no folder below {}/", store::REQUESTS);
            return Err(Error::usage(message)
                .hint("write names of folders with / between them, such as 2026-11"));
        }
        folder.push('/');
        folder.push_str(part);
    }
    let mut path = root.to_path_buf();
    for part in folder.split('/') {
        path.push(part);
        let is_other = path
            .symlink_metadata()
            .is_ok_and(|metadata| !metadata.is_dir());
        if is_other || path.join(".git").symlink_metadata().is_ok() && path != root {
            let problem = Finding::error(
                crate::check::finding::Code::Unreadable,
                "it is no plain folder of the access repository",
            );
            let shown = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .display()
                .to_string();
            return Err(Error::findings(
                "the request was not written",
                vec![
                    problem
                        .in_file(shown)
                        .hint("links are not followed; choose another --folder"),
                ],
            ));
        }
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Offboard Sam Reyes", "offboard-sam-reyes")]
    #[case("  Zoë O'Neil & Łukasz: HR-12 ", "zoe-oneil-lukasz-hr-12")]
    #[case("../../etc/passwd", "etc-passwd")]
    #[case("日本", "")]
    #[case(&"word ".repeat(40), "word-word-word-word-word-word-word-word-word-word-word-word")]
    #[case(&"x".repeat(300), &"x".repeat(60))]
    fn a_name_becomes_an_id(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(slug(name), expected);
        assert!(expected.is_empty() || RequestId::new(expected).is_ok());
    }

    #[test]
    fn a_taken_id_gets_a_number() {
        let taken = ["cover", "cover-2"];
        assert_eq!(
            free("Cover!", "temporary", |id| !taken.contains(&id)),
            "cover-3"
        );
        assert_eq!(free("覆", "temporary", |_| true), "temporary");
    }
}
