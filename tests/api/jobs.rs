//! What the clock does, done when a test says so.

use chrono::TimeDelta;
use diesel::prelude::*;
use relais::access::keys;
use relais::db::{AnyConnection, DbError, Id, Outcome};
use relais::http::edge::Edge;
use relais::http::rate::Bucket;
use relais::jobs;
use relais::schema::{idempotent_replies, refresh_tokens, sessions, sign_in_failures};
use serde_json::json;

use crate::vocabulary::{Member, TestApp};
use crate::work::delegations::{act, now, offer, place, task_now, task_of};

async fn offered(app: &TestApp, by: &Member, to: &Member, hours: i64) -> serde_json::Value {
    let respond_by = app.clock.now().plus(TimeDelta::hours(hours)).to_string();
    let task = task_of(by, "A").await;
    offer(by, &task, to, json!({"respond_by": respond_by}))
        .await
        .created()
}

#[tokio::test]
async fn an_offer_expires_when_its_time_has_passed() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let soon = offered(&app, &ann, &ben, 1).await;
    let later = offered(&app, &ann, &ben, 3).await;
    let countered = offered(&app, &ann, &ben, 1).await;
    act(&ben, &countered, "propose").await.ok();
    jobs::run_due(&app.state).await;
    assert_eq!(now(&ann, &soon).await["state"], "offered");

    app.clock.advance(TimeDelta::hours(2));
    jobs::run_due(&app.state).await;
    let is = now(&ann, &soon).await;
    assert_eq!(
        (&is["state"], &is["answered_at"]),
        (&json!("expired"), &json!(null))
    );
    assert!(is["ended_at"].is_string());
    assert_eq!(now(&ann, &later).await["state"], "offered");
    assert_eq!(
        now(&ann, &countered).await["state"],
        "countered",
        "the delegate has answered"
    );
    let history = ann.all(&format!("{}/history", place(&soon))).await;
    let last = history.last().unwrap();
    assert_eq!(
        (&last["actor_id"], &last["note"]),
        (&json!(null), &json!("Nobody answered in time."))
    );
    let refused = act(&ben, &soon, "accept")
        .await
        .problem(409, "invalid_transition");
    assert_eq!(
        (&refused["from"], &refused["allowed"]),
        (&json!("expired"), &json!([]))
    );
    let task = json!({"id": soon["task_id"]});
    assert_eq!(task_now(&ann, &task).await["status"], "todo");
    offer(&ann, &task, &ben, json!({})).await.created();
}

#[tokio::test]
async fn several_servers_at_once_do_nothing_twice() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(offered(&app, &ann, &ben, 1).await);
    }
    app.clock.advance(TimeDelta::hours(2));
    tokio::join!(
        jobs::run_due(&app.state),
        jobs::run_due(&app.state),
        jobs::run_due(&app.state),
        jobs::run_due(&app.state)
    );
    for one in &made {
        let history = ann.all(&format!("{}/history", place(one))).await;
        assert_eq!(history.len(), 2, "offered and expired, once each");
    }
    let tag = ann
        .get("/delegations")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    jobs::run_due(&app.state).await;
    ann.request("GET", "/delegations")
        .header("if-none-match", &tag)
        .send()
        .await
        .not_modified();
}

#[tokio::test]
async fn an_answer_that_races_the_clock_is_one_or_the_other() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let mut made = Vec::new();
    for _ in 0..8 {
        made.push(offered(&app, &ann, &ben, 1).await);
    }
    app.clock.advance(TimeDelta::hours(2));
    let answers = futures_util::future::join_all(made.iter().map(|one| act(&ben, one, "accept")));
    let ((), answers) = tokio::join!(jobs::run_due(&app.state), answers);
    for (one, answer) in made.iter().zip(answers) {
        let state = now(&ann, one).await["state"].clone();
        match answer.status {
            200 => assert_eq!(state, "accepted"),
            _ => {
                answer.problem(409, "invalid_transition");
                assert_eq!(state, "expired");
            }
        }
    }
}

#[tokio::test]
async fn what_is_in_the_trash_for_thirty_days_is_purged() {
    let app = TestApp::start().await;
    let [ann] = app.team_with(["member"]).await;
    let task = task_of(&ann, "A").await;
    ann.delete(&format!("/tasks/{}", task["id"].as_str().unwrap()))
        .await
        .no_content();
    app.clock.advance(TimeDelta::days(31));
    jobs::run_due(&app.state).await;
    assert_eq!(ann.all("/trash").await.len(), 0);
    let lines = ann.all("/changes?kind=task").await;
    assert_eq!(lines.last().unwrap()["actor_id"], json!(null));
}

async fn count(app: &TestApp, work: fn(&mut AnyConnection) -> QueryResult<i64>) -> i64 {
    app.db
        .read(move |conn| Ok::<_, DbError>(work(conn)?))
        .await
        .unwrap()
}

#[tokio::test]
async fn what_was_kept_for_a_while_is_forgotten() {
    let app = TestApp::start().await;
    let [ann] = app.team_with(["member"]).await;
    let (at, account_id) = (app.clock.now(), ann.person.account_id);
    app.db
        .write(move |conn| {
            diesel::insert_into(sign_in_failures::table)
                .values((
                    sign_in_failures::subject.eq("somebody"),
                    sign_in_failures::failures.eq(9_i64),
                    sign_in_failures::last_at.eq(at),
                ))
                .execute(conn)?;
            let session_id = Id::new();
            diesel::insert_into(sessions::table)
                .values((
                    sessions::id.eq(session_id),
                    sessions::account_id.eq(account_id),
                    sessions::created_at.eq(at),
                    sessions::last_used_at.eq(at),
                    sessions::expires_at.eq(at.plus(TimeDelta::days(1))),
                ))
                .execute(conn)?;
            diesel::insert_into(refresh_tokens::table)
                .values((
                    refresh_tokens::digest.eq(vec![7_u8; 32]),
                    refresh_tokens::session_id.eq(session_id),
                    refresh_tokens::issued_at.eq(at),
                ))
                .execute(conn)?;
            Ok::<_, DbError>(Outcome::Keep(()))
        })
        .await
        .unwrap();
    let post = async |title: &str| {
        ann.request("POST", "/tasks")
            .header("idempotency-key", "one")
            .json(json!({"title": title}))
            .await
    };
    post("A").await.created();
    let replies = |conn: &mut AnyConnection| idempotent_replies::table.count().get_result(conn);
    let failures = |conn: &mut AnyConnection| sign_in_failures::table.count().get_result(conn);
    let tokens = |conn: &mut AnyConnection| refresh_tokens::table.count().get_result(conn);

    app.clock.advance(TimeDelta::minutes(59));
    jobs::run_due(&app.state).await;
    assert_eq!(count(&app, failures).await, 1);
    app.clock.advance(TimeDelta::minutes(2));
    jobs::run_due(&app.state).await;
    assert_eq!(count(&app, failures).await, 0);
    post("B").await.problem(422, "idempotency_key_reused");

    app.clock.advance(TimeDelta::hours(72));
    jobs::run_due(&app.state).await;
    assert_eq!(count(&app, replies).await, 0);
    post("B").await.created();

    assert_eq!(
        count(&app, tokens).await,
        1,
        "its owner can still look at it"
    );
    app.clock.advance(TimeDelta::days(31));
    jobs::run_due(&app.state).await;
    assert_eq!(count(&app, tokens).await, 0);
    ann.get("/tasks").await.ok();
}

#[tokio::test]
async fn keys_that_another_server_made_are_read() {
    let app = TestApp::start().await;
    let person = app.person("Ann").await;
    let published = async || {
        let set = person.get("/.well-known/jwks.json").await.ok();
        set["keys"].as_array().unwrap().len()
    };
    assert_eq!(published().await, 1);
    keys::rotate(&app.db, &app.state.sealer, app.clock.now())
        .await
        .unwrap();
    assert_eq!(published().await, 1, "nobody has looked yet");
    jobs::run_due(&app.state).await;
    assert_eq!(published().await, 2);
}

#[tokio::test]
async fn the_worker_works_by_itself_until_it_is_stopped() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let made = offered(&app, &ann, &ben, 1).await;
    app.clock.advance(TimeDelta::hours(2));
    let edge = actix_web::web::Data::new(Edge {
        general: Bucket::new("general", 10),
        sign_in: Bucket::new("sign-in", 10),
        trusted_proxies: Vec::new(),
        identify: Box::new(|_| None),
        explain: |_, _| String::new(),
    });
    let tick = std::time::Duration::from_secs(3600);
    let worker = jobs::start(app.state.clone(), edge.clone(), tick);
    let mut looks = 0;
    while now(&ann, &made).await["state"] != "expired" {
        looks += 1;
        assert!(looks < 1000, "the first tick is at once");
    }
    worker.stop().await;

    let other = offered(&app, &ann, &ben, 1).await;
    app.clock.advance(TimeDelta::hours(2));
    assert_eq!(
        now(&ann, &other).await["state"],
        "offered",
        "nobody works any more"
    );
}
