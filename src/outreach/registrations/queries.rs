//! Finding registrations, counting seats, and pages of the list.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::filter::{RegistrationFilter, RegistrationSort};
use super::model::{RankedRegistration, Registration, RegistrationPage};
use super::seats::Tally;
use super::state::RegistrationState;
use crate::access::{Reading, TeamId};
use crate::db::rows::{Direction, ESCAPE, pattern};
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{PageRequest, Problem};
use crate::schema::registrations;
use crate::{keyset_page, keyset_page_nulls_last};

/// The registrations for an event whose people were not forgotten: where every query begins.
#[must_use]
pub fn in_event(team: TeamId, event_id: Id) -> registrations::BoxedQuery<'static, MultiBackend> {
    registrations::table
        .filter(registrations::team_id.eq(team.id()))
        .filter(registrations::event_id.eq(event_id))
        .filter(registrations::erased_at.is_null())
        .into_boxed()
}

/// The registration with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, event_id: Id, id: Id) -> Result<Registration, Problem> {
    Ok(in_event(reading.team, event_id)
        .filter(registrations::id.eq(id))
        .select(Registration::as_select())
        .first(reading.conn)?)
}

/// How many registrations there are of each state and size: a few rows, however many people.
pub(super) fn sizes(
    reading: &mut Reading<'_>,
    event_id: Id,
) -> Result<Vec<(RegistrationState, i64, i64)>, Problem> {
    Ok(registrations::table
        .filter(registrations::team_id.eq(reading.team.id()))
        .filter(registrations::event_id.eq(event_id))
        .group_by((registrations::state, registrations::seats))
        .select((registrations::state, registrations::seats, count_star()))
        .load(reading.conn)?)
}

/// How the seats of an event are taken.
///
/// # Errors
/// What the database answers.
pub fn tally(reading: &mut Reading<'_>, event_id: Id) -> Result<Tally, Problem> {
    let mut tally = Tally::default();
    for (state, seats, people) in sizes(reading, event_id)? {
        let part = match state {
            RegistrationState::Confirmed
            | RegistrationState::Attended
            | RegistrationState::NoShow => &mut tally.confirmed,
            RegistrationState::Offered => &mut tally.held,
            RegistrationState::Pending => &mut tally.pending,
            RegistrationState::Waitlisted | RegistrationState::Expired => &mut tally.waiting,
            RegistrationState::Unverified
            | RegistrationState::Rejected
            | RegistrationState::Cancelled => continue,
        };
        *part = part.saturating_add(seats.saturating_mul(people));
    }
    Ok(tally)
}

/// The last number of the queue; 0 when nobody waits.
pub(super) fn last_in_queue(reading: &mut Reading<'_>, event_id: Id) -> Result<i64, Problem> {
    let last: Option<i64> = registrations::table
        .filter(registrations::team_id.eq(reading.team.id()))
        .filter(registrations::event_id.eq(event_id))
        .filter(registrations::queue_number.is_not_null())
        .order(registrations::queue_number.desc())
        .select(registrations::queue_number.assume_not_null())
        .first(reading.conn)
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Which rank somebody who waits has; none when it is not waiting.
pub(super) fn rank(
    reading: &mut Reading<'_>,
    registration: &Registration,
) -> Result<Option<i64>, Problem> {
    let Some(number) = registration.queue_number else {
        return Ok(None);
    };
    let before: i64 = registrations::table
        .filter(registrations::team_id.eq(reading.team.id()))
        .filter(registrations::event_id.eq(registration.event_id))
        .filter(registrations::queue_number.assume_not_null().lt(number))
        .filter(registrations::queue_number.is_not_null())
        .count()
        .get_result(reading.conn)?;
    Ok(Some(before.saturating_add(1)))
}

/// A registration with its rank.
pub(super) fn ranked(
    reading: &mut Reading<'_>,
    registration: Registration,
) -> Result<RankedRegistration, Problem> {
    let rank = rank(reading, &registration)?;
    Ok(RankedRegistration { registration, rank })
}

/// The ranks of those on a page who wait, by one look at the queue.
fn ranks(
    reading: &mut Reading<'_>,
    event_id: Id,
    rows: &[Registration],
) -> Result<HashMap<Id, i64>, Problem> {
    let Some(last) = rows.iter().filter_map(|row| row.queue_number).max() else {
        return Ok(HashMap::new());
    };
    let queue: Vec<Id> = registrations::table
        .filter(registrations::team_id.eq(reading.team.id()))
        .filter(registrations::event_id.eq(event_id))
        .filter(registrations::queue_number.assume_not_null().le(last))
        .filter(registrations::queue_number.is_not_null())
        .order(registrations::queue_number.asc())
        .select(registrations::id)
        .load(reading.conn)?;
    Ok(queue.into_iter().zip(1..).collect())
}

fn filtered(
    team: TeamId,
    event_id: Id,
    filter: &RegistrationFilter,
) -> registrations::BoxedQuery<'static, MultiBackend> {
    let mut query = in_event(team, event_id);
    query = match &filter.state {
        Some(AnyOf(states)) => query.filter(registrations::state.eq_any(states.clone())),
        None => query.filter(registrations::state.ne(RegistrationState::Unverified)),
    };
    if let Some(AnyOf(origins)) = &filter.origin {
        query = query.filter(registrations::origin.eq_any(origins.clone()));
    }
    if let Some(AnyOf(sources)) = &filter.source {
        let sources: Vec<String> = sources.clone();
        query = query.filter(registrations::utm_source.eq_any(sources));
    }
    if let Some(number) = filter.seats_gte {
        query = query.filter(registrations::seats.ge(number.0));
    }
    if let Some(words) = &filter.q {
        query = query.filter(
            registrations::search
                .like(pattern(words.as_str()))
                .escape(ESCAPE),
        );
    }
    query
}

/// All that a filter wants, in the order of the names, at most so many: for a table.
pub(super) fn load_all(
    reading: &mut Reading<'_>,
    event_id: Id,
    filter: &RegistrationFilter,
    most: i64,
) -> Result<Vec<Registration>, Problem> {
    Ok(filtered(reading.team, event_id, filter)
        .order((registrations::name_key, registrations::id))
        .limit(most)
        .select(Registration::as_select())
        .load(reading.conn)?)
}

/// A page of the registrations that a filter wants.
pub(super) fn load_page(
    reading: &mut Reading<'_>,
    event_id: Id,
    filter: &RegistrationFilter,
    page: &PageRequest,
) -> Result<RegistrationPage, Problem> {
    let (sort, direction) = page.sort((RegistrationSort::CreatedAt, Direction::Ascending))?;
    let team = reading.team;
    let loaded = match sort {
        RegistrationSort::CreatedAt => keyset_page!(
            filtered(team, event_id, filter),
            reading.conn,
            page,
            direction,
            Registration,
            (registrations::created_at, registrations::id),
            Instant,
            |row| row.created_at
        ),
        RegistrationSort::Name => keyset_page!(
            filtered(team, event_id, filter),
            reading.conn,
            page,
            direction,
            Registration,
            (registrations::name_key, registrations::id),
            Vec<u8>,
            |row| row.name_key.clone()
        ),
        RegistrationSort::Rank => keyset_page_nulls_last!(
            filtered(team, event_id, filter),
            reading.conn,
            page,
            direction,
            Registration,
            (registrations::queue_number, registrations::id),
            i64,
            |row| row.queue_number
        ),
    };
    let ranks = ranks(reading, event_id, &loaded.items)?;
    let loaded = loaded.map(|registration| RankedRegistration {
        rank: registration
            .queue_number
            .and_then(|_| ranks.get(&registration.id).copied()),
        registration,
    });
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(team, event_id, filter)
        .select(registrations::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}
