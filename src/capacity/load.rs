//! What people have to do: approved allocations of their time, and open tasks with an estimate that they were assigned.
//!
//! The surprising rule: a task counts once. Where its assignee's time is allocated to the task itself, the allocation
//! counts and the estimate does not.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Months, NaiveDate};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::allocations::{self, AllocationState, Amount, Quantity};
use super::feasibility;
use crate::access::Reading;
use crate::db::rows::CHUNK;
use crate::db::{Date, Id, Json};
use crate::http::Problem;
use crate::http::values::Minutes;
use crate::people::capacity::MemberCapacity;
use crate::schema;
use crate::text_enum;
use crate::work::task_status::TaskStatus;
use crate::work::tasks;

/// How long before its due date work on a task begins at the earliest: as long as a promise can be. Days are laid out one by one.
const LONGEST: Months = Months::new(60);

/// Where a demand comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// An approved allocation.
    Allocation(Id),
    /// An open task with an estimate.
    Task(Id),
    /// Money that was spent without having been promised.
    Expense(Id),
    /// What is being asked about, by its place in the question.
    Asked(usize),
}

/// How much of somebody's time is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// So many minutes, anywhere within the period.
    Total(i64),
    /// So many minutes on each day that the member works.
    PerDay(i64),
    /// So many hundredths of what the member works on each day.
    Percent(i64),
}

/// What is wanted of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Where it comes from.
    pub source: Source,
    /// The task, where it is for one.
    pub task_id: Option<Id>,
    /// The first day.
    pub first_on: NaiveDate,
    /// The last day.
    pub last_on: NaiveDate,
    /// How much.
    pub effort: Effort,
}

text_enum! {
    /// Why a task does not count.
    pub enum NotCountedReason {
        /// It has no due date.
        NoDueDate = "no_due_date",
        /// It has neither an estimate nor remaining minutes.
        NoEstimate = "no_estimate",
        /// It was due before today: when it will be done, nobody knows.
        Overdue = "overdue",
    }
}

/// An open task of a member that does not count, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "reason": "no_estimate"}))]
pub struct NotCounted {
    /// The task.
    pub task_id: Id,
    /// Why it does not count.
    pub reason: NotCountedReason,
}

/// What a member has to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberLoad {
    /// What counts, by the first day, with whole periods: also those that reach beyond what was asked for.
    pub demands: Vec<Demand>,
    /// The open tasks that do not count, whatever the period.
    pub not_counted: Vec<NotCounted>,
    /// What would count if the member's time were not allocated to the task itself.
    pub replaced: Vec<Replaced>,
}

/// What a task would want of its assignee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// What it would want.
    pub demand: Demand,
    /// The allocations that count instead.
    pub by: Vec<Id>,
}

impl MemberLoad {
    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.demands.is_empty() && self.not_counted.is_empty() && self.replaced.is_empty()
    }

    /// How many demands and tasks it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.demands.len() + self.not_counted.len() + self.replaced.len()
    }

    /// Whether one of these tasks or allocations is in it.
    #[must_use]
    pub fn has_any(&self, ids: &BTreeSet<Id>) -> bool {
        let is_one = |source: &Source| match source {
            Source::Allocation(id) | Source::Task(id) => ids.contains(id),
            Source::Expense(_) | Source::Asked(_) => false,
        };
        self.demands.iter().any(|one| is_one(&one.source))
            || self
                .not_counted
                .iter()
                .any(|one| ids.contains(&one.task_id))
            || self.replaced.iter().any(|one| is_one(&one.demand.source))
    }

    /// The same as if the allocations of `gone` were not there, nor the tasks that are `covered`. A task whose allocations
    /// are all gone counts again.
    #[must_use]
    pub fn without(&self, gone: &BTreeSet<Id>, covered: &BTreeSet<Id>) -> Self {
        let stays = |demand: &&Demand| match demand.source {
            Source::Allocation(id) => !gone.contains(&id),
            Source::Task(id) => !covered.contains(&id),
            Source::Expense(_) | Source::Asked(_) => true,
        };
        let mut demands: Vec<Demand> = self.demands.iter().filter(stays).copied().collect();
        let (again, replaced) = self
            .replaced
            .iter()
            .cloned()
            .partition::<Vec<Replaced>, _>(|one| one.by.iter().all(|id| gone.contains(id)));
        demands.extend(again.iter().map(|one| &one.demand).filter(stays).copied());
        let mut load = Self {
            demands,
            not_counted: self.not_counted.clone(),
            replaced,
        };
        load.in_order();
        load
    }

    fn in_order(&mut self) {
        self.demands
            .sort_unstable_by_key(|one| (one.first_on, one.source));
    }
}

/// Whose load is read.
#[derive(Clone, Copy)]
enum Whose<'w> {
    /// Of these members, at most [`CHUNK`].
    These(&'w [Id]),
    /// Of everybody in the team.
    Everybody,
}

/// All the days that a date can be.
#[must_use]
pub fn always() -> (NaiveDate, NaiveDate) {
    let first_on = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default();
    let last_on = NaiveDate::from_ymd_opt(2999, 12, 31).unwrap_or_default();
    (first_on, last_on)
}

/// What everybody in the team has to do, whenever, in two queries. Who has nothing to do is not in the answer.
///
/// # Errors
/// What the database answers.
pub fn of_everybody(reading: &mut Reading<'_>) -> Result<BTreeMap<Id, MemberLoad>, Problem> {
    let mut loads = BTreeMap::new();
    let (whose, period) = (Whose::Everybody, always());
    let covered = allocated(reading, whose, period, &mut loads)?;
    assigned(reading, whose, period, &covered, &mut loads)?;
    loads.values_mut().for_each(MemberLoad::in_order);
    loads.retain(|_, load| !load.is_empty());
    Ok(loads)
}

/// What each of these members has to do from `first_on` to `last_on`: everything whose period touches these days. Two
/// queries for each 500 members. Every member that was asked about is in the answer.
///
/// # Errors
/// What the database answers.
pub fn of_members(
    reading: &mut Reading<'_>,
    members: &[Id],
    first_on: NaiveDate,
    last_on: NaiveDate,
) -> Result<BTreeMap<Id, MemberLoad>, Problem> {
    let mut loads: BTreeMap<Id, MemberLoad> = members
        .iter()
        .map(|member| (*member, MemberLoad::default()))
        .collect();
    let period = (first_on, last_on);
    for some in members.chunks(CHUNK).map(Whose::These) {
        let covered = allocated(reading, some, period, &mut loads)?;
        assigned(reading, some, period, &covered, &mut loads)?;
    }
    loads.values_mut().for_each(MemberLoad::in_order);
    Ok(loads)
}

/// Which allocations of a member's time are to a task.
type Covered = BTreeMap<(Id, Id), Vec<Id>>;

type AllocationRow = (Id, Id, Option<Id>, Option<Date>, Option<Date>, Json<Amount>);

/// Puts down what was promised, and answers which allocations cover a (member, task), in whatever period.
fn allocated(
    reading: &mut Reading<'_>,
    whose: Whose<'_>,
    (first_on, last_on): (NaiveDate, NaiveDate),
    loads: &mut BTreeMap<Id, MemberLoad>,
) -> Result<Covered, Problem> {
    use schema::allocations as a;
    use schema::members as m;
    let query = allocations::in_team(reading.team);
    let query = match whose {
        Whose::These(members) => query.filter(a::resource_id.eq_any(members.to_vec())),
        // Every member is a resource with the member's id.
        Whose::Everybody => {
            let everybody = m::table.filter(m::team_id.eq(reading.team.id()));
            query.filter(a::resource_id.eq_any(everybody.select(m::id)))
        }
    };
    // In no order: SQLite would take one asked for here as a reason to go through the whole team's by their days.
    let rows: Vec<AllocationRow> = query
        .filter(a::state.eq(AllocationState::Approved))
        .filter(
            a::task_id.is_not_null().or(a::first_on
                .le(Date::from(last_on))
                .and(a::last_on.ge(Date::from(first_on)))
                .assume_not_null()),
        )
        .select((
            a::resource_id,
            a::id,
            a::task_id,
            a::first_on,
            a::last_on,
            a::amount,
        ))
        .load(reading.conn)?;
    let mut covered = Covered::new();
    for (member, id, task_id, first, last, Json(amount)) in rows {
        if let Some(task_id) = task_id {
            covered.entry((member, task_id)).or_default().push(id);
        }
        let (Some(first), Some(last)) = (first, last) else {
            continue;
        };
        let (first, last) = (first.naive(), last.naive());
        if first > last_on || last < first_on {
            continue;
        }
        let Some(effort) = effort(&amount.kept()?) else {
            continue;
        };
        loads.entry(member).or_default().demands.push(Demand {
            source: Source::Allocation(id),
            task_id,
            first_on: first,
            last_on: last,
            effort,
        });
    }
    // The rows come in no order.
    covered.values_mut().for_each(|by| by.sort_unstable());
    Ok(covered)
}

/// The effort that an amount of somebody's time is.
#[must_use]
pub const fn effort(quantity: &Quantity) -> Option<Effort> {
    match quantity {
        Quantity::Minutes(minutes) => Some(Effort::Total(*minutes)),
        Quantity::MinutesPerDay(minutes) => Some(Effort::PerDay(*minutes)),
        Quantity::Percent(percent) => Some(Effort::Percent(*percent)),
        Quantity::Units(_) | Quantity::Money(_) => None,
    }
}

/// The demands as the engine wants them, on these days: minutes a day on the days on which the member works, and hundredths
/// of what each day has. A day that is unknown may be a working day. What begins before the first of these days must not be
/// among them. `minutes` are those of the days.
#[must_use]
pub fn laid(
    demands: impl IntoIterator<Item = Demand>,
    days: &MemberCapacity,
    minutes: &[Option<i64>],
) -> Vec<feasibility::Demand<Source>> {
    let index = |day: NaiveDate| usize::try_from((day - days.first_on).num_days()).unwrap_or(0);
    let works = |day: usize| {
        days.days
            .get(day)
            .is_none_or(|day| day.is_none_or(|day| day.working_minutes > 0 && !day.is_holiday))
    };
    let demands = demands.into_iter();
    let mut laid = Vec::with_capacity(demands.size_hint().1.unwrap_or_default());
    for demand in demands {
        let (source, first, last) = (demand.source, index(demand.first_on), index(demand.last_on));
        match demand.effort {
            Effort::Total(minutes) => laid.push(feasibility::Demand {
                source,
                first,
                last,
                minutes,
            }),
            Effort::PerDay(minutes) => {
                laid.extend(feasibility::each_day(&source, first, last, minutes, works));
            }
            Effort::Percent(percent) => {
                laid.extend(feasibility::share(&source, first, last, percent, minutes));
            }
        }
    }
    laid
}

/// The minutes of each day, as the engine wants them.
#[must_use]
pub fn minutes_of(days: &MemberCapacity) -> Vec<Option<i64>> {
    days.days
        .iter()
        .map(|day| day.map(|day| i64::from(day.minutes())))
        .collect()
}

type TaskRow = (
    Id,
    Option<Id>,
    Option<Date>,
    Option<Date>,
    Option<Minutes>,
    Option<Minutes>,
);

fn assigned(
    reading: &mut Reading<'_>,
    whose: Whose<'_>,
    (first_on, last_on): (NaiveDate, NaiveDate),
    covered: &Covered,
    loads: &mut BTreeMap<Id, MemberLoad>,
) -> Result<(), Problem> {
    use schema::tasks as t;
    let today = reading.today().naive();
    let query = tasks::in_team(reading.team);
    let query = match whose {
        Whose::These(members) => query.filter(t::assignee_id.eq_any(members.to_vec())),
        Whose::Everybody => query.filter(t::assignee_id.is_not_null()),
    };
    let mut rows: Vec<TaskRow> = query
        .filter(t::status.eq_any(TaskStatus::open()))
        .select((
            t::id,
            t::assignee_id,
            t::starts_on,
            t::due_on,
            t::estimate_minutes,
            t::remaining_minutes,
        ))
        .load(reading.conn)?;
    rows.sort_unstable_by_key(|row| (row.3, row.0));
    for (task_id, assignee, starts_on, due_on, estimate, remaining) in rows {
        let Some(member) = assignee else { continue };
        let by = covered.get(&(member, task_id));
        let load = loads.entry(member).or_default();
        let mut not = |reason| {
            if by.is_none() {
                load.not_counted.push(NotCounted { task_id, reason });
            }
        };
        let Some(due_on) = due_on.map(Date::naive) else {
            not(NotCountedReason::NoDueDate);
            continue;
        };
        // Work that is left lies ahead, whenever it was to begin; and that is not begun which is due in a hundred years.
        let earliest = due_on.checked_sub_months(LONGEST).unwrap_or(due_on);
        let begins = starts_on
            .map_or(today, Date::naive)
            .max(today)
            .max(earliest);
        if due_on < today {
            not(NotCountedReason::Overdue);
            continue;
        }
        let Some(minutes) = remaining.or(estimate).map(Minutes::get) else {
            not(NotCountedReason::NoEstimate);
            continue;
        };
        if minutes == 0 || due_on < first_on || begins > last_on {
            continue;
        }
        let demand = Demand {
            source: Source::Task(task_id),
            task_id: Some(task_id),
            first_on: begins.min(due_on),
            last_on: due_on,
            effort: Effort::Total(minutes),
        };
        match by.cloned() {
            None => load.demands.push(demand),
            Some(by) => load.replaced.push(Replaced { demand, by }),
        }
    }
    Ok(())
}
