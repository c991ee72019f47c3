//! Files that are there whole or not at all, whatever kills the program: written beside, synced, moved into place, and the folder
//! synced after that.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::disk::{Disk, Machine};
use super::{failed, look};
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
pub(super) fn create(
    disk: &dyn Disk,
    scratch: &Path,
    target: &Path,
    bytes: &[u8],
) -> Result<(), LedgerError> {
    let file = written(disk, scratch, bytes)?;
    disk.put(file, target).map_err(failed("create", target))?;
    sync_folder(disk, parent(target))
}

/// Creates or replaces a file: a reader sees the old bytes or the new ones.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
pub fn replace(scratch: &Path, target: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    replace_on(&Machine, scratch, target, bytes)
}

/// As [`replace`], with bytes that can name the moment at which their file is changed last (see [`look::changed`]). A copy of the file
/// that does not keep its time, such as one that git makes, was changed at another.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
pub(super) fn replace_dated(
    scratch: &Path,
    target: &Path,
    bytes: impl FnOnce(Option<u128>) -> Vec<u8>,
) -> Result<(), LedgerError> {
    let disk = Machine;
    let mut file = created(&disk, scratch, PREFIX)?;
    let made = file.as_file().metadata();
    let made = made.map_err(failed("look at", file.path()))?;
    disk.write(&mut file, &bytes(look::changed(&made)))
        .map_err(failed("write", file.path()))?;
    // Not every file system lets everybody do that; the file is then what a copy of it would be.
    let dated = made
        .modified()
        .and_then(|it| file.as_file().set_modified(it));
    dated.ok();
    disk.sync(&file).map_err(failed("sync", file.path()))?;
    moved(&disk, file.into_temp_path(), target)
}

/// As [`replace`], on some disk.
pub(super) fn replace_on(
    disk: &dyn Disk,
    scratch: &Path,
    target: &Path,
    bytes: &[u8],
) -> Result<(), LedgerError> {
    let file = written(disk, scratch, bytes)?;
    moved(disk, file, target)
}

/// Moves a file into the place of another one, durably.
fn moved(disk: &dyn Disk, file: TempPath, target: &Path) -> Result<(), LedgerError> {
    disk.replace(file, target)
        .map_err(failed("replace", target))?;
    sync_folder(disk, parent(target))
}

/// Creates a file that must not be there yet, with the unfinished file, a hidden one, beside it; for the commands that start
/// files for people. Missing folders above it are created.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path; of kind `AlreadyExists` if the name is taken, which is left alone.
pub fn create_beside(target: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let folder = parent(target);
    create_folder(folder)?;
    let file = written_as(&Machine, folder, OUTPUT_PREFIX, bytes)?;
    Machine
        .put(file, target)
        .map_err(failed("create", target))?;
    sync_folder(&Machine, folder)
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
    let file = written_as(&Machine, here(parent(target)), OUTPUT_PREFIX, bytes)?;
    if let Some(there) = there {
        fs::set_permissions(&file, there.permissions())
            .map_err(failed("set the permissions of", &file))?;
    }
    Machine
        .replace(file, target)
        .map_err(failed("replace", target))
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
    create_folder_on(&Machine, folder)
}

/// As [`create_folder`], on some disk.
pub(super) fn create_folder_on(disk: &dyn Disk, folder: &Path) -> Result<(), LedgerError> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let above = parent(folder);
    create_folder_on(disk, above)?;
    match disk.create_folder(folder) {
        Ok(()) => sync_folder(disk, above),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(failed("create folder", folder)(error)),
    }
}

/// What a killed program left unfinished in its scratch folder; only of use under the lock.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
pub(super) fn leftovers(scratch: &Path) -> Result<Vec<PathBuf>, LedgerError> {
    let entries = match fs::read_dir(scratch) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("list", scratch)(error)),
    };
    let mut leftovers = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed("list", scratch))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && !is_folder {
            leftovers.push(entry.path());
        }
    }
    Ok(leftovers)
}

/// Makes the entries of a folder durable.
///
/// # Errors
///
/// [`LedgerError::Io`] naming step and path.
pub(super) fn sync_folder(disk: &dyn Disk, folder: &Path) -> Result<(), LedgerError> {
    let folder = here(folder);
    disk.sync_folder(folder)
        .map_err(failed("sync folder", folder))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// A file with the bytes, synced, that goes away if it is not moved into place. Its name is not durable.
pub(super) fn written(
    disk: &dyn Disk,
    scratch: &Path,
    bytes: &[u8],
) -> Result<TempPath, LedgerError> {
    written_as(disk, scratch, PREFIX, bytes)
}

fn written_as(
    disk: &dyn Disk,
    folder: &Path,
    prefix: &str,
    bytes: &[u8],
) -> Result<TempPath, LedgerError> {
    let mut file = created(disk, folder, prefix)?;
    disk.write(&mut file, bytes)
        .map_err(failed("write", file.path()))?;
    disk.sync(&file).map_err(failed("sync", file.path()))?;
    Ok(file.into_temp_path())
}

fn created(disk: &dyn Disk, folder: &Path, prefix: &str) -> Result<NamedTempFile, LedgerError> {
    disk.create(folder, prefix)
        .map_err(failed("create a file in", folder))
}
