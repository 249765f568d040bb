//! Queries of budget lines: all begin at [`in_team`].

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::model::{BudgetLine, BudgetLineFilter, BudgetLinePage, BudgetLineSort, BudgetLinesById};
use crate::access::{Permission, Reading, Sight, TeamId};
use crate::db::rows::{Direction, ESCAPE, fold, pattern};
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{FieldError, PageRequest, Problem};
use crate::keyset_page;
use crate::schema::{budget_lines, campaigns};

/// The lines of the team that are in use, in campaigns that are: where every query of lines begins.
#[must_use]
pub fn in_team(team: TeamId) -> budget_lines::BoxedQuery<'static, MultiBackend> {
    budget_lines::table
        .filter(budget_lines::team_id.eq(team.id()))
        .filter(budget_lines::deleted_at.is_null())
        .filter(
            budget_lines::campaign_id.eq_any(
                campaigns::table
                    .filter(campaigns::team_id.eq(team.id()))
                    .filter(campaigns::deleted_at.is_null())
                    .select(campaigns::id),
            ),
        )
        .into_boxed()
}

/// The same for all teams in sight.
fn in_sight(sight: &Sight<'_>) -> budget_lines::BoxedQuery<'static, MultiBackend> {
    let teams = sight.teams(Permission::BudgetLineRead);
    budget_lines::table
        .filter(budget_lines::team_id.eq_any(teams.clone()))
        .filter(budget_lines::deleted_at.is_null())
        .filter(
            budget_lines::campaign_id.eq_any(
                campaigns::table
                    .filter(campaigns::team_id.eq_any(teams))
                    .filter(campaigns::deleted_at.is_null())
                    .select(campaigns::id),
            ),
        )
        .into_boxed()
}

/// Those of these lines that are in sight.
///
/// # Errors
/// What the database answers.
pub fn these(sight: &mut Sight<'_>, ids: BTreeSet<Id>) -> Result<BudgetLinesById, Problem> {
    BudgetLinesById::of(ids, |ids| {
        in_sight(sight)
            .filter(budget_lines::id.eq_any(ids))
            .select((budget_lines::id, BudgetLine::as_select()))
            .load(sight.conn)
    })
}

/// The line with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<BudgetLine, Problem> {
    Ok(in_team(reading.team)
        .filter(budget_lines::id.eq(id))
        .select(BudgetLine::as_select())
        .first(reading.conn)?)
}

/// The line that an id in the body names, or what is wrong with it.
///
/// # Errors
/// What the database answers.
pub fn referred(
    reading: &mut Reading<'_>,
    id: Id,
    pointer: &str,
) -> Result<Result<BudgetLine, FieldError>, Problem> {
    let found: Option<BudgetLine> = in_team(reading.team)
        .filter(budget_lines::id.eq(id))
        .select(BudgetLine::as_select())
        .first(reading.conn)
        .optional()?;
    Ok(found.ok_or_else(|| {
        FieldError::body(
            pointer,
            "unknown_reference",
            "There is no such budget line in this team.",
        )
    }))
}

/// Text as it is searched.
pub(super) fn search_text(name: &str, note: Option<&str>) -> String {
    fold(&format!("{name}\n{}", note.unwrap_or_default()))
}

fn filtered(
    reading: &Reading<'_>,
    filter: &BudgetLineFilter,
) -> budget_lines::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(reading.team);
    if let Some(AnyOf(ids)) = &filter.campaign_id {
        query = query.filter(budget_lines::campaign_id.eq_any(ids.clone()));
    }
    if let Some(AnyOf(ids)) = &filter.resource_id {
        query = query.filter(budget_lines::resource_id.eq_any(ids.clone()));
    }
    if let Some(words) = &filter.q {
        query = query.filter(
            budget_lines::search
                .like(pattern(words.as_str()))
                .escape(ESCAPE),
        );
    }
    query
}

/// A page of lines.
///
/// # Errors
/// What the database answers.
pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &BudgetLineFilter,
    page: &PageRequest,
) -> Result<BudgetLinePage, Problem> {
    let (sort, direction) = page.sort((BudgetLineSort::CreatedAt, Direction::Ascending))?;
    let query = filtered(reading, filter);
    let loaded = match sort {
        BudgetLineSort::CreatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            BudgetLine,
            (budget_lines::created_at, budget_lines::id),
            Instant,
            |line| line.created_at
        ),
        BudgetLineSort::UpdatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            BudgetLine,
            (budget_lines::updated_at, budget_lines::id),
            Instant,
            |line| line.updated_at
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(budget_lines::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}
