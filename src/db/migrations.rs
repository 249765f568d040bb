//! The schema's versions: embedded, run at start, under a lock.
//!
//! The surprising rule: on SQLite foreign keys are switched off before the transaction begins and checked
//! after it. Inside the transaction the pragma does nothing, and a table that is rebuilt would take its
//! children with it.

use std::time::Duration;

use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::pool::{Address, connect};
use super::writer::begin_immediate;
use super::{AnyConnection, DbError};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// PostgreSQL's advisory lock that servers starting together take one after the other ("relais" in ASCII).
const LOCK: i64 = 0x7265_6c61_6973;

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database could not be reached or is locked.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A newer Relais has been here.
    #[error(
        "the database was made by a newer Relais (it has the schema version {0}, which this program does not know); start the newer program"
    )]
    Newer(String),
    /// A migration failed; its transaction was rolled back.
    #[error("a migration failed and was rolled back: {0}")]
    Failed(String),
    /// After a migration on SQLite, rows refer to rows that are not there.
    #[error("a migration left rows without their parents in: {0}")]
    Dangling(String),
}

impl From<diesel::result::Error> for MigrationError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Brings the database up to date and answers the versions that were applied, oldest first.
///
/// # Errors
/// When the database is newer than the program, cannot be reached, or a migration fails.
pub fn run(address: &Address) -> Result<Vec<String>, MigrationError> {
    // Longer than any statement: another server may be migrating.
    let mut conn = connect(address, Duration::from_mins(5))?;
    match &mut conn {
        AnyConnection::Postgres(_) => {
            conn.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})"))?;
        }
        AnyConnection::Sqlite(_) => {
            conn.batch_execute("PRAGMA foreign_keys = OFF")?;
            begin_immediate(&mut conn)?;
        }
    }
    let applied = apply(&mut conn);
    let sqlite = matches!(conn, AnyConnection::Sqlite(_));
    match (applied, sqlite) {
        (Ok(versions), true) => {
            check_foreign_keys(&mut conn)?;
            Manager::commit_transaction(&mut conn)?;
            Ok(versions)
        }
        (Err(error), true) => {
            Manager::rollback_transaction(&mut conn)?;
            Err(error)
        }
        // PostgreSQL frees the lock with the connection.
        (answer, false) => answer,
    }
}

type Manager = <AnyConnection as diesel::Connection>::TransactionManager;

/// The versions that this program has and the database has not.
///
/// # Errors
/// When the database is newer than the program or cannot be reached.
pub fn pending(address: &Address) -> Result<Vec<String>, MigrationError> {
    let mut conn = connect(address, Duration::from_secs(10))?;
    refuse_newer(&mut conn)?;
    let pending = conn
        .pending_migrations(MIGRATIONS)
        .map_err(|error| MigrationError::Failed(error.to_string()))?;
    Ok(pending
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect())
}

fn apply(conn: &mut AnyConnection) -> Result<Vec<String>, MigrationError> {
    refuse_newer(conn)?;
    let versions = conn
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| MigrationError::Failed(error.to_string()))?;
    Ok(versions.iter().map(MigrationVersion::to_string).collect())
}

fn refuse_newer(conn: &mut AnyConnection) -> Result<(), MigrationError> {
    let known: Vec<Box<dyn Migration<super::MultiBackend>>> = MIGRATIONS
        .migrations()
        .map_err(|error| MigrationError::Failed(error.to_string()))?;
    let there = conn
        .applied_migrations()
        .map_err(|error| MigrationError::Failed(error.to_string()))?;
    let unknown = there.iter().find(|version| {
        !known
            .iter()
            .any(|known| known.name().version() == **version)
    });
    unknown.map_or(Ok(()), |version| {
        Err(MigrationError::Newer(version.to_string()))
    })
}

#[derive(QueryableByName)]
struct Dangling {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table: String,
}

fn check_foreign_keys(conn: &mut AnyConnection) -> Result<(), MigrationError> {
    let AnyConnection::Sqlite(conn) = conn else {
        return Ok(());
    };
    let rows: Vec<Dangling> =
        sql_query("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 5").load(conn)?;
    if rows.is_empty() {
        return Ok(());
    }
    let tables: Vec<String> = rows.into_iter().map(|row| row.table).collect();
    Err(MigrationError::Dangling(tables.join(", ")))
}
