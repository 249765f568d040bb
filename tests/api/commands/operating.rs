//! What whoever runs the server sees: the defaults, the log, the end of it.

use std::io::Read as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::program::{Program, Server, empty_database, finish};
use crate::vocabulary::wire::Wire;

/// The program without any setting, in the folder of this test.
fn bare(program: &Program, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relais"));
    command
        .args(arguments)
        .env_clear()
        .current_dir(program.folder.path());
    command
}

#[test]
fn without_settings_it_serves_this_machine_from_a_folder_here() {
    let program = Program::new();
    let told = finish(bare(&program, &["config"]));
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    for (setting, value) in [
        ("listen", "127.0.0.1:8080"),
        ("data-dir", "relais-data"),
        ("database-url", "sqlite:relais-data/relais.db"),
        ("public-url", "http://127.0.0.1:8080"),
        ("sign-up", "open"),
    ] {
        let line = format!("{setting:<25}{value}");
        assert!(told.lines().any(|one| one == line), "{line}: {told}");
    }
    assert!(!program.folder.path().join("relais-data").exists());
}

/// Starts the server and waits until the greeting has this in it; answers the whole greeting.
fn greeting(program: &Program, awaited: &str) -> (String, KilledAtEnd) {
    let file = program.folder.path().join("greeting");
    let mut command = bare(program, &["--listen", "127.0.0.1:0"]);
    let child = command
        .stdout(std::fs::File::create(&file).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let child = KilledAtEnd(child);
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(&file).unwrap();
        if text.contains(awaited) && text.ends_with('\n') {
            return (text, child);
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{text}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

struct KilledAtEnd(std::process::Child);

impl Drop for KilledAtEnd {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn the_first_start_says_how_to_make_an_account_in_words_that_work() {
    let program = Program::new();
    let (said, server) = greeting(&program, "relais demo");
    assert!(said.contains("sqlite:relais-data/relais.db"), "{said}");
    assert!(program.folder.path().join("relais-data/relais.db").exists());
    let line = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("first account"))
        .expect("a line on the first account")
        .trim();
    assert!(line.starts_with("curl "), "{line}");
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).stdin(Stdio::null());
    let pasted = finish(shell);
    let made: Value = serde_json::from_slice(&pasted.stdout).expect("an account (with curl)");
    assert_eq!(made["email"], "you@example.org", "{made}");
    drop(server);
    // Where there is one, nothing more is said.
    let (said, _server) = greeting(&program, "database ");
    assert!(!said.contains("first account"), "{said}");
}

#[tokio::test]
async fn each_request_has_one_line_in_the_log() {
    let program = Program::new();
    let (url, _database) = empty_database(&program);
    for format in ["json", "text"] {
        let mut command = program.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--database-url", &url, "--log", "info"]);
        command.args(["--log-format", format]);
        let server = Server::start(command);
        let client = reqwest::Client::new();
        let asked = [
            ("GET", "/healthz", "/healthz", 200),
            ("GET", "/v1/me?token=CANARY", "/v1/me", 401),
            ("GET", "/nowhere/CANARY", "-", 404),
            ("POST", "/v1/sessions", "/v1/sessions", 422),
            ("HEAD", "/readyz", "/readyz", 200),
        ];
        for (number, (method, path, _, status)) in asked.iter().enumerate() {
            let request = client
                .request(method.parse().unwrap(), format!("{}{path}", server.address))
                .header("X-Request-Id", format!("request-{number}"))
                .header("Authorization", "Bearer CANARY");
            let request = match *method {
                "POST" => request.json(&json!({"password": "CANARY long enough"})),
                _ => request,
            };
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), *status, "{path}");
        }
        let (status, log) = server.stop();
        assert!(status.success(), "{log}");
        assert!(!log.contains("CANARY"), "{log}");
        for (number, (method, _, route, status)) in asked.iter().enumerate() {
            let id = format!("request-{number}");
            let lines: Vec<&str> = log.lines().filter(|line| line.contains(&id)).collect();
            let [line] = lines.as_slice() else {
                panic!("{} lines of {id}: {log}", lines.len());
            };
            if format == "text" {
                for part in [
                    format!("method={method}"),
                    format!("route={route}"),
                    format!("status={status}"),
                ] {
                    assert!(line.contains(&part), "{part}: {line}");
                }
                continue;
            }
            let line: Value = serde_json::from_str(line).unwrap();
            let ms = line["ms"].as_u64().expect("a duration");
            let time = line["time"].as_str().expect("a time").to_owned();
            assert!(time.ends_with('Z') && time.len() == 24, "{time}");
            let expected = json!({
                "time": time, "level": "INFO", "target": "relais::request", "message": "request",
                "method": method, "route": route, "status": status, "ms": ms,
                "request_id": id, "account": "-",
            });
            assert_eq!(line, expected);
        }
        if format == "json" {
            let mut requests = 0;
            for line in log.lines() {
                let line: Value = serde_json::from_str(line).expect("every line is an object");
                for member in ["time", "level", "target", "message"] {
                    assert!(line[member].is_string(), "{member}: {line}");
                }
                requests += usize::from(line["target"] == "relais::request");
            }
            assert_eq!(requests, asked.len(), "{log}");
        }
    }
}

#[tokio::test]
async fn what_runs_when_the_server_stops_is_finished_first() {
    let program = Program::new();
    let (url, _database) = empty_database(&program);
    let server = program.serve(&["--database-url", &url]);
    let address = server.address.clone();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let credentials = json!({"email": "ada@canary.example", "password": "CANARY-password"});
    let mut account = credentials.clone();
    account["name"] = json!("Ada");
    let post = async |path: &str, body: &Value| -> Value {
        let request = client.post(format!("{address}{path}")).json(body);
        let answer = request
            .timeout(Duration::from_secs(20))
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    };
    post("/v1/accounts", &account).await;
    let tokens = post("/v1/sessions", &credentials).await;
    let token = tokens["access_token"].as_str().expect("a token");

    // A request runs: the server has read its head, asks for the body, and waits for it.
    let body = r#"{"name": "Last", "key": "LAST", "time_zone": "UTC"}"#;
    let place = address.trim_start_matches("http://").to_owned();
    let stream = TcpStream::connect(&place).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let mut wire = Wire(stream);
    wire.send(format!(
        "POST /v1/teams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    ));
    let told = wire.read_until(|text| text.contains("\r\n\r\n"));
    assert!(told.starts_with("HTTP/1.1 100 "), "{told}");

    let stopping = std::thread::spawn(move || server.stop());
    let began = Instant::now();
    // Nobody else is taken from now on.
    while client
        .get(format!("{address}/healthz"))
        .send()
        .await
        .is_ok()
    {
        assert!(began.elapsed() < Duration::from_secs(10), "it takes more");
    }
    assert!(!stopping.is_finished(), "it did not wait");
    wire.send(body);
    let told = wire.read_until(|text| text.contains("\"LAST\""));
    assert!(told.starts_with("HTTP/1.1 201 "), "{told}");
    let (status, log) = stopping.join().unwrap();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    assert!(began.elapsed() < Duration::from_secs(20), "it waited on");
    let mut rest = Vec::new();
    wire.0.read_to_end(&mut rest).ok();
    assert!(rest.is_empty(), "and the connection is closed");

    // What was acknowledged is there.
    let server = program.serve(&["--database-url", &url]);
    let teams = client
        .get(format!("{}/v1/teams", server.address))
        .bearer_auth(token);
    let teams: Value = teams.send().await.unwrap().json().await.unwrap();
    assert_eq!(teams["items"][0]["key"], "LAST", "{teams}");
}
