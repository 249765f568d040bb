//! Importing holidays from a calendar file, such as a country publishes them.
//!
//! The surprising rule: an entry finds its holiday again by its UID, so importing the next year's file of the same
//! calendar adds and corrects, and importing the same file again changes nothing. What is not in the file stays.

mod entry;
mod handlers;
mod plan;
mod report;

pub use handlers::create_holiday_import;
