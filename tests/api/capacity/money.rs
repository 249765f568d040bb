//! Money: never more promised than there is.

use serde_json::{Value, json};

use super::{ask, check, id, resource, taken, task, way};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn a_budget_is_promised_up_to_its_limit() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let ads = resource(
        &lead,
        json!({"kind": "budget", "name": "Ads", "currency": "EUR", "limit_minor": 10_000}),
    )
    .await;
    let dollars = resource(
        &lead,
        json!({"kind": "budget", "name": "Dollars", "currency": "USD", "limit_minor": 90_000}),
    )
    .await;
    let euros = |amount_minor: i64| json!({"resource_id": ads["id"], "task_id": notes["id"], "amount": {"money": {"amount_minor": amount_minor, "currency": "EUR"}}});
    let first = ask(&lead, euros(9_000)).await.created();
    let refused = ask(&lead, euros(1_001))
        .await
        .problem(409, "over_allocated");
    let finding = &refused["findings"][0];
    assert_eq!(
        (
            &finding["wanted"],
            &finding["there"],
            &finding["unit"],
            &finding["currency"],
            &finding["first_on"]
        ),
        (
            &json!(10_001),
            &json!(10_000),
            &json!("minor"),
            &json!("EUR"),
            &Value::Null
        )
    );
    assert_eq!(finding["taken_by"][0]["allocation_id"], first["id"]);
    let smaller = way(&refused["findings"], "smaller_amount").unwrap();
    assert_eq!(
        smaller["amount"]["money"],
        json!({"amount_minor": 1_000, "currency": "EUR"})
    );
    assert!(
        way(&refused["findings"], "another_resource").is_none(),
        "dollars are no euros"
    );
    assert!(
        way(&refused["findings"], "later_dates").is_none(),
        "money does not come back with time"
    );
    let more = resource(
        &lead,
        json!({"kind": "budget", "name": "More", "currency": "EUR", "limit_minor": 1_001}),
    )
    .await;
    let refused = ask(&lead, euros(1_001))
        .await
        .problem(409, "over_allocated");
    let other = way(&refused["findings"], "another_resource").unwrap();
    assert_eq!(other["resource_id"], more["id"]);
    assert_eq!(
        check(&lead, json!([taken(other, &notes)])).await["verdict"],
        "fits"
    );

    // A request holds no money; what is released is there again.
    ask(&member, euros(1_000)).await.created();
    ask(&lead, euros(1_000)).await.created();
    lead.post(&format!("/allocations/{}/release", id(&first)), json!({}))
        .await
        .ok();
    let free = lead
        .get(&format!(
            "/resources/{}/availability?from=2026-11-23&to=2026-11-23",
            id(&ads)
        ))
        .await
        .ok();
    assert_eq!(
        free["money"],
        json!({"currency": "EUR", "limit_minor": 10_000, "committed_minor": 1_000, "spent_minor": 0, "left_minor": 9_000})
    );
    // Amounts as large as they may be do not run over.
    let all = json!({"resource_id": dollars["id"], "task_id": notes["id"], "amount": {"money": {"amount_minor": 9_007_199_254_740_991_i64, "currency": "USD"}}});
    ask(&lead, all.clone()).await.problem(409, "over_allocated");
    lead.patch(
        &format!("/resources/{}", id(&dollars)),
        json!({"overbooking": "allow"}),
    )
    .await
    .ok();
    ask(&lead, all.clone()).await.created();
    lead.patch(
        &format!("/resources/{}", id(&dollars)),
        json!({"overbooking": "refuse"}),
    )
    .await
    .ok();
    ask(&lead, all).await.problem(409, "over_allocated");
}
