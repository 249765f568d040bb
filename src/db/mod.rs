//! The two databases behind one door.
//!
//! The surprising rule: a write on SQLite does not run where it is asked for. One thread owns the only
//! write connection and commits what is waiting in groups, so many writes share one `fsync`
//! (see [`writer`]). On PostgreSQL a write is an ordinary transaction on a pooled connection.

mod backup;
mod connection;
mod migrations;
mod place;
mod pool;
pub mod position;
mod readers;
pub mod rows;
mod stopwatch;
pub mod types;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use diesel::Connection as _;

pub use backup::{BackupError, backup};
pub use connection::{AnyConnection, MultiBackend};
pub use migrations::{MigrationError, pending as pending_migrations, run as migrate};
pub use pool::{Address, UnknownScheme};
pub use types::{Date, Id, Instant, Json};

use pool::Pool;
use readers::Readers;
use writer::Writer;

/// Why the database could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection was free in time, the database is locked, or it cannot be reached. Trying again may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The disk is full, or the database may not grow.
    #[error("the storage is full: {0}")]
    StorageFull(String),
    /// A query failed.
    #[error(transparent)]
    Query(diesel::result::Error),
    /// The work panicked; nothing of it was kept.
    #[error("the work on the database panicked")]
    Panicked,
}

impl From<diesel::result::Error> for DbError {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        let error = match error {
            // The commit failed first, and says why.
            Error::RollbackErrorOnCommit { commit_error, .. } => *commit_error,
            error => error,
        };
        let (kind, info) = match &error {
            Error::DatabaseError(kind, info) => (kind, info),
            // What the connection was doing when it broke is not known; another one may do better.
            Error::BrokenTransactionManager => return Self::Unavailable(error.to_string()),
            _ => return Self::Query(error),
        };
        let message = info.message();
        let says = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
        // A read-only PostgreSQL is one that has become a replica: the next connection finds the primary.
        let is_unavailable = matches!(
            kind,
            Kind::ClosedConnection
                | Kind::UnableToSendCommand
                | Kind::SerializationFailure
                | Kind::ReadOnlyTransaction
        );
        if is_unavailable || says(&UNAVAILABLE) {
            Self::Unavailable(message.to_owned())
        } else if says(&FULL) {
            Self::StorageFull(message.to_owned())
        } else {
            Self::Query(error)
        }
    }
}

/// What the databases say when trying again may help. Diesel keeps neither SQLite's result code nor PostgreSQL's
/// SQLSTATE, so the text is all there is; a connection that was lost is known without it.
const UNAVAILABLE: [&str; 10] = [
    "database is locked",
    "database table is locked",
    "disk I/O error",
    "unable to open database file",
    "canceling statement due to",
    "terminating connection",
    "deadlock detected",
    "no connection to the server",
    "server closed the connection",
    "out of memory",
];

/// What they say when there is no room.
const FULL: [&str; 3] = [
    "database or disk is full",
    "No space left on device",
    "readonly database",
];

/// What work on the database may fail with.
pub trait Failure: From<DbError> + Send + 'static {
    /// Whether the database was out of reach, so that the connection is not used again.
    fn is_unavailable(&self) -> bool;
}

impl Failure for DbError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// What becomes of a write whose work went well.
#[derive(Debug)]
pub enum Outcome<T> {
    /// The change is committed before the caller learns of it.
    Keep(T),
    /// There was nothing to change: the transaction is rolled back and the answer stands.
    Discard(T),
}

/// How the databases are reached and how long anything may wait for them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in the pool (on SQLite: read connections beside the one writer).
    pub connections: u32,
    /// How long a request waits for a free connection.
    pub acquire: Duration,
    /// How long one statement may run (on SQLite: how long it is waited for), or wait for a lock.
    pub statement: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8,
            acquire: Duration::from_secs(5),
            statement: Duration::from_secs(10),
        }
    }
}

/// The door to the database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    reader: Reading,
    writer: Writing,
}

enum Reading {
    /// PostgreSQL: the server of the database ends what runs too long.
    Pooled(Pool),
    /// SQLite: whoever waits gives up.
    Patient(Readers),
}

enum Writing {
    /// PostgreSQL: any pooled connection may write.
    Pooled(Pool),
    /// SQLite: one thread writes.
    Threaded(Writer),
}

impl Db {
    /// Opens the database at `address`, and `replica` (PostgreSQL only) for reads where one is given.
    /// Migrations are not run here.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn open(
        address: &Address,
        replica: Option<&Address>,
        limits: &Limits,
    ) -> Result<Self, DbError> {
        let writer = match address {
            Address::Sqlite(_) => Writing::Threaded(Writer::start(address, limits)?),
            Address::Postgres(_) => Writing::Pooled(Pool::open(address, limits, false)?),
        };
        let reader = match (&writer, replica) {
            (Writing::Pooled(pool), None) => Reading::Pooled(pool.clone()),
            (Writing::Pooled(_), Some(replica)) => {
                Reading::Pooled(Pool::open(replica, limits, true)?)
            }
            (Writing::Threaded(_), _) => Reading::Patient(Readers::open(address, limits)?),
        };
        Ok(Self(Arc::new(Inner { reader, writer })))
    }

    /// Runs `work` on a connection for reading.
    ///
    /// # Errors
    /// What `work` answers, or [`DbError`] as `E` when no connection was to be had.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &self.0.reader {
            Reading::Patient(readers) => readers.read(work).await,
            Reading::Pooled(pool) => {
                let pool = pool.clone();
                on_blocking_thread(move || pool.with(work)).await
            }
        }
    }

    /// Whether a read still runs. Once nobody asks any more, it is one that nobody waits for.
    #[must_use]
    pub fn has_strays(&self) -> bool {
        match &self.0.reader {
            Reading::Patient(readers) => readers.are_busy(),
            Reading::Pooled(_) => false,
        }
    }

    /// Runs `work` in one transaction and answers only after it is durable.
    ///
    /// # Errors
    /// What `work` answers (nothing is kept then), or [`DbError`] as `E` when the database failed.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection) -> Result<Outcome<T>, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &self.0.writer {
            Writing::Threaded(writer) => writer.submit(work).await,
            Writing::Pooled(pool) => {
                let pool = pool.clone();
                on_blocking_thread(move || pool.with(|conn| in_transaction(conn, work))).await
            }
        }
    }
}

async fn on_blocking_thread<T, E, F>(work: F) -> Result<T, E>
where
    F: FnOnce() -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: Failure,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(_) => Err(E::from(DbError::Panicked)),
    }
}

/// Why a transaction ends without a commit.
enum Ended<T> {
    Failed,
    Discarded(T),
    Broken(diesel::result::Error),
}

impl<T> From<diesel::result::Error> for Ended<T> {
    fn from(error: diesel::result::Error) -> Self {
        Self::Broken(error)
    }
}

/// Runs `work` in a transaction, or in a savepoint where one is open already.
fn in_transaction<T, E: Failure>(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<Outcome<T>, E>,
) -> Result<T, E> {
    // Kept outside, because a rollback that fails too would put its own error in the place of the cause: a full
    // disk ends SQLite's transaction by itself, and then there is no savepoint to go back to.
    let mut cause = None;
    let ended = conn.transaction(|conn| match work(conn) {
        Ok(Outcome::Keep(answer)) => Ok(answer),
        Ok(Outcome::Discard(answer)) => Err(Ended::Discarded(answer)),
        Err(error) => {
            cause = Some(error);
            Err(Ended::Failed)
        }
    });
    match (cause, ended) {
        (Some(error), _) => Err(error),
        (None, Ok(answer) | Err(Ended::Discarded(answer))) => Ok(answer),
        (None, Err(Ended::Broken(error))) => Err(DbError::from(error).into()),
        (None, Err(Ended::Failed)) => Err(DbError::Panicked.into()),
    }
}
