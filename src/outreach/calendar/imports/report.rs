//! What an import answers.

use serde::Serialize;
use utoipa::ToSchema;

use super::file::MAX_ENTRIES;
use crate::db::Id;
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
        /// Something is wrong with the entry; `errors` says what.
        Refused = "refused",
    }
}

text_enum! {
    /// What happens to the others when entries are refused.
    pub enum ImportMode {
        /// Nothing is imported.
        All = "all",
        /// The others are imported.
        Partial = "partial",
    }
}

/// What the import of a calendar did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"is_dry_run": true, "counts": {"entries": 1, "created": 1, "changed": 0, "unchanged": 0, "refused": 0}, "entries": [{"entry": 1, "line": 9, "uid": "6gq3k@google.com", "title": "Office hours", "outcome": "created", "event_id": null, "changed": [], "left_out": ["ATTENDEE", "VALARM"], "errors": []}], "ignored": [{"component": "VTODO", "count": 2}]}))]
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
#[schema(example = json!({"entries": 39, "created": 30, "changed": 5, "unchanged": 4, "refused": 0}))]
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
    /// Entries with something wrong.
    #[schema(maximum = 1_000)]
    pub refused: usize,
}

/// What became of an entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"entry": 1, "line": 9, "uid": "6gq3k@google.com", "title": "Office hours", "outcome": "refused", "event_id": null, "changed": [], "left_out": [], "errors": [{"property": "DTSTART", "code": "all_day", "detail": "An event has a time at which it begins; this entry takes whole days."}]}))]
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
    /// The fields of the event that change.
    #[schema(max_items = 20)]
    pub changed: Vec<&'static str>,
    /// Properties and parts of the entry that an event has no place for.
    #[schema(max_items = 100)]
    pub left_out: Vec<String>,
    /// What is wrong.
    #[schema(max_items = 100)]
    pub errors: Vec<EntryError>,
}

/// Something wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"property": "DTSTART", "code": "unknown_time_zone", "detail": "Nobody knows the time zone \"Customized Time Zone\"."}))]
pub struct EntryError {
    /// The property; null when it is the entry as a whole.
    #[schema(required = true, max_length = 100)]
    pub property: Option<&'static str>,
    /// What is wrong, for programs. More may come: have a default branch.
    #[schema(max_length = 100)]
    pub code: &'static str,
    /// What is wrong, for people.
    #[schema(max_length = 1000)]
    pub detail: String,
}

/// Components that are not read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"component": "VTODO", "count": 2}))]
pub struct IgnoredComponents {
    /// What they are.
    #[schema(max_length = 100)]
    pub component: String,
    /// How many there are.
    pub count: usize,
}

impl EntryError {
    pub(super) fn new(
        property: impl Into<Option<&'static str>>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            property: property.into(),
            code,
            detail: detail.into(),
        }
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
            refused: with(EntryOutcome::Refused),
        }
    }
}
