//! The journal: a team's revisions in order, who changed what, from what to what.
//!
//! The surprising rule: it is the single source for history, the change feed and charts over time. Nothing
//! else records what happened, so nothing can disagree with it.

pub mod changes;
pub mod record;
pub mod since;

pub use record::{Action, Journaled, Kind};
