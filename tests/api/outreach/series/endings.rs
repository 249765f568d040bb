//! How series end: called off for one occurrence, the following ones or all, with a letter for everybody concerned; or
//! put into the trash.

use chrono::TimeDelta;
use relais::jobs::run_due;
use relais::trash::purge_expired;
use serde_json::{Value, json};

use super::{each, events_of, weekly};
use crate::outreach::events::{place, wall};
use crate::vocabulary::{Member, TestApp};

/// A person with a place at one event.
async fn add(lead: &Member, event: &Value, email: &str) {
    let place = format!("{}/registrations", place(event));
    let body = json!({"name": "Ada", "email": email});
    lead.post(&place, body).await.created();
}

/// Letters of one kind: to whom, about which event, in the order of both.
async fn told(lead: &Member, kind: &str) -> Vec<(String, Value)> {
    let letters = lead.all(&format!("/outbox?kind={kind}")).await;
    let mut told: Vec<(String, Value)> = letters
        .into_iter()
        .map(|letter| {
            let to = letter["recipient"].as_str().unwrap().to_owned();
            (to, letter["event_id"].clone())
        })
        .collect();
    told.sort_by_key(|(to, event)| (to.clone(), event.to_string()));
    told
}

fn expected(people: &[(&str, &[&Value])]) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = people
        .iter()
        .flat_map(|(email, events)| {
            let one = |event: &&Value| ((*email).to_owned(), event["id"].clone());
            events.iter().map(one)
        })
        .collect();
    all.sort_by_key(|(to, event)| (to.clone(), event.to_string()));
    all
}

/// Four scheduled evenings; Ada comes to all of them, Ben to the third alone, and Eve asked and cancelled.
async fn evenings(app: &TestApp) -> (Member, Value, Vec<Value>) {
    app.clock.stop();
    let [lead] = app.team_with(["lead"]).await;
    let (series, events) = weekly(&lead, 4).await;
    let all = format!("{}?scope=all", place(&events[0]));
    lead.patch(&all, json!({"status": "scheduled"})).await.ok();
    for event in &events {
        add(&lead, event, "ada@example.org").await;
    }
    add(&lead, &events[2], "ben@example.org").await;
    add(&lead, &events[2], "eve@example.org").await;
    let list = format!("{}/registrations?q=eve", place(&events[2]));
    let eve = lead.get(&list).await.ok()["items"][0].clone();
    let cancel = format!(
        "{}/registrations/{}/cancel",
        place(&events[2]),
        eve["id"].as_str().unwrap()
    );
    lead.request("POST", &cancel).send().await.ok();
    (lead, series, events)
}

async fn cancel(lead: &Member, event: &Value, scope: &str) -> Value {
    let place = format!("{}?scope={scope}", place(event));
    lead.patch(
        &place,
        json!({"status": "cancelled", "status_reason": "Ill"}),
    )
    .await
    .ok()
}

#[tokio::test]
async fn calling_off_one_evening_tells_who_comes_to_it() {
    let app = TestApp::start().await;
    let (lead, series, events) = evenings(&app).await;
    cancel(&lead, &events[2], "this").await;
    assert_eq!(
        each(&events_of(&lead, &series).await, "status"),
        ["scheduled", "scheduled", "cancelled", "scheduled"]
    );
    let once = expected(&[
        ("ada@example.org", &[&events[2]]),
        ("ben@example.org", &[&events[2]]),
    ]);
    assert_eq!(told(&lead, "event_cancelled").await, once);
    // The rest is called off later: who was told is not told again.
    cancel(&lead, &events[1], "following").await;
    let all = expected(&[
        ("ada@example.org", &[&events[1], &events[2], &events[3]]),
        ("ben@example.org", &[&events[2]]),
    ]);
    assert_eq!(told(&lead, "event_cancelled").await, all);
    assert!(told(&lead, "event_changed").await.is_empty());
}

#[tokio::test]
async fn calling_off_the_following_ones_ends_the_series_before_them() {
    let app = TestApp::start().await;
    let (lead, series, events) = evenings(&app).await;
    let answer = cancel(&lead, &events[2], "following").await;
    assert_eq!(
        (&answer["status"], &answer["status_reason"]),
        (&json!("cancelled"), &json!("Ill"))
    );
    let rest = lead
        .get(&format!("/event-series/{}", series["id"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(rest["total"], 2);
    assert_eq!(
        each(&events_of(&lead, &rest).await, "status"),
        ["scheduled", "scheduled"]
    );
    let new = json!({"id": answer["series_id"]});
    assert_eq!(
        each(&events_of(&lead, &new).await, "status"),
        ["cancelled", "cancelled"]
    );
    let once = expected(&[
        ("ada@example.org", &[&events[2], &events[3]]),
        ("ben@example.org", &[&events[2]]),
    ]);
    assert_eq!(told(&lead, "event_cancelled").await, once);
}

#[tokio::test]
async fn calling_off_all_spares_what_is_over_and_makes_no_more() {
    let app = TestApp::start().await;
    let (lead, series, events) = evenings(&app).await;
    for status in ["live", "ended"] {
        lead.patch(&place(&events[0]), json!({"status": status}))
            .await
            .ok();
    }
    // From the second to the last, by whichever of them.
    cancel(&lead, &events[3], "all").await;
    assert_eq!(
        each(&events_of(&lead, &series).await, "status"),
        ["ended", "cancelled", "cancelled", "cancelled"]
    );
    let once = expected(&[
        ("ada@example.org", &[&events[1], &events[2], &events[3]]),
        ("ben@example.org", &[&events[2]]),
    ]);
    assert_eq!(told(&lead, "event_cancelled").await, once);
}

#[tokio::test]
async fn a_change_of_all_is_told_once_to_whom_it_concerns() {
    let app = TestApp::start().await;
    let (lead, _, events) = evenings(&app).await;
    // The second evening has a platform of its own, which the change of all leaves alone.
    lead.patch(&place(&events[1]), json!({"platform": "Jitsi"}))
        .await
        .ok();
    let own = expected(&[("ada@example.org", &[&events[1]])]);
    assert_eq!(told(&lead, "event_changed").await, own);
    let all = format!("{}?scope=all", place(&events[0]));
    lead.patch(&all, json!({"platform": "Zoom", "capacity": 40}))
        .await
        .ok();
    let everybody = expected(&[
        (
            "ada@example.org",
            &[&events[0], &events[1], &events[2], &events[3]],
        ),
        ("ben@example.org", &[&events[2]]),
    ]);
    assert_eq!(told(&lead, "event_changed").await, everybody);
    // A move before these letters went out is told by them.
    let to = |from: &str, to: &str| json!({"starts": wall(from, "Europe/Paris"), "ends": wall(to, "Europe/Paris")});
    let later = to("2027-03-30T20:00:00", "2027-03-30T21:00:00");
    let following = format!("{}/reschedule?scope=following", place(&events[2]));
    let moved = lead.post(&following, later).await.ok();
    assert_eq!(
        moved["moved_events"],
        json!([events[2]["id"], events[3]["id"]])
    );
    assert_eq!(told(&lead, "event_changed").await, everybody);
    // And one after they did by others, once for each.
    run_due(&app.state).await;
    let again = to("2027-03-30T18:00:00", "2027-03-30T19:00:00");
    lead.post(&following, again).await.ok();
    let twice = told(&lead, "event_changed").await;
    assert_eq!(twice.len(), everybody.len() + 3);
}

#[tokio::test]
async fn a_series_goes_to_the_trash_with_what_is_to_come_and_comes_back() {
    let app = TestApp::start().await;
    let (lead, series, events) = evenings(&app).await;
    let at = format!("/event-series/{}", series["id"].as_str().unwrap());
    for status in ["live", "ended"] {
        lead.patch(&place(&events[0]), json!({"status": status}))
            .await
            .ok();
    }
    cancel(&lead, &events[1], "this").await;
    let before = lead.get(&at).await.ok();
    let listed = events_of(&lead, &series).await;
    let stale = lead.request("DELETE", &at).header("if-match", "\"1\"");
    stale.send().await.problem(412, "version_conflict");
    lead.delete(&at).await.no_content();
    lead.get(&at).await.problem(404, "not_found");
    assert!(lead.all("/event-series").await.is_empty());
    assert_eq!(
        each(&events_of(&lead, &series).await, "status"),
        ["ended", "cancelled"]
    );
    lead.get(&place(&events[2])).await.problem(404, "not_found");
    // Putting something away tells nobody: calling it off does.
    assert_eq!(told(&lead, "event_cancelled").await.len(), 1);
    let trash = lead.all("/trash").await;
    assert_eq!(trash.len(), 1, "{trash:?}");
    assert_eq!(
        (&trash[0]["kind"], &trash[0]["id"], &trash[0]["name"]),
        (
            &json!("event_series"),
            &series["id"],
            &json!("Office hours")
        )
    );
    assert_eq!(trash[0]["deleted_by_id"], json!(lead.id));
    let total = lead
        .get("/trash?kind=event_series&include_total=true")
        .await
        .ok();
    assert_eq!(total["total"], 1);
    let restore = |id: &Value| format!("/trash/{}/restore", id.as_str().unwrap());
    let with_series = lead
        .request("POST", &restore(&events[2]["id"]))
        .send()
        .await;
    let problem = with_series.problem(409, "still_in_trash");
    assert_eq!(problem["trash_id"], series["id"]);
    // What stayed is changed alone.
    let all = format!("{}?scope=all", place(&events[0]));
    let problem = lead
        .patch(&all, json!({"title": "A"}))
        .await
        .problem(409, "still_in_trash");
    assert_eq!(problem["trash_id"], series["id"]);

    let back = lead
        .request("POST", &restore(&series["id"]))
        .send()
        .await
        .ok();
    assert_eq!(
        (&back["kind"], &back["series"], &back["events"]),
        (&json!("event_series"), &json!(1), &json!(2))
    );
    let mut after = lead.get(&at).await.ok();
    for name in ["version", "updated_at"] {
        after[name] = before[name].clone();
    }
    assert_eq!(after, before);
    assert_eq!(
        each(&events_of(&lead, &series).await, "id"),
        each(&listed, "id")
    );
    let lines = lead.all(&format!("{at}/history")).await;
    let actions: Vec<&Value> = lines.iter().map(|line| &line["action"]).collect();
    assert_eq!(actions[actions.len() - 2..], ["deleted", "restored"]);
}

#[tokio::test]
async fn a_series_in_the_trash_makes_no_events_and_what_was_held_outlives_it() {
    let app = TestApp::start().await;
    app.clock.stop();
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let now = app.clock.now().utc();
    let local = |days: i64, time: &str| {
        let day = (now + TimeDelta::days(days)).format("%Y-%m-%d");
        wall(&format!("{day}T{time}"), "UTC")
    };
    let event = json!({"title": "Office hours", "kind": "ama", "starts": local(10, "19:00:00"), "ends": local(10, "20:00:00")});
    let body = json!({"event": event, "rule": "FREQ=WEEKLY;INTERVAL=3;COUNT=30"});
    let series = lead.post("/event-series", body).await.created();
    let events = events_of(&lead, &series).await;
    let at = format!("/event-series/{}", series["id"].as_str().unwrap());
    member.delete(&at).await.problem(403, "insufficient_role");
    lead.patch(&place(&events[0]), json!({"status": "scheduled"}))
        .await
        .ok();
    let task = json!({"title": "A", "event_id": events[1]["id"]});
    let task = lead.post("/tasks", task).await.created();
    // One was deleted before, and comes back alone.
    lead.delete(&place(&events[2])).await.no_content();
    app.clock.advance(TimeDelta::days(11));
    run_due(&app.state).await;
    lead.delete(&at).await.no_content();
    let alone = format!("/trash/{}/restore", events[2]["id"].as_str().unwrap());
    lead.request("POST", &alone).send().await.ok();
    app.clock.advance(TimeDelta::days(29));
    run_due(&app.state).await;
    let left = events_of(&lead, &series).await;
    assert_eq!(each(&left, "status"), ["ended", "draft"]);

    app.clock.advance(TimeDelta::days(2));
    run_due(&app.state).await;
    purge_expired(&app.state).await.unwrap();
    assert!(lead.all("/trash").await.is_empty());
    assert!(events_of(&lead, &series).await.is_empty());
    for event in left {
        let now = lead.get(&place(&event)).await.ok();
        assert_eq!(
            (&now["series_id"], &now["occurrence"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(now["starts"], event["starts"]);
        assert_eq!(now["sequence"], event["sequence"]);
    }
    let task = lead
        .get(&format!("/tasks/{}", task["key"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(task["event_id"], Value::Null);
}
