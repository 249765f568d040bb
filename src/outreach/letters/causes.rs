//! What gives cause to letters beside a registration itself: an event that changes, is called off, comes near, or is over.
//!
//! The surprising rule: whoever has just been told is not told again. A change that comes before the last letter about a
//! change has gone out is told by that letter, and nobody is reminded of a moment at which they did not yet have a place.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::material::CONCERNED;
use super::model::{LetterKind, LetterState, Recipient};
use super::queue::{AT_ONCE, Draft, put_all};
use crate::access::Tx;
use crate::db::{Id, Instant, MultiBackend};
use crate::http::Problem;
use crate::http::text::Name;
use crate::outreach::events::{Event, EventStatus};
use crate::outreach::registrations::RegistrationState;
use crate::people::texts::{Email, Locale};
use crate::schema::{letters, registrations};

/// A reminder is still sent when a quarter of its time has passed, and at most six hours late.
const LATE: (i64, i64) = (4, 360);
/// How long after the end people are thanked, so that whoever was there can be ticked off until then.
const THANKS_AFTER: TimeDelta = TimeDelta::hours(1);
/// Until when they are thanked.
const THANKS_UNTIL: TimeDelta = TimeDelta::hours(24);

/// The letters about an event that go to somebody with a registration: whose registrations they are about. A macro,
/// because a boxed query cannot stand inside another.
macro_rules! told {
    ($event:expr, $($filter:expr),+) => {
        letters::table
            .filter(letters::team_id.eq($event.team_id))
            .filter(letters::event_id.eq($event.id))
            .filter(letters::registration_id.is_not_null())
            $(.filter($filter))+
            .select(letters::registration_id.assume_not_null())
    };
}

/// Who gets a letter: id, address, name, locale.
type Person = (Id, Email, Name, Locale);

/// Tells people what has become of an event that was changed: that it was called off, or that it takes place at
/// another time or elsewhere.
///
/// # Errors
/// What the database answers.
pub fn told_of(tx: &mut Tx<'_>, before: &Event, after: &Event) -> Result<(), Problem> {
    if before.status != EventStatus::Cancelled && after.status == EventStatus::Cancelled {
        event_cancelled(tx, after)
    } else if before.platform != after.platform
        || before.starts != after.starts
        || before.ends != after.ends
    {
        event_changed(tx, after)
    } else if before.join_url != after.join_url {
        // Nobody else is told where to join.
        let told = [RegistrationState::Confirmed, RegistrationState::Attended];
        changed_for(tx, after, &told)
    } else {
        Ok(())
    }
}

/// Tells everybody concerned that an event takes place otherwise than they know.
///
/// # Errors
/// What the database answers.
pub fn event_changed(tx: &mut Tx<'_>, event: &Event) -> Result<(), Problem> {
    changed_for(tx, event, &CONCERNED)
}

fn changed_for(
    tx: &mut Tx<'_>,
    event: &Event,
    states: &[RegistrationState],
) -> Result<(), Problem> {
    if !matches!(event.status, EventStatus::Scheduled | EventStatus::Live) {
        return Ok(());
    }
    let people = |event: &Event| {
        let waiting = told!(
            event,
            letters::kind.eq(LetterKind::EventChanged),
            letters::state.eq(LetterState::Queued)
        );
        of(event, states).filter(registrations::id.ne_all(waiting))
    };
    let change = format!("changed/{}", event.sequence);
    each(tx, event, LetterKind::EventChanged, &change, people)
}

/// Tells everybody concerned that an event was called off.
///
/// # Errors
/// What the database answers.
pub fn event_cancelled(tx: &mut Tx<'_>, event: &Event) -> Result<(), Problem> {
    let people = |event: &Event| of(event, &CONCERNED);
    each(tx, event, LetterKind::EventCancelled, "cancelled", people)
}

/// The moment of the reminder that is due, if one is: the latest whose time has come and not long passed.
#[must_use]
pub fn due_reminder(event: &Event, now: Instant) -> Option<(i64, Instant)> {
    if event.status != EventStatus::Scheduled || event.starts_at <= now {
        return None;
    }
    let (part, most) = LATE;
    let minutes = event.registration.0.reminder_minutes.0.iter();
    minutes
        .map(|minutes| minutes.get())
        .map(|minutes| {
            let moment = event.starts_at.plus(-TimeDelta::minutes(minutes));
            (minutes, moment)
        })
        .filter(|(minutes, moment)| {
            let late = TimeDelta::minutes((minutes / part).clamp(5, most));
            *moment <= now && now < moment.plus(late)
        })
        .min()
}

/// Reminds at most [`AT_ONCE`] people of an event. Answers whether there may be more of them.
///
/// # Errors
/// What the database answers.
pub fn remind(tx: &mut Tx<'_>, event: &Event) -> Result<bool, Problem> {
    let Some((minutes, moment)) = due_reminder(event, tx.now) else {
        return Ok(false);
    };
    let told_since = told!(
        event,
        letters::kind.eq_any([LetterKind::Reminder, LetterKind::Confirmed]),
        letters::created_at.ge(moment)
    );
    let people: Vec<Person> = of(event, &[RegistrationState::Confirmed])
        .filter(registrations::id.ne_all(told_since))
        .order(registrations::id)
        .limit(limit())
        .load(tx.conn)?;
    let cause = format!("reminder/{}/{minutes}", event.starts_at);
    put_some(tx, event, LetterKind::Reminder, &cause, people)
}

/// Thanks at most [`AT_ONCE`] people for coming: those who were ticked off, or everybody who had a place when nobody was.
/// Answers whether there may be more of them.
///
/// # Errors
/// What the database answers.
pub fn thank(tx: &mut Tx<'_>, event: &Event) -> Result<bool, Problem> {
    if event.status != EventStatus::Ended || !is_time_to_thank(event.ends_at, tx.now) {
        return Ok(false);
    }
    let ticked: Option<Id> = of(event, &[RegistrationState::Attended])
        .select(registrations::id)
        .first(tx.conn)
        .optional()?;
    let state = match ticked {
        Some(_) => RegistrationState::Attended,
        None => RegistrationState::Confirmed,
    };
    let thanked = told!(event, letters::kind.eq(LetterKind::ThankYou));
    let people: Vec<Person> = of(event, &[state])
        .filter(registrations::id.ne_all(thanked))
        .order(registrations::id)
        .limit(limit())
        .load(tx.conn)?;
    put_some(tx, event, LetterKind::ThankYou, "thank_you", people)
}

/// From when until when the end of an event was just right for thanking.
#[must_use]
pub fn thanked_for(now: Instant) -> (Instant, Instant) {
    (now.plus(-THANKS_UNTIL), now.plus(-THANKS_AFTER))
}

fn is_time_to_thank(ends_at: Instant, now: Instant) -> bool {
    let (first, last) = thanked_for(now);
    first < ends_at && ends_at <= last
}

/// The people with a registration for the event in one of these states.
fn of(event: &Event, states: &[RegistrationState]) -> People {
    registrations::table
        .filter(registrations::team_id.eq(event.team_id))
        .filter(registrations::event_id.eq(event.id))
        .filter(registrations::state.eq_any(states.to_vec()))
        .select((
            registrations::id,
            registrations::email,
            registrations::name,
            registrations::locale,
        ))
        .into_boxed()
}

type Columns = (
    registrations::id,
    registrations::email,
    registrations::name,
    registrations::locale,
);
type People = diesel::helper_types::IntoBoxed<
    'static,
    diesel::helper_types::Select<registrations::table, Columns>,
    MultiBackend,
>;

fn limit() -> i64 {
    i64::try_from(AT_ONCE).unwrap_or(i64::MAX)
}

/// Puts a letter for each of the people, some at a time.
fn each(
    tx: &mut Tx<'_>,
    event: &Event,
    kind: LetterKind,
    cause: &str,
    people: impl Fn(&Event) -> People,
) -> Result<(), Problem> {
    let mut last: Option<Id> = None;
    loop {
        let mut query = people(event);
        if let Some(last) = last {
            query = query.filter(registrations::id.gt(last));
        }
        let some: Vec<Person> = query
            .order(registrations::id)
            .limit(limit())
            .load(tx.conn)?;
        last = some.last().map(|(id, ..)| *id);
        if !put_some(tx, event, kind, cause, some)? {
            return Ok(());
        }
    }
}

fn put_some(
    tx: &mut Tx<'_>,
    event: &Event,
    kind: LetterKind,
    cause: &str,
    people: Vec<Person>,
) -> Result<bool, Problem> {
    let is_full = people.len() == AT_ONCE;
    let drafts = people
        .into_iter()
        .map(|(id, email, name, locale)| Draft {
            kind,
            event_id: event.id,
            registration_id: Some(id),
            to: Recipient {
                email,
                name,
                locale,
            },
            cause: format!("registration/{id}/{cause}"),
        })
        .collect();
    put_all(tx, drafts)?;
    Ok(is_full)
}
