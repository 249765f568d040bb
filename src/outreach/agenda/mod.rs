//! The agenda of an event: its sessions, in an order that people arrange, each with its time and its speakers.
//!
//! The surprising rule: a session says how many minutes after the start it begins, never at what time. The event may
//! move, and its agenda moves with it.

mod handlers;
mod model;
mod queries;

pub use handlers::routes;
pub use model::{AgendaItem, AgendaItemPage, Speaker};
pub use queries::check_room;
