//! Opening hours against periods, by the clocks of the team.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone as _, Utc};

use super::books::Period;
use crate::access::Reading;
use crate::capacity::resources::Resource;
use crate::capacity::resources::hours::DAY;
use crate::db::{Date, Instant};
use crate::http::FieldError;

/// The instant of so many minutes into a day; in a gap of the clocks, when the gap is over.
pub(super) fn instant_of(
    zone: chrono_tz::Tz,
    day: NaiveDate,
    minutes: u32,
) -> Option<DateTime<Utc>> {
    let (day, minutes) = if minutes >= DAY {
        (day.succ_opt()?, 0)
    } else {
        (day, minutes)
    };
    let local = day.and_hms_opt(minutes / 60, minutes % 60, 0)?;
    (0..=4)
        .filter_map(|quarters| local.checked_add_signed(TimeDelta::minutes(30 * quarters)))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map(|at| at.with_timezone(&Utc))
}

/// Whether the resource is there when the period begins and when it ends.
///
/// # Errors
/// `closed`, at the beginning or the end.
pub fn can_be_taken(
    reading: &Reading<'_>,
    resource: &Resource,
    period: Period,
) -> Result<(), Box<FieldError>> {
    let Some(hours) = resource.opening_hours.as_ref().map(|hours| &hours.0) else {
        return Ok(());
    };
    let refuse = |pointer: &str| {
        Err(Box::new(FieldError::body(
            pointer,
            "closed",
            "It is not there then: see its opening_hours, by the clocks of the team.",
        )))
    };
    match period {
        Period::Days(first, _) if hours.on(first).is_none() => refuse("/first_on"),
        Period::Days(_, last) if hours.on(last).is_none() => refuse("/last_on"),
        Period::Instants(from, until) => {
            let zone = reading.zone().0;
            let local = |at: Instant| at.utc().with_timezone(&zone).naive_local();
            let (from, until) = (local(from), local(until));
            if !hours.can_begin(from.date(), from.time()) {
                return refuse("/starts_at");
            }
            if !hours.can_end(until.date(), until.time()) {
                return refuse("/ends_at");
            }
            Ok(())
        }
        Period::Days(..) | Period::Whenever => Ok(()),
    }
}

/// When the resource is there between two instants; all the time where nothing is said.
pub fn open_times(
    reading: &Reading<'_>,
    resource: &Resource,
    (from, until): (Instant, Instant),
) -> Vec<(i64, i64)> {
    let (begin, end) = (from.utc(), until.utc());
    let Some(hours) = resource.opening_hours.as_ref().map(|hours| &hours.0) else {
        return vec![(begin.timestamp_micros(), end.timestamp_micros())];
    };
    let zone = reading.zone().0;
    let first = begin.with_timezone(&zone).date_naive();
    let last = end.with_timezone(&zone).date_naive();
    first
        .iter_days()
        .take_while(|day| *day <= last)
        .filter_map(|day| {
            let hours = hours.on(day)?;
            let opens = instant_of(zone, day, hours.opens.minutes())?.max(begin);
            let closes = instant_of(zone, day, hours.closes.minutes())?.min(end);
            (opens < closes).then(|| (opens.timestamp_micros(), closes.timestamp_micros()))
        })
        .collect()
}

/// When the resource opens between two instants.
pub(super) fn openings(
    reading: &Reading<'_>,
    resource: &Resource,
    span: (Instant, Instant),
) -> Vec<i64> {
    if resource.opening_hours.is_none() {
        return Vec::new();
    }
    open_times(reading, resource, span)
        .into_iter()
        .map(|(opens, _)| opens)
        .collect()
}

/// When a day begins where the team is.
pub fn day_begins(reading: &Reading<'_>, day: Date) -> Instant {
    let at = instant_of(reading.zone().0, day.naive(), 0);
    at.map_or(reading.now, Instant::new)
}

/// When a day is over where the team is.
pub fn day_ends(reading: &Reading<'_>, day: Date) -> Instant {
    let at = instant_of(reading.zone().0, day.naive(), DAY);
    at.map_or(reading.now, Instant::new)
}
