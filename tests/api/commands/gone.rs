//! The file of the embedded database goes away while the server runs.

use serde_json::json;

use super::client::{Client, check_unavailable};
use super::program::Program;

#[tokio::test]
async fn nothing_is_acknowledged_into_a_file_that_is_gone_or_replaced() {
    let program = Program::new();
    let server = program.serve(&["--drain-seconds", "0"]);
    let client = Client::sign_up(&server).await;
    let task = json!({"title": "Kept"});
    assert_eq!(client.post(&client.tasks, &task).await.0, 201);
    let file = program.data().join("relais.db");
    let away = program.data().join("away.db");

    std::fs::rename(&file, &away).unwrap();
    let is_out = async || {
        for _ in 0..3 {
            check_unavailable(&client.post(&client.tasks, &task).await);
            check_unavailable(&client.get(&client.tasks).await);
            check_unavailable(&client.get("/readyz").await);
        }
        assert_eq!(client.get("/healthz").await.0, 200);
    };
    is_out().await;
    assert!(!file.exists(), "an empty one has been made");
    // Another one in its place is not taken for it.
    std::fs::copy(&away, &file).unwrap();
    is_out().await;

    // Back again, everything is as it was, and nothing of what was refused is there.
    std::fs::rename(&away, &file).unwrap();
    assert_eq!(client.get("/readyz").await.0, 200);
    assert_eq!(client.count().await, 1);
    assert_eq!(client.post(&client.tasks, &task).await.0, 201);
    assert_eq!(client.count().await, 2);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    for part in ["relais.db is gone", "has been replaced"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    // And after a start.
    let server = program.serve(&[]);
    assert_eq!(client.on(&server).count().await, 2);
}
