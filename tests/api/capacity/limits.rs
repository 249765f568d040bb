//! The limit of a budget, and what is spent of it: promised, beyond what was promised, or never promised.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{books, budget, campaign, eur, id, line, promise, spend, task, with};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn what_was_promised_is_anybodys_to_spend_and_what_goes_beyond_counts() {
    let app = TestApp::start().await;
    let [lead, member, owner] = app.team_with(["lead", "member", "member"]).await;
    let show = campaign(&lead, json!({})).await;
    let ads = budget(&lead, 100, json!({"owner_id": owner.id})).await;
    let of_show = json!({"campaign_id": show["id"]});
    let promised = promise(&lead, &ads, 60, of_show.clone()).await.created();
    let of_promise = json!({"allocation_id": promised["id"]});
    let first = spend(&member, 60, of_promise.clone()).await.created();
    assert_eq!(
        (&first["campaign_id"], &first["resource_id"]),
        (&show["id"], &ads["id"])
    );
    assert_eq!(books(&lead, &ads).await, (60, 60, 40));
    // One cent more is a promise in itself.
    let refused = spend(&member, 1, of_promise.clone())
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "allocation:approve");
    let place = format!("/expenses/{}", id(&first));
    member
        .patch(&place, json!({"amount": eur(61)}))
        .await
        .problem(403, "insufficient_role");
    spend(&owner, 10, of_promise.clone()).await.created();
    assert_eq!(books(&lead, &ads).await, (70, 70, 30));
    let refused = spend(&lead, 31, of_promise.clone())
        .await
        .problem(409, "over_allocated");
    let finding = &refused["findings"][0];
    assert_eq!(
        (&finding["wanted"], &finding["there"], &finding["unit"]),
        (&json!(101), &json!(100), &json!("minor"))
    );
    let smaller = super::way(&refused["findings"], "smaller_amount").unwrap();
    assert_eq!(smaller["amount"]["money"], eur(30));
    // What is spent cannot be promised to somebody else.
    promise(&lead, &ads, 31, of_show.clone())
        .await
        .problem(409, "over_allocated");
    let rest = promise(&lead, &ads, 30, of_show.clone()).await.created();
    spend(&lead, 1, of_promise.clone())
        .await
        .problem(409, "over_allocated");
    // Of a promise of which something is left: as much as that and the room beside it.
    lead.patch(
        &format!("/allocations/{}", id(&rest)),
        json!({"amount": {"money": eur(20)}}),
    )
    .await
    .ok();
    let of_rest = json!({"allocation_id": rest["id"]});
    spend(&member, 5, of_rest.clone()).await.created();
    let refused = spend(&lead, 26, of_rest.clone())
        .await
        .problem(409, "over_allocated");
    let smaller = super::way(&refused["findings"], "smaller_amount").unwrap();
    assert_eq!(smaller["amount"]["money"], eur(25));
    spend(&lead, 25, of_rest).await.created();
    assert_eq!(books(&lead, &ads).await, (100, 100, 0));
    // Taking less is never refused, whoever entered it; and leaves room.
    member.patch(&place, json!({"amount": eur(50)})).await.ok();
    assert_eq!(books(&lead, &ads).await, (90, 90, 10));
    // No limit below what was spent.
    lead.patch(
        &format!("/resources/{}", id(&ads)),
        json!({"limit_minor": 89}),
    )
    .await
    .problem(409, "over_allocated");
    // Into the trash, it takes nothing; it comes back only where there is room.
    member.delete(&place).await.no_content();
    assert_eq!(books(&lead, &ads).await, (90, 40, 10), "the promise stands");
    promise(&lead, &ads, 10, of_show).await.created();
    let restore = format!("/trash/{}/restore", id(&first));
    lead.post(&restore, json!({})).await.ok();
    assert_eq!(books(&lead, &ads).await, (100, 90, 0));
}

#[tokio::test]
async fn what_comes_back_from_the_trash_has_to_fit() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let show = campaign(&lead, json!({})).await;
    let ads = budget(&lead, 100, json!({})).await;
    let of_show = json!({"campaign_id": show["id"]});
    let one = line(&lead, &show, 500, json!({"resource_id": ads["id"]})).await;
    let of_line = with(of_show.clone(), json!({"budget_line_id": one["id"]}));
    let promised = promise(&lead, &ads, 20, of_show.clone()).await.created();
    // Of the line alone, and beyond its promise.
    let alone = spend(&lead, 60, of_line).await.created();
    let of_promise = json!({"allocation_id": promised["id"]});
    let beyond = spend(&lead, 40, of_promise).await.created();
    assert_eq!(books(&lead, &ads).await, (100, 100, 0));
    let place = |one: &Value| format!("/expenses/{}", id(one));
    let restore = |one: &Value| format!("/trash/{}/restore", id(one));
    for (gone, room, wanted) in [(&alone, 60, 101), (&beyond, 20, 101)] {
        lead.delete(&place(gone)).await.no_content();
        assert_eq!(books(&lead, &ads).await.2, room);
        let taken = promise(&lead, &ads, 1, of_show.clone()).await.created();
        let refused = lead
            .post(&restore(gone), json!({}))
            .await
            .problem(409, "over_allocated");
        let finding = &refused["findings"][0];
        assert_eq!(
            (
                &finding["wanted"],
                &finding["there"],
                &finding["resource_id"]
            ),
            (&json!(wanted), &json!(100), &ads["id"])
        );
        assert!(
            finding["taken_by"]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one["allocation_id"] == taken["id"] && one["amount"] == 1),
            "{refused}"
        );
        lead.get(&place(gone)).await.problem(404, "not_found");
        assert_eq!(books(&lead, &ads).await.2, room - 1, "nothing changed");
        // Where the policy only warns, it comes back; and where there is room again.
        let ads_at = format!("/resources/{}", id(&ads));
        lead.patch(&ads_at, json!({"overbooking": "warn"}))
            .await
            .ok();
        lead.post(&restore(gone), json!({})).await.ok();
        assert_eq!(books(&lead, &ads).await.2, -1);
        lead.delete(&place(gone)).await.no_content();
        lead.patch(&ads_at, json!({"overbooking": "refuse"}))
            .await
            .ok();
        let cancel = format!("/allocations/{}/cancel", id(&taken));
        lead.post(&cancel, json!({})).await.ok();
        lead.post(&restore(gone), json!({})).await.ok();
        assert_eq!(books(&lead, &ads).await.2, 0);
    }
}

#[tokio::test]
async fn the_policy_applies_to_what_was_never_promised() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let show = campaign(&lead, json!({})).await;
    let ads = budget(&lead, 100, json!({"name": "Ads"})).await;
    let one = line(&lead, &show, 500, json!({"resource_id": ads["id"]})).await;
    let of_line = json!({"campaign_id": show["id"], "budget_line_id": one["id"]});
    spend(&member, 1, of_line.clone())
        .await
        .problem(403, "insufficient_role");
    let first = spend(&lead, 100, of_line.clone()).await.created();
    assert_eq!(first["resource_id"], ads["id"]);
    let refused = spend(&lead, 1, of_line.clone())
        .await
        .problem(409, "over_allocated");
    let taker = &refused["findings"][0]["taken_by"][0];
    assert_eq!(
        (&taker["expense_id"], &taker["amount"], &taker["title"]),
        (&first["id"], &json!(100), &json!("A campaign"))
    );
    assert!(super::way(&refused["findings"], "smaller_amount").is_none());
    let more = budget(&lead, 1_000, json!({"name": "More"})).await;
    let refused = spend(&lead, 1, of_line.clone())
        .await
        .problem(409, "over_allocated");
    let other = super::way(&refused["findings"], "another_resource").unwrap();
    assert_eq!(other["resource_id"], more["id"]);
    // Nothing is saved by trying.
    let tried = lead
        .post(
            "/expenses?validate_only=true",
            with(
                json!({"amount": eur(1), "spent_on": "2024-03-01"}),
                of_line.clone(),
            ),
        )
        .await;
    assert_eq!(tried.status, 409);
    let ads_at = format!("/resources/{}", id(&ads));
    lead.patch(&ads_at, json!({"overbooking": "warn"}))
        .await
        .ok();
    let warned = spend(&lead, 5, of_line.clone()).await.created();
    assert_eq!(
        (
            &warned["warnings"][0]["wanted"],
            &warned["warnings"][0]["there"]
        ),
        (&json!(105), &json!(100))
    );
    lead.patch(&ads_at, json!({"overbooking": "allow"}))
        .await
        .ok();
    let allowed = spend(&lead, 5, of_line.clone()).await.created();
    assert_eq!(allowed["warnings"], json!([]));
    assert_eq!(books(&lead, &ads).await, (110, 110, -10));
    let conflicts = lead
        .get("/conflicts?from=2026-11-23&to=2026-11-24")
        .await
        .ok();
    assert_eq!(conflicts["items"][0]["wanted"], 110);
    // Amounts as large as they may be do not run over.
    for _ in 0..2 {
        spend(&lead, 9_007_199_254_740_991, of_line.clone())
            .await
            .created();
    }
    assert_eq!(books(&lead, &ads).await.2, -9_007_199_254_740_991);
    promise(&lead, &ads, 1, json!({"campaign_id": show["id"]}))
        .await
        .created();
    lead.patch(&ads_at, json!({"overbooking": "refuse"}))
        .await
        .ok();
    promise(&lead, &ads, 1, json!({"campaign_id": show["id"]}))
        .await
        .problem(409, "over_allocated");
    lead.get(&format!("/campaigns/{}/money", id(&show)))
        .await
        .ok();
}

#[tokio::test]
async fn of_what_is_released_only_what_was_spent_counts() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let show = campaign(&lead, json!({})).await;
    let ads = budget(&lead, 100, json!({})).await;
    let of_show = json!({"campaign_id": show["id"]});
    let promised = promise(&lead, &ads, 100, of_show.clone()).await.created();
    let of_promise = json!({"allocation_id": promised["id"]});
    let spent = spend(&lead, 30, of_promise.clone()).await.created();
    promise(&lead, &ads, 1, of_show.clone())
        .await
        .problem(409, "over_allocated");
    lead.post(
        &format!("/allocations/{}/release", id(&promised)),
        json!({}),
    )
    .await
    .ok();
    assert_eq!(books(&lead, &ads).await, (30, 30, 70));
    let refused = spend(&lead, 1, of_promise)
        .await
        .refused_at("/allocation_id");
    assert_eq!(refused["errors"][0]["code"], "not_approved");
    let refused = promise(&lead, &ads, 71, of_show.clone())
        .await
        .problem(409, "over_allocated");
    // What was spent of it takes its part.
    let taken = refused["findings"][0]["taken_by"].as_array().unwrap();
    assert!(
        taken
            .iter()
            .any(|one| one["allocation_id"] == promised["id"] && one["amount"] == 30),
        "{refused}"
    );
    promise(&lead, &ads, 70, of_show.clone()).await.created();
    // A correction of what was spent of it is one of what takes.
    let place = format!("/expenses/{}", id(&spent));
    lead.patch(&place, json!({"amount": eur(31)}))
        .await
        .problem(409, "over_allocated");
    lead.patch(&place, json!({"amount": eur(29), "receipt": "17"}))
        .await
        .ok();
    // What was spent beyond its promise keeps the promise from becoming less than that.
    let one = promise(&lead, &ads, 1, of_show).await.created();
    spend(&lead, 1, json!({"allocation_id": one["id"]}))
        .await
        .created();
    lead.patch(
        &format!("/allocations/{}", id(&one)),
        json!({"amount": {"money": eur(2)}}),
    )
    .await
    .problem(409, "over_allocated");
    assert_eq!(books(&lead, &ads).await, (100, 30, 0));
}

#[tokio::test]
async fn what_was_spent_outlives_what_it_was_spent_for() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let show = campaign(&lead, json!({})).await;
    let ads = budget(&lead, 100, json!({})).await;
    let notes = task(&lead, json!({"campaign_id": show["id"]})).await;
    let one = line(&lead, &show, 100, json!({})).await;
    let promised = json!({"task_id": notes["id"], "budget_line_id": one["id"]});
    let promised = promise(&lead, &ads, 60, promised).await.created();
    let of_budget = spend(&lead, 40, json!({"allocation_id": promised["id"]}))
        .await
        .created();
    let of_nothing = spend(&lead, 7, json!({"campaign_id": show["id"]}))
        .await
        .created();
    // In the trash it is still listed, because it was spent.
    lead.delete(&format!("/campaigns/{}", id(&show)))
        .await
        .no_content();
    assert_eq!(lead.all("/expenses").await.len(), 2);
    assert_eq!(books(&lead, &ads).await, (40, 40, 60));
    app.clock.advance(TimeDelta::days(31));
    relais::trash::purge_expired(&app.state)
        .await
        .expect("a purge");
    let left = lead
        .get(&format!("/expenses/{}", id(&of_budget)))
        .await
        .ok();
    for name in ["campaign_id", "allocation_id", "budget_line_id"] {
        assert_eq!(left[name], Value::Null, "{name}");
    }
    assert_eq!(left["resource_id"], ads["id"]);
    assert_eq!(books(&lead, &ads).await, (40, 40, 60));
    lead.get(&format!("/expenses/{}", id(&of_nothing)))
        .await
        .problem(404, "not_found");
    // And the budget.
    lead.delete(&format!("/resources/{}", id(&ads)))
        .await
        .no_content();
    app.clock.advance(TimeDelta::days(31));
    relais::trash::purge_expired(&app.state)
        .await
        .expect("a purge");
    let left = lead
        .get(&format!("/expenses/{}", id(&of_budget)))
        .await
        .ok();
    assert_eq!(left["resource_id"], Value::Null);
    let place = format!("/expenses/{}", id(&of_budget));
    lead.patch(&place, json!({"amount": eur(41)})).await.ok();
}
