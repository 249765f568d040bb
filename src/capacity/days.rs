//! What people have to do on a stretch of days that does not hold all of it.
//!
//! The surprising rule: only what is fixed to days can be cut where the stretch ends. Minutes in total might be done outside, so
//! give the days of all the periods where that matters.

use chrono::{Days, NaiveDate};

use super::feasibility;
use super::load::{self, Demand, Effort, Source};
use super::team_load::TeamLoad;
use crate::people::capacity::MemberCapacity;

/// How far beyond a period the days of the demands in it are looked at: what must be done soon after takes room before, too.
const MARGIN: Days = Days::new(92);

/// The days that a period must be seen with: as far as what is to be done in it reaches, within [`MARGIN`].
#[must_use]
pub fn around(loads: &TeamLoad, (first, last): (NaiveDate, NaiveDate)) -> (NaiveDate, NaiveDate) {
    let touching = loads
        .loads()
        .flat_map(|load| &load.demands)
        .filter(|demand| demand.first_on <= last && demand.last_on >= first);
    let (begin, end) = touching.fold((first, last), |(begin, end), demand| {
        (begin.min(demand.first_on), end.max(demand.last_on))
    });
    (begin.max(first - MARGIN), end.min(last + MARGIN))
}

/// The number of a date among the days: negative before the first.
#[must_use]
pub fn number(days: &MemberCapacity, on: NaiveDate) -> i64 {
    (on - days.first_on).num_days()
}

/// What is fixed to days, as [`load::laid`] lays it, cut at the ends of these days. `minutes` are those of the days.
#[must_use]
pub fn fixed(
    demands: &[Demand],
    days: &MemberCapacity,
    minutes: &[Option<i64>],
) -> Vec<feasibility::Demand<Source>> {
    let Some(behind) = i64::try_from(days.days.len()).ok().filter(|days| *days > 0) else {
        return Vec::new();
    };
    let last_on = days.first_on + chrono::TimeDelta::days(behind - 1);
    let inside = demands
        .iter()
        .filter(|demand| !matches!(demand.effort, Effort::Total(_)))
        .filter(|demand| demand.first_on <= last_on && demand.last_on >= days.first_on)
        .map(|demand| Demand {
            first_on: demand.first_on.max(days.first_on),
            last_on: demand.last_on.min(last_on),
            ..*demand
        });
    load::laid(inside, days, minutes)
}
