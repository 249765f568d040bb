//! Making the tasks of a template for an event.
//!
//! The surprising rule: a task is recognised by its external id, `event:<id>:<template>:<number>`, so a second call makes
//! only what is not there. What was deleted stays deleted as long as it is in the trash.

use std::collections::HashMap;

use actix_web::post;
use chrono::{Datelike, TimeDelta};
use diesel::prelude::*;

use super::model::{Assignments, NewPreparation, Preparation, TaskThereAlready};
use super::templates::{EventTemplateName, EventTemplateTask};
use crate::access::{Permission, Reading, TeamScope, Tx};
use crate::db::{Date, Id};
use crate::http::query::ValidateOnly;
use crate::http::text::Title;
use crate::http::values::Minutes;
use crate::http::wall_clock::WallClock;
use crate::http::{Answer, Body, FieldError, Problem, Query, Refused, Reply};
use crate::outreach::events::{self, Event, EventStatus};
use crate::schema::tasks;
use crate::work::checklist;
use crate::work::task_status::TaskStatus;
use crate::work::tasks::model::ExternalId;
use crate::work::tasks::{Checked, NewTask, Task, check_holder, create_all};

// ---------------------------------------------------------------- rules

/// The day that lies `days` after the one on which the clock shows this.
pub(super) fn day_from(starts: &WallClock, days: i64) -> Option<Date> {
    shifted(starts.local.naive().date().into(), days)
}

/// A date `days` later, where it is a date that can be written.
pub(super) fn shifted(date: Date, days: i64) -> Option<Date> {
    let moved = date
        .naive()
        .checked_add_signed(TimeDelta::try_days(days)?)?;
    (1900..3000).contains(&moved.year()).then(|| moved.into())
}

fn external_id(event: Id, template: EventTemplateName, number: u8) -> Result<ExternalId, Problem> {
    ExternalId::new(&format!("event:{event}:{template}:{number}")).map_err(Problem::internal)
}

/// Who does which task: members who can hold one, each task once.
fn check_assignments(
    reading: &mut Reading<'_>,
    template: EventTemplateName,
    assignments: &Assignments,
) -> Result<HashMap<i64, Id>, Problem> {
    let mut refused = Refused::default();
    let mut found = HashMap::new();
    for (index, one) in assignments.0.iter().enumerate() {
        let number = one.number.get();
        let place = format!("/assignments/{index}");
        let is_known = template
            .tasks()
            .iter()
            .any(|task| i64::from(task.number) == number);
        if !is_known {
            refused.field(Some(FieldError::body(
                format!("{place}/number"),
                "unknown_task",
                format!("The template {template} has no task {number}."),
            )));
        }
        if found.insert(number, one.assignee_id).is_some() {
            refused.field(Some(FieldError::body(
                format!("{place}/number"),
                "duplicate",
                "Each task once.",
            )));
        }
        let pointer = format!("{place}/assignee_id");
        refused.note(check_holder(reading, one.assignee_id, &pointer))?;
    }
    refused.verdict()?;
    Ok(found)
}

// ---------------------------------------------------------------- queries

/// The tasks with these external ids, those in the trash too.
fn there_already(
    reading: &mut Reading<'_>,
    wanted: Vec<ExternalId>,
) -> Result<HashMap<String, Task>, Problem> {
    let found: Vec<Task> = tasks::table
        .filter(tasks::team_id.eq(reading.team.id()))
        .filter(tasks::external_id.eq_any(wanted))
        .select(Task::as_select())
        .load(reading.conn)?;
    Ok(found
        .into_iter()
        .filter_map(|task| Some((task.external_id.clone()?.into_string(), task)))
        .collect())
}

/// Makes what is not there of a template's tasks.
fn prepare(tx: &mut Tx<'_>, event: &Event, new: &NewPreparation) -> Result<Preparation, Problem> {
    let template = new.template;
    let assignees = check_assignments(tx, template, &new.assignments)?;
    let mut ids = Vec::new();
    for task in template.tasks() {
        ids.push(external_id(event.id, template, task.number)?);
    }
    let mut there = there_already(tx, ids.clone())?;
    let mut already = Vec::new();
    let mut missing: Vec<&EventTemplateTask> = Vec::new();
    let mut checked = Vec::new();
    for (task, id) in template.tasks().iter().zip(ids) {
        if let Some(one) = there.remove(id.as_str()) {
            already.push(TaskThereAlready {
                number: task.number,
                id: one.id,
                key: one.key,
                title: one.title,
                is_in_trash: one.deleted_at.is_some(),
            });
            continue;
        }
        let new = NewTask {
            event_id: Some(event.id),
            due_on: day_from(&event.starts.0, task.days.into()),
            estimate_minutes: Minutes::new(task.estimate_minutes.into()),
            priority: task.priority,
            assignee_id: assignees.get(&task.number.into()).copied(),
            external_id: Some(id),
            ..NewTask::titled(Title::new(task.title).map_err(Problem::internal)?)
        };
        missing.push(task);
        checked.push(Checked {
            campaign_id: event.campaign_id,
            accountable_id: tx.me.member_id,
            status: TaskStatus::Todo,
            new,
        });
    }
    let made = create_all(tx, checked)?;
    for (task, of) in made.iter().zip(missing) {
        for step in of.checklist {
            checklist::add(tx, task.id, Title::new(step).map_err(Problem::internal)?)?;
        }
    }
    Ok(Preparation {
        template,
        made_tasks: made,
        there_already: already,
    })
}

// ---------------------------------------------------------------- handlers

/// Prepare an event
///
/// Makes the tasks of a template (see `GET /v1/event-templates`), due so many days before or after the day on which the
/// event begins, for which the caller answers. They belong to the event and to its campaign, and their `external_id` is
/// `event:<event>:<template>:<number>`: a second call makes only what is not there and names the rest. Dates that have
/// passed are not changed. `validate_only=true` shows what would be made.
#[utoipa::path(tag = "events", params(ValidateOnly), request_body = NewPreparation,
    responses((status = 200, body = Preparation, description = "What was made, and what was there already.")))]
#[post("/v1/teams/{team_id}/events/{event_id}/prepare")]
pub async fn prepare_event(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewPreparation>,
) -> Answer {
    let id = scope.id("event_id")?;
    let Body(new) = body;
    scope
        .write(Permission::EventWrite, move |tx| {
            let event = events::find(tx, id)?;
            tx.expect_version(event.version)?;
            if !matches!(event.status, EventStatus::Draft | EventStatus::Scheduled) {
                return Err(
                    Problem::transition(event.status.as_str(), event.status.as_str(), &[])
                        .detail("Only an event that is still to come can be prepared."),
                );
            }
            Reply::ok(&prepare(tx, &event, &new)?)
        })
        .await
}
