//! The operations on series. Their occurrences are changed as events, with `scope`.

use actix_web::{delete, get, post};
use diesel::prelude::*;

use super::make::{create, find, in_team};
use super::model::{EventSeries, EventSeriesPage, NewEventSeries};
use crate::access::{Permission, TeamScope};
use crate::db::Instant;
use crate::http::page::TOTAL_CAP;
use crate::http::query::ValidateOnly;
use crate::http::{Answer, Body, PageRequest, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};
use crate::keyset_page;
use crate::outreach::trashing;
use crate::schema::event_series;

/// List the series of events
///
/// The last made first. Their events are listed by `GET …/events?series_id=…`.
#[utoipa::path(tag = "events", responses((status = 200, body = EventSeriesPage)))]
#[get("/v1/teams/{team_id}/event-series")]
pub async fn list_event_series(scope: TeamScope, page: PageRequest) -> Answer {
    scope
        .list(Permission::EventRead, move |reading| {
            let loaded = keyset_page!(
                in_team(reading.team),
                reading.conn,
                &page,
                Direction::Descending,
                EventSeries,
                (event_series::created_at, event_series::id),
                Instant,
                |series| series.created_at
            );
            if !page.wants_total() {
                return Reply::page(&loaded, &page);
            }
            let ids: Vec<crate::db::Id> = in_team(reading.team)
                .select(event_series::id)
                .limit(TOTAL_CAP + 1)
                .load(reading.conn)?;
            Reply::page(&loaded.with_total(ids.len()), &page)
        })
        .await
}

/// Create a series of events
///
/// Makes the event and those that follow from the rule, as drafts: the ones of the next year at once, later ones as time
/// goes. Each begins at the same time on the clock of its place, in summer and in winter; where the clocks skip that
/// time, it begins as much later as they are put forward (`moved_by_clocks` says which). A rule for the 31st leaves out
/// months without one. A rule must end (`COUNT` or `UNTIL`) and makes at most 200 events, at most one a day. To change
/// them, change an event with `scope=following` or `scope=all`. `validate_only=true` only checks.
#[utoipa::path(tag = "events", params(ValidateOnly), request_body = NewEventSeries, responses((status = 201, body = EventSeries)))]
#[post("/v1/teams/{team_id}/event-series")]
pub async fn create_event_series(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewEventSeries>,
) -> Answer {
    let Body(new) = body;
    let place = scope.address("event-series");
    scope
        .write(Permission::EventWrite, move |tx| {
            let series = create(tx, new)?;
            Reply::created(&series, series.version, format!("{place}/{}", series.id))
        })
        .await
}

/// Show a series of events
///
/// Its rule, and what its events have in common.
#[utoipa::path(tag = "events", responses((status = 200, body = EventSeries)))]
#[get("/v1/teams/{team_id}/event-series/{series_id}")]
pub async fn get_event_series(scope: TeamScope) -> Answer {
    let id = scope.id("series_id")?;
    scope
        .read(Permission::EventRead, move |reading| {
            let series = find(reading, id)?;
            Reply::record(&series, series.version)
        })
        .await
}

/// Delete a series of events
///
/// It goes to the trash for 30 days, together with its events that are still to come; later ones are not made. Events that are
/// live, over or cancelled stay as they are. Restoring it brings all back; when it is purged, what stayed belongs to no
/// series any more. To call the events off so that people are told, cancel them instead, with `scope=all`.
#[utoipa::path(tag = "events", responses((status = 204, description = "It is in the trash.")))]
#[delete("/v1/teams/{team_id}/event-series/{series_id}")]
pub async fn delete_event_series(scope: TeamScope) -> Answer {
    let id = scope.id("series_id")?;
    scope
        .write(Permission::EventWrite, move |tx| {
            let series = find(tx, id)?;
            tx.expect_version(series.version)?;
            trashing::series_to_trash(tx, &series)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Show the history of a series of events
///
/// Who changed what, when, from what to what, oldest first. Its events have a history each.
#[utoipa::path(tag = "events", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/event-series/{series_id}/history")]
pub async fn list_event_series_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("series_id")?;
    history_of(scope, page, Kind::EventSeries, move |reading| {
        Ok(find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_event_series)
        .service(create_event_series)
        .service(get_event_series)
        .service(delete_event_series)
        .service(list_event_series_history);
}
