//! Importing a calendar file: the entries of a team's old calendar become its events.
//!
//! The surprising rule: an entry finds its event again by its UID, also by the one that we gave out ourselves. So a
//! calendar that was exported here, changed elsewhere and imported again changes the same events.

mod entry;
mod handlers;
mod plan;
mod report;
mod upload;
mod zone_names;

pub use handlers::routes;

use crate::http::imports::calendar as file;
