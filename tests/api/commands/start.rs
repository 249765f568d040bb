//! Starting: an empty folder, a newer database, two servers at once, a server that is not there.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use diesel::Connection;
use diesel::connection::SimpleConnection;
use serde_json::Value;

use super::program::{Program, Server, empty_database};

async fn json(address: &str, path: &str) -> Value {
    let answer = reqwest::get(format!("{address}{path}")).await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn the_first_start_makes_a_private_folder_and_says_what_to_do() {
    let program = Program::new();
    let server = program.serve(&[]);
    assert!(server.greeting.contains("/docs/"), "{}", server.greeting);
    assert!(server.address.starts_with("http://127.0.0.1:"));
    json(&server.address, "/readyz").await;
    let mode = |name: &str| {
        let path = program.data().join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(""), 0o700);
    for file in ["relais.db", "relais.db-wal", "relais.db-shm"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    // And a second time, on what is there.
    let server = program.serve(&[]);
    json(&server.address, "/readyz").await;
}

#[tokio::test]
async fn a_server_that_is_to_stop_says_so_and_still_answers() {
    let program = Program::new();
    let server = program.serve(&["--drain-seconds", "3"]);
    let address = server.address.clone();
    let status = async |path: &str| {
        let answer = reqwest::get(format!("{address}{path}")).await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(status("/readyz").await, 200);
    let stopped = std::thread::spawn(|| server.stop());
    let began = Instant::now();
    while status("/readyz").await != 503 {
        assert!(began.elapsed() < Duration::from_secs(3), "always ready");
    }
    assert_eq!(status("/healthz").await, 200);
    let (ended, log) = stopped.join().unwrap();
    assert!(ended.success(), "{log}");
    assert!(
        began.elapsed() > Duration::from_secs(2),
        "no time to notice"
    );
}

#[test]
fn migrating_twice_changes_nothing() {
    let program = Program::new();
    let (url, _database) = empty_database(&program);
    let migrate = |more: &[&str]| {
        let mut line = vec!["migrate", "--database-url", &url];
        line.extend(more);
        program.succeed(&line)
    };
    assert!(migrate(&["--dry-run"]).starts_with("To be applied: "));
    assert!(migrate(&[]).starts_with("Applied: "));
    assert!(migrate(&[]).contains("up to date"));
    assert!(migrate(&["--dry-run"]).contains("up to date"));
}

#[test]
fn a_database_from_a_newer_program_is_refused() {
    let program = Program::new();
    let (url, _database) = empty_database(&program);
    program.succeed(&["migrate", "--database-url", &url]);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')";
    match url.strip_prefix("sqlite:") {
        Some(file) => diesel::SqliteConnection::establish(file)
            .unwrap()
            .batch_execute(newer)
            .unwrap(),
        None => diesel::PgConnection::establish(&url)
            .unwrap()
            .batch_execute(newer)
            .unwrap(),
    }
    for command in [
        &["serve"][..],
        &["migrate"],
        &["migrate", "--dry-run"],
        &["keys", "rotate"],
        &["demo"],
    ] {
        let mut line = command.to_vec();
        line.extend(["--database-url", &url, "--listen", "127.0.0.1:0"]);
        let said = program.fail(&line);
        assert!(said.contains("newer Relais"), "{command:?}: {said}");
        assert!(said.contains("29990101000000"), "{said}");
    }
}

#[tokio::test]
async fn servers_that_start_at_once_on_an_empty_database_share_their_keys() {
    for _ in 0..3 {
        let program = Program::new();
        let (url, _database) = empty_database(&program);
        let starting: Vec<_> = (0..4)
            .map(|_| {
                let mut command = program.command(&["serve", "--listen", "127.0.0.1:0"]);
                command.args(["--database-url", &url, "--log", "warn"]);
                std::thread::spawn(move || Server::start(command))
            })
            .collect();
        let servers: Vec<Server> = starting
            .into_iter()
            .map(|server| server.join().expect("a server that starts"))
            .collect();
        let first = json(&servers[0].address, "/.well-known/jwks.json").await;
        assert_eq!(first["keys"].as_array().map(Vec::len), Some(1), "{first}");
        for server in &servers {
            json(&server.address, "/readyz").await;
            let keys = json(&server.address, "/.well-known/jwks.json").await;
            assert_eq!(keys, first);
        }
    }
}

#[test]
fn a_server_that_is_not_there_or_says_nothing_stops_the_start() {
    let program = Program::new();
    // Takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "postgres://ada:s3cret@{}/relais",
        silent.local_addr().unwrap()
    );
    for url in ["postgres://ada:s3cret@127.0.0.1:1/relais", &url] {
        for command in ["serve", "migrate"] {
            let began = Instant::now();
            let line = program.fail(&[command, "--database-url", url]);
            assert!(line.contains("not available"), "{line}");
            assert!(!line.contains("s3cret"), "{line}");
            assert!(began.elapsed() < Duration::from_secs(15));
        }
    }
}
