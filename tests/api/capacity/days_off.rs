//! Holidays, absences and later hours, in everything that tells what there is of a day.

use serde_json::{Value, json};

use super::{all_work, ask, check, create, of_person, task};
use crate::vocabulary::{Member, TestApp};

/// The week from 2 March 2099, a Monday.
const WEEK: &str = "from=2099-03-02&to=2099-03-08";

async fn holiday(lead: &Member) {
    let body = json!({"name": "A day off", "first_on": "2099-03-03"});
    lead.post("/holidays", body).await.created();
}

async fn away(member: &Member, on: &str, minutes_per_day: Value) {
    let body = json!({"first_on": on, "last_on": on, "kind": "training", "minutes_per_day": minutes_per_day});
    member.post("/absences", body).await.created();
}

/// From this day on everybody works so many minutes from Monday to Friday, or one member does.
async fn later_hours(by: &Member, place: &str, from: &str, minutes: i64) {
    let body = json!({"valid_from_on": from, "monday_minutes": minutes, "tuesday_minutes": minutes,
        "wednesday_minutes": minutes, "thursday_minutes": minutes, "friday_minutes": minutes,
        "saturday_minutes": 0, "sunday_minutes": 0});
    by.post(place, body).await.created();
}

/// Eight hours each day, but for a holiday on Tuesday; one hour less on Wednesday; away on Friday: 1,380 minutes.
async fn short_week(lead: &Member, ada: &Member) {
    all_work(lead, 480).await;
    holiday(lead).await;
    away(ada, "2099-03-04", json!(60)).await;
    away(ada, "2099-03-06", Value::Null).await;
}

/// What would be found if so many minutes were asked for between these days: what is wanted, and what is there.
async fn refused(
    by: &Member,
    ada: &Member,
    task: &Value,
    (minutes, first, last): (i64, &str, &str),
) -> Option<(i64, i64)> {
    let mut body = of_person(&ada.id, task, last, json!({"minutes": minutes}));
    body["first_on"] = json!(first);
    let found = check(by, json!([create(body)])).await;
    let finding = found["findings"].as_array().unwrap().first().cloned();
    assert_eq!(found["verdict"] == "fits", finding.is_none(), "{found}");
    finding.map(|one| {
        (
            one["wanted"].as_i64().unwrap(),
            one["there"].as_i64().unwrap(),
        )
    })
}

/// Capacity and what is free of it, day by day.
async fn availability(by: &Member, ada: &Member) -> Vec<(i64, i64)> {
    let place = format!("/resources/{}/availability?{WEEK}", ada.id);
    let answer = by.get(&place).await.ok();
    let days = answer["days"].as_array().unwrap().iter();
    days.map(|day| {
        (
            day["capacity"].as_i64().unwrap(),
            day["free"].as_i64().unwrap(),
        )
    })
    .collect()
}

async fn workload(by: &Member, ada: &Member, step: &str) -> Value {
    let place = format!("/workload?{WEEK}&by={step}&member_id={}", ada.id);
    by.get(&place).await.ok()["members"][0].clone()
}

/// What is wanted and what is there, where too much is promised in the week.
async fn conflicts(by: &Member) -> Vec<(i64, i64)> {
    let answer = by.get(&format!("/conflicts?{WEEK}")).await.ok();
    let items = answer["items"].as_array().unwrap().iter();
    items
        .map(|one| {
            (
                one["wanted"].as_i64().unwrap(),
                one["there"].as_i64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_check_counts_them() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    short_week(&lead, &ada).await;
    let notes = task(&lead, json!({})).await;
    for (minutes, first, last, expected) in [
        (1_380, "02", "06", None),
        (1_381, "02", "06", Some((1_381, 1_380))),
        (1, "03", "03", Some((1, 0))),
        (420, "04", "04", None),
        (421, "04", "04", Some((421, 420))),
        (420, "03", "04", None),
        (480, "05", "06", None),
        (481, "05", "06", Some((481, 480))),
        (1, "06", "08", Some((1, 0))),
    ] {
        let day = |of: &str| format!("2099-03-{of}");
        assert_eq!(
            refused(&lead, &ada, &notes, (minutes, &day(first), &day(last))).await,
            expected,
            "{minutes} from {first} to {last}"
        );
    }
    // What is saved is judged just so.
    let body = |minutes: i64| of_person(&ada.id, &notes, "2099-03-06", json!({"minutes": minutes}));
    ask(&lead, body(1_381)).await.problem(409, "over_allocated");
    ask(&lead, body(1_380)).await.created();
}

#[tokio::test]
async fn what_is_free_counts_them() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    short_week(&lead, &ada).await;
    let days = [480, 0, 420, 480, 0, 0, 0];
    let free = days.map(|minutes| (minutes, minutes));
    assert_eq!(availability(&lead, &ada).await, free);
    // Three days of which one is a holiday: 900 minutes, of which 600 are taken.
    let notes = task(&lead, json!({})).await;
    let body = of_person(&ada.id, &notes, "2099-03-04", json!({"minutes": 600}));
    ask(&lead, body).await.created();
    let mut free = free;
    (free[0].1, free[2].1) = (300, 300);
    assert_eq!(availability(&lead, &ada).await, free);
}

#[tokio::test]
async fn the_workload_counts_them() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    short_week(&lead, &ada).await;
    let body = json!({"assignee_id": ada.id, "starts_on": "2099-03-02", "due_on": "2099-03-04", "estimate_minutes": 900});
    task(&lead, body).await;
    let days = workload(&lead, &ada, "day").await;
    assert_eq!(days["capacity_minutes"], json!([480, 0, 420, 480, 0, 0, 0]));
    assert_eq!(days["demand_minutes"], json!([480, 0, 420, 0, 0, 0, 0]));
    assert_eq!(days["free_minutes"], json!([0, 0, 0, 480, 0, 0, 0]));
    let week = workload(&lead, &ada, "week").await;
    assert_eq!(
        (&week["capacity_minutes"], &week["free_minutes"]),
        (&json!([1_380]), &json!([480]))
    );
}

#[tokio::test]
async fn what_fitted_is_a_conflict_when_less_is_there_later() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    let body = of_person(&ada.id, &notes, "2099-03-06", json!({"minutes": 2_400}));
    let made = ask(&lead, body).await.created();
    assert_eq!(conflicts(&lead).await, []);
    away(&ada, "2099-03-04", json!(60)).await;
    assert_eq!(conflicts(&lead).await, [(2_400, 2_340)]);
    holiday(&lead).await;
    assert_eq!(conflicts(&lead).await, [(2_400, 1_860)]);
    away(&ada, "2099-03-06", Value::Null).await;
    assert_eq!(conflicts(&lead).await, [(2_400, 1_380)]);
    let found = lead.get(&format!("/conflicts?{WEEK}")).await.ok();
    assert_eq!(
        found["items"][0]["taken_by"][0]["allocation_id"],
        made["id"]
    );
    // A day on which nobody works anyway changes nothing.
    away(&ada, "2099-03-07", Value::Null).await;
    assert_eq!(conflicts(&lead).await, [(2_400, 1_380)]);
}

#[tokio::test]
async fn later_hours_count_from_their_first_day() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    let body = of_person(&ada.id, &notes, "2099-03-06", json!({"minutes": 2_400}));
    let made = ask(&lead, body).await.created();
    later_hours(&lead, "/working-hours", "2099-03-04", 240).await;
    assert_eq!(conflicts(&lead).await, [(2_400, 1_680)]);
    // Ada's own go before the team's, from their first day on.
    let own = format!("/members/{}/working-hours", ada.id);
    later_hours(&ada, &own, "2099-03-05", 60).await;
    assert_eq!(conflicts(&lead).await, [(2_400, 1_320)]);
    let days = [480, 480, 240, 60, 60, 0, 0];
    assert_eq!(
        workload(&lead, &ada, "day").await["capacity_minutes"],
        json!(days)
    );
    let release = format!("/allocations/{}/release", super::id(&made));
    lead.post(&release, json!({})).await.ok();
    assert_eq!(
        availability(&lead, &ada).await,
        days.map(|minutes| (minutes, minutes))
    );
    let week = |minutes| (minutes, "2099-03-02", "2099-03-06");
    assert_eq!(refused(&lead, &ada, &notes, week(1_320)).await, None);
    assert_eq!(
        refused(&lead, &ada, &notes, week(1_321)).await,
        Some((1_321, 1_320))
    );
}
