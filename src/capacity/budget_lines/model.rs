//! What comes in and what goes out: a line as it is made, changed, filtered, sorted and shown.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::{Id, Instant, Json};
use crate::http::expand::ById;
use crate::http::query::AnyOf;
use crate::http::strict::{nullable, present};
use crate::http::text::{Name, Note};
use crate::http::values::Money;
use crate::http::{FieldError, Page, Text};
use crate::journal::{Journaled, Kind};
use crate::schema::budget_lines;
use crate::text_enum;

/// A new line of a campaign's budget.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "name": "Advertising", "amount": {"amount_minor": 150_000, "currency": "EUR"}, "note": "Two weeks before the release"}))]
pub struct NewBudgetLine {
    /// The campaign.
    pub(super) campaign_id: Id,
    /// What the money is for.
    pub(super) name: Name,
    /// How much is planned, in the campaign's currency.
    pub(super) amount: Money,
    /// More about it.
    pub(super) note: Option<Note>,
    /// The budget (a resource) that the money comes from. What is spent for the line without a promise takes from it.
    pub(super) resource_id: Option<Id>,
}

/// What changes in a line: absent keeps, null clears. Its campaign never changes.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = budget_lines)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": {"amount_minor": 180_000, "currency": "EUR"}}))]
pub struct BudgetLinePatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) name: Option<Name>,
    /// The whole amount anew.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Money>, nullable = false)]
    pub(super) amount: Option<Json<Money>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) note: Option<Option<Note>>,
    /// Only while no expense names the line.
    #[serde(default, deserialize_with = "nullable")]
    pub(super) resource_id: Option<Option<Id>>,
}

/// Which lines are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BudgetLineFilter {
    /// Of any of these campaigns, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56")]
    pub(super) campaign_id: Option<AnyOf<Id>>,
    /// With money of any of these budgets, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61")]
    pub(super) resource_id: Option<AnyOf<Id>>,
    /// Text that the name or note contains; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 200)]
    pub(super) q: Option<Text<1, 200>>,
}

text_enum! {
    /// What the list sorts by.
    pub enum BudgetLineSort {
        /// When it was made.
        CreatedAt = "created_at",
        /// When it was last changed.
        UpdatedAt = "updated_at",
    }
}

/// A line of a campaign's budget.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = budget_lines, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a70", "campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "resource_id": null, "name": "Advertising", "amount": {"amount_minor": 150_000, "currency": "EUR"}, "note": "Two weeks before the release", "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 14, "deleted_at": null}))]
pub struct BudgetLine {
    /// The team.
    pub team_id: Id,
    /// The line's id.
    pub id: Id,
    /// The campaign.
    pub campaign_id: Id,
    /// The budget that the money comes from.
    #[schema(required = true)]
    pub resource_id: Option<Id>,
    /// What the money is for.
    pub name: Name,
    /// How much is planned.
    #[schema(value_type = Money)]
    pub amount: Json<Money>,
    /// More about it.
    #[schema(required = true)]
    pub note: Option<Note>,
    /// What is searched: never sent.
    #[serde(skip)]
    pub search: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When it went to the trash; null while it is in use.
    #[schema(required = true)]
    pub deleted_at: Option<Instant>,
    /// What it went to the trash with: never sent.
    #[serde(skip)]
    pub trash_root_id: Option<Id>,
}

/// A page of lines.
pub type BudgetLinePage = Page<BudgetLine>;
/// Lines that something refers to.
pub type BudgetLinesById = ById<BudgetLine>;

impl BudgetLine {
    /// What is wrong with money of this campaign and budget that is to be for the line.
    #[must_use]
    pub fn fault(
        &self,
        pointer: &str,
        campaign_id: Option<Id>,
        resource_id: Option<Id>,
    ) -> Option<FieldError> {
        if campaign_id != Some(self.campaign_id) {
            let detail = "A line of the same campaign.";
            return Some(FieldError::body(pointer, "other_campaign", detail));
        }
        let is_of_another = self.resource_id.is_some() && resource_id.is_some();
        (is_of_another && self.resource_id != resource_id).then(|| {
            let detail =
                "A line whose money comes from the same budget, or from none in particular.";
            FieldError::body(pointer, "other_budget", detail)
        })
    }
}

impl Journaled for BudgetLine {
    const KIND: Kind = Kind::BudgetLine;

    fn id(&self) -> Id {
        self.id
    }

    fn campaign_id(&self) -> Option<Id> {
        Some(self.campaign_id)
    }
}
