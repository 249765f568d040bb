//! What comes in and what goes out: an event as it is made, changed, filtered, sorted and shown.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::status::EventStatus;
use super::texts::{Slug, WebAddress};
use crate::db::{Id, Instant, Json};
use crate::http::expand::ById;
use crate::http::query::{AnyOf, Which, Who};
use crate::http::strict::{nullable, present};
use crate::http::text::{Markdown, Name, Note, Title};
use crate::http::values::{Int, UpTo};
use crate::http::wall_clock::{LocalTime, WallClock};
use crate::http::{Page, Text};
use crate::journal::{Journaled, Kind};
use crate::outreach::registration_rules::{RegistrationRules, RegistrationRulesPatch};
use crate::schema::events;
use crate::text_enum;

/// How many people may come.
pub type Capacity = Int<1, 100_000>;
/// The members who hold an event.
pub type Hosts = UpTo<20, Id>;

text_enum! {
    /// What kind of event it is.
    pub enum EventKind {
        /// A talk with slides, and questions at the end.
        Webinar = "webinar",
        /// A broadcast that people watch and comment.
        Livestream = "livestream",
        /// Ask me anything: questions and answers.
        Ama = "ama",
        /// People do something together.
        Workshop = "workshop",
        /// People meet.
        Meetup = "meetup",
        /// Anything else.
        Other = "other",
    }
}

text_enum! {
    /// Who may see an event.
    pub enum Visibility {
        /// The members of the team.
        Team = "team",
        /// Everybody who has the address, once it is no draft any more.
        Public = "public",
    }
}

/// A new event. It begins as a draft.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "What is new in 1.30", "description": "The release team shows it.", "kind": "webinar", "starts": {"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"}, "ends": {"local": "2027-04-20T20:30:00", "time_zone": "Europe/Paris"}, "platform": "Zoom", "join_url": "https://zoom.example/j/123", "capacity": 200, "registration": {"mode": "open", "questions": [{"key": "topic", "text": "What should we talk about?", "kind": "text"}]}, "visibility": "public"}))]
pub struct NewEvent {
    #[allow(missing_docs)]
    pub title: Title,
    /// In Markdown.
    #[serde(default)]
    pub description: Markdown,
    /// The campaign it belongs to.
    pub campaign_id: Option<Id>,
    #[allow(missing_docs)]
    pub kind: EventKind,
    /// When it begins, as the clock of a place shows it.
    pub starts: WallClock,
    /// When it ends, in the same time zone: after the start, and at most seven days long.
    pub ends: WallClock,
    /// Where it takes place: the name of the service.
    pub platform: Option<Name>,
    /// Where to join. Only members and people with a confirmed place are told.
    pub join_url: Option<WebAddress>,
    /// How many people may come; no limit unless given.
    pub capacity: Option<Capacity>,
    /// How people register; they cannot unless given.
    #[serde(default)]
    pub registration: RegistrationRulesPatch,
    /// The members who hold it, none twice.
    #[serde(default)]
    #[schema(value_type = Vec<Id>, max_items = 20)]
    pub hosts: Hosts,
    /// Who may see it: the team unless given.
    #[serde(default = "for_the_team")]
    pub visibility: Visibility,
    /// Its public address, unique over all teams; made from the title of a public event unless given.
    pub slug: Option<Slug>,
}

const fn for_the_team() -> Visibility {
    Visibility::Team
}

/// What changes in an event: absent keeps, null clears, arrays replace. When it takes place is changed by
/// rescheduling it.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "scheduled", "capacity": 300}))]
pub struct EventPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    #[allow(missing_docs)]
    pub title: Option<Title>,
    /// In Markdown.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub description: Option<Markdown>,
    /// The campaign it belongs to.
    #[serde(default, deserialize_with = "nullable")]
    pub campaign_id: Option<Option<Id>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    #[allow(missing_docs)]
    pub kind: Option<EventKind>,
    /// Where it takes place: the name of the service.
    #[serde(default, deserialize_with = "nullable")]
    pub platform: Option<Option<Name>>,
    /// Where to join.
    #[serde(default, deserialize_with = "nullable")]
    pub join_url: Option<Option<WebAddress>>,
    /// How many people may come. Nobody loses a place when it becomes less.
    #[serde(default, deserialize_with = "nullable")]
    pub capacity: Option<Option<Capacity>>,
    /// How people register: what is absent stays.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub registration: Option<RegistrationRulesPatch>,
    /// All members who hold it, none twice.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<Vec<Id>>, max_items = 20)]
    pub hosts: Option<Hosts>,
    /// Who may see it.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub visibility: Option<Visibility>,
    /// Its public address. The old one is free for others then.
    #[serde(default, deserialize_with = "nullable")]
    pub slug: Option<Option<Slug>>,
    /// The next status; the state machine says which are possible.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub status: Option<EventStatus>,
    /// Why it has that status; people are told when it is cancelled. Forgotten with the next status.
    #[serde(default, deserialize_with = "nullable")]
    pub status_reason: Option<Option<Note>>,
}

/// Which events are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventFilter {
    /// Any of these statuses, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "scheduled,live")]
    pub(super) status: Option<AnyOf<EventStatus>>,
    /// Any of these kinds, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "webinar")]
    pub(super) kind: Option<AnyOf<EventKind>>,
    /// Of any of these campaigns: ids, or `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "none")]
    pub(super) campaign_id: Option<AnyOf<Which>>,
    /// Of any of these series: ids, or `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "none")]
    pub(super) series_id: Option<AnyOf<Which>>,
    /// Held by any of these members: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) host_id: Option<AnyOf<Who>>,
    /// Seen by whom.
    #[param(value_type = Option<String>, max_length = 20, example = "public")]
    pub(super) visibility: Option<AnyOf<Visibility>>,
    /// Beginning at this instant or later.
    pub(super) starts_at_gte: Option<Instant>,
    /// Beginning before this instant.
    pub(super) starts_at_lt: Option<Instant>,
    /// Text that the title or description contains; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 200)]
    pub(super) q: Option<Text<1, 200>>,
}

text_enum! {
    /// What the list sorts by; `-` before it turns the order round.
    pub enum EventSort {
        /// When it begins.
        StartsAt = "starts_at",
        /// When it was made.
        CreatedAt = "created_at",
        /// When it was last changed.
        UpdatedAt = "updated_at",
    }
}

/// An online event.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, AsChangeset, ToSchema)]
#[diesel(table_name = events, primary_key(team_id, id), treat_none_as_default_value = false, treat_none_as_null = true)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "campaign_id": null, "series_id": null, "occurrence": null, "title": "What is new in 1.30", "description": "The release team shows it.", "kind": "webinar", "starts": {"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"}, "ends": {"local": "2027-04-20T20:30:00", "time_zone": "Europe/Paris"}, "starts_at": "2027-04-20T17:00:00.000Z", "ends_at": "2027-04-20T18:30:00.000Z", "platform": "Zoom", "join_url": "https://zoom.example/j/123", "capacity": 200, "registration": {"mode": "open", "opens_at": null, "closes_at": null, "offer_minutes": 1440, "reminder_minutes": [1440, 60], "questions": []}, "hosts": [], "visibility": "public", "slug": "whats-new-in-1-30-webinar", "status": "scheduled", "status_reason": null, "external_id": null, "sequence": 1, "created_at": "2027-03-01T09:00:00.000Z", "updated_at": "2027-03-02T09:00:00.000Z", "version": 57, "deleted_at": null}))]
pub struct Event {
    /// The team.
    pub team_id: Id,
    /// The event's id.
    pub id: Id,
    /// The campaign it belongs to.
    #[schema(required = true)]
    pub campaign_id: Option<Id>,
    /// The series that it is an occurrence of.
    #[schema(required = true)]
    pub series_id: Option<Id>,
    /// Which occurrence of the series it is: the local start that the series' rule gives it, wherever it was moved.
    #[schema(required = true)]
    pub occurrence: Option<Occurrence>,
    /// The fields that were changed for this occurrence alone: never sent.
    #[serde(skip)]
    pub overrides: Json<Vec<String>>,
    /// Its title.
    pub title: Title,
    /// More about it, in Markdown.
    pub description: Markdown,
    /// What kind of event it is.
    pub kind: EventKind,
    /// When it begins, as the clock of a place shows it.
    #[schema(value_type = WallClock)]
    pub starts: Json<WallClock>,
    /// When it ends.
    #[schema(value_type = WallClock)]
    pub ends: Json<WallClock>,
    /// The instant at which it begins.
    pub starts_at: Instant,
    /// The instant at which it ends.
    pub ends_at: Instant,
    /// Where it takes place: the name of the service.
    #[schema(required = true)]
    pub platform: Option<Name>,
    /// Where to join.
    #[schema(required = true)]
    pub join_url: Option<WebAddress>,
    /// How many people may come; null for no limit.
    #[schema(required = true)]
    pub capacity: Option<Capacity>,
    /// How people register.
    #[schema(value_type = RegistrationRules)]
    pub registration: Json<RegistrationRules>,
    /// The members who hold it.
    #[schema(value_type = Vec<Id>, max_items = 20)]
    pub hosts: Json<Hosts>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Its public address.
    #[schema(required = true)]
    pub slug: Option<Slug>,
    /// Where it stands.
    pub status: EventStatus,
    /// Why it has that status.
    #[schema(required = true)]
    pub status_reason: Option<Note>,
    /// Its UID in the calendar that it was imported from.
    #[schema(required = true)]
    pub external_id: Option<Text<1, 200>>,
    /// Counts the changes that calendars are told of (RFC 5545 §3.8.7.4).
    #[schema(minimum = 0)]
    pub sequence: i64,
    /// What is searched: never sent.
    #[serde(skip)]
    pub search: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed by a person.
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

/// Which occurrence of a series: the local start that the rule gives it.
pub type Occurrence = LocalTime;

/// A page of events.
pub type EventPage = Page<Event>;
/// Events that something refers to.
pub type EventsById = ById<Event>;

impl Journaled for Event {
    const KIND: Kind = Kind::Event;

    fn id(&self) -> Id {
        self.id
    }

    fn campaign_id(&self) -> Option<Id> {
        self.campaign_id
    }
}
