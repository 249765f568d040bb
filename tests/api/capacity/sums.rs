//! The money of a campaign: planned, committed, spent, left, and the forecast.

use serde_json::{Value, json};

use super::{budget, campaign, eur, id, line, promise, resource, spend, task};
use crate::vocabulary::{Member, TestApp};

async fn money(by: &Member, campaign: &Value) -> Value {
    by.get(&format!("/campaigns/{}/money", id(campaign)))
        .await
        .ok()
}

/// Planned, requested, committed, spent, outstanding, forecast, left.
fn figures(sums: &Value) -> [Option<i64>; 7] {
    [
        "planned",
        "requested",
        "committed",
        "spent",
        "outstanding",
        "forecast",
        "left",
    ]
    .map(|name| sums[format!("{name}_minor")].as_i64())
}

fn all(figures: [i64; 7]) -> [Option<i64>; 7] {
    figures.map(Some)
}

#[tokio::test]
async fn each_sum_names_what_it_is_made_of() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let show = campaign(&lead, json!({})).await;
    let empty = money(&member, &show).await;
    assert_eq!(
        (
            &empty["currency"],
            &empty["planned_from"],
            &empty["budget_minor"]
        ),
        (&Value::Null, &json!("nothing"), &Value::Null)
    );
    assert_eq!(
        figures(&empty["total"]),
        [None, Some(0), Some(0), Some(0), Some(0), Some(0), None]
    );
    // Without lines, the budget is the plan.
    lead.patch(
        &format!("/campaigns/{}", id(&show)),
        json!({"budget": eur(1_000)}),
    )
    .await
    .ok();
    let planned = money(&member, &show).await;
    assert_eq!(planned["planned_from"], "budget");
    assert_eq!(
        figures(&planned["total"]),
        all([1_000, 0, 0, 0, 0, 1_000 - 1_000, 1_000])
    );

    let ads = line(&lead, &show, 500, json!({"name": "Ads"})).await;
    let prizes = line(&lead, &show, 200, json!({"name": "Prizes"})).await;
    let chest = budget(&lead, 100_000, json!({})).await;
    let day = json!({"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"});
    let end = json!({"local": "2027-04-20T20:00:00", "time_zone": "Europe/Paris"});
    let event = json!({"title": "A show", "kind": "webinar", "starts": day, "ends": end, "campaign_id": show["id"]});
    let event = lead.post("/events", event).await.created();
    let notes = task(&lead, json!({"campaign_id": show["id"]})).await;
    // To the campaign, its event and its task; what is asked for counts nowhere else. Long past, they count nevertheless.
    let past = json!({"campaign_id": show["id"], "budget_line_id": ads["id"], "first_on": "2024-03-01", "last_on": "2024-03-02"});
    let to_campaign = promise(&lead, &chest, 300, past).await.created();
    let to_event = json!({"event_id": event["id"], "budget_line_id": prizes["id"]});
    let to_event = promise(&lead, &chest, 150, to_event).await.created();
    let to_task = promise(&lead, &chest, 40, json!({"task_id": notes["id"]}))
        .await
        .created();
    let asked = json!({"campaign_id": show["id"], "budget_line_id": ads["id"]});
    promise(&member, &chest, 11, asked).await.created();
    spend(&member, 100, json!({"allocation_id": to_campaign["id"]}))
        .await
        .created();
    // More than was promised of the event, and something that nobody promised.
    spend(&lead, 170, json!({"allocation_id": to_event["id"]}))
        .await
        .created();
    spend(
        &lead,
        5,
        json!({"campaign_id": show["id"], "budget_line_id": prizes["id"]}),
    )
    .await
    .created();
    let now = money(&member, &show).await;
    assert_eq!(
        (&now["currency"], &now["planned_from"], &now["budget_minor"]),
        (&json!("EUR"), &json!("lines"), &json!(1_000))
    );
    assert_eq!(
        figures(&now["total"]),
        all([700, 11, 490, 275, 240, 515, 185])
    );
    assert_eq!(
        (&now["total"]["allocations"], &now["total"]["expenses"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(
        figures(&now["lines"][0]["sums"]),
        all([500, 11, 300, 100, 200, 300, 200])
    );
    assert_eq!(
        figures(&now["lines"][1]["sums"]),
        all([200, 0, 150, 175, 0, 175, 25])
    );
    assert_eq!(
        figures(&now["without_line"]),
        [None, Some(0), Some(40), Some(0), Some(40), Some(40), None]
    );
    assert_eq!(now["lines"][0]["name"], "Ads");

    // Released: what was spent of it counts, the rest does not.
    lead.post(
        &format!("/allocations/{}/release", id(&to_campaign)),
        json!({}),
    )
    .await
    .ok();
    let later = money(&member, &show).await;
    assert_eq!(
        figures(&later["lines"][0]["sums"]),
        all([500, 11, 100, 100, 0, 100, 400])
    );
    assert_eq!(
        (
            &later["total"]["approved_minor"],
            &later["total"]["ended_minor"]
        ),
        (&json!(190), &json!(100))
    );
    // A task that is deleted gives its promise back.
    lead.delete(&format!("/tasks/{}", id(&notes)))
        .await
        .no_content();
    lead.get(&format!("/allocations/{}", id(&to_task)))
        .await
        .ok();
    let last = money(&member, &show).await;
    assert_eq!(
        figures(&last["total"]),
        all([700, 11, 250, 275, 0, 275, 425])
    );
    // Derived from the revision, so it has its tag.
    let answer = member.get(&format!("/campaigns/{}/money", id(&show))).await;
    let tag = answer.header("etag").unwrap().to_owned();
    member
        .request("GET", &format!("/campaigns/{}/money", id(&show)))
        .header("if-none-match", &tag)
        .send()
        .await
        .not_modified();
}

#[tokio::test]
async fn what_comes_with_a_task_from_elsewhere_in_another_currency_is_told_apart() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (show, dear) = (
        campaign(&lead, json!({"budget": eur(1_000)})).await,
        campaign(&lead, json!({})).await,
    );
    let dollars = json!({"amount_minor": 70, "currency": "USD"});
    let chest = resource(
        &lead,
        json!({"kind": "budget", "currency": "USD", "limit_minor": 500}),
    )
    .await;
    let notes = task(&lead, json!({"campaign_id": dear["id"]})).await;
    let body =
        json!({"resource_id": chest["id"], "task_id": notes["id"], "amount": {"money": dollars}});
    let promised = lead.post("/allocations", body).await.created();
    let spent = json!({"allocation_id": promised["id"], "amount": {"amount_minor": 30, "currency": "USD"}, "spent_on": "2024-03-01"});
    lead.post("/expenses", spent).await.created();
    let before = money(&lead, &dear).await;
    assert_eq!(before["currency"], "USD");
    assert_eq!(before["total"]["forecast_minor"], 70);
    lead.patch(
        &format!("/tasks/{}", id(&notes)),
        json!({"campaign_id": show["id"]}),
    )
    .await
    .ok();
    let there = money(&lead, &show).await;
    assert_eq!(
        there["not_counted"],
        json!([{"allocation_id": promised["id"], "amount": dollars}])
    );
    assert_eq!(there["total"]["forecast_minor"], 0);
    // What was spent stays where it was spent.
    let left = money(&lead, &dear).await;
    assert_eq!(
        (
            &left["total"]["spent_minor"],
            &left["total"]["outstanding_minor"]
        ),
        (&json!(30), &json!(0))
    );
}
