//! What comes in and what goes out.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::capacity::load::NotCounted;
use crate::db::{Date, Id};
use crate::http::query::{AnyOf, Who};
use crate::http::text::Name;
use crate::text_enum;

text_enum! {
    /// What the columns of a workload are.
    pub enum WorkloadBy {
        /// Days.
        Day = "day",
        /// Weeks from Monday to Sunday; the first and the last may be cut.
        Week = "week",
    }
}

/// Whose workload, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WorkloadFilter {
    /// The first day.
    #[param(example = "2026-12-01")]
    pub(super) from: Date,
    /// The last day: at most 366 days with the first.
    #[param(example = "2026-12-31")]
    pub(super) to: Date,
    /// Days, or weeks from Monday to Sunday; weeks unless given.
    #[param(inline)]
    pub(super) by: Option<WorkloadBy>,
    /// Only these members, separated by commas: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) member_id: Option<AnyOf<Who>>,
}

/// A column of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"first_on": "2026-12-07", "last_on": "2026-12-13"}))]
pub struct Period {
    /// The first day.
    pub first_on: Date,
    /// The last day.
    pub last_on: Date,
}

/// The open tasks of a member that do not count, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"no_due_date": 1, "no_estimate": 0, "overdue": 0, "tasks": [{"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "reason": "no_due_date"}]}))]
pub struct NotCountedTasks {
    /// How many have no due date.
    pub no_due_date: i64,
    /// How many have a due date, but neither an estimate nor remaining minutes.
    pub no_estimate: i64,
    /// How many were due before today: when they will be done, nobody knows.
    pub overdue: i64,
    /// The first ten of them.
    #[schema(max_items = 10)]
    pub tasks: Vec<NotCounted>,
}

/// What a member has to do and how much time there is: of each series one figure for each period.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "display_name": "Ada Lovelace", "capacity_minutes": [2400, 2400], "allocated_minutes": [600, 2400], "demand_minutes": [480, 120], "free_minutes": [1320, 0], "over_minutes": [0, 120], "unknown_days": 0, "not_counted": {"no_due_date": 0, "no_estimate": 0, "overdue": 0, "tasks": []}}))]
pub struct MemberWorkload {
    /// The member.
    pub member_id: Id,
    /// The name that is shown.
    pub display_name: Name,
    /// Working hours, less absences and holidays; null where a day of the period has no working hours on record: unknown is
    /// not zero.
    #[schema(max_items = 366)]
    pub capacity_minutes: Vec<Option<i64>>,
    /// Taken by approved allocations.
    #[schema(max_items = 366)]
    pub allocated_minutes: Vec<i64>,
    /// Wanted by open tasks with an estimate that no allocation covers.
    #[schema(max_items = 366)]
    pub demand_minutes: Vec<i64>,
    /// What is left; null where the capacity is unknown.
    #[schema(max_items = 366)]
    pub free_minutes: Vec<Option<i64>>,
    /// What is too much; null where the capacity is unknown.
    #[schema(max_items = 366)]
    pub over_minutes: Vec<Option<i64>>,
    /// On how many of the days no working hours are in force: what they can take is unknown.
    #[schema(maximum = 366)]
    pub unknown_days: i64,
    /// The open tasks that do not count, whatever the period.
    pub not_counted: NotCountedTasks,
}

/// What everybody in the team has to do and how much time there is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"from": "2026-12-01", "to": "2026-12-13", "by": "week", "periods": [{"first_on": "2026-12-01", "last_on": "2026-12-06"}, {"first_on": "2026-12-07", "last_on": "2026-12-13"}], "members": [{"member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "display_name": "Ada Lovelace", "capacity_minutes": [1920, 2400], "allocated_minutes": [600, 2400], "demand_minutes": [480, 120], "free_minutes": [840, 0], "over_minutes": [0, 120], "unknown_days": 0, "not_counted": {"no_due_date": 0, "no_estimate": 0, "overdue": 0, "tasks": []}}], "is_complete": true}))]
pub struct Workload {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What the periods are.
    pub by: WorkloadBy,
    /// The periods, in order, without gaps.
    #[schema(max_items = 366)]
    pub periods: Vec<Period>,
    /// The members by name, without guests, who hold no work.
    #[schema(max_items = 500)]
    pub members: Vec<MemberWorkload>,
    /// Whether that is everybody who was asked for: only 500 members are shown at once, the first who joined. Ask for others
    /// with `member_id`.
    pub is_complete: bool,
}
