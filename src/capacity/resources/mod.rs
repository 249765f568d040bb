//! Resources: what can be promised. A member's time, things of which there is a number, money.
//!
//! The surprising rule: nobody makes or deletes a person. Every member is one, from joining to leaving ([`persons`]).

mod handlers;
pub mod hours;
mod model;
pub mod persons;
pub mod queries;
mod rules;
pub mod trashing;

pub use handlers::routes;
pub use hours::{Hours, OpeningHours};
pub use model::{
    Booking, NewResource, Overbooking, Resource, ResourceFilter, ResourceKind, ResourcePage,
    ResourcePatch, ResourceSort, ResourcesById, Units,
};
pub use queries::{find, in_team, these};
