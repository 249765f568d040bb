//! Entries that come again: what an import does with a series and with those of its occurrences that are otherwise.
//!
//! The surprising rule: a series keeps what it has. An import ends it earlier, moves it, and changes what its events have in
//! common; for another rule, somebody plans another series.

use std::collections::HashSet;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::carry::{self, Doing, change, check_change, differences, patch_of};
use super::entry::Wanted;
use super::file::EntryError;
use super::form::{Repeats, Stamp};
use super::report::{EntryOutcome, EntryReport};
use crate::access::Tx;
use crate::db::{Id, Instant};
use crate::http::Problem;
use crate::http::values::TimeZone;
use crate::http::wall_clock::WallClock;
use crate::outreach::aftermath;
use crate::outreach::events::{Event, EventPatch, EventStatus};
use crate::outreach::letters;
use crate::outreach::registrations;
use crate::outreach::series::rule::{Compared, Limit, MOST, Taken, on_the_wall, period};
use crate::outreach::series::{self, EventSeries, ImportedSeries, Pattern, SeriesScope, make};
use crate::outreach::trashing;
use crate::schema::registrations as rows;

/// What a series takes of an entry's rule.
fn taken(
    tx: &Tx<'_>,
    wanted: &Wanted,
    repeats: &Repeats,
    doing: &mut Doing,
) -> Result<Taken, Problem> {
    let zone = wanted.starts.time_zone;
    let now = WallClock::at(tx.now, zone).local.naive();
    let start = wanted.starts.local.naive();
    let taken = repeats.rule.taken(start, now, &mut doing.budget)?;
    // Both may be many: the dates of a rule up to 200, those of the entry thousands.
    let known: HashSet<Instant> = taken.dates.iter().map(|date| begins(*date, zone)).collect();
    if repeats.added.iter().any(|instant| !known.contains(instant)) {
        return Err(Problem::field(
            "/RDATE",
            "extra_dates",
            "A series has the dates of its rule, and no others (RDATE).",
        ));
    }
    Ok(taken)
}

/// When the occurrence of a date begins.
fn begins(date: NaiveDateTime, zone: TimeZone) -> Instant {
    on_the_wall(date, zone).0.instant()
}

/// Which of these dates the entry leaves out.
fn left_out(dates: &[NaiveDateTime], repeats: &Repeats, zone: TimeZone) -> Vec<NaiveDateTime> {
    dates
        .iter()
        .copied()
        .filter(|date| {
            let at = begins(*date, zone);
            repeats.left_out.iter().any(|stamp| match stamp {
                Stamp::At(instant) => *instant == at,
                Stamp::On(day) => *day == date.date(),
            })
        })
        .collect()
}

/// Says what is not taken of the rule.
fn note_limit(taken: &Taken, report: &mut EntryReport) {
    let Some(limit) = taken.limit else { return };
    let (Some(first), Some(last)) = (taken.dates.first(), taken.dates.last()) else {
        return;
    };
    let (code, why) = match limit {
        Limit::NeverEnds => ("never_ends", "The rule never ends".to_owned()),
        Limit::TooMany => (
            "too_many",
            format!("The rule makes more than {MOST} events"),
        ),
        Limit::TooFar => (
            "too_far",
            "The rule reaches further than ten years".to_owned(),
        ),
    };
    report.notes.push(EntryError::new(
        "RRULE",
        code,
        format!(
            "{why}: {} of them are taken, from {} to {}.",
            taken.dates.len(),
            first.date(),
            last.date()
        ),
    ));
}

fn note_series(series: &EventSeries, report: &mut EntryReport) {
    report.series_id = Some(series.id);
    report.rule = Some(series.rule.as_str().to_owned());
    report.total = Some(series.total);
}

/// Makes a series.
pub(super) fn create(
    tx: &mut Tx<'_>,
    wanted: Wanted,
    repeats: &Repeats,
    report: &mut EntryReport,
    doing: &mut Doing,
) -> Result<(), Problem> {
    let taken = taken(tx, &wanted, repeats, doing)?;
    note_limit(&taken, report);
    let zone = wanted.starts.time_zone;
    let left_out = left_out(&taken.dates, repeats, zone);
    if left_out.len() == taken.dates.len() {
        return Err(Problem::field(
            "/EXDATE",
            "makes_none",
            "All events of the rule are left out.",
        ));
    }
    let first = taken.dates.first().copied().unwrap_or_default();
    let length = wanted.ends.local.naive() - wanted.starts.local.naive();
    let (starts, ends, is_moved) = period(first, length, zone);
    if is_moved {
        return Err(Problem::field(
            "/starts/local",
            "skipped_by_clocks",
            "The clocks skip the time of the first event that is taken.",
        ));
    }
    let status = wanted.first_status();
    let uid = wanted.uid.clone();
    let event = Wanted {
        starts,
        ends,
        ..wanted
    }
    .new_event();
    let series = series::import(
        tx,
        ImportedSeries {
            event,
            status,
            taken,
            left_out: left_out.clone(),
            external_id: uid.clone(),
        },
    )?;
    doing.spend_events(usize::try_from(series.made).unwrap_or(usize::MAX))?;
    report.removed = left_out.into_iter().map(Into::into).collect();
    report.outcome = EntryOutcome::Created;
    note_series(&series, report);
    doing.made.insert(series.id);
    doing.series.insert(uid, series.id);
    Ok(())
}

/// Takes an occurrence out of its series: into the trash, or cancelled where people have a place and are to be told.
fn remove(tx: &mut Tx<'_>, event: Event) -> Result<(), Problem> {
    let missed: Option<Id> = registrations::in_event(tx.team, event.id)
        .filter(rows::state.eq_any(letters::CONCERNED))
        .select(rows::id)
        .first(tx.conn)
        .optional()?;
    if missed.is_none() {
        return trashing::event_with(tx, &event, event.id);
    }
    let patch = EventPatch {
        status: Some(EventStatus::Cancelled),
        ..EventPatch::default()
    };
    change(tx, event, patch, None).map(drop)
}

/// Brings a series that is there in line with its entry.
pub(super) fn bring_in_line(
    tx: &mut Tx<'_>,
    id: Id,
    wanted: &Wanted,
    repeats: &Repeats,
    report: &mut EntryReport,
    doing: &mut Doing,
) -> Result<(), Problem> {
    let taken = taken(tx, wanted, repeats, doing)?;
    let mut series = make::find(tx, id)?;
    let mut changed: Vec<&'static str> = Vec::new();
    let mut by = TimeDelta::zero();
    let dates = series.dates()?;
    match taken.beside(&dates, series.made_index()) {
        Compared::Same => {}
        Compared::Moved(distance) => by = distance,
        Compared::Shorter(keep) => {
            changed.push("rule");
            let behind;
            (series, behind) = series::shorten(tx, series, keep)?;
            for event in behind.into_iter().filter(series::is_to_come) {
                report.removed.push(event.starts.0.local.clone());
                remove(tx, event)?;
            }
        }
        Compared::Longer | Compared::Other => {
            return Err(Problem::field(
                "/rule",
                "rule_changed",
                format!(
                    "The series has the rule {} and cannot get this one: plan another series for the days that it lacks.",
                    series.rule.as_str()
                ),
            ));
        }
    }
    change_all(tx, &series, wanted, &mut changed)?;
    let series = reschedule(tx, series, wanted, by, &mut changed, doing)?;
    leave_out(tx, &series, wanted, repeats, report)?;
    let series = make::find(tx, series.id)?;
    if changed.is_empty() && report.removed.is_empty() {
        report.outcome = EntryOutcome::Unchanged;
    } else {
        report.outcome = EntryOutcome::Changed;
    }
    report.changed = changed;
    note_series(&series, report);
    doing.series.insert(wanted.uid.clone(), series.id);
    Ok(())
}

/// Changes what the events of a series have in common.
fn change_all(
    tx: &mut Tx<'_>,
    series: &EventSeries,
    wanted: &Wanted,
    changed: &mut Vec<&'static str>,
) -> Result<(), Problem> {
    let pattern: &Pattern = &series.pattern.0;
    let mut names: Vec<&'static str> = Vec::new();
    let mut compare = |name, differs: bool| {
        if differs {
            names.push(name);
        }
    };
    compare("title", pattern.title != wanted.title);
    let description = wanted.description.as_ref();
    compare(
        "description",
        description.is_some_and(|one| *one != pattern.description),
    );
    compare(
        "platform",
        wanted.platform.is_some() && wanted.platform != pattern.platform,
    );
    compare(
        "join_url",
        wanted.join_url.is_some() && wanted.join_url != pattern.join_url,
    );
    compare("status", wanted.is_cancelled && pattern.status.is_open());
    if names.is_empty() {
        return Ok(());
    }
    let Some(addressed) = series::one_to_come(tx, series.id)? else {
        return Ok(());
    };
    let mut patch = patch_of(wanted);
    if names.contains(&"status") {
        patch.status = Some(EventStatus::Cancelled);
    }
    for (before, after) in series::patch(tx, &addressed, &patch, SeriesScope::All)? {
        aftermath::of_change(tx, &before, &after)?;
    }
    changed.append(&mut names);
    Ok(())
}

/// Moves what is still to come of a series, and answers the series that it belongs to then.
fn reschedule(
    tx: &mut Tx<'_>,
    series: EventSeries,
    wanted: &Wanted,
    by: TimeDelta,
    changed: &mut Vec<&'static str>,
    doing: &mut Doing,
) -> Result<EventSeries, Problem> {
    let zone = wanted.starts.time_zone;
    let length = wanted.ends.local.naive() - wanted.starts.local.naive();
    let is_moved = !by.is_zero() || zone != series.starts.0.time_zone;
    if !is_moved && length == series.length() {
        return Ok(series);
    }
    let Some(addressed) = series::one_to_come(tx, series.id)? else {
        return Ok(series);
    };
    let date = addressed.occurrence.as_ref().map(|at| at.naive());
    let (starts, ends, _) = period(date.unwrap_or_default() + by, length, zone);
    let moved = series::reschedule(tx, &addressed, &starts, &ends, SeriesScope::All)?;
    changed.push(if is_moved { "starts" } else { "ends" });
    let mut new = series.id;
    for (before, after) in moved.moved {
        aftermath::of_change(tx, &before, &after)?;
        new = after.series_id.unwrap_or(new);
        doing.moved(before, after);
    }
    if new != series.id {
        series::hand_on_uid(tx, series.id, new)?;
    }
    make::find(tx, new)
}

/// Takes the occurrences out that the entry leaves out.
fn leave_out(
    tx: &mut Tx<'_>,
    series: &EventSeries,
    wanted: &Wanted,
    repeats: &Repeats,
    report: &mut EntryReport,
) -> Result<(), Problem> {
    let dates = series.dates()?;
    let (made, later) = dates.split_at(series.made_index().min(dates.len()));
    let zone = wanted.starts.time_zone;
    for date in left_out(made, repeats, zone) {
        let event = series::occurrence_on(tx, series.id, date)?;
        if let Some(event) = event.filter(series::is_to_come) {
            remove(tx, event)?;
            report.removed.push(date.into());
        }
    }
    let later: Vec<NaiveDateTime> = left_out(later, repeats, zone)
        .into_iter()
        .filter(|date| !series.leaves_out(*date))
        .collect();
    if !later.is_empty() {
        report
            .removed
            .extend(later.iter().map(|date| (*date).into()));
        series::leave_out(tx, series.id, &later)?;
    }
    Ok(())
}

/// Changes the one occurrence that an entry is about.
pub(super) fn except(
    tx: &mut Tx<'_>,
    series: Id,
    at: Instant,
    wanted: Wanted,
    report: &mut EntryReport,
    doing: &mut Doing,
) -> Result<(), Problem> {
    let series = make::find(tx, series)?;
    let dates = series.dates()?;
    report.series_id = Some(series.id);
    let mut leave_out = |code: &str, detail: &str| {
        report.outcome = EntryOutcome::LeftOut;
        report
            .notes
            .push(EntryError::new("RECURRENCE-ID", code, detail));
        Ok(())
    };
    let Some(date) = series::date_at(&series, &dates, at) else {
        return leave_out(
            "no_such_occurrence",
            "It is about an occurrence that the series does not have.",
        );
    };
    if series.leaves_out(date) {
        return leave_out("left_out", "The series leaves this occurrence out.");
    }
    let Some(event) = series::occurrence_on(tx, series.id, date)? else {
        let is_made = dates
            .iter()
            .take(series.made_index())
            .any(|one| *one == date);
        if is_made {
            return leave_out("deleted", "This occurrence was deleted here.");
        }
        return Err(Problem::field(
            "/RECURRENCE-ID",
            "not_made_yet",
            "This occurrence is more than a year ahead and not made yet: import the file again when it is.",
        ));
    };
    report.occurrence = Some(date.into());
    if event.deleted_at.is_some() {
        report.outcome = EntryOutcome::LeftOut;
        report.notes.push(EntryError::new(
            "RECURRENCE-ID",
            "deleted",
            "This occurrence was deleted here.",
        ));
        return Ok(());
    }
    report.event_id = Some(event.id);
    let changed = differences(&event, &wanted);
    let errors = check_change(&event, &wanted, &changed);
    if !errors.is_empty() {
        report.refuse(errors);
        return Ok(());
    }
    if changed.is_empty() {
        report.outcome = EntryOutcome::Unchanged;
        return Ok(());
    }
    report.outcome = EntryOutcome::Changed;
    report.changed.clone_from(&changed);
    carry::bring_in_line(tx, event, wanted, &changed, doing)
}
