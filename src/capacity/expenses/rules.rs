//! What an expense must be: for a campaign that is not archived, of a promise and a line of that campaign, in its currency,
//! and not of tomorrow. All that is wrong is said at once.

use serde_json::json;

use crate::access::Reading;
use crate::capacity::allocations::{self, Allocation, AllocationState};
use crate::capacity::budget_lines::{self, BudgetLine};
use crate::capacity::endings::campaign_of;
use crate::capacity::money::{campaign_fault, currency};
use crate::db::{Date, Id};
use crate::http::values::Money;
use crate::http::{FieldError, Problem};
use crate::outreach::campaign_status::CampaignStatus;

/// The only campaigns for which nothing is spent: bills of a cancelled one come late.
const CLOSED: [CampaignStatus; 1] = [CampaignStatus::Archived];

/// What an expense is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) campaign_id: Option<Id>,
    pub(super) allocation_id: Option<Id>,
    pub(super) budget_line_id: Option<Id>,
    pub(super) resource_id: Option<Id>,
}

/// What is asked: as it comes in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The expense that changes; none for a new one.
    pub(super) before: Option<(Id, Place)>,
    pub(super) campaign_id: Option<Id>,
    pub(super) allocation_id: Option<Id>,
    pub(super) budget_line_id: Option<Id>,
    pub(super) amount: &'a Money,
    pub(super) spent_on: Date,
}

fn refused(pointer: &str, code: &str, detail: &str) -> FieldError {
    FieldError::body(pointer, code, detail)
}

/// The allocation that an id in the body names, when money may be spent of it.
fn promise(
    reading: &mut Reading<'_>,
    id: Id,
    is_named_already: bool,
    faults: &mut Vec<FieldError>,
) -> Result<Option<Allocation>, Problem> {
    let pointer = "/allocation_id";
    let Some(found) = allocations::find_optional(reading, id)? else {
        let detail = "There is no such allocation in this team.";
        faults.push(refused(pointer, "unknown_reference", detail));
        return Ok(None);
    };
    let state = found.state;
    if found.amount_minor.is_none() {
        let detail = "An allocation of money.";
        faults.push(refused(pointer, "not_for_kind", detail));
    } else if state != AllocationState::Approved && !is_named_already {
        let detail = format!("It is {state}: only of what is approved, money is spent.");
        let fault = refused(pointer, "not_approved", &detail);
        faults.push(fault.with(json!({"state": state})));
    }
    Ok(Some(found))
}

/// The line that an id in the body names.
fn line(
    reading: &mut Reading<'_>,
    id: Id,
    faults: &mut Vec<FieldError>,
) -> Result<Option<BudgetLine>, Problem> {
    match budget_lines::referred(reading, id, "/budget_line_id")? {
        Ok(line) => Ok(Some(line)),
        Err(fault) => {
            faults.push(fault);
            Ok(None)
        }
    }
}

/// What is wrong with the currency: that of the promise, and of the campaign.
fn currency_fault(
    reading: &mut Reading<'_>,
    asked: &Asked<'_>,
    campaign_id: Option<Id>,
    promise: Option<&Allocation>,
) -> Result<Option<FieldError>, Problem> {
    let pointer = "/amount/currency";
    let promised = promise.and_then(|one| one.amount.0.money.as_ref());
    if let Some(promised) = promised
        && promised.currency != asked.amount.currency
    {
        let detail = "The currency of the allocation: there is no exchange.";
        return Ok(Some(currency::other(
            pointer,
            detail,
            Some(promised.currency),
        )));
    }
    let except = asked.before.map(|(id, _)| id);
    match campaign_id {
        Some(id) => currency::fault(reading, id, asked.amount.currency, except, pointer),
        None => Ok(None),
    }
}

/// Where the expense belongs, when nothing is wrong with it.
///
/// # Errors
/// `validation_failed`, with all that is wrong.
pub(super) fn settle(reading: &mut Reading<'_>, asked: &Asked<'_>) -> Result<Place, Problem> {
    let mut faults = Vec::new();
    if asked.amount.amount_minor.get() == 0 {
        faults.push(refused(
            "/amount/amount_minor",
            "out_of_range",
            "At least 1.",
        ));
    }
    let today = reading.today();
    let was_entered = asked.before.is_some();
    if asked.spent_on > today {
        let fault = refused("/spent_on", "in_future", "Today at the latest.");
        faults.push(fault.with(json!({"max": today})));
    }
    let before = asked.before.map(|(_, place)| place);
    let promise = match asked.allocation_id {
        Some(id) => {
            let is_named = before.is_some_and(|place| place.allocation_id == Some(id));
            promise(reading, id, is_named, &mut faults)?
        }
        None => None,
    };
    let of_promise = match &promise {
        Some(promise) => campaign_of(reading, promise)?,
        None => None,
    };
    let (campaign_id, pointer) = match asked.campaign_id {
        Some(id) => (Some(id), "/campaign_id"),
        None if was_entered => (None, "/campaign_id"),
        None => (of_promise, "/allocation_id"),
    };
    match campaign_id {
        Some(id) if !was_entered => faults.extend(campaign_fault(reading, id, pointer, &CLOSED)?),
        None if asked.allocation_id.is_none() && !was_entered => {
            let detail = "The campaign that it was for, or the allocation that promised it.";
            faults.push(refused("/campaign_id", "required", detail));
        }
        _ => {}
    }
    let is_new_promise = before.is_none_or(|place| place.allocation_id != asked.allocation_id);
    if faults.is_empty() && promise.is_some() && is_new_promise && of_promise != campaign_id {
        let detail = "An allocation to the campaign itself, its events or its tasks.";
        faults.push(refused("/allocation_id", "other_campaign", detail));
    }
    let of_promise = promise.as_ref().map(|one| one.resource_id);
    let wanted = match (asked.budget_line_id, &promise) {
        (None, Some(promise)) if !was_entered => promise.budget_line_id,
        (wanted, _) => wanted,
    };
    // What stands is not looked at again: the line may have gone to the trash with its campaign.
    let stands = before.is_some_and(|place| {
        place.budget_line_id == wanted && place.allocation_id == asked.allocation_id
    });
    let mut of_line = None;
    if let (Some(id), false) = (wanted, stands)
        && let Some(line) = line(reading, id, &mut faults)?
    {
        if faults.is_empty() {
            faults.extend(line.fault("/budget_line_id", campaign_id, of_promise));
        }
        of_line = line.resource_id;
    }
    if faults.is_empty() {
        faults.extend(currency_fault(
            reading,
            asked,
            campaign_id,
            promise.as_ref(),
        )?);
    }
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    let resource_id = match before {
        Some(place) if stands => place.resource_id,
        _ => of_promise.or(of_line),
    };
    Ok(Place {
        campaign_id,
        allocation_id: asked.allocation_id,
        budget_line_id: wanted,
        resource_id,
    })
}
