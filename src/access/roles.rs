//! Roles and permissions: the one table.
//!
//! The surprising rule: each permission names the lowest role that has it, and every higher role has it too.

use serde::Serialize;
use utoipa::ToSchema;

use crate::text_enum;

text_enum! {
    /// A member's place in the team; each has what the ones before it have, and more.
    pub enum Role {
        /// Reads, and comments.
        Guest = "guest",
        /// Works: tasks, delegations.
        Member = "member",
        /// Leads: campaigns, members, assignments.
        Lead = "lead",
        /// Owns the team.
        Owner = "owner",
    }
}

text_enum! {
    /// Something that a role may do.
    #[allow(missing_docs)]
    pub enum Permission {
        TeamRead = "team:read",
        TeamWrite = "team:write",
        TeamDelete = "team:delete",
        MemberRead = "member:read",
        MemberWrite = "member:write",
        MemberRemove = "member:remove",
        ProfileWrite = "profile:write",
        InvitationRead = "invitation:read",
        InvitationWrite = "invitation:write",
        OwnershipRead = "ownership:read",
        OwnershipOffer = "ownership:offer",
        OwnershipAnswer = "ownership:answer",
        CampaignRead = "campaign:read",
        CampaignWrite = "campaign:write",
        EventRead = "event:read",
        EventWrite = "event:write",
        RegistrationRead = "registration:read",
        RegistrationWrite = "registration:write",
        RegistrationCheckIn = "registration:check-in",
        OutboxRead = "outbox:read",
        CalendarRead = "calendar:read",
        CalendarWrite = "calendar:write",
        TaskRead = "task:read",
        TaskWrite = "task:write",
        TaskAssign = "task:assign",
        CommentRead = "comment:read",
        CommentWrite = "comment:write",
        CommentModerate = "comment:moderate",
        DelegationRead = "delegation:read",
        DelegationWrite = "delegation:write",
        TimeEntryRead = "time-entry:read",
        TimeEntryWrite = "time-entry:write",
        TimeEntryManage = "time-entry:manage",
        ResourceRead = "resource:read",
        ResourceWrite = "resource:write",
        AllocationRead = "allocation:read",
        AllocationWrite = "allocation:write",
        AllocationApprove = "allocation:approve",
        WorkloadRead = "workload:read",
        BudgetLineRead = "budget-line:read",
        BudgetLineWrite = "budget-line:write",
        ExpenseRead = "expense:read",
        ExpenseWrite = "expense:write",
        ExpenseManage = "expense:manage",
        TrashRead = "trash:read",
        TrashRestore = "trash:restore",
        JournalRead = "journal:read",
        ImportRun = "import:run",
        WorkingHoursRead = "working-hours:read",
        WorkingHoursWrite = "working-hours:write",
        WorkingHoursManage = "working-hours:manage",
        HolidayRead = "holiday:read",
        HolidayWrite = "holiday:write",
        AbsenceRead = "absence:read",
        AbsenceWrite = "absence:write",
        AbsenceApprove = "absence:approve",
        DeputyRead = "deputy:read",
        DeputyWrite = "deputy:write",
    }
}

impl Permission {
    /// The lowest role that has it.
    #[must_use]
    pub const fn lowest_role(self) -> Role {
        match self {
            Self::TeamRead
            | Self::MemberRead
            | Self::ProfileWrite
            | Self::OwnershipAnswer
            | Self::CampaignRead
            | Self::EventRead
            | Self::CalendarRead
            | Self::CalendarWrite
            | Self::TaskRead
            | Self::CommentRead
            | Self::CommentWrite
            | Self::HolidayRead => Role::Guest,
            Self::RegistrationRead
            | Self::RegistrationCheckIn
            | Self::TaskWrite
            | Self::DelegationRead
            | Self::DelegationWrite
            | Self::TimeEntryRead
            | Self::TimeEntryWrite
            | Self::ResourceRead
            | Self::AllocationRead
            | Self::AllocationWrite
            | Self::WorkloadRead
            | Self::BudgetLineRead
            | Self::ExpenseRead
            | Self::ExpenseWrite
            | Self::TrashRead
            | Self::JournalRead
            | Self::WorkingHoursRead
            | Self::WorkingHoursWrite
            | Self::AbsenceRead
            | Self::AbsenceWrite
            | Self::DeputyRead
            | Self::DeputyWrite => Role::Member,
            Self::TeamWrite
            | Self::MemberWrite
            | Self::MemberRemove
            | Self::InvitationRead
            | Self::InvitationWrite
            | Self::OwnershipRead
            | Self::CampaignWrite
            | Self::EventWrite
            | Self::RegistrationWrite
            | Self::OutboxRead
            | Self::TaskAssign
            | Self::TimeEntryManage
            | Self::ResourceWrite
            | Self::AllocationApprove
            | Self::BudgetLineWrite
            | Self::ExpenseManage
            | Self::CommentModerate
            | Self::TrashRestore
            | Self::ImportRun
            | Self::WorkingHoursManage
            | Self::HolidayWrite
            | Self::AbsenceApprove => Role::Lead,
            Self::TeamDelete | Self::OwnershipOffer => Role::Owner,
        }
    }

    /// Whether a deputy has it from the member replaced. What would outlast the period is not lent: who is in the team
    /// and in which role, the ownership, further deputies, secret addresses; nor is the own profile.
    #[must_use]
    pub const fn is_lent(self) -> bool {
        !matches!(
            self,
            Self::TeamDelete
                | Self::MemberWrite
                | Self::MemberRemove
                | Self::ProfileWrite
                | Self::InvitationWrite
                | Self::OwnershipOffer
                | Self::OwnershipAnswer
                | Self::CalendarWrite
                | Self::DeputyWrite
        )
    }
}

impl Role {
    /// Whether the role has this permission.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self >= permission.lowest_role()
    }

    /// All that the role has.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(|permission| self.may(*permission))
            .collect()
    }
}

/// A role and what it may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"role": "guest", "permissions": ["team:read", "member:read"]}))]
pub struct RoleGrants {
    /// The role.
    pub role: Role,
    /// What it may do.
    #[schema(max_items = 100)]
    pub permissions: Vec<Permission>,
}

/// The whole table, lowest role first.
#[must_use]
pub fn table() -> Vec<RoleGrants> {
    Role::ALL
        .iter()
        .map(|role| RoleGrants {
            role: *role,
            permissions: role.permissions(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Permission, Role};

    #[test]
    fn each_role_has_more_than_the_one_below() {
        let counts: Vec<usize> = Role::ALL
            .iter()
            .map(|role| role.permissions().len())
            .collect();
        assert!(
            counts.windows(2).all(|pair| pair[0] < pair[1]),
            "{counts:?}"
        );
        assert_eq!(Role::Owner.permissions().len(), Permission::ALL.len());
    }
}
