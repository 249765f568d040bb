//! Series: events that come again by a rule, by the clock on the wall, and change together or alone.

use chrono::TimeDelta;
use relais::jobs::run_due;
use serde_json::{Value, json};

use super::events::{place, wall};
use crate::vocabulary::{Member, TestApp};

mod endings;

fn body(from: &str, to: &str, zone: &str, rule: &str) -> Value {
    json!({"event": {"title": "Office hours", "kind": "ama", "starts": wall(from, zone), "ends": wall(to, zone)}, "rule": rule})
}

/// A series of weekly evenings in Paris from 16 March 2027 on, and its events.
async fn weekly(lead: &Member, count: usize) -> (Value, Vec<Value>) {
    let rule = format!("FREQ=WEEKLY;COUNT={count}");
    let body = body(
        "2027-03-16T19:00:00",
        "2027-03-16T20:00:00",
        "Europe/Paris",
        &rule,
    );
    let series = lead.post("/event-series", body).await.created();
    let events = events_of(lead, &series).await;
    (series, events)
}

async fn events_of(who: &Member, series: &Value) -> Vec<Value> {
    let id = series["id"].as_str().unwrap();
    who.all(&format!("/events?series_id={id}")).await
}

fn each<'v>(events: &'v [Value], name: &str) -> Vec<&'v str> {
    events
        .iter()
        .map(|event| event[name].as_str().unwrap())
        .collect()
}

/// The local starts.
fn locals(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["starts"]["local"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_clock_on_the_wall_stays_in_spring_and_autumn() {
    let app = TestApp::start().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let (series, events) = weekly(&lead, 3).await;
    assert_eq!(
        each(&events, "starts_at"),
        [
            "2027-03-16T18:00:00.000Z",
            "2027-03-23T18:00:00.000Z",
            "2027-03-30T17:00:00.000Z"
        ]
    );
    assert_eq!(events[1]["occurrence"], "2027-03-23T19:00:00");
    assert_eq!(events[1]["status"], "draft");
    assert_eq!((&series["total"], &series["made"]), (&json!(3), &json!(3)));

    for (from, zone, starts) in [
        (
            "2027-10-26T19:00:00",
            "Europe/Paris",
            ["2027-10-26T17:00:00.000Z", "2027-11-02T18:00:00.000Z"],
        ),
        (
            "2027-10-26T19:00:00",
            "Asia/Kolkata",
            ["2027-10-26T13:30:00.000Z", "2027-11-02T13:30:00.000Z"],
        ),
    ] {
        let body = body(from, "2027-10-26T20:00:00", zone, "FREQ=WEEKLY;COUNT=2");
        let series = lead.post("/event-series", body.clone()).await.created();
        assert_eq!(each(&events_of(&guest, &series).await, "starts_at"), starts);
        guest
            .post("/event-series", body)
            .await
            .problem(403, "insufficient_role");
    }
    let place = format!("/event-series/{}", series["id"].as_str().unwrap());
    assert_eq!(guest.get(&place).await.ok(), series);
    assert_eq!(guest.all("/event-series").await.len(), 3);
}

#[tokio::test]
async fn a_time_that_the_clocks_skip_moves_and_says_so() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let body = body(
        "2027-03-27T02:30:00",
        "2027-03-27T03:30:00",
        "Europe/Paris",
        "FREQ=DAILY;COUNT=3",
    );
    let series = lead.post("/event-series", body).await.created();
    assert_eq!(
        series["moved_by_clocks"],
        json!([{"occurrence": "2027-03-28T02:30:00", "starts": "2027-03-28T03:30:00"}])
    );
    let events = events_of(&lead, &series).await;
    assert_eq!(
        locals(&events),
        [
            "2027-03-27T02:30:00",
            "2027-03-28T03:30:00",
            "2027-03-29T02:30:00"
        ]
    );
    assert_eq!(events[1]["ends_at"], "2027-03-28T02:30:00.000Z");
}

#[tokio::test]
async fn the_thirty_first_leaves_out_months_without_one() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let body = body(
        "2027-01-31T19:00:00",
        "2027-01-31T20:00:00",
        "UTC",
        "RRULE:FREQ=MONTHLY;COUNT=3",
    );
    let series = lead.post("/event-series", body).await.created();
    assert_eq!(
        locals(&events_of(&lead, &series).await),
        [
            "2027-01-31T19:00:00",
            "2027-03-31T19:00:00",
            "2027-05-31T19:00:00"
        ]
    );
}

#[tokio::test]
async fn a_rule_that_is_none_is_refused_with_what_to_write() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for (rule, code) in [
        ("FREQ=WEEKLY", "rule_never_ends"),
        ("FREQ=DAILY;UNTIL=20290101", "too_many"),
        ("FREQ=WEEKLY;COUNT=5000", "too_many"),
        ("FREQ=SECONDLY;COUNT=5", "too_often"),
        ("FREQ=MINUTELY;COUNT=5", "too_often"),
        ("every tuesday", "malformed_rule"),
        ("FREQ=WEEKLY;COUNT=3\r\nRRULE:FREQ=DAILY", "malformed_rule"),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
            "rule_makes_none",
        ),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=5", "rule_misses_start"),
    ] {
        let body = body(
            "2027-03-16T19:00:00",
            "2027-03-16T20:00:00",
            "Europe/Paris",
            rule,
        );
        let problem = lead.post("/event-series", body).await.refused_at("/rule");
        assert_eq!(problem["errors"][0]["code"], code, "{rule}");
        if rule.starts_with("FREQ=WEEKLY;COUNT=5000") {
            assert_eq!(problem["errors"][0]["params"]["count"], 5000);
        }
    }
    let mut with_slug = body(
        "2027-03-16T19:00:00",
        "2027-03-16T20:00:00",
        "Europe/Paris",
        "FREQ=WEEKLY;COUNT=5",
    );
    with_slug["event"]["slug"] = json!("office-hours");
    lead.post("/event-series", with_slug.clone())
        .await
        .refused_at("/event/slug");
    with_slug["event"]["ends"] = wall("2027-03-16T18:00:00", "Europe/Paris");
    with_slug["event"]["slug"] = Value::Null;
    lead.post("/event-series", with_slug)
        .await
        .refused_at("/event/ends/local");
    assert!(lead.all("/events").await.is_empty());
}

#[tokio::test]
async fn later_events_are_made_as_time_goes_and_deleted_ones_stay_away() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let now = app.clock.now().utc();
    let first = (now + TimeDelta::days(10))
        .format("%Y-%m-%dT19:00:00")
        .to_string();
    let end = (now + TimeDelta::days(10))
        .format("%Y-%m-%dT20:00:00")
        .to_string();
    let mut body = body(&first, &end, "UTC", "FREQ=WEEKLY;INTERVAL=10;COUNT=10");
    body["event"]["visibility"] = json!("public");
    let series = lead.post("/event-series", body).await.created();
    assert_eq!((&series["total"], &series["made"]), (&json!(10), &json!(6)));
    let events = events_of(&lead, &series).await;
    assert_eq!(events.len(), 6);
    let mut slugs = each(&events, "slug");
    slugs.dedup();
    assert_eq!(slugs.len(), 6, "each has an address of its own");
    lead.delete(&place(&events[5])).await.no_content();

    app.clock.advance(TimeDelta::days(100));
    run_due(&app.state).await;
    run_due(&app.state).await;
    let made = lead
        .get(&format!("/event-series/{}", series["id"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(made["made"], 7);
    assert_eq!(events_of(&lead, &series).await.len(), 6);
}

#[tokio::test]
async fn one_occurrence_changes_alone_and_keeps_it() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (series, events) = weekly(&lead, 4).await;
    lead.patch(&place(&events[1]), json!({"title": "With a guest"}))
        .await
        .ok();
    for event in [&events[2], &events[3]] {
        lead.patch(&place(event), json!({"status": "cancelled"}))
            .await
            .ok();
    }
    let all = format!("{}?scope=all", place(&events[0]));
    let changed = lead
        .patch(
            &all,
            json!({"title": "Open hours", "capacity": 30, "status": "scheduled"}),
        )
        .await
        .ok();
    assert_eq!(changed["title"], "Open hours");
    let now = events_of(&lead, &series).await;
    assert_eq!(
        each(&now, "title"),
        ["Open hours", "With a guest", "Office hours", "Office hours"]
    );
    assert_eq!(
        each(&now, "status"),
        ["scheduled", "scheduled", "cancelled", "cancelled"]
    );
    assert_eq!(
        now[1]["capacity"], 30,
        "what nobody changed there goes along"
    );
    assert_eq!(now[2], lead.get(&place(&events[2])).await.ok());
    for (body, pointer) in [
        (json!({"slug": "ours"}), "/slug"),
        (json!({"status": "ended"}), "/status"),
        (json!({"campaign_id": events[0]["id"]}), "/campaign_id"),
    ] {
        lead.patch(&all, body).await.refused_at(pointer);
    }
    let single = super::events::event(&lead, json!({})).await;
    lead.patch(
        &format!("{}?scope=all", place(&single)),
        json!({"title": "A"}),
    )
    .await
    .problem(400, "invalid_query");
}

#[tokio::test]
async fn the_following_ones_become_a_series_of_their_own() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (series, events) = weekly(&lead, 5).await;
    let following = format!("{}?scope=following", place(&events[2]));
    let changed = lead.patch(&following, json!({"title": "Later"})).await.ok();
    assert_eq!(changed["id"], events[2]["id"], "ids stay");
    assert_ne!(changed["series_id"], series["id"]);
    let rest = lead
        .get(&format!("/event-series/{}", series["id"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(
        (&rest["rule"], &rest["total"]),
        (&json!("FREQ=WEEKLY;UNTIL=20270323T180000Z"), &json!(2))
    );
    let new = lead
        .get(&format!(
            "/event-series/{}",
            changed["series_id"].as_str().unwrap()
        ))
        .await
        .ok();
    assert_eq!(
        (&new["rule"], &new["total"]),
        (&json!("FREQ=WEEKLY;COUNT=3"), &json!(3))
    );
    assert_eq!(
        each(&events_of(&lead, &rest).await, "title"),
        ["Office hours", "Office hours"]
    );
    let later = events_of(&lead, &new).await;
    assert_eq!(each(&later, "title"), ["Later", "Later", "Later"]);
    assert_eq!(each(&later, "id"), each(&events[2..], "id"));
}

#[tokio::test]
async fn a_series_moves_and_its_rule_with_it() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let rule = "FREQ=WEEKLY;BYDAY=TU;COUNT=4";
    let tuesdays = body(
        "2027-03-16T19:00:00",
        "2027-03-16T20:00:00",
        "Europe/Paris",
        rule,
    );
    let series = lead.post("/event-series", tuesdays).await.created();
    let events = events_of(&lead, &series).await;
    // The first is over, the last has a time of its own.
    for status in ["scheduled", "live", "ended"] {
        lead.patch(&place(&events[0]), json!({"status": status}))
            .await
            .ok();
    }
    let to = |from: &str, to: &str| json!({"starts": wall(from, "Europe/Paris"), "ends": wall(to, "Europe/Paris")});
    lead.post(
        &format!("{}/reschedule", place(&events[3])),
        to("2027-04-08T10:00:00", "2027-04-08T11:00:00"),
    )
    .await
    .ok();
    let task = json!({"title": "A", "event_id": events[2]["id"], "due_on": "2027-03-29"});
    let task = lead.post("/tasks", task).await.created();
    let moved = lead
        .post(
            &format!("{}/reschedule?scope=all", place(&events[1])),
            to("2027-03-24T20:00:00", "2027-03-24T21:30:00"),
        )
        .await
        .ok();
    assert_eq!(
        moved["moved_events"],
        json!([events[1]["id"], events[2]["id"]])
    );
    assert_eq!(moved["kept_events"], json!([events[3]["id"]]));
    assert_eq!(moved["moved_tasks"][0]["id"], task["id"]);
    assert_eq!(moved["moved_tasks"][0]["due_on"], "2027-03-30");
    let ended = lead.get(&place(&events[0])).await.ok();
    assert_eq!(
        ended["starts"], events[0]["starts"],
        "what is over keeps its record"
    );
    let new = json!({"id": moved["event"]["series_id"]});
    let now = events_of(&lead, &new).await;
    assert_eq!(
        locals(&now),
        [
            "2027-03-24T20:00:00",
            "2027-03-31T20:00:00",
            "2027-04-08T10:00:00"
        ]
    );
    assert_eq!(now[1]["ends"]["local"], "2027-03-31T21:30:00");
    let new = lead
        .get(&format!("/event-series/{}", new["id"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(new["rule"], "FREQ=WEEKLY;BYDAY=WE;COUNT=3");
}

#[tokio::test]
async fn a_move_that_the_rule_cannot_follow_is_refused() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let thirtieth = body(
        "2027-03-30T19:00:00",
        "2027-03-30T20:00:00",
        "UTC",
        "FREQ=MONTHLY;COUNT=4",
    );
    let series = lead.post("/event-series", thirtieth).await.created();
    let events = events_of(&lead, &series).await;
    let to = json!({"starts": wall("2027-03-31T19:00:00", "UTC"), "ends": wall("2027-03-31T20:00:00", "UTC")});
    let problem = lead
        .post(
            &format!("{}/reschedule?scope=all", place(&events[0])),
            to.clone(),
        )
        .await
        .refused_at("/starts/local");
    assert_eq!(problem["errors"][0]["code"], "rule_does_not_follow");
    lead.post(&format!("{}/reschedule", place(&events[0])), to)
        .await
        .ok();
    assert_eq!(events_of(&lead, &series).await.len(), 4);
}
