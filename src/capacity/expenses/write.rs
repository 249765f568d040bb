//! Entering and changing expenses.

use diesel::prelude::*;

use super::limit;
use super::model::{Expense, ExpenseOutcome, ExpensePatch, NewExpense};
use super::queries::{find, search_text};
use super::rules::{Asked, Place, settle};
use crate::access::{Permission, Reading, Tx};
use crate::db::rows::columns;
use crate::db::{Id, Json};
use crate::http::Problem;
use crate::schema::expenses;

/// Refuses whoever neither entered it nor looks after all of them.
pub(super) fn check_mine(reading: &Reading<'_>, expense: &Expense) -> Result<(), Problem> {
    if expense.entered_by_id == reading.me.member_id {
        return Ok(());
    }
    reading.require(Permission::ExpenseManage)
}

/// Where an expense belongs.
pub(super) const fn place_of(expense: &Expense) -> Place {
    Place {
        campaign_id: expense.campaign_id,
        allocation_id: expense.allocation_id,
        budget_line_id: expense.budget_line_id,
        resource_id: expense.resource_id,
    }
}

/// Enters an expense: the one at `change` in the request.
///
/// # Errors
/// `validation_failed`, with all that is wrong; `insufficient_role` and `over_allocated` for what goes beyond what was
/// promised.
pub(super) fn make(
    tx: &mut Tx<'_>,
    change: usize,
    new: NewExpense,
) -> Result<ExpenseOutcome, Problem> {
    let asked = Asked {
        before: None,
        campaign_id: new.campaign_id,
        allocation_id: new.allocation_id,
        budget_line_id: new.budget_line_id,
        amount: &new.amount,
        spent_on: new.spent_on,
    };
    let place = settle(tx, &asked)?;
    let warnings = limit::check(tx, change, place, &new.amount, None)?;
    let expense = Expense {
        team_id: tx.team.id(),
        id: Id::new(),
        campaign_id: place.campaign_id,
        allocation_id: place.allocation_id,
        budget_line_id: place.budget_line_id,
        resource_id: place.resource_id,
        amount_minor: new.amount.amount_minor.get(),
        amount: Json(new.amount),
        spent_on: new.spent_on,
        search: search_text(
            new.note.as_ref().map(|note| note.as_str()),
            new.receipt.as_ref().map(|receipt| receipt.as_str()),
        ),
        note: new.note,
        receipt: new.receipt,
        entered_by_id: tx.me.member_id,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
        deleted_at: None,
        trash_root_id: None,
    };
    diesel::insert_into(expenses::table)
        .values(&expense)
        .execute(tx.conn)?;
    tx.created(&expense)?;
    Ok(ExpenseOutcome { expense, warnings })
}

/// Changes an expense.
///
/// # Errors
/// As [`make`], and `not_found`, `version_conflict`.
pub(super) fn change(
    tx: &mut Tx<'_>,
    id: Id,
    patch: ExpensePatch,
) -> Result<ExpenseOutcome, Problem> {
    let before = find(tx, id)?;
    tx.expect_version(before.version)?;
    check_mine(tx, &before)?;
    let amount = patch.amount.unwrap_or_else(|| before.amount.0.clone());
    let spent_on = patch.spent_on.unwrap_or(before.spent_on);
    let asked = Asked {
        before: Some((id, place_of(&before))),
        campaign_id: before.campaign_id,
        allocation_id: patch.allocation_id.unwrap_or(before.allocation_id),
        budget_line_id: patch.budget_line_id.unwrap_or(before.budget_line_id),
        amount: &amount,
        spent_on,
    };
    let place = settle(tx, &asked)?;
    let warnings = limit::check(tx, 0, place, &amount, Some(&before))?;
    let note = patch.note.unwrap_or_else(|| before.note.clone());
    let receipt = patch.receipt.unwrap_or_else(|| before.receipt.clone());
    let search = search_text(
        note.as_ref().map(|note| note.as_str()),
        receipt.as_ref().map(|receipt| receipt.as_str()),
    );
    let after: Expense = diesel::update(expenses::table.find((tx.team.id(), id)))
        .set((
            expenses::allocation_id.eq(place.allocation_id),
            expenses::budget_line_id.eq(place.budget_line_id),
            expenses::resource_id.eq(place.resource_id),
            expenses::amount_minor.eq(amount.amount_minor.get()),
            expenses::amount.eq(Json(amount)),
            expenses::spent_on.eq(spent_on),
            expenses::note.eq(note),
            expenses::receipt.eq(receipt),
            expenses::search.eq(search),
            expenses::updated_at.eq(tx.now),
            expenses::version.eq(tx.revision),
        ))
        .returning(columns::<Expense>())
        .get_result(tx.conn)?;
    let expense = tx.change(before, after)?;
    Ok(ExpenseOutcome { expense, warnings })
}
