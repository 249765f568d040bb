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
    /// The file's permissions could not be set.
    #[error("the backup's permissions could not be set: {0}")]
    Permissions(#[from] std::io::Error),
}

/// Writes a whole and consistent copy of the database at `address` to `file` (mode 0600), with
/// SQLite's `VACUUM INTO`: readers and writers go on meanwhile.
///
/// # Errors
/// When the file exists, the database is not SQLite, or the copy fails.
pub fn backup(address: &Address, file: &Path) -> Result<(), BackupError> {
    if matches!(address, Address::Postgres(_)) {
        return Err(BackupError::Postgres);
    }
    if file.exists() {
        return Err(BackupError::Exists(file.display().to_string()));
    }
    let mut conn = connect(address, Duration::from_mins(1))?;
    let AnyConnection::Sqlite(conn) = &mut conn else {
        return Err(BackupError::Postgres);
    };
    sql_query("VACUUM INTO ?")
        .bind::<diesel::sql_types::Text, _>(file.to_string_lossy().into_owned())
        .execute(conn)
        .map_err(DbError::from)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}
