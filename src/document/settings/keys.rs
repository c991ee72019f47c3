//! Public keys, as in an OpenSSH `.pub` file.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::request::instant;
use crate::document::text::shown;
use crate::document::yaml::Node;
use crate::model::{PersonId, PublicKey, RevokedKey};

/// The keys of a person. Each belongs to one person only, whatever its comment says.
pub(super) fn of_person(
    reader: &mut Reader<'_>,
    name: &str,
    node: &Node<'_>,
    person: &PersonId,
    taken: &mut BTreeMap<PublicKey, PersonId>,
) -> Vec<PublicKey> {
    let mut keys = Vec::new();
    for item in reader.list(name, node).unwrap_or_default() {
        let Some(key) = key(reader, name, item) else {
            continue;
        };
        if !key.is_whole() {
            let message = format!("a key of {} is cut off", shown(person.as_str()));
            let hint = "copy the whole line of the .pub file; nothing can be signed with this one";
            reader.warning(Code::Setting, item.span, message, hint);
        }
        match taken.insert(key.clone(), person.clone()) {
            None => keys.push(key),
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

/// The keys that approve nothing any more.
pub(super) fn revoked(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Vec<RevokedKey> {
    let Some(node) = fields.get("revoked_keys") else {
        return Vec::new();
    };
    let mut revoked = Vec::new();
    let mut seen = BTreeSet::new();
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
        let node = entry.required(reader, "key");
        let key = node.and_then(|node| whole(reader, &entry.name("key"), node));
        if key.as_ref().is_some_and(|key| !seen.insert(key.clone())) {
            let message = format!("the key of `{name}` is revoked already");
            reader.error(
                Code::BadList,
                entry.key("key"),
                message,
                "keep one of the two",
            );
        }
        let node = entry.required(reader, "since");
        let since = node.and_then(|node| since(reader, &entry.name("since"), node));
        entry.required(reader, "reason");
        let reason = entry.text(reader, "reason");
        if let (Some(key), Some(since), Some(reason)) = (key, since, reason) {
            revoked.push(RevokedKey { key, since, reason });
        }
    }
    revoked
}

/// The key that records of a forge are signed with, if they have to be. That it is revoked is only a warning: no record counts
/// then, and what needs none goes on.
pub(super) fn of_forge(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    revoked: &[RevokedKey],
) -> Option<PublicKey> {
    let node = fields.get("forge_key")?;
    let name = fields.name("forge_key");
    let key = whole(reader, &name, node)?;
    if revoked.iter().any(|revoked| revoked.key == key) {
        let message = format!("the key of `{name}` is one of `revoked_keys`");
        let hint = "no record of a forge counts until another key stands here";
        reader.warning(Code::Setting, node.span, message, hint);
    }
    Some(key)
}

/// A day or a moment, as written.
fn since(reader: &mut Reader<'_>, name: &str, node: &Node<'_>) -> Option<String> {
    let text = reader.scalar(name, node)?;
    let is_given = crate::time::due::date(text).is_ok() || instant(reader, name, node).is_some();
    is_given.then(|| text.to_owned())
}

/// A public key that decides something by being there: one that is not whole would do so for no signature at all.
fn whole(reader: &mut Reader<'_>, name: &str, node: &Node<'_>) -> Option<PublicKey> {
    let key = key(reader, name, node)?;
    if !key.is_whole() {
        let message = format!("the key of `{name}` is cut off");
        let hint = "copy the whole line of the .pub file";
        reader.error(Code::Setting, node.span, message, hint);
        return None;
    }
    Some(key)
}

/// A public key.
fn key(reader: &mut Reader<'_>, name: &str, node: &Node<'_>) -> Option<PublicKey> {
    let text = reader.text(name, node)?;
    let key = PublicKey::parse(&text);
    if key.is_none() {
        let message = format!("{} is not an SSH public key", shown(&text));
        let hint =
            "write the one line of the .pub file: the type, the key, and a comment if you like";
        reader.error(Code::Setting, node.span, message, hint);
    }
    key
}
