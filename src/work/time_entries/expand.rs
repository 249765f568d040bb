//! What time entries refer to, shown beside them.
//!
//! The surprising rule: an entry outlives its task and the membership, so both may be named and not shown.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{TimeEntry, TimeEntryPage};
use crate::access::Sight;
use crate::http::{Expand, Expanded, Problem};
use crate::people::members::{self, MembersById};
use crate::text_enum;
use crate::work::tasks::{self, TasksById};

text_enum! {
    /// What a time entry refers to.
    pub enum TimeEntryReference {
        /// On what was worked.
        Task = "task",
        /// Who has worked.
        Member = "member",
    }
}

/// What time entries refer to, as far as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeEntryExpansion {
    /// Who has worked.
    pub members: MembersById,
    /// The tasks.
    pub tasks: TasksById,
}

/// A time entry, with what it refers to.
pub type ExpandedTimeEntry = Expanded<TimeEntry, TimeEntryExpansion>;
/// A page of time entries, with what they refer to.
pub type ExpandedTimeEntryPage = Expanded<TimeEntryPage, TimeEntryExpansion>;

/// What the time entries that are shown refer to.
///
/// # Errors
/// What the database answers.
pub fn expand(
    sight: &mut Sight<'_>,
    wanted: &Expand<TimeEntryReference>,
    shown: &[TimeEntry],
) -> Result<Option<TimeEntryExpansion>, Problem> {
    let Some(references) = wanted.references() else {
        return Ok(None);
    };
    let mut people = BTreeSet::new();
    let mut of_tasks = BTreeSet::new();
    for reference in references {
        for entry in shown {
            match reference {
                TimeEntryReference::Task => of_tasks.extend([entry.task_id]),
                TimeEntryReference::Member => people.extend([entry.member_id]),
            }
        }
    }
    Ok(Some(TimeEntryExpansion {
        members: members::these(sight, people)?,
        tasks: tasks::these(sight, of_tasks)?,
    }))
}
