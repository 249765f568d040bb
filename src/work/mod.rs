//! Work: tasks, what they depend on, and who does them.

pub mod checklist;
pub mod comments;
pub mod delegations;
pub mod demotions;
pub mod departures;
pub mod dependencies;
pub mod imports;
pub mod preparation;
pub mod progress;
pub mod task_status;
pub mod tasks;
pub mod time_entries;

use crate::http::ServiceConfig;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(tasks::routes)
        .configure(dependencies::routes)
        .configure(checklist::routes)
        .configure(comments::routes)
        .configure(delegations::routes)
        .configure(time_entries::routes)
        .configure(imports::routes)
        .configure(departures::routes)
        .configure(demotions::routes)
        .configure(preparation::routes)
        .configure(progress::routes);
}
