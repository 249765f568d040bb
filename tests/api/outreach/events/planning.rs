//! From a draft to the end: what an event is made of, its life, and the list.

use chrono::{DateTime, TimeDelta, Utc};
use relais::jobs::run_due;
use serde_json::{Value, json};

use super::{event, in_paris, place, wall};
use crate::vocabulary::TestApp;

/// The first error of a problem: where, and which.
fn first(problem: &Value) -> (&str, &str) {
    let error = &problem["errors"][0];
    (
        error["pointer"].as_str().unwrap(),
        error["code"].as_str().unwrap(),
    )
}

#[tokio::test]
async fn a_lead_plans_an_event_by_the_clock_of_a_place() {
    let app = TestApp::start().await;
    let [lead, member, guest] = app.team_with(["lead", "member", "guest"]).await;
    let event = event(
        &lead,
        json!({"hosts": [member.id], "join_url": "https://meet.example/1", "capacity": 50,
            "registration": {"mode": "open", "questions": [{"key": "level", "text": "How well do you know it?", "kind": "choice", "choices": ["a", "b"]}]}}),
    )
    .await;
    assert_eq!(event["starts_at"], "2027-04-20T17:00:00.000Z");
    assert_eq!(event["ends_at"], "2027-04-20T18:00:00.000Z");
    assert_eq!(event["status"], "draft");
    assert_eq!(event["registration"]["reminder_minutes"], json!([1440, 60]));
    assert_eq!(event["slug"], Value::Null);

    // Guests are members: they see where to join.
    let seen = guest.get(&place(&event)).await.ok();
    assert_eq!(seen, event);
    let body = in_paris("Mine", "2027-04-20T19:00:00", "2027-04-20T20:00:00");
    member
        .post("/events", body)
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn its_life_goes_by_the_table() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let made = event(&lead, json!({})).await;
    let problem = lead
        .patch(&place(&made), json!({"status": "live"}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(problem["allowed"], json!(["scheduled", "cancelled"]));
    for status in ["scheduled", "live", "ended"] {
        let changed = lead
            .patch(&place(&made), json!({"status": status}))
            .await
            .ok();
        assert_eq!(changed["status"], status);
    }
    let problem = lead
        .patch(&place(&made), json!({"status": "cancelled"}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(problem["allowed"], json!([]));

    let other = event(&lead, json!({})).await;
    let cancelled = lead
        .patch(
            &place(&other),
            json!({"status": "cancelled", "status_reason": "The speaker is ill."}),
        )
        .await
        .ok();
    assert_eq!(cancelled["status_reason"], "The speaker is ill.");
    assert_eq!(cancelled["sequence"], 1);
}

#[tokio::test]
async fn the_clock_begins_and_ends_it() {
    let app = TestApp::start().await;
    app.clock.stop();
    let [lead] = app.team_with(["lead"]).await;
    let now: DateTime<Utc> = app.clock.now().utc();
    let local = |ahead: i64| {
        let time = now + TimeDelta::minutes(ahead);
        time.format("%Y-%m-%dT%H:%M:%S").to_string()
    };
    let body =
        |from, to| json!({"starts": wall(&local(from), "UTC"), "ends": wall(&local(to), "UTC")});
    let soon = event(&lead, body(10, 70)).await;
    let missed = event(&lead, body(10, 20)).await;
    let draft = event(&lead, body(10, 70)).await;
    for one in [&soon, &missed] {
        lead.patch(&place(one), json!({"status": "scheduled"}))
            .await
            .ok();
    }
    run_due(&app.state).await;
    assert_eq!(lead.get(&place(&soon)).await.ok()["status"], "scheduled");

    app.clock.advance(TimeDelta::minutes(30));
    run_due(&app.state).await;
    assert_eq!(lead.get(&place(&soon)).await.ok()["status"], "live");
    assert_eq!(lead.get(&place(&missed)).await.ok()["status"], "ended");
    assert_eq!(lead.get(&place(&draft)).await.ok()["status"], "draft");
    let history = lead.get(&format!("{}/history", place(&missed))).await.ok();
    let last = history["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["actor_id"], Value::Null);
    assert_eq!(
        last["changes"]["status"],
        json!({"from": "live", "to": "ended"})
    );

    app.clock.advance(TimeDelta::minutes(60));
    run_due(&app.state).await;
    assert_eq!(lead.get(&place(&soon)).await.ok()["status"], "ended");
}

#[tokio::test]
async fn times_that_are_none_are_refused() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let refused = [
        (
            in_paris("a", "2027-04-20T19:00:00", "2027-04-20T19:00:00"),
            ("/ends/local", "before_start"),
        ),
        (
            in_paris("a", "2027-04-20T19:00:00", "2027-04-28T19:00:00"),
            ("/ends/local", "too_long"),
        ),
        (
            in_paris("a", "2027-03-28T02:30:00", "2027-03-28T04:00:00"),
            ("/starts", "skipped_by_clocks"),
        ),
        (
            in_paris("a", "2027-04-20T19:00", "2027-04-20T20:00:00"),
            ("/starts/local", "invalid_format"),
        ),
        (
            json!({"title": "a", "kind": "ama", "starts": wall("2027-04-20T19:00:00", "Mars/Olympus"), "ends": wall("2027-04-20T20:00:00", "UTC")}),
            ("/starts/time_zone", "unknown_value"),
        ),
        (
            json!({"title": "a", "kind": "ama", "starts": wall("2027-04-20T19:00:00", "UTC"), "ends": wall("2027-04-20T20:00:00", "Europe/Paris")}),
            ("/ends/time_zone", "other_time_zone"),
        ),
    ];
    for (body, expected) in refused {
        let problem = lead
            .post("/events", body)
            .await
            .problem(422, "validation_failed");
        assert_eq!(first(&problem), expected, "{problem}");
    }
    // Of a time that comes twice, the first is meant.
    let twice = lead
        .post(
            "/events",
            in_paris("a", "2027-10-31T02:30:00", "2027-10-31T05:00:00"),
        )
        .await
        .created();
    assert_eq!(twice["starts_at"], "2027-10-31T00:30:00.000Z");
}

#[tokio::test]
async fn questions_and_hosts_are_checked() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let made = event(&lead, json!({})).await;
    let question = |key: &str, kind: &str, choices: Value| json!({"registration": {"questions": [{"key": key, "text": "?", "kind": kind, "choices": choices}]}});
    let refused = [
        (
            question("A b", "text", json!([])),
            "/registration/questions/0/key",
        ),
        (
            question("a", "text", json!(["x", "y"])),
            "/registration/questions/0/choices",
        ),
        (
            question("a", "choice", json!(["x"])),
            "/registration/questions/0/choices",
        ),
        (
            question("a", "choice", json!(["x", "x"])),
            "/registration/questions/0/choices",
        ),
        (
            json!({"registration": {"opens_at": "2027-01-02T00:00:00Z", "closes_at": "2027-01-01T00:00:00Z"}}),
            "/registration/closes_at",
        ),
        (json!({"hosts": [member.id, member.id]}), "/hosts/1"),
        (
            json!({"hosts": ["0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55"]}),
            "/hosts/0",
        ),
        (json!({"join_url": "javascript:alert(1)"}), "/join_url"),
        (
            json!({"starts": wall("2027-04-20T19:00:00", "UTC")}),
            "/starts",
        ),
    ];
    for (patch, pointer) in refused {
        let problem = lead
            .patch(&place(&made), patch)
            .await
            .problem(422, "validation_failed");
        assert_eq!(first(&problem).0, pointer, "{problem}");
    }
    // What is absent in `registration` stays.
    let patch = json!({"registration": {"mode": "approval", "offer_minutes": 60}});
    lead.patch(&place(&made), patch).await.ok();
    let patch = json!({"registration": {"mode": "open"}});
    let changed = lead.patch(&place(&made), patch).await.ok();
    assert_eq!(changed["registration"]["offer_minutes"], 60);
    assert_eq!(changed["sequence"], 0, "calendars show nothing of it");
}

#[tokio::test]
async fn a_public_address_is_one_events() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let other = app.person("Otto").await.found_team("Other", "OTH").await;
    let public = event(&lead, json!({"visibility": "public"})).await;
    assert!(
        public["slug"]
            .as_str()
            .unwrap()
            .starts_with("office-hours-"),
        "{public}"
    );
    let mine = event(
        &lead,
        json!({"visibility": "public", "slug": "office-hours"}),
    )
    .await;
    let body = in_paris("Theirs", "2027-04-20T19:00:00", "2027-04-20T20:00:00");
    let theirs = other.post("/events", body).await.created();
    let taken = json!({"slug": "office-hours"});
    let problem = other
        .patch(&place(&theirs), taken.clone())
        .await
        .problem(409, "already_exists");
    assert_eq!(problem["pointer"], "/slug");
    lead.patch(&place(&mine), json!({"visibility": "team", "slug": null}))
        .await
        .ok();
    other.patch(&place(&theirs), taken).await.ok();
}

#[tokio::test]
async fn the_list_is_filtered_and_sorted() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    let later = event(
        &lead,
        json!({"title": "Later", "kind": "ama", "hosts": [member.id],
        "starts": wall("2027-06-01T19:00:00", "UTC"), "ends": wall("2027-06-01T20:00:00", "UTC")}),
    )
    .await;
    let sooner = event(
        &lead,
        json!({"title": "Sooner", "campaign_id": campaign["id"], "visibility": "public"}),
    )
    .await;
    let titles = |page: Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|one| one["title"].as_str().unwrap().to_owned())
            .collect()
    };
    let campaign_id = campaign["id"].as_str().unwrap();
    let cases = [
        (String::new(), vec!["Sooner", "Later"]),
        ("?sort=-starts_at".to_owned(), vec!["Later", "Sooner"]),
        ("?kind=ama".to_owned(), vec!["Later"]),
        ("?visibility=public".to_owned(), vec!["Sooner"]),
        (format!("?campaign_id={campaign_id}"), vec!["Sooner"]),
        ("?campaign_id=none".to_owned(), vec!["Later"]),
        (
            "?starts_at_gte=2027-05-01T00:00:00Z".to_owned(),
            vec!["Later"],
        ),
        (
            "?starts_at_lt=2027-05-01T00:00:00Z".to_owned(),
            vec!["Sooner"],
        ),
        ("?status=scheduled".to_owned(), vec![]),
        ("?q=soon".to_owned(), vec!["Sooner"]),
    ];
    for (query, expected) in cases {
        let page = lead.get(&format!("/events{query}")).await.ok();
        assert_eq!(titles(page), expected, "{query}");
    }
    assert_eq!(
        titles(member.get("/events?host_id=me").await.ok()),
        ["Later"]
    );
    let task = json!({"title": "Book the platform", "event_id": later["id"]});
    lead.post("/tasks", task).await.created();
    let wanted = format!("/tasks?event_id={}", later["id"].as_str().unwrap());
    assert_eq!(titles(lead.get(&wanted).await.ok()), ["Book the platform"]);
    let none = format!("/tasks?event_id={}", sooner["id"].as_str().unwrap());
    assert!(titles(lead.get(&none).await.ok()).is_empty());
}
