//! The file of a person's signed decisions about a request, `approvals/<request>/<person>.yaml`.
//!
//! ```yaml
//! version: 1
//! decisions:
//! - request: onboard-jane-doe
//!   path: requests/onboard-jane-doe.yaml
//!   content: sha256:…
//!   blob: …
//!   settings: sha256:…
//!   repository: acme/access
//!   decision: approve
//!   person: alice
//!   at: 2026-11-23T12:00:00Z
//!   expires: 2027-02-21T12:00:00Z
//!   comment: As agreed with HR
//!   signature: |
//!     -----BEGIN SSH SIGNATURE-----
//!     …
//!     -----END SSH SIGNATURE-----
//! ...
//! ```
//!
//! What is signed is [`message`]: `version: 1`, and the lines of the decision from `request` up to the signature, without their
//! indent.

use std::fmt::Write as _;

use crate::check::finding::{Code, Finding, Place};
use crate::document::armor;
use crate::document::canonical::scalar;
use crate::document::fields::Fields;
use crate::document::proof::{cut_off, digest, moment, object, request};
use crate::document::reader::Reader;
use crate::document::source::Source;
use crate::document::state::END;
use crate::document::text::shown;
use crate::document::yaml::{self, Node, Value};
use crate::model::{Decision, PersonId, Signed, Statement};
use crate::time::rfc3339;

/// The most bytes of an approval file.
pub const LIMIT: usize = 64 * 1024;

/// What a signature must have been made for.
pub const NAMESPACE: &str = "rolecall-approval";

const KEYS: [&str; 12] = [
    "request",
    "path",
    "content",
    "blob",
    "settings",
    "repository",
    "decision",
    "person",
    "at",
    "expires",
    "comment",
    "signature",
];

const DECISIONS: [(&str, Decision); 2] =
    [("approve", Decision::Approve), ("reject", Decision::Reject)];

/// A decision of a file, and where it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The decision with its signature.
    pub signed: Signed,
    /// Where it begins.
    pub place: Place,
    /// Whether it stands there as it was written. What people check by hand are the lines; where they say the same in another way,
    /// they are not what was signed.
    pub is_as_written: bool,
}

/// The bytes that a person signs.
#[must_use]
pub fn message(statement: &Statement) -> Vec<u8> {
    let mut text = String::from("version: 1\n");
    for (key, value) in lines(statement) {
        let _ = writeln!(text, "{key}: {value}");
    }
    text.into_bytes()
}

/// The keys of a statement and their values as YAML scalars, in their order.
pub(super) fn lines(statement: &Statement) -> Vec<(&'static str, String)> {
    let text = |text: &str| scalar(text).into_owned();
    let mut lines = vec![
        ("request", text(statement.request.as_str())),
        ("path", text(&statement.path)),
        ("content", statement.content.to_string()),
    ];
    lines.extend(statement.blob.as_deref().map(|blob| ("blob", text(blob))));
    lines.extend([
        ("settings", statement.settings.to_string()),
        ("repository", text(&statement.repository)),
        ("decision", text(statement.decision.word())),
        ("person", text(statement.person.as_str())),
        ("at", rfc3339(statement.at)),
    ]);
    lines.extend(statement.expires.map(|at| ("expires", rfc3339(at))));
    let comment = statement.comment.as_deref();
    lines.extend(comment.map(|comment| ("comment", text(comment))));
    lines
}

/// Writes a file with decisions, oldest first.
#[must_use]
pub fn write<'a>(decisions: impl IntoIterator<Item = &'a Signed>) -> String {
    let mut out = String::from("version: 1\ndecisions:\n");
    for signed in decisions {
        write_entry(&mut out, signed);
    }
    out.push_str(END);
    out.push('\n');
    out
}

/// The text of a file with one more decision behind those that it has, which stay as they are.
#[must_use]
pub fn with(text: &str, signed: &Signed) -> String {
    let body = text.trim_end();
    let mut out = body.strip_suffix(END).unwrap_or(body).to_owned();
    write_entry(&mut out, signed);
    out.push_str(END);
    out.push('\n');
    out
}

fn write_entry(out: &mut String, signed: &Signed) {
    let mut before = "- ";
    for (key, value) in lines(&signed.statement) {
        let _ = writeln!(out, "{before}{key}: {value}");
        before = "  ";
    }
    out.push_str("  signature: |\n");
    for line in signed.signature.lines() {
        let _ = writeln!(out, "    {line}");
    }
}

/// Reads a file.
///
/// # Errors
///
/// A warning about the file, with the first problem that it has: nothing in it counts, and nothing fails for that.
pub fn read(source: &Source) -> Result<Vec<Entry>, Finding> {
    if let Some(finding) = cut_off(source) {
        let message = format!("this is no approval file: {}", finding.message);
        return Err(refused(source, message, finding.place));
    }
    let tree = yaml::parse(source);
    let mut reader = Reader::new(source, tree.findings);
    let decisions = tree
        .root
        .as_ref()
        .and_then(|root| {
            Fields::read(
                &mut reader,
                "an approval file",
                "",
                root,
                &["version", "decisions"],
            )
        })
        .map(|fields| read_fields(&mut reader, &fields));
    match decisions {
        Some(decisions) if !reader.has_errors() => Ok(decisions),
        _ => {
            let first = reader.finish().into_iter().find(Finding::is_error);
            let (problem, place) = first
                .map(|finding| (finding.message, finding.place))
                .unwrap_or_default();
            let message = format!("this is no approval file: {problem}");
            Err(refused(source, message, place))
        }
    }
}

fn refused(source: &Source, message: String, place: Option<Place>) -> Finding {
    Finding::warning(Code::BadApproval, message)
        .in_file(&source.path)
        .at(place)
        .hint("restore it from git, or remove it and approve again with `rolecall approve`")
}

fn read_fields(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Vec<Entry> {
    if let Some(node) = fields.required(reader, "version") {
        match &node.value {
            Value::Scalar { text, plain: true } if text == "1" => {}
            Value::Scalar { text, .. } => {
                let message = format!("version {} of approval files is not known", shown(text));
                reader.error(Code::Version, node.span, message, "write 1");
            }
            other => reader.not_a("version", "1", other, node.span),
        }
    }
    let items = fields
        .required(reader, "decisions")
        .and_then(|node| reader.list("decisions", node));
    let mut entries = Vec::new();
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let name = format!("decisions[{index}]");
        let place = reader.source.place(item.span);
        let signed = Fields::read(reader, "a decision", &name, item, &KEYS)
            .and_then(|fields| decision(reader, &fields));
        entries.extend(signed.map(|signed| Entry {
            is_as_written: is_as_written(reader.source.text(), item.span.start(), &signed),
            signed,
            place,
        }));
    }
    entries
}

/// Whether a decision stands in a text as it is written, with its first key at an offset; line ends may be those of Windows.
fn is_as_written(text: &str, start: usize, signed: &Signed) -> bool {
    let dash = "- ".len();
    let there = start.checked_sub(dash).and_then(|start| text.get(start..));
    let mut due = String::new();
    write_entry(&mut due, signed);
    there.is_some_and(|there| there.replace("\r\n", "\n").starts_with(&due))
}

fn decision(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<Signed> {
    let required = |reader: &mut Reader<'_>, key: &str| {
        fields.required(reader, key)?;
        fields.text(reader, key)
    };
    let person = fields.required(reader, "person").and_then(|node| {
        let text = reader.scalar("person", node)?;
        reader.id(text, node.span, PersonId::new)
    });
    let optional = |reader: &mut Reader<'_>, key: &str| {
        let is_there = fields.get(key).is_some();
        is_there.then(|| moment(reader, fields, key)).flatten()
    };
    let request = request(reader, fields);
    let path = required(reader, "path");
    let content = digest(reader, fields, "content");
    let blob = match fields.get("blob") {
        Some(_) => Some(object(reader, fields, "blob")?),
        None => None,
    };
    let settings = digest(reader, fields, "settings");
    let repository = required(reader, "repository");
    fields.required(reader, "decision");
    let decision = fields.word(reader, "decision", &DECISIONS);
    let statement = Statement {
        at: moment(reader, fields, "at")?,
        expires: optional(reader, "expires"),
        comment: fields.text(reader, "comment"),
        request: request?,
        path: path?,
        content: content?,
        blob,
        settings: settings?,
        repository: repository?,
        decision: decision?,
        person: person?,
    };
    let signature = fields.required(reader, "signature")?;
    Some(Signed {
        statement,
        signature: armor_of(reader, signature)?,
    })
}

/// The armor of a signature; whether it is one is seen when it is checked.
fn armor_of(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<String> {
    let text = reader.scalar("signature", node)?;
    let is_armor = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
    if text.len() <= armor::LIMIT && text.bytes().all(is_armor) {
        return Some(text.to_owned());
    }
    let message = "`signature` is not the armor of a signature";
    let hint = "it is what `ssh-keygen -Y sign` prints";
    reader.error(Code::WrongType, node.span, message, hint);
    None
}

#[cfg(test)]
#[path = "approval_tests.rs"]
mod tests;
