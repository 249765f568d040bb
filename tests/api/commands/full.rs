//! A disk without room.
//!
//! The surprising rule: the disk is real. Where the system lets us, it is a memory file system of two megabytes
//! in a mount namespace of its own; everywhere, it is a limit on the size of files (`ulimit -f`), which SQLite
//! reports as an I/O error and not as a full disk. PostgreSQL fills a tablespace of a few megabytes, which `.ci/postgres`
//! makes where it may.

use std::process::Command;

use serde_json::json;

use super::client::Client;
use super::program::{Program, Server, finish};
use crate::vocabulary::database::{TestDatabase, skipped};

/// Fills the disk, makes room, and goes on: nothing that was acknowledged is lost, nothing that was refused kept.
async fn fill_and_recover(
    server: Server,
    expected: &[&str],
    make_room: impl AsyncFnOnce(&Client, u32),
) {
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
    make_room(&client, server.id()).await;
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
        skipped("no mount namespaces here: the disk stays unfilled");
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
    fill_and_recover(server, &["storage_full"], async |_, id| {
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
    fill_and_recover(server, &["unavailable", "storage_full"], async |_, id| {
        let raised = Command::new("prlimit")
            .args(["--pid", &id.to_string(), "--fsize=unlimited:"])
            .status();
        assert!(raised.expect("prlimit").success());
    })
    .await;
}

#[tokio::test]
async fn a_full_postgresql_is_told_and_left_behind() {
    let Some(database) = TestDatabase::empty_on_small_disk() else {
        return;
    };
    let program = Program::new();
    let server = program.serve(&["--database-url", &database.url()]);
    // Each takes some megabytes, until there is no room for one more.
    let mut filler: Vec<TestDatabase> = Vec::new();
    while let Some(more) = database.another_on_small_disk() {
        filler.push(more);
        assert!(filler.len() < 50, "the disk has no end");
    }
    assert!(!filler.is_empty(), "no room for anything");
    fill_and_recover(server, &["storage_full"], async |client, _| {
        // Whoever asks whether the server is ready, or reads, is answered as ever.
        let (status, body, _) = client.get("/readyz").await;
        assert_eq!(status, 200, "{body}");
        drop(filler);
    })
    .await;
}
