//! Tasks: making, changing, deleting, and what is refused.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

async fn task(member: &Member, body: Value) -> Value {
    member.post("/tasks", body).await.created()
}

#[tokio::test]
async fn a_task_begins_as_todo_and_its_maker_answers_for_it() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let answer = member
        .post("/tasks", json!({"title": "  Write the notes "}))
        .await;
    let place = answer.header("location").unwrap().to_owned();
    let etag = answer.header("etag").unwrap().to_owned();
    let task = answer.created();
    assert_eq!(task["title"], "Write the notes");
    assert_eq!(task["status"], "todo");
    assert_eq!(task["priority"], "normal");
    assert_eq!(task["number"], 1);
    assert_eq!(task["key"], "COM-1");
    assert_eq!(task["accountable_id"], member.id.as_str());
    assert_eq!(task["assignee_id"], Value::Null);
    assert_eq!(task["labels"], json!([]));
    assert_eq!(etag, format!("\"{}\"", task["version"]));
    let shown = member.person.get(&place).await.ok();
    assert_eq!(shown, task);
    member
        .request("GET", &format!("/tasks/{}", id(&task)))
        .header("If-None-Match", &etag)
        .send()
        .await
        .not_modified();
}

#[tokio::test]
async fn every_field_is_kept_and_every_field_can_be_changed() {
    let app = TestApp::start().await;
    let [lead, other] = app.team_with(["lead", "member"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    let milestone = lead
        .post(
            "/milestones",
            json!({"campaign_id": campaign["id"], "name": "M"}),
        )
        .await
        .created();
    let parent = task(&lead, json!({"title": "Parent"})).await;
    let body = json!({
        "title": "T", "description": "D", "campaign_id": campaign["id"], "milestone_id": milestone["id"],
        "parent_id": parent["id"], "starts_on": "2026-03-01", "due_on": "2026-03-01", "estimate_minutes": 60,
        "remaining_minutes": 30, "priority": "urgent", "labels": ["b", "a"],
        "participants": [{"member_id": other.id, "role": "reviewer"}, {"member_id": other.id, "role": "backup"}],
        "accountable_id": other.id, "assignee_id": other.id, "external_id": "X-1"
    });
    let made = task(&lead, body.clone()).await;
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    let patch = json!({
        "title": "T2", "description": "", "campaign_id": null, "milestone_id": null, "parent_id": null,
        "starts_on": null, "due_on": null, "estimate_minutes": null, "remaining_minutes": 0, "priority": "none",
        "labels": [], "participants": [], "accountable_id": lead.id, "assignee_id": null, "external_id": null
    });
    let place = format!("/tasks/{}", id(&made));
    let changed = lead.patch(&place, patch.clone()).await.ok();
    for (name, value) in patch.as_object().unwrap() {
        assert_eq!(&changed[name], value, "{name}");
    }
    assert_eq!(lead.get(&place).await.ok(), changed);
    let history = lead.get(&format!("{place}/history")).await.ok();
    let lines = history["items"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[1]["changes"]["title"],
        json!({"from": "T", "to": "T2"})
    );
    assert_eq!(
        lines[1]["changes"]["external_id"],
        json!({"from": "X-1", "to": null})
    );
}

#[tokio::test]
async fn a_task_is_found_by_its_key_wherever_an_address_names_it() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let made = task(&member, json!({"title": "T"})).await;
    for name in ["COM-1", "com-1", "Com-1"] {
        assert_eq!(
            member.get(&format!("/tasks/{name}")).await.ok()["id"],
            made["id"]
        );
    }
    let changed = member
        .patch("/tasks/com-1", json!({"title": "U"}))
        .await
        .ok();
    assert_eq!(changed["title"], "U");
    member.get("/tasks/COM-1/history").await.ok();
    member.get("/tasks/COM-1/comments").await.ok();
    member.get("/tasks/COM-1/checklist-items").await.ok();
    member.get("/tasks/COM-1/dependencies").await.ok();
    for name in [
        "COM-2",
        "OTH-1",
        "COM",
        "COM-",
        "COM-1x",
        "0",
        "COM-99999999999999999999",
    ] {
        member
            .get(&format!("/tasks/{name}"))
            .await
            .problem(404, "not_found");
    }
    member.delete("/tasks/COM-1").await.no_content();
    member.get("/tasks/COM-1").await.problem(404, "not_found");
    let next = task(&member, json!({"title": "V"})).await;
    assert_eq!(next["key"], "COM-2", "a number is never used again");
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let app = TestApp::start().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let nobody = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55";
    let problem = lead
        .post(
            "/tasks",
            json!({
                "title": "T", "starts_on": "2026-03-02", "due_on": "2026-03-01", "labels": ["a", "b", "a"],
                "participants": [{"member_id": lead.id, "role": "reviewer"}, {"member_id": nobody, "role": "backup"}],
                "campaign_id": nobody, "milestone_id": nobody, "parent_id": nobody,
                "accountable_id": guest.id, "assignee_id": nobody
            }),
        )
        .await
        .problem(422, "validation_failed");
    let mut named: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [
            ("/accountable_id", "guest"),
            ("/assignee_id", "unknown_reference"),
            ("/campaign_id", "unknown_reference"),
            ("/due_on", "before_start"),
            ("/labels/2", "duplicate"),
            ("/milestone_id", "unknown_reference"),
            ("/parent_id", "unknown_reference"),
            ("/participants/1/member_id", "unknown_reference"),
        ]
    );
    lead.post(
        "/tasks",
        json!({"title": "T", "participants": [
        {"member_id": lead.id, "role": "reviewer"}, {"member_id": lead.id, "role": "reviewer"}]}),
    )
    .await
    .refused_at("/participants/1");
    lead.post("/tasks", json!({"title": "T", "labels": vec!["a"; 21]}))
        .await
        .refused_at("/labels");
    lead.post("/tasks", json!({"title": " ", "priority": "high"}))
        .await
        .refused_at("/title");
    lead.post("/tasks", json!({"title": "T", "priority": "asap"}))
        .await
        .refused_at("/priority");
    lead.post(
        "/tasks",
        json!({"title": "T", "estimate_minutes": 5_256_001}),
    )
    .await
    .refused_at("/estimate_minutes");
    lead.post("/tasks", json!({"title": "T", "number": 7}))
        .await
        .refused_at("/number");
    let made = task(&lead, json!({"title": "T", "starts_on": "2026-03-02"})).await;
    let place = format!("/tasks/{}", id(&made));
    lead.patch(&place, json!({"due_on": "2026-03-01"}))
        .await
        .refused_at("/due_on");
    for required in ["title", "priority", "labels", "accountable_id", "status"] {
        lead.patch(&place, json!({required: null}))
            .await
            .refused_at(&format!("/{required}"));
    }
}

#[tokio::test]
async fn others_are_named_by_leads_only_and_guests_hold_nothing() {
    let app = TestApp::start().await;
    let [lead, member, other, guest] = app.team_with(["lead", "member", "member", "guest"]).await;
    for field in ["assignee_id", "accountable_id"] {
        let problem = member
            .post("/tasks", json!({"title": "T", field: other.id}))
            .await
            .problem(403, "insufficient_role");
        assert_eq!(problem["required"], "task:assign");
        lead.post("/tasks", json!({"title": "T", field: guest.id}))
            .await
            .refused_at(&format!("/{field}"));
    }
    let made = task(&member, json!({"title": "T", "assignee_id": member.id})).await;
    let place = format!("/tasks/{}", id(&made));
    member
        .patch(&place, json!({"assignee_id": other.id}))
        .await
        .problem(403, "insufficient_role");
    other
        .patch(&place, json!({"assignee_id": null}))
        .await
        .problem(403, "insufficient_role");
    other
        .patch(&place, json!({"assignee_id": other.id}))
        .await
        .ok();
    other.patch(&place, json!({"assignee_id": null})).await.ok();
    lead.patch(
        &place,
        json!({"assignee_id": member.id, "accountable_id": other.id}),
    )
    .await
    .ok();
    member
        .patch(&place, json!({"accountable_id": lead.id}))
        .await
        .problem(403, "insufficient_role");
    guest.get(&place).await.ok();
    guest
        .post("/tasks", json!({"title": "T"}))
        .await
        .problem(403, "insufficient_role");
    guest
        .patch(&place, json!({"title": "U"}))
        .await
        .problem(403, "insufficient_role");
    guest.delete(&place).await.problem(403, "insufficient_role");
}

#[tokio::test]
async fn an_external_id_names_one_task_be_it_in_the_trash() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let made = task(&member, json!({"title": "T", "external_id": "X-1"})).await;
    let problem = member
        .post("/tasks", json!({"title": "U", "external_id": "X-1"}))
        .await
        .problem(409, "already_exists");
    assert_eq!(problem["key"], "COM-1");
    assert_eq!(problem["task_id"], made["id"]);
    let other = task(&member, json!({"title": "U", "external_id": "X-2"})).await;
    member
        .patch(
            &format!("/tasks/{}", id(&other)),
            json!({"external_id": "X-1"}),
        )
        .await
        .problem(409, "already_exists");
    member
        .patch("/tasks/COM-1", json!({"external_id": "X-1", "title": "V"}))
        .await
        .ok();
    member.delete("/tasks/COM-1").await.no_content();
    member
        .post("/tasks", json!({"title": "W", "external_id": "X-1"}))
        .await
        .problem(409, "already_exists");
}

#[tokio::test]
async fn a_patch_that_changes_nothing_takes_no_revision() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let made = task(&member, json!({"title": "T", "labels": ["a"]})).await;
    let same = member
        .patch(
            "/tasks/COM-1",
            json!({"title": "T", "labels": ["a"], "status": "todo"}),
        )
        .await
        .ok();
    assert_eq!(same, made);
    assert_eq!(member.get("/tasks/COM-1").await.ok(), made);
    let empty = member.patch("/tasks/COM-1", json!({})).await.ok();
    assert_eq!(empty, made);
}

#[tokio::test]
async fn a_task_can_be_tried() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let tried = member
        .post("/tasks?validate_only=true", json!({"title": "T"}))
        .await
        .ok();
    assert_eq!(tried["key"], "COM-1");
    assert_eq!(member.all("/tasks").await.len(), 0);
    task(&member, json!({"title": "T"})).await;
    let tried = member
        .patch("/tasks/COM-1?validate_only=true", json!({"title": "U"}))
        .await
        .ok();
    assert_eq!(tried["title"], "U");
    assert_eq!(member.get("/tasks/COM-1").await.ok()["title"], "T");
    member
        .post("/tasks?validate_only=maybe", json!({"title": "T"}))
        .await
        .problem(400, "invalid_query");
    member
        .post("/tasks?validate=true", json!({"title": "T"}))
        .await
        .problem(400, "unknown_parameter");
}

#[tokio::test]
async fn a_stale_version_is_refused() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let made = task(&member, json!({"title": "T"})).await;
    let etag = format!("\"{}\"", made["version"]);
    member
        .patch("/tasks/COM-1", json!({"title": "U"}))
        .await
        .ok();
    let problem = member
        .request("PATCH", "/tasks/COM-1")
        .header("If-Match", &etag)
        .json(json!({"title": "V"}))
        .await
        .problem(412, "version_conflict");
    let current = problem["current_etag"].as_str().unwrap().to_owned();
    member
        .request("PATCH", "/tasks/COM-1")
        .header("If-Match", &current)
        .json(json!({"title": "V"}))
        .await
        .ok();
}

#[tokio::test]
async fn another_teams_ids_are_nobodys() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let [stranger] = app.team_with(["lead"]).await;
    let foreign = task(&stranger, json!({"title": "T"})).await;
    lead.get(&format!("/tasks/{}", id(&foreign)))
        .await
        .problem(404, "not_found");
    for (field, value) in [
        ("parent_id", foreign["id"].clone()),
        ("assignee_id", json!(stranger.id)),
        ("accountable_id", json!(stranger.id)),
    ] {
        lead.post("/tasks", json!({"title": "T", field: value}))
            .await
            .refused_at(&format!("/{field}"));
    }
}
