//! Whom to ask for a task, and why.

use serde_json::{Value, json};

use super::workload::{on_monday, task, work};
use crate::vocabulary::Member;
use crate::work::delegations::{act, offer};

async fn skilled(member: &Member, skills: Value) {
    member
        .patch(
            &format!("/members/{}", member.id),
            json!({"skills": skills}),
        )
        .await
        .ok();
}

async fn ask(by: &Member, task: &Value, query: &str) -> Value {
    let id = task["id"].as_str().unwrap();
    by.get(&format!("/tasks/{id}/candidates{query}")).await.ok()
}

fn ranked(answer: &Value) -> Vec<&str> {
    answer["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["member_id"].as_str().unwrap())
        .collect()
}

fn of<'a>(answer: &'a Value, member: &Member) -> &'a Value {
    answer["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["member_id"] == json!(member.id))
        .expect("a candidate")
}

/// Every score is the sum of the points that are shown, times the weights that are shown.
fn check_scores(answer: &Value) {
    let mut before = i64::MAX;
    for one in answer["candidates"].as_array().unwrap() {
        let sum: i64 = ["skills", "free", "load", "overlap", "experience"]
            .iter()
            .map(|part| {
                let points = one[part]["points"].as_i64().unwrap();
                assert!((0..=100).contains(&points));
                points * answer["weights"][part].as_i64().unwrap()
            })
            .sum();
        assert_eq!(one["score"], sum, "{one}");
        assert!(sum <= before, "the best first");
        before = sum;
    }
}

#[tokio::test]
async fn members_are_ranked_by_what_is_shown() {
    let app = on_monday().await;
    let [lead, ann, ben, eve, guest] = app
        .team_with(["lead", "member", "member", "member", "guest"])
        .await;
    work(&lead, "/working-hours", 480).await;
    skilled(&ann, json!(["Rédaction", "Go"])).await;
    skilled(&ben, json!(["Writing", "notes"])).await;
    // Ann has nearly all of the week taken; Eve is away.
    task(
        &lead,
        &ann,
        json!({"due_on": "2054-11-27", "estimate_minutes": 2160}),
    )
    .await;
    eve.post(
        "/absences",
        json!({"first_on": "2054-11-23", "last_on": "2054-11-29", "kind": "vacation"}),
    )
    .await
    .created();
    let wanted = lead
        .post("/tasks", json!({"title": "Notes", "labels": ["notes"], "due_on": "2054-11-27", "estimate_minutes": 480}))
        .await
        .created();
    let answer = ask(&lead, &wanted, "?skills=redaction,go").await;
    check_scores(&answer);
    assert_eq!(answer["wanted_skills"], json!(["notes", "redaction", "go"]));
    assert_eq!(
        answer["window"],
        json!({"first_on": "2054-11-23", "last_on": "2054-11-27"})
    );
    assert_eq!(answer["is_window_assumed"], false);
    assert_eq!(
        answer["weights"],
        json!({"skills": 40, "free": 25, "load": 15, "overlap": 10, "experience": 10})
    );
    let reasons: Vec<(&str, &str)> = answer["not_ranked"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["member_id"].as_str().unwrap(),
                one["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        reasons,
        [
            (guest.id.as_str(), "guest"),
            (lead.id.as_str(), "has_the_task"),
            (eve.id.as_str(), "absent"),
        ]
    );
    assert_eq!(
        of(&answer, &ann)["skills"],
        json!({"points": 66, "matched": ["redaction", "go"], "missing": ["notes"]})
    );
    assert_eq!(
        of(&answer, &ann)["free"],
        json!({"points": 50, "free_minutes": 240, "needed_minutes": 480})
    );
    assert_eq!(
        of(&answer, &ann)["load"],
        json!({"points": 10, "taken_minutes": 2160, "capacity_minutes": 2400})
    );
    assert_eq!(of(&answer, &ben)["skills"]["points"], 33);
    assert_eq!(of(&answer, &ben)["free"]["free_minutes"], 2400);
    assert_eq!(
        of(&answer, &ben)["overlap"]["points"],
        100,
        "the same clock"
    );
    // Whoever counts skills alone gets another order than whoever counts time alone.
    let nothing = "free_weight=0&load_weight=0&overlap_weight=0&experience_weight=0";
    let skills = ask(&lead, &wanted, &format!("?skills=redaction,go&{nothing}")).await;
    check_scores(&skills);
    assert_eq!(ranked(&skills)[..2], [ann.id.as_str(), ben.id.as_str()]);
    let time = ask(&lead, &wanted, "?skills_weight=0&free_weight=100&best=1").await;
    check_scores(&time);
    assert_ne!(ranked(&time), [ann.id.as_str()]);
    assert_eq!(time["ranked_total"], 3, "Ann, Ben and the owner");
    // Who of these two, and the guest?
    let only = format!(
        "?member_id={},{},{}&skills=redaction,go",
        ann.id, ben.id, guest.id
    );
    let some = ask(&lead, &wanted, &only).await;
    let mut two = ranked(&answer);
    two.retain(|id| [&ann.id, &ben.id].contains(&&(*id).to_owned()));
    assert_eq!((two.len(), ranked(&some)), (2, two), "in the same order");
    for member in [&ann, &ben] {
        assert_eq!(of(&some, member), of(&answer, member), "the same figures");
    }
    assert_eq!(
        (&some["ranked_total"], &some["not_ranked_total"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(some["not_ranked"][0]["member_id"], json!(guest.id));
    let place = format!("/tasks/{}/candidates", wanted["id"].as_str().unwrap());
    lead.get(&format!("{place}?member_id=none"))
        .await
        .problem(400, "invalid_query");
    guest
        .get(&format!(
            "/tasks/{}/candidates",
            wanted["id"].as_str().unwrap()
        ))
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn earlier_work_of_the_kind_counts_when_it_was_confirmed() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let labelled = async |label: &str| {
        lead.post("/tasks", json!({"title": "Earlier", "labels": [label]}))
            .await
            .created()
    };
    for (task, whom, confirmed) in [
        (labelled("release").await, &ann, true),
        (labelled("release").await, &ann, true),
        (labelled("release").await, &ben, false),
        (labelled("party").await, &ben, true),
    ] {
        let offered = offer(&lead, &task, whom, json!({})).await.created();
        act(whom, &offered, "accept").await.ok();
        act(whom, &offered, "submit").await.ok();
        if confirmed {
            act(&lead, &offered, "confirm").await.ok();
        }
    }
    let wanted = labelled("release").await;
    let answer = ask(&lead, &wanted, "").await;
    check_scores(&answer);
    assert_eq!(
        of(&answer, &ann)["experience"],
        json!({"points": 40, "confirmed_delegations": 2})
    );
    assert_eq!(of(&answer, &ben)["experience"]["points"], 0);
    // Nobody wrote down any hours: unknown is null, and earns no points.
    assert_eq!(of(&answer, &ann)["free"]["free_minutes"], Value::Null);
    assert_eq!(of(&answer, &ann)["overlap"]["common_minutes"], Value::Null);
    assert_eq!(answer["is_window_assumed"], true);
    assert_eq!(
        answer["window"],
        json!({"first_on": "2054-11-23", "last_on": "2054-12-06"})
    );
    assert_eq!(answer["needed_minutes"], Value::Null);
}

#[tokio::test]
async fn earlier_work_counts_by_what_its_task_is_now() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let body = |label: &str| json!({"title": "Earlier", "labels": [label]});
    let earlier = lead.post("/tasks", body("release")).await.created();
    let wanted = lead.post("/tasks", body("release")).await.created();
    let confirmed = async || {
        let answer = ask(&lead, &wanted, "").await;
        of(&answer, &ann)["experience"]["confirmed_delegations"].clone()
    };
    assert_eq!(confirmed().await, 0);
    let offered = offer(&lead, &earlier, &ann, json!({})).await.created();
    act(&ann, &offered, "accept").await.ok();
    act(&ann, &offered, "submit").await.ok();
    assert_eq!(confirmed().await, 0, "nobody has confirmed it");
    act(&lead, &offered, "confirm").await.ok();
    assert_eq!(confirmed().await, 1);
    let id = earlier["id"].as_str().unwrap();
    let place = format!("/tasks/{id}");
    lead.patch(&place, json!({"labels": ["party"]})).await.ok();
    assert_eq!(confirmed().await, 0, "another kind of work");
    lead.patch(&place, json!({"labels": ["party", "release"]}))
        .await
        .ok();
    assert_eq!(confirmed().await, 1);
    lead.delete(&place).await.no_content();
    assert_eq!(confirmed().await, 0, "in the trash");
    let restore = format!("/trash/{id}/restore");
    lead.request("POST", &restore).send().await.ok();
    assert_eq!(confirmed().await, 1);
}

#[tokio::test]
async fn the_task_itself_is_no_load_and_wrong_weights_are_refused() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    work(&lead, "/working-hours", 480).await;
    let wanted = task(
        &lead,
        &ann,
        json!({"due_on": "2054-11-23", "estimate_minutes": 480}),
    )
    .await;
    let answer = ask(&lead, &wanted, "").await;
    assert_eq!(
        answer["not_ranked"],
        json!([{"member_id": ann.id, "display_name": "member 1", "reason": "has_the_task"}])
    );
    assert_eq!(of(&answer, &lead)["free"]["free_minutes"], 480);
    let id = wanted["id"].as_str().unwrap();
    for query in [
        "skills_weight=101",
        "free_weight=-1",
        "load_weight=x",
        "best=0",
        "best=101",
        "skills=",
    ] {
        lead.get(&format!("/tasks/{id}/candidates?{query}"))
            .await
            .problem(400, "invalid_query");
    }
    let nowhere = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55";
    lead.get(&format!("/tasks/{nowhere}/candidates"))
        .await
        .problem(404, "not_found");
}

/// Works eight hours from Monday to Friday from today on, by the clocks of this zone.
async fn work_in(by: &Member, place: &str, zone: &str) {
    let body = json!({"valid_from_on": "2054-11-23", "monday_minutes": 480, "tuesday_minutes": 480,
        "wednesday_minutes": 480, "thursday_minutes": 480, "friday_minutes": 480,
        "saturday_minutes": 0, "sunday_minutes": 0, "time_zone": zone});
    by.post(place, body).await.created();
}

#[tokio::test]
async fn common_hours_follow_the_working_hours_in_force() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let wanted = lead
        .post("/tasks", json!({"title": "Notes"}))
        .await
        .created();
    let overlap = async |whom: &Member| {
        let part = of(&ask(&lead, &wanted, "").await, whom)["overlap"].clone();
        let figures = ["points", "common_minutes", "working_minutes"];
        (
            part["time_zone"].as_str().unwrap().to_owned(),
            figures.map(|name| part[name].as_i64()),
        )
    };
    let all = |zone: &str| (zone.to_owned(), [Some(100), Some(2400), Some(2400)]);
    work_in(&lead, "/working-hours", "Europe/Paris").await;
    let own = |member: &Member| format!("/members/{}/working-hours", member.id);
    work_in(&ann, &own(&ann), "America/New_York").await;
    // In New York they begin when it is three in Paris.
    let new_york = |points, common| {
        (
            "America/New_York".to_owned(),
            [Some(points), Some(common), Some(2400)],
        )
    };
    assert_eq!(overlap(&ann).await, new_york(25, 600));
    assert_eq!(overlap(&ben).await, all("Europe/Paris"), "by the team's");
    // The accountable member's count just so: London is an hour behind Paris, and nearer to New York.
    work_in(&lead, &own(&lead), "Europe/London").await;
    assert_eq!(overlap(&ann).await, new_york(37, 900));
    assert_eq!(
        overlap(&ben).await,
        (
            "Europe/Paris".to_owned(),
            [Some(87), Some(2100), Some(2400)]
        )
    );
    // Where somebody's account says they are is another matter.
    let zone = json!({"time_zone": "Asia/Tokyo"});
    ann.person.patch("/v1/me", zone).await.ok();
    assert_eq!(overlap(&ann).await, new_york(37, 900));
}

#[tokio::test]
async fn a_tag_is_old_when_somebody_moves() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let wanted = lead
        .post("/tasks", json!({"title": "Notes"}))
        .await
        .created();
    let place = format!("/tasks/{}/candidates", wanted["id"].as_str().unwrap());
    let first = lead.get(&place).await;
    let tag = first.header("etag").expect("a tag").to_owned();
    let again = async || {
        let known = lead.request("GET", &place).header("If-None-Match", &tag);
        known.send().await
    };
    let zone = |answer: &Value| of(answer, &ann)["overlap"]["time_zone"].clone();
    assert_eq!(zone(&first.ok()), "Europe/Paris");
    assert_eq!(again().await.status, 304);
    // Nobody wrote down any hours, so the zone of the account is told; it is no change of the team.
    let moved = json!({"time_zone": "America/New_York"});
    ann.person.patch("/v1/me", moved).await.ok();
    assert_eq!(zone(&again().await.ok()), "America/New_York");
}
