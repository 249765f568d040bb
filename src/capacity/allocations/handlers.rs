//! What is asked of allocations over HTTP.

use std::slice;

use actix_web::{get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::expand::{AllocationReference, ExpandedAllocation, ExpandedAllocationPage, expand};
use super::model::{
    Allocation, AllocationFilter, AllocationOutcome, AllocationPatch, AllocationSort, NewAllocation,
};
use super::queries::{find, load_page};
use super::state::AllocationAct;
use super::{check, write};
use crate::access::{Permission, TeamScope};
use crate::capacity::fit::Finding;
use crate::http::body::BATCH_LIMIT;
use crate::http::query::ValidateOnly;
use crate::http::text::Note;
use crate::http::{Answer, Body, Expand, PageRequest, Problem, Query, Reply, ServiceConfig, UpTo};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};

/// What may be said with an act.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The plan has changed."}))]
pub struct AllocationNote {
    /// Kept with the allocation and in the history.
    reason: Option<Note>,
}

/// Why an allocation is rejected.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The kit is being repaired that week."}))]
pub struct AllocationRejection {
    /// For whoever asked.
    reason: Note,
}

/// Several allocations.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"allocations": [{"resource_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "first_on": "2099-03-02", "last_on": "2099-03-13", "amount": {"units": 1}}]}))]
pub struct NewAllocationBatch {
    /// All are made, or none.
    #[schema(value_type = Vec<NewAllocation>, min_items = 1, max_items = 100)]
    allocations: UpTo<100, NewAllocation>,
}

/// What a batch made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [], "warnings": []}))]
pub struct AllocationBatch {
    /// The allocations, in the order given.
    #[schema(max_items = 100)]
    items: Vec<Allocation>,
    /// What does not fit and was saved nevertheless, and what nobody knows.
    #[schema(max_items = 10_000)]
    warnings: Vec<Finding>,
}

/// List allocations
///
/// What is promised or asked for, the newest first unless sorted otherwise.
#[utoipa::path(tag = "allocations",
    params(AllocationFilter, ("sort" = inline(Option<AllocationSort>), Query), Expand<AllocationReference>),
    responses((status = 200, body = ExpandedAllocationPage)))]
#[get("/v1/teams/{team_id}/allocations")]
pub async fn list_allocations(
    scope: TeamScope,
    filter: Query<AllocationFilter>,
    wanted: Query<Expand<AllocationReference>>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .list(Permission::AllocationRead, move |reading| {
            let loaded = load_page(reading, &filter, &page)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, &loaded.items)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}

/// Create an allocation
///
/// Asks for a resource. Whoever could approve it (the owner of the resource, or a lead) is promised it at once; then it
/// must fit, as the resource's policy wants it: `refuse` answers 409 with `findings` (the interval, what is wanted, what is
/// there, who takes it, and what would fit instead), `warn` saves it and answers the same in `warnings`, `allow` saves it.
/// What others ask for waits for approval and holds nothing; whether it fits now is in `warnings`.
#[utoipa::path(tag = "allocations", request_body = NewAllocation, params(ValidateOnly),
    responses((status = 201, body = AllocationOutcome)))]
#[post("/v1/teams/{team_id}/allocations")]
pub async fn create_allocation(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewAllocation>,
) -> Answer {
    let Body(new) = body;
    let place = scope.address("allocations");
    scope
        .write(Permission::AllocationWrite, move |tx| {
            let (made, warnings) = write::make(tx, vec![new], |_| String::new())?;
            let allocation = made
                .into_iter()
                .next()
                .ok_or_else(|| Problem::internal("nothing was made"))?;
            let (version, place) = (allocation.version, format!("{place}/{}", allocation.id));
            let outcome = AllocationOutcome {
                allocation,
                warnings,
            };
            Reply::created(&outcome, version, place)
        })
        .await
}

/// Create several allocations
///
/// Up to 100, all or nothing. They are checked together, and what is wrong points at `/allocations/3/amount`.
#[utoipa::path(tag = "allocations", params(ValidateOnly), request_body = NewAllocationBatch,
    responses((status = 200, description = "All were made.", body = AllocationBatch)))]
#[post("/v1/teams/{team_id}/allocations/batch")]
pub async fn batch_allocations(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewAllocationBatch, BATCH_LIMIT>,
) -> Answer {
    let Body(batch) = body;
    scope
        .write(Permission::AllocationWrite, move |tx| {
            if batch.allocations.0.is_empty() {
                return Err(Problem::field(
                    "/allocations",
                    "too_few",
                    "At least one allocation.",
                ));
            }
            let place = |index| format!("/allocations/{index}");
            let (items, warnings) = write::make(tx, batch.allocations.0, place)?;
            Reply::ok(&AllocationBatch { items, warnings })
        })
        .await
}

/// Show an allocation
#[utoipa::path(tag = "allocations", params(Expand<AllocationReference>),
    responses((status = 200, body = ExpandedAllocation)))]
#[get("/v1/teams/{team_id}/allocations/{allocation_id}")]
pub async fn get_allocation(
    scope: TeamScope,
    wanted: Query<Expand<AllocationReference>>,
) -> Answer {
    let id = scope.id("allocation_id")?;
    scope
        .read(Permission::AllocationRead, move |reading| {
            let allocation = find(reading, id)?;
            let expanded = expand(
                &mut reading.sight(),
                &wanted.0,
                slice::from_ref(&allocation),
            )?;
            reading.show(&allocation, allocation.version, expanded)
        })
        .await
}

/// Change an allocation
///
/// A JSON Merge Patch: absent keeps, null clears. While it is requested, whoever asked may change it; when and how much of
/// what is approved, only the owner of the resource or a lead, and it must fit as when it was approved. Taking less is
/// never refused. What is over stays as it is (409 `invalid_transition`).
#[utoipa::path(tag = "allocations", request_body = AllocationPatch, responses((status = 200, body = AllocationOutcome)))]
#[patch("/v1/teams/{team_id}/allocations/{allocation_id}")]
pub async fn update_allocation(scope: TeamScope, body: Body<AllocationPatch>) -> Answer {
    let id = scope.id("allocation_id")?;
    let Body(patch) = body;
    scope
        .write(Permission::AllocationWrite, move |tx| {
            let outcome = write::change(tx, id, &patch)?;
            Reply::record(&outcome, outcome.allocation.version)
        })
        .await
}

async fn act(scope: TeamScope, act: AllocationAct, reason: Option<Note>) -> Answer {
    let id = scope.id("allocation_id")?;
    scope
        .write(Permission::AllocationWrite, move |tx| {
            let outcome = write::act(tx, id, act, reason)?;
            Reply::record(&outcome, outcome.allocation.version)
        })
        .await
}

/// Approve an allocation
///
/// By the owner of the resource, or a lead; not by their deputy who asked for it. It must fit now, as the resource's policy
/// wants it: see `create_allocation`.
#[utoipa::path(tag = "allocations", request_body = AllocationNote, responses((status = 200, body = AllocationOutcome)))]
#[post("/v1/teams/{team_id}/allocations/{allocation_id}/approve")]
pub async fn approve_allocation(scope: TeamScope, body: Body<AllocationNote>) -> Answer {
    act(scope, AllocationAct::Approve, body.0.reason).await
}

/// Reject an allocation
///
/// By the owner of the resource, or a lead, with the reason.
#[utoipa::path(tag = "allocations", request_body = AllocationRejection, responses((status = 200, body = AllocationOutcome)))]
#[post("/v1/teams/{team_id}/allocations/{allocation_id}/reject")]
pub async fn reject_allocation(scope: TeamScope, body: Body<AllocationRejection>) -> Answer {
    act(scope, AllocationAct::Reject, Some(body.0.reason)).await
}

/// Release an allocation
///
/// What was promised is not needed any more, and free again. By whoever asked, the owner of the resource, or a lead.
#[utoipa::path(tag = "allocations", request_body = AllocationNote, responses((status = 200, body = AllocationOutcome)))]
#[post("/v1/teams/{team_id}/allocations/{allocation_id}/release")]
pub async fn release_allocation(scope: TeamScope, body: Body<AllocationNote>) -> Answer {
    act(scope, AllocationAct::Release, body.0.reason).await
}

/// Cancel an allocation
///
/// Takes back what was asked for, approved or not. By whoever asked, the owner of the resource, or a lead.
#[utoipa::path(tag = "allocations", request_body = AllocationNote, responses((status = 200, body = AllocationOutcome)))]
#[post("/v1/teams/{team_id}/allocations/{allocation_id}/cancel")]
pub async fn cancel_allocation(scope: TeamScope, body: Body<AllocationNote>) -> Answer {
    act(scope, AllocationAct::Cancel, body.0.reason).await
}

/// Show the history of an allocation
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "allocations", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/allocations/{allocation_id}/history")]
pub async fn list_allocation_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("allocation_id")?;
    history_of(scope, page, Kind::Allocation, move |reading| {
        Ok(find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_allocations)
        .service(create_allocation)
        .service(batch_allocations)
        .service(check::check_allocations)
        .service(get_allocation)
        .service(update_allocation)
        .service(approve_allocation)
        .service(reject_allocation)
        .service(release_allocation)
        .service(cancel_allocation)
        .service(list_allocation_history);
}
