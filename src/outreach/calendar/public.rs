//! The file of a public event, which anybody may download.
//!
//! The surprising rule: it never says where to join, whoever asks. That is in the file of a confirmed place.

use actix_web::get;

use super::write::{Shown, event_file};
use crate::access::PublicScope;
use crate::http::reply::etag;
use crate::http::{Answer, Reply, ServiceConfig};
use crate::outreach::events::texts::Slug;
use crate::outreach::registrations::public::{announced, team_of};

/// How a calendar is sent.
pub(super) const MEDIA_TYPE: &str = "text/calendar; charset=utf-8";

/// Download a public event
///
/// As an iCalendar file, without where to join. A cancelled event says so.
#[utoipa::path(tag = "calendars",
    responses((status = 200, content_type = "text/calendar", body = String, description = "The event (RFC 5545).")))]
#[get("/v1/public/events/{slug}.ics")]
pub async fn get_public_event_calendar(scope: PublicScope) -> Answer {
    let slug = Slug::new(scope.part("slug"));
    let team = team_of(slug.clone());
    scope
        .read(team, move |reading| {
            let event = announced(reading, slug.as_ref())?;
            let file = event_file(&event, Shown::Public);
            Ok(Reply::text(MEDIA_TYPE, file).tagged(etag(event.version)))
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_public_event_calendar);
}
