//! What may be in a task: rules between its fields. Pure, no database.

use serde_json::json;

use super::model::{Label, Participant};
use crate::db::Date;
use crate::http::FieldError;

/// How many levels of tasks there are: a task, its subtasks, and so on.
pub const MAX_DEPTH: usize = 5;

/// The period runs forward.
#[must_use]
pub fn check_period(starts_on: Option<Date>, due_on: Option<Date>) -> Option<FieldError> {
    match (starts_on, due_on) {
        (Some(starts_on), Some(due_on)) if due_on < starts_on => Some(
            FieldError::body("/due_on", "before_start", "Not before starts_on.")
                .with(json!({"starts_on": starts_on})),
        ),
        _ => None,
    }
}

/// No label twice.
#[must_use]
pub fn check_labels(labels: &[Label]) -> Option<FieldError> {
    second(labels).map(|index| {
        FieldError::body(
            format!("/labels/{index}"),
            "duplicate",
            "The label is there already.",
        )
    })
}

/// No member twice in the same role.
#[must_use]
pub fn check_participants(participants: &[Participant]) -> Option<FieldError> {
    second(participants).map(|index| {
        FieldError::body(
            format!("/participants/{index}"),
            "duplicate",
            "The member has this role already.",
        )
    })
}

/// Where the first item stands that equals one before it.
fn second<T: PartialEq>(items: &[T]) -> Option<usize> {
    items.iter().enumerate().find_map(|(index, item)| {
        items
            .iter()
            .take(index)
            .any(|before| before == item)
            .then_some(index)
    })
}

#[cfg(test)]
mod tests {
    use super::{check_period, second};

    #[test]
    fn finds_the_second_of_two_equals() {
        assert_eq!(second(&["a", "b", "a", "b"]), Some(2));
        assert_eq!(second(&["a", "b"]), None);
    }

    #[test]
    fn a_period_of_one_day_is_one() {
        let day = |text: &str| text.parse().ok();
        assert!(check_period(day("2026-03-01"), day("2026-03-01")).is_none());
        assert!(check_period(day("2026-03-02"), day("2026-03-01")).is_some());
        assert!(check_period(None, day("2026-03-01")).is_none());
    }
}
