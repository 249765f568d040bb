//! Several expenses at once, all or nothing.

use actix_web::post;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Expense, NewExpense};
use super::write;
use crate::access::{Permission, TeamScope};
use crate::capacity::fit::Finding;
use crate::http::body::BATCH_LIMIT;
use crate::http::query::ValidateOnly;
use crate::http::{Answer, Body, Problem, Query, Refused, Reply, UpTo};

/// Several expenses.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"expenses": [{"campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "amount": {"amount_minor": 4_900, "currency": "EUR"}, "spent_on": "2024-03-01", "receipt": "2024-0117"}]}))]
pub struct NewExpenseBatch {
    /// All are entered, or none.
    #[schema(value_type = Vec<NewExpense>, min_items = 1, max_items = 100)]
    expenses: UpTo<100, NewExpense>,
}

/// What a batch entered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [], "warnings": []}))]
pub struct ExpenseBatch {
    /// The expenses, in the order given.
    #[schema(max_items = 100)]
    items: Vec<Expense>,
    /// What goes over the limit of a budget and was saved nevertheless.
    #[schema(max_items = 10_000)]
    warnings: Vec<Finding>,
}

/// Enter several expenses
///
/// Up to 100, all or nothing, one after the other: what is wrong points at `/expenses/3/amount`.
#[utoipa::path(tag = "money", params(ValidateOnly), request_body = NewExpenseBatch,
    responses((status = 200, description = "All were entered.", body = ExpenseBatch)))]
#[post("/v1/teams/{team_id}/expenses/batch")]
pub async fn batch_expenses(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewExpenseBatch, BATCH_LIMIT>,
) -> Answer {
    let Body(batch) = body;
    scope
        .write(Permission::ExpenseWrite, move |tx| {
            let UpTo(all) = batch.expenses;
            if all.is_empty() {
                let detail = "At least one expense.";
                return Err(Problem::field("/expenses", "too_few", detail));
            }
            let (mut items, mut warnings) = (Vec::new(), Vec::new());
            let mut refused = Refused::default();
            for (index, new) in all.into_iter().enumerate() {
                let place = format!("/expenses/{index}");
                let outcome = write::make(tx, index, new).map_err(|problem| problem.below(&place));
                if let Some(outcome) = refused.note_first(outcome)? {
                    items.push(outcome.expense);
                    warnings.extend(outcome.warnings);
                }
            }
            refused.verdict()?;
            Reply::ok(&ExpenseBatch { items, warnings })
        })
        .await
}
