//! The part of somebody's time that matters for a question, and no more.
//!
//! The surprising rule: the period of the question is not enough. Work that may be done inside or outside of it competes
//! with other work outside, so the days grow until nothing reaches beyond them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};

use crate::access::Reading;
use crate::capacity::feasibility;
use crate::capacity::load::{self, Demand, MemberLoad, NotCounted, Source};
use crate::db::Id;
use crate::http::Problem;
use crate::people::capacity::{MemberCapacity, capacities};

/// How many days before the question are read at first: what reaches further back is rare, and read with all that was ever
/// promised. What lies ahead is read at once.
const BACK: TimeDelta = TimeDelta::days(366);

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
        load: &MemberLoad,
    ) -> Self {
        let inside = load
            .demands
            .iter()
            .filter(|one| first <= one.first_on && one.last_on <= last)
            .copied();
        Self {
            minutes: load::minutes_of(&capacity),
            present: load::laid(inside, &capacity),
            not_counted: load.not_counted.clone(),
            capacity,
        }
    }
}

/// From a day to a day.
type Days = (NaiveDate, NaiveDate);

/// The span of days that these demands reach, beginning with `span`: each that touches it makes it longer. They come by
/// their first days.
#[must_use]
pub fn reach(span: Days, demands: &[Demand]) -> Days {
    let mut reached = span;
    let mut join = |(first, last): Days| {
        if first <= span.1 && span.0 <= last {
            reached = (reached.0.min(first), reached.1.max(last));
        }
    };
    // What hangs together, one after the other.
    let mut together: Option<Days> = None;
    for (first, last) in demands.iter().map(|one| (one.first_on, one.last_on)) {
        match &mut together {
            Some(days) if first <= days.1 => days.1 = days.1.max(last),
            days => {
                days.replace((first, last)).into_iter().for_each(&mut join);
            }
        }
    }
    together.into_iter().for_each(join);
    reached
}

/// The part of a capacity that these days are.
fn part(capacity: &MemberCapacity, (first, last): Days) -> MemberCapacity {
    let index = |day: NaiveDate| usize::try_from((day - capacity.first_on).num_days()).unwrap_or(0);
    MemberCapacity {
        first_on: first,
        days: capacity
            .days
            .get(index(first)..=index(last))
            .map(<[_]>::to_vec)
            .unwrap_or_default(),
    }
}

/// The days around `span` that matter for each of these members, who have these loads.
///
/// # Errors
/// What the database answers.
pub fn opened(
    reading: &mut Reading<'_>,
    members: &[Id],
    span: Days,
    loads: &BTreeMap<Id, MemberLoad>,
) -> Result<Vec<(Id, Opened)>, Problem> {
    let nothing = MemberLoad::default();
    let load = |member: &Id| loads.get(member).unwrap_or(&nothing);
    let spans: Vec<(Id, Days)> = members
        .iter()
        .map(|member| (*member, reach(span, &load(member).demands)))
        .collect();
    let (first, last) = spans
        .iter()
        .fold(span, |all, (_, own)| (all.0.min(own.0), all.1.max(own.1)));
    let capacities = capacities(reading, members, first, last)?;
    Ok(spans
        .into_iter()
        .filter_map(|(member, own)| {
            let capacity = part(capacities.get(&member)?, own);
            Some((member, Opened::of(capacity, own, load(&member))))
        })
        .collect())
}

/// Opens the days around `span` that matter for what is asked there of each of these members, as if the allocations of
/// `gone` were not there, nor the tasks that are `covered`.
///
/// # Errors
/// What the database answers.
pub fn open(
    reading: &mut Reading<'_>,
    members: &[Id],
    span: Days,
    asked: &[Demand],
    gone: &BTreeSet<Id>,
    covered: &BTreeSet<Id>,
) -> Result<Vec<(Id, Opened)>, Problem> {
    let mut asked = asked.to_vec();
    asked.sort_unstable_by_key(|one| one.first_on);
    let span = reach(span, &asked);
    let (begin, end) = load::always();
    let mut from = span.0.checked_sub_signed(BACK).unwrap_or(begin).max(begin);
    let loads = loop {
        let mut loads = load::without(reading, members, (from, end), gone)?;
        for load in loads.values_mut() {
            load.demands.retain(|demand| match demand.source {
                Source::Task(id) => !covered.contains(&id),
                _ => true,
            });
        }
        let is_within = |load: &MemberLoad| from <= reach(span, &load.demands).0;
        if from == begin || loads.values().all(is_within) {
            break loads;
        }
        from = begin;
    };
    opened(reading, members, span, &loads)
}

#[cfg(test)]
mod tests {
    use super::{NaiveDate, reach};
    use crate::capacity::load::{Demand, Effort, Source};

    fn on(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, day).unwrap()
    }

    #[test]
    fn each_that_touches_makes_it_longer() {
        let demands =
            [(1, 1), (3, 9), (9, 14), (10, 10), (15, 19), (20, 24)].map(|(first, last)| Demand {
                source: Source::Asked(0),
                task_id: None,
                first_on: on(first),
                last_on: on(last),
                effort: Effort::Total(1),
            });
        let reached = |first, last| reach((on(first), on(last)), &demands);
        assert_eq!(reached(10, 11), (on(3), on(14)));
        assert_eq!(reached(14, 15), (on(3), on(19)));
        assert_eq!(reached(14, 20), (on(3), on(24)));
        assert_eq!(reached(1, 2), (on(1), on(2)));
        assert_eq!(reached(2, 2), (on(2), on(2)));
        assert_eq!(reached(25, 26), (on(25), on(26)));
    }
}
