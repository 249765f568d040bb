//! What is told to be free can be had, and not a minute more: by the candidates, by the availability, and by the check.

use serde_json::{Value, json};

use super::workload::{on_monday, work};
use super::{ask, check, create, id, task};
use crate::vocabulary::Member;

/// Whether so many minutes of the member from this day to that would fit.
async fn fits(by: &Member, of: &Member, wanted: &Value, days: (&str, &str), minutes: i64) -> bool {
    let change = json!({"resource_id": of.id, "task_id": wanted["id"], "first_on": days.0, "last_on": days.1, "amount": {"minutes": minutes}});
    check(by, json!([create(change)])).await["verdict"] == "fits"
}

/// Fails unless just so many minutes can be had.
async fn just(by: &Member, of: &Member, wanted: &Value, days: (&str, &str), minutes: i64) {
    let what = format!("{} of {days:?}, {minutes} minutes", of.id);
    if minutes > 0 {
        assert!(fits(by, of, wanted, days, minutes).await, "{what}");
    }
    let more = minutes + 1;
    assert!(!fits(by, of, wanted, days, more).await, "one more: {what}");
}

#[tokio::test]
async fn candidates_and_availability_promise_what_a_check_grants() {
    let app = on_monday().await;
    let [lead, ann, ben, eve, zoe] = app
        .team_with(["lead", "member", "member", "member", "member"])
        .await;
    work(&lead, "/working-hours", 480).await;
    let assigned = async |member: &Member, first: &str, last: &str, minutes: i64| {
        let body = json!({"assignee_id": member.id, "starts_on": first, "due_on": last, "estimate_minutes": minutes});
        task(&lead, body).await
    };
    // Ann's work of this week cannot wait until Thursday: from then on another task takes every minute.
    assigned(&ann, "2054-11-23", "2054-11-27", 960).await;
    assigned(&ann, "2054-11-26", "2054-12-02", 2_400).await;
    // Ben has more on Friday than Friday has.
    assigned(&ben, "2054-11-27", "2054-11-27", 2_000).await;
    // Eve has more on Tuesday than Tuesday has.
    assigned(&eve, "2054-11-24", "2054-11-24", 700).await;
    // Zoe has two hours a day promised, and is away on Tuesday.
    let notes = task(&lead, json!({})).await;
    let body = json!({"resource_id": zoe.id, "task_id": notes["id"], "first_on": "2054-11-23", "last_on": "2054-11-27", "amount": {"minutes_per_day": 120}});
    ask(&lead, body).await.created();
    let away = json!({"first_on": "2054-11-24", "last_on": "2054-11-24", "kind": "vacation"});
    zoe.post("/absences", away).await.created();
    let wanted = json!({"starts_on": "2054-11-23", "due_on": "2054-11-25", "estimate_minutes": 60});
    let wanted = task(&lead, wanted).await;
    let place = format!("/tasks/{}/candidates", id(&wanted));
    let answer = lead.get(&place).await.ok();
    let window = ("2054-11-23", "2054-11-25");
    assert_eq!(
        answer["window"],
        json!({"first_on": window.0, "last_on": window.1})
    );
    for (member, expected) in [(&ann, 480), (&ben, 1_440), (&eve, 960), (&zoe, 720)] {
        let of = answer["candidates"].as_array().unwrap().iter();
        let mut of = of.filter(|one| one["member_id"] == json!(member.id));
        let free = of.next().expect("a candidate")["free"]["free_minutes"].clone();
        let free = free.as_i64().expect("minutes");
        just(&lead, member, &wanted, window, free).await;
        assert_eq!(free, expected);
    }

    for member in [&ann, &ben, &eve, &zoe] {
        let place = format!(
            "/resources/{}/availability?from=2054-11-23&to=2054-11-30",
            member.id
        );
        let answer = lead.get(&place).await.ok();
        for day in answer["days"].as_array().unwrap() {
            let (on, free) = (day["on"].as_str().unwrap(), day["free"].as_i64().unwrap());
            just(&lead, member, &wanted, (on, on), free).await;
        }
    }
}
