//! The engine against a maximum flow, which knows nothing of intervals, and against enumeration.

use std::collections::{BTreeSet, VecDeque};

use proptest::prelude::*;

use super::*;

/// Some days, some of them unknown.
fn days() -> impl Strategy<Value = Vec<Option<i64>>> {
    let known = (0..=6_i64).prop_map(Some);
    prop_oneof![
        3 => prop::collection::vec(known.clone(), 1..9),
        1 => prop::collection::vec(prop_oneof![4 => known, 1 => Just(None)], 1..9),
    ]
}

/// Windows that may also reach beyond the days, or want nothing.
fn demands(most: usize) -> impl Strategy<Value = Vec<Demand<u8>>> {
    let demand = (0..4_u8, 0..9_usize, 0..4_usize, -1..9_i64).prop_map(
        |(source, first, length, minutes)| Demand {
            source,
            first,
            last: first + length,
            minutes,
        },
    );
    prop::collection::vec(demand, 0..most)
}

/// Whether all minutes find a place.
fn flows(capacity: &[Option<i64>], demands: &[Demand<u8>]) -> bool {
    flow(capacity, demands) == sum(demands)
}

fn sum(demands: &[Demand<u8>]) -> i64 {
    demands.iter().map(|one| one.minutes.max(0)).sum()
}

/// How many minutes find a place: a maximum flow from demands to days, an augmenting path at a time.
fn flow(capacity: &[Option<i64>], demands: &[Demand<u8>]) -> i64 {
    let days = capacity.len();
    // 0 is the spring, then the demands, then the days, then one day for all that lies beyond, then the sea.
    let (beyond, sea) = (1 + demands.len() + days, 2 + demands.len() + days);
    let mut pipe = vec![vec![0_i64; sea + 1]; sea + 1];
    let plenty = 1_000_000;
    for (at, demand) in demands.iter().enumerate() {
        pipe[0][1 + at] = demand.minutes.max(0);
        for day in demand.first..=demand.last {
            let day = if day < days {
                1 + demands.len() + day
            } else {
                beyond
            };
            pipe[1 + at][day] = plenty;
        }
    }
    for (day, minutes) in capacity.iter().enumerate() {
        pipe[1 + demands.len() + day][sea] = minutes.unwrap_or(plenty);
    }
    pipe[beyond][sea] = plenty;
    let mut flow = 0;
    loop {
        let mut from = vec![None; sea + 1];
        let mut queue = VecDeque::from([0]);
        while let Some(at) = queue.pop_front() {
            for next in 1..=sea {
                if from[next].is_none() && pipe[at][next] > 0 {
                    from[next] = Some(at);
                    queue.push_back(next);
                }
            }
        }
        if from[sea].is_none() {
            return flow;
        }
        let mut path = vec![sea];
        while let Some(before) = from[path[path.len() - 1]] {
            path.push(before);
        }
        path.reverse();
        let amount = path
            .windows(2)
            .map(|one| pipe[one[0]][one[1]])
            .min()
            .unwrap();
        for one in path.windows(2) {
            pipe[one[0]][one[1]] -= amount;
            pipe[one[1]][one[0]] += amount;
        }
        flow += amount;
    }
}

fn is_inside(demand: &Demand<u8>, first: usize, last: usize) -> bool {
    demand.minutes > 0 && first <= demand.first && demand.last <= last
}

/// What an interval misses, where it may be judged.
fn missing(
    capacity: &[Option<i64>],
    demands: &[Demand<u8>],
    first: usize,
    last: usize,
) -> Option<i64> {
    let there: i64 = capacity[first..=last]
        .iter()
        .copied()
        .sum::<Option<i64>>()?;
    let wanted: i64 = demands
        .iter()
        .filter(|demand| is_inside(demand, first, last))
        .map(|demand| demand.minutes)
        .sum();
    Some(wanted - there)
}

/// The smallest of the violated intervals in which one of `added` lies, by enumeration.
fn enumerated(
    capacity: &[Option<i64>],
    demands: &[Demand<u8>],
    added: &[Demand<u8>],
) -> BTreeSet<(usize, usize)> {
    let days = capacity.len();
    let violated: Vec<(usize, usize)> = (0..days)
        .flat_map(|first| (first..days).map(move |last| (first, last)))
        .filter(|(first, last)| {
            missing(capacity, demands, *first, *last).is_some_and(|missing| missing > 0)
        })
        .filter(|(first, last)| added.iter().any(|one| is_inside(one, *first, *last)))
        .collect();
    violated
        .iter()
        .filter(|(first, last)| {
            !violated
                .iter()
                .any(|(inner, end)| (inner, end) != (first, last) && first <= inner && end <= last)
        })
        .copied()
        .collect()
}

fn check_told(
    capacity: &[Option<i64>],
    all: &[Demand<u8>],
    told: &[Shortfall<u8>],
    smallest: &BTreeSet<(usize, usize)>,
) {
    assert_eq!(told.is_empty(), smallest.is_empty());
    for one in told {
        assert!(smallest.contains(&(one.first, one.last)), "{one:?}");
        assert_eq!(
            missing(capacity, all, one.first, one.last),
            Some(one.missing_minutes())
        );
        assert_eq!(
            one.there_minutes,
            capacity[one.first..=one.last]
                .iter()
                .map(|day| day.unwrap())
                .sum::<i64>()
        );
        for taken in &one.taken {
            let minutes: i64 = all
                .iter()
                .filter(|demand| {
                    demand.source == taken.source && is_inside(demand, one.first, one.last)
                })
                .map(|demand| demand.minutes)
                .sum();
            assert_eq!(taken.minutes, minutes);
        }
        let named: BTreeSet<u8> = one.sources().copied().collect();
        assert_eq!(named.len(), one.taken.len(), "each source once");
    }
    let worst_first: Vec<i64> = told.iter().map(|one| -one.missing_minutes()).collect();
    assert!(worst_first.is_sorted());
    // None overlaps another, and what was left out overlaps one that is at least as bad.
    let meets =
        |one: &Shortfall<u8>, first: usize, last: usize| one.first <= last && first <= one.last;
    for (at, one) in told.iter().enumerate() {
        assert!(
            told[at + 1..]
                .iter()
                .all(|other| !meets(other, one.first, one.last))
        );
    }
    for (first, last) in smallest {
        let left_out = missing(capacity, all, *first, *last).unwrap();
        assert!(
            told.iter()
                .any(|one| meets(one, *first, *last) && one.missing_minutes() >= left_out)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn everything_fits_where_the_flow_is_full(capacity in days(), demands in demands(9)) {
        prop_assert_eq!(fits(&capacity, &demands), flows(&capacity, &demands));
    }

    #[test]
    fn shortfalls_are_the_smallest_violated_intervals(capacity in days(), demands in demands(12)) {
        let told = shortfalls(&capacity, &demands);
        check_told(&capacity, &demands, &told, &enumerated(&capacity, &demands, &demands));
    }

    #[test]
    fn as_much_is_placed_as_the_flow_can_take(capacity in days(), demands in demands(9)) {
        let placed = placed(&Days::of(&capacity), &capacity, &demands);
        prop_assert!(flows(&capacity, &placed));
        prop_assert_eq!(sum(&placed), flow(&capacity, &demands));
        for (before, after) in demands.iter().zip(&placed) {
            prop_assert!(after.minutes <= before.minutes);
            let is_same = (before.source, before.first, before.last)
                == (after.source, after.first, after.last);
            prop_assert!(is_same);
        }
    }

    #[test]
    fn what_is_added_is_refused_only_where_it_makes_something_worse(
        capacity in days(), present in demands(9), added in demands(4),
    ) {
        let told = caused(&capacity, &present, &added);
        let all = [present.clone(), added.clone()].concat();
        let gained = flow(&capacity, &all) - flow(&capacity, &present);
        prop_assert_eq!(told.is_empty(), gained == sum(&added));
        let placed = placed(&Days::of(&capacity), &capacity, &present);
        let all = [placed, added.clone()].concat();
        check_told(&capacity, &all, &told, &enumerated(&capacity, &all, &added));
    }

    #[test]
    fn what_would_fit_is_what_the_flow_can_take(
        capacity in days(), present in demands(7), first in 0..9_usize, length in 1..4_usize,
    ) {
        let last = first + length - 1;
        let gained = |minutes| {
            let mut all = present.clone();
            all.push(Demand { source: 9, first, last, minutes });
            flow(&capacity, &all) - flow(&capacity, &present)
        };
        let is_known = last < capacity.len() && capacity[first..=last].iter().all(Option::is_some);
        let fit = largest_fit(&capacity, &present, first, last);
        prop_assert_eq!(fit.is_some(), is_known);
        if let Some(fit) = fit {
            prop_assert_eq!(gained(fit), fit);
            prop_assert_eq!(gained(fit + 1), fit);
        }
        for (day, left) in free(&capacity, &present).into_iter().enumerate() {
            prop_assert_eq!(left, largest_fit(&capacity, &present, day, day));
        }
    }

    #[test]
    fn the_earliest_fit_is_the_first_that_fits(
        capacity in days(), present in demands(7), from in 0..5_usize, length in 1..4_usize,
        minutes in 1..9_i64,
    ) {
        let tried = (from..capacity.len()).find(|first| {
            largest_fit(&capacity, &present, *first, first + length - 1)
                .is_some_and(|left| left >= minutes)
        });
        prop_assert_eq!(earliest_fit(&capacity, &present, from, length, minutes), tried);
    }

    #[test]
    fn unknown_days_are_told_with_all_that_might_be_done_there(
        capacity in days(), demands in demands(9),
    ) {
        let told = unknown(&capacity, &demands);
        for run in &told {
            prop_assert!(capacity[run.first..=run.last].iter().all(Option::is_none));
            prop_assert!(!run.sources.is_empty());
        }
        for demand in demands.iter().filter(|demand| demand.minutes > 0) {
            for day in (demand.first..=demand.last).filter(|day| capacity.get(*day) == Some(&None)) {
                let named = told.iter().any(|run| {
                    run.first <= day && day <= run.last && run.sources.contains(&demand.source)
                });
                prop_assert!(named);
            }
        }
    }

    #[test]
    fn spreading_loses_nothing_and_stays_inside(
        open in days(), first in -3..9_i64, length in 1..5_i64, minutes in 0..99_i64,
        cut in -2..9_i64,
    ) {
        let window = first..=first + length - 1;
        let spread = Spread::over(&open);
        let of = |day: i64| spread.minutes(&window, minutes, (day, day));
        let laid: Vec<i64> = window.clone().map(of).collect();
        prop_assert_eq!(laid.iter().sum::<i64>(), minutes);
        prop_assert!(laid.iter().all(|minutes| *minutes >= 0));
        prop_assert_eq!(of(first - 1) + of(first + length), 0);
        let halves = [(-9, cut), (cut + 1, 19)].map(|days| spread.minutes(&window, minutes, days));
        prop_assert_eq!(halves.iter().sum::<i64>(), minutes);
        let room: Option<Vec<i64>> = window
            .map(|day| usize::try_from(day).ok().and_then(|day| *open.get(day)?))
            .collect();
        if let Some(room) = room && room.iter().sum::<i64>() >= minutes {
            for (minutes, room) in laid.iter().zip(room) {
                prop_assert!(*minutes <= room, "no day gets more than it has open");
            }
        }
    }

    #[test]
    fn units_are_counted_at_each_instant(
        there in 0..5_i64,
        uses in prop::collection::vec((0..12_i64, 0..5_i64, -1..4_i64), 0..9),
        from in 0..8_i64, length in 1..6_i64, units in 1..4_i64,
    ) {
        let uses: Vec<units::Use<usize>> = uses
            .into_iter()
            .enumerate()
            .map(|(source, (from, length, units))| units::Use {
                source, from, until: from + length, units,
            })
            .collect();
        let taken = |uses: &[units::Use<usize>], at: i64| -> i64 {
            uses.iter()
                .filter(|one| one.from <= at && at < one.until)
                .map(|one| one.units.max(0))
                .sum()
        };
        let peaks = units::peaks(there, &uses);
        for at in -1..20 {
            let peak = peaks.iter().find(|peak| peak.from <= at && at < peak.until);
            prop_assert_eq!(peak.is_some(), taken(&uses, at) > there, "at {}", at);
            if let Some(peak) = peak {
                prop_assert!(taken(&uses, at) <= peak.wanted_units);
            }
        }
        for peak in &peaks {
            prop_assert_eq!(taken(&uses, peak.worst_at), peak.wanted_units);
            let named: i64 = peak.sources.iter().map(|source| uses[*source].units).sum();
            prop_assert_eq!(named, peak.wanted_units);
            prop_assert!(peak.from <= peak.worst_at && peak.worst_at < peak.until);
        }
        let spans = units::free(there, &uses, from, 20);
        for at in from..20 {
            let span = spans.iter().find(|span| span.from <= at && at < span.until);
            prop_assert_eq!(span.map(|span| span.units), Some(there - taken(&uses, at)));
        }
        for two in spans.windows(2) {
            prop_assert_eq!(two[0].until, two[1].from);
            prop_assert_ne!(two[0].units, two[1].units);
        }
        let fits_at = |begin: i64| (begin..begin + length).all(|at| taken(&uses, at) + units <= there);
        let tried = (from..=20 - length).find(|begin| fits_at(*begin));
        prop_assert_eq!(units::earliest_fit(there, &uses, (from, 20), length, units), tried);
        let fit = units::largest_fit(there, &uses, from, from + length);
        prop_assert_eq!(fit >= units, fits_at(from));
        // One more use is refused exactly where it takes part in a peak.
        let one = units::Use { source: 99, from, until: from + length, units };
        let caused = units::caused(there, &uses, std::slice::from_ref(&one));
        prop_assert_eq!(caused.is_empty(), fits_at(from));
        for peak in &caused {
            prop_assert!(peak.sources.contains(&99));
            prop_assert!(from <= peak.from && peak.until <= from + length);
        }
    }
}

fn demand(source: &'static str, first: usize, last: usize, minutes: i64) -> Demand<&'static str> {
    Demand {
        source,
        first,
        last,
        minutes,
    }
}

#[test]
fn a_full_day_is_no_conflict_while_the_window_has_room() {
    let week = [Some(480); 5];
    let demands = [
        demand("review", 0, 0, 480),
        demand("talk", 0, 1, 480),
        demand("slides", 0, 4, 1440),
    ];
    assert!(fits(&week, &demands));
    assert_eq!(largest_fit(&week, &demands, 2, 4), Some(0));
    assert_eq!(free(&week, &demands), [Some(0); 5]);
    let told = caused(&week, &demands, &[demand("interview", 2, 3, 30)]);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].first, told[0].last), (0, 4));
    assert_eq!(
        (told[0].wanted_minutes, told[0].there_minutes),
        (2430, 2400)
    );
    assert_eq!(
        told[0].sources().copied().collect::<Vec<_>>(),
        ["slides", "review", "talk", "interview",]
    );
}

#[test]
fn what_is_wrong_inside_does_not_hide_what_an_addition_makes_worse() {
    let week = [Some(480); 5];
    let present = [demand("talk", 1, 1, 500), demand("slides", 0, 4, 1920)];
    let added = [demand("interview", 0, 4, 1)];
    let all = [present.as_slice(), &added].concat();
    let told = shortfalls(&week, &all);
    assert_eq!((told[0].first, told[0].last), (1, 1));
    let told = caused(&week, &present, &added);
    assert_eq!((told[0].first, told[0].last), (0, 4));
    assert_eq!(told[0].missing_minutes(), 1);
    // With 20 minutes less, there is room: those that Tuesday does not have take none of the week's.
    let present = [demand("talk", 1, 1, 500), demand("slides", 0, 4, 1900)];
    assert!(caused(&week, &present, &[demand("interview", 0, 4, 20)]).is_empty());
    assert_eq!(largest_fit(&week, &present, 0, 4), Some(20));
}

#[test]
fn shares_of_a_day_are_rounded_down_so_that_a_hundred_percent_fit() {
    let week = [Some(100), Some(0), None, Some(7)];
    let thirds: Vec<Demand<u8>> = [(1, 33), (2, 33), (3, 34)]
        .iter()
        .flat_map(|(source, percent)| share(source, 0, 3, *percent, &week))
        .collect();
    assert!(fits(&week, &thirds));
    assert_eq!(
        unknown(&week, &thirds),
        [Unknown {
            first: 2,
            last: 2,
            sources: vec![1, 2, 3],
        }]
    );
    let daily = each_day(&4, 0, 3, 1, |day| day == 0);
    assert_eq!(daily.len(), 1);
    let told = caused(&week, &thirds, &daily);
    assert_eq!((told[0].first, told[0].wanted_minutes), (0, 101));
}

#[test]
fn the_largest_amount_is_found_by_halving() {
    assert_eq!(largest(1000, |minutes| minutes <= 37), Some(37));
    assert_eq!(largest(10, |_| true), Some(10));
    assert_eq!(largest(10, |_| false), None);
    assert_eq!(largest(0, |_| true), None);
}

#[test]
fn five_years_of_demands_take_no_time() {
    // Not a measurement, but n² would be felt here.
    let days: Vec<Option<i64>> = (0..1826)
        .map(|day| Some(if day % 7 < 5 { 480 } else { 0 }))
        .collect();
    let many: Vec<Demand<usize>> = (0..100_000)
        .map(|at| Demand {
            source: at % 1000,
            first: (at * 7919) % 1700,
            last: (at * 7919) % 1700 + at % 90,
            minutes: 1,
        })
        .collect();
    let begun = std::time::Instant::now();
    let told = shortfalls(&days, &many);
    assert!(told.iter().all(|one| one.missing_minutes() > 0));
    assert_eq!(free(&days, &many).len(), days.len());
    assert!(begun.elapsed().as_secs() < 10);
}
