//! The tree that the digest is made of.

use std::ops::Range;

use super::{BUCKET, Item, digit, hash};
use crate::model::Digest;

/// Items that share the digits before a depth. What was there from the beginning stays where it was sorted: `base` is that part.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// At most [`BUCKET`] items, in the order of their keys.
    Few(Vec<Item>),
    /// The same, where they were sorted.
    Sorted(Range<usize>),
    /// More.
    Many(Box<Many>),
}

#[derive(Debug, Clone)]
pub(super) struct Many {
    /// By the digit at the depth.
    children: [Node; 16],
    count: usize,
    cached: Option<Digest>,
}

impl Default for Node {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

/// Splits sorted items by the digit at a depth, from one digit up to another, which no item is without.
pub(super) fn split(
    items: &[Item],
    within: Range<usize>,
    depth: usize,
    digits: Range<usize>,
) -> impl Iterator<Item = Range<usize>> {
    let mut from = within.start;
    digits.map(move |value| {
        let rest = &items[from..within.end];
        let to = from + rest.partition_point(|item| digit(&item.key, depth) <= value);
        std::mem::replace(&mut from, to)..to
    })
}

impl Node {
    /// The node of items that are sorted already.
    pub(super) fn sorted(base: &[Item], within: Range<usize>, depth: usize) -> Self {
        if within.len() <= BUCKET {
            return Self::Sorted(within);
        }
        let count = within.len();
        let parts = split(base, within, depth, 0..16);
        Self::many(count, parts.map(|part| Self::sorted(base, part, depth + 1)))
    }

    /// The node of items that have come since, sorted by key.
    pub(super) fn new(items: &[Item], depth: usize) -> Self {
        if items.len() <= BUCKET {
            return Self::Few(items.to_vec());
        }
        let parts = split(items, 0..items.len(), depth, 0..16);
        let children = parts.map(|part| Self::new(&items[part], depth + 1));
        Self::many(items.len(), children)
    }

    pub(super) fn many(count: usize, mut children: impl Iterator<Item = Self>) -> Self {
        Self::Many(Box::new(Many {
            children: std::array::from_fn(|_| children.next().unwrap_or_default()),
            count,
            cached: None,
        }))
    }

    fn len(&self) -> usize {
        match self {
            Self::Few(items) => items.len(),
            Self::Sorted(range) => range.len(),
            Self::Many(many) => many.count,
        }
    }

    pub(super) fn hash(&mut self, base: &[Item]) -> Digest {
        match self {
            Self::Few(items) => hash_of_few(items),
            Self::Sorted(range) => hash_of_few(&base[range.clone()]),
            Self::Many(many) => many.hash(|_| base),
        }
    }

    pub(super) fn insert(&mut self, item: Item, depth: usize, base: &[Item]) {
        match self {
            Self::Few(items) => {
                match items.binary_search_by(|known| known.key.cmp(&item.key)) {
                    Ok(at) => items[at] = item,
                    Err(at) => items.insert(at, item),
                }
                if items.len() > BUCKET {
                    *self = Self::new(items, depth);
                }
            }
            Self::Sorted(range) => {
                *self = Self::Few(base[range.clone()].to_vec());
                self.insert(item, depth, base);
            }
            Self::Many(many) => many.insert(item, depth, base),
        }
    }

    pub(super) fn remove(&mut self, key: &Digest, depth: usize, base: &[Item]) {
        match self {
            Self::Few(items) => items.retain(|item| item.key != *key),
            Self::Sorted(range) => {
                *self = Self::Few(base[range.clone()].to_vec());
                self.remove(key, depth, base);
            }
            Self::Many(many) => {
                if let Some(few) = many.remove(key, depth, |_| base) {
                    *self = Self::Few(few);
                }
            }
        }
    }

    /// All items, in the order of their keys.
    fn collect(&self, base: &[Item], into: &mut Vec<Item>) {
        match self {
            Self::Few(items) => into.extend_from_slice(items),
            Self::Sorted(range) => into.extend_from_slice(&base[range.clone()]),
            Self::Many(many) => {
                let children = many.children.iter();
                children.for_each(|child| child.collect(base, into));
            }
        }
    }
}

fn hash_of_few(items: &[Item]) -> Digest {
    let leaves = items.iter().map(|item| item.leaf.bytes().as_slice());
    hash(std::iter::once(b"leaf".as_slice()).chain(leaves))
}

/// `base` gives the part for the child of a digit.
impl Many {
    pub(super) fn hash<'a>(&mut self, base: impl Fn(usize) -> &'a [Item]) -> Digest {
        let children = &mut self.children;
        *self.cached.get_or_insert_with(|| {
            let mut digests = [[0; 32]; 16];
            for (value, (child, digest)) in children.iter_mut().zip(&mut digests).enumerate() {
                if child.len() > 0 {
                    *digest = *child.hash(base(value)).bytes();
                }
            }
            hash([b"node".as_slice(), digests.as_flattened()])
        })
    }

    pub(super) fn insert(&mut self, item: Item, depth: usize, base: &[Item]) {
        self.cached = None;
        let child = &mut self.children[digit(&item.key, depth)];
        let before = child.len();
        child.insert(item, depth + 1, base);
        self.count += child.len() - before;
    }

    /// Gives all items, where they are few now.
    pub(super) fn remove<'a>(
        &mut self,
        key: &Digest,
        depth: usize,
        base: impl Fn(usize) -> &'a [Item],
    ) -> Option<Vec<Item>> {
        self.cached = None;
        let value = digit(key, depth);
        let child = &mut self.children[value];
        let before = child.len();
        child.remove(key, depth + 1, base(value));
        self.count -= before - child.len();
        if self.count > BUCKET {
            return None;
        }
        let mut items = Vec::with_capacity(BUCKET);
        for (value, child) in self.children.iter().enumerate() {
            child.collect(base(value), &mut items);
        }
        Some(items)
    }
}
