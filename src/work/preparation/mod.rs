//! Preparing events: the tasks that lead up to one and follow it, made from templates and moved along with it.
//!
//! The surprising rule: outreach knows nothing of tasks, so what moves an event together with its tasks is here.

mod calendar_imports;
mod model;
mod prepare;
mod reschedule;
pub mod templates;

use crate::http::ServiceConfig;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(calendar_imports::routes)
        .service(templates::list_event_templates)
        .service(prepare::prepare_event)
        .service(reschedule::reschedule_event);
}
