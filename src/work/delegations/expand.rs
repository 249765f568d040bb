//! What delegations refer to, shown beside them.
//!
//! The surprising rule: who has left the team is not among the members, though a delegation of long ago may name them:
//! `…/members?include_left=true` has their names.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::mine::MyDelegationPage;
use super::model::{Delegation, DelegationDetail, DelegationPage, DelegationsById};
use super::queries::these;
use crate::access::Sight;
use crate::http::{Expand, Expanded, Problem};
use crate::people::members::{self, MembersById};
use crate::text_enum;
use crate::work::tasks::{self, TasksById};

text_enum! {
    /// What a delegation refers to.
    pub enum DelegationReference {
        /// The task that is handed over.
        Task = "task",
        /// Who offered.
        Delegator = "delegator",
        /// Who was offered.
        Delegate = "delegate",
        /// The delegation that this one hands on.
        Parent = "parent",
    }
}

/// What delegations refer to, as far as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct DelegationExpansion {
    /// Delegators and delegates.
    pub members: MembersById,
    /// The tasks that are handed over.
    pub tasks: TasksById,
    /// The delegations that delegations hand on.
    pub delegations: DelegationsById,
}

/// A delegation, with what it refers to.
pub type ExpandedDelegation = Expanded<DelegationDetail, DelegationExpansion>;
/// A page of delegations, with what they refer to.
pub type ExpandedDelegationPage = Expanded<DelegationPage, DelegationExpansion>;
/// A page of my delegations, with what they refer to.
pub type ExpandedMyDelegationPage = Expanded<MyDelegationPage, DelegationExpansion>;

/// What the delegations that are shown refer to.
///
/// # Errors
/// What the database answers.
pub fn expand<'d>(
    sight: &mut Sight<'_>,
    wanted: &Expand<DelegationReference>,
    shown: impl Iterator<Item = &'d Delegation> + Clone,
) -> Result<Option<DelegationExpansion>, Problem> {
    let Some(references) = wanted.references() else {
        return Ok(None);
    };
    let mut people = BTreeSet::new();
    let mut of_tasks = BTreeSet::new();
    let mut parents = BTreeSet::new();
    for reference in references {
        for delegation in shown.clone() {
            match reference {
                DelegationReference::Task => of_tasks.extend([delegation.task_id]),
                DelegationReference::Delegator => people.extend([delegation.delegator_id]),
                DelegationReference::Delegate => people.extend([delegation.delegate_id]),
                DelegationReference::Parent => parents.extend(delegation.parent_id),
            }
        }
    }
    Ok(Some(DelegationExpansion {
        members: members::these(sight, people)?,
        tasks: tasks::these(sight, of_tasks)?,
        delegations: these(sight, parents)?,
    }))
}
