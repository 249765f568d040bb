//! What comes in and what goes out.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::position::Position;
use crate::db::{Id, Instant, Json};
use crate::http::Page;
use crate::http::strict::present;
use crate::http::text::{Markdown, Name, Title};
use crate::http::values::{Int, UpTo};
use crate::journal::{Journaled, Kind};
use crate::outreach::events::texts::WebAddress;
use crate::schema::agenda_items;

/// How many minutes after the start: within seven days.
pub type StartsAfter = Int<0, 10_080>;
/// How many minutes it takes.
pub type SessionMinutes = Int<1, 10_080>;
/// Who speaks.
pub type Speakers = UpTo<20, Speaker>;

/// Somebody who speaks: a member, or somebody from outside with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Grace Hopper", "title": "Rear admiral", "link": "https://example.org/grace"}))]
pub struct Speaker {
    /// The member.
    pub(super) member_id: Option<Id>,
    /// The name of somebody from outside.
    pub(super) name: Option<Name>,
    /// What that person is.
    pub(super) title: Option<Title>,
    /// More about that person.
    pub(super) link: Option<WebAddress>,
}

/// A new session, at the end of the agenda.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "What is new in the scheduler", "starts_after_minutes": 10, "duration_minutes": 25, "speakers": [{"name": "Grace Hopper", "title": "Rear admiral"}]}))]
pub struct NewAgendaItem {
    pub(super) title: Title,
    /// In Markdown.
    #[serde(default)]
    pub(super) description: Markdown,
    /// How many minutes after the start of the event it begins.
    pub(super) starts_after_minutes: StartsAfter,
    /// How many minutes it takes; it ends with the event at the latest.
    pub(super) duration_minutes: SessionMinutes,
    /// Who speaks: members by their id, others by their name.
    #[serde(default)]
    #[schema(value_type = Vec<Speaker>, max_items = 20)]
    pub(super) speakers: Speakers,
}

/// What changes in a session: absent keeps, arrays replace.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = agenda_items)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"duration_minutes": 30}))]
pub struct AgendaItemPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) title: Option<Title>,
    /// In Markdown.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) description: Option<Markdown>,
    /// How many minutes after the start of the event it begins.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) starts_after_minutes: Option<StartsAfter>,
    /// How many minutes it takes; it ends with the event at the latest.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) duration_minutes: Option<SessionMinutes>,
    /// All speakers.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<Vec<Speaker>>, max_items = 20)]
    pub(super) speakers: Option<Json<Speakers>>,
}

/// A session of an event.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = agenda_items)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5e", "event_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "title": "What is new in the scheduler", "description": "", "starts_after_minutes": 10, "duration_minutes": 25, "speakers": [], "position": "8000", "created_at": "2027-03-12T09:00:00.000Z", "updated_at": "2027-03-12T09:00:00.000Z", "version": 45}))]
pub struct AgendaItem {
    /// The team.
    pub team_id: Id,
    /// The session's id.
    pub id: Id,
    /// The event.
    pub event_id: Id,
    /// What it is about.
    pub title: Title,
    /// More about it, in Markdown.
    pub description: Markdown,
    /// How many minutes after the start of the event it begins.
    pub starts_after_minutes: StartsAfter,
    /// How many minutes it takes.
    pub duration_minutes: SessionMinutes,
    /// Who speaks.
    #[schema(value_type = Vec<Speaker>, max_items = 20)]
    pub speakers: Json<Speakers>,
    /// Its place in the agenda.
    pub position: Position,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed by a person.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of an agenda.
pub type AgendaItemPage = Page<AgendaItem>;

impl Journaled for AgendaItem {
    const KIND: Kind = Kind::AgendaItem;

    fn id(&self) -> Id {
        self.id
    }
}
