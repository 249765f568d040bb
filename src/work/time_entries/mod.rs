//! Time entries: how many minutes a member has worked on a task, on which day.
//!
//! The surprising rule: an entry belongs to one day, also where its timer ran past midnight: the day on which the timer
//! was started, in the time zone of the member's account. And it outlives its task: what was worked was worked, so
//! entries on a task in the trash are listed and counted, and only new ones are refused.

mod expand;
mod handlers;
mod model;
mod queries;
mod sums;
mod timer;
mod write;

pub use handlers::routes;
pub use model::{NewTimeEntry, TimeEntry, TimeEntryPage};
pub use write::end_timer;
