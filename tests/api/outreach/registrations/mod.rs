//! Registrations: from the public page to the door. The words that only these tests need.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use relais::db::{DbError, Id};
use relais::outreach::registrations::secret;
use relais::schema::{letters, registrations};
use serde_json::{Value, json};

use super::events::{place, wall};
use crate::vocabulary::{Answer, Member, TestApp};

mod answers;
mod batch;
mod edits;
mod imports;
mod leaving;
mod moving;
mod page;
mod parallel;
mod public;
mod seats;
mod table;
mod team;

/// An event with a public page, a week from now, and the team that holds it.
pub struct Hall {
    pub app: TestApp,
    pub lead: Member,
    pub member: Member,
    pub event: Value,
}

impl Hall {
    /// Open to everybody, with this besides.
    pub async fn open(besides: Value) -> Self {
        Self::open_with(&[], besides).await
    }

    /// The same, with settings as on the command line.
    pub async fn open_with(arguments: &[&str], besides: Value) -> Self {
        let app = TestApp::start_with(arguments).await;
        app.clock.stop();
        let [lead, member] = app.team_with(["lead", "member"]).await;
        let now: DateTime<Utc> = app.clock.now().utc();
        let local = |days: i64, minutes: i64| {
            let time = now + TimeDelta::days(days) + TimeDelta::minutes(minutes);
            wall(&time.format("%Y-%m-%dT%H:%M:%S").to_string(), "UTC")
        };
        let mut body = json!({"title": "Office hours", "kind": "webinar", "starts": local(7, 0), "ends": local(7, 60),
            "visibility": "public", "join_url": "https://meet.example/1", "registration": {"mode": "open"}});
        for (name, value) in besides.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let event = lead.post("/events", body).await.created();
        let event = lead
            .patch(&place(&event), json!({"status": "scheduled"}))
            .await
            .ok();
        Self {
            app,
            lead,
            member,
            event,
        }
    }

    /// Where the event is.
    pub fn place(&self) -> String {
        place(&self.event)
    }

    pub fn list(&self) -> String {
        format!("{}/registrations", self.place())
    }

    pub fn page(&self) -> String {
        format!("/v1/public/events/{}", self.event["slug"].as_str().unwrap())
    }

    /// Somebody fills in the form.
    pub async fn send(&self, body: Value) -> Answer {
        let place = format!("{}/registrations", self.page());
        self.app.anybody("POST", &place).json(body).await
    }

    /// Somebody fills in the form with the name in the address.
    pub async fn register(&self, email: &str, seats: i64) -> Answer {
        self.send(json!({"name": "Ada", "email": email, "seats": seats, "consent": true}))
            .await
    }

    /// The secret in the person's links, as a letter written now has it.
    pub async fn secret(&self, email: &str) -> String {
        let (team, event) = (self.id("team_id"), self.id("id"));
        let email = email.to_owned();
        let (id, number): (Id, i64) = self
            .app
            .db
            .read(move |conn| {
                Ok::<_, DbError>(
                    registrations::table
                        .filter(registrations::team_id.eq(team))
                        .filter(registrations::event_id.eq(event))
                        .filter(registrations::email.eq(email))
                        .select((registrations::id, registrations::secret_number))
                        .first(conn)?,
                )
            })
            .await
            .expect("a registration");
        let secret = secret::of(&self.app.state.pepper, team, id, number);
        secret.expose().to_owned()
    }

    fn id(&self, name: &str) -> Id {
        self.event[name].as_str().unwrap().parse().unwrap()
    }

    /// What was put into the outbox for an address, oldest first.
    pub async fn letters(&self, email: &str) -> Vec<String> {
        let (team, email) = (self.id("team_id"), email.to_owned());
        self.app
            .db
            .read(move |conn| {
                Ok::<_, DbError>(
                    letters::table
                        .filter(letters::team_id.eq(team))
                        .filter(letters::recipient.eq(email))
                        .order((letters::created_at, letters::id))
                        .select(letters::kind)
                        .load(conn)?,
                )
            })
            .await
            .expect("letters")
    }

    /// Does something with a secret link.
    pub async fn follow(&self, method: &str, secret: &str, act: &str) -> Answer {
        let path = format!("/v1/public/registrations/{secret}{act}");
        self.app.anybody(method, &path).send().await
    }

    /// Somebody registers and follows the link: the person's page.
    pub async fn comes(&self, email: &str, seats: i64) -> Value {
        self.register(email, seats).await.expect(202);
        let secret = self.secret(email).await;
        self.follow("POST", &secret, "/confirm").await.ok()
    }

    /// The person's page as it is now.
    pub async fn mine(&self, email: &str) -> Value {
        let secret = self.secret(email).await;
        self.follow("GET", &secret, "").await.ok()
    }

    /// The person's act, as a letter written now lets it happen.
    pub async fn does(&self, email: &str, method: &str, act: &str) -> Answer {
        let secret = self.secret(email).await;
        self.follow(method, &secret, act).await
    }

    /// The states of these people.
    pub async fn states(&self, emails: &[&str]) -> Vec<String> {
        let mut states = Vec::new();
        for email in emails {
            let mine = self.mine(email).await;
            states.push(mine["state"].as_str().unwrap().to_owned());
        }
        states
    }

    /// How the seats are taken: confirmed, held, pending, waiting, free.
    pub async fn seats(&self) -> [i64; 5] {
        let seats = self
            .member
            .get(&format!("{}/seats", self.place()))
            .await
            .ok();
        ["confirmed", "held", "pending", "waiting", "free"]
            .map(|part| seats[part].as_i64().unwrap_or(-1))
    }

    /// The record as the team sees it.
    pub async fn record(&self, email: &str) -> Value {
        let place = format!("{}?state={ALL}&q={email}", self.list());
        let found = self.member.get(&place).await.ok();
        found["items"][0].clone()
    }

    /// Where the record is.
    pub async fn place_of(&self, email: &str) -> String {
        let record = self.record(email).await;
        format!("{}/{}", self.list(), record["id"].as_str().expect("an id"))
    }

    /// A member does something to somebody's registration.
    pub async fn act(&self, email: &str, act: &str) -> Answer {
        let place = format!("{}/{act}", self.place_of(email).await);
        self.lead.request("POST", &place).send().await
    }

    /// Changes the event.
    pub async fn change(&self, patch: Value) -> Value {
        self.lead.patch(&self.place(), patch).await.ok()
    }
}

const ALL: &str =
    "unverified,pending,confirmed,waitlisted,offered,expired,rejected,cancelled,attended,no_show";
