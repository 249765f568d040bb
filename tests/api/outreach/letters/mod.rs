//! Letters: what reaches the mail server, what does not, and what a lead sees of it. The words that only these tests need.

use diesel::prelude::*;
use mail_parser::{Message, MessageParser};
use relais::access::State;
use relais::db::{AnyConnection, DbError, Id, Instant, Json, Outcome};
use relais::http::text::Name;
use relais::jobs;
use relais::outreach::letters::{self, LetterKind, Recipient};
use relais::people::texts::{Email, Locale};
use relais::schema::registrations;
use serde_json::{Value, json};

use super::events::{event, place};
use crate::vocabulary::smtp::{MailServer, Taken};
use crate::vocabulary::{Member, TestApp};

mod causes;
mod outbox;
mod sending;
mod texts;
mod trouble;

/// A mail server, a server that uses it, and the lead of a team on it.
pub struct Office {
    pub mail: MailServer,
    pub app: TestApp,
    pub lead: Member,
    /// Scheduled, and still to come for months.
    pub event: Value,
}

impl Office {
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    pub async fn open_with(arguments: &[&str]) -> Self {
        let mail = MailServer::start().await;
        let url = mail.url();
        let mut line = vec![
            "--smtp-url",
            url.as_str(),
            "--mail-from",
            "no-reply@relais.example",
        ];
        line.extend(arguments);
        let app = TestApp::start_with(&line).await;
        app.clock.stop();
        let [lead] = app.team_with(["lead"]).await;
        let event = event(
            &lead,
            json!({"platform": "Zoom", "join_url": "https://zoom.example/j/1"}),
        )
        .await;
        let event = lead
            .patch(&place(&event), json!({"status": "scheduled"}))
            .await
            .ok();
        Self {
            mail,
            app,
            lead,
            event,
        }
    }

    /// Somebody who is registered, in this state.
    pub async fn guest(&self, email: &str, state: &str) -> Id {
        self.guest_named(email, state, "Gerda Guest", "en").await
    }

    pub async fn guest_named(&self, email: &str, state: &str, name: &str, locale: &str) -> Id {
        let (team_id, event_id) = (id(&self.lead.team_id), event_id(&self.event));
        let now = self.app.clock.now();
        register(
            &self.app,
            (team_id, event_id),
            (email, name, locale),
            state,
            now,
        )
        .await
    }

    /// Puts a letter to somebody who is registered.
    pub async fn put(&self, kind: LetterKind, registration: Id, cause: &str) {
        self.put_to(
            kind,
            registration,
            cause,
            ("gerda@example.org", "Gerda Guest", "en"),
        )
        .await;
    }

    pub async fn put_to(
        &self,
        kind: LetterKind,
        registration: Id,
        cause: &str,
        (email, name, locale): (&str, &str, &str),
    ) {
        let to = Recipient {
            email: Email::new(email).expect("an address"),
            name: Name::new(name).expect("a name"),
            locale: Locale::new(locale).expect("a locale"),
        };
        let (event_id, cause) = (event_id(&self.event), cause.to_owned());
        self.app
            .state
            .write_as_clock(id(&self.lead.team_id), move |tx| {
                letters::put(tx, kind, event_id, Some(registration), &to, &cause)
            })
            .await
            .expect("a letter");
    }

    /// A confirmed guest with the letter that says so, to this address.
    pub async fn confirmed(&self, email: &str) -> Id {
        let guest = self.guest(email, "confirmed").await;
        let to = (email, "Gerda Guest", "en");
        self.put_to(
            LetterKind::Confirmed,
            guest,
            &format!("{guest}/confirmed"),
            to,
        )
        .await;
        guest
    }

    /// Does what is due.
    pub async fn tick(&self) {
        jobs::run_due(&self.app.state).await;
    }

    /// The outbox, the latest first.
    pub async fn outbox(&self) -> Vec<Value> {
        self.lead.all("/outbox").await
    }

    /// The one letter in the outbox.
    pub async fn letter(&self) -> Value {
        let letters = self.outbox().await;
        assert_eq!(letters.len(), 1, "{letters:?}");
        letters[0].clone()
    }

    pub fn advance_minutes(&self, minutes: i64) {
        self.app.clock.advance(chrono::TimeDelta::minutes(minutes));
    }

    /// Moves the clock to so many minutes before the event begins (after it, when negative).
    pub fn go_to_minutes_before_start(&self, minutes: i64) {
        let starts_at = self.event["starts_at"].as_str().expect("a start");
        let starts_at: chrono::DateTime<chrono::Utc> = starts_at.parse().expect("an instant");
        let moment = starts_at - chrono::TimeDelta::minutes(minutes);
        self.app.clock.advance(moment - self.app.clock.now().utc());
    }

    /// Whom letters went to, in order of the addresses.
    pub fn recipients(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .mail
            .taken()
            .into_iter()
            .flat_map(|one| one.to)
            .collect();
        all.sort();
        all
    }
}

pub fn id(text: &str) -> Id {
    text.parse().expect("an id")
}

pub fn event_id(event: &Value) -> Id {
    id(event["id"].as_str().expect("an id"))
}

/// A registration, as it is kept.
pub async fn register(
    app: &TestApp,
    (team_id, event_id): (Id, Id),
    (email, name, locale): (&str, &str, &str),
    state: &str,
    now: Instant,
) -> Id {
    let registration = Id::new();
    let code = registration.to_string().to_uppercase();
    let code = code[code.len() - 8..].to_owned();
    let [email, name, locale, state] = [email, name, locale, state].map(str::to_owned);
    app.db
        .write(move |conn: &mut AnyConnection| {
            diesel::insert_into(registrations::table)
                .values((
                    registrations::team_id.eq(team_id),
                    registrations::id.eq(registration),
                    registrations::event_id.eq(event_id),
                    registrations::email.eq(&email),
                    registrations::name.eq(&name),
                    registrations::name_key.eq(Vec::<u8>::new()),
                    registrations::locale.eq(&locale),
                    registrations::seats.eq(1_i64),
                    registrations::companions.eq(Json(json!([]))),
                    registrations::answers.eq(Json(json!({}))),
                    registrations::state.eq(&state),
                    registrations::origin.eq("public"),
                    registrations::secret_number.eq(0_i64),
                    registrations::letters.eq(0_i64),
                    registrations::check_in_code.eq(&code),
                    registrations::expired_offers.eq(0_i64),
                    registrations::passed_over_count.eq(0_i64),
                    registrations::search.eq(""),
                    registrations::created_at.eq(now),
                    registrations::updated_at.eq(now),
                    registrations::version.eq(1_i64),
                ))
                .execute(conn)?;
            Ok::<_, DbError>(Outcome::Keep(()))
        })
        .await
        .expect("a registration");
    registration
}

/// Another state for a registration.
pub async fn becomes(app: &TestApp, registration: Id, state: &'static str) {
    app.db
        .write(move |conn: &mut AnyConnection| {
            diesel::update(registrations::table.filter(registrations::id.eq(registration)))
                .set(registrations::state.eq(state))
                .execute(conn)?;
            Ok::<_, DbError>(Outcome::Keep(()))
        })
        .await
        .expect("a registration");
}

/// A letter about an event in a team's outbox, for tests that only need one to be there.
pub async fn put(app: &TestApp, team_id: &str, event: &str) {
    let to = Recipient {
        email: Email::new("gerda@example.org").expect("an address"),
        name: Name::new("Gerda Guest").expect("a name"),
        locale: Locale::default(),
    };
    let (team_id, event) = (id(team_id), id(event));
    app.state
        .write_as_clock(team_id, move |tx| {
            let cause = format!("test/{}", Id::new());
            letters::put(tx, LetterKind::Pending, event, None, &to, &cause)
        })
        .await
        .expect("a letter");
}

/// The message, read by somebody else's reader.
pub fn read(taken: &Taken) -> Message<'_> {
    MessageParser::default()
        .parse(&taken.message)
        .expect("a message")
}

/// A header as it is on the wire, unfolded; nothing when it is not there, a panic when it is there twice.
pub fn header(taken: &Taken, name: &str) -> Option<String> {
    let text = String::from_utf8(taken.message.clone()).expect("ASCII");
    let (head, _) = text.split_once("\r\n\r\n").expect("a head");
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let found: Vec<String> = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(one, _)| one.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .collect();
    assert!(found.len() < 2, "{name} twice: {found:?}");
    found.into_iter().next()
}

/// What is due, done by another server.
pub async fn tick_of(state: &State) {
    jobs::run_due(state).await;
}
