//! The state digest, which every change log has as `state_after`.
//!
//! `docs/state-digest.md` says the same for people who want to recompute it with other tools. It covers the employees and the
//! request records, not serial, head and `as_of`. The items are every employee and every request record:
//!
//! - key = SHA-256 of `employee`, a NUL byte and the id, or of `request`, a NUL byte and the id;
//! - leaf = SHA-256 of the 32 bytes of the key and the item's lines of the canonical state file, each with its line feed.
//!
//! The digest of a set of items at a depth (0 for the whole state) is
//!
//! - of at most 16 items: SHA-256 of the word `leaf` and the leaves, in the order of the keys;
//! - of more: SHA-256 of the word `node` and 16 digests of 32 bytes, one for each value of the key's hexadecimal digit at that
//!   depth: the digest of the items with that digit, one deeper, or 32 zero bytes where there are none.
//!
//! It depends on the set alone, never on the order of changes, and one changed item costs a handful of hashes
//! ([`StateTree`]).

mod node;

use std::thread;

use crate::model::{ChangeLog, Digest, EmployeeId, EmployeeView, Entry, Record, State, joined};

use super::writer::{write_employee, write_record};
use node::Node;

/// From so many items on, two threads arrange them.
const MANY: usize = 10_000;

/// At most so many items are hashed as one list.
const BUCKET: usize = 16;

/// The digest of a state's employees and request records.
#[must_use]
pub fn digest(state: &State) -> Digest {
    StateTree::of(state).digest()
}

/// The items of a state, arranged so that the digest after a change costs little.
#[derive(Debug, Clone, Default)]
pub struct StateTree {
    root: Node,
    /// What was there from the beginning, by the first digit of the key, each part sorted.
    parts: [Vec<Item>; 16],
    text: String,
}

impl StateTree {
    /// The tree of a state.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let mut tree = Self::default();
        let mut items = Items::default();
        for entry in &state.employees {
            items.push(tree.employee_item(entry));
        }
        for entry in state.requests.iter() {
            items.push(tree.record_item(entry.id, &entry.record));
        }
        Self::of_items(items)
    }

    /// The tree of items. Each of two threads arranges half of them where they are many.
    pub(super) fn of_items(items: Items) -> Self {
        let count = items.len();
        let Items(mut parts) = items;
        let arranged = |parts: &mut [Vec<Item>]| -> Vec<Node> {
            let nodes = parts.iter_mut().map(|part| {
                sort(part);
                let mut node = Node::sorted(part, 0..part.len(), 1);
                node.hash(part);
                node
            });
            nodes.collect()
        };
        let (low, high) = parts.split_at_mut(8);
        let (first, second) = if count < MANY {
            (arranged(low), arranged(high))
        } else {
            thread::scope(|scope| {
                let second = scope.spawn(|| arranged(high));
                let first = arranged(low);
                (first, joined(second))
            })
        };
        let root = if count <= BUCKET {
            Node::Few(parts.concat())
        } else {
            Node::many(count, first.into_iter().chain(second))
        };
        Self {
            root,
            parts,
            text: String::new(),
        }
    }

    /// Takes in what an employee is now; `None` where the state does not have them any more.
    pub fn set_employee(&mut self, id: &EmployeeId, employee: Option<EmployeeView<'_>>) {
        match employee {
            Some(employee) => {
                let id = id.as_str();
                let item = self.employee_item(Entry { id, employee });
                self.insert(item);
            }
            None => self.remove(&employee_key(id.as_str())),
        }
    }

    /// Takes in where a request stands now; `None` where the state does not have it any more.
    pub fn set_record(&mut self, id: &str, record: Option<&Record>) {
        match record {
            Some(record) => {
                let item = self.record_item(id, record);
                self.insert(item);
            }
            None => self.remove(&record_key(id)),
        }
    }

    /// The digest now.
    #[must_use]
    pub fn digest(&mut self) -> Digest {
        let parts = &self.parts;
        match &mut self.root {
            Node::Many(many) => many.hash(|value| &parts[value]),
            few => few.hash(&[]),
        }
    }

    fn insert(&mut self, item: Item) {
        let part = digit(&item.key, 0);
        self.root.insert(item, 0, &self.parts[part]);
    }

    fn remove(&mut self, key: &Digest) {
        let parts = &self.parts;
        match &mut self.root {
            Node::Many(many) => {
                if let Some(few) = many.remove(key, 0, |value| &parts[value]) {
                    self.root = Node::Few(few);
                }
            }
            few => few.remove(key, 0, &[]),
        }
    }

    fn employee_item(&mut self, entry: Entry<'_>) -> Item {
        self.text.clear();
        write_employee(&mut self.text, entry);
        employee_item(entry.id, &self.text)
    }

    fn record_item(&mut self, id: &str, record: &Record) -> Item {
        self.text.clear();
        write_record(&mut self.text, id, record);
        record_item(id, &self.text)
    }
}

/// The item of an employee, whose lines the writer has written.
pub(super) fn employee_item(id: &str, lines: &str) -> Item {
    Item::new(employee_key(id), lines)
}

/// The item of a request's record, whose line the writer has written.
pub(super) fn record_item(id: &str, line: &str) -> Item {
    Item::new(record_key(id), line)
}

fn employee_key(id: &str) -> Digest {
    hash([b"employee\0".as_slice(), id.as_bytes()])
}

fn record_key(id: &str) -> Digest {
    hash([b"request\0".as_slice(), id.as_bytes()])
}

fn hash<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    Digest::of_pieces(pieces)
}

/// An employee or a record, as the digest sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    key: Digest,
    leaf: Digest,
}

impl Item {
    fn new(key: Digest, text: &str) -> Self {
        Self {
            key,
            leaf: hash([key.bytes().as_slice(), text.as_bytes()]),
        }
    }
}

/// The first bytes of a key, which are others for nearly all keys, as a number.
fn beginning(key: &Digest) -> u64 {
    let bytes = key.bytes().first_chunk();
    bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Items in any order, by the first digit of their keys.
#[derive(Debug, Default)]
pub(super) struct Items([Vec<Item>; 16]);

impl Items {
    pub(super) fn push(&mut self, item: Item) {
        self.0[digit(&item.key, 0)].push(item);
    }

    pub(super) fn append(&mut self, mut others: Self) {
        for (part, other) in self.0.iter_mut().zip(&mut others.0) {
            if part.len() < other.len() {
                std::mem::swap(part, other);
            }
            part.append(other);
        }
    }

    fn len(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

/// Puts items in the order of their keys.
fn sort(items: &mut [Item]) {
    items.sort_unstable_by(|one, other| {
        let by_beginning = beginning(&one.key).cmp(&beginning(&other.key));
        by_beginning.then_with(|| one.key.cmp(&other.key))
    });
}

/// The hexadecimal digit of a key at a depth.
fn digit(key: &Digest, depth: usize) -> usize {
    let byte = key.bytes()[depth / 2];
    usize::from(if depth.is_multiple_of(2) {
        byte >> 4
    } else {
        byte & 15
    })
}

/// Digests of one state after another, each at the price of what its log has changed.
#[derive(Debug, Default)]
pub struct Digester {
    tree: StateTree,
    /// The serial of the state that the tree is of, once there is one.
    serial: Option<u64>,
}

impl Digester {
    /// Starts from the tree of the state that has a serial.
    pub fn start(&mut self, tree: StateTree, serial: u64) -> Digest {
        self.tree = tree;
        self.serial = Some(serial);
        self.tree.digest()
    }

    /// The digest of a state, as [`digest`] computes it. Costs as much as the state is large.
    pub fn digest(&mut self, state: &State) -> Digest {
        self.start(StateTree::of(state), state.serial)
    }

    /// The digest of the state that a log has led to. Where the state before it is the one that was digested last, that
    /// costs what the log has changed.
    pub fn digest_after(&mut self, state: &State, log: &ChangeLog) -> Digest {
        if self.serial.is_none_or(|serial| serial + 1 != log.serial) {
            return self.digest(state);
        }
        for change in &log.changes {
            let employee = state.employees.get(&change.id);
            self.tree.set_employee(&change.id, employee);
        }
        if let Some((id, _)) = &log.record {
            let record = state.requests.get(id);
            self.tree.set_record(id.as_str(), record.as_deref());
        }
        self.serial = Some(log.serial);
        self.tree.digest()
    }
}
