//! The one currency of a campaign: that of its budget, or else of its first line, expense or promise of money.
//!
//! The surprising rule: nobody sets it. A campaign without money has none; whoever enters the first money decides.

use diesel::prelude::*;
use serde_json::json;

use super::of_campaign;
use crate::access::{Reading, Touched, Tx};
use crate::capacity::allocations::{AllocationState, Amount};
use crate::capacity::{budget_lines, expenses};
use crate::db::{Id, Json};
use crate::http::values::{Currency, Money};
use crate::http::{FieldError, Problem};
use crate::journal::{Action, Kind};
use crate::schema::{allocations as a, budget_lines as l, campaigns, expenses as e};

/// The currency of the campaign's budget.
fn of_budget(reading: &mut Reading<'_>, campaign_id: Id) -> Result<Option<Currency>, Problem> {
    let budget: Option<Option<Json<Money>>> = campaigns::table
        .find((reading.team.id(), campaign_id))
        .select(campaigns::budget)
        .first(reading.conn)
        .optional()?;
    Ok(budget.flatten().map(|Json(money)| money.currency))
}

/// The currency of the campaign's lines and expenses, all but `except`.
fn of_records(
    reading: &mut Reading<'_>,
    campaign_id: Id,
    except: Option<Id>,
) -> Result<Option<Currency>, Problem> {
    let mut lines = budget_lines::in_team(reading.team).filter(l::campaign_id.eq(campaign_id));
    let mut spent = expenses::in_team(reading.team).filter(e::campaign_id.eq(campaign_id));
    if let Some(except) = except {
        lines = lines.filter(l::id.ne(except));
        spent = spent.filter(e::id.ne(except));
    }
    let line: Option<Json<Money>> = lines
        .order(l::id)
        .select(l::amount)
        .first(reading.conn)
        .optional()?;
    let found = match line {
        Some(line) => Some(line),
        None => spent
            .order(e::id)
            .select(e::amount)
            .first(reading.conn)
            .optional()?,
    };
    Ok(found.map(|Json(money)| money.currency))
}

/// The currency of what is promised to the campaign, or asked for.
fn of_promises(reading: &mut Reading<'_>, campaign_id: Id) -> Result<Option<Currency>, Problem> {
    let amount: Option<Json<Amount>> = of_campaign(reading.team, campaign_id)
        .filter(a::state.eq_any(AllocationState::OPEN))
        .order(a::id)
        .select(a::amount)
        .first(reading.conn)
        .optional()?;
    Ok(amount.and_then(|Json(amount)| amount.money.map(|money| money.currency)))
}

/// The campaign's currency, where anything says: all but the record `except`, which is about to change.
///
/// # Errors
/// What the database answers.
pub fn find(
    reading: &mut Reading<'_>,
    campaign_id: Id,
    except: Option<Id>,
) -> Result<Option<Currency>, Problem> {
    if let Some(currency) = of_budget(reading, campaign_id)? {
        return Ok(Some(currency));
    }
    if let Some(currency) = of_records(reading, campaign_id, except)? {
        return Ok(Some(currency));
    }
    of_promises(reading, campaign_id)
}

/// That money is of another currency than what it has to go with.
#[must_use]
pub fn other(pointer: &str, detail: &str, currency: Option<Currency>) -> FieldError {
    FieldError::body(pointer, "other_currency", detail).with(json!({"currency": currency}))
}

/// What is wrong with money of this currency in the campaign.
///
/// # Errors
/// What the database answers.
pub fn fault(
    reading: &mut Reading<'_>,
    campaign_id: Id,
    currency: Currency,
    except: Option<Id>,
    pointer: &str,
) -> Result<Option<FieldError>, Problem> {
    let own = find(reading, campaign_id, except)?;
    let detail = "The currency of the campaign: there is no exchange.";
    Ok(own
        .filter(|own| *own != currency)
        .map(|own| other(pointer, detail, Some(own))))
}

/// Refuses a budget of a campaign in another currency than what is planned and spent in it.
///
/// # Errors
/// `validation_failed` at `/budget/currency`.
pub fn follow(tx: &mut Tx<'_>, touched: &[Touched]) -> Result<(), Problem> {
    let changed = touched.iter().filter(|one| {
        one.kind == Kind::Campaign.as_str() && one.action == Action::Updated.as_str()
    });
    for one in changed {
        let Some(budget) = of_budget(tx, one.id)? else {
            continue;
        };
        let own = of_records(tx, one.id, None)?;
        if own.is_some_and(|own| own != budget) {
            let detail =
                "The currency of what is planned and spent in the campaign: there is no exchange.";
            let fault = other("/budget/currency", detail, own);
            return Err(Problem::fields(vec![fault]));
        }
    }
    Ok(())
}
