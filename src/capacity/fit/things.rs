//! Things of which there is a number: what takes them, and when.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;

use super::Asked;
use super::books::{Period, Place, day, instant, number, span_of_days};
use super::hours::Doors;
use super::model::FindingCode;
use crate::access::Reading;
use crate::capacity::allocations::{self, AllocationState, Amount, Quantity};
use crate::capacity::feasibility::units::{self, Use};
use crate::capacity::load::Source;
use crate::capacity::resources::{Booking, Resource};
use crate::db::{Date, Id, Instant, Json};
use crate::http::Problem;
use crate::schema::allocations as a;

/// The units of a thing, and who takes them.
pub struct Things {
    booking: Booking,
    there: i64,
    uses: Vec<Use<Source>>,
    doors: Option<Doors>,
}

impl Things {
    fn of(reading: &Reading<'_>, resource: &Resource) -> Self {
        Self {
            booking: resource.booking.unwrap_or(Booking::WholeDays),
            there: resource.units.map_or(0, |units| units.get()),
            uses: Vec::new(),
            doors: Doors::of(reading, resource),
        }
    }

    fn uses(&self, source: Source, period: Period, units: i64) -> Option<Use<Source>> {
        let (from, until) = match (self.booking, period) {
            (Booking::Minutes, Period::Instants(from, until)) => (
                from.utc().timestamp_micros(),
                until.utc().timestamp_micros(),
            ),
            (Booking::WholeDays, Period::Days(first, last)) => {
                (number(first), number(last).saturating_add(1))
            }
            _ => return None,
        };
        Some(Use {
            source,
            from,
            until,
            units,
        })
    }

    fn period(&self, from: i64, until: i64) -> Period {
        match self.booking {
            Booking::Minutes => Period::Instants(instant(from), instant(until)),
            Booking::WholeDays => Period::Days(day(from), day(until.saturating_sub(1))),
        }
    }

    fn places(&self, peaks: Vec<units::Peak<Source>>, all: &[Use<Source>]) -> Vec<Place> {
        peaks
            .into_iter()
            .map(|peak| {
                let mut taken: Vec<(Source, i64)> = all
                    .iter()
                    .filter(|one| one.from <= peak.worst_at && peak.worst_at < one.until)
                    .map(|one| (one.source, one.units))
                    .collect();
                taken.sort_by_key(|(source, units)| (-units, *source));
                Place {
                    code: FindingCode::CapacityExceeded,
                    period: self.period(peak.from, peak.until),
                    wanted: Some(peak.wanted_units),
                    there: Some(peak.there_units),
                    taken,
                }
            })
            .collect()
    }

    /// Those that begin or end when the thing is not there.
    fn shut_out(&self, uses: &[Use<Source>]) -> Vec<Place> {
        let Some(doors) = &self.doors else {
            return Vec::new();
        };
        uses.iter()
            .map(|one| (one, self.period(one.from, one.until)))
            .filter(|(_, period)| doors.shut_out(*period))
            .map(|(one, period)| Place {
                code: FindingCode::Closed,
                period,
                wanted: Some(one.units),
                there: Some(0),
                taken: vec![(one.source, one.units)],
            })
            .collect()
    }

    /// Where what is asked does not fit.
    pub(super) fn conflicts(&self, asked: &[Asked]) -> Vec<Place> {
        let added: Vec<Use<Source>> = asked
            .iter()
            .filter_map(|one| {
                let source = Source::Asked(one.change);
                self.uses(source, one.period, one.quantity.number())
            })
            .collect();
        let peaks = units::caused(self.there, &self.uses, &added);
        let all: Vec<Use<Source>> = self.uses.iter().chain(&added).cloned().collect();
        let mut places = self.places(peaks, &all);
        places.extend(self.shut_out(&added));
        places
    }

    /// What is free from an instant (or the number of a day) until another.
    #[must_use]
    pub fn free(&self, from: i64, until: i64) -> Vec<units::Span> {
        units::free(self.there, &self.uses, from, until)
    }

    /// The thing with these uses.
    #[must_use]
    pub fn with(
        reading: &Reading<'_>,
        resource: &Resource,
        uses: Vec<(Source, Period, i64)>,
    ) -> Self {
        let things = Self::of(reading, resource);
        let uses = uses
            .into_iter()
            .filter_map(|(source, period, units)| things.uses(source, period, units))
            .collect();
        Self { uses, ..things }
    }

    /// Where what is there already does not fit.
    #[must_use]
    pub fn standing(&self) -> Vec<Place> {
        let peaks = units::peaks(self.there, &self.uses);
        let mut places = self.places(peaks, &self.uses);
        places.extend(self.shut_out(&self.uses));
        places
    }

    /// When something ends, in order: that is when there may be room.
    pub(super) fn ends(&self) -> Vec<i64> {
        let mut ends: Vec<i64> = self.uses.iter().map(|one| one.until).collect();
        ends.sort_unstable();
        ends.dedup();
        ends
    }
}

/// When units are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Days, for things taken by whole days.
    pub days: (NaiveDate, NaiveDate),
    /// Instants, for things taken by minutes.
    pub instants: (Instant, Instant),
}

pub(super) fn span(periods: &[Period], days_behind: i64) -> Span {
    let instants = |one: &Period| match one {
        Period::Instants(from, until) => Some((*from, *until)),
        _ => None,
    };
    let epoch = instant(0);
    let from = periods
        .iter()
        .filter_map(instants)
        .map(|(from, _)| from)
        .min();
    let until = periods
        .iter()
        .filter_map(instants)
        .map(|(_, until)| until)
        .max();
    Span {
        days: span_of_days(periods, days_behind),
        instants: (
            from.unwrap_or(epoch),
            until
                .unwrap_or(epoch)
                .plus(TimeDelta::try_days(days_behind).unwrap_or_default()),
        ),
    }
}

type UseRow = (
    Id,
    Option<Date>,
    Option<Date>,
    Option<Instant>,
    Option<Instant>,
    Json<Amount>,
);

/// The approved allocations of a thing that touch the span.
///
/// # Errors
/// What the database answers.
pub fn things(
    reading: &mut Reading<'_>,
    resource: &Resource,
    span: Span,
    gone: &BTreeSet<Id>,
) -> Result<Things, Problem> {
    let mut things = Things::of(reading, resource);
    let query = allocations::in_team(reading.team)
        .filter(a::resource_id.eq(resource.id))
        .filter(a::state.eq(AllocationState::Approved));
    let query = match things.booking {
        Booking::Minutes => query
            .filter(a::starts_at.lt(span.instants.1))
            .filter(a::ends_at.gt(span.instants.0)),
        Booking::WholeDays => query
            .filter(a::first_on.le(Date::from(span.days.1)))
            .filter(a::last_on.ge(Date::from(span.days.0))),
    };
    let rows: Vec<UseRow> = query
        .order(a::id)
        .select((
            a::id,
            a::first_on,
            a::last_on,
            a::starts_at,
            a::ends_at,
            a::amount,
        ))
        .load(reading.conn)?;
    for (id, first_on, last_on, starts_at, ends_at, Json(amount)) in rows {
        if gone.contains(&id) {
            continue;
        }
        let Quantity::Units(units) = amount.kept()? else {
            continue;
        };
        let period = Period::of((first_on, last_on), (starts_at, ends_at));
        let taken = things.uses(Source::Allocation(id), period, units);
        things.uses.extend(taken);
    }
    Ok(things)
}
