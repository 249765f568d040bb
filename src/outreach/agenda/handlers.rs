//! The operations on the agenda of an event.

use actix_web::{delete, get, patch, post};
use diesel::prelude::*;

use super::model::{AgendaItem, AgendaItemPage, AgendaItemPatch, NewAgendaItem};
use super::queries::{add, check_fits, check_speakers, find, find_target, neighbour, of_event};
use crate::access::{Permission, TeamScope};
use crate::db::Json;
use crate::db::position::Position;
use crate::db::rows::columns;
use crate::http::moves::Move;
use crate::http::query::ValidateOnly;
use crate::http::{Answer, Body, PageRequest, Query, Reply, ServiceConfig};
use crate::keyset_page;
use crate::outreach::events;
use crate::schema::agenda_items;

/// List the agenda of an event
///
/// Its sessions, in their order.
#[utoipa::path(tag = "events", responses((status = 200, body = AgendaItemPage)))]
#[get("/v1/teams/{team_id}/events/{event_id}/agenda")]
pub async fn list_agenda_items(scope: TeamScope, page: PageRequest) -> Answer {
    let event = scope.id("event_id")?;
    scope
        .list(Permission::EventRead, move |reading| {
            let event = events::find(reading, event)?;
            let loaded = keyset_page!(
                of_event(reading, event.id),
                reading.conn,
                &page,
                Direction::Ascending,
                AgendaItem,
                (agenda_items::position, agenda_items::id),
                Position,
                |item| item.position.clone()
            );
            if !page.wants_total() {
                return Reply::page(&loaded, &page);
            }
            let total: i64 = of_event(reading, event.id)
                .count()
                .get_result(reading.conn)?;
            let total = usize::try_from(total).unwrap_or_default();
            Reply::page(&loaded.with_total(total), &page)
        })
        .await
}

/// Add a session to the agenda
///
/// At the end of the agenda; at most 100. It must fit into the event.
#[utoipa::path(tag = "events", params(ValidateOnly), request_body = NewAgendaItem, responses((status = 201, body = AgendaItem)))]
#[post("/v1/teams/{team_id}/events/{event_id}/agenda")]
pub async fn create_agenda_item(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewAgendaItem>,
) -> Answer {
    let event = scope.id("event_id")?;
    let Body(new) = body;
    let place = scope.address("events");
    scope
        .write(Permission::EventWrite, move |tx| {
            let event = events::find(tx, event)?;
            let item = add(tx, &event, new)?;
            Reply::created(
                &item,
                item.version,
                format!("{place}/{}/agenda/{}", event.id, item.id),
            )
        })
        .await
}

/// Show a session of the agenda
#[utoipa::path(tag = "events", responses((status = 200, body = AgendaItem)))]
#[get("/v1/teams/{team_id}/events/{event_id}/agenda/{item_id}")]
pub async fn get_agenda_item(scope: TeamScope) -> Answer {
    let event = scope.id("event_id")?;
    let id = scope.id("item_id")?;
    scope
        .read(Permission::EventRead, move |reading| {
            let event = events::find(reading, event)?;
            let item = find(reading, event.id, id)?;
            Reply::record(&item, item.version)
        })
        .await
}

/// Change a session of the agenda
///
/// A JSON Merge Patch. The session must fit into the event.
#[utoipa::path(tag = "events", params(ValidateOnly), request_body = AgendaItemPatch, responses((status = 200, body = AgendaItem)))]
#[patch("/v1/teams/{team_id}/events/{event_id}/agenda/{item_id}")]
pub async fn update_agenda_item(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<AgendaItemPatch>,
) -> Answer {
    let event = scope.id("event_id")?;
    let id = scope.id("item_id")?;
    let Body(patch) = body;
    scope
        .write(Permission::EventWrite, move |tx| {
            let event = events::find(tx, event)?;
            let before = find(tx, event.id, id)?;
            tx.expect_version(before.version)?;
            check_fits(
                &event,
                patch
                    .starts_after_minutes
                    .unwrap_or(before.starts_after_minutes),
                patch.duration_minutes.unwrap_or(before.duration_minutes),
            )?;
            if let Some(Json(speakers)) = &patch.speakers {
                check_speakers(tx, speakers, &before.speakers.0.0)?;
            }
            let after = diesel::update(agenda_items::table.find((tx.team.id(), id)))
                .set((
                    &patch,
                    agenda_items::updated_at.eq(tx.now),
                    agenda_items::version.eq(tx.revision),
                ))
                .returning(columns::<AgendaItem>())
                .get_result(tx.conn)?;
            let item = tx.change(before, after)?;
            Reply::record(&item, item.version)
        })
        .await
}

/// Move a session of the agenda
///
/// Puts it directly before or after another one of the same event. No other session changes, and no time does.
#[utoipa::path(tag = "events", request_body = Move, responses((status = 200, body = AgendaItem)))]
#[post("/v1/teams/{team_id}/events/{event_id}/agenda/{item_id}/move")]
pub async fn move_agenda_item(scope: TeamScope, body: Body<Move>) -> Answer {
    let event = scope.id("event_id")?;
    let id = scope.id("item_id")?;
    let Body(to) = body;
    scope
        .write(Permission::EventWrite, move |tx| {
            let event = events::find(tx, event)?;
            let before = find(tx, event.id, id)?;
            tx.expect_version(before.version)?;
            let (side, other) = to.target(id)?;
            let other = find_target(tx, event.id, other, side)?;
            let neighbour = neighbour(tx, side, &other, id)?;
            let position = side.position(&other.position, neighbour.as_ref())?;
            let after = diesel::update(agenda_items::table.find((tx.team.id(), id)))
                .set((
                    agenda_items::position.eq(position),
                    agenda_items::updated_at.eq(tx.now),
                    agenda_items::version.eq(tx.revision),
                ))
                .returning(columns::<AgendaItem>())
                .get_result(tx.conn)?;
            let item = tx.change(before, after)?;
            Reply::record(&item, item.version)
        })
        .await
}

/// Delete a session of the agenda
///
/// It is gone for good.
#[utoipa::path(tag = "events", responses((status = 204, description = "It is gone.")))]
#[delete("/v1/teams/{team_id}/events/{event_id}/agenda/{item_id}")]
pub async fn delete_agenda_item(scope: TeamScope) -> Answer {
    let event = scope.id("event_id")?;
    let id = scope.id("item_id")?;
    scope
        .write(Permission::EventWrite, move |tx| {
            let event = events::find(tx, event)?;
            let item = find(tx, event.id, id)?;
            tx.expect_version(item.version)?;
            diesel::delete(agenda_items::table.find((tx.team.id(), id))).execute(tx.conn)?;
            tx.deleted(&item)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_agenda_items)
        .service(create_agenda_item)
        .service(get_agenda_item)
        .service(update_agenda_item)
        .service(move_agenda_item)
        .service(delete_agenda_item);
}
