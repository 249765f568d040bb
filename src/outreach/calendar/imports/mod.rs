//! Importing a calendar file: the entries of a team's old calendar become its events and series.
//!
//! The surprising rule: an entry finds its event again by its UID, also by the one that we gave out ourselves. So a
//! calendar that was exported here, changed elsewhere and imported again changes the same events.
//!
//! The operation is in `work::preparation`, because what moves an event moves its tasks.

mod carry;
mod entry;
mod form;
mod plan;
mod recurring;
mod report;
mod zone_names;

pub use plan::Plan;
pub use report::CalendarImportReport;

use crate::http::imports::calendar as file;
