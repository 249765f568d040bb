//! Where what was promised does not fit.

use serde_json::{Value, json};

use super::{all_work, ask, id, of_person, resource, task};
use crate::vocabulary::{Member, TestApp};

async fn conflicts(by: &Member, from: &str, to: &str) -> Value {
    by.get(&format!("/conflicts?from={from}&to={to}"))
        .await
        .ok()
}

#[tokio::test]
async fn every_resource_that_is_promised_too_much_is_listed() {
    let app = TestApp::start().await;
    let [lead, ada, bob] = app.team_with(["lead", "member", "member"]).await;
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    let allow = |kind: Value| super::with(kind, json!({"overbooking": "allow"}));
    lead.patch(&format!("/resources/{}", ada.id), allow(json!({})))
        .await
        .ok();
    let kit = resource(&lead, allow(json!({"kind": "equipment", "name": "Kit"}))).await;
    let room = resource(
        &lead,
        allow(json!({"kind": "space", "name": "Room", "booking": "minutes"})),
    )
    .await;
    let ads = resource(
        &lead,
        allow(json!({"kind": "budget", "name": "Ads", "currency": "EUR", "limit_minor": 10})),
    )
    .await;
    assert_eq!(
        conflicts(&lead, "2099-03-01", "2099-03-31").await["items"],
        json!([])
    );
    let hours = json!({"resource_id": room["id"], "task_id": notes["id"], "starts_at": "2099-03-02T10:00:00Z", "ends_at": "2099-03-02T11:00:00Z", "amount": {"units": 1}});
    let money = json!({"resource_id": ads["id"], "task_id": notes["id"], "amount": {"money": {"amount_minor": 6, "currency": "EUR"}}});
    for body in [
        of_person(&ada.id, &notes, "2099-03-06", json!({"minutes": 2_000})),
        of_person(&bob.id, &notes, "2099-03-06", json!({"minutes": 2_000})),
        of_person(id(&kit), &notes, "2099-03-04", json!({"units": 1})),
        hours,
        money,
    ] {
        ask(&lead, body.clone()).await.created();
        if body["resource_id"] != json!(bob.id) {
            ask(&lead, body).await.created();
        }
    }
    let found = conflicts(&lead, "2099-03-01", "2099-03-31").await;
    let items = found["items"].as_array().unwrap();
    let mut of: Vec<(&str, i64, i64)> = items
        .iter()
        .map(|one| {
            (
                one["resource_id"].as_str().unwrap(),
                one["wanted"].as_i64().unwrap(),
                one["there"].as_i64().unwrap(),
            )
        })
        .collect();
    let mut expected = [
        (ada.id.as_str(), 4_000, 2_400),
        (id(&kit), 2, 1),
        (id(&room), 2, 1),
        (id(&ads), 12, 10),
    ];
    of.sort_unstable();
    expected.sort_unstable();
    assert_eq!(of, expected);
    assert!(items.iter().all(|one| {
        one["taken_by"]
            .as_array()
            .unwrap()
            .iter()
            .all(|taker| taker["title"] == "Write the notes" && taker["allocation_id"].is_string())
    }));
    assert_eq!(found["is_complete"], true);
    // Other days: only the money, which has no day.
    let other = conflicts(&lead, "2099-03-09", "2099-03-31").await;
    assert_eq!(other["items"].as_array().unwrap().len(), 1);
    // An estimate makes a conflict without anybody promising anything.
    let body = json!({"assignee_id": bob.id, "starts_on": "2099-03-02", "due_on": "2099-03-06", "estimate_minutes": 401});
    task(&lead, body).await;
    assert_eq!(
        conflicts(&lead, "2099-03-06", "2099-03-06").await["items"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    for query in [
        "from=2099-03-02&to=2099-03-01",
        "from=2099-01-01&to=2100-01-02",
        "from=2099-01-01",
        "",
    ] {
        lead.get(&format!("/conflicts?{query}"))
            .await
            .problem(400, "invalid_query");
    }
}

#[tokio::test]
async fn ways_out_are_told_when_asked_for() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    let allowed = json!({"overbooking": "allow"});
    lead.patch(&format!("/resources/{}", ada.id), allowed)
        .await
        .ok();
    let kit = json!({"kind": "equipment", "name": "Kit", "booking": "whole_days", "overbooking": "allow"});
    let kit = resource(&lead, kit).await;
    let spare = json!({"kind": "equipment", "name": "Spare kit", "booking": "whole_days"});
    let spare = resource(&lead, spare).await;
    let mut largest = Vec::new();
    for minutes in [2_000, 1_000] {
        let body = of_person(&ada.id, &notes, "2099-03-06", json!({"minutes": minutes}));
        largest.push(ask(&lead, body).await.created()["id"].clone());
        let body = of_person(id(&kit), &notes, "2099-03-04", json!({"units": 1}));
        ask(&lead, body).await.created();
    }

    let quiet = conflicts(&lead, "2099-03-01", "2099-03-31").await;
    let told = conflicts(&lead, "2099-03-01", "2099-03-31&include_ways_out=true").await;
    let (quiet, told) = (&quiet["items"], &told["items"]);
    assert_eq!(quiet.as_array().unwrap().len(), 2);
    for (before, after) in quiet
        .as_array()
        .unwrap()
        .iter()
        .zip(told.as_array().unwrap())
    {
        assert_eq!(before["ways_out"], json!([]));
        let nothing = json!({"ways_out": []});
        assert_eq!(&super::with(after.clone(), nothing), before);
        // What is offered fits in the place of the allocation that takes most.
        let ways = after["ways_out"].as_array().unwrap();
        assert!(ways.len() >= 2, "{ways:?}");
        for way in ways {
            assert_eq!(way["allocation_id"], after["taken_by"][0]["allocation_id"]);
            assert_eq!(way["change"], Value::Null);
            let changes = json!([
                {"op": "cancel", "allocation_id": way["allocation_id"]},
                super::create(super::taken(way, &notes)),
            ]);
            assert_eq!(
                super::check(&lead, changes).await["verdict"],
                "fits",
                "{way}"
            );
        }
    }
    let of = |resource: &str| {
        let all = told.as_array().unwrap().iter();
        let mut found = all.filter(|one| one["resource_id"] == resource);
        json!([found.next().unwrap()])
    };
    let (of_ada, of_kit) = (of(&ada.id), of(id(&kit)));
    assert_eq!(of_ada[0]["taken_by"][0]["allocation_id"], largest[0]);
    let smaller = super::way(&of_ada, "smaller_amount").unwrap();
    assert_eq!(smaller["amount"]["minutes"], 1_400);
    let other = super::way(&of_ada, "another_resource").unwrap();
    assert_ne!(other["resource_id"], json!(ada.id));
    let other = super::way(&of_kit, "another_resource").unwrap();
    assert_eq!(other["resource_id"], spare["id"]);

    // Only some of them.
    for (filter, of) in [
        ("kind=person", &of_ada),
        ("kind=equipment,budget", &of_kit),
        (&*format!("resource_id={}", id(&kit)), &of_kit),
    ] {
        let query = format!("2099-03-31&include_ways_out=true&{filter}");
        let found = conflicts(&lead, "2099-03-01", &query).await;
        assert_eq!(&found["items"], of, "{filter}");
    }
    for wrong in ["include_ways_out=perhaps", "kind=people", "resource_id=me"] {
        lead.get(&format!("/conflicts?from=2099-03-01&to=2099-03-31&{wrong}"))
            .await
            .problem(400, "invalid_query");
    }

    // What refuses fewer units tells what could be done, too.
    let refusing =
        json!({"kind": "equipment", "name": "Two desks", "booking": "whole_days", "units": 2});
    let desks = resource(&lead, refusing).await;
    let body = of_person(id(&desks), &notes, "2099-03-04", json!({"units": 2}));
    let taken = ask(&lead, body).await.created();
    let refused = lead
        .patch(&format!("/resources/{}", id(&desks)), json!({"units": 1}))
        .await
        .problem(409, "capacity_exceeded");
    let smaller = super::way(&refused["findings"], "smaller_amount").unwrap();
    assert_eq!(
        (&smaller["amount"]["units"], &smaller["allocation_id"]),
        (&json!(1), &taken["id"])
    );
}
