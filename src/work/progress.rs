//! How far a set of tasks is, derived from the tasks: now, or day by day from the journal.
//!
//! The surprising rule: progress is weighted by estimates only when *every* counted task has one; a single task without
//! turns it into a count of tasks, and `basis` says which it is. Cancelled tasks are listed but not counted.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::work::task_status::TaskStatus;

mod live;
mod past;

pub use live::routes;

/// The longest range of a [`series`], in days: a leap year.
pub const MAX_DAYS: i64 = 366;

/// What `percent` is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Of the estimated minutes: every counted task has an estimate, and they are not all zero.
    Estimate,
    /// Of the number of tasks.
    Count,
}

/// How many tasks have each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"todo": 2, "in_progress": 1, "blocked": 0, "in_review": 0, "done": 1, "cancelled": 1}))]
pub struct StatusCounts {
    /// Tasks in `todo`.
    pub todo: i64,
    /// Tasks in `in_progress`.
    pub in_progress: i64,
    /// Tasks in `blocked`.
    pub blocked: i64,
    /// Tasks in `in_review`.
    pub in_review: i64,
    /// Tasks in `done`.
    pub done: i64,
    /// Tasks in `cancelled`, which nothing else here counts.
    pub cancelled: i64,
}

/// How far a set of tasks is, with everything that it was derived from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"percent": 25, "basis": "count", "tasks_total": 4, "tasks_done": 1, "estimate_minutes_total": 300, "estimate_minutes_done": 120, "by_status": {"todo": 2, "in_progress": 1, "blocked": 0, "in_review": 0, "done": 1, "cancelled": 1}}))]
pub struct Progress {
    /// 0 to 100, rounded down, 100 only when every counted task is done; null when there is no task to count.
    #[schema(required = true, minimum = 0, maximum = 100)]
    pub percent: Option<i64>,
    /// What `percent` is a share of.
    pub basis: Basis,
    /// The tasks that count: all but the cancelled.
    pub tasks_total: i64,
    /// Those of them that are done.
    pub tasks_done: i64,
    /// The sum of the estimates of the tasks that count, in minutes, also where not all have one.
    pub estimate_minutes_total: i64,
    /// The same sum over those that are done, in minutes.
    pub estimate_minutes_done: i64,
    /// The number of tasks in each status, the cancelled included.
    pub by_status: StatusCounts,
}

impl StatusCounts {
    fn of(&mut self, status: TaskStatus) -> &mut i64 {
        match status {
            TaskStatus::Todo => &mut self.todo,
            TaskStatus::InProgress => &mut self.in_progress,
            TaskStatus::Blocked => &mut self.blocked,
            TaskStatus::InReview => &mut self.in_review,
            TaskStatus::Done => &mut self.done,
            TaskStatus::Cancelled => &mut self.cancelled,
        }
    }
}

/// The progress of these tasks, each with its status and its estimate in minutes. A negative estimate counts as none.
pub fn progress(tasks: impl IntoIterator<Item = (TaskStatus, Option<i64>)>) -> Progress {
    let mut tally = Tally::default();
    for (status, estimate_minutes) in tasks {
        tally.change(status, estimate_minutes, 1);
    }
    tally.progress()
}

/// The progress of tasks that come in groups: so many with this status and this estimate.
pub fn progress_of_groups(
    groups: impl IntoIterator<Item = (TaskStatus, Option<i64>, i64)>,
) -> Progress {
    let mut tally = Tally::default();
    for (status, estimate_minutes, tasks) in groups {
        tally.change(status, estimate_minutes, tasks);
    }
    tally.progress()
}

/// Running sums, from which tasks can be taken out again. Minutes are `i128`, so that no sum of `i64` overflows.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    by_status: StatusCounts,
    without_estimate: i64,
    minutes_total: i128,
    minutes_done: i128,
}

impl Tally {
    /// Puts a task in so many times, or takes it out (-1).
    fn change(&mut self, status: TaskStatus, estimate_minutes: Option<i64>, times: i64) {
        *self.by_status.of(status) += times;
        if status == TaskStatus::Cancelled {
            return;
        }
        let Some(minutes) = estimate_minutes.filter(|minutes| *minutes >= 0) else {
            self.without_estimate += times;
            return;
        };
        let minutes = i128::from(minutes) * i128::from(times);
        self.minutes_total += minutes;
        if status == TaskStatus::Done {
            self.minutes_done += minutes;
        }
    }

    fn progress(&self) -> Progress {
        let StatusCounts {
            todo,
            in_progress,
            blocked,
            in_review,
            done,
            cancelled: _,
        } = self.by_status;
        let tasks_total = todo + in_progress + blocked + in_review + done;
        let by_estimate = self.without_estimate == 0 && self.minutes_total > 0;
        let (basis, part, whole) = if by_estimate {
            (Basis::Estimate, self.minutes_done, self.minutes_total)
        } else {
            (Basis::Count, i128::from(done), i128::from(tasks_total))
        };
        // A task that is estimated at nothing still has to be done before it is 100.
        let most = if done == tasks_total { 100 } else { 99 };
        let percent = (part * 100)
            .checked_div(whole)
            .map(|percent| saturated(percent).min(most));
        Progress {
            percent,
            basis,
            tasks_total,
            tasks_done: done,
            estimate_minutes_total: saturated(self.minutes_total),
            estimate_minutes_done: saturated(self.minutes_done),
            by_status: self.by_status,
        }
    }
}

fn saturated(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(i64::MAX)
}

/// What the journal says about a task at some revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// The day of the revision, in the team's time zone.
    pub on: NaiveDate,
    /// The task's id.
    pub task: u128,
    /// What the task is from then on; `None` when it is deleted.
    pub state: Option<FactState>,
}

/// The part of a task that progress looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactState {
    /// Its status.
    pub status: TaskStatus,
    /// Its estimate in minutes, if it has one.
    pub estimate_minutes: Option<i64>,
    /// Whether it belongs to what progress is asked of (the campaign, the milestone, the parent).
    pub belongs: bool,
}

/// The progress at the end of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayProgress {
    /// The day.
    #[schema(value_type = crate::db::Date)]
    pub on: NaiveDate,
    /// How far it was when the day ended.
    pub progress: Progress,
}

/// Why a range of days has no series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRange {
    /// The last day is before the first.
    #[error("the last day is before the first")]
    Reversed,
    /// More than [`MAX_DAYS`].
    #[error("{days} days, at most {MAX_DAYS} at a time")]
    TooLong {
        /// How many days were asked for.
        days: i64,
    },
}

/// The progress at the end of each day from `first` to `last`, both included, in one pass over the facts.
///
/// The facts come in the order of their revisions, from the beginning of the journal; those after `last` change nothing.
/// Where clocks ran backwards and a later revision has an earlier day, it counts from the latest day seen before it: the
/// order of revisions wins.
///
/// # Errors
/// [`InvalidRange`], before any fact is looked at.
pub fn series(
    facts: impl IntoIterator<Item = Fact>,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<DayProgress>, InvalidRange> {
    if last < first {
        return Err(InvalidRange::Reversed);
    }
    let days = (last - first).num_days() + 1;
    if days > MAX_DAYS {
        return Err(InvalidRange::TooLong { days });
    }
    let mut facts = facts.into_iter().peekable();
    let mut counted: HashMap<u128, FactState> = HashMap::new();
    let mut tally = Tally::default();
    let until_last =
        std::iter::successors(Some(first), |day| day.succ_opt()).take_while(|day| *day <= last);
    let days = until_last.map(|day| {
        while let Some(fact) = facts.next_if(|fact| fact.on <= day) {
            let state = fact.state.filter(|state| state.belongs);
            let previous = match state {
                Some(state) => counted.insert(fact.task, state),
                None => counted.remove(&fact.task),
            };
            for (state, times) in [(previous, -1), (state, 1)] {
                if let Some(state) = state {
                    tally.change(state.status, state.estimate_minutes, times);
                }
            }
        }
        DayProgress {
            on: day,
            progress: tally.progress(),
        }
    });
    Ok(days.collect())
}

#[cfg(test)]
mod tests;
