//! Trees of commits, folder by folder, through the running `cat-file`.

use std::collections::HashMap;

use super::entries::{Content, Entries, Entry, Id, Mode};
use super::{Git, GitError, Oid, Tip};

/// The most that is read, gone through and listed of a tree, in bytes: more than a million files. Folders that hold one another many
/// times over make a tree of more files than any disk has out of some kilobytes.
const LIMIT: usize = 128 * 1024 * 1024;

/// How many folders are gone through: they may hold one another and no file at all.
const MOST_FOLDERS: usize = 1_000_000;

/// How deep folders may stand in one another.
pub(super) const DEEPEST: usize = 1000;

/// Trees that were read, by id.
type Trees = HashMap<Id, Vec<u8>>;

/// The folder that the access repository is, as it is at a tip.
#[derive(Debug, Clone)]
pub(super) struct Top {
    tree: Id,
    content: Vec<u8>,
}

/// What of a folder is looked at, by name and kind.
pub(super) type Pick = fn(&[u8], Mode) -> bool;

impl Git {
    /// The entries of the access repository with a name, not below it; one at most, but for trees that no git has written.
    pub(super) fn named<'tip>(
        &self,
        tip: &'tip Tip,
        name: &str,
    ) -> Result<Vec<Entry<'tip>>, GitError> {
        let Some(top) = self.top(tip)? else {
            return Ok(Vec::new());
        };
        let entries = Content::new(&top.tree, &top.content);
        let entries: Vec<_> = entries.collect::<Option<_>>().ok_or_else(broken)?;
        let is_it = |entry: &Entry<'_>| entry.path == name.as_bytes();
        Ok(entries.into_iter().filter(is_it).collect())
    }

    fn top<'tip>(&self, tip: &'tip Tip) -> Result<Option<&'tip Top>, GitError> {
        if let Some(top) = tip.top.get() {
            return Ok(top.as_ref());
        }
        let top = self.tree(tip.commit(), b"")?;
        let top = top.map(|(tree, content)| Top { tree, content });
        Ok(tip.top.get_or_init(|| top).as_ref())
    }

    /// The tree that a folder of the access repository is in a commit, with its content; `None` where there is no such folder.
    pub(super) fn tree(
        &self,
        commit: &Oid,
        folder: &[u8],
    ) -> Result<Option<(Id, Vec<u8>)>, GitError> {
        let mut here = self.tree_called(format!("{commit}^{{tree}}"))?;
        let path = [&self.prefix, folder].concat();
        let names = path.split(|byte| *byte == b'/');
        for name in names.filter(|name| !name.is_empty()) {
            let mut next = None;
            for entry in Content::new(&here.0, &here.1) {
                let entry = entry.ok_or_else(broken)?;
                if entry.path == name && entry.mode == Mode::Folder {
                    next.get_or_insert(entry.id);
                }
            }
            match next {
                Some(next) => here = self.tree_called(next.oid().to_string())?,
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }

    /// A tree that must be there.
    fn tree_called(&self, name: String) -> Result<(Id, Vec<u8>), GitError> {
        let found = self.look_up(&[name.as_str()], LIMIT)?.pop().flatten();
        let found = found.filter(|found| found.kind == "tree");
        let found = found.ok_or(GitError::MissingObject { object: name })?;
        if found.content.len() > LIMIT {
            return Err(GitError::TooMany);
        }
        Ok((Id::of(&found.oid).ok_or_else(broken)?, found.content))
    }

    /// The contents of trees that must be there. What they have is taken off what is `left` to be read.
    fn contents_of(&self, trees: &[Id], left: &mut usize) -> Result<Vec<Vec<u8>>, GitError> {
        let oids: Vec<Oid> = trees.iter().map(Id::oid).collect();
        let names: Vec<&str> = oids.iter().map(Oid::as_str).collect();
        let found = self.look_up_within(&names, *left)?.into_iter().zip(&oids);
        let mut contents = Vec::with_capacity(trees.len());
        for (found, oid) in found {
            let found = found.filter(|found| found.kind == "tree" && found.oid == *oid);
            let content = found.map(|found| found.content);
            let content = content.ok_or_else(|| GitError::MissingObject {
                object: oid.to_string(),
            })?;
            let rest = left.checked_sub(content.len());
            *left = rest.ok_or(GitError::TooMany)?;
            contents.push(content);
        }
        Ok(contents)
    }

    /// What is at the tip under a name of the access repository: the entry itself, or if that is a folder, what is below it.
    pub(super) fn under(&self, tip: &Tip, name: &str, pick: Pick) -> Result<Under, GitError> {
        let named = self.named(tip, name)?;
        let folders = named.iter().filter(|entry| entry.mode == Mode::Folder);
        Ok(Under {
            trees: self.trees(folders.map(|entry| entry.id).collect(), pick)?,
            roots: named.iter().map(|entry| (entry.mode, entry.id)).collect(),
            path: name.to_owned(),
            pick,
        })
    }

    /// What is below a folder of the access repository in a commit.
    pub(super) fn below(&self, commit: &Oid, folder: &str, pick: Pick) -> Result<Under, GitError> {
        let tree = self.tree(commit, folder.as_bytes())?;
        let root = tree.map(|(tree, _)| tree);
        Ok(Under {
            trees: self.trees(root.into_iter().collect(), pick)?,
            roots: root.map(|root| (Mode::Folder, root)).into_iter().collect(),
            path: folder.to_owned(),
            pick,
        })
    }

    /// The regular files that a commit has at some paths of the access repository: which path, and the content.
    pub(super) fn files_at(
        &self,
        commit: &Oid,
        paths: &[Vec<u8>],
    ) -> Result<Vec<(usize, Id)>, GitError> {
        let Some((top, content)) = self.tree(commit, b"")? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let all = paths.iter().map(Vec::as_slice).enumerate().collect();
        let mut below = step(&top, &content, all, &mut found)?;
        while !below.is_empty() {
            let mut folders: HashMap<Id, Wanted<'_>> = HashMap::new();
            for (folder, wanted) in below {
                folders.entry(folder).or_default().push(wanted);
            }
            let (folders, wanted): (Vec<Id>, Vec<Wanted<'_>>) = folders.into_iter().unzip();
            let contents = self.contents_of(&folders, &mut { LIMIT })?;
            below = Vec::new();
            for ((folder, content), wanted) in folders.iter().zip(contents).zip(wanted) {
                below.extend(step(folder, &content, wanted, &mut found)?);
            }
        }
        Ok(found)
    }

    /// The trees of folders and of all folders below them, each once.
    fn trees(&self, mut level: Vec<Id>, pick: Pick) -> Result<Trees, GitError> {
        let mut trees = Trees::new();
        let mut left = LIMIT;
        for _ in 0..DEEPEST {
            level.retain(|id| trees.insert(*id, Vec::new()).is_none());
            if level.is_empty() {
                return Ok(trees);
            }
            let mut next = Vec::new();
            for (id, content) in level.iter().zip(self.contents_of(&level, &mut left)?) {
                next.extend(folders(id, &content, pick)?);
                trees.insert(*id, content);
            }
            level = next;
        }
        Err(GitError::TooDeep)
    }
}

/// A path that is wanted, by its number, and what is left of it.
type Left<'path> = (usize, &'path [u8]);

/// Paths that are wanted.
type Wanted<'path> = Vec<Left<'path>>;

/// Takes paths one folder further: to files, which are found, and into folders, with what is left of the path.
fn step<'path>(
    tree: &Id,
    content: &[u8],
    wanted: Wanted<'path>,
    found: &mut Vec<(usize, Id)>,
) -> Result<Vec<(Id, Left<'path>)>, GitError> {
    let mut by_name: HashMap<&[u8], Wanted<'path>> = HashMap::new();
    for (index, path) in wanted {
        let end = memchr::memchr(b'/', path).unwrap_or(path.len());
        let (name, rest) = path.split_at(end);
        by_name.entry(name).or_default().push((index, rest));
    }
    let mut below = Vec::new();
    for entry in Content::new(tree, content) {
        let entry = entry.ok_or_else(broken)?;
        for (index, rest) in by_name.get(entry.path).into_iter().flatten() {
            match (rest.split_first(), entry.mode) {
                (None, Mode::File) => found.push((*index, entry.id)),
                (Some((_, rest)), Mode::Folder) => below.push((entry.id, (*index, rest))),
                _ => {}
            }
        }
    }
    Ok(below)
}

/// The folders in a tree that are looked at.
fn folders(tree: &Id, content: &[u8], pick: Pick) -> Result<Vec<Id>, GitError> {
    let mut folders = Vec::new();
    for entry in Content::new(tree, content) {
        let entry = entry.ok_or_else(broken)?;
        if entry.mode == Mode::Folder && pick(entry.path, entry.mode) {
            folders.push(entry.id);
        }
    }
    Ok(folders)
}

/// What is under a name in a commit, with all trees that are needed to go through it.
pub(super) struct Under {
    trees: Trees,
    roots: Vec<(Mode, Id)>,
    path: String,
    pick: Pick,
}

impl Under {
    /// Hands over each entry that is no folder, with its path relative to the access repository.
    pub(super) fn visit(&self, mut take: impl FnMut(Entry<'_>)) -> Result<(), GitError> {
        let mut walk = Walk {
            under: self,
            path: self.path.clone().into_bytes(),
            seen: 0,
            size: 0,
            folders: 0,
            take: &mut take,
        };
        self.roots
            .iter()
            .try_for_each(|(mode, id)| walk.take(*mode, *id, 0))
    }

    /// All of these entries.
    pub(super) fn entries(&self) -> Result<Entries, GitError> {
        let mut entries = Entries::default();
        self.visit(|entry| entries.push(entry))?;
        Ok(entries)
    }
}

/// Goes through trees that were read.
struct Walk<'a> {
    under: &'a Under,
    path: Vec<u8>,
    /// How much has been gone through, in bytes.
    seen: usize,
    /// How much has been listed, in bytes.
    size: usize,
    /// How many folders it has been in.
    folders: usize,
    take: &'a mut dyn FnMut(Entry<'_>),
}

impl Walk<'_> {
    /// Takes in what is at the path.
    fn take(&mut self, mode: Mode, id: Id, depth: usize) -> Result<(), GitError> {
        if mode == Mode::Folder {
            self.folders += 1;
            if self.folders > MOST_FOLDERS {
                return Err(GitError::TooMany);
            }
            return self.go(&id, depth + 1);
        }
        self.size += self.path.len() + size_of::<Id>();
        if self.size > LIMIT {
            return Err(GitError::TooMany);
        }
        let path = &self.path;
        (self.take)(Entry { mode, id, path });
        Ok(())
    }

    /// Takes in what is in the folder at the path.
    fn go(&mut self, tree: &Id, depth: usize) -> Result<(), GitError> {
        if depth > DEEPEST {
            return Err(GitError::TooDeep);
        }
        let content = self.under.trees.get(tree).map_or(&[][..], Vec::as_slice);
        self.seen += content.len();
        if self.seen > LIMIT {
            return Err(GitError::TooMany);
        }
        let length = self.path.len();
        self.path.push(b'/');
        for entry in Content::new(tree, content) {
            let entry = entry.ok_or_else(broken)?;
            if (self.under.pick)(entry.path, entry.mode) {
                self.path.truncate(length + 1);
                self.path.extend_from_slice(entry.path);
                self.take(entry.mode, entry.id, depth)?;
            }
        }
        self.path.truncate(length);
        Ok(())
    }
}

/// A tree object is not what git writes.
pub(super) fn broken() -> GitError {
    GitError::Answer {
        command: "cat-file",
        message: "a folder is not understood".to_owned(),
    }
}
