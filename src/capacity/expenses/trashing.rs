//! Into the trash, back, and out of it for good. What is in the trash takes nothing; coming back, it must fit again.

use diesel::prelude::*;

use super::limit;
use super::model::Expense;
use super::write::place_of;
use crate::access::Tx;
use crate::capacity::money::check_restored;
use crate::db::rows::columns;
use crate::db::{Id, Instant};
use crate::http::{Code, Problem};
use crate::schema::{budget_lines, expenses};

/// Puts an expense into the trash.
///
/// # Errors
/// What the database answers.
pub(super) fn to_trash(tx: &mut Tx<'_>, expense: &Expense) -> Result<(), Problem> {
    diesel::update(expenses::table.find((tx.team.id(), expense.id)))
        .set((
            expenses::deleted_at.eq(Some(tx.now)),
            expenses::trash_root_id.eq(Some(expense.id)),
            expenses::updated_at.eq(tx.now),
            expenses::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    tx.deleted(expense)
}

fn any(tx: &mut Tx<'_>, id: Id) -> Result<Expense, Problem> {
    Ok(expenses::table
        .find((tx.team.id(), id))
        .select(Expense::as_select())
        .first(tx.conn)?)
}

/// Takes an expense out of the trash.
///
/// # Errors
/// `not_found` when there is none with this id, `still_in_trash` when its campaign or line is there, `other_currency` when
/// the campaign counts in another one by now, `over_allocated` when it does not fit any more.
pub fn restore(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let gone = any(tx, id)?;
    if let Some(campaign_id) = gone.campaign_id {
        check_restored(tx, campaign_id, id, gone.amount.0.currency)?;
    }
    if let Some(line_id) = gone.budget_line_id {
        let in_trash: Option<Option<Id>> = budget_lines::table
            .find((tx.team.id(), line_id))
            .filter(budget_lines::deleted_at.is_not_null())
            .select(budget_lines::trash_root_id)
            .first(tx.conn)
            .optional()?;
        if let Some(root) = in_trash {
            return Err(Problem::new(Code::StillInTrash)
                .detail("The budget line that it is for is in the trash: restore that first.")
                .member("trash_id", root));
        }
    }
    limit::check(tx, 0, place_of(&gone), &gone.amount.0, Some(&gone))?;
    let expense: Expense = diesel::update(expenses::table.find((tx.team.id(), id)))
        .set((
            expenses::deleted_at.eq(None::<Instant>),
            expenses::trash_root_id.eq(None::<Id>),
            expenses::updated_at.eq(tx.now),
            expenses::version.eq(tx.revision),
        ))
        .returning(columns::<Expense>())
        .get_result(tx.conn)?;
    tx.restored(&expense)
}

/// Deletes an expense for good.
///
/// # Errors
/// `not_found` when there is none with this id.
pub fn purge(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let expense = any(tx, id)?;
    tx.deleted(&expense)?;
    diesel::delete(expenses::table.find((tx.team.id(), id))).execute(tx.conn)?;
    Ok(())
}
