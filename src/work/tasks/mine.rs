//! My tasks, over all my teams.
//!
//! The surprising rule: this is no team's data but the caller's, so it begins with the caller's memberships and not
//! with [`super::in_team`].

use actix_web::get;
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::IntoParams;

use super::list::open_statuses;
use super::model::{Task, TaskPage};
use crate::access::{AccountScope, AccountTx};
use crate::db::{Date, Id, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{Answer, PageRequest, Problem, Query, Reply};
use crate::keyset_page_nulls_last;
use crate::schema::{members, tasks, teams};
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

fn filtered(
    memberships: &[(Id, Id)],
    filter: &MyTaskFilter,
) -> tasks::BoxedQuery<'static, MultiBackend> {
    let (teams, members): (Vec<Id>, Vec<Id>) = memberships.iter().copied().unzip();
    let statuses = match &filter.status {
        Some(AnyOf(statuses)) => statuses.clone(),
        None => open_statuses(),
    };
    // A member's id is in one team only, so the two lists together name exactly the pairs.
    let mut query = tasks::table
        .filter(tasks::team_id.eq_any(teams))
        .filter(tasks::assignee_id.eq_any(members))
        .filter(tasks::deleted_at.is_null())
        .filter(tasks::status.eq_any(statuses))
        .into_boxed();
    if let Some(first) = filter.due_on_gte {
        query = query.filter(tasks::due_on.ge(first));
    }
    if let Some(end) = filter.due_on_lt {
        query = query.filter(tasks::due_on.lt(end));
    }
    query
}

fn load_page(
    tx: &mut AccountTx<'_>,
    filter: &MyTaskFilter,
    page: &PageRequest,
) -> Result<TaskPage, Problem> {
    let memberships: Vec<(Id, Id)> = members::table
        .inner_join(teams::table.on(teams::id.eq(members::team_id)))
        .filter(members::account_id.eq(tx.account_id))
        .filter(members::left_at.is_null())
        .filter(teams::deleted_at.is_null())
        .select((members::team_id, members::id))
        .load(tx.conn)?;
    let loaded = keyset_page_nulls_last!(
        filtered(&memberships, filter),
        tx.conn,
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
    let ids: Vec<Id> = filtered(&memberships, filter)
        .select(tasks::id)
        .limit(TOTAL_CAP + 1)
        .load(tx.conn)?;
    Ok(loaded.with_total(ids.len()))
}

/// List my tasks
///
/// What is assigned to the caller in all teams and still open, the next due first; tasks without a day come last.
#[utoipa::path(tag = "me", params(MyTaskFilter), responses((status = 200, body = TaskPage)))]
#[get("/v1/me/tasks")]
pub async fn list_my_tasks(
    scope: AccountScope,
    filter: Query<MyTaskFilter>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .read(move |tx| Reply::page(&load_page(tx, &filter, &page)?, &page))
        .await
}
