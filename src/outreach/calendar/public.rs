//! The file of a public event, which anybody may download.
//!
//! The surprising rule: it never says where to join, whoever asks. That is in the file of a confirmed place.

use actix_web::get;
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

use super::write::{Shown, event_file};
use crate::access::{PublicScope, Reading};
use crate::http::reply::etag;
use crate::http::{Answer, Problem, Reply};
use crate::outreach::events::{self, Event, EventStatus, Visibility};
use crate::schema::{events as rows, public_slugs};

/// How a calendar is sent.
pub(super) const MEDIA_TYPE: &str = "text/calendar; charset=utf-8";

/// The public event at this address.
fn announced(reading: &mut Reading<'_>, slug: &str) -> Result<Event, Problem> {
    Ok(events::in_team(reading.team)
        .filter(rows::slug.eq(slug.to_owned()))
        .filter(rows::visibility.eq(Visibility::Public))
        .filter(rows::status.ne(EventStatus::Draft))
        .select(Event::as_select())
        .first(reading.conn)?)
}

/// Download a public event
///
/// As an iCalendar file, without where to join. A cancelled event says so.
#[utoipa::path(tag = "calendars",
    responses((status = 200, content_type = "text/calendar", body = String, description = "The event (RFC 5545).")))]
#[get("/v1/public/events/{slug}.ics")]
pub async fn get_public_event_calendar(scope: PublicScope) -> Answer {
    let slug = scope.part("slug").to_owned();
    let wanted = slug.clone();
    scope
        .read(
            move |conn| {
                Ok(public_slugs::table
                    .find(wanted)
                    .select(public_slugs::team_id)
                    .first(conn)
                    .optional()?)
            },
            move |reading| {
                let event = announced(reading, &slug)?;
                let file = event_file(&event, Shown::Public);
                Ok(Reply::text(MEDIA_TYPE, file).tagged(etag(event.version)))
            },
        )
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_public_event_calendar);
}
