//! What comes in and what goes out: an allocation as it is asked for, changed, filtered, sorted and shown.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::amount::Amount;
use super::state::AllocationState;
use crate::capacity::fit::Finding;
use crate::capacity::resources::ResourceKind;
use crate::db::{Date, Id, Instant, Json};
use crate::http::Page;
use crate::http::expand::ById;
use crate::http::query::{AnyOf, Who};
use crate::http::strict::{nullable, present};
use crate::http::text::Note;
use crate::journal::{Journaled, Kind};
use crate::schema::allocations;
use crate::text_enum;

/// A new allocation.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resource_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "first_on": "2099-03-02", "last_on": "2099-03-13", "amount": {"units": 1}, "note": "The release show"}))]
pub struct NewAllocation {
    /// What is asked for.
    pub resource_id: Id,
    /// For this campaign: exactly one of `campaign_id`, `event_id` and `task_id`.
    pub campaign_id: Option<Id>,
    /// For this event.
    pub event_id: Option<Id>,
    /// For this task.
    pub task_id: Option<Id>,
    /// For this line of the campaign's budget. Of money only.
    pub budget_line_id: Option<Id>,
    /// The first day. For persons, things taken by whole days and, if you like, money.
    pub first_on: Option<Date>,
    /// The last day: not before the first, and within five years.
    pub last_on: Option<Date>,
    /// The beginning. For things taken by minutes.
    pub starts_at: Option<Instant>,
    /// The end: later than the beginning, and within five years.
    pub ends_at: Option<Instant>,
    /// How much.
    pub amount: Amount,
    /// What for.
    pub note: Option<Note>,
}

/// What changes in an allocation: absent keeps, null clears. What is promised, and to what, never changes.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": {"units": 2}}))]
pub struct AllocationPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    #[allow(missing_docs)]
    pub first_on: Option<Date>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    #[allow(missing_docs)]
    pub last_on: Option<Date>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    #[allow(missing_docs)]
    pub starts_at: Option<Instant>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    #[allow(missing_docs)]
    pub ends_at: Option<Instant>,
    /// The whole amount anew.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub amount: Option<Amount>,
    /// The line of the campaign's budget that it is for. Of money only.
    #[serde(default, deserialize_with = "nullable")]
    pub budget_line_id: Option<Option<Id>>,
    #[serde(default, deserialize_with = "nullable")]
    #[allow(missing_docs)]
    pub note: Option<Option<Note>>,
}

/// Which allocations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AllocationFilter {
    /// Of any of these resources, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61")]
    pub resource_id: Option<AnyOf<Id>>,
    /// Of the time of any of these members: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub member_id: Option<AnyOf<Who>>,
    /// To any of these campaigns, or to the events and tasks in them, separated by commas. With `target=campaign` only to
    /// the campaigns themselves.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61")]
    pub campaign_id: Option<AnyOf<Id>>,
    /// To any of these, separated by commas: `campaign`, `event`, `task`.
    #[param(value_type = Option<String>, max_length = 200, example = "event,task")]
    pub target: Option<AnyOf<AllocationTarget>>,
    /// To any of these events, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61")]
    pub event_id: Option<AnyOf<Id>>,
    /// To any of these tasks, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61")]
    pub task_id: Option<AnyOf<Id>>,
    /// For any of these lines of a budget, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61")]
    pub budget_line_id: Option<AnyOf<Id>>,
    /// Any of these states, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "requested,approved")]
    pub state: Option<AnyOf<AllocationState>>,
    /// Of resources of any of these kinds, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "person")]
    pub kind: Option<AnyOf<ResourceKind>>,
    /// Asked for by any of these members: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub requested_by_id: Option<AnyOf<Who>>,
    /// Whose period has not ended before this day, where the team is.
    pub from: Option<Date>,
    /// Whose period begins on this day or earlier, where the team is.
    pub to: Option<Date>,
}

text_enum! {
    /// What something can be promised to.
    pub enum AllocationTarget {
        /// A campaign itself.
        Campaign = "campaign",
        /// An event.
        Event = "event",
        /// A task.
        Task = "task",
    }
}

text_enum! {
    /// What the list sorts by.
    pub enum AllocationSort {
        /// When it was asked for.
        CreatedAt = "created_at",
        /// When it was last changed.
        UpdatedAt = "updated_at",
        /// The first day; those without come last.
        FirstOn = "first_on",
        /// The beginning; those without come last.
        StartsAt = "starts_at",
    }
}

/// A resource promised, or asked for, for a period and an amount.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = allocations, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a62", "resource_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "campaign_id": null, "event_id": null, "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "budget_line_id": null, "first_on": "2099-03-02", "last_on": "2099-03-13", "starts_at": null, "ends_at": null, "amount": {"minutes": null, "minutes_per_day": null, "percent": null, "units": 1, "money": null}, "note": "The release show", "state": "requested", "reason": null, "requested_by_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "decided_by_id": null, "decided_at": null, "ended_at": null, "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 12}))]
pub struct Allocation {
    /// The team.
    pub team_id: Id,
    /// The allocation's id.
    pub id: Id,
    /// What is promised.
    pub resource_id: Id,
    /// To this campaign.
    #[schema(required = true)]
    pub campaign_id: Option<Id>,
    /// To this event.
    #[schema(required = true)]
    pub event_id: Option<Id>,
    /// To this task.
    #[schema(required = true)]
    pub task_id: Option<Id>,
    /// For this line of the campaign's budget.
    #[schema(required = true)]
    pub budget_line_id: Option<Id>,
    /// The first day.
    #[schema(required = true)]
    pub first_on: Option<Date>,
    /// The last day.
    #[schema(required = true)]
    pub last_on: Option<Date>,
    /// The beginning.
    #[schema(required = true)]
    pub starts_at: Option<Instant>,
    /// The end.
    #[schema(required = true)]
    pub ends_at: Option<Instant>,
    /// How much.
    #[schema(value_type = Amount)]
    pub amount: Json<Amount>,
    /// The money in the amount, for sums: never sent twice.
    #[serde(skip)]
    pub amount_minor: Option<i64>,
    /// What for.
    #[schema(required = true)]
    pub note: Option<Note>,
    /// Where it stands.
    pub state: AllocationState,
    /// What was said with the last act.
    #[schema(required = true)]
    pub reason: Option<Note>,
    /// Who asked.
    pub requested_by_id: Id,
    /// Who approved or rejected it.
    #[schema(required = true)]
    pub decided_by_id: Option<Id>,
    /// When that was.
    #[schema(required = true)]
    pub decided_at: Option<Instant>,
    /// When it was rejected, released or cancelled.
    #[schema(required = true)]
    pub ended_at: Option<Instant>,
    /// When it was asked for.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of allocations.
pub type AllocationPage = Page<Allocation>;
/// Allocations that something refers to.
pub type AllocationsById = ById<Allocation>;

/// An allocation that was made or changed, and what was found then.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a62", "resource_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "campaign_id": null, "event_id": null, "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "budget_line_id": null, "first_on": "2099-03-02", "last_on": "2099-03-13", "starts_at": null, "ends_at": null, "amount": {"minutes": null, "minutes_per_day": null, "percent": null, "units": 1, "money": null}, "note": "The release show", "state": "requested", "reason": null, "requested_by_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "decided_by_id": null, "decided_at": null, "ended_at": null, "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 12, "warnings": []}))]
pub struct AllocationOutcome {
    #[allow(missing_docs)]
    #[serde(flatten)]
    pub allocation: Allocation,
    /// What does not fit and was saved nevertheless, and what nobody knows. Not kept: ask for the conflicts, or check.
    #[schema(max_items = 1_000)]
    pub warnings: Vec<Finding>,
}

/// An allocation as its campaign's history knows it.
pub(crate) struct InCampaign<'a> {
    pub(crate) allocation: &'a Allocation,
    pub(crate) campaign_id: Option<Id>,
}

impl Serialize for InCampaign<'_> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.allocation.serialize(out)
    }
}

impl Journaled for InCampaign<'_> {
    const KIND: Kind = Kind::Allocation;

    fn id(&self) -> Id {
        self.allocation.id
    }

    fn campaign_id(&self) -> Option<Id> {
        self.campaign_id
    }
}
