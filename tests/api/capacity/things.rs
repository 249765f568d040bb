//! Things of which there is a number: at no instant more than there are.

use serde_json::{Value, json};

use super::{ask, check, id, resource, taken, task, way, with};
use crate::vocabulary::TestApp;

fn hours(room: &Value, task: &Value, from: &str, until: &str, units: i64) -> Value {
    json!({"resource_id": room["id"], "task_id": task["id"], "starts_at": format!("2099-03-{from}:00Z"), "ends_at": format!("2099-03-{until}:00Z"), "amount": {"units": units}})
}

#[tokio::test]
async fn units_are_counted_at_every_instant() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let open = json!({"opens": "08:00", "closes": "18:00"});
    let week = json!({"monday": open, "tuesday": open, "wednesday": open});
    let rooms = resource(&lead, json!({"kind": "space", "units": 3, "booking": "minutes", "opening_hours": week, "skills": ["Beamer"]})).await;
    let at = |from: &str, until: &str, units| hours(&rooms, &notes, from, until, units);
    let first = ask(&lead, at("02T08:00", "02T10:00", 2)).await.created();
    // What begins as the other ends has the same units.
    ask(&lead, at("02T10:00", "02T12:00", 3)).await.created();
    ask(&lead, at("02T09:00", "02T10:00", 1)).await.created();
    let refused = ask(&lead, at("02T09:30", "02T10:30", 1))
        .await
        .problem(409, "capacity_exceeded");
    let finding = &refused["findings"][0];
    assert_eq!(
        (
            &finding["starts_at"],
            &finding["ends_at"],
            &finding["wanted"],
            &finding["there"],
            &finding["unit"]
        ),
        (
            &json!("2099-03-02T09:30:00.000Z"),
            &json!("2099-03-02T10:30:00.000Z"),
            &json!(4),
            &json!(3),
            &json!("units")
        )
    );
    assert!(
        finding["taken_by"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["allocation_id"] == first["id"])
    );
    let later = way(&refused["findings"], "later_dates").unwrap();
    assert_eq!(later["starts_at"], "2099-03-02T12:00:00.000Z");
    assert!(
        way(&refused["findings"], "smaller_amount").is_none(),
        "half a room is none"
    );
    // An afternoon that is too short for it: the next opening, by the clocks of Paris.
    let afternoon = at("02T11:00", "02T17:00", 1);
    let refused = ask(&lead, afternoon)
        .await
        .problem(409, "capacity_exceeded");
    let later = way(&refused["findings"], "later_dates").unwrap();
    assert_eq!(later["starts_at"], "2099-03-03T07:00:00.000Z");

    let other = resource(
        &lead,
        json!({"kind": "space", "units": 3, "booking": "minutes", "skills": ["beamer"]}),
    )
    .await;
    resource(
        &lead,
        json!({"kind": "space", "units": 3, "skills": ["Beamer"]}),
    )
    .await;
    let refused = ask(&lead, at("02T08:00", "02T09:00", 2))
        .await
        .problem(409, "capacity_exceeded");
    for kind in ["another_resource", "smaller_amount", "later_dates"] {
        let way = way(&refused["findings"], kind).unwrap_or_else(|| panic!("{kind}: {refused}"));
        let checked = check(&lead, json!([taken(way, &notes)])).await;
        assert_eq!(checked["verdict"], "fits", "{way}");
        if kind == "another_resource" {
            assert_eq!(way["resource_id"], other["id"]);
        }
    }
    // Seconds and milliseconds count.
    let body = with(
        at("03T08:00", "03T09:00", 3),
        json!({"starts_at": "2099-03-03T08:00:00.001Z"}),
    );
    ask(&lead, body.clone()).await.created();
    ask(
        &lead,
        with(
            body.clone(),
            json!({"starts_at": "2099-03-03T07:30:00Z", "ends_at": "2099-03-03T08:00:00.002Z"}),
        ),
    )
    .await
    .problem(409, "capacity_exceeded");
    ask(
        &lead,
        with(
            body,
            json!({"starts_at": "2099-03-03T07:30:00Z", "ends_at": "2099-03-03T08:00:00.001Z"}),
        ),
    )
    .await
    .created();
}

#[tokio::test]
async fn whole_days_are_taken_from_the_first_to_the_last() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "licence", "units": 2})).await;
    let days = |first: &str, last: &str, units: i64| json!({"resource_id": kit["id"], "task_id": notes["id"], "first_on": first, "last_on": last, "amount": {"units": units}});
    ask(&lead, days("2099-03-02", "2099-03-04", 2))
        .await
        .created();
    ask(&lead, days("2099-03-05", "2099-03-05", 1))
        .await
        .created();
    let refused = ask(&lead, days("2099-03-04", "2099-03-05", 2))
        .await
        .problem(409, "capacity_exceeded");
    assert_eq!(
        (
            &refused["findings"][0]["first_on"],
            &refused["findings"][0]["last_on"],
            &refused["findings"][0]["wanted"]
        ),
        (&json!("2099-03-04"), &json!("2099-03-05"), &json!(4))
    );
    assert_eq!(
        way(&refused["findings"], "later_dates").unwrap()["first_on"],
        "2099-03-06"
    );
    let one = ask(&lead, days("2099-03-05", "2099-03-09", 1))
        .await
        .created();
    // The end of a booking is a day in it.
    ask(&lead, days("2099-03-09", "2099-03-09", 2))
        .await
        .problem(409, "capacity_exceeded");
    lead.patch(
        &format!("/allocations/{}", id(&one)),
        json!({"last_on": "2099-03-08"}),
    )
    .await
    .ok();
    ask(&lead, days("2099-03-09", "2099-03-09", 2))
        .await
        .created();
}
