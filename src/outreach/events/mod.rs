//! Online events: when they are, where they take place, who holds them, who may come.
//!
//! The surprising rule: an event is planned by the clock on the wall of a place. `starts` is what people agreed on;
//! `starts_at`, the instant, follows from it.

pub mod clock;
mod expand;
mod handlers;
mod model;
mod queries;
pub mod status;
pub mod texts;
pub mod write;

pub use handlers::routes;
pub use model::{
    Capacity, Event, EventFilter, EventKind, EventPage, EventPatch, EventsById, Hosts, NewEvent,
    Occurrence, Visibility,
};
pub use queries::{check_reference, find, in_team, these};
pub use status::EventStatus;
