//! Checklist items.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

const LIST: &str = "/tasks/COM-1/checklist-items";

async fn items(member: &Member, titles: &[&str]) -> Vec<Value> {
    member.post("/tasks", json!({"title": "T"})).await.created();
    let mut made = Vec::new();
    for title in titles {
        made.push(member.post(LIST, json!({"title": title})).await.created());
    }
    made
}

async fn titles(member: &Member) -> Vec<String> {
    member
        .all(&format!("{LIST}?limit=2"))
        .await
        .iter()
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect()
}

fn place(item: &Value) -> String {
    format!("{LIST}/{}", item["id"].as_str().unwrap())
}

#[tokio::test]
async fn items_are_ticked_moved_and_deleted() {
    let app = TestApp::start().await;
    let [member, guest] = app.team_with(["member", "guest"]).await;
    let made = items(&member, &["a", "b", "c"]).await;
    assert_eq!(made[0]["is_done"], false);
    let ticked = member
        .patch(&place(&made[0]), json!({"is_done": true}))
        .await
        .ok();
    assert_eq!(ticked["is_done"], true);
    assert_eq!(guest.get(&place(&made[0])).await.ok(), ticked);
    let named = member
        .patch(&place(&made[1]), json!({"title": "b2"}))
        .await
        .ok();
    assert_eq!(named["title"], "b2");
    member
        .post(
            &format!("{}/move", place(&made[2])),
            json!({"before_id": made[0]["id"]}),
        )
        .await
        .ok();
    assert_eq!(titles(&member).await, ["c", "a", "b2"]);
    member.delete(&place(&made[0])).await.no_content();
    member.get(&place(&made[0])).await.problem(404, "not_found");
    assert_eq!(titles(&member).await, ["c", "b2"]);
    for answer in [
        guest.post(LIST, json!({"title": "d"})).await,
        guest
            .patch(&place(&made[1]), json!({"is_done": true}))
            .await,
        guest.delete(&place(&made[1])).await,
    ] {
        answer.problem(403, "insufficient_role");
    }
    let feed = member.get("/changes?kind=checklist_item").await.ok();
    assert_eq!(feed["items"].as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn wrong_items_are_refused() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let made = items(&member, &["a", "b"]).await;
    member
        .post(LIST, json!({"title": ""}))
        .await
        .refused_at("/title");
    member
        .patch(&place(&made[0]), json!({"is_done": null}))
        .await
        .refused_at("/is_done");
    let to = format!("{}/move", place(&made[0]));
    member.post(&to, json!({})).await.refused_at("/before_id");
    member
        .post(&to, json!({"after_id": made[0]["id"]}))
        .await
        .refused_at("/after_id");
    member
        .post(&to, json!({"after_id": member.id}))
        .await
        .refused_at("/after_id");
    member
        .request("PATCH", &place(&made[0]))
        .header("If-Match", "\"1\"")
        .json(json!({"is_done": true}))
        .await
        .problem(412, "version_conflict");
}

#[tokio::test]
async fn a_checklist_has_at_most_two_hundred_items() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    items(&member, &["a"; 200]).await;
    let problem = member
        .post(LIST, json!({"title": "b"}))
        .await
        .problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["params"]["max"], 200);
    let counted = member.get(&format!("{LIST}?include_total=true")).await.ok();
    assert_eq!(counted["total"], 200);
}
