//! Writes in a group do not stand or fall together.
//!
//! The surprising rule: on SQLite these share a commit, so whatever one of them does must leave the others alone;
//! on PostgreSQL the same holds by itself, and the same tests run.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use futures_util::future::join_all;
use relais::db::{AnyConnection, Db, DbError, Outcome};
use relais::schema::server_secrets;

use crate::vocabulary::TestApp;

fn keep(conn: &mut AnyConnection, name: &str) -> Result<(), DbError> {
    diesel::insert_into(server_secrets::table)
        .values((
            server_secrets::name.eq(name),
            server_secrets::sealed.eq(vec![1_u8]),
        ))
        .execute(conn)?;
    Ok(())
}

async fn kept(db: &Db) -> Vec<String> {
    db.read(|conn| {
        Ok::<_, DbError>(
            server_secrets::table
                .filter(server_secrets::name.ne("pepper"))
                .order(server_secrets::name)
                .select(server_secrets::name)
                .load(conn)?,
        )
    })
    .await
    .unwrap()
}

/// Occupies the writer until something is sent, so that what comes meanwhile is one group.
async fn occupied(db: &Db, until: Receiver<()>) -> Result<(), DbError> {
    db.write(move |conn| {
        until.recv().ok();
        keep(conn, "0 first")?;
        Ok::<_, DbError>(Outcome::Keep(()))
    })
    .await
}

#[tokio::test]
async fn a_panic_takes_nothing_else_with_it() {
    let app = TestApp::start().await;
    let db = &app.db;
    let (go, until) = channel();
    let write = async |name: &'static str, panics: bool| {
        db.write(move |conn| {
            keep(conn, name)?;
            if panics {
                // As deep as work goes: in a savepoint of its own.
                conn.transaction(|conn| -> Result<(), DbError> {
                    keep(conn, "inner")?;
                    panic!("on purpose")
                })?;
            }
            Ok::<_, DbError>(Outcome::Keep(()))
        })
        .await
    };
    let (first, before, panicked, after, last, ()) = tokio::join!(
        occupied(db, until),
        write("1 before", false),
        write("2 panics", true),
        write("3 after", false),
        write("4 last", false),
        async { go.send(()).unwrap() },
    );
    assert!(matches!(panicked, Err(DbError::Panicked)), "{panicked:?}");
    for answer in [first, before, after, last] {
        answer.unwrap();
    }
    let expected = ["0 first", "1 before", "3 after", "4 last"];
    assert_eq!(kept(db).await, expected);
    // And from now on, again and again.
    for _ in 0..10 {
        assert!(write("5 panics", true).await.is_err());
    }
    write("6 good", false).await.unwrap();
    let another = Db::open(&app.database.address, None, &relais::db::Limits::default()).unwrap();
    assert_eq!(kept(&another).await.len(), 6 - 1, "durable, for others too");
}

#[tokio::test]
async fn what_fails_takes_nothing_else_with_it() {
    let app = TestApp::start().await;
    let db = &app.db;
    let (go, until) = channel();
    let write = async |name: &'static str, ending: &'static str| {
        db.write(move |conn| {
            keep(conn, name)?;
            match ending {
                "good" => Ok(Outcome::Keep(())),
                "discarded" => Ok(Outcome::Discard(())),
                "twice" => keep(conn, name).map(Outcome::Keep),
                _ => Err(DbError::Query(diesel::result::Error::NotFound)),
            }
        })
        .await
    };
    let (first, good, discarded, twice, refused, last, ()) = tokio::join!(
        occupied(db, until),
        write("1", "good"),
        write("2", "discarded"),
        write("3", "twice"),
        write("4", "refused"),
        write("5", "good"),
        async { go.send(()).unwrap() },
    );
    for answer in [first, good, discarded, last] {
        answer.unwrap();
    }
    assert!(twice.is_err() && refused.is_err());
    assert_eq!(kept(db).await, ["0 first", "1", "5"]);
}

#[tokio::test]
async fn a_lock_held_elsewhere_is_answered_in_time_whoever_waits() {
    let app = TestApp::start_with(&["--statement-seconds", "1", "--acquire-seconds", "1"]).await;
    let [lead] = app.team_with(["lead"]).await;
    let held = app.database.lock_writes();
    let began = Instant::now();
    // More than one group of the writer, and more than one connection of the pool.
    let answers = join_all((0..150).map(|number| {
        lead.post(
            "/campaigns",
            serde_json::json!({"name": format!("{number}")}),
        )
    }))
    .await;
    let waited = began.elapsed();
    for answer in answers {
        assert!(answer.header("retry-after").is_some());
        answer.problem(503, "unavailable");
    }
    assert!(waited < Duration::from_secs(6), "{waited:?}");
    // Reading goes on meanwhile, and afterwards everything.
    lead.get("/campaigns").await.ok();
    drop(held);
    lead.post("/campaigns", serde_json::json!({"name": "After"}))
        .await
        .created();
    let names = lead.all("/campaigns").await;
    assert_eq!(names.len(), 1, "nothing that was refused was kept");
}
