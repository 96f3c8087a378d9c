//! Writing files so that a crash leaves the old content or the new, never a part.

use crate::{Error, Result};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `bytes` to `path` atomically: to a temporary file beside it, synced, then renamed over it, and the folder
/// synced. Whoever reads `path` sees the old content or all of the new, even if the machine stops in between.
///
/// # Errors
/// [`Error::Io`] with the step that failed; `path` then still has its old content.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(&mut Real, path, None, bytes)
}

/// The file operations that an atomic write is made of; tests fail each of them in turn.
pub(crate) trait Disk {
    /// Creates or empties the file and writes all of `bytes`.
    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Waits until the file's content is on the medium.
    fn sync(&mut self, path: &Path) -> io::Result<()>;
    /// Gives the file another name, atomically replacing what had it.
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    /// Waits until the folder's entries are on the medium.
    fn sync_folder(&mut self, folder: &Path) -> io::Result<()>;
}

/// The file system itself.
pub(crate) struct Real;

impl Disk for Real {
    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        File::create(path)?.write_all(bytes)
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        // Windows syncs only through a handle that may write.
        File::options().write(true).open(path)?.sync_all()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(unix)]
    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    // Elsewhere a folder cannot be opened as a file; renames are journalled by the file system.
    #[cfg(not(unix))]
    fn sync_folder(&mut self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// Replaces `path` by `bytes`; what was there moves to `older` first, if that is given.
pub(crate) fn replace(disk: &mut impl Disk, path: &Path, older: Option<&Path>, bytes: &[u8]) -> Result<()> {
    let temporary = beside(path, ".tmp")?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    disk.write(&temporary, bytes).map_err(|e| Error::io("write", &temporary, e))?;
    disk.sync(&temporary).map_err(|e| Error::io("sync", &temporary, e))?;
    if let Some(older) = older {
        match disk.rename(path, older) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Error::io("rename", path, e)),
            _ => {}
        }
    }
    disk.rename(&temporary, path).map_err(|e| Error::io("rename", &temporary, e))?;
    disk.sync_folder(folder).map_err(|e| Error::io("sync", folder, e))
}

/// `path` with `suffix` appended to its file name.
pub(crate) fn beside(path: &Path, suffix: &str) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| Error::parameter("path", path.display(), "the path of a file"))?;
    let mut name = name.to_owned();
    name.push(suffix);
    Ok(path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_replaces_and_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the temporary file is gone");
        let missing = folder.path().join("no/such/folder/a.json");
        assert!(write_atomic(&missing, b"x").unwrap_err().to_string().starts_with("cannot write "));
        assert!(write_atomic(Path::new("/"), b"x").unwrap_err().to_string().contains("the path of a file"));
    }
}
