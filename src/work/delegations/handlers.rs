//! What clients ask for.

use actix_web::{get, post};

use super::acts::{self, Words, show};
use super::expand::{DelegationReference, ExpandedDelegation, ExpandedDelegationPage, expand};
use super::model::{
    ActNote, ActReason, DelegationBatch, DelegationDetail, DelegationFilter, DelegationSort,
    NewDelegation, NewDelegationBatch, OptionalReason, Proposal,
};
use super::queries::load_page;
use super::rules::Act;
use super::{mine, offers, queries};
use crate::access::{Permission, Reading, TeamScope};
use crate::db::Id;
use crate::http::body::BATCH_LIMIT;
use crate::http::query::ValidateOnly;
use crate::http::{
    Answer, Body, Expand, PageRequest, Problem, Query, Refused, Reply, ServiceConfig,
};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};
use crate::work::tasks;

/// Offer a task
///
/// Hands a task to somebody: an offer that the delegate accepts, declines, or answers with a proposal. A task that is not
/// delegated is offered by its accountable or a lead. Once it is delegated, only the delegate at the end of the chain can
/// hand it on, when the own delegation says `may_redelegate`; the new one then names its parent. A task has one open offer
/// at most: another is 409 `invalid_transition`.
///
/// While the member who is named is away (an approved absence of whole days), the offer goes to the substitute, or to the
/// one who stands in for that one, up to five steps; `in_place_of_id` keeps who was named. Where nobody stands in, the
/// offer waits for the one who was named, and `warnings` says so. Where five in a row are away, or stand in for each
/// other, it is 422.
#[utoipa::path(tag = "delegations", request_body = NewDelegation,
    params(ValidateOnly),
    responses((status = 200, description = "With `validate_only=true`: what would be made.", body = DelegationDetail),
        (status = 201, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/tasks/{task_id}/delegations")]
pub async fn create_delegation(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewDelegation>,
) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let Body(new) = body;
    let place = scope.address("delegations");
    scope
        .write(Permission::DelegationWrite, move |tx| {
            let task = tasks::find(tx, name)?;
            let (delegation, warnings) = offers::offer(tx, &task, new)?;
            let (mut detail, tag) = show(tx, delegation.id)?;
            detail.warnings = warnings;
            let address = format!("{place}/{}", delegation.id);
            Ok(Reply::created(&detail, delegation.version, address)?.tagged(tag))
        })
        .await
}

/// Offer many tasks
///
/// Up to 100 offers, all or nothing. What is refused is named with its place, such as `/offers/3/delegate_id`. Who is away
/// is replaced as in a single offer.
#[utoipa::path(tag = "delegations", request_body = NewDelegationBatch,
    params(ValidateOnly),
    responses((status = 200, description = "Every offer was made.", body = DelegationBatch)))]
#[post("/v1/teams/{team_id}/delegations/batch")]
pub async fn batch_delegations(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewDelegationBatch, BATCH_LIMIT>,
) -> Answer {
    let Body(batch) = body;
    scope
        .write(Permission::DelegationWrite, move |tx| {
            if batch.offers.0.is_empty() {
                return Err(Problem::field("/offers", "too_few", "At least one offer."));
            }
            let mut made = DelegationBatch {
                items: Vec::new(),
                warnings: Vec::new(),
            };
            let mut refused = Refused::default();
            for (index, one) in batch.offers.0.into_iter().enumerate() {
                let place = format!("/offers/{index}");
                let (task_id, new) = one.parts();
                let outcome = tasks::check_reference(tx, task_id, "/task_id")
                    .and_then(|()| tasks::find(tx, task_id))
                    .and_then(|task| offers::offer(tx, &task, new));
                let outcome = outcome.map_err(|problem| problem.below(&place));
                if let Some((delegation, warnings)) = refused.note_first(outcome)? {
                    made.items.push(delegation);
                    made.warnings.extend(warnings);
                }
            }
            refused.verdict()?;
            Reply::ok(&made)
        })
        .await
}

/// List delegations
///
/// Newest first unless sorted otherwise: those that I made (`delegator_id=me`), those made to me (`delegate_id=me`), those
/// of a task, in some states, or those whose answer is overdue. With `is_overdue_answer` the answer depends on the time of
/// day and has no `ETag`.
#[utoipa::path(tag = "delegations",
    params(DelegationFilter, ("sort" = inline(Option<DelegationSort>), Query), Expand<DelegationReference>),
    responses((status = 200, body = ExpandedDelegationPage)))]
#[get("/v1/teams/{team_id}/delegations")]
pub async fn list_delegations(
    scope: TeamScope,
    filter: Query<DelegationFilter>,
    wanted: Query<Expand<DelegationReference>>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    let depends_on_the_clock = filter.is_overdue_answer.is_some();
    let work = move |reading: &mut Reading<'_>| {
        let loaded = load_page(reading, &filter, &page)?;
        let expanded = expand(&mut reading.sight(), &wanted.0, loaded.items.iter())?;
        Reply::page_beside(&loaded, &page, expanded)
    };
    if depends_on_the_clock {
        scope.live(Permission::DelegationRead, work).await
    } else {
        scope.list(Permission::DelegationRead, work).await
    }
}

/// List the delegations of a task
///
/// All that there ever were, newest first unless sorted otherwise.
#[utoipa::path(tag = "delegations",
    params(DelegationFilter, ("sort" = inline(Option<DelegationSort>), Query), Expand<DelegationReference>),
    responses((status = 200, body = ExpandedDelegationPage)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/delegations")]
pub async fn list_task_delegations(
    scope: TeamScope,
    filter: Query<DelegationFilter>,
    wanted: Query<Expand<DelegationReference>>,
    page: PageRequest,
) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let Query(mut filter) = filter;
    let depends_on_the_clock = filter.is_overdue_answer.is_some();
    let work = move |reading: &mut Reading<'_>| {
        filter.task_id = Some(tasks::find(reading, name)?.id);
        let loaded = load_page(reading, &filter, &page)?;
        let expanded = expand(&mut reading.sight(), &wanted.0, loaded.items.iter())?;
        Reply::page_beside(&loaded, &page, expanded)
    };
    if depends_on_the_clock {
        scope.live(Permission::DelegationRead, work).await
    } else {
        scope.list(Permission::DelegationRead, work).await
    }
}

/// Show a delegation
///
/// With its chain, root first, and what the caller can do to it now. The `ETag` changes with any of these; `If-Match`
/// compares the delegation's own version only.
#[utoipa::path(tag = "delegations", params(Expand<DelegationReference>),
    responses((status = 200, body = ExpandedDelegation)))]
#[get("/v1/teams/{team_id}/delegations/{delegation_id}")]
pub async fn get_delegation(
    scope: TeamScope,
    wanted: Query<Expand<DelegationReference>>,
) -> Answer {
    let id = scope.id("delegation_id")?;
    scope
        .read(Permission::DelegationRead, move |reading| {
            if wanted.0.references().is_none() {
                return shown(reading, id);
            }
            let (detail, _) = show(reading, id)?;
            let one = std::iter::once(&detail.delegation);
            let expanded = expand(&mut reading.sight(), &wanted.0, one)?;
            reading.show(&detail, detail.delegation.version, expanded)
        })
        .await
}

fn shown(reading: &mut Reading<'_>, id: Id) -> Answer {
    let (detail, tag) = show(reading, id)?;
    Ok(Reply::record(&detail, detail.delegation.version)?.tagged(tag))
}

async fn act(scope: TeamScope, act: Act, words: Words) -> Answer {
    let id = scope.id("delegation_id")?;
    scope
        .write(Permission::DelegationWrite, move |tx| {
            acts::act(tx, id, act, words)?;
            shown(tx, id)
        })
        .await
}

fn noted(body: Body<ActNote>) -> Words {
    Words {
        note: body.0.note,
        ..Words::default()
    }
}

fn reasoned(body: Body<ActReason>) -> Words {
    Words {
        reason: Some(body.0.reason),
        ..Words::default()
    }
}

/// Accept a delegation
///
/// The delegate accepts the offer, or the delegator the proposal that was made instead (its date then becomes `due_on`).
/// The delegate becomes the task's assignee; its accountable stays.
#[utoipa::path(tag = "delegations", request_body = ActNote, responses((status = 200, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/delegations/{delegation_id}/accept")]
pub async fn accept_delegation(scope: TeamScope, body: Body<ActNote>) -> Answer {
    act(scope, Act::Accept, noted(body)).await
}

/// Decline a delegation
///
/// The delegate says no to the offer, and why. Nothing else moves.
#[utoipa::path(tag = "delegations", request_body = ActReason, responses((status = 200, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/delegations/{delegation_id}/decline")]
pub async fn decline_delegation(scope: TeamScope, body: Body<ActReason>) -> Answer {
    act(scope, Act::Decline, reasoned(body)).await
}

/// Propose something else
///
/// The delegate answers the offer with another date, another scope, or both. The delegator then accepts that or withdraws.
/// An offer that was answered so does not expire.
#[utoipa::path(tag = "delegations", request_body = Proposal, responses((status = 200, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/delegations/{delegation_id}/propose")]
pub async fn propose_delegation(scope: TeamScope, body: Body<Proposal>) -> Answer {
    let words = Words {
        proposal: Some(body.0),
        ..Words::default()
    };
    act(scope, Act::Propose, words).await
}

/// Withdraw a delegation
///
/// The delegator, or a lead, takes an offer back that was not accepted yet.
#[utoipa::path(tag = "delegations", request_body = OptionalReason, responses((status = 200, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/delegations/{delegation_id}/withdraw")]
pub async fn withdraw_delegation(scope: TeamScope, body: Body<OptionalReason>) -> Answer {
    let words = Words {
        reason: body.0.reason,
        ..Words::default()
    };
    act(scope, Act::Withdraw, words).await
}

/// Submit the work
///
/// The delegate says that the work is finished; the task goes to `in_review`. What was handed on has to end first.
#[utoipa::path(tag = "delegations", request_body = ActNote, responses((status = 200, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/delegations/{delegation_id}/submit")]
pub async fn submit_delegation(scope: TeamScope, body: Body<ActNote>) -> Answer {
    act(scope, Act::Submit, noted(body)).await
}

/// Confirm the work
///
/// The delegator, and nobody in the delegator's place, agrees that the submitted work is finished. At the root of the
/// chain the task becomes `done`. Below it the task stays `in_review`, and the delegate of the parent, now its assignee,
/// submits in turn.
#[utoipa::path(tag = "delegations", request_body = ActNote, responses((status = 200, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/delegations/{delegation_id}/confirm")]
pub async fn confirm_delegation(scope: TeamScope, body: Body<ActNote>) -> Answer {
    act(scope, Act::Confirm, noted(body)).await
}

/// Send the work back
///
/// The delegator asks for more work on what was submitted, and says why; the task goes back to `in_progress`.
#[utoipa::path(tag = "delegations", request_body = ActReason, responses((status = 200, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/delegations/{delegation_id}/send-back")]
pub async fn send_back_delegation(scope: TeamScope, body: Body<ActReason>) -> Answer {
    act(scope, Act::SendBack, reasoned(body)).await
}

/// Hand the task back
///
/// The delegate gives an accepted task back, and says why. The delegator is its assignee again.
#[utoipa::path(tag = "delegations", request_body = ActReason, responses((status = 200, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/delegations/{delegation_id}/hand-back")]
pub async fn hand_back_delegation(scope: TeamScope, body: Body<ActReason>) -> Answer {
    act(scope, Act::HandBack, reasoned(body)).await
}

/// Recall a delegation
///
/// The delegator, or a lead, takes an accepted or submitted task back, and says why. What was handed on below is recalled
/// with it, the leaf first. The delegator is the task's assignee again, and a task in review is `in_progress` again.
#[utoipa::path(tag = "delegations", request_body = ActReason, responses((status = 200, body = DelegationDetail)))]
#[post("/v1/teams/{team_id}/delegations/{delegation_id}/recall")]
pub async fn recall_delegation(scope: TeamScope, body: Body<ActReason>) -> Answer {
    act(scope, Act::Recall, reasoned(body)).await
}

/// Show the history of a delegation
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "delegations", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/delegations/{delegation_id}/history")]
pub async fn list_delegation_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("delegation_id")?;
    history_of(scope, page, Kind::Delegation, move |reading| {
        Ok(queries::find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_delegation)
        .service(list_task_delegations)
        .service(batch_delegations)
        .service(list_delegations)
        .service(get_delegation)
        .service(accept_delegation)
        .service(decline_delegation)
        .service(propose_delegation)
        .service(withdraw_delegation)
        .service(submit_delegation)
        .service(confirm_delegation)
        .service(send_back_delegation)
        .service(hand_back_delegation)
        .service(recall_delegation)
        .service(list_delegation_history)
        .service(mine::list_my_delegations);
}
