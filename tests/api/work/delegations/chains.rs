//! Handing on: chains end from the leaf to the root, and a recall takes all of one.

use serde_json::json;

use super::{accepted, act, now, offer, place, task_now, task_of};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn a_chain_ends_from_the_leaf_to_the_root() {
    let app = TestApp::start().await;
    let [ann, ben, cem] = app.team_with(["member", "member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let root = accepted(&ann, &task, &ben).await;
    let leaf = accepted(&ben, &task, &cem).await;
    assert_eq!(task_now(&ann, &task).await["assignee_id"], json!(cem.id));
    for verb in ["submit", "hand-back"] {
        let refused = act(&ben, &root, verb)
            .await
            .problem(409, "invalid_transition");
        assert_eq!(
            (&refused["from"], &refused["allowed"]),
            (&json!("accepted"), &json!(["recalled"]))
        );
    }
    assert_eq!(now(&ben, &root).await["allowed"], json!([]));
    act(&cem, &leaf, "submit").await.ok();
    act(&ann, &leaf, "confirm")
        .await
        .problem(403, "insufficient_role");
    act(&cem, &leaf, "confirm")
        .await
        .problem(403, "insufficient_role");
    act(&ben, &leaf, "confirm").await.ok();
    let between = task_now(&ann, &task).await;
    assert_eq!(
        (&between["assignee_id"], &between["status"]),
        (&json!(ben.id), &json!("in_review")),
        "ben's turn, and the work is still there to be looked at"
    );
    act(&ben, &root, "submit").await.ok();
    act(&ann, &root, "confirm").await.ok();
    assert_eq!(task_now(&ann, &task).await["status"], "done");
    let chain = now(&ann, &root).await["chain"].clone();
    let states: Vec<_> = chain
        .as_array()
        .unwrap()
        .iter()
        .map(|link| &link["state"])
        .collect();
    assert_eq!(states, ["confirmed", "confirmed"], "A, B, C stays visible");
    assert_eq!(now(&cem, &leaf).await["chain"], chain);
}

#[tokio::test]
async fn a_parent_that_gives_up_after_a_confirmation_takes_the_task_out_of_review() {
    let app = TestApp::start().await;
    let [ann, ben, cem] = app.team_with(["member", "member", "member"]).await;
    for (by, verb) in [(&ben, "hand-back"), (&ann, "recall")] {
        let task = task_of(&ann, verb).await;
        let root = accepted(&ann, &task, &ben).await;
        let leaf = accepted(&ben, &task, &cem).await;
        act(&cem, &leaf, "submit").await.ok();
        act(&ben, &leaf, "confirm").await.ok();
        act(by, &root, verb).await.ok();
        let is = task_now(&ann, &task).await;
        assert_eq!(
            (&is["assignee_id"], &is["status"]),
            (&json!(ann.id), &json!("in_progress"))
        );
    }
}

#[tokio::test]
async fn a_recall_takes_everything_below_with_it() {
    let app = TestApp::start().await;
    let [ann, ben, cem, dora] = app
        .team_with(["member", "member", "member", "member"])
        .await;
    let task = task_of(&ann, "A").await;
    let root = accepted(&ann, &task, &ben).await;
    let link = accepted(&ben, &task, &cem).await;
    let open = offer(&cem, &task, &dora, json!({})).await.created();
    let is = act(&ann, &root, "recall").await.ok();
    assert_eq!(is["state"], "recalled");
    let (link, open) = (now(&ann, &link).await, now(&ann, &open).await);
    assert_eq!(
        (&link["state"], &open["state"]),
        (&json!("recalled"), &json!("withdrawn"))
    );
    assert!(
        [&link, &open]
            .iter()
            .all(|one| one["version"] == is["version"] && one["reason"] == "Because."),
        "in one revision"
    );
    assert_eq!(task_now(&ann, &task).await["assignee_id"], json!(ann.id));
    let lines = ann
        .all(&format!(
            "/changes?after={}",
            is["version"].as_i64().unwrap() - 1
        ))
        .await;
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["kind"].as_str().unwrap(), &line["record_id"]))
        .collect();
    assert_eq!(
        told,
        [
            ("delegation", &open["id"]),
            ("delegation", &link["id"]),
            ("delegation", &root["id"]),
            ("task", &task["id"])
        ],
        "from the leaf upward"
    );
}

#[tokio::test]
async fn a_lead_takes_back_for_a_delegator_who_is_silent_but_confirms_nothing() {
    let app = TestApp::start().await;
    let [ann, ben, cem, lead] = app.team_with(["member", "member", "member", "lead"]).await;
    let task = task_of(&ann, "A").await;
    let root = accepted(&ann, &task, &ben).await;
    let leaf = accepted(&ben, &task, &cem).await;
    act(&cem, &leaf, "submit").await.ok();
    act(&lead, &leaf, "confirm")
        .await
        .problem(403, "insufficient_role");
    act(&lead, &leaf, "recall").await.ok();
    assert_eq!(
        task_now(&ann, &task).await["assignee_id"],
        json!(ben.id),
        "to the link's own delegator"
    );
    let open = offer(&ben, &task, &cem, json!({})).await.created();
    act(&lead, &open, "withdraw").await.ok();
    act(&lead, &root, "recall").await.ok();
    assert_eq!(task_now(&ann, &task).await["assignee_id"], json!(ann.id));
}

#[tokio::test]
async fn while_a_task_is_delegated_only_the_delegation_moves_it() {
    let app = TestApp::start().await;
    let [ann, ben, lead] = app.team_with(["member", "member", "lead"]).await;
    let task = task_of(&ann, "A").await;
    let root = accepted(&ann, &task, &ben).await;
    let task_place = format!("/tasks/{}", task["id"].as_str().unwrap());
    lead.patch(&task_place, json!({"assignee_id": lead.id}))
        .await
        .problem(409, "still_referenced");
    act(&ben, &root, "submit").await.ok();
    ben.patch(&task_place, json!({"status": "done"}))
        .await
        .problem(409, "still_referenced");
    ben.get(&place(&root)).await.ok();
}
