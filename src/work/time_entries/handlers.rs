//! What is asked over HTTP.

use std::slice;

use actix_web::{delete, get, patch, post};

use super::expand::{ExpandedTimeEntry, ExpandedTimeEntryPage, TimeEntryReference, expand};
use super::model::{
    NewTimeEntry, NewTimeEntryBatch, NewTimer, TimeEntry, TimeEntryBatch, TimeEntryFilter,
    TimeEntryPatch, TimeEntrySort, TimeSumPage, TimeSumParameters, TimerStop,
};
use super::{queries, sums, write};
use crate::access::{Permission, TeamScope};
use crate::http::body::BATCH_LIMIT;
use crate::http::query::ValidateOnly;
use crate::http::refused::all_or_none;
use crate::http::{Answer, Body, Expand, PageRequest, Problem, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};

/// List time entries
///
/// What the members of the team have worked, the latest day first unless sorted otherwise; entries on tasks in the trash
/// are among them. `member_id=me&is_running=true` finds the own timer that runs.
#[utoipa::path(tag = "time-entries",
    params(TimeEntryFilter, ("sort" = inline(Option<TimeEntrySort>), Query), Expand<TimeEntryReference>),
    responses((status = 200, body = ExpandedTimeEntryPage)))]
#[get("/v1/teams/{team_id}/time-entries")]
pub async fn list_time_entries(
    scope: TeamScope,
    filter: Query<TimeEntryFilter>,
    wanted: Query<Expand<TimeEntryReference>>,
    page: PageRequest,
) -> Answer {
    scope
        .list(Permission::TimeEntryRead, move |reading| {
            let loaded = queries::load_page(reading, &filter.0, &page)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, &loaded.items)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}

/// Enter time
///
/// What was worked on a task on one day: one's own, or as a lead anybody's. A member has at most 24 hours on one day (422
/// `day_full` at `/minutes`), and none in the future. With `lower_remaining` the task's `remaining_minutes` become less by
/// as much.
#[utoipa::path(tag = "time-entries", params(ValidateOnly), request_body = NewTimeEntry,
    responses((status = 201, body = TimeEntry)))]
#[post("/v1/teams/{team_id}/time-entries")]
pub async fn create_time_entry(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewTimeEntry>,
) -> Answer {
    let place = scope.address("time-entries");
    scope
        .write(Permission::TimeEntryWrite, move |tx| {
            let entry = write::create(tx, body.0)?;
            Reply::created(&entry, entry.version, format!("{place}/{}", entry.id))
        })
        .await
}

/// Enter time several times
///
/// Up to 100 entries, all or nothing, each as `create_time_entry` makes it. What is wrong points at
/// `/time_entries/3/minutes`.
#[utoipa::path(tag = "time-entries", params(ValidateOnly), request_body = NewTimeEntryBatch,
    responses((status = 200, description = "All were made.", body = TimeEntryBatch)))]
#[post("/v1/teams/{team_id}/time-entries/batch")]
pub async fn batch_time_entries(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewTimeEntryBatch, BATCH_LIMIT>,
) -> Answer {
    let new = body.0.time_entries.0;
    scope
        .write(Permission::TimeEntryWrite, move |tx| {
            if new.is_empty() {
                let detail = "At least one time entry.";
                return Err(Problem::field("/time_entries", "too_few", detail));
            }
            let place = |index| format!("/time_entries/{index}");
            let items = all_or_none(new, place, |_, one| write::create(tx, one))?;
            Reply::ok(&TimeEntryBatch { items })
        })
        .await
}

/// Start a timer
///
/// The caller works on a task from now on: an entry with `started_at`, whose `minutes` are null until it is stopped. Its day
/// is today, in the time zone of the caller's account. One timer of a member runs in a team at most: another one is 409
/// `already_exists` and named by `time_entry_id`, unless `stop_running` stops it in the same revision.
#[utoipa::path(tag = "time-entries", params(ValidateOnly), request_body = NewTimer,
    responses((status = 201, body = TimeEntry)))]
#[post("/v1/teams/{team_id}/time-entries/start")]
pub async fn start_time_entry(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewTimer>,
) -> Answer {
    let place = scope.address("time-entries");
    scope
        .write(Permission::TimeEntryWrite, move |tx| {
            let entry = write::start(tx, body.0)?;
            Reply::created(&entry, entry.version, format!("{place}/{}", entry.id))
        })
        .await
}

/// Sum time up
///
/// The minutes by task (beside what was estimated and what is left), by campaign, by member or by day, of the entries that
/// the filters want; what belongs to no campaign comes last. Timers that run are counted, but not their minutes. What was
/// worked on tasks in the trash is in it, and stays when they are gone for good; when their campaign is, too, it belongs to none.
/// A task that changes its campaign takes its time along.
#[utoipa::path(tag = "time-entries", params(TimeSumParameters, TimeEntryFilter),
    responses((status = 200, body = TimeSumPage)))]
#[get("/v1/teams/{team_id}/time-entries/sums")]
pub async fn list_time_entry_sums(
    scope: TeamScope,
    parameters: Query<TimeSumParameters>,
    filter: Query<TimeEntryFilter>,
    page: PageRequest,
) -> Answer {
    let by = parameters.0.by;
    scope
        .list(Permission::TimeEntryRead, move |reading| {
            Reply::page(&sums::load_page(reading, by, &filter.0, &page)?, &page)
        })
        .await
}

/// Show a time entry
#[utoipa::path(tag = "time-entries", params(Expand<TimeEntryReference>),
    responses((status = 200, body = ExpandedTimeEntry)))]
#[get("/v1/teams/{team_id}/time-entries/{time_entry_id}")]
pub async fn get_time_entry(scope: TeamScope, wanted: Query<Expand<TimeEntryReference>>) -> Answer {
    let id = scope.id("time_entry_id")?;
    scope
        .read(Permission::TimeEntryRead, move |reading| {
            let entry = queries::find(reading, id)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, slice::from_ref(&entry))?;
            reading.show(&entry, entry.version, expanded)
        })
        .await
}

/// Change a time entry
///
/// A JSON Merge Patch: absent keeps, null clears. One's own, or as a lead anybody's. While its timer runs, the day and the
/// minutes are the timer's. The task's `remaining_minutes` do not follow.
#[utoipa::path(tag = "time-entries", params(ValidateOnly), request_body = TimeEntryPatch,
    responses((status = 200, body = TimeEntry)))]
#[patch("/v1/teams/{team_id}/time-entries/{time_entry_id}")]
pub async fn update_time_entry(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<TimeEntryPatch>,
) -> Answer {
    let id = scope.id("time_entry_id")?;
    scope
        .write(Permission::TimeEntryWrite, move |tx| {
            let before = queries::find(tx, id)?;
            tx.expect_version(before.version)?;
            let entry = write::update(tx, before, body.0)?;
            Reply::record(&entry, entry.version)
        })
        .await
}

/// Delete a time entry
///
/// One's own, or as a lead anybody's, for good; a timer that runs is given up so. The task's `remaining_minutes` do not
/// follow.
#[utoipa::path(tag = "time-entries", responses((status = 204, description = "It is gone.")))]
#[delete("/v1/teams/{team_id}/time-entries/{time_entry_id}")]
pub async fn delete_time_entry(scope: TeamScope) -> Answer {
    let id = scope.id("time_entry_id")?;
    scope
        .write(Permission::TimeEntryWrite, move |tx| {
            let entry = queries::find(tx, id)?;
            tx.expect_version(entry.version)?;
            write::check_writing(tx, entry.member_id)?;
            write::delete(tx, &entry)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Stop a timer
///
/// One's own, or as a lead anybody's. It counts to the nearest whole minute (half a minute up), at least one, and at most 24
/// hours, however long ago it was started: `ended_at` is no later than that. All of it counts for the day on which it was
/// started, also past midnight; where that day then has more than 24 hours, it is 422 `day_full` until fewer `minutes` are
/// given or other entries are changed. A timer that does not run any more is 409 `invalid_transition`.
#[utoipa::path(tag = "time-entries", params(ValidateOnly), request_body = TimerStop,
    responses((status = 200, body = TimeEntry)))]
#[post("/v1/teams/{team_id}/time-entries/{time_entry_id}/stop")]
pub async fn stop_time_entry(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<TimerStop>,
) -> Answer {
    let id = scope.id("time_entry_id")?;
    scope
        .write(Permission::TimeEntryWrite, move |tx| {
            let before = queries::find(tx, id)?;
            tx.expect_version(before.version)?;
            let entry = write::stop(tx, before, &body.0)?;
            Reply::record(&entry, entry.version)
        })
        .await
}

/// Show the history of a time entry
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "time-entries", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/time-entries/{time_entry_id}/history")]
pub async fn list_time_entry_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("time_entry_id")?;
    history_of(scope, page, Kind::TimeEntry, move |reading| {
        Ok(queries::find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_time_entries)
        .service(create_time_entry)
        .service(batch_time_entries)
        .service(start_time_entry)
        .service(list_time_entry_sums)
        .service(get_time_entry)
        .service(update_time_entry)
        .service(delete_time_entry)
        .service(stop_time_entry)
        .service(list_time_entry_history);
}
