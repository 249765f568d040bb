//! How far a campaign was: read from the journal, where nothing is ever changed.
//!
//! The surprising rule: a task that was in the campaign for a day counts for that day, wherever it is now and
//! whether it still exists.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{DayProgress, Fact, FactState, InvalidRange, Progress};
use crate::access::Reading;
use crate::db::rows::member;
use crate::db::{Date, Id, Instant};
use crate::http::{Code, Problem};
use crate::journal::{Action, Kind};
use crate::schema::journal;
use crate::work::task_status::TaskStatus;

/// What a line of the journal says about a task; `status` and `estimate` are what became of those fields.
#[derive(Queryable)]
struct Line {
    at: Instant,
    task_id: Id,
    action: Action,
    campaign_id: Option<Id>,
    status: Option<String>,
    estimate: Option<String>,
}

/// What a field became.
#[derive(Deserialize)]
struct Became<T> {
    to: T,
}

/// The progress at the end of a day.
///
/// # Errors
/// What the database answers.
pub fn on(reading: &mut Reading<'_>, campaign_id: Id, day: Date) -> Result<Progress, Problem> {
    series(reading, campaign_id, day, day)?
        .pop()
        .map(|day| day.progress)
        .ok_or_else(|| Problem::internal("a day without progress"))
}

/// The progress at the end of each day.
///
/// # Errors
/// `invalid_query` when the days are none or too many.
pub fn series(
    reading: &mut Reading<'_>,
    campaign_id: Id,
    from: Date,
    to: Date,
) -> Result<Vec<DayProgress>, Problem> {
    let (first, last) = (from.naive(), to.naive());
    let refuse =
        |error: InvalidRange| Problem::parameter(Code::InvalidQuery, "to", format!("{error}."));
    // Before the journal is read for nothing.
    super::series([], first, last).map_err(refuse)?;
    let facts = facts(reading, campaign_id)?;
    super::series(facts, first, last).map_err(refuse)
}

/// Everything that the journal says about the tasks that ever were in the campaign, in order.
fn facts(reading: &mut Reading<'_>, campaign_id: Id) -> Result<Vec<Fact>, Problem> {
    let zone = reading.zone();
    let mut known: HashMap<Id, (TaskStatus, Option<i64>)> = HashMap::new();
    lines(reading, campaign_id)?
        .into_iter()
        .map(|line| {
            let on = zone.day_at(line.at).naive();
            let state = follow(&mut known, &line)?.map(|(status, estimate_minutes)| FactState {
                status,
                estimate_minutes,
                belongs: line.campaign_id == Some(campaign_id),
            });
            Ok(Fact {
                on,
                task: u128::from_be_bytes(*line.task_id.bytes()),
                state,
            })
        })
        .collect()
}

fn lines(reading: &mut Reading<'_>, campaign_id: Id) -> Result<Vec<Line>, Problem> {
    let ever = diesel::alias!(journal as ever);
    let tasks = ever
        .filter(ever.field(journal::team_id).eq(reading.team.id()))
        .filter(ever.field(journal::kind).eq(Kind::Task))
        .filter(
            ever.field(journal::campaign_id)
                .eq(campaign_id)
                .or(ever.field(journal::previous_campaign_id).eq(campaign_id)),
        )
        .select(ever.field(journal::record_id));
    let became = |name| member(journal::changes.nullable(), name);
    // Of a long journal, most lines say nothing that matters here.
    Ok(journal::table
        .filter(journal::team_id.eq(reading.team.id()))
        .filter(journal::kind.eq(Kind::Task))
        .filter(journal::record_id.eq_any(tasks))
        .filter(
            journal::action
                .ne(Action::Updated)
                .or(became("status").is_not_null())
                .or(became("estimate_minutes").is_not_null())
                .or(became("campaign_id").is_not_null()),
        )
        .order((journal::revision, journal::position))
        .select((
            journal::at,
            journal::record_id,
            journal::action,
            journal::campaign_id,
            became("status"),
            became("estimate_minutes"),
        ))
        .load(reading.conn)?)
}

/// The status and the estimate of the line's task from then on; `None` when it is deleted.
fn follow(
    known: &mut HashMap<Id, (TaskStatus, Option<i64>)>,
    line: &Line,
) -> Result<Option<(TaskStatus, Option<i64>)>, Problem> {
    let status: Option<TaskStatus> = became(line.status.as_deref())?;
    let estimate: Option<Option<i64>> = became(line.estimate.as_deref())?;
    let before = known.get(&line.task_id).copied();
    let state = match line.action {
        Action::Deleted => None,
        // These list every field that has a value.
        Action::Created | Action::Restored => status.map(|status| (status, estimate.flatten())),
        Action::Updated => before.map(|(status_before, estimate_before)| {
            (
                status.unwrap_or(status_before),
                estimate.unwrap_or(estimate_before),
            )
        }),
    };
    match state {
        Some(state) => known.insert(line.task_id, state),
        None => known.remove(&line.task_id),
    };
    Ok(state)
}

fn became<T: DeserializeOwned>(json: Option<&str>) -> Result<Option<T>, Problem> {
    json.map(|json| serde_json::from_str::<Became<T>>(json).map(|became| became.to))
        .transpose()
        .map_err(Problem::internal)
}
