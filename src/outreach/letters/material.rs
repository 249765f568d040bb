//! What a letter tells of, as it is when the letter is written.
//!
//! The surprising rule: a letter may have become untrue while it waited. Then it is not sent: whoever cancelled gets no
//! "you are in", and nobody is reminded of an event that was called off.

use diesel::prelude::*;

use super::model::{Letter, LetterKind};
use crate::access::secrets::Pepper;
use crate::db::{AnyConnection, Id, Instant, Json};
use crate::http::Problem;
use crate::outreach::events::{Event, EventStatus};
use crate::outreach::registrations::{Companions, RegistrationState, Seats, secret};
use crate::schema::{events, registrations, teams};

/// What a letter needs to know of a registration.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = registrations)]
pub(super) struct Place {
    pub(super) id: Id,
    pub(super) state: RegistrationState,
    pub(super) seats: Seats,
    pub(super) companions: Json<Companions>,
    pub(super) secret_number: i64,
    pub(super) offer_expires_at: Option<Instant>,
}

/// What a letter tells of.
#[derive(Debug, Clone)]
pub struct Material {
    /// The team that holds the event.
    pub(super) team: String,
    pub(super) event: Event,
    pub(super) place: Option<Place>,
}

impl Material {
    /// What this letter tells of; nothing when the event, the registration or the team is gone.
    ///
    /// # Errors
    /// What the database answers.
    pub fn of(conn: &mut AnyConnection, letter: &Letter) -> Result<Option<Self>, Problem> {
        let found: Option<(Event, String)> = events::table
            .inner_join(teams::table.on(teams::id.eq(events::team_id)))
            .filter(events::team_id.eq(letter.team_id))
            .filter(events::id.eq(letter.event_id))
            .filter(events::deleted_at.is_null())
            .filter(teams::deleted_at.is_null())
            .select((Event::as_select(), teams::name))
            .first(conn)
            .optional()?;
        let Some((event, team)) = found else {
            return Ok(None);
        };
        let place = match letter.registration_id {
            None => None,
            Some(id) => {
                let place: Option<Place> = registrations::table
                    .find((letter.team_id, id))
                    .select(Place::as_select())
                    .first(conn)
                    .optional()?;
                match place {
                    None => return Ok(None),
                    place => place,
                }
            }
        };
        Ok(Some(Self { team, event, place }))
    }

    /// Whether a letter of this kind is still true, and of any use.
    #[must_use]
    pub fn bears_out(&self, kind: LetterKind, now: Instant) -> bool {
        use RegistrationState as State;
        let status = self.event.status;
        let is_in_time = match kind {
            LetterKind::EventCancelled => status == EventStatus::Cancelled,
            LetterKind::ThankYou => status == EventStatus::Ended,
            LetterKind::Reminder => status == EventStatus::Scheduled && self.event.starts_at > now,
            _ => status.is_open(),
        };
        let Some(place) = &self.place else {
            return is_in_time;
        };
        let fitting: &[State] = match kind {
            LetterKind::ConfirmAddress => &[State::Unverified],
            LetterKind::Pending => &[State::Pending],
            LetterKind::Confirmed | LetterKind::Reminder => &[State::Confirmed, State::Attended],
            LetterKind::Waitlisted => &[State::Waitlisted],
            LetterKind::SeatOffered => &[State::Offered],
            LetterKind::OfferExpired => &[State::Expired],
            LetterKind::Rejected => &[State::Rejected],
            LetterKind::RegistrationCancelled => &[State::Cancelled],
            LetterKind::ThankYou => &[State::Confirmed, State::Attended],
            LetterKind::AlreadyRegistered
            | LetterKind::RegistrationChanged
            | LetterKind::EventChanged
            | LetterKind::EventCancelled => &CONCERNED,
        };
        let is_offered = kind == LetterKind::SeatOffered;
        let ran_out = is_offered && place.offer_expires_at.is_some_and(|until| until <= now);
        is_in_time && fitting.contains(&place.state) && !ran_out
    }

    /// What opens the registration, for a link. Whoever only looks on sees dots.
    #[must_use]
    pub fn secret(&self, pepper: Option<&Pepper>) -> Option<String> {
        let place = self.place.as_ref()?;
        Some(match pepper {
            None => "•••".to_owned(),
            Some(pepper) => secret::of(pepper, self.event.team_id, place.id, place.secret_number)
                .expose()
                .to_owned(),
        })
    }

    /// Whether the letter may say where to join.
    pub(super) fn may_join(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.state.is_in())
    }
}

/// The states in which somebody wants to know what becomes of the event.
pub(in crate::outreach) const CONCERNED: [RegistrationState; 6] = [
    RegistrationState::Pending,
    RegistrationState::Confirmed,
    RegistrationState::Waitlisted,
    RegistrationState::Offered,
    RegistrationState::Expired,
    RegistrationState::Attended,
];
