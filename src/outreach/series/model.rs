//! What comes in and what goes out.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::{Id, Instant, Json};
use crate::http::text::{Markdown, Name, Title};
use crate::http::wall_clock::WallClock;
use crate::http::{Page, Text};
use crate::journal::{Journaled, Kind};
use crate::outreach::events::texts::WebAddress;
use crate::outreach::events::{
    Capacity, Event, EventKind, EventStatus, Hosts, NewEvent, Occurrence, Visibility,
};
use crate::outreach::registration_rules::RegistrationRules;
use crate::schema::event_series;
use crate::text_enum;

/// A rule of RFC 5545.
pub type RuleText = Text<1, 500>;

text_enum! {
    /// Which occurrences of a series a change is for.
    pub enum SeriesScope {
        /// This one.
        This = "this",
        /// This one and those after it, which become a series of their own.
        Following = "following",
        /// All.
        All = "all",
    }
}

/// Which occurrences of a series a change is for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichOccurrences {
    /// Which occurrences of the event's series the change is for: this one unless given. What is live, over or cancelled
    /// never changes, and what was changed for one occurrence alone stays as it is there.
    #[param(inline, value_type = Option<SeriesScope>)]
    pub scope: Option<SeriesScope>,
}

/// A new series.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"event": {"title": "Office hours", "kind": "ama", "starts": {"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"}, "ends": {"local": "2027-04-20T20:00:00", "time_zone": "Europe/Paris"}}, "rule": "FREQ=WEEKLY;COUNT=10"}))]
pub struct NewEventSeries {
    /// Its first event. Public ones get an address each, so it names none.
    pub event: NewEvent,
    /// When it comes again (RFC 5545 §3.3.10): `FREQ` daily to yearly, with `COUNT` or `UNTIL`; at most 200 events
    /// within ten years, the first of them the event itself.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    pub rule: RuleText,
}

/// What the events of a series have in common, and what later ones are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"title": "Office hours", "description": "", "campaign_id": null, "kind": "ama", "platform": null, "join_url": null, "capacity": null, "registration": {"mode": "closed", "opens_at": null, "closes_at": null, "offer_minutes": 1440, "reminder_minutes": [1440, 60], "questions": []}, "hosts": [], "visibility": "team", "status": "draft"}))]
pub struct Pattern {
    /// The title.
    pub title: Title,
    /// More about it, in Markdown.
    pub description: Markdown,
    /// The campaign they belong to.
    #[schema(required = true)]
    pub campaign_id: Option<Id>,
    /// What kind of event it is.
    pub kind: EventKind,
    /// Where it takes place: the name of the service.
    #[schema(required = true)]
    pub platform: Option<Name>,
    /// Where to join.
    #[schema(required = true)]
    pub join_url: Option<WebAddress>,
    /// How many people may come; null for no limit.
    #[schema(required = true)]
    pub capacity: Option<Capacity>,
    /// How people register, with the times of the first event.
    pub registration: RegistrationRules,
    /// The members who hold it.
    #[schema(value_type = Vec<Id>, max_items = 20)]
    pub hosts: Hosts,
    /// Who may see it.
    pub visibility: Visibility,
    /// The status with which they are made.
    pub status: EventStatus,
}

impl Pattern {
    /// What an event would hand on.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let event = event.clone();
        Self {
            title: event.title,
            description: event.description,
            campaign_id: event.campaign_id,
            kind: event.kind,
            platform: event.platform,
            join_url: event.join_url,
            capacity: event.capacity,
            registration: event.registration.0,
            hosts: event.hosts.0,
            visibility: event.visibility,
            status: event.status,
        }
    }
}

/// An occurrence whose time the clocks skip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"occurrence": "2027-03-28T02:30:00", "starts": "2027-03-28T03:30:00"}))]
pub struct MovedByClocks {
    /// The local start that the rule gives it.
    pub occurrence: Occurrence,
    /// When it begins instead: as much later as the clocks are put forward.
    pub starts: Occurrence,
}

/// A series of events.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, AsChangeset, ToSchema)]
#[diesel(table_name = event_series, primary_key(team_id, id), treat_none_as_default_value = false, treat_none_as_null = true)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5f", "rule": "FREQ=WEEKLY;COUNT=10", "starts": {"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"}, "duration_seconds": 3600, "pattern": {"title": "Office hours", "description": "", "campaign_id": null, "kind": "ama", "platform": null, "join_url": null, "capacity": null, "registration": {"mode": "closed", "opens_at": null, "closes_at": null, "offer_minutes": 1440, "reminder_minutes": [1440, 60], "questions": []}, "hosts": [], "visibility": "team", "status": "draft"}, "total": 10, "made": 10, "moved_by_clocks": [], "left_out": [], "external_id": null, "created_at": "2027-03-01T09:00:00.000Z", "updated_at": "2027-03-02T09:00:00.000Z", "version": 57, "deleted_at": null}))]
pub struct EventSeries {
    /// The team.
    pub team_id: Id,
    /// The series' id.
    pub id: Id,
    /// The rule (RFC 5545 §3.3.10), `UNTIL` in UTC.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    pub rule: RuleText,
    /// When the first event begins, by the rule.
    #[schema(value_type = WallClock)]
    pub starts: Json<WallClock>,
    /// How long each takes on the calendar, in seconds.
    #[schema(minimum = 1, maximum = 608_400)]
    pub duration_seconds: i64,
    /// What the events have in common.
    #[schema(value_type = Pattern)]
    pub pattern: Json<Pattern>,
    /// How many events the rule makes.
    #[schema(minimum = 1, maximum = 200)]
    pub total: i64,
    /// How many of them are made: those that begin within a year. The others follow as time goes.
    #[schema(minimum = 0, maximum = 200)]
    pub made: i64,
    /// When the next one that is not made begins: never sent.
    #[serde(skip)]
    pub next_at: Option<Instant>,
    /// The occurrences whose time the clocks skip, and when they begin instead.
    #[schema(value_type = Vec<MovedByClocks>, max_items = 200)]
    pub moved_by_clocks: Json<Vec<MovedByClocks>>,
    /// The occurrences that its calendar leaves out, by the local start that the rule gives them: they are never made.
    #[schema(value_type = Vec<Occurrence>, max_items = 200)]
    pub left_out: Json<Vec<Occurrence>>,
    /// Its UID in the calendar that it was imported from.
    #[schema(required = true)]
    pub external_id: Option<Text<1, 200>>,
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

/// A page of series.
pub type EventSeriesPage = Page<EventSeries>;

impl Journaled for EventSeries {
    const KIND: Kind = Kind::EventSeries;

    fn id(&self) -> Id {
        self.id
    }

    fn campaign_id(&self) -> Option<Id> {
        self.pattern.0.campaign_id
    }
}
