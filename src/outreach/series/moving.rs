//! Moving the occurrences of a series to another time.
//!
//! The surprising rule: the rule has to mean the moved days. A weekly one turns its days of the week along; where a rule
//! would mean other days than those that were moved (the 30th moved to the 31st), the move is refused.

use chrono::{NaiveDateTime, TimeDelta};

use super::edit::{STARTS, check_series, index_of, is_to_come, occurrences, place, split};
use super::make::{kept, save};
use super::model::{EventSeries, SeriesScope};
use super::rule::{days_between, period};
use crate::access::Tx;
use crate::db::{Id, Json};
use crate::http::Problem;
use crate::http::values::TimeZone;
use crate::http::wall_clock::WallClock;
use crate::outreach::agenda;
use crate::outreach::events::{Event, EventStatus, write};

/// What became of the occurrences of a series that was moved.
#[derive(Debug, Default)]
pub struct MovedSeries {
    /// Each that moved: what it was and what it is.
    pub moved: Vec<(Event, Event)>,
    /// Those that have a time of their own and stay.
    pub kept: Vec<Id>,
}

/// A series at another time.
struct Target {
    dates: Vec<NaiveDateTime>,
    length: TimeDelta,
    zone: TimeZone,
}

/// From which occurrence on a series is moved: what is live or over stays behind.
fn first_to_move(
    tx: &mut Tx<'_>,
    series: &EventSeries,
    dates: &[NaiveDateTime],
    addressed: usize,
) -> Result<usize, Problem> {
    let mut first = 0;
    for event in occurrences(tx, series.id)? {
        if matches!(event.status, EventStatus::Live | EventStatus::Ended) {
            first = index_of(dates, &event)?.saturating_add(1);
        }
    }
    Ok(first.min(addressed))
}

/// What a series is when its occurrence at `index` begins and ends then.
fn moved_series(
    series: &EventSeries,
    dates: &[NaiveDateTime],
    from: NaiveDateTime,
    starts: &WallClock,
    length: TimeDelta,
) -> Result<(EventSeries, Target), Problem> {
    let to = starts.local.naive();
    let (by, days) = (to - from, days_between(from, to));
    let does_not_follow = || {
        Problem::field(
            "/starts/local",
            "rule_does_not_follow",
            format!(
                "The rule {} would mean other days then: make another series.",
                series.rule.as_str()
            ),
        )
    };
    let moved: Vec<NaiveDateTime> = dates.iter().map(|date| *date + by).collect();
    let Some(first) = moved.first() else {
        return Err(Problem::internal("a series without dates"));
    };
    let rule = series.read_rule()?.moved(by, days);
    match rule.dates(*first) {
        Ok(meant) if meant == moved => {}
        _ => return Err(does_not_follow()),
    }
    let zone = starts.time_zone;
    let first = WallClock::new((*first).into(), zone).map_err(|skipped| {
        Problem::field(
            "/starts/local",
            "skipped_by_clocks",
            format!("The first occurrence cannot begin then: {skipped}"),
        )
    })?;
    let later = first.instant().utc() - series.starts.0.instant().utc();
    let mut pattern = series.pattern.0.clone();
    pattern.registration = pattern.registration.later(later);
    let left_out = series
        .left_out
        .0
        .iter()
        .map(|one| (one.naive() + by).into());
    let mut after = EventSeries {
        left_out: Json(left_out.collect()),
        rule: kept(&rule, &first)?,
        starts: Json(first),
        duration_seconds: length.num_seconds(),
        pattern: Json(pattern),
        ..series.clone()
    };
    after.settle(&moved);
    let target = Target {
        dates: moved,
        length,
        zone,
    };
    Ok((after, target))
}

/// Moves this occurrence and the following ones, or all that are still to come, by as much as this one is moved.
///
/// # Errors
/// As [`write::rescheduled`]; `validation_failed` at `/starts/local` when the rule cannot follow; `invalid_query` when
/// the event belongs to no series.
pub fn reschedule(
    tx: &mut Tx<'_>,
    addressed: &Event,
    starts: &WallClock,
    ends: &WallClock,
    scope: SeriesScope,
) -> Result<MovedSeries, Problem> {
    let series = check_series(tx, addressed)?;
    // Every rule of a single event holds here, too.
    write::check_move(addressed, starts, ends)?;
    let dates = series.dates()?;
    let index = index_of(&dates, addressed)?;
    let first = match scope {
        SeriesScope::All => first_to_move(tx, &series, &dates, index)?,
        SeriesScope::This | SeriesScope::Following => index,
    };
    let from = dates.get(index).copied().unwrap_or_default();
    let series = split(tx, series, &dates, first)?;
    let dates = series.dates()?;
    let length = ends.local.naive() - starts.local.naive();
    let (after, target) = moved_series(&series, &dates, from, starts, length)?;
    let series = save(tx, series, after)?;
    let mut done = MovedSeries::default();
    for event in occurrences(tx, series.id)? {
        let index = index_of(&dates, &event)?;
        let Some(date) = target.dates.get(index).copied() else {
            continue;
        };
        let is_addressed = event.id == addressed.id;
        let has_own_time = event.overrides.0.iter().any(|name| name == STARTS);
        if !is_to_come(&event) || (has_own_time && !is_addressed) {
            if is_to_come(&event) {
                done.kept.push(event.id);
            }
            place(tx, event, series.id, date)?;
            continue;
        }
        let (starts, ends, _) = period(date, target.length, target.zone);
        let mut after = write::rescheduled(tx, &event, starts, ends)?;
        after.occurrence = Some(date.into());
        after.overrides.0.retain(|name| name != STARTS);
        agenda::check_room(tx, &after)?;
        let stands = write::save(tx, event.clone(), after)?;
        done.moved.push((event, stands));
    }
    Ok(done)
}
