//! Making, changing and ending allocations, with the check that each needs.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::model::{Allocation, AllocationOutcome, AllocationPatch, InCampaign, NewAllocation};
use super::queries::find;
use super::rules::{Target, Terms, changed_faults, check_new, line_fault, target_faults};
use super::state::{AllocationAct, AllocationState};
use crate::access::{Permission, Reading, Tx};
use crate::capacity::endings::{campaign_of, journal_change};
use crate::capacity::fit::{self, Asked, Finding};
use crate::capacity::resources::{self, Overbooking, Resource};
use crate::db::rows::columns;
use crate::db::{Id, Json};
use crate::http::refused::all_or_none;
use crate::http::text::Note;
use crate::http::{Code, Problem};
use crate::schema::allocations;

/// Whether the caller may promise what is asked of the resource: its owner, or a lead.
fn may_approve(reading: &Reading<'_>, resource: &Resource) -> bool {
    reading.may(Permission::AllocationApprove) || resource.owner_id == Some(reading.me.member_id)
}

/// Refuses whoever is neither the owner of the resource nor a lead.
///
/// # Errors
/// `insufficient_role`.
pub(in crate::capacity) fn require_approver(
    reading: &Reading<'_>,
    resource: &Resource,
) -> Result<(), Problem> {
    if may_approve(reading, resource) {
        Ok(())
    } else {
        reading.require(Permission::AllocationApprove)
    }
}

/// What is found, where the policy wants to know it; refused where the policy says so.
fn settled(findings: Vec<Finding>, is_promised: bool) -> Result<Vec<Finding>, Problem> {
    match fit::refusal(&findings) {
        Some(refusal) if is_promised => Err(refusal),
        _ => Ok(findings),
    }
}

/// Judges what is asked of one resource, where its policy is not to allow everything.
fn judged(
    tx: &mut Tx<'_>,
    resource: &Resource,
    asked: &[Asked],
    gone: &BTreeSet<Id>,
) -> Result<Vec<Finding>, Problem> {
    if resource.overbooking == Overbooking::Allow {
        return Ok(Vec::new());
    }
    fit::judge(tx, resource, asked, gone)
}

/// Makes allocations, all or nothing: what the caller may approve is promised at once. Answers them in the order given, and
/// what was found.
///
/// # Errors
/// `validation_failed`, with pointers below what `place` says of each; `over_allocated`, `capacity_exceeded`.
pub(super) fn make(
    tx: &mut Tx<'_>,
    new: Vec<NewAllocation>,
    place: impl Fn(usize) -> String,
) -> Result<(Vec<Allocation>, Vec<Finding>), Problem> {
    let checked: Vec<(NewAllocation, Resource)> = all_or_none(new, place, |_, one| {
        let resource = check_new(tx, &one)?;
        Ok((one, resource))
    })?;
    let mut by_resource: BTreeMap<Id, (Resource, Vec<Asked>)> = BTreeMap::new();
    for (index, (one, resource)) in checked.iter().enumerate() {
        let asked = Target::of(one).asked(index, None, &Terms::of(one))?;
        by_resource
            .entry(resource.id)
            .or_insert_with(|| (resource.clone(), Vec::new()))
            .1
            .push(asked);
    }
    let mut findings = Vec::new();
    for (resource, asked) in by_resource.values() {
        let found = judged(tx, resource, asked, &BTreeSet::new())?;
        findings.extend(settled(found, may_approve(tx, resource))?);
    }
    let mut made = Vec::new();
    for (one, resource) in checked {
        made.push(insert(tx, one, &resource)?);
    }
    Ok((made, findings))
}

fn insert(tx: &mut Tx<'_>, new: NewAllocation, resource: &Resource) -> Result<Allocation, Problem> {
    let is_promised = may_approve(tx, resource);
    let allocation = Allocation {
        team_id: tx.team.id(),
        id: Id::new(),
        resource_id: resource.id,
        campaign_id: new.campaign_id,
        event_id: new.event_id,
        task_id: new.task_id,
        budget_line_id: new.budget_line_id,
        first_on: new.first_on,
        last_on: new.last_on,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        amount_minor: new.amount.minor(),
        amount: Json(new.amount),
        note: new.note,
        state: if is_promised {
            AllocationState::Approved
        } else {
            AllocationState::Requested
        },
        reason: None,
        requested_by_id: tx.me.member_id,
        decided_by_id: is_promised.then_some(tx.me.member_id),
        decided_at: is_promised.then_some(tx.now),
        ended_at: None,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
    };
    diesel::insert_into(allocations::table)
        .values(&allocation)
        .execute(tx.conn)?;
    let campaign_id = campaign_of(tx, &allocation)?;
    tx.created(&InCampaign {
        allocation: &allocation,
        campaign_id,
    })?;
    Ok(allocation)
}

fn terms_of(allocation: &Allocation) -> Terms {
    Terms {
        first_on: allocation.first_on,
        last_on: allocation.last_on,
        starts_at: allocation.starts_at,
        ends_at: allocation.ends_at,
        amount: allocation.amount.0.clone(),
    }
}

pub(super) const fn target_of(allocation: &Allocation) -> Target {
    Target {
        campaign_id: allocation.campaign_id,
        event_id: allocation.event_id,
        task_id: allocation.task_id,
    }
}

/// What an allocation asks of its resource.
///
/// # Errors
/// When what is kept of it makes no sense.
pub(in crate::capacity) fn asked_of(allocation: &Allocation) -> Result<Asked, Problem> {
    target_of(allocation).asked(0, Some(allocation.id), &terms_of(allocation))
}

/// The terms of an allocation after a change.
pub(super) fn patched(allocation: &Allocation, patch: &AllocationPatch) -> Terms {
    terms_of(allocation).patched(patch)
}

/// Whether the new terms take no more than the old ones at any time: then they need no check.
fn is_less(before: &Terms, after: &Terms) -> Result<bool, Problem> {
    let (old, new) = (before.amount.kept()?, after.amount.kept()?);
    Ok(before.period() == after.period()
        && old.name() == new.name()
        && new.number() <= old.number())
}

/// Changes an allocation. What is promised already, only the owner of the resource or a lead changes, and it is checked
/// again unless it takes less.
///
/// # Errors
/// `not_found`, `version_conflict`, `invalid_transition` when it is over, `insufficient_role`, `validation_failed`, and
/// what the check refuses.
pub(super) fn change(
    tx: &mut Tx<'_>,
    id: Id,
    patch: &AllocationPatch,
) -> Result<AllocationOutcome, Problem> {
    let before = find(tx, id)?;
    tx.expect_version(before.version)?;
    if !before.state.is_open() {
        let state = before.state.as_str();
        return Err(Problem::transition(state, state, &[])
            .detail(format!("It is {state}: ask for another one.")));
    }
    let resource = resources::find(tx, before.resource_id)?;
    let (old, new) = (terms_of(&before), patched(&before, patch));
    let is_same = old.period() == new.period() && old.amount == new.amount;
    let is_mine = tx.is_me(before.requested_by_id);
    if !may_approve(tx, &resource)
        && (!is_mine || (before.state == AllocationState::Approved && !is_same))
    {
        tx.require(Permission::AllocationApprove)?;
    }
    let mut faults = changed_faults(tx, &resource, &old, &new);
    if let Some(Some(line_id)) = patch.budget_line_id {
        let campaign_id = campaign_of(tx, &before)?;
        faults.extend(line_fault(tx, line_id, campaign_id, &resource)?);
    }
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    let is_promised = before.state == AllocationState::Approved;
    let mut warnings = Vec::new();
    if !is_same {
        let asked = target_of(&before).asked(0, Some(id), &new)?;
        let found = judged(tx, &resource, &[asked], &BTreeSet::from([id]))?;
        warnings = settled(found, is_promised && !is_less(&old, &new)?)?;
    }
    let note = match &patch.note {
        Some(note) => note.clone(),
        None => before.note.clone(),
    };
    let after: Allocation = diesel::update(allocations::table.find((tx.team.id(), id)))
        .set((
            allocations::first_on.eq(new.first_on),
            allocations::last_on.eq(new.last_on),
            allocations::starts_at.eq(new.starts_at),
            allocations::ends_at.eq(new.ends_at),
            allocations::amount_minor.eq(new.amount.minor()),
            allocations::amount.eq(Json(new.amount)),
            allocations::note.eq(note),
            allocations::budget_line_id.eq(patch.budget_line_id.unwrap_or(before.budget_line_id)),
            allocations::updated_at.eq(tx.now),
            allocations::version.eq(tx.revision),
        ))
        .returning(columns::<Allocation>())
        .get_result(tx.conn)?;
    let lines = tx.lines;
    journal_change(tx, &before, &after)?;
    Ok(AllocationOutcome {
        allocation: if tx.lines > lines { after } else { before },
        warnings,
    })
}

/// What is given up is promised nothing more; requests for what was finished in a campaign outlive it.
fn check_target(
    tx: &mut Tx<'_>,
    before: &Allocation,
    allowed: &[AllocationState],
) -> Result<(), Problem> {
    let Some(fault) = target_faults(tx, target_of(before))?.into_iter().next() else {
        return Ok(());
    };
    let others: Vec<&str> = allowed
        .iter()
        .filter(|one| **one != AllocationState::Approved)
        .map(|one| one.as_str())
        .collect();
    let (from, to) = (before.state.as_str(), AllocationState::Approved.as_str());
    Err(Problem::transition(from, to, &others).detail(fault.detail))
}

/// Does what the caller asks for, where the state and the caller's place let it.
///
/// # Errors
/// `not_found`, `version_conflict`, `insufficient_role`, `invalid_transition`, and what the check refuses.
pub(super) fn act(
    tx: &mut Tx<'_>,
    id: Id,
    act: AllocationAct,
    reason: Option<Note>,
) -> Result<AllocationOutcome, Problem> {
    let before = find(tx, id)?;
    tx.expect_version(before.version)?;
    let resource = resources::queries::find_any(tx, before.resource_id)?;
    if act.is_for_owners() || !tx.is_me(before.requested_by_id) {
        require_approver(tx, &resource)?;
    }
    if act == AllocationAct::Approve && tx.deputy_id == Some(before.requested_by_id) {
        return Err(Problem::new(Code::InsufficientRole)
            .detail("You asked for it yourself: in another's place you cannot approve it.")
            .member("required", Permission::AllocationApprove.as_str()));
    }
    let to = act.target();
    let allowed = before.state.allowed();
    if !allowed.contains(&to) {
        let allowed: Vec<&str> = allowed.iter().map(|one| one.as_str()).collect();
        return Err(Problem::transition(
            before.state.as_str(),
            to.as_str(),
            &allowed,
        ));
    }
    let mut warnings = Vec::new();
    if act == AllocationAct::Approve {
        check_target(tx, &before, allowed)?;
        let asked = target_of(&before).asked(0, Some(id), &terms_of(&before))?;
        let found = judged(tx, &resource, &[asked], &BTreeSet::from([id]))?;
        warnings = settled(found, true)?;
    }
    if let Some(reason) = &reason {
        tx.say(reason.as_str());
    }
    let (decided_by_id, decided_at) = if act.is_for_owners() {
        (Some(tx.me.member_id), Some(tx.now))
    } else {
        (before.decided_by_id, before.decided_at)
    };
    let after: Allocation = diesel::update(allocations::table.find((tx.team.id(), id)))
        .set((
            allocations::state.eq(to),
            allocations::reason.eq(reason),
            allocations::decided_by_id.eq(decided_by_id),
            allocations::decided_at.eq(decided_at),
            allocations::ended_at.eq((!to.is_open()).then_some(tx.now)),
            allocations::updated_at.eq(tx.now),
            allocations::version.eq(tx.revision),
        ))
        .returning(columns::<Allocation>())
        .get_result(tx.conn)?;
    journal_change(tx, &before, &after)?;
    Ok(AllocationOutcome {
        allocation: after,
        warnings,
    })
}
