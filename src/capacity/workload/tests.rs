//! What is laid where, without a database.

use chrono::NaiveDate;

use super::measure::{measure, periods};
use super::model::{Period, WorkloadBy};
use crate::capacity::load::{Demand, Effort, MemberLoad, Source};
use crate::db::Id;
use crate::http::Text;
use crate::http::values::TimeZone;
use crate::people::capacity::{DayCapacity, MemberCapacity};

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn shown(periods: &[Period]) -> Vec<String> {
    periods
        .iter()
        .map(|one| format!("{}/{}", one.first_on, one.last_on))
        .collect()
}

#[test]
fn weeks_begin_on_monday_and_are_cut_at_the_ends() {
    let weeks = periods(on("2026-12-02"), on("2026-12-15"), WorkloadBy::Week);
    assert_eq!(
        shown(&weeks),
        [
            "2026-12-02/2026-12-06",
            "2026-12-07/2026-12-13",
            "2026-12-14/2026-12-15"
        ]
    );
    let days = periods(on("2026-12-31"), on("2027-01-01"), WorkloadBy::Day);
    assert_eq!(
        shown(&days),
        ["2026-12-31/2026-12-31", "2027-01-01/2027-01-01"]
    );
}

/// Mondays to Fridays of 480 minutes from 30 November 2026 for two weeks, with changes.
fn two_weeks(change: impl Fn(usize, &mut Option<DayCapacity>)) -> MemberCapacity {
    let days = (0..14).map(|day| {
        let mut capacity = Some(DayCapacity {
            working_minutes: if day % 7 < 5 { 480 } else { 0 },
            absent_minutes: 0,
            is_holiday: false,
            time_zone: TimeZone::UTC,
        });
        change(day, &mut capacity);
        capacity
    });
    MemberCapacity {
        first_on: on("2026-11-30"),
        days: days.collect(),
    }
}

fn demand(source: Source, first: &str, last: &str, effort: Effort) -> Demand {
    Demand {
        source,
        task_id: None,
        first_on: on(first),
        last_on: on(last),
        effort,
    }
}

fn measured(
    capacity: &MemberCapacity,
    demands: Vec<Demand>,
    by: WorkloadBy,
) -> super::model::MemberWorkload {
    let load = MemberLoad {
        demands,
        ..MemberLoad::default()
    };
    let periods = periods(on("2026-11-30"), on("2026-12-13"), by);
    let name = Text::new("Ada").unwrap();
    measure((Id::new(), name), capacity, &load, &periods)
}

#[test]
fn each_kind_of_load_is_laid_on_its_days() {
    let capacity = two_weeks(|day, capacity| {
        if day == 7 {
            capacity.as_mut().unwrap().is_holiday = true;
        }
    });
    let (allocation, task) = (Source::Allocation(Id::new()), Source::Task(Id::new()));
    let (first, last) = ("2026-11-30", "2026-12-13");
    let found = measured(
        &capacity,
        vec![
            demand(allocation, first, last, Effort::PerDay(60)),
            demand(allocation, first, last, Effort::Percent(25)),
            demand(task, "2026-12-04", "2026-12-08", Effort::Total(600)),
        ],
        WorkloadBy::Week,
    );
    assert_eq!(found.capacity_minutes, [Some(2400), Some(1920)]);
    assert_eq!(found.allocated_minutes, [900, 720]);
    // Friday and Tuesday have the same open; Monday is a holiday.
    assert_eq!(found.demand_minutes, [300, 300]);
    assert_eq!(found.free_minutes, [Some(1200), Some(900)]);
    assert_eq!(found.over_minutes, [Some(0), Some(0)]);
}

#[test]
fn unknown_days_make_a_period_unknown_and_not_empty() {
    let capacity = two_weeks(|day, capacity| {
        if day == 0 {
            *capacity = None;
        }
    });
    let source = Source::Task(Id::new());
    let found = measured(
        &capacity,
        vec![demand(
            source,
            "2026-11-30",
            "2026-12-03",
            Effort::Total(100),
        )],
        WorkloadBy::Week,
    );
    assert_eq!(found.capacity_minutes, [None, Some(2400)]);
    assert_eq!(found.demand_minutes, [100, 0]);
    assert_eq!(found.free_minutes, [None, Some(2400)]);
    assert_eq!(found.over_minutes, [None, Some(0)]);
    assert_eq!(found.unknown_days, 1);
}

#[test]
fn what_reaches_beyond_is_laid_beyond_too() {
    let capacity = two_weeks(|_, _| {});
    let source = Source::Allocation(Id::new());
    let found = measured(
        &capacity,
        vec![
            demand(source, "2026-11-23", "2026-12-06", Effort::Total(1400)),
            demand(source, "2026-12-05", "2026-12-05", Effort::Total(30)),
            demand(source, "2027-01-01", "2027-01-31", Effort::Total(500)),
        ],
        WorkloadBy::Day,
    );
    // Unknown what there was before: each day counts the same.
    assert_eq!(
        found.allocated_minutes[..7],
        [100, 100, 100, 100, 100, 130, 100]
    );
    assert_eq!(found.allocated_minutes[7..], [0; 7]);
    assert_eq!(found.over_minutes[5], Some(130));
    assert_eq!(found.free_minutes[0], Some(380));
}
