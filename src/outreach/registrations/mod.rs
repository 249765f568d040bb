//! Registrations: who comes to an event, who waits, and who was there.
//!
//! The surprising rule: a registration that nobody confirmed by the link of the first letter holds nothing. So nobody
//! can take seats in another's name, and the answer to a registration is the same whoever registers.

mod acts;
pub mod answers;
pub mod attendance;
mod batch;
pub mod clock;
mod edit;
mod filter;
mod handlers;
mod imports;
mod input;
mod link;
mod model;
mod own_page;
pub mod public;
mod queries;
mod queue;
pub mod seats;
pub mod secret;
mod state;
mod table;
mod window;

pub use handlers::routes;
pub use link::Link;
pub use model::{Companions, RankedRegistration, Registration, RegistrationPage, Seats};
pub use own_page::{explained, pages};
pub use queries::{find, in_event, tally};
pub use queue::{promote, shorten_offers};
pub use state::{Origin, PassedOverReason, RegistrationState};
