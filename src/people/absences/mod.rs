//! Absences: periods in which a member does not work, whole days or parts of them, with somebody who stands in.
//!
//! The surprising rule: days begin and end where the absent member's account says. Only approved absences count; whether
//! somebody has to approve is the team's choice, and nobody but an owner approves their own.

pub mod clock;
mod expand;
mod handlers;
mod mine;
mod model;
mod queries;
mod rules;
pub mod today;

pub use handlers::routes;
pub use model::{Absence, AbsenceApproval, AbsenceState, AbsentOffers};
