//! The file of the event that somebody has a place at, opened by the secret in the person's own links.
//!
//! The surprising rule: it says where to join only for a confirmed place; whoever waits gets the file without.

use actix_web::get;

use super::public::MEDIA_TYPE;
use super::write::{Shown, event_file};
use crate::access::PublicScope;
use crate::http::{Answer, Problem, Reply, ServiceConfig};
use crate::outreach::registrations::{Link, RegistrationState};

/// Download the event of a registration
///
/// As an iCalendar file; with where to join once the place is confirmed. Not found when the registration was given up,
/// rejected, or never confirmed by its link.
#[utoipa::path(tag = "calendars",
    responses((status = 200, content_type = "text/calendar", body = String, description = "The event (RFC 5545, RFC 7986).")))]
#[get("/v1/public/registrations/{link}/calendar.ics")]
pub async fn get_registration_calendar(scope: PublicScope) -> Answer {
    let link = Link::of(&scope)?;
    scope
        .read(link.team(), move |reading| {
            let (event, registration) = link.open(reading)?;
            let shown = shown(registration.state)?;
            let tag = reading.etag();
            Ok(Reply::text(MEDIA_TYPE, event_file(&event, shown)).tagged(tag))
        })
        .await
}

/// How much of the event the person is shown.
fn shown(state: RegistrationState) -> Result<Shown, Problem> {
    match state {
        state if !state.is_registered() => Err(Problem::not_found()),
        state if state.is_in() => Ok(Shown::Joining),
        _ => Ok(Shown::Public),
    }
}

/// Registers the operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_registration_calendar);
}
