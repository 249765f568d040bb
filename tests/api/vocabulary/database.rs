//! A database for each test, copied from a migrated template.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use relais::db::{self, Address, AnyConnection};

/// A database that goes away with the test.
pub struct TestDatabase {
    pub address: Address,
    /// Keeps the folder of a SQLite database alive.
    _folder: Option<tempfile::TempDir>,
    /// Where to drop a PostgreSQL database.
    server: Option<(String, String)>,
}

/// The server that `RELAIS_TEST_DATABASE_URL` names; without it the suite runs on SQLite.
fn postgres() -> Option<String> {
    std::env::var("RELAIS_TEST_DATABASE_URL").ok()
}

fn database_url(server: &str, name: &str) -> String {
    let (head, query) = match server.split_once('?') {
        Some((head, query)) => (head, format!("?{query}")),
        None => (server, String::new()),
    };
    let (place, _) = head.rsplit_once('/').expect("a URL with a database");
    format!("{place}/{name}{query}")
}

fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl TestDatabase {
    /// A connection of the test's own, as another program would have one.
    pub fn connect(&self) -> AnyConnection {
        match &self.address {
            Address::Sqlite(file) => AnyConnection::Sqlite(
                SqliteConnection::establish(&file.to_string_lossy()).expect("the file opens"),
            ),
            Address::Postgres(url) => AnyConnection::Postgres(
                PgConnection::establish(url).expect("the test server answers"),
            ),
        }
    }

    /// Runs a statement behind the server's back.
    pub fn execute(&self, statement: &str) {
        self.connect()
            .batch_execute(statement)
            .expect("the statement runs");
    }

    /// Keeps everybody from writing, but not from reading, until it is dropped.
    pub fn lock_writes(&self) -> AnyConnection {
        let mut conn = self.connect();
        let lock = match &conn {
            AnyConnection::Sqlite(_) => "BEGIN EXCLUSIVE",
            AnyConnection::Postgres(_) => "BEGIN; LOCK TABLE teams, accounts IN EXCLUSIVE MODE",
        };
        conn.batch_execute(lock).expect("the lock is free");
        conn
    }

    /// Says from now on what the database says when a table cannot grow.
    pub fn pretend_to_be_full(&self, table: &str) {
        self.execute(&match self.address {
            Address::Sqlite(_) => format!(
                "CREATE TRIGGER full_disk BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            ),
            Address::Postgres(_) => format!(
                r#"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     RAISE EXCEPTION 'could not extend file "base/16384/16402": No space left on device'
                         USING ERRCODE = 'disk_full', HINT = 'Check free disk space.'; END $$;
                   CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()"#
            ),
        });
    }

    pub fn pretend_to_have_room(&self, table: &str) {
        self.execute(&match self.address {
            Address::Sqlite(_) => "DROP TRIGGER full_disk".to_owned(),
            Address::Postgres(_) => format!("DROP TRIGGER full_disk ON {table}"),
        });
    }

    /// Lets nobody new into a PostgreSQL database, or everybody again.
    pub fn shut(&self, is_shut: bool) {
        if let Some((server, name)) = &self.server {
            let allowed = !is_shut;
            execute(
                server,
                &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}"),
            );
        }
    }

    /// Whether the suite runs on PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.address, Address::Postgres(_))
    }

    /// Its address as a setting takes it.
    pub fn url(&self) -> String {
        match &self.address {
            Address::Sqlite(file) => format!("sqlite:{}", file.display()),
            Address::Postgres(url) => url.clone(),
        }
    }

    /// A database without a schema, where the suite runs on PostgreSQL.
    pub fn empty_on_postgres() -> Option<Self> {
        let server = postgres()?;
        let name = format!("empty_{}_{}", std::process::id(), number());
        execute(&server, &format!("CREATE DATABASE {name}"));
        Some(Self {
            address: Address::Postgres(database_url(&server, &name)),
            _folder: None,
            server: Some((server, name)),
        })
    }

    /// A database without a schema in the tablespace `small`; none where the suite does not run on PostgreSQL, or there
    /// is no such tablespace, which it then says.
    pub fn empty_on_small_disk() -> Option<Self> {
        let server = postgres()?;
        let is_there =
            "DO $$ BEGIN ASSERT EXISTS (SELECT FROM pg_tablespace WHERE spcname = 'small'); END $$";
        let mut conn = PgConnection::establish(&server).expect("the test server answers");
        if conn.batch_execute(is_there).is_err() {
            skipped("this PostgreSQL has no tablespace `small`: it is not filled up");
            return None;
        }
        Self::on_small_disk(&server).ok()
    }

    /// One more of them beside this one, as long as there is room.
    pub fn another_on_small_disk(&self) -> Option<Self> {
        let (server, _) = self.server.as_ref()?;
        Self::on_small_disk(server).ok()
    }

    /// Copied file by file, so that its room is taken now. From PostgreSQL 15 on the files would be as long as they should be
    /// and empty, and the next checkpoint would fail for everybody.
    fn on_small_disk(server: &str) -> diesel::QueryResult<Self> {
        let name = format!("small_{}_{}", std::process::id(), number());
        let mut conn = PgConnection::establish(server).expect("the test server answers");
        let is_15 =
            "DO $$ BEGIN ASSERT current_setting('server_version_num')::int >= 150000; END $$";
        let copied = match conn.batch_execute(is_15) {
            Ok(()) => "STRATEGY file_copy",
            Err(_) => "",
        };
        conn.batch_execute(&format!("CREATE DATABASE {name} TABLESPACE small {copied}"))?;
        Ok(Self {
            address: Address::Postgres(database_url(server, &name)),
            _folder: None,
            server: Some((server.to_owned(), name)),
        })
    }

    pub fn fresh() -> Self {
        match postgres() {
            Some(server) => Self::on_postgres(&server),
            None => Self::on_sqlite(),
        }
    }

    fn on_sqlite() -> Self {
        static TEMPLATE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
        let (_, template) = TEMPLATE.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let file = folder.path().join("template.db");
            db::migrate(&Address::Sqlite(file.clone())).expect("the template is migrated");
            (folder, file)
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("relais.db");
        std::fs::copy(template, &file).expect("the template is copied");
        Self {
            address: Address::Sqlite(file),
            _folder: Some(folder),
            server: None,
        }
    }

    fn on_postgres(server: &str) -> Self {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let run = std::process::id();
        let template = TEMPLATE.get_or_init(|| {
            let name = format!("template_{run}");
            execute(server, &format!("CREATE DATABASE {name}"));
            let address = Address::Postgres(database_url(server, &name));
            db::migrate(&address).expect("the template is migrated");
            name
        });
        let name = format!("test_{run}_{}", number());
        execute(
            server,
            &format!("CREATE DATABASE {name} TEMPLATE {template}"),
        );
        Self {
            address: Address::Postgres(database_url(server, &name)),
            _folder: None,
            server: Some((server.to_owned(), name)),
        }
    }
}

/// Says that a test could not do what it is for, past the capture of what tests print, so that nobody takes it for passed.
pub fn skipped(why: &str) {
    let line = format!("\nSKIPPED: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).ok();
}

fn execute(server: &str, statement: &str) {
    let mut conn = PgConnection::establish(server).expect("the test server answers");
    conn.batch_execute(statement).expect("the statement runs");
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server
            && let Ok(mut conn) = PgConnection::establish(server)
        {
            let _ = conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}
