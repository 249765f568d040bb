//! SQLite that takes too long.
//!
//! The surprising rule: nobody can end its statement, so these run on a server in a child process, which ends with
//! whatever it is at.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, SqliteConnection};
use futures_util::future::join_all;
use serde_json::json;

use super::client::{Client, check_unavailable};
use super::program::Program;

/// Whoever reads the campaign called Slow waits for ever; whoever makes a task called Slow, for a while.
fn slow_down(program: &Program) {
    let file = program.data().join("relais.db");
    let mut conn = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
    let count = |limit: &str| {
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n {limit}) SELECT count(*) AS counted FROM n"
        )
    };
    let began = Instant::now();
    conn.batch_execute(&count("LIMIT 100000")).unwrap();
    let four_seconds = 100_000 * 4_000 / began.elapsed().as_millis().max(1);
    let forever = count("");
    let a_while = count(&format!("LIMIT {four_seconds}"));
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = 5000;
         ALTER TABLE campaigns RENAME TO all_campaigns;
         CREATE VIEW campaigns AS SELECT * FROM all_campaigns
             WHERE CASE WHEN name = 'Slow' THEN ({forever}) ELSE 1 END > 0;
         CREATE VIEW a_while AS {a_while};
         CREATE TRIGGER slowly BEFORE INSERT ON tasks WHEN NEW.title = 'Slow'
             BEGIN SELECT counted FROM a_while; END"
    ))
    .unwrap();
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_given_up_and_everybody_else_is_served() {
    let program = Program::new();
    let server = program.serve(&[
        "--statement-seconds",
        "1",
        "--database-connections",
        "2",
        "--acquire-seconds",
        "1",
        "--drain-seconds",
        "0",
    ]);
    let client = Client::sign_up(&server).await;
    let campaigns = format!("{}/campaigns", client.team);
    let (status, slow, _) = client.post(&campaigns, &json!({"name": "Slow"})).await;
    assert_eq!(status, 201, "{slow}");
    slow_down(&program);

    let began = Instant::now();
    for answer in join_all((0..2).map(|_| client.get(&campaigns))).await {
        check_unavailable(&answer);
    }
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    // Both still run. All the others have as many connections as before.
    for number in 0..3 {
        let task = json!({"title": format!("Task {number}")});
        let (status, body, _) = client.post(&client.tasks, &task).await;
        assert_eq!(status, 201, "{body}");
        assert_eq!(client.count().await, number + 1);
        let (status, body, _) = client.get("/readyz").await;
        assert_eq!(status, 200, "{body}");
    }
    // Two more, and nothing can be read; but it is told in time, and what writes goes on.
    for answer in join_all((0..2).map(|_| client.get(&campaigns))).await {
        check_unavailable(&answer);
    }
    let began = Instant::now();
    check_unavailable(&client.get(&client.tasks).await);
    check_unavailable(&client.get("/readyz").await);
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    let (status, body, _) = client.get("/healthz").await;
    assert_eq!(status, 200, "{body}");
    let (status, body, _) = client.post(&client.tasks, &json!({"title": "More"})).await;
    assert_eq!(status, 201, "{body}");

    // They do not keep the server from stopping.
    let began = Instant::now();
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    assert!(log.contains("left behind"), "{log}");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_change_that_takes_too_long_is_given_up_and_not_kept() {
    let program = Program::new();
    let server = program.serve(&["--statement-seconds", "1"]);
    let client = Client::sign_up(&server).await;
    slow_down(&program);
    let began = Instant::now();
    let answer = client.post(&client.tasks, &json!({"title": "Slow"})).await;
    check_unavailable(&answer);
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    // Reading goes on, and whoever writes waits for a turn: in vain, or not.
    assert_eq!(client.count().await, 0);
    let mut kept = 0;
    let began = Instant::now();
    while kept < 2 {
        let answer = client.post(&client.tasks, &json!({"title": "Other"})).await;
        if answer.0 == 201 {
            kept += 1;
        } else {
            check_unavailable(&answer);
        }
        assert!(began.elapsed() < Duration::from_secs(60), "never again");
    }
    // What was told to have failed is not there, also now that it has ended.
    assert_eq!(client.count().await, 2);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}
