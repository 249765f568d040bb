//! The rules between what is asked for and what is there: who may name whom, which campaign a task ends up in, what
//! else a change brings along.

use diesel::prelude::*;
use serde_json::json;

use super::model::{ExternalId, Task, TaskPatch};
use super::queries::{self, check_parent};
use super::rules::{check_labels, check_participants, check_period};
use crate::access::{Permission, Reading, Tx};
use crate::db::{Id, Json};
use crate::http::{Code, FieldError, Problem, Refused};
use crate::outreach::{campaigns, events, milestones};
use crate::schema::{delegations, tasks};
use crate::work::delegations::rules::DelegationState;

/// Names of others need the permission to assign; to take a task oneself is free, and so is to put it down.
pub(super) fn check_may_name(
    tx: &Tx<'_>,
    before: Option<Id>,
    named: Option<Id>,
) -> Result<(), Problem> {
    let me = Some(tx.me.member_id);
    if named == me || (named.is_none() && (before == me || before.is_none())) {
        Ok(())
    } else {
        tx.require(Permission::TaskAssign)
    }
}

/// The rules between the fields of a task that changes; what follows from them is added to the patch.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    before: &Task,
    mut patch: TaskPatch,
    mut refused: Refused,
) -> Result<TaskPatch, Problem> {
    refused.field(check_period(
        patch.starts_on.unwrap_or(before.starts_on),
        patch.due_on.unwrap_or(before.due_on),
    ));
    if let Some(Json(labels)) = &patch.labels {
        refused.field(check_labels(&labels.0));
    }
    if let Some(Json(participants)) = &patch.participants
        && *participants != before.participants.0
    {
        refused.field(check_participants(&participants.0));
        refused.note(queries::check_participants(tx, &participants.0))?;
    }
    if let Some(Some(parent)) = patch.parent_id
        && before.parent_id != Some(parent)
    {
        refused.note(check_parent(tx, Some(before.id), parent))?;
    }
    if let Some(Some(event)) = patch.event_id
        && before.event_id != Some(event)
    {
        refused.note(events::check_reference(tx, event, "/event_id"))?;
    }
    if patch.campaign_id.is_some() || patch.milestone_id.is_some() {
        let campaign_id = home(
            tx,
            &mut refused,
            patch.campaign_id,
            before.campaign_id,
            patch.milestone_id.unwrap_or(before.milestone_id),
        )?;
        patch.campaign_id = Some(campaign_id);
    }
    refused.field(settle_reason(before, &mut patch));
    refused.verdict()?;
    if let Some(Some(external_id)) = &patch.external_id
        && before.external_id.as_ref() != Some(external_id)
    {
        check_external_id(tx, external_id)?;
    }
    Ok(patch)
}

/// A reason belongs to one status: the next one begins without, and `blocked` needs one.
fn settle_reason(before: &Task, patch: &mut TaskPatch) -> Option<FieldError> {
    let status = patch.status.unwrap_or(before.status);
    if status != before.status && patch.status_reason.is_none() {
        patch.status_reason = Some(None);
    }
    let has_reason = patch
        .status_reason
        .as_ref()
        .unwrap_or(&before.status_reason)
        .is_some();
    (status.needs_reason() && !has_reason).then(|| {
        FieldError::body(
            "/status_reason",
            "required",
            format!("A task that is {status} says why."),
        )
    })
}

/// The campaign that a task belongs to in the end: what was asked for, or its milestone's.
pub(super) fn home(
    reading: &mut Reading<'_>,
    refused: &mut Refused,
    asked: Option<Option<Id>>,
    before: Option<Id>,
    milestone: Option<Id>,
) -> Result<Option<Id>, Problem> {
    if let Some(Some(campaign)) = asked
        && before != Some(campaign)
    {
        refused.note(campaigns::check_reference(
            reading,
            campaign,
            "/campaign_id",
        ))?;
    }
    let Some(milestone) = milestone else {
        return Ok(asked.unwrap_or(before));
    };
    match milestones::check_reference(reading, milestone, "/milestone_id") {
        Ok(its_own) if asked.is_none() && before.is_none() => Ok(Some(its_own)),
        Ok(its_own) if asked.unwrap_or(before) == Some(its_own) => Ok(Some(its_own)),
        Ok(its_own) => {
            refused.field(Some(
                FieldError::body(
                    "/milestone_id",
                    "other_campaign",
                    "The milestone belongs to another campaign than the task.",
                )
                .with(json!({"campaign_id": its_own})),
            ));
            Ok(None)
        }
        Err(problem) => {
            refused.note::<()>(Err(problem))?;
            Ok(None)
        }
    }
}

/// An external id names one task of the team, be it in the trash.
pub(super) fn check_external_id(
    reading: &mut Reading<'_>,
    external_id: &ExternalId,
) -> Result<(), Problem> {
    let found: Option<Task> = tasks::table
        .filter(tasks::team_id.eq(reading.team.id()))
        .filter(tasks::external_id.eq(external_id))
        .select(Task::as_select())
        .first(reading.conn)
        .optional()?;
    let Some(task) = found else { return Ok(()) };
    let place = if task.deleted_at.is_some() {
        " in the trash"
    } else {
        ""
    };
    Err(Problem::new(Code::AlreadyExists)
        .detail(format!(
            "The task {}{place} has this external_id already.",
            task.key
        ))
        .member("pointer", "/external_id")
        .member("task_id", task.id)
        .member("key", &task.key))
}

/// While a delegation is active, it decides who does the task and when it is finished.
pub(super) fn check_not_delegated(
    reading: &mut Reading<'_>,
    task: &Task,
    counts: impl Fn(DelegationState) -> bool,
) -> Result<(), Problem> {
    let active: Vec<DelegationState> = DelegationState::ALL
        .iter()
        .copied()
        .filter(|state| state.is_active() && counts(*state))
        .collect();
    let found: Option<(Id, DelegationState)> = delegations::table
        .filter(delegations::team_id.eq(reading.team.id()))
        .filter(delegations::task_id.eq(task.id))
        .filter(delegations::state.eq_any(active))
        .order((delegations::created_at, delegations::id))
        .select((delegations::id, delegations::state))
        .first(reading.conn)
        .optional()?;
    match found {
        None => Ok(()),
        Some((id, state)) => Err(Problem::new(Code::StillReferenced)
            .detail(format!(
                "A delegation of the task {} is {}: end it, or act on it.",
                task.key,
                state.as_str()
            ))
            .member("delegation_id", id)
            .member("delegation_state", state)),
    }
}
