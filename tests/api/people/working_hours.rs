//! Working hours: of a member, of the team, from a day on.

use chrono::{Days, NaiveDate, TimeDelta};
use relais::access::State;
use relais::db::Id;
use relais::people::capacity::{Calendar, DayCapacity};
use serde_json::{Value, json};

use crate::vocabulary::{Answer, Member, TestApp};

/// Noon in Greenwich on a Monday that is far ahead, so that it is the same day for everybody here.
pub async fn on_monday() -> TestApp {
    let app = TestApp::start().await;
    app.clock.stop_at("2054-11-23T12:00:00Z".parse().unwrap());
    app
}

pub fn hours(valid_from_on: &str, minutes: i64) -> Value {
    json!({"valid_from_on": valid_from_on, "monday_minutes": minutes, "tuesday_minutes": minutes,
        "wednesday_minutes": minutes, "thursday_minutes": minutes, "friday_minutes": minutes,
        "saturday_minutes": 0, "sunday_minutes": 0})
}

fn of(member: &Member) -> String {
    format!("/members/{}/working-hours", member.id)
}

async fn set(by: &Member, of_whom: &Member, from: &str, minutes: i64) -> Answer {
    by.post(&of(of_whom), hours(from, minutes)).await
}

async fn in_force(by: &Member, place: &str, on: &str) -> Value {
    by.get(&format!("{place}/in-force?on={on}")).await.ok()
}

#[tokio::test]
async fn a_later_record_supersedes_and_the_team_has_a_default() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let nothing = in_force(&ann, &of(&ann), "2054-11-30").await;
    assert_eq!(
        (&nothing["working_hours"], &nothing["is_team_default"]),
        (&Value::Null, &json!(true)),
        "unknown, not zero"
    );
    let default = lead
        .post("/working-hours", hours("2054-01-01", 420))
        .await
        .created();
    assert_eq!(
        (&default["member_id"], &default["time_zone"]),
        (&Value::Null, &json!("Europe/Paris"))
    );
    let first = set(&ann, &ann, "2054-11-23", 480).await.created();
    let second = set(&ann, &ann, "2054-12-01", 240).await.created();
    assert_eq!(first["member_id"], json!(ann.id));
    for (on, id, is_default) in [
        ("2053-12-31", None, true),
        ("2054-11-22", Some(&default), true),
        ("2054-11-23", Some(&first), false),
        ("2054-11-30", Some(&first), false),
        ("2054-12-01", Some(&second), false),
        ("2058-01-01", Some(&second), false),
    ] {
        let is = in_force(&lead, &of(&ann), on).await;
        assert_eq!(
            (
                &is["working_hours"]["id"],
                &is["is_team_default"],
                &is["on"]
            ),
            (
                id.map_or(&Value::Null, |one| &one["id"]),
                &json!(is_default),
                &json!(on)
            ),
            "{on}"
        );
    }
    let listed = ann.all(&of(&ann)).await;
    assert_eq!(listed, [second, first], "the latest first");
    assert_eq!(
        in_force(&ann, "/working-hours", "2054-11-30").await["working_hours"],
        default
    );
    assert_eq!(ann.all("/working-hours").await, [default]);
}

#[tokio::test]
async fn what_is_in_force_is_not_changed() {
    let app = on_monday().await;
    let [ann] = app.team_with(["member"]).await;
    let today = set(&ann, &ann, "2054-11-23", 480).await.created();
    let ahead = set(&ann, &ann, "2054-11-24", 240).await.created();
    let at = |record: &Value| format!("{}/{}", of(&ann), record["id"].as_str().unwrap());
    let refused = ann
        .patch(&at(&today), json!({"monday_minutes": 1}))
        .await
        .problem(409, "already_in_force");
    assert!(
        refused["detail"].as_str().unwrap().contains("POST new"),
        "it says what to do: {refused}"
    );
    ann.delete(&at(&today))
        .await
        .problem(409, "already_in_force");
    let changed = ann
        .patch(
            &at(&ahead),
            json!({"monday_minutes": 0, "note": "No Mondays", "valid_from_on": "2054-11-25"}),
        )
        .await
        .ok();
    assert_eq!(
        (&changed["monday_minutes"], &changed["valid_from_on"]),
        (&json!(0), &json!("2054-11-25"))
    );
    ann.patch(&at(&ahead), json!({"valid_from_on": "2054-11-22"}))
        .await
        .refused_at("/valid_from_on");
    ann.patch(&at(&ahead), json!({"valid_from_on": "2054-11-23"}))
        .await
        .problem_at(409, "already_exists", "/valid_from_on");
    // Where the days begin earlier it is in force earlier.
    app.clock.stop_at("2054-11-24T22:30:00Z".parse().unwrap());
    ann.patch(&at(&ahead), json!({"note": null})).await.ok();
    app.clock.advance(TimeDelta::minutes(30));
    ann.patch(&at(&ahead), json!({"note": "Midnight in Paris"}))
        .await
        .problem(409, "already_in_force");
    ann.delete(&at(&ahead))
        .await
        .problem(409, "already_in_force");
    let last = set(&ann, &ann, "2055-01-01", 1).await.created();
    ann.delete(&at(&last)).await.no_content();
    ann.get(&at(&last)).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_same_day_twice_and_the_past_are_refused() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let first = set(&ann, &ann, "2054-01-01", 480).await.created();
    let again =
        set(&lead, &ann, "2054-01-01", 1)
            .await
            .problem_at(409, "already_exists", "/valid_from_on");
    assert_eq!(again["working_hours_id"], first["id"]);
    set(&ann, &ann, "2054-11-22", 1)
        .await
        .refused_at("/valid_from_on");
    set(&ann, &ann, "2053-01-01", 1)
        .await
        .refused_at("/valid_from_on");
    // The team's are another matter.
    lead.post("/working-hours", hours("2054-01-01", 1))
        .await
        .created();
    lead.post("/working-hours", hours("2054-01-01", 2))
        .await
        .problem_at(409, "already_exists", "/valid_from_on");
}

#[tokio::test]
async fn a_day_has_at_most_its_minutes() {
    let app = on_monday().await;
    let [ann] = app.team_with(["member"]).await;
    for (member, wrong) in [
        ("monday_minutes", json!(-1)),
        ("sunday_minutes", json!(1441)),
        ("friday_minutes", json!(9_007_199_254_740_993_i64)),
        ("tuesday_minutes", json!(null)),
        ("valid_from_on", json!("2054-02-30")),
        ("valid_from_on", json!("23.11.2054")),
        ("time_zone", json!("Europe/Nowhere")),
        ("note", json!("")),
    ] {
        let mut body = hours("2055-01-01", 480);
        body[member] = wrong;
        ann.post(&of(&ann), body)
            .await
            .refused_at(&format!("/{member}"));
    }
    let mut body = hours("2055-01-01", 1440);
    body.as_object_mut().unwrap().remove("sunday_minutes");
    ann.post(&of(&ann), body)
        .await
        .refused_at("/sunday_minutes");
    let kept = set(&ann, &ann, "2055-01-01", 1440).await.created();
    assert_eq!(
        kept["time_zone"], "Europe/Paris",
        "the account's, unless given"
    );
    for query in ["", "?on=tomorrow", "?on=2054-13-01"] {
        ann.get(&format!("{}/in-force{query}", of(&ann)))
            .await
            .problem(400, "invalid_query");
    }
}

#[tokio::test]
async fn everybody_sets_their_own_and_leads_everybodys() {
    let app = on_monday().await;
    let [lead, ann, ben, guest] = app.team_with(["lead", "member", "member", "guest"]).await;
    let own = set(&ann, &ann, "2055-01-01", 1).await.created();
    let at = format!("{}/{}", of(&ann), own["id"].as_str().unwrap());
    let refused = set(&ben, &ann, "2055-02-01", 1)
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "working-hours:manage");
    for answer in [
        ben.patch(&at, json!({"note": "x"})).await,
        ben.delete(&at).await,
        ben.post("/working-hours", hours("2055-01-01", 1)).await,
        guest.get(&at).await,
        guest.get(&of(&ann)).await,
        guest
            .get(&format!("{}/in-force?on=2055-01-01", of(&ann)))
            .await,
        guest.post(&of(&guest), hours("2055-01-01", 1)).await,
    ] {
        answer.problem(403, "insufficient_role");
    }
    ben.get(&at).await.ok();
    lead.patch(&at, json!({"note": "x"})).await.ok();
    set(&lead, &guest, "2055-01-01", 60).await.created();
    // What is Ann's is not found at Ben's, nor at the team's.
    for place in [of(&ben), "/working-hours".to_owned()] {
        ann.get(&format!("{place}/{}", own["id"].as_str().unwrap()))
            .await
            .problem(404, "not_found");
    }
    let lines = lead.all("/changes?kind=working_hours").await;
    let actors: Vec<&Value> = lines.iter().map(|line| &line["actor_id"]).collect();
    assert_eq!(actors, [&json!(ann.id), &json!(lead.id), &json!(lead.id)]);
}

/// The seam to the resources: what the records amount to, day by day.
#[tokio::test]
async fn capacity_is_hours_less_absences_less_holidays() {
    let app = on_monday().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    set(&ann, &ann, "2054-11-24", 480).await.created();
    let away = |first: &str, last: &str, minutes: Value| json!({"first_on": first, "last_on": last, "kind": "training", "minutes_per_day": minutes});
    for body in [
        away("2054-11-25", "2054-11-26", json!(60)),
        away("2054-11-26", "2054-11-26", json!(90)),
        away("2054-11-27", "2054-11-27", Value::Null),
    ] {
        ann.post("/absences", body).await.created();
    }
    let gone = ann
        .post("/absences", away("2054-11-24", "2054-12-31", Value::Null))
        .await
        .created();
    ann.post(
        &format!("/absences/{}/cancel", gone["id"].as_str().unwrap()),
        json!({}),
    )
    .await
    .ok();
    lead.post(
        "/holidays",
        json!({"name": "A day off", "first_on": "2054-12-01"}),
    )
    .await
    .created();
    let (ann_id, ben_id): (Id, Id) = (ann.id.parse().unwrap(), ben.id.parse().unwrap());
    let found = of_members(&app.state, &lead, vec![ann_id, ben_id]).await;
    assert_eq!(
        found[0],
        [
            None,
            Some(480),
            Some(420),
            Some(330),
            Some(0),
            Some(0),
            Some(0),
            Some(480),
            Some(0),
            Some(480)
        ],
        "from Monday: unknown, whole, parts, away, a weekend, a holiday"
    );
    assert_eq!(found[1], [None; 10], "nobody wrote down anything for Ben");
}

async fn of_members(state: &State, of_team: &Member, members: Vec<Id>) -> Vec<Vec<Option<i32>>> {
    let team_id: Id = of_team.team_id.parse().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    state
        .write_as_clock(team_id, move |tx| {
            let first = NaiveDate::from_ymd_opt(2054, 11, 23).unwrap();
            let last = first + Days::new(9);
            let calendar = Calendar::of_members(tx, &members, first, last)?;
            assert_eq!(
                calendar.capacity(members[0], first, last),
                Calendar::of_everybody(tx)?.capacity(members[0], first, last)
            );
            let days = members
                .iter()
                .map(|member| {
                    let days = calendar.capacity(*member, first, last).days;
                    days.iter()
                        .map(|day| day.map(DayCapacity::minutes))
                        .collect()
                })
                .collect();
            sender.send(days).unwrap();
            Ok(())
        })
        .await
        .unwrap();
    receiver.recv().unwrap()
}
