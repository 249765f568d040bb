//! Queries of expenses: all begin at [`in_team`].

use diesel::prelude::*;

use super::model::{Expense, ExpenseFilter, ExpensePage, ExpenseSort};
use crate::access::{Reading, TeamId};
use crate::db::rows::{Direction, ESCAPE, fold, pattern};
use crate::db::{Date, Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{PageRequest, Problem, period};
use crate::keyset_page;
use crate::schema::expenses;

/// The expenses of the team that count, also those for what is in the trash: where every query of expenses begins.
#[must_use]
pub fn in_team(team: TeamId) -> expenses::BoxedQuery<'static, MultiBackend> {
    expenses::table
        .filter(expenses::team_id.eq(team.id()))
        .filter(expenses::deleted_at.is_null())
        .into_boxed()
}

/// The expense with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<Expense, Problem> {
    Ok(in_team(reading.team)
        .filter(expenses::id.eq(id))
        .select(Expense::as_select())
        .first(reading.conn)?)
}

/// Text as it is searched.
pub(super) fn search_text(note: Option<&str>, receipt: Option<&str>) -> String {
    fold(&format!(
        "{}\n{}",
        note.unwrap_or_default(),
        receipt.unwrap_or_default()
    ))
}

fn filtered(
    reading: &Reading<'_>,
    filter: &ExpenseFilter,
) -> expenses::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(reading.team);
    if let Some(AnyOf(ids)) = &filter.campaign_id {
        query = query.filter(expenses::campaign_id.eq_any(ids.clone()));
    }
    if let Some(AnyOf(ids)) = &filter.allocation_id {
        query = query.filter(expenses::allocation_id.eq_any(ids.clone()));
    }
    if let Some(AnyOf(ids)) = &filter.budget_line_id {
        query = query.filter(expenses::budget_line_id.eq_any(ids.clone()));
    }
    if let Some(AnyOf(ids)) = &filter.resource_id {
        query = query.filter(expenses::resource_id.eq_any(ids.clone()));
    }
    if let Some(members) = &filter.entered_by_id {
        let (members, _) = members.resolve(reading.me.member_id);
        query = query.filter(expenses::entered_by_id.eq_any(members));
    }
    if let Some(from) = filter.from {
        query = query.filter(expenses::spent_on.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(expenses::spent_on.le(to));
    }
    if let Some(words) = &filter.q {
        query = query.filter(
            expenses::search
                .like(pattern(words.as_str()))
                .escape(ESCAPE),
        );
    }
    query
}

/// A page of expenses.
///
/// # Errors
/// `invalid_query` when `to` is before `from`.
pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &ExpenseFilter,
    page: &PageRequest,
) -> Result<ExpensePage, Problem> {
    period::check_filter(filter.from, filter.to)?;
    let (sort, direction) = page.sort((ExpenseSort::SpentOn, Direction::Descending))?;
    let query = filtered(reading, filter);
    let loaded = match sort {
        ExpenseSort::SpentOn => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            Expense,
            (expenses::spent_on, expenses::id),
            Date,
            |one| one.spent_on
        ),
        ExpenseSort::CreatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            Expense,
            (expenses::created_at, expenses::id),
            Instant,
            |one| one.created_at
        ),
        ExpenseSort::UpdatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            Expense,
            (expenses::updated_at, expenses::id),
            Instant,
            |one| one.updated_at
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(expenses::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}
