//! Holidays: days on which the team does not work.
//!
//! The surprising rule: a holiday takes the whole day of everybody in the team, wherever they are. Whoever has other
//! holidays than the team enters an absence.

mod handlers;
mod imports;
mod model;
mod queries;

pub use handlers::routes;
pub use model::Holiday;
