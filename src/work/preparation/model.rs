//! What comes in and what goes out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::templates::EventTemplateName;
use crate::db::{Date, Id, Instant};
use crate::http::text::Title;
use crate::http::values::{Int, UpTo};
use crate::http::wall_clock::WallClock;
use crate::outreach::aftermath::Aftermath;
use crate::outreach::events::Event;
use crate::text_enum;
use crate::work::tasks::{Task, TaskKey};

/// Who does which task of a template.
pub type Assignments = UpTo<50, Assignment>;

/// Who does one task of a template.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"number": 7, "assignee_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5a"}))]
pub struct Assignment {
    /// The task's number in the template.
    pub number: Int<1, 99>,
    /// The member who does it.
    pub assignee_id: Id,
}

/// From which template an event is prepared.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"template": "webinar", "assignments": [{"number": 7, "assignee_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5a"}]}))]
pub struct NewPreparation {
    /// The template.
    pub template: EventTemplateName,
    /// Who does which of its tasks, none twice; the others have no assignee yet.
    #[serde(default)]
    #[schema(value_type = Vec<Assignment>, max_items = 50)]
    pub assignments: Assignments,
}

/// A task of the template that was there already.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"number": 1, "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "key": "K8S-12", "title": "Agree on topic and speakers", "is_in_trash": false}))]
pub struct TaskThereAlready {
    /// Its number in the template.
    #[schema(minimum = 1, maximum = 99)]
    pub number: u8,
    /// The task's id.
    pub id: Id,
    /// Its name for people.
    pub key: TaskKey,
    /// Its title, as it is now.
    pub title: Title,
    /// Whether it is in the trash.
    pub is_in_trash: bool,
}

/// What a preparation made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"template": "webinar", "made_tasks": [], "there_already": [{"number": 1, "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "key": "K8S-12", "title": "Agree on topic and speakers", "is_in_trash": false}]}))]
pub struct Preparation {
    /// The template.
    pub template: EventTemplateName,
    /// The tasks that were made.
    #[schema(max_items = 50)]
    pub made_tasks: Vec<Task>,
    /// The tasks of the template that were there already, and stay as they are.
    #[schema(max_items = 50)]
    pub there_already: Vec<TaskThereAlready>,
}

/// When an event takes place instead.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"starts": {"local": "2027-04-27T19:00:00", "time_zone": "Europe/Paris"}, "ends": {"local": "2027-04-27T20:30:00", "time_zone": "Europe/Paris"}}))]
pub struct Reschedule {
    /// When it begins.
    pub starts: WallClock,
    /// When it ends, in the same time zone: after the start, and at most seven days long.
    pub ends: WallClock,
    /// Whether its tasks move along by as many days.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub move_tasks: bool,
}

const fn yes() -> bool {
    true
}

/// The dates of a task.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(example = json!({"starts_on": null, "due_on": "2027-04-06"}))]
pub struct TaskDates {
    /// The first day.
    #[schema(required = true)]
    pub starts_on: Option<Date>,
    /// The last day.
    #[schema(required = true)]
    pub due_on: Option<Date>,
}

/// A task that moved along.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "key": "K8S-12", "title": "Rehearse with the speakers", "starts_on": null, "due_on": "2027-04-22", "before": {"starts_on": null, "due_on": "2027-04-15"}}))]
pub struct MovedTask {
    /// The task's id.
    pub id: Id,
    /// Its name for people.
    pub key: TaskKey,
    /// Its title.
    pub title: Title,
    /// Its first day now.
    #[schema(required = true)]
    pub starts_on: Option<Date>,
    /// Its last day now.
    #[schema(required = true)]
    pub due_on: Option<Date>,
    /// What they were.
    pub before: TaskDates,
}

text_enum! {
    /// Why a task did not move along.
    pub enum KeptBecause {
        /// It is done or cancelled.
        Finished = "finished",
        /// It has no dates.
        WithoutDates = "without_dates",
        /// The event is on the same day as before.
        SameDay = "same_day",
        /// It was not asked for.
        NotAsked = "not_asked",
    }
}

/// A task that did not move along.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "key": "K8S-12", "title": "Agree on topic and speakers", "because": "finished"}))]
pub struct KeptTask {
    /// The task's id.
    pub id: Id,
    /// Its name for people.
    pub key: TaskKey,
    /// Its title.
    pub title: Title,
    /// Why.
    pub because: KeptBecause,
}

/// When people can register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"opens_at": null, "closes_at": "2027-04-20T12:00:00.000Z"}))]
pub struct RegistrationTimes {
    /// From when on; null for at once.
    #[schema(required = true)]
    pub opens_at: Option<Instant>,
    /// Until when; null for until the event begins.
    #[schema(required = true)]
    pub closes_at: Option<Instant>,
}

/// What moved along for those who register for an event.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"event_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "opens_at": null, "closes_at": "2027-04-27T12:00:00.000Z", "before": {"opens_at": null, "closes_at": "2027-04-20T12:00:00.000Z"}, "shortened_offers": 0}))]
pub struct MovedRegistration {
    /// The event.
    pub event_id: Id,
    /// From when on people can register now; null for at once.
    #[schema(required = true)]
    pub opens_at: Option<Instant>,
    /// Until when they can now; null for until the event begins.
    #[schema(required = true)]
    pub closes_at: Option<Instant>,
    /// When they could before.
    pub before: RegistrationTimes,
    /// For how many people a seat is held for a shorter time, because the event begins earlier.
    pub shortened_offers: usize,
}

impl MovedRegistration {
    /// What changed for those who register; nothing where nothing did.
    #[must_use]
    pub fn of(before: &Event, after: &Event, aftermath: Aftermath) -> Option<Self> {
        let times = |event: &Event| RegistrationTimes {
            opens_at: event.registration.0.opens_at,
            closes_at: event.registration.0.closes_at,
        };
        let (before, now) = (times(before), times(after));
        let shortened_offers = aftermath.shortened_offers;
        (before != now || shortened_offers > 0).then_some(Self {
            event_id: after.id,
            opens_at: now.opens_at,
            closes_at: now.closes_at,
            before,
            shortened_offers,
        })
    }
}

/// An event at another time, and what moved along.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"event": {"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "campaign_id": null, "series_id": null, "occurrence": null, "title": "What is new in 1.30", "description": "The release team shows it.", "kind": "webinar", "starts": {"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"}, "ends": {"local": "2027-04-20T20:30:00", "time_zone": "Europe/Paris"}, "starts_at": "2027-04-20T17:00:00.000Z", "ends_at": "2027-04-20T18:30:00.000Z", "platform": "Zoom", "join_url": "https://zoom.example/j/123", "capacity": 200, "registration": {"mode": "open", "opens_at": null, "closes_at": null, "offer_minutes": 1440, "reminder_minutes": [1440, 60], "questions": []}, "hosts": [], "visibility": "public", "slug": "whats-new-in-1-30-webinar", "status": "scheduled", "status_reason": null, "external_id": null, "sequence": 1, "created_at": "2027-03-01T09:00:00.000Z", "updated_at": "2027-03-02T09:00:00.000Z", "version": 57, "deleted_at": null}, "moved_tasks": [], "kept_tasks": [], "moved_registrations": [], "moved_events": ["0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58"], "kept_events": []}))]
pub struct Rescheduled {
    /// The event.
    pub event: Event,
    /// The tasks that moved, with their new dates.
    #[schema(max_items = 5_000)]
    pub moved_tasks: Vec<MovedTask>,
    /// The tasks that did not.
    #[schema(max_items = 5_000)]
    pub kept_tasks: Vec<KeptTask>,
    /// What moved along for those who register, for each event where anything did.
    #[schema(max_items = 200)]
    pub moved_registrations: Vec<MovedRegistration>,
    /// The events that moved: this one, and with `scope` others of its series.
    #[schema(max_items = 200)]
    pub moved_events: Vec<Id>,
    /// The events of the series that keep the time that they were given alone.
    #[schema(max_items = 200)]
    pub kept_events: Vec<Id>,
}
