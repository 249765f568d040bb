//! What comes in and what goes out.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::{Date, Id, Instant};
use crate::http::query::{AnyOf, Flag, Which, Who};
use crate::http::strict::{nullable, present};
use crate::http::text::Note;
use crate::http::values::Minutes;
use crate::http::{Int, Page, UpTo};
use crate::journal::{Journaled, Kind};
use crate::schema::time_entries;
use crate::text_enum;

/// How many minutes a member can have worked on one day.
pub const MINUTES_OF_A_DAY: i32 = 1_440;
/// Minutes that somebody has worked on one day.
pub type SpentMinutes = Int<1, 1_440>;

/// What somebody has worked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "spent_on": "2026-03-02", "minutes": 90, "note": "First draft"}))]
pub struct NewTimeEntry {
    /// Who has worked: the caller unless given. Others need `time-entry:manage`.
    pub(super) member_id: Option<Id>,
    /// On what.
    pub(super) task_id: Id,
    /// On which day: today, where the member is, unless given. Not in the future.
    pub(super) spent_on: Option<Date>,
    /// For how long.
    pub(super) minutes: SpentMinutes,
    /// What was done.
    pub(super) note: Option<Note>,
    /// Whether `remaining_minutes` of the task becomes less by as much; never less than 0. A task without them begins with
    /// its estimate, and one without an estimate is refused.
    #[serde(default)]
    #[schema(default = false)]
    pub(super) lower_remaining: bool,
}

/// What somebody has worked, several at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"time_entries": [
    {"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "spent_on": "2026-03-02", "minutes": 90},
    {"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "spent_on": "2026-03-03", "minutes": 240, "note": "Reviews"}
]}))]
pub struct NewTimeEntryBatch {
    /// All are made, or none.
    #[schema(value_type = Vec<NewTimeEntry>, min_items = 1, max_items = 100)]
    pub(super) time_entries: UpTo<100, NewTimeEntry>,
}

/// What a batch made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct TimeEntryBatch {
    /// The entries, in the order given.
    #[schema(max_items = 100)]
    pub(super) items: Vec<TimeEntry>,
}

/// What a timer is started for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "note": "Reviews", "stop_running": true}))]
pub struct NewTimer {
    /// On what the caller works.
    pub(super) task_id: Id,
    /// What is done.
    pub(super) note: Option<Note>,
    /// Whether the caller's timer that runs is stopped first; without it, that is 409.
    #[serde(default)]
    #[schema(default = false)]
    pub(super) stop_running: bool,
}

/// How a timer is stopped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"lower_remaining": false}))]
pub struct TimerStop {
    /// How long it really was, where stopping was forgotten: no more than was measured, which it is unless given.
    pub(super) minutes: Option<SpentMinutes>,
    /// Whether `remaining_minutes` of the task becomes less by as much, as when an entry is made by hand.
    #[serde(default)]
    #[schema(default = false)]
    pub(super) lower_remaining: bool,
}

/// What changes in a time entry: absent keeps, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"minutes": 75, "note": "Second draft"}))]
pub struct TimeEntryPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) task_id: Option<Id>,
    /// Not while the timer runs.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) spent_on: Option<Date>,
    /// Not while the timer runs.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) minutes: Option<SpentMinutes>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) note: Option<Option<Note>>,
}

/// Which time entries are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimeEntryFilter {
    /// Of any of these members: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) member_id: Option<AnyOf<Who>>,
    /// On any of these tasks, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57")]
    pub(super) task_id: Option<AnyOf<Id>>,
    /// On tasks of any of these campaigns, or of `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56")]
    pub(super) campaign_id: Option<AnyOf<Which>>,
    /// On this day or later.
    #[param(example = "2026-03-01")]
    pub(super) from: Option<Date>,
    /// On this day or earlier.
    #[param(example = "2026-03-31")]
    pub(super) to: Option<Date>,
    /// Whether only those whose timer runs, or only the others.
    #[param(value_type = Option<bool>)]
    pub(super) is_running: Option<Flag>,
}

text_enum! {
    /// What the list sorts by.
    pub enum TimeEntrySort {
        /// The day.
        SpentOn = "spent_on",
        /// When it was entered or started.
        CreatedAt = "created_at",
    }
}

/// What a member has worked on a task on one day, or works now.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = time_entries, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a71", "member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "spent_on": "2026-03-02", "minutes": 90, "note": "First draft", "started_at": null, "ended_at": null, "created_at": "2026-03-02T12:00:00.000Z", "updated_at": "2026-03-02T12:00:00.000Z", "version": 51}))]
pub struct TimeEntry {
    /// The team.
    pub team_id: Id,
    /// The entry's id.
    pub id: Id,
    /// Who has worked.
    pub member_id: Id,
    /// On what; be it in the trash by now.
    pub task_id: Id,
    /// On which day: of a timer, that on which it was started, in the time zone of the member's account.
    pub spent_on: Date,
    /// For how long; null while the timer runs.
    #[schema(required = true, minimum = 1, maximum = 1_440)]
    pub minutes: Option<i32>,
    /// What was done.
    #[schema(required = true)]
    pub note: Option<Note>,
    /// When the timer was started; null where the entry was made by hand.
    #[schema(required = true)]
    pub started_at: Option<Instant>,
    /// When the timer was stopped, 24 hours after its start at the latest; null while it runs.
    #[schema(required = true)]
    pub ended_at: Option<Instant>,
    /// When it was entered or started.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of time entries.
pub type TimeEntryPage = Page<TimeEntry>;

impl Journaled for TimeEntry {
    const KIND: Kind = Kind::TimeEntry;

    fn id(&self) -> Id {
        self.id
    }
}

text_enum! {
    /// What time is summed by.
    pub enum TimeSumBy {
        /// Each task.
        Task = "task",
        /// Each campaign, and what belongs to none.
        Campaign = "campaign",
        /// Each member.
        Member = "member",
        /// Each day.
        Date = "date",
    }
}

/// How time is summed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimeSumParameters {
    /// What one sum is of.
    #[param(inline)]
    pub(super) by: TimeSumBy,
}

/// What was worked, summed up.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(example = json!({"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "campaign_id": null, "member_id": null, "spent_on": null, "minutes": 330, "entries": 2, "running": 0, "estimate_minutes": 480, "remaining_minutes": 150}))]
pub struct TimeSum {
    /// The task, where it is summed by task.
    #[schema(required = true)]
    pub task_id: Option<Id>,
    /// The campaign, where it is summed by campaign or by task; null also for tasks of none.
    #[schema(required = true)]
    pub campaign_id: Option<Id>,
    /// The member, where it is summed by member.
    #[schema(required = true)]
    pub member_id: Option<Id>,
    /// The day, where it is summed by date.
    #[schema(required = true)]
    pub spent_on: Option<Date>,
    /// How many minutes it is.
    #[schema(minimum = 0)]
    pub minutes: i64,
    /// Of how many entries.
    #[schema(minimum = 0)]
    pub entries: i64,
    /// How many timers run besides, whose minutes are not known yet.
    #[schema(minimum = 0)]
    pub running: i64,
    /// How much work the task is, where it is summed by task.
    #[schema(required = true)]
    pub estimate_minutes: Option<Minutes>,
    /// How much of the task's work is left, where it is summed by task.
    #[schema(required = true)]
    pub remaining_minutes: Option<Minutes>,
}

/// A page of sums.
pub type TimeSumPage = Page<TimeSum>;
