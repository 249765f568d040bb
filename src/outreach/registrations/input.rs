//! What comes in: somebody registers, or a member adds somebody.
//!
//! The surprising rule: whoever comes along is named only if that is wanted: two seats and no companion's name is fine,
//! a name without a seat is not.

use diesel::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::answers::{Demand, Given, checked};
use super::model::{Companions, Registration, Seats, Utm};
use super::state::{Origin, RegistrationState};
use crate::access::Tx;
use crate::access::secrets::readable_code;
use crate::db::rows::fold;
use crate::db::{Id, Json};
use crate::http::text::Name;
use crate::http::{FieldError, Problem};
use crate::outreach::events::Event;
use crate::people::texts::{Email, Locale};
use crate::schema::registrations;

/// How long a check-in code is: 30^8 codes, of which an event has few.
pub(super) const CODE: usize = 8;

const fn one_seat() -> Seats {
    Seats::clamped(1)
}

/// A registration by the person.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ada Lovelace", "email": "ada@example.org", "locale": "en", "seats": 2, "companions": ["Charles Babbage"], "consent": true, "utm_source": "newsletter"}))]
pub struct NewRegistration {
    /// The person's name.
    name: Name,
    /// The address to which a letter with a link goes.
    email: Email,
    /// The person's language: English unless given.
    #[serde(default)]
    locale: Locale,
    /// How many come: all have a seat, or none. One unless given.
    #[serde(default = "one_seat")]
    seats: Seats,
    /// The names of those who come along, at most one fewer than seats.
    #[serde(default)]
    #[schema(value_type = Vec<Name>, max_items = 9)]
    companions: Companions,
    /// The answers to the event's questions, by the questions' keys.
    #[serde(default)]
    #[schema(value_type = Object)]
    answers: Given,
    /// That the person agrees to be written to about this event, and to what is kept for it: must be true.
    consent: bool,
    /// Where the person heard of it.
    utm_source: Option<Utm>,
    /// By what kind of link.
    utm_medium: Option<Utm>,
    /// By which of the organiser's efforts.
    utm_campaign: Option<Utm>,
}

/// A registration by a member's hand.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Grace Hopper", "email": "grace@example.org"}))]
pub struct AddedRegistration {
    /// The person's name.
    pub(super) name: Name,
    /// The person's address.
    pub(super) email: Email,
    /// The person's language: English unless given.
    #[serde(default)]
    pub(super) locale: Locale,
    /// How many come: all have a seat, or none. One unless given.
    #[serde(default = "one_seat")]
    pub(super) seats: Seats,
    /// The names of those who come along, at most one fewer than seats.
    #[serde(default)]
    #[schema(value_type = Vec<Name>, max_items = 9)]
    pub(super) companions: Companions,
    /// The answers to the event's questions, by the questions' keys; none is demanded.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(super) answers: Given,
    /// Where the person heard of it.
    pub(super) utm_source: Option<Utm>,
    /// By what kind of link.
    pub(super) utm_medium: Option<Utm>,
    /// By which of the organiser's efforts.
    pub(super) utm_campaign: Option<Utm>,
}

/// What was said of a person, checked against the event's rules.
#[derive(Debug, Clone)]
pub(super) struct Details {
    pub(super) email: Email,
    name: Name,
    locale: Locale,
    seats: Seats,
    companions: Companions,
    answers: Map<String, Value>,
    utm: [Option<Utm>; 3],
    origin: Origin,
}

impl NewRegistration {
    /// Checked against the rules of the event.
    pub(super) fn checked(self, event: &Event) -> Result<Details, Problem> {
        let mut wrong = Vec::new();
        if !self.consent {
            wrong.push(FieldError::body(
                "/consent",
                "required",
                "Nobody is registered without agreeing to it.",
            ));
        }
        let details = Details {
            email: self.email,
            name: self.name,
            locale: self.locale,
            seats: self.seats,
            companions: self.companions,
            answers: self.answers.0,
            utm: [self.utm_source, self.utm_medium, self.utm_campaign],
            origin: Origin::Public,
        };
        details.checked(event, Demand::All, wrong)
    }
}

impl AddedRegistration {
    /// Checked against the rules of the event.
    pub(super) fn checked(self, event: &Event, origin: Origin) -> Result<Details, Problem> {
        let details = Details {
            email: self.email,
            name: self.name,
            locale: self.locale,
            seats: self.seats,
            companions: self.companions,
            answers: self.answers.0,
            utm: [self.utm_source, self.utm_medium, self.utm_campaign],
            origin,
        };
        details.checked(event, Demand::Given, Vec::new())
    }
}

impl Details {
    fn checked(
        mut self,
        event: &Event,
        demand: Demand,
        mut wrong: Vec<FieldError>,
    ) -> Result<Self, Problem> {
        let seats = usize::try_from(self.seats.get()).unwrap_or(1);
        if self.companions.0.len() >= seats {
            wrong.push(
                FieldError::body(
                    "/companions",
                    "too_many",
                    "At most one name fewer than seats.",
                )
                .with(json!({"max": seats.saturating_sub(1)})),
            );
        }
        let questions = &event.registration.0.questions.0;
        match checked(questions, std::mem::take(&mut self.answers), demand) {
            Ok(answers) => self.answers = answers,
            Err(problem) => wrong.extend(problem.errors().iter().cloned()),
        }
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(Problem::fields(wrong))
        }
    }

    /// The same record with what was said now.
    pub(super) fn onto(self, before: &Registration) -> Registration {
        let search = search_text(&self.name, &self.email, &self.companions);
        let [utm_source, utm_medium, utm_campaign] = self.utm;
        Registration {
            name_key: fold(self.name.as_str()).into_bytes(),
            name: self.name,
            locale: self.locale,
            seats: self.seats,
            companions: Json(self.companions),
            answers: Json(self.answers),
            origin: self.origin,
            utm_source,
            utm_medium,
            utm_campaign,
            expired_offers: 0,
            passed_over_count: 0,
            passed_over_reason: None,
            search,
            ..before.clone()
        }
    }

    /// How many seats are asked for.
    pub(super) const fn seats(&self) -> i64 {
        self.seats.get()
    }

    /// A new record, which holds nothing yet.
    pub(super) fn fresh(self, tx: &mut Tx<'_>, event_id: Id) -> Result<Registration, Problem> {
        let code = new_code(tx, event_id)?;
        Ok(self.fresh_with(tx, event_id, code))
    }

    /// The same, with a check-in code that nobody else at the event has.
    pub(super) fn fresh_with(self, tx: &Tx<'_>, event_id: Id, code: String) -> Registration {
        let blank = Registration {
            team_id: tx.team.id(),
            id: Id::new(),
            event_id,
            email: self.email.clone(),
            name: self.name.clone(),
            name_key: Vec::new(),
            locale: self.locale.clone(),
            seats: self.seats,
            companions: Json(Companions::default()),
            answers: Json(Map::new()),
            note: None,
            state: RegistrationState::Unverified,
            origin: self.origin,
            utm_source: None,
            utm_medium: None,
            utm_campaign: None,
            secret_number: 0,
            letters: 0,
            letters_since: None,
            check_in_code: code,
            queue_number: None,
            queued_at: None,
            offer_expires_at: None,
            expired_offers: 0,
            passed_over_count: 0,
            passed_over_reason: None,
            checked_in_at: None,
            erased_at: None,
            search: String::new(),
            created_at: tx.now,
            updated_at: tx.now,
            version: tx.revision,
        };
        self.onto(&blank)
    }
}

/// What is searched: the names and the address.
pub(super) fn search_text(name: &Name, email: &Email, companions: &Companions) -> String {
    let mut text = format!("{name}\n{email}");
    for companion in &companions.0 {
        text.push('\n');
        text.push_str(companion.as_str());
    }
    fold(&text)
}

/// A check-in code that nobody else at the event has.
fn new_code(tx: &mut Tx<'_>, event_id: Id) -> Result<String, Problem> {
    loop {
        let code = readable_code(CODE);
        let taken: Option<Id> = registrations::table
            .filter(registrations::team_id.eq(tx.team.id()))
            .filter(registrations::event_id.eq(event_id))
            .filter(registrations::check_in_code.eq(&code))
            .select(registrations::id)
            .first(tx.conn)
            .optional()?;
        if taken.is_none() {
            return Ok(code);
        }
    }
}
