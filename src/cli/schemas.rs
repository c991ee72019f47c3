//! The JSON Schemas that lie in an access repository, so that editors complete and check its files without a network and know its forms.

use std::path::Path;

use clap::ValueEnum as _;

use super::args::Document;
use super::error::Error;
use crate::check::finding::{Code, Finding};
use crate::document::schema;
use crate::model::Settings;
use crate::render::json;
use crate::store::atomic;
use crate::store::requests::read_regular;

/// The folder of the schemas, relative to the access repository.
pub const FOLDER: &str = "schema";

/// The schemas of what people write: each of these files can say which schema it follows.
pub const OF_PEOPLE: [Document; 2] = [Document::Request, Document::Settings];

/// The most bytes of a schema that is looked at.
const LIMIT: usize = 16 * 1024 * 1024;

/// The schema of a document as its file has it; that of a request with the forms of the settings, where there are some to go by.
#[must_use]
pub fn text(document: Document, settings: Option<&Settings>) -> String {
    json::text(&match document {
        Document::Request => schema::request(settings),
        Document::Settings => schema::settings(),
        Document::State => schema::state(),
        Document::Changelog => schema::changelog(),
    })
}

/// The file of a schema, relative to the access repository.
#[must_use]
pub fn path(document: Document) -> String {
    let name = document.to_possible_value();
    let name = name.as_ref().map_or("", |name| name.get_name());
    format!("{FOLDER}/{name}.schema.json")
}

/// The comment by which an editor finds the schema of a file. `path` is that file, relative to the access repository, with `/`.
#[must_use]
pub fn modeline(document: Document, path: &str) -> String {
    let up = "../".repeat(path.matches('/').count());
    format!(
        "# yaml-language-server: $schema={up}{}\n",
        self::path(document)
    )
}

/// Whether the access repository has the schema of a document.
#[must_use]
pub fn is_there(root: &Path, document: Document) -> bool {
    root.join(path(document))
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_file())
}

/// Every schema that the access repository has and that is not what it would be made anew.
#[must_use]
pub fn outdated(root: &Path, settings: &Settings) -> Vec<Finding> {
    let there = Document::value_variants().iter();
    let there = there.filter(|document| is_there(root, **document));
    there
        .filter_map(|document| {
            let path = path(*document);
            let bytes = read_regular(root, &path, LIMIT).ok()?;
            let text = text(*document, Some(settings));
            let is_outdated = is_own(&bytes) && !is_same(&bytes, &text);
            is_outdated.then(|| {
                let message = "this schema is not the one of this program and these settings";
                Finding::note(Code::SchemaOutdated, message)
                    .in_file(path)
                    .hint("make it anew: rolecall schema --write")
            })
        })
        .collect()
}

/// Writes the schema of a document into the access repository, and says whether that changed anything.
///
/// # Errors
///
/// Invalid input if the file or its folder is something else; could not run if it cannot be written.
pub fn write(root: &Path, document: Document, settings: &Settings) -> Result<bool, Error> {
    let path = path(document);
    let text = text(document, Some(settings));
    let elsewhere = |path: &str, what: &str| {
        Error::invalid(format!("{path} is {what}, so it was left as it is"))
            .hint("move it away, and run the command again")
    };
    if let Ok(folder) = root.join(FOLDER).symlink_metadata()
        && !folder.is_dir()
    {
        return Err(elsewhere(FOLDER, "no folder"));
    }
    let target = root.join(&path);
    if target.symlink_metadata().is_ok() {
        let bytes = read_regular(root, &path, LIMIT)
            .map_err(|finding| Error::findings("the schema was not written", vec![finding]))?;
        if is_same(&bytes, &text) {
            return Ok(false);
        }
        if !is_own(&bytes) {
            return Err(elsewhere(&path, "no schema of rolecall"));
        }
    }
    atomic::create_folder(&root.join(FOLDER))?;
    atomic::write_output(&target, text.as_bytes())?;
    Ok(true)
}

/// Whether a file has a text; git may have changed its line ends.
fn is_same(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n") == text
}

/// Whether a file was made by this program, in whatever version, also if it is torn by now.
fn is_own(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.lines().any(|line| line.contains(schema::MARK))
}
