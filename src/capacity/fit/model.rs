//! What is found where something does not fit: the interval, what is wanted, what is there, who takes it, and what to do.

use serde::Serialize;
use utoipa::ToSchema;

use crate::capacity::allocations::Amount;
use crate::capacity::resources::Overbooking;
use crate::db::{Date, Id, Instant};
use crate::http::values::Currency;
use crate::text_enum;

text_enum! {
    /// What was found.
    pub enum FindingCode {
        /// More of somebody's time, or more money, is wanted than there is.
        OverAllocated = "over_allocated",
        /// More units are wanted at once than there are.
        CapacityExceeded = "capacity_exceeded",
        /// Something of it is promised, or asked for, that begins or ends outside of its opening hours.
        Closed = "closed",
        /// Nobody wrote down how much somebody works on these days, so nothing can be said.
        UnknownCapacity = "unknown_capacity",
    }
}

text_enum! {
    /// What is counted.
    pub enum FindingUnit {
        /// Minutes of somebody's time.
        Minutes = "minutes",
        /// Units of a thing.
        Units = "units",
        /// The minor unit of a currency.
        Minor = "minor",
    }
}

text_enum! {
    /// How something that does not fit would fit.
    pub enum WayOutKind {
        /// The same a little later.
        LaterDates = "later_dates",
        /// The same of another person, thing or budget.
        AnotherResource = "another_resource",
        /// As much as there is room for.
        SmallerAmount = "smaller_amount",
    }
}

/// Who takes what is there: an allocation, an expense, a task that its assignee has to do, or what is being asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"change": null, "allocation_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a62", "expense_id": null, "campaign_id": null, "event_id": null, "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "title": "Write the release notes", "amount": 600}))]
pub struct Taker {
    /// The place in the request of what is being asked for, from 0; null for what is there already.
    #[schema(required = true, minimum = 0, maximum = 99)]
    pub change: Option<usize>,
    /// The allocation; null for a task, and for what is new.
    #[schema(required = true)]
    pub allocation_id: Option<Id>,
    /// The expense of money that nobody had promised.
    #[schema(required = true)]
    pub expense_id: Option<Id>,
    /// The campaign that it is for.
    #[schema(required = true)]
    pub campaign_id: Option<Id>,
    /// The event that it is for.
    #[schema(required = true)]
    pub event_id: Option<Id>,
    /// The task that it is for, or that takes the time of its assignee.
    #[schema(required = true)]
    pub task_id: Option<Id>,
    /// The name of the campaign, or the title of the event or task; null where that is not there any more.
    #[schema(required = true, max_length = 200)]
    pub title: Option<String>,
    /// How much it takes.
    #[schema(minimum = 0)]
    pub amount: i64,
}

/// An allocation that fits, to be asked for instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"kind": "later_dates", "change": 0, "allocation_id": null, "resource_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "resource_name": "Streaming kit", "first_on": "2099-03-16", "last_on": "2099-03-27", "starts_at": null, "ends_at": null, "amount": {"minutes": null, "minutes_per_day": null, "percent": null, "units": 1, "money": null}}))]
pub struct WayOut {
    /// What is different.
    pub kind: WayOutKind,
    /// Instead of which change, by its place in the request; null where nothing is being asked for.
    #[schema(required = true, minimum = 0, maximum = 99)]
    pub change: Option<usize>,
    /// Instead of which allocation, where it is there already.
    #[schema(required = true)]
    pub allocation_id: Option<Id>,
    /// Of this resource.
    pub resource_id: Id,
    /// Its name.
    #[schema(max_length = 100)]
    pub resource_name: String,
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
    pub amount: Amount,
}

/// Something that does not fit, or of which nobody can say whether it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "over_allocated", "detail": "Ada Lovelace: 3000 minutes are wanted from 2099-03-02 to 2099-03-06, 2400 are there.", "resource_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "resource_name": "Ada Lovelace", "overbooking": "refuse", "first_on": "2099-03-02", "last_on": "2099-03-06", "starts_at": null, "ends_at": null, "unit": "minutes", "currency": null, "wanted": 3000, "there": 2400,
    "taken_by": [{"change": 0, "allocation_id": null, "expense_id": null, "campaign_id": null, "event_id": null, "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "title": "Write the release notes", "amount": 3000}], "left_out": 0, "ways_out": []}))]
pub struct Finding {
    /// What was found. More may come: have a default branch.
    pub code: FindingCode,
    /// The same in a sentence.
    #[schema(max_length = 1000)]
    pub detail: String,
    /// Of this resource.
    pub resource_id: Id,
    /// Its name.
    #[schema(max_length = 100)]
    pub resource_name: String,
    /// What its policy is.
    pub overbooking: Overbooking,
    /// The first day of the interval; null where it is one of instants, and for money.
    #[schema(required = true)]
    pub first_on: Option<Date>,
    /// Its last day.
    #[schema(required = true)]
    pub last_on: Option<Date>,
    /// The beginning of the interval, where it is one of instants.
    #[schema(required = true)]
    pub starts_at: Option<Instant>,
    /// Its end.
    #[schema(required = true)]
    pub ends_at: Option<Instant>,
    /// What is counted.
    pub unit: FindingUnit,
    /// The currency of money.
    #[schema(required = true)]
    pub currency: Option<Currency>,
    /// How much must be had within the interval; null where the capacity is unknown.
    #[schema(required = true, minimum = 0)]
    pub wanted: Option<i64>,
    /// How much there is; null where the capacity is unknown.
    #[schema(required = true, minimum = 0)]
    pub there: Option<i64>,
    /// Who takes it, those who take most first.
    #[schema(max_items = 20)]
    pub taken_by: Vec<Taker>,
    /// How many more take some of it.
    #[schema(minimum = 0)]
    pub left_out: usize,
    /// What would fit instead: each was checked as the request was. None where nothing was found, or was not looked for.
    #[schema(max_items = 3)]
    pub ways_out: Vec<WayOut>,
}

impl Finding {
    /// Whether it is known not to fit.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.code != FindingCode::UnknownCapacity
    }
}
