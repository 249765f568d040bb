//! Many operations in one request: all or nothing, or each on its own.
//!
//! The surprising rule: an operation is flat, its fields beside `op`, so that errors point at `/operations/3/title`. That
//! is why each is read by its subject ([`Operation::read`]) and not by one type.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;

use super::team_scope::Tx;
use crate::db::Json;
use crate::http::query::Flag;
use crate::http::values::{Int, MAX_SAFE};
use crate::http::{Answer, FieldError, Problem, Reply, UpTo};
use crate::text_enum;

/// The operations of a batch, as they come in.
pub type Operations = UpTo<100, Json<Value>>;
/// A version of a record.
pub type Version = Int<1, MAX_SAFE>;

text_enum! {
    /// What happens when one operation is refused.
    pub enum BatchMode {
        /// Nothing is done at all.
        All = "all",
        /// The others are done nevertheless.
        Partial = "partial",
    }
}

/// How a batch is carried out.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BatchParameters {
    /// What happens when one operation is refused: nothing is done at all, unless `partial`.
    #[param(inline)]
    mode: Option<BatchMode>,
    /// Whether only to check: everything is answered as if it had happened, and nothing changes.
    #[param(value_type = Option<bool>)]
    #[allow(dead_code)]
    validate_only: Option<Flag>,
}

/// One operation of a batch.
pub trait Operation: Sized {
    /// What all operations of the batch are about.
    type Context;
    /// What is said of an operation.
    type Outcome: Serialize;

    /// Reads it.
    ///
    /// # Errors
    /// Each member that is refused.
    fn read(value: Value) -> Result<Self, Vec<FieldError>>;

    /// Carries it out.
    ///
    /// # Errors
    /// What the operation alone would answer.
    fn run(self, tx: &mut Tx<'_>, context: &Self::Context) -> Result<Self::Outcome, Problem>;

    /// What is said of one that was refused: the status that it alone would have had, and the problem.
    fn refused(status: u16, problem: Value) -> Self::Outcome;
}

impl BatchParameters {
    /// Carries out operations in their order, and answers what was said of each, as `results` puts it.
    ///
    /// # Errors
    /// What ends the whole batch.
    pub fn carry_out<O: Operation, R: Serialize>(
        &self,
        tx: &mut Tx<'_>,
        context: &O::Context,
        operations: Operations,
        results: impl FnOnce(Vec<O::Outcome>) -> R,
    ) -> Answer {
        let UpTo(operations) = operations;
        if operations.is_empty() {
            return Err(Problem::field(
                "/operations",
                "too_few",
                "At least one operation.",
            ));
        }
        let read = operations.into_iter().map(|Json(value)| O::read(value));
        match self.mode.unwrap_or(BatchMode::All) {
            BatchMode::All => Reply::ok(&results(run_all(tx, context, read)?)),
            BatchMode::Partial => {
                let done = run_each(tx, context, read)?;
                Ok(Reply::ok(&results(done))?.status(207))
            }
        }
    }
}

/// All or nothing: the first refusal ends it, but all that cannot even be read is answered at once.
fn run_all<O: Operation>(
    tx: &mut Tx<'_>,
    context: &O::Context,
    operations: impl Iterator<Item = Result<O, Vec<FieldError>>>,
) -> Result<Vec<O::Outcome>, Problem> {
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for (index, operation) in operations.enumerate() {
        match operation {
            Ok(operation) => read.push(operation),
            Err(refused) => {
                let place = format!("/operations/{index}");
                errors.extend(refused.into_iter().map(|error| error.below(&place)));
            }
        }
    }
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    read.into_iter()
        .enumerate()
        .map(|(index, operation)| {
            operation
                .run(tx, context)
                .map_err(|problem| problem.below(&format!("/operations/{index}")))
        })
        .collect()
}

/// Each on its own: a refusal undoes its operation and no other.
fn run_each<O: Operation>(
    tx: &mut Tx<'_>,
    context: &O::Context,
    operations: impl Iterator<Item = Result<O, Vec<FieldError>>>,
) -> Result<Vec<O::Outcome>, Problem> {
    operations
        .map(|operation| {
            let outcome = match operation {
                Ok(operation) => tx.attempt(|tx| operation.run(tx, context))?,
                Err(refused) => Err(Problem::fields(refused)),
            };
            match outcome {
                Ok(outcome) => Ok(outcome),
                Err(problem) if problem.code().entry().status >= 500 => Err(problem),
                Err(problem) => Ok(O::refused(
                    problem.code().entry().status,
                    problem.document(),
                )),
            }
        })
        .collect()
}
