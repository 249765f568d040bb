//! Letters that the clock gives cause to: reminders before an event, thanks after it.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::access::State;
use crate::db::{DbError, Id, Instant};
use crate::http::{Code, Problem};
use crate::outreach::events::{Event, EventStatus};
use crate::outreach::letters;
use crate::schema::{events, teams};

/// How long before an event somebody can be reminded of it, at most.
const EARLIEST: TimeDelta = TimeDelta::minutes(43_200);
/// How many events are looked at together.
const AT_ONCE: i64 = 200;

/// Puts the reminders and thanks that are due into the outbox, up to so many of each event that the next tick takes the
/// rest.
pub(super) async fn remind(state: &State) -> Result<(), Problem> {
    let now = state.clock.now();
    let mut behind = (now, Id::nil());
    loop {
        let upcoming = upcoming(state, behind, now.plus(EARLIEST)).await?;
        for event in &upcoming {
            if letters::due_reminder(event, now).is_some() {
                tell(state, event, Letters::Reminders).await;
            }
        }
        match upcoming.last() {
            Some(last) if is_full(&upcoming) => behind = (last.starts_at, last.id),
            _ => break,
        }
    }
    let (first, last) = letters::thanked_for(now);
    let mut behind = (first, Id::nil());
    loop {
        let over = over(state, behind, last).await?;
        for event in &over {
            tell(state, event, Letters::Thanks).await;
        }
        match over.last() {
            Some(event) if is_full(&over) => behind = (event.ends_at, event.id),
            _ => return Ok(()),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Letters {
    Reminders,
    Thanks,
}

/// Looks again in the team's own transaction, and puts what is due there.
async fn tell(state: &State, event: &Event, what: Letters) {
    let (team_id, id) = (event.team_id, event.id);
    let outcome = state
        .write_as_clock(team_id, move |tx| {
            let event = crate::outreach::events::find(tx, id)?;
            match what {
                Letters::Reminders => letters::remind(tx, &event),
                Letters::Thanks => letters::thank(tx, &event),
            }
            .map(drop)
        })
        .await;
    match outcome {
        Err(problem) if problem.code() != Code::NotFound => {
            log::error!("in the team {team_id}, nobody could be told of an event: {problem}");
        }
        _ => {}
    }
}

fn is_full(events: &[Event]) -> bool {
    i64::try_from(events.len()).unwrap_or(i64::MAX) == AT_ONCE
}

/// Some events that begin soon, behind this one.
async fn upcoming(
    state: &State,
    (starts_at, id): (Instant, Id),
    until: Instant,
) -> Result<Vec<Event>, DbError> {
    state
        .db
        .read(move |conn| {
            Ok(events::table
                .inner_join(teams::table.on(teams::id.eq(events::team_id)))
                .filter(events::status.eq(EventStatus::Scheduled))
                .filter(events::starts_at.ge(starts_at))
                .filter(events::starts_at.le(until))
                .filter(events::starts_at.gt(starts_at).or(events::id.gt(id)))
                .filter(events::deleted_at.is_null())
                .filter(teams::deleted_at.is_null())
                .order((events::starts_at, events::id))
                .limit(AT_ONCE)
                .select(Event::as_select())
                .load(conn)?)
        })
        .await
}

/// Some events that were over long enough ago, behind this one.
async fn over(
    state: &State,
    (ends_at, id): (Instant, Id),
    until: Instant,
) -> Result<Vec<Event>, DbError> {
    state
        .db
        .read(move |conn| {
            Ok(events::table
                .inner_join(teams::table.on(teams::id.eq(events::team_id)))
                .filter(events::status.eq(EventStatus::Ended))
                .filter(events::ends_at.ge(ends_at))
                .filter(events::ends_at.le(until))
                .filter(events::ends_at.gt(ends_at).or(events::id.gt(id)))
                .filter(events::deleted_at.is_null())
                .filter(teams::deleted_at.is_null())
                .order((events::ends_at, events::id))
                .limit(AT_ONCE)
                .select(Event::as_select())
                .load(conn)?)
        })
        .await
}
