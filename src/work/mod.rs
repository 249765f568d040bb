//! Work: tasks, what they depend on, and who does them.

pub mod delegations;
pub mod imports;
pub mod position;
pub mod progress;
pub mod task_status;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the operations.
pub fn routes(_: &mut ServiceConfig<'_>) {}
