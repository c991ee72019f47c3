//! Public keys, as in an OpenSSH `.pub` file.

use std::collections::BTreeMap;

use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::request::instant;
use crate::document::text::shown;
use crate::document::yaml::Node;
use crate::model::PersonId;

const TYPES: [&str; 7] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// The keys of a person. Each belongs to one person only, whatever its comment says.
pub(super) fn of_person(
    reader: &mut Reader<'_>,
    name: &str,
    node: &Node<'_>,
    person: &PersonId,
    taken: &mut BTreeMap<Vec<u8>, PersonId>,
) -> Vec<String> {
    let mut keys = Vec::new();
    for item in reader.list(name, node).unwrap_or_default() {
        let Some((text, bytes)) = key(reader, name, item) else {
            continue;
        };
        match taken.insert(bytes, person.clone()) {
            None => keys.push(text),
            Some(before) if before == *person => {
                let message = format!("a key of {} stands twice", shown(person.as_str()));
                reader.error(Code::BadList, item.span, message, "keep one of the two");
            }
            Some(before) => {
                let message = format!("this key is a key of {} already", shown(before.as_str()));
                let hint = "a key belongs to one person; remove it from one of the two";
                reader.error(Code::Setting, item.span, message, hint);
            }
        }
    }
    keys
}

/// Checks the list of revoked keys. Nothing that this version reads is signed, so nothing else is done with it.
pub(super) fn revoked(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) {
    let Some(node) = fields.get("revoked_keys") else {
        return;
    };
    for (index, item) in reader
        .list("revoked_keys", node)
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        let name = format!("revoked_keys[{index}]");
        let known = ["key", "since", "reason"];
        let Some(entry) = Fields::read(reader, "a revoked key", &name, item, &known) else {
            continue;
        };
        if let Some(node) = entry.required(reader, "key") {
            key(reader, &entry.name("key"), node);
        }
        if let Some(node) = entry.required(reader, "since") {
            let text = reader.scalar(&entry.name("since"), node);
            if text.is_some_and(|text| crate::time::due::date(text).is_err()) {
                instant(reader, &entry.name("since"), node);
            }
        }
        entry.required(reader, "reason");
        entry.text(reader, "reason");
    }
}

/// A public key as written, and its bytes.
fn key(reader: &mut Reader<'_>, name: &str, node: &Node<'_>) -> Option<(String, Vec<u8>)> {
    let text = reader.text(name, node)?;
    let mut parts = text.split(' ').filter(|part| !part.is_empty());
    let kind = parts.next().filter(|kind| TYPES.contains(kind));
    let bytes = kind.and(parts.next()).and_then(base64);
    let Some(bytes) = bytes.filter(|_| !text.contains('\n')) else {
        let message = format!("{} is not an SSH public key", shown(&text));
        let hint =
            "write the one line of the .pub file: the type, the key, and a comment if you like";
        reader.error(Code::Setting, node.span, message, hint);
        return None;
    };
    Some((text, bytes))
}

/// The bytes that base64 stands for; `None` if it is none, or stands for nothing.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if digits.is_empty() || text.len() - digits.len() > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut held, mut bits) = (0u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}
