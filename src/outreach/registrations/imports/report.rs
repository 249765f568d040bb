//! What an import answers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Id;
use crate::http::imports::RowError;
use crate::http::imports::table::MAX_ROWS;
use crate::outreach::registrations::state::RegistrationState;
use crate::text_enum;

text_enum! {
    /// What became of a row.
    pub enum PersonOutcome {
        /// The person was registered.
        Created = "created",
        /// The person was there, and stays so.
        Matched = "matched",
        /// The table says that the person has no place.
        LeftOut = "left_out",
        /// Something is wrong with the row; `errors` says what.
        Refused = "refused",
    }
}

/// What an import of registrations did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"event_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "is_dry_run": true, "counts": {"rows": 1, "created": 1, "matched": 0, "left_out": 0, "refused": 0, "confirmed": 1, "waitlisted": 0}, "columns": [{"name": "Full name", "fields": ["name"]}, {"name": "Mail", "fields": ["email"]}, {"name": "level", "fields": ["answers.level"]}], "rows": [{"row": 2, "outcome": "created", "registration_id": null, "email": "ada@example.org", "state": "confirmed", "errors": []}]}))]
pub struct RegistrationImportReport {
    /// The event.
    pub event_id: Id,
    /// Whether nothing was kept.
    pub is_dry_run: bool,
    /// How many rows had which outcome.
    pub counts: PersonCounts,
    /// What each column was taken for.
    #[schema(max_items = 64)]
    pub columns: Vec<PersonColumn>,
    /// Each row with its outcome.
    #[schema(max_items = 10_000)]
    pub rows: Vec<PersonRow>,
}

const _: () = assert!(MAX_ROWS == 10_000, "the document says 10,000");

/// How many rows had which outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"rows": 60, "created": 55, "matched": 3, "left_out": 2, "refused": 0, "confirmed": 50, "waitlisted": 5}))]
pub struct PersonCounts {
    /// All rows.
    #[schema(maximum = 10_000)]
    pub rows: usize,
    /// People who were registered.
    #[schema(maximum = 10_000)]
    pub created: usize,
    /// People who were there.
    #[schema(maximum = 10_000)]
    pub matched: usize,
    /// People without a place in the table.
    #[schema(maximum = 10_000)]
    pub left_out: usize,
    /// Rows with something wrong.
    #[schema(maximum = 10_000)]
    pub refused: usize,
    /// Of those who were registered: how many have their seats.
    #[schema(maximum = 10_000)]
    pub confirmed: usize,
    /// Of those who were registered: how many wait for seats.
    #[schema(maximum = 10_000)]
    pub waitlisted: usize,
}

/// What a column was taken for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "How well do you know it?", "fields": ["answers.level"]}))]
pub struct PersonColumn {
    /// The name of the column.
    #[schema(max_length = 10_000)]
    pub name: String,
    /// The fields that it gives, `answers.` with its key for a question; empty when it is not read.
    #[schema(max_items = 30)]
    pub fields: Vec<String>,
}

/// What became of a row.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"row": 2, "outcome": "matched", "registration_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "email": "ada@example.org", "state": "confirmed", "errors": []}))]
pub struct PersonRow {
    /// Its number, as a spreadsheet shows it; the header has one too.
    #[schema(minimum = 1)]
    pub row: usize,
    /// What became of it.
    pub outcome: PersonOutcome,
    /// The registration; null when it would be made, or there is none.
    #[schema(required = true)]
    pub registration_id: Option<Id>,
    /// The address; null when the row is refused.
    #[schema(required = true, max_length = 254)]
    pub email: Option<String>,
    /// Where the registration stands, or would; null when there is none.
    #[schema(value_type = Option<String>, required = true, max_length = 40, example = "confirmed")]
    pub state: Option<RegistrationState>,
    /// What is wrong.
    #[schema(max_items = 100)]
    pub errors: Vec<RowError>,
}

impl PersonCounts {
    /// Counts the rows.
    pub(super) fn of(rows: &[PersonRow]) -> Self {
        let with = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
        let new = |state| {
            let new = rows
                .iter()
                .filter(|row| row.outcome == PersonOutcome::Created);
            new.filter(|row| row.state == Some(state)).count()
        };
        Self {
            rows: rows.len(),
            created: with(PersonOutcome::Created),
            matched: with(PersonOutcome::Matched),
            left_out: with(PersonOutcome::LeftOut),
            refused: with(PersonOutcome::Refused),
            confirmed: new(RegistrationState::Confirmed),
            waitlisted: new(RegistrationState::Waitlisted),
        }
    }
}
