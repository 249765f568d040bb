//! Deputies: acting in another one's place, for a while, on the record, and never with more than that one has.

use chrono::TimeDelta;
use relais::db::Instant;
use serde_json::{Value, json};

use super::absences::settings;
use super::working_hours::on_monday;
use crate::vocabulary::{Answer, Member, TestApp};
use crate::work::delegations::{act, offer, place, task_of};

fn hours(app: &TestApp, hours: i64) -> Instant {
    app.clock.now().plus(TimeDelta::hours(hours))
}

/// Makes somebody the deputy, from and to so many hours from now.
async fn appoint(app: &TestApp, member: &Member, deputy: &Member, from: i64, to: i64) -> Answer {
    let mut body =
        json!({"deputy_id": deputy.id, "ends_at": hours(app, to).to_string(), "note": "Away"});
    if from > 0 {
        body["starts_at"] = json!(hours(app, from).to_string());
    }
    member.post("/deputies", body).await
}

/// Asks in the place of somebody.
async fn instead(by: &Member, of: &Member, method: &str, path: &str, body: Value) -> Answer {
    let request = by.request(method, path).header("On-Behalf-Of", &of.id);
    match body {
        Value::Null => request.send().await,
        body => request.json(body).await,
    }
}

fn end_of(deputy: &Value) -> String {
    format!("/deputies/{}/end", deputy["id"].as_str().unwrap())
}

async fn campaign(by: &Member, of: &Member) -> Answer {
    instead(by, of, "POST", "/campaigns", json!({"name": "A"})).await
}

#[tokio::test]
async fn a_deputy_has_the_rights_of_the_one_replaced_and_both_are_named() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    campaign(&ann, &lead).await.problem(403, "not_a_deputy");
    ann.post("/campaigns", json!({"name": "A"}))
        .await
        .problem(403, "insufficient_role");
    let made = appoint(&app, &lead, &ann, 0, 24).await.created();
    assert_eq!(
        (&made["member_id"], &made["deputy_id"], &made["ended_at"]),
        (&json!(lead.id), &json!(ann.id), &Value::Null)
    );
    let done = campaign(&ann, &lead).await.created();
    ann.post("/campaigns", json!({"name": "A"}))
        .await
        .problem(403, "insufficient_role");
    let place = format!("/campaigns/{}", done["id"].as_str().unwrap());
    let body = json!({"objective": "More"});
    instead(&ann, &lead, "PATCH", &place, body).await.ok();
    lead.patch(&place, json!({"objective": "Less"})).await.ok();
    let lines = lead.all(&format!("{place}/history")).await;
    let who: Vec<(&Value, &Value)> = lines
        .iter()
        .map(|line| (&line["actor_id"], &line["on_behalf_of_id"]))
        .collect();
    let (a, l) = (json!(ann.id), json!(lead.id));
    assert_eq!(who, [(&a, &l), (&a, &l), (&l, &Value::Null)]);
    let feed = lead.all("/changes?kind=campaign").await;
    assert_eq!(feed[0]["on_behalf_of_id"], l);

    // In that place I am the other one, less what is not lent.
    let me = instead(&ann, &lead, "GET", "/members/me", Value::Null).await;
    assert!(me.header("vary").unwrap().contains("On-Behalf-Of"));
    let me = me.ok();
    let permissions = me["permissions"].as_array().unwrap();
    assert_eq!(me["id"], l);
    assert!(permissions.contains(&json!("campaign:write")));
    assert!(!permissions.contains(&json!("member:write")));
    let mine = instead(&ann, &lead, "GET", "/deputies?member_id=me", Value::Null).await;
    assert_eq!(mine.ok()["items"], json!([made]));
}

#[tokio::test]
async fn it_begins_and_ends_by_itself() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    appoint(&app, &lead, &ann, 2, 4).await.created();
    let active = async || -> usize { lead.all("/deputies?is_active=true").await.len() };
    campaign(&ann, &lead).await.problem(403, "not_a_deputy");
    assert_eq!(active().await, 0);
    app.clock.advance(TimeDelta::hours(2));
    campaign(&ann, &lead).await.created();
    assert_eq!(active().await, 1);
    app.clock
        .advance(TimeDelta::milliseconds(2 * 3_600_000 - 1));
    campaign(&ann, &lead).await.created();
    app.clock.advance(TimeDelta::milliseconds(1));
    campaign(&ann, &lead).await.problem(403, "not_a_deputy");
    instead(&ann, &lead, "GET", "/campaigns", Value::Null)
        .await
        .problem(403, "not_a_deputy");
    assert_eq!(active().await, 0);
    assert_eq!(lead.all("/deputies?is_active=false").await.len(), 1);
}

#[tokio::test]
async fn either_side_ends_it_and_a_lead_can() {
    let app = on_monday().await;
    let [lead, ann, ben, cleo] = app.team_with(["lead", "member", "member", "member"]).await;
    for (who, works) in [(&ann, true), (&ben, true), (&lead, true), (&cleo, false)] {
        let made = appoint(&app, &ann, &ben, 0, 24).await.created();
        let ended = who.post(&end_of(&made), json!({})).await;
        if works {
            let ended = ended.ok();
            assert_eq!(ended["ended_by_id"], json!(who.id));
            assert!(ended["ended_at"].is_string());
            instead(&ben, &ann, "GET", "/campaigns", Value::Null)
                .await
                .problem(403, "not_a_deputy");
            who.post(&end_of(&made), json!({}))
                .await
                .problem(409, "invalid_transition");
        } else {
            ended.problem(403, "insufficient_role");
        }
    }
}

#[tokio::test]
async fn the_rights_are_those_of_this_moment() {
    let app = on_monday().await;
    let [owner, lead, ann] = app.team_with(["owner", "lead", "member"]).await;
    appoint(&app, &lead, &ann, 0, 240).await.created();
    campaign(&ann, &lead).await.created();
    // Demoted.
    let at = format!("/members/{}", lead.id);
    owner.patch(&at, json!({"role": "member"})).await.ok();
    campaign(&ann, &lead)
        .await
        .problem(403, "insufficient_role");
    instead(&ann, &lead, "POST", "/tasks", json!({"title": "A"}))
        .await
        .created();
    owner.patch(&at, json!({"role": "lead"})).await.ok();
    campaign(&ann, &lead).await.created();
    // A guest stands in for nobody.
    let own = format!("/members/{}", ann.id);
    owner.patch(&own, json!({"role": "guest"})).await.ok();
    campaign(&ann, &lead).await.problem(403, "not_a_deputy");
    owner.patch(&own, json!({"role": "member"})).await.ok();
    campaign(&ann, &lead).await.created();
    // Removed; and invited again, it does not come back.
    owner
        .delete(&format!("{at}?successor_id={}", owner.id))
        .await
        .no_content();
    campaign(&ann, &lead).await.problem(403, "not_a_deputy");
    let again = owner.invite(&lead.person, "lead").await;
    assert_eq!(again.id, lead.id);
    campaign(&ann, &lead).await.problem(403, "not_a_deputy");
    let ended = owner.all("/deputies").await;
    assert_eq!(ended[0]["ended_by_id"], json!(owner.id));
}

#[tokio::test]
async fn a_deputy_of_another_team_is_nobody_here() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let far = lead.person.found_team("Far", "FAR").await;
    let there = far.invite(&ann.person, "member").await;
    appoint(&app, &far, &there, 0, 24).await.created();
    campaign(&there, &far).await.created();
    campaign(&ann, &lead).await.problem(403, "not_a_deputy");
    // Somebody else's id says no more than one that names nothing.
    let foreign = campaign(&ann, &far).await.problem(403, "not_a_deputy");
    let mut nobody = lead.clone();
    nobody.id = relais::db::Id::new().to_string();
    let unknown = campaign(&ann, &nobody).await.problem(403, "not_a_deputy");
    assert_eq!(foreign["detail"], unknown["detail"]);
    let outsider = app.person("Oscar").await;
    let asked = Member {
        person: outsider,
        ..ann.clone()
    };
    campaign(&asked, &lead).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_would_outlast_it_is_not_lent() {
    let app = on_monday().await;
    let [owner, ann, ben] = app.team_with(["owner", "member", "member"]).await;
    appoint(&app, &owner, &ann, 0, 24).await.created();
    let me = format!("/members/{}", ann.id);
    for (method, path, body) in [
        ("DELETE", "", Value::Null),
        ("PATCH", me.as_str(), json!({"role": "lead"})),
        ("DELETE", &format!("/members/{}", ben.id), Value::Null),
        ("DELETE", "/members/me", Value::Null),
        ("PATCH", "/members/me", json!({"display_name": "Nobody"})),
        (
            "POST",
            "/invitations",
            json!({"email": "x@canary.example", "role": "lead"}),
        ),
        (
            "POST",
            "/ownership-offers",
            json!({"to_member_id": ann.id, "is_shared": true}),
        ),
        (
            "POST",
            "/deputies",
            json!({"deputy_id": ben.id, "ends_at": hours(&app, 1).to_string()}),
        ),
        (
            "POST",
            "/calendar-feeds",
            json!({"scope": "team", "label": "Mine for ever"}),
        ),
    ] {
        let refused = instead(&ann, &owner, method, path, body)
            .await
            .problem(403, "insufficient_role");
        assert!(
            refused["detail"].as_str().unwrap().contains("on behalf"),
            "{method} {path}: {refused}"
        );
    }
    // The account is its owner's.
    for (method, path) in [
        ("GET", "/v1/me"),
        ("GET", "/v1/me/tasks"),
        ("DELETE", "/v1/sessions/current"),
    ] {
        ann.person
            .request(method, path)
            .header("On-Behalf-Of", &owner.id)
            .send()
            .await
            .problem(400, "invalid_header");
    }
    for wrong in ["me", "", "00000000", "a, b"] {
        ann.request("GET", "/campaigns")
            .header("On-Behalf-Of", wrong)
            .send()
            .await
            .problem(400, "invalid_header");
    }
    ann.request("GET", "/campaigns")
        .header("On-Behalf-Of", &owner.id)
        .header("On-Behalf-Of", &owner.id)
        .send()
        .await
        .problem(400, "invalid_header");
}

#[tokio::test]
async fn deputies_form_no_circle() {
    let app = on_monday().await;
    let [ann, ben, cleo] = app.team_with(["member", "member", "member"]).await;
    appoint(&app, &ann, &ben, 0, 48).await.created();
    appoint(&app, &ben, &cleo, 24, 72).await.created();
    let refused =
        appoint(&app, &cleo, &ann, 12, 25)
            .await
            .problem_at(409, "deputy_cycle", "/deputy_id");
    assert_eq!(refused["path"], json!([cleo.id, ann.id, ben.id, cleo.id]));
    appoint(&app, &cleo, &ann, 12, 24).await.created();
    appoint(&app, &cleo, &ann, 48, 72).await.created();
    appoint(&app, &ben, &ann, 0, 1)
        .await
        .problem_at(409, "deputy_cycle", "/deputy_id");
    // Nobody is lent what was lent to them.
    app.clock.advance(TimeDelta::hours(25));
    instead(&cleo, &ann, "GET", "/campaigns", Value::Null)
        .await
        .problem(403, "not_a_deputy");
    instead(&cleo, &ben, "GET", "/campaigns", Value::Null)
        .await
        .ok();
}

#[tokio::test]
async fn bad_deputies_are_refused() {
    let app = on_monday().await;
    let [lead, ann, guest] = app.team_with(["lead", "member", "guest"]).await;
    let body = |deputy: &Member, from: i64, to: i64| {
        json!({"deputy_id": deputy.id, "starts_at": hours(&app, from).to_string(),
            "ends_at": hours(&app, to).to_string()})
    };
    for (body, pointer) in [
        (body(&lead, 0, 1), "/deputy_id"),
        (body(&guest, 0, 1), "/deputy_id"),
        (body(&ann, -1, 1), "/starts_at"),
        (body(&ann, 2, 2), "/ends_at"),
        (body(&ann, 2, 1), "/ends_at"),
        (body(&ann, 2, 2 + 366 * 24 + 1), "/ends_at"),
        (json!({"deputy_id": ann.id}), "/ends_at"),
        (
            json!({"deputy_id": relais::db::Id::new(), "ends_at": hours(&app, 1).to_string()}),
            "/deputy_id",
        ),
    ] {
        lead.post("/deputies", body).await.refused_at(pointer);
    }
    let made = appoint(&app, &lead, &ann, 1, 1 + 366 * 24).await.created();
    let twice =
        appoint(&app, &lead, &ann, 5, 6)
            .await
            .problem_at(409, "already_exists", "/deputy_id");
    assert_eq!(twice["deputy_record_id"], made["id"]);
    guest
        .get("/deputies")
        .await
        .problem(403, "insufficient_role");
    guest
        .post(
            "/deputies",
            json!({"deputy_id": ann.id, "ends_at": hours(&app, 1).to_string()}),
        )
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn a_key_is_bound_to_the_account_and_to_whose_place_it_was() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let made = appoint(&app, &lead, &ann, 0, 24).await.created();
    let send = async |by: &Member, of: Option<&Member>| {
        let mut request = by
            .request("POST", "/campaigns")
            .header("Idempotency-Key", "k-1");
        if let Some(of) = of {
            request = request.header("On-Behalf-Of", &of.id);
        }
        request.json(json!({"name": "A"})).await
    };
    let first = send(&ann, Some(&lead)).await;
    let again = send(&ann, Some(&lead)).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.text, again.text);
    let own = send(&lead, None).await;
    assert_eq!(
        own.header("idempotent-replayed"),
        None,
        "the account's, not the member's"
    );
    own.created();
    ann.post(&end_of(&made), json!({})).await.ok();
    send(&ann, Some(&lead)).await.problem(403, "not_a_deputy");
    // The same request for oneself is another one.
    let [other, ben] = app.team_with(["lead", "lead"]).await;
    appoint(&app, &other, &ben, 0, 24).await.created();
    send(&ben, Some(&other)).await.created();
    send(&ben, None)
        .await
        .problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn nobody_decides_about_their_own_in_anothers_place() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    settings(&lead, json!({"absence_approval": "lead"})).await;
    for deputy in [&ann, &ben] {
        appoint(&app, &lead, deputy, 0, 24).await.created();
    }
    let body = json!({"member_id": ann.id, "first_on": "2055-07-05", "last_on": "2055-07-09", "kind": "vacation"});
    let asked = ann.post("/absences", body.clone()).await.created();
    let at = format!("/absences/{}/approve", asked["id"].as_str().unwrap());
    instead(&ann, &lead, "POST", &at, json!({}))
        .await
        .problem(403, "insufficient_role");
    let entered = instead(&ann, &lead, "POST", "/absences", body)
        .await
        .created();
    assert_eq!(entered["state"], "requested");
    let done = instead(&ben, &lead, "POST", &at, json!({})).await.ok();
    assert_eq!(done["decided_by_id"], json!(lead.id));

    // The work that Ann did is not for Ann to confirm.
    let task = task_of(&lead, "A").await;
    let made = offer(&lead, &task, &ann, json!({})).await.created();
    act(&ann, &made, "accept").await.ok();
    act(&ann, &made, "submit").await.ok();
    let confirm = format!("{}/confirm", place(&made));
    let shown = instead(&ann, &lead, "GET", &place(&made), Value::Null)
        .await
        .ok();
    assert!(
        !shown["allowed"]
            .as_array()
            .unwrap()
            .contains(&json!("confirm")),
        "{shown}"
    );
    instead(&ann, &lead, "POST", &confirm, json!({}))
        .await
        .problem(403, "insufficient_role");
    let confirmed = instead(&ben, &lead, "POST", &confirm, json!({})).await.ok();
    assert_eq!(confirmed["state"], "confirmed");
}

#[tokio::test]
async fn delegations_are_answered_in_the_place_of_the_delegate() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    appoint(&app, &ann, &ben, 0, 24).await.created();
    let task = task_of(&lead, "A").await;
    let made = offer(&lead, &task, &ann, json!({})).await.created();
    let accept = format!("{}/accept", place(&made));
    ben.post(&accept, json!({}))
        .await
        .problem(403, "insufficient_role");
    let is = instead(&ben, &ann, "POST", &accept, json!({"note": "Gladly"}))
        .await
        .ok();
    assert_eq!(
        (&is["state"], &is["delegate_id"]),
        (&json!("accepted"), &json!(ann.id))
    );
    let history = lead.all(&format!("{}/history", place(&made))).await;
    let last = history.last().unwrap();
    assert_eq!(
        (&last["actor_id"], &last["on_behalf_of_id"]),
        (&json!(ben.id), &json!(ann.id))
    );
    let task = format!("/tasks/{}", made["task_id"].as_str().unwrap());
    assert_eq!(
        ben.get(&task).await.ok()["assignee_id"],
        json!(ann.id),
        "it is Ann's"
    );
}
