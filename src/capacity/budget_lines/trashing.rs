//! Into the trash, back, and out of it for good.

use diesel::prelude::*;

use super::model::BudgetLine;
use crate::access::Tx;
use crate::capacity::money::{check_restored, leaving};
use crate::db::rows::columns;
use crate::db::{Id, Instant};
use crate::http::Problem;
use crate::schema::budget_lines;

/// Puts a line into the trash.
///
/// # Errors
/// What the database answers.
pub(super) fn to_trash(tx: &mut Tx<'_>, line: &BudgetLine) -> Result<(), Problem> {
    diesel::update(budget_lines::table.find((tx.team.id(), line.id)))
        .set((
            budget_lines::deleted_at.eq(Some(tx.now)),
            budget_lines::trash_root_id.eq(Some(line.id)),
            budget_lines::updated_at.eq(tx.now),
            budget_lines::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    tx.deleted(line)
}

/// Takes a line out of the trash.
///
/// # Errors
/// `not_found` when there is none with this id, `still_in_trash` when its campaign is there, `other_currency` when that
/// counts in another one by now.
pub fn restore(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let line: BudgetLine = diesel::update(budget_lines::table.find((tx.team.id(), id)))
        .set((
            budget_lines::deleted_at.eq(None::<Instant>),
            budget_lines::trash_root_id.eq(None::<Id>),
            budget_lines::updated_at.eq(tx.now),
            budget_lines::version.eq(tx.revision),
        ))
        .returning(columns::<BudgetLine>())
        .get_result(tx.conn)?;
    check_restored(tx, line.campaign_id, id, line.amount.0.currency)?;
    tx.restored(&line)
}

/// Deletes a line for good. What was promised and spent of it stays, without it.
///
/// # Errors
/// `not_found` when there is none with this id.
pub fn purge(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let line: BudgetLine = budget_lines::table
        .find((tx.team.id(), id))
        .select(BudgetLine::as_select())
        .first(tx.conn)?;
    leaving::lines(tx, &[id])?;
    tx.deleted(&line)?;
    diesel::delete(budget_lines::table.find((tx.team.id(), id))).execute(tx.conn)?;
    Ok(())
}
