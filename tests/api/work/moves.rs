//! Moving tasks on the board.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

async fn board(member: &Member) -> Vec<String> {
    member
        .all("/tasks")
        .await
        .iter()
        .map(|task| task["title"].as_str().unwrap().to_owned())
        .collect()
}

async fn tasks(member: &Member, titles: [&str; 4]) -> Vec<Value> {
    let mut made = Vec::new();
    for title in titles {
        made.push(
            member
                .post("/tasks", json!({"title": title}))
                .await
                .created(),
        );
    }
    made
}

#[tokio::test]
async fn one_task_moves_and_no_other_changes() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let made = tasks(&member, ["a", "b", "c", "d"]).await;
    let to = |side: &str, other: usize| json!({side: made[other]["id"]});
    let moved = member
        .post("/tasks/COM-4/move", to("before_id", 1))
        .await
        .ok();
    assert_eq!(board(&member).await, ["a", "d", "b", "c"]);
    assert!(moved["version"].as_i64() > made[3]["version"].as_i64());
    for other in 0..3 {
        let key = made[other]["key"].as_str().unwrap();
        assert_eq!(member.get(&format!("/tasks/{key}")).await.ok(), made[other]);
    }
    member
        .post("/tasks/COM-4/move", to("before_id", 0))
        .await
        .ok();
    assert_eq!(board(&member).await, ["d", "a", "b", "c"]);
    member
        .post("/tasks/COM-4/move", to("after_id", 2))
        .await
        .ok();
    assert_eq!(board(&member).await, ["a", "b", "c", "d"]);
    member
        .post("/tasks/COM-1/move", to("after_id", 1))
        .await
        .ok();
    assert_eq!(board(&member).await, ["b", "a", "c", "d"]);
    for _ in 0..40 {
        member
            .post("/tasks/COM-3/move", to("after_id", 1))
            .await
            .ok();
        member
            .post("/tasks/COM-4/move", to("after_id", 1))
            .await
            .ok();
    }
    assert_eq!(board(&member).await, ["b", "d", "c", "a"]);
}

#[tokio::test]
async fn a_move_needs_exactly_one_neighbour_that_is_there() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let made = tasks(&member, ["a", "b", "c", "d"]).await;
    let nobody = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55";
    for (body, pointer) in [
        (json!({}), "/before_id"),
        (
            json!({"before_id": made[1]["id"], "after_id": made[2]["id"]}),
            "/before_id",
        ),
        (json!({"before_id": made[0]["id"]}), "/before_id"),
        (json!({"after_id": nobody}), "/after_id"),
        (json!({"position": "80"}), "/position"),
    ] {
        member
            .post("/tasks/COM-1/move", body)
            .await
            .refused_at(pointer);
    }
    member
        .request("POST", "/tasks/COM-1/move")
        .header("If-Match", "\"999\"")
        .json(json!({"after_id": made[1]["id"]}))
        .await
        .problem(412, "version_conflict");
}

#[tokio::test]
async fn a_place_in_the_trash_is_kept() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let made = tasks(&lead, ["a", "b", "c", "d"]).await;
    lead.delete("/tasks/COM-2").await.no_content();
    lead.post("/tasks/COM-4/move", json!({"after_id": made[0]["id"]}))
        .await
        .ok();
    assert_eq!(board(&lead).await, ["a", "d", "c"]);
    let restore = format!("/trash/{}/restore", made[1]["id"].as_str().unwrap());
    lead.request("POST", &restore).send().await.ok();
    assert_eq!(board(&lead).await, ["a", "d", "b", "c"]);
}
