//! Moving an event, and the work for it along with it.
//!
//! The surprising rule: tasks move by days, not by hours, and by the difference that people see on the calendar of the
//! event's place. What is finished stays where it was.

use actix_web::post;
use diesel::prelude::*;

use super::model::{
    KeptBecause, KeptTask, MovedRegistration, MovedTask, Reschedule, Rescheduled, TaskDates,
};
use super::prepare::shifted;
use crate::access::{Permission, TeamScope, Tx};
use crate::db::Date;
use crate::http::query::ValidateOnly;
use crate::http::{Answer, Body, Problem, Query, Reply};
use crate::outreach::events::{self, Event, write};
use crate::outreach::series::{self, MovedSeries, SeriesScope, WhichOccurrences};
use crate::outreach::{aftermath, agenda};
use crate::schema::tasks;
use crate::work::tasks::{Start, Task, TaskPatch, in_team, update};

/// How many tasks of one event are moved at most: there are no events with more.
const MOST: i64 = 5_000;

/// What became of the tasks of an event.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    pub(super) moved: Vec<MovedTask>,
    kept: Vec<KeptTask>,
}

/// A date that moves along.
fn moved(date: Option<Date>, days: i64) -> Result<Option<Date>, Problem> {
    date.map(|date| {
        shifted(date, days).ok_or_else(|| {
            Problem::field(
                "/starts/local",
                "too_far",
                "A task would leave the years 1900 to 2999.",
            )
        })
    })
    .transpose()
}

/// Moves the tasks of an event by as many days as the event moved.
pub(super) fn move_tasks(
    tx: &mut Tx<'_>,
    before: &Event,
    after: &Event,
    is_asked: bool,
    done: &mut Tasks,
) -> Result<(), Problem> {
    let date = |event: &Event| event.starts.0.local.naive().date();
    let days = (date(after) - date(before)).num_days();
    let all: Vec<Task> = in_team(tx.team)
        .filter(tasks::event_id.eq(after.id))
        .order((tasks::position, tasks::id))
        .limit(MOST)
        .select(Task::as_select())
        .load(tx.conn)?;
    for task in all {
        let because = if !task.status.is_open() {
            Some(KeptBecause::Finished)
        } else if !is_asked {
            Some(KeptBecause::NotAsked)
        } else if task.starts_on.is_none() && task.due_on.is_none() {
            Some(KeptBecause::WithoutDates)
        } else if days == 0 {
            Some(KeptBecause::SameDay)
        } else {
            None
        };
        if let Some(because) = because {
            done.kept.push(KeptTask {
                id: task.id,
                key: task.key,
                title: task.title,
                because,
            });
            continue;
        }
        let before = TaskDates {
            starts_on: task.starts_on,
            due_on: task.due_on,
        };
        let patch = TaskPatch {
            starts_on: Some(moved(task.starts_on, days)?),
            due_on: Some(moved(task.due_on, days)?),
            ..TaskPatch::default()
        };
        let task = update(tx, task, patch, Start::WhenReady)?;
        done.moved.push(MovedTask {
            id: task.id,
            key: task.key,
            title: task.title,
            starts_on: task.starts_on,
            due_on: task.due_on,
            before,
        });
    }
    Ok(())
}

/// Moves one event, which has a time of its own from now on where it belongs to a series.
fn move_one(tx: &mut Tx<'_>, before: Event, wanted: &Reschedule) -> Result<MovedSeries, Problem> {
    let mut after = write::rescheduled(tx, &before, wanted.starts.clone(), wanted.ends.clone())?;
    if before.starts != after.starts || before.ends != after.ends {
        after.overrides = series::moved_alone(&before);
    }
    agenda::check_room(tx, &after)?;
    let event = write::save(tx, before.clone(), after)?;
    Ok(MovedSeries {
        moved: vec![(before, event)],
        kept: Vec::new(),
    })
}

/// Reschedule an event
///
/// Moves it to another time. Its tasks that are neither done nor cancelled move by as many days as the event does on
/// the calendar of its place, unless `move_tasks` is false; the answer names what moved, from when to when, and what
/// did not and why. Only an event that is still to come can be moved. `validate_only=true` shows what would move.
///
/// The times at which registration opens and closes move along by as much where they are still to come; where
/// registration would then be over already, it goes on until the event begins. Seats that are held for somebody are held
/// until the new start at the latest. `moved_registrations` says what changed.
///
/// Of an occurrence of a series, `scope` says which ones move by as much: this one, this and the following ones (which
/// become a series of their own), or all that are still to come. Where the rule cannot follow (a rule for the 30th moved
/// to the 31st), that is refused. An occurrence that was moved alone before keeps its time.
#[utoipa::path(tag = "events", params(ValidateOnly, WhichOccurrences), request_body = Reschedule,
    responses((status = 200, body = Rescheduled, description = "The event, and what moved along.")))]
#[post("/v1/teams/{team_id}/events/{event_id}/reschedule")]
pub async fn reschedule_event(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    which: Query<WhichOccurrences>,
    body: Body<Reschedule>,
) -> Answer {
    let which = which.0.scope.unwrap_or(SeriesScope::This);
    let id = scope.id("event_id")?;
    let Body(wanted) = body;
    scope
        .write(Permission::EventWrite, move |tx| {
            let before = events::find(tx, id)?;
            tx.expect_version(before.version)?;
            let MovedSeries { moved, kept } = match which {
                SeriesScope::This => move_one(tx, before, &wanted)?,
                which => series::reschedule(tx, &before, &wanted.starts, &wanted.ends, which)?,
            };
            let mut done = Tasks::default();
            let mut registrations = Vec::new();
            for (before, after) in &moved {
                let aftermath = aftermath::of_change(tx, before, after)?;
                registrations.extend(MovedRegistration::of(before, after, aftermath));
                move_tasks(tx, before, after, wanted.move_tasks, &mut done)?;
            }
            Reply::ok(&Rescheduled {
                event: events::find(tx, id)?,
                moved_tasks: done.moved,
                kept_tasks: done.kept,
                moved_registrations: registrations,
                moved_events: moved.iter().map(|(_, after)| after.id).collect(),
                kept_events: kept,
            })
        })
        .await
}
