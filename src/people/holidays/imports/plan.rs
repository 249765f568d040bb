//! What an import would do, and doing it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::super::model::{Holiday, HolidayPatch};
use super::super::queries::{self, Draft, in_team};
use super::entry;
use super::report::{HolidayCounts, HolidayEntryReport, HolidayImportReport, HolidayOutcome};
use crate::access::{Reading, Tx};
use crate::db::{Date, Id};
use crate::http::Problem;
use crate::http::imports::calendar::{
    CalendarFile, EntryError, IgnoredComponents, RawEntry, RefusedEntry, refuse_entries,
};

/// What is to be done with one entry.
enum Step {
    Create(Draft),
    Change(Holiday, HolidayPatch),
    Nothing,
}

/// All entries of a file, each with what becomes of it.
pub(super) struct Plan {
    entries: Vec<(HolidayEntryReport, Step)>,
    ignored: Vec<IgnoredComponents>,
}

/// The team's holidays, as they are and as the entries so far make them.
struct Known {
    by_uid: BTreeMap<String, Holiday>,
    days: BTreeSet<(String, Date)>,
    uids: BTreeSet<String>,
}

fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}

impl Plan {
    pub(super) fn make(reading: &mut Reading<'_>, file: &CalendarFile) -> Result<Self, Problem> {
        let holidays: Vec<Holiday> = in_team(reading.team)
            .select(Holiday::as_select())
            .load(reading.conn)?;
        let mut known = Known {
            days: holidays
                .iter()
                .map(|one| (one.name.to_string(), one.first_on))
                .collect(),
            by_uid: holidays
                .into_iter()
                .filter_map(|one| Some((one.external_id.as_ref()?.to_string(), one)))
                .collect(),
            uids: BTreeSet::new(),
        };
        let entries = (1..)
            .zip(&file.entries)
            .map(|(number, raw)| known.plan(number, raw))
            .collect();
        let ignored = file.ignored_components();
        Ok(Self { entries, ignored })
    }

    /// All or nothing: a refused entry refuses the file.
    ///
    /// # Errors
    /// `validation_failed`, at `/entries/{entry}/{property}` for each error.
    pub(super) fn refuse(&self) -> Result<(), Problem> {
        let refused = self
            .entries
            .iter()
            .filter(|(report, _)| report.outcome == HolidayOutcome::Refused);
        refuse_entries(refused.map(|(report, _)| RefusedEntry {
            entry: report.entry,
            line: report.line,
            errors: &report.errors,
        }))
    }

    /// Does it.
    pub(super) fn carry_out(&mut self, tx: &mut Tx<'_>) -> Result<(), Problem> {
        for (report, step) in &mut self.entries {
            match std::mem::replace(step, Step::Nothing) {
                Step::Create(draft) => report.holiday_id = Some(queries::create(tx, draft)?.id),
                Step::Change(before, patch) => {
                    queries::update(tx, before, &patch)?;
                }
                Step::Nothing => {}
            }
        }
        Ok(())
    }

    pub(super) fn report(self, is_dry_run: bool) -> HolidayImportReport {
        let entries: Vec<HolidayEntryReport> =
            self.entries.into_iter().map(|(report, _)| report).collect();
        HolidayImportReport {
            is_dry_run,
            counts: HolidayCounts::of(&entries),
            entries,
            ignored: self.ignored,
        }
    }
}

impl Holiday {
    /// Whether it says just what an entry does.
    fn is_as(&self, draft: &Draft) -> bool {
        (&self.name, self.first_on, self.last_on) == (&draft.name, draft.first_on, draft.last_on)
    }
}

impl Known {
    fn plan(&mut self, number: usize, raw: &RawEntry) -> (HolidayEntryReport, Step) {
        let said = |name| raw.find(name).map(|property| cut(&property.value));
        let mut report = HolidayEntryReport {
            entry: number,
            line: raw.line,
            uid: said("UID"),
            name: said("SUMMARY"),
            outcome: HolidayOutcome::Refused,
            holiday_id: None,
            errors: Vec::new(),
        };
        match entry::read(raw).and_then(|draft| self.step(draft).map_err(|error| vec![error])) {
            Err(errors) => {
                report.errors = errors;
                (report, Step::Nothing)
            }
            Ok((outcome, holiday_id, step)) => {
                (report.outcome, report.holiday_id) = (outcome, holiday_id);
                (report, step)
            }
        }
    }

    /// What becomes of an entry, the holiday that it is about where that is there, and what is to be done.
    fn step(&mut self, draft: Draft) -> Result<(HolidayOutcome, Option<Id>, Step), EntryError> {
        let uid = draft
            .external_id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        if !self.uids.insert(uid.clone()) {
            return Err(EntryError::new(
                "UID",
                "duplicate",
                "The file has this UID before.",
            ));
        }
        let day = (draft.name.to_string(), draft.first_on);
        let before = self.by_uid.get(&uid);
        let there = before.map(|before| (before.name.to_string(), before.first_on));
        // One that is refused stays where it is, so its day is free only once the new one is.
        if there.as_ref() != Some(&day) && self.days.contains(&day) {
            return Err(EntryError::new(
                "SUMMARY",
                "already_exists",
                "A holiday of this name begins on this day already.",
            ));
        }
        if let Some(there) = &there {
            self.days.remove(there);
        }
        self.days.insert(day);
        Ok(match before {
            None => (HolidayOutcome::Created, None, Step::Create(draft)),
            Some(before) if before.is_as(&draft) => {
                (HolidayOutcome::Unchanged, Some(before.id), Step::Nothing)
            }
            Some(before) => {
                let patch = HolidayPatch {
                    name: Some(draft.name),
                    first_on: Some(draft.first_on),
                    last_on: Some(draft.last_on),
                };
                let step = Step::Change(before.clone(), patch);
                (HolidayOutcome::Changed, Some(before.id), step)
            }
        })
    }
}
