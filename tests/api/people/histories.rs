//! The histories of working hours, holidays and deputies.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::working_hours::on_monday;
use crate::vocabulary::Member;

/// What happened to it, oldest first: the act, who did it, and what changed.
async fn history(by: &Member, place: &str) -> Vec<(String, Value, Value)> {
    let lines = by.all(&format!("{place}/history")).await;
    let told = lines.into_iter().map(|mut line| {
        let action = line["action"].as_str().unwrap().to_owned();
        (action, line["actor_id"].take(), line["changes"].take())
    });
    told.collect()
}

fn at(place: &str, record: &Value) -> String {
    format!("{place}/{}", record["id"].as_str().unwrap())
}

#[tokio::test]
async fn working_hours_tell_who_changed_them() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let all = json!({"valid_from_on": "2055-01-04", "monday_minutes": 480, "tuesday_minutes": 480,
        "wednesday_minutes": 480, "thursday_minutes": 480, "friday_minutes": 480, "saturday_minutes": 0,
        "sunday_minutes": 0, "time_zone": "Europe/Paris"});
    let own = format!("/members/{}/working-hours", ann.id);
    for (place, by) in [("/working-hours", &lead), (own.as_str(), &ann)] {
        let made = at(place, &by.post(place, all.clone()).await.created());
        let less = json!({"friday_minutes": 240});
        lead.patch(&made, less).await.ok();
        let told = history(&ben, &made).await;
        assert_eq!(told.len(), 2, "{place}");
        assert_eq!((told[0].0.as_str(), &told[0].1), ("created", &json!(by.id)));
        assert_eq!(told[0].2["valid_from_on"]["to"], "2055-01-04");
        assert_eq!(
            told[1],
            (
                "updated".to_owned(),
                json!(lead.id),
                json!({"friday_minutes": {"from": 480, "to": 240}})
            )
        );
    }
    // Only where they are, and of nobody else.
    let (of_team, of_ann) = (
        lead.all("/working-hours").await[0].clone(),
        lead.all(&own).await[0].clone(),
    );
    let of_ben = format!("/members/{}/working-hours", ben.id);
    for (place, record) in [
        ("/working-hours", &of_ann),
        (own.as_str(), &of_team),
        (of_ben.as_str(), &of_ann),
    ] {
        let place = format!("{}/history", at(place, record));
        lead.get(&place).await.problem(404, "not_found");
    }
    lead.delete(&at(&own, &of_ann)).await.no_content();
    let place = format!("{}/history", at(&own, &of_ann));
    lead.get(&place).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_holiday_tells_who_moved_it() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let body = json!({"name": "A day off", "first_on": "2055-01-06"});
    let made = at("/holidays", &lead.post("/holidays", body).await.created());
    let moved = json!({"first_on": "2055-01-07", "last_on": "2055-01-07"});
    lead.patch(&made, moved).await.ok();
    let told = history(&ann, &made).await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].2["name"]["to"], "A day off");
    let day = json!({"from": "2055-01-06", "to": "2055-01-07"});
    assert_eq!(
        told[1],
        (
            "updated".to_owned(),
            json!(lead.id),
            json!({"first_on": day, "last_on": day})
        )
    );
    // What an import changes is in it, too.
    let file = |day: &str| {
        let entry = format!("UID:one\r\nSUMMARY:Another\r\nDTSTART;VALUE=DATE:{day}\r\n");
        format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{entry}END:VEVENT\r\nEND:VCALENDAR\r\n")
    };
    let mut last = Value::Null;
    for day in ["20550201", "20550202"] {
        let request = lead.request("POST", "/holidays/imports?dry_run=false");
        last = request.raw("text/calendar", file(day)).await.ok();
    }
    let id = last["entries"][0]["holiday_id"].as_str().unwrap();
    let told = history(&ann, &format!("/holidays/{id}")).await;
    let acts: Vec<&str> = told.iter().map(|(action, ..)| action.as_str()).collect();
    assert_eq!(acts, ["created", "updated"]);
    // What is gone for good has left its lines with the team.
    lead.delete(&made).await.no_content();
    let gone = lead.get(&format!("{made}/history")).await;
    gone.problem(404, "not_found");
    let lines = lead.all("/changes?kind=holiday&limit=100").await;
    let of_it = lines
        .iter()
        .filter(|line| made.ends_with(line["record_id"].as_str().unwrap()));
    let acts: Vec<&Value> = of_it.map(|line| &line["action"]).collect();
    assert_eq!(acts, ["created", "updated", "deleted"]);
}

#[tokio::test]
async fn a_deputy_tells_who_gave_the_rights_and_who_ended_it() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let ends_at = app.clock.now().plus(TimeDelta::hours(48)).to_string();
    let body = json!({"deputy_id": ben.id, "ends_at": ends_at});
    let made = at("/deputies", &ann.post("/deputies", body).await.created());
    app.clock.advance(TimeDelta::hours(1));
    lead.post(&format!("{made}/end"), json!({})).await.ok();
    let told = history(&ben, &made).await;
    assert_eq!(told.len(), 2);
    assert_eq!(
        (told[0].0.as_str(), &told[0].1),
        ("created", &json!(ann.id))
    );
    assert_eq!(told[0].2["deputy_id"]["to"], json!(ben.id));
    assert_eq!(
        (told[1].0.as_str(), &told[1].1),
        ("updated", &json!(lead.id))
    );
    assert_eq!(told[1].2["ended_by_id"]["to"], json!(lead.id));
    assert!(told[1].2["ended_at"]["to"].is_string());
}
