//! A record to text.

use std::fmt::Write as _;

use crate::document::canonical::{flow_scalar, scalar};
use crate::document::state::END;
use crate::model::{ForgeRecord, Review};
use crate::time::rfc3339;

/// Writes a record, and its signature if it is signed: lines as `ssh-keygen -Y sign` prints them. Its texts are not blank, and
/// [`problem_of`](crate::document::problem_of) finds nothing in them; otherwise it cannot be read again.
#[must_use]
pub fn write(record: &ForgeRecord, signature: Option<&str>) -> String {
    let mut out = unsigned(record);
    if let Some(signature) = signature {
        out.push_str("signature: |\n");
        for line in signature.lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    out.push_str(END);
    out.push('\n');
    out
}

/// The bytes that are signed: exactly the lines that [`write()`] puts before `signature:`, each with its line feed. So they can be
/// cut out of a file and checked without this program, with the signature's own lines in a second file:
///
/// ```text
/// sed '/^signature:/,$d' forge.yaml | ssh-keygen -Y verify -n rolecall-forge-record …
/// ```
#[must_use]
pub fn message(record: &ForgeRecord) -> Vec<u8> {
    unsigned(record).into_bytes()
}

fn unsigned(record: &ForgeRecord) -> String {
    let mut out = Out(String::with_capacity(1024 + 256 * record.reviews.len()));
    out.raw("version", 1);
    out.raw("forge", record.forge.word());
    out.text("url", &record.url);
    out.text("project", &record.project);
    out.text("repository", &record.repository);
    out.text("request", record.request.as_str());
    out.text("path", &record.path);
    out.raw("content", record.content);
    out.text("blob", &record.blob);
    out.text("commit", &record.commit);
    out.raw("number", record.number);
    out.text("head", &record.head);
    out.text("author", &record.author);
    if let Some(account) = &record.merged_by {
        out.text("merged_by", account);
    }
    out.raw("merged_at", rfc3339(record.merged_at));
    out.list("reviews", record.reviews.iter().map(review));
    if let Some(settings) = &record.protection {
        out.protection(settings);
    }
    out.list("notes", record.notes.iter().map(|note| scalar(note).into()));
    out.raw("fetched", rfc3339(record.fetched));
    out.0
}

/// A review on one line.
fn review(review: &Review) -> String {
    let mut text = format!(
        "{{account: {}, state: {}, at: {}",
        flow_scalar(&review.account),
        review.state.word(),
        rfc3339(review.at)
    );
    for (key, id) in [("commit", &review.commit), ("blob", &review.blob)] {
        if let Some(id) = id {
            let _ = write!(text, ", {key}: {}", flow_scalar(id));
        }
    }
    text.push('}');
    text
}

struct Out(String);

impl Out {
    /// A key and a value that is written already.
    fn raw(&mut self, key: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{key}: {value}");
    }

    fn text(&mut self, key: &str, text: &str) {
        self.raw(key, scalar(text));
    }

    /// Entries that are written already, a line each.
    fn list(&mut self, key: &str, entries: impl ExactSizeIterator<Item = String>) {
        if entries.len() == 0 {
            return self.raw(key, "[]");
        }
        let _ = writeln!(self.0, "{key}:");
        for entry in entries {
            let _ = writeln!(self.0, "- {entry}");
        }
    }

    fn protection(&mut self, settings: &[(String, String)]) {
        if settings.is_empty() {
            return self.raw("protection", "{}");
        }
        self.0.push_str("protection:\n");
        for (key, value) in settings {
            // A word such as `on` is a key as well, and is quoted then.
            let _ = writeln!(self.0, "  {}: {}", scalar(key), scalar(value));
        }
    }
}
