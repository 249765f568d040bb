//! Seats given, offered, held and given back: what happens to the rows when the rules of `seats` say so.
//!
//! The surprising rule: whoever asks for seats asks behind the queue. First the queue is served; what nobody who waits
//! can use goes to the newcomer at once, without an offer, because the newcomer is there.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::model::Registration;
use super::queries::{in_event, last_in_queue, tally};
use super::seats::{fits, pass};
use super::state::{PassedOverReason, RegistrationState};
use super::window::is_to_come;
use crate::access::Tx;
use crate::db::Id;
use crate::http::Problem;
use crate::outreach::events::Event;
use crate::outreach::letters::{self, Draft, LetterKind, Recipient};
use crate::schema::registrations;

/// How many of the queue are looked at together.
const AT_ONCE: i64 = 200;
/// How many offers may run out before nothing is offered any more.
const PATIENCE: i64 = 2;

/// Puts a letter about a registration into the outbox: one for each change.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    kind: LetterKind,
    registration: &Registration,
) -> Result<(), Problem> {
    let draft = draft(tx, kind, registration);
    letters::put_all(tx, vec![draft])
}

/// A letter about a registration, for what happens in this revision.
pub(super) fn draft(tx: &Tx<'_>, kind: LetterKind, registration: &Registration) -> Draft {
    Draft {
        kind,
        event_id: registration.event_id,
        registration_id: Some(registration.id),
        to: Recipient {
            email: registration.email.clone(),
            name: registration.name.clone(),
            locale: registration.locale.clone(),
        },
        cause: format!(
            "registration/{}/{}/{}",
            registration.id,
            kind.as_str(),
            tx.revision
        ),
    }
}

/// Saves a registration that was changed, and journals it.
pub(super) fn save(
    tx: &mut Tx<'_>,
    before: &Registration,
    mut after: Registration,
) -> Result<Registration, Problem> {
    after.updated_at = tx.now;
    after.version = tx.revision;
    diesel::update(registrations::table.find((after.team_id, after.id)))
        .set(&after)
        .execute(tx.conn)?;
    tx.updated(&before.kept(), &after.kept_after(before))?;
    Ok(after)
}

/// Offers free seats to those who wait, first come first served, for as long as the event is still to come. Answers how
/// many seats are free after that. Call it whenever seats may have become free.
///
/// # Errors
/// What the database answers.
pub fn promote(tx: &mut Tx<'_>, event: &Event) -> Result<Option<i64>, Problem> {
    let capacity = event.capacity.map(crate::http::Int::get);
    let mut free = tally(tx, event.id)?.free(capacity);
    if !is_to_come(event, tx.now) {
        return Ok(free);
    }
    let (mut seen, mut last_granted) = (0, None);
    while free != Some(0) {
        let mut waiting = in_event(tx.team, event.id)
            .filter(registrations::queue_number.is_not_null())
            .filter(registrations::queue_number.assume_not_null().gt(seen));
        if let Some(free) = free {
            waiting = waiting.filter(registrations::seats.le(free));
        }
        let waiting: Vec<Registration> = waiting
            .order(registrations::queue_number.asc())
            .limit(AT_ONCE)
            .select(Registration::as_select())
            .load(tx.conn)?;
        let Some(number) = waiting.last().and_then(|last| last.queue_number) else {
            break;
        };
        seen = number;
        let wanted: Vec<i64> = waiting.iter().map(|one| one.seats.get()).collect();
        let looked = pass(free, &wanted);
        free = looked.free;
        for (place, registration) in waiting.iter().enumerate() {
            if looked.granted.contains(&place) {
                last_granted = registration.queue_number;
                offer(tx, event, registration)?;
            }
        }
    }
    if let Some(number) = last_granted {
        pass_over(tx, event.id, number, 1)?;
    }
    Ok(free)
}

/// Holds seats for somebody until the offer runs out, at the start of the event at the latest.
fn offer(tx: &mut Tx<'_>, event: &Event, before: &Registration) -> Result<(), Problem> {
    let minutes = TimeDelta::minutes(event.registration.0.offer_minutes.get());
    let after = Registration {
        state: RegistrationState::Offered,
        queue_number: None,
        queued_at: None,
        offer_expires_at: Some(tx.now.plus(minutes).min(event.starts_at)),
        passed_over_reason: None,
        ..before.clone()
    };
    let offered = save(tx, before, after)?;
    tell(tx, LetterKind::SeatOffered, &offered)
}

/// Lets the offers that would outlast the start of an event end with it, and answers how many those were.
///
/// # Errors
/// What the database answers.
pub fn shorten_offers(tx: &mut Tx<'_>, event: &Event) -> Result<usize, Problem> {
    let outlasting: Vec<Registration> = in_event(tx.team, event.id)
        .filter(registrations::state.eq(RegistrationState::Offered))
        .filter(registrations::offer_expires_at.gt(event.starts_at))
        .order(registrations::id)
        .select(Registration::as_select())
        .load(tx.conn)?;
    for before in &outlasting {
        let after = Registration {
            offer_expires_at: Some(event.starts_at),
            ..before.clone()
        };
        save(tx, before, after)?;
    }
    Ok(outlasting.len())
}

/// Notes for all who wait before `number` how often somebody behind them got seats. A machine's count: it changes nobody's
/// version.
pub(super) fn pass_over(
    tx: &mut Tx<'_>,
    event_id: Id,
    number: i64,
    times: i64,
) -> Result<(), Problem> {
    if times == 0 {
        return Ok(());
    }
    let waiting = registrations::table
        .filter(registrations::team_id.eq(tx.team.id()))
        .filter(registrations::event_id.eq(event_id))
        .filter(registrations::queue_number.is_not_null())
        .filter(registrations::queue_number.assume_not_null().lt(number));
    diesel::update(waiting)
        .set((
            registrations::passed_over_count.eq(registrations::passed_over_count + times),
            registrations::passed_over_reason.eq(Some(PassedOverReason::TooFewSeats)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Gives seats to somebody who asks for them now, or a place at the end of the queue.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    event: &Event,
    before: &Registration,
) -> Result<Registration, Problem> {
    let free = promote(tx, event)?;
    let last = last_in_queue(tx, event.id)?;
    let asked = Registration {
        offer_expires_at: None,
        expired_offers: 0,
        passed_over_reason: None,
        ..before.clone()
    };
    if fits(free, before.seats.get()) {
        pass_over(tx, event.id, last.saturating_add(1), 1)?;
        let after = Registration {
            state: RegistrationState::Confirmed,
            queue_number: None,
            queued_at: None,
            ..asked
        };
        let confirmed = save(tx, before, after)?;
        tell(tx, LetterKind::Confirmed, &confirmed)?;
        return Ok(confirmed);
    }
    let after = Registration {
        state: RegistrationState::Waitlisted,
        queue_number: Some(last.saturating_add(1)),
        queued_at: Some(tx.now),
        ..asked
    };
    let waiting = save(tx, before, after)?;
    tell(tx, LetterKind::Waitlisted, &waiting)?;
    Ok(waiting)
}

/// Takes an offer.
pub(super) fn accept(tx: &mut Tx<'_>, before: &Registration) -> Result<Registration, Problem> {
    let after = Registration {
        state: RegistrationState::Confirmed,
        offer_expires_at: None,
        expired_offers: 0,
        ..before.clone()
    };
    let confirmed = save(tx, before, after)?;
    tell(tx, LetterKind::Confirmed, &confirmed)?;
    Ok(confirmed)
}

/// Lets an offer run out: back to the end of the queue, and out of it after the second in a row. The seats are free
/// then: call [`promote`].
pub(super) fn run_out(tx: &mut Tx<'_>, before: &Registration) -> Result<Registration, Problem> {
    let expired_offers = before.expired_offers.saturating_add(1);
    let is_out = expired_offers >= PATIENCE;
    let next = last_in_queue(tx, before.event_id)?.saturating_add(1);
    let after = Registration {
        state: RegistrationState::Expired,
        offer_expires_at: None,
        expired_offers,
        queue_number: (!is_out).then_some(next),
        queued_at: (!is_out).then_some(tx.now),
        passed_over_reason: is_out.then_some(PassedOverReason::OffersExpired),
        ..before.clone()
    };
    save(tx, before, after)
}

/// Gives a place up; its seats are offered to others at once. Every link of the person stops working when the person did
/// it.
pub(super) fn give_up(
    tx: &mut Tx<'_>,
    event: &Event,
    before: &Registration,
    secret_number: i64,
) -> Result<Registration, Problem> {
    before.state.check(RegistrationState::Cancelled)?;
    let after = Registration {
        state: RegistrationState::Cancelled,
        queue_number: None,
        queued_at: None,
        offer_expires_at: None,
        passed_over_reason: None,
        secret_number,
        ..before.clone()
    };
    let cancelled = save(tx, before, after)?;
    promote(tx, event)?;
    Ok(cancelled)
}

/// Asks for seats once more after an offer ran out: who still waits keeps the rank.
pub(super) fn ask_again(
    tx: &mut Tx<'_>,
    event: &Event,
    before: &Registration,
) -> Result<Registration, Problem> {
    if before.queue_number.is_none() {
        return enter(tx, event, before);
    }
    let after = Registration {
        state: RegistrationState::Waitlisted,
        expired_offers: 0,
        ..before.clone()
    };
    let waiting = save(tx, before, after)?;
    promote(tx, event)?;
    super::queries::find(tx, event.id, waiting.id)
}
