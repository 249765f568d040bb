//! Comments: mentions, edits, and what deleting leaves.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

async fn task(member: &Member) {
    member.post("/tasks", json!({"title": "T"})).await.created();
}

async fn handle(member: &Member) -> String {
    let me = member.get("/members/me").await.ok();
    me["handle"].as_str().unwrap().to_owned()
}

fn place(comment: &Value) -> String {
    format!("/tasks/COM-1/comments/{}", comment["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_guest_comments_and_mentions_members() {
    let app = TestApp::start().await;
    let [member, guest] = app.team_with(["member", "guest"]).await;
    task(&member).await;
    let body = format!("@{}, and @nobody: mail x@y.org", handle(&member).await);
    let comment = guest
        .post("/tasks/COM-1/comments", json!({"body": body}))
        .await
        .created();
    assert_eq!(comment["author_id"], guest.id.as_str());
    assert_eq!(comment["mentions"], json!([member.id]));
    assert_eq!(comment["unmatched_mentions"], json!(["nobody"]));
    assert_eq!(comment["edited_at"], Value::Null);
    assert_eq!(member.get(&place(&comment)).await.ok(), comment);
    for (body, pointer) in [
        (json!({"body": " "}), "/body"),
        (json!({"body": "x".repeat(10_001)}), "/body"),
        (json!({"body": "x", "author_id": member.id}), "/author_id"),
        (json!({}), "/body"),
    ] {
        guest
            .post("/tasks/COM-1/comments", body)
            .await
            .refused_at(pointer);
    }
    let many: Vec<String> = (0..101).map(|number| format!("@n{number}")).collect();
    guest
        .post("/tasks/COM-1/comments", json!({"body": many.join(" ")}))
        .await
        .refused_at("/body");
}

#[tokio::test]
async fn only_the_author_edits_and_it_shows() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    task(&member).await;
    let comment = member
        .post("/tasks/COM-1/comments", json!({"body": "one"}))
        .await
        .created();
    lead.patch(&place(&comment), json!({"body": "two"}))
        .await
        .problem(403, "insufficient_role");
    let same = member
        .patch(&place(&comment), json!({"body": "one"}))
        .await
        .ok();
    assert_eq!(same, comment);
    let body = format!("two @{}", handle(&lead).await);
    let edited = member
        .patch(&place(&comment), json!({"body": body}))
        .await
        .ok();
    assert_eq!(edited["mentions"], json!([lead.id]));
    assert!(edited["edited_at"].is_string());
    member
        .request("PATCH", &place(&comment))
        .header("If-Match", &format!("\"{}\"", comment["version"]))
        .json(json!({"body": "three"}))
        .await
        .problem(412, "version_conflict");
    member
        .patch(&place(&comment), json!({"body": null}))
        .await
        .refused_at("/body");
}

#[tokio::test]
async fn a_deleted_comment_keeps_its_place() {
    let app = TestApp::start().await;
    let [lead, member, other] = app.team_with(["lead", "member", "member"]).await;
    task(&member).await;
    let mut made = Vec::new();
    for body in ["one", "two", "three"] {
        let comment = member
            .post("/tasks/COM-1/comments", json!({"body": body}))
            .await
            .created();
        made.push(comment);
    }
    other
        .delete(&place(&made[0]))
        .await
        .problem(403, "insufficient_role");
    member.delete(&place(&made[0])).await.no_content();
    lead.delete(&place(&made[1])).await.no_content();
    let comments = other.all("/tasks/COM-1/comments?limit=1").await;
    let bodies: Vec<&str> = comments
        .iter()
        .map(|one| one["body"].as_str().unwrap())
        .collect();
    assert_eq!(bodies, ["", "", "three"]);
    assert!(comments[0]["deleted_at"].is_string());
    let shown = other.get(&place(&made[0])).await.ok();
    assert_eq!(shown, comments[0]);
    member
        .patch(&place(&made[0]), json!({"body": "again"}))
        .await
        .problem(404, "not_found");
    member
        .delete(&place(&made[0]))
        .await
        .problem(404, "not_found");
    let feed = member.get("/changes?kind=comment").await.ok();
    assert_eq!(feed["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn comments_belong_to_their_task() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    task(&member).await;
    task(&member).await;
    let comment = member
        .post("/tasks/COM-1/comments", json!({"body": "one"}))
        .await
        .created();
    let elsewhere = place(&comment).replace("COM-1", "COM-2");
    member.get(&elsewhere).await.problem(404, "not_found");
    member.delete(&elsewhere).await.problem(404, "not_found");
    assert_eq!(member.all("/tasks/COM-2/comments").await.len(), 0);
    member.delete("/tasks/COM-1").await.no_content();
    member
        .get("/tasks/COM-1/comments")
        .await
        .problem(404, "not_found");
}
