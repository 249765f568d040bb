//! What comes in and what goes out.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::{Date, Id, Instant};
use crate::http::strict::{nullable, present};
use crate::http::text::Note;
use crate::http::values::TimeZone;
use crate::http::{Int, Page};
use crate::journal::{Journaled, Kind};
use crate::schema::working_hours;
use crate::text_enum;

/// Minutes of one day.
pub type DayMinutes = Int<0, 1_440>;

/// New working hours.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"valid_from_on": "2099-01-01", "monday_minutes": 480, "tuesday_minutes": 480, "wednesday_minutes": 480, "thursday_minutes": 480, "friday_minutes": 240, "saturday_minutes": 0, "sunday_minutes": 0, "time_zone": "Europe/Paris", "note": "Four and a half days"}))]
pub struct NewWorkingHours {
    /// The first day on which they hold: today or later. Earlier only where no hours are in force yet.
    pub(super) valid_from_on: Date,
    pub(super) monday_minutes: DayMinutes,
    pub(super) tuesday_minutes: DayMinutes,
    pub(super) wednesday_minutes: DayMinutes,
    pub(super) thursday_minutes: DayMinutes,
    pub(super) friday_minutes: DayMinutes,
    pub(super) saturday_minutes: DayMinutes,
    pub(super) sunday_minutes: DayMinutes,
    /// Where the days begin and end, and by whose clocks hours are common with those of others: the zone of the member's
    /// account, or of the team, unless given.
    pub(super) time_zone: Option<TimeZone>,
    pub(super) note: Option<Note>,
}

/// What changes in working hours that are not in force yet: absent keeps, null clears.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = working_hours)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"friday_minutes": 300}))]
pub struct WorkingHoursPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) valid_from_on: Option<Date>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    monday_minutes: Option<DayMinutes>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    tuesday_minutes: Option<DayMinutes>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    wednesday_minutes: Option<DayMinutes>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    thursday_minutes: Option<DayMinutes>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    friday_minutes: Option<DayMinutes>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    saturday_minutes: Option<DayMinutes>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    sunday_minutes: Option<DayMinutes>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) time_zone: Option<TimeZone>,
    #[serde(default, deserialize_with = "nullable")]
    note: Option<Option<Note>>,
}

/// The day that is asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OnDay {
    /// The day.
    #[param(example = "2026-12-01")]
    pub(super) on: Date,
}

text_enum! {
    /// What the list sorts by.
    pub enum WorkingHoursSort {
        /// The first day on which they hold.
        ValidFromOn = "valid_from_on",
    }
}

/// Working hours: minutes for each weekday, from a day on, until later ones hold.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = working_hours, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "valid_from_on": "2026-12-01", "monday_minutes": 480, "tuesday_minutes": 480, "wednesday_minutes": 480, "thursday_minutes": 480, "friday_minutes": 240, "saturday_minutes": 0, "sunday_minutes": 0, "time_zone": "Europe/Paris", "note": "Four and a half days", "created_at": "2026-11-23T09:00:00.000Z", "updated_at": "2026-11-23T09:00:00.000Z", "version": 42}))]
pub struct WorkingHours {
    /// The team.
    pub team_id: Id,
    /// The record's id.
    pub id: Id,
    /// Whose they are; null for the team's default.
    #[schema(required = true)]
    pub member_id: Option<Id>,
    /// The first day on which they hold.
    pub valid_from_on: Date,
    /// On Mondays.
    pub monday_minutes: DayMinutes,
    /// On Tuesdays.
    pub tuesday_minutes: DayMinutes,
    /// On Wednesdays.
    pub wednesday_minutes: DayMinutes,
    /// On Thursdays.
    pub thursday_minutes: DayMinutes,
    /// On Fridays.
    pub friday_minutes: DayMinutes,
    /// On Saturdays.
    pub saturday_minutes: DayMinutes,
    /// On Sundays.
    pub sunday_minutes: DayMinutes,
    /// Where the days begin and end, and by whose clocks hours are common with those of others.
    pub time_zone: TimeZone,
    /// A remark.
    #[schema(required = true)]
    pub note: Option<Note>,
    /// When the record was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of working hours.
pub type WorkingHoursPage = Page<WorkingHours>;

/// What holds on a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"on": "2026-12-01", "is_team_default": false, "working_hours": null}))]
pub struct WorkingHoursInForce {
    /// The day.
    pub on: Date,
    /// Whether the member has no working hours of their own on that day, so that those of the team hold.
    pub is_team_default: bool,
    /// What holds; null where nothing does, and nobody knows how much can be worked.
    #[schema(required = true)]
    pub working_hours: Option<WorkingHours>,
}

impl Journaled for WorkingHours {
    const KIND: Kind = Kind::WorkingHours;

    fn id(&self) -> Id {
        self.id
    }
}
