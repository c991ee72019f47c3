//! What stands in the files of approvals, whoever writes them: ids, digests, moments, and an end that shows that nothing is missing.

use crate::check::finding::{Code, Finding};
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::request::instant;
use crate::document::source::Source;
use crate::document::state::END;
use crate::document::text::shown;
use crate::document::yaml::Span;
use crate::model::{Digest, Instant, RequestId};

/// Whether the end is missing.
pub(super) fn cut_off(source: &Source) -> Option<Finding> {
    let text = source.text();
    if text.lines().next_back() == Some(END) {
        return None;
    }
    let lines = text.strip_suffix('\n').unwrap_or(text);
    let last = lines.rfind('\n').map_or(0, |before| before + 1);
    let message = "it is cut off: its last line is not `...`";
    Some(source.error(Code::BadApproval, Span::new(last, lines.len()), message))
}

/// The id of the request that it is about.
pub(super) fn request(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<RequestId> {
    let node = fields.required(reader, "request")?;
    let text = reader.scalar("request", node)?;
    reader.id(text, node.span, RequestId::new)
}

/// A digest.
pub(super) fn digest(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    key: &str,
) -> Option<Digest> {
    let node = fields.required(reader, key)?;
    let text = reader.scalar(&fields.name(key), node)?;
    let digest = text.parse().ok();
    if digest.is_none() {
        let message = format!("`{key}` is {}, which is not a digest", shown(text));
        let hint = "write sha256: and 64 hexadecimal digits";
        reader.error(Code::BadText, node.span, message, hint);
    }
    digest
}

/// The id of an object of git.
pub(super) fn object(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    key: &str,
) -> Option<String> {
    let node = fields.required(reader, key)?;
    let name = fields.name(key);
    let text = reader.scalar(&name, node)?;
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if !matches!(text.len(), 40 | 64) || !text.bytes().all(is_digit) {
        let message = format!("`{name}` is {}, which is no id of git", shown(text));
        let hint = "write all 40 or 64 hexadecimal digits, in lower case";
        reader.error(Code::BadText, node.span, message, hint);
        return None;
    }
    Some(text.to_owned())
}

/// A moment.
pub(super) fn moment(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    key: &str,
) -> Option<Instant> {
    let node = fields.required(reader, key)?;
    instant(reader, &fields.name(key), node)
}
