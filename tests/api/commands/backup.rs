//! `relais backup`: a whole copy, readable by nobody else, while the server writes.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use diesel::prelude::*;
use serde_json::json;

use super::program::Program;

#[tokio::test]
async fn a_backup_while_the_server_writes_is_whole_and_private() {
    let program = Program::new();
    let server = program.serve(&["--rate-limit", "1000000", "--sign-in-rate-limit", "1000000"]);
    let client = reqwest::Client::new();
    let post = |path: String, token: Option<String>, body: serde_json::Value| {
        let mut request = client.post(format!("{}{path}", server.address)).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        async move {
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let body: serde_json::Value = answer.json().await.unwrap();
            assert!(status.is_success(), "{body}");
            body
        }
    };
    let credentials = json!({"email": "ada@canary.example", "password": "CANARY-password"});
    let mut account = credentials.clone();
    account["name"] = json!("Ada");
    post("/v1/accounts".to_owned(), None, account).await;
    let tokens = post("/v1/sessions".to_owned(), None, credentials).await;
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    let team = post(
        "/v1/teams".to_owned(),
        Some(token.clone()),
        json!({"name": "Community", "key": "COM", "time_zone": "UTC"}),
    )
    .await;
    let tasks = format!("/v1/teams/{}/tasks", team["id"].as_str().unwrap());

    // One writes without a pause, the other copies three times.
    let (stop, written) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let writing = async {
        while !stop.load(Ordering::Relaxed) {
            post(tasks.clone(), Some(token.clone()), json!({"title": "Task"})).await;
            written.fetch_add(1, Ordering::Relaxed);
        }
    };
    let copying = async {
        let mut copies = Vec::new();
        for number in 0..3 {
            let file = program.folder.path().join(format!("copy-{number}.db"));
            let mut command = program.command(&["backup"]);
            command.arg(&file);
            let before = written.load(Ordering::Relaxed);
            let done = tokio::task::spawn_blocking(move || super::program::finish(command))
                .await
                .unwrap();
            assert!(done.status.success(), "{done:?}");
            copies.push((file, before));
        }
        stop.store(true, Ordering::Relaxed);
        copies
    };
    let ((), copies) = tokio::join!(writing, copying);
    for (file, at_least) in copies {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let mut conn = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
        let count: i64 = relais::schema::tasks::table
            .count()
            .get_result(&mut conn)
            .unwrap();
        assert!(
            usize::try_from(count).unwrap() >= at_least,
            "what was acknowledged is in it"
        );
        let lines: i64 = relais::schema::teams::table
            .select(relais::schema::teams::revision)
            .first(&mut conn)
            .unwrap();
        assert_eq!(
            lines,
            count + 1,
            "no half write: one revision for each task"
        );
    }
    // A copy serves as well as the original.
    let restored = program.folder.path().join("copy-2.db");
    let url = format!("sqlite:{}", restored.display());
    program.succeed(&["migrate", "--database-url", &url]);
}

#[test]
fn a_backup_overwrites_nothing_and_makes_nothing_of_nothing() {
    let program = Program::new();
    let line = program.fail(&["backup", "copy.db"]);
    assert!(line.contains("no database"), "{line}");
    assert!(!program.data().exists());
    assert!(!program.folder.path().join("copy.db").exists());

    program.succeed(&["migrate"]);
    std::fs::write(program.folder.path().join("copy.db"), "precious").unwrap();
    let line = program.fail(&["backup", "copy.db"]);
    assert!(line.contains("is there already"), "{line}");
    assert_eq!(
        std::fs::read(program.folder.path().join("copy.db")).unwrap(),
        b"precious"
    );
    let line = program.fail(&["backup", "no/such/folder/copy.db"]);
    assert!(line.contains("cannot be made"), "{line}");
    let line = program.fail(&[
        "backup",
        "other.db",
        "--database-url",
        "postgres://db.example.org/relais",
    ]);
    assert!(line.contains("pg_dump"), "{line}");
    assert!(!program.folder.path().join("other.db").exists());
}
