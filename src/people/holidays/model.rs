//! What comes in and what goes out.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::{Date, Id, Instant};
use crate::http::strict::present;
use crate::http::text::Name;
use crate::http::{Page, Text};
use crate::journal::{Journaled, Kind};
use crate::schema::holidays;
use crate::text_enum;

/// What a holiday is called in the file that it came from: the entry's UID.
pub type ExternalId = Text<1, 500>;

/// A new holiday.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Between the years", "first_on": "2026-12-28", "last_on": "2026-12-31"}))]
pub struct NewHoliday {
    pub(super) name: Name,
    /// The day, or the first of several.
    pub(super) first_on: Date,
    /// The last day; `first_on` unless given. A holiday has at most five years.
    pub(super) last_on: Option<Date>,
}

/// What changes in a holiday: absent keeps.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = holidays)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Winter break"}))]
pub struct HolidayPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) name: Option<Name>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) first_on: Option<Date>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) last_on: Option<Date>,
}

/// Which holidays are wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HolidayFilter {
    /// Those that have a day on or after this one.
    #[param(example = "2026-12-01")]
    pub(super) from: Option<Date>,
    /// Those that have a day on or before this one.
    #[param(example = "2026-12-31")]
    pub(super) to: Option<Date>,
}

text_enum! {
    /// What the list sorts by.
    pub enum HolidaySort {
        /// The first day.
        FirstOn = "first_on",
    }
}

/// Days on which the team does not work.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = holidays, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a62", "name": "Between the years", "first_on": "2026-12-28", "last_on": "2026-12-31", "external_id": null, "created_at": "2026-11-23T09:00:00.000Z", "updated_at": "2026-11-23T09:00:00.000Z", "version": 42}))]
pub struct Holiday {
    /// The team.
    pub team_id: Id,
    /// The holiday's id.
    pub id: Id,
    /// Its name.
    pub name: Name,
    /// The first day.
    pub first_on: Date,
    /// The last day.
    pub last_on: Date,
    /// The UID of the entry that it was imported from; null when it was made by hand.
    #[schema(required = true)]
    pub external_id: Option<ExternalId>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of holidays.
pub type HolidayPage = Page<Holiday>;

impl Journaled for Holiday {
    const KIND: Kind = Kind::Holiday;

    fn id(&self) -> Id {
        self.id
    }
}
