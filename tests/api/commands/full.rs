//! A disk without room.
//!
//! The surprising rule: the disk is real. Where the system lets us, it is a memory file system of two megabytes
//! in a mount namespace of its own; everywhere, it is a limit on the size of files (`ulimit -f`), which SQLite
//! reports as an I/O error and not as a full disk.

use std::process::Command;

use serde_json::{Value, json};

use super::program::{Program, Server, finish};

struct Client {
    http: reqwest::Client,
    address: String,
    token: String,
    tasks: String,
}

impl Client {
    async fn sign_up(server: &Server) -> Self {
        let mut client = Self {
            http: reqwest::Client::new(),
            address: server.address.clone(),
            token: String::new(),
            tasks: String::new(),
        };
        let mut account = json!({"email": "ada@canary.example", "password": "CANARY-password"});
        let credentials = account.clone();
        account["name"] = json!("Ada");
        client.post("/v1/accounts", &account).await;
        let (_, tokens, _) = client.post("/v1/sessions", &credentials).await;
        client.token = tokens["access_token"].as_str().unwrap().to_owned();
        let team = json!({"name": "Community", "key": "COM", "time_zone": "UTC"});
        let (_, team, _) = client.post("/v1/teams", &team).await;
        client.tasks = format!("/v1/teams/{}/tasks", team["id"].as_str().unwrap());
        client
    }

    /// Status, body, and whether `Retry-After` came with it.
    async fn post(&self, path: &str, body: &Value) -> (u16, Value, bool) {
        let request = self
            .http
            .post(format!("{}{path}", self.address))
            .bearer_auth(&self.token)
            .json(body);
        let answer = request.send().await.expect("an answer");
        let retry = answer.headers().contains_key("retry-after");
        (
            answer.status().as_u16(),
            answer.json().await.expect("JSON"),
            retry,
        )
    }

    async fn count(&self) -> i64 {
        let request = self
            .http
            .get(format!(
                "{}{}?include_total=true&limit=1",
                self.address, self.tasks
            ))
            .bearer_auth(&self.token);
        let page: Value = request.send().await.unwrap().json().await.unwrap();
        page["total"].as_i64().expect("a total")
    }

    /// Writes until it is refused; answers how many were acknowledged and the code of the refusal.
    async fn fill(&self) -> (i64, String) {
        let task = json!({"title": "Task", "description": "x".repeat(40_000)});
        for written in 0..2000 {
            let (status, body, retry) = self.post(&self.tasks, &task).await;
            if status == 201 {
                continue;
            }
            assert_eq!(status, 503, "{body}");
            assert!(retry, "{body}");
            return (written, body["code"].as_str().unwrap().to_owned());
        }
        panic!("the disk has no end");
    }
}

/// Fills the disk, makes room, and goes on: nothing that was acknowledged is lost, nothing that was refused kept.
async fn fill_and_recover(server: Server, expected: &[&str], make_room: impl FnOnce(u32)) {
    let client = Client::sign_up(&server).await;
    let (written, code) = client.fill().await;
    assert!(written > 0);
    assert!(expected.contains(&code.as_str()), "{code}");
    // Again and again, and reading goes on.
    let small = json!({"title": "Small", "description": "x".repeat(40_000)});
    for _ in 0..5 {
        let (status, body, _) = client.post(&client.tasks, &small).await;
        assert!(status == 503 || status == 201, "{body}");
    }
    let before = client.count().await;
    assert!(before >= written, "{before} of {written}");
    make_room(server.id());
    let (status, body, _) = client.post(&client.tasks, &small).await;
    assert_eq!(status, 201, "{body}");
    assert_eq!(client.count().await, before + 1);
    let ready = client
        .http
        .get(format!("{}/readyz", client.address))
        .send()
        .await
        .unwrap();
    assert_eq!(ready.status(), 200);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_left_behind() {
    let program = Program::new();
    let disk = program.folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    // As root of a namespace of its own, which most systems allow to everybody.
    let script = "mount -t tmpfs -o size=3m none \"$1\" && head -c 1000000 /dev/zero > \"$1/filler\" && shift && exec \"$@\"";
    let namespace = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                script,
                "sh",
            ])
            .arg(&disk)
            .args(arguments)
            .current_dir(program.folder.path());
        command
    };
    let possible = Command::new("unshare").arg("--version").output().is_ok()
        && finish(namespace(&["true"])).status.success();
    if !possible {
        eprintln!("no mount namespaces here: the disk stays unfilled");
        return;
    }
    let data = disk.join("data");
    let server = Server::start(namespace(&[
        env!("CARGO_BIN_EXE_relais"),
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--log",
        "warn",
        "--data-dir",
        &data.to_string_lossy(),
    ]));
    fill_and_recover(server, &["storage_full"], |id| {
        // The namespace is seen from outside through the process in it.
        let filler = format!("/proc/{id}/root{}/filler", disk.display());
        std::fs::remove_file(filler).expect("the filler goes");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_may_not_grow_is_told_and_left_behind() {
    let program = Program::new();
    // In blocks of 512 bytes or of a kilobyte, as the shell counts.
    let script = "trap '' XFSZ; ulimit -S -f 2000; exec \"$@\"";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_relais")])
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn"])
        .arg("--data-dir")
        .arg(program.data())
        .current_dir(program.folder.path());
    let server = Server::start(command);
    fill_and_recover(server, &["unavailable", "storage_full"], |id| {
        let raised = Command::new("prlimit")
            .args(["--pid", &id.to_string(), "--fsize=unlimited:"])
            .status();
        assert!(raised.expect("prlimit").success());
    })
    .await;
}
