//! What an import does: each entry beside the event that it is about.
//!
//! The surprising rule: where an event stands is no longer the file's business once it is there, unless the file says
//! that it was cancelled.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::entry::{self, Uid, Wanted, Zones};
use super::file::CalendarFile;
use super::report::{
    CalendarImportReport, EntryCounts, EntryError, EntryOutcome, EntryReport, IgnoredComponents,
};
use crate::access::{Reading, Tx};
use crate::db::Id;
use crate::http::Problem;

use crate::outreach::aftermath;
use crate::outreach::events::{
    Event, EventKind, EventPatch, EventStatus, Hosts, NewEvent, Visibility, write,
};
use crate::outreach::registration_rules::RegistrationRulesPatch;
use crate::schema::events;

/// How many ids a query asks for at once.
const CHUNK: usize = 500;

/// What to do about an entry.
enum Step {
    Create(Box<Wanted>),
    Change(Box<Event>, Box<Wanted>),
    Nothing,
}

/// What an import does.
pub(super) struct Plan {
    steps: Vec<Step>,
    entries: Vec<EntryReport>,
    ignored: Vec<IgnoredComponents>,
}

/// The events that a file may be about; the trash counts.
struct Known {
    by_uid: HashMap<Uid, Event>,
    by_id: HashMap<Id, Event>,
}

/// The event that a UID of our own names.
fn own_id(uid: &Uid) -> Option<Id> {
    uid.as_str().strip_suffix("@relais")?.parse().ok()
}

impl Known {
    fn load(reading: &mut Reading<'_>, uids: &[Uid]) -> Result<Self, Problem> {
        let mut known = Self {
            by_uid: HashMap::new(),
            by_id: HashMap::new(),
        };
        let own: Vec<Id> = uids.iter().filter_map(own_id).collect();
        // From the bare table, because what is in the trash must not be made again.
        let all = || events::table.filter(events::team_id.eq(reading.team.id()));
        let mut found: Vec<Event> = Vec::new();
        for some in uids.chunks(CHUNK) {
            found.extend(
                all()
                    .filter(events::external_id.eq_any(some.to_vec()))
                    .select(Event::as_select())
                    .load::<Event>(reading.conn)?,
            );
        }
        for some in own.chunks(CHUNK) {
            found.extend(
                all()
                    .filter(events::id.eq_any(some.to_vec()))
                    .select(Event::as_select())
                    .load::<Event>(reading.conn)?,
            );
        }
        for event in found {
            if let Some(uid) = event.external_id.clone() {
                known.by_uid.insert(uid, event.clone());
            }
            known.by_id.insert(event.id, event);
        }
        Ok(known)
    }

    fn find(&self, uid: &Uid) -> Option<&Event> {
        self.by_uid
            .get(uid)
            .or_else(|| self.by_id.get(&own_id(uid)?))
    }
}

/// The fields in which an entry differs from its event.
fn differences(event: &Event, wanted: &Wanted) -> Vec<&'static str> {
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
fn check_change(event: &Event, wanted: &Wanted, changed: &[&str]) -> Vec<EntryError> {
    let mut errors = Vec::new();
    if event.deleted_at.is_some() {
        errors.push(EntryError::new(
            "UID",
            "in_trash",
            "The event is in the trash: restore it first.",
        ));
        return errors;
    }
    if event.series_id.is_some() && !changed.is_empty() {
        errors.push(EntryError::new(
            "UID",
            "recurring",
            "The event belongs to a series: change it there.",
        ));
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

impl Plan {
    /// Compares the file with the team's events.
    pub(super) fn make(reading: &mut Reading<'_>, file: &CalendarFile) -> Result<Self, Problem> {
        let zones = Zones::of(file, &reading.time_zone);
        let read: Vec<Result<Wanted, Vec<EntryError>>> = file
            .entries
            .iter()
            .map(|one| entry::read(one, &zones))
            .collect();
        let uids: Vec<Uid> = read
            .iter()
            .flatten()
            .map(|wanted| wanted.uid.clone())
            .collect();
        let known = Known::load(reading, &uids)?;
        let mut seen: HashSet<Uid> = HashSet::new();
        let (mut steps, mut entries) = (Vec::new(), Vec::new());
        for (index, (raw, read)) in file.entries.iter().zip(read).enumerate() {
            let cut = |name| {
                let value = &raw.find(name)?.value;
                Some(
                    value
                        .chars()
                        .filter(|one| !one.is_control())
                        .take(200)
                        .collect::<String>(),
                )
            };
            let mut report = EntryReport {
                entry: index + 1,
                line: raw.line,
                uid: cut("UID"),
                title: cut("SUMMARY"),
                outcome: EntryOutcome::Refused,
                event_id: None,
                changed: Vec::new(),
                left_out: Vec::new(),
                errors: Vec::new(),
            };
            let step = match read {
                Err(errors) => {
                    report.errors = errors;
                    Step::Nothing
                }
                Ok(wanted) if !seen.insert(wanted.uid.clone()) => {
                    let error =
                        EntryError::new("UID", "duplicate", "An entry before has the same UID.");
                    report.errors.push(error);
                    Step::Nothing
                }
                Ok(wanted) => decide(&known, wanted, &mut report),
            };
            steps.push(step);
            entries.push(report);
        }
        let ignored = file
            .ignored
            .iter()
            .map(|(component, count)| IgnoredComponents {
                component: component.clone(),
                count: *count,
            });
        Ok(Self {
            steps,
            entries,
            ignored: ignored.collect(),
        })
    }

    /// The entries that are refused.
    pub(super) fn refused(&self) -> impl Iterator<Item = &EntryReport> {
        self.entries
            .iter()
            .filter(|entry| entry.outcome == EntryOutcome::Refused)
    }

    /// Carries the plan out.
    pub(super) fn carry_out(&mut self, tx: &mut Tx<'_>) -> Result<(), Problem> {
        let steps = std::mem::take(&mut self.steps);
        for (step, report) in steps.into_iter().zip(&mut self.entries) {
            match step {
                Step::Create(wanted) => report.event_id = Some(create(tx, *wanted)?.id),
                Step::Change(event, wanted) => change(tx, *event, *wanted)?,
                Step::Nothing => {}
            }
        }
        Ok(())
    }

    /// What the client is told.
    pub(super) fn report(self, is_dry_run: bool) -> CalendarImportReport {
        CalendarImportReport {
            is_dry_run,
            counts: EntryCounts::of(&self.entries),
            entries: self.entries,
            ignored: self.ignored,
        }
    }
}

fn decide(known: &Known, wanted: Wanted, report: &mut EntryReport) -> Step {
    report.left_out.clone_from(&wanted.left_out);
    let Some(event) = known.find(&wanted.uid) else {
        report.outcome = EntryOutcome::Created;
        return Step::Create(Box::new(wanted));
    };
    let changed = differences(event, &wanted);
    report.errors = check_change(event, &wanted, &changed);
    if !report.errors.is_empty() {
        return Step::Nothing;
    }
    report.event_id = Some(event.id);
    if changed.is_empty() {
        report.outcome = EntryOutcome::Unchanged;
        return Step::Nothing;
    }
    report.outcome = EntryOutcome::Changed;
    report.changed = changed;
    Step::Change(Box::new(event.clone()), Box::new(wanted))
}

/// Makes an event of an entry: announced, unless the calendar says that it may not take place.
fn create(tx: &mut Tx<'_>, wanted: Wanted) -> Result<Event, Problem> {
    let new = NewEvent {
        title: wanted.title,
        description: wanted.description.unwrap_or_default(),
        campaign_id: None,
        kind: EventKind::Other,
        starts: wanted.starts,
        ends: wanted.ends,
        platform: wanted.platform,
        join_url: wanted.join_url,
        capacity: None,
        registration: RegistrationRulesPatch::default(),
        hosts: Hosts::default(),
        visibility: Visibility::Team,
        slug: None,
    };
    let mut event = write::checked(tx, new)?;
    event.external_id = Some(wanted.uid);
    event.status = match (wanted.is_cancelled, wanted.is_tentative) {
        (true, _) => EventStatus::Cancelled,
        (false, true) => EventStatus::Draft,
        (false, false) => EventStatus::Scheduled,
    };
    write::insert(tx, &event)?;
    Ok(event)
}

fn change(tx: &mut Tx<'_>, before: Event, wanted: Wanted) -> Result<(), Problem> {
    let is_moved = before.starts.0 != wanted.starts || before.ends.0 != wanted.ends;
    let is_cancelled = cancels(&before, &wanted);
    let patch = EventPatch {
        title: Some(wanted.title),
        description: wanted.description,
        platform: wanted.platform.map(Some),
        join_url: wanted.join_url.map(Some),
        ..EventPatch::default()
    };
    let moved = if is_moved {
        write::rescheduled(tx, &before, wanted.starts, wanted.ends)?
    } else {
        before.clone()
    };
    let mut after = write::patched(tx, &moved, patch)?;
    if is_cancelled {
        after.status = EventStatus::Cancelled;
        after.status_reason = None;
    }
    let after = write::save(tx, before.clone(), after)?;
    aftermath::of_change(tx, &before, &after).map(drop)
}
