//! Where delegations are found: all of a team, one, a task's chain.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use diesel::prelude::*;

use super::model::{Delegation, DelegationFilter, DelegationPage, DelegationSort, DelegationsById};
use super::rules::DelegationState;
use crate::access::{Permission, Reading, Sight, TeamId};
use crate::db::rows::Direction;
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::{AnyOf, Flag};
use crate::http::{PageRequest, Problem};
use crate::keyset_page;
use crate::schema::{delegations, tasks};

/// How long an answer may take where nobody said how long.
const USUAL_PATIENCE: TimeDelta = TimeDelta::days(3);

/// The delegations of the team whose tasks are in use: where every query of delegations begins.
#[must_use]
pub fn in_team(team: TeamId) -> delegations::BoxedQuery<'static, MultiBackend> {
    delegations::table
        .filter(delegations::team_id.eq(team.id()))
        .filter(diesel::dsl::exists(
            tasks::table
                .filter(tasks::team_id.eq(delegations::team_id))
                .filter(tasks::id.eq(delegations::task_id))
                .filter(tasks::deleted_at.is_null()),
        ))
        .into_boxed()
}

/// The same for all teams in sight.
pub(super) fn in_sight(sight: &Sight<'_>) -> delegations::BoxedQuery<'static, MultiBackend> {
    delegations::table
        .filter(delegations::team_id.eq_any(sight.teams(Permission::DelegationRead)))
        .filter(diesel::dsl::exists(
            tasks::table
                .filter(tasks::team_id.eq(delegations::team_id))
                .filter(tasks::id.eq(delegations::task_id))
                .filter(tasks::deleted_at.is_null()),
        ))
        .into_boxed()
}

/// Those of these delegations that are in sight.
///
/// # Errors
/// What the database answers.
pub fn these(sight: &mut Sight<'_>, ids: BTreeSet<Id>) -> Result<DelegationsById, Problem> {
    DelegationsById::of(ids, |ids| {
        in_sight(sight)
            .filter(delegations::id.eq_any(ids))
            .select((delegations::id, Delegation::as_select()))
            .load(sight.conn)
    })
}

/// The delegation with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<Delegation, Problem> {
    Ok(in_team(reading.team)
        .filter(delegations::id.eq(id))
        .select(Delegation::as_select())
        .first(reading.conn)?)
}

/// The states that have not ended.
pub(crate) fn active_states() -> Vec<DelegationState> {
    DelegationState::ALL
        .iter()
        .copied()
        .filter(|state| state.is_active())
        .collect()
}

/// The chain of a task: its active delegations, root first. Also of a task in the trash.
///
/// # Errors
/// What the database answers.
pub fn active_chain(reading: &mut Reading<'_>, task_id: Id) -> Result<Vec<Delegation>, Problem> {
    let found: Vec<Delegation> = delegations::table
        .filter(delegations::team_id.eq(reading.team.id()))
        .filter(delegations::task_id.eq(task_id))
        .filter(delegations::state.eq_any(active_states()))
        .select(Delegation::as_select())
        .load(reading.conn)?;
    Ok(root_first(found))
}

/// Puts links in the order in which they hang together. Times do not tell: several servers have several clocks.
fn root_first(mut links: Vec<Delegation>) -> Vec<Delegation> {
    let mut chain: Vec<Delegation> = Vec::with_capacity(links.len());
    loop {
        let parent = chain.last().map(|link| link.id);
        let Some(next) = links.iter().position(|link| link.parent_id == parent) else {
            return chain;
        };
        chain.push(links.swap_remove(next));
    }
}

/// The chain that a delegation is in, root first: all above it, itself, and below it what is active or was confirmed.
///
/// # Errors
/// What the database answers.
pub fn chain_around(
    reading: &mut Reading<'_>,
    delegation: &Delegation,
) -> Result<Vec<Delegation>, Problem> {
    let mut chain = vec![delegation.clone()];
    while let Some(parent_id) = chain.first().and_then(|link| link.parent_id) {
        let parent = delegations::table
            .find((reading.team.id(), parent_id))
            .select(Delegation::as_select())
            .first(reading.conn)?;
        chain.insert(0, parent);
    }
    let mut shown = active_states();
    shown.push(DelegationState::Confirmed);
    while let Some(last) = chain.last() {
        let below: Option<Delegation> = delegations::table
            .filter(delegations::team_id.eq(reading.team.id()))
            .filter(delegations::parent_id.eq(last.id))
            .filter(delegations::state.eq_any(shown.clone()))
            .order((delegations::created_at.desc(), delegations::id.desc()))
            .select(Delegation::as_select())
            .first(reading.conn)
            .optional()?;
        match below {
            Some(below) => chain.push(below),
            None => break,
        }
    }
    Ok(chain)
}

/// The offers of the team that have run out at `now` but are still open, also of tasks in the trash.
///
/// # Errors
/// What the database answers.
pub fn run_out(reading: &mut Reading<'_>, most: i64) -> Result<Vec<Delegation>, Problem> {
    Ok(delegations::table
        .filter(delegations::team_id.eq(reading.team.id()))
        .filter(delegations::state.eq(DelegationState::Offered))
        .filter(delegations::respond_by.le(reading.now))
        .order(delegations::respond_by)
        .limit(most)
        .select(Delegation::as_select())
        .load(reading.conn)?)
}

fn filtered(
    reading: &Reading<'_>,
    filter: &DelegationFilter,
) -> delegations::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(reading.team);
    if let Some(delegators) = &filter.delegator_id {
        let (members, _) = delegators.resolve(reading.me.member_id);
        query = query.filter(delegations::delegator_id.eq_any(members));
    }
    if let Some(delegates) = &filter.delegate_id {
        let (members, _) = delegates.resolve(reading.me.member_id);
        query = query.filter(delegations::delegate_id.eq_any(members));
    }
    if let Some(AnyOf(states)) = &filter.state {
        query = query.filter(delegations::state.eq_any(states.clone()));
    }
    if let Some(task_id) = filter.task_id {
        query = query.filter(delegations::task_id.eq(task_id));
    }
    if let Some(Flag(wanted)) = filter.is_overdue_answer {
        let patience = reading.now.plus(-USUAL_PATIENCE);
        let is_overdue = delegations::state
            .eq(DelegationState::Offered)
            .and(
                delegations::respond_by
                    .is_not_null()
                    .and(delegations::respond_by.assume_not_null().le(reading.now))
                    .or(delegations::respond_by
                        .is_null()
                        .and(delegations::created_at.le(patience))),
            )
            .or(delegations::state
                .eq(DelegationState::Countered)
                .and(delegations::updated_at.le(patience)));
        query = if wanted {
            query.filter(is_overdue)
        } else {
            query.filter(diesel::dsl::not(is_overdue))
        };
    }
    query
}

pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &DelegationFilter,
    page: &PageRequest,
) -> Result<DelegationPage, Problem> {
    let (sort, direction) = page.sort((DelegationSort::CreatedAt, Direction::Descending))?;
    let query = filtered(reading, filter);
    let loaded = match sort {
        DelegationSort::CreatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            Delegation,
            (delegations::created_at, delegations::id),
            Instant,
            |delegation| delegation.created_at
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(delegations::id)
        .limit(TOTAL_CAP.saturating_add(1))
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}
