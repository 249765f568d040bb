//! Registrations: who comes to an event, who waits, and who was there.
//!
//! The surprising rule: a registration that nobody confirmed by the link of the first letter holds nothing. So nobody
//! can take seats in another's name, and the answer to a registration is the same whoever registers.

mod model;
pub mod secret;
mod state;

pub use model::{Registration, RegistrationPage};
pub use state::{Origin, PassedOverReason, RegistrationState};
