//! Outreach: the campaigns of a community, the points they lead up to, and the events it holds.

pub mod aftermath;
pub mod agenda;
pub mod calendar;
pub mod campaign_status;
pub mod campaigns;
pub mod events;
pub mod letters;
pub mod milestones;
pub mod registration_rules;
pub mod registrations;
pub mod series;
pub mod trashing;

use crate::http::ServiceConfig;
pub use registrations::{explained, pages};

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(campaigns::routes)
        .configure(milestones::routes)
        .configure(events::routes)
        .configure(calendar::routes)
        .configure(registrations::routes)
        .configure(agenda::routes)
        .configure(letters::routes)
        .configure(series::routes);
}
