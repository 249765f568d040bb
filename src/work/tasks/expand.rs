//! What tasks refer to, shown beside them.
//!
//! The surprising rule: one level only. The task that a task is a part of is shown, what that one refers to is not.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Task, TaskPage, TasksById};
use super::queries::these;
use crate::access::Sight;
use crate::http::{Expand, Expanded, Problem};
use crate::outreach::campaigns::{self, CampaignsById};
use crate::outreach::events::{self, EventsById};
use crate::outreach::milestones::{self, MilestonesById};
use crate::people::members::{self, MembersById};
use crate::text_enum;

text_enum! {
    /// What a task refers to.
    pub enum TaskReference {
        /// The one member who does it.
        Assignee = "assignee",
        /// The one member who answers for it.
        Accountable = "accountable",
        /// The other members on it.
        Participants = "participants",
        /// The campaign it belongs to.
        Campaign = "campaign",
        /// The milestone it leads up to.
        Milestone = "milestone",
        /// The event it is for.
        Event = "event",
        /// The task it is a part of.
        Parent = "parent",
    }
}

/// What tasks refer to, as far as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskExpansion {
    /// Assignees, accountables and participants.
    pub members: MembersById,
    /// The campaigns.
    pub campaigns: CampaignsById,
    /// The milestones.
    pub milestones: MilestonesById,
    /// The events.
    pub events: EventsById,
    /// The tasks that tasks are a part of.
    pub tasks: TasksById,
}

/// A task, with what it refers to.
pub type ExpandedTask = Expanded<Task, TaskExpansion>;
/// A page of tasks, with what they refer to.
pub type ExpandedTaskPage = Expanded<TaskPage, TaskExpansion>;

/// What the tasks that are shown refer to.
///
/// # Errors
/// What the database answers.
pub fn expand(
    sight: &mut Sight<'_>,
    wanted: &Expand<TaskReference>,
    shown: &[Task],
) -> Result<Option<TaskExpansion>, Problem> {
    let Some(references) = wanted.references() else {
        return Ok(None);
    };
    let mut people = BTreeSet::new();
    let mut of_campaigns = BTreeSet::new();
    let mut of_milestones = BTreeSet::new();
    let mut of_events = BTreeSet::new();
    let mut parents = BTreeSet::new();
    for reference in references {
        for task in shown {
            match reference {
                TaskReference::Assignee => people.extend(task.assignee_id),
                TaskReference::Accountable => people.extend([task.accountable_id]),
                TaskReference::Participants => {
                    people.extend(task.participants.0.0.iter().map(|one| one.member_id));
                }
                TaskReference::Campaign => of_campaigns.extend(task.campaign_id),
                TaskReference::Milestone => of_milestones.extend(task.milestone_id),
                TaskReference::Event => of_events.extend(task.event_id),
                TaskReference::Parent => parents.extend(task.parent_id),
            }
        }
    }
    Ok(Some(TaskExpansion {
        members: members::these(sight, people)?,
        campaigns: campaigns::these(sight, of_campaigns)?,
        milestones: milestones::these(sight, of_milestones)?,
        events: events::these(sight, of_events)?,
        tasks: these(sight, parents)?,
    }))
}
