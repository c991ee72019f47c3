//! What was looked at once and need not be looked at again: a note that is kept beside the lock, on this machine alone.
//!
//! It names the files of a tree of requests but for those of finished requests with the content that their record names, and but for what
//! was refused. Of another tree it decides nothing but whether somebody is told that the file of a finished request was changed: what is
//! finished never runs again. Of the same tree, which git knows by what is in it, it is the listing, unless something was refused.
//!
//! It is of this machine alone: it names the moment at which its own file was changed last, to the nanosecond, and is none where the file
//! says another, or a whole second. So one that comes with a branch, which anybody can propose, is none: nobody knows at which moment
//! git is going to write it.
//!
//! It also says in which folders of the work tree there was nothing that the tree does not have. It decides nothing but whether
//! somebody is told of a file that is not merged yet.

use std::fmt::Write as _;
use std::path::Path;

use super::look::{self, Refused};
use super::requests::{Folders, modified};
use super::{SCRATCH, atomic, failed};
use crate::model::Digest;
use crate::reconcile::port::LedgerError;

/// Where the note is, relative to the access repository.
pub const PATH: &str = "state/.rolecall/seen";
/// A line of its own.
const REFUSED: &str = "refused";
/// The first line. The number is raised whenever a note says something else, or other files of a tree are requests or are refused.
const HEADER: &str = "rolecall seen 3";
/// Two changes may seem to be at the same moment if they are so near, in nanoseconds: on FAT it is two seconds.
const COARSE: u128 = 3_000_000_000;
/// A second, in nanoseconds.
const SECOND: u128 = 1_000_000_000;
/// The longest note that is read or written, in bytes: room for some two hundred thousand open requests.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The id that git gives the tree of the requests.
    pub tree: String,
    /// The serial of the newest log at that time.
    pub serial: u64,
    /// The digest of that log's file.
    pub head: Digest,
    /// Whether something in the tree was refused, such as a link: then whoever tells of that must go through it.
    pub has_refused: bool,
    /// The files that are not those of finished requests as they were carried out.
    pub open: Vec<Open>,
    /// The folders of the work tree.
    pub folders: Folders,
}

/// A file of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The id that git gives its content.
    pub blob: String,
    /// Its path, relative to the access repository.
    pub path: String,
}

/// Reads the note; `None` where there is none that can be read.
#[must_use]
pub fn read(root: &Path) -> Option<Seen> {
    let (bytes, changed) = look::read_dated(&root.join(PATH), Some(LIMIT)).ok()?;
    // Files that a program dates are dated to the second: by the moments of commits, or all to the same one.
    let changed = changed.filter(|changed| changed % SECOND != 0)?;
    parse(std::str::from_utf8(&bytes).ok()?, changed)
}

/// Reads the text of a note whose file was changed at a moment.
fn parse(text: &str, changed: u128) -> Option<Seen> {
    let (said, sum) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    if sum != sum_of(said) {
        return None;
    }
    let mut lines = said.split('\n');
    if lines.next()? != HEADER {
        return None;
    }
    if lines.next()? != written(Some(changed)) {
        return None;
    }
    let tree = lines.next()?.strip_prefix("tree ")?.to_owned();
    let (serial, head) = lines.next()?.strip_prefix("log ")?.split_once(' ')?;
    let mut seen = Seen {
        tree,
        serial: serial.parse().ok()?,
        head: head.parse().ok()?,
        has_refused: false,
        open: Vec::new(),
        folders: Folders::new(),
    };
    for line in lines {
        if line == REFUSED {
            seen.has_refused = true;
            continue;
        }
        match line.split_once(' ')? {
            ("open", file) => {
                let (blob, path) = file.split_once(' ')?;
                let (blob, path) = (blob.to_owned(), path.to_owned());
                seen.open.push(Open { blob, path });
            }
            ("folder", said) => {
                let (changed, path) = said.split_once(' ')?;
                let changed = match changed {
                    "-" => None,
                    changed => Some(changed.parse().ok()?),
                };
                seen.folders.insert(path.to_owned(), changed);
            }
            _ => return None,
        }
    }
    Some(seen)
}

/// Writes the note, if it says something else than the one that is there. Only under the lock.
///
/// # Errors
///
/// [`LedgerError::Io`] if it cannot be written.
pub fn write(root: &Path, seen: &Seen) -> Result<(), LedgerError> {
    let scratch = root.join(SCRATCH);
    let target = root.join(PATH);
    let mut said = said(seen, modified(&scratch.join("lock")));
    if length(&said) > LIMIT {
        let folders = Folders::new();
        let without = Seen {
            folders,
            ..seen.clone()
        };
        said = self::said(&without, None);
    }
    // A longer one would not be read again, and a path with a line break would be two.
    let open = seen.open.iter().map(|open| &open.path);
    let mut paths = open.chain(seen.folders.keys());
    if length(&said) > LIMIT || paths.any(|path| path.contains('\n')) {
        return match std::fs::remove_file(&target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(failed("remove", &target)(error))
            }
            _ => Ok(()),
        };
    }
    match look::read_dated(&target, Some(LIMIT)) {
        Ok((bytes, changed)) if changed.is_some() && bytes == text(&said, changed) => Ok(()),
        Ok(_) | Err(Refused::Io(_) | Refused::Kind(_)) => {
            atomic::replace_dated(&scratch, &target, |changed| text(&said, changed))
        }
    }
}

/// What is said of the moment at which a note's file is changed last. Of a moment that is not known, nothing is believed.
fn written(changed: Option<u128>) -> String {
    format!("written {:020}", changed.unwrap_or_default())
}

/// The bytes of a note that says this, in a file that is changed last at a moment.
fn text(said: &str, changed: Option<u128>) -> Vec<u8> {
    let said = format!("{HEADER}\n{}\n{said}", written(changed));
    let sum = sum_of(&said);
    format!("{said}\n{sum}\n").into_bytes()
}

/// How long the note is that says this, in bytes.
fn length(said: &str) -> u64 {
    (text("", None).len() + said.len()) as u64
}

/// What a note says by somebody who took the lock at a moment. A folder that was changed about then may have been changed again since,
/// and say that it was at the same moment: clocks of file systems are coarse.
fn said(seen: &Seen, locked: Option<u128>) -> String {
    let mut said = format!("tree {}\nlog {} {}", seen.tree, seen.serial, seen.head);
    if seen.has_refused {
        let _ = write!(said, "\n{REFUSED}");
    }
    for Open { blob, path } in &seen.open {
        let _ = write!(said, "\nopen {blob} {path}");
    }
    let is_settled = |changed: &u128| locked.is_some_and(|locked| changed + COARSE < locked);
    for (path, changed) in &seen.folders {
        let _ = match changed.filter(is_settled) {
            Some(changed) => write!(said, "\nfolder {changed} {path}"),
            None => write!(said, "\nfolder - {path}"),
        };
    }
    said
}

/// The last line, by which a note is known to be as it was written.
fn sum_of(said: &str) -> String {
    format!("sum {}", Digest::of(said.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &str) -> Open {
        let (blob, path) = (
            "89abcdef0123456789abcdef0123456789abcdef".to_owned(),
            path.to_owned(),
        );
        Open { blob, path }
    }

    #[test]
    fn a_note_is_read_as_it_was_written_and_nothing_else_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        std::fs::create_dir_all(root.join(SCRATCH)).expect("the folder");
        assert_eq!(read(root), None);
        let mut seen = Seen {
            tree: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            serial: 17,
            head: Digest::of(b"log"),
            has_refused: false,
            open: Vec::new(),
            folders: Folders::new(),
        };
        for paths in [
            &[][..],
            &["requests/a b.yaml"],
            &["requests/\u{e4}.yaml", "requests/c.yaml"],
        ] {
            seen.open = paths.iter().copied().map(open).collect();
            seen.has_refused = paths.len() == 1;
            write(root, &seen).expect("it is written");
            assert_eq!(read(root), Some(seen.clone()));
            write(root, &seen).expect("it is there already");
        }
        seen.folders = [("requests", Some(7)), ("requests/a b", None)]
            .map(|(path, changed)| (path.to_owned(), changed))
            .into();
        let whole = text(&said(&seen, Some(COARSE + 8)), Some(9));
        let whole = String::from_utf8(whole).expect("a text");
        assert_eq!(whole.len() as u64, length(&said(&seen, Some(COARSE + 8))));
        assert_eq!(parse(&whole, 9), Some(seen.clone()));
        assert_eq!(parse(&whole, 8), None, "another file has the same bytes");
        assert!(said(&seen, Some(COARSE + 7)).contains("folder - requests\n"));
        assert!(said(&seen, None).contains("folder - requests\n"));
        let ends = whole.char_indices().map(|(end, _)| end);
        for end in ends {
            assert_eq!(parse(&whole[..end], 9), None, "{end}");
        }
        assert_eq!(parse(&whole.replace("requests/c", "requests/d"), 9), None);
        let many = (0..LIMIT / 16).map(|number| (format!("requests/{number}"), None));
        let many = Seen {
            folders: many.collect(),
            ..seen.clone()
        };
        write(root, &many).expect("it is written without them");
        let read_again = read(root).expect("a note");
        assert_eq!(
            (read_again.open, read_again.folders),
            (seen.open.clone(), Folders::new())
        );
        for (path, folder) in [("a\nb", "a"), ("a", "a\nb")] {
            seen.open = vec![open(&format!("requests/{path}.yaml"))];
            seen.folders = [(format!("requests/{folder}"), None)].into();
            write(root, &seen).expect("it is left out");
            assert_eq!(read(root), None);
        }
    }
}
