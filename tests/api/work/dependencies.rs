//! Dependencies: setting, changing, circles.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

async fn tasks(member: &Member, count: usize) -> Vec<Value> {
    let mut made = Vec::new();
    for number in 1..=count {
        let body = json!({"title": format!("T{number}")});
        made.push(member.post("/tasks", body).await.created());
    }
    made
}

async fn depend(member: &Member, task: usize, predecessor: usize) -> crate::vocabulary::Answer {
    member
        .put(
            &format!("/tasks/COM-{task}/dependencies/COM-{predecessor}"),
            json!({}),
        )
        .await
}

#[tokio::test]
async fn a_dependency_is_made_changed_and_deleted() {
    let app = TestApp::start().await;
    let [member, guest] = app.team_with(["member", "guest"]).await;
    let made = tasks(&member, 2).await;
    let place = "/tasks/COM-1/dependencies/com-2";
    let answer = member.put(place, json!({})).await;
    let location = answer.header("location").unwrap().to_owned();
    let first = answer.created();
    assert_eq!(first["type"], "FS");
    assert_eq!(first["lag_minutes"], 0);
    assert_eq!(first["task_id"], made[0]["id"]);
    assert_eq!(first["predecessor_id"], made[1]["id"]);
    assert_eq!(member.person.get(&location).await.ok(), first);
    let second = member
        .put(place, json!({"type": "SS", "lag_minutes": -60}))
        .await
        .ok();
    assert_eq!(second["id"], first["id"]);
    assert_eq!(second["type"], "SS");
    let same = member
        .put(place, json!({"type": "SS", "lag_minutes": -60}))
        .await
        .ok();
    assert_eq!(same, second);
    let seen = guest.get("/tasks/COM-1/dependencies").await.ok();
    assert_eq!(seen, json!({"predecessors": [second], "successors": []}));
    let other = guest.get("/tasks/COM-2/dependencies").await.ok();
    assert_eq!(other, json!({"predecessors": [], "successors": [second]}));
    guest
        .put(place, json!({}))
        .await
        .problem(403, "insufficient_role");
    member
        .request("PUT", place)
        .header("If-Match", "\"1\"")
        .json(json!({}))
        .await
        .problem(412, "version_conflict");
    member
        .put(place, json!({"lag_minutes": 525_601}))
        .await
        .refused_at("/lag_minutes");
    member
        .put(place, json!({"type": "finish"}))
        .await
        .refused_at("/type");
    let feed = member.get("/changes?kind=dependency").await.ok();
    let lines = feed["items"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["record_id"], first["id"]);
    assert_eq!(
        lines[1]["changes"]["type"],
        json!({"from": "FS", "to": "SS"})
    );
    member.delete(place).await.no_content();
    member.delete(place).await.problem(404, "not_found");
    member.get(place).await.problem(404, "not_found");
    member
        .put("/tasks/COM-1/dependencies/COM-9", json!({}))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_circle_is_refused_and_named() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    tasks(&member, 5).await;
    // 1 waits for 2, 2 for 3, 3 for 4; 1 waits for 4 too.
    for (task, predecessor) in [(1, 2), (2, 3), (3, 4), (1, 4)] {
        depend(&member, task, predecessor).await.created();
    }
    let path = |problem: &Value| -> Vec<String> {
        problem["path"]
            .as_array()
            .unwrap()
            .iter()
            .map(|stop| stop["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let problem = depend(&member, 4, 2).await.problem(409, "dependency_cycle");
    assert_eq!(path(&problem), ["COM-4", "COM-2", "COM-3", "COM-4"]);
    assert!(problem["path"][0]["id"].is_string());
    let problem = depend(&member, 4, 1).await.problem(409, "dependency_cycle");
    assert_eq!(path(&problem), ["COM-4", "COM-1", "COM-4"]);
    let problem = depend(&member, 5, 5).await.problem(409, "dependency_cycle");
    assert_eq!(path(&problem), ["COM-5", "COM-5"]);
    depend(&member, 5, 1).await.created();
    depend(&member, 2, 4).await.created();
}

#[tokio::test]
async fn the_trash_counts_for_circles_but_is_not_listed() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let made = tasks(&lead, 3).await;
    depend(&lead, 1, 2).await.created();
    depend(&lead, 2, 3).await.created();
    lead.delete("/tasks/COM-2").await.no_content();
    let seen = lead.get("/tasks/COM-1/dependencies").await.ok();
    assert_eq!(seen, json!({"predecessors": [], "successors": []}));
    depend(&lead, 3, 1).await.problem(409, "dependency_cycle");
    let restore = format!("/trash/{}/restore", made[1]["id"].as_str().unwrap());
    lead.request("POST", &restore).send().await.ok();
    let seen = lead.get("/tasks/COM-1/dependencies").await.ok();
    assert_eq!(seen["predecessors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_task_has_at_most_a_hundred_predecessors() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    for _ in 0..2 {
        let many: Vec<Value> = (0..51)
            .map(|_| json!({"op": "create", "title": "T"}))
            .collect();
        member
            .post("/tasks/batch", json!({"operations": many}))
            .await
            .ok();
    }
    for predecessor in 2..=101 {
        depend(&member, 1, predecessor).await.created();
    }
    let problem = depend(&member, 1, 102)
        .await
        .problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["parameter"], "predecessor_id");
}
