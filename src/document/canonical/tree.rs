//! The fast way in for documents that this program wrote: the canonical form read into a tree without copies, and the tree
//! into wire types.
//!
//! Only what the writers write is taken; for everything else there is `None`, and the general YAML reader says what it is.

use std::borrow::Cow;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{is_plain, is_word, must_escape, unquote};

/// How deep flow style may be nested.
const DEEPEST: usize = 8;

/// How many keys a map may have: to look whether one stands twice takes the square of that.
const MOST_KEYS: usize = 1_000;

/// Reads a document in the canonical form, which ends with the line `...`.
pub(in crate::document) fn from_canonical<T: DeserializeOwned>(text: &str) -> Option<T> {
    let mut block = Block {
        rest: text.strip_suffix("...\n")?,
    };
    let root = block.mapping(None, 0)?;
    if !block.rest.is_empty() {
        return None;
    }
    T::deserialize(root).ok()
}

#[derive(Debug, Clone)]
enum Node<'text> {
    Null,
    /// A word, number, moment or digest, or a text that can stand so.
    Plain(&'text str),
    Text(Cow<'text, str>),
    List(Vec<Node<'text>>),
    Map(Vec<(Cow<'text, str>, Node<'text>)>),
}

/// The lines that are left.
struct Block<'text> {
    rest: &'text str,
}

impl<'text> Block<'text> {
    /// The next line's text behind the indent, if it has exactly that one.
    fn peek(&self, indent: usize) -> Option<&'text str> {
        let line = self.rest.split('\n').next()?;
        let (spaces, text) = line.split_at_checked(indent)?;
        let exact = spaces.bytes().all(|byte| byte == b' ') && !text.starts_with([' ', '\n']);
        (exact && !text.is_empty()).then_some(text)
    }

    fn skip(&mut self) -> Option<()> {
        self.rest = self.rest.split_once('\n')?.1;
        Some(())
    }

    /// A mapping; its first line may stand behind a dash, and is given then.
    fn mapping(&mut self, first: Option<&'text str>, indent: usize) -> Option<Node<'text>> {
        let mut entries: Vec<(Cow<'text, str>, Node<'text>)> = Vec::new();
        let mut line = first.or_else(|| self.peek(indent));
        while let Some(text) = line.filter(|text| !text.starts_with("- ")) {
            let (key, value) = split_key(text)?;
            let is_known = || entries.iter().any(|(known, _)| known == key);
            if entries.len() == MOST_KEYS || is_known() {
                return None;
            }
            self.skip()?;
            let value = match value {
                "" if self.peek(indent).is_some_and(|next| next.starts_with("- ")) => {
                    self.sequence(indent)?
                }
                "" => self.mapping(None, indent + 2)?,
                "|" => self.literal(indent + 2)?,
                value => whole(value)?,
            };
            entries.push((Cow::Borrowed(key), value));
            line = self.peek(indent);
        }
        (!entries.is_empty()).then_some(Node::Map(entries))
    }

    fn sequence(&mut self, indent: usize) -> Option<Node<'text>> {
        let mut list = Vec::new();
        while let Some(text) = self.peek(indent).and_then(|text| text.strip_prefix("- ")) {
            list.push(if split_key(text).is_some() {
                self.mapping(Some(text), indent + 2)?
            } else {
                self.skip()?;
                whole(text)?
            });
        }
        Some(Node::List(list))
    }

    fn literal(&mut self, indent: usize) -> Option<Node<'text>> {
        let mut text = String::new();
        // The first line sets the indent; the lines behind it may have more.
        self.peek(indent)?;
        while let Some(line) = self.rest.split('\n').next() {
            let (spaces, body) = line.split_at_checked(indent).unwrap_or((line, ""));
            if body.is_empty() || spaces.bytes().any(|byte| byte != b' ') {
                break;
            }
            if body.chars().any(must_escape) {
                return None;
            }
            text.push_str(body);
            text.push('\n');
            self.skip()?;
        }
        Some(Node::Text(Cow::Owned(text)))
    }
}

/// A key of our documents and what stands behind it on the line.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|character: char| !character.is_ascii_lowercase() && character != '_')?;
    let (key, rest) = text.split_at(end);
    let value = rest.strip_prefix(':')?;
    if value.is_empty() {
        return (end > 0).then_some((key, ""));
    }
    let value = value.strip_prefix(' ').filter(|value| !value.is_empty())?;
    (end > 0).then_some((key, value))
}

/// A value that fills the rest of a line.
fn whole(text: &str) -> Option<Node<'_>> {
    if text.starts_with(['{', '[', '"']) {
        let mut flow = Flow(text);
        let node = flow.node(0)?;
        return flow.0.is_empty().then_some(node);
    }
    plain(text)
}

/// A plain scalar. What is no plain string by [`is_plain`] may still be a number, a moment or a digest.
fn plain(text: &str) -> Option<Node<'_>> {
    if text == "null" {
        return Some(Node::Null);
    }
    let is_value = |text: &str| {
        let mut bytes = text.bytes();
        bytes.all(|byte| byte.is_ascii_alphanumeric() || b":.+-".contains(&byte))
            && text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
            && text.ends_with(|last: char| last.is_ascii_alphanumeric())
            && !is_word(text)
    };
    (is_plain(text) || is_value(text)).then_some(Node::Plain(text))
}

/// What is left of a line in flow style.
struct Flow<'text>(&'text str);

impl<'text> Flow<'text> {
    fn eat(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn node(&mut self, depth: usize) -> Option<Node<'text>> {
        if depth > DEEPEST {
            return None;
        }
        match self.0.as_bytes().first()? {
            b'{' => self.map(depth),
            b'[' => self.list(depth),
            b'"' => self.quoted().map(Node::Text),
            _ => {
                let end = self.0.find([',', ']', '}', '[', '{'])?;
                let (raw, rest) = self.0.split_at(end);
                self.0 = rest;
                plain(raw)
            }
        }
    }

    fn quoted(&mut self) -> Option<Cow<'text, str>> {
        let (said, rest) = unquote(self.0)?;
        self.0 = rest;
        Some(said)
    }

    fn list(&mut self, depth: usize) -> Option<Node<'text>> {
        self.eat("[")?;
        let mut list = Vec::new();
        if self.eat("]").is_some() {
            return Some(Node::List(list));
        }
        loop {
            list.push(self.node(depth + 1)?);
            if self.eat("]").is_some() {
                return Some(Node::List(list));
            }
            self.eat(", ")?;
        }
    }

    fn map(&mut self, depth: usize) -> Option<Node<'text>> {
        self.eat("{")?;
        let mut entries: Vec<(Cow<'text, str>, Node<'text>)> = Vec::new();
        loop {
            let key = if self.0.starts_with('"') {
                self.quoted()?
            } else {
                let (key, rest) = self.0.split_at(self.0.find(": ")?);
                self.0 = rest;
                super::is_flow_plain(key).then_some(Cow::Borrowed(key))?
            };
            self.eat(": ")?;
            entries.push((key, self.node(depth + 1)?));
            if self.eat("}").is_some() {
                return is_unique(&entries).then_some(Node::Map(entries));
            }
            self.eat(", ")?;
        }
    }
}

/// Whether no key stands twice. Many keys are ids, which ascend in the canonical form.
fn is_unique(entries: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    match entries {
        [] => true,
        [(first, _), rest @ ..] if entries.len() <= 16 => {
            rest.iter().all(|(key, _)| key != first) && is_unique(rest)
        }
        _ => entries.is_sorted_by(|left, right| left.0 < right.0),
    }
}

/// Whatever does not fit ends in the general reader, which says it better.
type Misfit = serde::de::value::Error;

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Null => Err(Misfit::invalid_type(Unexpected::Unit, &visitor)),
            Self::Plain(text) | Self::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Self::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Self::List(list) => {
                let mut list = SeqDeserializer::new(list.into_iter());
                let value = visitor.visit_seq(&mut list)?;
                list.end()?;
                Ok(value)
            }
            Self::Map(entries) => {
                let mut entries = MapDeserializer::new(entries.into_iter());
                let value = visitor.visit_map(&mut entries)?;
                entries.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Null => visitor.visit_none(),
            node => visitor.visit_some(node),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_u32(self.number()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_i64(self.number()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self {
            Self::Plain(text) => visitor.visit_enum(text.into_deserializer()),
            _ => Err(Misfit::custom("not a word")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i128 u8 u16 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl Node<'_> {
    /// A whole number without a plus sign or leading zeros.
    fn number<T: std::str::FromStr>(&self) -> Result<T, Misfit> {
        let misfit = || Misfit::custom("not a number");
        let Self::Plain(text) = self else {
            return Err(misfit());
        };
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.len() > 1 && digits.starts_with('0') || digits.starts_with('+') {
            return Err(misfit());
        }
        text.parse().map_err(|_| misfit())
    }
}

impl<'de> IntoDeserializer<'de, Misfit> for Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
