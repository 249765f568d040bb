//! What is asked of expenses over HTTP.

use std::slice;

use actix_web::{delete, get, patch, post};

use super::expand::{ExpandedExpense, ExpandedExpensePage, ExpenseReference, expand};
use super::model::{ExpenseFilter, ExpenseOutcome, ExpensePatch, ExpenseSort, NewExpense};
use super::queries::{find, load_page};
use super::{batch, trashing, write};
use crate::access::{Permission, TeamScope};
use crate::http::query::ValidateOnly;
use crate::http::{Answer, Body, Expand, PageRequest, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};

/// List expenses
///
/// What was spent, the latest first unless sorted otherwise; also for campaigns in the trash, because it was spent.
#[utoipa::path(tag = "money",
    params(ExpenseFilter, ("sort" = inline(Option<ExpenseSort>), Query), Expand<ExpenseReference>),
    responses((status = 200, body = ExpandedExpensePage)))]
#[get("/v1/teams/{team_id}/expenses")]
pub async fn list_expenses(
    scope: TeamScope,
    filter: Query<ExpenseFilter>,
    wanted: Query<Expand<ExpenseReference>>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .list(Permission::ExpenseRead, move |reading| {
            let loaded = load_page(reading, &filter, &page)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, &loaded.items)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}

/// Enter an expense
///
/// What was spent for a campaign: of an allocation of money, for a line of the budget, both, or neither. It takes from the
/// budget (a resource) of the allocation, or else of the line. What the allocation promised is taken already, so anybody may
/// enter an expense of it. What goes beyond, or was never promised, counts against the limit of the budget as a new promise
/// would: only the owner of the budget or a lead enters it, and the budget's policy applies: `refuse` answers 409
/// `over_allocated` with `findings`, `warn` saves it and answers the same in `warnings`, `allow` saves it.
#[utoipa::path(tag = "money", request_body = NewExpense, params(ValidateOnly),
    responses((status = 201, body = ExpenseOutcome)))]
#[post("/v1/teams/{team_id}/expenses")]
pub async fn create_expense(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewExpense>,
) -> Answer {
    let Body(new) = body;
    let place = scope.address("expenses");
    scope
        .write(Permission::ExpenseWrite, move |tx| {
            let outcome = write::make(tx, 0, new)?;
            let (version, id) = (outcome.expense.version, outcome.expense.id);
            Reply::created(&outcome, version, format!("{place}/{id}"))
        })
        .await
}

/// Show an expense
#[utoipa::path(tag = "money", params(Expand<ExpenseReference>),
    responses((status = 200, body = ExpandedExpense)))]
#[get("/v1/teams/{team_id}/expenses/{expense_id}")]
pub async fn get_expense(scope: TeamScope, wanted: Query<Expand<ExpenseReference>>) -> Answer {
    let id = scope.id("expense_id")?;
    scope
        .read(Permission::ExpenseRead, move |reading| {
            let expense = find(reading, id)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, slice::from_ref(&expense))?;
            reading.show(&expense, expense.version, expanded)
        })
        .await
}

/// Change an expense
///
/// A JSON Merge Patch: absent keeps, null clears. By whoever entered it, or a lead. What it takes more from the budget must
/// fit as when it was entered; taking less is never refused.
#[utoipa::path(tag = "money", request_body = ExpensePatch, responses((status = 200, body = ExpenseOutcome)))]
#[patch("/v1/teams/{team_id}/expenses/{expense_id}")]
pub async fn update_expense(scope: TeamScope, body: Body<ExpensePatch>) -> Answer {
    let id = scope.id("expense_id")?;
    let Body(patch) = body;
    scope
        .write(Permission::ExpenseWrite, move |tx| {
            let outcome = write::change(tx, id, patch)?;
            Reply::record(&outcome, outcome.expense.version)
        })
        .await
}

/// Delete an expense
///
/// By whoever entered it, or a lead. It goes to the trash for 30 days, where it takes nothing; to come back, it must fit.
#[utoipa::path(tag = "money", responses((status = 204, description = "It is in the trash.")))]
#[delete("/v1/teams/{team_id}/expenses/{expense_id}")]
pub async fn delete_expense(scope: TeamScope) -> Answer {
    let id = scope.id("expense_id")?;
    scope
        .write(Permission::ExpenseWrite, move |tx| {
            let expense = find(tx, id)?;
            tx.expect_version(expense.version)?;
            write::check_mine(tx, &expense)?;
            trashing::to_trash(tx, &expense)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Show the history of an expense
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "money", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/expenses/{expense_id}/history")]
pub async fn list_expense_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("expense_id")?;
    history_of(scope, page, Kind::Expense, move |reading| {
        Ok(find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_expenses)
        .service(create_expense)
        .service(batch::batch_expenses)
        .service(get_expense)
        .service(update_expense)
        .service(delete_expense)
        .service(list_expense_history);
}
