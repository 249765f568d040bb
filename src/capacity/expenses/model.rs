//! What comes in and what goes out: an expense as it is entered, changed, filtered, sorted and shown.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::capacity::fit::Finding;
use crate::db::{Date, Id, Instant, Json};
use crate::http::query::{AnyOf, Who};
use crate::http::strict::{nullable, present};
use crate::http::text::Note;
use crate::http::values::Money;
use crate::http::{Page, Text};
use crate::journal::{Journaled, Kind};
use crate::schema::expenses;
use crate::text_enum;

/// Where the receipt is: a number, or an address.
pub type Receipt = Text<1, 500>;

/// Something that was spent.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "amount": {"amount_minor": 4_900, "currency": "EUR"}, "spent_on": "2024-03-01", "note": "Stickers for the meet-up", "receipt": "2024-0117"}))]
pub struct NewExpense {
    /// The campaign that it was for: that of the allocation, unless given.
    pub(super) campaign_id: Option<Id>,
    /// The allocation of money that promised it: approved, and of the same campaign.
    pub(super) allocation_id: Option<Id>,
    /// The line of the campaign's budget that it was for: that of the allocation, unless given.
    pub(super) budget_line_id: Option<Id>,
    /// How much, at least one minor unit, in the campaign's currency.
    pub(super) amount: Money,
    /// When: today at the latest, where the team is.
    pub(super) spent_on: Date,
    /// What for.
    pub(super) note: Option<Note>,
    /// Where the receipt is: a number, or an address.
    pub(super) receipt: Option<Receipt>,
}

/// What changes in an expense: absent keeps, null clears. Its campaign never changes.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"receipt": "2024-0118"}))]
pub struct ExpensePatch {
    /// The allocation of money that promised it.
    #[serde(default, deserialize_with = "nullable")]
    pub(super) allocation_id: Option<Option<Id>>,
    /// The line of the campaign's budget that it was for.
    #[serde(default, deserialize_with = "nullable")]
    pub(super) budget_line_id: Option<Option<Id>>,
    /// The whole amount anew.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) amount: Option<Money>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) spent_on: Option<Date>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) note: Option<Option<Note>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) receipt: Option<Option<Receipt>>,
}

/// Which expenses are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExpenseFilter {
    /// For any of these campaigns, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56")]
    pub(super) campaign_id: Option<AnyOf<Id>>,
    /// Promised by any of these allocations, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a62")]
    pub(super) allocation_id: Option<AnyOf<Id>>,
    /// For any of these lines, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a70")]
    pub(super) budget_line_id: Option<AnyOf<Id>>,
    /// From any of these budgets, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61")]
    pub(super) resource_id: Option<AnyOf<Id>>,
    /// Entered by any of these members: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) entered_by_id: Option<AnyOf<Who>>,
    /// Spent on this day or later.
    #[param(example = "2026-03-01")]
    pub(super) from: Option<Date>,
    /// Spent on this day or earlier.
    #[param(example = "2026-03-31")]
    pub(super) to: Option<Date>,
    /// Text that the note or receipt contains; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 200)]
    pub(super) q: Option<Text<1, 200>>,
}

text_enum! {
    /// What the list sorts by.
    pub enum ExpenseSort {
        /// When it was spent.
        SpentOn = "spent_on",
        /// When it was entered.
        CreatedAt = "created_at",
        /// When it was last changed.
        UpdatedAt = "updated_at",
    }
}

/// Something that was spent.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = expenses, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a71", "campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "allocation_id": null, "budget_line_id": null, "resource_id": null, "amount": {"amount_minor": 4_900, "currency": "EUR"}, "spent_on": "2024-03-01", "note": "Stickers for the meet-up", "receipt": "2024-0117", "entered_by_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 15, "deleted_at": null}))]
pub struct Expense {
    /// The team.
    pub team_id: Id,
    /// The expense's id.
    pub id: Id,
    /// The campaign that it was for. Null where the allocation was for none, or the campaign was purged from the trash.
    #[schema(required = true)]
    pub campaign_id: Option<Id>,
    /// The allocation that promised it.
    #[schema(required = true)]
    pub allocation_id: Option<Id>,
    /// The line of the campaign's budget that it was for.
    #[schema(required = true)]
    pub budget_line_id: Option<Id>,
    /// The budget (a resource) that it takes from: that of the allocation, or else that of the line. Read-only.
    #[schema(required = true)]
    pub resource_id: Option<Id>,
    /// How much.
    #[schema(value_type = Money)]
    pub amount: Json<Money>,
    /// The minor units, for sums: never sent twice.
    #[serde(skip)]
    pub amount_minor: i64,
    /// When.
    pub spent_on: Date,
    /// What for.
    #[schema(required = true)]
    pub note: Option<Note>,
    /// Where the receipt is: a number, or an address.
    #[schema(required = true)]
    pub receipt: Option<Receipt>,
    /// What is searched: never sent.
    #[serde(skip)]
    pub search: String,
    /// Who entered it.
    pub entered_by_id: Id,
    /// When it was entered.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When it went to the trash; null while it counts.
    #[schema(required = true)]
    pub deleted_at: Option<Instant>,
    /// What it went to the trash with: never sent.
    #[serde(skip)]
    pub trash_root_id: Option<Id>,
}

/// A page of expenses.
pub type ExpensePage = Page<Expense>;

/// An expense that was entered or changed, and what was found then.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a71", "campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "allocation_id": null, "budget_line_id": null, "resource_id": null, "amount": {"amount_minor": 4_900, "currency": "EUR"}, "spent_on": "2024-03-01", "note": "Stickers for the meet-up", "receipt": "2024-0117", "entered_by_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 15, "deleted_at": null, "warnings": []}))]
pub struct ExpenseOutcome {
    #[allow(missing_docs)]
    #[serde(flatten)]
    pub expense: Expense,
    /// What goes over the limit of the budget and was saved nevertheless. Not kept.
    #[schema(max_items = 1_000)]
    pub warnings: Vec<Finding>,
}

impl Journaled for Expense {
    const KIND: Kind = Kind::Expense;

    fn id(&self) -> Id {
        self.id
    }

    fn campaign_id(&self) -> Option<Id> {
        self.campaign_id
    }
}
