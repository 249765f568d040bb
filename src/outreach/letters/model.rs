//! A letter as a row: who is told what, and how far the telling is.

use diesel::prelude::*;
use serde_json::Value;

use crate::db::{Id, Instant, Json};
use crate::http::text::Name;
use crate::people::texts::{Email, Locale};
use crate::schema::letters;
use crate::text_enum;

text_enum! {
    /// What a letter says.
    pub enum LetterKind {
        /// Confirm that this address is yours.
        ConfirmAddress = "confirm_address",
        /// You had registered already.
        AlreadyRegistered = "already_registered",
        /// Somebody has to approve it.
        Pending = "pending",
        /// You are in.
        Confirmed = "confirmed",
        /// You are on the waiting list.
        Waitlisted = "waitlisted",
        /// There is a seat for you, if you take it in time.
        SeatOffered = "seat_offered",
        /// You did not take it in time.
        OfferExpired = "offer_expired",
        /// You are not in.
        Rejected = "rejected",
        /// The team has changed what it keeps of your registration: how many come, or who.
        RegistrationChanged = "registration_changed",
        /// The team has cancelled your registration.
        RegistrationCancelled = "registration_cancelled",
        /// It begins soon.
        Reminder = "reminder",
        /// It takes place otherwise than you were told.
        EventChanged = "event_changed",
        /// It does not take place.
        EventCancelled = "event_cancelled",
        /// Thank you for coming.
        ThankYou = "thank_you",
    }
}

text_enum! {
    /// How far a letter is.
    pub enum LetterState {
        /// It waits for its turn, or for the next attempt.
        Queued = "queued",
        /// A server is sending it.
        Sending = "sending",
        /// The mail server has taken it.
        Sent = "sent",
        /// It could not be sent, and will not be tried again.
        Failed = "failed",
        /// It was not sent: no mail server is set, or it was no longer true when its turn came.
        Skipped = "skipped",
    }
}

/// Whom a letter goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub email: Email,
    /// What they are called.
    pub name: Name,
    /// The language that the letter is in.
    pub locale: Locale,
}

/// A letter, as it is kept. It has no text: it is written when it is sent, from what is true then.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = letters, primary_key(team_id, id), treat_none_as_default_value = false)]
pub struct Letter {
    /// The team.
    pub team_id: Id,
    /// The letter's id.
    pub id: Id,
    /// Why it is sent; there is one letter for each cause.
    pub cause: String,
    /// What it says.
    pub kind: LetterKind,
    /// The event that it is about.
    pub event_id: Id,
    /// The registration that it is about.
    pub registration_id: Option<Id>,
    /// The address that it goes to.
    pub recipient: Email,
    /// What the recipient is called.
    pub name: Name,
    /// The language that it is in.
    pub locale: Locale,
    /// What else it has to say: never a secret.
    pub details: Json<Value>,
    /// How far it is.
    pub state: LetterState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_attempt_at: Instant,
    /// Until when the server that sends it has it for itself.
    pub claimed_until: Option<Instant>,
    /// Why it was not sent, the last time.
    pub last_error: Option<String>,
    /// When it was put into the outbox.
    pub created_at: Instant,
    /// When the mail server took it.
    pub sent_at: Option<Instant>,
}
