//! What is asked of budget lines over HTTP.

use actix_web::{delete, get, patch, post};

use super::model::{
    BudgetLine, BudgetLineFilter, BudgetLinePage, BudgetLinePatch, BudgetLineSort, NewBudgetLine,
};
use super::queries::{find, load_page};
use super::{trashing, write};
use crate::access::{Permission, TeamScope};
use crate::http::{Answer, Body, PageRequest, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};

/// List budget lines
///
/// What money is planned for, in the order of making unless sorted otherwise. What becomes of each, the campaign's money
/// tells.
#[utoipa::path(tag = "money", params(BudgetLineFilter, ("sort" = inline(Option<BudgetLineSort>), Query)),
    responses((status = 200, body = BudgetLinePage)))]
#[get("/v1/teams/{team_id}/budget-lines")]
pub async fn list_budget_lines(
    scope: TeamScope,
    filter: Query<BudgetLineFilter>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .list(Permission::BudgetLineRead, move |reading| {
            let loaded = load_page(reading, &filter, &page)?;
            Reply::page(&loaded, &page)
        })
        .await
}

/// Create a budget line
///
/// Plans money for something in a campaign. All money of a campaign is of one currency: that of its budget, or else of the
/// first money in it. A line may name the budget (a resource) that its money comes from; planning takes nothing from it.
#[utoipa::path(tag = "money", request_body = NewBudgetLine, responses((status = 201, body = BudgetLine)))]
#[post("/v1/teams/{team_id}/budget-lines")]
pub async fn create_budget_line(scope: TeamScope, body: Body<NewBudgetLine>) -> Answer {
    let Body(new) = body;
    let place = scope.address("budget-lines");
    scope
        .write(Permission::BudgetLineWrite, move |tx| {
            let line = write::make(tx, new)?;
            Reply::created(&line, line.version, format!("{place}/{}", line.id))
        })
        .await
}

/// Show a budget line
#[utoipa::path(tag = "money", responses((status = 200, body = BudgetLine)))]
#[get("/v1/teams/{team_id}/budget-lines/{budget_line_id}")]
pub async fn get_budget_line(scope: TeamScope) -> Answer {
    let id = scope.id("budget_line_id")?;
    scope
        .read(Permission::BudgetLineRead, move |reading| {
            let line = find(reading, id)?;
            Reply::record(&line, line.version)
        })
        .await
}

/// Change a budget line
///
/// A JSON Merge Patch: absent keeps, null clears. The budget that the money comes from changes only while nothing of the
/// line was promised or spent (409 `still_referenced`).
#[utoipa::path(tag = "money", request_body = BudgetLinePatch, responses((status = 200, body = BudgetLine)))]
#[patch("/v1/teams/{team_id}/budget-lines/{budget_line_id}")]
pub async fn update_budget_line(scope: TeamScope, body: Body<BudgetLinePatch>) -> Answer {
    let id = scope.id("budget_line_id")?;
    let Body(patch) = body;
    scope
        .write(Permission::BudgetLineWrite, move |tx| {
            let line = write::change(tx, id, &patch)?;
            Reply::record(&line, line.version)
        })
        .await
}

/// Delete a budget line
///
/// It goes to the trash for 30 days, where no expense names it and nothing is promised for it: otherwise that is 409
/// `still_referenced` with the counts.
#[utoipa::path(tag = "money", responses((status = 204, description = "It is in the trash.")))]
#[delete("/v1/teams/{team_id}/budget-lines/{budget_line_id}")]
pub async fn delete_budget_line(scope: TeamScope) -> Answer {
    let id = scope.id("budget_line_id")?;
    scope
        .write(Permission::BudgetLineWrite, move |tx| {
            let line = find(tx, id)?;
            tx.expect_version(line.version)?;
            let detail = "Put what was promised and spent of it on another line first.";
            write::check_unused(tx, id, detail)?;
            trashing::to_trash(tx, &line)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Show the history of a budget line
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "money", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/budget-lines/{budget_line_id}/history")]
pub async fn list_budget_line_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("budget_line_id")?;
    history_of(scope, page, Kind::BudgetLine, move |reading| {
        Ok(find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_budget_lines)
        .service(create_budget_line)
        .service(get_budget_line)
        .service(update_budget_line)
        .service(delete_budget_line)
        .service(list_budget_line_history);
}
