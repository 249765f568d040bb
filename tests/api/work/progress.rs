//! Progress: derived, now and on any day before.

use chrono::{Datelike, NaiveDate, TimeDelta, Timelike};
use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

async fn make(who: &Member, path: &str, body: Value) -> String {
    let made = who.post(path, body).await.created();
    made["id"].as_str().unwrap().to_owned()
}

async fn set(who: &Member, task: &str, statuses: &[&str]) {
    for status in statuses {
        who.patch(&format!("/tasks/{task}"), json!({"status": status}))
            .await
            .ok();
    }
}

const DONE: [&str; 3] = ["in_progress", "in_review", "done"];

#[tokio::test]
async fn progress_names_what_it_is_derived_from() {
    let app = TestApp::start().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let milestone = make(
        &lead,
        "/milestones",
        json!({"campaign_id": campaign, "name": "M"}),
    )
    .await;
    let place = format!("/campaigns/{campaign}/progress");
    let empty = guest.get(&place).await.ok();
    assert_eq!(empty["progress"]["percent"], Value::Null);

    let parent = make(
        &lead,
        "/tasks",
        json!({"title": "A", "milestone_id": milestone, "estimate_minutes": 30}),
    )
    .await;
    let child = make(
        &lead,
        "/tasks",
        json!({"title": "B", "campaign_id": campaign, "parent_id": parent, "estimate_minutes": 90}),
    )
    .await;
    let other = make(
        &lead,
        "/tasks",
        json!({"title": "C", "campaign_id": campaign}),
    )
    .await;
    set(&lead, &child, &DONE).await;
    let counted = guest.get(&place).await.ok();
    assert_eq!(
        (
            &counted["progress"]["percent"],
            &counted["progress"]["basis"]
        ),
        (&json!(33), &json!("count"))
    );
    set(&lead, &other, &["cancelled"]).await;
    let weighed = guest.get(&place).await.ok();
    assert_eq!(
        weighed["progress"],
        json!({
            "percent": 75, "basis": "estimate", "tasks_total": 2, "tasks_done": 1,
            "estimate_minutes_total": 120, "estimate_minutes_done": 90,
            "by_status": {"todo": 1, "in_progress": 0, "blocked": 0, "in_review": 0, "done": 1, "cancelled": 1},
        })
    );

    let of_milestone = guest
        .get(&format!("/milestones/{milestone}/progress"))
        .await
        .ok();
    assert_eq!(of_milestone["progress"]["tasks_total"], 1);
    let of_task = guest.get(&format!("/tasks/{parent}/progress")).await.ok();
    assert_eq!(of_task["progress"]["percent"], 100);

    let campaigns = guest.all("/progress?by=campaign").await;
    assert_eq!(campaigns.len(), 1);
    assert_eq!(campaigns[0]["progress"], weighed["progress"]);
    let milestones = guest
        .all(&format!("/progress?by=milestone&campaign_id={campaign}"))
        .await;
    assert_eq!(milestones[0]["progress"], of_milestone["progress"]);

    lead.delete(&format!("/tasks/{parent}")).await.no_content();
    let left = guest.get(&place).await.ok();
    assert_eq!(left["progress"]["tasks_total"], 0);
}

#[tokio::test]
async fn days_that_are_none_are_refused() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let place = format!("/campaigns/{campaign}");
    for (query, name) in [
        ("progress?on=2199-01-01", "on"),
        ("progress?on=2026-02-30", "on"),
        ("progress-series?from=2020-01-01&to=2199-01-01", "to"),
        ("progress-series?from=2020-01-02&to=2020-01-01", "to"),
        ("progress-series?from=2020-01-01&to=2021-01-01", "to"),
        ("progress-series?from=2020-01-01", "to"),
    ] {
        let problem = lead
            .get(&format!("{place}/{query}"))
            .await
            .problem(400, "invalid_query");
        assert_eq!(problem["errors"][0]["parameter"], name, "{query}");
    }
    lead.get(&format!(
        "{place}/progress-series?from=2020-01-01&to=2020-12-31"
    ))
    .await
    .ok();
    lead.get("/progress").await.problem(400, "invalid_query");
    lead.get("/progress?by=team")
        .await
        .problem(400, "invalid_query");
}

fn today(app: &TestApp) -> NaiveDate {
    app.clock
        .now()
        .utc()
        .with_timezone(&chrono_tz::Europe::Paris)
        .date_naive()
}

/// Moves the clock to the next noon of the team, so that no step of a test crosses midnight.
fn to_noon(app: &TestApp) {
    let now = app
        .clock
        .now()
        .utc()
        .with_timezone(&chrono_tz::Europe::Paris);
    let hours = (24 + 12 - i64::from(now.hour())) % 24;
    app.clock.advance(TimeDelta::hours(hours));
}

/// A source of choices that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// What a team does in a day: whatever it is, it is answered properly.
async fn work(lead: &Member, dice: &mut Dice, tasks: &mut Vec<String>, homes: &[Value]) {
    let estimates = [Value::Null, json!(0), json!(30), json!(90)];
    match dice.below(8) {
        0..=2 => {
            let parent = if tasks.is_empty() || dice.below(3) > 0 {
                Value::Null
            } else {
                json!(dice.pick(tasks))
            };
            let body = json!({"title": "T", "campaign_id": dice.pick(homes), "estimate_minutes": dice.pick(&estimates), "parent_id": parent});
            let answer = lead.post("/tasks", body).await;
            if answer.status == 201 {
                tasks.push(answer.body["id"].as_str().unwrap().to_owned());
            }
        }
        _ if tasks.is_empty() => {}
        3 | 4 => {
            let status = dice.pick(&["todo", "in_progress", "in_review", "done", "cancelled"]);
            let place = format!("/tasks/{}", dice.pick(tasks));
            lead.patch(&place, json!({"status": status})).await;
        }
        5 => {
            let place = format!("/tasks/{}", dice.pick(tasks));
            lead.patch(&place, json!({"estimate_minutes": dice.pick(&estimates)}))
                .await;
        }
        6 => {
            let place = format!("/tasks/{}", dice.pick(tasks));
            lead.patch(&place, json!({"campaign_id": dice.pick(homes)}))
                .await;
        }
        _ => {
            let task = dice.pick(tasks);
            let deleted = lead.delete(&format!("/tasks/{task}")).await;
            if deleted.status == 404 {
                lead.request("POST", &format!("/trash/{task}/restore"))
                    .send()
                    .await;
            }
        }
    }
}

#[tokio::test]
async fn a_past_day_says_what_that_day_said() {
    for seed in [1, 2, 3] {
        let app = TestApp::start().await;
        let [lead] = app.team_with(["lead"]).await;
        let mut dice = Dice(seed);
        to_noon(&app);
        let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
        let other = make(&lead, "/campaigns", json!({"name": "Autumn"})).await;
        let homes = [json!(campaign), json!(campaign), json!(other), Value::Null];
        let place = format!("/campaigns/{campaign}");
        let mut tasks = Vec::new();
        let mut said: Vec<(NaiveDate, Value)> = Vec::new();
        for _ in 0..6 {
            for _ in 0..dice.below(10) {
                work(&lead, &mut dice, &mut tasks, &homes).await;
            }
            let live = lead.get(&format!("{place}/progress")).await.ok();
            let now = lead
                .get(&format!("{place}/progress?on={}", today(&app)))
                .await
                .ok();
            assert_eq!(live["progress"], now["progress"], "seed {seed}");
            said.push((today(&app), live["progress"].clone()));
            app.clock.advance(TimeDelta::days(1));
        }
        for (day, progress) in &said {
            let then = lead.get(&format!("{place}/progress?on={day}")).await.ok();
            assert_eq!(&then["progress"], progress, "seed {seed}, {day}");
        }
        let (first, last) = (said[0].0, said[said.len() - 1].0);
        let series = lead
            .get(&format!("{place}/progress-series?from={first}&to={last}"))
            .await
            .ok();
        let days: Vec<(NaiveDate, Value)> = series["days"]
            .as_array()
            .unwrap()
            .iter()
            .map(|day| {
                (
                    day["on"].as_str().unwrap().parse().unwrap(),
                    day["progress"].clone(),
                )
            })
            .collect();
        assert_eq!(days, said, "seed {seed}");
        assert!(first.year() >= 2026);
    }
}
