//! What expenses refer to, shown beside them.
//!
//! The surprising rule: what was spent outlives what it was spent for, so a campaign, an allocation or a line may be named and not shown.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Expense, ExpensePage};
use crate::access::Sight;
use crate::capacity::allocations::{self, AllocationsById};
use crate::capacity::budget_lines::{self, BudgetLinesById};
use crate::capacity::resources::{self, ResourcesById};
use crate::http::{Expand, Expanded, Problem};
use crate::outreach::campaigns::{self, CampaignsById};
use crate::people::members::{self, MembersById};
use crate::text_enum;

text_enum! {
    /// What an expense refers to.
    pub enum ExpenseReference {
        /// The campaign that it was for.
        Campaign = "campaign",
        /// The allocation that promised it.
        Allocation = "allocation",
        /// The line of the campaign's budget that it was for.
        BudgetLine = "budget_line",
        /// The budget that it takes from.
        Resource = "resource",
        /// The member who entered it.
        EnteredBy = "entered_by",
    }
}

/// What expenses refer to, as far as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExpenseExpansion {
    /// Who entered them.
    pub members: MembersById,
    /// The campaigns.
    pub campaigns: CampaignsById,
    /// The budgets.
    pub resources: ResourcesById,
    /// The allocations.
    pub allocations: AllocationsById,
    /// The lines of budgets.
    pub budget_lines: BudgetLinesById,
}

/// An expense, with what it refers to.
pub type ExpandedExpense = Expanded<Expense, ExpenseExpansion>;
/// A page of expenses, with what they refer to.
pub type ExpandedExpensePage = Expanded<ExpensePage, ExpenseExpansion>;

/// What the expenses that are shown refer to.
///
/// # Errors
/// What the database answers.
pub fn expand(
    sight: &mut Sight<'_>,
    wanted: &Expand<ExpenseReference>,
    shown: &[Expense],
) -> Result<Option<ExpenseExpansion>, Problem> {
    let Some(references) = wanted.references() else {
        return Ok(None);
    };
    let mut people = BTreeSet::new();
    let mut of_campaigns = BTreeSet::new();
    let mut of_resources = BTreeSet::new();
    let mut of_allocations = BTreeSet::new();
    let mut of_lines = BTreeSet::new();
    for reference in references {
        for expense in shown {
            match reference {
                ExpenseReference::Campaign => of_campaigns.extend(expense.campaign_id),
                ExpenseReference::Allocation => of_allocations.extend(expense.allocation_id),
                ExpenseReference::BudgetLine => of_lines.extend(expense.budget_line_id),
                ExpenseReference::Resource => of_resources.extend(expense.resource_id),
                ExpenseReference::EnteredBy => people.extend([expense.entered_by_id]),
            }
        }
    }
    Ok(Some(ExpenseExpansion {
        members: members::these(sight, people)?,
        campaigns: campaigns::these(sight, of_campaigns)?,
        resources: resources::these(sight, of_resources)?,
        allocations: allocations::these(sight, of_allocations)?,
        budget_lines: budget_lines::these(sight, of_lines)?,
    }))
}
