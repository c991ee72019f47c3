//! What the store does to a disk, one method a step: what a power cut can come before or after.
//!
//! What is read is read from the file system as it is, so reading is no part of this. The tests have a second disk that keeps
//! apart what was flushed and what was not.

use std::fmt::Debug;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::{NamedTempFile, TempPath};

/// The steps in which files and folders change.
pub trait Disk: Debug + Send + Sync {
    /// Creates an empty file of a new name that begins with `prefix`. It goes away if it is never moved into place.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    fn create(&self, folder: &Path, prefix: &str) -> io::Result<NamedTempFile>;

    /// Writes all the bytes into a file that is new.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    fn write(&self, file: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()>;

    /// Makes the bytes of a file durable; not its name.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    fn sync(&self, file: &NamedTempFile) -> io::Result<()>;

    /// Moves a file into place, in one step that fails if the name is taken.
    ///
    /// # Errors
    ///
    /// As the operating system says; of kind `AlreadyExists` if the name is taken.
    fn put(&self, file: TempPath, target: &Path) -> io::Result<()>;

    /// Moves a file into place, in one step that takes the place of what has the name.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    fn replace(&self, file: TempPath, target: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Creates one folder.
    ///
    /// # Errors
    ///
    /// As the operating system says; of kind `AlreadyExists` if the name is taken.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// Makes the entries of a folder durable: which names are in it, and for which files they stand.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// The disk of the machine.
#[derive(Debug, Clone, Copy)]
pub struct Machine;

impl Disk for Machine {
    fn create(&self, folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
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
        builder.tempfile_in(folder)
    }

    fn write(&self, file: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &NamedTempFile) -> io::Result<()> {
        file.as_file().sync_all()
    }

    fn put(&self, file: TempPath, target: &Path) -> io::Result<()> {
        file.persist_noclobber(target).map_err(|error| error.error)
    }

    fn replace(&self, file: TempPath, target: &Path) -> io::Result<()> {
        file.persist(target).map_err(|error| error.error)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Only Unix can open a folder, and has to.
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}
