//! The server under measurement: a child process with a database of its own.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};

/// The program, where its database is, and what goes away at the end.
pub struct Place {
    program: PathBuf,
    pub url: String,
    pub folder: tempfile::TempDir,
    /// What the server is told besides.
    pub arguments: Vec<String>,
    postgres: Option<(String, String)>,
}

impl Place {
    /// SQLite in a temporary folder.
    pub fn sqlite(program: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("relais.db").display());
        Self {
            program,
            url,
            folder,
            arguments: Vec::new(),
            postgres: None,
        }
    }

    /// A database of our own on a PostgreSQL server.
    pub fn postgres(program: PathBuf, server: &str) -> Self {
        let name = format!("relais_bench_{}", std::process::id());
        execute(server, &format!("CREATE DATABASE {name}"));
        let (head, query) = match server.split_once('?') {
            Some((head, query)) => (head, format!("?{query}")),
            None => (server, String::new()),
        };
        let (place, _) = head.rsplit_once('/').expect("a URL with a database");
        Self {
            program,
            url: format!("{place}/{name}{query}"),
            folder: tempfile::tempdir().expect("a temporary folder"),
            arguments: Vec::new(),
            postgres: Some((server.to_owned(), name)),
        }
    }

    pub const fn is_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// What the database calls itself, for the heading.
    pub fn name(&self) -> &'static str {
        if self.is_postgres() {
            "PostgreSQL"
        } else {
            "SQLite"
        }
    }

    /// Brings the statistics up to date, as a database does by itself some minutes after so many inserts.
    pub fn analyse(&self) {
        if self.is_postgres() {
            execute(&self.url, "VACUUM ANALYZE");
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.postgres {
            execute(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn execute(url: &str, statement: &str) {
    let mut conn = PgConnection::establish(url).expect("PostgreSQL answers");
    conn.batch_execute(statement).expect("the statement runs");
}

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts it and waits until it is ready. The log goes to a file, one line a request, as it would.
    pub fn start(place: &Place) -> Self {
        Self::start_timed(place).0
    }

    /// The same, and how long it took from `exec` to the first 200 of `/readyz`.
    pub fn start_timed(place: &Place) -> (Self, Duration) {
        // Free when we look, and so short a time later still.
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|probe| probe.local_addr())
            .expect("a free port");
        let log = File::options()
            .create(true)
            .append(true)
            .open(place.folder.path().join("relais.log"))
            .expect("a log file");
        let started = Instant::now();
        let child = Command::new(&place.program)
            .args(["serve", "--listen", &address.to_string()])
            .args(["--database-url", &place.url])
            .args(["--access-token-minutes", "1440"])
            .args(["--rate-limit", "100000000"])
            .args(["--sign-in-rate-limit", "100000000"])
            .args(&place.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut server = Self { address, child };
        while !server.is_ready() {
            if let Some(status) = server.child.try_wait().expect("a child") {
                let log = fs::read_to_string(place.folder.path().join("relais.log"));
                panic!(
                    "the server ended with {status}: {}",
                    log.unwrap_or_default()
                );
            }
            assert!(started.elapsed() < Duration::from_secs(60), "not ready");
            std::thread::sleep(Duration::from_millis(1));
        }
        (server, started.elapsed())
    }

    fn is_ready(&self) -> bool {
        let ask = || -> io::Result<bool> {
            let mut stream = TcpStream::connect(self.address)?;
            stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer.starts_with("HTTP/1.1 200"))
        };
        ask().unwrap_or(false)
    }

    /// Resident memory now and at its highest, in KiB.
    pub fn memory(&self) -> (u64, u64) {
        let status = PathBuf::from(format!("/proc/{}/status", self.child.id()));
        let status = fs::read_to_string(status).unwrap_or_default();
        let read = |name: &str| {
            status
                .lines()
                .find_map(|line| {
                    line.strip_prefix(name)?
                        .split_whitespace()
                        .nth(1)?
                        .parse()
                        .ok()
                })
                .unwrap_or(0)
        };
        (read("VmRSS"), read("VmHWM"))
    }

    /// Processor time used so far, user and system, in seconds.
    pub fn processor(&self) -> f64 {
        let stat =
            fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let ticks: f64 = stat
            .rsplit_once(')')
            .map(|(_, rest)| rest.split_whitespace().skip(11).take(2))
            .into_iter()
            .flatten()
            .filter_map(|text| text.parse::<f64>().ok())
            .sum();
        ticks / 100.0
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it the way an operator would, and waits.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end();
        }
    }
}
