//! Who has how much of what there is: from days to periods, without a database.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use super::model::{MemberWorkload, NotCountedTasks, Period, WorkloadBy};
use crate::capacity::days::{fixed, number};
use crate::capacity::feasibility::Spread;
use crate::capacity::load::{Effort, MemberLoad, NotCounted, NotCountedReason, Source, minutes_of};
use crate::db::Id;
use crate::http::text::Name;
use crate::people::capacity::MemberCapacity;

/// How many of the tasks that do not count are named for each member.
pub(super) const TASKS_NAMED: usize = 10;

/// The days or weeks from `from` to `to`. Weeks begin on Monday; the first and the last may be cut.
pub(super) fn periods(from: NaiveDate, to: NaiveDate, by: WorkloadBy) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut first = from;
    while first <= to {
        let more = match by {
            WorkloadBy::Day => 0,
            WorkloadBy::Week => 6 - u64::from(first.weekday().num_days_from_monday()),
        };
        let last = (first + Days::new(more)).min(to);
        periods.push(Period {
            first_on: first.into(),
            last_on: last.into(),
        });
        first = last + Days::new(1);
    }
    periods
}

/// What one member has in each period. `capacity` begins by the first of them and ends behind the last; the more it has
/// of the days of demands that reach beyond, the better these are laid.
pub(super) fn measure(
    (member_id, display_name): (Id, Name),
    capacity: &MemberCapacity,
    load: &MemberLoad,
    periods: &[Period],
) -> MemberWorkload {
    let days = minutes_of(capacity);
    let mut open = days.clone();
    let mut promised = vec![0; days.len()];
    for demand in fixed(&load.demands, capacity, &days) {
        // How much a share of an unknown day is, nobody knows.
        if let (Some(Some(open)), Some(promised)) =
            (open.get_mut(demand.first), promised.get_mut(demand.first))
        {
            *open -= demand.minutes;
            *promised += demand.minutes;
        }
    }
    let spread = Spread::over(&open);
    let bounds: Vec<(i64, i64)> = periods
        .iter()
        .map(|period| {
            (
                number(capacity, period.first_on.naive()),
                number(capacity, period.last_on.naive()),
            )
        })
        .collect();
    let within = |(first, last): (i64, i64)| {
        let first = usize::try_from(first).unwrap_or(0);
        let last = usize::try_from(last).unwrap_or(0);
        first..=last
    };
    let mut allocated: Vec<i64> = bounds
        .iter()
        .map(|bound| {
            promised
                .get(within(*bound))
                .unwrap_or_default()
                .iter()
                .sum()
        })
        .collect();
    let mut wanted = vec![0; periods.len()];
    for demand in &load.demands {
        let Effort::Total(minutes) = demand.effort else {
            continue;
        };
        let sums = match demand.source {
            Source::Task(_) => &mut wanted,
            // Money is nobody's time.
            Source::Expense(_) => continue,
            Source::Allocation(_) | Source::Asked(_) => &mut allocated,
        };
        let (first, last) = (
            number(capacity, demand.first_on),
            number(capacity, demand.last_on),
        );
        let touched = bounds.partition_point(|bound| bound.1 < first);
        for (bound, sum) in bounds
            .iter()
            .zip(sums)
            .skip(touched)
            .take_while(|(bound, _)| bound.0 <= last)
        {
            *sum += spread.minutes(&(first..=last), minutes, *bound);
        }
    }
    let there: Vec<Option<i64>> = bounds
        .iter()
        .map(|bound| {
            days.get(within(*bound))
                .unwrap_or_default()
                .iter()
                .copied()
                .sum()
        })
        .collect();
    let left: Vec<Option<i64>> = there
        .iter()
        .zip(allocated.iter().zip(&wanted))
        .map(|(there, (allocated, wanted))| Some((*there)? - allocated - wanted))
        .collect();
    let unknown = bounds
        .iter()
        .flat_map(|bound| days.get(within(*bound)).unwrap_or_default())
        .filter(|day| day.is_none())
        .count();
    MemberWorkload {
        member_id,
        display_name,
        capacity_minutes: there,
        allocated_minutes: allocated,
        demand_minutes: wanted,
        free_minutes: left
            .iter()
            .map(|left| left.map(|left| left.max(0)))
            .collect(),
        over_minutes: left
            .iter()
            .map(|left| left.map(|left| (-left).max(0)))
            .collect(),
        unknown_days: i64::try_from(unknown).unwrap_or(i64::MAX),
        not_counted: not_counted(&load.not_counted),
    }
}

fn not_counted(tasks: &[NotCounted]) -> NotCountedTasks {
    let mut by_reason: BTreeMap<&str, i64> = BTreeMap::new();
    for task in tasks {
        *by_reason.entry(task.reason.as_str()).or_default() += 1;
    }
    let of = |reason: NotCountedReason| by_reason.get(reason.as_str()).copied().unwrap_or(0);
    NotCountedTasks {
        no_due_date: of(NotCountedReason::NoDueDate),
        no_estimate: of(NotCountedReason::NoEstimate),
        overdue: of(NotCountedReason::Overdue),
        tasks: tasks.iter().take(TASKS_NAMED).copied().collect(),
    }
}
