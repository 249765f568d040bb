//! What an allocation must be: exactly one target that is in use, and a period and an amount that fit the kind of
//! resource. All that is wrong is said at once.

use diesel::prelude::*;
use serde_json::json;

use super::amount::{Amount, Quantity};
use super::model::{AllocationPatch, NewAllocation};
use crate::access::Reading;
use crate::capacity::budget_lines;
use crate::capacity::endings::{campaign_of_target, is_given_up};
use crate::capacity::fit::hours::can_be_taken;
use crate::capacity::fit::{Asked, Period};
use crate::capacity::money::currency;
use crate::capacity::resources::queries::referred;
use crate::capacity::resources::{Booking, Resource, ResourceKind};
use crate::db::{Date, Id, Instant};
use crate::http::{FieldError, Problem, period};
use crate::journal::Kind;
use crate::outreach::campaign_status::CampaignStatus;
use crate::outreach::events::EventStatus;
use crate::schema::{campaigns, events, tasks};
use crate::work::task_status::TaskStatus;

/// When, and how much: what can be changed.
#[derive(Debug, Clone)]
pub struct Terms {
    pub first_on: Option<Date>,
    pub last_on: Option<Date>,
    pub starts_at: Option<Instant>,
    pub ends_at: Option<Instant>,
    pub amount: Amount,
}

impl Terms {
    /// Those of a new allocation.
    pub fn of(new: &NewAllocation) -> Self {
        Self {
            first_on: new.first_on,
            last_on: new.last_on,
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            amount: new.amount.clone(),
        }
    }

    /// The same after a change.
    pub fn patched(self, patch: &AllocationPatch) -> Self {
        Self {
            first_on: patch.first_on.or(self.first_on),
            last_on: patch.last_on.or(self.last_on),
            starts_at: patch.starts_at.or(self.starts_at),
            ends_at: patch.ends_at.or(self.ends_at),
            amount: patch.amount.clone().unwrap_or(self.amount),
        }
    }

    /// The period.
    pub fn period(&self) -> Period {
        Period::of(
            (self.first_on, self.last_on),
            (self.starts_at, self.ends_at),
        )
    }
}

/// What an allocation is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target {
    pub campaign_id: Option<Id>,
    pub event_id: Option<Id>,
    pub task_id: Option<Id>,
}

impl Target {
    /// That of a new allocation.
    pub const fn of(new: &NewAllocation) -> Self {
        Self {
            campaign_id: new.campaign_id,
            event_id: new.event_id,
            task_id: new.task_id,
        }
    }

    /// What would be asked of a resource.
    pub fn asked(
        self,
        change: usize,
        allocation_id: Option<Id>,
        terms: &Terms,
    ) -> Result<Asked, Problem> {
        Ok(Asked {
            change,
            allocation_id,
            campaign_id: self.campaign_id,
            event_id: self.event_id,
            task_id: self.task_id,
            period: terms.period(),
            quantity: terms.amount.kept()?,
        })
    }
}

fn refused(pointer: &str, code: &str, detail: &str) -> FieldError {
    FieldError::body(pointer, code, detail)
}

/// Why something that is there cannot be a target: its status, or the trash.
fn check_open(
    pointer: &str,
    found: Option<(Option<Instant>, bool, &str)>,
    what: &str,
) -> Option<FieldError> {
    match found {
        None => Some(refused(
            pointer,
            "unknown_reference",
            &format!("There is no such {what} in this team."),
        )),
        Some((Some(_), ..)) => Some(refused(
            pointer,
            "in_trash",
            &format!("The {what} is in the trash: restore it first."),
        )),
        Some((None, true, status)) => Some(
            refused(
                pointer,
                "not_open",
                &format!("The {what} is {status}: nothing can be promised to it."),
            )
            .with(json!({"status": status})),
        ),
        Some((None, false, _)) => None,
    }
}

/// Why something that is open itself cannot be a target: the status of its campaign.
fn check_around(
    reading: &mut Reading<'_>,
    pointer: &str,
    campaign_id: Option<Id>,
    what: &str,
) -> Result<Option<FieldError>, Problem> {
    let Some(campaign_id) = campaign_id else {
        return Ok(None);
    };
    let status: Option<CampaignStatus> = campaigns::table
        .find((reading.team.id(), campaign_id))
        .select(campaigns::status)
        .first(reading.conn)
        .optional()?;
    let given_up = status.filter(|one| is_given_up(Kind::Campaign, one.as_str()));
    Ok(given_up.map(|status| {
        let detail =
            format!("The {what} is in a campaign that is {status}: nothing can be promised to it.");
        refused(pointer, "not_open", &detail)
            .with(json!({"status": status, "campaign_id": campaign_id}))
    }))
}

/// What is wrong with what an allocation is for.
///
/// # Errors
/// What the database answers.
pub fn target_faults(
    reading: &mut Reading<'_>,
    target: Target,
) -> Result<Vec<FieldError>, Problem> {
    let team_id = reading.team.id();
    let mut faults = Vec::new();
    if let Some(id) = target.campaign_id {
        let found: Option<(Option<Instant>, CampaignStatus)> = campaigns::table
            .find((team_id, id))
            .select((campaigns::deleted_at, campaigns::status))
            .first(reading.conn)
            .optional()?;
        let found = found.map(|(deleted_at, status)| {
            let status = status.as_str();
            (deleted_at, is_given_up(Kind::Campaign, status), status)
        });
        faults.extend(check_open("/campaign_id", found, "campaign"));
    }
    if let Some(id) = target.event_id {
        let found: Option<(Option<Instant>, EventStatus, Option<Id>)> = events::table
            .find((team_id, id))
            .select((events::deleted_at, events::status, events::campaign_id))
            .first(reading.conn)
            .optional()?;
        let campaign_id = found.as_ref().and_then(|(.., campaign_id)| *campaign_id);
        let found = found.map(|(deleted_at, status, _)| {
            let status = status.as_str();
            (deleted_at, is_given_up(Kind::Event, status), status)
        });
        match check_open("/event_id", found, "event") {
            Some(fault) => faults.push(fault),
            None => faults.extend(check_around(reading, "/event_id", campaign_id, "event")?),
        }
    }
    if let Some(id) = target.task_id {
        let found: Option<(Option<Instant>, TaskStatus, Option<Id>)> = tasks::table
            .find((team_id, id))
            .select((tasks::deleted_at, tasks::status, tasks::campaign_id))
            .first(reading.conn)
            .optional()?;
        let campaign_id = found.as_ref().and_then(|(.., campaign_id)| *campaign_id);
        let found = found.map(|(deleted_at, status, _)| {
            let status = status.as_str();
            (deleted_at, is_given_up(Kind::Task, status), status)
        });
        match check_open("/task_id", found, "task") {
            Some(fault) => faults.push(fault),
            None => faults.extend(check_around(reading, "/task_id", campaign_id, "task")?),
        }
    }
    let given = [
        ("/campaign_id", target.campaign_id),
        ("/event_id", target.event_id),
        ("/task_id", target.task_id),
    ];
    let given: Vec<&str> = given
        .iter()
        .filter(|(_, id)| id.is_some())
        .map(|(pointer, _)| *pointer)
        .collect();
    let exactly_one = "Exactly one of campaign_id, event_id and task_id.";
    // What is not there is said first: the rest may look different without it.
    if faults.is_empty() && given.len() != 1 {
        match given.get(1..) {
            None | Some([]) => faults.push(refused("/task_id", "exactly_one", exactly_one)),
            Some(more) => faults.extend(
                more.iter()
                    .map(|pointer| refused(pointer, "exactly_one", exactly_one)),
            ),
        }
    }
    Ok(faults)
}

/// What is wrong with when and how much, for this resource.
pub fn terms_faults(reading: &Reading<'_>, resource: &Resource, terms: &Terms) -> Vec<FieldError> {
    let mut faults = faults_of_kind(resource, terms);
    if faults.is_empty()
        && let Err(closed) = can_be_taken(reading, resource, terms.period())
    {
        faults.push(*closed);
    }
    faults
}

/// The same of a change: what stays when it was is not refused for opening hours that came later.
pub fn changed_faults(
    reading: &Reading<'_>,
    resource: &Resource,
    before: &Terms,
    after: &Terms,
) -> Vec<FieldError> {
    if before.period() == after.period() {
        faults_of_kind(resource, after)
    } else {
        terms_faults(reading, resource, after)
    }
}

/// What is wrong with them whatever the opening hours are.
fn faults_of_kind(resource: &Resource, terms: &Terms) -> Vec<FieldError> {
    let mut faults = Vec::new();
    faults.extend(amount_fault(resource, &terms.amount));
    let takes_instants = resource.booking == Some(Booking::Minutes);
    let takes_days = !takes_instants;
    let needs_period = resource.kind != ResourceKind::Budget;
    let kind = resource.kind;
    for (pointer, is_given, is_taken) in [
        ("/first_on", terms.first_on.is_some(), takes_days),
        ("/last_on", terms.last_on.is_some(), takes_days),
        ("/starts_at", terms.starts_at.is_some(), takes_instants),
        ("/ends_at", terms.ends_at.is_some(), takes_instants),
    ] {
        if is_given && !is_taken {
            let instead = if takes_instants {
                "This resource is taken by minutes: starts_at and ends_at."
            } else {
                "This resource is taken by days: first_on and last_on."
            };
            faults.push(refused(pointer, "not_for_kind", instead).with(json!({"kind": kind})));
        } else if !is_given && is_taken && needs_period {
            faults.push(refused(pointer, "required", "This resource needs it."));
        }
    }
    faults.extend(period_fault(terms));
    faults
}

fn amount_fault(resource: &Resource, amount: &Amount) -> Option<FieldError> {
    let quantity = match amount.quantity() {
        Ok(quantity) => quantity,
        Err(fault) => return Some(*fault),
    };
    let (fits, wanted) = match resource.kind {
        ResourceKind::Person => (
            matches!(
                quantity,
                Quantity::Minutes(_) | Quantity::MinutesPerDay(_) | Quantity::Percent(_)
            ),
            "minutes, minutes_per_day or percent",
        ),
        ResourceKind::Budget => (matches!(quantity, Quantity::Money(_)), "money"),
        _ => (matches!(quantity, Quantity::Units(_)), "units"),
    };
    if !fits {
        return Some(
            refused(
                &format!("/amount/{}", quantity.name()),
                "not_for_kind",
                &format!("Of the kind {} one asks for {wanted}.", resource.kind),
            )
            .with(json!({"kind": resource.kind})),
        );
    }
    match quantity {
        Quantity::Money(money) if Some(money.currency) != resource.currency => Some(
            refused(
                "/amount/money/currency",
                "other_currency",
                "The currency of the budget: there is no exchange.",
            )
            .with(json!({"currency": resource.currency})),
        ),
        _ => None,
    }
}

fn period_fault(terms: &Terms) -> Option<FieldError> {
    match (terms.first_on, terms.last_on) {
        (Some(first), Some(last)) => period::wrong(first, last, "/last_on"),
        (None, Some(_)) => Some(refused(
            "/first_on",
            "required",
            "A last day needs a first.",
        )),
        _ => match (terms.starts_at, terms.ends_at) {
            (Some(from), Some(until)) => period::wrong_times(from, until, "/ends_at"),
            _ => None,
        },
    }
}

/// What is wrong with the line of a budget that money of this resource is to be for, in this campaign.
///
/// # Errors
/// What the database answers.
pub fn line_fault(
    reading: &mut Reading<'_>,
    line_id: Id,
    campaign_id: Option<Id>,
    resource: &Resource,
) -> Result<Option<FieldError>, Problem> {
    let pointer = "/budget_line_id";
    let line = match budget_lines::referred(reading, line_id, pointer)? {
        Ok(line) => line,
        Err(fault) => return Ok(Some(fault)),
    };
    if resource.kind != ResourceKind::Budget {
        return Ok(Some(
            refused(pointer, "not_for_kind", "Only money is for a line.")
                .with(json!({"kind": resource.kind})),
        ));
    }
    Ok(line.fault(pointer, campaign_id, Some(resource.id)))
}

/// What is wrong with money of this resource in this campaign, which has one currency.
fn currency_fault(
    reading: &mut Reading<'_>,
    target: Target,
    resource: &Resource,
) -> Result<Option<FieldError>, Problem> {
    let Target {
        campaign_id,
        event_id,
        task_id,
    } = target;
    let campaign_id = campaign_of_target(reading, campaign_id, event_id, task_id)?;
    match (campaign_id, resource.currency) {
        (Some(id), Some(currency)) => {
            currency::fault(reading, id, currency, None, "/amount/money/currency")
        }
        _ => Ok(None),
    }
}

/// The resource of a new allocation, when nothing is wrong with it.
///
/// # Errors
/// `validation_failed`, with all that is wrong.
pub fn check_new(reading: &mut Reading<'_>, new: &NewAllocation) -> Result<Resource, Problem> {
    let mut faults = target_faults(reading, Target::of(new))?;
    match referred(reading, new.resource_id, "/resource_id") {
        Ok(resource) => {
            faults.extend(terms_faults(reading, &resource, &Terms::of(new)));
            if faults.is_empty() && resource.kind == ResourceKind::Budget {
                faults.extend(currency_fault(reading, Target::of(new), &resource)?);
            }
            if let Some(line_id) = new.budget_line_id {
                let campaign_id =
                    campaign_of_target(reading, new.campaign_id, new.event_id, new.task_id)?;
                faults.extend(line_fault(reading, line_id, campaign_id, &resource)?);
            }
            if faults.is_empty() {
                return Ok(resource);
            }
        }
        Err(problem) if problem.errors().is_empty() => return Err(problem),
        Err(problem) => faults.extend_from_slice(problem.errors()),
    }
    Err(Problem::fields(faults))
}
