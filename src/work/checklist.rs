//! Checklist items: the small steps of a task, in an order that people arrange.
//!
//! The surprising rule: an item is a part of its task and not a task. It has no trash: deleted, it is gone, and the
//! journal keeps what it was.

use actix_web::{delete, get, patch, post};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::tasks;
use crate::access::{Permission, Reading, TeamScope, Tx};
use crate::db::position::Position;
use crate::db::rows::columns;
use crate::db::{Id, Instant};
use crate::http::moves::{Move, Side};
use crate::http::query::ValidateOnly;
use crate::http::strict::present;
use crate::http::text::Title;
use crate::http::{
    Answer, Body, FieldError, Page, PageRequest, Problem, Query, Reply, ServiceConfig,
};
use crate::journal::{Journaled, Kind};
use crate::keyset_page;
use crate::schema::checklist_items;

/// How many items a task may have.
const MOST_ITEMS: i64 = 200;

/// A new item, at the end of the checklist.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Announce the freeze"}))]
pub struct NewChecklistItem {
    title: Title,
}

/// What changes in an item.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = checklist_items)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_done": true}))]
pub struct ChecklistItemPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    title: Option<Title>,
    /// Whether it is done.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    is_done: Option<bool>,
}

/// A small step of a task.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = checklist_items)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5d", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "title": "Announce the freeze", "is_done": false, "position": "8000", "created_at": "2024-03-12T09:00:00.000Z", "updated_at": "2024-03-12T09:00:00.000Z", "version": 45}))]
pub struct ChecklistItem {
    /// The team.
    pub team_id: Id,
    /// The item's id.
    pub id: Id,
    /// The task it is a part of.
    pub task_id: Id,
    /// What is to be done.
    pub title: Title,
    /// Whether it is.
    pub is_done: bool,
    /// Its place in the checklist.
    pub position: Position,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed by a person.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of checklist items.
pub type ChecklistItemPage = Page<ChecklistItem>;

impl Journaled for ChecklistItem {
    const KIND: Kind = Kind::ChecklistItem;

    fn id(&self) -> Id {
        self.id
    }
}

// ---------------------------------------------------------------- queries

fn of_task(
    reading: &Reading<'_>,
    task: Id,
) -> checklist_items::BoxedQuery<'static, crate::db::MultiBackend> {
    checklist_items::table
        .filter(checklist_items::team_id.eq(reading.team.id()))
        .filter(checklist_items::task_id.eq(task))
        .into_boxed()
}

fn find(reading: &mut Reading<'_>, task: Id, id: Id) -> Result<ChecklistItem, Problem> {
    Ok(of_task(reading, task)
        .filter(checklist_items::id.eq(id))
        .select(ChecklistItem::as_select())
        .first(reading.conn)?)
}

/// Makes an item at the end of a task's checklist, and journals it. For handlers and imports.
///
/// # Errors
/// `validation_failed` when the checklist is full.
pub fn add(tx: &mut Tx<'_>, task: Id, title: Title) -> Result<ChecklistItem, Problem> {
    let there: i64 = of_task(tx, task).count().get_result(tx.conn)?;
    if there >= MOST_ITEMS {
        return Err(Problem::fields(vec![
            FieldError::body("", "too_many", format!("At most {MOST_ITEMS} items."))
                .with(json!({"max": MOST_ITEMS})),
        ]));
    }
    let last: Option<Position> = of_task(tx, task)
        .order(checklist_items::position.desc())
        .select(checklist_items::position)
        .first(tx.conn)
        .optional()?;
    let position = Position::between(last.as_ref(), None)
        .ok_or_else(|| Problem::internal("no position is left at the end"))?;
    let item = ChecklistItem {
        team_id: tx.team.id(),
        id: Id::new(),
        task_id: task,
        title,
        is_done: false,
        position,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
    };
    diesel::insert_into(checklist_items::table)
        .values(&item)
        .execute(tx.conn)?;
    tx.created(&item)?;
    Ok(item)
}

/// The position next to `position`, on this side. `moving` is not looked at.
fn neighbour(
    reading: &mut Reading<'_>,
    side: Side,
    other: &ChecklistItem,
    moving: Id,
) -> Result<Option<Position>, Problem> {
    let query = of_task(reading, other.task_id)
        .filter(checklist_items::id.ne(moving))
        .select(checklist_items::position);
    let query = match side {
        Side::Before => query
            .filter(checklist_items::position.lt(&other.position))
            .order(checklist_items::position.desc()),
        Side::After => query
            .filter(checklist_items::position.gt(&other.position))
            .order(checklist_items::position.asc()),
    };
    Ok(query.first(reading.conn).optional()?)
}

/// The item that a move goes next to.
fn find_target(
    reading: &mut Reading<'_>,
    task: Id,
    id: Id,
    side: Side,
) -> Result<ChecklistItem, Problem> {
    of_task(reading, task)
        .filter(checklist_items::id.eq(id))
        .select(ChecklistItem::as_select())
        .first(reading.conn)
        .optional()?
        .ok_or_else(|| {
            Problem::field(
                side.pointer(),
                "unknown_reference",
                "There is no such item in this checklist.",
            )
        })
}

// ---------------------------------------------------------------- handlers

/// List the checklist of a task
///
/// Its items, in their order.
#[utoipa::path(tag = "checklist", responses((status = 200, body = ChecklistItemPage)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/checklist-items")]
pub async fn list_checklist_items(scope: TeamScope, page: PageRequest) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    scope
        .list(Permission::TaskRead, move |reading| {
            let task = tasks::find(reading, name)?;
            let loaded = keyset_page!(
                of_task(reading, task.id),
                reading.conn,
                &page,
                Direction::Ascending,
                ChecklistItem,
                (checklist_items::position, checklist_items::id),
                Position,
                |item| item.position.clone()
            );
            if !page.wants_total() {
                return Reply::page(&loaded, &page);
            }
            let total: i64 = of_task(reading, task.id).count().get_result(reading.conn)?;
            let total = usize::try_from(total).unwrap_or_default();
            Reply::page(&loaded.with_total(total), &page)
        })
        .await
}

/// Add a checklist item
///
/// At the end of the checklist; at most 200.
#[utoipa::path(tag = "checklist", params(ValidateOnly), request_body = NewChecklistItem, responses((status = 201, body = ChecklistItem)))]
#[post("/v1/teams/{team_id}/tasks/{task_id}/checklist-items")]
pub async fn create_checklist_item(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewChecklistItem>,
) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let Body(new) = body;
    let place = scope.address("tasks");
    scope
        .write(Permission::TaskWrite, move |tx| {
            let task = tasks::find(tx, name)?;
            let item = add(tx, task.id, new.title)?;
            Reply::created(
                &item,
                item.version,
                format!("{place}/{}/checklist-items/{}", task.id, item.id),
            )
        })
        .await
}

/// Show a checklist item
#[utoipa::path(tag = "checklist", responses((status = 200, body = ChecklistItem)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/checklist-items/{item_id}")]
pub async fn get_checklist_item(scope: TeamScope) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let id = scope.id("item_id")?;
    scope
        .read(Permission::TaskRead, move |reading| {
            let task = tasks::find(reading, name)?;
            let item = find(reading, task.id, id)?;
            Reply::record(&item, item.version)
        })
        .await
}

/// Change a checklist item
///
/// Its title, and whether it is done.
#[utoipa::path(tag = "checklist", params(ValidateOnly), request_body = ChecklistItemPatch, responses((status = 200, body = ChecklistItem)))]
#[patch("/v1/teams/{team_id}/tasks/{task_id}/checklist-items/{item_id}")]
pub async fn update_checklist_item(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<ChecklistItemPatch>,
) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let id = scope.id("item_id")?;
    let Body(patch) = body;
    scope
        .write(Permission::TaskWrite, move |tx| {
            let task = tasks::find(tx, name)?;
            let before = find(tx, task.id, id)?;
            tx.expect_version(before.version)?;
            let after = diesel::update(checklist_items::table.find((tx.team.id(), id)))
                .set((
                    &patch,
                    checklist_items::updated_at.eq(tx.now),
                    checklist_items::version.eq(tx.revision),
                ))
                .returning(columns::<ChecklistItem>())
                .get_result(tx.conn)?;
            let item = tx.change(before, after)?;
            Reply::record(&item, item.version)
        })
        .await
}

/// Move a checklist item
///
/// Puts it directly before or after another one of the same task. No other item changes.
#[utoipa::path(tag = "checklist", request_body = Move, responses((status = 200, body = ChecklistItem)))]
#[post("/v1/teams/{team_id}/tasks/{task_id}/checklist-items/{item_id}/move")]
pub async fn move_checklist_item(scope: TeamScope, body: Body<Move>) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let id = scope.id("item_id")?;
    let Body(to) = body;
    scope
        .write(Permission::TaskWrite, move |tx| {
            let task = tasks::find(tx, name)?;
            let before = find(tx, task.id, id)?;
            tx.expect_version(before.version)?;
            let (side, other) = to.target(id)?;
            let other = find_target(tx, task.id, other, side)?;
            let neighbour = neighbour(tx, side, &other, id)?;
            let position = side.position(&other.position, neighbour.as_ref())?;
            let after = diesel::update(checklist_items::table.find((tx.team.id(), id)))
                .set((
                    checklist_items::position.eq(position),
                    checklist_items::updated_at.eq(tx.now),
                    checklist_items::version.eq(tx.revision),
                ))
                .returning(columns::<ChecklistItem>())
                .get_result(tx.conn)?;
            let item = tx.change(before, after)?;
            Reply::record(&item, item.version)
        })
        .await
}

/// Delete a checklist item
///
/// It is gone for good.
#[utoipa::path(tag = "checklist", responses((status = 204, description = "It is gone.")))]
#[delete("/v1/teams/{team_id}/tasks/{task_id}/checklist-items/{item_id}")]
pub async fn delete_checklist_item(scope: TeamScope) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let id = scope.id("item_id")?;
    scope
        .write(Permission::TaskWrite, move |tx| {
            let task = tasks::find(tx, name)?;
            let item = find(tx, task.id, id)?;
            tx.expect_version(item.version)?;
            diesel::delete(checklist_items::table.find((tx.team.id(), id))).execute(tx.conn)?;
            tx.deleted(&item)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_checklist_items)
        .service(create_checklist_item)
        .service(get_checklist_item)
        .service(update_checklist_item)
        .service(move_checklist_item)
        .service(delete_checklist_item);
}
