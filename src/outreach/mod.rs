//! Outreach: the campaigns of a community and the points they lead up to.

pub mod campaign_status;
pub mod campaigns;
pub mod milestones;
pub mod trashing;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(campaigns::routes)
        .configure(milestones::routes);
}
