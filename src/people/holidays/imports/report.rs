//! What an import answers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Id;
use crate::http::imports::calendar::{EntryError, IgnoredComponents, MAX_ENTRIES};
use crate::text_enum;

text_enum! {
    /// What became of an entry.
    pub enum HolidayOutcome {
        /// A holiday was made.
        Created = "created",
        /// The holiday was there, and something in it changed.
        Changed = "changed",
        /// The holiday was there, just so.
        Unchanged = "unchanged",
        /// Something is wrong with the entry; `errors` says what.
        Refused = "refused",
    }
}

/// What the import of holidays did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"is_dry_run": true, "counts": {"entries": 1, "created": 1, "changed": 0, "unchanged": 0, "refused": 0}, "entries": [{"entry": 1, "line": 5, "uid": "20261225_60o30dr46@google.com", "name": "Christmas Day", "outcome": "created", "holiday_id": null, "errors": []}], "ignored": []}))]
pub struct HolidayImportReport {
    /// Whether nothing was kept.
    pub is_dry_run: bool,
    /// How many entries had which outcome.
    pub counts: HolidayCounts,
    /// Each entry with its outcome, in the order of the file.
    #[schema(max_items = 1_000)]
    pub entries: Vec<HolidayEntryReport>,
    /// What the file has besides entries: that is not read.
    #[schema(max_items = 100)]
    pub ignored: Vec<IgnoredComponents>,
}

const _: () = assert!(MAX_ENTRIES == 1_000, "the document says 1,000");

/// How many entries had which outcome.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[schema(example = json!({"entries": 12, "created": 10, "changed": 1, "unchanged": 1, "refused": 0}))]
pub struct HolidayCounts {
    /// All entries.
    #[schema(maximum = 1_000)]
    pub entries: usize,
    /// New holidays.
    #[schema(maximum = 1_000)]
    pub created: usize,
    /// Holidays that were there and changed.
    #[schema(maximum = 1_000)]
    pub changed: usize,
    /// Holidays that were there, just so.
    #[schema(maximum = 1_000)]
    pub unchanged: usize,
    /// Entries with something wrong.
    #[schema(maximum = 1_000)]
    pub refused: usize,
}

impl HolidayCounts {
    pub(super) fn of(entries: &[HolidayEntryReport]) -> Self {
        let with = |outcome| entries.iter().filter(|one| one.outcome == outcome).count();
        Self {
            entries: entries.len(),
            created: with(HolidayOutcome::Created),
            changed: with(HolidayOutcome::Changed),
            unchanged: with(HolidayOutcome::Unchanged),
            refused: with(HolidayOutcome::Refused),
        }
    }
}

/// What became of an entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"entry": 1, "line": 5, "uid": "20261225_60o30dr46@google.com", "name": "Office party", "outcome": "refused", "holiday_id": null, "errors": [{"property": "DTSTART", "code": "not_all_day", "detail": "A holiday takes whole days: a date such as 20261225, without a time."}]}))]
pub struct HolidayEntryReport {
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
    pub name: Option<String>,
    /// What became of it.
    pub outcome: HolidayOutcome,
    /// The holiday; null when it would be made, or is refused.
    #[schema(required = true)]
    pub holiday_id: Option<Id>,
    /// What is wrong.
    #[schema(max_items = 1_100)]
    pub errors: Vec<EntryError>,
}
