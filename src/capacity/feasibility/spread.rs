//! Where the minutes of a demand are shown when nobody has said on which of its days they will be done.

use super::Demand;

/// The minutes of a demand, laid on the days of its window in proportion to what these have `open`, in whole minutes whose
/// sum is exact. For each day the day and its minutes; days without any are left out.
///
/// For pictures and tables only: whether it fits, the interval condition tells. Where a day of the window is unknown or
/// lies beyond the days that are given, each day counts the same; where no day has anything open, the last day takes all.
#[must_use]
pub fn spread<T>(open: &[Option<i64>], demand: &Demand<T>) -> Vec<(usize, i64)> {
    if !demand.asks() {
        return Vec::new();
    }
    let window = || demand.first..=demand.last;
    let of = |day: usize| open.get(day).copied().flatten();
    let are_known = window().all(|day| of(day).is_some());
    let weight = |day: usize| {
        if are_known {
            i128::from(of(day).unwrap_or_default().max(0))
        } else {
            1
        }
    };
    let total: i128 = window().map(weight).sum();
    if total == 0 {
        return vec![(demand.last, demand.minutes)];
    }
    let minutes = i128::from(demand.minutes);
    let mut passed = 0;
    let mut laid = 0;
    let mut shares = Vec::new();
    for day in window() {
        passed += weight(day);
        let so_far = i64::try_from(minutes * passed / total).unwrap_or(demand.minutes);
        if so_far > laid {
            shares.push((day, so_far - laid));
            laid = so_far;
        }
    }
    shares
}
