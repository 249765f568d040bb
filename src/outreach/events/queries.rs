//! Finding events, and pages of them.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::model::{Event, EventFilter, EventPage, EventSort, EventsById};
use crate::access::{Permission, Reading, Sight, TeamId};
use crate::db::rows::{Direction, ESCAPE, pattern};
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{PageRequest, Problem};
use crate::schema::{event_hosts, events};
use crate::{keyset_page, one_of};

/// The events of the team that are in use: where every query of events begins.
#[must_use]
pub fn in_team(team: TeamId) -> events::BoxedQuery<'static, MultiBackend> {
    events::table
        .filter(events::team_id.eq(team.id()))
        .filter(events::deleted_at.is_null())
        .into_boxed()
}

/// The same for all teams in sight.
fn in_sight(sight: &Sight<'_>) -> events::BoxedQuery<'static, MultiBackend> {
    events::table
        .filter(events::team_id.eq_any(sight.teams(Permission::EventRead)))
        .filter(events::deleted_at.is_null())
        .into_boxed()
}

/// Those of these events that are in sight.
///
/// # Errors
/// What the database answers.
pub fn these(sight: &mut Sight<'_>, ids: BTreeSet<Id>) -> Result<EventsById, Problem> {
    EventsById::of(ids, |ids| {
        in_sight(sight)
            .filter(events::id.eq_any(ids))
            .select((events::id, Event::as_select()))
            .load(sight.conn)
    })
}

/// The event with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<Event, Problem> {
    Ok(in_team(reading.team)
        .filter(events::id.eq(id))
        .select(Event::as_select())
        .first(reading.conn)?)
}

/// Refuses an id in the body that names no event of the team.
///
/// # Errors
/// `validation_failed` at `pointer`.
pub fn check_reference(reading: &mut Reading<'_>, id: Id, pointer: &str) -> Result<(), Problem> {
    let found: Option<Id> = in_team(reading.team)
        .filter(events::id.eq(id))
        .select(events::id)
        .first(reading.conn)
        .optional()?;
    match found {
        Some(_) => Ok(()),
        None => Err(Problem::field(
            pointer,
            "unknown_reference",
            "There is no such event in this team.",
        )),
    }
}

fn filtered(
    reading: &Reading<'_>,
    filter: &EventFilter,
) -> events::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(reading.team);
    if let Some(AnyOf(statuses)) = &filter.status {
        query = query.filter(events::status.eq_any(statuses.clone()));
    }
    if let Some(AnyOf(kinds)) = &filter.kind {
        query = query.filter(events::kind.eq_any(kinds.clone()));
    }
    if let Some(AnyOf(visibilities)) = &filter.visibility {
        query = query.filter(events::visibility.eq_any(visibilities.clone()));
    }
    if let Some(wanted) = &filter.campaign_id {
        query = one_of!(query, events::campaign_id, wanted.resolve());
    }
    if let Some(wanted) = &filter.series_id {
        query = one_of!(query, events::series_id, wanted.resolve());
    }
    if let Some(hosts) = &filter.host_id {
        let (members, _) = hosts.resolve(reading.me.member_id);
        let held = event_hosts::table
            .filter(event_hosts::team_id.eq(reading.team.id()))
            .filter(event_hosts::member_id.eq_any(members))
            .select(event_hosts::event_id);
        query = query.filter(events::id.eq_any(held));
    }
    if let Some(first) = filter.starts_at_gte {
        query = query.filter(events::starts_at.ge(first));
    }
    if let Some(end) = filter.starts_at_lt {
        query = query.filter(events::starts_at.lt(end));
    }
    if let Some(words) = &filter.q {
        query = query.filter(events::search.like(pattern(words.as_str())).escape(ESCAPE));
    }
    query
}

/// A page of the events that a filter wants.
pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &EventFilter,
    page: &PageRequest,
) -> Result<EventPage, Problem> {
    /// The page in the order of one column.
    macro_rules! by {
        ($column:ident, $direction:expr) => {
            keyset_page!(
                filtered(reading, filter),
                reading.conn,
                page,
                $direction,
                Event,
                (events::$column, events::id),
                Instant,
                |event| event.$column
            )
        };
    }
    let (sort, direction) = page.sort((EventSort::StartsAt, Direction::Ascending))?;
    let loaded = match sort {
        EventSort::StartsAt => by!(starts_at, direction),
        EventSort::CreatedAt => by!(created_at, direction),
        EventSort::UpdatedAt => by!(updated_at, direction),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(events::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}
