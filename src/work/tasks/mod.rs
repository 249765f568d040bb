//! Tasks: pieces of work, each with exactly one accountable member and at most one assignee.
//!
//! The surprising rule: the assignee is a column, but while a delegation is active only the delegation changes
//! it, through [`hand_to`] and [`walk_to`]. A PATCH is then told so (409 `still_referenced`).

pub mod batch;
pub mod expand;
pub mod handlers;
pub mod list;
pub mod make;
pub mod mine;
pub mod model;
pub mod priority;
pub mod queries;
pub mod rules;
mod settle;
mod sides;
pub mod trashing;
pub mod write;

use crate::http::ServiceConfig;

pub use make::{Checked, create, create_all};
pub use model::{
    NewTask, Participant, ParticipantRole, Task, TaskKey, TaskPage, TaskPatch, TasksById,
};
pub use priority::Priority;
pub use queries::{TaskName, check_holder, check_reference, find, in_team, named, these};
pub use trashing::{restore_with, to_trash, trash_with};
pub use write::{Start, hand_to, take_over, update, walk_to, without_participant};

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_tasks)
        .service(handlers::create_task)
        .service(batch::change_tasks)
        .service(handlers::get_task)
        .service(handlers::update_task)
        .service(handlers::delete_task)
        .service(handlers::move_task)
        .service(handlers::list_task_history)
        .service(mine::list_my_tasks);
}
