//! Periods: of whole days, from the first to the last, or from one instant to another.

use chrono::Months;
use serde_json::json;

use super::{Code, FieldError, Problem};
use crate::db::{Date, Instant};

/// How long a period may be.
const YEARS: u32 = 5;
const MONTHS: Months = Months::new(12 * YEARS);

fn too_long(pointer: &str) -> FieldError {
    FieldError::body(pointer, "too_long", "A period has at most five years.")
        .with(json!({"max_years": YEARS}))
}

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
    let end = first_on.naive().checked_add_months(MONTHS);
    end.is_none_or(|end| last_on.naive() >= end)
        .then(|| too_long(pointer))
}

/// The same of a period between two instants. `pointer` is that of its end.
#[must_use]
pub fn wrong_times(starts_at: Instant, ends_at: Instant, pointer: &str) -> Option<FieldError> {
    if ends_at <= starts_at {
        return Some(
            FieldError::body(pointer, "before_start", "Later than the start.")
                .with(json!({"starts_at": starts_at})),
        );
    }
    let end = starts_at.utc().checked_add_months(MONTHS);
    end.is_none_or(|end| ends_at.utc() > end)
        .then(|| too_long(pointer))
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
