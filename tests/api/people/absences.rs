//! Absences: asked for, decided about, called off; who sees what.

use serde_json::{Value, json};

use super::working_hours::on_monday;
use crate::vocabulary::{Answer, Member};
use crate::work::expand::shown;

fn july(member: &Member) -> Value {
    json!({"member_id": member.id, "first_on": "2055-07-05", "last_on": "2055-07-23", "kind": "vacation",
        "note": "The sea"})
}

fn at(absence: &Value) -> String {
    format!("/absences/{}", absence["id"].as_str().unwrap())
}

async fn act(by: &Member, absence: &Value, verb: &str) -> Answer {
    by.post(&format!("{}/{verb}", at(absence)), json!({})).await
}

pub async fn settings(lead: &Member, settings: Value) {
    let team = format!("/v1/teams/{}", lead.team_id);
    lead.person.patch(&team, settings).await.ok();
}

#[tokio::test]
async fn where_nobody_asks_it_is_approved_at_once() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let own = ann.post("/absences", july(&ann)).await.created();
    assert_eq!(
        (
            &own["state"],
            &own["decided_by_id"],
            &own["requested_by_id"]
        ),
        (&json!("approved"), &Value::Null, &json!(ann.id))
    );
    assert_eq!(own["note"], "The sea");
    let mut mine = july(&ann);
    mine.as_object_mut().unwrap().remove("member_id");
    let implied = ann.post("/absences", mine).await.created();
    assert_eq!(implied["member_id"], json!(ann.id), "the caller");
    let entered = lead.post("/absences", july(&ann)).await.created();
    assert_eq!(entered["decided_by_id"], json!(lead.id));
    let refused = ben
        .post("/absences", july(&ann))
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "absence:approve");
    let shorter = ann
        .patch(&at(&own), json!({"last_on": "2055-07-09"}))
        .await
        .ok();
    assert_eq!(
        (&shorter["last_on"], &shorter["state"]),
        (&json!("2055-07-09"), &json!("approved"))
    );
    ben.patch(&at(&own), json!({"last_on": "2055-07-08"}))
        .await
        .problem(403, "insufficient_role");
    act(&ben, &own, "cancel")
        .await
        .problem(403, "insufficient_role");
    assert_eq!(act(&ann, &own, "cancel").await.ok()["state"], "cancelled");
    let over = ann
        .patch(&at(&own), json!({"kind": "sick"}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(over["from"], "cancelled");
}

#[tokio::test]
async fn a_lead_decides_where_the_team_wants_that() {
    let app = on_monday().await;
    let [owner, lead, other, ann] = app.team_with(["owner", "lead", "lead", "member"]).await;
    settings(&lead, json!({"absence_approval": "lead"})).await;
    let asked = ann.post("/absences", july(&ann)).await.created();
    assert_eq!(asked["state"], "requested");
    act(&ann, &asked, "approve")
        .await
        .problem(403, "insufficient_role");
    // While it waits, it can still be changed.
    ann.patch(&at(&asked), json!({"first_on": "2055-07-06"}))
        .await
        .ok();
    let approved = lead
        .post(&format!("{}/approve", at(&asked)), json!({"note": "Enjoy"}))
        .await
        .ok();
    assert_eq!(
        (
            &approved["state"],
            &approved["decided_by_id"],
            &approved["decision_note"]
        ),
        (&json!("approved"), &json!(lead.id), &json!("Enjoy"))
    );
    for (verb, to) in [("approve", "approved"), ("reject", "rejected")] {
        let late = act(&lead, &asked, verb)
            .await
            .problem(409, "invalid_transition");
        assert_eq!(
            (&late["from"], &late["to"], &late["allowed"]),
            (&json!("approved"), &json!(to), &json!(["cancelled"]))
        );
    }
    // What was approved moves only with a lead; the note and the substitute are the member's.
    for body in [
        json!({"last_on": "2055-08-01"}),
        json!({"minutes_per_day": 60}),
        json!({"kind": "other"}),
    ] {
        let refused = ann
            .patch(&at(&asked), body)
            .await
            .problem(403, "insufficient_role");
        assert_eq!(refused["required"], "absence:approve");
    }
    ann.patch(
        &at(&asked),
        json!({"note": "The hills", "substitute_id": lead.id, "last_on": "2055-07-23"}),
    )
    .await
    .ok();
    lead.patch(&at(&asked), json!({"last_on": "2055-07-22"}))
        .await
        .ok();

    let second = ann.post("/absences", july(&ann)).await.created();
    assert_eq!(
        act(&lead, &second, "reject").await.ok()["state"],
        "rejected"
    );
    act(&ann, &second, "cancel")
        .await
        .problem(409, "invalid_transition");

    // Leads cannot approve their own; an owner can, and needs to ask nobody.
    let own = lead.post("/absences", july(&lead)).await.created();
    assert_eq!(own["state"], "requested");
    let refused = act(&lead, &own, "approve")
        .await
        .problem(403, "insufficient_role");
    assert!(refused["detail"].as_str().unwrap().contains("another lead"));
    act(&other, &own, "approve").await.ok();
    let owners = owner.post("/absences", july(&owner)).await.created();
    assert_eq!(owners["state"], "approved");
    // Entered for somebody else it is decided with that.
    let entered = lead.post("/absences", july(&ann)).await.created();
    assert_eq!(entered["state"], "approved");
}

#[tokio::test]
async fn bad_absences_are_refused_with_every_field_that_is_wrong() {
    let app = on_monday().await;
    let [lead, ann, guest] = app.team_with(["lead", "member", "guest"]).await;
    let other = app.person("Oscar").await.found_team("Far", "FAR").await;
    for (member, wrong) in [
        ("last_on", json!("2055-07-04")),
        ("last_on", json!("2060-07-05")),
        ("first_on", json!(null)),
        ("minutes_per_day", json!(0)),
        ("minutes_per_day", json!(1441)),
        ("minutes_per_day", json!(-5)),
        ("kind", json!("bored")),
        ("note", json!("x".repeat(2001))),
        ("substitute_id", json!(ann.id)),
        ("substitute_id", json!(guest.id)),
        ("substitute_id", json!(other.id)),
        ("member_id", json!(other.id)),
        ("state", json!("approved")),
    ] {
        let mut body = july(&ann);
        body[member] = wrong.clone();
        lead.post("/absences", body)
            .await
            .refused_at(&format!("/{member}"));
    }
    let mut body = july(&ann);
    body["last_on"] = json!("2055-07-04");
    body["substitute_id"] = json!(guest.id);
    let both = ann
        .post("/absences", body)
        .await
        .problem(422, "validation_failed");
    assert_eq!(both["errors"].as_array().unwrap().len(), 2);
    let mut longest = july(&ann);
    longest["last_on"] = json!("2060-07-04");
    let kept = ann.post("/absences", longest).await.created();
    ann.patch(&at(&kept), json!({"first_on": "2055-07-01"}))
        .await
        .refused_at("/last_on");
    ann.patch(&at(&kept), json!({"substitute_id": ann.id}))
        .await
        .refused_at("/substitute_id");
}

#[tokio::test]
async fn notes_are_for_leads_and_the_member_and_guests_see_nothing() {
    let app = on_monday().await;
    let [lead, ann, ben, guest] = app.team_with(["lead", "member", "member", "guest"]).await;
    let made = ann.post("/absences", july(&ann)).await.created();
    for (who, sees) in [(&lead, true), (&ann, true), (&ben, false)] {
        let expected = if sees { json!("The sea") } else { Value::Null };
        let one = who.get(&at(&made)).await.ok();
        let listed = who.all("/absences").await;
        assert_eq!((&one["note"], &listed[0]["note"]), (&expected, &expected));
        assert!(one["note_changed_at"].is_string());
    }
    let tags = (ann.get(&at(&made)).await, ben.get(&at(&made)).await);
    assert_ne!(
        tags.0.header("etag"),
        tags.1.header("etag"),
        "who sees less has another tag"
    );
    ann.patch(&at(&made), json!({"note": "The hills"}))
        .await
        .ok();
    let lines = ben.get("/changes?kind=absence").await;
    assert!(
        !lines.text.contains("sea") && !lines.text.contains("hills"),
        "the journal keeps no note: {}",
        lines.text
    );
    let lines = ben.all("/changes?kind=absence").await;
    let changed: Vec<&String> = lines[1]["changes"].as_object().unwrap().keys().collect();
    assert_eq!(changed, ["note_changed_at"]);
    for answer in [
        guest.get("/absences").await,
        guest.get(&at(&made)).await,
        guest.post("/absences", july(&guest)).await,
        guest.get("/changes?kind=absence").await,
    ] {
        answer.problem(403, "insufficient_role");
    }
}

#[tokio::test]
async fn absences_are_found_by_whom_when_and_why() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let enter = async |member: &Member, first: &str, last: &str, kind: &str, substitute: Value| {
        let body =
            json!({"first_on": first, "last_on": last, "kind": kind, "substitute_id": substitute});
        member.post("/absences", body).await.created()
    };
    let a = enter(&ann, "2055-01-04", "2055-01-08", "vacation", json!(ben.id)).await;
    let b = enter(&ben, "2055-01-08", "2055-01-08", "sick", Value::Null).await;
    let c = enter(&ann, "2054-12-01", "2054-12-02", "training", Value::Null).await;
    let found = async |by: &Member, query: &str| -> Vec<Value> {
        let rows = by.all(&format!("/absences?{query}")).await;
        rows.iter().map(|row| row["id"].clone()).collect()
    };
    let ids = |all: &[&Value]| -> Vec<Value> { all.iter().map(|one| one["id"].clone()).collect() };
    for (query, expected) in [
        ("", vec![&c, &a, &b]),
        ("sort=-first_on", vec![&b, &a, &c]),
        ("sort=created_at", vec![&a, &b, &c]),
        ("member_id=me", vec![&c, &a]),
        ("kind=sick,training", vec![&c, &b]),
        ("from=2055-01-08", vec![&a, &b]),
        ("to=2055-01-07", vec![&c, &a]),
        ("from=2055-01-05&to=2055-01-06", vec![&a]),
        ("substitute_id=none", vec![&c, &b]),
        ("state=requested", vec![]),
        ("state=approved,cancelled", vec![&c, &a, &b]),
    ] {
        assert_eq!(found(&ann, query).await, ids(&expected), "{query}");
    }
    assert_eq!(found(&ben, "substitute_id=me").await, ids(&[&a]));
    assert_eq!(
        found(&lead, &format!("member_id={}", ben.id)).await,
        ids(&[&b])
    );
    for wrong in [
        "from=2055-01-02&to=2055-01-01",
        "from=soon",
        "kind=bored",
        "member_id=you",
        "sort=kind",
    ] {
        ann.get(&format!("/absences?{wrong}"))
            .await
            .problem(400, "invalid_query");
    }
    // Over all teams.
    let far = ann.person.found_team("Far", "FAR").await;
    let d = far
        .post("/absences", json!({"first_on": "2055-01-05", "last_on": "2055-01-05", "kind": "other", "note": "Mine"}))
        .await
        .created();
    let mine = async |query: &str| -> Vec<Value> {
        let page = ann
            .person
            .get(&format!("/v1/me/absences{query}"))
            .await
            .ok();
        let rows = page["items"].as_array().unwrap();
        rows.iter().map(|row| row["id"].clone()).collect()
    };
    assert_eq!(mine("").await, ids(&[&c, &a, &d]));
    assert_eq!(
        mine("?from=2055-01-01&state=approved").await,
        ids(&[&a, &d])
    );
}

#[tokio::test]
async fn absences_show_who_is_away_and_who_stands_in() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let mut away = july(&ann);
    away["substitute_id"] = json!(ben.id);
    let absence = ann.post("/absences", away).await.created();
    let both = json!({"members": ["member 1", "member 2"]});
    let one = format!("{}?expand=member,substitute", at(&absence));
    for path in [&one, "/absences?expand=member,substitute,requested_by"] {
        assert_eq!(shown(&ben.get(path).await.ok()), both, "{path}");
    }
    let path = format!("{}?expand=decided_by", at(&absence));
    assert_eq!(shown(&ben.get(&path).await.ok()), json!({"members": []}));
    let mine = ann.person.get("/v1/me/absences?expand=substitute").await;
    assert_eq!(shown(&mine.ok()), json!({"members": ["member 2"]}));
    // The notes stay where they are, and so does the tag of whoever may know them.
    let (of_ben, of_lead) = (ben.get(&one).await, lead.get(&one).await);
    assert_ne!(of_ben.header("etag"), of_lead.header("etag"));
    let tag = of_lead.header("etag").unwrap().to_owned();
    assert_eq!(of_ben.ok()["note"], Value::Null);
    assert_eq!(of_lead.ok()["note"], "The sea");
    let change = lead
        .request("PATCH", &at(&absence))
        .header("If-Match", &tag);
    change.json(json!({"note": "The lake"})).await.ok();
    // Who has left stands in no more, and is not shown.
    lead.delete(&format!("/members/{}", ben.id))
        .await
        .no_content();
    let left = shown(&lead.get(&one).await.ok());
    assert_eq!(left, json!({"members": ["member 1"]}));
}

#[tokio::test]
async fn several_are_entered_at_once_or_none() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let christmas = json!({"first_on": "2055-12-24", "last_on": "2055-12-31", "kind": "vacation"});
    let mut backwards = july(&ann);
    backwards["last_on"] = json!("2055-07-01");
    let mut without = christmas.clone();
    without["substitute_id"] = json!(ann.id);
    let batch = json!({"absences": [christmas, backwards, without]});
    let refused = ann.post("/absences/batch", batch).await;
    let refused = refused.problem(422, "validation_failed");
    let pointers: Vec<&Value> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["pointer"])
        .collect();
    assert_eq!(
        pointers,
        ["/absences/1/last_on", "/absences/2/substitute_id"]
    );
    assert!(ann.all("/absences").await.is_empty());
    let batch = json!({"absences": [july(&ann), christmas]});
    let refused = ben
        .post("/absences/batch", batch.clone())
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["pointer"], "/absences/0");
    let made = ann.post("/absences/batch", batch).await.ok();
    assert_eq!(
        (&made["items"][0]["note"], &made["items"][1]["member_id"]),
        (&json!("The sea"), &json!(ann.id))
    );
    assert_eq!(ben.all("/absences").await.len(), 2);
    ann.post("/absences/batch", json!({"absences": []}))
        .await
        .refused_at("/absences");
    lead.get("/absences/batch")
        .await
        .problem(405, "method_not_allowed");
}

#[tokio::test]
async fn the_history_of_an_absence_keeps_its_notes_to_itself() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let own = ann.post("/absences", july(&ann)).await.created();
    ann.patch(&at(&own), json!({"note": "The mountains"}))
        .await
        .ok();
    act(&lead, &own, "cancel").await.ok();
    let lines = ben.all(&format!("{}/history", at(&own))).await;
    let changed: Vec<Vec<&String>> = lines
        .iter()
        .skip(1)
        .map(|line| line["changes"].as_object().unwrap().keys().collect())
        .collect();
    assert_eq!(changed, [vec!["note_changed_at"], vec!["state"]]);
    assert!(!json!(lines).to_string().contains("The "), "{lines:?}");
}
