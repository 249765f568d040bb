//! Periods of whole days, from the first to the last.

use chrono::Months;
use serde_json::json;

use super::{Code, FieldError, Problem};
use crate::db::Date;

/// How long a period may be.
const YEARS: u32 = 5;

/// What is wrong with a period in a body: it ends before it begins, or has more than five years. `pointer` is that of the
/// last day.
#[must_use]
pub fn wrong(first_on: Date, last_on: Date, pointer: &str) -> Option<FieldError> {
    if last_on < first_on {
        return Some(
            FieldError::body(pointer, "before_start", "Not before the first day.")
                .with(json!({"first_on": first_on})),
        );
    }
    let end = first_on.naive().checked_add_months(Months::new(12 * YEARS));
    end.is_none_or(|end| last_on.naive() >= end).then(|| {
        FieldError::body(pointer, "too_long", "A period has at most five years.")
            .with(json!({"max_years": YEARS}))
    })
}

/// Refuses such a period.
///
/// # Errors
/// `validation_failed` at `/last_on`.
pub fn check(first_on: Date, last_on: Date) -> Result<(), Problem> {
    wrong(first_on, last_on, "/last_on").map_or(Ok(()), |error| Err(Problem::fields(vec![error])))
}

/// Refuses a filter whose `to` is before its `from`.
///
/// # Errors
/// `invalid_query`.
pub fn check_filter(from: Option<Date>, to: Option<Date>) -> Result<(), Problem> {
    match (from, to) {
        (Some(from), Some(to)) if to < from => Err(Problem::parameter(
            Code::InvalidQuery,
            "to",
            "Not before `from`.",
        )),
        _ => Ok(()),
    }
}
