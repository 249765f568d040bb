//! Queries of allocations: all begin at [`in_team`].

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::model::{
    Allocation, AllocationFilter, AllocationPage, AllocationSort, AllocationTarget, AllocationsById,
};
use crate::access::{Permission, Reading, Sight, TeamId};
use crate::capacity::fit::hours::{day_begins, day_ends};
use crate::db::rows::Direction;
use crate::db::{Date, Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{PageRequest, Problem, period};
use crate::schema::{allocations, events, resources, tasks};
use crate::{keyset_page, keyset_page_nulls_last};

/// The allocations of the team: where every query of allocations begins.
#[must_use]
pub fn in_team(team: TeamId) -> allocations::BoxedQuery<'static, MultiBackend> {
    allocations::table
        .filter(allocations::team_id.eq(team.id()))
        .into_boxed()
}

/// The same for all teams in sight.
fn in_sight(sight: &Sight<'_>) -> allocations::BoxedQuery<'static, MultiBackend> {
    allocations::table
        .filter(allocations::team_id.eq_any(sight.teams(Permission::AllocationRead)))
        .into_boxed()
}

/// Those of these allocations that are in sight.
///
/// # Errors
/// What the database answers.
pub fn these(sight: &mut Sight<'_>, ids: BTreeSet<Id>) -> Result<AllocationsById, Problem> {
    AllocationsById::of(ids, |ids| {
        in_sight(sight)
            .filter(allocations::id.eq_any(ids))
            .select((allocations::id, Allocation::as_select()))
            .load(sight.conn)
    })
}

/// The allocation with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<Allocation, Problem> {
    Ok(in_team(reading.team)
        .filter(allocations::id.eq(id))
        .select(Allocation::as_select())
        .first(reading.conn)?)
}

/// The allocation with this id, where there is one.
///
/// # Errors
/// What the database answers.
pub fn find_optional(reading: &mut Reading<'_>, id: Id) -> Result<Option<Allocation>, Problem> {
    Ok(in_team(reading.team)
        .filter(allocations::id.eq(id))
        .select(Allocation::as_select())
        .first(reading.conn)
        .optional()?)
}

fn filtered(
    reading: &Reading<'_>,
    filter: &AllocationFilter,
) -> allocations::BoxedQuery<'static, MultiBackend> {
    let me = reading.me.member_id;
    let mut query = in_team(reading.team);
    if let Some(AnyOf(ids)) = &filter.resource_id {
        query = query.filter(allocations::resource_id.eq_any(ids.clone()));
    }
    if let Some(members) = &filter.member_id {
        // A person's resource has the member's id.
        let (members, _) = members.resolve(me);
        query = query.filter(allocations::resource_id.eq_any(members));
    }
    if let Some(AnyOf(ids)) = &filter.campaign_id {
        query = query.filter(
            allocations::campaign_id
                .eq_any(ids.clone())
                .or(allocations::event_id.eq_any(
                    events::table
                        .filter(events::team_id.eq(reading.team.id()))
                        .filter(events::campaign_id.eq_any(ids.clone()))
                        .select(events::id.nullable()),
                ))
                .or(allocations::task_id.eq_any(
                    tasks::table
                        .filter(tasks::team_id.eq(reading.team.id()))
                        .filter(tasks::campaign_id.eq_any(ids.clone()))
                        .select(tasks::id.nullable()),
                )),
        );
    }
    if let Some(AnyOf(targets)) = &filter.target {
        // Each has one target, so what is not wanted is what has to be missing.
        if !targets.contains(&AllocationTarget::Campaign) {
            query = query.filter(allocations::campaign_id.is_null());
        }
        if !targets.contains(&AllocationTarget::Event) {
            query = query.filter(allocations::event_id.is_null());
        }
        if !targets.contains(&AllocationTarget::Task) {
            query = query.filter(allocations::task_id.is_null());
        }
    }
    if let Some(AnyOf(ids)) = &filter.event_id {
        query = query.filter(allocations::event_id.eq_any(ids.clone()));
    }
    if let Some(AnyOf(ids)) = &filter.task_id {
        query = query.filter(allocations::task_id.eq_any(ids.clone()));
    }
    if let Some(AnyOf(ids)) = &filter.budget_line_id {
        query = query.filter(allocations::budget_line_id.eq_any(ids.clone()));
    }
    if let Some(AnyOf(states)) = &filter.state {
        query = query.filter(allocations::state.eq_any(states.clone()));
    }
    if let Some(AnyOf(kinds)) = &filter.kind {
        query = query.filter(
            allocations::resource_id.eq_any(
                resources::table
                    .filter(resources::team_id.eq(reading.team.id()))
                    .filter(resources::kind.eq_any(kinds.clone()))
                    .select(resources::id),
            ),
        );
    }
    if let Some(members) = &filter.requested_by_id {
        let (members, _) = members.resolve(me);
        query = query.filter(allocations::requested_by_id.eq_any(members));
    }
    if let Some(from) = filter.from {
        let begins: Instant = day_begins(reading, from);
        query = query.filter(
            allocations::last_on
                .ge(from)
                .assume_not_null()
                .or(allocations::ends_at.gt(begins).assume_not_null())
                .or(allocations::last_on
                    .is_null()
                    .and(allocations::first_on.ge(from).assume_not_null())),
        );
    }
    if let Some(to) = filter.to {
        let ends: Instant = day_ends(reading, to);
        query = query.filter(
            allocations::first_on
                .le(to)
                .assume_not_null()
                .or(allocations::starts_at.lt(ends).assume_not_null()),
        );
    }
    query
}

/// A page of allocations.
///
/// # Errors
/// `invalid_query` when `to` is before `from`.
pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &AllocationFilter,
    page: &PageRequest,
) -> Result<AllocationPage, Problem> {
    period::check_filter(filter.from, filter.to)?;
    let (sort, direction) = page.sort((AllocationSort::CreatedAt, Direction::Descending))?;
    let loaded = match sort {
        AllocationSort::CreatedAt => keyset_page!(
            filtered(reading, filter),
            reading.conn,
            page,
            direction,
            Allocation,
            (allocations::created_at, allocations::id),
            Instant,
            |one| one.created_at
        ),
        AllocationSort::UpdatedAt => keyset_page!(
            filtered(reading, filter),
            reading.conn,
            page,
            direction,
            Allocation,
            (allocations::updated_at, allocations::id),
            Instant,
            |one| one.updated_at
        ),
        AllocationSort::FirstOn => keyset_page_nulls_last!(
            filtered(reading, filter),
            reading.conn,
            page,
            direction,
            Allocation,
            (allocations::first_on, allocations::id),
            Date,
            |one| one.first_on
        ),
        AllocationSort::StartsAt => keyset_page_nulls_last!(
            filtered(reading, filter),
            reading.conn,
            page,
            direction,
            Allocation,
            (allocations::starts_at, allocations::id),
            Instant,
            |one| one.starts_at
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(allocations::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}
