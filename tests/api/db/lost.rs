//! A database that goes away, is slow, is full, or has no connection left. Where it says `app`, on PostgreSQL only: on SQLite
//! there is little to lose (and `commands/{gone,slow,full}.rs` are about that).

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl};
use futures_util::future::join_all;
use relais::db::AnyConnection;
use serde_json::json;

use crate::vocabulary::{Member, TestApp};

/// Ends every other connection to the test's database.
const KILL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[derive(QueryableByName)]
struct Cut {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    #[allow(dead_code)]
    done: bool,
}

/// Ends the connections that wait for a lock; answers how many there were.
fn cut_waiting(conn: &mut AnyConnection) -> usize {
    let query = "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    match conn {
        AnyConnection::Postgres(conn) => {
            let cut: Vec<Cut> = diesel::sql_query(query).load(conn).unwrap();
            cut.len()
        }
        AnyConnection::Sqlite(_) => 0,
    }
}

async fn app(arguments: &[&str]) -> Option<(TestApp, Member)> {
    let app = TestApp::start_with(arguments).await;
    if !app.database.is_postgres() {
        return None;
    }
    let [lead] = app.team_with(["lead"]).await;
    Some((app, lead))
}

#[tokio::test]
async fn a_lost_connection_costs_one_answer_and_is_replaced() {
    let Some((app, lead)) = app(&["--database-connections", "3"]).await else {
        return;
    };
    for round in 0..3 {
        // All of them are in use before they are cut.
        join_all((0..12).map(|_| lead.get("/campaigns"))).await;
        app.database.execute(KILL);
        let mut refused = 0;
        for number in 0..12 {
            let answer = if number % 2 == 0 {
                lead.get("/campaigns").await
            } else {
                lead.post("/campaigns", json!({"name": format!("{round} {number}")}))
                    .await
            };
            match answer.status {
                200 | 201 => {}
                _ => {
                    answer.problem(503, "unavailable");
                    refused += 1;
                }
            }
        }
        assert!(refused <= 3, "{refused} refused in round {round}");
        lead.post("/campaigns", json!({"name": "after"}))
            .await
            .created();
    }
    lead.person.get("/readyz").await.ok();
}

#[tokio::test]
async fn a_server_without_its_database_is_not_ready_until_it_is_back() {
    let Some((app, lead)) = app(&["--acquire-seconds", "1"]).await else {
        return;
    };
    lead.person.get("/readyz").await.ok();
    // Nobody comes in any more, as when the server of the database is down.
    let mut door = app.database.connect();
    let mut shut = |shut: bool| {
        app.database.shut(shut);
        door.batch_execute(KILL).unwrap();
    };
    shut(true);
    let began = Instant::now();
    for _ in 0..3 {
        let refused = lead.person.get("/readyz").await;
        refused.problem(503, "unavailable");
        lead.get("/campaigns").await.problem(503, "unavailable");
        let body = json!({"name": "Lost"});
        let refused = lead.post("/campaigns", body).await;
        refused.problem(503, "unavailable");
        lead.person.get("/healthz").await.ok();
    }
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
    shut(false);
    let began = Instant::now();
    while lead.person.get("/readyz").await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(10), "never again");
    }
    lead.post("/campaigns", json!({"name": "Back"}))
        .await
        .created();
    assert_eq!(lead.all("/campaigns").await.len(), 1);
}

#[tokio::test]
async fn a_server_whose_schema_is_gone_is_not_ready() {
    let app = TestApp::start().await;
    let ready = async || app.anybody("GET", "/readyz").send().await;
    ready().await.ok();
    app.database
        .execute("ALTER TABLE signing_keys RENAME TO elsewhere");
    ready().await.problem(503, "unavailable");
    let alive = app.anybody("GET", "/healthz").send().await;
    alive.ok();
    app.database
        .execute("ALTER TABLE elsewhere RENAME TO signing_keys");
    ready().await.ok();
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_keeps_nothing() {
    let Some((app, lead)) = app(&["--database-connections", "2"]).await else {
        return;
    };
    // The write waits for a lock when its connection is cut.
    let mut held = app.database.lock_writes();
    let writing = lead.post("/campaigns", json!({"name": "Half"}));
    let cutting = async {
        let mut other = app.database.connect();
        // Until there is one that waits.
        while cut_waiting(&mut other) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (answer, ()) = tokio::join!(writing, cutting);
    answer.problem(503, "unavailable");
    held.batch_execute("ROLLBACK").unwrap();
    assert_eq!(lead.all("/campaigns").await.len(), 0);
    lead.post("/campaigns", json!({"name": "Whole"}))
        .await
        .created();
}

#[tokio::test]
async fn a_slow_query_is_cut_off() {
    let Some((app, lead)) = app(&["--statement-seconds", "1", "--database-connections", "2"]).await
    else {
        return;
    };
    // Reads wait too.
    let mut held = app.database.connect();
    held.batch_execute("BEGIN; LOCK TABLE campaigns IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let began = Instant::now();
    let answer = lead.get("/campaigns").await;
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    assert!(answer.header("retry-after").is_some());
    answer.problem(503, "unavailable");
    // What does not touch it goes on.
    lead.get("/milestones").await.ok();
    held.batch_execute("ROLLBACK").unwrap();
    lead.get("/campaigns").await.ok();
}

#[tokio::test]
async fn a_pool_without_a_free_connection_says_so_in_time() {
    let Some((app, lead)) = app(&[
        "--statement-seconds",
        "3",
        "--database-connections",
        "1",
        "--acquire-seconds",
        "1",
    ])
    .await
    else {
        return;
    };
    let held = app.database.lock_writes();
    let began = Instant::now();
    let answers = join_all((0..20).map(|number| {
        let lead = lead.clone();
        async move {
            if number == 0 {
                lead.post("/campaigns", json!({"name": "First"})).await
            } else {
                lead.get("/campaigns").await
            }
        }
    }))
    .await;
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
    let mut refused = 0;
    for answer in answers {
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some());
            answer.problem(503, "unavailable");
            refused += 1;
        }
    }
    assert!(refused >= 10, "{refused}");
    // Whoever asks the server whether it lives gets an answer all the while.
    lead.person.get("/healthz").await.ok();
    drop(held);
    lead.post("/campaigns", json!({"name": "After"}))
        .await
        .created();
    lead.person.get("/readyz").await.ok();
}

#[tokio::test]
async fn a_full_disk_is_told_as_long_as_it_is_full() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    app.database.pretend_to_be_full("campaigns");
    for _ in 0..5 {
        let refused = lead.post("/campaigns", json!({"name": "Large"})).await;
        assert!(refused.header("retry-after").is_some());
        let problem = refused.problem(503, "storage_full");
        assert!(!problem.to_string().contains("base/"), "{problem}");
        lead.get("/campaigns").await.ok();
        lead.post("/tasks", json!({"title": "Elsewhere"}))
            .await
            .created();
        lead.person.get("/readyz").await.ok();
    }
    app.database.pretend_to_have_room("campaigns");
    let campaign = json!({"name": "With room"});
    lead.post("/campaigns", campaign).await.created();
    assert_eq!(lead.all("/campaigns").await.len(), 1);
}
