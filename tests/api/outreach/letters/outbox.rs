//! The outbox: what leads see of letters, and what nobody does.

use relais::outreach::letters::LetterKind;
use serde_json::json;

use super::{Office, id, register};
use crate::outreach::events::{event, place};
use crate::vocabulary::{TestApp, watch};

#[tokio::test]
async fn a_lead_sees_what_was_told_without_what_opens_it() {
    let office = Office::open().await;
    office.confirmed("gerda@example.org").await;
    let waiting = office.guest("ben@example.org", "waitlisted").await;
    office
        .put_to(
            LetterKind::Waitlisted,
            waiting,
            "w",
            ("ben@example.org", "Ben", "fr"),
        )
        .await;
    let letters = office.outbox().await;
    assert_eq!(
        letters[0]["subject"],
        "Vous êtes sur la liste d’attente\u{a0}: Office hours"
    );
    let text = letters[1]["text"].as_str().unwrap();
    assert!(text.contains("/r/•••\n"), "{text}");
    assert_eq!(
        (&letters[1]["recipient"], &letters[1]["state"]),
        (&json!("gerda@example.org"), &json!("queued"))
    );

    let count = async |query: &str| office.lead.all(&format!("/outbox?{query}")).await.len();
    assert_eq!(count("kind=waitlisted").await, 1);
    assert_eq!(count("kind=waitlisted,confirmed&state=queued").await, 2);
    assert_eq!(count("state=sent").await, 0);
    let this = office.event["id"].as_str().unwrap();
    assert_eq!(count(&format!("event_id={this}")).await, 2);
    let other = event(&office.lead, json!({})).await;
    assert_eq!(
        count(&format!("event_id={}", other["id"].as_str().unwrap())).await,
        0
    );
    office
        .lead
        .get("/outbox?state=lost")
        .await
        .problem(400, "invalid_query");
}

#[tokio::test]
async fn without_a_mail_server_letters_are_skipped_and_neither_address_nor_secret_is_logged() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let talk = event(&lead, json!({"title": "CANARY of a title"})).await;
    lead.patch(&place(&talk), json!({"status": "scheduled"}))
        .await
        .ok();
    let (team_id, event_id) = (id(&lead.team_id), super::event_id(&talk));
    let person = ("gerda@canary.example", "CANARY Gerda", "en");
    register(
        &app,
        (team_id, event_id),
        person,
        "confirmed",
        app.clock.now(),
    )
    .await;
    lead.patch(
        &place(&talk),
        json!({"join_url": "https://zoom.example/CANARY"}),
    )
    .await
    .ok();
    relais::jobs::run_due(&app.state).await;
    let letters = lead.all("/outbox").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (&letters[0]["state"], &letters[0]["last_error"]),
        (&json!("skipped"), &json!("no mail server is set"))
    );
    assert_eq!(letters[0]["recipient"], "gerda@canary.example");
    let notice = format!(
        "a letter (event_changed) of the team {} is not sent",
        lead.team_id
    );
    assert!(watch::lines().iter().any(|line| line.contains(&notice)));
    // A mail server that is set later does not get what is old news.
    relais::jobs::run_due(&app.state).await;
    assert_eq!(lead.all("/outbox").await[0]["attempts"], 1);
    member
        .get("/outbox")
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn neither_address_nor_password_is_logged_when_the_mail_server_refuses() {
    use crate::vocabulary::smtp::{MailServer, Mood};
    let mail = MailServer::start().await;
    let url = format!(
        "smtp://ada:CANARY-password@127.0.0.1:{}?tls=none",
        mail.port
    );
    let office = Office::open_with(&["--smtp-url", &url]).await;
    for answer in ["RCPT", "AUTH", "message"] {
        let email = format!("{}@canary.example", answer.to_lowercase());
        office.confirmed(&email).await;
        mail.set(Mood {
            answers: vec![(answer, "550 no CANARY for gerda@canary.example")],
            ..Mood::default()
        });
        office.tick().await;
        office.advance_minutes(2_000);
    }
    // Also the one that was refused with everything else: it was tried again.
    assert_eq!(office.lead.all("/outbox?state=failed").await.len(), 3);
}
