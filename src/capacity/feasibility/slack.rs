//! How much more would fit: on a day, within a window, and from which day on.
//!
//! A further demand lies inside exactly the intervals that contain its window, so what fits is the least that any of
//! those has left. Going back from the last day, the tree holds for each first day the least that the intervals from it
//! to the last days seen so far have left; a window that ends on the day in hand takes the least over all first days up
//! to its own. What does not fit already counts only as far as it can be had.

use super::tree::{Least, Starts};
use super::{Days, Demand, placed};

/// For each window of `length` days, by its first day: the minutes that one further demand with this window could have,
/// everything else losing nothing. Windows with unknown days are `None`.
fn left_of_windows<T: Clone>(
    capacity: &[Option<i64>],
    demands: &[Demand<T>],
    length: usize,
) -> Vec<Option<i64>> {
    let demands = placed(&Days::of(capacity), capacity, demands);
    let mut left = vec![None; capacity.len()];
    let mut by_end: Vec<&Demand<T>> = demands
        .iter()
        .filter(|demand| demand.asks() && demand.last < capacity.len())
        .collect();
    by_end.sort_unstable_by_key(|demand| demand.last);
    let mut begin = 0;
    for run in capacity.chunk_by(|one, other| one.is_some() == other.is_some()) {
        let (from, end) = (begin, begin + run.len());
        begin = end;
        if run.iter().any(Option::is_none) {
            continue;
        }
        let inside: Vec<&Demand<T>> = by_end
            .iter()
            .skip(by_end.partition_point(|demand| demand.last < from))
            .take_while(|demand| demand.last < end)
            .filter(|demand| demand.first >= from)
            .copied()
            .collect();
        let mut intervals = all_to_the_end(run, &inside, from);
        let mut inside = inside.into_iter().rev().peekable();
        for (last, minutes) in (from..end).zip(run).rev() {
            let first = (last + 1).checked_sub(length);
            if let Some(first) = first.filter(|first| *first >= from)
                && let Some(left) = left.get_mut(first)
            {
                *left = Some(intervals.least(first - from).max(0));
            }
            // Now for the intervals that end a day earlier: first what no longer must be done inside, so that nothing in
            // between is less than what is true before and after.
            while let Some(demand) = inside.next_if(|demand| demand.last == last) {
                intervals.add(demand.first - from, demand.minutes);
            }
            intervals.add(run.len() - 1, -minutes.unwrap_or_default());
        }
    }
    left
}

/// What is left in the intervals that end with the last day of a run, by their first days.
fn all_to_the_end<T>(run: &[Option<i64>], inside: &[&Demand<T>], from: usize) -> Least {
    let mut wanted = vec![0; run.len()];
    for demand in inside {
        if let Some(wanted) = wanted.get_mut(demand.first - from) {
            *wanted += demand.minutes;
        }
    }
    let mut left: Vec<i64> = run
        .iter()
        .zip(&wanted)
        .rev()
        .scan(0, |sum, (minutes, wanted)| {
            *sum += minutes.unwrap_or_default() - wanted;
            Some(*sum)
        })
        .collect();
    left.reverse();
    Least::with(left.into_iter())
}

/// For each day, the minutes that could still be put on that day alone, everything else losing nothing: what is free there.
/// Not to be summed up, because the same minutes of a demand that can move may make room on one day or on another. `None`
/// where the capacity is unknown.
#[must_use]
pub fn free<T: Clone>(capacity: &[Option<i64>], demands: &[Demand<T>]) -> Vec<Option<i64>> {
    left_of_windows(capacity, demands, 1)
}

/// The most minutes that one further demand within `first..=last` could have, everything else losing nothing. `None` when
/// a day of the window is unknown or not among those given.
///
/// Only the intervals that contain the window matter, so each first day is one up to its own, and the tree has no others.
#[must_use]
pub fn largest_fit<T: Clone>(
    capacity: &[Option<i64>],
    demands: &[Demand<T>],
    first: usize,
    last: usize,
) -> Option<i64> {
    let days = Days::of(capacity);
    if first > last || !days.are_known(first, last) {
        return None;
    }
    let demands = placed(&days, capacity, demands);
    let from = days.known_from.get(first).copied()?;
    let known_behind = capacity
        .iter()
        .skip(last + 1)
        .take_while(|day| day.is_some());
    let end = last + 1 + known_behind.count();
    let mut inside: Vec<&Demand<T>> = demands
        .iter()
        .filter(|demand| demand.asks() && demand.first >= from && demand.last < end)
        .collect();
    inside.sort_unstable_by_key(|demand| demand.last);
    let mut starts = Starts::with((from..=first).map(|day| days.before(day)));
    let mut least = i64::MAX;
    let mut inside = inside.into_iter().peekable();
    for end in last..end {
        while let Some(demand) = inside.next_if(|demand| demand.last <= end) {
            starts.add(demand.first.min(first) - from, demand.minutes);
        }
        least = least.min(days.before(end + 1) - starts.greatest());
    }
    Some(least.max(0))
}

/// The first day from `from` on with which a window of `length` days begins that has room for so many more minutes.
/// Windows with unknown days are passed over: nobody can say whether it fits there.
#[must_use]
pub fn earliest_fit<T: Clone>(
    capacity: &[Option<i64>],
    demands: &[Demand<T>],
    from: usize,
    length: usize,
    minutes: i64,
) -> Option<usize> {
    left_of_windows(capacity, demands, length.max(1))
        .iter()
        .enumerate()
        .skip(from)
        .find(|(_, left)| left.is_some_and(|left| left >= minutes))
        .map(|(first, _)| first)
}

/// The largest amount from 1 to `most` that fits, where less fits whenever more does: for loads of another shape, such as
/// minutes on each day or a share of them.
pub fn largest(most: i64, mut fits: impl FnMut(i64) -> bool) -> Option<i64> {
    let (mut good, mut bad) = (0, most.max(0) + 1);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if fits(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    (good > 0).then_some(good)
}
