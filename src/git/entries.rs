//! Entries of trees, as many as there may be, in little memory.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::OnceLock;

use super::Oid;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A regular file, executable or not.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A submodule.
    Submodule,
    /// None of these, or nothing at all.
    Other,
}

impl Mode {
    /// Reads octal digits; only the kind of file counts, as old trees have other permissions than git gives now.
    pub(super) fn parse(digits: &[u8]) -> Self {
        let value = digits.iter().try_fold(0_u32, |value, digit| {
            let digit = digit.checked_sub(b'0').filter(|digit| *digit < 8)?;
            (value < 0o100_000).then_some(value * 8 + u32::from(digit))
        });
        match value.unwrap_or_default() & 0o170_000 {
            0o100_000 => Self::File,
            0o040_000 => Self::Folder,
            0o120_000 => Self::Link,
            0o160_000 => Self::Submodule,
            _ => Self::Other,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::File => "a regular file",
            Self::Folder => "a folder",
            Self::Link => "a symbolic link",
            Self::Submodule => "a submodule",
            Self::Other => "something unknown",
        }
    }
}

/// The bytes of an id: 20 (SHA-1) or 32 (SHA-256).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id {
    bytes: [u8; 32],
    length: u8,
}

impl Id {
    fn new(raw: &[u8]) -> Option<Self> {
        let length = u8::try_from(raw.len()).ok()?;
        let mut bytes = [0; 32];
        bytes.get_mut(..raw.len())?.copy_from_slice(raw);
        matches!(length, 20 | 32).then_some(Self { bytes, length })
    }

    /// The bytes of an id in digits.
    pub(super) fn of(oid: &Oid) -> Option<Self> {
        let digit = |digit: u8| DIGITS.iter().position(|known| *known == digit);
        let pairs = oid.as_str().as_bytes().chunks_exact(2);
        let raw: Option<Vec<u8>> = pairs
            .map(|pair| u8::try_from(16 * digit(pair[0])? + digit(pair[1])?).ok())
            .collect();
        Self::new(&raw?)
    }

    pub(super) fn oid(&self) -> Oid {
        let bytes = &self.bytes[..usize::from(self.length)];
        let mut digits = String::with_capacity(2 * bytes.len());
        for byte in bytes {
            digits.push(char::from(DIGITS[usize::from(byte >> 4)]));
            digits.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Oid::of_digits(digits)
    }
}

/// The entries of the content of a tree object, in its order: `<mode> <name>NUL<id>` one after another. After something else
/// comes `None`, and then nothing more.
#[derive(Debug, Clone)]
pub(super) struct Content<'tree> {
    rest: &'tree [u8],
    id_length: usize,
}

impl<'tree> Content<'tree> {
    /// Reads the content of the tree that has an id.
    pub(super) fn new(tree: &Id, content: &'tree [u8]) -> Self {
        Self {
            rest: content,
            id_length: usize::from(tree.length),
        }
    }

    fn first(&self) -> Option<(Entry<'tree>, &'tree [u8])> {
        let space = memchr::memchr(b' ', self.rest)?;
        let (mode, rest) = (&self.rest[..space], &self.rest[space + 1..]);
        let end = memchr::memchr(0, rest)?;
        let (id, after) = rest[end + 1..].split_at_checked(self.id_length)?;
        let entry = Entry {
            mode: Mode::parse(mode),
            id: Id::new(id)?,
            path: &rest[..end],
        };
        Some((entry, after))
    }
}

impl<'tree> Iterator for Content<'tree> {
    type Item = Option<Entry<'tree>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let first = self.first();
        self.rest = first.map_or(&[], |(_, rest)| rest);
        Some(first.map(|(entry, _)| entry))
    }
}

/// An entry of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) mode: Mode,
    pub(super) id: Id,
    /// Its name; in [`Entries`] the path relative to the access repository.
    pub(super) path: &'a [u8],
}

/// Entries by their paths.
#[derive(Debug, Default)]
pub(super) struct Entries {
    paths: Vec<u8>,
    kept: Vec<Kept>,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Where its path ends; that of the one before ends where it begins.
    end: usize,
    mode: Mode,
    id: Id,
}

impl Entries {
    pub(super) fn push(&mut self, entry: Entry<'_>) {
        self.paths.extend_from_slice(entry.path);
        self.kept.push(Kept {
            end: self.paths.len(),
            mode: entry.mode,
            id: entry.id,
        });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut start = 0;
        self.kept.iter().map(move |kept| {
            let path = &self.paths[start..kept.end];
            start = kept.end;
            Entry {
                mode: kept.mode,
                id: kept.id,
                path,
            }
        })
    }
}

/// Files at the tip, each path once, in the order of paths.
#[derive(Debug, Default)]
pub struct Files {
    paths: String,
    /// Where each path ends; that of the next begins there.
    ends: Vec<usize>,
    ids: Vec<Id>,
    folders: OnceLock<HashMap<String, (usize, usize)>>,
}

impl Files {
    /// Files by their paths, with the ids of their contents; `None` if they are not in the order of paths, each once, or an id is none.
    pub fn of<'file>(files: impl Iterator<Item = (&'file str, &'file str)>) -> Option<Self> {
        let mut known = Self::default();
        let mut last = "";
        for (path, id) in files {
            if path <= last {
                return None;
            }
            known.push(path, Id::of(&Oid::parse(id)?)?);
            last = path;
        }
        Some(known)
    }

    /// Takes in an entry if it is a file whose path is in plain small letters and behind the last one.
    pub(super) fn push_plain(&mut self, entry: Entry<'_>) -> bool {
        // To the end whatever comes, so that many bytes are looked at at once.
        let is_plain = entry.path.iter().fold(true, |is_plain, byte| {
            is_plain & matches!(byte, b' '..=b'~') & !byte.is_ascii_uppercase()
        });
        let last = self.len().checked_sub(1).map(|last| self.path(last));
        if entry.mode != Mode::File
            || !is_plain
            || last.is_some_and(|last| last.as_bytes() >= entry.path)
        {
            return false;
        }
        let path = str::from_utf8(entry.path);
        path.is_ok_and(|path| {
            self.push(path, entry.id);
            true
        })
    }

    /// Takes a file in. Nothing may be asked before they are in order.
    pub(super) fn push(&mut self, path: &str, id: Id) {
        self.paths.push_str(path);
        self.ends.push(self.paths.len());
        self.ids.push(id);
    }

    /// Puts them in the order of paths, in which git has them as a rule.
    pub(super) fn order(&mut self) {
        if self.paths().is_sorted() {
            return;
        }
        let mut files: Vec<_> = self.paths().zip(self.ids.iter().copied()).collect();
        files.sort_unstable_by_key(|(path, _)| *path);
        let mut ordered = Self::default();
        for (path, id) in files {
            ordered.push(path, id);
        }
        *self = ordered;
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Their paths, relative to the access repository, with `/`.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.path(index))
    }

    fn path(&self, index: usize) -> &str {
        let start = match index.checked_sub(1) {
            Some(before) => self.ends[before],
            None => 0,
        };
        &self.paths[start..self.ends[index]]
    }

    /// Whether one has this path.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folders = self.folders.get_or_init(|| self.folders());
        let Some(&(mut from, mut to)) = folders.get(folder) else {
            return false;
        };
        while from < to {
            let middle = usize::midpoint(from, to);
            match self.path(middle).cmp(path) {
                Ordering::Less => from = middle + 1,
                Ordering::Equal => return true,
                Ordering::Greater => to = middle,
            }
        }
        false
    }

    /// Which files are in each folder: from the first to behind the last, with what is between them in other folders.
    fn folders(&self) -> HashMap<String, (usize, usize)> {
        let mut folders: HashMap<String, (usize, usize)> = HashMap::new();
        let mut note = |folder: &str, from, to| match folders.get_mut(folder) {
            Some((_, end)) => *end = to,
            None => {
                folders.insert(folder.to_owned(), (from, to));
            }
        };
        let (mut current, mut from) = ("", 0);
        for (index, path) in self.paths().enumerate() {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folder != current {
                note(current, from, index);
                (current, from) = (folder, index);
            }
        }
        note(current, from, self.len());
        folders
    }

    /// Lets those go that are not wanted.
    pub fn retain(&mut self, mut is_wanted: impl FnMut(&str) -> bool) {
        let mut kept = Self::default();
        for (path, id) in self.paths().zip(&self.ids) {
            if is_wanted(path) {
                kept.push(path, *id);
            }
        }
        *self = kept;
    }

    /// The paths, and the ids of the contents: the same id is the same content.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Oid)> {
        self.paths().zip(self.ids.iter().map(Id::oid))
    }
}

#[cfg(test)]
mod tests {
    use super::Files;

    #[test]
    fn known_files_are_taken_in_the_order_of_paths_each_once_and_with_whole_ids() {
        let (one, other) = ("01".repeat(20), "ab".repeat(32));
        let of = |files: &[(&str, &str)]| Files::of(files.iter().copied());
        let files = of(&[("a", &one), ("a/b", &other), ("b", &one)]).expect("they are in order");
        let ids: Vec<_> = files
            .iter()
            .map(|(path, id)| (path.to_owned(), id.to_string()))
            .collect();
        let due = [("a", &one), ("a/b", &other), ("b", &one)];
        assert_eq!(ids, due.map(|(path, id)| (path.to_owned(), id.clone())));
        assert!(of(&[]).is_some_and(|files| files.is_empty()));
        for wrong in [
            &[("b", &*one), ("a", &one)][..],
            &[("a", &one), ("a", &one)],
            &[("", &one)],
            &[("a", "")],
            &[("a", &one[1..])],
            &[("a", "0g")],
        ] {
            assert!(of(wrong).is_none(), "{wrong:?}");
        }
    }
}
