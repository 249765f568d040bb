//! My tasks, over all my teams.
//!
//! The surprising rule: this is no team's data but the caller's, so it begins with all teams in sight and not with
//! [`super::in_team`].

use actix_web::get;
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::IntoParams;

use super::expand::{ExpandedTaskPage, TaskReference, expand};
use super::model::{Task, TaskPage};
use super::queries::in_sight;
use crate::access::{AccountScope, Sight};
use crate::db::{Date, Id, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{Answer, Expand, PageRequest, Problem, Query, Reply};
use crate::keyset_page_nulls_last;
use crate::schema::tasks;
use crate::work::task_status::TaskStatus;

/// Which of my tasks are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MyTaskFilter {
    /// Any of these statuses, separated by commas; the open ones unless given.
    #[param(value_type = Option<String>, max_length = 200, example = "todo,in_progress")]
    status: Option<AnyOf<TaskStatus>>,
    /// Due on this day or later.
    due_on_gte: Option<Date>,
    /// Due before this day.
    due_on_lt: Option<Date>,
}

fn filtered(sight: &Sight<'_>, filter: &MyTaskFilter) -> tasks::BoxedQuery<'static, MultiBackend> {
    let statuses = match &filter.status {
        Some(AnyOf(statuses)) => statuses.clone(),
        None => TaskStatus::open(),
    };
    // A member's id is in one team only, so teams and members together name exactly the pairs.
    let mut query = in_sight(sight)
        .filter(tasks::assignee_id.eq_any(sight.me()))
        .filter(tasks::status.eq_any(statuses));
    if let Some(first) = filter.due_on_gte {
        query = query.filter(tasks::due_on.ge(first));
    }
    if let Some(end) = filter.due_on_lt {
        query = query.filter(tasks::due_on.lt(end));
    }
    query
}

fn load_page(
    sight: &mut Sight<'_>,
    filter: &MyTaskFilter,
    page: &PageRequest,
) -> Result<TaskPage, Problem> {
    let loaded = keyset_page_nulls_last!(
        filtered(sight, filter),
        sight.conn,
        page,
        Direction::Ascending,
        Task,
        (tasks::due_on, tasks::id),
        Date,
        |task| task.due_on
    );
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(sight, filter)
        .select(tasks::id)
        .limit(TOTAL_CAP + 1)
        .load(sight.conn)?;
    Ok(loaded.with_total(ids.len()))
}

/// List my tasks
///
/// What is assigned to the caller in all teams and still open, the next due first; tasks without a day come last.
#[utoipa::path(tag = "me", params(MyTaskFilter, Expand<TaskReference>),
    responses((status = 200, body = ExpandedTaskPage)))]
#[get("/v1/me/tasks")]
pub async fn list_my_tasks(
    scope: AccountScope,
    filter: Query<MyTaskFilter>,
    wanted: Query<Expand<TaskReference>>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .read(move |tx| {
            let mut sight = tx.sight()?;
            let loaded = load_page(&mut sight, &filter, &page)?;
            let expanded = expand(&mut sight, &wanted.0, &loaded.items)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}
