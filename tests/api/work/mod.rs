//! Work: tasks and what belongs to them.

mod batch;
mod checklist;
mod comments;
pub mod delegations;
mod departures;
mod dependencies;
pub mod expand;
mod hierarchy;
mod imports;
mod lists;
mod moves;
mod preparation;
mod progress;
mod tasks;
mod time_entries;
mod transitions;
