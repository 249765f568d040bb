//! Queries of allocations: all begin at [`in_team`].

use diesel::prelude::*;

use super::model::Allocation;
use crate::access::{Reading, TeamId};
use crate::db::{Id, MultiBackend};
use crate::http::Problem;
use crate::schema::allocations;

/// The allocations of the team: where every query of allocations begins.
#[must_use]
pub fn in_team(team: TeamId) -> allocations::BoxedQuery<'static, MultiBackend> {
    allocations::table
        .filter(allocations::team_id.eq(team.id()))
        .into_boxed()
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
