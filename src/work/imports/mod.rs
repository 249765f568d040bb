//! Imports: tasks of a campaign from a table.
//!
//! The surprising rule: an import keeps the plan up to date, not the work. It makes what is new and brings
//! titles, dates, milestones, labels, priorities and estimates of what is there in line with the file; who holds
//! a task and where it stands is decided here once the task exists, so no file ever undoes a delegation.
//!
//! In reading order: `http::imports` takes the file and reads it, [`columns`] knows which column is what, [`rows`] reads the cells,
//! [`directory`] finds the members, [`plan`] compares with what is there, row by row in `planner`, [`handlers`] answers.

pub mod columns;
pub mod directory;
pub mod handlers;
pub mod plan;
mod planner;
pub mod report;
pub mod rows;

pub use handlers::routes;
