//! What is free.

use serde_json::{Value, json};

use super::{all_work, ask, id, of_person, resource, task};
use crate::vocabulary::{Member, TestApp};

async fn free(by: &Member, resource: &str, from: &str, to: &str) -> Value {
    by.get(&format!(
        "/resources/{resource}/availability?from={from}&to={to}"
    ))
    .await
    .ok()
}

fn days(answer: &Value) -> Vec<(&str, Option<i64>, Option<i64>)> {
    let days = answer["days"].as_array().unwrap();
    days.iter()
        .map(|day| {
            (
                day["on"].as_str().unwrap(),
                day["capacity"].as_i64(),
                day["free"].as_i64(),
            )
        })
        .collect()
}

#[tokio::test]
async fn of_a_person_minutes_are_free_by_day() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    let unknown = free(&lead, &ada.id, "2099-03-06", "2099-03-07").await;
    assert_eq!(
        days(&unknown),
        [("2099-03-06", None, None), ("2099-03-07", None, None)]
    );
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    ask(
        &lead,
        of_person(
            &ada.id,
            &notes,
            "2099-03-04",
            json!({"minutes_per_day": 100}),
        ),
    )
    .await
    .created();
    // The week's 2,400 minutes, 300 of which are taken by the day: 50 are left, on whichever day.
    ask(
        &lead,
        of_person(&ada.id, &notes, "2099-03-06", json!({"minutes": 2_050})),
    )
    .await
    .created();
    task(&lead, json!({"assignee_id": ada.id})).await;
    task(
        &lead,
        json!({"assignee_id": ada.id, "due_on": "2099-03-04"}),
    )
    .await;
    task(
        &lead,
        json!({"assignee_id": ada.id, "due_on": "2020-03-04", "estimate_minutes": 5}),
    )
    .await;
    let answer = free(&lead, &ada.id, "2099-03-04", "2099-03-09").await;
    assert_eq!(
        days(&answer),
        [
            ("2099-03-04", Some(480), Some(50)),
            ("2099-03-05", Some(480), Some(50)),
            ("2099-03-06", Some(480), Some(50)),
            ("2099-03-07", Some(0), Some(0)),
            ("2099-03-08", Some(0), Some(0)),
            ("2099-03-09", Some(480), Some(480)),
        ]
    );
    let mut reasons: Vec<&str> = answer["not_counted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["reason"].as_str().unwrap())
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["no_due_date", "no_estimate", "overdue"]);
}

#[tokio::test]
async fn of_things_units_are_free_by_day_or_by_exact_intervals() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let open = json!({"opens": "08:00", "closes": "18:00"});
    let week = json!({"monday": open, "tuesday": open});
    let room = resource(
        &lead,
        json!({"kind": "space", "units": 2, "booking": "minutes", "opening_hours": week}),
    )
    .await;
    let body = json!({"resource_id": room["id"], "task_id": notes["id"], "starts_at": "2099-03-02T10:00:00Z", "ends_at": "2099-03-03T08:00:00Z", "amount": {"units": 1}});
    ask(&lead, body).await.created();
    let answer = free(&lead, id(&room), "2099-03-01", "2099-03-04").await;
    let spans: Vec<(&str, &str, i64)> = answer["intervals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["starts_at"].as_str().unwrap(),
                one["ends_at"].as_str().unwrap(),
                one["free"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        spans,
        [
            ("2099-03-02T07:00:00.000Z", "2099-03-02T10:00:00.000Z", 2),
            ("2099-03-02T10:00:00.000Z", "2099-03-02T17:00:00.000Z", 1),
            ("2099-03-03T07:00:00.000Z", "2099-03-03T08:00:00.000Z", 1),
            ("2099-03-03T08:00:00.000Z", "2099-03-03T17:00:00.000Z", 2),
        ]
    );
    let kit = resource(
        &lead,
        json!({"kind": "equipment", "units": 2, "opening_hours": week}),
    )
    .await;
    let body = json!({"resource_id": kit["id"], "task_id": notes["id"], "first_on": "2099-03-02", "last_on": "2099-03-02", "amount": {"units": 1}});
    ask(&lead, body).await.created();
    let answer = free(&lead, id(&kit), "2099-03-01", "2099-03-03").await;
    assert_eq!(
        days(&answer),
        [
            ("2099-03-01", Some(0), Some(0)),
            ("2099-03-02", Some(2), Some(1)),
            ("2099-03-03", Some(2), Some(2))
        ]
    );
    for (from, to) in [
        ("2099-03-02", "2099-03-01"),
        ("2099-01-01", "2100-01-02"),
        ("2099-01-01", "never"),
    ] {
        lead.get(&format!(
            "/resources/{}/availability?from={from}&to={to}",
            id(&kit)
        ))
        .await
        .problem(400, "invalid_query");
    }
    lead.get(&format!(
        "/resources/{}/availability?from=2099-01-01",
        id(&kit)
    ))
    .await
    .problem(400, "invalid_query");
    assert_eq!(
        days(&free(&lead, id(&kit), "2099-01-01", "2100-01-01").await).len(),
        366
    );
}
