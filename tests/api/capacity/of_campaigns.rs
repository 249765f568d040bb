//! What is promised to a campaign, and to the events and tasks in it.

use serde_json::{Value, json};

use super::{ask, campaign, id, resource, task, with};
use crate::outreach::events::event;
use crate::vocabulary::{Member, TestApp};

async fn found(by: &Member, query: &str) -> Vec<String> {
    let mut found: Vec<String> = by
        .all(&format!("/allocations?{query}"))
        .await
        .iter()
        .map(|one| id(one).to_owned())
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn allocations_of_a_campaign_are_those_of_all_that_is_in_it() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 9})).await;
    let of = async |target: Value| {
        let body = json!({"resource_id": kit["id"], "first_on": "2099-03-02", "last_on": "2099-03-06", "amount": {"units": 1}});
        let made = ask(&lead, with(body, target)).await.created();
        id(&made).to_owned()
    };
    let (show, other) = (
        campaign(&lead, json!({})).await,
        campaign(&lead, json!({})).await,
    );
    let inside = json!({"campaign_id": show["id"]});
    let (notes, evening) = (
        task(&lead, inside.clone()).await,
        event(&lead, inside.clone()).await,
    );
    let elsewhere = task(&lead, json!({"campaign_id": other["id"]})).await;
    let alone = task(&lead, json!({})).await;
    let [to_show, to_notes, to_evening, to_elsewhere, to_alone] = [
        of(inside.clone()).await,
        of(json!({"task_id": notes["id"]})).await,
        of(json!({"event_id": evening["id"]})).await,
        of(json!({"task_id": elsewhere["id"]})).await,
        of(json!({"task_id": alone["id"]})).await,
    ];
    let of_show = format!("campaign_id={}", id(&show));
    let of_both = format!("{of_show},{}", id(&other));
    for (query, expected) in [
        (of_show.clone(), vec![&to_show, &to_notes, &to_evening]),
        (
            of_both,
            vec![&to_show, &to_notes, &to_evening, &to_elsewhere],
        ),
        (format!("{of_show}&target=campaign"), vec![&to_show]),
        (
            format!("{of_show}&target=event,task"),
            vec![&to_notes, &to_evening],
        ),
        (
            "target=task".to_owned(),
            vec![&to_notes, &to_elsewhere, &to_alone],
        ),
        (format!("{of_show}&task_id={}", id(&notes)), vec![&to_notes]),
        (
            format!("campaign_id={}&task_id={}", id(&other), id(&notes)),
            vec![],
        ),
        (format!("campaign_id={}", relais::db::Id::new()), vec![]),
    ] {
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        expected.sort();
        assert_eq!(found(&lead, &query).await, expected, "{query}");
    }
    lead.get("/allocations?target=person")
        .await
        .problem(400, "invalid_query");
    // It follows what moves.
    let place = format!("/tasks/{}", id(&notes));
    let moved = json!({"campaign_id": other["id"]});
    lead.patch(&place, moved).await.ok();
    let mut left = vec![to_show, to_evening];
    left.sort();
    assert_eq!(found(&lead, &of_show).await, left);
}
