//! What money is planned for.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{budget, campaign, eur, id, line, promise, resource, spend, with};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn money_is_planned_by_leads_and_seen_by_members() {
    let app = TestApp::start().await;
    let [lead, member, guest] = app.team_with(["lead", "member", "guest"]).await;
    let show = campaign(&lead, json!({})).await;
    let ads = budget(&lead, 10_000, json!({})).await;
    let body = json!({"campaign_id": show["id"], "name": "Advertising", "amount": eur(5_000), "note": "Zwei Wochen, Größe XL, Überlänge", "resource_id": ads["id"]});
    member
        .post("/budget-lines", body.clone())
        .await
        .problem(403, "insufficient_role");
    let made = lead.post("/budget-lines", body).await.created();
    assert_eq!(
        (&made["amount"], &made["resource_id"], &made["deleted_at"]),
        (&eur(5_000), &ads["id"], &Value::Null)
    );
    let other = line(&lead, &show, 0, json!({"name": "Prizes"})).await;
    let place = format!("/budget-lines/{}", id(&made));
    for by in [&lead, &member] {
        assert_eq!(by.get(&place).await.ok()["id"], made["id"]);
        assert_eq!(by.all("/budget-lines").await.len(), 2);
    }
    for place in [
        "/budget-lines",
        &place,
        &format!("{place}/history"),
        &format!("/campaigns/{}/money", id(&show)),
    ] {
        guest.get(place).await.problem(403, "insufficient_role");
    }

    for (filter, found) in [
        (format!("campaign_id={}", id(&show)), 2),
        (format!("resource_id={}", id(&ads)), 1),
        ("q=uberlange".to_owned(), 1),
        ("q=prizes".to_owned(), 1),
        ("q=nothing".to_owned(), 0),
    ] {
        let listed = member.all(&format!("/budget-lines?{filter}")).await;
        assert_eq!(listed.len(), found, "{filter}");
    }

    let changed = lead
        .patch(
            &place,
            json!({"name": "Ads", "amount": eur(6_000), "note": null}),
        )
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["amount"], &changed["note"]),
        (&json!("Ads"), &eur(6_000), &Value::Null)
    );
    assert_eq!(member.all("/budget-lines?q=ads").await.len(), 1);
    member
        .patch(&place, json!({"name": "Mine"}))
        .await
        .problem(403, "insufficient_role");
    let history = member.all(&format!("{place}/history")).await;
    assert_eq!(history.len(), 2);
    assert_eq!(history[1]["changes"]["name"]["to"], "Ads");

    // Into the trash, back, and away with it.
    let prizes = format!("/budget-lines/{}", id(&other));
    lead.delete(&prizes).await.no_content();
    lead.get(&prizes).await.problem(404, "not_found");
    let trash = lead.all("/trash?kind=budget_line").await;
    assert_eq!((trash.len(), &trash[0]["name"]), (1, &json!("Prizes")));
    let restore = format!("/trash/{}/restore", id(&other));
    lead.post(&restore, json!({})).await.ok();
    lead.get(&prizes).await.ok();
    lead.delete(&prizes).await.no_content();
    app.clock.advance(TimeDelta::days(31));
    relais::trash::purge_expired(&app.state)
        .await
        .expect("a purge");
    assert_eq!(lead.all("/trash?kind=budget_line").await.len(), 0);
}

#[tokio::test]
async fn a_campaign_has_one_currency() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let dollars = json!({"amount_minor": 100, "currency": "USD"});
    let in_dollars = json!({"amount": dollars});
    let of = |campaign: &Value, besides: Value| {
        with(
            json!({"campaign_id": campaign["id"], "name": "A line", "amount": eur(100)}),
            besides,
        )
    };

    // That of its budget.
    let show = campaign(&lead, json!({"budget": eur(10_000)})).await;
    let refused = lead
        .post("/budget-lines", of(&show, in_dollars.clone()))
        .await
        .refused_at("/amount/currency");
    assert_eq!(refused["errors"][0]["code"], "other_currency");
    assert_eq!(refused["errors"][0]["params"]["currency"], "EUR");
    spend(
        &lead,
        1,
        with(in_dollars.clone(), json!({"campaign_id": show["id"]})),
    )
    .await
    .refused_at("/amount/currency");
    let of_dollars = json!({"kind": "budget", "currency": "USD", "limit_minor": 900});
    let of_dollars = resource(&lead, of_dollars).await;
    let asked = json!({"resource_id": of_dollars["id"], "campaign_id": show["id"], "amount": {"money": dollars}});
    lead.post("/allocations", asked.clone())
        .await
        .refused_at("/amount/money/currency");
    // A task of the campaign is the campaign, too.
    let notes = super::task(&lead, json!({"campaign_id": show["id"]})).await;
    let of_task = with(asked, json!({"campaign_id": null, "task_id": notes["id"]}));
    lead.post("/allocations", of_task)
        .await
        .refused_at("/amount/money/currency");
    // That of the budget that the money comes from.
    lead.post(
        "/budget-lines",
        of(&show, json!({"resource_id": of_dollars["id"]})),
    )
    .await
    .refused_at("/amount/currency");

    // Or else that of the first money in it: a line, an expense, a promise.
    let free = campaign(&lead, json!({})).await;
    let first = line(&lead, &free, 100, json!({})).await;
    let place = format!("/budget-lines/{}", id(&first));
    lead.patch(&place, in_dollars.clone()).await.ok();
    lead.post("/budget-lines", of(&free, json!({})))
        .await
        .refused_at("/amount/currency");
    let place_of_free = format!("/campaigns/{}", id(&free));
    lead.patch(&place_of_free, json!({"budget": eur(5)}))
        .await
        .refused_at("/budget/currency");
    lead.patch(&place_of_free, json!({"budget": dollars}))
        .await
        .ok();
    let spent = campaign(&lead, json!({})).await;
    spend(&lead, 5, json!({"campaign_id": spent["id"]}))
        .await
        .created();
    lead.post("/budget-lines", of(&spent, in_dollars.clone()))
        .await
        .refused_at("/amount/currency");
    let promised = campaign(&lead, json!({})).await;
    let ads = budget(&lead, 100, json!({})).await;
    promise(&lead, &ads, 5, json!({"campaign_id": promised["id"]}))
        .await
        .created();
    lead.post("/budget-lines", of(&promised, in_dollars))
        .await
        .refused_at("/amount/currency");

    // What is in the trash comes back in its own currency, or not at all.
    lead.patch(&place_of_free, json!({"budget": null}))
        .await
        .ok();
    lead.delete(&place).await.no_content();
    let in_the_way = line(&lead, &free, 100, json!({})).await;
    let restore = format!("/trash/{}/restore", id(&first));
    let refused = lead
        .post(&restore, json!({}))
        .await
        .problem(409, "other_currency");
    assert_eq!(
        (&refused["own_currency"], &refused["currency"]),
        (&json!("USD"), &json!("EUR"))
    );
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.contains("Enter it anew in EUR, or take all EUR out"),
        "{detail}"
    );
    lead.delete(&format!("/budget-lines/{}", id(&in_the_way)))
        .await
        .no_content();
    lead.post(&restore, json!({})).await.ok();
}

#[tokio::test]
async fn a_line_says_what_is_wrong_with_it() {
    let app = TestApp::start().await;
    let [lead, far] = app.team_with(["lead", "member"]).await;
    let show = campaign(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment"})).await;
    let good = json!({"campaign_id": show["id"], "name": "A line", "amount": eur(100)});
    for (besides, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"amount": eur(-1)}), "/amount/amount_minor"),
        (
            json!({"amount": eur(9_007_199_254_740_992)}),
            "/amount/amount_minor",
        ),
        (
            json!({"amount": {"amount_minor": 1.5, "currency": "EUR"}}),
            "/amount/amount_minor",
        ),
        (
            json!({"amount": {"amount_minor": 1, "currency": "euro"}}),
            "/amount/currency",
        ),
        (json!({"resource_id": kit["id"]}), "/resource_id"),
        (json!({"resource_id": far.id}), "/resource_id"),
        (json!({"campaign_id": kit["id"]}), "/campaign_id"),
    ] {
        lead.post("/budget-lines", with(good.clone(), besides))
            .await
            .refused_at(pointer);
    }
    // In the trash, or given up.
    let place = format!("/campaigns/{}", id(&show));
    let made = lead.post("/budget-lines", good.clone()).await.created();
    lead.delete(&place).await.no_content();
    let refused = lead
        .post("/budget-lines", good.clone())
        .await
        .refused_at("/campaign_id");
    assert_eq!(refused["errors"][0]["code"], "in_trash");
    // With its campaign it is away, and with it it is back.
    let own = format!("/budget-lines/{}", id(&made));
    lead.get(&own).await.problem(404, "not_found");
    lead.post(&format!("/trash/{}/restore", id(&show)), json!({}))
        .await
        .ok();
    lead.get(&own).await.ok();
    // A line in the trash on its own account comes back with its campaign only.
    lead.delete(&own).await.no_content();
    lead.delete(&place).await.no_content();
    let above = lead
        .post(&format!("/trash/{}/restore", id(&made)), json!({}))
        .await
        .problem(409, "still_in_trash");
    assert_eq!(above["trash_id"], show["id"]);
    lead.post(&format!("/trash/{}/restore", id(&show)), json!({}))
        .await
        .ok();
    lead.patch(&place, json!({"status": "cancelled"}))
        .await
        .ok();
    let refused = lead
        .post("/budget-lines", good)
        .await
        .refused_at("/campaign_id");
    assert_eq!(refused["errors"][0]["code"], "not_open");
}

#[tokio::test]
async fn a_line_with_money_stays_and_keeps_its_budget() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let show = campaign(&lead, json!({})).await;
    let (ads, more) = (
        budget(&lead, 100, json!({})).await,
        budget(&lead, 100, json!({})).await,
    );
    let one = line(&lead, &show, 50, json!({"resource_id": ads["id"]})).await;
    let place = format!("/budget-lines/{}", id(&one));
    let promised = promise(
        &lead,
        &ads,
        10,
        json!({"campaign_id": show["id"], "budget_line_id": one["id"]}),
    )
    .await
    .created();
    assert_eq!(promised["budget_line_id"], one["id"]);
    let listed = lead
        .all(&format!("/allocations?budget_line_id={}", id(&one)))
        .await;
    assert_eq!(listed.len(), 1);
    let spent = spend(&lead, 5, json!({"allocation_id": promised["id"]}))
        .await
        .created();
    // The line of the promise, unless another one is named.
    assert_eq!(spent["budget_line_id"], one["id"]);
    let refused = lead.delete(&place).await.problem(409, "still_referenced");
    assert_eq!(
        (&refused["expenses"], &refused["allocations"]),
        (&json!(1), &json!(1))
    );
    lead.patch(&place, json!({"resource_id": more["id"]}))
        .await
        .problem(409, "still_referenced");

    // A promise of another budget, of something else, or for another campaign, is not for the line.
    let elsewhere = campaign(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment"})).await;
    let for_line = json!({"campaign_id": show["id"], "budget_line_id": one["id"]});
    promise(&lead, &more, 1, for_line.clone())
        .await
        .refused_at("/budget_line_id");
    let other = with(for_line.clone(), json!({"campaign_id": elsewhere["id"]}));
    promise(&lead, &ads, 1, other)
        .await
        .refused_at("/budget_line_id");
    let units = with(
        for_line,
        json!({"resource_id": kit["id"], "amount": {"units": 1}, "first_on": "2099-03-02", "last_on": "2099-03-02"}),
    );
    lead.post("/allocations", units)
        .await
        .refused_at("/budget_line_id");
    // What has money of a budget keeps its currency.
    lead.patch(
        &format!("/resources/{}", id(&ads)),
        json!({"currency": "USD"}),
    )
    .await
    .problem(409, "still_referenced");

    let other = line(&lead, &show, 50, json!({})).await;
    let promise_of = format!("/allocations/{}", id(&promised));
    lead.patch(&promise_of, json!({"budget_line_id": other["id"]}))
        .await
        .ok();
    lead.patch(
        &format!("/expenses/{}", id(&spent)),
        json!({"budget_line_id": null}),
    )
    .await
    .ok();
    lead.delete(&place).await.no_content();
}
