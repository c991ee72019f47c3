//! Files that are there whole or not at all, whatever kills the program: written beside, synced, moved into place, and the folder
//! synced after that.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::failed;
use crate::reconcile::port::LedgerError;

/// How the files begin that are being written.
const PREFIX: &str = "tmp-";
/// The same for files that people have named.
const OUTPUT_PREFIX: &str = ".rolecall-tmp-";

/// Creates a file that must not be there yet. `scratch` is a folder of the same file system for the unfinished file.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path; of kind `AlreadyExists` if the name is taken, which is left alone.
pub fn create(scratch: &Path, target: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let file = written(scratch, bytes)?;
    file.persist_noclobber(target)
        .map_err(|error| failed("create", target)(error.error))?;
    sync_parent(target)
}

/// Creates or replaces a file: a reader sees the old bytes or the new ones.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
pub fn replace(scratch: &Path, target: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let file = written(scratch, bytes)?;
    file.persist(target)
        .map_err(|error| failed("replace", target)(error.error))?;
    sync_parent(target)
}

/// Creates a file that must not be there yet, with the unfinished file, a hidden one, beside it; for the commands that start
/// files for people. Missing folders above it are created.
///
/// # Errors
///
/// As [`create`].
pub fn create_beside(target: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let folder = parent(target);
    create_folder(folder)?;
    let file = written_as(folder, OUTPUT_PREFIX, bytes)?;
    file.persist_noclobber(target)
        .map_err(|error| failed("create", target)(error.error))?;
    sync_folder(folder)
}

/// Whether a file that a person has named can be written, tried without changing it.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
pub fn try_output(target: &Path) -> Result<(), LedgerError> {
    match target.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            let error = io::Error::from(io::ErrorKind::IsADirectory);
            Err(failed("write", target)(error))
        }
        Ok(metadata) if metadata.is_file() => fs::OpenOptions::new()
            .append(true)
            .open(target)
            .map(drop)
            .map_err(failed("write", target)),
        // A pipe or a device: opening it would already tell its reader something.
        Ok(_) => Ok(()),
        Err(_) => {
            let target = fs::read_link(target)
                .map_or_else(|_| target.to_owned(), |to| parent(target).join(to));
            tempfile::Builder::new()
                .prefix(OUTPUT_PREFIX)
                .tempfile_in(here(parent(&target)))
                .map(drop)
                .map_err(failed("write", &target))
        }
    }
}

/// Creates or replaces a file that a person has named, whole or not at all, with the permissions that it had. What is
/// a link or no regular file (a pipe, `/dev/stdout`) is written to instead.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
#[expect(clippy::disallowed_methods, reason = "the file that --output names")]
pub fn write_output(target: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let there = target.symlink_metadata().ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return fs::write(target, bytes).map_err(failed("write", target));
    }
    let file = written_as(here(parent(target)), OUTPUT_PREFIX, bytes)?;
    if let Some(there) = there {
        file.as_file()
            .set_permissions(there.permissions())
            .map_err(failed("set the permissions of", file.path()))?;
    }
    file.persist(target)
        .map_err(|error| failed("replace", target)(error.error))?;
    Ok(())
}

/// A folder as it can be opened: the current one has no name.
fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// Creates a folder and those above it, and makes each new one durable. One that is there already is left as it is.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
pub fn create_folder(folder: &Path) -> Result<(), LedgerError> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let above = parent(folder);
    create_folder(above)?;
    match fs::create_dir(folder) {
        Ok(()) => sync_folder(above),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(failed("create folder", folder)(error)),
    }
}

/// Removes what a killed program left in its scratch folder; only under the lock.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
pub fn clean(scratch: &Path) -> Result<(), LedgerError> {
    let entries = match fs::read_dir(scratch) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("list", scratch)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed("list", scratch))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && !is_folder {
            let path = entry.path();
            fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(())
}

/// Makes the entries of a folder durable.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
pub fn sync_folder(folder: &Path) -> Result<(), LedgerError> {
    let folder = here(folder);
    // Only Unix can open a folder, and has to.
    if cfg!(unix) {
        let opened = File::open(folder).map_err(failed("open folder", folder))?;
        opened.sync_all().map_err(failed("sync folder", folder))?;
    }
    Ok(())
}

fn sync_parent(target: &Path) -> Result<(), LedgerError> {
    sync_folder(parent(target))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

fn written(scratch: &Path, bytes: &[u8]) -> Result<NamedTempFile, LedgerError> {
    written_as(scratch, PREFIX, bytes)
}

/// A file with the bytes, synced, that goes away if it is not moved into place.
fn written_as(folder: &Path, prefix: &str, bytes: &[u8]) -> Result<NamedTempFile, LedgerError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the umask takes away what it takes away.
        fs::Permissions::from_mode(0o666)
    };
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut file = builder
        .tempfile_in(folder)
        .map_err(failed("create a file in", folder))?;
    file.write_all(bytes)
        .map_err(failed("write", file.path()))?;
    file.as_file()
        .sync_all()
        .map_err(failed("sync", file.path()))?;
    Ok(file)
}
