//! Starting: an empty folder, a newer database, two servers at once, a server that is not there.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use relais::db::{Address, AnyConnection};
use serde_json::{Value, json};

use super::program::{Program, Server, empty_database};

async fn shown(address: &str, path: &str) -> Value {
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
    shown(&server.address, "/readyz").await;
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
    shown(&server.address, "/readyz").await;
}

#[test]
fn a_folder_that_was_there_stays_as_it_is_and_a_file_that_others_can_read_is_told() {
    let program = Program::new();
    let mode_of = |place: &std::path::Path| {
        let about = std::fs::metadata(place).unwrap();
        about.permissions().mode() & 0o777
    };
    let set = |place: &std::path::Path, mode| {
        std::fs::set_permissions(place, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    std::fs::create_dir(program.data()).unwrap();
    set(&program.data(), 0o755);
    let file = program.data().join("relais.db");
    let (status, log) = program.serve(&[]).stop();
    assert!(status.success(), "{log}");
    // What the server makes in it is private all the same.
    assert_eq!(mode_of(&program.data()), 0o755);
    assert_eq!(mode_of(&file), 0o600);
    assert!(!log.contains("chmod"), "{log}");
    set(&file, 0o644);
    let (_, log) = program.serve(&[]).stop();
    assert!(
        log.contains("(mode 0644)") && log.contains("chmod 600"),
        "{log}"
    );
    assert_eq!(mode_of(&file), 0o644);
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
        let first = shown(&servers[0].address, "/.well-known/jwks.json").await;
        assert_eq!(first["keys"].as_array().map(Vec::len), Some(1), "{first}");
        for server in &servers {
            shown(&server.address, "/readyz").await;
            let keys = shown(&server.address, "/.well-known/jwks.json").await;
            assert_eq!(keys, first);
        }
    }
}

/// The migrations' folders, oldest first.
fn migrations() -> Vec<std::path::PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// Takes the database back to where only the first migration had been.
fn take_back(url: &str) {
    let mut conn = match url.parse().unwrap() {
        Address::Sqlite(file) => {
            AnyConnection::Sqlite(SqliteConnection::establish(&file.to_string_lossy()).unwrap())
        }
        Address::Postgres(url) => AnyConnection::Postgres(PgConnection::establish(&url).unwrap()),
    };
    for folder in migrations().iter().skip(1).rev() {
        let down = std::fs::read_to_string(folder.join("down.sql")).unwrap();
        conn.batch_execute(&down).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let version = name.split('_').next().unwrap().replace('-', "");
        let forget = format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}'");
        conn.batch_execute(&forget).unwrap();
    }
}

#[tokio::test]
async fn servers_that_start_at_once_on_an_older_database_bring_it_up_to_date_and_keep_what_it_has()
{
    let program = Program::new();
    let (url, _database) = empty_database(&program);
    let client = reqwest::Client::new();
    let post = async |server: &Server, path: &str, token: &str, body: Value| -> Value {
        let request = client.post(format!("{}{path}", server.address)).json(&body);
        let answer = request.bearer_auth(token).send().await.unwrap();
        answer.json().await.unwrap()
    };
    let credentials = json!({"email": "ada@canary.example", "password": "CANARY-password"});
    let server = program.serve(&["--database-url", &url]);
    let mut account = credentials.clone();
    account["name"] = json!("Ada");
    post(&server, "/v1/accounts", "", account).await;
    let tokens = post(&server, "/v1/sessions", "", credentials).await;
    let token = tokens["access_token"].as_str().unwrap();
    let team = json!({"name": "Community", "key": "COM", "time_zone": "UTC"});
    let team = post(&server, "/v1/teams", token, team).await;
    let tasks = format!("/v1/teams/{}/tasks", team["id"].as_str().unwrap());
    let task = post(&server, &tasks, token, json!({"title": "Kept"})).await;
    assert_eq!(task["key"], "COM-1", "{task}");
    assert!(server.stop().0.success());

    take_back(&url);
    let pending = program.succeed(&["migrate", "--dry-run", "--database-url", &url]);
    assert_eq!(pending.matches(", ").count() + 2, migrations().len());
    let starting: Vec<_> = (0..4)
        .map(|_| {
            let mut command = program.command(&["serve", "--listen", "127.0.0.1:0"]);
            command.args(["--database-url", &url, "--log", "warn"]);
            std::thread::spawn(move || Server::start(command))
        })
        .collect();
    for server in starting {
        let server = server.join().expect("a server that starts");
        shown(&server.address, "/readyz").await;
        // What was there is there, and what is new works.
        let get = async |path: &str| -> Value {
            let asked = client.get(format!("{}{path}", server.address));
            let answer = asked.bearer_auth(token).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            answer.json().await.unwrap()
        };
        let team = tasks.trim_end_matches("/tasks");
        assert_eq!(get(&tasks).await["items"], json!([task]));
        for list in ["working-hours", "time-entries"] {
            let path = format!("{team}/{list}");
            assert_eq!(get(&path).await["items"], json!([]), "{list}");
        }
        // Who was there before there were resources is one, once.
        let resources = get(&format!("{team}/resources")).await;
        let [ada] = resources["items"].as_array().unwrap().as_slice() else {
            panic!("{resources}");
        };
        assert_eq!(
            (&ada["kind"], &ada["name"]),
            (&json!("person"), &json!("Ada"))
        );
    }
    let again = program.succeed(&["migrate", "--database-url", &url]);
    assert!(again.contains("up to date"), "{again}");
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
