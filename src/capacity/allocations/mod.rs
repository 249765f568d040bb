//! Allocations: a resource promised to a campaign, event or task, for a period and an amount.
//!
//! The surprising rule: only what is approved takes anything. A request holds nothing; whether it fits is asked again
//! when it is approved.

pub mod amount;
mod check;
mod expand;
mod handlers;
mod model;
mod queries;
mod rules;
mod state;
mod write;

pub use amount::{Amount, Quantity};
pub use handlers::routes;
pub(crate) use model::InCampaign;
pub use model::{
    Allocation, AllocationFilter, AllocationOutcome, AllocationPage, AllocationPatch,
    AllocationSort, AllocationsById, NewAllocation,
};
pub use queries::{find, find_optional, in_team, these};
pub use state::{AllocationAct, AllocationState};
pub(in crate::capacity) use write::{asked_of, require_approver};
