//! Resources: what can be promised.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{all_work, ask, id, of_person, resource, task};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn every_member_is_a_resource_from_joining_to_leaving() {
    let app = TestApp::start().await;
    let [owner, lead] = app.team_with(["owner", "lead"]).await;
    let ada = app.person("Ada").await;
    let member = owner.invite(&ada, "member").await;
    let place = format!("/resources/{}", member.id);
    let person = member.get(&place).await.ok();
    assert_eq!(
        (&person["kind"], &person["name"], &person["member_id"]),
        (&json!("person"), &json!("Ada"), &json!(member.id))
    );
    assert_eq!(person["overbooking"], "refuse");
    let persons = lead.all("/resources?kind=person").await;
    assert_eq!(persons.len(), 3);

    // The name and the skills are the member's, in the same revision.
    let patch = json!({"display_name": "Ada L.", "skills": ["Writing"]});
    let renamed = member
        .patch(&format!("/members/{}", member.id), patch)
        .await
        .ok();
    let followed = lead.get(&place).await.ok();
    assert_eq!(followed["name"], "Ada L.");
    assert_eq!(followed["skills"], json!(["Writing"]));
    assert_eq!(followed["version"], renamed["version"]);
    assert_eq!(lead.all("/resources?skill=writing").await.len(), 1);
    assert_eq!(lead.all("/resources?q=ada").await.len(), 1);

    // Nobody makes, renames or deletes a person by hand.
    lead.post("/resources", json!({"kind": "person", "name": "Eve"}))
        .await
        .refused_at("/kind");
    lead.patch(&place, json!({"name": "Eve"}))
        .await
        .refused_at("/name");
    lead.patch(&place, json!({"units": 2}))
        .await
        .refused_at("/units");
    lead.delete(&place).await.problem(409, "still_referenced");
    let kept = lead
        .patch(
            &place,
            json!({"overbooking": "warn", "owner_id": member.id}),
        )
        .await
        .ok();
    assert_eq!(kept["overbooking"], "warn");

    // Whoever leaves is gone, and comes back as before.
    lead.delete(&format!("/members/{}", member.id))
        .await
        .no_content();
    lead.get(&place).await.problem(404, "not_found");
    let again = owner.invite(&ada, "member").await;
    assert_eq!(again.id, member.id);
    let back = lead.get(&place).await.ok();
    assert_eq!(
        (&back["overbooking"], &back["owner_id"]),
        (&json!("warn"), &Value::Null),
        "what the leaver owned is in the hands of the leads"
    );
}

#[tokio::test]
async fn a_thing_has_units_and_a_budget_has_money() {
    let app = TestApp::start().await;
    let [lead, member, guest] = app.team_with(["lead", "member", "guest"]).await;
    let kit = resource(&lead, json!({"kind": "equipment", "name": "Kit"})).await;
    assert_eq!(
        (&kit["units"], &kit["booking"], &kit["overbooking"]),
        (&json!(1), &json!("whole_days"), &json!("refuse"))
    );
    let money = json!({"kind": "budget", "name": "Ads", "currency": "EUR", "limit_minor": 5000, "overbooking": "warn"});
    let budget = resource(&lead, money.clone()).await;
    assert_eq!(
        (&budget["units"], &budget["limit_minor"]),
        (&Value::Null, &json!(5000))
    );
    for (body, pointers) in [
        (
            json!({"kind": "budget", "name": "x"}),
            vec!["/currency", "/limit_minor"],
        ),
        (
            json!({"kind": "budget", "name": "x", "currency": "EUR", "limit_minor": 1, "units": 2}),
            vec!["/units"],
        ),
        (
            json!({"kind": "space", "name": "x", "currency": "EUR"}),
            vec!["/currency"],
        ),
        (
            json!({"kind": "space", "name": "x", "units": 0}),
            vec!["/units"],
        ),
        (
            json!({"kind": "space", "name": "x", "units": 100_001}),
            vec!["/units"],
        ),
        (
            json!({"kind": "budget", "name": "x", "currency": "EUR", "limit_minor": -1}),
            vec!["/limit_minor"],
        ),
        (
            json!({"kind": "space", "name": "x", "opening_hours": {}}),
            vec!["/opening_hours"],
        ),
        (
            json!({"kind": "space", "name": "x", "opening_hours": {"monday": {"opens": "18:00", "closes": "09:00"}}}),
            vec!["/opening_hours/monday/closes"],
        ),
        (
            json!({"kind": "space", "name": "x", "opening_hours": {"monday": {"opens": "9", "closes": "24:01"}}}),
            vec![
                "/opening_hours/monday/closes",
                "/opening_hours/monday/opens",
            ],
        ),
        (
            json!({"kind": "space", "name": "x", "owner_id": guest.id}),
            vec!["/owner_id"],
        ),
        (
            json!({"kind": "space", "name": "x", "overbooking": "perhaps"}),
            vec!["/overbooking"],
        ),
    ] {
        let refused = lead
            .post("/resources", body.clone())
            .await
            .problem(422, "validation_failed");
        let mut found: Vec<&str> = refused["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["pointer"].as_str().unwrap())
            .collect();
        found.sort_unstable();
        assert_eq!(found, pointers, "{body}");
    }
    member
        .post("/resources", money.clone())
        .await
        .problem(403, "insufficient_role");
    guest
        .get("/resources")
        .await
        .problem(403, "insufficient_role");

    // Filters.
    lead.patch(
        &format!("/resources/{}", id(&kit)),
        json!({"owner_id": member.id, "skills": ["Été"]}),
    )
    .await
    .ok();
    let names = |rows: Vec<Value>| -> Vec<String> {
        rows.iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(member.all("/resources?owner_id=me").await), ["Kit"]);
    assert_eq!(
        names(
            lead.all("/resources?kind=equipment,budget&sort=-created_at")
                .await
        ),
        ["Ads", "Kit"]
    );
    assert_eq!(names(lead.all("/resources?skill=ete").await), ["Kit"]);
    assert_eq!(
        lead.all("/resources?skill=et").await.len(),
        0,
        "the whole word"
    );
    assert_eq!(
        names(lead.all("/resources?q=ad&kind=budget").await),
        ["Ads"]
    );
}

#[tokio::test]
async fn nothing_promised_is_taken_away() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 3})).await;
    let place = format!("/resources/{}", id(&kit));
    let two = of_person(id(&kit), &notes, "2099-03-04", json!({"units": 2}));
    let allocation = ask(&lead, two).await.created();
    let refused = lead
        .patch(&place, json!({"units": 1}))
        .await
        .problem(409, "capacity_exceeded");
    assert_eq!(
        (
            &refused["findings"][0]["wanted"],
            &refused["findings"][0]["there"]
        ),
        (&json!(2), &json!(1))
    );
    lead.patch(&place, json!({"units": 2})).await.ok();
    lead.patch(&place, json!({"units": 1, "overbooking": "warn"}))
        .await
        .ok();
    let still = lead.delete(&place).await.problem(409, "still_referenced");
    assert_eq!(still["allocations"], 1);
    lead.post(
        &format!("/allocations/{}/release", id(&allocation)),
        json!({}),
    )
    .await
    .ok();

    let budget = json!({"kind": "budget", "currency": "EUR", "limit_minor": 5000});
    let budget = resource(&lead, budget).await;
    let ten = json!({"resource_id": budget["id"], "task_id": notes["id"], "amount": {"money": {"amount_minor": 1000, "currency": "EUR"}}});
    ask(&lead, ten).await.created();
    let place_of_budget = format!("/resources/{}", id(&budget));
    lead.patch(&place_of_budget, json!({"limit_minor": 999}))
        .await
        .problem(409, "over_allocated");
    lead.patch(&place_of_budget, json!({"currency": "USD"}))
        .await
        .problem(409, "still_referenced");

    // Into the trash and back, and in the end for good, with what was once promised of it.
    lead.delete(&place).await.no_content();
    lead.get(&place).await.problem(404, "not_found");
    let trash = lead.all("/trash?kind=resource").await;
    assert_eq!((trash.len(), &trash[0]["name"]), (1, &json!("A thing")));
    let restore = format!("/trash/{}/restore", id(&kit));
    lead.request("POST", &restore).send().await.ok();
    lead.get(&place).await.ok();
    lead.delete(&place).await.no_content();
    app.clock.advance(TimeDelta::days(31));
    relais::trash::purge_expired(&app.state)
        .await
        .expect("a purge");
    lead.request("POST", &restore)
        .send()
        .await
        .problem(404, "not_found");
    lead.get(&format!("/allocations/{}", id(&allocation)))
        .await
        .problem(404, "not_found");
    let history = lead.all("/changes?after=0&limit=100").await;
    assert!(
        history
            .iter()
            .any(|line| line["record_id"] == kit["id"] && line["action"] == "restored")
    );
}

#[tokio::test]
async fn a_person_that_nobody_measured_can_be_promised() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let much = of_person(
        &member.id,
        &notes,
        "2099-03-06",
        json!({"minutes": 100_000}),
    );
    let made = ask(&lead, much.clone()).await.created();
    assert_eq!(made["warnings"][0]["code"], "unknown_capacity");
    assert_eq!(
        (
            &made["warnings"][0]["first_on"],
            &made["warnings"][0]["last_on"],
            &made["warnings"][0]["there"]
        ),
        (&json!("2099-03-02"), &json!("2099-03-06"), &Value::Null)
    );
    all_work(&lead, 480).await;
    ask(&lead, much).await.problem(409, "over_allocated");
}
