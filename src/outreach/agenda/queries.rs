//! The rules of a session, finding sessions, and making one.

use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

use super::model::{AgendaItem, NewAgendaItem, SessionMinutes, Speaker, Speakers, StartsAfter};
use crate::access::{Reading, Tx};
use crate::db::position::Position;
use crate::db::{Id, Json, MultiBackend};
use crate::http::moves::Side;
use crate::http::{FieldError, Problem};
use crate::outreach::events::Event;
use crate::people::members;
use crate::schema::agenda_items;

/// How many sessions an event may have.
const MOST_ITEMS: i64 = 100;

// ---------------------------------------------------------------- rules

/// Each speaker is a member, or has a name.
pub(super) fn check_speakers(
    reading: &mut Reading<'_>,
    speakers: &Speakers,
    before: &[Speaker],
) -> Result<(), Problem> {
    let mut errors = Vec::new();
    for (index, speaker) in speakers.0.iter().enumerate() {
        let place = format!("/speakers/{index}");
        if let Some(member) = speaker.member_id
            && !before.contains(speaker)
        {
            members::check_reference(reading, member, &format!("{place}/member_id"))?;
        }
        if speaker.member_id.is_some() == speaker.name.is_some() {
            errors.push(FieldError::body(
                place,
                "exactly_one",
                "Give either member_id or name.",
            ));
        } else if speaker.member_id.is_some() && (speaker.title.is_some() || speaker.link.is_some())
        {
            errors.push(FieldError::body(
                place,
                "not_with_member",
                "title and link are for people from outside.",
            ));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::fields(errors))
    }
}

/// A session ends with its event at the latest.
pub(super) fn check_fits(
    event: &Event,
    starts_after: StartsAfter,
    duration: SessionMinutes,
) -> Result<(), Problem> {
    let end = starts_after.get().saturating_add(duration.get());
    if event.starts_at.plus(TimeDelta::minutes(end)) <= event.ends_at {
        return Ok(());
    }
    let there = (event.ends_at.utc() - event.starts_at.utc()).num_minutes();
    Err(Problem::fields(vec![
        FieldError::body(
            "/duration_minutes",
            "beyond_the_end",
            format!("The event takes {there} minutes, and this would end after {end}."),
        )
        .with(json!({"max": there})),
    ]))
}

/// Refuses a time for an event in which its sessions have no room.
///
/// # Errors
/// `validation_failed` at `/ends/local`.
pub fn check_room(reading: &mut Reading<'_>, event: &Event) -> Result<(), Problem> {
    let items: Vec<AgendaItem> = of_event(reading, event.id)
        .select(AgendaItem::as_select())
        .load(reading.conn)?;
    let last = items
        .iter()
        .map(|item| {
            item.starts_after_minutes
                .get()
                .saturating_add(item.duration_minutes.get())
        })
        .max()
        .unwrap_or_default();
    if event.starts_at.plus(TimeDelta::minutes(last)) <= event.ends_at {
        return Ok(());
    }
    Err(Problem::fields(vec![
        FieldError::body(
            "/ends/local",
            "agenda_too_long",
            format!("The agenda takes {last} minutes: shorten it first."),
        )
        .with(json!({"min": last})),
    ]))
}

// ---------------------------------------------------------------- queries

pub(super) fn of_event(
    reading: &Reading<'_>,
    event: Id,
) -> agenda_items::BoxedQuery<'static, MultiBackend> {
    agenda_items::table
        .filter(agenda_items::team_id.eq(reading.team.id()))
        .filter(agenda_items::event_id.eq(event))
        .into_boxed()
}

pub(super) fn find(reading: &mut Reading<'_>, event: Id, id: Id) -> Result<AgendaItem, Problem> {
    Ok(of_event(reading, event)
        .filter(agenda_items::id.eq(id))
        .select(AgendaItem::as_select())
        .first(reading.conn)?)
}

/// Makes a session at the end of an event's agenda, and journals it.
pub(super) fn add(
    tx: &mut Tx<'_>,
    event: &Event,
    new: NewAgendaItem,
) -> Result<AgendaItem, Problem> {
    check_fits(event, new.starts_after_minutes, new.duration_minutes)?;
    check_speakers(tx, &new.speakers, &[])?;
    let there: i64 = of_event(tx, event.id).count().get_result(tx.conn)?;
    if there >= MOST_ITEMS {
        return Err(Problem::fields(vec![
            FieldError::body("", "too_many", format!("At most {MOST_ITEMS} sessions."))
                .with(json!({"max": MOST_ITEMS})),
        ]));
    }
    let last: Option<Position> = of_event(tx, event.id)
        .order(agenda_items::position.desc())
        .select(agenda_items::position)
        .first(tx.conn)
        .optional()?;
    let position = Position::between(last.as_ref(), None)
        .ok_or_else(|| Problem::internal("no position is left at the end"))?;
    let item = AgendaItem {
        team_id: tx.team.id(),
        id: Id::new(),
        event_id: event.id,
        title: new.title,
        description: new.description,
        starts_after_minutes: new.starts_after_minutes,
        duration_minutes: new.duration_minutes,
        speakers: Json(new.speakers),
        position,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
    };
    diesel::insert_into(agenda_items::table)
        .values(&item)
        .execute(tx.conn)?;
    tx.created(&item)?;
    Ok(item)
}

/// The position next to `other`, on this side. `moving` is not looked at.
pub(super) fn neighbour(
    reading: &mut Reading<'_>,
    side: Side,
    other: &AgendaItem,
    moving: Id,
) -> Result<Option<Position>, Problem> {
    let query = of_event(reading, other.event_id)
        .filter(agenda_items::id.ne(moving))
        .select(agenda_items::position);
    let query = match side {
        Side::Before => query
            .filter(agenda_items::position.lt(&other.position))
            .order(agenda_items::position.desc()),
        Side::After => query
            .filter(agenda_items::position.gt(&other.position))
            .order(agenda_items::position.asc()),
    };
    Ok(query.first(reading.conn).optional()?)
}

/// The session that a move goes next to.
pub(super) fn find_target(
    reading: &mut Reading<'_>,
    event: Id,
    id: Id,
    side: Side,
) -> Result<AgendaItem, Problem> {
    of_event(reading, event)
        .filter(agenda_items::id.eq(id))
        .select(AgendaItem::as_select())
        .first(reading.conn)
        .optional()?
        .ok_or_else(|| {
            Problem::field(
                side.pointer(),
                "unknown_reference",
                "There is no such session in this agenda.",
            )
        })
}
