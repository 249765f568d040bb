//! Preparing events, and moving the work for one along with it.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

fn wall(local: &str) -> Value {
    json!({"local": local, "time_zone": "Europe/Paris"})
}

async fn event(lead: &Member, campaign: &Value) -> String {
    let body = json!({"title": "Office hours", "kind": "ama", "campaign_id": campaign,
        "starts": wall("2027-04-20T00:30:00"), "ends": wall("2027-04-20T01:30:00")});
    let made = lead.post("/events", body).await.created();
    made["id"].as_str().unwrap().to_owned()
}

fn to(starts: &str, ends: &str) -> Value {
    json!({"starts": wall(starts), "ends": wall(ends)})
}

#[tokio::test]
async fn a_template_makes_its_tasks_once() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "Spring"}))
        .await
        .created();
    let event = event(&lead, &campaign["id"]).await;
    let place = format!("/events/{event}/prepare");
    let body =
        json!({"template": "webinar", "assignments": [{"number": 7, "assignee_id": member.id}]});
    member
        .post(&place, body.clone())
        .await
        .problem(403, "insufficient_role");

    let tried = lead
        .post(&format!("{place}?validate_only=true"), body.clone())
        .await
        .ok();
    let tried = tried["made_tasks"].as_array().unwrap().len();
    assert!(lead.all("/tasks").await.is_empty());
    let made = lead.post(&place, body.clone()).await.ok();
    let tasks = made["made_tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), tried);
    assert!((8..=12).contains(&tasks.len()));
    assert_eq!(made["there_already"], json!([]));
    let templates = lead.person.get("/v1/event-templates").await.ok();
    let webinar = &templates["items"][0];
    assert_eq!(webinar["name"], "webinar");
    for (task, of) in tasks.iter().zip(webinar["tasks"].as_array().unwrap()) {
        assert_eq!(task["event_id"], json!(event));
        assert_eq!(task["campaign_id"], campaign["id"]);
        assert_eq!(task["accountable_id"], json!(lead.id));
        for name in ["title", "priority", "estimate_minutes"] {
            assert_eq!(task[name], of[name]);
        }
        let number = of["number"].as_i64().unwrap();
        assert_eq!(
            task["external_id"],
            format!("event:{event}:webinar:{number}")
        );
        let assignee = if number == 7 {
            json!(member.id)
        } else {
            Value::Null
        };
        assert_eq!(task["assignee_id"], assignee);
    }
    // By the day in Paris, which is not the day in UTC.
    let held = tasks
        .iter()
        .find(|task| task["title"] == "Hold the webinar")
        .unwrap();
    assert_eq!(held["due_on"], "2027-04-20");
    assert_eq!(tasks[0]["due_on"], "2027-03-23");
    let steps = lead
        .all(&format!(
            "/tasks/{}/checklist-items",
            tasks[0]["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(steps.len(), 3);

    // The second time: what is in the trash stays there, and nothing comes twice.
    lead.delete(&format!("/tasks/{}", tasks[1]["id"].as_str().unwrap()))
        .await
        .no_content();
    let again = lead.post(&place, body).await.ok();
    assert_eq!(again["made_tasks"], json!([]));
    let there = again["there_already"].as_array().unwrap();
    assert_eq!(there.len(), tasks.len());
    assert_eq!(there[1]["is_in_trash"], true);
    assert_eq!(there[0]["key"], tasks[0]["key"]);
    let other = lead.post(&place, json!({"template": "ama"})).await.ok();
    assert_eq!(other["there_already"], json!([]));
}

#[tokio::test]
async fn each_template_has_work_before_on_and_after_the_day() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let templates = lead.person.get("/v1/event-templates").await.ok();
    let templates = templates["items"].as_array().unwrap();
    let names: Vec<&str> = templates
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["webinar", "ama", "livestream"]);
    // By the day in Paris, which is not the day in UTC.
    let day: chrono::NaiveDate = "2027-04-20".parse().unwrap();
    for template in templates {
        let event = event(&lead, &Value::Null).await;
        let place = format!("/events/{event}/prepare");
        let body = json!({"template": template["name"]});
        let made = lead.post(&place, body).await.ok();
        let made = made["made_tasks"].as_array().unwrap().iter();
        let due: Vec<&str> = made.map(|task| task["due_on"].as_str().unwrap()).collect();
        let days = template["tasks"].as_array().unwrap().iter();
        let days: Vec<i64> = days.map(|task| task["days"].as_i64().unwrap()).collect();
        let on = |days: &i64| (day + chrono::TimeDelta::days(*days)).to_string();
        assert_eq!(due, days.iter().map(on).collect::<Vec<_>>());
        assert!(days.iter().any(|days| *days < 0), "{template}");
        assert!(days.contains(&0), "{template}");
        assert!(days.iter().any(|days| *days > 0), "{template}");
    }
}

#[tokio::test]
async fn what_cannot_be_prepared_is_refused() {
    let app = TestApp::start().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let event = event(&lead, &Value::Null).await;
    let place = format!("/events/{event}/prepare");
    for (assignments, pointer) in [
        (
            json!([{"number": 99, "assignee_id": lead.id}]),
            "/assignments/0/number",
        ),
        (
            json!([{"number": 1, "assignee_id": lead.id}, {"number": 1, "assignee_id": lead.id}]),
            "/assignments/1/number",
        ),
        (
            json!([{"number": 1, "assignee_id": guest.id}]),
            "/assignments/0/assignee_id",
        ),
        (
            json!([{"number": 1, "assignee_id": event}]),
            "/assignments/0/assignee_id",
        ),
    ] {
        lead.post(
            &place,
            json!({"template": "ama", "assignments": assignments}),
        )
        .await
        .refused_at(pointer);
    }
    lead.post(&place, json!({"template": "party"}))
        .await
        .refused_at("/template");
    lead.patch(&format!("/events/{event}"), json!({"status": "cancelled"}))
        .await
        .ok();
    lead.post(&place, json!({"template": "ama"}))
        .await
        .problem(409, "invalid_transition");
}

#[tokio::test]
async fn a_moved_event_moves_what_is_not_done_and_says_so() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let event = event(&lead, &Value::Null).await;
    let task = async |besides: Value| {
        let mut body = json!({"title": "A", "event_id": event});
        for (name, value) in besides.as_object().unwrap() {
            body[name] = value.clone();
        }
        lead.post("/tasks", body).await.created()
    };
    let open = task(json!({"starts_on": "2027-04-10", "due_on": "2027-04-15"})).await;
    let undated = task(json!({})).await;
    let gone = task(json!({"due_on": "2027-04-12"})).await;
    lead.patch(
        &format!("/tasks/{}", gone["id"].as_str().unwrap()),
        json!({"status": "cancelled"}),
    )
    .await
    .ok();
    let place = format!("/events/{event}/reschedule");

    // Later on the same day: nothing moves.
    let same = lead
        .post(&place, to("2027-04-20T20:00:00", "2027-04-20T21:00:00"))
        .await
        .ok();
    assert_eq!(same["moved_tasks"], json!([]));
    assert_eq!(same["kept_tasks"][0]["because"], "same_day");

    let body = to("2027-05-04T20:00:00", "2027-05-04T21:00:00");
    let moved = lead.post(&place, body).await.ok();
    assert_eq!(moved["event"]["starts_at"], "2027-05-04T18:00:00.000Z");
    assert_eq!(
        moved["moved_tasks"],
        json!([{"id": open["id"], "key": open["key"], "title": "A", "starts_on": "2027-04-24", "due_on": "2027-04-29",
            "before": {"starts_on": "2027-04-10", "due_on": "2027-04-15"}}])
    );
    let because: Vec<(&Value, &Value)> = moved["kept_tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kept| (&kept["id"], &kept["because"]))
        .collect();
    assert_eq!(
        because,
        [
            (&undated["id"], &json!("without_dates")),
            (&gone["id"], &json!("finished"))
        ]
    );
    let history = lead
        .all(&format!("/tasks/{}/history", open["id"].as_str().unwrap()))
        .await;
    assert_eq!(
        history.last().unwrap()["changes"]["due_on"],
        json!({"from": "2027-04-15", "to": "2027-04-29"})
    );

    // Not asked for.
    let mut back = to("2027-04-20T20:00:00", "2027-04-20T21:00:00");
    back["move_tasks"] = json!(false);
    let kept = lead.post(&place, back).await.ok();
    assert_eq!(kept["moved_tasks"], json!([]));
    assert_eq!(kept["kept_tasks"][0]["because"], "not_asked");
}

#[tokio::test]
async fn only_what_is_to_come_is_moved() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let event = event(&lead, &Value::Null).await;
    let place = format!("/events/{event}/reschedule");
    let later = to("2027-05-04T20:00:00", "2027-05-04T21:00:00");
    member
        .post(&place, later.clone())
        .await
        .problem(403, "insufficient_role");
    lead.post(&place, to("2027-05-04T20:00:00", "2027-05-04T20:00:00"))
        .await
        .refused_at("/ends/local");
    // The clocks of Paris skip it.
    lead.post(&place, to("2027-03-28T02:30:00", "2027-03-28T04:00:00"))
        .await
        .refused_at("/starts");
    lead.patch(&format!("/events/{event}"), json!({"status": "cancelled"}))
        .await
        .ok();
    lead.post(&place, later)
        .await
        .problem(409, "invalid_transition");
}
