//! Opening hours against periods, by the clocks of the team.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone as _, Utc};

use super::books::Period;
use crate::access::Reading;
use crate::capacity::resources::hours::DAY;
use crate::capacity::resources::{OpeningHours, Resource};
use crate::db::{Date, Instant};
use crate::http::FieldError;
use crate::http::values::TimeZone;

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

/// The opening hours of a thing, with what one needs to read them.
#[derive(Debug, Clone)]
pub(super) struct Doors {
    hours: OpeningHours,
    zone: TimeZone,
    now: Instant,
}

impl Doors {
    /// Those of a thing that is not always there.
    pub(super) fn of(reading: &Reading<'_>, resource: &Resource) -> Option<Self> {
        resource.opening_hours.as_ref().map(|hours| Self {
            hours: hours.0.clone(),
            zone: reading.zone(),
            now: reading.now,
        })
    }

    /// Whether they are open when the period begins, and when it ends.
    fn are_open(&self, period: Period) -> (bool, bool) {
        match period {
            Period::Days(first, last) => (
                self.hours.on(first).is_some(),
                self.hours.on(last).is_some(),
            ),
            Period::Instants(from, until) => {
                let local = |at: Instant| at.utc().with_timezone(&self.zone.0).naive_local();
                let (from, until) = (local(from), local(until));
                (
                    self.hours.can_begin(from.date(), from.time()),
                    self.hours.can_end(until.date(), until.time()),
                )
            }
            Period::Whenever => (true, true),
        }
    }

    /// Whether the period begins or ends while they are closed. What is over is not judged by the hours of today.
    pub(super) fn shut_out(&self, period: Period) -> bool {
        let today = self.zone.day_at(self.now).naive();
        let is_ahead = match period {
            Period::Days(first, last) => (first >= today, last >= today),
            Period::Instants(from, until) => (from >= self.now, until > self.now),
            Period::Whenever => (false, false),
        };
        let is_open = self.are_open(period);
        (is_ahead.0 && !is_open.0) || (is_ahead.1 && !is_open.1)
    }
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
    let is_open = Doors::of(reading, resource).map(|doors| doors.are_open(period));
    let (begin, end) = match period {
        Period::Instants(..) => ("/starts_at", "/ends_at"),
        _ => ("/first_on", "/last_on"),
    };
    let pointer = match is_open {
        None | Some((true, true)) => return Ok(()),
        Some((false, _)) => begin,
        Some((true, false)) => end,
    };
    Err(Box::new(FieldError::body(
        pointer,
        "closed",
        "It is not there then: see its opening_hours, by the clocks of the team.",
    )))
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
