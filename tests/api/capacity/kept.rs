//! What is kept of a team's load: whatever happens, it is as if it were read anew.
//!
//! The surprising rule: where debugging is on, as it is here, the server itself compares what the journal made of what was
//! kept with reading everything anew, and answers 500 where they differ. These tests only take care that enough happens.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::{all_work, ask, check, create, id, task, with};
use crate::vocabulary::{Answer, Member, TestApp};

const WORKLOAD: &str = "/workload?from=2099-03-02&to=2099-03-15";
const CONFLICTS: &str = "/conflicts?from=2099-03-02&to=2099-03-15";

/// A day of March 2099, of which the second is a Monday.
fn day(number: i64) -> String {
    format!("2099-03-{number:02}")
}

/// What is done, by chance.
struct Story {
    random: StdRng,
    lead: Member,
    people: Vec<Member>,
    tasks: Vec<Value>,
    allocations: Vec<Value>,
    days_off: Vec<String>,
}

impl Story {
    async fn begin(seed: u64) -> (TestApp, Self) {
        let app = TestApp::start().await;
        let [lead, ada, bob, cleo, dan] = app
            .team_with(["lead", "member", "member", "member", "member"])
            .await;
        all_work(&lead, 480).await;
        let story = Self {
            random: StdRng::seed_from_u64(seed),
            lead,
            people: vec![ada, bob, cleo, dan],
            tasks: Vec::new(),
            allocations: Vec::new(),
            days_off: Vec::new(),
        };
        (app, story)
    }

    fn person(&mut self) -> String {
        let number = self.random.random_range(0..self.people.len());
        self.people[number].id.clone()
    }

    fn period(&mut self) -> (String, String) {
        let first = self.random.random_range(1..12);
        let last = first + self.random.random_range(0..6);
        (day(first), day(last))
    }

    fn any(&mut self, of: fn(&Self) -> &Vec<Value>) -> Option<Value> {
        let many = of(self).len();
        (many > 0).then(|| {
            let number = self.random.random_range(0..many);
            of(self)[number].clone()
        })
    }

    /// What a task says of whose it is, when, and how much.
    fn of_task(&mut self) -> Value {
        let (first, last) = self.period();
        let mut body = json!({"assignee_id": self.person(), "starts_on": first, "due_on": last,
            "estimate_minutes": self.random.random_range(1..20) * 60});
        for name in ["assignee_id", "due_on", "estimate_minutes", "starts_on"] {
            if self.random.random_bool(0.15) {
                body[name] = Value::Null;
                if name == "due_on" {
                    body["starts_on"] = Value::Null;
                }
            }
        }
        body
    }

    fn of_allocation(&mut self) -> Value {
        let (first, last) = self.period();
        let amount = match self.random.random_range(0..3) {
            0 => json!({"minutes": self.random.random_range(1..1_500)}),
            1 => json!({"minutes_per_day": self.random.random_range(1..400)}),
            _ => json!({"percent": self.random.random_range(1..100)}),
        };
        json!({"first_on": first, "last_on": last, "amount": amount})
    }

    async fn with_task(&mut self) -> Option<Answer> {
        let task = self.any(|story| &story.tasks)?;
        let place = format!("/tasks/{}", id(&task));
        Some(match self.random.random_range(0..5) {
            0 => self.lead.delete(&place).await,
            1 => {
                self.lead
                    .post(&format!("/trash/{}/restore", id(&task)), json!({}))
                    .await
            }
            2 => {
                let status =
                    ["todo", "in_progress", "done", "cancelled"][self.random.random_range(0..4)];
                self.lead
                    .patch(
                        &place,
                        json!({"status": status, "status_reason": "So it is"}),
                    )
                    .await
            }
            _ => {
                let body = self.of_task();
                self.lead.patch(&place, body).await
            }
        })
    }

    async fn with_allocation(&mut self) -> Option<Answer> {
        let allocation = self.any(|story| &story.allocations)?;
        let place = format!("/allocations/{}", id(&allocation));
        if self.random.random_bool(0.5) {
            return Some(
                self.lead
                    .post(&format!("{place}/cancel"), json!({"reason": "Not now"}))
                    .await,
            );
        }
        let body = self.of_allocation();
        Some(self.lead.patch(&place, body).await)
    }

    async fn with_days(&mut self) -> Answer {
        let (first, last) = self.period();
        if self.random.random_bool(0.4)
            && let Some(place) = self.days_off.pop()
        {
            return self.lead.delete(&place).await;
        }
        let (place, body) = match self.random.random_range(0..3) {
            0 => (
                "/holidays".to_owned(),
                json!({"name": "A feast", "first_on": first, "last_on": last}),
            ),
            1 => {
                let whose = self.person();
                let body = json!({"member_id": whose, "first_on": first, "last_on": last, "kind": "vacation"});
                ("/absences".to_owned(), body)
            }
            _ => {
                let minutes = self.random.random_range(0..600);
                let body = json!({"valid_from_on": first, "monday_minutes": minutes, "tuesday_minutes": 480,
                    "wednesday_minutes": 0, "thursday_minutes": 480, "friday_minutes": minutes,
                    "saturday_minutes": 0, "sunday_minutes": 60});
                (format!("/members/{}/working-hours", self.person()), body)
            }
        };
        let answer = self.lead.post(&place, body).await;
        if answer.status == 201 {
            self.days_off.push(format!("{place}/{}", id(&answer.body)));
        }
        answer
    }

    async fn step(&mut self) -> Answer {
        match self.random.random_range(0..10) {
            0..3 => {
                let body = with(json!({"title": "Write the notes"}), self.of_task());
                let answer = self.lead.post("/tasks", body).await;
                assert_eq!(answer.status, 201, "{}", answer.text);
                self.tasks.push(answer.body.clone());
                answer
            }
            3..5 => {
                let body = with(self.of_allocation(), json!({"resource_id": self.person()}));
                let target = match self.any(|story| &story.tasks) {
                    Some(task) if self.random.random_bool(0.7) => json!({"task_id": task["id"]}),
                    _ => json!({"task_id": task(&self.lead, json!({})).await["id"]}),
                };
                let answer = ask(&self.lead, with(body, target)).await;
                if answer.status == 201 {
                    self.allocations.push(answer.body.clone());
                }
                answer
            }
            5..8 => match self.with_task().await {
                Some(answer) => answer,
                None => self.with_days().await,
            },
            8 => match self.with_allocation().await {
                Some(answer) => answer,
                None => self.with_days().await,
            },
            _ => self.with_days().await,
        }
    }
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn whatever_happens_what_is_kept_is_as_if_read_anew() {
    for seed in 1..=3 {
        let (_app, mut story) = Story::begin(seed).await;
        let mut done = 0;
        for step in 0..60 {
            let answer = story.step().await;
            assert!(
                answer.status < 500,
                "seed {seed}, step {step}: {}",
                answer.text
            );
            done += usize::from(answer.status < 300);
            // Several changes at once now and then.
            if step % 4 != 3 {
                story.lead.get(WORKLOAD).await.ok();
            }
        }
        assert!(done > 40, "seed {seed}: only {done} were done");
        story.lead.get(CONFLICTS).await.ok();
        // Who leaves takes nothing along.
        let who = story.people.pop().expect("somebody");
        story.lead.delete(&format!("/members/{}", who.id)).await;
        story.lead.get(WORKLOAD).await.ok();
    }
}

/// What a finding says but for who asks, in which the two ways to ask differ.
fn findings(all: &Value) -> Vec<Value> {
    let mut all = all.as_array().expect("findings").clone();
    for one in &mut all {
        one["ways_out"] = json!(one["ways_out"].as_array().map(|ways| {
            let told = |way: &Value| {
                (
                    way["kind"].clone(),
                    way["resource_id"].clone(),
                    way["first_on"].clone(),
                    way["amount"].clone(),
                )
            };
            ways.iter().map(told).collect::<Vec<_>>()
        }));
    }
    all
}

/// A check is judged by what is kept, and whoever asks in earnest by what the transaction reads: they must agree.
#[tokio::test]
async fn a_check_says_what_whoever_asks_in_earnest_hears() {
    let (mut refused, mut told) = (0, 0);
    for seed in 11..=12 {
        let (_app, mut story) = Story::begin(seed).await;
        for step in 0..40 {
            story.step().await;
            let body = with(
                story.of_allocation(),
                json!({"resource_id": story.person()}),
            );
            let task = task(&story.lead, json!({})).await;
            let body = with(body, json!({"task_id": task["id"]}));
            let checked = check(&story.lead, json!([create(body.clone())])).await;
            let answer = story
                .lead
                .post("/allocations?validate_only=true", body)
                .await;
            let heard = if answer.status == 409 {
                refused += 1;
                answer.problem(409, "over_allocated")["findings"].clone()
            } else {
                answer.ok()["warnings"].clone()
            };
            assert_eq!(
                findings(&checked["findings"]),
                findings(&heard),
                "seed {seed}, step {step}"
            );
            // The same of one that is there.
            if let Some(allocation) = story.any(|story| &story.allocations) {
                let terms = story.of_allocation();
                let change = with(
                    terms.clone(),
                    json!({"op": "change", "allocation_id": allocation["id"]}),
                );
                let place = "/allocations/check";
                let checked = story.lead.post(place, json!({"changes": [change]})).await;
                let place = format!("/allocations/{}", id(&allocation));
                let answer = story.lead.patch(&place, terms).await;
                if checked.status != 200 {
                    assert!(answer.status >= 400, "{}", answer.text);
                    continue;
                }
                let checked = checked.ok();
                if answer.status == 409 {
                    told += 1;
                    let heard = answer.problem(409, "over_allocated");
                    assert_eq!(
                        findings(&checked["findings"]),
                        findings(&heard["findings"]),
                        "seed {seed}, step {step}"
                    );
                } else {
                    assert_eq!(
                        checked["is_refused"], false,
                        "seed {seed}, step {step}: {}",
                        answer.text
                    );
                }
            }
        }
    }
    assert!(
        refused > 5 && told > 1,
        "{refused} refused, {told} changes refused"
    );
}
