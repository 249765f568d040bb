//! Changing the occurrences of a series: this one, this and the following ones, or all.
//!
//! The surprising rule: what was changed for one occurrence alone is remembered with it and stays, whatever is changed
//! for the series later. What is live, over or cancelled never changes.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::make::{event_at, in_team, kept, save};
use super::model::{EventSeries, Pattern, SeriesScope};
use crate::access::Tx;
use crate::db::{Id, Json};
use crate::http::{Code, Problem};
use crate::outreach::events::{self, Event, EventPatch, EventStatus, Occurrence, write};
use crate::schema::{event_series, events as events_table};

/// A field that can be changed for one occurrence alone, and whether it differs between two states of it.
type Field = (&'static str, fn(&Event, &Event) -> bool);

/// What says of an occurrence that it has a time of its own.
pub(super) const STARTS: &str = "starts";

const FIELDS: [Field; 10] = [
    ("title", |one, other| one.title != other.title),
    ("description", |one, other| {
        one.description != other.description
    }),
    ("campaign_id", |one, other| {
        one.campaign_id != other.campaign_id
    }),
    ("kind", |one, other| one.kind != other.kind),
    ("platform", |one, other| one.platform != other.platform),
    ("join_url", |one, other| one.join_url != other.join_url),
    ("capacity", |one, other| one.capacity != other.capacity),
    ("registration", |one, other| {
        one.registration != other.registration
    }),
    ("hosts", |one, other| one.hosts != other.hosts),
    ("visibility", |one, other| {
        one.visibility != other.visibility
    }),
];

/// The fields that were changed for an occurrence alone, with those that this change adds. Nothing for what belongs to
/// no series.
#[must_use]
pub fn overridden(before: &Event, after: &Event) -> Json<Vec<String>> {
    let mut names = before.overrides.0.clone();
    if before.series_id.is_none() {
        return Json(names);
    }
    for (name, differs) in FIELDS {
        if differs(before, after) && !names.iter().any(|there| there == name) {
            names.push(name.to_owned());
        }
    }
    Json(names)
}

/// The same for an occurrence that is moved alone: it has a time of its own from then on. That its times of registration
/// move along is no change of its own.
#[must_use]
pub fn moved_alone(before: &Event) -> Json<Vec<String>> {
    let mut names = before.overrides.0.clone();
    if before.series_id.is_some() && !names.iter().any(|there| there == STARTS) {
        names.push(STARTS.to_owned());
    }
    Json(names)
}

/// The series that a change of an event is for.
///
/// # Errors
/// `invalid_query` when the event belongs to none, `still_in_trash` when that is in the trash.
pub fn check_series(tx: &mut Tx<'_>, event: &Event) -> Result<EventSeries, Problem> {
    match event.series_id {
        Some(series) => in_team(tx.team)
            .filter(event_series::id.eq(series))
            .select(EventSeries::as_select())
            .first(tx.conn)
            .optional()?
            .ok_or_else(|| {
                Problem::new(Code::StillInTrash)
                    .detail(
                        "The series is in the trash: restore it first, or change this event alone.",
                    )
                    .member("trash_id", series)
            }),
        None => Err(Problem::parameter(
            Code::InvalidQuery,
            "scope",
            "The event belongs to no series.",
        )),
    }
}

/// All occurrences of a series, also those in the trash, in their order.
pub(super) fn occurrences(tx: &mut Tx<'_>, series: Id) -> Result<Vec<Event>, Problem> {
    let mut found: Vec<Event> = events_table::table
        .filter(events_table::team_id.eq(tx.team.id()))
        .filter(events_table::series_id.eq(series))
        .select(Event::as_select())
        .load(tx.conn)?;
    found.sort_by(|one, other| {
        let key = |event: &Event| event.occurrence.as_ref().map(|at| at.naive());
        key(one).cmp(&key(other))
    });
    Ok(found)
}

/// The occurrences of a series that are still to come, in their order.
///
/// # Errors
/// What the database answers.
pub fn to_come(tx: &mut Tx<'_>, series: Id) -> Result<Vec<Event>, Problem> {
    let mut found = occurrences(tx, series)?;
    found.retain(is_to_come);
    Ok(found)
}

/// Whether a change of the series is one of this occurrence, too.
#[must_use]
pub const fn is_to_come(event: &Event) -> bool {
    event.deleted_at.is_none()
        && matches!(event.status, EventStatus::Draft | EventStatus::Scheduled)
}

/// Where an occurrence stands among the dates of its series.
pub(super) fn index_of(dates: &[NaiveDateTime], event: &Event) -> Result<usize, Problem> {
    let local = event.occurrence.as_ref().map(|at| at.naive());
    dates
        .iter()
        .position(|date| Some(*date) == local)
        .ok_or_else(|| Problem::internal("an occurrence is not one of its series"))
}

/// Gives an occurrence its place in a series, without touching anything that people changed.
pub(super) fn place(
    tx: &mut Tx<'_>,
    before: Event,
    series: Id,
    date: NaiveDateTime,
) -> Result<Event, Problem> {
    belong(tx, before, Some((series, date)))
}

/// Lets an event be this occurrence of a series, or belong to none.
fn belong(
    tx: &mut Tx<'_>,
    before: Event,
    place: Option<(Id, NaiveDateTime)>,
) -> Result<Event, Problem> {
    let after = Event {
        series_id: place.map(|(series, _)| series),
        occurrence: place.map(|(_, date)| date.into()),
        ..before.clone()
    };
    if before.deleted_at.is_none() {
        return write::save(tx, before, after);
    }
    diesel::update(events_table::table.find((after.team_id, after.id)))
        .set((
            events_table::series_id.eq(after.series_id),
            events_table::occurrence.eq(after.occurrence.clone()),
        ))
        .execute(tx.conn)?;
    Ok(after)
}

/// Lets every event of a series belong to none, also those in the trash.
///
/// # Errors
/// What the database answers.
pub fn leave(tx: &mut Tx<'_>, series: Id) -> Result<(), Problem> {
    for before in occurrences(tx, series)? {
        belong(tx, before, None)?;
    }
    Ok(())
}

/// Makes the occurrences from the one at `index` on a series of their own, and answers it. The rule of the rest ends
/// before it.
pub(super) fn split(
    tx: &mut Tx<'_>,
    series: EventSeries,
    dates: &[NaiveDateTime],
    index: usize,
) -> Result<EventSeries, Problem> {
    let (before, after) = dates.split_at(index.min(dates.len()));
    let (Some(last), Some(first)) = (before.last(), after.first()) else {
        return Ok(series);
    };
    let zone = series.starts.0.time_zone;
    let (starts, is_moved) = super::rule::on_the_wall(*first, zone);
    if is_moved {
        return Err(Problem::parameter(
            Code::InvalidQuery,
            "scope",
            "The clocks skip the time of this occurrence: no series can begin with it.",
        ));
    }
    let (ending, following) = series.read_rule()?.split(*last, after.len());
    let later = starts.instant().utc() - series.starts.0.instant().utc();
    let mut pattern = series.pattern.0.clone();
    pattern.registration = pattern.registration.later(later);
    let (left_out, still_left_out) = series
        .left_out
        .0
        .iter()
        .cloned()
        .partition(|one: &Occurrence| one.naive() >= *first);
    let mut new = EventSeries {
        id: Id::new(),
        left_out: Json(left_out),
        // In the calendar that it came from, too, the first part keeps the UID.
        external_id: None,
        rule: kept(&following, &starts)?,
        starts: Json(starts),
        pattern: Json(pattern),
        made: i64::try_from(series.made_index().saturating_sub(index)).unwrap_or_default(),
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
        ..series.clone()
    };
    new.settle(after);
    diesel::insert_into(event_series::table)
        .values(&new)
        .execute(tx.conn)?;
    tx.created(&new)?;
    let mut rest = EventSeries {
        rule: kept(&ending, &series.starts.0)?,
        left_out: Json(still_left_out),
        ..series.clone()
    };
    rest.settle(before);
    let series_id = series.id;
    save(tx, series, rest)?;
    for event in occurrences(tx, series_id)? {
        let Some(local) = event.occurrence.as_ref().map(|at| at.naive()) else {
            continue;
        };
        if local >= *first {
            place(tx, event, new.id, local)?;
        }
    }
    Ok(new)
}

/// A patch without the fields that an occurrence has for itself.
fn spared(mut patch: EventPatch, overrides: &[String]) -> EventPatch {
    for name in overrides {
        match name.as_str() {
            "title" => patch.title = None,
            "description" => patch.description = None,
            "campaign_id" => patch.campaign_id = None,
            "kind" => patch.kind = None,
            "platform" => patch.platform = None,
            "join_url" => patch.join_url = None,
            "capacity" => patch.capacity = None,
            "registration" => patch.registration = None,
            "hosts" => patch.hosts = None,
            "visibility" => patch.visibility = None,
            _ => {}
        }
    }
    patch
}

/// A patch with the times of registration as much later as an event begins later.
fn later(patch: &EventPatch, from: &Event, to: &Event) -> EventPatch {
    let by = to.starts_at.utc() - from.starts_at.utc();
    let mut patch = patch.clone();
    patch.registration = patch.registration.map(|rules| rules.later(by));
    patch
}

/// Changes this occurrence and the following ones, or all, and answers each that changed: what it was and what it is.
///
/// # Errors
/// As [`write::patched`]; `invalid_query` when the event belongs to no series.
pub fn patch(
    tx: &mut Tx<'_>,
    addressed: &Event,
    patch: &EventPatch,
    scope: SeriesScope,
) -> Result<Vec<(Event, Event)>, Problem> {
    let series = check_series(tx, addressed)?;
    if patch.slug.is_some() {
        return Err(Problem::field(
            "/slug",
            "not_for_series",
            "Each event of a series has an address of its own.",
        ));
    }
    if matches!(patch.status, Some(EventStatus::Live | EventStatus::Ended)) {
        return Err(Problem::field(
            "/status",
            "not_for_series",
            "Events go live and end one by one.",
        ));
    }
    let series = match scope {
        SeriesScope::Following => {
            let dates = series.dates()?;
            let index = index_of(&dates, addressed)?;
            split(tx, series, &dates, index)?
        }
        SeriesScope::This | SeriesScope::All => series,
    };
    let dates = series.dates()?;
    // What later ones are made of goes through the same rules.
    let sample = event_at(&series, series.starts.0.local.naive(), tx);
    let wanted = write::patched(tx, &sample, later(patch, addressed, &sample))?;
    let mut after = EventSeries {
        pattern: Json(Pattern::of(&wanted)),
        ..series.clone()
    };
    after.settle(&dates);
    let series = save(tx, series, after)?;
    let mut changed = Vec::new();
    for before in occurrences(tx, series.id)? {
        if !is_to_come(&before) {
            continue;
        }
        let own = spared(later(patch, addressed, &before), &before.overrides.0);
        let after = write::patched(tx, &before, own)?;
        let stands = write::save(tx, before.clone(), after)?;
        if stands.version == tx.revision {
            changed.push((before, stands));
        }
    }
    // Refuses what nobody has any more, and shows what the split made of it.
    events::find(tx, addressed.id)?;
    Ok(changed)
}
