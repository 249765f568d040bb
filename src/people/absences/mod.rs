//! Absences: periods in which a member does not work.

mod model;

pub use model::{AbsenceApproval, AbsenceState, AbsentOffers};
