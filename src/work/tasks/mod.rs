//! Tasks: pieces of work, each with exactly one accountable member and at most one assignee.
//!
//! The surprising rule: the assignee is a column, but while a delegation is active only the delegation changes
//! it, through [`hand_to`] and [`walk_to`]. A PATCH is then told so (409 `still_referenced`).

pub mod model;
pub mod priority;
pub mod queries;
pub mod rules;
pub mod write;

pub use model::{NewTask, Participant, ParticipantRole, Task, TaskKey, TaskPage, TaskPatch};
pub use priority::Priority;
pub use queries::{TaskName, check_holder, check_reference, find, in_team, named};
pub use write::{
    Checked, Start, create, create_all, hand_to, restore_with, to_trash, trash_with, update,
    walk_to,
};
