//! Many registrations for one event at once: at the door, or after a look at who asks for approval.
//!
//! The surprising rule: the order counts. A place that one operation gives up is offered to others before the next one
//! asks for seats.

use actix_web::post;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::acts;
use super::model::{RankedRegistration, Registration};
use super::queries::{find, ranked};
use crate::access::batch::{BatchParameters, Operation, Operations, Version};
use crate::access::{Permission, TeamScope, Tx};
use crate::db::Id;
use crate::http::body::BATCH_LIMIT;
use crate::http::{Answer, Body, FieldError, Problem, Query, strict};
use crate::outreach::events::{self, Event};
use crate::text_enum;

text_enum! {
    /// What is done to a registration.
    pub enum RegistrationAct {
        /// A pending one gets its seats, or waits for them.
        Approve = "approve",
        /// A pending one is refused; the person is told.
        Reject = "reject",
        /// The place is given up; its seats go to others.
        Cancel = "cancel",
        /// The person is there.
        CheckIn = "check_in",
        /// The person was not there.
        MarkAbsent = "mark_absent",
    }
}

/// One operation on a registration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"op": "check_in", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "if_match": 57}))]
pub struct RegistrationOperation {
    /// What to do. To check in and to mark absent needs no more than being a member; the others are for leads.
    op: RegistrationAct,
    /// The registration.
    id: Id,
    /// The version that the operation is based on.
    if_match: Option<Version>,
}

/// Many operations on registrations.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"operations": [
    {"op": "check_in", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59"},
    {"op": "mark_absent", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5a", "if_match": 57}
]}))]
pub struct RegistrationBatch {
    /// Carried out in this order.
    #[schema(value_type = Vec<RegistrationOperation>, min_items = 1, max_items = 100)]
    operations: Operations,
}

/// What became of one operation.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegistrationBatchResult {
    /// The HTTP status that the operation alone would have had.
    #[schema(minimum = 200, maximum = 499)]
    status: u16,
    /// The registration as the operation left it; null when the operation was refused.
    #[schema(required = true)]
    registration: Option<RankedRegistration>,
    /// Why the operation was refused: a problem document.
    #[schema(required = true, value_type = Option<Object>)]
    problem: Option<Value>,
}

/// What became of the operations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"results": [
    {"status": 404, "registration": null, "problem": {"type": "/problems/not-found", "title": "Not found", "status": 404, "code": "not_found", "detail": "There is no such thing, or you may not see it. Both look alike.", "request_id": null, "errors": []}}
]}))]
pub struct RegistrationBatchResults {
    /// One result for each operation, in their order.
    #[schema(max_items = 100)]
    results: Vec<RegistrationBatchResult>,
}

impl RegistrationAct {
    const fn permission(self) -> Permission {
        match self {
            Self::Approve | Self::Reject | Self::Cancel => Permission::RegistrationWrite,
            Self::CheckIn | Self::MarkAbsent => Permission::RegistrationCheckIn,
        }
    }

    fn apply(
        self,
        tx: &mut Tx<'_>,
        event: &Event,
        before: &Registration,
    ) -> Result<Registration, Problem> {
        match self {
            Self::Approve => acts::approve(tx, event, before),
            Self::Reject => acts::reject(tx, before),
            Self::Cancel => acts::cancel(tx, event, before),
            Self::CheckIn => acts::check_in(tx, before),
            Self::MarkAbsent => acts::mark_absent(tx, event, before),
        }
    }
}

impl Operation for RegistrationOperation {
    type Context = Event;
    type Outcome = RegistrationBatchResult;

    fn read(value: Value) -> Result<Self, Vec<FieldError>> {
        strict::read(value)
    }

    fn run(self, tx: &mut Tx<'_>, event: &Event) -> Result<RegistrationBatchResult, Problem> {
        tx.require(self.op.permission())?;
        let before = find(tx, event.id, self.id)?;
        if let Some(seen) = self.if_match {
            tx.expect_seen(seen.get(), before.version)?;
        }
        let after = self.op.apply(tx, event, &before)?;
        Ok(RegistrationBatchResult {
            status: 200,
            registration: Some(ranked(tx, after)?),
            problem: None,
        })
    }

    fn refused(status: u16, problem: Value) -> RegistrationBatchResult {
        RegistrationBatchResult {
            status,
            registration: None,
            problem: Some(problem),
        }
    }
}

/// Change many registrations
///
/// Up to 100 operations on registrations for one event, carried out in order: `approve`, `reject`, `cancel`, `check_in` and
/// `mark_absent`, each as the operation of that name alone would be. `if_match` names the version that an operation is
/// based on. All or nothing: a refusal answers as the operation alone would, with pointers such as `/operations/3/id`.
/// With `mode=partial` the others are done nevertheless, and the answer is 207 with a result for each.
#[utoipa::path(tag = "registrations", params(BatchParameters), request_body = RegistrationBatch,
    responses((status = 200, body = RegistrationBatchResults, description = "All operations are done."),
        (status = 207, body = RegistrationBatchResults)))]
#[post("/v1/teams/{team_id}/events/{event_id}/registrations/batch")]
pub async fn change_registrations(
    scope: TeamScope,
    parameters: Query<BatchParameters>,
    body: Body<RegistrationBatch, BATCH_LIMIT>,
) -> Answer {
    let event_id = scope.id("event_id")?;
    let Body(batch) = body;
    scope
        .write(Permission::RegistrationCheckIn, move |tx| {
            let event = events::find(tx, event_id)?;
            parameters.0.carry_out::<RegistrationOperation, _>(
                tx,
                &event,
                batch.operations,
                |results| RegistrationBatchResults { results },
            )
        })
        .await
}
