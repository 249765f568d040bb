//! The file of an embedded database, and whether it is still there.
//!
//! The surprising rule: a file that is deleted or moved goes on working for whoever has it open, and whoever opens it anew
//! makes an empty one. So what is acknowledged would be gone with the process, or two halves would be written. It is asked
//! for by its number before anything is read or written.

use std::path::{Path, PathBuf};

use super::{Address, DbError};

/// A file by its path and by the number under which it was opened.
#[derive(Clone)]
pub(super) struct Place {
    path: PathBuf,
    number: Option<(u64, u64)>,
}

impl Place {
    /// The file that is there now.
    pub(super) fn of(address: &Address) -> Self {
        let path = match address {
            Address::Sqlite(path) => path.clone(),
            Address::Postgres(_) => PathBuf::new(),
        };
        Self {
            number: number(&path),
            path,
        }
    }

    /// Refuses where there is no file now, or another one.
    pub(super) fn check(&self) -> Result<(), DbError> {
        match number(&self.path) {
            number if number == self.number => Ok(()),
            None => Err(self.gone("is gone")),
            Some(_) => Err(self.gone("has been replaced; restart the server to use the new one")),
        }
    }

    fn gone(&self, what: &str) -> DbError {
        DbError::Unavailable(format!("the database file {} {what}", self.path.display()))
    }
}

/// Device and inode; nothing where there is no file.
#[cfg(unix)]
fn number(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path)
        .ok()
        .map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn number(path: &Path) -> Option<(u64, u64)> {
    path.exists().then_some((0, 0))
}
