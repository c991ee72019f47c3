//! A disk that writes down every step, and says what a power cut would leave of them.
//!
//! The program runs on real files, and reads them as a running system shows them. Beside that, each step is recorded, and from
//! the record follows what is durable:
//!
//! - The bytes of a file are durable once the file was synced. Before that it may be empty, cut in half, full of zeros, or whole.
//! - A change of a folder's entries (a file or folder created, moved into it, or removed) is durable once that folder was
//!   synced after it. Syncing a file does not make its name durable.
//! - A move is one change, of the folder that it leads to. It never loses a file: the old name stays until the new one is there.
//!
//! Which of the changes that are not durable survive depends on the file system. Two models are tried:
//!
//! - [`Model::InOrder`]: those of one folder survive up to one of them, in the order in which they were made; folders are
//!   independent of each other. So do journalling file systems in their usual modes (ext4, XFS, btrfs).
//! - [`Model::AnySubset`]: any of them survive, and of a move the old name may be left as well. That is all that POSIX leaves room
//!   for, and what Pillai and others found that programs should be ready for: "All File Systems Are Not Created Equal", OSDI 2014,
//!   sections 2 and 3 ("persistence properties": directory operations may be reordered, a rename is atomic).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use tempfile::{NamedTempFile, TempPath};

use crate::store::disk::{Disk, Machine};

/// What is in a folder: each path relative to it, and the bytes where it is a file.
pub type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// What a file system keeps of the changes that were not flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Of each folder, the first ones.
    InOrder,
    /// Any of them.
    AnySubset,
}

/// A step; paths are relative to the root of the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A file with this number was created, empty.
    Create(PathBuf, usize),
    /// A file got its bytes.
    Write(usize, Vec<u8>),
    /// A file's bytes were flushed; where it was then.
    Sync(usize, PathBuf),
    /// A file was moved.
    Move(usize, PathBuf, PathBuf),
    /// A file was removed.
    Remove(PathBuf),
    /// A folder was created.
    CreateFolder(PathBuf),
    /// A folder's entries were flushed.
    SyncFolder(PathBuf),
    /// Somebody was told that the logs up to this serial are done.
    Told(u64),
    /// Somebody was told that the logs behind this serial were taken back.
    TakenBack(u64),
}

/// Which flushes count as never made, given the step and the one before it.
pub type Lost = fn(&Step, Option<&Step>) -> bool;

/// A disk that writes down what is done to it. Copies are the same disk.
#[derive(Debug, Clone)]
pub struct SimulatedDisk {
    root: PathBuf,
    /// What was durable at the beginning.
    base: Arc<Tree>,
    record: Arc<Mutex<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    steps: Vec<Step>,
    numbers: BTreeMap<PathBuf, usize>,
    next: usize,
    /// After how many steps nothing works any more, as if the process were killed.
    ends_after: Option<usize>,
}

impl SimulatedDisk {
    /// A disk on a real folder, of which everything is durable.
    pub fn over(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            base: Arc::new(tree(root)),
            record: Arc::default(),
        }
    }

    /// The steps so far.
    pub fn steps(&self) -> Vec<Step> {
        self.record().steps.clone()
    }

    /// Notes that somebody was told of the logs up to a serial.
    pub fn told(&self, serial: u64) {
        self.record().steps.push(Step::Told(serial));
    }

    /// Notes that somebody was told that the logs behind a serial were taken back.
    pub fn taken_back(&self, serial: u64) {
        self.record().steps.push(Step::TakenBack(serial));
    }

    /// Lets every step fail from then on, without any clearing up; `None` lets them work again.
    pub fn end_after(&self, steps: Option<usize>) {
        self.record().ends_after = steps;
    }

    /// Everything that may be left when the power is cut after some of the steps, `most` at most; and how many there are.
    ///
    /// Flushes that `is_lost` names count as never made.
    pub fn survivors(
        &self,
        after: usize,
        model: Model,
        is_lost: Lost,
        most: usize,
    ) -> (BTreeSet<Tree>, u64) {
        let history = History::of(&self.base, &self.record().steps[..after], is_lost);
        history.survivors(model, most)
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().expect("nobody panics")
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root)
            .expect("the store stays below its root")
            .to_owned()
    }

    /// Does a step, and writes it down if it worked.
    fn step<T>(
        &self,
        run: impl FnOnce() -> io::Result<T>,
        note: impl FnOnce(&mut Record, &T) -> Step,
    ) -> io::Result<T> {
        let mut record = self.record();
        if record
            .ends_after
            .is_some_and(|most| record.steps.len() >= most)
        {
            return Err(io::Error::other("the process was killed"));
        }
        let done = run()?;
        let step = note(&mut record, &done);
        record.steps.push(step);
        Ok(done)
    }

    fn moved(
        &self,
        file: TempPath,
        target: &Path,
        run: impl FnOnce(TempPath, &Path) -> io::Result<()>,
    ) -> io::Result<()> {
        let (from, to) = (self.relative(&file), self.relative(target));
        self.step(
            || run(file, target),
            |record, ()| {
                let number = record.number(&from);
                record.numbers.insert(to.clone(), number);
                Step::Move(number, from, to)
            },
        )
    }
}

impl Record {
    /// The number of the file that has a name; one that was there from the beginning gets one now.
    fn number(&mut self, path: &Path) -> usize {
        self.numbers.remove(path).unwrap_or_else(|| self.fresh())
    }

    fn fresh(&mut self) -> usize {
        self.next += 1;
        self.next
    }
}

impl Disk for SimulatedDisk {
    fn create(&self, folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
        self.step(
            || {
                let mut file = create_numbered(folder, prefix)?;
                // A killed process removes nothing.
                file.disable_cleanup(true);
                Ok(file)
            },
            |record, file| {
                let path = self.relative(file.path());
                let number = record.fresh();
                record.numbers.insert(path.clone(), number);
                Step::Create(path, number)
            },
        )
    }

    fn write(&self, file: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()> {
        let path = self.relative(file.path());
        self.step(
            || Machine.write(file, bytes),
            |record, ()| Step::Write(record.numbers[&path], bytes.to_owned()),
        )
    }

    fn sync(&self, file: &NamedTempFile) -> io::Result<()> {
        let path = self.relative(file.path());
        self.step(
            || Ok(()),
            |record, ()| Step::Sync(record.numbers[&path], path),
        )
    }

    fn put(&self, file: TempPath, target: &Path) -> io::Result<()> {
        self.moved(file, target, |file, target| Machine.put(file, target))
    }

    fn replace(&self, file: TempPath, target: &Path) -> io::Result<()> {
        self.moved(file, target, |file, target| Machine.replace(file, target))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(
            || Machine.remove(path),
            |_, ()| Step::Remove(self.relative(path)),
        )
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.step(
            || Machine.create_folder(folder),
            |_, ()| Step::CreateFolder(self.relative(folder)),
        )
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let folder = self.relative(folder);
        self.step(
            || fs::read_dir(self.root.join(&folder)).map(drop),
            |_, ()| Step::SyncFolder(folder.clone()),
        )
    }
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Folder,
    /// A file that was there from the beginning.
    Old(Vec<u8>),
    /// A file by its number.
    New(usize),
}

/// A change of entries, and whether its folder was flushed after it.
#[derive(Debug, Clone)]
struct Change {
    kind: ChangeKind,
    is_durable: bool,
    /// Whether the folder that something was moved out of was flushed after it.
    is_source_durable: bool,
}

#[derive(Debug, Clone)]
enum ChangeKind {
    Make(PathBuf, Node),
    Move(PathBuf, PathBuf),
    Remove(PathBuf),
}

impl Change {
    fn folder(&self) -> &Path {
        let (ChangeKind::Make(path, _) | ChangeKind::Move(_, path) | ChangeKind::Remove(path)) =
            &self.kind;
        path.parent().expect("a folder")
    }
}

/// What has been changed, and what of it is durable.
struct History<'a> {
    base: &'a Tree,
    changes: Vec<Change>,
    bytes: BTreeMap<usize, Vec<u8>>,
    synced: BTreeSet<usize>,
}

impl<'a> History<'a> {
    fn of(base: &'a Tree, steps: &[Step], is_lost: Lost) -> Self {
        let mut history = Self {
            base,
            changes: Vec::new(),
            bytes: BTreeMap::new(),
            synced: BTreeSet::new(),
        };
        let mut before = None;
        for step in steps {
            if !is_lost(step, before) {
                history.take(step);
            }
            before = Some(step);
        }
        history
    }

    fn take(&mut self, step: &Step) {
        let kind = match step.clone() {
            Step::Create(path, number) => ChangeKind::Make(path, Node::New(number)),
            Step::CreateFolder(path) => ChangeKind::Make(path, Node::Folder),
            Step::Move(_, from, to) => ChangeKind::Move(from, to),
            Step::Remove(path) => ChangeKind::Remove(path),
            Step::Write(number, bytes) => {
                self.bytes.insert(number, bytes);
                self.synced.remove(&number);
                return;
            }
            Step::Sync(number, _) => {
                self.synced.insert(number);
                return;
            }
            Step::SyncFolder(folder) => {
                for change in &mut self.changes {
                    change.is_durable |= change.folder() == folder;
                    if let ChangeKind::Move(from, _) = &change.kind {
                        change.is_source_durable |= from.parent() == Some(&*folder);
                    }
                }
                return;
            }
            Step::Told(_) | Step::TakenBack(_) => return,
        };
        self.changes.push(Change {
            kind,
            is_durable: false,
            is_source_durable: false,
        });
    }

    fn survivors(&self, model: Model, most: usize) -> (BTreeSet<Tree>, u64) {
        let pending: Vec<usize> = (0..self.changes.len())
            .filter(|index| !self.changes[*index].is_durable)
            .collect();
        let (choices, all) = match model {
            Model::InOrder => self.prefixes(&pending, most),
            Model::AnySubset => subsets(&pending, most),
        };
        let mut trees = BTreeSet::new();
        for kept in choices {
            self.materialize(&kept, false, &mut trees);
            if model == Model::AnySubset {
                self.materialize(&kept, true, &mut trees);
            }
        }
        (trees, all)
    }

    /// Of each folder's pending changes the first ones: every combination.
    fn prefixes(&self, pending: &[usize], most: usize) -> (Vec<BTreeSet<usize>>, u64) {
        let mut folders: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
        for index in pending {
            let folder = self.changes[*index].folder();
            folders.entry(folder).or_default().push(*index);
        }
        let all: u64 = folders.values().map(|them| them.len() as u64 + 1).product();
        let choices = numbers(all, most).map(|mut number| {
            let mut kept = BTreeSet::new();
            for them in folders.values() {
                let count = them.len() as u64 + 1;
                let first = usize::try_from(number % count).expect("small");
                kept.extend(&them[..first]);
                number /= count;
            }
            kept
        });
        (choices.collect(), all)
    }

    /// What the folder looks like if of the pending changes these survive, once for each way in which files may have been cut.
    fn materialize(
        &self,
        kept: &BTreeSet<usize>,
        old_names_stay: bool,
        trees: &mut BTreeSet<Tree>,
    ) {
        let mut names: BTreeMap<&Path, Node> = BTreeMap::new();
        for (path, bytes) in self.base {
            let node = bytes.clone().map_or(Node::Folder, Node::Old);
            names.insert(path, node);
        }
        let mut places: BTreeMap<&Path, Node> = names.clone();
        for (index, change) in self.changes.iter().enumerate() {
            let survives = change.is_durable || kept.contains(&index);
            match &change.kind {
                ChangeKind::Make(path, node) => {
                    places.insert(path, node.clone());
                    if survives {
                        names.insert(path, node.clone());
                    }
                }
                ChangeKind::Move(from, to) => {
                    let node = places.remove(&**from).expect("what was moved was there");
                    places.insert(to, node.clone());
                    if survives {
                        if !old_names_stay || change.is_source_durable {
                            names.remove(&**from);
                        }
                        names.insert(to, node);
                    }
                }
                ChangeKind::Remove(path) => {
                    places.remove(&**path);
                    if survives {
                        names.remove(&**path);
                    }
                }
            }
        }
        let is_reached = |path: &Path| {
            let above = path.ancestors().skip(1);
            above
                .filter(|above| !above.as_os_str().is_empty())
                .all(|above| names.get(above) == Some(&Node::Folder))
        };
        let reached: Vec<_> = names.iter().filter(|(path, _)| is_reached(path)).collect();
        let is_unsynced =
            |node: &Node| matches!(node, Node::New(number) if !self.synced.contains(number));
        let damages = if reached.iter().any(|(_, node)| is_unsynced(node)) {
            0..4
        } else {
            0..1
        };
        for damage in damages {
            let mut tree = Tree::new();
            for (path, node) in &reached {
                let bytes = match node {
                    Node::Folder => None,
                    Node::Old(bytes) => Some(bytes.clone()),
                    Node::New(number) => Some(self.bytes_of(*number, damage)),
                };
                tree.insert(path.to_path_buf(), bytes);
            }
            trees.insert(tree);
        }
    }

    fn bytes_of(&self, number: usize, damage: usize) -> Vec<u8> {
        let bytes = self.bytes.get(&number).cloned().unwrap_or_default();
        match damage {
            _ if self.synced.contains(&number) => bytes,
            0 => bytes,
            1 => Vec::new(),
            2 => bytes[..bytes.len() / 2].to_vec(),
            _ => vec![0; bytes.len()],
        }
    }
}

/// Every subset, or so many of them.
fn subsets(pending: &[usize], most: usize) -> (Vec<BTreeSet<usize>>, u64) {
    assert!(pending.len() < 64, "more changes at once than are tried");
    let all = 1 << pending.len();
    let choices = numbers(all, most).map(|number| {
        let kept = pending.iter().enumerate();
        kept.filter(|(bit, _)| number >> bit & 1 == 1)
            .map(|(_, index)| *index)
            .collect()
    });
    (choices.collect(), all)
}

/// The numbers below a bound, or `most` of them: the first, the last, and others that are the same in each run.
fn numbers(bound: u64, most: usize) -> impl Iterator<Item = u64> {
    let most = most as u64;
    let is_sampled = bound > most;
    // Steps by a prime that is no factor of a bound visit different numbers, in all bits.
    let sampled = (0..most).map(move |index| match index {
        0 => 0,
        1 => bound - 1,
        _ => (index.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 3) % bound,
    });
    let every = 0..bound;
    let (every, sampled) = if is_sampled {
        (None, Some(sampled))
    } else {
        (Some(every), None)
    };
    every
        .into_iter()
        .flatten()
        .chain(sampled.into_iter().flatten())
}

/// Creates a file whose name is the same in each run.
fn create_numbered(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let free = (1..1000).find(|number| !folder.join(format!("{prefix}{number:03}")).exists());
    let prefix = format!("{prefix}{:03}", free.unwrap_or(0));
    tempfile::Builder::new()
        .prefix(&prefix)
        .rand_bytes(0)
        .tempfile_in(folder)
}

/// Everything below a folder, but the files of locks, which say nothing once their process is gone.
pub fn tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1) {
        let entry = entry.expect("an entry");
        let path = entry.path().strip_prefix(root).expect("below the root");
        if path.ends_with("lock") {
            continue;
        }
        let is_folder = entry.file_type().is_dir();
        let bytes = (!is_folder).then(|| fs::read(entry.path()).expect("a file"));
        tree.insert(path.to_owned(), bytes);
    }
    tree
}

/// Writes a tree into an empty folder.
pub fn lay_out(tree: &Tree, root: &Path) {
    for (path, bytes) in tree {
        let path = root.join(path);
        match bytes {
            None => fs::create_dir(path).expect("a folder"),
            Some(bytes) => fs::write(path, bytes).expect("a file"),
        }
    }
}
