//! What if: any number of changes at once, and nothing is saved.

use serde_json::{Value, json};

use super::{all_work, ask, check, create, id, of_person, resource, task};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn changes_are_checked_together_and_nothing_is_saved() {
    let app = TestApp::start().await;
    let [lead, member, guest] = app.team_with(["lead", "member", "guest"]).await;
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 2})).await;
    let one = of_person(id(&kit), &notes, "2099-03-04", json!({"units": 1}));
    let there = ask(&lead, one.clone()).await.created();
    let asked = ask(&member, one.clone()).await.created();
    let before = lead.get("/changes?after=0&limit=100").await.ok();
    let verdict = |answer: &Value| (answer["verdict"].clone(), answer["is_refused"].clone());
    let fits = (json!("fits"), json!(false));
    let refused = (json!("does_not_fit"), json!(true));

    assert_eq!(
        verdict(&check(&member, json!([create(one.clone())])).await),
        fits
    );
    let two = check(&member, json!([create(one.clone()), create(one.clone())])).await;
    assert_eq!(verdict(&two), refused);
    let changes: Vec<&Value> = two["findings"][0]["taken_by"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["change"])
        .filter(|change| !change.is_null())
        .collect();
    assert_eq!(changes, [0, 1]);
    let cancel = json!({"op": "cancel", "allocation_id": there["id"]});
    assert_eq!(
        verdict(
            &check(
                &member,
                json!([create(one.clone()), cancel, create(one.clone())])
            )
            .await
        ),
        fits
    );
    // What is only asked for counts when it is changed.
    let grow = |of: &Value, units: i64| json!({"op": "change", "allocation_id": of["id"], "amount": {"units": units}});
    assert_eq!(
        verdict(&check(&member, json!([grow(&there, 2)])).await),
        fits
    );
    assert_eq!(
        verdict(&check(&member, json!([grow(&asked, 2)])).await),
        refused
    );
    let away = json!({"op": "change", "allocation_id": there["id"], "first_on": "2099-03-05", "last_on": "2099-03-06"});
    assert_eq!(
        verdict(&check(&member, json!([grow(&asked, 2), away])).await),
        fits
    );
    // Several resources at once; unknown is not too much.
    let hours = of_person(&member.id, &notes, "2099-03-06", json!({"minutes": 2_401}));
    let both = check(&lead, json!([create(hours.clone()), grow(&there, 3)])).await;
    let codes: Vec<&Value> = both["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(codes.len(), 2);
    assert!(
        codes.contains(&&json!("over_allocated")) && codes.contains(&&json!("capacity_exceeded"))
    );
    let after = lead.get("/changes?after=0&limit=100").await.ok();
    assert_eq!(before, after);
    lead.patch(
        &format!("/resources/{}", member.id),
        json!({"overbooking": "allow"}),
    )
    .await
    .ok();
    let allowed = check(&lead, json!([create(hours)])).await;
    assert_eq!(verdict(&allowed), (json!("does_not_fit"), json!(false)));
    guest
        .post("/allocations/check", json!({"changes": [cancel]}))
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn wrong_changes_are_refused_at_their_place() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 2})).await;
    let one = of_person(id(&kit), &notes, "2099-03-04", json!({"units": 1}));
    let there = ask(&lead, one.clone()).await.created();
    let over = ask(&lead, one.clone()).await.created();
    lead.post(&format!("/allocations/{}/cancel", id(&over)), json!({}))
        .await
        .ok();
    let nobody = relais::db::Id::new().to_string();
    for (changes, pointer) in [
        (json!([]), "/changes"),
        (json!([{"op": "think"}]), "/changes/0/op"),
        (
            json!([{"op": "create", "resource_id": kit["id"], "task_id": notes["id"]}]),
            "/changes/0/amount",
        ),
        (
            json!([create(one.clone()), {"op": "cancel"}]),
            "/changes/1/allocation_id",
        ),
        (
            json!([{"op": "cancel", "allocation_id": nobody}]),
            "/changes/0/allocation_id",
        ),
        (
            json!([{"op": "cancel", "allocation_id": over["id"]}]),
            "/changes/0/allocation_id",
        ),
        (
            json!([{"op": "cancel", "allocation_id": there["id"], "amount": {"units": 1}}]),
            "/changes/0/amount",
        ),
        (
            json!([{"op": "change", "allocation_id": there["id"], "task_id": notes["id"]}]),
            "/changes/0/task_id",
        ),
        (
            json!([{"op": "change", "allocation_id": there["id"], "last_on": "2099-03-01"}]),
            "/changes/0/last_on",
        ),
        (
            json!([{"op": "change", "allocation_id": there["id"], "amount": {"percent": 3}}]),
            "/changes/0/amount/percent",
        ),
        (
            json!([{"op": "cancel", "allocation_id": there["id"]}, {"op": "change", "allocation_id": there["id"]}]),
            "/changes/1/allocation_id",
        ),
        (
            json!([create(super::with(
                one.clone(),
                json!({"resource_id": nobody})
            ))]),
            "/changes/0/resource_id",
        ),
    ] {
        lead.post("/allocations/check", json!({"changes": changes}))
            .await
            .refused_at(pointer);
    }
    let many: Vec<Value> = (0..101).map(|_| create(one.clone())).collect();
    lead.post("/allocations/check", json!({"changes": many}))
        .await
        .refused_at("/changes");
}

#[tokio::test]
async fn what_nobody_measured_is_unknown() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    for amount in [
        json!({"minutes": 100_000}),
        json!({"minutes_per_day": 1_440}),
        json!({"percent": 100}),
    ] {
        let body = of_person(&member.id, &notes, "2099-03-06", amount);
        let answer = check(&lead, json!([create(body)])).await;
        assert_eq!(
            (&answer["verdict"], &answer["is_refused"]),
            (&json!("unknown"), &json!(false))
        );
        let finding = &answer["findings"][0];
        assert_eq!(
            (
                &finding["code"],
                &finding["first_on"],
                &finding["last_on"],
                &finding["wanted"]
            ),
            (
                &json!("unknown_capacity"),
                &json!("2099-03-02"),
                &json!("2099-03-06"),
                &Value::Null
            )
        );
    }
}

#[tokio::test]
async fn each_finding_of_a_change_tells_its_ways_out() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    let video = task(&lead, json!({})).await;
    let daily = |of: &Value, minutes: i64| {
        of_person(
            &ada.id,
            of,
            "2099-03-13",
            json!({"minutes_per_day": minutes}),
        )
    };
    ask(&lead, daily(&notes, 400)).await.created();
    let refused = ask(&lead, daily(&video, 200))
        .await
        .problem(409, "over_allocated");
    let findings = refused["findings"].as_array().unwrap();
    assert_eq!(
        findings.len(),
        10,
        "one for each working day of a fortnight"
    );
    for finding in findings {
        assert_eq!(finding["ways_out"], findings[0]["ways_out"]);
    }
    let kinds: Vec<&str> = findings[9]["ways_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| way["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["later_dates", "another_resource", "smaller_amount"]);
    let smaller = &findings[9]["ways_out"][2]["amount"];
    assert_eq!(smaller["minutes_per_day"], 80);
}
