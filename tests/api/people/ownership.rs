//! Ownership: offered, accepted, declined, withdrawn.

use serde_json::{Value, json};

use crate::vocabulary::{Answer, Member, TestApp};

async fn offer(owner: &Member, to: &Member, is_shared: bool) -> Value {
    owner
        .post(
            "/ownership-offers",
            json!({"to_member_id": to.id, "is_shared": is_shared}),
        )
        .await
        .created()
}

async fn act(member: &Member, offer: &Value, verb: &str) -> Answer {
    member
        .post(
            &format!("/ownership-offers/{}/{verb}", offer["id"].as_str().unwrap()),
            json!({}),
        )
        .await
}

async fn role(member: &Member) -> Value {
    member.get("/members/me").await.ok()["role"].clone()
}

#[tokio::test]
async fn ownership_is_handed_over_with_acceptance() {
    let app = TestApp::start().await;
    let [owner, member] = app.team_with(["owner", "member"]).await;
    let made = owner
        .post("/ownership-offers", json!({"to_member_id": member.id}))
        .await
        .created();
    assert_eq!(made["is_shared"], false);
    assert_eq!(role(&member).await, "member", "nothing has changed yet");
    let accepted = act(&member, &made, "accept").await.ok();
    assert_eq!(accepted["state"], "accepted");
    assert_eq!(role(&member).await, "owner");
    assert_eq!(role(&owner).await, "lead");
    act(&member, &made, "accept")
        .await
        .problem(409, "invalid_transition");
}

#[tokio::test]
async fn ownership_can_be_shared() {
    let app = TestApp::start().await;
    let [owner, guest] = app.team_with(["owner", "guest"]).await;
    let made = offer(&owner, &guest, true).await;
    act(&guest, &made, "accept").await.ok();
    assert_eq!(
        (role(&guest).await, role(&owner).await),
        (json!("owner"), json!("owner"))
    );
    owner
        .post("/ownership-offers", json!({"to_member_id": guest.id}))
        .await
        .problem(409, "already_exists");
}

#[tokio::test]
async fn an_offer_is_declined_or_withdrawn() {
    let app = TestApp::start().await;
    let [owner, lead] = app.team_with(["owner", "lead"]).await;
    let made = offer(&owner, &lead, false).await;
    owner
        .post("/ownership-offers", json!({"to_member_id": lead.id}))
        .await
        .problem(409, "already_exists");
    act(&lead, &made, "withdraw")
        .await
        .problem(403, "insufficient_role");
    assert_eq!(act(&lead, &made, "decline").await.ok()["state"], "declined");
    let second = offer(&owner, &lead, false).await;
    assert_eq!(
        act(&owner, &second, "withdraw").await.ok()["state"],
        "withdrawn"
    );
    act(&lead, &second, "accept")
        .await
        .problem(409, "invalid_transition");
    assert_eq!(
        (role(&lead).await, role(&owner).await),
        (json!("lead"), json!("owner"))
    );
    let third = offer(&owner, &lead, false).await;
    lead.request(
        "POST",
        &format!("/ownership-offers/{}/accept", third["id"].as_str().unwrap()),
    )
    .header("if-match", "\"1\"")
    .send()
    .await
    .problem(412, "version_conflict");
}

#[tokio::test]
async fn who_offers_who_answers_and_who_sees() {
    let app = TestApp::start().await;
    let [owner, lead, member, guest] = app.team_with(["owner", "lead", "member", "guest"]).await;
    let [stranger] = app.team_with(["member"]).await;
    lead.post("/ownership-offers", json!({"to_member_id": member.id}))
        .await
        .problem(403, "insufficient_role");
    for (body, pointer) in [
        (json!({"to_member_id": stranger.id}), "/to_member_id"),
        (json!({"to_member_id": "me"}), "/to_member_id"),
        (
            json!({"to_member_id": member.id, "is_shared": null}),
            "/is_shared",
        ),
    ] {
        owner
            .post("/ownership-offers", body)
            .await
            .refused_at(pointer);
    }
    owner
        .post("/ownership-offers", json!({"to_member_id": owner.id}))
        .await
        .problem(409, "already_exists");

    let made = offer(&owner, &guest, false).await;
    let path = format!("/ownership-offers/{}", made["id"].as_str().unwrap());
    act(&lead, &made, "accept")
        .await
        .problem(403, "insufficient_role");
    act(&owner, &made, "decline")
        .await
        .problem(403, "insufficient_role");
    act(&member, &made, "accept")
        .await
        .problem(404, "not_found");
    member.get(&path).await.problem(404, "not_found");
    assert_eq!(member.all("/ownership-offers").await.len(), 0);
    for one in [&owner, &lead, &guest] {
        assert_eq!(one.get(&path).await.ok(), made);
        assert_eq!(one.all("/ownership-offers").await.len(), 1);
    }
    assert!(
        !member
            .get("/changes")
            .await
            .text
            .contains("ownership_offer")
    );
    assert!(lead.get("/changes").await.text.contains("ownership_offer"));
}

#[tokio::test]
async fn an_offer_ends_with_the_givers_ownership() {
    let app = TestApp::start().await;
    let [owner, second, guest] = app.team_with(["owner", "lead", "guest"]).await;
    let shared = offer(&owner, &second, true).await;
    act(&second, &shared, "accept").await.ok();
    let made = offer(&second, &guest, false).await;
    owner
        .patch(
            &format!("/members/{}", second.id),
            json!({"role": "member"}),
        )
        .await
        .ok();
    act(&guest, &made, "accept")
        .await
        .problem(409, "invalid_transition");
    assert_eq!(
        guest.all("/ownership-offers").await[0]["state"],
        "withdrawn"
    );
}

#[tokio::test]
async fn handing_over_twice_at_once_leaves_one_owner() {
    let app = TestApp::start().await;
    let [owner, a, b] = app.team_with(["owner", "lead", "lead"]).await;
    let to_a = offer(&owner, &a, false).await;
    let to_b = offer(&owner, &b, false).await;
    let (one, other) = tokio::join!(act(&a, &to_a, "accept"), act(&b, &to_b, "accept"));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(owner.all("/members?role=owner").await.len(), 1);
}
