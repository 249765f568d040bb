//! The sums: what is loaded, and the arithmetic of [`super`] on it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::{currency, of_campaign};
use crate::access::Reading;
use crate::capacity::allocations::{self, Allocation, AllocationState};
use crate::capacity::budget_lines::{self, BudgetLine};
use crate::capacity::expenses;
use crate::capacity::fit::money::{Balance, shown, sum};
use crate::db::rows::CHUNK;
use crate::db::{Id, Json};
use crate::http::Problem;
use crate::http::text::Name;
use crate::http::values::{Currency, Money};
use crate::outreach::campaigns::Campaign;
use crate::schema::{allocations as a, budget_lines as l, expenses as e};
use crate::text_enum;

text_enum! {
    /// What `planned` of a campaign is made of.
    pub enum PlannedFrom {
        /// The sum of its lines.
        Lines = "lines",
        /// Its budget: it has no lines.
        Budget = "budget",
        /// It has neither.
        Nothing = "nothing",
    }
}

/// Sums of money, in minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"planned_minor": 150_000, "requested_minor": 0, "approved_minor": 100_000, "ended_minor": 2_000, "committed_minor": 102_000, "spent_minor": 42_000, "outstanding_minor": 60_000, "forecast_minor": 102_000, "left_minor": 48_000, "allocations": 1, "expenses": 2}))]
pub struct MoneySums {
    /// What is planned; null where nothing is.
    #[schema(required = true, minimum = 0)]
    pub planned_minor: Option<i64>,
    /// What is asked for and not approved. It counts nowhere else.
    #[schema(minimum = 0)]
    pub requested_minor: i64,
    /// The amounts of the approved allocations.
    #[schema(minimum = 0)]
    pub approved_minor: i64,
    /// What was spent of allocations that are over: released or cancelled.
    #[schema(minimum = 0)]
    pub ended_minor: i64,
    /// `approved_minor` + `ended_minor`.
    #[schema(minimum = 0)]
    pub committed_minor: i64,
    /// The sum of the expenses, promised or not.
    #[schema(minimum = 0)]
    pub spent_minor: i64,
    /// Of each approved allocation what was not spent of it yet.
    #[schema(minimum = 0)]
    pub outstanding_minor: i64,
    /// `spent_minor` + `outstanding_minor`: what it will have cost when no more is promised.
    #[schema(minimum = 0)]
    pub forecast_minor: i64,
    /// `planned_minor` − `forecast_minor`, negative where it will cost more; null where nothing is planned.
    #[schema(required = true, value_type = Option<Balance>)]
    pub left_minor: Option<i64>,
    /// How many approved allocations there are.
    #[schema(minimum = 0)]
    pub allocations: usize,
    /// How many expenses there are.
    #[schema(minimum = 0)]
    pub expenses: usize,
}

/// What becomes of a line of the budget.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"budget_line_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a70", "name": "Advertising", "resource_id": null, "sums": {"planned_minor": 150_000, "requested_minor": 0, "approved_minor": 100_000, "ended_minor": 2_000, "committed_minor": 102_000, "spent_minor": 42_000, "outstanding_minor": 60_000, "forecast_minor": 102_000, "left_minor": 48_000, "allocations": 1, "expenses": 2}}))]
pub struct LineMoney {
    /// The line.
    pub budget_line_id: Id,
    /// Its name.
    pub name: Name,
    /// The budget that its money comes from.
    #[schema(required = true)]
    pub resource_id: Option<Id>,
    /// Its sums.
    pub sums: MoneySums,
}

/// A promise in another currency: its task or event came from another campaign.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"allocation_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a62", "amount": {"amount_minor": 9_000, "currency": "USD"}}))]
pub struct UncountedMoney {
    /// The allocation.
    pub allocation_id: Id,
    /// How much it promises.
    pub amount: Money,
}

/// The money of a campaign.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "currency": "EUR", "budget_minor": 250_000, "planned_from": "lines",
    "total": {"planned_minor": 150_000, "requested_minor": 0, "approved_minor": 100_000, "ended_minor": 2_000, "committed_minor": 102_000, "spent_minor": 42_000, "outstanding_minor": 60_000, "forecast_minor": 102_000, "left_minor": 48_000, "allocations": 1, "expenses": 2},
    "lines": [{"budget_line_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a70", "name": "Advertising", "resource_id": null, "sums": {"planned_minor": 150_000, "requested_minor": 0, "approved_minor": 100_000, "ended_minor": 2_000, "committed_minor": 102_000, "spent_minor": 42_000, "outstanding_minor": 60_000, "forecast_minor": 102_000, "left_minor": 48_000, "allocations": 1, "expenses": 2}}],
    "without_line": {"planned_minor": null, "requested_minor": 0, "approved_minor": 0, "ended_minor": 0, "committed_minor": 0, "spent_minor": 0, "outstanding_minor": 0, "forecast_minor": 0, "left_minor": null, "allocations": 0, "expenses": 0}, "not_counted": []}))]
pub struct CampaignMoney {
    /// The campaign.
    pub campaign_id: Id,
    /// The currency of all sums; null where there is no money.
    #[schema(required = true)]
    pub currency: Option<Currency>,
    /// The campaign's budget, whether or not it has lines.
    #[schema(required = true, minimum = 0)]
    pub budget_minor: Option<i64>,
    /// What `planned_minor` of the total is made of.
    pub planned_from: PlannedFrom,
    /// The whole campaign.
    pub total: MoneySums,
    /// Each line, in the order of making.
    #[schema(max_items = 100_000)]
    pub lines: Vec<LineMoney>,
    /// What has no line.
    pub without_line: MoneySums,
    /// Promises in another currency.
    #[schema(max_items = 100_000)]
    pub not_counted: Vec<UncountedMoney>,
}

impl MoneySums {
    fn promise(&mut self, minor: i64, spent: i64) {
        self.allocations = self.allocations.saturating_add(1);
        self.approved_minor = sum([self.approved_minor, minor]);
        let outstanding = minor.saturating_sub(spent).max(0);
        self.outstanding_minor = sum([self.outstanding_minor, outstanding]);
    }

    fn request(&mut self, minor: i64) {
        self.requested_minor = sum([self.requested_minor, minor]);
    }

    fn spend(&mut self, minor: i64, is_of_ended: bool) {
        self.expenses = self.expenses.saturating_add(1);
        self.spent_minor = sum([self.spent_minor, minor]);
        if is_of_ended {
            self.ended_minor = sum([self.ended_minor, minor]);
        }
    }

    /// What follows from the rest.
    fn finish(&mut self, planned: Option<i64>) {
        self.planned_minor = planned;
        self.committed_minor = sum([self.approved_minor, self.ended_minor]);
        self.forecast_minor = sum([self.spent_minor, self.outstanding_minor]);
        self.left_minor = planned.map(|planned| planned.saturating_sub(self.forecast_minor));
        for minor in [
            &mut self.requested_minor,
            &mut self.approved_minor,
            &mut self.ended_minor,
            &mut self.committed_minor,
            &mut self.spent_minor,
            &mut self.outstanding_minor,
            &mut self.forecast_minor,
        ]
        .into_iter()
        .chain(&mut self.planned_minor)
        .chain(&mut self.left_minor)
        {
            *minor = shown(*minor);
        }
    }
}

/// An expense: of which promise, for which line, and how much.
type Spent = (Option<Id>, Option<Id>, i64);

/// What a campaign's money is made of.
struct Entries {
    lines: Vec<BudgetLine>,
    promises: Vec<Allocation>,
    /// How much was spent of each approved allocation.
    spent_of: BTreeMap<Id, i64>,
    expenses: Vec<Spent>,
    /// The allocations of which something was spent, and that are over.
    ended: BTreeSet<Id>,
}

fn load(reading: &mut Reading<'_>, campaign_id: Id) -> Result<Entries, Problem> {
    let team = reading.team;
    let lines = budget_lines::in_team(team)
        .filter(l::campaign_id.eq(campaign_id))
        .order((l::created_at, l::id))
        .select(BudgetLine::as_select())
        .load(reading.conn)?;
    let promises = of_campaign(team, campaign_id)
        .filter(a::state.eq_any(AllocationState::OPEN))
        .order(a::id)
        .select(Allocation::as_select())
        .load(reading.conn)?;
    let approved: Vec<Id> = promises
        .iter()
        .filter(|one| one.state == AllocationState::Approved)
        .map(|one| one.id)
        .collect();
    let mut spent_of: BTreeMap<Id, i64> = BTreeMap::new();
    for some in approved.chunks(CHUNK) {
        // Also what was spent of them for the campaign where the task was before.
        let spent: Vec<(Option<Id>, i64)> = expenses::in_team(team)
            .filter(e::allocation_id.eq_any(some.to_vec()))
            .select((e::allocation_id, e::amount_minor))
            .load(reading.conn)?;
        for (id, minor) in spent {
            if let Some(id) = id {
                let so_far = spent_of.entry(id).or_default();
                *so_far = so_far.saturating_add(minor);
            }
        }
    }
    let expenses: Vec<Spent> = expenses::in_team(team)
        .filter(e::campaign_id.eq(campaign_id))
        .select((e::allocation_id, e::budget_line_id, e::amount_minor))
        .load(reading.conn)?;
    let named: BTreeSet<Id> = expenses.iter().filter_map(|(id, ..)| *id).collect();
    let named: Vec<Id> = named.into_iter().collect();
    let mut ended: BTreeSet<Id> = BTreeSet::new();
    for some in named.chunks(CHUNK) {
        let over: Vec<Id> = allocations::in_team(team)
            .filter(a::id.eq_any(some.to_vec()))
            .filter(a::state.ne_all(AllocationState::OPEN))
            .select(a::id)
            .load(reading.conn)?;
        ended.extend(over);
    }
    Ok(Entries {
        lines,
        promises,
        spent_of,
        expenses,
        ended,
    })
}

/// The money of a campaign.
///
/// # Errors
/// What the database answers.
pub(super) fn of(reading: &mut Reading<'_>, campaign: &Campaign) -> Result<CampaignMoney, Problem> {
    let own = currency::find(reading, campaign.id, None)?;
    let entries = load(reading, campaign.id)?;
    let mut total = MoneySums::default();
    let mut without_line = MoneySums::default();
    let mut by_line: BTreeMap<Id, MoneySums> = BTreeMap::new();
    for line in &entries.lines {
        by_line.insert(line.id, MoneySums::default());
    }
    let mut not_counted = Vec::new();
    for one in &entries.promises {
        let Some(money) = one.amount.0.money.clone() else {
            continue;
        };
        if Some(money.currency) != own {
            not_counted.push(UncountedMoney {
                allocation_id: one.id,
                amount: money,
            });
            continue;
        }
        let minor = money.amount_minor.get();
        let spent = entries.spent_of.get(&one.id).copied().unwrap_or_default();
        let of_line = one.budget_line_id.and_then(|id| by_line.get_mut(&id));
        for sums in [&mut total, of_line.unwrap_or(&mut without_line)] {
            match one.state {
                AllocationState::Approved => sums.promise(minor, spent),
                _ => sums.request(minor),
            }
        }
    }
    for (allocation_id, line_id, minor) in &entries.expenses {
        let is_of_ended = allocation_id.is_some_and(|id| entries.ended.contains(&id));
        let of_line = line_id.and_then(|id| by_line.get_mut(&id));
        for sums in [&mut total, of_line.unwrap_or(&mut without_line)] {
            sums.spend(*minor, is_of_ended);
        }
    }
    let planned = |line: &BudgetLine| line.amount.0.amount_minor.get();
    let budget_minor = campaign
        .budget
        .as_ref()
        .map(|Json(money)| money.amount_minor.get());
    let (planned_from, planned_in_all) = if !entries.lines.is_empty() {
        let all = sum(entries.lines.iter().map(planned));
        (PlannedFrom::Lines, Some(all))
    } else if budget_minor.is_some() {
        (PlannedFrom::Budget, budget_minor)
    } else {
        (PlannedFrom::Nothing, None)
    };
    total.finish(planned_in_all);
    without_line.finish(None);
    let lines = entries
        .lines
        .into_iter()
        .map(|line| {
            let mut sums = by_line.remove(&line.id).unwrap_or_default();
            sums.finish(Some(planned(&line)));
            LineMoney {
                budget_line_id: line.id,
                name: line.name,
                resource_id: line.resource_id,
                sums,
            }
        })
        .collect();
    Ok(CampaignMoney {
        campaign_id: campaign.id,
        currency: own,
        budget_minor,
        planned_from,
        total,
        lines,
        without_line,
        not_counted,
    })
}
