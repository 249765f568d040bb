//! Making and changing lines, and what they must be.

use diesel::prelude::*;

use super::model::{BudgetLine, BudgetLinePatch, NewBudgetLine};
use super::queries::{find, search_text};
use crate::access::{Reading, Tx};
use crate::capacity::allocations::{self, AllocationState};
use crate::capacity::expenses;
use crate::capacity::money::{campaign_fault, currency};
use crate::capacity::resources::ResourceKind;
use crate::capacity::resources::queries::referred;
use crate::db::rows::columns;
use crate::db::{Id, Json};
use crate::http::values::{Currency, Money};
use crate::http::{Code, FieldError, Problem};
use crate::outreach::campaign_status::CampaignStatus;
use crate::schema::{allocations as a, budget_lines, expenses as e};

/// What nobody plans for any more.
const GIVEN_UP: [CampaignStatus; 2] = [CampaignStatus::Cancelled, CampaignStatus::Archived];

/// What is wrong with the budget that the money is to come from.
fn budget_faults(
    reading: &mut Reading<'_>,
    resource_id: Id,
    planned_in: Currency,
) -> Result<Vec<FieldError>, Problem> {
    let pointer = "/resource_id";
    let budget = match referred(reading, resource_id, pointer) {
        Ok(budget) => budget,
        Err(problem) if problem.errors().is_empty() => return Err(problem),
        Err(problem) => return Ok(problem.errors().to_vec()),
    };
    if budget.kind != ResourceKind::Budget {
        let detail = "Money comes from a resource of the kind budget.";
        return Ok(vec![FieldError::body(pointer, "not_for_kind", detail)]);
    }
    let detail = "The currency of the budget: there is no exchange.";
    let wrong = budget.currency != Some(planned_in);
    Ok(wrong
        .then(|| currency::other("/amount/currency", detail, budget.currency))
        .into_iter()
        .collect())
}

fn faults(
    reading: &mut Reading<'_>,
    (line_id, campaign_id): (Option<Id>, Id),
    amount: &Money,
    resource_id: Option<Id>,
) -> Result<Vec<FieldError>, Problem> {
    let mut faults = Vec::new();
    if let Some(resource_id) = resource_id {
        faults.extend(budget_faults(reading, resource_id, amount.currency)?);
    }
    if faults.is_empty() {
        let place = "/amount/currency";
        faults.extend(currency::fault(
            reading,
            campaign_id,
            amount.currency,
            line_id,
            place,
        )?);
    }
    Ok(faults)
}

/// Makes a line.
///
/// # Errors
/// `validation_failed`, with all that is wrong.
pub(super) fn make(tx: &mut Tx<'_>, new: NewBudgetLine) -> Result<BudgetLine, Problem> {
    let mut wrong = Vec::new();
    wrong.extend(campaign_fault(
        tx,
        new.campaign_id,
        "/campaign_id",
        &GIVEN_UP,
    )?);
    let place = (None, new.campaign_id);
    wrong.extend(faults(tx, place, &new.amount, new.resource_id)?);
    if !wrong.is_empty() {
        return Err(Problem::fields(wrong));
    }
    let line = BudgetLine {
        team_id: tx.team.id(),
        id: Id::new(),
        campaign_id: new.campaign_id,
        resource_id: new.resource_id,
        search: search_text(
            new.name.as_str(),
            new.note.as_ref().map(|note| note.as_str()),
        ),
        name: new.name,
        amount: Json(new.amount),
        note: new.note,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
        deleted_at: None,
        trash_root_id: None,
    };
    diesel::insert_into(budget_lines::table)
        .values(&line)
        .execute(tx.conn)?;
    tx.created(&line)?;
    Ok(line)
}

/// How many expenses name the line.
fn expenses_of(tx: &mut Tx<'_>, id: Id) -> Result<i64, Problem> {
    Ok(expenses::in_team(tx.team)
        .filter(e::budget_line_id.eq(id))
        .count()
        .get_result(tx.conn)?)
}

/// How many allocations that are asked for or promised are for the line.
fn allocations_of(tx: &mut Tx<'_>, id: Id) -> Result<i64, Problem> {
    Ok(allocations::in_team(tx.team)
        .filter(a::budget_line_id.eq(id))
        .filter(a::state.eq_any(AllocationState::OPEN))
        .count()
        .get_result(tx.conn)?)
}

/// Refuses what would leave money without its line, or the line with money of another budget.
pub(super) fn check_unused(tx: &mut Tx<'_>, id: Id, detail: &str) -> Result<(), Problem> {
    let (spent, promised) = (expenses_of(tx, id)?, allocations_of(tx, id)?);
    if spent == 0 && promised == 0 {
        return Ok(());
    }
    Err(Problem::new(Code::StillReferenced)
        .detail(detail)
        .member("expenses", spent)
        .member("allocations", promised))
}

/// Changes a line.
///
/// # Errors
/// `not_found`, `version_conflict`, `validation_failed`; `still_referenced` when money of the line comes from its budget.
pub(super) fn change(
    tx: &mut Tx<'_>,
    id: Id,
    patch: &BudgetLinePatch,
) -> Result<BudgetLine, Problem> {
    let before = find(tx, id)?;
    tx.expect_version(before.version)?;
    let amount = &patch.amount.as_ref().unwrap_or(&before.amount).0;
    // A budget that went to the trash meanwhile stands in the way of no other change.
    let resource_id = patch.resource_id.flatten().or_else(|| {
        let is_other = amount.currency != before.amount.0.currency;
        before
            .resource_id
            .filter(|_| is_other && patch.resource_id.is_none())
    });
    let place = (Some(id), before.campaign_id);
    let wrong = faults(tx, place, amount, resource_id)?;
    if !wrong.is_empty() {
        return Err(Problem::fields(wrong));
    }
    if patch
        .resource_id
        .is_some_and(|wanted| wanted != before.resource_id)
    {
        let detail =
            "Money of the line was promised or spent: make another line for another budget.";
        check_unused(tx, id, detail)?;
    }
    let name = patch.name.as_ref().unwrap_or(&before.name).as_str();
    let note = patch.note.as_ref().unwrap_or(&before.note).as_ref();
    let search = search_text(name, note.map(|note| note.as_str()));
    let after: BudgetLine = diesel::update(budget_lines::table.find((tx.team.id(), id)))
        .set((
            patch,
            budget_lines::search.eq(search),
            budget_lines::updated_at.eq(tx.now),
            budget_lines::version.eq(tx.revision),
        ))
        .returning(columns::<BudgetLine>())
        .get_result(tx.conn)?;
    tx.change(before, after)
}
