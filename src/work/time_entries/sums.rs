//! What was worked, summed by the database: by task, campaign, member or day.
//!
//! The surprising rule: a sum is a row of a list like any other, with pages by the key that it is of; what belongs to no
//! campaign comes last.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::{count, count_star, sum};
use diesel::prelude::*;

use super::model::{TimeEntryFilter, TimeSum, TimeSumBy, TimeSumPage};
use super::queries::wanted;
use crate::access::Reading;
use crate::db::{Date, Id, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::values::Minutes;
use crate::http::{PageRequest, Problem, period};
use crate::schema::{tasks, time_entries};

/// What a sum is of, its minutes, how many entries have minutes, and how many there are.
type Group<K> = (K, Option<i64>, i64, i64);

/// The time entries of the team.
macro_rules! entries {
    ($reading:expr) => {
        time_entries::table.filter(time_entries::team_id.eq($reading.team.id()))
    };
}

/// The same with their tasks.
macro_rules! entries_of_tasks {
    ($reading:expr) => {
        time_entries::table
            .inner_join(
                tasks::table.on(tasks::team_id
                    .eq(time_entries::team_id)
                    .and(tasks::id.eq(time_entries::task_id))),
            )
            .filter(time_entries::team_id.eq($reading.team.id()))
    };
}

/// The groups by a column behind a key, in its order.
macro_rules! groups {
    ($reading:expr, $filter:expr, $from:expr, $column:expr, $key:ty, $after:expr, $most:expr) => {{
        let query = $from
            .group_by($column)
            .select((
                $column,
                sum(time_entries::minutes),
                count(time_entries::minutes),
                count_star(),
            ))
            .order($column)
            .limit($most)
            .into_boxed::<MultiBackend>();
        let mut query = wanted!(query, $reading, $filter);
        let after: Option<$key> = $after;
        if let Some(key) = after {
            query = query.filter($column.gt(key));
        }
        let groups: Vec<Group<$key>> = query.load($reading.conn)?;
        groups
    }};
}

fn by_campaign(
    reading: &mut Reading<'_>,
    filter: &TimeEntryFilter,
    after: Option<Option<Id>>,
    most: i64,
) -> Result<Vec<Group<Option<Id>>>, Problem> {
    if after == Some(None) {
        return Ok(Vec::new());
    }
    let mut groups = groups!(
        reading,
        filter,
        entries_of_tasks!(reading).filter(tasks::campaign_id.is_not_null()),
        tasks::campaign_id,
        Option<Id>,
        after,
        most
    );
    if i64::try_from(groups.len()).is_ok_and(|found| found < most) {
        groups.extend(groups!(
            reading,
            filter,
            entries_of_tasks!(reading).filter(tasks::campaign_id.is_null()),
            tasks::campaign_id,
            Option<Id>,
            None,
            1
        ));
    }
    Ok(groups)
}

impl TimeSum {
    fn of<K>((_, minutes, entries, all): &Group<K>) -> Self {
        Self {
            minutes: minutes.unwrap_or(0),
            entries: *entries,
            running: all.saturating_sub(*entries),
            ..Self::default()
        }
    }
}

/// What the tasks of these sums are: the campaign, the estimate, what is left. Those in the trash too.
fn with_tasks(reading: &mut Reading<'_>, page: TimeSumPage) -> Result<TimeSumPage, Problem> {
    type Known = (Id, Option<Id>, Option<Minutes>, Option<Minutes>);
    let ids: BTreeSet<Id> = page.items.iter().filter_map(|sum| sum.task_id).collect();
    let known: Vec<Known> = tasks::table
        .filter(tasks::team_id.eq(reading.team.id()))
        .filter(tasks::id.eq_any(ids))
        .select((
            tasks::id,
            tasks::campaign_id,
            tasks::estimate_minutes,
            tasks::remaining_minutes,
        ))
        .load(reading.conn)?;
    let known: BTreeMap<Id, Known> = known.into_iter().map(|task| (task.0, task)).collect();
    Ok(page.map(|sum| {
        let Some((_, campaign_id, estimate_minutes, remaining_minutes)) =
            sum.task_id.and_then(|id| known.get(&id).copied())
        else {
            return sum;
        };
        TimeSum {
            campaign_id,
            estimate_minutes,
            remaining_minutes,
            ..sum
        }
    }))
}

/// A page of sums.
///
/// # Errors
/// `invalid_query`, `invalid_cursor`.
pub(super) fn load_page(
    reading: &mut Reading<'_>,
    by: TimeSumBy,
    filter: &TimeEntryFilter,
    page: &PageRequest,
) -> Result<TimeSumPage, Problem> {
    period::check_filter(filter.from, filter.to)?;
    let counted = if page.wants_total() { TOTAL_CAP + 1 } else { 0 };
    macro_rules! summed {
        ($key:ty, $find:expr, $named:expr, $id:expr) => {{
            let find = $find;
            let groups: Vec<Group<$key>> = find(
                &mut *reading,
                page.after::<$key>()?.map(|(key, _)| key),
                page.fetch(),
            )?;
            let name: fn($key, TimeSum) -> TimeSum = $named;
            let id: fn($key) -> Id = $id;
            let named = page
                .page(groups, |group| (group.0, id(group.0)))
                .map(|group| name(group.0, TimeSum::of(&group)));
            if counted == 0 {
                named
            } else {
                let all: Vec<Group<$key>> = find(&mut *reading, None, counted)?;
                named.with_total(all.len())
            }
        }};
    }
    macro_rules! by_column {
        ($column:expr, $key:ty) => {
            |reading: &mut Reading<'_>,
             after: Option<$key>,
             most: i64|
             -> Result<Vec<Group<$key>>, Problem> {
                let from = entries!(reading);
                Ok(groups!(reading, filter, from, $column, $key, after, most))
            }
        };
    }
    Ok(match by {
        TimeSumBy::Task => {
            let summed = summed!(
                Id,
                by_column!(time_entries::task_id, Id),
                |task_id, sum| TimeSum {
                    task_id: Some(task_id),
                    ..sum
                },
                |id| id
            );
            with_tasks(reading, summed)?
        }
        TimeSumBy::Member => summed!(
            Id,
            by_column!(time_entries::member_id, Id),
            |member_id, sum| TimeSum {
                member_id: Some(member_id),
                ..sum
            },
            |id| id
        ),
        TimeSumBy::Date => summed!(
            Date,
            by_column!(time_entries::spent_on, Date),
            |spent_on, sum| TimeSum {
                spent_on: Some(spent_on),
                ..sum
            },
            |_| Id::nil()
        ),
        TimeSumBy::Campaign => summed!(
            Option<Id>,
            |reading: &mut Reading<'_>, after, most| by_campaign(reading, filter, after, most),
            |campaign_id, sum| TimeSum { campaign_id, ..sum },
            |id| id.unwrap_or(Id::nil())
        ),
    })
}
