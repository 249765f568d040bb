//! The part of somebody's time that matters for a question, and no more.
//!
//! The surprising rule: the period of the question is not enough. Work that may be done inside or outside of it competes
//! with other work outside, so the days grow until nothing reaches beyond them.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use super::books::{Period, Place};
use super::model::FindingCode;
use crate::access::Reading;
use crate::capacity::load::{self, Demand, MemberLoad, NotCounted, Source};
use crate::capacity::{feasibility, team_load};
use crate::db::Id;
use crate::http::Problem;
use crate::people::capacity::{Calendar, MemberCapacity};

/// How many days before the question are read at first: what reaches further back is rare, and read with all that was ever
/// promised. What lies ahead is read at once.
const BACK: TimeDelta = TimeDelta::days(366);

/// How far from the question what hangs together with it is looked at.
const FAR: TimeDelta = TimeDelta::days(3_653);

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

    /// Where what takes these days has too little.
    pub(super) fn places(&self, shortfalls: Vec<feasibility::Shortfall<Source>>) -> Vec<Place> {
        shortfalls
            .into_iter()
            .map(|one| Place {
                code: FindingCode::OverAllocated,
                period: Period::Days(self.day(one.first), self.day(one.last)),
                wanted: Some(one.wanted_minutes),
                there: Some(one.there_minutes),
                taken: one
                    .taken
                    .into_iter()
                    .map(|taken| (taken.source, taken.minutes))
                    .collect(),
            })
            .collect()
    }

    /// Where what is there already does not fit.
    #[must_use]
    pub fn standing(&self) -> Vec<Place> {
        self.places(feasibility::shortfalls(&self.minutes, &self.present))
    }

    /// These days with what takes them, which lies inside of them.
    #[must_use]
    pub(in crate::capacity) fn of(
        capacity: MemberCapacity,
        inside: impl IntoIterator<Item = Demand>,
    ) -> Self {
        let minutes = load::minutes_of(&capacity);
        Self {
            present: load::laid(inside, &capacity, &minutes),
            minutes,
            not_counted: Vec::new(),
            capacity,
        }
    }
}

/// From a day to a day.
type Days = (NaiveDate, NaiveDate);

/// What hangs together: demands one after the other, none of which touches a day of those before, each with the days that
/// they reach. They come by their first days.
fn together(demands: &[Demand]) -> Vec<(Days, &[Demand])> {
    let mut runs = Vec::new();
    let mut rest = demands;
    while let Some(one) = rest.first() {
        let mut last = one.last_on;
        let joined = rest.iter().take_while(|one| {
            let joins = one.first_on <= last;
            last = last.max(if joins { one.last_on } else { last });
            joins
        });
        let (run, behind) = rest.split_at(joined.count());
        runs.push(((one.first_on, last), run));
        rest = behind;
    }
    runs
}

/// The span of days that these demands reach, beginning with `span`: each that touches it makes it longer. They come by
/// their first days.
#[must_use]
pub fn reach(span: Days, demands: &[Demand]) -> Days {
    let touching = together(demands)
        .into_iter()
        .map(|(days, _)| days)
        .filter(|(first, last)| *first <= span.1 && span.0 <= *last);
    touching.fold(span, |reached, (first, last)| {
        (reached.0.min(first), reached.1.max(last))
    })
}

/// Where what somebody has to do does not fit, whenever, what lacks most first. Nothing that is wrong reaches from what hangs
/// together to something else, so each such run of days is looked at alone, however far apart they are.
#[must_use]
pub fn standing(member: Id, load: &MemberLoad, calendar: &Calendar) -> Vec<Place> {
    let mut places: Vec<Place> = together(&load.demands)
        .into_iter()
        .flat_map(|((first, last), demands)| {
            let capacity = calendar.capacity(member, first, last);
            Opened::of(capacity, demands.iter().copied()).standing()
        })
        .collect();
    places.sort_by_key(|place| place.there.unwrap_or(0) - place.wanted.unwrap_or(0));
    places
}

/// The days around `span` that matter for a member who has these demands, with those of them that lie there. They come by
/// their first days.
#[must_use]
pub fn opened(calendar: &Calendar, member: Id, demands: &[Demand], span: Days) -> Opened {
    let (first, last) = reach(span, demands);
    // So far away nothing decides about the question any more, and days are laid out one by one.
    let first = first.max(span.0.checked_sub_signed(FAR).unwrap_or(first));
    let last = last.min(span.1.checked_add_signed(FAR).unwrap_or(last));
    let inside = |one: &&Demand| first <= one.first_on && one.last_on <= last;
    let inside = demands.iter().filter(inside).copied();
    Opened::of(calendar.capacity(member, first, last), inside)
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
) -> Result<Vec<Opened>, Problem> {
    let mut asked = asked.to_vec();
    asked.sort_unstable_by_key(|one| one.first_on);
    let span = reach(span, &asked);
    let kept = team_load::kept(reading)?;
    let loads: Vec<(Id, MemberLoad)> = match &kept {
        Some(kept) => members
            .iter()
            .map(|member| (*member, kept.of(*member).without(gone, covered)))
            .collect(),
        None => around(reading, members, span, |load| load.without(gone, covered))?,
    };
    let calendar = match &kept {
        Some(kept) => Arc::clone(&kept.calendar),
        None => {
            let (first, last) = loads
                .iter()
                .map(|(_, load)| reach(span, &load.demands))
                .fold(span, |all, own| (all.0.min(own.0), all.1.max(own.1)));
            Arc::new(Calendar::of_members(reading, members, first, last)?)
        }
    };
    let opened = |(member, load): (Id, MemberLoad)| Opened {
        not_counted: load.not_counted,
        ..opened(&calendar, member, &load.demands, span)
    };
    Ok(loads.into_iter().map(opened).collect())
}

/// What these members have to do, from so early on that nothing reaches `span` from before.
fn around(
    reading: &mut Reading<'_>,
    members: &[Id],
    span: Days,
    counted: impl Fn(&MemberLoad) -> MemberLoad,
) -> Result<Vec<(Id, MemberLoad)>, Problem> {
    let (begin, end) = load::always();
    let mut from = span.0.checked_sub_signed(BACK).unwrap_or(begin).max(begin);
    loop {
        let read = load::of_members(reading, members, from, end)?;
        let loads: Vec<(Id, MemberLoad)> = members
            .iter()
            .filter_map(|member| Some((*member, counted(read.get(member)?))))
            .collect();
        let is_within = |load: &MemberLoad| from <= reach(span, &load.demands).0;
        if from == begin || loads.iter().all(|(_, load)| is_within(load)) {
            return Ok(loads);
        }
        from = begin;
    }
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
