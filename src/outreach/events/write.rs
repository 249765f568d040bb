//! How events are made and changed: the rules between their fields, and the one way in which a changed event is saved.
//!
//! The surprising rule: calendars count changes. Whatever a subscriber's calendar shows raises `sequence`, and
//! nothing else does, so that nobody is notified of a new capacity.

use std::collections::HashSet;

use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

use super::model::{Event, EventPatch, Hosts, NewEvent, Visibility};
use super::status::EventStatus;
use super::texts::Slug;
use crate::access::Tx;
use crate::access::secrets::readable_code;
use crate::db::rows::fold;
use crate::db::{Id, Json};
use crate::http::text::{Markdown, Title};
use crate::http::wall_clock::WallClock;
use crate::http::{Code, FieldError, Problem};
use crate::outreach::campaigns;
use crate::outreach::registration_rules::RegistrationRules;
use crate::people::members;
use crate::schema::{event_hosts, events, public_slugs};

/// The longest event, in days.
const LONGEST: i64 = 7;
/// How long the tail of a slug is that nobody chose.
const TAIL: usize = 6;

// ---------------------------------------------------------------- rules

/// The end is after the start, not too far, and told by the same clocks.
///
/// # Errors
/// `validation_failed` below `/ends`.
pub fn check_period(starts: &WallClock, ends: &WallClock) -> Result<(), Problem> {
    let refuse = |pointer, code, detail: &str| Err(Problem::field(pointer, code, detail));
    if starts.time_zone != ends.time_zone {
        return refuse(
            "/ends/time_zone",
            "other_time_zone",
            "An event begins and ends in the same time zone.",
        );
    }
    if ends.instant() <= starts.instant() {
        return refuse("/ends/local", "before_start", "After the start.");
    }
    if ends.instant() > starts.instant().plus(TimeDelta::days(LONGEST)) {
        return refuse(
            "/ends/local",
            "too_long",
            "At most seven days after the start.",
        );
    }
    Ok(())
}

/// Each host is a member who is there, and none is named twice.
fn check_hosts(tx: &mut Tx<'_>, hosts: &Hosts, before: &[Id]) -> Result<(), Problem> {
    let mut seen = HashSet::new();
    for (index, host) in hosts.0.iter().enumerate() {
        let pointer = format!("/hosts/{index}");
        if !seen.insert(host) {
            return Err(Problem::fields(vec![FieldError::body(
                &pointer,
                "duplicate",
                "Each member once.",
            )]));
        }
        if !before.contains(host) {
            members::check_reference(tx, *host, &pointer)?;
        }
    }
    Ok(())
}

/// What happens to a series of texts that are searched.
pub(in crate::outreach) fn search_text(title: &Title, description: &Markdown) -> String {
    fold(&format!("{title}\n{description}"))
}

/// Whether a calendar shows any difference.
fn differs_in_calendars(before: &Event, after: &Event) -> bool {
    before.title != after.title
        || before.description != after.description
        || before.starts != after.starts
        || before.ends != after.ends
        || before.platform != after.platform
        || before.join_url != after.join_url
        || (before.status == EventStatus::Cancelled) != (after.status == EventStatus::Cancelled)
}

// ---------------------------------------------------------------- slugs

/// Takes a public address for an event, and gives back the one that it had.
fn take_slug(
    tx: &mut Tx<'_>,
    event_id: Id,
    before: Option<&Slug>,
    after: Option<&Slug>,
) -> Result<(), Problem> {
    if before == after {
        return Ok(());
    }
    if let Some(slug) = before {
        diesel::delete(public_slugs::table.find(slug)).execute(tx.conn)?;
    }
    let Some(slug) = after else { return Ok(()) };
    let taken: Option<Id> = public_slugs::table
        .find(slug)
        .select(public_slugs::event_id)
        .first(tx.conn)
        .optional()?;
    let is_free = taken.is_none()
        && tx
            .attempt(|tx| {
                // Another team may take it at the same moment.
                diesel::insert_into(public_slugs::table)
                    .values((
                        public_slugs::slug.eq(slug),
                        public_slugs::team_id.eq(tx.team.id()),
                        public_slugs::event_id.eq(event_id),
                    ))
                    .execute(tx.conn)?;
                Ok(())
            })?
            .is_ok();
    if is_free {
        Ok(())
    } else {
        Err(Problem::new(Code::AlreadyExists)
            .detail("Another event has this public address.")
            .member("pointer", "/slug"))
    }
}

/// A public address made of a title, which nobody else can have and nobody can guess from the title.
fn new_slug(title: &Title) -> Option<Slug> {
    Slug::of(title.as_str(), &readable_code(TAIL).to_lowercase())
}

/// The public address of an event for which nobody chose one.
pub(in crate::outreach) fn slug_for(visibility: Visibility, title: &Title) -> Option<Slug> {
    match visibility {
        Visibility::Public => new_slug(title),
        Visibility::Team => None,
    }
}

// ---------------------------------------------------------------- making and changing

/// Makes an event, as a draft, and journals it.
///
/// # Errors
/// `validation_failed`, each field at its pointer; `already_exists` for its public address.
pub fn create(tx: &mut Tx<'_>, new: NewEvent) -> Result<Event, Problem> {
    let event = checked(tx, new)?;
    insert(tx, &event)?;
    Ok(event)
}

/// A new event of which every field and reference was checked.
///
/// # Errors
/// `validation_failed`.
pub fn checked(tx: &mut Tx<'_>, new: NewEvent) -> Result<Event, Problem> {
    let NewEvent {
        title,
        description,
        campaign_id,
        kind,
        starts,
        ends,
        platform,
        join_url,
        capacity,
        registration,
        hosts,
        visibility,
        slug,
    } = new;
    check_period(&starts, &ends)?;
    let registration = RegistrationRules::default().patched(registration);
    registration.check()?;
    check_hosts(tx, &hosts, &[])?;
    if let Some(campaign_id) = campaign_id {
        campaigns::check_reference(tx, campaign_id, "/campaign_id")?;
    }
    let slug = slug.or_else(|| slug_for(visibility, &title));
    Ok(Event {
        team_id: tx.team.id(),
        id: Id::new(),
        campaign_id,
        series_id: None,
        occurrence: None,
        overrides: Json(Vec::new()),
        search: search_text(&title, &description),
        title,
        description,
        kind,
        starts_at: starts.instant(),
        ends_at: ends.instant(),
        starts: Json(starts),
        ends: Json(ends),
        platform,
        join_url,
        capacity,
        registration: Json(registration),
        hosts: Json(hosts),
        visibility,
        slug,
        status: EventStatus::Draft,
        status_reason: None,
        external_id: None,
        sequence: 0,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
        deleted_at: None,
        trash_root_id: None,
    })
}

/// Puts an event that was checked into its tables, and journals it.
///
/// # Errors
/// `already_exists` for its public address.
pub fn insert(tx: &mut Tx<'_>, event: &Event) -> Result<(), Problem> {
    take_slug(tx, event.id, None, event.slug.as_ref())?;
    diesel::insert_into(events::table)
        .values(event)
        .execute(tx.conn)?;
    insert_hosts(tx, event)?;
    tx.created(event)
}

fn insert_hosts(tx: &mut Tx<'_>, event: &Event) -> Result<(), Problem> {
    for host in &event.hosts.0.0 {
        diesel::insert_into(event_hosts::table)
            .values((
                event_hosts::team_id.eq(event.team_id),
                event_hosts::event_id.eq(event.id),
                event_hosts::member_id.eq(*host),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// What a patch makes of an event, with every rule checked and nothing saved.
///
/// # Errors
/// `validation_failed`, `invalid_transition`.
pub fn patched(tx: &mut Tx<'_>, before: &Event, patch: EventPatch) -> Result<Event, Problem> {
    let EventPatch {
        title,
        description,
        campaign_id,
        kind,
        platform,
        join_url,
        capacity,
        registration,
        hosts,
        visibility,
        slug,
        status,
        status_reason,
    } = patch;
    let mut after = before.clone();
    if let Some(campaign_id) = campaign_id {
        if let Some(id) = campaign_id.filter(|_| campaign_id != before.campaign_id) {
            campaigns::check_reference(tx, id, "/campaign_id")?;
        }
        after.campaign_id = campaign_id;
    }
    if let Some(hosts) = hosts {
        check_hosts(tx, &hosts, &before.hosts.0.0)?;
        after.hosts = Json(hosts);
    }
    if let Some(patch) = registration {
        let rules = before.registration.0.clone().patched(patch);
        rules.check()?;
        after.registration = Json(rules);
    }
    if let Some(status) = status {
        before.status.check(status)?;
        if status != before.status {
            after.status_reason = None;
        }
        after.status = status;
    }
    after.title = title.unwrap_or(after.title);
    after.description = description.unwrap_or(after.description);
    after.kind = kind.unwrap_or(after.kind);
    after.platform = platform.unwrap_or(after.platform);
    after.join_url = join_url.unwrap_or(after.join_url);
    after.capacity = capacity.unwrap_or(after.capacity);
    after.visibility = visibility.unwrap_or(after.visibility);
    after.slug = slug.unwrap_or(after.slug);
    after.status_reason = status_reason.unwrap_or(after.status_reason);
    if after.visibility == Visibility::Public && after.slug.is_none() {
        after.slug = new_slug(&after.title);
    }
    after.search = search_text(&after.title, &after.description);
    Ok(after)
}

/// Whether an event can be moved to another time.
///
/// # Errors
/// `validation_failed`; `invalid_transition` for an event that is over or cancelled.
pub fn check_move(before: &Event, starts: &WallClock, ends: &WallClock) -> Result<(), Problem> {
    check_period(starts, ends)?;
    if !matches!(before.status, EventStatus::Draft | EventStatus::Scheduled) {
        return Err(
            Problem::transition(before.status.as_str(), before.status.as_str(), &[])
                .detail("Only an event that is still to come can be moved.")
                .member("starts_at", json!(before.starts_at)),
        );
    }
    Ok(())
}

/// An event at another time, with every rule checked and nothing saved. Its times of registration that are still to
/// come move along.
///
/// # Errors
/// As [`check_move`].
pub fn rescheduled(
    tx: &Tx<'_>,
    before: &Event,
    starts: WallClock,
    ends: WallClock,
) -> Result<Event, Problem> {
    check_move(before, &starts, &ends)?;
    let by = starts.instant().utc() - before.starts_at.utc();
    let rules = before.registration.0.clone();
    Ok(Event {
        starts_at: starts.instant(),
        ends_at: ends.instant(),
        starts: Json(starts),
        ends: Json(ends),
        registration: Json(rules.moved_along(by, tx.now)),
        ..before.clone()
    })
}

/// Saves an event that was changed, and journals it: the one way. Answers the event that stands.
///
/// # Errors
/// `already_exists` for its public address.
pub fn save(tx: &mut Tx<'_>, before: Event, mut after: Event) -> Result<Event, Problem> {
    if differs_in_calendars(&before, &after) {
        after.sequence = before.sequence.saturating_add(1);
    }
    take_slug(tx, after.id, before.slug.as_ref(), after.slug.as_ref())?;
    after.updated_at = tx.now;
    after.version = tx.revision;
    diesel::update(events::table.find((after.team_id, after.id)))
        .set(&after)
        .execute(tx.conn)?;
    if before.hosts != after.hosts {
        diesel::delete(
            event_hosts::table
                .filter(event_hosts::team_id.eq(after.team_id))
                .filter(event_hosts::event_id.eq(after.id)),
        )
        .execute(tx.conn)?;
        insert_hosts(tx, &after)?;
    }
    let event = tx.change(before, after)?;
    if event.version != tx.revision {
        // Nothing differs: the row gets its version back, for the transaction may go on with other events.
        diesel::update(events::table.find((event.team_id, event.id)))
            .set((
                events::updated_at.eq(event.updated_at),
                events::version.eq(event.version),
            ))
            .execute(tx.conn)?;
    }
    Ok(event)
}
