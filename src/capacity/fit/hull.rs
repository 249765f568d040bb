//! The part of somebody's time that matters for a question, and no more.
//!
//! The surprising rule: the period of the question is not enough. Work that may be done inside or outside of it competes
//! with other work outside, so the days grow until nothing reaches beyond them.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use crate::access::Reading;
use crate::capacity::feasibility;
use crate::capacity::load::{self, Demand, MemberLoad, NotCounted, Source};
use crate::db::Id;
use crate::http::Problem;
use crate::people::capacity::{MemberCapacity, capacities};

/// How many days are looked at on either side at first: most work is shorter, and one look is enough.
const MARGIN: TimeDelta = TimeDelta::days(45);
/// How many times the days grow at most.
const ROUNDS: usize = 6;

/// Somebody's days, with what takes them.
pub struct Opened {
    /// The days.
    pub capacity: MemberCapacity,
    /// Their minutes.
    pub minutes: Vec<Option<i64>>,
    /// What takes them.
    pub present: Vec<feasibility::Demand<Source>>,
    /// What does not count, and why.
    pub not_counted: Vec<NotCounted>,
}

impl Opened {
    /// The day with this index.
    #[must_use]
    pub fn day(&self, index: usize) -> NaiveDate {
        let days = i64::try_from(index).unwrap_or_default();
        self.capacity
            .first_on
            .checked_add_signed(TimeDelta::try_days(days).unwrap_or_default())
            .unwrap_or(self.capacity.first_on)
    }

    /// The index of this day, where it is among them.
    #[must_use]
    pub fn index(&self, day: NaiveDate) -> Option<usize> {
        usize::try_from((day - self.capacity.first_on).num_days())
            .ok()
            .filter(|index| *index < self.minutes.len())
    }

    /// What of a load lies within these days, which are those of the capacity.
    #[must_use]
    pub fn of(
        capacity: MemberCapacity,
        (first, last): (NaiveDate, NaiveDate),
        load: MemberLoad,
    ) -> Self {
        let inside: Vec<Demand> = load
            .demands
            .into_iter()
            .filter(|one| first <= one.first_on && one.last_on <= last)
            .collect();
        Self {
            minutes: load::minutes_of(&capacity),
            present: load::laid(&inside, &capacity),
            not_counted: load.not_counted,
            capacity,
        }
    }
}

/// The span of days that these demands reach, beginning with `span`: each that touches it makes it longer.
#[must_use]
pub fn reach(span: (NaiveDate, NaiveDate), demands: &[Demand]) -> (NaiveDate, NaiveDate) {
    let (mut first, mut last) = span;
    loop {
        let before = (first, last);
        for demand in demands {
            if demand.first_on <= last && first <= demand.last_on {
                first = first.min(demand.first_on);
                last = last.max(demand.last_on);
            }
        }
        if (first, last) == before {
            return before;
        }
    }
}

/// Opens the days around `span` that matter for what is asked there.
///
/// # Errors
/// What the database answers.
pub fn open(
    reading: &mut Reading<'_>,
    member: Id,
    span: (NaiveDate, NaiveDate),
    asked: &[Demand],
    gone: &BTreeSet<Id>,
    covered: &BTreeSet<Id>,
) -> Result<Opened, Problem> {
    let (first, last) = reach(span, asked);
    let mut seen = (
        first.checked_sub_signed(MARGIN).unwrap_or(first),
        last.checked_add_signed(MARGIN).unwrap_or(last),
    );
    let mut rounds = 0;
    let (reached, load) = loop {
        let mut loads = load::without(reading, &[member], seen, gone)?;
        let mut load = loads.remove(&member).unwrap_or_default();
        load.demands.retain(|demand| match demand.source {
            Source::Task(id) => !covered.contains(&id),
            _ => true,
        });
        let reached = reach((first, last), &load.demands);
        rounds += 1;
        if (seen.0 <= reached.0 && reached.1 <= seen.1) || rounds == ROUNDS {
            break (reached, load);
        }
        seen = (seen.0.min(reached.0), seen.1.max(reached.1));
    };
    let capacity = capacities(reading, &[member], reached.0, reached.1)?
        .remove(&member)
        .unwrap_or(MemberCapacity {
            first_on: reached.0,
            days: Vec::new(),
        });
    Ok(Opened::of(capacity, reached, load))
}
