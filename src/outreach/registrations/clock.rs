//! What the clock does to registrations: offers run out, and what nobody confirmed is forgotten.
//!
//! The surprising rule: seats whose offer ran out are offered to the next in the same transaction.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::model::Registration;
use super::queue::{promote, run_out, tell};
use super::state::RegistrationState;
use super::window::is_to_come;
use crate::access::Tx;
use crate::db::Id;
use crate::http::Problem;
use crate::outreach::events::{self, Event};
use crate::outreach::letters::LetterKind;
use crate::schema::{events as event_rows, registrations};

/// How long an address may take to be confirmed.
pub const UNVERIFIED: TimeDelta = TimeDelta::hours(72);

/// Lets at most `most` offers run out whose time has passed, and offers their seats to others.
///
/// # Errors
/// What the database answers.
pub fn expire_offers(tx: &mut Tx<'_>, most: i64) -> Result<(), Problem> {
    let due: Vec<Registration> = registrations::table
        .filter(registrations::team_id.eq(tx.team.id()))
        .filter(registrations::state.eq(RegistrationState::Offered))
        .filter(registrations::offer_expires_at.le(tx.now))
        .order((registrations::offer_expires_at, registrations::id))
        .limit(most)
        .select(Registration::as_select())
        .load(tx.conn)?;
    let mut concerned: Vec<Id> = due.iter().map(|one| one.event_id).collect();
    concerned.sort_unstable();
    concerned.dedup();
    for event_id in concerned {
        // An event in the trash offers nothing.
        let event: Option<Event> = events::in_team(tx.team)
            .filter(event_rows::id.eq(event_id))
            .select(Event::as_select())
            .first(tx.conn)
            .optional()?;
        for one in due.iter().filter(|one| one.event_id == event_id) {
            let expired = run_out(tx, one)?;
            if event
                .as_ref()
                .is_some_and(|event| is_to_come(event, tx.now))
            {
                tell(tx, LetterKind::OfferExpired, &expired)?;
            }
        }
        if let Some(event) = event {
            promote(tx, &event)?;
        }
    }
    Ok(())
}

/// Forgets at most `most` registrations whose address nobody confirmed in time.
///
/// # Errors
/// What the database answers.
pub fn forget_unverified(tx: &mut Tx<'_>, most: i64) -> Result<(), Problem> {
    let due: Vec<Registration> = registrations::table
        .filter(registrations::team_id.eq(tx.team.id()))
        .filter(registrations::state.eq(RegistrationState::Unverified))
        .filter(registrations::updated_at.le(tx.now.plus(-UNVERIFIED)))
        .order((registrations::updated_at, registrations::id))
        .limit(most)
        .select(Registration::as_select())
        .load(tx.conn)?;
    for one in &due {
        diesel::delete(registrations::table.find((one.team_id, one.id))).execute(tx.conn)?;
        tx.deleted(&one.kept())?;
    }
    Ok(())
}
