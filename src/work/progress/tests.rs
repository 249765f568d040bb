use super::*;
use TaskStatus::{Blocked, Cancelled, Done, InProgress, InReview, Todo};
use proptest::prelude::*;

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_yo_opt(2026, number).unwrap()
}

fn percent(tasks: &[(TaskStatus, Option<i64>)]) -> (Option<i64>, Basis) {
    let progress = progress(tasks.iter().copied());
    (progress.percent, progress.basis)
}

#[test]
fn nothing_to_count_has_no_percent() {
    assert_eq!(percent(&[]), (None, Basis::Count));
    let cancelled = progress([(Cancelled, Some(60))]);
    assert_eq!(
        (
            cancelled.percent,
            cancelled.tasks_total,
            cancelled.estimate_minutes_total
        ),
        (None, 0, 0)
    );
    assert_eq!(
        cancelled.by_status,
        StatusCounts {
            cancelled: 1,
            ..StatusCounts::default()
        }
    );
}

#[test]
fn estimates_weigh_only_when_every_counted_task_has_one() {
    assert_eq!(
        percent(&[(Done, Some(90)), (Todo, Some(30))]),
        (Some(75), Basis::Estimate)
    );
    assert_eq!(
        percent(&[(Done, Some(90)), (Todo, Some(30)), (Cancelled, None)]),
        (Some(75), Basis::Estimate)
    );
    assert_eq!(
        percent(&[(Done, Some(90)), (Todo, Some(30)), (Todo, None)]),
        (Some(33), Basis::Count)
    );
    assert_eq!(
        percent(&[(Done, Some(0)), (Todo, Some(0))]),
        (Some(50), Basis::Count)
    );
    assert_eq!(
        percent(&[(Done, Some(90)), (Todo, Some(-30))]),
        (Some(50), Basis::Count)
    );
}

#[test]
fn it_is_100_only_when_all_is_done() {
    assert_eq!(
        percent(&[(Done, Some(60)), (Done, Some(0))]),
        (Some(100), Basis::Estimate)
    );
    assert_eq!(
        percent(&[(Done, Some(60)), (InReview, Some(0))]),
        (Some(99), Basis::Estimate)
    );
    assert_eq!(
        percent(&[(Done, Some(999)), (Todo, Some(1))]),
        (Some(99), Basis::Estimate)
    );
    assert_eq!(
        percent(&[(Done, Some(1)), (Todo, Some(999))]),
        (Some(0), Basis::Estimate)
    );
}

#[test]
fn it_names_its_inputs() {
    let tasks = [Todo, InProgress, Blocked, InReview, Done, Done, Cancelled];
    let progress = progress(tasks.into_iter().zip([
        Some(1),
        Some(2),
        None,
        Some(8),
        Some(16),
        Some(32),
        Some(64),
    ]));
    let expected = serde_json::json!({
        "percent": 33, "basis": "count", "tasks_total": 6, "tasks_done": 2,
        "estimate_minutes_total": 59, "estimate_minutes_done": 48,
        "by_status": {"todo": 1, "in_progress": 1, "blocked": 1, "in_review": 1, "done": 2, "cancelled": 1},
    });
    assert_eq!(serde_json::to_value(progress).unwrap(), expected);
}

#[test]
fn sums_beyond_i64_stay_at_its_end() {
    let huge = progress([
        (Done, Some(i64::MAX)),
        (Done, Some(i64::MAX)),
        (Todo, Some(i64::MAX)),
    ]);
    assert_eq!(
        (huge.percent, huge.estimate_minutes_total),
        (Some(66), i64::MAX)
    );
}

fn fact(on: u32, task: u128, status: TaskStatus) -> Fact {
    Fact {
        on: day(on),
        task,
        state: Some(FactState {
            status,
            estimate_minutes: None,
            belongs: true,
        }),
    }
}

#[test]
fn a_series_has_every_day_of_the_range() {
    let mut facts = vec![
        fact(1, 1, Todo),
        fact(1, 2, Todo),
        fact(12, 1, Done),
        fact(14, 2, Done),
        fact(14, 2, Todo),
        fact(20, 2, Done),
    ];
    facts.insert(
        4,
        Fact {
            state: None,
            ..fact(14, 2, Todo)
        },
    );
    let days = series(facts, day(10), day(15)).unwrap();
    assert_eq!(
        days.iter().map(|entry| entry.on).collect::<Vec<_>>(),
        (10..=15).map(day).collect::<Vec<_>>()
    );
    let percents: Vec<_> = days.iter().map(|entry| entry.progress.percent).collect();
    assert_eq!(
        percents,
        [Some(0), Some(0), Some(50), Some(50), Some(50), Some(50)]
    );
}

#[test]
fn what_leaves_is_no_longer_counted() {
    let state = FactState {
        status: Todo,
        estimate_minutes: None,
        belongs: false,
    };
    let facts = [
        fact(1, 1, Done),
        fact(1, 2, Todo),
        Fact {
            on: day(2),
            task: 2,
            state: Some(state),
        },
        fact(3, 2, Todo),
        Fact {
            on: day(4),
            task: 2,
            state: None,
        },
        Fact {
            on: day(4),
            task: 9,
            state: None,
        },
    ];
    let percents: Vec<_> = series(facts, day(1), day(4))
        .unwrap()
        .iter()
        .map(|entry| entry.progress.percent)
        .collect();
    assert_eq!(percents, [Some(50), Some(100), Some(50), Some(100)]);
}

#[test]
fn the_order_of_revisions_wins_over_their_clocks() {
    let days = series([fact(5, 1, Todo), fact(3, 1, Done)], day(3), day(5)).unwrap();
    let percents: Vec<_> = days.iter().map(|entry| entry.progress.percent).collect();
    assert_eq!(percents, [None, None, Some(100)]);
}

#[test]
fn a_range_is_a_year_at_most() {
    let last = |days: i64| day(1) + chrono::TimeDelta::days(days - 1);
    assert_eq!(series([], day(1), last(MAX_DAYS)).unwrap().len(), 366);
    assert_eq!(
        series([], day(1), last(MAX_DAYS + 1)),
        Err(InvalidRange::TooLong { days: 367 })
    );
    assert_eq!(series([], day(2), day(1)), Err(InvalidRange::Reversed));
    assert_eq!(series([], day(2), day(2)).unwrap().len(), 1);
    assert_eq!(
        series([], NaiveDate::MAX, NaiveDate::MAX).map(|days| days.len()),
        Ok(1)
    );
}

fn any_task() -> impl Strategy<Value = (TaskStatus, Option<i64>)> {
    (
        prop::sample::select(TaskStatus::ALL),
        prop::option::weighted(0.9, 0i64..500),
    )
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let state = (any_task(), prop::bool::weighted(0.8)).prop_map(
        |((status, estimate_minutes), belongs)| FactState {
            status,
            estimate_minutes,
            belongs,
        },
    );
    (1u32..40, 0u128..8, prop::option::weighted(0.85, state)).prop_map(|(on, task, state)| Fact {
        on: day(on),
        task,
        state,
    })
}

proptest! {
    #[test]
    fn percent_keeps_its_promises(tasks in prop::collection::vec(any_task(), 0..20)) {
        let progress = progress(tasks.iter().copied());
        let counted: Vec<_> = tasks.iter().filter(|(status, _)| *status != Cancelled).collect();
        let all_done = counted.iter().all(|(status, _)| *status == Done);
        prop_assert_eq!(progress.percent.is_none(), counted.is_empty());
        prop_assert!(progress.percent.is_none_or(|percent| (0..=100).contains(&percent)));
        prop_assert_eq!(progress.percent == Some(100), all_done && !counted.is_empty());
        let by_estimate = counted.iter().all(|(_, estimate)| estimate.is_some()) && progress.estimate_minutes_total > 0;
        prop_assert_eq!(progress.basis == Basis::Estimate, by_estimate);
    }

    #[test]
    fn each_day_of_a_series_equals_counting_from_scratch(
        mut facts in prop::collection::vec(any_fact(), 0..60), first in 1u32..40, length in 0u32..20,
    ) {
        facts.sort_by_key(|fact| fact.on);
        for entry in series(facts.clone(), day(first), day(first + length)).unwrap() {
            let latest = |task| facts.iter().rev().find(|fact| fact.task == task && fact.on <= entry.on);
            let tasks = (0..8).filter_map(|task| latest(task)?.state).filter(|state| state.belongs);
            prop_assert_eq!(entry.progress, progress(tasks.map(|state| (state.status, state.estimate_minutes))));
        }
    }
}
