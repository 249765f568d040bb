//! Where a database is, and the pool of connections to it.
//!
//! The surprising rule: the variant is chosen here from the address, never by the derived `establish`,
//! which hides PostgreSQL's error and creates a stray SQLite file instead.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::r2d2::{self, ManageConnection};
use diesel::{Connection as _, PgConnection, SqliteConnection};

use super::stopwatch::Stopwatch;
use super::{AnyConnection, DbError, Failure, Limits};

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL, with its password.
    Postgres(String),
}

/// The address could not be read.
#[derive(Debug, thiserror::Error)]
#[error("a database address starts with sqlite: or postgres://")]
pub struct UnknownScheme;

impl FromStr for Address {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(UnknownScheme);
            }
            Ok(Self::Sqlite(PathBuf::from(path)))
        } else if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Ok(Self::Postgres(text.to_owned()))
        } else {
            Err(UnknownScheme)
        }
    }
}

/// Shows the address without the password, so that it can be logged.
impl std::fmt::Display for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", ""));
                // As libpq reads it: what stands before the first @ is the user, unless a / comes before it.
                let place = match rest.split_once('@') {
                    Some((user, place)) if !user.contains('/') => place,
                    _ => rest,
                };
                let place = place.split_once('?').map_or(place, |(place, _)| place);
                write!(out, "{scheme}://{place}")
            }
        }
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{self}")
    }
}

/// Opens one connection for reading and writing, with the settings that every connection has.
pub(super) fn connect(address: &Address, statement: Duration) -> Result<AnyConnection, DbError> {
    let opened = match address {
        Address::Sqlite(path) => {
            let path = path.to_string_lossy();
            SqliteConnection::establish(&path).map(AnyConnection::Sqlite)
        }
        Address::Postgres(url) => {
            PgConnection::establish(&with_patience(url)).map(AnyConnection::Postgres)
        }
    };
    let mut conn = opened.map_err(|error| DbError::Unavailable(in_one_line(&error.to_string())))?;
    let milliseconds = statement.as_millis();
    let settings: Vec<String> = match &conn {
        // One statement each: in one batch SQLite would stop at the first that is busy. The time-out
        // comes first, because the switch to WAL itself needs a lock.
        AnyConnection::Sqlite(_) => vec![
            format!("PRAGMA busy_timeout = {milliseconds}"),
            "PRAGMA journal_mode = WAL".to_owned(),
            "PRAGMA synchronous = FULL".to_owned(),
            "PRAGMA foreign_keys = ON".to_owned(),
            "PRAGMA temp_store = MEMORY".to_owned(),
        ],
        AnyConnection::Postgres(_) => vec![format!(
            "SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds}; SET TIME ZONE 'UTC'"
        )],
    };
    // The switch to WAL does not wait for the busy time-out when several servers start at once on a new file.
    let give_up = std::time::Instant::now() + statement;
    for setting in settings {
        loop {
            match conn.batch_execute(&setting).map_err(DbError::from) {
                Ok(()) => break,
                Err(DbError::Unavailable(why))
                    if why.contains("locked") && std::time::Instant::now() < give_up =>
                {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(conn)
}

/// The URL with limits on how long a silent server is waited for, unless it says so itself. Without them libpq
/// waits for as long as the system does: two hours for a server whose machine is gone.
fn with_patience(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [
        ("connect_timeout", "5"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "20000"),
        ("application_name", "relais"),
    ] {
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={value}"));
        }
    }
    url
}

/// libpq explains in several lines; a log line and a message to the operator are one.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

type Transactions = <AnyConnection as diesel::Connection>::TransactionManager;

/// A pooled connection, with the note that it must not go back into the pool.
pub(super) struct Link {
    conn: AnyConnection,
    stopwatch: Stopwatch,
    is_broken: bool,
}

struct Manager {
    address: Address,
    statement: Duration,
    read_only: bool,
}

impl ManageConnection for Manager {
    type Connection = Link;
    type Error = DbError;

    fn connect(&self) -> Result<Link, DbError> {
        let mut conn = connect(&self.address, self.statement)?;
        if self.read_only && matches!(conn, AnyConnection::Sqlite(_)) {
            conn.batch_execute("PRAGMA query_only = ON")
                .map_err(DbError::from)?;
        }
        let stopwatch = Stopwatch::default();
        // PostgreSQL has its own time-out.
        if matches!(conn, AnyConnection::Sqlite(_)) {
            stopwatch.attach(&mut conn);
        }
        Ok(Link {
            conn,
            stopwatch,
            is_broken: false,
        })
    }

    fn is_valid(&self, _: &mut Link) -> Result<(), DbError> {
        Ok(())
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        link.is_broken
    }
}

/// Long-lived connections, handed out one at a time.
#[derive(Clone)]
pub(super) struct Pool {
    links: r2d2::Pool<Manager>,
    acquire: Duration,
}

impl Pool {
    pub(super) fn open(
        address: &Address,
        limits: &Limits,
        read_only: bool,
    ) -> Result<Self, DbError> {
        let manager = Manager {
            address: address.clone(),
            statement: limits.statement,
            read_only,
        };
        // A first connection now, so that a wrong address stops the start with its own message
        // and not with a time-out.
        drop(manager.connect()?);
        let links = r2d2::Pool::builder()
            .max_size(limits.connections)
            .min_idle(Some(1))
            .connection_timeout(limits.acquire)
            .test_on_check_out(false)
            .error_handler(Box::new(LogFailures))
            .build_unchecked(manager);
        Ok(Self {
            links,
            acquire: limits.acquire,
        })
    }

    /// Runs `work` on a connection. A panic in it costs the connection, not the pool.
    pub(super) fn with<T, E: Failure>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with_stopwatch(|conn, _| work(conn))
    }

    /// The same for those who look on from another thread at how long its statements run.
    pub(super) fn with_stopwatch<T, E: Failure>(
        &self,
        work: impl FnOnce(&mut AnyConnection, &Stopwatch) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut link = self
            .links
            .get_timeout(self.acquire)
            .map_err(|error| E::from(DbError::Unavailable(error.to_string())))?;
        link.is_broken = true;
        let Link {
            conn, stopwatch, ..
        } = &mut *link;
        let answer = work(conn, stopwatch);
        link.is_broken = matches!(&answer, Err(error) if error.is_unavailable())
            || Transactions::is_broken_transaction_manager(&mut link.conn);
        answer
    }

    /// Whether any connection is in use.
    pub(super) fn is_busy(&self) -> bool {
        let state = self.links.state();
        state.connections > state.idle_connections
    }
}

#[derive(Debug)]
struct LogFailures;

impl r2d2::HandleError<DbError> for LogFailures {
    fn handle_error(&self, error: DbError) {
        log::warn!("a database connection could not be opened: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Address, DbError, Limits, Pool, in_one_line, with_patience};

    #[test]
    fn who_finds_no_connection_in_time_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Sqlite(folder.path().join("relais.db"));
        let limits = Limits {
            connections: 1,
            acquire: Duration::from_millis(50),
            ..Limits::default()
        };
        let pool = Pool::open(&address, &limits, true).unwrap();
        let inner = pool.with(|_| {
            let second = pool.with(|_| Ok::<_, DbError>(()));
            assert!(matches!(second, Err(DbError::Unavailable(_))), "{second:?}");
            Ok::<_, DbError>(())
        });
        inner.unwrap();
        pool.with(|_| Ok::<_, DbError>(())).unwrap();
    }

    fn shown(url: &str) -> String {
        url.parse::<Address>().unwrap().to_string()
    }

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        for (url, expected) in [
            ("sqlite:relais.db", "sqlite:relais.db"),
            ("sqlite:///var/lib/relais.db", "sqlite:/var/lib/relais.db"),
            (
                "postgres://db.example.org/relais",
                "postgres://db.example.org/relais",
            ),
            ("postgres://ada@db/relais", "postgres://db/relais"),
            (
                "postgresql://ada:s3cret@db:5433/relais?sslmode=require",
                "postgresql://db:5433/relais",
            ),
            ("postgres://ada:s3cr?t@db/relais", "postgres://db/relais"),
            (
                "postgres:///relais?user=ada&password=s3cret",
                "postgres:///relais",
            ),
            (
                "postgres://db/relais?password=s3@cret",
                "postgres://db/relais",
            ),
            (
                "postgres://ada:s3cret@one:1,two:2/relais",
                "postgres://one:1,two:2/relais",
            ),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for url in [
            "",
            "relais.db",
            "sqlite:",
            "sqlite://",
            "mysql://db/relais",
            "host=db user=ada",
            "postgres:db",
        ] {
            assert!(url.parse::<Address>().is_err(), "{url}");
        }
    }

    #[test]
    fn a_silent_server_is_given_up() {
        let url = with_patience("postgres://db/relais?connect_timeout=9");
        assert!(
            url.contains("?connect_timeout=9&keepalives_idle=10&"),
            "{url}"
        );
        assert!(with_patience("postgres://db/relais").contains("relais?connect_timeout=5&"));
    }

    #[test]
    fn a_message_is_one_line() {
        assert_eq!(
            in_one_line("refused\n\tIs the server running?\n"),
            "refused Is the server running?"
        );
    }
}
