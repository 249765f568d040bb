//! The same request sent fifty times at once.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::vocabulary::{Answer, TestApp};

#[tokio::test]
async fn one_key_makes_one_record_and_fifty_equal_answers() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let revision = lead
        .get("/changes")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    let answers: Vec<Answer> = join_all((0..50).map(|_| {
        lead.request("POST", "/campaigns")
            .header("Idempotency-Key", "spring")
            .json(json!({"name": "Spring"}))
    }))
    .await;
    let fresh = answers
        .iter()
        .filter(|answer| answer.header("idempotent-replayed").is_none())
        .count();
    assert_eq!(fresh, 1);
    let texts: HashSet<String> = answers
        .into_iter()
        .map(|answer| {
            let place = answer.header("location").unwrap().to_owned();
            let tag = answer.header("etag").unwrap().to_owned();
            format!("{} {} {place} {tag}", answer.status, answer.text)
        })
        .collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts.iter().all(|text| text.starts_with("201 ")));
    assert_eq!(lead.all("/campaigns").await.len(), 1);
    let changes = lead.all("/changes").await;
    let made: Vec<_> = changes
        .iter()
        .filter(|change| change["kind"] == "campaign")
        .collect();
    assert_eq!(made.len(), 1, "one revision after {revision}");
}

#[tokio::test]
async fn one_key_for_different_bodies_makes_one_record() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let answers: Vec<Answer> = join_all((0..20).map(|number| {
        lead.request("POST", "/campaigns")
            .header("Idempotency-Key", "spring")
            .json(json!({"name": format!("Spring {number}")}))
    }))
    .await;
    let mut made = 0;
    for answer in answers {
        if answer.status == 201 {
            made += 1;
        } else {
            answer.problem(422, "idempotency_key_reused");
        }
    }
    assert_eq!(made, 1);
    assert_eq!(lead.all("/campaigns").await.len(), 1);
}

#[tokio::test]
async fn one_external_id_makes_one_task() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let answers: Vec<Answer> = join_all((0..50).map(|_| {
        lead.post(
            "/tasks",
            json!({"title": "Announce", "external_id": "sheet-7"}),
        )
    }))
    .await;
    let mut made = 0;
    for answer in answers {
        if answer.status == 201 {
            made += 1;
        } else {
            answer.problem(409, "already_exists");
        }
    }
    assert_eq!(made, 1);
    assert_eq!(lead.all("/tasks").await.len(), 1);
}

#[tokio::test]
async fn one_offer_is_made_once() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let task = lead
        .post("/tasks", json!({"title": "Announce"}))
        .await
        .created();
    let place = format!("/tasks/{}/delegations", task["id"].as_str().unwrap());
    let offer = json!({"delegate_id": member.id});
    let with_key: Vec<Answer> = join_all((0..50).map(|_| {
        lead.request("POST", &place)
            .header("Idempotency-Key", "offer")
            .json(offer.clone())
    }))
    .await;
    let texts: HashSet<&str> = with_key.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(with_key.iter().all(|answer| answer.status == 201));

    let task = lead
        .post("/tasks", json!({"title": "Invite"}))
        .await
        .created();
    let place = format!("/tasks/{}/delegations", task["id"].as_str().unwrap());
    let without_key: Vec<Answer> =
        join_all((0..50).map(|_| lead.post(&place, offer.clone()))).await;
    let made = without_key
        .iter()
        .filter(|answer| answer.status == 201)
        .count();
    assert_eq!(made, 1);
    assert!(
        without_key
            .iter()
            .all(|answer| matches!(answer.status, 201 | 409))
    );
    assert_eq!(lead.all(&place).await.len(), 1);
}
