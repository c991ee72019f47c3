//! A map with known keys.

use std::collections::BTreeMap;

use crate::check::finding::Code;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::{Node, Span};

/// The values of a map by its known keys.
pub(super) struct Fields<'n, 'a> {
    span: Span,
    prefix: String,
    entries: BTreeMap<&'static str, (Span, &'n Node<'a>)>,
}

impl<'n, 'a> Fields<'n, 'a> {
    /// Takes a map apart and reports keys that are not known. `what` is what the map is, for messages; `name` what it is
    /// called, empty for the document.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        what: &str,
        name: &str,
        node: &'n Node<'a>,
        known: &[&'static str],
    ) -> Option<Self> {
        let shown_name = if name.is_empty() { "the file" } else { name };
        let map = reader.map(shown_name, node)?;
        let mut entries = BTreeMap::new();
        for (key, value) in map {
            if let Some(known) = known.iter().find(|known| **known == key.text) {
                entries.insert(*known, (key.span, value));
                continue;
            }
            let message = format!("{} is not a key of {what}", shown(&key.text));
            let names = known.iter().copied();
            reader.unknown(
                Code::UnknownKey,
                key.span,
                message,
                &key.text,
                names,
                || format!("the keys are: {}", known.join(", ")),
            );
        }
        let prefix = if name.is_empty() {
            String::new()
        } else {
            format!("{name}.")
        };
        let first = map.first().map_or(node.span, |(key, _)| key.span);
        Some(Self {
            span: first,
            prefix,
            entries,
        })
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node<'a>> {
        self.entries.get(key).map(|(_, node)| *node)
    }

    /// Where a key stands, or else the map.
    pub(super) fn key(&self, key: &str) -> Span {
        self.entries.get(key).map_or(self.span, |(span, _)| *span)
    }

    /// The keys that are there, with their places and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, Span, &'n Node<'a>)> {
        self.entries
            .iter()
            .map(|(key, (span, node))| (*key, *span, *node))
    }

    /// What a value is called in messages.
    pub(super) fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// The value of a key that must be there.
    pub(super) fn required(&self, reader: &mut Reader<'_>, key: &str) -> Option<&'n Node<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.missing(reader, key);
        }
        found
    }

    /// Reports a key that is missing.
    pub(super) fn missing(&self, reader: &mut Reader<'_>, key: &str) {
        let message = format!("`{}` is missing", self.name(key));
        reader.error(Code::MissingKey, self.span, message, format!("add `{key}`"));
    }

    /// A text, if the key is there.
    pub(super) fn text(&self, reader: &mut Reader<'_>, key: &str) -> Option<String> {
        reader.text(&self.name(key), self.get(key)?)
    }

    /// A boolean; `false` and others as given where the key is left out.
    pub(super) fn boolean(&self, reader: &mut Reader<'_>, key: &str, default: bool) -> bool {
        match self.get(key) {
            Some(node) => reader.boolean(&self.name(key), node).unwrap_or(default),
            None => default,
        }
    }

    /// A whole number of a range, if the key is there.
    pub(super) fn number(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        least: u64,
        most: u64,
    ) -> Option<u64> {
        reader.number(&self.name(key), self.get(key)?, least, most)
    }

    /// A whole number of a range that fits 32 bits, if the key is there.
    pub(super) fn small_number(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        least: u32,
        most: u32,
    ) -> Option<u32> {
        let number = self.number(reader, key, least.into(), most.into())?;
        u32::try_from(number).ok()
    }

    /// One of some words, if the key is there.
    pub(super) fn word<T: Copy>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        reader.word(&self.name(key), self.get(key)?, words)
    }
}
