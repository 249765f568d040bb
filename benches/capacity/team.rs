//! A team with a year of work: people with working hours, absences and skills, things, budgets, tasks, and what was promised
//! of all of them. Everything comes in through the API.

use std::net::SocketAddr;

use chrono::{Days, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::load::{Connection, request, sign_up_as, text};

/// Over how many days the work is spread.
const YEAR: usize = 365;
/// What tasks are labelled with, and people can do.
const SKILLS: [&str; 8] = [
    "writing", "design", "release", "video", "events", "press", "support", "code",
];
/// How many operations go into one request.
const BATCH: usize = 100;

/// How large a team is.
#[derive(Clone, Copy)]
pub struct Size {
    pub members: usize,
    pub allocations: usize,
    pub tasks: usize,
}

impl Size {
    /// So many quarters of it.
    pub const fn quarters(self, quarters: usize) -> Self {
        Self {
            members: self.members * quarters / 4,
            allocations: self.allocations * quarters / 4,
            tasks: self.tasks * quarters / 4,
        }
    }

    /// What the cost is to follow.
    pub const fn count(self) -> usize {
        self.allocations + self.tasks
    }
}

/// A team that is filled.
pub struct Team {
    pub size: Size,
    pub path: String,
    pub campaign: String,
    /// The owner first.
    pub members: Vec<String>,
    /// Those taken by whole days, then those taken by minutes.
    pub things: Vec<String>,
    pub tasks: Vec<String>,
}

/// A number below `below` that follows from the other two and looks like chance (splitmix64).
pub fn pick(number: usize, salt: usize, below: usize) -> usize {
    let mut mixed = (number as u64)
        .wrapping_mul(31)
        .wrapping_add(salt as u64)
        .wrapping_add(1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    usize::try_from((mixed ^ (mixed >> 31)) % below as u64).expect("a small number")
}

/// So many days after today.
pub fn day(days: usize) -> NaiveDate {
    Utc::now().date_naive() + Days::new(days as u64)
}

/// People with accounts, who may be in several teams.
pub async fn people(address: SocketAddr, count: usize) -> Vec<(String, String)> {
    let mut people = Vec::with_capacity(count);
    for number in 1..=count {
        let email = format!("person-{number}@example.org");
        let token = sign_up_as(address, &email, &format!("Person {number}")).await;
        people.push((email, token));
    }
    people
}

/// Fills teams, on behalf of their owner.
pub struct Filling<'f> {
    connection: Connection,
    owner: &'f str,
}

impl<'f> Filling<'f> {
    pub async fn begin(address: SocketAddr, owner: &'f str) -> Self {
        Self {
            connection: Connection::open(address).await,
            owner,
        }
    }

    async fn ask(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let owner = self.owner;
        self.ask_as(owner, method, path, body).await
    }

    async fn ask_as(&mut self, token: &str, method: &str, path: &str, body: &Value) -> Value {
        let request = request(method, path, Some(token), &[], Some(body));
        self.connection.ask(&request).await.0
    }

    /// Makes a team of this size.
    pub async fn team(&mut self, key: &str, size: Size, people: &[(String, String)]) -> Team {
        let body = json!({"name": key, "key": key, "time_zone": "UTC"});
        let made = self.ask("POST", "/v1/teams", &body).await;
        let path = format!("/v1/teams/{}", text(&made["id"]));
        let body = json!({"name": "A year"});
        let campaign = self.ask("POST", &format!("{path}/campaigns"), &body).await;
        let mut team = Team {
            size,
            path,
            campaign: text(&campaign["id"]),
            members: Vec::new(),
            things: Vec::new(),
            tasks: Vec::new(),
        };
        let people = &people[..size.members - 1];
        self.members(&mut team, people).await;
        self.time(&team, people).await;
        self.things(&mut team).await;
        self.tasks(&mut team).await;
        self.earlier(&team, people).await;
        self.allocations(&team).await;
        team
    }

    async fn members(&mut self, team: &mut Team, people: &[(String, String)]) {
        let path = &team.path;
        let me = request(
            "GET",
            &format!("{path}/members/me"),
            Some(self.owner),
            &[],
            None,
        );
        let me = self.connection.ask(&me).await.0;
        team.members.push(text(&me["id"]));
        for (email, token) in people {
            let invitation = json!({"email": email, "role": "member"});
            let invitation = self
                .ask("POST", &format!("{path}/invitations"), &invitation)
                .await;
            let secret = json!({"secret": invitation["secret"]});
            let member = self
                .ask_as(token, "POST", "/v1/invitations/accept", &secret)
                .await;
            team.members.push(text(&member["id"]));
        }
        for (number, member) in team.members.iter().enumerate() {
            let skills = [number, number / SKILLS.len() + 3].map(|at| SKILLS[at % SKILLS.len()]);
            let skills = if skills[0] == skills[1] {
                &skills[1..]
            } else {
                &skills[..]
            };
            self.ask(
                "PATCH",
                &format!("{path}/members/{member}"),
                &json!({"skills": skills}),
            )
            .await;
            // What is too much is told and not refused, or the batches below would be.
            self.ask(
                "PATCH",
                &format!("{path}/resources/{member}"),
                &json!({"overbooking": "allow"}),
            )
            .await;
        }
    }

    /// Working hours, holidays, and two weeks of absence for each.
    async fn time(&mut self, team: &Team, people: &[(String, String)]) {
        let path = &team.path;
        let hours = json!({"valid_from_on": day(0), "monday_minutes": 480, "tuesday_minutes": 480, "wednesday_minutes": 480,
            "thursday_minutes": 480, "friday_minutes": 480, "saturday_minutes": 0, "sunday_minutes": 0});
        self.ask("POST", &format!("{path}/working-hours"), &hours)
            .await;
        for number in 0..8 {
            let on = day(20 + number * 40);
            let holiday =
                json!({"name": format!("Holiday {number}"), "first_on": on, "last_on": on});
            self.ask("POST", &format!("{path}/holidays"), &holiday)
                .await;
        }
        for (number, (_, token)) in people.iter().enumerate() {
            for half in 0..2 {
                let first = 7 + half * 180 + pick(number, half, 160);
                let absence =
                    json!({"first_on": day(first), "last_on": day(first + 6), "kind": "vacation"});
                self.ask_as(token, "POST", &format!("{path}/absences"), &absence)
                    .await;
            }
        }
    }

    async fn things(&mut self, team: &mut Team) {
        let place = format!("{}/resources", team.path);
        let each = (team.size.members / 20).max(1);
        for number in 0..2 * each {
            let booking = if number < each {
                "whole_days"
            } else {
                "minutes"
            };
            let thing = json!({"kind": "equipment", "name": format!("Thing {number}"), "units": 5, "booking": booking,
                "overbooking": "allow"});
            let thing = self.ask("POST", &place, &thing).await;
            team.things.push(text(&thing["id"]));
        }
    }

    async fn tasks(&mut self, team: &mut Team) {
        let place = format!("{}/tasks/batch", team.path);
        let numbers: Vec<usize> = (0..team.size.tasks).collect();
        for some in numbers.chunks(BATCH) {
            let operations: Vec<Value> = some.iter().map(|number| task(team, *number)).collect();
            let done = self
                .ask("POST", &place, &json!({"operations": operations}))
                .await;
            let results = done["results"].as_array().expect("results");
            team.tasks
                .extend(results.iter().map(|result| text(&result["task"]["id"])));
        }
    }

    /// Earlier work: every fortieth task was delegated, done and confirmed.
    async fn earlier(&mut self, team: &Team, people: &[(String, String)]) {
        for (number, task) in team.tasks.iter().enumerate().step_by(40) {
            let delegate = pick(number, 9, people.len());
            let token = &people[delegate].1;
            let place = format!("{}/tasks/{task}/delegations", team.path);
            let offer = json!({"delegate_id": team.members[delegate + 1]});
            let offer = self.ask("POST", &place, &offer).await;
            let place = format!("{}/delegations/{}", team.path, text(&offer["id"]));
            for act in ["accept", "submit"] {
                self.ask_as(token, "POST", &format!("{place}/{act}"), &json!({}))
                    .await;
            }
            self.ask("POST", &format!("{place}/confirm"), &json!({}))
                .await;
        }
    }

    async fn allocations(&mut self, team: &Team) {
        let place = format!("{}/resources", team.path);
        let budget = json!({"kind": "budget", "name": "Money", "currency": "EUR", "limit_minor": 1_000_000_000_000_i64});
        let budget = text(&self.ask("POST", &place, &budget).await["id"]);
        let place = format!("{}/allocations/batch", team.path);
        let numbers: Vec<usize> = (0..team.size.allocations).collect();
        for some in numbers.chunks(BATCH) {
            let allocations: Vec<Value> = some
                .iter()
                .map(|number| allocation(team, &budget, *number))
                .collect();
            self.ask("POST", &place, &json!({"allocations": allocations}))
                .await;
        }
    }
}

/// A task within four to 17 days of the year; every twentieth has no estimate, and every twentieth no due date.
fn task(team: &Team, number: usize) -> Value {
    let due = 4 + pick(number, 1, YEAR - 4);
    let starts = due - due.min(3 + pick(number, 2, 14));
    let mut task = json!({"op": "create", "title": format!("Task {number} of a year"), "campaign_id": team.campaign,
        "labels": [SKILLS[number % 8], SKILLS[(number / 8 + number + 1) % 8]]});
    if task["labels"][0] == task["labels"][1] {
        task["labels"] = json!([SKILLS[number % 8]]);
    }
    if !number.is_multiple_of(40) {
        task["assignee_id"] = json!(team.members[number % team.members.len()]);
        task["accountable_id"] = json!(team.members[number * 7 % team.members.len()]);
    }
    if number % 20 != 7 {
        task["estimate_minutes"] = json!(60 + 30 * pick(number, 3, 19));
    }
    if number % 20 != 13 {
        task["starts_on"] = json!(day(starts));
        task["due_on"] = json!(day(due));
    }
    task
}

/// Of 20, 13 are of people (for the campaign, or for a task), six of things and one of money.
fn allocation(team: &Team, budget: &str, number: usize) -> Value {
    let first = pick(number, 4, YEAR - 14);
    let last = first + pick(number, 5, 14);
    let mut body =
        json!({"campaign_id": team.campaign, "first_on": day(first), "last_on": day(last)});
    match number % 20 {
        0..13 => {
            let member = pick(number, 6, team.members.len());
            body["resource_id"] = json!(team.members[member]);
            // One of their own tasks, unless it is done.
            let task = member + team.members.len() * pick(number, 10, 4);
            if number.is_multiple_of(3) && !task.is_multiple_of(40) {
                body["campaign_id"] = Value::Null;
                body["task_id"] = json!(team.tasks[task]);
            }
            body["amount"] = match pick(number, 7, 3) {
                0 => json!({"minutes": 60 + 30 * pick(number, 8, 20)}),
                1 => json!({"minutes_per_day": 15 + 15 * pick(number, 8, 6)}),
                _ => json!({"percent": 5 + pick(number, 8, 20)}),
            };
        }
        13..19 => {
            let thing = pick(number, 6, team.things.len());
            body["resource_id"] = json!(team.things[thing]);
            body["amount"] = json!({"units": 1 + pick(number, 7, 2)});
            if thing >= team.things.len() / 2 {
                body = json!({"campaign_id": team.campaign, "resource_id": team.things[thing], "amount": body["amount"],
                    "starts_at": format!("{}T{:02}:00:00Z", day(first), 8 + number % 4),
                    "ends_at": format!("{}T{:02}:30:00Z", day(first), 13 + number % 6)});
            }
        }
        _ => {
            body["resource_id"] = json!(budget);
            body["amount"] = json!({"money": {"amount_minor": 10_000, "currency": "EUR"}});
        }
    }
    body
}
