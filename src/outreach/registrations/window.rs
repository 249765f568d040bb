//! Whether people may register now, and why not.
//!
//! The surprising rule: a full event is open. Whoever comes then waits.

use serde_json::json;

use crate::db::Instant;
use crate::http::{Code, Problem};
use crate::outreach::events::{Event, EventStatus};
use crate::outreach::registration_rules::RegistrationMode;
use crate::text_enum;

text_enum! {
    /// Why nobody can register. More may come: have a default branch.
    pub enum ClosedReason {
        /// The event takes no registrations.
        Closed = "closed",
        /// Registration has not begun yet.
        NotYet = "not_yet",
        /// Registration is over.
        Over = "over",
        /// The event has begun, or is over.
        EventBegun = "event_begun",
        /// The event does not take place.
        EventCancelled = "event_cancelled",
    }
}

impl ClosedReason {
    const fn detail(self) -> &'static str {
        match self {
            Self::Closed => "The event takes no registrations.",
            Self::NotYet => "Registration has not begun yet: see `opens_at`.",
            Self::Over => "Registration is over.",
            Self::EventBegun => "The event has begun, or is over.",
            Self::EventCancelled => "The event was cancelled.",
        }
    }

    /// The refusal.
    #[must_use]
    pub fn problem(self, event: &Event) -> Problem {
        Problem::new(Code::RegistrationClosed)
            .detail(self.detail())
            .member("reason", self)
            .member("opens_at", json!(event.registration.0.opens_at))
            .member("closes_at", json!(event.registration.0.closes_at))
    }
}

/// Why nobody can register now; nothing when people can.
#[must_use]
pub fn closed(event: &Event, now: Instant) -> Option<ClosedReason> {
    let rules = &event.registration.0;
    if event.status == EventStatus::Cancelled {
        return Some(ClosedReason::EventCancelled);
    }
    if !is_to_come(event, now) {
        return Some(ClosedReason::EventBegun);
    }
    if rules.mode == RegistrationMode::Closed || event.status == EventStatus::Draft {
        return Some(ClosedReason::Closed);
    }
    if rules.opens_at.is_some_and(|opens_at| now < opens_at) {
        return Some(ClosedReason::NotYet);
    }
    if rules.closes_at.is_some_and(|closes_at| closes_at <= now) {
        return Some(ClosedReason::Over);
    }
    None
}

/// Whether the event is still to come: then seats are offered to those who wait.
#[must_use]
pub fn is_to_come(event: &Event, now: Instant) -> bool {
    matches!(event.status, EventStatus::Draft | EventStatus::Scheduled) && now < event.starts_at
}

/// Refuses when the event is over or cancelled: nobody gets a seat any more, by whomever.
///
/// # Errors
/// `registration_closed`.
pub fn check_is_on(event: &Event) -> Result<(), Problem> {
    match event.status {
        EventStatus::Cancelled => Err(ClosedReason::EventCancelled.problem(event)),
        EventStatus::Ended => Err(ClosedReason::EventBegun.problem(event)),
        EventStatus::Draft | EventStatus::Scheduled | EventStatus::Live => Ok(()),
    }
}
