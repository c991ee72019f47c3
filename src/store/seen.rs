//! What was looked at once and need not be looked at again: a note that is kept beside the lock, on this machine alone.
//!
//! It says that in a tree of requests every one that was finished had the content which its record names, but for some. So the
//! files that are the same still need not be read. It decides nothing but whether somebody is told that the file of a finished
//! request was changed: what is finished never runs again, whatever its file says.

use std::fmt::Write as _;
use std::path::Path;

use super::look::{self, Refused};
use super::{SCRATCH, atomic, failed};
use crate::model::Digest;
use crate::reconcile::port::LedgerError;

/// The first line.
const HEADER: &str = "rolecall seen 1";
/// The longest note that is read, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// The note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The id that git gives the tree of the requests.
    pub tree: String,
    /// The serial of the newest log at that time.
    pub serial: u64,
    /// The digest of that log's file.
    pub head: Digest,
    /// The files of finished requests that have another content, relative to the access repository.
    pub except: Vec<String>,
}

/// Reads the note; `None` where there is none that can be read.
#[must_use]
pub fn read(root: &Path) -> Option<Seen> {
    let bytes = look::read(&root.join(SCRATCH).join("seen"), Some(LIMIT)).ok()?;
    parse(std::str::from_utf8(&bytes).ok()?)
}

fn parse(text: &str) -> Option<Seen> {
    let mut lines = text.strip_suffix("\n...\n")?.lines();
    if lines.next()? != HEADER {
        return None;
    }
    let tree = lines.next()?.strip_prefix("tree ")?.to_owned();
    let (serial, head) = lines.next()?.strip_prefix("log ")?.split_once(' ')?;
    let except = lines.map(|line| line.strip_prefix("except ").map(str::to_owned));
    Some(Seen {
        tree,
        serial: serial.parse().ok()?,
        head: head.parse().ok()?,
        except: except.collect::<Option<_>>()?,
    })
}

/// Writes the note, if it says something else than the one that is there. Only under the lock.
///
/// # Errors
///
/// [`LedgerError::Io`] if it cannot be written.
pub fn write(root: &Path, seen: &Seen) -> Result<(), LedgerError> {
    let scratch = root.join(SCRATCH);
    let target = scratch.join("seen");
    let text = text(seen);
    // A longer one would not be read again, and a path with a line break would be two.
    if text.len() as u64 > LIMIT || seen.except.iter().any(|path| path.contains('\n')) {
        return match std::fs::remove_file(&target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(failed("remove", &target)(error))
            }
            _ => Ok(()),
        };
    }
    match look::read(&target, Some(LIMIT)) {
        Ok(bytes) if bytes == text.as_bytes() => Ok(()),
        Ok(_) | Err(Refused::Io(_) | Refused::Kind(_)) => {
            atomic::replace(&scratch, &target, text.as_bytes())
        }
    }
}

fn text(seen: &Seen) -> String {
    let mut text = format!(
        "{HEADER}\ntree {}\nlog {} {}\n",
        seen.tree, seen.serial, seen.head
    );
    for path in &seen.except {
        let _ = writeln!(text, "except {path}");
    }
    text.push_str("...\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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
            except: Vec::new(),
        };
        for except in [vec![], vec!["requests/a b.yaml".to_owned()]] {
            seen.except = except;
            write(root, &seen).expect("it is written");
            assert_eq!(read(root), Some(seen.clone()));
            write(root, &seen).expect("it is there already");
        }
        let whole = text(&seen);
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), None, "{length}");
        }
        seen.except = vec!["requests/a\nb.yaml".to_owned()];
        write(root, &seen).expect("it is left out");
        assert_eq!(read(root), None);
    }
}
