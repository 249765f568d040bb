//! The file of the event that somebody has a place at, opened by the secret in the person's own links.
//!
//! The surprising rule: it says where to join only for a confirmed place; whoever waits gets the file without.

use actix_web::get;
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

use super::public::MEDIA_TYPE;
use super::write::{Shown, event_file};
use crate::access::secrets::Secret;
use crate::access::{PublicScope, Reading};
use crate::db::Id;
use crate::http::{Answer, Problem, Reply};
use crate::outreach::events;
use crate::outreach::registrations::{RegistrationState, secret};
use crate::schema::registrations;

/// Download the event of a registration
///
/// As an iCalendar file; with where to join once the place is confirmed. Not found when the registration was given up,
/// rejected, or never confirmed by its link.
#[utoipa::path(tag = "calendars",
    responses((status = 200, content_type = "text/calendar", body = String, description = "The event (RFC 5545, RFC 7986).")))]
#[get("/v1/public/registrations/{link}/calendar.ics")]
pub async fn get_registration_calendar(scope: PublicScope) -> Answer {
    let given = Secret::from(scope.part("link").to_owned());
    let Some((team_id, id, number)) = secret::opened(&scope.state().pepper, &given) else {
        return Err(Problem::not_found());
    };
    scope
        .read(
            move |_| Ok(Some(team_id)),
            move |reading| {
                let (event_id, shown) = place(reading, id, number)?;
                let event = events::find(reading, event_id)?;
                let tag = reading.etag();
                Ok(Reply::text(MEDIA_TYPE, event_file(&event, shown)).tagged(tag))
            },
        )
        .await
}

/// The event of a registration, and how much of it the person is shown.
fn place(reading: &mut Reading<'_>, id: Id, number: i64) -> Result<(Id, Shown), Problem> {
    let (event_id, state): (Id, RegistrationState) = registrations::table
        .find((reading.team.id(), id))
        .filter(registrations::secret_number.eq(number))
        .filter(registrations::erased_at.is_null())
        .select((registrations::event_id, registrations::state))
        .first(reading.conn)?;
    match state {
        RegistrationState::Unverified
        | RegistrationState::Rejected
        | RegistrationState::Cancelled => Err(Problem::not_found()),
        state if state.is_in() => Ok((event_id, Shown::Joining)),
        _ => Ok((event_id, Shown::Public)),
    }
}

/// Registers the operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_registration_calendar);
}
