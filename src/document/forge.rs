//! The record of a forge: `approvals/<request>/forge.yaml`.
//!
//! It is written in one canonical form ([`write()`]), of which all lines before `signature:` are what is signed ([`message`]).
//! [`read`] takes the same keys in any spelling of YAML; the signature is always over the canonical one, with line feeds. What is
//! no record is a warning, and makes nothing fail: nothing in it counts.

mod writer;

use std::sync::Arc;

pub use writer::{message, write};

use crate::check::finding::{Code, Finding, Severity};
use crate::document::fields::Fields;
use crate::document::proof::{cut_off, digest, moment, object, request};
use crate::document::reader::Reader;
use crate::document::source::Source;
use crate::document::text::shown;
use crate::document::yaml::{self, Node, Value};
use crate::model::{Forge, ForgeRecord, Review, ReviewState, StoredRecord};

/// The most bytes of the file.
pub const LIMIT: usize = 64 * 1024;

/// What its signature is for, as `ssh-keygen -Y sign -n` takes it.
pub const NAMESPACE: &str = "rolecall-forge-record";

/// How many reviews a record may have.
const MOST_REVIEWS: usize = 1_000;

/// The keys, in the order in which they are written.
const KEYS: &[&str] = &[
    "version",
    "forge",
    "url",
    "project",
    "repository",
    "request",
    "path",
    "content",
    "blob",
    "commit",
    "number",
    "head",
    "author",
    "merged_by",
    "merged_at",
    "reviews",
    "protection",
    "notes",
    "fetched",
    "signature",
];

const FORGES: [(&str, Forge); 2] = [("github", Forge::GitHub), ("gitlab", Forge::GitLab)];

const STATES: [(&str, ReviewState); 3] = [
    ("approved", ReviewState::Approved),
    ("changes_requested", ReviewState::ChangesRequested),
    ("dismissed", ReviewState::Dismissed),
];

/// The first and the last line of a signature, as `ssh-keygen -Y sign` prints it.
const ARMOR: [&str; 2] = [
    "-----BEGIN SSH SIGNATURE-----",
    "-----END SSH SIGNATURE-----",
];

/// Reads a record.
///
/// # Errors
///
/// One warning, [`Code::BadApproval`], at the first problem of the file, whatever that is: see [`no_record`].
pub fn read(source: &Source) -> Result<StoredRecord, Vec<Finding>> {
    let refused = |finding| vec![no_record(finding)];
    if let Some(finding) = cut_off(source) {
        return Err(refused(finding));
    }
    let tree = yaml::parse(source);
    let mut reader = Reader::new(source, tree.findings);
    let stored = tree
        .root
        .as_ref()
        .and_then(|root| Fields::read(&mut reader, "a forge's record", "", root, KEYS))
        .and_then(|fields| read_fields(&mut reader, &fields));
    match stored {
        Some((record, signature)) if !reader.has_errors() => Ok(StoredRecord {
            record,
            signature,
            text: Arc::from(source.text()),
        }),
        _ => Err(reader.finish().into_iter().take(1).map(no_record).collect()),
    }
}

/// A problem of the file as what follows from it: it is no record of a forge. Also for what keeps it from being a [`Source`].
#[must_use]
pub fn no_record(problem: Finding) -> Finding {
    Finding {
        code: Code::BadApproval,
        severity: Severity::Warning,
        message: format!("this is no record of a forge, because {}", problem.message),
        hint: Some("fetch it again with `rolecall evidence`, or restore it from git".to_owned()),
        ..problem
    }
}

fn read_fields(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
) -> Option<(ForgeRecord, Option<String>)> {
    version(reader, fields);
    let forge = word(reader, fields, "forge", &FORGES);
    let url = url(reader, fields);
    let project = line(reader, fields, "project");
    let repository = line(reader, fields, "repository");
    let request = request(reader, fields);
    let path = line(reader, fields, "path");
    let content = digest(reader, fields, "content");
    let blob = object(reader, fields, "blob");
    let commit = object(reader, fields, "commit");
    fields.required(reader, "number");
    let number = fields.number(reader, "number", 1, u64::MAX);
    let head = object(reader, fields, "head");
    let author = line(reader, fields, "author");
    let merged_by = optional(reader, fields, "merged_by", line);
    let merged_at = moment(reader, fields, "merged_at");
    let reviews = reviews(reader, fields);
    let protection = protection(reader, fields);
    let notes = notes(reader, fields);
    let fetched = moment(reader, fields, "fetched");
    let signature = signature(reader, fields);
    let record = ForgeRecord {
        forge: forge?,
        url: url?,
        project: project?,
        repository: repository?,
        request: request?,
        path: path?,
        content: content?,
        blob: blob?,
        commit: commit?,
        number: number?,
        head: head?,
        author: author?,
        merged_by,
        merged_at: merged_at?,
        reviews: reviews?,
        protection,
        notes: notes?,
        fetched: fetched?,
    };
    Some((record, signature))
}

fn version(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) {
    let Some(node) = fields.required(reader, "version") else {
        return;
    };
    match &node.value {
        Value::Scalar { text, plain: true } if text == "1" => {}
        Value::Scalar { text, .. } => {
            let message = format!("version {} of records is not known", shown(text));
            reader.error(Code::Version, node.span, message, "write 1");
        }
        other => reader.not_a("version", "1", other, node.span),
    }
}

/// What a key holds, where it may be left out. A value that was refused is reported, so that no record comes of it.
fn optional<T>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    key: &str,
    read: impl FnOnce(&mut Reader<'_>, &Fields<'_, '_>, &str) -> Option<T>,
) -> Option<T> {
    fields.get(key)?;
    read(reader, fields, key)
}

fn word<T: Copy>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    key: &str,
    words: &[(&'static str, T)],
) -> Option<T> {
    fields.required(reader, key)?;
    fields.word(reader, key, words)
}

/// A text of one line.
fn line(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, key: &str) -> Option<String> {
    let node = fields.required(reader, key)?;
    let text = fields.text(reader, key)?;
    if text.contains('\n') {
        let message = format!("`{}` has more than one line", fields.name(key));
        reader.error(Code::BadText, node.span, message, "write one line");
        return None;
    }
    Some(text)
}

fn url(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<String> {
    let url = line(reader, fields, "url")?;
    let host = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let is_url = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        && url.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_url {
        let message = format!("`url` is {}, which is not the root of an API", shown(&url));
        let span = fields.key("url");
        reader.error(Code::BadText, span, message, "write it with https://");
        return None;
    }
    Some(url)
}

/// A list that must be there and may be empty.
fn list<'n, 'a>(
    reader: &mut Reader<'_>,
    fields: &Fields<'n, 'a>,
    key: &str,
) -> Option<&'n [Node<'a>]> {
    let node = fields.required(reader, key)?;
    match &node.value {
        Value::Sequence(items) => Some(items),
        other => {
            reader.not_a(key, "a list", other, node.span);
            None
        }
    }
}

fn reviews(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<Vec<Review>> {
    let items = list(reader, fields, "reviews")?;
    if let Some(first) = items.get(MOST_REVIEWS) {
        let message = format!("`reviews` has more than {MOST_REVIEWS} entries");
        reader.error(Code::BadList, first.span, message, "shorten it");
        return None;
    }
    // Those that are refused are reported.
    let read = items.iter().enumerate().filter_map(|(index, item)| {
        let name = format!("reviews[{index}]");
        review(reader, &name, item)
    });
    Some(read.collect())
}

fn review(reader: &mut Reader<'_>, name: &str, item: &Node<'_>) -> Option<Review> {
    let keys = ["account", "state", "at", "commit", "blob"];
    let fields = Fields::read(reader, "a review", name, item, &keys)?;
    let account = line(reader, &fields, "account");
    let state = word(reader, &fields, "state", &STATES);
    let at = moment(reader, &fields, "at");
    let commit = optional(reader, &fields, "commit", object);
    let blob = optional(reader, &fields, "blob", object);
    Some(Review {
        account: account?,
        state: state?,
        at: at?,
        commit,
        blob,
    })
}

fn protection(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<Vec<(String, String)>> {
    let entries = reader.map("protection", fields.get("protection")?)?;
    let mut settings = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        let name = format!("protection.{}", key.text);
        let is_letter = |byte: u8| byte.is_ascii_lowercase();
        let is_word = key.text.bytes().next().is_some_and(is_letter)
            && key
                .text
                .bytes()
                .all(|byte| is_letter(byte) || byte.is_ascii_digit() || byte == b'_');
        if !is_word || key.text.len() > 100 {
            let message = format!("{} is no key of `protection`", shown(&key.text));
            let hint = "write it in lower-case letters, digits and `_`";
            reader.error(Code::UnknownKey, key.span, message, hint);
            continue;
        }
        if let Some(value) = reader.text(&name, node) {
            settings.push((key.text.clone().into_owned(), value));
        }
    }
    Some(settings)
}

fn notes(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<Vec<String>> {
    let items = list(reader, fields, "notes")?.iter().enumerate();
    let read = items.filter_map(|(index, item)| reader.text(&format!("notes[{index}]"), item));
    Some(read.collect())
}

/// The lines of a signature. What they say is for the reader of signatures to judge.
fn signature(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<String> {
    let node = fields.get("signature")?;
    let text = reader.scalar("signature", node)?;
    let [first, last] = ARMOR;
    let body = text
        .strip_prefix(first)
        .and_then(|text| text.strip_prefix('\n')?.strip_suffix('\n'))
        .and_then(|text| text.strip_suffix(last)?.strip_suffix('\n'));
    let is_base64 = |line: &str| {
        !line.is_empty()
            && line
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    };
    if !body.is_some_and(|body| body.split('\n').all(is_base64)) {
        let message = "`signature` is not what `ssh-keygen -Y sign` prints";
        let hint = "write it with all its lines, as a block behind `signature: |`";
        reader.error(Code::BadText, node.span, message, hint);
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
#[path = "forge_tests.rs"]
mod tests;
