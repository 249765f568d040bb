//! What an import answers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Id;
use crate::http::imports::RowError;
use crate::http::imports::table::MAX_ROWS;
use crate::text_enum;

text_enum! {
    /// What became of a row.
    pub enum Outcome {
        /// A task was made.
        Created = "created",
        /// The task was there, and something in it changed.
        Matched = "matched",
        /// The task was there, just so.
        Unchanged = "unchanged",
        /// Something is wrong with the row; `errors` says what.
        Refused = "refused",
    }
}

text_enum! {
    /// Why a text matches no member.
    pub enum Mismatch {
        /// Nobody has this name, handle or job title.
        Nobody = "nobody",
        /// Several have it.
        Several = "several",
    }
}

/// What an import did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "is_dry_run": true, "counts": {"rows": 1, "created": 1, "matched": 0, "unchanged": 0, "refused": 0}, "columns": [{"name": "title", "fields": ["title"]}, {"name": "role", "fields": ["assignee"]}], "rows": [{"row": 2, "outcome": "created", "task_id": null, "key": null, "external_id": "BR-1", "changed": [], "errors": []}], "milestones": [], "unmatched": [{"text": "Comms Lead", "reason": "nobody", "rows": [2]}]}))]
pub struct ImportReport {
    /// The campaign.
    pub campaign_id: Id,
    /// Whether nothing was kept.
    pub is_dry_run: bool,
    /// How many rows had which outcome.
    pub counts: Counts,
    /// What each column was taken for.
    #[schema(max_items = 64)]
    pub columns: Vec<ColumnReport>,
    /// Each row with its outcome.
    #[schema(max_items = 10_000)]
    pub rows: Vec<RowReport>,
    /// The milestones that rows lead up to.
    #[schema(max_items = 10_000)]
    pub milestones: Vec<MilestoneReport>,
    /// Whoever is named in the table and is no member. A new task keeps such a name as the label `role:…`, so
    /// that it is found when the member is there.
    #[schema(max_items = 10_000)]
    pub unmatched: Vec<Unmatched>,
}

/// How many rows had which outcome.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[schema(example = json!({"rows": 39, "created": 39, "matched": 0, "unchanged": 0, "refused": 0}))]
pub struct Counts {
    /// All rows.
    #[schema(maximum = 10_000)]
    pub rows: usize,
    /// New tasks.
    #[schema(maximum = 10_000)]
    pub created: usize,
    /// Tasks that were there and changed.
    #[schema(maximum = 10_000)]
    pub matched: usize,
    /// Tasks that were there, just so.
    #[schema(maximum = 10_000)]
    pub unchanged: usize,
    /// Rows with something wrong.
    #[schema(maximum = 10_000)]
    pub refused: usize,
}

const _: () = assert!(MAX_ROWS == 10_000, "the document says 10,000");

/// What a column was taken for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "role", "fields": ["assignee"]}))]
pub struct ColumnReport {
    /// The name of the column.
    #[schema(max_length = 10_000)]
    pub name: String,
    /// The fields that it gives; empty when it is not read.
    #[schema(max_items = 13)]
    pub fields: Vec<super::columns::Field>,
}

/// What became of a row.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"row": 2, "outcome": "matched", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "key": "K8S-12", "external_id": "BR-1", "changed": ["due_on"], "errors": []}))]
pub struct RowReport {
    /// Its number, as a spreadsheet shows it; the header has one too.
    #[schema(minimum = 1)]
    pub row: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// The task; null when it would be made, or is refused.
    #[schema(required = true)]
    pub task_id: Option<Id>,
    /// The task's key.
    #[schema(required = true, max_length = 40)]
    pub key: Option<String>,
    /// The id by which the row finds its task again; null when the row is refused.
    #[schema(required = true, max_length = 200)]
    pub external_id: Option<String>,
    /// The fields of the task that change.
    #[schema(max_items = 20)]
    pub changed: Vec<&'static str>,
    /// What is wrong.
    #[schema(max_items = 100)]
    pub errors: Vec<RowError>,
}

/// A milestone that rows lead up to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"name": "week 1", "milestone_id": null, "is_new": true}))]
pub struct MilestoneReport {
    /// Its name.
    #[schema(max_length = 100)]
    pub name: String,
    /// The milestone; null when it would be made.
    #[schema(required = true)]
    pub milestone_id: Option<Id>,
    /// Whether the campaign had none of this name.
    pub is_new: bool,
}

/// A text that was to name a member and does not.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"text": "Comms Lead", "reason": "nobody", "rows": [16, 20]}))]
pub struct Unmatched {
    /// As the table has it.
    #[schema(max_length = 10_000)]
    pub text: String,
    /// Why.
    pub reason: Mismatch,
    /// The rows that say it.
    #[schema(max_items = 10_000)]
    pub rows: Vec<usize>,
}
