//! The limit of the budget that an expense takes from.
//!
//! The surprising rule: what is asked of the limit is what the expense takes beyond its promise, and that alone.

use std::collections::BTreeSet;

use super::model::Expense;
use super::rules::Place;
use crate::access::Reading;
use crate::capacity::allocations::{Amount, Quantity, require_approver};
use crate::capacity::fit::{self, Asked, Finding, Period, WayOut, WayOutKind, money};
use crate::capacity::resources::queries::find_any;
use crate::capacity::resources::{Overbooking, Resource};
use crate::db::Id;
use crate::http::Problem;
use crate::http::values::{Int, Money};

/// So much of the same currency.
fn minor(amount: &Money, minor: i64) -> Money {
    Money {
        amount_minor: Int::clamped(minor),
        currency: amount.currency,
    }
}

/// As much as there is room for: what is left of the promise is there in any case.
fn smaller(
    finding: &mut Finding,
    change: usize,
    resource: &Resource,
    amount: &Money,
    promised: i64,
) {
    for way in &mut finding.ways_out {
        if way.kind == WayOutKind::SmallerAmount {
            let room = way.amount.minor().unwrap_or_default();
            let whole = minor(amount, room.saturating_add(promised));
            way.amount = Amount::from(Quantity::Money(whole));
            return;
        }
    }
    if promised > 0 {
        finding.ways_out.push(WayOut {
            kind: WayOutKind::SmallerAmount,
            change: Some(change),
            allocation_id: None,
            resource_id: resource.id,
            resource_name: resource.name.as_str().to_owned(),
            first_on: None,
            last_on: None,
            starts_at: None,
            ends_at: None,
            amount: Amount::from(Quantity::Money(minor(amount, promised))),
        });
    }
}

/// What is found of an expense (the one at `change` in the request), in the place of `before` where that changes or comes
/// back. Where it takes no more of the budget than what is promised, or than it did, nothing is asked.
///
/// # Errors
/// `insufficient_role` for whoever could not promise what goes beyond, `over_allocated` where the policy refuses it.
pub(super) fn check(
    reading: &mut Reading<'_>,
    change: usize,
    place: Place,
    amount: &Money,
    before: Option<&Expense>,
) -> Result<Vec<Finding>, Problem> {
    let Some(resource_id) = place.resource_id else {
        return Ok(Vec::new());
    };
    let resource = find_any(reading, resource_id)?;
    let gone: BTreeSet<Id> = before.iter().map(|one| one.id).collect();
    let books = money::budget(reading, &resource, &gone)?;
    let wanted = amount.amount_minor.get();
    let more = books.more(place.allocation_id, wanted);
    let took = before
        .filter(|one| one.deleted_at.is_none() && one.resource_id == Some(resource_id))
        .map_or(0, |one| books.more(one.allocation_id, one.amount_minor));
    if more <= took {
        return Ok(Vec::new());
    }
    require_approver(reading, &resource)?;
    if resource.overbooking == Overbooking::Allow {
        return Ok(Vec::new());
    }
    let asked = Asked {
        change,
        allocation_id: None,
        campaign_id: place.campaign_id,
        event_id: None,
        task_id: None,
        period: Period::Whenever,
        quantity: Quantity::Money(minor(amount, more)),
    };
    let mut findings = fit::judge(reading, &resource, &[asked], &gone)?;
    for finding in &mut findings {
        smaller(
            finding,
            change,
            &resource,
            amount,
            wanted.saturating_sub(more),
        );
    }
    match fit::refusal(&findings) {
        Some(refusal) => Err(refusal),
        None => Ok(findings),
    }
}
