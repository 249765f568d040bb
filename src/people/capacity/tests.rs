//! The days against a naive oracle that asks everything anew for every day.

use chrono::{Datelike, Days, NaiveDate};
use proptest::prelude::*;

use super::{Away, Closed, DayCapacity, Hours, days};
use crate::http::values::TimeZone;

fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 2, 16).unwrap() + Days::new(number)
}

fn oracle(
    own: &[Hours],
    team: &[Hours],
    away: &[Away],
    closed: &[Closed],
    day: NaiveDate,
) -> Option<i32> {
    let latest = |hours: &[Hours]| {
        hours
            .iter()
            .filter(|one| one.valid_from_on <= day)
            .max_by_key(|one| one.valid_from_on)
            .copied()
    };
    let hours = latest(own).or(latest(team))?;
    let mut left = match day.weekday() {
        chrono::Weekday::Mon => hours.minutes[0],
        chrono::Weekday::Tue => hours.minutes[1],
        chrono::Weekday::Wed => hours.minutes[2],
        chrono::Weekday::Thu => hours.minutes[3],
        chrono::Weekday::Fri => hours.minutes[4],
        chrono::Weekday::Sat => hours.minutes[5],
        chrono::Weekday::Sun => hours.minutes[6],
    };
    for absence in away {
        if absence.first_on <= day && day <= absence.last_on {
            left -= absence.minutes_per_day.unwrap_or(left);
        }
    }
    let is_closed = closed
        .iter()
        .any(|one| one.first_on <= day && day <= one.last_on);
    Some(if is_closed { 0 } else { left.max(0) })
}

fn some_hours() -> impl Strategy<Value = Vec<Hours>> {
    let minutes = prop::array::uniform7(0_i32..=1440);
    prop::collection::btree_map(0_u64..40, minutes, 0..4).prop_map(|all| {
        all.into_iter()
            .map(|(from, minutes)| Hours {
                valid_from_on: day(from),
                minutes,
                time_zone: TimeZone::UTC,
            })
            .collect()
    })
}

fn some_days() -> impl Strategy<Value = (NaiveDate, NaiveDate)> {
    (0_u64..40, 0_u64..12).prop_map(|(first, more)| (day(first), day(first + more)))
}

proptest! {
    #[test]
    fn a_day_is_what_is_worked_less_what_is_absent_and_nothing_on_a_holiday(
        own in some_hours(),
        team in some_hours(),
        away in prop::collection::vec((some_days(), prop::option::of(1_i32..=1440)), 0..6),
        closed in prop::collection::vec(some_days(), 0..4),
        (first_on, last_on) in some_days(),
    ) {
        let away: Vec<Away> = away
            .into_iter()
            .map(|((first_on, last_on), minutes_per_day)| Away { first_on, last_on, minutes_per_day })
            .collect();
        let closed: Vec<Closed> = closed
            .into_iter()
            .map(|(first_on, last_on)| Closed { first_on, last_on })
            .collect();
        let found = days((&own, &team), &away, &closed, (first_on, last_on));
        let expected: Vec<Option<i32>> = first_on
            .iter_days()
            .take_while(|day| *day <= last_on)
            .map(|day| oracle(&own, &team, &away, &closed, day))
            .collect();
        prop_assert_eq!(found.iter().map(|day| day.map(DayCapacity::minutes)).collect::<Vec<_>>(), expected);
        for known in found.into_iter().flatten() {
            prop_assert!((0..=known.working_minutes).contains(&known.absent_minutes));
        }
    }
}

#[test]
fn nobody_works_before_the_period_or_after_it() {
    assert_eq!(days((&[], &[]), &[], &[], (day(3), day(2))), []);
    let hours = [Hours {
        valid_from_on: day(5),
        minutes: [480; 7],
        time_zone: TimeZone::UTC,
    }];
    let found = days((&[], &hours), &[], &[], (day(4), day(5)));
    assert_eq!(found[0], None, "unknown is not zero");
    assert_eq!(found[1].map(DayCapacity::minutes), Some(480));
}
