//! Invitations: asked, answered, revoked, expired; and who gets to see what.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::vocabulary::{Member, Person, TestApp};

const NOT_VALID: (u16, &str) = (404, "not_found");

async fn invite(lead: &Member, email: &str, role: &str) -> Value {
    lead.post("/invitations", json!({"email": email, "role": role}))
        .await
        .created()
}

async fn answer(person: &Person, verb: &str, secret: &Value) -> crate::vocabulary::Answer {
    person
        .post(
            &format!("/v1/invitations/{verb}"),
            json!({"secret": secret}),
        )
        .await
}

fn place(invitation: &Value) -> String {
    format!("/invitations/{}", invitation["id"].as_str().unwrap())
}

#[tokio::test]
async fn the_invited_person_looks_and_accepts() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let grace = app.person("Grace Hopper").await;
    let invitation = invite(&lead, &grace.email.to_uppercase(), "member").await;
    assert_eq!(invitation["email"], json!(grace.email));
    assert_eq!(invitation["state"], "pending");
    let summary = answer(&grace, "inspect", &invitation["secret"]).await.ok();
    assert_eq!(summary["team_name"], "Community");
    assert_eq!(summary["role"], "member");
    assert_eq!(summary["invited_by_name"], "lead 0");
    answer(&grace, "inspect", &invitation["secret"]).await.ok();

    let member = answer(&grace, "accept", &invitation["secret"])
        .await
        .created();
    assert_eq!(member["role"], "member");
    assert_eq!(member["handle"], "grace-hopper");
    let answered = lead.get(&place(&invitation)).await;
    assert_eq!(answered.header("etag"), None, "it depends on the clock");
    let answered = answered.ok();
    assert_eq!(answered["state"], "accepted");
    assert!(answered["answered_at"].is_string());
    assert!(answered.get("secret").is_none());

    // Single use.
    for verb in ["inspect", "accept", "decline"] {
        answer(&grace, verb, &invitation["secret"])
            .await
            .problem(NOT_VALID.0, NOT_VALID.1);
    }
    lead.post(&format!("{}/revoke", place(&invitation)), json!({}))
        .await
        .problem(409, "invalid_transition");
}

#[tokio::test]
async fn whoever_declines_may_be_asked_again() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let grace = app.person("Grace").await;
    let first = invite(&lead, &grace.email, "guest").await;
    answer(&grace, "decline", &first["secret"])
        .await
        .no_content();
    assert_eq!(lead.get(&place(&first)).await.ok()["state"], "declined");
    answer(&grace, "accept", &first["secret"])
        .await
        .problem(404, "not_found");
    let second = invite(&lead, &grace.email, "member").await;
    answer(&grace, "accept", &second["secret"]).await.created();
}

#[tokio::test]
async fn all_that_is_wrong_with_a_secret_looks_the_same() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (grace, eve) = (app.person("Grace").await, app.person("Eve").await);
    let good = invite(&lead, &grace.email, "member").await;
    let text = good["secret"].as_str().unwrap();
    let last = if text.ends_with('A') { "Q" } else { "A" };
    let mistyped = format!("{}{last}", &text[..text.len() - 1]);
    let expected = answer(&grace, "accept", &json!("nonsense"))
        .await
        .problem(404, "not_found");
    for (person, secret) in [
        (&eve, good["secret"].clone()),
        (&grace, json!(mistyped)),
        (&grace, json!("A".repeat(70))),
    ] {
        for verb in ["inspect", "accept", "decline"] {
            let refused = answer(person, verb, &secret)
                .await
                .problem(404, "not_found");
            assert_eq!(
                super::without_request_id(refused),
                super::without_request_id(expected.clone())
            );
        }
    }
    answer(&grace, "accept", &json!(""))
        .await
        .refused_at("/secret");
    answer(&grace, "accept", &good["secret"]).await.created();
}

#[tokio::test]
async fn an_invitation_is_valid_for_seven_days() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let grace = app.person("Grace").await;
    let invitation = invite(&lead, &grace.email, "member").await;
    app.clock
        .advance(TimeDelta::days(7) - TimeDelta::minutes(1));
    answer(&grace, "inspect", &invitation["secret"]).await.ok();
    assert_eq!(lead.all("/invitations?state=pending").await.len(), 1);
    app.clock.advance(TimeDelta::minutes(1));
    answer(&grace, "accept", &invitation["secret"])
        .await
        .problem(404, "not_found");
    assert_eq!(lead.get(&place(&invitation)).await.ok()["state"], "expired");
    assert_eq!(lead.all("/invitations?state=pending").await.len(), 0);
    assert_eq!(lead.all("/invitations?state=expired").await.len(), 1);
    lead.post(&format!("{}/revoke", place(&invitation)), json!({}))
        .await
        .problem(409, "invalid_transition");
    // The old one does not stand in the way of a new one.
    let second = invite(&lead, &grace.email, "member").await;
    let listed = lead.all("/invitations?state=pending,expired").await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["id"], second["id"], "newest first");
}

#[tokio::test]
async fn a_revoked_invitation_opens_nothing() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let grace = app.person("Grace").await;
    let invitation = invite(&lead, &grace.email, "member").await;
    let revoke = format!("{}/revoke", place(&invitation));
    member
        .post(&revoke, json!({}))
        .await
        .problem(403, "insufficient_role");
    lead.request("POST", &revoke)
        .header("if-match", "\"1\"")
        .send()
        .await
        .problem(412, "version_conflict");
    let revoked = lead.post(&revoke, json!({})).await.ok();
    assert_eq!(revoked["state"], "revoked");
    answer(&grace, "accept", &invitation["secret"])
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn who_may_be_invited_by_whom() {
    let app = TestApp::start().await;
    let [owner, lead, member] = app.team_with(["owner", "lead", "member"]).await;
    let body = |email: &str, role: &str| json!({"email": email, "role": role});
    member
        .post("/invitations", body("a@example.org", "guest"))
        .await
        .problem(403, "insufficient_role");
    member
        .get("/invitations")
        .await
        .problem(403, "insufficient_role");
    for inviter in [&owner, &lead] {
        inviter
            .post("/invitations", body("a@example.org", "owner"))
            .await
            .refused_at("/role");
    }
    lead.post("/invitations", body("nonsense", "guest"))
        .await
        .refused_at("/email");
    lead.post("/invitations", body(&member.person.email, "guest"))
        .await
        .problem(409, "already_exists");
    lead.post("/invitations", body("a@example.org", "lead"))
        .await
        .created();
    owner
        .post("/invitations", body("A@example.org", "guest"))
        .await
        .problem(409, "already_exists");
}

#[tokio::test]
async fn a_secret_is_shown_once_even_to_a_retry() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let send = || {
        lead.request("POST", "/invitations")
            .header("idempotency-key", "invite-1")
            .json(json!({"email": "grace@example.org", "role": "member"}))
    };
    let first = send().await.created();
    let again = send().await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let again = again.created();
    assert_eq!(again["id"], first["id"]);
    assert_eq!(again["secret"], Value::Null);
    let secret = first["secret"].as_str().unwrap();
    for path in ["/invitations", "/changes"] {
        assert!(!lead.get(path).await.text.contains(secret), "{path}");
    }
}

#[tokio::test]
async fn e_mails_are_seen_only_by_who_may_read_invitations() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    invite(&lead, "grace@example.org", "guest").await;
    assert!(
        lead.get("/changes")
            .await
            .text
            .contains("grace@example.org")
    );
    assert!(
        !member
            .get("/changes")
            .await
            .text
            .contains("grace@example.org")
    );
}

#[tokio::test]
async fn an_invitation_accepted_many_times_at_once_makes_one_member() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let grace = app.person("Grace").await;
    let invitation = invite(&lead, &grace.email, "member").await;
    let answers = futures_util::future::join_all(
        (0..10).map(|_| async { answer(&grace, "accept", &invitation["secret"]).await.status }),
    )
    .await;
    let accepted = answers.iter().filter(|status| **status == 201).count();
    assert_eq!(accepted, 1, "{answers:?}");
    assert_eq!(lead.all("/members").await.len(), 3);
}

#[tokio::test]
async fn accepting_and_revoking_at_once_leaves_one_truth() {
    let app = TestApp::start().await;
    for _ in 0..5 {
        let [lead] = app.team_with(["lead"]).await;
        let grace = app.person("Grace").await;
        let invitation = invite(&lead, &grace.email, "member").await;
        let revoke = format!("{}/revoke", place(&invitation));
        let (accepted, revoked) = tokio::join!(
            answer(&grace, "accept", &invitation["secret"]),
            lead.post(&revoke, json!({}))
        );
        let outcome = (accepted.status, revoked.status);
        assert!(matches!(outcome, (201, 409) | (404, 200)), "{outcome:?}");
    }
}
