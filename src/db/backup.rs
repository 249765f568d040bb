//! A copy of the embedded database, made while the server runs.

use std::path::Path;
use std::time::Duration;

use diesel::{RunQueryDsl, sql_query};

use super::pool::{Address, connect};
use super::{AnyConnection, DbError};

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file is there already; a backup never overwrites.
    #[error("{0} is there already; name a file that does not exist")]
    Exists(String),
    /// PostgreSQL has its own tool for this.
    #[error("on PostgreSQL use pg_dump: relais backup copies the embedded database only")]
    Postgres,
    /// The copy failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// There is no database to copy.
    #[error("there is no database at {0}")]
    Nothing(String),
    /// The file could not be made.
    #[error("{0} cannot be made: {1}")]
    File(String, std::io::Error),
}

/// Writes a whole and consistent copy of the database at `address` to `file` (mode 0600), with
/// SQLite's `VACUUM INTO`: readers and writers go on meanwhile.
///
/// # Errors
/// When the file exists, the database is not SQLite or not there, or the copy fails.
pub fn backup(address: &Address, file: &Path) -> Result<(), BackupError> {
    let Address::Sqlite(original) = address else {
        return Err(BackupError::Postgres);
    };
    // To open it would make it.
    if !original.exists() {
        return Err(BackupError::Nothing(original.display().to_string()));
    }
    make_private(file)?;
    let copied = copy(address, file);
    if copied.is_err() {
        // A half copy must not be taken for a whole one; that there is none is told either way.
        let _ = std::fs::remove_file(file);
    }
    copied
}

fn copy(address: &Address, file: &Path) -> Result<(), BackupError> {
    let mut conn = connect(address, Duration::from_mins(1))?;
    let AnyConnection::Sqlite(conn) = &mut conn else {
        return Err(BackupError::Postgres);
    };
    sql_query("VACUUM INTO ?")
        .bind::<diesel::sql_types::Text, _>(file.to_string_lossy().into_owned())
        .execute(conn)
        .map_err(DbError::from)?;
    Ok(())
}

/// Makes the empty file that SQLite then fills, so that at no moment anybody else can read it.
fn make_private(file: &Path) -> Result<(), BackupError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let made = options.open(file).map(drop);
    made.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => BackupError::Exists(file.display().to_string()),
        _ => BackupError::File(file.display().to_string(), error),
    })
}
