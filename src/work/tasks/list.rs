//! Lists of tasks: filters, sorts, pages.
//!
//! The surprising rule: a list of several statuses is several lists, merged here. Each of them is a range of an index
//! that runs in the order asked for; one query over all of them would have to sort everything that matches.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{ExternalId, Task, TaskPage};
use super::priority::Priority;
use super::queries::{TaskName, in_team};
use crate::access::Reading;
use crate::db::position::Position;
use crate::db::rows::{Direction, ESCAPE, pattern};
use crate::db::{Date, Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::{AnyOf, Flag, Which, Who};
use crate::http::{PageRequest, Problem, Text};
use crate::schema::{task_labels, task_participants, tasks, teams};
use crate::work::task_status::TaskStatus;
use crate::{keyset_rows, keyset_rows_nulls_last, one_of, text_enum};

/// Which tasks are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskFilter {
    /// Any of these statuses, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "todo,in_progress")]
    status: Option<AnyOf<TaskStatus>>,
    /// In any of these campaigns: ids, or `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "none")]
    campaign_id: Option<AnyOf<Which>>,
    /// Of any of these milestones: ids, or `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "none")]
    milestone_id: Option<AnyOf<Which>>,
    /// Preparing any of these events: ids, or `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "none")]
    event_id: Option<AnyOf<Which>>,
    /// Directly below any of these tasks: ids, or `none` for those that are part of nothing.
    #[param(value_type = Option<String>, max_length = 2000, example = "none")]
    parent_id: Option<AnyOf<Which>>,
    /// Assigned to any of these members: ids, `me`, or `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    assignee_id: Option<AnyOf<Who>>,
    /// Any of these members answers for it: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    accountable_id: Option<AnyOf<Who>>,
    /// Any of these members takes part, in whatever role: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    participant_id: Option<AnyOf<Who>>,
    /// With any of these labels, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "release")]
    label: Option<AnyOf<String>>,
    /// Of any of these priorities, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "high,urgent")]
    priority: Option<AnyOf<Priority>>,
    /// With exactly this id in the system that it came from.
    #[param(value_type = Option<String>, max_length = 200)]
    external_id: Option<ExternalId>,
    /// Due on this day or later.
    due_on_gte: Option<Date>,
    /// Due before this day.
    due_on_lt: Option<Date>,
    /// Starting on this day or later.
    starts_on_gte: Option<Date>,
    /// Starting before this day.
    starts_on_lt: Option<Date>,
    /// Changed at this time or later.
    updated_at_gte: Option<Instant>,
    /// Whether it is open and its last day has passed, in the team's time zone. The answer depends on the clock and
    /// has no ETag.
    #[param(value_type = Option<bool>)]
    is_overdue: Option<Flag>,
    /// Text that the title, description or external id contains, or a whole key; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 200)]
    q: Option<Text<1, 200>>,
}

text_enum! {
    /// What the list sorts by.
    pub enum TaskSort {
        /// The place on the board.
        Position = "position",
        /// The last day; tasks without one come last.
        DueOn = "due_on",
        /// How urgent it is: `-priority` begins with the most urgent.
        Priority = "priority",
        /// When it was made.
        CreatedAt = "created_at",
        /// When it was last changed.
        UpdatedAt = "updated_at",
    }
}

impl TaskFilter {
    /// Whether the answer changes while nothing in the team does.
    #[must_use]
    pub const fn depends_on_the_clock(&self) -> bool {
        self.is_overdue.is_some()
    }

    /// The statuses that are wanted, where not all are.
    fn statuses(&self) -> Option<Vec<TaskStatus>> {
        let is_overdue = matches!(self.is_overdue, Some(Flag(true)));
        let mut wanted = match &self.status {
            Some(AnyOf(wanted)) => wanted.clone(),
            None if is_overdue => TaskStatus::open(),
            None => return None,
        };
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|status| !is_overdue || status.is_open());
        Some(wanted)
    }
}

/// The number of the task whose key is searched for. The key is not in the text that is searched, because a team may
/// change its own.
fn number_searched(reading: &mut Reading<'_>, filter: &TaskFilter) -> Result<Option<i64>, Problem> {
    let Some(Ok(TaskName::Key(key))) = filter.q.as_ref().map(|words| words.as_str().parse()) else {
        return Ok(None);
    };
    let team_key: String = teams::table
        .find(reading.team.id())
        .select(teams::key)
        .first(reading.conn)?;
    Ok(team_key
        .eq_ignore_ascii_case(&key.team)
        .then_some(key.number))
}

fn filtered(
    reading: &Reading<'_>,
    filter: &TaskFilter,
    number: Option<i64>,
) -> tasks::BoxedQuery<'static, MultiBackend> {
    let mut query = by_relation(in_team(reading.team), reading, filter);
    if let Some(AnyOf(priorities)) = &filter.priority {
        query = query.filter(tasks::priority.eq_any(priorities.clone()));
    }
    if let Some(external_id) = &filter.external_id {
        query = query.filter(tasks::external_id.eq(external_id.clone()));
    }
    if let Some(first) = filter.due_on_gte {
        query = query.filter(tasks::due_on.ge(first));
    }
    if let Some(end) = filter.due_on_lt {
        query = query.filter(tasks::due_on.lt(end));
    }
    if let Some(first) = filter.starts_on_gte {
        query = query.filter(tasks::starts_on.ge(first));
    }
    if let Some(end) = filter.starts_on_lt {
        query = query.filter(tasks::starts_on.lt(end));
    }
    if let Some(first) = filter.updated_at_gte {
        query = query.filter(tasks::updated_at.ge(first));
    }
    query = match filter.is_overdue {
        None => query,
        Some(Flag(true)) => query.filter(tasks::due_on.lt(reading.today())),
        Some(Flag(false)) => query.filter(
            tasks::due_on
                .is_null()
                .or(tasks::due_on.ge(reading.today()).assume_not_null())
                .or(tasks::status.eq_any([TaskStatus::Done, TaskStatus::Cancelled])),
        ),
    };
    if let Some(words) = &filter.q {
        let found = tasks::search.like(pattern(words.as_str())).escape(ESCAPE);
        query = match number {
            Some(number) => query.filter(found.or(tasks::number.eq(number))),
            None => query.filter(found),
        };
    }
    query
}

/// The filters that are about other records.
fn by_relation(
    mut query: tasks::BoxedQuery<'static, MultiBackend>,
    reading: &Reading<'_>,
    filter: &TaskFilter,
) -> tasks::BoxedQuery<'static, MultiBackend> {
    let me = reading.me.member_id;
    if let Some(wanted) = &filter.campaign_id {
        query = one_of!(query, tasks::campaign_id, wanted.resolve());
    }
    if let Some(wanted) = &filter.milestone_id {
        query = one_of!(query, tasks::milestone_id, wanted.resolve());
    }
    if let Some(wanted) = &filter.event_id {
        query = one_of!(query, tasks::event_id, wanted.resolve());
    }
    if let Some(wanted) = &filter.parent_id {
        query = one_of!(query, tasks::parent_id, wanted.resolve());
    }
    if let Some(wanted) = &filter.assignee_id {
        query = one_of!(query, tasks::assignee_id, wanted.resolve(me));
    }
    if let Some(wanted) = &filter.accountable_id {
        let (members, _) = wanted.resolve(me);
        query = query.filter(tasks::accountable_id.eq_any(members));
    }
    if let Some(wanted) = &filter.participant_id {
        let (members, _) = wanted.resolve(me);
        let on_it = task_participants::table
            .filter(task_participants::team_id.eq(reading.team.id()))
            .filter(task_participants::member_id.eq_any(members))
            .select(task_participants::task_id);
        query = query.filter(tasks::id.eq_any(on_it));
    }
    if let Some(AnyOf(labels)) = &filter.label {
        let with_it = task_labels::table
            .filter(task_labels::team_id.eq(reading.team.id()))
            .filter(task_labels::label.eq_any(labels.clone()))
            .select(task_labels::task_id);
        query = query.filter(tasks::id.eq_any(with_it));
    }
    query
}

/// The rows of a page, of one status where one is given.
fn rows(
    reading: &mut Reading<'_>,
    (filter, number): (&TaskFilter, Option<i64>),
    status: Option<TaskStatus>,
    page: &PageRequest,
    (sort, direction): (TaskSort, Direction),
) -> Result<Vec<Task>, Problem> {
    let query = |reading: &Reading<'_>| match status {
        Some(status) => filtered(reading, filter, number).filter(tasks::status.eq(status)),
        None => filtered(reading, filter, number),
    };
    Ok(match sort {
        TaskSort::Position => keyset_rows!(
            query(reading),
            reading.conn,
            page,
            direction,
            Task,
            (tasks::position, tasks::id),
            Position
        ),
        TaskSort::DueOn => keyset_rows_nulls_last!(
            query(reading),
            reading.conn,
            page,
            direction,
            Task,
            (tasks::due_on, tasks::id),
            Date
        ),
        TaskSort::Priority => keyset_rows!(
            query(reading),
            reading.conn,
            page,
            direction,
            Task,
            (tasks::priority, tasks::id),
            Priority
        ),
        TaskSort::CreatedAt => keyset_rows!(
            query(reading),
            reading.conn,
            page,
            direction,
            Task,
            (tasks::created_at, tasks::id),
            Instant
        ),
        TaskSort::UpdatedAt => keyset_rows!(
            query(reading),
            reading.conn,
            page,
            direction,
            Task,
            (tasks::updated_at, tasks::id),
            Instant
        ),
    })
}

/// Makes one page of what several queries found, in the order that each of them has.
fn merged<K: Ord + Serialize>(
    mut rows: Vec<Task>,
    page: &PageRequest,
    direction: Direction,
    is_last: fn(&Task) -> bool,
    key: fn(&Task) -> K,
) -> TaskPage {
    rows.sort_by(|one, other| {
        let order = (key(one), one.id).cmp(&(key(other), other.id));
        let order = match direction {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        };
        is_last(one).cmp(&is_last(other)).then(order)
    });
    page.page(rows, |task| (key(task), task.id))
}

/// Loads a page of the tasks in use.
///
/// # Errors
/// `invalid_query`, `invalid_cursor`, and what the database answers.
pub fn load_page(
    reading: &mut Reading<'_>,
    filter: &TaskFilter,
    page: &PageRequest,
) -> Result<TaskPage, Problem> {
    let (sort, direction) = page.sort((TaskSort::Position, Direction::Ascending))?;
    let number = number_searched(reading, filter)?;
    let statuses = filter.statuses();
    let parts: Vec<Option<TaskStatus>> = match &statuses {
        None => vec![None],
        Some(statuses) => statuses.iter().copied().map(Some).collect(),
    };
    let mut found = Vec::new();
    for status in parts {
        found.extend(rows(
            reading,
            (filter, number),
            status,
            page,
            (sort, direction),
        )?);
    }
    let never = |_: &Task| false;
    let loaded = match sort {
        TaskSort::Position => merged(found, page, direction, never, |task| task.position.clone()),
        TaskSort::DueOn => merged(
            found,
            page,
            direction,
            |task| task.due_on.is_none(),
            |task| task.due_on,
        ),
        TaskSort::Priority => merged(found, page, direction, never, |task| task.priority),
        TaskSort::CreatedAt => merged(found, page, direction, never, |task| task.created_at),
        TaskSort::UpdatedAt => merged(found, page, direction, never, |task| task.updated_at),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let mut query = filtered(reading, filter, number);
    if let Some(statuses) = statuses {
        query = query.filter(tasks::status.eq_any(statuses));
    }
    let ids: Vec<Id> = query
        .select(tasks::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}
