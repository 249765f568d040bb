//! What if: any number of changes at once, checked as if they were made, and nothing is saved.
//!
//! The surprising rule: everything counts as approved. The question is whether it would fit, not whether the asker may
//! promise it.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::post;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amount::Amount;
use super::model::{Allocation, AllocationPatch, NewAllocation};
use super::rules::{Target, Terms, check_new, terms_faults};
use super::write::{patched, target_of};
use crate::access::{Permission, Reading, TeamScope};
use crate::capacity::fit::{self, Asked, Finding};
use crate::capacity::resources::{self, Resource};
use crate::db::{Date, Id, Instant};
use crate::http::body::BATCH_LIMIT;
use crate::http::refused::all_or_none;
use crate::http::{Answer, Body, FieldError, Problem, Reply, UpTo};
use crate::text_enum;

text_enum! {
    /// What would be done.
    pub enum AllocationOp {
        /// One more.
        Create = "create",
        /// Another period or amount of one that is requested or approved.
        Change = "change",
        /// One less.
        Cancel = "cancel",
    }
}

/// One change that is only thought of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"op": "create", "resource_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "first_on": "2099-03-02", "last_on": "2099-03-13", "amount": {"units": 1}}))]
pub struct AllocationChange {
    /// What would be done.
    op: AllocationOp,
    /// Which allocation would be changed or cancelled.
    allocation_id: Option<Id>,
    /// Of what one more would be.
    resource_id: Option<Id>,
    /// For what one more would be: exactly one of `campaign_id`, `event_id` and `task_id`.
    campaign_id: Option<Id>,
    /// For this event.
    event_id: Option<Id>,
    /// For this task.
    task_id: Option<Id>,
    /// The first day.
    first_on: Option<Date>,
    /// The last day.
    last_on: Option<Date>,
    /// The beginning.
    starts_at: Option<Instant>,
    /// The end.
    ends_at: Option<Instant>,
    /// How much.
    amount: Option<Amount>,
}

/// Changes that are only thought of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"changes": [{"op": "create", "resource_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "first_on": "2099-03-02", "last_on": "2099-03-13", "amount": {"units": 1}}]}))]
pub struct NewAllocationCheck {
    /// All of them together.
    #[schema(value_type = Vec<AllocationChange>, min_items = 1, max_items = 100)]
    changes: UpTo<100, AllocationChange>,
}

text_enum! {
    /// What would be the case.
    pub enum AllocationVerdict {
        /// All of it fits.
        Fits = "fits",
        /// It fits as far as anything is known; some capacity is not.
        Unknown = "unknown",
        /// It does not fit.
        DoesNotFit = "does_not_fit",
    }
}

/// What would be the case if the changes were made and approved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"verdict": "fits", "is_refused": false, "findings": []}))]
pub struct AllocationCheck {
    /// Whether it fits.
    verdict: AllocationVerdict,
    /// Whether the policy of a resource would refuse it.
    is_refused: bool,
    /// What does not fit, and what nobody knows.
    #[schema(max_items = 10_000)]
    findings: Vec<Finding>,
}

/// What the changes make of one resource.
struct Case {
    resource: Resource,
    asked: Vec<Asked>,
}

/// What all changes make.
#[derive(Default)]
struct Whole {
    cases: BTreeMap<Id, Case>,
    gone: BTreeSet<Id>,
}

impl Whole {
    fn add(&mut self, resource: Resource, asked: Option<Asked>) {
        let case = self.cases.entry(resource.id).or_insert_with(|| Case {
            resource,
            asked: Vec::new(),
        });
        case.asked.extend(asked);
    }
}

fn fault(name: &str, code: &str, detail: &str) -> Problem {
    Problem::field(&format!("/{name}"), code, detail)
}

impl AllocationChange {
    fn patch(&self) -> AllocationPatch {
        AllocationPatch {
            first_on: self.first_on,
            last_on: self.last_on,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            amount: self.amount.clone(),
            ..AllocationPatch::default()
        }
    }

    /// The members that say what is promised and to what.
    fn fixed(&self) -> [(&'static str, bool); 4] {
        [
            ("resource_id", self.resource_id.is_some()),
            ("campaign_id", self.campaign_id.is_some()),
            ("event_id", self.event_id.is_some()),
            ("task_id", self.task_id.is_some()),
        ]
    }

    fn terms(&self) -> [(&'static str, bool); 5] {
        [
            ("first_on", self.first_on.is_some()),
            ("last_on", self.last_on.is_some()),
            ("starts_at", self.starts_at.is_some()),
            ("ends_at", self.ends_at.is_some()),
            ("amount", self.amount.is_some()),
        ]
    }

    /// What is given and makes no sense.
    fn faults(&self) -> Vec<FieldError> {
        let op = self.op;
        let senseless = |names: &[(&'static str, bool)]| -> Vec<FieldError> {
            names
                .iter()
                .filter(|(_, is_given)| *is_given)
                .map(|(name, _)| {
                    FieldError::body(format!("/{name}"), "not_for_op", format!("Not for {op}."))
                })
                .collect()
        };
        match op {
            AllocationOp::Create => {
                let mut faults = senseless(&[("allocation_id", self.allocation_id.is_some())]);
                for (name, is_given) in [
                    ("resource_id", self.resource_id.is_some()),
                    ("amount", self.amount.is_some()),
                ] {
                    if !is_given {
                        faults.push(FieldError::body(
                            format!("/{name}"),
                            "required",
                            "One more needs it.",
                        ));
                    }
                }
                faults
            }
            AllocationOp::Change => senseless(&self.fixed()),
            AllocationOp::Cancel => {
                let mut faults = senseless(&self.fixed());
                faults.extend(senseless(&self.terms()));
                faults
            }
        }
    }

    /// The allocation that it is about.
    fn allocation(&self, reading: &mut Reading<'_>) -> Result<Allocation, Problem> {
        let Some(id) = self.allocation_id else {
            return Err(fault("allocation_id", "required", "Which allocation?"));
        };
        let allocation = super::queries::find_optional(reading, id)?.ok_or_else(|| {
            fault(
                "allocation_id",
                "unknown_reference",
                "There is no such allocation in this team.",
            )
        })?;
        if allocation.state.is_open() {
            Ok(allocation)
        } else {
            Err(fault(
                "allocation_id",
                "not_open",
                "It is over: it takes nothing.",
            ))
        }
    }

    fn think(
        self,
        reading: &mut Reading<'_>,
        index: usize,
        whole: &mut Whole,
    ) -> Result<(), Problem> {
        let faults = self.faults();
        if !faults.is_empty() {
            return Err(Problem::fields(faults));
        }
        if let (AllocationOp::Create, Some(resource_id), Some(amount)) =
            (self.op, self.resource_id, self.amount.clone())
        {
            let new = NewAllocation {
                resource_id,
                campaign_id: self.campaign_id,
                event_id: self.event_id,
                task_id: self.task_id,
                budget_line_id: None,
                first_on: self.first_on,
                last_on: self.last_on,
                starts_at: self.starts_at,
                ends_at: self.ends_at,
                amount,
                note: None,
            };
            let resource = check_new(reading, &new)?;
            let asked = Target::of(&new).asked(index, None, &Terms::of(&new))?;
            whole.add(resource, Some(asked));
            return Ok(());
        }
        let allocation = self.allocation(reading)?;
        if !whole.gone.insert(allocation.id) {
            return Err(fault(
                "allocation_id",
                "twice",
                "Another change is about it, too.",
            ));
        }
        let resource = resources::find(reading, allocation.resource_id)?;
        if self.op == AllocationOp::Cancel {
            whole.add(resource, None);
            return Ok(());
        }
        let terms = patched(&allocation, &self.patch());
        let faults = terms_faults(reading, &resource, &terms);
        if !faults.is_empty() {
            return Err(Problem::fields(faults));
        }
        let asked = target_of(&allocation).asked(index, Some(allocation.id), &terms)?;
        whole.add(resource, Some(asked));
        Ok(())
    }
}

fn answer(reading: &mut Reading<'_>, changes: Vec<AllocationChange>) -> Answer {
    if changes.is_empty() {
        return Err(Problem::field(
            "/changes",
            "too_few",
            "At least one change.",
        ));
    }
    let mut whole = Whole::default();
    let place = |index| format!("/changes/{index}");
    all_or_none(changes, place, |index, change| {
        change.think(reading, index, &mut whole)
    })?;
    let mut findings: Vec<Finding> = Vec::new();
    for case in whole.cases.values() {
        findings.extend(fit::judge(
            reading,
            &case.resource,
            &case.asked,
            &whole.gone,
        )?);
    }
    let verdict = if findings.iter().any(Finding::is_conflict) {
        AllocationVerdict::DoesNotFit
    } else if findings.is_empty() {
        AllocationVerdict::Fits
    } else {
        AllocationVerdict::Unknown
    };
    Reply::ok(&AllocationCheck {
        verdict,
        is_refused: fit::refusal(&findings).is_some(),
        findings,
    })
}

/// Check allocations
///
/// What if: up to 100 changes at once, each `create`, `change` or `cancel`, as if all were made and approved. Nothing is
/// saved. Each finding names the interval, what is wanted, what is there, who takes it, and up to three ways out that would
/// fit (for the first 20 changes of each resource that are in the way). Where nobody wrote down how much somebody works, the
/// verdict is `unknown` and not that somebody is overbooked.
#[utoipa::path(tag = "allocations", request_body = NewAllocationCheck, responses((status = 200, body = AllocationCheck)))]
#[post("/v1/teams/{team_id}/allocations/check")]
pub async fn check_allocations(
    scope: TeamScope,
    body: Body<NewAllocationCheck, BATCH_LIMIT>,
) -> Answer {
    let Body(check) = body;
    scope
        .live(Permission::AllocationRead, move |reading| {
            answer(reading, check.changes.0)
        })
        .await
}
