//! What an import answers.

use serde::Serialize;
use utoipa::ToSchema;

use super::file::{EntryError, IgnoredComponents, MAX_ENTRIES};
use crate::db::Id;
use crate::outreach::events::Occurrence;
use crate::text_enum;

text_enum! {
    /// What became of an entry.
    pub enum EntryOutcome {
        /// An event was made.
        Created = "created",
        /// The event was there, and something in it changed.
        Changed = "changed",
        /// The event was there, just so.
        Unchanged = "unchanged",
        /// It is about an occurrence that the series does not have here; `notes` says why.
        LeftOut = "left_out",
        /// Something is wrong with the entry; `errors` says what.
        Refused = "refused",
    }
}

/// What the import of a calendar did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"is_dry_run": true, "counts": {"entries": 1, "created": 1, "changed": 0, "unchanged": 0, "left_out": 0, "refused": 0}, "entries": [{"entry": 1, "line": 9, "uid": "6gq3k@google.com", "title": "Office hours", "outcome": "created", "event_id": null, "series_id": null, "occurrence": null, "rule": "FREQ=WEEKLY;UNTIL=20300917T170000Z", "total": 200, "changed": [], "removed": [], "moved_tasks": 0, "left_out": ["ATTENDEE", "VALARM"], "notes": [{"property": "RRULE", "code": "never_ends", "detail": "The rule never ends: 200 of them are taken, from 2026-11-24 to 2030-09-17."}], "errors": []}], "ignored": [{"component": "VTODO", "count": 2}]}))]
pub struct CalendarImportReport {
    /// Whether nothing was kept.
    pub is_dry_run: bool,
    /// How many entries had which outcome.
    pub counts: EntryCounts,
    /// Each entry with its outcome, in the order of the file.
    #[schema(max_items = 1_000)]
    pub entries: Vec<EntryReport>,
    /// What the calendar has besides entries, such as to-do items: those are not read.
    #[schema(max_items = 100)]
    pub ignored: Vec<IgnoredComponents>,
}

const _: () = assert!(MAX_ENTRIES == 1_000, "the document says 1,000");

/// How many entries had which outcome.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[schema(example = json!({"entries": 39, "created": 30, "changed": 5, "unchanged": 4, "left_out": 0, "refused": 0}))]
pub struct EntryCounts {
    /// All entries.
    #[schema(maximum = 1_000)]
    pub entries: usize,
    /// New events.
    #[schema(maximum = 1_000)]
    pub created: usize,
    /// Events that were there and changed.
    #[schema(maximum = 1_000)]
    pub changed: usize,
    /// Events that were there, just so.
    #[schema(maximum = 1_000)]
    pub unchanged: usize,
    /// Entries about occurrences that are not here.
    #[schema(maximum = 1_000)]
    pub left_out: usize,
    /// Entries with something wrong.
    #[schema(maximum = 1_000)]
    pub refused: usize,
}

/// What became of an entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"entry": 1, "line": 9, "uid": "6gq3k@google.com", "title": "Office hours", "outcome": "refused", "event_id": null, "series_id": null, "occurrence": null, "rule": null, "total": null, "changed": [], "removed": [], "moved_tasks": 0, "left_out": [], "notes": [], "errors": [{"property": "DTSTART", "code": "all_day", "detail": "An event has a time at which it begins; this entry takes whole days."}]}))]
pub struct EntryReport {
    /// Its number in the file, from 1.
    #[schema(minimum = 1)]
    pub entry: usize,
    /// The line where it begins.
    #[schema(minimum = 1)]
    pub line: usize,
    /// Its UID, cut to 200 characters.
    #[schema(required = true, max_length = 200)]
    pub uid: Option<String>,
    /// Its summary, cut to 200 characters.
    #[schema(required = true, max_length = 200)]
    pub title: Option<String>,
    /// What became of it.
    pub outcome: EntryOutcome,
    /// The event; null when it would be made, or is refused.
    #[schema(required = true)]
    pub event_id: Option<Id>,
    /// The series, where the entry comes again or is about one of its occurrences; null when it would be made, or is
    /// refused.
    #[schema(required = true)]
    pub series_id: Option<Id>,
    /// Which occurrence of the series it is about: the local start that the rule gives it.
    #[schema(required = true)]
    pub occurrence: Option<Occurrence>,
    /// The rule of the series.
    #[schema(required = true, max_length = 500)]
    pub rule: Option<String>,
    /// How many events the series has in all; those of the next year are made at once, the others as time goes.
    #[schema(required = true, minimum = 1, maximum = 200)]
    pub total: Option<i64>,
    /// The fields of the event, or of those of the series, that change.
    #[schema(max_items = 20)]
    pub changed: Vec<&'static str>,
    /// The occurrences that the entry takes out of its series (EXDATE), or that the rule has no longer: they go to the
    /// trash, or are cancelled where people have a place.
    #[schema(max_items = 200)]
    pub removed: Vec<Occurrence>,
    /// How many tasks move along with the event.
    pub moved_tasks: usize,
    /// Properties and parts of the entry that an event has no place for.
    #[schema(max_items = 100)]
    pub left_out: Vec<String>,
    /// What else there is to know: that a rule never ends, and how much of it is taken.
    #[schema(max_items = 10)]
    pub notes: Vec<EntryError>,
    /// What is wrong.
    #[schema(max_items = 100)]
    pub errors: Vec<EntryError>,
}

impl EntryReport {
    /// Of an entry about which nothing is decided yet.
    pub(super) const fn new(
        entry: usize,
        line: usize,
        uid: Option<String>,
        title: Option<String>,
    ) -> Self {
        Self {
            entry,
            line,
            uid,
            title,
            outcome: EntryOutcome::Refused,
            event_id: None,
            series_id: None,
            occurrence: None,
            rule: None,
            total: None,
            changed: Vec::new(),
            removed: Vec::new(),
            moved_tasks: 0,
            left_out: Vec::new(),
            notes: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Says that it is refused, and why.
    pub(super) fn refuse(&mut self, errors: Vec<EntryError>) {
        self.outcome = EntryOutcome::Refused;
        self.event_id = None;
        self.changed.clear();
        self.errors = errors;
    }
}

impl EntryCounts {
    /// Counts the entries.
    pub(super) fn of(entries: &[EntryReport]) -> Self {
        let with = |outcome| entries.iter().filter(|one| one.outcome == outcome).count();
        Self {
            entries: entries.len(),
            created: with(EntryOutcome::Created),
            changed: with(EntryOutcome::Changed),
            unchanged: with(EntryOutcome::Unchanged),
            left_out: with(EntryOutcome::LeftOut),
            refused: with(EntryOutcome::Refused),
        }
    }
}
