//! What the operations do.

use std::slice;

use actix_web::{delete, get, patch, post};
use serde::Deserialize;
use utoipa::IntoParams;

use super::expand::{ExpandedTask, ExpandedTaskPage, TaskReference, expand};
use super::list::{TaskFilter, TaskSort, load_page};
use super::make::create;
use super::model::{NewTask, Task, TaskPatch};
use super::queries::{check_reference, find, named, neighbour};
use super::trashing::to_trash;
use super::write::{Start, put_at, update};
use crate::access::{Permission, Reading, TeamScope};
use crate::http::moves::Move;
use crate::http::query::{Flag, ValidateOnly};
use crate::http::{Answer, Body, Expand, PageRequest, Query, Reply};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};

/// How a task is changed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UpdateParameters {
    /// Whether the status changes although predecessors do not allow it yet. The journal says so.
    #[param(value_type = Option<bool>)]
    force: Option<Flag>,
    /// Whether only to check: everything is answered as if it had happened, and nothing changes.
    #[param(value_type = Option<bool>)]
    #[allow(dead_code)]
    validate_only: Option<Flag>,
}

/// List tasks
///
/// The tasks in use, in the order of the board unless sorted otherwise.
#[utoipa::path(tag = "tasks",
    params(TaskFilter, ("sort" = inline(Option<TaskSort>), Query), Expand<TaskReference>),
    responses((status = 200, body = ExpandedTaskPage)))]
#[get("/v1/teams/{team_id}/tasks")]
pub async fn list_tasks(
    scope: TeamScope,
    filter: Query<TaskFilter>,
    wanted: Query<Expand<TaskReference>>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    let depends_on_the_clock = filter.depends_on_the_clock();
    let work = move |reading: &mut Reading<'_>| {
        let loaded = load_page(reading, &filter, &page)?;
        let expanded = expand(&mut reading.sight(), &wanted.0, &loaded.items)?;
        Reply::page_beside(&loaded, &page, expanded)
    };
    if depends_on_the_clock {
        scope.live(Permission::TaskRead, work).await
    } else {
        scope.list(Permission::TaskRead, work).await
    }
}

/// Create a task
///
/// It begins as `todo`, at the end of the board, and the caller answers for it unless somebody else is named.
#[utoipa::path(tag = "tasks", params(ValidateOnly), request_body = NewTask, responses((status = 201, body = Task)))]
#[post("/v1/teams/{team_id}/tasks")]
pub async fn create_task(scope: TeamScope, _: Query<ValidateOnly>, body: Body<NewTask>) -> Answer {
    let Body(new) = body;
    let place = scope.address("tasks");
    scope
        .write(Permission::TaskWrite, move |tx| {
            let task = create(tx, new)?;
            Reply::created(&task, task.version, format!("{place}/{}", task.id))
        })
        .await
}

/// Show a task
///
/// By its id or by its key: `…/tasks/K8S-12`, in capitals or not.
#[utoipa::path(tag = "tasks", params(Expand<TaskReference>), responses((status = 200, body = ExpandedTask)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}")]
pub async fn get_task(scope: TeamScope, wanted: Query<Expand<TaskReference>>) -> Answer {
    let name = named(&scope, "task_id")?;
    scope
        .read(Permission::TaskRead, move |reading| {
            let task = find(reading, name)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, slice::from_ref(&task))?;
            reading.show(&task, task.version, expanded)
        })
        .await
}

/// Change a task
///
/// A JSON Merge Patch: absent keeps, null clears, arrays replace. `status` goes through the state machine: todo →
/// in_progress → in_review → done, in_progress ⇄ blocked (with `status_reason`), in_review → in_progress, any open
/// status → cancelled, done or cancelled → todo. An impossible step is 409 and lists the possible ones. So is a step
/// that predecessors do not allow yet (a start needs FS predecessors done and SS predecessors started, `done` needs
/// the same of FF and SF); `predecessors` names them, and `force=true` overrides that. Lags are for planning: they
/// hold nothing back.
///
/// While a delegation of the task is active, `assignee_id` is the delegation's business, and so is `done` once it is
/// accepted: 409 `still_referenced` names the delegation.
#[utoipa::path(tag = "tasks", params(UpdateParameters), request_body = TaskPatch, responses((status = 200, body = Task)))]
#[patch("/v1/teams/{team_id}/tasks/{task_id}")]
pub async fn update_task(
    scope: TeamScope,
    parameters: Query<UpdateParameters>,
    body: Body<TaskPatch>,
) -> Answer {
    let name = named(&scope, "task_id")?;
    let Body(patch) = body;
    let start = match parameters.0.force {
        Some(Flag(true)) => Start::Forced,
        _ => Start::WhenReady,
    };
    scope
        .write(Permission::TaskWrite, move |tx| {
            let before = find(tx, name)?;
            tx.expect_version(before.version)?;
            let task = update(tx, before, patch, start)?;
            Reply::record(&task, task.version)
        })
        .await
}

/// Delete a task
///
/// It goes to the trash for 30 days, and everything below it with it.
#[utoipa::path(tag = "tasks", responses((status = 204, description = "It is in the trash.")))]
#[delete("/v1/teams/{team_id}/tasks/{task_id}")]
pub async fn delete_task(scope: TeamScope) -> Answer {
    let name = named(&scope, "task_id")?;
    scope
        .write(Permission::TaskWrite, move |tx| {
            let task = find(tx, name)?;
            tx.expect_version(task.version)?;
            to_trash(tx, task)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Move a task
///
/// Puts it directly before or after another one on the board. No other task changes.
#[utoipa::path(tag = "tasks", request_body = Move, responses((status = 200, body = Task)))]
#[post("/v1/teams/{team_id}/tasks/{task_id}/move")]
pub async fn move_task(scope: TeamScope, body: Body<Move>) -> Answer {
    let name = named(&scope, "task_id")?;
    let Body(to) = body;
    scope
        .write(Permission::TaskWrite, move |tx| {
            let before = find(tx, name)?;
            tx.expect_version(before.version)?;
            let (side, other) = to.target(before.id)?;
            check_reference(tx, other, side.pointer())?;
            let other = find(tx, other)?;
            let neighbour = neighbour(tx, side, &other.position, before.id)?;
            let position = side.position(&other.position, neighbour.as_ref())?;
            let task = put_at(tx, before, position)?;
            Reply::record(&task, task.version)
        })
        .await
}

/// Show the history of a task
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "tasks", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/history")]
pub async fn list_task_history(scope: TeamScope, page: PageRequest) -> Answer {
    let name = named(&scope, "task_id")?;
    history_of(scope, page, Kind::Task, move |reading| {
        Ok(find(reading, name)?.id)
    })
    .await
}
