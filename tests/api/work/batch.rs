//! Many tasks at once.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

async fn count(member: &Member) -> usize {
    member.all("/tasks").await.len()
}

fn statuses(answer: &Value) -> Vec<i64> {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["status"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn operations_run_in_order_in_one_revision() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    for title in ["a", "b"] {
        member
            .post("/tasks", json!({"title": title}))
            .await
            .created();
    }
    let done = member
        .post(
            "/tasks/batch",
            json!({"operations": [
                {"op": "create", "title": "c", "labels": ["x"]},
                {"op": "update", "id": "COM-1", "status": "in_progress", "title": "a2"},
                {"op": "update", "id": "COM-1", "status": "in_review"},
                {"op": "update", "id": "COM-2", "title": "b"},
                {"op": "delete", "id": "com-2"},
            ]}),
        )
        .await
        .ok();
    assert_eq!(statuses(&done), [201, 200, 200, 200, 204]);
    assert_eq!(done["results"][2]["task"]["status"], "in_review");
    assert_eq!(done["results"][4]["task"], Value::Null);
    let version = &done["results"][0]["task"]["version"];
    assert_eq!(&done["results"][2]["task"]["version"], version);
    member.get("/tasks/COM-2").await.problem(404, "not_found");
    let task = member.get("/tasks/COM-1").await;
    assert_eq!(task.header("etag").unwrap(), format!("\"{version}\""));
    assert_eq!(task.ok(), done["results"][2]["task"]);
}

#[tokio::test]
async fn a_record_that_stands_keeps_its_version_beside_others_that_change() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let made = member.post("/tasks", json!({"title": "a"})).await.created();
    let done = member
        .post(
            "/tasks/batch",
            json!({"operations": [{"op": "update", "id": "COM-1", "title": "a"}, {"op": "create", "title": "b"}]}),
        )
        .await
        .ok();
    assert_eq!(done["results"][0]["task"], made);
    assert_eq!(member.get("/tasks/COM-1").await.ok(), made);
}

#[tokio::test]
async fn all_or_nothing_names_every_operation_that_cannot_be_read() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let problem = member
        .post(
            "/tasks/batch",
            json!({"operations": [
                {"op": "create", "title": "a"},
                {"op": "create", "title": "", "extra": 1},
                {"op": "update", "id": "nothing", "status": "open"},
                {"op": "copy", "id": "COM-1"},
                {"op": "delete", "id": "COM-1", "title": "x"},
                7,
            ]}),
        )
        .await
        .problem(422, "validation_failed");
    let mut pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/operations/1/extra",
            "/operations/1/title",
            "/operations/2/id",
            "/operations/2/status",
            "/operations/3/op",
            "/operations/4/title",
            "/operations/5",
        ]
    );
    let problem = member
        .post(
            "/tasks/batch",
            json!({"operations": [{"op": "create", "title": "a"}, {"op": "create", "title": "b", "labels": ["x", "x"]}]}),
        )
        .await
        .problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/operations/1/labels/1");
    let problem = member
        .post(
            "/tasks/batch",
            json!({"operations": [{"op": "create", "title": "a"}, {"op": "update", "id": "COM-1", "status": "done"}]}),
        )
        .await
        .problem(409, "invalid_transition");
    assert_eq!(problem["pointer"], "/operations/1");
    member
        .post("/tasks/batch", json!({"operations": []}))
        .await
        .refused_at("/operations");
    let many: Vec<Value> = (0..101)
        .map(|_| json!({"op": "create", "title": "a"}))
        .collect();
    member
        .post("/tasks/batch", json!({"operations": many}))
        .await
        .refused_at("/operations");
    assert_eq!(count(&member).await, 0);
}

#[tokio::test]
async fn partial_undoes_what_is_refused_and_keeps_the_rest() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    member.post("/tasks", json!({"title": "a"})).await.created();
    let done = member
        .post(
            "/tasks/batch?mode=partial",
            json!({"operations": [
                {"op": "create", "title": "b"},
                {"op": "create", "title": ""},
                {"op": "update", "id": "COM-1", "if_match": 1, "title": "stale"},
                {"op": "update", "id": "COM-1", "status": "done"},
                {"op": "delete", "id": "COM-99"},
                {"op": "create", "title": "c", "external_id": "X"},
                {"op": "create", "title": "d", "external_id": "X"},
            ]}),
        )
        .await
        .expect(207);
    assert_eq!(statuses(&done), [201, 422, 412, 409, 404, 201, 409]);
    let problem = |index: usize| done["results"][index]["problem"].clone();
    assert_eq!(problem(0), Value::Null);
    assert_eq!(problem(1)["errors"][0]["pointer"], "/title");
    assert_eq!(problem(2)["code"], "version_conflict");
    assert_eq!(problem(3)["allowed"], json!(["in_progress", "cancelled"]));
    assert_eq!(problem(6)["code"], "already_exists");
    assert_eq!(count(&member).await, 3);
    let feed = member.get("/changes?kind=task").await.ok();
    assert_eq!(feed["items"].as_array().unwrap().len(), 3);
    let current = member.get("/tasks/COM-1").await.ok();
    let done = member
        .post(
            "/tasks/batch?mode=partial",
            json!({"operations": [{"op": "update", "id": "COM-1", "if_match": current["version"], "title": "fresh"}]}),
        )
        .await
        .expect(207);
    assert_eq!(done["results"][0]["task"]["title"], "fresh");
}

#[tokio::test]
async fn a_batch_can_be_tried_and_repeated() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let body = json!({"operations": [{"op": "create", "title": "a"}]});
    for mode in ["", "&mode=partial"] {
        let answer = member
            .post(
                &format!("/tasks/batch?validate_only=true{mode}"),
                body.clone(),
            )
            .await;
        assert_eq!(statuses(&answer.body), [201]);
    }
    assert_eq!(count(&member).await, 0);
    let send = || {
        member
            .request("POST", "/tasks/batch")
            .header("Idempotency-Key", "k1")
            .json(body.clone())
    };
    let first = send().await;
    let again = send().await;
    assert_eq!(first.text, again.text);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(count(&member).await, 1);
    member
        .post("/tasks/batch?mode=some", body)
        .await
        .problem(400, "invalid_query");
}

#[tokio::test]
async fn a_guest_changes_nothing() {
    let app = TestApp::start().await;
    let [guest] = app.team_with(["guest"]).await;
    guest
        .post(
            "/tasks/batch",
            json!({"operations": [{"op": "create", "title": "a"}]}),
        )
        .await
        .problem(403, "insufficient_role");
}
