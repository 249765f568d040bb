//! What allocations refer to, shown beside them.
//!
//! The surprising rule: a member's time is a resource, so whose time is promised stands among the resources, by the
//! member's id; among the members is only who asked or decided.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Allocation, AllocationPage};
use crate::access::Sight;
use crate::capacity::budget_lines::{self, BudgetLinesById};
use crate::capacity::resources::{self, ResourcesById};
use crate::http::{Expand, Expanded, Problem};
use crate::outreach::campaigns::{self, CampaignsById};
use crate::outreach::events::{self, EventsById};
use crate::people::members::{self, MembersById};
use crate::text_enum;
use crate::work::tasks::{self, TasksById};

text_enum! {
    /// What an allocation refers to.
    pub enum AllocationReference {
        /// What is promised.
        Resource = "resource",
        /// The campaign that it is for.
        Campaign = "campaign",
        /// The event that it is for.
        Event = "event",
        /// The task that it is for.
        Task = "task",
        /// The line of the campaign's budget that it is for.
        BudgetLine = "budget_line",
        /// The member who asked.
        RequestedBy = "requested_by",
        /// The member who approved or rejected it.
        DecidedBy = "decided_by",
    }
}

/// What allocations refer to, as far as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllocationExpansion {
    /// Who asked and who decided.
    pub members: MembersById,
    /// The campaigns.
    pub campaigns: CampaignsById,
    /// The events.
    pub events: EventsById,
    /// The tasks.
    pub tasks: TasksById,
    /// What is promised.
    pub resources: ResourcesById,
    /// The lines of budgets.
    pub budget_lines: BudgetLinesById,
}

/// An allocation, with what it refers to.
pub type ExpandedAllocation = Expanded<Allocation, AllocationExpansion>;
/// A page of allocations, with what they refer to.
pub type ExpandedAllocationPage = Expanded<AllocationPage, AllocationExpansion>;

/// What the allocations that are shown refer to.
///
/// # Errors
/// What the database answers.
pub fn expand(
    sight: &mut Sight<'_>,
    wanted: &Expand<AllocationReference>,
    shown: &[Allocation],
) -> Result<Option<AllocationExpansion>, Problem> {
    let Some(references) = wanted.references() else {
        return Ok(None);
    };
    let mut people = BTreeSet::new();
    let mut of_campaigns = BTreeSet::new();
    let mut of_events = BTreeSet::new();
    let mut of_tasks = BTreeSet::new();
    let mut of_resources = BTreeSet::new();
    let mut of_lines = BTreeSet::new();
    for reference in references {
        for allocation in shown {
            match reference {
                AllocationReference::Resource => of_resources.extend([allocation.resource_id]),
                AllocationReference::Campaign => of_campaigns.extend(allocation.campaign_id),
                AllocationReference::Event => of_events.extend(allocation.event_id),
                AllocationReference::Task => of_tasks.extend(allocation.task_id),
                AllocationReference::BudgetLine => of_lines.extend(allocation.budget_line_id),
                AllocationReference::RequestedBy => people.extend([allocation.requested_by_id]),
                AllocationReference::DecidedBy => people.extend(allocation.decided_by_id),
            }
        }
    }
    Ok(Some(AllocationExpansion {
        members: members::these(sight, people)?,
        campaigns: campaigns::these(sight, of_campaigns)?,
        events: events::these(sight, of_events)?,
        tasks: tasks::these(sight, of_tasks)?,
        resources: resources::these(sight, of_resources)?,
        budget_lines: budget_lines::these(sight, of_lines)?,
    }))
}
