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

#[tokio::test]
async fn with_a_campaign_goes_what_was_promised_inside_it() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 20})).await;
    let of = |by: &Member, target: Value| {
        let by = by.clone();
        let body = with(
            json!({"resource_id": kit["id"], "first_on": "2099-03-02", "last_on": "2099-03-06", "amount": {"units": 1}}),
            target,
        );
        async move { ask(&by, body).await }
    };
    let finish = async |task: &Value| {
        for status in ["in_progress", "in_review", "done"] {
            let place = format!("/tasks/{}", id(task));
            lead.patch(&place, json!({"status": status})).await.ok();
        }
    };
    let gone = |state: &str| (state.to_owned(), "Its campaign was given up.".to_owned());
    let elsewhere = task(&lead, json!({})).await;
    let to_elsewhere = of(&lead, json!({"task_id": elsewhere["id"]}))
        .await
        .created();

    for (from, to) in [
        (&["cancelled"][..], "cancelled"),
        (&["planned", "active", "completed", "archived"], "archived"),
    ] {
        let show = super::campaign(
            &lead,
            json!({"starts_on": "2099-03-01", "ends_on": "2099-03-31"}),
        )
        .await;
        let inside = json!({"campaign_id": show["id"]});
        let notes = task(&lead, inside.clone()).await;
        let video = task(&lead, inside.clone()).await;
        let event = crate::outreach::events::event(&lead, inside.clone()).await;
        let to_campaign = of(&lead, inside.clone()).await.created();
        let promised = of(&lead, json!({"task_id": notes["id"]})).await.created();
        let asked = of(&member, json!({"task_id": notes["id"]})).await.created();
        let to_event = of(&lead, json!({"event_id": event["id"]})).await.created();
        let used = of(&lead, json!({"task_id": video["id"]})).await.created();
        finish(&video).await;
        let mut last = json!({});
        for status in from {
            let place = format!("/campaigns/{}", id(&show));
            last = lead.patch(&place, json!({"status": status})).await.ok();
        }
        assert_eq!(last["status"], to);
        assert_eq!(
            state(&lead, &to_campaign).await,
            (
                "released".to_owned(),
                "The campaign was given up.".to_owned()
            )
        );
        assert_eq!(state(&lead, &promised).await, gone("released"), "{to}");
        assert_eq!(state(&lead, &asked).await, gone("cancelled"), "{to}");
        assert_eq!(state(&lead, &to_event).await, gone("released"), "{to}");
        assert_eq!(
            state(&lead, &used).await.0,
            "approved",
            "what is done keeps what it used"
        );
        let lines = lead
            .all(&format!("/allocations/{}/history", id(&promised)))
            .await;
        assert_eq!(lines[1]["revision"], last["version"], "the same revision");
        assert_eq!(lines[1]["campaign_id"], show["id"]);
        // What is over does not come back: neither by a change nor by an approval.
        let place = format!("/allocations/{}", id(&asked));
        lead.patch(&place, json!({"amount": {"units": 2}}))
            .await
            .problem(409, "invalid_transition");
        lead.post(&format!("{place}/approve"), json!({}))
            .await
            .problem(409, "invalid_transition");

        // Nor is anything promised to it from now on, in whatever way one asks.
        let to_task = json!({"task_id": notes["id"]});
        for (by, target, pointer) in [
            (&lead, &to_task, "/task_id"),
            (&member, &to_task, "/task_id"),
            (&lead, &json!({"event_id": event["id"]}), "/event_id"),
        ] {
            let refused = of(by, target.clone()).await.refused_at(pointer);
            let fault = &refused["errors"][0];
            assert_eq!(
                (&fault["code"], &fault["params"]),
                (
                    &json!("not_open"),
                    &json!({"status": to, "campaign_id": show["id"]})
                )
            );
        }
        let body = with(
            json!({"resource_id": kit["id"], "first_on": "2099-03-02", "last_on": "2099-03-06", "amount": {"units": 1}}),
            to_task,
        );
        lead.post("/allocations/batch", json!({"allocations": [body]}))
            .await
            .refused_at("/allocations/0/task_id");
        lead.post(
            "/allocations/check",
            json!({"changes": [super::create(body)]}),
        )
        .await
        .refused_at("/changes/0/task_id");

        // What is moved into it goes the same way, unless it is done.
        let (moved, done) = (task(&lead, json!({})).await, task(&lead, json!({})).await);
        let evening = crate::outreach::events::event(&lead, json!({})).await;
        let to_moved = of(&lead, json!({"task_id": moved["id"]})).await.created();
        let to_done = of(&lead, json!({"task_id": done["id"]})).await.created();
        let to_evening = of(&lead, json!({"event_id": evening["id"]}))
            .await
            .created();
        finish(&done).await;
        for place in [
            format!("/tasks/{}", id(&moved)),
            format!("/tasks/{}", id(&done)),
            crate::outreach::events::place(&evening),
        ] {
            lead.patch(&place, inside.clone()).await.ok();
        }
        assert_eq!(state(&lead, &to_moved).await, gone("released"));
        assert_eq!(state(&lead, &to_done).await.0, "approved");
        assert_eq!(state(&lead, &to_evening).await, gone("released"));
    }
    // From one that goes on into another that does, nothing ends; nor does anything outside.
    let other = super::campaign(&lead, json!({})).await;
    lead.patch(
        &format!("/tasks/{}", id(&elsewhere)),
        json!({"campaign_id": other["id"]}),
    )
    .await
    .ok();
    assert_eq!(state(&lead, &to_elsewhere).await.0, "approved");
}

#[tokio::test]
async fn whichever_way_work_comes_into_a_campaign_that_is_given_up() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 20})).await;
    let of = async |by: &Member, task: &Value| {
        let body = json!({"resource_id": kit["id"], "task_id": task["id"], "first_on": "2099-03-02", "last_on": "2099-03-06", "amount": {"units": 1}});
        ask(by, body).await.created()
    };
    let to = async |task: &Value, status: &str| {
        let place = format!("/tasks/{}", id(task));
        lead.patch(&place, json!({"status": status})).await.ok();
    };
    let show = super::campaign(&lead, json!({})).await;
    let inside = json!({"campaign_id": show["id"]});
    let milestone = with(inside.clone(), json!({"name": "The point"}));
    let milestone = lead.post("/milestones", milestone).await.created();
    let done = task(&lead, inside.clone()).await;
    let (used, asked) = (of(&lead, &done).await, of(&member, &done).await);
    for status in ["in_progress", "in_review", "done"] {
        to(&done, status).await;
    }
    let cancel = json!({"status": "cancelled"});
    lead.patch(&format!("/campaigns/{}", id(&show)), cancel)
        .await
        .ok();
    let gone = |state: &str| (state.to_owned(), "Its campaign was given up.".to_owned());

    // Work can be made there, and moved there in every way in which tasks move; what was promised to it is free then.
    task(&lead, inside.clone()).await;
    let by_milestone = task(&lead, json!({})).await;
    let in_batch = task(&lead, json!({})).await;
    let parent = task(&lead, json!({})).await;
    let child = task(&lead, json!({"parent_id": parent["id"]})).await;
    let mut promised = Vec::new();
    for one in [&by_milestone, &in_batch, &parent, &child] {
        promised.push(of(&lead, one).await);
    }
    let place = format!("/tasks/{}", id(&by_milestone));
    let moved = lead
        .patch(&place, json!({"milestone_id": milestone["id"]}))
        .await
        .ok();
    assert_eq!(moved["campaign_id"], show["id"]);
    let operation = with(
        inside.clone(),
        json!({"op": "update", "id": in_batch["id"]}),
    );
    lead.post("/tasks/batch", json!({"operations": [operation]}))
        .await
        .ok();
    lead.patch(&format!("/tasks/{}", id(&parent)), inside)
        .await
        .ok();
    for one in &promised[..3] {
        assert_eq!(state(&lead, one).await, gone("released"));
    }
    // A subtask does not move with its parent.
    assert_eq!(state(&lead, &promised[3]).await.0, "approved");

    // What was finished there keeps what it used, and gets nothing more.
    assert_eq!(state(&lead, &used).await.0, "approved");
    assert_eq!(state(&lead, &asked).await.0, "requested");
    let approve = format!("/allocations/{}/approve", id(&asked));
    let refused = lead
        .post(&approve, json!({}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(
        (&refused["detail"], &refused["allowed"]),
        (
            &json!("The task is in a campaign that is cancelled: nothing can be promised to it."),
            &json!(["rejected", "cancelled"])
        )
    );
    // Where it is to be done after all, it is work in a campaign that is given up.
    to(&done, "todo").await;
    assert_eq!(state(&lead, &used).await, gone("released"));
    assert_eq!(state(&lead, &asked).await, gone("cancelled"));
}

#[tokio::test]
async fn opening_a_task_again_elsewhere_takes_nothing_from_it() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let kit = resource(&lead, json!({"kind": "equipment"})).await;
    let show = super::campaign(&lead, json!({})).await;
    for besides in [json!({}), json!({"campaign_id": show["id"]})] {
        let notes = task(&lead, besides).await;
        let day = if notes["campaign_id"].is_null() { 2 } else { 3 };
        let day = format!("2099-03-0{day}");
        let body = json!({"resource_id": kit["id"], "task_id": notes["id"], "first_on": day, "last_on": day, "amount": {"units": 1}});
        let promised = ask(&lead, body).await.created();
        for status in ["in_progress", "in_review", "done", "todo"] {
            let place = format!("/tasks/{}", id(&notes));
            lead.patch(&place, json!({"status": status})).await.ok();
        }
        assert_eq!(state(&lead, &promised).await.0, "approved");
    }
}
