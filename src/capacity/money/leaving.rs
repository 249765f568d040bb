//! What is purged leaves the expenses behind: they were spent, whatever becomes of what they were spent for.

use diesel::prelude::*;

use crate::access::Tx;
use crate::capacity::budget_lines::BudgetLine;
use crate::capacity::expenses::Expense;
use crate::db::rows::{CHUNK, columns};
use crate::db::{Id, MultiBackend};
use crate::http::Problem;
use crate::schema::{allocations, budget_lines, expenses};

/// The expenses of the team, those in the trash included.
fn all(tx: &Tx<'_>) -> expenses::BoxedQuery<'static, MultiBackend> {
    expenses::table
        .filter(expenses::team_id.eq(tx.team.id()))
        .into_boxed()
}

/// Takes what goes from these expenses, and tells of it where they count.
fn forget(
    tx: &mut Tx<'_>,
    naming: expenses::BoxedQuery<'static, MultiBackend>,
    going: fn(&mut Expense) -> &mut Option<Id>,
) -> Result<(), Problem> {
    let found: Vec<Expense> = naming
        .order(expenses::id)
        .select(Expense::as_select())
        .load(tx.conn)?;
    for before in found {
        let mut after = before.clone();
        *going(&mut after) = None;
        (after.updated_at, after.version) = (tx.now, tx.revision);
        diesel::update(expenses::table.find((after.team_id, after.id)))
            .set((
                expenses::campaign_id.eq(after.campaign_id),
                expenses::budget_line_id.eq(after.budget_line_id),
                expenses::allocation_id.eq(after.allocation_id),
                expenses::resource_id.eq(after.resource_id),
                expenses::updated_at.eq(after.updated_at),
                expenses::version.eq(after.version),
            ))
            .execute(tx.conn)?;
        if before.deleted_at.is_none() {
            tx.updated(&before, &after)?;
        }
    }
    Ok(())
}

/// Leaves the expenses of promises that go along with what was promised something.
fn promises(
    tx: &mut Tx<'_>,
    going: allocations::BoxedQuery<'static, MultiBackend>,
) -> Result<(), Problem> {
    let ids: Vec<Id> = going.select(allocations::id).load(tx.conn)?;
    for some in ids.chunks(CHUNK) {
        let named = all(tx).filter(expenses::allocation_id.eq_any(some.to_vec()));
        forget(tx, named, |one| &mut one.allocation_id)?;
    }
    Ok(())
}

/// The allocations of the team.
fn promised(tx: &Tx<'_>) -> allocations::BoxedQuery<'static, MultiBackend> {
    allocations::table
        .filter(allocations::team_id.eq(tx.team.id()))
        .into_boxed()
}

/// Leaves the expenses of what was promised to tasks that are purged.
///
/// # Errors
/// What the database answers.
pub fn tasks(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Problem> {
    let going = promised(tx).filter(allocations::task_id.eq_any(ids.to_vec()));
    promises(tx, going)
}

/// Leaves the expenses of what was promised to an event that is purged.
///
/// # Errors
/// What the database answers.
pub fn event(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let going = promised(tx).filter(allocations::event_id.eq(id));
    promises(tx, going)
}

/// Leaves what was planned with and spent of a budget that is purged.
///
/// # Errors
/// What the database answers.
pub fn resource(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let going = promised(tx).filter(allocations::resource_id.eq(id));
    promises(tx, going)?;
    let spent = all(tx).filter(expenses::resource_id.eq(id));
    forget(tx, spent, |one| &mut one.resource_id)?;
    let planned: Vec<BudgetLine> = budget_lines::table
        .filter(budget_lines::team_id.eq(tx.team.id()))
        .filter(budget_lines::resource_id.eq(id))
        .order(budget_lines::id)
        .select(BudgetLine::as_select())
        .load(tx.conn)?;
    for before in planned {
        let after: BudgetLine =
            diesel::update(budget_lines::table.find((before.team_id, before.id)))
                .set((
                    budget_lines::resource_id.eq(None::<Id>),
                    budget_lines::updated_at.eq(tx.now),
                    budget_lines::version.eq(tx.revision),
                ))
                .returning(columns::<BudgetLine>())
                .get_result(tx.conn)?;
        if before.deleted_at.is_none() {
            tx.updated(&before, &after)?;
        }
    }
    Ok(())
}

/// Leaves what was promised and spent of lines that are purged.
///
/// # Errors
/// What the database answers.
pub fn lines(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Problem> {
    for some in ids.chunks(CHUNK) {
        let named = all(tx).filter(expenses::budget_line_id.eq_any(some.to_vec()));
        forget(tx, named, |one| &mut one.budget_line_id)?;
        diesel::update(
            allocations::table
                .filter(allocations::team_id.eq(tx.team.id()))
                .filter(allocations::budget_line_id.eq_any(some.to_vec())),
        )
        .set(allocations::budget_line_id.eq(None::<Id>))
        .execute(tx.conn)?;
    }
    Ok(())
}

/// Purges the lines of a campaign that is purged, and leaves its expenses: those that took from a budget go on taking from
/// it, and the others, which nothing names any more, go along.
///
/// # Errors
/// What the database answers.
pub fn campaign(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let going = promised(tx).filter(allocations::campaign_id.eq(id));
    promises(tx, going)?;
    let planned: Vec<BudgetLine> = budget_lines::table
        .filter(budget_lines::team_id.eq(tx.team.id()))
        .filter(budget_lines::campaign_id.eq(id))
        .order(budget_lines::id)
        .select(BudgetLine::as_select())
        .load(tx.conn)?;
    let ids: Vec<Id> = planned.iter().map(|line| line.id).collect();
    lines(tx, &ids)?;
    tx.deleted_all(&planned)?;
    diesel::delete(
        budget_lines::table
            .filter(budget_lines::team_id.eq(tx.team.id()))
            .filter(budget_lines::campaign_id.eq(id)),
    )
    .execute(tx.conn)?;
    let unnamed: Vec<Expense> = all(tx)
        .filter(expenses::campaign_id.eq(id))
        .filter(expenses::resource_id.is_null())
        .order(expenses::id)
        .select(Expense::as_select())
        .load(tx.conn)?;
    tx.deleted_all(&unnamed)?;
    diesel::delete(
        expenses::table
            .filter(expenses::team_id.eq(tx.team.id()))
            .filter(expenses::campaign_id.eq(id))
            .filter(expenses::resource_id.is_null()),
    )
    .execute(tx.conn)?;
    let spent = all(tx).filter(expenses::campaign_id.eq(id));
    forget(tx, spent, |one| &mut one.campaign_id)
}
