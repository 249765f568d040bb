//! Allocations: a resource promised to a campaign, event or task, for a period and an amount.
//!
//! The surprising rule: only what is approved takes anything. A request holds nothing; whether it fits is asked again
//! when it is approved.

pub mod amount;
mod model;
mod queries;
mod state;

use utoipa_actix_web::service_config::ServiceConfig;

pub use amount::{Amount, Quantity};
pub(crate) use model::InCampaign;
pub use model::{
    Allocation, AllocationFilter, AllocationPage, AllocationPatch, AllocationSort, NewAllocation,
};
pub use queries::{find, in_team};
pub use state::{AllocationAct, AllocationState};

/// Registers the operations.
pub fn routes(_: &mut ServiceConfig<'_>) {}
