//! What is promised to something that is given up is free again.

use serde_json::{Value, json};

use super::{ask, id, of_person, resource, task, with};
use crate::vocabulary::{Member, TestApp};

async fn state(by: &Member, allocation: &Value) -> (String, String) {
    let one = by
        .get(&format!("/allocations/{}", id(allocation)))
        .await
        .ok();
    (
        one["state"].as_str().unwrap().to_owned(),
        one["reason"].as_str().unwrap_or_default().to_owned(),
    )
}

#[tokio::test]
async fn deleting_or_cancelling_what_it_is_for_frees_it_in_the_same_revision() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 9})).await;
    let of = |by: Member, target: Value| {
        let body = with(
            json!({"resource_id": kit["id"], "first_on": "2099-03-02", "last_on": "2099-03-06", "amount": {"units": 1}}),
            target,
        );
        async move { ask(&by, body).await.created() }
    };
    let campaign = lead
        .post("/campaigns", json!({"name": "Launch"}))
        .await
        .created();
    let inside = task(&lead, json!({"campaign_id": campaign["id"]})).await;
    let event = crate::outreach::events::event(&lead, json!({"campaign_id": campaign["id"]})).await;
    let to_campaign = of(lead.clone(), json!({"campaign_id": campaign["id"]})).await;
    let to_task = of(member.clone(), json!({"task_id": inside["id"]})).await;
    let to_event = of(lead.clone(), json!({"event_id": event["id"]})).await;
    let place = format!("/campaigns/{}", id(&campaign));
    lead.delete(&place).await.no_content();
    let why = |what: &str| format!("The {what} was deleted.");
    assert_eq!(
        state(&lead, &to_campaign).await,
        ("released".to_owned(), why("campaign"))
    );
    assert_eq!(
        state(&lead, &to_task).await,
        ("cancelled".to_owned(), why("task"))
    );
    assert_eq!(
        state(&lead, &to_event).await,
        ("released".to_owned(), why("event"))
    );
    let lines = lead
        .all(&format!("/allocations/{}/history", id(&to_task)))
        .await;
    let trashed = lead.all("/trash?kind=campaign").await;
    assert_eq!(
        lines[1]["revision"], trashed[0]["version"],
        "the same revision"
    );
    assert_eq!(lines[1]["note"], "The task was deleted.");
    // Restoring brings the work back and not what was promised to it: that may be taken by now.
    let restore = format!("/trash/{}/restore", id(&campaign));
    lead.request("POST", &restore).send().await.ok();
    assert_eq!(state(&lead, &to_campaign).await.0, "released");

    let again = of(lead.clone(), json!({"task_id": inside["id"]})).await;
    let done = of(lead.clone(), json!({"campaign_id": campaign["id"]})).await;
    let batch =
        json!({"operations": [{"op": "update", "id": inside["id"], "status": "cancelled"}]});
    lead.post("/tasks/batch", batch).await.ok();
    assert_eq!(
        state(&lead, &again).await,
        ("released".to_owned(), "The task was given up.".to_owned())
    );
    lead.patch(&place, json!({"status": "cancelled"}))
        .await
        .ok();
    assert_eq!(
        state(&lead, &done).await,
        (
            "released".to_owned(),
            "The campaign was given up.".to_owned()
        )
    );

    // What is finished keeps what it used.
    let notes = task(&lead, json!({})).await;
    let kept = of(lead.clone(), json!({"task_id": notes["id"]})).await;
    for status in ["in_progress", "in_review", "done"] {
        lead.patch(&format!("/tasks/{}", id(&notes)), json!({"status": status}))
            .await
            .ok();
    }
    assert_eq!(state(&lead, &kept).await.0, "approved");
}

#[tokio::test]
async fn whoever_leaves_is_promised_to_nothing() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let theirs = ask(
        &lead,
        of_person(&member.id, &notes, "2099-03-06", json!({"percent": 10})),
    )
    .await
    .created();
    lead.delete(&format!("/members/{}", member.id))
        .await
        .no_content();
    assert_eq!(
        state(&lead, &theirs).await,
        (
            "released".to_owned(),
            "The member left the team.".to_owned()
        )
    );
    ask(
        &lead,
        of_person(&member.id, &notes, "2099-03-06", json!({"percent": 10})),
    )
    .await
    .refused_at("/resource_id");
    lead.get(&format!(
        "/resources/{}/availability?from=2099-01-01&to=2099-01-01",
        member.id
    ))
    .await
    .problem(404, "not_found");
}
