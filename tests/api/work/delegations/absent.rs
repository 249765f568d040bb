//! Offers and people who are away.

use chrono::TimeDelta;
use relais::jobs;
use serde_json::{Value, json};

use super::{act, now, offer, place, task_of, text};
use crate::people::absences::settings;
use crate::people::working_hours::on_monday;
use crate::vocabulary::{Member, TestApp};

/// The days are those of 2054, from this Monday on; whole ones.
async fn away(member: &Member, first: &str, last: &str, substitute: Option<&Member>) -> Value {
    let body = json!({"first_on": format!("2054-{first}"), "last_on": format!("2054-{last}"),
        "kind": "vacation", "substitute_id": substitute.map(|one| &one.id)});
    member.post("/absences", body).await.created()
}

async fn offered(by: &Member, to: &Member) -> Value {
    let task = task_of(by, "A").await;
    offer(by, &task, to, json!({})).await.created()
}

#[track_caller]
fn goes_to(delegation: &Value, to: &Member, instead_of: Option<&Member>) {
    assert_eq!(
        (&delegation["delegate_id"], &delegation["in_place_of_id"]),
        (
            &json!(to.id),
            &instead_of.map_or(Value::Null, |one| json!(one.id))
        ),
        "{delegation}"
    );
}

#[tokio::test]
async fn an_offer_to_somebody_absent_goes_to_the_substitute() {
    let app = on_monday().await;
    let [ann, ben, cleo] = app.team_with(["member", "member", "member"]).await;
    away(&ben, "11-23", "11-27", Some(&cleo)).await;
    let made = offered(&ann, &ben).await;
    goes_to(&made, &cleo, Some(&ben));
    assert_eq!(made["warnings"], json!([]));
    act(&ben, &made, "accept")
        .await
        .problem(403, "insufficient_role");
    let is = act(&cleo, &made, "accept").await.ok();
    goes_to(&is, &cleo, Some(&ben));
    let history = ann.all(&format!("{}/history", place(&made))).await;
    assert_eq!(history[0]["changes"]["in_place_of_id"]["to"], json!(ben.id));
    // To somebody who is there it goes as it did.
    goes_to(&offered(&ann, &cleo).await, &cleo, None);
    // In a batch just so.
    let tasks = [task_of(&ann, "B").await, task_of(&ann, "C").await];
    let offers: Vec<Value> = [&ben, &cleo]
        .iter()
        .zip(&tasks)
        .map(|(to, task)| json!({"task_id": task["id"], "delegate_id": to.id}))
        .collect();
    let batch = ann
        .post("/delegations/batch", json!({"offers": offers}))
        .await
        .ok();
    goes_to(&batch["items"][0], &cleo, Some(&ben));
    goes_to(&batch["items"][1], &cleo, None);
    assert_eq!(batch["warnings"], json!([]));
}

#[tokio::test]
async fn without_a_substitute_the_delegator_is_told_at_once() {
    let app = on_monday().await;
    let [ann, ben, cleo] = app.team_with(["member", "member", "member"]).await;
    away(&ben, "11-20", "12-04", None).await;
    let made = offered(&ann, &ben).await;
    goes_to(&made, &ben, None);
    let warning = &made["warnings"][0];
    assert_eq!(
        (
            &warning["code"],
            &warning["away_ids"],
            &warning["until_on"],
            &warning["delegation_id"]
        ),
        (
            &json!("nobody_there"),
            &json!([ben.id]),
            &json!("2054-12-04"),
            &made["id"]
        )
    );
    assert!(text(&warning["detail"]).contains("2054-12-04"));
    assert_eq!(now(&ann, &made).await["warnings"], json!([]), "once");
    // The delegator stands in: nobody delegates to themselves.
    away(&cleo, "11-23", "11-23", Some(&ann)).await;
    let made = offered(&ann, &cleo).await;
    goes_to(&made, &cleo, None);
    assert_eq!(made["warnings"][0]["code"], "unsuitable_substitute");
    // In a batch, each about its own.
    let task = task_of(&ann, "B").await;
    let body = json!({"offers": [{"task_id": task["id"], "delegate_id": ben.id}]});
    let tried = ann
        .post("/delegations/batch?validate_only=true", body.clone())
        .await
        .ok();
    assert_eq!(tried["warnings"].as_array().unwrap().len(), 1);
    let batch = ann.post("/delegations/batch", body).await.ok();
    assert_eq!(
        batch["warnings"][0]["delegation_id"],
        batch["items"][0]["id"]
    );
}

#[tokio::test]
async fn substitutes_who_are_absent_too_are_followed_five_steps() {
    let app = on_monday().await;
    let [ann, b, c, d, e, f, g, h] = app.team_with(["member"; 8]).await;
    for (one, next) in [(&b, &c), (&c, &d), (&d, &e), (&e, &f), (&f, &g)] {
        away(one, "11-23", "11-27", Some(next)).await;
    }
    goes_to(&offered(&ann, &b).await, &g, Some(&b));
    let last = away(&g, "11-23", "11-27", Some(&h)).await;
    let task = task_of(&ann, "A").await;
    let refused = offer(&ann, &task, &b, json!({}))
        .await
        .refused_at("/delegate_id");
    let error = &refused["errors"][0];
    assert_eq!(
        (&error["code"], &error["params"]["away_ids"]),
        (
            &json!("nobody_there"),
            &json!([b.id, c.id, d.id, e.id, f.id, g.id])
        )
    );
    goes_to(&offered(&ann, &c).await, &h, Some(&c));
    ann.post(
        "/delegations/batch",
        json!({"offers": [{"task_id": task["id"], "delegate_id": b.id}]}),
    )
    .await
    .refused_at("/offers/0/delegate_id");
    // Two who stand in for each other.
    g.post(
        &format!("/absences/{}/cancel", text(&last["id"])),
        json!({}),
    )
    .await
    .ok();
    away(&g, "11-23", "11-27", Some(&f)).await;
    offer(&ann, &task, &f, json!({}))
        .await
        .refused_at("/delegate_id");
    // A substitute without one of their own.
    away(&h, "11-23", "11-27", None).await;
    away(&ann, "11-23", "11-27", Some(&h)).await;
    let task = task_of(&b, "A").await;
    let made = offer(&b, &task, &ann, json!({})).await.created();
    goes_to(&made, &ann, None);
    assert_eq!(made["warnings"][0]["away_ids"], json!([ann.id, h.id]));
}

#[tokio::test]
async fn only_whole_approved_days_count_each_where_the_member_is() {
    let app = on_monday().await;
    let [lead, ann, ben, cleo] = app.team_with(["lead", "member", "member", "member"]).await;
    let substitute = json!(cleo.id);
    let body = |first: &str, last: &str| json!({"first_on": first, "last_on": last, "kind": "sick", "substitute_id": substitute});
    let mut part = body("2054-11-23", "2054-11-23");
    part["minutes_per_day"] = json!(240);
    ben.post("/absences", part).await.created();
    ben.post("/absences", body("2054-11-24", "2054-11-24"))
        .await
        .created();
    let off = ben
        .post("/absences", body("2054-11-23", "2054-11-23"))
        .await
        .created();
    ben.post(&format!("/absences/{}/cancel", text(&off["id"])), json!({}))
        .await
        .ok();
    settings(&lead, json!({"absence_approval": "lead"})).await;
    let asked = ben
        .post("/absences", body("2054-11-23", "2054-11-23"))
        .await
        .created();
    goes_to(&offered(&ann, &ben).await, &ben, None);
    let approve = format!("/absences/{}/approve", text(&asked["id"]));
    lead.post(&approve, json!({})).await.ok();
    goes_to(&offered(&ann, &ben).await, &cleo, Some(&ben));
    // Tuesday is over in Paris an hour earlier than in Greenwich.
    app.clock.stop_at("2054-11-24T22:59:00Z".parse().unwrap());
    goes_to(&offered(&ann, &ben).await, &cleo, Some(&ben));
    app.clock.advance(TimeDelta::minutes(1));
    goes_to(&offered(&ann, &ben).await, &ben, None);
    let zone = json!({"time_zone": "America/New_York"});
    ben.person.patch("/v1/me", zone).await.ok();
    goes_to(&offered(&ann, &ben).await, &cleo, Some(&ben));
    // A guest cannot stand in any more.
    lead.patch(&format!("/members/{}", cleo.id), json!({"role": "guest"}))
        .await
        .problem(409, "still_referenced");
}

/// Offers to Ben in several states, and Ben's absence from Tuesday on.
async fn before_the_absence(app: &TestApp, by: &Member, ben: &Member, to: &Member) -> [Value; 3] {
    let open = offered(by, ben).await;
    let answered = offered(by, ben).await;
    act(ben, &answered, "propose").await.ok();
    let taken = offered(by, ben).await;
    act(ben, &taken, "accept").await.ok();
    away(ben, "11-24", "11-27", Some(to)).await;
    jobs::run_due(&app.state).await;
    goes_to(&now(by, &open).await, ben, None);
    app.clock.stop_at("2054-11-23T22:59:59Z".parse().unwrap());
    jobs::run_due(&app.state).await;
    goes_to(&now(by, &open).await, ben, None);
    app.clock.advance(TimeDelta::seconds(1));
    [open, answered, taken]
}

#[tokio::test]
async fn when_an_absence_begins_unanswered_offers_go_to_the_substitute() {
    let app = on_monday().await;
    let [ann, ben, cleo] = app.team_with(["member", "member", "member"]).await;
    let [open, answered, taken] = before_the_absence(&app, &ann, &ben, &cleo).await;
    let revision = |lines: &[Value]| lines.last().unwrap()["revision"].clone();
    tokio::join!(
        jobs::run_due(&app.state),
        jobs::run_due(&app.state),
        jobs::run_due(&app.state),
        jobs::run_due(&app.state)
    );
    goes_to(&now(&ann, &open).await, &cleo, Some(&ben));
    assert_eq!(now(&ann, &open).await["state"], "offered");
    goes_to(&now(&ann, &answered).await, &ben, None);
    goes_to(&now(&ann, &taken).await, &ben, None);
    let history = ann.all(&format!("{}/history", place(&open))).await;
    assert_eq!(history.len(), 2, "once, whatever the number of servers");
    let line = &history[1];
    assert_eq!(
        (&line["actor_id"], &line["changes"]["delegate_id"]["to"]),
        (&Value::Null, &json!(cleo.id))
    );
    assert!(text(&line["note"]).contains("is away until 2054-11-27"));
    let at = revision(&ann.all("/changes").await);
    jobs::run_due(&app.state).await;
    assert_eq!(
        revision(&ann.all("/changes").await),
        at,
        "nothing is left to do"
    );
    act(&ben, &open, "accept")
        .await
        .problem(403, "insufficient_role");
    // Cleo goes away in turn, and Ben would stand in: back to whom it was meant for.
    let tomorrow = ben.get("/absences").await.ok()["items"][0].clone();
    ben.post(
        &format!("/absences/{}/cancel", text(&tomorrow["id"])),
        json!({}),
    )
    .await
    .ok();
    away(&cleo, "11-24", "11-24", Some(&ben)).await;
    jobs::run_due(&app.state).await;
    goes_to(&now(&ann, &open).await, &ben, None);
}

#[tokio::test]
async fn or_back_to_the_delegator_as_the_team_has_chosen() {
    let app = on_monday().await;
    let [lead, ann, ben, cleo] = app.team_with(["lead", "member", "member", "member"]).await;
    settings(&lead, json!({"absent_offers": "return"})).await;
    let [open, answered, taken] = before_the_absence(&app, &ann, &ben, &cleo).await;
    tokio::join!(jobs::run_due(&app.state), jobs::run_due(&app.state));
    let is = now(&ann, &open).await;
    assert_eq!(is["state"], "withdrawn");
    assert!(text(&is["reason"]).contains("is away until 2054-11-27"));
    assert!(is["ended_at"].is_string());
    assert_eq!(now(&ann, &answered).await["state"], "countered");
    assert_eq!(now(&ann, &taken).await["state"], "accepted");
    let history = ann.all(&format!("{}/history", place(&open))).await;
    assert_eq!(
        (history.len(), &history[1]["actor_id"], &history[1]["note"]),
        (2, &Value::Null, &is["reason"])
    );
    // The task can be offered again at once, and goes where it belongs.
    let task = json!({"id": open["task_id"]});
    goes_to(
        &offer(&ann, &task, &ben, json!({})).await.created(),
        &cleo,
        Some(&ben),
    );
}

/// The offer is with its maker again, who is told why.
async fn given_back(by: &Member, offer: &Value, why: &str) {
    let is = now(by, offer).await;
    assert_eq!(
        (&is["state"], &is["delegate_id"]),
        (&json!("withdrawn"), &offer["delegate_id"])
    );
    let reason = text(&is["reason"]);
    assert!(
        reason.contains("is away until 2054-11-2") && reason.contains(why),
        "{reason}"
    );
    let history = by.all(&format!("{}/history", place(offer))).await;
    assert_eq!(
        (history.len(), &history[1]["actor_id"], &history[1]["note"]),
        (2, &Value::Null, &is["reason"])
    );
}

#[tokio::test]
async fn and_back_wherever_nobody_can_stand_in() {
    let app = on_monday().await;
    let [ann, alone, own, b, c, d, e, f, g, h] = app.team_with(["member"; 10]).await;
    let to_alone = offered(&ann, &alone).await;
    let to_own = offered(&ann, &own).await;
    let to_first = offered(&ann, &b).await;
    let to_second = offered(&ann, &c).await;
    away(&alone, "11-23", "11-27", None).await;
    // Nobody delegates to themselves.
    away(&own, "11-23", "11-27", Some(&ann)).await;
    for (one, next) in [(&c, &d), (&d, &e), (&e, &f), (&f, &g), (&g, &h), (&b, &c)] {
        away(one, "11-23", "11-27", Some(next)).await;
    }
    jobs::run_due(&app.state).await;
    given_back(&ann, &to_alone, "and nobody stands in").await;
    given_back(&ann, &to_own, "whoever would stand in cannot take it").await;
    given_back(&ann, &to_first, "all who would stand in are away too").await;
    goes_to(&now(&ann, &to_second).await, &h, Some(&c));
    // A task is free again at once.
    let task = json!({"id": to_first["task_id"]});
    goes_to(&offer(&ann, &task, &h, json!({})).await.created(), &h, None);
}

#[tokio::test]
async fn an_absence_entered_late_begins_at_once_and_one_that_is_over_does_not() {
    let app = on_monday().await;
    let [ann, ben, cleo] = app.team_with(["member", "member", "member"]).await;
    let open = offered(&ann, &ben).await;
    away(&ben, "11-16", "11-20", Some(&cleo)).await;
    jobs::run_due(&app.state).await;
    goes_to(&now(&ann, &open).await, &ben, None);
    let late = away(&ben, "11-20", "11-23", None).await;
    jobs::run_due(&app.state).await;
    given_back(&ann, &open, "and nobody stands in").await;
    let open = offered(&ann, &ben).await;
    assert_eq!(open["warnings"][0]["code"], "nobody_there");
    jobs::run_due(&app.state).await;
    goes_to(&now(&ann, &open).await, &ben, None);
    // It has begun; a substitute who is named now takes what comes from now on.
    let at = format!("/absences/{}", text(&late["id"]));
    ben.patch(&at, json!({"substitute_id": cleo.id})).await.ok();
    jobs::run_due(&app.state).await;
    goes_to(&now(&ann, &open).await, &ben, None);
    goes_to(&offered(&ann, &ben).await, &cleo, Some(&ben));
    // One that is moved begins anew.
    ben.patch(&at, json!({"first_on": "2054-11-23"})).await.ok();
    jobs::run_due(&app.state).await;
    goes_to(&now(&ann, &open).await, &cleo, Some(&ben));
}

#[tokio::test]
async fn who_has_left_holds_up_nobody() {
    let app = on_monday().await;
    let [lead, ann, ben, cleo] = app.team_with(["lead", "member", "member", "member"]).await;
    let open = offered(&ann, &ben).await;
    away(&cleo, "11-24", "11-27", None).await;
    away(&ben, "11-24", "11-27", Some(&lead)).await;
    cleo.delete("/members/me").await.no_content();
    app.clock.advance(TimeDelta::days(1));
    jobs::run_due(&app.state).await;
    goes_to(&now(&ann, &open).await, &lead, Some(&ben));
}
