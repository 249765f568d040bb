//! How time entries are made, measured, changed and deleted.

use diesel::prelude::*;
use serde_json::json;

use super::model::{
    MINUTES_OF_A_DAY, NewTimeEntry, NewTimer, SpentMinutes, TimeEntry, TimeEntryPatch, TimerStop,
};
use super::queries::{minutes_besides, running_of};
use super::timer::measured;
use crate::access::{Permission, Reading, Tx};
use crate::db::rows::columns;
use crate::db::{Date, Id, Instant};
use crate::http::values::Minutes;
use crate::http::{Code, FieldError, Problem, Refused};
use crate::people::members;
use crate::schema::time_entries;
use crate::work::tasks::{self, Start, TaskPatch};

// ---------------------------------------------------------------- rules

/// One's own entries are one's own to make and to change, those of others a lead's.
pub(super) fn check_writing(reading: &Reading<'_>, member_id: Id) -> Result<(), Problem> {
    if member_id == reading.me.member_id {
        return Ok(());
    }
    reading.require(Permission::TimeEntryManage)
}

/// Refuses a day that has not begun, neither where the member is nor where the team is.
fn refuse_future(
    reading: &mut Reading<'_>,
    member_id: Id,
    day: Date,
) -> Result<Option<FieldError>, Problem> {
    if day <= reading.today() || day <= today_of(reading, member_id)? {
        return Ok(None);
    }
    let detail = "Not in the future: what was worked is entered, not what is planned.";
    Ok(Some(FieldError::body("/spent_on", "in_future", detail)))
}

fn today_of(reading: &mut Reading<'_>, member_id: Id) -> Result<Date, Problem> {
    Ok(members::time_zone(reading, member_id)?.day_at(reading.now))
}

/// Refuses more than 24 hours of one member on one day. `pointer` is that of what would have to be less.
fn check_day(
    reading: &mut Reading<'_>,
    (member_id, day): (Id, Date),
    (id, minutes): (Id, i32),
    pointer: &str,
) -> Result<(), Problem> {
    let there = minutes_besides(reading, (member_id, day), id)?;
    if there.saturating_add(minutes) <= MINUTES_OF_A_DAY {
        return Ok(());
    }
    let detail = format!(
        "At most 24 hours of one member on one day: {day} has {there} minutes already, and {minutes} more are too many."
    );
    Err(Problem::fields(vec![
        FieldError::body(pointer, "day_full", detail)
            .with(json!({"max": MINUTES_OF_A_DAY, "there": there, "spent_on": day})),
    ]))
}

fn number(minutes: SpentMinutes) -> i32 {
    i32::try_from(minutes.get()).unwrap_or(MINUTES_OF_A_DAY)
}

// ---------------------------------------------------------------- by hand

pub(super) fn create(tx: &mut Tx<'_>, new: NewTimeEntry) -> Result<TimeEntry, Problem> {
    let member_id = new.member_id.unwrap_or(tx.me.member_id);
    let mut refused = Refused::default();
    if member_id != tx.me.member_id {
        let guest = "A guest enters no time.";
        refused.field(members::refuse_guest(tx, member_id, "/member_id", guest)?);
    }
    refused.note(tasks::check_reference(tx, new.task_id, "/task_id"))?;
    if let Some(day) = new.spent_on {
        refused.field(refuse_future(tx, member_id, day)?);
    }
    refused.verdict()?;
    check_writing(tx, member_id)?;
    let spent_on = match new.spent_on {
        Some(day) => day,
        None => today_of(tx, member_id)?,
    };
    let entry = TimeEntry {
        team_id: tx.team.id(),
        id: Id::new(),
        member_id,
        task_id: new.task_id,
        spent_on,
        minutes: Some(number(new.minutes)),
        note: new.note,
        started_at: None,
        ended_at: None,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
    };
    let added = (entry.id, number(new.minutes));
    check_day(tx, (member_id, spent_on), added, "/minutes")?;
    insert(tx, &entry)?;
    if new.lower_remaining {
        lower_remaining(tx, &entry)?;
    }
    Ok(entry)
}

fn insert(tx: &mut Tx<'_>, entry: &TimeEntry) -> Result<(), Problem> {
    diesel::insert_into(time_entries::table)
        .values(entry)
        .execute(tx.conn)?;
    tx.created(entry)
}

/// Lowers what remains of the task by what was worked, as was asked for with the entry.
fn lower_remaining(tx: &mut Tx<'_>, entry: &TimeEntry) -> Result<(), Problem> {
    let pointer = "/lower_remaining";
    let task = tasks::find(tx, entry.task_id).map_err(|problem| match problem.code() {
        Code::NotFound => Problem::field(
            pointer,
            "in_trash",
            "The task is in the trash: leave this out, or restore the task first.",
        ),
        _ => problem,
    })?;
    let minutes = entry.minutes.unwrap_or(0);
    let Some(left) = task.remaining_minutes.or(task.estimate_minutes) else {
        let detail = format!(
            "The task {} has neither remaining_minutes nor estimate_minutes: give it one, or leave this out.",
            task.key
        );
        return Err(Problem::field(pointer, "no_estimate", detail));
    };
    let patch = TaskPatch {
        remaining_minutes: Some(Some(Minutes::clamped(
            left.get().saturating_sub(i64::from(minutes)),
        ))),
        ..TaskPatch::default()
    };
    let said = tx.note.take();
    tx.say(format!("Lowered by a time entry of {minutes} minutes."));
    let lowered = tasks::update(tx, task, patch, Start::WhenReady);
    tx.note = said;
    lowered.map(drop)
}

pub(super) fn update(
    tx: &mut Tx<'_>,
    before: TimeEntry,
    patch: TimeEntryPatch,
) -> Result<TimeEntry, Problem> {
    check_writing(tx, before.member_id)?;
    let mut refused = Refused::default();
    if let Some(task_id) = patch.task_id.filter(|id| *id != before.task_id) {
        refused.note(tasks::check_reference(tx, task_id, "/task_id"))?;
    }
    let spent_on = patch.spent_on.unwrap_or(before.spent_on);
    let minutes = patch.minutes.map(number).or(before.minutes);
    if before.minutes.is_none() {
        for (is_given, pointer) in [
            (patch.spent_on.is_some(), "/spent_on"),
            (patch.minutes.is_some(), "/minutes"),
        ] {
            let detail = "The timer runs: stop it first.";
            refused.field(is_given.then(|| FieldError::body(pointer, "running", detail)));
        }
    } else if spent_on != before.spent_on {
        refused.field(refuse_future(tx, before.member_id, spent_on)?);
    }
    refused.verdict()?;
    if let Some(minutes) = minutes
        && (spent_on, Some(minutes)) != (before.spent_on, before.minutes)
    {
        let pointer = if patch.minutes.is_some() {
            "/minutes"
        } else {
            "/spent_on"
        };
        check_day(
            tx,
            (before.member_id, spent_on),
            (before.id, minutes),
            pointer,
        )?;
    }
    let after: TimeEntry = diesel::update(time_entries::table.find((tx.team.id(), before.id)))
        .set((
            time_entries::task_id.eq(patch.task_id.unwrap_or(before.task_id)),
            time_entries::spent_on.eq(spent_on),
            time_entries::minutes.eq(minutes),
            time_entries::note.eq(patch.note.unwrap_or_else(|| before.note.clone())),
            time_entries::updated_at.eq(tx.now),
            time_entries::version.eq(tx.revision),
        ))
        .returning(columns::<TimeEntry>())
        .get_result(tx.conn)?;
    tx.change(before, after)
}

pub(super) fn delete(tx: &mut Tx<'_>, entry: &TimeEntry) -> Result<(), Problem> {
    diesel::delete(time_entries::table.find((tx.team.id(), entry.id))).execute(tx.conn)?;
    tx.deleted(entry)
}

// ---------------------------------------------------------------- by a timer

/// Starts the caller's timer.
///
/// # Errors
/// `already_exists`, naming the timer that runs; `validation_failed`.
pub(super) fn start(tx: &mut Tx<'_>, new: NewTimer) -> Result<TimeEntry, Problem> {
    let me = tx.me.member_id;
    tasks::check_reference(tx, new.task_id, "/task_id")?;
    if let Some(running) = running_of(tx, me)? {
        if !new.stop_running {
            return Err(runs_already(&running));
        }
        let (ended_at, minutes) = timed(tx, &running)?;
        let day = (me, running.spent_on);
        check_day(tx, day, (running.id, minutes), "/stop_running")?;
        close(tx, running, ended_at, minutes)?;
    }
    let entry = TimeEntry {
        team_id: tx.team.id(),
        id: Id::new(),
        member_id: me,
        task_id: new.task_id,
        spent_on: today_of(tx, me)?,
        minutes: None,
        note: new.note,
        started_at: Some(tx.now),
        ended_at: None,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
    };
    insert(tx, &entry)?;
    Ok(entry)
}

fn runs_already(running: &TimeEntry) -> Problem {
    let since = running.started_at.unwrap_or(running.created_at);
    Problem::new(Code::AlreadyExists)
        .detail(format!(
            "A timer runs since {since}: stop it first, or send stop_running."
        ))
        .member("time_entry_id", running.id)
        .member("task_id", running.task_id)
        .member("started_at", since)
}

/// Stops a timer.
///
/// # Errors
/// `invalid_transition` when it does not run, `validation_failed`.
pub(super) fn stop(
    tx: &mut Tx<'_>,
    before: TimeEntry,
    how: &TimerStop,
) -> Result<TimeEntry, Problem> {
    check_writing(tx, before.member_id)?;
    let (ended_at, measured) = timed(tx, &before)?;
    let minutes = how.minutes.map_or(measured, number);
    if minutes > measured {
        return Err(Problem::fields(vec![
            FieldError::body(
                "/minutes",
                "more_than_measured",
                format!("The timer has measured {measured} minutes."),
            )
            .with(json!({"max": measured})),
        ]));
    }
    let day = (before.member_id, before.spent_on);
    check_day(tx, day, (before.id, minutes), "/minutes")?;
    let entry = close(tx, before, ended_at, minutes)?;
    if how.lower_remaining {
        lower_remaining(tx, &entry)?;
    }
    Ok(entry)
}

/// When a timer that is stopped now has ended, and how long it ran.
fn timed(tx: &Tx<'_>, entry: &TimeEntry) -> Result<(Instant, i32), Problem> {
    match (entry.started_at, entry.minutes) {
        (Some(started_at), None) => Ok(measured(started_at, tx.now)),
        _ => Err(Problem::transition("stopped", "stopped", &[])
            .detail("No timer runs here any more: change the minutes instead.")),
    }
}

fn close(
    tx: &mut Tx<'_>,
    before: TimeEntry,
    ended_at: Instant,
    minutes: i32,
) -> Result<TimeEntry, Problem> {
    let after: TimeEntry = diesel::update(time_entries::table.find((tx.team.id(), before.id)))
        .set((
            time_entries::minutes.eq(minutes),
            time_entries::ended_at.eq(ended_at),
            time_entries::updated_at.eq(tx.now),
            time_entries::version.eq(tx.revision),
        ))
        .returning(columns::<TimeEntry>())
        .get_result(tx.conn)?;
    tx.change(before, after)
}

/// Stops the timer of a member who leaves or becomes a guest, and can do so no more. That never fails: it counts as far
/// as the day has room for it, and where there is none it goes.
///
/// # Errors
/// What the database answers.
pub fn end_timer(tx: &mut Tx<'_>, member_id: Id) -> Result<(), Problem> {
    let Some(running) = running_of(tx, member_id)? else {
        return Ok(());
    };
    let (ended_at, minutes) = timed(tx, &running)?;
    let there = minutes_besides(tx, (member_id, running.spent_on), running.id)?;
    match minutes.min(MINUTES_OF_A_DAY.saturating_sub(there)) {
        ..=0 => delete(tx, &running),
        minutes => close(tx, running, ended_at, minutes).map(drop),
    }
}
