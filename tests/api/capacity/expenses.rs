//! What was spent.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{budget, campaign, eur, id, line, promise, resource, spend, with};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn an_expense_is_entered_by_members_and_changed_by_whoever_entered_it() {
    let app = TestApp::start().await;
    let [lead, ada, bob, guest] = app.team_with(["lead", "member", "member", "guest"]).await;
    let show = campaign(&lead, json!({})).await;
    let body = json!({"campaign_id": show["id"], "note": "Aufkleber für alle", "receipt": "R-17"});
    spend(&guest, 100, body.clone())
        .await
        .problem(403, "insufficient_role");
    let made = spend(&ada, 100, body).await.created();
    assert_eq!(
        (
            &made["entered_by_id"],
            &made["campaign_id"],
            &made["resource_id"],
            &made["warnings"]
        ),
        (&json!(ada.id), &show["id"], &Value::Null, &json!([]))
    );
    let place = format!("/expenses/{}", id(&made));
    for place in ["/expenses", &place, &format!("{place}/history")] {
        bob.get(place).await.ok();
        guest.get(place).await.problem(403, "insufficient_role");
    }
    let refused = bob
        .patch(&place, json!({"note": "Mine"}))
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "expense:manage");
    bob.delete(&place).await.problem(403, "insufficient_role");
    ada.patch(&place, json!({"amount": eur(120), "note": null}))
        .await
        .ok();
    let changed = lead
        .patch(&place, json!({"spent_on": "2024-02-01"}))
        .await
        .ok();
    assert_eq!(
        (&changed["amount"], &changed["note"], &changed["receipt"]),
        (&eur(120), &Value::Null, &json!("R-17"))
    );
    assert_eq!(bob.all(&format!("{place}/history")).await.len(), 3);

    let other = spend(
        &bob,
        7,
        json!({"campaign_id": show["id"], "spent_on": "2024-05-01"}),
    )
    .await
    .created();
    for (filter, found) in [
        (format!("campaign_id={}", id(&show)), 2),
        (format!("allocation_id={}", id(&show)), 0),
        ("entered_by_id=me".to_owned(), 1),
        (format!("entered_by_id={}", bob.id), 1),
        ("from=2024-02-02".to_owned(), 1),
        ("to=2024-02-01".to_owned(), 1),
        ("from=2024-02-01&to=2024-05-01".to_owned(), 2),
        ("q=r-17".to_owned(), 1),
        ("q=aufkleber".to_owned(), 0),
    ] {
        let listed = ada.all(&format!("/expenses?{filter}")).await;
        assert_eq!(listed.len(), found, "{filter}");
    }
    ada.get("/expenses?from=2024-02-02&to=2024-02-01")
        .await
        .problem(400, "invalid_query");
    let latest = ada.get("/expenses?limit=1").await.ok();
    assert_eq!(latest["items"][0]["id"], other["id"], "the latest first");

    ada.delete(&place).await.no_content();
    ada.get(&place).await.problem(404, "not_found");
    let trash = lead.all("/trash?kind=expense").await;
    assert_eq!((trash.len(), &trash[0]["name"]), (1, &json!("120 EUR")));
    lead.post(&format!("/trash/{}/restore", id(&made)), json!({}))
        .await
        .ok();
    ada.get(&place).await.ok();
    ada.delete(&place).await.no_content();
    app.clock.advance(TimeDelta::days(31));
    relais::trash::purge_expired(&app.state)
        .await
        .expect("a purge");
    assert_eq!(lead.all("/trash?kind=expense").await.len(), 0);
}

#[tokio::test]
async fn an_expense_says_what_is_wrong_with_it() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let (show, elsewhere) = (
        campaign(&lead, json!({})).await,
        campaign(&lead, json!({})).await,
    );
    let (ads, more) = (
        budget(&lead, 100, json!({})).await,
        budget(&lead, 100, json!({})).await,
    );
    let of_show = json!({"campaign_id": show["id"]});
    let here = promise(&lead, &ads, 10, of_show.clone()).await.created();
    let there = json!({"campaign_id": elsewhere["id"]});
    let there = promise(&lead, &ads, 10, there).await.created();
    let asked = promise(&member, &ads, 10, of_show.clone()).await.created();
    let kit = resource(&lead, json!({"kind": "equipment"})).await;
    let of_kit = json!({"resource_id": kit["id"], "campaign_id": show["id"], "amount": {"units": 1}, "first_on": "2099-03-02", "last_on": "2099-03-02"});
    let of_kit = lead.post("/allocations", of_kit).await.created();
    let of_more = line(&lead, &show, 5, json!({"resource_id": more["id"]})).await;
    let of_other = line(&lead, &elsewhere, 5, json!({})).await;
    let tomorrow = app.clock.now().plus(TimeDelta::days(1)).to_string();
    for (besides, pointer, code) in [
        (
            json!({"amount": eur(0)}),
            "/amount/amount_minor",
            "out_of_range",
        ),
        (
            json!({"amount": eur(-5)}),
            "/amount/amount_minor",
            "out_of_range",
        ),
        (
            json!({"amount": eur(9_007_199_254_740_992)}),
            "/amount/amount_minor",
            "out_of_range",
        ),
        (
            json!({"amount": {"amount_minor": 5, "currency": "USD"}}),
            "/amount/currency",
            "other_currency",
        ),
        (
            json!({"spent_on": &tomorrow[..10]}),
            "/spent_on",
            "in_future",
        ),
        (json!({"receipt": "x".repeat(501)}), "/receipt", "too_long"),
        (json!({"campaign_id": null}), "/campaign_id", "required"),
        (
            json!({"campaign_id": kit["id"]}),
            "/campaign_id",
            "unknown_reference",
        ),
        (
            json!({"allocation_id": kit["id"]}),
            "/allocation_id",
            "unknown_reference",
        ),
        (
            json!({"allocation_id": of_kit["id"]}),
            "/allocation_id",
            "not_for_kind",
        ),
        (
            json!({"allocation_id": asked["id"]}),
            "/allocation_id",
            "not_approved",
        ),
        (
            json!({"allocation_id": there["id"]}),
            "/allocation_id",
            "other_campaign",
        ),
        (
            json!({"budget_line_id": kit["id"]}),
            "/budget_line_id",
            "unknown_reference",
        ),
        (
            json!({"budget_line_id": of_other["id"]}),
            "/budget_line_id",
            "other_campaign",
        ),
        (
            json!({"allocation_id": here["id"], "budget_line_id": of_more["id"]}),
            "/budget_line_id",
            "other_budget",
        ),
    ] {
        let refused = spend(&lead, 5, with(of_show.clone(), besides))
            .await
            .refused_at(pointer);
        assert_eq!(refused["errors"][0]["code"], code, "{refused}");
    }
    // All of it at once.
    let refused = spend(&lead, 0, json!({"allocation_id": kit["id"]})).await;
    assert_eq!(refused.body["errors"].as_array().map(Vec::len), Some(2));

    // Bills of what was cancelled come late; what is archived is over, and what is in the trash has to come back first.
    let place = format!("/campaigns/{}", id(&show));
    lead.patch(&place, json!({"status": "cancelled"}))
        .await
        .ok();
    spend(&lead, 5, of_show.clone()).await.created();
    lead.patch(&place, json!({"status": "archived"})).await.ok();
    let refused = spend(&lead, 5, of_show).await.refused_at("/campaign_id");
    assert_eq!(refused["errors"][0]["code"], "not_open");
    let gone = json!({"campaign_id": elsewhere["id"]});
    lead.delete(&format!("/campaigns/{}", id(&elsewhere)))
        .await
        .no_content();
    let refused = spend(&lead, 5, gone).await.refused_at("/campaign_id");
    assert_eq!(refused["errors"][0]["code"], "in_trash");
}

#[tokio::test]
async fn several_expenses_are_entered_or_none() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let show = campaign(&lead, json!({})).await;
    let ads = budget(&lead, 100, json!({})).await;
    let of_show = json!({"campaign_id": show["id"]});
    let promised = promise(&lead, &ads, 60, of_show).await.created();
    let one = |minor: i64| json!({"allocation_id": promised["id"], "amount": eur(minor), "spent_on": "2024-03-01"});
    let place = "/expenses/batch";
    let made = member
        .post(place, json!({"expenses": [one(20), one(20)]}))
        .await
        .ok();
    assert_eq!(made["items"].as_array().map(Vec::len), Some(2));
    // Together they are too much.
    member
        .post(place, json!({"expenses": [one(20), one(1)]}))
        .await
        .problem(403, "insufficient_role");
    lead.post(place, json!({"expenses": [one(20), one(41)]}))
        .await
        .problem(409, "over_allocated");
    let wrong = json!({"expenses": [one(1), one(0), {"amount": eur(1), "spent_on": "2024-03-01"}]});
    let refused = lead
        .post(place, wrong)
        .await
        .problem(422, "validation_failed");
    let pointers: Vec<&str> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        ["/expenses/1/amount/amount_minor", "/expenses/2/campaign_id"]
    );
    lead.post(place, json!({"expenses": []}))
        .await
        .refused_at("/expenses");
    assert_eq!(lead.all("/expenses").await.len(), 2);
}
