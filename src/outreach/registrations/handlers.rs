//! The team's operations on registrations.

use actix_web::{delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::acts;
use super::edit::{RegistrationPatch, edit};
use super::filter::{RegistrationFilter, RegistrationSort};
use super::input::AddedRegistration;
use super::model::{RankedRegistration, Registration, RegistrationPage};
use super::queries::{find, load_page, ranked, tally};
use crate::access::{Permission, Reading, TeamScope, Tx};
use crate::db::Id;
use crate::http::{Answer, Body, PageRequest, Problem, Query, Reply, ServiceConfig, Text};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};
use crate::outreach::events::{self, Event};

/// How the seats of an event are taken: seats, not people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"capacity": 200, "confirmed": 180, "held": 4, "pending": 3, "waiting": 12, "free": 16}))]
pub struct EventSeats {
    /// How many there are; null for no limit.
    #[schema(required = true, minimum = 1)]
    capacity: Option<i64>,
    /// Had by those who are in, were there, or stayed away.
    #[schema(minimum = 0)]
    confirmed: i64,
    /// Held for those to whom they were offered.
    #[schema(minimum = 0)]
    held: i64,
    /// Wanted by those who wait for approval.
    #[schema(minimum = 0)]
    pending: i64,
    /// Wanted by those who wait for seats.
    #[schema(minimum = 0)]
    waiting: i64,
    /// `capacity` − `confirmed` − `held`, and never less than 0; null for no limit.
    #[schema(required = true, minimum = 0)]
    free: Option<i64>,
}

/// A code, as a person shows it at the door.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "7KQ2M9XA"}))]
pub struct CheckIn {
    /// The code; small letters are fine.
    code: Text<1, 20>,
}

/// A registration as it stands, with the tag that follows the queue, too.
pub(super) fn answer(reading: &mut Reading<'_>, registration: Registration) -> Answer {
    let version = registration.version;
    let tag = reading.etag_with(version, reading.revision);
    let shown = ranked(reading, registration)?;
    Ok(Reply::record(&shown, version)?.tagged(tag))
}

/// List registrations
///
/// Those for one event, oldest first unless sorted otherwise; `sort=rank` is the order of the waiting list. Whoever has
/// not confirmed the address yet is listed only with `state=unverified`.
#[utoipa::path(tag = "registrations", params(RegistrationFilter, ("sort" = inline(Option<RegistrationSort>), Query)),
    responses((status = 200, body = RegistrationPage)))]
#[get("/v1/teams/{team_id}/events/{event_id}/registrations")]
pub async fn list_registrations(
    scope: TeamScope,
    filter: Query<RegistrationFilter>,
    page: PageRequest,
) -> Answer {
    let event_id = scope.id("event_id")?;
    scope
        .list(Permission::RegistrationRead, move |reading| {
            events::find(reading, event_id)?;
            let loaded = load_page(reading, event_id, &filter.0, &page)?;
            Reply::page(&loaded, &page)
        })
        .await
}

/// Add a registration
///
/// By hand, without approval and without the first letter: with seats at once if so many are free and nobody waits who
/// could use them, at the end of the queue otherwise. The event never has more people than seats.
#[utoipa::path(tag = "registrations", request_body = AddedRegistration, responses((status = 201, body = RankedRegistration)))]
#[post("/v1/teams/{team_id}/events/{event_id}/registrations")]
pub async fn create_registration(scope: TeamScope, body: Body<AddedRegistration>) -> Answer {
    let event_id = scope.id("event_id")?;
    let Body(new) = body;
    let place = scope.address(&format!("events/{event_id}/registrations"));
    scope
        .write(Permission::RegistrationWrite, move |tx| {
            let event = events::find(tx, event_id)?;
            let details = new.checked(&event, acts::BY_HAND)?;
            let added = acts::add(tx, &event, details)?;
            let place = format!("{place}/{}", added.id);
            Ok(answer(tx, added)?.status(201).location(place))
        })
        .await
}

/// Show a registration
///
/// With its rank in the queue while it waits.
#[utoipa::path(tag = "registrations", responses((status = 200, body = RankedRegistration)))]
#[get("/v1/teams/{team_id}/events/{event_id}/registrations/{registration_id}")]
pub async fn get_registration(scope: TeamScope) -> Answer {
    let (event_id, id) = (scope.id("event_id")?, scope.id("registration_id")?);
    scope
        .read(Permission::RegistrationRead, move |reading| {
            events::find(reading, event_id)?;
            let registration = find(reading, event_id, id)?;
            answer(reading, registration)
        })
        .await
}

/// Change a registration
///
/// A JSON Merge Patch, by a lead: absent keeps, null clears. For more `seats` than a person has or is offered, so many must be
/// free that nobody who waits could use; fewer go to those who wait at once; who waits keeps the rank. The address cannot be
/// changed, because its person confirmed it: who has another one registers anew, and this registration is cancelled. The
/// journal tells that names, answers or the note were changed, and not what they were. The person is told of other seats, and
/// of others who come along.
#[utoipa::path(tag = "registrations", request_body = RegistrationPatch, responses((status = 200, body = RankedRegistration)))]
#[patch("/v1/teams/{team_id}/events/{event_id}/registrations/{registration_id}")]
pub async fn update_registration(scope: TeamScope, body: Body<RegistrationPatch>) -> Answer {
    let Body(patch) = body;
    act(scope, Permission::RegistrationWrite, |tx, event, before| {
        edit(tx, event, before.clone(), patch)
    })
    .await
}

/// Show the history of a registration
///
/// Who changed what, when, from what to what, oldest first. Of names, answers and notes it tells only that they were changed
/// (`changed_personal_fields`), because a person may ask to be forgotten.
#[utoipa::path(tag = "registrations", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/events/{event_id}/registrations/{registration_id}/history")]
pub async fn list_registration_history(scope: TeamScope, page: PageRequest) -> Answer {
    let (event_id, id) = (scope.id("event_id")?, scope.id("registration_id")?);
    history_of(scope, page, Kind::Registration, move |reading| {
        events::find(reading, event_id)?;
        Ok(find(reading, event_id, id)?.id)
    })
    .await
}

/// Does something to the registration in the path.
async fn act<F>(scope: TeamScope, permission: Permission, work: F) -> Answer
where
    F: FnOnce(&mut Tx<'_>, &Event, &Registration) -> Result<Registration, Problem> + Send + 'static,
{
    let (event_id, id) = (scope.id("event_id")?, scope.id("registration_id")?);
    scope
        .write(permission, move |tx| {
            let (event, before) = both(tx, event_id, id)?;
            tx.expect_version(before.version)?;
            let after = work(tx, &event, &before)?;
            answer(tx, after)
        })
        .await
}

fn both(tx: &mut Tx<'_>, event_id: Id, id: Id) -> Result<(Event, Registration), Problem> {
    let event = events::find(tx, event_id)?;
    Ok((event, find(tx, event_id, id)?))
}

/// Approve a registration
///
/// One that is pending: it gets its seats if so many are free, and waits for them otherwise.
#[utoipa::path(tag = "registrations", responses((status = 200, body = RankedRegistration)))]
#[post("/v1/teams/{team_id}/events/{event_id}/registrations/{registration_id}/approve")]
pub async fn approve_registration(scope: TeamScope) -> Answer {
    act(scope, Permission::RegistrationWrite, acts::approve).await
}

/// Reject a registration
///
/// One that is pending. The person is told.
#[utoipa::path(tag = "registrations", responses((status = 200, body = RankedRegistration)))]
#[post("/v1/teams/{team_id}/events/{event_id}/registrations/{registration_id}/reject")]
pub async fn reject_registration(scope: TeamScope) -> Answer {
    act(scope, Permission::RegistrationWrite, |tx, _, before| {
        acts::reject(tx, before)
    })
    .await
}

/// Cancel a registration
///
/// In the person's place, who is told. The seats go to those who wait, at once.
#[utoipa::path(tag = "registrations", responses((status = 200, body = RankedRegistration)))]
#[post("/v1/teams/{team_id}/events/{event_id}/registrations/{registration_id}/cancel")]
pub async fn cancel_registration(scope: TeamScope) -> Answer {
    act(scope, Permission::RegistrationWrite, acts::cancel).await
}

/// Check a person in
///
/// The person is there.
#[utoipa::path(tag = "registrations", responses((status = 200, body = RankedRegistration)))]
#[post("/v1/teams/{team_id}/events/{event_id}/registrations/{registration_id}/check-in")]
pub async fn check_in_registration(scope: TeamScope) -> Answer {
    act(scope, Permission::RegistrationCheckIn, |tx, _, before| {
        acts::check_in(tx, before)
    })
    .await
}

/// Mark a person absent
///
/// The person had a place and was not there; once the event has begun.
#[utoipa::path(tag = "registrations", responses((status = 200, body = RankedRegistration)))]
#[post("/v1/teams/{team_id}/events/{event_id}/registrations/{registration_id}/mark-absent")]
pub async fn mark_absent_registration(scope: TeamScope) -> Answer {
    act(scope, Permission::RegistrationCheckIn, acts::mark_absent).await
}

/// Check a person in by the code
///
/// The code is on the person's own page.
#[utoipa::path(tag = "registrations", request_body = CheckIn, responses((status = 200, body = RankedRegistration)))]
#[post("/v1/teams/{team_id}/events/{event_id}/check-ins")]
pub async fn create_check_in(scope: TeamScope, body: Body<CheckIn>) -> Answer {
    let event_id = scope.id("event_id")?;
    let Body(CheckIn { code }) = body;
    scope
        .write(Permission::RegistrationCheckIn, move |tx| {
            events::find(tx, event_id)?;
            let before = acts::by_code(tx, event_id, code.as_str())?;
            let after = acts::check_in(tx, &before)?;
            answer(tx, after)
        })
        .await
}

/// Forget a registration
///
/// For good: name, address, answers and letters are erased, and the links stop working. Who has been at the event, or
/// missed it, still counts as one seat; another's place is given up.
#[utoipa::path(tag = "registrations", responses((status = 204)))]
#[delete("/v1/teams/{team_id}/events/{event_id}/registrations/{registration_id}")]
pub async fn delete_registration(scope: TeamScope) -> Answer {
    let (event_id, id) = (scope.id("event_id")?, scope.id("registration_id")?);
    scope
        .write(Permission::RegistrationWrite, move |tx| {
            let (event, before) = both(tx, event_id, id)?;
            tx.expect_version(before.version)?;
            acts::erase(tx, &event, &before)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Show the seats of an event
///
/// How they are taken. Seats are counted, not people: a group of four has four.
#[utoipa::path(tag = "registrations", responses((status = 200, body = EventSeats)))]
#[get("/v1/teams/{team_id}/events/{event_id}/seats")]
pub async fn get_event_seats(scope: TeamScope) -> Answer {
    let event_id = scope.id("event_id")?;
    scope
        .list(Permission::EventRead, move |reading| {
            let event = events::find(reading, event_id)?;
            let capacity = event.capacity.map(crate::http::Int::get);
            let seats = tally(reading, event_id)?;
            Reply::ok(&EventSeats {
                capacity,
                confirmed: seats.confirmed,
                held: seats.held,
                pending: seats.pending,
                waiting: seats.waiting,
                free: seats.free(capacity),
            })
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(super::table::export_registrations)
        .service(list_registrations)
        .service(create_registration)
        .service(super::batch::change_registrations)
        .service(get_registration)
        .service(update_registration)
        .service(list_registration_history)
        .service(approve_registration)
        .service(reject_registration)
        .service(cancel_registration)
        .service(check_in_registration)
        .service(mark_absent_registration)
        .service(create_check_in)
        .service(delete_registration)
        .service(get_event_seats)
        .service(super::attendance::get_event_attendance)
        .service(super::attendance::get_campaign_attendance);
    super::imports::routes(config);
    super::public::routes(config);
}
