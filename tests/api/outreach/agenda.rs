//! The agenda: sessions in an order, within their event.

use serde_json::{Value, json};

use super::events::{event, place, wall};
use crate::vocabulary::{Member, TestApp};

async fn session(lead: &Member, event: &Value, title: &str, from: i64, minutes: i64) -> Value {
    let body = json!({"title": title, "starts_after_minutes": from, "duration_minutes": minutes});
    lead.post(&format!("{}/agenda", place(event)), body)
        .await
        .created()
}

async fn titles(lead: &Member, event: &Value) -> Vec<String> {
    lead.all(&format!("{}/agenda", place(event)))
        .await
        .iter()
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn sessions_are_arranged_by_moving_one() {
    let app = TestApp::start().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let event = event(&lead, json!({})).await;
    let mut made = Vec::new();
    for (number, title) in ["A", "B", "C"].into_iter().enumerate() {
        let from = i64::try_from(number).unwrap() * 10;
        made.push(session(&lead, &event, title, from, 10).await);
    }
    assert_eq!(titles(&guest, &event).await, ["A", "B", "C"]);
    let at = |item: &Value| format!("{}/agenda/{}", place(&event), item["id"].as_str().unwrap());
    let moved = lead
        .post(
            &format!("{}/move", at(&made[2])),
            json!({"before_id": made[0]["id"]}),
        )
        .await
        .ok();
    assert_eq!(titles(&guest, &event).await, ["C", "A", "B"]);
    assert_eq!(moved["starts_after_minutes"], 20, "no time moves");
    for still in &made[..2] {
        assert_eq!(lead.get(&at(still)).await.ok(), *still);
    }
    lead.post(
        &format!("{}/move", at(&made[2])),
        json!({"after_id": made[2]["id"]}),
    )
    .await
    .problem(422, "validation_failed");
    guest
        .patch(&at(&made[0]), json!({"title": "Mine"}))
        .await
        .problem(403, "insufficient_role");
    lead.delete(&at(&made[0])).await.no_content();
    assert_eq!(titles(&guest, &event).await, ["C", "B"]);
}

#[tokio::test]
async fn a_session_fits_into_its_event() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let event = event(&lead, json!({})).await;
    let agenda = format!("{}/agenda", place(&event));
    let body = json!({"title": "Long", "starts_after_minutes": 30, "duration_minutes": 31});
    let problem = lead
        .post(&agenda, body)
        .await
        .refused_at("/duration_minutes");
    assert_eq!(problem["errors"][0]["code"], "beyond_the_end");
    let one = session(&lead, &event, "Fits", 30, 30).await;
    let at = format!("{agenda}/{}", one["id"].as_str().unwrap());
    lead.patch(&at, json!({"starts_after_minutes": 31}))
        .await
        .refused_at("/duration_minutes");

    // Nor does the event become shorter than its agenda.
    let shorter = json!({"starts": wall("2027-04-20T19:00:00", "Europe/Paris"), "ends": wall("2027-04-20T19:45:00", "Europe/Paris")});
    let problem = lead
        .post(&format!("{}/reschedule", place(&event)), shorter)
        .await
        .refused_at("/ends/local");
    assert_eq!(problem["errors"][0]["code"], "agenda_too_long");
}

#[tokio::test]
async fn members_and_others_speak() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let event = event(&lead, json!({})).await;
    let agenda = format!("{}/agenda", place(&event));
    let with = |speakers: Value| json!({"title": "Panel", "starts_after_minutes": 0, "duration_minutes": 20, "speakers": speakers});
    let speakers = json!([{"member_id": member.id}, {"name": "Grace Hopper", "title": "Rear admiral", "link": "https://example.org/grace"}]);
    let made = lead.post(&agenda, with(speakers)).await.created();
    assert_eq!(made["speakers"][0]["member_id"], json!(member.id));
    assert_eq!(made["speakers"][1]["name"], "Grace Hopper");
    for (wrong, pointer) in [
        (json!([{}]), "/speakers/0"),
        (
            json!([{"member_id": member.id, "name": "A"}]),
            "/speakers/0",
        ),
        (
            json!([{"member_id": member.id, "title": "A"}]),
            "/speakers/0",
        ),
        (json!([{"title": "A"}]), "/speakers/0"),
        (
            json!([{"name": "A", "link": "javascript:alert(1)"}]),
            "/speakers/0/link",
        ),
        (json!([{"member_id": event["id"]}]), "/speakers/0/member_id"),
    ] {
        lead.post(&agenda, with(wrong)).await.refused_at(pointer);
    }
}

#[tokio::test]
async fn an_agenda_goes_with_its_event() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let first = event(&lead, json!({})).await;
    let other = event(&lead, json!({})).await;
    let one = session(&lead, &first, "A", 0, 10).await;
    let foreign = format!("{}/agenda/{}", place(&other), one["id"].as_str().unwrap());
    lead.get(&foreign).await.problem(404, "not_found");
    lead.delete(&place(&first)).await.no_content();
    lead.get(&format!("{}/agenda", place(&first)))
        .await
        .problem(404, "not_found");
    app.clock.advance(chrono::TimeDelta::days(31));
    assert_eq!(relais::trash::purge_expired(&app.state).await.unwrap(), 1);
}
