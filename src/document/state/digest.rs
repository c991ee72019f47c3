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

use crate::model::{ChangeLog, Digest, EmployeeId, EmployeeView, Entry, Record, State};

use super::writer::{write_employee, write_record};

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
    text: String,
}

impl StateTree {
    /// The tree of a state.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let mut tree = Self::default();
        let mut items = Vec::with_capacity(state.employees.len() + state.requests.len());
        for entry in &state.employees {
            items.push(tree.employee_item(entry));
        }
        for entry in state.requests.iter() {
            items.push(tree.record_item(entry.id, &entry.record));
        }
        tree.root = Self::of_items(items).root;
        tree
    }

    /// The tree of items, in any order.
    pub(super) fn of_items(mut items: Vec<Item>) -> Self {
        items.sort_unstable_by(|one, other| {
            let by_beginning = beginning(&one.key).cmp(&beginning(&other.key));
            by_beginning.then_with(|| one.key.cmp(&other.key))
        });
        Self {
            root: Node::build(&items, 0),
            text: String::new(),
        }
    }

    /// Takes in what an employee is now; `None` where the state does not have them any more.
    pub fn set_employee(&mut self, id: &EmployeeId, employee: Option<EmployeeView<'_>>) {
        match employee {
            Some(employee) => {
                let id = id.as_str();
                let item = self.employee_item(Entry { id, employee });
                self.root.insert(item, 0);
            }
            None => self.root.remove(&employee_key(id.as_str()), 0),
        }
    }

    /// Takes in where a request stands now; `None` where the state does not have it any more.
    pub fn set_record(&mut self, id: &str, record: Option<&Record>) {
        match record {
            Some(record) => {
                let item = self.record_item(id, record);
                self.root.insert(item, 0);
            }
            None => self.root.remove(&record_key(id), 0),
        }
    }

    /// The digest now.
    #[must_use]
    pub fn digest(&mut self) -> Digest {
        self.root.hash()
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

/// The hexadecimal digit of a key at a depth.
fn digit(key: &Digest, depth: usize) -> usize {
    let byte = key.bytes()[depth / 2];
    usize::from(if depth.is_multiple_of(2) {
        byte >> 4
    } else {
        byte & 15
    })
}

#[derive(Debug, Clone)]
enum Node {
    /// At most [`BUCKET`] items, in the order of their keys.
    Few(Vec<Item>),
    /// More, by the digit at the depth.
    Many {
        children: Box<[Node; 16]>,
        count: usize,
        cached: Option<Digest>,
    },
}

impl Default for Node {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Node {
    /// The node of items that are sorted by key and share the digits before the depth.
    fn build(items: &[Item], depth: usize) -> Self {
        if items.len() <= BUCKET {
            return Self::Few(items.to_vec());
        }
        let mut rest = items;
        let children = std::array::from_fn(|value| {
            let end = rest.partition_point(|item| digit(&item.key, depth) <= value);
            let (child, others) = rest.split_at(end);
            rest = others;
            Self::build(child, depth + 1)
        });
        Self::Many {
            children: Box::new(children),
            count: items.len(),
            cached: None,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Few(items) => items.len(),
            Self::Many { count, .. } => *count,
        }
    }

    fn hash(&mut self) -> Digest {
        match self {
            Self::Few(items) => {
                let leaves = items.iter().map(|item| item.leaf.bytes().as_slice());
                hash(std::iter::once(b"leaf".as_slice()).chain(leaves))
            }
            Self::Many {
                children, cached, ..
            } => *cached.get_or_insert_with(|| {
                let digests = children.each_mut().map(|child| match child.len() {
                    0 => [0; 32],
                    _ => *child.hash().bytes(),
                });
                let digests = digests.iter().map(<[u8; 32]>::as_slice);
                hash(std::iter::once(b"node".as_slice()).chain(digests))
            }),
        }
    }

    fn insert(&mut self, item: Item, depth: usize) {
        match self {
            Self::Few(items) => {
                match items.binary_search_by(|known| known.key.cmp(&item.key)) {
                    Ok(at) => items[at] = item,
                    Err(at) => items.insert(at, item),
                }
                if items.len() > BUCKET {
                    *self = Self::build(items, depth);
                }
            }
            Self::Many {
                children,
                count,
                cached,
            } => {
                *cached = None;
                let child = &mut children[digit(&item.key, depth)];
                let before = child.len();
                child.insert(item, depth + 1);
                *count += child.len() - before;
            }
        }
    }

    fn remove(&mut self, key: &Digest, depth: usize) {
        match self {
            Self::Few(items) => items.retain(|item| item.key != *key),
            Self::Many {
                children,
                count,
                cached,
            } => {
                *cached = None;
                let child = &mut children[digit(key, depth)];
                let before = child.len();
                child.remove(key, depth + 1);
                *count -= before - child.len();
                if *count <= BUCKET {
                    let mut items = Vec::with_capacity(BUCKET);
                    children.iter().for_each(|child| child.collect(&mut items));
                    *self = Self::Few(items);
                }
            }
        }
    }

    /// All items, in the order of their keys.
    fn collect(&self, into: &mut Vec<Item>) {
        match self {
            Self::Few(items) => into.extend_from_slice(items),
            Self::Many { children, .. } => children.iter().for_each(|child| child.collect(into)),
        }
    }
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
