//! People: accounts and their sessions, teams and their members.

pub mod members;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the operations.
pub fn routes(_: &mut ServiceConfig<'_>) {}
