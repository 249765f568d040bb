//! What the clock does to events: they go live when they start and end when they are over.

use diesel::prelude::*;

use super::model::Event;
use super::status::EventStatus;
use super::{in_team, write};
use crate::access::Tx;
use crate::http::Problem;
use crate::schema::events;

/// Lets at most `most` events begin whose start has passed, and as many end whose end has. One that was missed
/// altogether does both, so that the journal shows only transitions of the table.
///
/// # Errors
/// What the database answers.
pub fn follow(tx: &mut Tx<'_>, most: i64) -> Result<(), Problem> {
    let beginning: Vec<Event> = in_team(tx.team)
        .filter(events::status.eq(EventStatus::Scheduled))
        .filter(events::starts_at.le(tx.now))
        .order((events::starts_at, events::id))
        .limit(most)
        .select(Event::as_select())
        .load(tx.conn)?;
    for event in beginning {
        turn(tx, event, EventStatus::Live)?;
    }
    let ending: Vec<Event> = in_team(tx.team)
        .filter(events::status.eq(EventStatus::Live))
        .filter(events::ends_at.le(tx.now))
        .order((events::ends_at, events::id))
        .limit(most)
        .select(Event::as_select())
        .load(tx.conn)?;
    for event in ending {
        turn(tx, event, EventStatus::Ended)?;
    }
    Ok(())
}

fn turn(tx: &mut Tx<'_>, before: Event, status: EventStatus) -> Result<(), Problem> {
    let after = Event {
        status,
        status_reason: None,
        ..before.clone()
    };
    write::save(tx, before, after).map(drop)
}
