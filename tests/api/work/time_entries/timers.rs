//! Timers: one runs at most, and what it measures is whole minutes of one day.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{at, enter, past_midnight, task};
use crate::vocabulary::{Answer, Member, TestApp};

async fn start(by: &Member, task: &Value) -> Answer {
    by.post("/time-entries/start", json!({"task_id": task["id"]}))
        .await
}

async fn stop(by: &Member, entry: &Value) -> Answer {
    by.post(&format!("{}/stop", at(entry)), json!({})).await
}

async fn running(by: &Member) -> Vec<Value> {
    by.all("/time-entries?is_running=true").await
}

#[tokio::test]
async fn a_timer_counts_to_the_nearest_minute() {
    let app = past_midnight().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let notes = task(&lead, json!({})).await;
    for (seconds, minutes) in [(0, 1), (29, 1), (89, 1), (90, 2), (3_629, 60), (3_630, 61)] {
        let timer = start(&ann, &notes).await.created();
        assert_eq!(
            (&timer["minutes"], &timer["ended_at"], &timer["spent_on"]),
            (&Value::Null, &Value::Null, &json!("2054-11-24"))
        );
        assert_eq!(
            timer["started_at"],
            json!(app.clock.now().to_string()),
            "now"
        );
        app.clock.advance(TimeDelta::seconds(seconds));
        let stopped = stop(&ann, &timer).await;
        assert!(stopped.header("etag").is_some());
        let stopped = stopped.ok();
        assert_eq!(
            (&stopped["minutes"], &stopped["ended_at"]),
            (&json!(minutes), &json!(app.clock.now().to_string())),
            "{seconds} seconds"
        );
    }
    let timer = start(&ann, &notes).await.created();
    for body in [json!({"minutes": 5}), json!({"spent_on": "2054-11-20"})] {
        let pointer = format!("/{}", body.as_object().unwrap().keys().next().unwrap());
        ann.patch(&at(&timer), body).await.refused_at(&pointer);
    }
    let noted = ann
        .patch(&at(&timer), json!({"note": "Thinking"}))
        .await
        .ok();
    assert_eq!(
        (&noted["minutes"], &noted["note"]),
        (&Value::Null, &json!("Thinking"))
    );
    stop(&ben, &timer).await.problem(403, "insufficient_role");
    // Whoever forgot to stop says how long it was; not longer than measured.
    app.clock.advance(TimeDelta::hours(3));
    let place = format!("{}/stop", at(&timer));
    let refused = lead
        .post(&place, json!({"minutes": 181}))
        .await
        .refused_at("/minutes");
    assert_eq!(refused["errors"][0]["params"]["max"], 180);
    let stopped = lead.post(&place, json!({"minutes": 45})).await.ok();
    assert_eq!(stopped["minutes"], 45);
    let again = stop(&ann, &timer).await.problem(409, "invalid_transition");
    assert_eq!(again["from"], "stopped");
    let by_hand = enter(&ann, &notes, "2054-11-20", 5).await.created();
    stop(&ann, &by_hand)
        .await
        .problem(409, "invalid_transition");
    assert!(running(&ann).await.is_empty());
}

#[tokio::test]
async fn another_one_is_refused_or_stops_the_first() {
    let app = past_midnight().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let (one, other) = (task(&lead, json!({})).await, task(&lead, json!({})).await);
    let first = start(&ann, &one).await.created();
    app.clock.advance(TimeDelta::minutes(10));
    let refused = start(&ann, &other).await.problem(409, "already_exists");
    assert_eq!(
        (
            &refused["time_entry_id"],
            &refused["task_id"],
            &refused["started_at"]
        ),
        (&first["id"], &one["id"], &first["started_at"])
    );
    // Somebody else has a timer of their own, and so has Ann in another team.
    start(&lead, &one).await.created();
    let elsewhere = ann.person.found_team("Elsewhere", "ELSE").await;
    let there = task(&elsewhere, json!({})).await;
    start(&elsewhere, &there).await.created();

    let body = json!({"task_id": other["id"], "stop_running": true});
    let second = ann
        .post("/time-entries/start", body.clone())
        .await
        .created();
    let stopped = ann.get(&at(&first)).await.ok();
    assert_eq!(
        (&stopped["minutes"], &stopped["ended_at"]),
        (&json!(10), &second["started_at"])
    );
    assert_eq!(
        stopped["version"], second["version"],
        "in the same revision"
    );
    ann.delete(&at(&second)).await.no_content();
    let third = ann.post("/time-entries/start", body).await.created();
    assert_eq!(
        running(&ann)
            .await
            .iter()
            .filter(|one| one["member_id"] == json!(ann.id))
            .count(),
        1
    );
    let gone = json!({"task_id": there["id"], "stop_running": true});
    ann.post("/time-entries/start", gone)
        .await
        .refused_at("/task_id");
    assert_eq!(ann.get(&at(&third)).await.ok()["minutes"], Value::Null);
}

#[tokio::test]
async fn of_sixty_four_starts_at_once_one_succeeds() {
    let app = TestApp::start().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let answers = join_all((0..64).map(|_| start(&ann, &notes))).await;
    let made: Vec<&Answer> = answers.iter().filter(|one| one.status == 201).collect();
    assert_eq!(made.len(), 1);
    let named: BTreeSet<&str> = answers
        .iter()
        .filter(|one| one.status != 201)
        .map(|one| {
            assert_eq!(
                (one.status, one.body["code"].as_str()),
                (409, Some("already_exists")),
                "{}",
                one.text
            );
            one.body["time_entry_id"].as_str().unwrap()
        })
        .collect();
    assert_eq!(
        named,
        BTreeSet::from([made[0].body["id"].as_str().unwrap()])
    );
    assert_eq!(running(&ann).await.len(), 1);

    // Each stops the one before: in the end one runs, and all others are over.
    let body = json!({"task_id": notes["id"], "stop_running": true});
    let answers = join_all((0..64).map(|_| ann.post("/time-entries/start", body.clone()))).await;
    assert!(answers.iter().all(|one| one.status == 201));
    assert_eq!(running(&ann).await.len(), 1);
    assert_eq!(ann.all("/time-entries?is_running=false").await.len(), 64);
}

#[tokio::test]
async fn past_midnight_it_counts_for_the_day_on_which_it_was_started() {
    let app = TestApp::start().await;
    // 23:40 in Paris.
    app.clock.stop_at("2054-11-24T22:40:00Z".parse().unwrap());
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let timer = start(&ann, &notes).await.created();
    app.clock.advance(TimeDelta::minutes(50));
    let stopped = stop(&ann, &timer).await.ok();
    assert_eq!(
        (&stopped["spent_on"], &stopped["minutes"]),
        (&json!("2054-11-24"), &json!(50))
    );
    // It is the day where the member is, not where the team is.
    ann.person
        .patch("/v1/me", json!({"time_zone": "America/New_York"}))
        .await
        .ok();
    let timer = start(&ann, &notes).await.created();
    assert_eq!(timer["spent_on"], "2054-11-24");
    stop(&ann, &timer).await.ok();
    // Whoever forgets to stop has worked 24 hours and no longer.
    app.clock.advance(TimeDelta::days(7));
    let timer = start(&ann, &notes).await.created();
    app.clock.advance(TimeDelta::days(100));
    start(&ann, &notes).await.problem(409, "already_exists");
    let stopped = stop(&ann, &timer).await.ok();
    let begun: relais::db::Instant = timer["started_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        (&stopped["minutes"], &stopped["ended_at"]),
        (
            &json!(1_440),
            &json!(begun.plus(TimeDelta::hours(24)).to_string())
        )
    );
}

#[tokio::test]
async fn a_day_that_is_full_is_said_and_holds_up_nobody_who_leaves() {
    let app = TestApp::start().await;
    // Six in the evening in Paris.
    app.clock.stop_at("2054-11-24T17:00:00Z".parse().unwrap());
    let [lead, ann, ben, eve] = app.team_with(["lead", "member", "member", "member"]).await;
    let notes = task(&lead, json!({"estimate_minutes": 600})).await;
    let of_ann = start(&ann, &notes).await.created();
    let of_ben = start(&ben, &notes).await.created();
    let of_eve = start(&eve, &notes).await.created();
    enter(&ann, &notes, "2054-11-24", 1_000).await.created();
    enter(&ben, &notes, "2054-11-24", 1_000).await.created();
    enter(&eve, &notes, "2054-11-24", 1_440).await.created();
    app.clock.advance(TimeDelta::hours(10));
    let refused = stop(&ann, &of_ann).await.refused_at("/minutes");
    assert_eq!(refused["errors"][0]["code"], "day_full");
    let another = json!({"task_id": notes["id"], "stop_running": true});
    ann.post("/time-entries/start", another)
        .await
        .refused_at("/stop_running");
    let place = format!("{}/stop", at(&of_ann));
    let body = json!({"minutes": 440, "lower_remaining": true});
    let stopped = ann.post(&place, body).await.ok();
    assert_eq!(stopped["minutes"], 440);
    let task = lead
        .get(&format!("/tasks/{}", notes["id"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(task["remaining_minutes"], 160);

    // Who leaves, or becomes a guest, can stop it no more.
    lead.delete(&format!("/members/{}", ben.id))
        .await
        .no_content();
    assert_eq!(lead.get(&at(&of_ben)).await.ok()["minutes"], 440);
    lead.patch(&format!("/members/{}", eve.id), json!({"role": "guest"}))
        .await
        .ok();
    lead.get(&at(&of_eve)).await.problem(404, "not_found");
    assert!(running(&lead).await.is_empty());
}
