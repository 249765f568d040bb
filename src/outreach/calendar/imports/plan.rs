//! What an import does: each entry beside the event or the series that it is about, and then carried out.
//!
//! The surprising rule: where an event stands is no longer the file's business once it is there, unless the file says
//! that it was cancelled.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::carry::{self, Doing, check_change, differences, errors_of};
use super::entry::{self, Uid, Wanted, Zones};
use super::file::{CalendarFile, EntryError, IgnoredComponents, RefusedEntry, refuse_entries};
use super::form::{Form, Repeats};
use super::recurring;
use super::report::{CalendarImportReport, EntryCounts, EntryOutcome, EntryReport};
use crate::access::{Reading, Tx};
use crate::db::{Id, Instant};
use crate::http::Problem;
use crate::outreach::events::Event;
use crate::schema::{event_series, events};

/// How many ids a query asks for at once.
const CHUNK: usize = 500;

/// What to do about an entry.
enum Step {
    Create(Box<Wanted>),
    Change(Box<Event>, Box<Wanted>),
    CreateSeries(Box<Wanted>, Box<Repeats>),
    ChangeSeries(Id, Box<Wanted>, Box<Repeats>),
    Except(Instant, Box<Wanted>),
    Nothing,
}

/// What an import does.
pub struct Plan {
    steps: Vec<Step>,
    entries: Vec<EntryReport>,
    ignored: Vec<IgnoredComponents>,
    /// The series that are there, by the UIDs of their entries.
    series: HashMap<Uid, Id>,
    /// The series that were made.
    made: HashSet<Id>,
    /// Events that moved, each with the place of its entry.
    moved: Vec<(usize, Event, Event)>,
}

/// The events and series that a file may be about; the trash counts.
#[derive(Default)]
struct Known {
    by_uid: HashMap<Uid, Event>,
    by_id: HashMap<Id, Event>,
    series: HashMap<Uid, Id>,
    /// Series that are in the trash.
    gone: HashSet<Uid>,
}

/// The event or series that a UID of our own names.
fn own_id(uid: &Uid) -> Option<Id> {
    uid.as_str().strip_suffix("@relais")?.parse().ok()
}

impl Known {
    fn load(reading: &mut Reading<'_>, uids: &[Uid]) -> Result<Self, Problem> {
        let mut known = Self::default();
        let own: HashMap<Id, &Uid> = uids
            .iter()
            .filter_map(|uid| Some((own_id(uid)?, uid)))
            .collect();
        let ids: Vec<Id> = own.keys().copied().collect();
        let team_id = reading.team.id();
        // From the bare table, because what is in the trash must not be made again.
        let all = || events::table.filter(events::team_id.eq(team_id));
        let series = || event_series::table.filter(event_series::team_id.eq(team_id));
        let mut found: Vec<Event> = Vec::new();
        for some in uids.chunks(CHUNK) {
            found.extend(
                all()
                    .filter(events::external_id.eq_any(some.to_vec()))
                    .select(Event::as_select())
                    .load::<Event>(reading.conn)?,
            );
            let found: Vec<(Option<Uid>, Id, Option<Instant>)> = series()
                .filter(event_series::external_id.eq_any(some.to_vec()))
                .select((
                    event_series::external_id,
                    event_series::id,
                    event_series::deleted_at,
                ))
                .load(reading.conn)?;
            for (uid, id, deleted_at) in found {
                if let Some(uid) = uid {
                    known.add_series(uid, id, deleted_at);
                }
            }
        }
        for some in ids.chunks(CHUNK) {
            found.extend(
                all()
                    .filter(events::id.eq_any(some.to_vec()))
                    .select(Event::as_select())
                    .load::<Event>(reading.conn)?,
            );
            let found: Vec<(Id, Option<Instant>)> = series()
                .filter(event_series::id.eq_any(some.to_vec()))
                .select((event_series::id, event_series::deleted_at))
                .load(reading.conn)?;
            for (id, deleted_at) in found {
                if let Some(uid) = own.get(&id) {
                    known.add_series((*uid).clone(), id, deleted_at);
                }
            }
        }
        for event in found {
            if let Some(uid) = event.external_id.clone() {
                known.by_uid.insert(uid, event.clone());
            }
            known.by_id.insert(event.id, event);
        }
        Ok(known)
    }

    fn add_series(&mut self, uid: Uid, id: Id, deleted_at: Option<Instant>) {
        if deleted_at.is_some() {
            self.gone.insert(uid);
        } else {
            self.series.insert(uid, id);
        }
    }

    fn find(&self, uid: &Uid) -> Option<&Event> {
        self.by_uid
            .get(uid)
            .or_else(|| self.by_id.get(&own_id(uid)?))
    }
}

/// What the entries of a file say of each other.
#[derive(Default)]
struct Family {
    /// UIDs with an entry that has a rule.
    series: HashSet<Uid>,
    /// How many exceptions there are of each.
    exceptions: HashMap<Uid, usize>,
}

impl Family {
    fn of<'w>(all: impl Iterator<Item = &'w Wanted>) -> Self {
        let mut family = Self::default();
        for wanted in all {
            match wanted.form {
                Form::Series(_) => {
                    family.series.insert(wanted.uid.clone());
                }
                Form::Exception(_) => {
                    let count = family.exceptions.entry(wanted.uid.clone()).or_default();
                    *count = count.saturating_add(1);
                }
                Form::Single => {}
            }
        }
        family
    }
}

impl Plan {
    /// Compares the file with the team's events and series.
    ///
    /// # Errors
    /// What the database answers.
    pub fn make(reading: &mut Reading<'_>, file: &CalendarFile) -> Result<Self, Problem> {
        let zones = Zones::of(file, &reading.time_zone);
        let read: Vec<Result<Wanted, Vec<EntryError>>> = file
            .entries
            .iter()
            .map(|one| entry::read(one, &zones))
            .collect();
        let uids: HashSet<Uid> = read
            .iter()
            .flatten()
            .map(|wanted| wanted.uid.clone())
            .collect();
        let known = Known::load(reading, &uids.into_iter().collect::<Vec<_>>())?;
        let family = Family::of(read.iter().flatten());
        let mut seen: HashSet<(Uid, Option<Instant>)> = HashSet::new();
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
            let mut report = EntryReport::new(index + 1, raw.line, cut("UID"), cut("SUMMARY"));
            let step = match read {
                Err(errors) => {
                    report.errors = errors;
                    Step::Nothing
                }
                Ok(wanted) if !seen.insert((wanted.uid.clone(), occurrence(&wanted))) => {
                    let error =
                        EntryError::new("UID", "duplicate", "An entry before has the same UID.");
                    report.errors.push(error);
                    Step::Nothing
                }
                Ok(wanted) => decide(&known, &family, wanted, &mut report),
            };
            steps.push(step);
            entries.push(report);
        }
        Ok(Self {
            steps,
            entries,
            ignored: file.ignored_components(),
            series: known.series,
            made: HashSet::new(),
            moved: Vec::new(),
        })
    }

    /// Carries the plan out: first what stands alone and series, then the exceptions. What is refused on the way is said
    /// in its entry, and undone.
    ///
    /// # Errors
    /// What the database answers.
    pub fn carry_out(&mut self, tx: &mut Tx<'_>) -> Result<(), Problem> {
        let mut doing = Doing::beginning(std::mem::take(&mut self.series));
        let steps = std::mem::take(&mut self.steps);
        let (last, first): (Vec<_>, Vec<_>) = steps
            .into_iter()
            .enumerate()
            .partition(|(_, step)| matches!(step, Step::Except(..)));
        for (index, step) in first.into_iter().chain(last) {
            let Some(report) = self.entries.get_mut(index) else {
                continue;
            };
            if matches!(step, Step::Nothing) {
                continue;
            }
            let mut done = report.clone();
            match tx.attempt(|tx| carry(tx, step, &mut done, &mut doing))? {
                Ok(()) => {
                    *report = done;
                    let moved = doing.take_moved().into_iter();
                    self.moved
                        .extend(moved.map(|(before, after)| (index, before, after)));
                }
                Err(problem) => {
                    drop(doing.take_moved());
                    report.refuse(errors_of(problem)?);
                }
            }
        }
        self.made = doing.made;
        Ok(())
    }

    /// The events that moved, each with the place of its entry: what else moves with them is for the caller to know.
    #[must_use]
    pub fn take_moved(&mut self) -> Vec<(usize, Event, Event)> {
        std::mem::take(&mut self.moved)
    }

    /// Counts tasks that moved along with the events of an entry.
    pub fn count_tasks(&mut self, place: usize, tasks: usize) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.moved_tasks = entry.moved_tasks.saturating_add(tasks);
        }
    }

    /// All or nothing: a refused entry refuses the file.
    ///
    /// # Errors
    /// `validation_failed`, at `/entries/{entry}/{property}` for each error.
    pub fn refuse(&self) -> Result<(), Problem> {
        let refused = self
            .entries
            .iter()
            .filter(|entry| entry.outcome == EntryOutcome::Refused);
        refuse_entries(refused.map(|entry| RefusedEntry {
            entry: entry.entry,
            line: entry.line,
            errors: &entry.errors,
        }))
    }

    /// What the client is told. What a dry run made is not there any more, and neither are its ids.
    #[must_use]
    pub fn report(mut self, is_dry_run: bool) -> CalendarImportReport {
        if is_dry_run {
            for entry in &mut self.entries {
                let is_new = entry.outcome == EntryOutcome::Created
                    || entry.series_id.is_some_and(|id| self.made.contains(&id));
                if is_new {
                    (entry.event_id, entry.series_id) = (None, None);
                }
            }
        }
        CalendarImportReport {
            is_dry_run,
            counts: EntryCounts::of(&self.entries),
            entries: self.entries,
            ignored: self.ignored,
        }
    }
}

/// Which occurrence an entry is about.
const fn occurrence(wanted: &Wanted) -> Option<Instant> {
    match wanted.form {
        Form::Exception(at) => Some(at),
        Form::Single | Form::Series(_) => None,
    }
}

fn decide(known: &Known, family: &Family, mut wanted: Wanted, report: &mut EntryReport) -> Step {
    report.left_out.clone_from(&wanted.left_out);
    let series = known.series.get(&wanted.uid).copied();
    let mut refuse = |code, detail: &str| {
        report.errors.push(EntryError::new("UID", code, detail));
        Step::Nothing
    };
    if known.gone.contains(&wanted.uid) {
        return refuse("in_trash", "The series is in the trash: restore it first.");
    }
    match std::mem::replace(&mut wanted.form, Form::Single) {
        Form::Series(repeats) => match (series, known.find(&wanted.uid)) {
            (Some(series), _) => Step::ChangeSeries(series, Box::new(wanted), repeats),
            (None, None) => Step::CreateSeries(Box::new(wanted), repeats),
            (None, Some(_)) => refuse(
                "single",
                "The event with this UID takes place once, and the entry comes again: delete the event for good first.",
            ),
        },
        Form::Exception(at) => {
            let is_of_series = series.is_some() || family.series.contains(&wanted.uid);
            let siblings = family.exceptions.get(&wanted.uid).copied();
            if is_of_series {
                return Step::Except(at, Box::new(wanted));
            }
            if siblings.is_some_and(|count| count > 1) {
                return refuse(
                    "no_series",
                    "The entry with the rule is missing, or refused.",
                );
            }
            // Somebody was invited to just this one.
            report.left_out.push("RECURRENCE-ID".to_owned());
            decide_single(known, wanted, report)
        }
        Form::Single if series.is_some() => refuse(
            "recurring",
            "The series with this UID comes again, and the entry does not: cancel the series here.",
        ),
        Form::Single => decide_single(known, wanted, report),
    }
}

fn decide_single(known: &Known, wanted: Wanted, report: &mut EntryReport) -> Step {
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

fn carry(
    tx: &mut Tx<'_>,
    step: Step,
    report: &mut EntryReport,
    doing: &mut Doing,
) -> Result<(), Problem> {
    match step {
        Step::Create(wanted) => {
            report.event_id = Some(carry::create(tx, *wanted)?.id);
            Ok(())
        }
        Step::Change(event, wanted) => {
            let changed = report.changed.clone();
            carry::bring_in_line(tx, *event, *wanted, &changed, doing)
        }
        Step::CreateSeries(wanted, repeats) => {
            recurring::create(tx, *wanted, &repeats, report, doing)
        }
        Step::ChangeSeries(id, wanted, repeats) => {
            recurring::bring_in_line(tx, id, &wanted, &repeats, report, doing)
        }
        Step::Except(at, wanted) => match doing.series.get(&wanted.uid).copied() {
            Some(series) => recurring::except(tx, series, at, *wanted, report, doing),
            None => Err(Problem::field(
                "/RECURRENCE-ID",
                "no_series",
                "The entry with the rule is refused.",
            )),
        },
        Step::Nothing => Ok(()),
    }
}
