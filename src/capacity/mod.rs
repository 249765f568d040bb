//! Who and what is promised to what, and whether it fits.

pub mod allocations;
pub mod availability;
pub mod budget_lines;
pub mod candidates;
pub mod conflicts;
pub mod days;
pub mod endings;
pub mod expenses;
pub mod experience;
pub mod feasibility;
pub mod fit;
pub mod load;
pub mod money;
pub mod resources;
pub mod team_load;
pub mod workload;

use crate::http::ServiceConfig;

use crate::access::Followers;

/// What follows here from what happens elsewhere: people become resources, what is promised to something that is given up
/// is free again, and a campaign keeps to one currency.
pub const FOLLOWERS: Followers = &[
    resources::persons::follow,
    endings::follow,
    money::currency::follow,
];

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(resources::routes)
        .configure(allocations::routes)
        .configure(availability::routes)
        .configure(conflicts::routes)
        .configure(workload::routes)
        .configure(candidates::routes)
        .configure(budget_lines::routes)
        .configure(expenses::routes)
        .configure(money::routes);
}
