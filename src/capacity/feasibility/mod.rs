//! Whether what is promised fits into the time there is: pure arithmetic on whole minutes, without a database.
//!
//! The surprising rule: no day is looked at alone. A [`Demand`] is so many minutes *somewhere* within a window of days,
//! so a full Monday is no conflict while Tuesday is free. What is looked at are intervals of days:
//!
//! > Everything fits if and only if for no interval of days the demands whose windows lie inside it want more minutes
//! > than the interval has.
//!
//! **Proof.** *Only if*: what must be done inside an interval has no other place. *If*: let each day be filled with
//! whatever may be done on it, the window that ends first going first (EDF), and let a demand with the last day `b` be
//! left with minutes after `b`. Go back from `b` to the latest day before which the filling left minutes of a day
//! unused, or gave some to a window that ends after `b`; let `a` be the day after it (or the first day of all). The days
//! `a..=b` are then full, and full of demands that end by `b`. None of those could be done before `a`: on the day before
//! `a` it would have been preferred to what was done there. So they, and what is left over, lie inside `a..=b` and want
//! more than it has. A smallest such interval begins where a window begins and ends where one ends.
//!
//! Sources: P. Hall, *On representatives of subsets* (1935), for one-minute pieces and one-minute slots; F. Glover,
//! *Maximum matching in a convex bipartite graph* (1967), for why intervals are enough; W. A. Horn, *Some simple
//! scheduling algorithms* (1974), for the filling by the first end with windows that begin on different days. A day takes
//! any mixture of demands (preemption at whole minutes), which is what makes the condition exact.
//!
//! **Unknown is not zero**: a day whose capacity nobody has recorded (`None`) might take anything, so no interval that
//! contains one is judged, and [`unknown`] tells of them apart. The same holds for windows that reach beyond the days
//! that are given. Load that is fixed to days (so many minutes a day, a share of each day) is a demand per day with a
//! window of that day: see [`each_day`] and [`share`].
//!
//! Where something does not fit already, the question is whether more makes it worse: [`caused`], [`free`],
//! [`largest_fit`] and [`earliest_fit`] count of what is there only what can be had.
//!
//! With d demands over n days, [`shortfalls`], [`caused`] and [`fits`] take O(n + d log d + d log n), and [`free`],
//! [`largest_fit`] and [`earliest_fit`] O((n + d) log n). The tests compare them with a maximum flow and with
//! enumeration.

mod placed;
mod slack;
mod spread;
#[cfg(test)]
mod tests;
mod tree;
pub mod units;

use std::collections::BTreeMap;

use placed::placed;
pub use slack::{earliest_fit, free, largest, largest_fit};
pub use spread::Spread;
use tree::Starts;

/// So many minutes, to be done somewhere within the days `first..=last`. Without minutes, or with its days the wrong way
/// round, it asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand<T> {
    /// What asks for them.
    pub source: T,
    /// The first day on which they can be done.
    pub first: usize,
    /// The last such day.
    pub last: usize,
    /// How many.
    pub minutes: i64,
}

/// What one source takes of an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken<T> {
    /// What asks for them.
    pub source: T,
    /// How many minutes must be done inside.
    pub minutes: i64,
}

/// An interval of days that has less time than must be done inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall<T> {
    /// The first day.
    pub first: usize,
    /// The last day.
    pub last: usize,
    /// The minutes that must be done inside.
    pub wanted_minutes: i64,
    /// The minutes that are there.
    pub there_minutes: i64,
    /// Who wants them, those who want most first. All their windows lie inside.
    pub taken: Vec<Taken<T>>,
}

impl<T> Shortfall<T> {
    /// How many minutes are missing: always more than none.
    #[must_use]
    pub const fn missing_minutes(&self) -> i64 {
        self.wanted_minutes - self.there_minutes
    }

    /// Who wants the minutes, those who want most first.
    pub fn sources(&self) -> impl Iterator<Item = &T> {
        self.taken.iter().map(|one| &one.source)
    }
}

/// A run of days whose capacity is unknown, with the demands that might be done there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown<T> {
    /// The first day.
    pub first: usize,
    /// The last day.
    pub last: usize,
    /// The demands that could not be judged because of it, each once.
    pub sources: Vec<T>,
}

/// A load of so many minutes on each day of `first..=last` that `is_wanted` names: a demand for each.
pub fn each_day<T: Clone>(
    source: &T,
    first: usize,
    last: usize,
    minutes: i64,
    mut is_wanted: impl FnMut(usize) -> bool,
) -> Vec<Demand<T>> {
    (first..=last)
        .filter(|day| is_wanted(*day))
        .map(|day| Demand {
            source: source.clone(),
            first: day,
            last: day,
            minutes,
        })
        .collect()
}

/// A load of so many hundredths of each day's capacity, rounded down, so that shares of 100 % together always fit. Days
/// whose capacity is unknown have an unknown share: one minute stands for it, so that [`unknown`] tells of it.
#[must_use]
pub fn share<T: Clone>(
    source: &T,
    first: usize,
    last: usize,
    percent: i64,
    capacity: &[Option<i64>],
) -> Vec<Demand<T>> {
    capacity
        .iter()
        .enumerate()
        .skip(first)
        .take((last + 1).saturating_sub(first))
        .map(|(day, minutes)| Demand {
            source: source.clone(),
            first: day,
            last: day,
            minutes: minutes.map_or(1, |minutes| minutes.saturating_mul(percent) / 100),
        })
        .filter(|demand| demand.minutes > 0)
        .collect()
}

/// The days, summed up.
struct Days {
    /// Before each day: the minutes of all days before it, unknown ones as none.
    sums: Vec<i64>,
    /// For each day: where the run of known days begins that it is in; for an unknown day, the day after it.
    known_from: Vec<usize>,
}

impl Days {
    fn of(capacity: &[Option<i64>]) -> Self {
        let mut sums = Vec::with_capacity(capacity.len() + 1);
        sums.push(0);
        let mut known_from = Vec::with_capacity(capacity.len());
        let (mut sum, mut from) = (0, 0);
        for (day, minutes) in capacity.iter().enumerate() {
            match minutes {
                Some(minutes) => sum += minutes,
                None => from = day + 1,
            }
            sums.push(sum);
            known_from.push(from);
        }
        Self { sums, known_from }
    }

    /// The minutes of all days before this one.
    fn before(&self, day: usize) -> i64 {
        self.sums.get(day).copied().unwrap_or_default()
    }

    fn between(&self, first: usize, last: usize) -> i64 {
        self.before(last + 1) - self.before(first)
    }

    /// Whether an interval may be judged: it lies within the days that are given, and each is known.
    fn are_known(&self, first: usize, last: usize) -> bool {
        self.known_from.get(last).is_some_and(|from| *from <= first)
    }
}

impl<T> Demand<T> {
    fn asks(&self) -> bool {
        self.minutes > 0 && self.first <= self.last
    }
}

/// The shortest intervals that have less time than is wanted inside them, the worst first. None contains or overlaps
/// another: where several overlap, the worst stands for them, and when it is mended the others will be told.
#[must_use]
pub fn shortfalls<T: Clone + Ord>(
    capacity: &[Option<i64>],
    demands: &[Demand<T>],
) -> Vec<Shortfall<T>> {
    let all: Vec<&Demand<T>> = demands.iter().collect();
    let days = Days::of(capacity);
    let intervals = violated(&days, &all, Some);
    told(&days, &all, intervals)
}

/// As [`shortfalls`], but of what is wrong because of `added` alone: beside what can be had of `present`. What could not be
/// had of that anyway is nobody's fault who asks, and is not counted. There is none exactly when all of `added` can be
/// had without any of what is `present` losing a minute.
#[must_use]
pub fn caused<T: Clone + Ord>(
    capacity: &[Option<i64>],
    present: &[Demand<T>],
    added: &[Demand<T>],
) -> Vec<Shortfall<T>> {
    let days = Days::of(capacity);
    let present = placed(&days, capacity, present);
    let all: Vec<&Demand<T>> = present.iter().chain(added).collect();
    // For each last day: the latest day on which a demand that is added and ends by then may begin.
    let mut latest = vec![None; capacity.len()];
    for demand in added.iter().filter(|demand| demand.asks()) {
        if let Some(first) = latest.get_mut(demand.last) {
            *first = (*first).max(Some(demand.first));
        }
    }
    let mut so_far = None;
    for first in &mut latest {
        so_far = so_far.max(*first);
        *first = so_far;
    }
    let intervals = violated(&days, &all, |last| latest.get(last).copied().flatten());
    told(&days, &all, intervals)
}

/// Whether everything fits, as far as that is known.
#[must_use]
pub fn fits<T>(capacity: &[Option<i64>], demands: &[Demand<T>]) -> bool {
    let all: Vec<&Demand<T>> = demands.iter().collect();
    violated(&Days::of(capacity), &all, Some).is_empty()
}

/// An interval that has too little time.
#[derive(Clone, Copy)]
struct Interval {
    first: usize,
    last: usize,
    missing: i64,
}

/// Every interval that has less time than is wanted inside and contains no other such interval, in order. Those that
/// end on `last` begin on `latest_first(last)` or before.
///
/// For each last day in turn, the tree holds for every first day what is wanted inside, plus the capacity before that
/// day: the interval has too little where this exceeds the capacity before the day after the last one.
fn violated<T>(
    days: &Days,
    demands: &[&Demand<T>],
    latest_first: impl Fn(usize) -> Option<usize>,
) -> Vec<Interval> {
    let mut by_end: Vec<&&Demand<T>> = demands
        .iter()
        .filter(|demand| demand.asks() && days.are_known(demand.first, demand.last))
        .collect();
    by_end.sort_unstable_by_key(|demand| demand.last);
    let mut starts = Starts::with(days.sums.iter().copied());
    let mut found: Vec<Interval> = Vec::new();
    for ending in by_end.chunk_by(|one, other| one.last == other.last) {
        for demand in ending {
            starts.add(demand.first, demand.minutes);
        }
        let Some(last) = ending.first().map(|demand| demand.last) else {
            continue;
        };
        let Some(latest) = latest_first(last) else {
            continue;
        };
        let there = days.before(last + 1);
        let Some((first, value)) = starts.last_above(latest, there) else {
            continue;
        };
        let is_smallest = found.last().is_none_or(|before| before.first < first);
        if days.are_known(first, last) && is_smallest {
            found.push(Interval {
                first,
                last,
                missing: value - there,
            });
        }
    }
    found
}

/// The worst of these intervals, and of those that overlap only the worst, with who wants what.
fn told<T: Clone + Ord>(
    days: &Days,
    demands: &[&Demand<T>],
    mut intervals: Vec<Interval>,
) -> Vec<Shortfall<T>> {
    intervals.sort_by_key(|one| (-one.missing, one.first));
    // By the first day; of a set of intervals without overlaps only the neighbours can overlap a new one.
    let mut kept: BTreeMap<usize, (Interval, BTreeMap<&T, i64>)> = BTreeMap::new();
    for one in intervals {
        let before = kept.range(..=one.first).next_back();
        let behind = kept.range(one.first..).next();
        let is_apart = before.is_none_or(|(_, (kept, _))| kept.last < one.first)
            && behind.is_none_or(|(first, _)| one.last < *first);
        if is_apart {
            kept.insert(one.first, (one, BTreeMap::new()));
        }
    }
    for demand in demands.iter().filter(|demand| demand.asks()) {
        if let Some((_, (interval, taken))) = kept.range_mut(..=demand.first).next_back()
            && demand.last <= interval.last
        {
            *taken.entry(&demand.source).or_default() += demand.minutes;
        }
    }
    let mut told: Vec<Shortfall<T>> = kept
        .into_values()
        .map(|(interval, taken)| {
            let mut taken: Vec<Taken<T>> = taken
                .into_iter()
                .map(|(source, minutes)| Taken {
                    source: source.clone(),
                    minutes,
                })
                .collect();
            taken.sort_by_key(|one| -one.minutes);
            Shortfall {
                first: interval.first,
                last: interval.last,
                wanted_minutes: taken.iter().map(|one| one.minutes).sum(),
                there_minutes: days.between(interval.first, interval.last),
                taken,
            }
        })
        .collect();
    told.sort_by_key(|one| (-one.missing_minutes(), one.first));
    told
}

/// The runs of days with unknown capacity on which some demand might be done, in order: because of them it was not
/// judged.
#[must_use]
pub fn unknown<T: Clone + Ord>(capacity: &[Option<i64>], demands: &[Demand<T>]) -> Vec<Unknown<T>> {
    let mut runs: Vec<Unknown<T>> = Vec::new();
    for (day, _) in capacity
        .iter()
        .enumerate()
        .filter(|(_, minutes)| minutes.is_none())
    {
        match runs.last_mut() {
            Some(run) if run.last + 1 == day => run.last = day,
            _ => runs.push(Unknown {
                first: day,
                last: day,
                sources: Vec::new(),
            }),
        }
    }
    for run in &mut runs {
        run.sources = demands
            .iter()
            .filter(|demand| demand.asks() && demand.first <= run.last && run.first <= demand.last)
            .map(|demand| demand.source.clone())
            .collect();
        run.sources.sort_unstable();
        run.sources.dedup();
    }
    runs.retain(|run| !run.sources.is_empty());
    runs
}
