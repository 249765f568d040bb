//! What goes out, and the row: a registration as the team sees it and as the journal keeps it.
//!
//! The surprising rule: the journal keeps no name, no address and no answer, only that they were changed. A person may ask
//! to be forgotten, and the journal is never changed.

use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::state::{Origin, PassedOverReason, RegistrationState};
use crate::db::{Id, Instant, Json};
use crate::http::text::{Name, Note};
use crate::http::values::{Int, UpTo};
use crate::http::{Page, Text};
use crate::journal::{Journaled, Kind};
use crate::people::texts::{Email, Locale};
use crate::schema::registrations;

/// How many seats one registration may have.
pub type Seats = Int<1, 10>;
/// The names of those who come along.
pub type Companions = UpTo<9, Name>;
/// Where somebody heard of the event, as links say it.
pub type Utm = Text<1, 100>;

/// Somebody's registration for an event.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, AsChangeset, ToSchema)]
#[diesel(table_name = registrations, primary_key(team_id, id), treat_none_as_default_value = false, treat_none_as_null = true)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "event_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "email": "ada@example.org", "name": "Ada Lovelace", "locale": "en", "seats": 2, "companions": ["Charles Babbage"], "answers": {"level": "Well"}, "note": null, "state": "waitlisted", "origin": "public", "utm_source": "newsletter", "utm_medium": null, "utm_campaign": null, "check_in_code": "7KQ2M9XA", "queued_at": "2027-04-01T09:00:00.000Z", "offer_expires_at": null, "expired_offers": 0, "passed_over_count": 1, "passed_over_reason": "too_few_seats", "checked_in_at": null, "created_at": "2027-04-01T08:58:00.000Z", "updated_at": "2027-04-01T09:00:00.000Z", "version": 57}))]
pub struct Registration {
    /// The team.
    pub team_id: Id,
    /// The registration's id.
    pub id: Id,
    /// The event.
    pub event_id: Id,
    /// The person's address: one place for each.
    pub email: Email,
    /// The person's name.
    pub name: Name,
    /// What names are sorted by: never sent.
    #[serde(skip)]
    pub name_key: Vec<u8>,
    /// The person's language.
    pub locale: Locale,
    /// How many come: all of them have a seat, or none.
    pub seats: Seats,
    /// The names of those who come along.
    #[schema(value_type = Vec<Name>, max_items = 9)]
    pub companions: Json<Companions>,
    /// The answers to the event's questions, by the questions' keys.
    #[schema(value_type = Object)]
    pub answers: Json<Map<String, Value>>,
    /// What the team should know. The person does not see it.
    #[schema(required = true)]
    pub note: Option<Note>,
    /// Where it stands.
    pub state: RegistrationState,
    /// How the person came to be registered.
    pub origin: Origin,
    /// Where the person heard of it.
    #[schema(required = true)]
    pub utm_source: Option<Utm>,
    /// By what kind of link.
    #[schema(required = true)]
    pub utm_medium: Option<Utm>,
    /// By which of the organiser's efforts.
    #[schema(required = true)]
    pub utm_campaign: Option<Utm>,
    /// What the secret in the person's links must say: never sent.
    #[serde(skip)]
    pub secret_number: i64,
    /// How many letters were asked for since `letters_since`: never sent.
    #[serde(skip)]
    pub letters: i64,
    /// Since when they are counted: never sent.
    #[serde(skip)]
    pub letters_since: Option<Instant>,
    /// What the person shows at the door.
    #[schema(min_length = 8, max_length = 8, pattern = "^[2-9A-HJ-NP-Z]{8}$")]
    pub check_in_code: String,
    /// The order of those who wait: never sent, because the rank is what counts.
    #[serde(skip)]
    pub queue_number: Option<i64>,
    /// Since when it waits where it waits now.
    #[schema(required = true)]
    pub queued_at: Option<Instant>,
    /// Until when seats are held for it.
    #[schema(required = true)]
    pub offer_expires_at: Option<Instant>,
    /// How many offers ran out since the person last asked.
    #[schema(minimum = 0)]
    pub expired_offers: i64,
    /// How often others behind got seats first.
    #[schema(minimum = 0)]
    pub passed_over_count: i64,
    /// Why they did.
    #[schema(value_type = Option<String>, required = true, max_length = 40, example = "too_few_seats")]
    pub passed_over_reason: Option<PassedOverReason>,
    /// When the person was let in.
    #[schema(required = true)]
    pub checked_in_at: Option<Instant>,
    /// When the person was forgotten, and only the seat still counts: never sent, for then it is not shown at all.
    #[serde(skip)]
    pub erased_at: Option<Instant>,
    /// What is searched: never sent.
    #[serde(skip)]
    pub search: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A registration as the team sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "event_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "email": "ada@example.org", "name": "Ada Lovelace", "locale": "en", "seats": 2, "companions": ["Charles Babbage"], "answers": {"level": "Well"}, "note": null, "state": "waitlisted", "origin": "public", "utm_source": "newsletter", "utm_medium": null, "utm_campaign": null, "check_in_code": "7KQ2M9XA", "queued_at": "2027-04-01T09:00:00.000Z", "offer_expires_at": null, "expired_offers": 0, "passed_over_count": 1, "passed_over_reason": "too_few_seats", "checked_in_at": null, "created_at": "2027-04-01T08:58:00.000Z", "updated_at": "2027-04-01T09:00:00.000Z", "version": 57, "rank": 3}))]
pub struct RankedRegistration {
    #[serde(flatten)]
    #[allow(missing_docs)]
    pub registration: Registration,
    /// Its rank among those who wait; null when it does not wait.
    #[schema(required = true, minimum = 1)]
    pub rank: Option<i64>,
}

/// A page of registrations.
pub type RegistrationPage = Page<RankedRegistration>;

/// What the journal keeps of a registration.
#[derive(Debug, Serialize)]
pub(super) struct Kept<'r> {
    id: Id,
    event_id: Id,
    seats: Seats,
    state: RegistrationState,
    origin: Origin,
    utm_source: &'r Option<Utm>,
    utm_medium: &'r Option<Utm>,
    utm_campaign: &'r Option<Utm>,
    letters: i64,
    letters_since: Option<Instant>,
    queued_at: Option<Instant>,
    offer_expires_at: Option<Instant>,
    expired_offers: i64,
    checked_in_at: Option<Instant>,
    /// Which of the members that the journal does not keep were changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed_personal_fields: Vec<&'static str>,
}

impl Registration {
    /// What the journal keeps of it.
    pub(super) fn kept(&self) -> Kept<'_> {
        Kept {
            id: self.id,
            event_id: self.event_id,
            seats: self.seats,
            state: self.state,
            origin: self.origin,
            utm_source: &self.utm_source,
            utm_medium: &self.utm_medium,
            utm_campaign: &self.utm_campaign,
            letters: self.letters,
            letters_since: self.letters_since,
            queued_at: self.queued_at,
            offer_expires_at: self.offer_expires_at,
            expired_offers: self.expired_offers,
            checked_in_at: self.checked_in_at,
            changed_personal_fields: Vec::new(),
        }
    }

    /// The same after a change: with which of the members changed that it does not keep.
    pub(super) fn kept_after(&self, before: &Self) -> Kept<'_> {
        Kept {
            changed_personal_fields: before.personal_changes(self),
            ..self.kept()
        }
    }

    /// The members that the journal does not keep and in which this differs from `other`.
    pub(super) fn personal_changes(&self, other: &Self) -> Vec<&'static str> {
        let differs = [
            ("name", self.name != other.name),
            ("locale", self.locale != other.locale),
            ("companions", self.companions != other.companions),
            ("answers", self.answers != other.answers),
            ("note", self.note != other.note),
        ];
        let changed = differs.into_iter().filter(|(_, differs)| *differs);
        changed.map(|(name, _)| name).collect()
    }
}

impl Registration {
    /// The same when others behind got seats so often.
    pub(super) fn passed_over(self, times: i64) -> Self {
        Self {
            passed_over_count: times,
            passed_over_reason: (times > 0).then_some(PassedOverReason::TooFewSeats),
            ..self
        }
    }
}

impl Journaled for Kept<'_> {
    const KIND: Kind = Kind::Registration;

    fn id(&self) -> Id {
        self.id
    }
}
