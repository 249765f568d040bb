//! Offering: by whom, to whom, one at a time.

use chrono::TimeDelta;
use serde_json::json;

use super::{accepted, act, now, offer, place, task_now, task_of, text};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn how_far_the_delegate_may_go_is_what_the_offer_says() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    for authority in ["inform_me_first", "decide_and_report", "full"] {
        let task = task_of(&ann, "Write the notes").await;
        let made = offer(&ann, &task, &ben, json!({"authority": authority}))
            .await
            .created();
        assert_eq!(made["authority"], authority);
        assert_eq!(now(&ben, &made).await["authority"], authority);
    }
}

#[tokio::test]
async fn an_accountable_offers_a_task() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "Write the notes").await;
    let answer = offer(
        &ann,
        &task,
        &ben,
        json!({"message": " You know it. ", "due_on": "2099-03-12"}),
    )
    .await;
    let location = answer.header("location").unwrap().to_owned();
    let tag = answer.header("etag").unwrap().to_owned();
    let made = answer.created();
    assert_eq!(made["state"], "offered");
    assert_eq!(made["authority"], "decide_and_report");
    assert_eq!(made["may_redelegate"], false);
    assert_eq!(made["message"], "You know it.");
    assert_eq!(made["delegator_id"], json!(ann.id));
    assert_eq!(made["parent_id"], json!(null));
    assert_eq!(made["allowed"], json!(["withdraw"]));
    assert_eq!(made["chain"].as_array().unwrap().len(), 1);
    assert!(location.ends_with(&text(&made["id"])));
    let shown = ann.person.get(&location).await;
    assert_eq!(shown.header("etag"), Some(tag.as_str()));
    assert_eq!(shown.ok(), made);
    let task = task_now(&ann, &task).await;
    assert_eq!(task["assignee_id"], json!(null), "an offer moves nothing");
    assert_eq!(
        ben.get(&format!("/delegations/{}", text(&made["id"])))
            .await
            .ok()["allowed"],
        json!(["accept", "decline", "propose"])
    );
}

#[tokio::test]
async fn only_the_accountable_or_a_lead_offers_what_is_not_delegated() {
    let app = TestApp::start().await;
    let [ann, ben, lead, guest, owner] = app
        .team_with(["member", "member", "lead", "guest", "owner"])
        .await;
    let task = task_of(&ann, "A").await;
    let refused = offer(&ben, &task, &ann, json!({}))
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "accountable");
    let refused = offer(&guest, &task, &ben, json!({}))
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "delegation:write");
    let made = offer(&lead, &task, &ben, json!({})).await.created();
    assert_eq!(made["delegator_id"], json!(lead.id));
    act(&owner, &made, "withdraw").await.ok();
    offer(&owner, &task, &ann, json!({})).await.created();

    let stranger = app
        .person("Stranger")
        .await
        .found_team("Others", "OTH")
        .await;
    stranger
        .person
        .post(
            &format!(
                "/v1/teams/{}/tasks/{}/delegations",
                ann.team_id,
                text(&task["id"])
            ),
            json!({"delegate_id": ben.id}),
        )
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn the_delegate_is_another_member_who_can_hold_tasks() {
    let app = TestApp::start().await;
    let [ann, guest] = app.team_with(["member", "guest"]).await;
    let stranger = app
        .person("Stranger")
        .await
        .found_team("Others", "OTH")
        .await;
    let task = task_of(&ann, "A").await;
    for (delegate, code) in [
        (&ann, "self"),
        (&guest, "guest"),
        (&stranger, "unknown_reference"),
    ] {
        let refused = offer(&ann, &task, delegate, json!({}))
            .await
            .refused_at("/delegate_id");
        assert_eq!(refused["errors"][0]["code"], code);
    }
    let foreign = task_of(&stranger, "B").await;
    offer(&ann, &foreign, &guest, json!({}))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn an_answer_is_expected_in_the_future() {
    let app = TestApp::start().await;
    let [ann, ben, guest] = app.team_with(["member", "member", "guest"]).await;
    let task = task_of(&ann, "A").await;
    let now = app.clock.now();
    offer(&ann, &task, &ben, json!({"respond_by": now.to_string()}))
        .await
        .refused_at("/respond_by");
    let problem = offer(
        &ann,
        &task,
        &guest,
        json!({"respond_by": now.plus(TimeDelta::hours(-1)).to_string()}),
    )
    .await
    .problem(422, "validation_failed");
    assert_eq!(
        problem["errors"].as_array().unwrap().len(),
        2,
        "all errors at once"
    );
    offer(
        &ann,
        &task,
        &ben,
        json!({"respond_by": now.plus(TimeDelta::hours(1)).to_string()}),
    )
    .await
    .created();
}

#[tokio::test]
async fn a_body_is_read_without_forgiveness() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    for (more, pointer) in [
        (json!({"authority": "some"}), "/authority"),
        (json!({"authority": null}), "/authority"),
        (json!({"may_redelegate": "yes"}), "/may_redelegate"),
        (json!({"respond_by": "tomorrow"}), "/respond_by"),
        (json!({"due_on": "2026-02-30"}), "/due_on"),
        (json!({"message": "a\u{7}b"}), "/message"),
        (json!({"state": "accepted"}), "/state"),
        (json!({"delegate_id": "ben"}), "/delegate_id"),
    ] {
        offer(&ann, &task, &ben, more).await.refused_at(pointer);
    }
    assert_eq!(ann.all("/delegations").await.len(), 0);
}

#[tokio::test]
async fn one_offer_is_open_at_a_time() {
    let app = TestApp::start().await;
    let [ann, ben, cem] = app.team_with(["member", "member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let first = offer(&ann, &task, &ben, json!({})).await.created();
    let refused = offer(&ann, &task, &cem, json!({}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(refused["from"], "offered");
    assert_eq!(refused["delegation_id"], first["id"]);
    act(&ben, &first, "propose").await.ok();
    let refused = offer(&ann, &task, &cem, json!({}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(refused["from"], "countered");
    assert_eq!(refused["allowed"], json!(["accepted", "withdrawn"]));
    act(&ann, &first, "withdraw").await.ok();
    offer(&ann, &task, &cem, json!({})).await.created();
}

#[tokio::test]
async fn a_task_that_is_over_is_not_offered() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let place = format!("/tasks/{}", text(&task["id"]));
    ann.patch(&place, json!({"status": "cancelled"})).await.ok();
    let refused = offer(&ann, &task, &ben, json!({}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(
        (&refused["from"], &refused["allowed"]),
        (&json!("cancelled"), &json!(["todo"]))
    );
    ann.delete(&place).await.no_content();
    offer(&ann, &task, &ben, json!({}))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_task_is_named_by_its_key_too() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let place = format!("/tasks/{}/delegations", text(&task["key"]));
    let made = ann
        .post(&place, json!({"delegate_id": ben.id}))
        .await
        .created();
    assert_eq!(made["task_id"], task["id"]);
    assert_eq!(ann.all(&place).await.len(), 1);
}

#[tokio::test]
async fn checking_an_offer_makes_none() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let place = format!(
        "/tasks/{}/delegations?validate_only=true",
        text(&task["id"])
    );
    let checked = ann.post(&place, json!({"delegate_id": ben.id})).await.ok();
    assert_eq!(checked["state"], "offered");
    ann.post(&place, json!({"delegate_id": ann.id}))
        .await
        .refused_at("/delegate_id");
    assert_eq!(ann.all("/delegations").await.len(), 0);
}

#[tokio::test]
async fn many_tasks_are_offered_at_once_or_none() {
    let app = TestApp::start().await;
    let [ann, ben, guest] = app.team_with(["member", "member", "guest"]).await;
    let mut tasks = Vec::new();
    for title in ["A", "B", "C", "D"] {
        tasks.push(task_of(&ann, title).await);
    }
    let offers = |delegates: [&str; 4]| {
        let offers: Vec<_> = tasks
            .iter()
            .zip(delegates)
            .map(|(task, delegate)| json!({"task_id": task["id"], "delegate_id": delegate}))
            .collect();
        json!({"offers": offers})
    };
    let problem = ann
        .post(
            "/delegations/batch",
            offers([&ben.id, &guest.id, &ben.id, &ann.id]),
        )
        .await
        .problem(422, "validation_failed");
    let pointers: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/offers/1/delegate_id", "/offers/3/delegate_id"]);
    assert_eq!(ann.all("/delegations").await.len(), 0, "nothing was made");

    let made = ann
        .post("/delegations/batch", offers([&ben.id; 4]))
        .await
        .ok();
    let items = made["items"].as_array().unwrap();
    assert_eq!(items.len(), 4);
    assert!(
        items
            .iter()
            .zip(&tasks)
            .all(|(item, task)| item["task_id"] == task["id"])
    );
    assert!(
        items
            .iter()
            .all(|item| item["version"] == items[0]["version"]),
        "one revision"
    );

    let again = ann
        .post("/delegations/batch", offers([&ben.id; 4]))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(again["pointer"], "/offers/0");
    let unknown = json!({"offers": [{"task_id": ann.id, "delegate_id": ben.id}]});
    ann.post("/delegations/batch", unknown)
        .await
        .refused_at("/offers/0/task_id");
    ann.post("/delegations/batch", json!({"offers": []}))
        .await
        .refused_at("/offers");
    let one = json!({"task_id": ann.id, "delegate_id": ben.id});
    ann.post("/delegations/batch", json!({"offers": vec![one; 101]}))
        .await
        .refused_at("/offers");
}

#[tokio::test]
async fn the_same_task_twice_in_a_batch_is_one_offer_too_many() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let one = json!({"task_id": task["id"], "delegate_id": ben.id});
    let problem = ann
        .post("/delegations/batch", json!({"offers": [one, one]}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(problem["pointer"], "/offers/1");
    assert_eq!(ann.all("/delegations").await.len(), 0);
}

#[tokio::test]
async fn only_the_holder_hands_on_and_only_where_it_is_allowed() {
    let app = TestApp::start().await;
    let [ann, ben, cem, lead] = app.team_with(["member", "member", "member", "lead"]).await;
    let task = task_of(&ann, "A").await;
    let bound = offer(&ann, &task, &ben, json!({})).await.created();
    act(&ben, &bound, "accept").await.ok();
    let refused = offer(&ben, &task, &cem, json!({}))
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "may_redelegate");
    for other in [&ann, &lead, &cem] {
        let refused = offer(other, &task, &ben, json!({}))
            .await
            .problem(403, "insufficient_role");
        assert_eq!(refused["required"], "delegate");
    }
    act(&ann, &bound, "recall").await.ok();

    let root = accepted(&ann, &task, &ben).await;
    let problem = offer(&ben, &task, &ann, json!({}))
        .await
        .refused_at("/delegate_id");
    assert_eq!(problem["errors"][0]["code"], "circle");
    let link = offer(&ben, &task, &cem, json!({})).await.created();
    assert_eq!(link["parent_id"], root["id"]);
    let chain: Vec<_> = link["chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(chain, [&root["id"], &link["id"]], "root first");
}

#[tokio::test]
async fn who_answers_too_late_finds_the_offer_expired() {
    let app = TestApp::start().await;
    let [ann, ben, lead] = app.team_with(["member", "member", "lead"]).await;
    let offered = async || {
        let soon = app.clock.now().plus(TimeDelta::hours(1)).to_string();
        let task = task_of(&ann, "A").await;
        offer(&ann, &task, &ben, json!({"respond_by": soon}))
            .await
            .created()
    };
    let acts = [
        (&ben, "accept"),
        (&ben, "decline"),
        (&ben, "propose"),
        (&ann, "withdraw"),
        (&lead, "withdraw"),
    ];
    let mut late = Vec::new();
    for _ in acts {
        late.push(offered().await);
    }
    let open = offered().await;
    app.clock.advance(TimeDelta::hours(2));
    // The worker has not come yet.
    for ((who, verb), made) in acts.into_iter().zip(&late) {
        let refused = act(who, made, verb)
            .await
            .problem(409, "invalid_transition");
        assert_eq!(
            (&refused["from"], &refused["allowed"]),
            (&json!("expired"), &json!([])),
            "{verb}"
        );
        assert_eq!(now(&ann, made).await["state"], "expired", "{verb}");
        let history = ann.all(&format!("{}/history", place(made))).await;
        let last = history.last().unwrap();
        assert_eq!(
            (&last["actor_id"], &last["note"]),
            (&json!(null), &json!("Nobody answered in time."))
        );
        let task = task_now(&ann, &json!({"id": made["task_id"]})).await;
        assert_eq!(
            (&task["status"], &task["assignee_id"]),
            (&json!("todo"), &json!(null))
        );
    }
    // One that has run out does not hold up the next.
    let task = json!({"id": open["task_id"]});
    let next = offer(&ann, &task, &ben, json!({})).await.created();
    assert_eq!(now(&ann, &open).await["state"], "expired");
    assert_eq!(now(&ann, &next).await["state"], "offered");
    act(&ben, &next, "accept").await.ok();
    // What nobody touched is for the worker.
    relais::jobs::run_due(&app.state).await;
    assert_eq!(now(&ann, &next).await["state"], "accepted");
}

#[tokio::test]
async fn an_offer_that_has_run_out_does_not_hold_up_a_recall() {
    let app = TestApp::start().await;
    let [ann, ben, cem] = app.team_with(["member", "member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let root = accepted(&ann, &task, &ben).await;
    let soon = app.clock.now().plus(TimeDelta::hours(1)).to_string();
    let below = offer(&ben, &task, &cem, json!({"respond_by": soon}))
        .await
        .created();
    app.clock.advance(TimeDelta::hours(2));
    act(&ben, &root, "submit").await.ok();
    assert_eq!(now(&ann, &below).await["state"], "expired");
    assert_eq!(now(&ann, &root).await["state"], "submitted");
}
