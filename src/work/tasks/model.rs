//! What comes in and what goes out.

use std::fmt;

use diesel::prelude::*;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::priority::Priority;
use crate::db::position::Position;
use crate::db::rows::fold;
use crate::db::{Date, Id, Instant, Json};
use crate::http::expand::ById;
use crate::http::strict::{nullable, present};
use crate::http::text::{Markdown, Note, Title};
use crate::http::values::{Minutes, UpTo};
use crate::http::{Page, Text};
use crate::journal::{Journaled, Kind};
use crate::schema::{tasks, teams};
use crate::text_enum;
use crate::work::task_status::TaskStatus;

/// A label.
pub type Label = Text<1, 50>;
/// The labels of a task.
pub type Labels = UpTo<20, Label>;
/// The other members on a task.
pub type Participants = UpTo<50, Participant>;
/// The task's id in the system that it came from.
pub type ExternalId = Text<1, 200>;

text_enum! {
    /// What a participant does on a task.
    pub enum ParticipantRole {
        /// Works along.
        Collaborator = "collaborator",
        /// Looks at the result.
        Reviewer = "reviewer",
        /// Is asked before.
        Consulted = "consulted",
        /// Is told after.
        Informed = "informed",
        /// Steps in for the assignee.
        Backup = "backup",
    }
}

/// Another member on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5a", "role": "reviewer"}))]
pub struct Participant {
    /// The member.
    pub member_id: Id,
    /// What the member does on the task.
    pub role: ParticipantRole,
}

/// A new task. It begins as `todo`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Cut the release branch", "description": "See the handbook.", "starts_on": "2024-03-12", "due_on": "2024-03-19", "estimate_minutes": 120, "priority": "high", "labels": ["release"], "external_id": "BR-1"}))]
pub struct NewTask {
    #[allow(missing_docs)]
    pub title: Title,
    /// In Markdown.
    #[serde(default)]
    pub description: Markdown,
    /// The campaign it belongs to; with a milestone, that milestone's campaign unless given.
    pub campaign_id: Option<Id>,
    /// The milestone it leads up to, which belongs to the same campaign.
    pub milestone_id: Option<Id>,
    /// The event that it prepares.
    pub event_id: Option<Id>,
    /// The task it is a part of; five levels at most.
    pub parent_id: Option<Id>,
    /// The first day.
    pub starts_on: Option<Date>,
    /// The last day, not before the first.
    pub due_on: Option<Date>,
    /// How much work it is.
    pub estimate_minutes: Option<Minutes>,
    /// How much of the work is left.
    pub remaining_minutes: Option<Minutes>,
    #[serde(default)]
    #[allow(missing_docs)]
    pub priority: Priority,
    /// No label twice.
    #[serde(default)]
    #[schema(value_type = Vec<Label>, max_items = 20)]
    pub labels: Labels,
    /// No member twice in the same role.
    #[serde(default)]
    #[schema(value_type = Vec<Participant>, max_items = 50)]
    pub participants: Participants,
    /// The one member who answers for it: the caller unless given. Others need `task:assign`.
    pub accountable_id: Option<Id>,
    /// The one member who does it. Others than the caller need `task:assign`.
    pub assignee_id: Option<Id>,
    /// The task's id in the system that it came from, unique in the team.
    pub external_id: Option<ExternalId>,
}

impl NewTask {
    /// A new task of which nothing is known but its title.
    #[must_use]
    pub fn titled(title: Title) -> Self {
        Self {
            title,
            description: Markdown::default(),
            campaign_id: None,
            milestone_id: None,
            event_id: None,
            parent_id: None,
            starts_on: None,
            due_on: None,
            estimate_minutes: None,
            remaining_minutes: None,
            priority: Priority::default(),
            labels: Labels::default(),
            participants: Participants::default(),
            accountable_id: None,
            assignee_id: None,
            external_id: None,
        }
    }
}

/// What changes in a task: absent keeps, null clears, arrays replace.
#[derive(Debug, Clone, Default, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = tasks)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "in_progress", "due_on": "2024-03-20", "remaining_minutes": 60}))]
pub struct TaskPatch {
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
    /// The milestone it leads up to, which belongs to the same campaign.
    #[serde(default, deserialize_with = "nullable")]
    pub milestone_id: Option<Option<Id>>,
    /// The event that it prepares.
    #[serde(default, deserialize_with = "nullable")]
    pub event_id: Option<Option<Id>>,
    /// The task it is a part of; five levels at most.
    #[serde(default, deserialize_with = "nullable")]
    pub parent_id: Option<Option<Id>>,
    /// The first day.
    #[serde(default, deserialize_with = "nullable")]
    pub starts_on: Option<Option<Date>>,
    /// The last day, not before the first.
    #[serde(default, deserialize_with = "nullable")]
    pub due_on: Option<Option<Date>>,
    /// How much work it is.
    #[serde(default, deserialize_with = "nullable")]
    pub estimate_minutes: Option<Option<Minutes>>,
    /// How much of the work is left.
    #[serde(default, deserialize_with = "nullable")]
    pub remaining_minutes: Option<Option<Minutes>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    #[allow(missing_docs)]
    pub priority: Option<Priority>,
    /// All labels, none twice.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<Vec<Label>>, max_items = 20)]
    pub labels: Option<Json<Labels>>,
    /// All participants, no member twice in the same role.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<Vec<Participant>>, max_items = 50)]
    pub participants: Option<Json<Participants>>,
    /// The one member who answers for it. Others than the caller need `task:assign`.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub accountable_id: Option<Id>,
    /// The one member who does it. Others than the caller need `task:assign`; while a delegation is active, only
    /// the delegation changes it.
    #[serde(default, deserialize_with = "nullable")]
    pub assignee_id: Option<Option<Id>>,
    /// The next status; the state machine says which are possible.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub status: Option<TaskStatus>,
    /// Why it has that status: required with `blocked`, forgotten with the next status.
    #[serde(default, deserialize_with = "nullable")]
    pub status_reason: Option<Option<Note>>,
    /// The task's id in the system that it came from, unique in the team.
    #[serde(default, deserialize_with = "nullable")]
    pub external_id: Option<Option<ExternalId>>,
}

/// A task's name for people: the team's key and the task's number, `K8S-12`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct TaskKey {
    /// The team's key.
    pub team: String,
    /// The task's number in the team.
    pub number: i64,
}

impl fmt::Display for TaskKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.team, self.number)
    }
}

impl Serialize for TaskKey {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl PartialSchema for TaskKey {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "A task's name for people: the team's key and the task's number.",
            ))
            .pattern(Some("^[A-Z0-9]{2,10}-[1-9][0-9]{0,15}$"))
            .min_length(Some(4))
            .max_length(Some(27))
            .examples(["K8S-12"])
            .into()
    }
}

impl ToSchema for TaskKey {}

/// The key of the task's team, looked up beside each task: it is kept in one place only.
#[diesel::dsl::auto_type]
fn team_key() -> _ {
    teams::table
        .filter(teams::id.eq(tasks::team_id))
        .select(teams::key)
        .single_value()
        .assume_not_null()
}

/// A task.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = tasks, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "number": 12, "key": "K8S-12", "title": "Cut the release branch", "description": "See the handbook.", "campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "milestone_id": null, "event_id": null, "parent_id": null, "starts_on": "2024-03-12", "due_on": "2024-03-19", "estimate_minutes": 120, "remaining_minutes": 60, "priority": "high", "labels": ["release"], "participants": [{"member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5a", "role": "reviewer"}], "accountable_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "assignee_id": null, "status": "in_progress", "status_reason": null, "position": "800b", "external_id": "BR-1", "created_at": "2024-01-08T09:00:00.000Z", "updated_at": "2024-03-12T09:00:00.000Z", "completed_at": null, "version": 41, "deleted_at": null}))]
pub struct Task {
    /// The team.
    pub team_id: Id,
    /// The task's id.
    pub id: Id,
    /// Its number in the team, counted up and never used again.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub number: i64,
    /// Its name for people, good in every address instead of the id.
    #[diesel(select_expression = (team_key(), tasks::number))]
    #[diesel(select_expression_type = (team_key, tasks::number))]
    #[diesel(skip_insertion)]
    pub key: TaskKey,
    /// Its title.
    pub title: Title,
    /// More about it, in Markdown.
    pub description: Markdown,
    /// The campaign it belongs to.
    #[schema(required = true)]
    pub campaign_id: Option<Id>,
    /// The milestone it leads up to.
    #[schema(required = true)]
    pub milestone_id: Option<Id>,
    /// The event that it prepares.
    #[schema(required = true)]
    pub event_id: Option<Id>,
    /// The task it is a part of.
    #[schema(required = true)]
    pub parent_id: Option<Id>,
    /// The first day.
    #[schema(required = true)]
    pub starts_on: Option<Date>,
    /// The last day.
    #[schema(required = true)]
    pub due_on: Option<Date>,
    /// How much work it is.
    #[schema(required = true)]
    pub estimate_minutes: Option<Minutes>,
    /// How much of the work is left.
    #[schema(required = true)]
    pub remaining_minutes: Option<Minutes>,
    /// How urgent it is.
    pub priority: Priority,
    /// Its labels.
    #[schema(value_type = Vec<Label>, max_items = 20)]
    pub labels: Json<Labels>,
    /// The other members on it.
    #[schema(value_type = Vec<Participant>, max_items = 50)]
    pub participants: Json<Participants>,
    /// The one member who answers for it.
    pub accountable_id: Id,
    /// The one member who does it.
    #[schema(required = true)]
    pub assignee_id: Option<Id>,
    /// Where it stands.
    pub status: TaskStatus,
    /// Why it has that status.
    #[schema(required = true)]
    pub status_reason: Option<Note>,
    /// Its place on a board; `POST …/move` changes it.
    pub position: Position,
    /// Its id in the system that it came from.
    #[schema(required = true)]
    pub external_id: Option<ExternalId>,
    /// What is searched: never sent.
    #[serde(skip)]
    pub search: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed by a person.
    pub updated_at: Instant,
    /// When it became `done`; null unless it is.
    #[schema(required = true)]
    pub completed_at: Option<Instant>,
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

/// A page of tasks.
pub type TaskPage = Page<Task>;
/// Tasks that something refers to.
pub type TasksById = ById<Task>;

impl Journaled for Task {
    const KIND: Kind = Kind::Task;

    fn id(&self) -> Id {
        self.id
    }

    fn campaign_id(&self) -> Option<Id> {
        self.campaign_id
    }
}

/// The text of a task that is searched.
pub(super) fn search_text(
    title: &str,
    description: &str,
    external_id: Option<&ExternalId>,
) -> String {
    let external_id = external_id.map_or("", ExternalId::as_str);
    fold(&format!(
        "{title}
{external_id}
{description}"
    ))
}
