//! Carrying an import out: single events here, series in `recurring`.
//!
//! The surprising rule: a dry run is carried out, too, and taken back. What it tells is what would happen.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::entry::{Uid, Wanted};
use super::file::EntryError;
use crate::access::Tx;
use crate::db::Id;
use crate::http::wall_clock::WallClock;
use crate::http::{FieldError, Problem};
use crate::outreach::events::{Event, EventPatch, EventStatus, write};
use crate::outreach::series::rule::Budget;
use crate::outreach::{aftermath, agenda, series};

/// How many dates the rules of one file may make.
const MOST_DATES: usize = 200_000;
/// How many events the series of one file may make at once.
const MOST_EVENTS: usize = 5_000;

/// What an import has done so far.
#[derive(Debug)]
pub(super) struct Doing {
    pub(super) budget: Budget,
    events: usize,
    /// The series by the UIDs of their entries.
    pub(super) series: HashMap<Uid, Id>,
    /// Those of them that were made.
    pub(super) made: HashSet<Id>,
    /// Events that moved: what each was and what it is.
    moved: Vec<(Event, Event)>,
}

impl Doing {
    pub(super) fn beginning(series: HashMap<Uid, Id>) -> Self {
        Self {
            budget: Budget::of(MOST_DATES),
            events: MOST_EVENTS,
            series,
            made: HashSet::new(),
            moved: Vec::new(),
        }
    }

    /// Counts events that a series made.
    pub(super) fn spend_events(&mut self, events: usize) -> Result<(), Problem> {
        match self.events.checked_sub(events) {
            Some(rest) => {
                self.events = rest;
                Ok(())
            }
            None => Err(Problem::field(
                "/rule",
                "too_many",
                format!(
                    "The series of one file make at most {MOST_EVENTS} events at once: send it in parts."
                ),
            )),
        }
    }

    /// Notes that an event moved.
    pub(super) fn moved(&mut self, before: Event, after: Event) {
        self.moved.push((before, after));
    }

    /// Those that moved since this was asked last.
    pub(super) fn take_moved(&mut self) -> Vec<(Event, Event)> {
        std::mem::take(&mut self.moved)
    }
}

/// The fields in which an entry differs from its event.
pub(super) fn differences(event: &Event, wanted: &Wanted) -> Vec<&'static str> {
    let mut changed = Vec::new();
    let mut compare = |name, differs: bool| {
        if differs {
            changed.push(name);
        }
    };
    compare("title", event.title != wanted.title);
    compare(
        "description",
        wanted
            .description
            .as_ref()
            .is_some_and(|one| *one != event.description),
    );
    compare("starts", event.starts.0 != wanted.starts);
    compare("ends", event.ends.0 != wanted.ends);
    compare(
        "platform",
        wanted.platform.is_some() && wanted.platform != event.platform,
    );
    compare(
        "join_url",
        wanted.join_url.is_some() && wanted.join_url != event.join_url,
    );
    compare("status", cancels(event, wanted));
    changed
}

fn cancels(event: &Event, wanted: &Wanted) -> bool {
    wanted.is_cancelled && event.status.is_open()
}

/// What is wrong with changing this event so.
pub(super) fn check_change(event: &Event, wanted: &Wanted, changed: &[&str]) -> Vec<EntryError> {
    let mut errors = Vec::new();
    if event.deleted_at.is_some() {
        errors.push(EntryError::new(
            "UID",
            "in_trash",
            "The event is in the trash: restore it first.",
        ));
        return errors;
    }
    let is_moved = changed.contains(&"starts") || changed.contains(&"ends");
    if is_moved && write::check_move(event, &wanted.starts, &wanted.ends).is_err() {
        errors.push(EntryError::new(
            "DTSTART",
            "invalid_transition",
            "Only an event that is still to come can be moved.",
        ));
    }
    if cancels(event, wanted) && event.status.check(EventStatus::Cancelled).is_err() {
        errors.push(EntryError::new(
            "STATUS",
            "invalid_transition",
            "An event that is going on cannot be cancelled.",
        ));
    }
    errors
}

/// What an entry changes in the words of an event.
pub(super) fn patch_of(wanted: &Wanted) -> EventPatch {
    EventPatch {
        title: Some(wanted.title.clone()),
        description: wanted.description.clone(),
        platform: wanted.platform.clone().map(Some),
        join_url: wanted.join_url.clone().map(Some),
        ..EventPatch::default()
    }
}

/// Makes an event of an entry.
pub(super) fn create(tx: &mut Tx<'_>, wanted: Wanted) -> Result<Event, Problem> {
    let (uid, status) = (wanted.uid.clone(), wanted.first_status());
    let mut event = write::checked(tx, wanted.new_event())?;
    event.external_id = Some(uid);
    event.status = status;
    write::insert(tx, &event)?;
    Ok(event)
}

/// Changes an event, and tells whoever has a place. Answers what it was and what it is.
pub(super) fn change(
    tx: &mut Tx<'_>,
    before: Event,
    patch: EventPatch,
    period: Option<(WallClock, WallClock)>,
) -> Result<(Event, Event), Problem> {
    let is_moved = period.is_some();
    let moved = match period {
        Some((starts, ends)) => write::rescheduled(tx, &before, starts, ends)?,
        None => before.clone(),
    };
    let mut after = write::patched(tx, &moved, patch)?;
    after.overrides = series::overridden(&moved, &after);
    if is_moved {
        after.overrides = series::moved_alone(&after);
        agenda::check_room(tx, &after)?;
    }
    let after = write::save(tx, before.clone(), after)?;
    aftermath::of_change(tx, &before, &after)?;
    Ok((before, after))
}

/// Brings an event in line with its entry.
pub(super) fn bring_in_line(
    tx: &mut Tx<'_>,
    event: Event,
    wanted: Wanted,
    changed: &[&'static str],
    doing: &mut Doing,
) -> Result<(), Problem> {
    let mut patch = patch_of(&wanted);
    if changed.contains(&"status") {
        patch.status = Some(EventStatus::Cancelled);
    }
    let is_moved = changed.contains(&"starts") || changed.contains(&"ends");
    let period = is_moved.then_some((wanted.starts, wanted.ends));
    let (before, after) = change(tx, event, patch, period)?;
    if is_moved {
        doing.moved(before, after);
    }
    Ok(())
}

/// What a refusal says about an entry. What is nobody's fault but ours is answered as it is.
pub(super) fn errors_of(problem: Problem) -> Result<Vec<EntryError>, Problem> {
    let entry = problem.code().entry();
    if entry.status >= 500 {
        return Err(problem);
    }
    if problem.errors().is_empty() {
        let document = problem.document();
        let detail = document.get("detail").and_then(Value::as_str);
        let detail = detail.unwrap_or_default();
        return Ok(vec![EntryError::new(None, entry.code, detail)]);
    }
    let property = |error: &FieldError| -> Option<&'static str> {
        let pointer = error.pointer.as_deref()?;
        match pointer.split('/').nth(1)? {
            "starts" => Some("DTSTART"),
            "ends" => Some("DTEND"),
            "rule" => Some("RRULE"),
            "RDATE" => Some("RDATE"),
            "EXDATE" => Some("EXDATE"),
            "RECURRENCE-ID" => Some("RECURRENCE-ID"),
            _ => None,
        }
    };
    let errors = problem.errors().iter();
    Ok(errors
        .map(|error| EntryError::new(property(error), error.code.as_str(), error.detail.as_str()))
        .collect())
}
