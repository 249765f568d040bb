//! Work: tasks and what belongs to them.

mod batch;
mod checklist;
mod comments;
mod dependencies;
mod lists;
mod moves;
mod tasks;
mod transitions;
