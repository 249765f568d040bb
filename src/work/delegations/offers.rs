//! Offering a task: who may, to whom, when.
//!
//! The surprising rule: a refusal looks at the task's chain first, then at who asks, and at the fields last, so that a
//! second click on "offer" is told that there is an offer (409) and not that something is wrong with it.

use diesel::prelude::*;

use super::absent;
use super::acts::lapse;
use super::chain::{OfferRefusal, may_offer};
use super::model::{Delegation, InCampaign, NewDelegation, OfferWarning};
use super::queries::active_chain;
use super::rules::DelegationState;
use crate::access::{Permission, Reading, Tx};
use crate::db::Id;
use crate::http::{Code, FieldError, Problem, Refused};
use crate::schema::delegations;
use crate::work::tasks::{self, Task};

/// Offers a task to somebody, as the caller; with what the caller should know at once.
///
/// # Errors
/// `invalid_transition` when the task is closed, has an open offer, or its work is submitted; `insufficient_role` when
/// the caller does not hold it; `validation_failed` for each field.
pub fn offer(
    tx: &mut Tx<'_>,
    task: &Task,
    new: NewDelegation,
) -> Result<(Delegation, Vec<OfferWarning>), Problem> {
    let mut chain = active_chain(tx, task.id)?;
    if let Some(leaf) = chain.last()
        && lapse(tx, leaf)?
    {
        chain.pop();
    }
    check_task(tx, task, chain.last())?;
    let mut refused = Refused::default();
    let links: Vec<_> = chain.iter().map(Delegation::link).collect();
    match may_offer(&links, tx.me.member_id, new.delegate_id) {
        Ok(()) => {
            refused.note(tasks::check_holder(tx, new.delegate_id, "/delegate_id"))?;
        }
        Err(refusal) => refused.field(Some(refuse(refusal, chain.last())?)),
    }
    if new
        .respond_by
        .is_some_and(|respond_by| respond_by <= tx.now)
    {
        refused.field(Some(FieldError::body(
            "/respond_by",
            "not_in_future",
            "Later than now.",
        )));
    }
    refused.verdict()?;
    let address = absent::address(tx, &links, new.delegate_id)?
        .map_err(|error| Problem::fields(vec![error]))?;
    let delegation = Delegation {
        team_id: tx.team.id(),
        id: Id::new(),
        task_id: task.id,
        parent_id: chain.last().map(|leaf| leaf.id),
        delegator_id: tx.me.member_id,
        delegate_id: address.delegate_id,
        in_place_of_id: address.in_place_of_id,
        state: DelegationState::Offered,
        authority: new.authority,
        may_redelegate: new.may_redelegate,
        message: new.message,
        respond_by: new.respond_by,
        due_on: new.due_on,
        proposed_due_on: None,
        proposed_scope: None,
        reason: None,
        submission_note: None,
        created_at: tx.now,
        answered_at: None,
        submitted_at: None,
        ended_at: None,
        updated_at: tx.now,
        version: tx.revision,
    };
    diesel::insert_into(delegations::table)
        .values(&delegation)
        .execute(tx.conn)?;
    tx.created(&InCampaign {
        delegation: &delegation,
        campaign_id: task.campaign_id,
    })?;
    let warnings = address.warnings(delegation.id);
    Ok((delegation, warnings))
}

/// Only open tasks are offered; one that is not delegated only by its accountable or a lead.
fn check_task(
    reading: &Reading<'_>,
    task: &Task,
    leaf: Option<&Delegation>,
) -> Result<(), Problem> {
    if !task.status.is_open() {
        let allowed: Vec<&str> = task
            .status
            .allowed()
            .iter()
            .map(|one| one.as_str())
            .collect();
        return Err(
            Problem::transition(task.status.as_str(), "offered", &allowed).detail(format!(
                "The task {} is {}; reopen it first.",
                task.key,
                task.status.as_str()
            )),
        );
    }
    if leaf.is_none()
        && task.accountable_id != reading.me.member_id
        && !reading.may(Permission::TaskAssign)
    {
        return Err(Problem::new(Code::InsufficientRole)
            .detail("Only the task's accountable or a lead can offer it.")
            .member("required", "accountable"));
    }
    Ok(())
}

/// What a refusal is on the wire: the field it is about, or else the whole problem.
fn refuse(refusal: OfferRefusal, leaf: Option<&Delegation>) -> Result<FieldError, Problem> {
    let detail = match refusal {
        OfferRefusal::OpenOffer => {
            "The task has an open offer, which has to be answered or withdrawn first."
        }
        OfferRefusal::Submitted => {
            "The work on this task is submitted and waits to be confirmed or sent back."
        }
        OfferRefusal::NotTheHolder => {
            "The task is delegated: only the delegate who holds it can hand it on. Recall it first."
        }
        OfferRefusal::MayNotRedelegate => "This delegation does not allow handing on.",
        OfferRefusal::ToOneself => "Nobody can delegate to themselves.",
        OfferRefusal::Circle => {
            "This member delegated the task already; the chain would be a circle."
        }
        OfferRefusal::TooDeep => "A chain has at most 8 delegations.",
    };
    let state = leaf.map_or(DelegationState::Offered, |leaf| leaf.state);
    let conflict = || {
        let allowed: Vec<&str> = state.allowed().iter().map(|one| one.as_str()).collect();
        Problem::transition(state.as_str(), "offered", &allowed)
            .detail(detail)
            .member("delegation_id", leaf.map(|leaf| leaf.id))
    };
    let forbidden = |required: &str| {
        Problem::new(Code::InsufficientRole)
            .detail(detail)
            .member("required", required)
            .member("delegation_id", leaf.map(|leaf| leaf.id))
    };
    match refusal {
        OfferRefusal::OpenOffer | OfferRefusal::Submitted | OfferRefusal::TooDeep => {
            Err(conflict())
        }
        OfferRefusal::NotTheHolder => Err(forbidden("delegate")),
        OfferRefusal::MayNotRedelegate => Err(forbidden("may_redelegate")),
        OfferRefusal::ToOneself => Ok(FieldError::body("/delegate_id", "self", detail)),
        OfferRefusal::Circle => Ok(FieldError::body("/delegate_id", "circle", detail)),
    }
}
