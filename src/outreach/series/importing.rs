//! Series that come from another calendar.
//!
//! The surprising rule: an occurrence that the calendar leaves out later is let go of before it goes to the trash, when
//! the series ends before it; so it can come back, alone.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::edit::{STARTS, occurrences, to_come};
use super::make::{kept, make, save};
use super::model::EventSeries;
use super::rule::{Rule, Taken, on_the_wall};
use crate::access::Tx;
use crate::db::{Id, Json};
use crate::http::{Problem, Text};
use crate::outreach::events::{Event, EventStatus, NewEvent, write};
use crate::schema::events as events_table;

/// A series as another calendar has it.
#[derive(Debug)]
pub struct ImportedSeries {
    /// Its first event.
    pub event: NewEvent,
    /// The status of its events.
    pub status: EventStatus,
    /// What is taken of its rule: the first date is when the first event begins.
    pub taken: Taken,
    /// Which of its dates the calendar leaves out.
    pub left_out: Vec<NaiveDateTime>,
    /// Its UID there.
    pub external_id: Text<1, 200>,
}

/// Makes a series from another calendar, and its events of the next year.
///
/// # Errors
/// `validation_failed`.
pub fn import(tx: &mut Tx<'_>, new: ImportedSeries) -> Result<EventSeries, Problem> {
    let mut first = write::checked(tx, new.event)?;
    first.status = new.status;
    let blank = EventSeries {
        left_out: Json(new.left_out.into_iter().map(Into::into).collect()),
        external_id: Some(new.external_id),
        ..EventSeries::blank(tx, &first)
    };
    make(tx, blank, &new.taken.rule, new.taken.dates)
}

/// The date of a series that begins at an instant.
#[must_use]
pub fn date_at(
    series: &EventSeries,
    dates: &[NaiveDateTime],
    instant: crate::db::Instant,
) -> Option<NaiveDateTime> {
    let zone = series.starts.0.time_zone;
    dates
        .iter()
        .copied()
        .find(|date| on_the_wall(*date, zone).0.instant() == instant)
}

/// The occurrence of a series on one of its dates, also one in the trash.
///
/// # Errors
/// What the database answers.
pub fn occurrence_on(
    tx: &mut Tx<'_>,
    series: Id,
    date: NaiveDateTime,
) -> Result<Option<Event>, Problem> {
    let local: crate::outreach::events::Occurrence = date.into();
    Ok(events_table::table
        .filter(events_table::team_id.eq(tx.team.id()))
        .filter(events_table::series_id.eq(series))
        .filter(events_table::occurrence.eq(Some(local)))
        .select(Event::as_select())
        .first(tx.conn)
        .optional()?)
}

/// Ends a series after so many of its events, and answers those behind, which belong to no series from now on.
///
/// # Errors
/// What the database answers.
pub fn shorten(
    tx: &mut Tx<'_>,
    series: EventSeries,
    keep: usize,
) -> Result<(EventSeries, Vec<Event>), Problem> {
    let dates = series.dates()?;
    let Some(last) = keep.checked_sub(1).and_then(|index| dates.get(index)) else {
        return Err(Problem::internal("a series of nothing"));
    };
    let (dates, _) = dates.split_at(keep);
    let rule: Rule = series.read_rule()?.ending_with(*last);
    let mut after = EventSeries {
        rule: kept(&rule, &series.starts.0)?,
        ..series.clone()
    };
    after.left_out.0.retain(|one| one.naive() <= *last);
    after.settle(dates);
    let id = series.id;
    let series = save(tx, series, after)?;
    let mut behind = Vec::new();
    for event in occurrences(tx, id)? {
        if event
            .occurrence
            .as_ref()
            .is_none_or(|at| at.naive() <= *last)
        {
            continue;
        }
        let alone = Event {
            series_id: None,
            occurrence: None,
            overrides: Json(Vec::new()),
            ..event.clone()
        };
        if event.deleted_at.is_none() {
            behind.push(write::save(tx, event, alone)?);
        } else {
            diesel::update(events_table::table.find((alone.team_id, alone.id)))
                .set(&alone)
                .execute(tx.conn)?;
        }
    }
    Ok((series, behind))
}

/// Leaves dates out that are not made yet.
///
/// # Errors
/// What the database answers.
pub fn leave_out(tx: &mut Tx<'_>, series: Id, dates: &[NaiveDateTime]) -> Result<(), Problem> {
    // As it stands now: the same import may have changed it.
    let before = super::make::find(tx, series)?;
    let mut after = before.clone();
    after
        .left_out
        .0
        .extend(dates.iter().map(|date| (*date).into()));
    save(tx, before, after).map(drop)
}

/// Hands the UID of a series on to the one that its occurrences went to.
///
/// # Errors
/// What the database answers.
pub fn hand_on_uid(tx: &mut Tx<'_>, from: Id, to: Id) -> Result<(), Problem> {
    let before = super::make::find(tx, from)?;
    let external_id = before.external_id.clone();
    let without = EventSeries {
        external_id: None,
        ..before.clone()
    };
    save(tx, before, without)?;
    let before = super::make::find(tx, to)?;
    let with = EventSeries {
        external_id,
        ..before.clone()
    };
    save(tx, before, with).map(drop)
}

/// An occurrence by which the others that are still to come are changed: one without a time of its own, if there is any.
///
/// # Errors
/// What the database answers.
pub fn one_to_come(tx: &mut Tx<'_>, series: Id) -> Result<Option<Event>, Problem> {
    let mut to_come = to_come(tx, series)?;
    to_come.sort_by_key(|event| event.overrides.0.iter().any(|name| name == STARTS));
    Ok(to_come.into_iter().next())
}
