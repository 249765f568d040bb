//! Working hours: minutes for each weekday, from a day on. A team has a default, and each member may have their own.
//!
//! The surprising rule: what is in force is not changed, so that the past stays what it was. A later record supersedes it
//! from its first day on.

mod handlers;
mod model;
mod queries;

pub use handlers::routes;
pub use model::WorkingHours;
