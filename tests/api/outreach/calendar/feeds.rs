//! Calendars that members subscribe to.

use icalendar::Component as _;
use serde_json::{Value, json};

use super::{only, read, says};
use crate::outreach::events::{event, place};
use crate::vocabulary::{Answer, Member, TestApp};

async fn feed(member: &Member, scope: &str) -> Value {
    let body = json!({"scope": scope, "label": "My phone"});
    member.post("/calendar-feeds", body).await.created()
}

fn address(feed: &Value) -> String {
    format!(
        "/v1/public/calendars/{}.ics",
        feed["secret"].as_str().expect("a secret")
    )
}

async fn subscribed(app: &TestApp, feed: &Value) -> Answer {
    app.anybody("GET", &address(feed)).send().await
}

async fn text(app: &TestApp, feed: &Value) -> String {
    let answer = subscribed(app, feed).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

#[tokio::test]
async fn a_member_subscribes_to_the_events_of_the_team() {
    let app = TestApp::start().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let made = event(
        &lead,
        json!({"platform": "Zoom, the big room", "join_url": "https://zoom.example/j/1"}),
    )
    .await;
    let feed = feed(&guest, "team").await;
    assert!(feed["secret"].as_str().unwrap().len() >= 70);

    let answer = subscribed(&app, &feed).await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/calendar; charset=utf-8")
    );
    let calendar = read(&answer.text);
    assert_eq!(calendar.get_name(), Some("Community"));
    assert_eq!(calendar.property_value("REFRESH-INTERVAL"), Some("PT1H"));
    let shown = only(&answer.text);
    assert_eq!(says(&shown, "STATUS"), "TENTATIVE");
    assert_eq!(says(&shown, "CONFERENCE"), "https://zoom.example/j/1");
    assert_eq!(says(&shown, "URL"), "https://zoom.example/j/1");
    assert_eq!(says(&shown, "LOCATION"), "Zoom, the big room");
    let conference = shown.properties().get("CONFERENCE").unwrap().params();
    assert_eq!(conference.get("VALUE").unwrap().value(), "URI");
    assert_eq!(
        conference.get("LABEL").unwrap().value(),
        "Zoom, the big room"
    );

    // Whoever has it is told so; whatever changes shows.
    let tag = answer.header("etag").unwrap().to_owned();
    let again = || {
        app.anybody("GET", &address(&feed))
            .header("if-none-match", &tag)
            .send()
    };
    again().await.not_modified();
    lead.patch(&place(&made), json!({"status": "cancelled"}))
        .await
        .ok();
    assert_eq!(again().await.status, 200);
    assert_eq!(says(&only(&text(&app, &feed).await), "STATUS"), "CANCELLED");
    event(&lead, json!({})).await;
    assert_eq!(read(&text(&app, &feed).await).events().count(), 2);
}

#[tokio::test]
async fn a_personal_feed_has_what_the_member_hosts() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    event(&lead, json!({"title": "Of others", "hosts": [lead.id]})).await;
    let feed = feed(&member, "mine").await;
    assert_eq!(read(&text(&app, &feed).await).events().count(), 0);
    event(
        &lead,
        json!({"title": "Of mine", "hosts": [lead.id, member.id]}),
    )
    .await;
    assert_eq!(says(&only(&text(&app, &feed).await), "SUMMARY"), "Of mine");
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let body = json!({"scope": "team", "label": "Laptop"});
    let post = || {
        member
            .request("POST", "/calendar-feeds")
            .header("idempotency-key", "once")
            .json(body.clone())
    };
    let first = post().await.created();
    let again = post().await.created();
    assert_eq!(again["secret"], Value::Null);
    assert_eq!(again["id"], first["id"]);
    let there = member
        .get(&format!(
            "/calendar-feeds/{}",
            first["id"].as_str().unwrap()
        ))
        .await
        .ok();
    assert_eq!(there.get("secret"), None);
    assert_eq!(there["label"], "Laptop");
    let listed = member.all("/calendar-feeds").await;
    assert_eq!(listed, [there]);
    let tried = member
        .post("/calendar-feeds?validate_only=true", body.clone())
        .await
        .ok();
    assert_eq!(tried["secret"], Value::Null);
    assert_eq!(member.all("/calendar-feeds").await.len(), 1);
}

#[tokio::test]
async fn a_revoked_feed_is_not_found() {
    let app = TestApp::start().await;
    let [member, other] = app.team_with(["member", "member"]).await;
    let mine = feed(&member, "team").await;
    let place = format!("/calendar-feeds/{}", mine["id"].as_str().unwrap());
    // Nobody sees those of others, leads neither.
    for request in ["GET", "DELETE"] {
        other
            .request(request, &place)
            .send()
            .await
            .problem(404, "not_found");
    }
    assert_eq!(other.all("/calendar-feeds").await, [] as [Value; 0]);

    let kept = feed(&member, "team").await;
    let tag = subscribed(&app, &mine)
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    member.delete(&place).await.no_content();
    subscribed(&app, &mine).await.problem(404, "not_found");
    let known = app
        .anybody("GET", &address(&mine))
        .header("if-none-match", &tag)
        .send()
        .await;
    known.problem(404, "not_found");
    text(&app, &kept).await;
}

#[tokio::test]
async fn whoever_left_sees_nothing_more() {
    let app = TestApp::start().await;
    let [owner, member] = app.team_with(["owner", "member"]).await;
    let feed = feed(&member, "team").await;
    text(&app, &feed).await;
    let place = format!("/members/{}", member.id);
    owner.delete(&place).await.no_content();
    subscribed(&app, &feed).await.problem(404, "not_found");
    // Who comes back finds the feeds again.
    owner.invite(&member.person, "guest").await;
    text(&app, &feed).await;
}

#[tokio::test]
async fn a_secret_that_is_none_opens_nothing() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let feed = feed(&member, "team").await;
    let secret = feed["secret"].as_str().unwrap();
    let mut other = secret.to_owned();
    let at = other.len() - 2;
    let another = if &other[at..=at] == "A" { "E" } else { "A" };
    other.replace_range(at..=at, another);
    for secret in [&other, &secret[..40], "x", "%2e%2e", &"A".repeat(200)] {
        let path = format!("/v1/public/calendars/{secret}.ics");
        app.anybody("GET", &path)
            .send()
            .await
            .problem(404, "not_found");
    }
}

#[tokio::test]
async fn feeds_are_few() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    for _ in 0..20 {
        feed(&member, "mine").await;
    }
    let body = json!({"scope": "team", "label": "One more"});
    member.post("/calendar-feeds", body).await.refused_at("");
    let body = json!({"scope": "all", "label": ""});
    let problem = member
        .post("/calendar-feeds", body)
        .await
        .problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
}
