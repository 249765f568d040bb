//! What the public sees and does: an event's page, registering, and a person's own place by a secret link.
//!
//! The surprising rule: where to join is told to people with a confirmed place only, and a wrong, revoked or used secret
//! finds nothing, like an event that is not there.

use actix_web::{delete, get, post};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::acts;
use super::input::NewRegistration;
use super::link::Link;
use super::model::{Companions, Registration, Seats};
use super::queries::{rank, tally};
use super::queue::give_up;
use super::state::{PassedOverReason, RegistrationState};
use super::window::{ClosedReason, closed};
use crate::access::secrets::{Pepper, Secret};
use crate::access::{PublicScope, Reading};
use crate::db::{AnyConnection, Id, Instant, Json};
use crate::http::query::Flag;
use crate::http::text::{Markdown, Name, Note, Title};
use crate::http::wall_clock::WallClock;
use crate::http::{Answer, Body, Problem, Query, Reply, ServiceConfig};
use crate::outreach::events::texts::{Slug, WebAddress};
use crate::outreach::events::{self, Event, EventKind, EventStatus, Visibility};
use crate::outreach::registration_rules::Question;
use crate::people::texts::Email;
use crate::schema::{events as event_rows, public_slugs, teams};

/// An event as everybody may see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"slug": "whats-new-in-1-30-webinar", "team_name": "Kubernetes community", "title": "What is new in 1.30", "description": "The release team shows it.", "kind": "webinar", "starts": {"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"}, "ends": {"local": "2027-04-20T20:30:00", "time_zone": "Europe/Paris"}, "starts_at": "2027-04-20T17:00:00.000Z", "ends_at": "2027-04-20T18:30:00.000Z", "platform": "Zoom", "status": "scheduled", "status_reason": null, "questions": [], "is_full": false, "registration_is_open": true, "registration_closed_reason": null, "registration_opens_at": null, "registration_closes_at": null}))]
pub struct PublicEvent {
    /// Its public address.
    #[schema(required = true)]
    slug: Option<Slug>,
    /// The team that holds it.
    team_name: Name,
    /// Its title.
    title: Title,
    /// More about it, in Markdown.
    description: Markdown,
    /// What kind of event it is.
    kind: EventKind,
    /// When it begins, as the clock of a place shows it.
    #[schema(value_type = WallClock)]
    starts: Json<WallClock>,
    /// When it ends.
    #[schema(value_type = WallClock)]
    ends: Json<WallClock>,
    /// The instant at which it begins.
    starts_at: Instant,
    /// The instant at which it ends.
    ends_at: Instant,
    /// Where it takes place: the name of the service.
    #[schema(required = true)]
    platform: Option<Name>,
    /// Where it stands.
    status: EventStatus,
    /// Why it has that status.
    #[schema(required = true)]
    status_reason: Option<Note>,
    /// What people are asked who register.
    #[schema(max_items = 20)]
    questions: Vec<Question>,
    /// Whether no seat is free: who registers then waits.
    is_full: bool,
    /// Whether people can register now.
    registration_is_open: bool,
    /// Why they cannot. More reasons may come: have a default branch.
    #[schema(value_type = Option<String>, required = true, max_length = 40, example = "not_yet")]
    registration_closed_reason: Option<ClosedReason>,
    /// From when on people can register.
    #[schema(required = true)]
    registration_opens_at: Option<Instant>,
    /// Until when they can.
    #[schema(required = true)]
    registration_closes_at: Option<Instant>,
}

/// What everybody is told who registers: it does not say whether the address was known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"detail": "A letter is on its way to you. Follow the link in it within 72 hours."}))]
pub struct RegistrationReceived {
    /// What happens next.
    #[schema(max_length = 200)]
    detail: &'static str,
}

/// How somebody leaves.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Leaving {
    /// Whether the person is forgotten, too.
    #[param(value_type = Option<bool>)]
    forget: Option<Flag>,
}

/// A person's own place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"event": {"slug": "whats-new-in-1-30-webinar", "team_name": "Kubernetes community", "title": "What is new in 1.30", "description": "The release team shows it.", "kind": "webinar", "starts": {"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"}, "ends": {"local": "2027-04-20T20:30:00", "time_zone": "Europe/Paris"}, "starts_at": "2027-04-20T17:00:00.000Z", "ends_at": "2027-04-20T18:30:00.000Z", "platform": "Zoom", "status": "scheduled", "status_reason": null, "questions": [], "is_full": true, "registration_is_open": true, "registration_closed_reason": null, "registration_opens_at": null, "registration_closes_at": null}, "name": "Ada Lovelace", "email": "ada@example.org", "seats": 2, "companions": [], "answers": {}, "state": "waitlisted", "rank": 3, "queued_at": "2027-04-01T09:00:00.000Z", "offer_expires_at": null, "passed_over_count": 1, "passed_over_reason": "too_few_seats", "check_in_code": null, "join_url": null, "secret": null}))]
pub struct MyRegistration {
    /// The event.
    event: PublicEvent,
    /// The person's name.
    name: Name,
    /// The person's address.
    email: Email,
    /// How many come.
    seats: Seats,
    /// The names of those who come along.
    #[schema(value_type = Vec<Name>, max_items = 9)]
    companions: Json<Companions>,
    /// The answers that were given.
    #[schema(value_type = Object)]
    answers: Json<Map<String, Value>>,
    /// Where the registration stands.
    state: RegistrationState,
    /// The rank among those who wait; null when it does not wait.
    #[schema(required = true, minimum = 1)]
    rank: Option<i64>,
    /// Since when it waits where it waits now.
    #[schema(required = true)]
    queued_at: Option<Instant>,
    /// Until when seats are held: accept them before.
    #[schema(required = true)]
    offer_expires_at: Option<Instant>,
    /// How often others behind got seats first.
    #[schema(minimum = 0)]
    passed_over_count: i64,
    /// Why they did.
    #[schema(value_type = Option<String>, required = true, max_length = 40, example = "too_few_seats")]
    passed_over_reason: Option<PassedOverReason>,
    /// What to show at the door, once the place is confirmed.
    #[schema(required = true, max_length = 8)]
    check_in_code: Option<String>,
    /// Where to join, once the place is confirmed.
    #[schema(required = true)]
    join_url: Option<WebAddress>,
    /// The secret of this page from now on; only where the address has just been confirmed, for the old one is used up.
    #[schema(required = true, max_length = 100)]
    secret: Option<String>,
}

fn public_event(reading: &mut Reading<'_>, event: &Event) -> Result<PublicEvent, Problem> {
    let team_name: Name = teams::table
        .find(reading.team.id())
        .select(teams::name)
        .first(reading.conn)?;
    let capacity = event.capacity.map(crate::http::Int::get);
    let is_full = capacity.is_some() && tally(reading, event.id)?.free(capacity) == Some(0);
    let reason = closed(event, reading.now);
    let rules = &event.registration.0;
    Ok(PublicEvent {
        slug: event.slug.clone(),
        team_name,
        title: event.title.clone(),
        description: event.description.clone(),
        kind: event.kind,
        starts: event.starts.clone(),
        ends: event.ends.clone(),
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        platform: event.platform.clone(),
        status: event.status,
        status_reason: event.status_reason.clone(),
        questions: rules.questions.0.clone(),
        is_full,
        registration_is_open: reason.is_none(),
        registration_closed_reason: reason,
        registration_opens_at: rules.opens_at,
        registration_closes_at: rules.closes_at,
    })
}

fn my_registration(
    reading: &mut Reading<'_>,
    event: &Event,
    registration: Registration,
    secret: Option<Secret>,
) -> Result<MyRegistration, Problem> {
    let is_in = registration.state.is_in();
    Ok(MyRegistration {
        event: public_event(reading, event)?,
        rank: rank(reading, &registration)?,
        name: registration.name,
        email: registration.email,
        seats: registration.seats,
        companions: registration.companions,
        answers: registration.answers,
        state: registration.state,
        queued_at: registration.queued_at,
        offer_expires_at: registration.offer_expires_at,
        passed_over_count: registration.passed_over_count,
        passed_over_reason: registration.passed_over_reason,
        check_in_code: is_in.then_some(registration.check_in_code),
        join_url: event.join_url.clone().filter(|_| is_in),
        secret: secret.map(|secret| secret.expose().to_owned()),
    })
}

/// The team that a public address belongs to.
pub(in crate::outreach) fn team_of(
    slug: Option<Slug>,
) -> impl FnOnce(&mut AnyConnection) -> Result<Option<Id>, Problem> + Send + 'static {
    move |conn| {
        let Some(slug) = slug else { return Ok(None) };
        Ok(public_slugs::table
            .find(slug)
            .select(public_slugs::team_id)
            .first(conn)
            .optional()?)
    }
}

/// The event with a public address, as far as the public may see it.
pub(in crate::outreach) fn announced(
    reading: &mut Reading<'_>,
    slug: Option<&Slug>,
) -> Result<Event, Problem> {
    let event: Event = events::in_team(reading.team)
        .filter(event_rows::slug.eq(slug.ok_or_else(Problem::not_found)?))
        .filter(event_rows::visibility.eq(Visibility::Public))
        .select(Event::as_select())
        .first(reading.conn)?;
    if event.status.is_announced() {
        Ok(event)
    } else {
        Err(Problem::not_found())
    }
}

/// Show a public event
///
/// What everybody may know, whether people can register, and what they are asked. Where to join is not in it.
#[utoipa::path(tag = "public", responses((status = 200, body = PublicEvent)))]
#[get("/v1/public/events/{slug}")]
pub async fn get_public_event(scope: PublicScope) -> Answer {
    let slug = Slug::new(scope.part("slug"));
    let team = team_of(slug.clone());
    scope
        .read(team, move |reading| {
            let event = announced(reading, slug.as_ref())?;
            Reply::ok(&public_event(reading, &event)?)
        })
        .await
}

/// Register for a public event
///
/// The answer is the same for everybody: a letter with a link goes to the address, and the registration counts when the
/// link was followed. Whoever has registered before is told so by the letter alone. When no seat is free, registering is
/// asking for one: the person waits.
#[utoipa::path(tag = "public", request_body = NewRegistration, responses((status = 202, body = RegistrationReceived)))]
#[post("/v1/public/events/{slug}/registrations")]
pub async fn create_public_registration(scope: PublicScope, body: Body<NewRegistration>) -> Answer {
    let slug = Slug::new(scope.part("slug"));
    let Body(new) = body;
    let team = team_of(slug.clone());
    scope
        .write(team, move |tx| {
            let event = announced(tx, slug.as_ref())?;
            if let Some(reason) = closed(&event, tx.now) {
                return Err(reason.problem(&event));
            }
            let details = new.checked(&event)?;
            acts::register(tx, &event, details)?;
            let received = RegistrationReceived {
                detail: "A letter is on its way to you. Follow the link in it within 72 hours.",
            };
            Ok(Reply::ok(&received)?.status(202))
        })
        .await
}

/// Confirm an address
///
/// With the secret of the first letter, which works once: the answer has the secret of the person's page from then on.
/// The registration now waits for approval, has its seats, or waits for seats.
#[utoipa::path(tag = "public", responses((status = 200, body = MyRegistration)))]
#[post("/v1/public/registrations/{link}/confirm")]
pub async fn confirm_public_registration(scope: PublicScope) -> Answer {
    let link = Link::of(&scope)?;
    let pepper: Pepper = scope.state().pepper.clone();
    let team = link.team();
    scope
        .write(team, move |tx| {
            let (event, before) = link.open(tx)?;
            let confirmed = acts::confirm(tx, &event, &before)?;
            let secret = confirmed.secret(&pepper);
            Reply::ok(&my_registration(tx, &event, confirmed, Some(secret))?)
        })
        .await
}

/// Show my registration
///
/// The person's own page: the place, the rank in the queue and why others came first, until when an offer stands, and
/// where to join.
#[utoipa::path(tag = "public", responses((status = 200, body = MyRegistration)))]
#[get("/v1/public/registrations/{link}")]
pub async fn get_public_registration(scope: PublicScope) -> Answer {
    let link = Link::of(&scope)?;
    let team = link.team();
    scope
        .read(team, move |reading| {
            let (event, registration) = link.open(reading)?;
            Reply::ok(&my_registration(reading, &event, registration, None)?)
        })
        .await
}

/// Cancel my registration
///
/// The seats go to others at once, and every link that the person has stops working. Whoever registers again is back in
/// the same record. With `forget=true` the person is forgotten, too, whatever the state: name, address, answers and letters
/// are erased for good, and only the seat of somebody who has been there still counts.
#[utoipa::path(tag = "public", params(Leaving), responses((status = 204)))]
#[delete("/v1/public/registrations/{link}")]
pub async fn delete_public_registration(scope: PublicScope, leaving: Query<Leaving>) -> Answer {
    let link = Link::of(&scope)?;
    let team = link.team();
    let is_forgotten = leaving.0.forget.is_some_and(|flag| flag.0);
    scope
        .write(team, move |tx| {
            let (event, before) = link.open(tx)?;
            if is_forgotten {
                acts::erase(tx, &event, &before)?;
            } else {
                give_up(tx, &event, &before, before.secret_number.saturating_add(1))?;
            }
            Ok(Reply::no_content())
        })
        .await
}

/// Accept an offered seat
///
/// Before `offer_expires_at`. After an offer ran out it asks for seats again: at once if some are free and nobody waits
/// who could use them, at the end of the queue otherwise; who still waits keeps the rank.
#[utoipa::path(tag = "public", responses((status = 200, body = MyRegistration)))]
#[post("/v1/public/registrations/{link}/accept")]
pub async fn accept_public_registration(scope: PublicScope) -> Answer {
    let link = Link::of(&scope)?;
    let team = link.team();
    scope
        .write(team, move |tx| {
            let (event, before) = link.open(tx)?;
            let accepted = acts::accept_or_ask(tx, &event, before)?;
            Reply::ok(&my_registration(tx, &event, accepted, None)?)
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_public_event)
        .service(create_public_registration)
        .service(confirm_public_registration)
        .service(get_public_registration)
        .service(delete_public_registration)
        .service(accept_public_registration);
}
