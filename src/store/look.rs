//! Looking at a file before, and again after, it is opened, so that nothing but a regular file is ever read.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// What a file is, in words.
pub(super) fn kind(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return "a symbolic link";
    }
    if kind.is_dir() {
        return "a folder";
    }
    if kind.is_file() {
        return "a regular file";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    "a device"
}

/// What a file keeps while it is there: its device and its number on it.
#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "not every system can tell files apart"
)]
pub(super) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

/// Not known on this system.
#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Whether two looks saw the same file; yes where a system cannot tell.
pub(super) fn is_same(left: &Metadata, right: &Metadata) -> bool {
    identity(left) == identity(right)
}

/// When a file or a folder was changed last, in nanoseconds since 1970.
pub(super) fn changed(metadata: &Metadata) -> Option<u128> {
    let since = metadata
        .modified()
        .ok()?
        .duration_since(SystemTime::UNIX_EPOCH);
    Some(since.ok()?.as_nanos())
}

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is not a regular file but this.
    Kind(&'static str),
    /// The operating system.
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// How often a file is looked at again while somebody puts others in its place.
const LOOKS: usize = 20;

/// Opens a regular file, without following a link in its last step.
pub(super) fn open(path: &Path) -> Result<(File, Metadata), Refused> {
    for _ in 0..LOOKS {
        let before = fs::symlink_metadata(path)?;
        if !before.is_file() {
            return Err(Refused::Kind(kind(&before)));
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_file() && is_same(&before, &metadata) {
            return Ok((file, metadata));
        }
        // Between the two another one was put in its place, as whoever writes a file whole does.
    }
    Err(Refused::Kind("another file at each look"))
}

/// Reads a regular file; of one that is longer than a limit, the limit and one byte more.
pub(super) fn read(path: &Path, limit: Option<u64>) -> Result<Vec<u8>, Refused> {
    Ok(read_dated(path, limit)?.0)
}

/// As [`read`], with when the file was changed last.
pub(super) fn read_dated(
    path: &Path,
    limit: Option<u64>,
) -> Result<(Vec<u8>, Option<u128>), Refused> {
    let (file, metadata) = open(path)?;
    let most = limit.map_or(u64::MAX, |limit| limit + 1);
    let size = usize::try_from(metadata.len().min(most)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(size.saturating_add(1));
    file.take(most).read_to_end(&mut bytes)?;
    Ok((bytes, changed(&metadata)))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test makes its own files")]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn a_file_that_others_replace_all_the_while_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (path, next) = (folder.path().join("file"), folder.path().join("next"));
        fs::write(&path, "whole").unwrap();
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    fs::write(&next, "whole").unwrap();
                    fs::rename(&next, &path).unwrap();
                }
            });
            let all_whole = (0..500).all(|_| read(&path, None).is_ok_and(|read| read == b"whole"));
            is_over.store(true, Ordering::Relaxed);
            assert!(all_whole);
        });
    }
}
