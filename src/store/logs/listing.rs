//! Listing a folder: there may be very many logs in one.

use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io;
use std::path::Path;

use crate::reconcile::port::LedgerError;
use crate::store::failed;

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    Other,
}

impl Kind {
    fn of(kind: FileType) -> Self {
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Other
        }
    }
}

/// Takes the entries of a folder, in no order, by their names; there are none where there is no folder.
pub(super) fn list(
    folder: &Path,
    take: impl FnMut(&OsStr, Option<Kind>),
) -> Result<(), LedgerError> {
    match each(folder, take) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        listed => listed.map_err(failed("list", folder)),
    }
}

/// As the kernel gives them, many at a time into one piece of memory.
#[cfg(target_os = "linux")]
fn each(folder: &Path, mut take: impl FnMut(&OsStr, Option<Kind>)) -> io::Result<()> {
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt as _;

    use rustix::fs::{self as linux, Mode, OFlags, RawDir};

    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = linux::open(folder, flags, Mode::empty())?;
    let mut space = vec![MaybeUninit::uninit(); 32 * 1024];
    let mut entries = RawDir::new(opened, &mut space);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let kind = match entry.file_type() {
            linux::FileType::RegularFile => Some(Kind::File),
            linux::FileType::Directory => Some(Kind::Folder),
            linux::FileType::Symlink => Some(Kind::Link),
            // Some file systems do not tell in a listing.
            linux::FileType::Unknown => {
                let there = fs::symlink_metadata(folder.join(name)).ok();
                there.map(|there| Kind::of(there.file_type()))
            }
            _ => Some(Kind::Other),
        };
        take(name, kind);
    }
    Ok(())
}

/// By the standard library, entry by entry.
#[cfg(not(target_os = "linux"))]
fn each(folder: &Path, mut take: impl FnMut(&OsStr, Option<Kind>)) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        take(&entry.file_name(), entry.file_type().ok().map(Kind::of));
    }
    Ok(())
}
