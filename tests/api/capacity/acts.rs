//! The life of an allocation, and who may do what to it.

use serde_json::{Value, json};

use super::{all_work, ask, id, of_person, resource, task};
use crate::vocabulary::{Answer, Member, TestApp};

async fn act(by: &Member, allocation: &Value, act: &str, body: Value) -> Answer {
    by.post(&format!("/allocations/{}/{act}", id(allocation)), body)
        .await
}

async fn show(by: &Member, allocation: &Value) -> Value {
    by.get(&format!("/allocations/{}", id(allocation)))
        .await
        .ok()
}

#[tokio::test]
async fn a_request_is_answered_by_the_owner_or_a_lead() {
    let app = TestApp::start().await;
    let [lead, member, owner, guest] = app.team_with(["lead", "member", "member", "guest"]).await;
    let notes = task(&member, json!({})).await;
    let kit = resource(
        &lead,
        json!({"kind": "equipment", "units": 9, "owner_id": owner.id}),
    )
    .await;
    let body = of_person(id(&kit), &notes, "2099-03-04", json!({"units": 1}));

    let asked = ask(&member, body.clone()).await.created();
    assert_eq!(
        (
            &asked["state"],
            &asked["requested_by_id"],
            &asked["decided_by_id"]
        ),
        (&json!("requested"), &json!(member.id), &Value::Null)
    );
    let at_once = ask(&owner, body.clone()).await.created();
    assert_eq!(
        (&at_once["state"], &at_once["decided_by_id"]),
        (&json!("approved"), &json!(owner.id))
    );
    assert_eq!(
        ask(&lead, body.clone()).await.created()["state"],
        "approved"
    );
    ask(&guest, body.clone())
        .await
        .problem(403, "insufficient_role");
    guest
        .get("/allocations")
        .await
        .problem(403, "insufficient_role");

    let refused = act(&member, &asked, "approve", json!({}))
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "allocation:approve");
    act(&member, &asked, "reject", json!({"reason": "No"}))
        .await
        .problem(403, "insufficient_role");
    act(&owner, &asked, "reject", json!({}))
        .await
        .refused_at("/reason");
    let approved = act(&owner, &asked, "approve", json!({"reason": "Gladly"}))
        .await
        .ok();
    assert_eq!(
        (
            &approved["state"],
            &approved["reason"],
            &approved["decided_by_id"],
            &approved["warnings"]
        ),
        (
            &json!("approved"),
            &json!("Gladly"),
            &json!(owner.id),
            &json!([])
        )
    );
    let history = member
        .all(&format!("/allocations/{}/history", id(&asked)))
        .await;
    assert_eq!(history.len(), 2);
    assert_eq!(
        (&history[1]["note"], &history[1]["changes"]["state"]["to"]),
        (&json!("Gladly"), &json!("approved"))
    );
    let rejected = ask(&member, body.clone()).await.created();
    let no = act(
        &lead,
        &rejected,
        "reject",
        json!({"reason": "It is broken"}),
    )
    .await
    .ok();
    assert_eq!(
        (&no["state"], no["ended_at"].is_string()),
        (&json!("rejected"), true)
    );
    let problem = act(&lead, &rejected, "approve", json!({}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(
        (&problem["from"], &problem["allowed"]),
        (&json!("rejected"), &json!([]))
    );

    // Whoever asked gives back; somebody else does not.
    act(&owner, &approved, "release", json!({})).await.ok();
    let theirs = ask(&owner, body.clone()).await.created();
    act(&member, &theirs, "release", json!({}))
        .await
        .problem(403, "insufficient_role");
    act(
        &lead,
        &theirs,
        "cancel",
        json!({"reason": "Not this month"}),
    )
    .await
    .ok();
    let mine = ask(&member, body).await.created();
    let problem = act(&member, &mine, "release", json!({}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(
        problem["allowed"],
        json!(["approved", "rejected", "cancelled"])
    );
    assert_eq!(
        act(&member, &mine, "cancel", json!({})).await.ok()["state"],
        "cancelled"
    );
    assert_eq!(show(&member, &mine).await["state"], "cancelled");
}

#[tokio::test]
async fn a_request_holds_nothing_and_is_checked_when_it_is_approved() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let notes = task(&member, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment"})).await;
    let body = of_person(id(&kit), &notes, "2099-03-04", json!({"units": 1}));
    let first = ask(&member, body.clone()).await.created();
    let second = ask(&member, body.clone()).await.created();
    assert_eq!(second["warnings"], json!([]), "a request holds nothing");
    act(&lead, &first, "approve", json!({})).await.ok();
    let third = ask(&member, body).await.created();
    assert_eq!(
        (&third["state"], &third["warnings"][0]["code"]),
        (&json!("requested"), &json!("capacity_exceeded"))
    );
    let refused = act(&lead, &second, "approve", json!({}))
        .await
        .problem(409, "capacity_exceeded");
    let taken = &refused["findings"][0]["taken_by"];
    assert_eq!(taken.as_array().unwrap().len(), 2);
    assert!(
        taken
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["allocation_id"] == first["id"] && one["title"] == "Write the notes")
    );
    assert!(
        taken
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["change"] == 0 && one["allocation_id"] == second["id"])
    );
    assert_eq!(show(&member, &second).await["state"], "requested");
    act(&lead, &first, "release", json!({})).await.ok();
    act(&lead, &second, "approve", json!({})).await.ok();
}

#[tokio::test]
async fn what_is_promised_changes_only_by_those_who_may_promise() {
    let app = TestApp::start().await;
    let [lead, member, other] = app.team_with(["lead", "member", "member"]).await;
    all_work(&lead, 480).await;
    let notes = task(&member, json!({})).await;
    let body = of_person(&other.id, &notes, "2099-03-06", json!({"minutes": 1200}));
    let asked = ask(&member, body).await.created();
    let place = format!("/allocations/{}", id(&asked));
    other
        .patch(&place, json!({"amount": {"minutes": 10}}))
        .await
        .problem(403, "insufficient_role");
    let changed = member
        .patch(
            &place,
            json!({"amount": {"minutes": 1300}, "note": "All of it"}),
        )
        .await
        .ok();
    assert_eq!(changed["amount"]["minutes"], 1300);
    act(&lead, &asked, "approve", json!({})).await.ok();
    member
        .patch(&place, json!({"amount": {"minutes": 1400}}))
        .await
        .problem(403, "insufficient_role");
    member.patch(&place, json!({"note": null})).await.ok();
    lead.patch(&place, json!({"amount": {"minutes": 2401}}))
        .await
        .problem(409, "over_allocated");
    let grown = lead
        .patch(&place, json!({"amount": {"minutes": 2400}}))
        .await
        .ok();
    assert_eq!(
        grown["amount"]["minutes"], 2400,
        "it does not stand in its own way"
    );

    // If-Match, and nothing for nothing.
    let stale = member
        .person
        .request("PATCH", &format!("/v1/teams/{}{place}", member.team_id));
    stale
        .header("if-match", "\"1\"")
        .json(json!({"note": "x"}))
        .await
        .problem(412, "version_conflict");
    let same = lead
        .patch(&place, json!({"amount": {"minutes": 2400}}))
        .await
        .ok();
    assert_eq!(same["version"], grown["version"]);

    // Taking less is never refused, whatever else is wrong.
    lead.patch(
        &format!("/resources/{}", other.id),
        json!({"overbooking": "allow"}),
    )
    .await
    .ok();
    ask(
        &lead,
        of_person(&other.id, &notes, "2099-03-06", json!({"percent": 100})),
    )
    .await
    .created();
    lead.patch(
        &format!("/resources/{}", other.id),
        json!({"overbooking": "refuse"}),
    )
    .await
    .ok();
    let less = lead
        .patch(&place, json!({"amount": {"minutes": 2000}}))
        .await
        .ok();
    assert_eq!(less["warnings"][0]["code"], "over_allocated");
    lead.patch(&place, json!({"amount": {"minutes": 2001}}))
        .await
        .problem(409, "over_allocated");

    act(&lead, &asked, "cancel", json!({})).await.ok();
    lead.patch(&place, json!({"note": "x"}))
        .await
        .problem(409, "invalid_transition");
}

#[tokio::test]
async fn a_batch_is_made_whole_or_not_at_all() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 2})).await;
    let one = of_person(id(&kit), &notes, "2099-03-04", json!({"units": 1}));
    let batch = |all: Value| json!({"allocations": all});
    let wrong = lead
        .post("/allocations/batch", batch(json!([one, of_person(id(&kit), &notes, "2098-03-04", json!({"units": 1})), {"resource_id": kit["id"], "task_id": notes["id"], "amount": {"percent": 5}}])))
        .await
        .problem(422, "validation_failed");
    let mut pointers: Vec<&str> = wrong["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/allocations/1/last_on",
            "/allocations/2/amount/percent",
            "/allocations/2/first_on",
            "/allocations/2/last_on"
        ]
    );
    let refused = lead
        .post("/allocations/batch", batch(json!([one, one, one])))
        .await
        .problem(409, "capacity_exceeded");
    assert_eq!(refused["findings"][0]["wanted"], 3);
    assert_eq!(lead.all("/allocations").await.len(), 0);
    lead.post("/allocations/batch", batch(json!([])))
        .await
        .refused_at("/allocations");
    let tried = lead
        .post(
            "/allocations/batch?validate_only=true",
            batch(json!([one, one])),
        )
        .await
        .ok();
    assert_eq!(tried["items"].as_array().unwrap().len(), 2);
    assert_eq!(lead.all("/allocations").await.len(), 0);
    let made = lead
        .post("/allocations/batch", batch(json!([one, one])))
        .await
        .ok();
    let versions: Vec<&Value> = made["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["version"])
        .collect();
    assert_eq!(versions[0], versions[1], "one revision");
    assert_eq!(lead.all("/allocations").await.len(), 2);
}

#[tokio::test]
async fn allocations_are_found_by_everything_that_they_say() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "Launch"}))
        .await
        .created();
    let kit = resource(&lead, json!({"kind": "equipment", "units": 9})).await;
    let room = resource(
        &lead,
        json!({"kind": "space", "units": 9, "booking": "minutes"}),
    )
    .await;
    let budget = resource(
        &lead,
        json!({"kind": "budget", "currency": "EUR", "limit_minor": 5000}),
    )
    .await;
    let days = ask(
        &member,
        of_person(id(&kit), &notes, "2099-03-04", json!({"units": 1})),
    )
    .await
    .created();
    // From eleven at night to one in the morning, where the team is.
    let hours = json!({"resource_id": room["id"], "campaign_id": campaign["id"], "starts_at": "2099-03-04T22:00:00Z", "ends_at": "2099-03-05T00:00:00Z", "amount": {"units": 1}});
    let hours = ask(&lead, hours).await.created();
    let money = json!({"resource_id": budget["id"], "campaign_id": campaign["id"], "amount": {"money": {"amount_minor": 5, "currency": "EUR"}}});
    let money = ask(&lead, money).await.created();
    let person = ask(
        &lead,
        of_person(&member.id, &notes, "2099-03-20", json!({"percent": 5})),
    )
    .await
    .created();
    let all = [&days, &hours, &money, &person];
    for (query, expected) in [
        ("", vec![0, 1, 2, 3]),
        (
            &format!("resource_id={},{}", id(&kit), id(&room)),
            vec![0, 1],
        ),
        (&format!("member_id={}", member.id), vec![3]),
        (&format!("campaign_id={}", id(&campaign)), vec![1, 2]),
        (&format!("task_id={}", id(&notes)), vec![0, 3]),
        ("state=requested", vec![0]),
        ("state=approved,requested&kind=person,budget", vec![2, 3]),
        (&format!("requested_by_id={}", member.id), vec![0]),
        ("requested_by_id=me", vec![1, 2, 3]),
        ("from=2099-03-05", vec![1, 3]),
        ("from=2099-03-06", vec![3]),
        ("to=2099-03-03", vec![0, 3]),
        ("from=2099-03-04&to=2099-03-04", vec![0, 1, 3]),
        ("to=2099-03-01", vec![]),
        ("sort=first_on", vec![0, 3, 1, 2]),
        ("sort=starts_at", vec![1, 0, 2, 3]),
    ] {
        let mut found: Vec<String> = lead
            .all(&format!("/allocations?{query}"))
            .await
            .iter()
            .map(|one| id(one).to_owned())
            .collect();
        let mut expected: Vec<String> = expected
            .iter()
            .map(|index: &usize| id(all[*index]).to_owned())
            .collect();
        if !query.starts_with("sort") {
            found.sort();
            expected.sort();
        }
        assert_eq!(
            found[..expected.len().min(found.len())],
            expected[..],
            "{query}"
        );
        assert_eq!(found.len(), expected.len(), "{query}");
    }
    lead.get("/allocations?from=2099-03-05&to=2099-03-04")
        .await
        .problem(400, "invalid_query");
    let lines = lead
        .all(&format!("/changes?campaign_id={}", id(&campaign)))
        .await;
    assert_eq!(
        lines
            .iter()
            .filter(|line| line["kind"] == "allocation")
            .count(),
        2
    );
}

#[tokio::test]
async fn a_deputy_does_not_approve_what_they_asked_for() {
    let app = TestApp::start().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let notes = task(&ann, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 9})).await;
    let body = of_person(id(&kit), &notes, "2099-03-04", json!({"units": 1}));
    let own = ask(&ann, body.clone()).await.created();
    let other = ask(&ben, body).await.created();
    let ends_at = app.clock.now().plus(chrono::TimeDelta::hours(24));
    lead.post(
        "/deputies",
        json!({"deputy_id": ann.id, "ends_at": ends_at.to_string()}),
    )
    .await
    .created();
    let approve = async |asked: &Value| {
        let path = format!("/allocations/{}/approve", id(asked));
        let request = ann.request("POST", &path);
        let request = request.header("On-Behalf-Of", &lead.id);
        request.json(json!({})).await
    };
    let refused = approve(&own).await.problem(403, "insufficient_role");
    assert_eq!(refused["required"], "allocation:approve");
    assert_eq!(approve(&other).await.ok()["state"], "approved");
    act(&lead, &own, "approve", json!({})).await.ok();
}
