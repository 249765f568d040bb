//! The status of a task: the table, reasons, predecessors, delegations.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

async fn tasks(member: &Member, count: usize) {
    for number in 1..=count {
        member
            .post("/tasks", json!({"title": format!("T{number}")}))
            .await
            .created();
    }
}

async fn walk(member: &Member, place: &str, statuses: &[&str]) -> Value {
    let mut task = Value::Null;
    for status in statuses {
        task = member.patch(place, json!({"status": status})).await.ok();
    }
    task
}

#[tokio::test]
async fn a_task_walks_to_done_and_back() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    tasks(&member, 1).await;
    let problem = member
        .patch("/tasks/COM-1", json!({"status": "done"}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(problem["from"], "todo");
    assert_eq!(problem["to"], "done");
    assert_eq!(problem["allowed"], json!(["in_progress", "cancelled"]));
    let done = walk(
        &member,
        "/tasks/COM-1",
        &["in_progress", "in_review", "done"],
    )
    .await;
    assert!(done["completed_at"].is_string());
    let again = walk(&member, "/tasks/COM-1", &["todo"]).await;
    assert_eq!(again["completed_at"], Value::Null);
    let cancelled = walk(&member, "/tasks/COM-1", &["cancelled"]).await;
    assert_eq!(cancelled["completed_at"], Value::Null);
    walk(
        &member,
        "/tasks/COM-1",
        &["todo", "in_progress", "in_review", "in_progress"],
    )
    .await;
}

#[tokio::test]
async fn blocked_says_why_and_forgets_it_afterwards() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    tasks(&member, 1).await;
    walk(&member, "/tasks/COM-1", &["in_progress"]).await;
    member
        .patch("/tasks/COM-1", json!({"status": "blocked"}))
        .await
        .refused_at("/status_reason");
    let blocked = member
        .patch(
            "/tasks/COM-1",
            json!({"status": "blocked", "status_reason": "The CI is down"}),
        )
        .await
        .ok();
    assert_eq!(blocked["status_reason"], "The CI is down");
    member
        .patch("/tasks/COM-1", json!({"status_reason": null}))
        .await
        .refused_at("/status_reason");
    let other = member
        .patch("/tasks/COM-1", json!({"status_reason": "Still down"}))
        .await
        .ok();
    assert_eq!(other["status_reason"], "Still down");
    let free = walk(&member, "/tasks/COM-1", &["in_progress"]).await;
    assert_eq!(free["status_reason"], Value::Null);
    let cancelled = member
        .patch(
            "/tasks/COM-1",
            json!({"status": "cancelled", "status_reason": "Not needed"}),
        )
        .await
        .ok();
    assert_eq!(cancelled["status_reason"], "Not needed");
}

#[tokio::test]
async fn predecessors_hold_a_task_back_unless_it_is_forced() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    tasks(&member, 5).await;
    for (predecessor, kind) in [
        ("COM-2", "FS"),
        ("COM-3", "SS"),
        ("COM-4", "FF"),
        ("COM-5", "SF"),
    ] {
        member
            .put(
                &format!("/tasks/COM-1/dependencies/{predecessor}"),
                json!({"type": kind}),
            )
            .await
            .created();
    }
    let keys = |problem: &Value| -> Vec<String> {
        problem["predecessors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let held = |status: &str| {
        let member = member.clone();
        let body = json!({"status": status});
        async move {
            let problem = member
                .patch("/tasks/COM-1", body)
                .await
                .problem(409, "invalid_transition");
            keys(&problem)
        }
    };
    assert_eq!(held("in_progress").await, ["COM-2", "COM-3"]);
    walk(&member, "/tasks/COM-3", &["in_progress"]).await;
    walk(&member, "/tasks/COM-2", &["in_progress", "in_review"]).await;
    assert_eq!(held("in_progress").await, ["COM-2"]);
    let forced = member
        .patch("/tasks/COM-1?force=true", json!({"status": "in_progress"}))
        .await
        .ok();
    assert_eq!(forced["status"], "in_progress");
    let history = member.get("/tasks/COM-1/history").await.ok();
    let last = history["items"].as_array().unwrap().last().unwrap().clone();
    assert!(last["note"].as_str().unwrap().contains("COM-2"), "{last}");

    walk(&member, "/tasks/COM-1", &["in_review"]).await;
    assert_eq!(held("done").await, ["COM-4", "COM-5"]);
    walk(&member, "/tasks/COM-5", &["in_progress"]).await;
    walk(&member, "/tasks/COM-4", &["cancelled"]).await;
    let done = walk(&member, "/tasks/COM-1", &["done"]).await;
    assert_eq!(done["status"], "done");
    let history = member.get("/tasks/COM-1/history").await.ok();
    let last = history["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["note"], Value::Null);
}

#[tokio::test]
async fn a_predecessor_in_the_trash_holds_nobody_back() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    tasks(&member, 2).await;
    member
        .put("/tasks/COM-1/dependencies/COM-2", json!({}))
        .await
        .created();
    member.delete("/tasks/COM-2").await.no_content();
    walk(&member, "/tasks/COM-1", &["in_progress"]).await;
}

#[tokio::test]
async fn a_delegation_decides_who_does_it_and_when_it_is_done() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    tasks(&lead, 1).await;
    let offer = lead
        .post(
            "/tasks/COM-1/delegations",
            json!({"delegate_id": member.id}),
        )
        .await
        .created();
    let problem = lead
        .patch("/tasks/COM-1", json!({"assignee_id": lead.id}))
        .await
        .problem(409, "still_referenced");
    assert_eq!(problem["delegation_id"], offer["id"]);
    let accept = format!("/delegations/{}/accept", offer["id"].as_str().unwrap());
    member.post(&accept, json!({})).await.ok();
    let task = lead.get("/tasks/COM-1").await.ok();
    assert_eq!(task["assignee_id"], member.id.as_str());
    walk(&member, "/tasks/COM-1", &["in_progress", "in_review"]).await;
    member
        .patch("/tasks/COM-1", json!({"status": "done"}))
        .await
        .problem(409, "still_referenced");
    member
        .patch("/tasks/COM-1", json!({"title": "U"}))
        .await
        .ok();
}
