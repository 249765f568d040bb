//! What a task is a part of: another task, a milestone, a campaign.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

async fn task(member: &Member, body: Value) -> Value {
    member.post("/tasks", body).await.created()
}

#[tokio::test]
async fn a_milestone_brings_its_campaign_along() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let [here, there] = [
        lead.post("/campaigns", json!({"name": "A"}))
            .await
            .created(),
        lead.post("/campaigns", json!({"name": "B"}))
            .await
            .created(),
    ];
    let milestone = lead
        .post(
            "/milestones",
            json!({"campaign_id": here["id"], "name": "M"}),
        )
        .await
        .created();
    let made = task(
        &lead,
        json!({"title": "T", "milestone_id": milestone["id"]}),
    )
    .await;
    assert_eq!(made["campaign_id"], here["id"]);
    lead.post(
        "/tasks",
        json!({"title": "T", "milestone_id": milestone["id"], "campaign_id": there["id"]}),
    )
    .await
    .refused_at("/milestone_id");
    let place = format!("/tasks/{}", id(&made));
    lead.patch(&place, json!({"campaign_id": there["id"]}))
        .await
        .refused_at("/milestone_id");
    lead.patch(&place, json!({"campaign_id": null}))
        .await
        .refused_at("/milestone_id");
    let moved = lead
        .patch(
            &place,
            json!({"campaign_id": there["id"], "milestone_id": null}),
        )
        .await
        .ok();
    assert_eq!(moved["campaign_id"], there["id"]);
    lead.patch(&place, json!({"milestone_id": milestone["id"]}))
        .await
        .refused_at("/milestone_id");
    let alone = task(&lead, json!({"title": "U"})).await;
    let joined = lead
        .patch(
            &format!("/tasks/{}", id(&alone)),
            json!({"milestone_id": milestone["id"]}),
        )
        .await
        .ok();
    assert_eq!(joined["campaign_id"], here["id"]);
}

#[tokio::test]
async fn tasks_nest_five_levels_deep_and_never_in_a_circle() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let mut line = vec![task(&member, json!({"title": "1"})).await];
    for level in 2..=5 {
        let parent = line.last().unwrap()["id"].clone();
        line.push(
            task(
                &member,
                json!({"title": level.to_string(), "parent_id": parent}),
            )
            .await,
        );
    }
    let too_deep = member
        .post("/tasks", json!({"title": "6", "parent_id": line[4]["id"]}))
        .await
        .refused_at("/parent_id");
    assert_eq!(too_deep["errors"][0]["code"], "too_deep");
    for below in 0..5 {
        let problem = member
            .patch("/tasks/COM-1", json!({"parent_id": line[below]["id"]}))
            .await
            .refused_at("/parent_id");
        assert_eq!(problem["errors"][0]["code"], "cycle", "{below}");
    }
    let other = task(&member, json!({"title": "other"})).await;
    let whole = member
        .patch("/tasks/COM-1", json!({"parent_id": other["id"]}))
        .await
        .refused_at("/parent_id");
    assert_eq!(whole["errors"][0]["code"], "too_deep");
    member
        .patch("/tasks/COM-2", json!({"parent_id": other["id"]}))
        .await
        .ok();
}

#[tokio::test]
async fn a_deleted_task_takes_its_subtasks_along_and_brings_them_back() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let root = task(&lead, json!({"title": "root"})).await;
    let child = task(&lead, json!({"title": "child", "parent_id": root["id"]})).await;
    let leaf = task(&lead, json!({"title": "leaf", "parent_id": child["id"]})).await;
    let other = task(&lead, json!({"title": "other"})).await;
    lead.request("DELETE", &format!("/tasks/{}", id(&root)))
        .header("If-Match", "\"1\"")
        .send()
        .await
        .problem(412, "version_conflict");
    lead.delete(&format!("/tasks/{}", id(&root)))
        .await
        .no_content();
    for gone in [&root, &child, &leaf] {
        lead.get(&format!("/tasks/{}", id(gone)))
            .await
            .problem(404, "not_found");
        lead.delete(&format!("/tasks/{}", id(gone)))
            .await
            .problem(404, "not_found");
    }
    assert_eq!(lead.all("/tasks").await.len(), 1);
    lead.post("/tasks", json!({"title": "T", "parent_id": root["id"]}))
        .await
        .refused_at("/parent_id");
    let feed = lead.get("/changes?kind=task").await.ok();
    let deleted = feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["action"] == "deleted")
        .count();
    assert_eq!(deleted, 3);
    lead.request("POST", &format!("/trash/{}/restore", id(&root)))
        .send()
        .await
        .ok();
    assert_eq!(lead.all("/tasks").await.len(), 4);
    assert_eq!(lead.get("/tasks/COM-3").await.ok()["id"], leaf["id"]);
    assert_eq!(lead.get("/tasks/COM-4").await.ok()["id"], other["id"]);
}
