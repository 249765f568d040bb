//! Periods of whole days, from the first to the last.

use chrono::Months;
use serde_json::json;

use super::{Code, FieldError, Problem};
use crate::db::Date;

/// How long a period may be.
const YEARS: u32 = 5;

/// What is wrong with a period in a body: it ends before it begins, or has more than five years. `pointer` is that of the
/// last day.
///
/// # Errors
/// The field error.
pub fn check(first_on: Date, last_on: Date, pointer: &str) -> Result<(), FieldError> {
    if last_on < first_on {
        return Err(
            FieldError::body(pointer, "before_start", "Not before the first day.")
                .with(json!({"first_on": first_on})),
        );
    }
    let end = first_on.naive().checked_add_months(Months::new(12 * YEARS));
    if end.is_none_or(|end| last_on.naive() >= end) {
        return Err(
            FieldError::body(pointer, "too_long", "A period has at most five years.")
                .with(json!({"max_years": YEARS})),
        );
    }
    Ok(())
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
