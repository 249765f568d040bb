//! What follows from a change of an event, by whichever way it was changed: for the seats that are held, for those who
//! wait, and for those who must be told.
//!
//! The surprising rule: an offer never outlasts the start. When an event moves to an earlier time, the offers that would
//! end with the old start end with the new one.

use super::events::Event;
use super::{letters, registrations};
use crate::access::Tx;
use crate::http::Problem;

/// What a change of an event made of its registrations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Aftermath {
    /// How many offers end earlier than they did.
    pub shortened_offers: usize,
}

/// Does what follows from a change that was saved.
///
/// # Errors
/// What the database answers.
pub fn of_change(tx: &mut Tx<'_>, before: &Event, after: &Event) -> Result<Aftermath, Problem> {
    let mut aftermath = Aftermath::default();
    if after.starts_at < before.starts_at {
        aftermath.shortened_offers = registrations::shorten_offers(tx, after)?;
    }
    letters::told_of(tx, before, after)?;
    // An event whose start had passed may be one to come again.
    if before.capacity != after.capacity || before.starts_at != after.starts_at {
        registrations::promote(tx, after)?;
    }
    Ok(aftermath)
}

/// Does what follows from an event's coming back from the trash: its free seats go to those who wait.
///
/// # Errors
/// What the database answers.
pub fn of_restoring(tx: &mut Tx<'_>, event: &Event) -> Result<(), Problem> {
    registrations::promote(tx, event).map(drop)
}
