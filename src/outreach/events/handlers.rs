//! The operations on events.

use std::slice;

use actix_web::{delete, get, patch, post};

use super::expand::{EventReference, ExpandedEvent, ExpandedEventPage, expand};
use super::model::{Event, EventFilter, EventPatch, EventSort, NewEvent};
use super::queries::{find, load_page};
use super::write;
use crate::access::{Permission, TeamScope};
use crate::http::{Answer, Body, Expand, PageRequest, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};
use crate::outreach::series::{self, SeriesScope, WhichOccurrences};
use crate::outreach::{aftermath, trashing};

/// List events
///
/// The events in use, the next first unless sorted otherwise.
#[utoipa::path(tag = "events",
    params(EventFilter, ("sort" = inline(Option<EventSort>), Query), Expand<EventReference>),
    responses((status = 200, body = ExpandedEventPage)))]
#[get("/v1/teams/{team_id}/events")]
pub async fn list_events(
    scope: TeamScope,
    filter: Query<EventFilter>,
    wanted: Query<Expand<EventReference>>,
    page: PageRequest,
) -> Answer {
    scope
        .list(Permission::EventRead, move |reading| {
            let loaded = load_page(reading, &filter.0, &page)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, &loaded.items)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}

/// Create an event
///
/// It begins as a draft, which nobody outside the team sees; make it `scheduled` to announce it.
#[utoipa::path(tag = "events", request_body = NewEvent, responses((status = 201, body = Event)))]
#[post("/v1/teams/{team_id}/events")]
pub async fn create_event(scope: TeamScope, body: Body<NewEvent>) -> Answer {
    let Body(new) = body;
    let place = scope.address("events");
    scope
        .write(Permission::EventWrite, move |tx| {
            let event = write::create(tx, new)?;
            Reply::created(&event, event.version, format!("{place}/{}", event.id))
        })
        .await
}

/// Show an event
///
/// With everything that members may know, such as where to join.
#[utoipa::path(tag = "events", params(Expand<EventReference>), responses((status = 200, body = ExpandedEvent)))]
#[get("/v1/teams/{team_id}/events/{event_id}")]
pub async fn get_event(scope: TeamScope, wanted: Query<Expand<EventReference>>) -> Answer {
    let id = scope.id("event_id")?;
    scope
        .read(Permission::EventRead, move |reading| {
            let event = find(reading, id)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, slice::from_ref(&event))?;
            reading.show(&event, event.version, expanded)
        })
        .await
}

/// Change an event
///
/// A JSON Merge Patch: absent keeps, null clears. `status` goes through the state machine: draft → scheduled → live →
/// ended, and draft or scheduled → cancelled; `live` and `ended` also come by the clock. When it takes place is changed
/// by `POST …/reschedule`, which moves its tasks along.
///
/// Of an occurrence of a series, `scope` says which ones change: this one, this and the following ones (which become a
/// series of their own), or all. What is live, over or cancelled never changes, and a field that was changed for one
/// occurrence alone stays as it is there. The answer is this event; the change feed names the others.
#[utoipa::path(tag = "events", params(WhichOccurrences), request_body = EventPatch, responses((status = 200, body = Event)))]
#[patch("/v1/teams/{team_id}/events/{event_id}")]
pub async fn update_event(
    scope: TeamScope,
    which: Query<WhichOccurrences>,
    body: Body<EventPatch>,
) -> Answer {
    let id = scope.id("event_id")?;
    let which = which.0.scope.unwrap_or(SeriesScope::This);
    let Body(patch) = body;
    scope
        .write(Permission::EventWrite, move |tx| {
            let before = find(tx, id)?;
            tx.expect_version(before.version)?;
            if which != SeriesScope::This {
                for (before, event) in series::patch(tx, &before, &patch, which)? {
                    aftermath::of_change(tx, &before, &event)?;
                }
                let event = find(tx, id)?;
                return Reply::record(&event, event.version);
            }
            let mut after = write::patched(tx, &before, patch)?;
            after.overrides = series::overridden(&before, &after);
            let event = write::save(tx, before.clone(), after)?;
            aftermath::of_change(tx, &before, &event)?;
            Reply::record(&event, event.version)
        })
        .await
}

/// Delete an event
///
/// It goes to the trash for 30 days, with its registrations; nobody outside the team sees it any more. Its tasks stay
/// where they are and keep their `event_id`, so that restoring the event loses nothing; when it is purged, they are
/// left without one, and its public address is free for others. To call it off so that people are told, set its status
/// to `cancelled` instead.
#[utoipa::path(tag = "events", responses((status = 204, description = "It is in the trash.")))]
#[delete("/v1/teams/{team_id}/events/{event_id}")]
pub async fn delete_event(scope: TeamScope) -> Answer {
    let id = scope.id("event_id")?;
    scope
        .write(Permission::EventWrite, move |tx| {
            let event = find(tx, id)?;
            tx.expect_version(event.version)?;
            trashing::event_with(tx, &event, id)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Show the history of an event
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "events", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/events/{event_id}/history")]
pub async fn list_event_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("event_id")?;
    history_of(scope, page, Kind::Event, move |reading| {
        Ok(find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_events)
        .service(create_event)
        .service(get_event)
        .service(update_event)
        .service(delete_event)
        .service(list_event_history);
}
