//! Series: events that come again by a rule of RFC 5545.
//!
//! The surprising rule: the occurrences are events like all others, made at most a year ahead; the clock makes the later
//! ones. An occurrence is known by the local start that the rule gives it, wherever it was moved since.

mod edit;
mod handlers;
mod importing;
pub mod make;
mod model;
mod moving;
pub mod rule;

pub use edit::{check_series, is_to_come, leave, moved_alone, overridden, patch, to_come};
pub use handlers::routes;
pub use importing::{
    ImportedSeries, date_at, hand_on_uid, import, leave_out, occurrence_on, one_to_come, shorten,
};
pub use model::{EventSeries, EventSeriesPage, Pattern, SeriesScope, WhichOccurrences};
pub use moving::{MovedSeries, reschedule};
