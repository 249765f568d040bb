//! The money of a budget: what was promised, what was spent, and how much of the limit both take.
//!
//! The surprising rule: what is spent of a promise takes nothing more, so a promise takes its amount or what was spent of it,
//! whichever is more. Of a promise that is over only what was spent is left, and what was never promised takes what it is.
//! So no part of the limit is promised and spent by somebody else, and none is freed by being spent.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::Asked;
use super::books::{Period, Place};
use super::model::FindingCode;
use crate::access::Reading;
use crate::capacity::allocations::{self, AllocationState};
use crate::capacity::expenses;
use crate::capacity::load::Source;
use crate::capacity::resources::Resource;
use crate::db::Id;
use crate::db::rows::CHUNK;
use crate::http::Problem;
use crate::http::values::{Int, MAX_SAFE};
use crate::schema::{allocations as a, expenses as e};

/// Money that may be missing.
pub type Balance = Int<{ -MAX_SAFE }, MAX_SAFE>;

/// What was promised once, and what was spent of it.
#[derive(Debug, Clone, Copy, Default)]
struct Commitment {
    /// Nothing once it is over.
    promised: i64,
    spent: i64,
}

impl Commitment {
    /// What it takes of the limit.
    fn taken(self) -> i64 {
        self.promised.max(self.spent)
    }
}

/// The money of a budget, and who takes it.
#[derive(Debug, Default)]
pub struct Money {
    limit: i64,
    commitments: BTreeMap<Id, Commitment>,
    /// What was spent without having been promised: the expense, and how much.
    unpromised: Vec<(Id, i64)>,
}

/// A sum that stays at the largest number rather than running over.
pub fn sum(amounts: impl IntoIterator<Item = i64>) -> i64 {
    amounts
        .into_iter()
        .fold(0_i64, |sum, one| sum.saturating_add(one))
}

/// A sum as it is sent: what is beyond the integers that every JSON reader keeps exactly is the last of them.
#[must_use]
pub fn shown(sum: i64) -> i64 {
    sum.clamp(-MAX_SAFE, MAX_SAFE)
}

impl Money {
    /// What the promises and expenses take of the limit.
    #[must_use]
    pub fn committed(&self) -> i64 {
        let promised = self.commitments.values().map(|one| one.taken());
        sum(promised.chain(self.unpromised.iter().map(|(_, minor)| *minor)))
    }

    /// What was spent.
    #[must_use]
    pub fn spent(&self) -> i64 {
        let promised = self.commitments.values().map(|one| one.spent);
        sum(promised.chain(self.unpromised.iter().map(|(_, minor)| *minor)))
    }

    /// What is neither promised nor spent; negative where more is than there is.
    #[must_use]
    pub fn left(&self) -> i64 {
        self.limit.saturating_sub(self.committed())
    }

    /// How much more of the limit is taken when so much is spent, of this promise or of none.
    #[must_use]
    pub fn more(&self, allocation_id: Option<Id>, minor: i64) -> i64 {
        let Some(id) = allocation_id else {
            return minor;
        };
        let before = self.commitments.get(&id).copied().unwrap_or_default();
        let after = Commitment {
            spent: before.spent.saturating_add(minor),
            ..before
        };
        after.taken().saturating_sub(before.taken())
    }

    /// Where what is asked does not fit.
    pub(super) fn conflicts(&self, asked: &[Asked]) -> Vec<Place> {
        if asked.is_empty() {
            return Vec::new();
        }
        self.place(asked).into_iter().collect()
    }

    /// Where what is there already does not fit.
    #[must_use]
    pub fn standing(&self) -> Vec<Place> {
        self.place(&[]).into_iter().collect()
    }

    fn place(&self, asked: &[Asked]) -> Option<Place> {
        let changed: BTreeSet<Id> = asked.iter().filter_map(|one| one.allocation_id).collect();
        let there = self
            .commitments
            .iter()
            .filter(|(id, one)| one.taken() > 0 && !changed.contains(id))
            .map(|(id, one)| (Source::Allocation(*id), one.taken()));
        let unpromised = self
            .unpromised
            .iter()
            .map(|(id, minor)| (Source::Expense(*id), *minor));
        let more = asked.iter().map(|one| {
            let spent = one
                .allocation_id
                .and_then(|id| self.commitments.get(&id))
                .map_or(0, |one| one.spent);
            (Source::Asked(one.change), one.quantity.number().max(spent))
        });
        let mut taken: Vec<(Source, i64)> = there.chain(unpromised).chain(more).collect();
        let wanted = sum(taken.iter().map(|(_, minor)| *minor));
        if wanted <= self.limit {
            return None;
        }
        taken.sort_by_key(|(source, minor)| (std::cmp::Reverse(*minor), *source));
        Some(Place {
            code: FindingCode::OverAllocated,
            period: Period::Whenever,
            wanted: Some(wanted),
            there: Some(self.limit),
            taken,
        })
    }

    fn promise(&mut self, id: Id, minor: i64) {
        self.commitments.entry(id).or_default().promised = minor;
    }

    fn spend(&mut self, expense_id: Id, allocation_id: Option<Id>, minor: i64) {
        match allocation_id {
            Some(id) => {
                let one = self.commitments.entry(id).or_default();
                one.spent = one.spent.saturating_add(minor);
            }
            None => self.unpromised.push((expense_id, minor)),
        }
    }
}

fn limit_of(budget: &Resource) -> i64 {
    budget.limit_minor.map_or(0, |limit| limit.get())
}

/// What was promised and spent of these budgets, in their order, in two queries: whatever the dates.
///
/// # Errors
/// What the database answers.
pub fn budgets(reading: &mut Reading<'_>, budgets: &[Resource]) -> Result<Vec<Money>, Problem> {
    let mut all = BTreeMap::new();
    for some in budgets.chunks(CHUNK) {
        let ids = some.iter().map(|one| one.id).collect();
        all.extend(booked(reading, ids, &BTreeSet::new())?);
    }
    Ok(budgets
        .iter()
        .map(|one| Money {
            limit: limit_of(one),
            ..all.remove(&one.id).unwrap_or_default()
        })
        .collect())
}

/// What was promised and spent of a budget, whatever the dates: as if the allocations of `gone` were over, and its expenses
/// had not been.
///
/// # Errors
/// What the database answers.
pub fn budget(
    reading: &mut Reading<'_>,
    resource: &Resource,
    gone: &BTreeSet<Id>,
) -> Result<Money, Problem> {
    let mut all = booked(reading, vec![resource.id], gone)?;
    Ok(Money {
        limit: limit_of(resource),
        ..all.remove(&resource.id).unwrap_or_default()
    })
}

/// What was promised and spent of each of these budgets of which something was: at most [`CHUNK`].
fn booked(
    reading: &mut Reading<'_>,
    budgets: Vec<Id>,
    gone: &BTreeSet<Id>,
) -> Result<BTreeMap<Id, Money>, Problem> {
    let mut all: BTreeMap<Id, Money> = BTreeMap::new();
    let promised: Vec<(Id, Id, Option<i64>)> = allocations::in_team(reading.team)
        .filter(a::resource_id.eq_any(budgets.clone()))
        .filter(a::state.eq(AllocationState::Approved))
        .select((a::resource_id, a::id, a::amount_minor))
        .load(reading.conn)?;
    for (budget, id, minor) in promised {
        if !gone.contains(&id) {
            let money = all.entry(budget).or_default();
            money.promise(id, minor.unwrap_or_default());
        }
    }
    let spent: Vec<(Option<Id>, Id, Option<Id>, i64)> = expenses::in_team(reading.team)
        .filter(e::resource_id.eq_any(budgets).assume_not_null())
        .select((e::resource_id, e::id, e::allocation_id, e::amount_minor))
        .load(reading.conn)?;
    for (budget, id, allocation_id, minor) in spent {
        if let Some(budget) = budget
            && !gone.contains(&id)
        {
            let money = all.entry(budget).or_default();
            money.spend(id, allocation_id, minor);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::Money;
    use crate::db::Id;

    #[test]
    fn what_is_spent_of_a_promise_takes_nothing_more() {
        let (promise, over) = (Id::new(), Id::new());
        let mut money = Money {
            limit: 100,
            ..Money::default()
        };
        money.promise(promise, 60);
        assert_eq!((money.committed(), money.left()), (60, 40));
        assert_eq!(money.more(Some(promise), 60), 0);
        assert_eq!(money.more(Some(promise), 70), 10);
        money.spend(Id::new(), Some(promise), 50);
        assert_eq!((money.committed(), money.spent()), (60, 50));
        assert_eq!(money.more(Some(promise), 11), 1);
        money.spend(Id::new(), Some(promise), 20);
        assert_eq!((money.committed(), money.spent()), (70, 70));
        money.spend(Id::new(), Some(over), 5);
        money.spend(Id::new(), None, 7);
        assert_eq!((money.committed(), money.left()), (82, 18));
        assert_eq!((money.more(Some(over), 3), money.more(None, 3)), (3, 3));
        assert!(money.standing().is_empty());
    }

    #[test]
    fn sums_do_not_run_over() {
        let mut money = Money::default();
        money.spend(Id::new(), None, i64::MAX);
        money.spend(Id::new(), None, i64::MAX);
        assert_eq!(money.committed(), i64::MAX);
        assert_eq!(money.left(), -i64::MAX);
    }
}
