//! Time entries: what was worked, by whom, on what, on which day.

mod sums;
mod timers;

use serde_json::{Value, json};

use crate::vocabulary::{Answer, Member, TestApp};
use crate::work::expand::shown;

/// A task with these members.
pub async fn task(by: &Member, besides: Value) -> Value {
    let mut body = json!({"title": "Write the notes"});
    for (name, value) in besides.as_object().unwrap() {
        body[name] = value.clone();
    }
    by.post("/tasks", body).await.created()
}

pub fn at(entry: &Value) -> String {
    format!("/time-entries/{}", entry["id"].as_str().unwrap())
}

pub async fn enter(by: &Member, task: &Value, day: &str, minutes: i64) -> Answer {
    let body = json!({"task_id": task["id"], "spent_on": day, "minutes": minutes});
    by.post("/time-entries", body).await
}

/// Half past midnight in Paris, where everybody is, on Tuesday, 24 November; in Greenwich it is still Monday.
pub async fn past_midnight() -> TestApp {
    let app = TestApp::start().await;
    app.clock.stop_at("2054-11-23T23:30:00Z".parse().unwrap());
    app
}

async fn task_now(by: &Member, task: &Value) -> Value {
    by.get(&format!("/tasks/{}", task["id"].as_str().unwrap()))
        .await
        .ok()
}

#[tokio::test]
async fn one_enters_own_time_and_a_lead_anybodys() {
    let app = past_midnight().await;
    let [lead, ann, ben, guest] = app.team_with(["lead", "member", "member", "guest"]).await;
    let notes = task(&lead, json!({})).await;
    let body = json!({"task_id": notes["id"], "minutes": 90, "note": "First draft"});
    let own = ann.post("/time-entries", body.clone()).await.created();
    assert_eq!(
        (&own["member_id"], &own["spent_on"], &own["minutes"]),
        (&json!(ann.id), &json!("2054-11-24"), &json!(90)),
        "today, where Ann is"
    );
    assert_eq!(
        (&own["started_at"], &own["ended_at"]),
        (&Value::Null, &Value::Null)
    );
    let mut of_ann = body;
    of_ann["member_id"] = json!(ann.id);
    let refused = ben
        .post("/time-entries", of_ann.clone())
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "time-entry:manage");
    let entered = lead.post("/time-entries", of_ann).await.created();
    assert_eq!(entered["member_id"], json!(ann.id));

    // Everybody but guests sees them; whose they are and leads change them.
    assert_eq!(ben.get(&at(&own)).await.ok(), own);
    let less = json!({"minutes": 60});
    for answer in [
        ben.patch(&at(&own), less.clone()).await,
        ben.delete(&at(&own)).await,
    ] {
        answer.problem(403, "insufficient_role");
    }
    for path in ["/time-entries", "/time-entries/sums?by=member", &at(&own)] {
        guest.get(path).await.problem(403, "insufficient_role");
    }
    assert_eq!(ann.patch(&at(&own), less).await.ok()["minutes"], json!(60));
    let other = task(&lead, json!({})).await;
    let moved = lead
        .patch(
            &at(&own),
            json!({"task_id": other["id"], "spent_on": "2054-11-20", "note": null}),
        )
        .await
        .ok();
    assert_eq!(
        (&moved["task_id"], &moved["spent_on"], &moved["note"]),
        (&other["id"], &json!("2054-11-20"), &Value::Null)
    );
    let history = ben.all(&format!("{}/history", at(&own))).await;
    assert_eq!(history.len(), 3);
    assert_eq!(
        (&history[1]["actor_id"], &history[1]["changes"]),
        (&json!(ann.id), &json!({"minutes": {"from": 90, "to": 60}}))
    );
    lead.delete(&at(&own)).await.no_content();
    ann.get(&at(&own)).await.problem(404, "not_found");
    let told = |lines: Vec<Value>| {
        lines
            .iter()
            .filter(|line| line["kind"] == "time_entry")
            .count()
    };
    assert_eq!(told(ann.all("/changes").await), 5);
    guest
        .get("/changes")
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn what_cannot_be_is_refused_at_its_place() {
    let app = past_midnight().await;
    let [lead, ann, guest] = app.team_with(["lead", "member", "guest"]).await;
    let notes = task(&lead, json!({})).await;
    let gone = task(&lead, json!({})).await;
    lead.delete(&format!("/tasks/{}", gone["id"].as_str().unwrap()))
        .await
        .no_content();
    enter(&ann, &gone, "2054-11-24", 5)
        .await
        .refused_at("/task_id");
    let tomorrow = enter(&ann, &notes, "2054-11-25", 5)
        .await
        .refused_at("/spent_on");
    assert_eq!(tomorrow["errors"][0]["code"], "in_future");
    // Where Ann is it is still Monday, but not where the team is.
    let honolulu = json!({"time_zone": "Pacific/Honolulu"});
    ann.person.patch("/v1/me", honolulu).await.ok();
    enter(&ann, &notes, "2054-11-24", 5).await.created();
    let body = json!({"task_id": notes["id"], "minutes": 5});
    let implied = ann.post("/time-entries", body).await.created();
    assert_eq!(implied["spent_on"], "2054-11-23");
    // Where Ann is it is Tuesday already, late, and where the team is not yet Wednesday.
    let auckland = json!({"time_zone": "Pacific/Kiritimati"});
    ann.person.patch("/v1/me", auckland).await.ok();
    app.clock.advance(chrono::TimeDelta::hours(12));
    enter(&ann, &notes, "2054-11-25", 5).await.created();
    enter(&ann, &notes, "2054-11-26", 5)
        .await
        .refused_at("/spent_on");
    for minutes in [json!(0), json!(-5), json!(1441), json!(1e300), json!("5")] {
        let body = json!({"task_id": notes["id"], "minutes": minutes});
        ann.post("/time-entries", body).await.refused_at("/minutes");
    }
    let body = json!({"task_id": notes["id"], "minutes": 5, "member_id": guest.id});
    let refused = lead
        .post("/time-entries", body)
        .await
        .refused_at("/member_id");
    assert_eq!(refused["errors"][0]["code"], "guest");
    let own = enter(&ann, &notes, "2054-11-20", 5).await.created();
    ann.patch(&at(&own), json!({"spent_on": "2054-12-24"}))
        .await
        .refused_at("/spent_on");
    ann.patch(&at(&own), json!({"task_id": gone["id"]}))
        .await
        .refused_at("/task_id");
}

#[tokio::test]
async fn nobody_works_more_than_a_day_on_a_day() {
    let app = past_midnight().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let first = enter(&ann, &notes, "2054-11-20", 1_000).await.created();
    let refused = enter(&ann, &notes, "2054-11-20", 441)
        .await
        .refused_at("/minutes");
    assert_eq!(
        (
            &refused["errors"][0]["code"],
            &refused["errors"][0]["params"]["there"]
        ),
        (&json!("day_full"), &json!(1_000))
    );
    enter(&lead, &notes, "2054-11-20", 1_440).await.created();
    let second = enter(&ann, &notes, "2054-11-20", 440).await.created();
    ann.patch(&at(&second), json!({"minutes": 441}))
        .await
        .refused_at("/minutes");
    ann.patch(&at(&second), json!({"note": "Still possible"}))
        .await
        .ok();
    let third = enter(&ann, &notes, "2054-11-21", 1).await.created();
    ann.patch(&at(&third), json!({"spent_on": "2054-11-20"}))
        .await
        .refused_at("/spent_on");
    ann.patch(&at(&first), json!({"minutes": 999})).await.ok();
    ann.patch(&at(&third), json!({"spent_on": "2054-11-20"}))
        .await
        .ok();

    // A batch is one change: what comes before in it counts.
    let one = |minutes: i64, task: &Value| json!({"task_id": task["id"], "spent_on": "2054-11-19", "minutes": minutes});
    let nobody = json!({"id": lead.id});
    let batch = json!({"time_entries": [one(1_400, &notes), one(41, &notes), one(5, &nobody)]});
    let refused = ann.post("/time-entries/batch", batch).await;
    let refused = refused.problem(422, "validation_failed");
    let pointers: Vec<&Value> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["pointer"])
        .collect();
    assert_eq!(
        pointers,
        ["/time_entries/1/minutes", "/time_entries/2/task_id"]
    );
    let there = "/time-entries?from=2054-11-19&to=2054-11-19";
    assert!(ann.all(there).await.is_empty(), "all or nothing");
    let batch = json!({"time_entries": [one(1_400, &notes), one(40, &notes)]});
    let made = ann.post("/time-entries/batch", batch).await.ok();
    assert_eq!(made["items"].as_array().unwrap().len(), 2);
    assert_eq!(ann.all(there).await.len(), 2);
    ann.post("/time-entries/batch", json!({"time_entries": []}))
        .await
        .refused_at("/time_entries");
}

#[tokio::test]
async fn what_remains_of_the_task_follows_on_request() {
    let app = past_midnight().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let lower = |task: &Value, minutes: i64| json!({"task_id": task["id"], "minutes": minutes, "lower_remaining": true});
    let estimated = task(&lead, json!({"estimate_minutes": 120})).await;
    enter(&ann, &estimated, "2054-11-23", 30).await.created();
    assert_eq!(
        task_now(&ann, &estimated).await["remaining_minutes"],
        Value::Null,
        "only on request"
    );
    let entry = ann
        .post("/time-entries", lower(&estimated, 50))
        .await
        .created();
    let after = task_now(&ann, &estimated).await;
    assert_eq!(
        (&after["remaining_minutes"], &after["estimate_minutes"]),
        (&json!(70), &json!(120)),
        "from the estimate"
    );
    assert_eq!(after["version"], entry["version"], "in the same revision");
    let place = format!("/tasks/{}/history", estimated["id"].as_str().unwrap());
    let lines = ann.all(&place).await;
    assert_eq!(
        (&lines[1]["changes"], &lines[1]["note"]),
        (
            &json!({"remaining_minutes": {"from": null, "to": 70}}),
            &json!("Lowered by a time entry of 50 minutes.")
        )
    );
    ann.post("/time-entries", lower(&estimated, 500))
        .await
        .created();
    assert_eq!(
        task_now(&ann, &estimated).await["remaining_minutes"],
        json!(0),
        "never less"
    );
    ann.post("/time-entries", lower(&estimated, 5))
        .await
        .created();
    let unknown = task(&lead, json!({})).await;
    let refused = ann
        .post("/time-entries", lower(&unknown, 5))
        .await
        .refused_at("/lower_remaining");
    assert_eq!(refused["errors"][0]["code"], "no_estimate");
    let on_unknown = format!("/time-entries?task_id={}", unknown["id"].as_str().unwrap());
    assert!(ann.all(&on_unknown).await.is_empty(), "all or nothing");
    let place = format!("/tasks/{}", unknown["id"].as_str().unwrap());
    ann.patch(&place, json!({"remaining_minutes": 60}))
        .await
        .ok();
    let batch = json!({"time_entries": [lower(&unknown, 10), lower(&unknown, 20)]});
    ann.post("/time-entries/batch", batch).await.ok();
    assert_eq!(
        task_now(&ann, &unknown).await["remaining_minutes"],
        json!(30)
    );
}

#[tokio::test]
async fn the_list_is_narrowed_and_sorted() {
    let app = past_midnight().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "Launch"}))
        .await
        .created();
    let inside = task(&lead, json!({"campaign_id": campaign["id"]})).await;
    let outside = task(&lead, json!({})).await;
    enter(&ann, &inside, "2054-11-02", 1).await.created();
    enter(&lead, &inside, "2054-11-04", 2).await.created();
    enter(&ann, &outside, "2054-11-03", 3).await.created();
    let start = json!({"task_id": outside["id"]});
    ann.post("/time-entries/start", start).await.created();
    let minutes = async |query: &str| -> Vec<Value> {
        let found = ann.all(&format!("/time-entries?{query}")).await;
        found.iter().map(|entry| entry["minutes"].clone()).collect()
    };
    let null = Value::Null;
    assert_eq!(
        minutes("").await,
        [null.clone(), json!(2), json!(3), json!(1)]
    );
    assert_eq!(minutes("sort=created_at&is_running=false").await, [1, 2, 3]);
    assert_eq!(minutes("member_id=me&is_running=true").await, [null]);
    assert_eq!(minutes(&format!("member_id={}", lead.id)).await, [2]);
    assert_eq!(minutes("member_id=none").await, Vec::<Value>::new());
    let campaign_id = campaign["id"].as_str().unwrap();
    assert_eq!(minutes(&format!("campaign_id={campaign_id}")).await, [2, 1]);
    assert_eq!(minutes("campaign_id=none&is_running=false").await, [3]);
    assert_eq!(
        minutes(&format!("campaign_id=none,{campaign_id}&is_running=false")).await,
        [2, 3, 1]
    );
    let task_id = inside["id"].as_str().unwrap();
    assert_eq!(
        minutes(&format!("task_id={task_id}&member_id=me")).await,
        [1]
    );
    assert_eq!(minutes("from=2054-11-03&to=2054-11-04").await, [2, 3]);
    ann.get("/time-entries?from=2054-11-03&to=2054-11-02")
        .await
        .problem(400, "invalid_query");
}

#[tokio::test]
async fn what_was_worked_outlives_the_task_and_the_membership() {
    let app = past_midnight().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({"estimate_minutes": 60})).await;
    let place = format!("/tasks/{}", notes["id"].as_str().unwrap());
    let entry = enter(&ann, &notes, "2054-11-20", 45).await.created();
    lead.delete(&place).await.no_content();
    let listed = ann.all("/time-entries").await;
    assert_eq!(listed, std::slice::from_ref(&entry));
    let changed = ann.patch(&at(&entry), json!({"minutes": 50})).await.ok();
    let sums = ann.all("/time-entries/sums?by=task").await;
    assert_eq!(
        (&sums[0]["minutes"], &sums[0]["estimate_minutes"]),
        (&json!(50), &json!(60))
    );
    app.clock.advance(chrono::TimeDelta::days(31));
    assert_eq!(relais::trash::purge_expired(&app.state).await.unwrap(), 1);
    assert_eq!(
        ann.all("/time-entries").await,
        std::slice::from_ref(&changed)
    );
    lead.get(&place).await.problem(404, "not_found");
    assert_eq!(relais::trash::purge_expired(&app.state).await.unwrap(), 0);

    lead.delete(&format!("/members/{}", ann.id))
        .await
        .no_content();
    assert_eq!(
        lead.all("/time-entries").await,
        std::slice::from_ref(&changed)
    );
    let other = task(&lead, json!({})).await;
    let body = json!({"task_id": other["id"], "minutes": 5, "member_id": ann.id});
    lead.post("/time-entries", body)
        .await
        .refused_at("/member_id");
    lead.patch(&at(&changed), json!({"note": "By the lead"}))
        .await
        .ok();
}

#[tokio::test]
async fn entries_show_their_task_and_member_while_they_are_there() {
    let app = past_midnight().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({"title": "Notes"})).await;
    let entry = enter(&ann, &notes, "2054-11-20", 45).await.created();
    let seen = async |path: &str| shown(&lead.get(path).await.ok());
    let one = at(&entry);
    let whole = json!({"members": ["member 1"], "tasks": ["Notes"]});
    for path in ["/time-entries", &one] {
        assert_eq!(seen(&format!("{path}?expand=task,member")).await, whole);
    }
    let part = json!({"members": [], "tasks": ["Notes"]});
    assert_eq!(seen(&format!("{one}?expand=task")).await, part);
    // The entry outlives both.
    let place = format!("/tasks/{}", notes["id"].as_str().unwrap());
    lead.delete(&place).await.no_content();
    let place = format!("/members/{}", ann.id);
    lead.delete(&place).await.no_content();
    let nothing = json!({"members": [], "tasks": []});
    for path in ["/time-entries", &one] {
        assert_eq!(seen(&format!("{path}?expand=task,member")).await, nothing);
    }
}

#[tokio::test]
async fn a_deputy_enters_the_time_of_the_one_replaced() {
    let app = past_midnight().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let ends_at = app.clock.now().plus(chrono::TimeDelta::days(1)).to_string();
    ann.post(
        "/deputies",
        json!({"deputy_id": ben.id, "ends_at": ends_at}),
    )
    .await
    .created();
    let instead = |path: &str| ben.request("POST", path).header("On-Behalf-Of", &ann.id);
    let body = json!({"task_id": notes["id"], "minutes": 20});
    let made = instead("/time-entries").json(body).await.created();
    assert_eq!(made["member_id"], json!(ann.id));
    let line = ann.all(&format!("{}/history", at(&made))).await.remove(0);
    assert_eq!(
        (&line["actor_id"], &line["on_behalf_of_id"]),
        (&json!(ben.id), &json!(ann.id))
    );
    // In Ann's place Ben has no time of his own: Ann could not enter it.
    let mine = json!({"task_id": notes["id"], "minutes": 20, "member_id": ben.id});
    instead("/time-entries")
        .json(mine)
        .await
        .problem(403, "insufficient_role");
    let timer = instead("/time-entries/start")
        .json(json!({"task_id": notes["id"]}))
        .await
        .created();
    assert_eq!(timer["member_id"], json!(ann.id));
    let own = ben
        .post("/time-entries/start", json!({"task_id": notes["id"]}))
        .await
        .created();
    assert_eq!(own["member_id"], json!(ben.id));
    ben.patch(&at(&made), json!({"minutes": 10}))
        .await
        .problem(403, "insufficient_role");
}
