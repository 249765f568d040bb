//! How tasks go to the trash and come back.

use diesel::prelude::*;

use super::model::Task;
use super::queries::subtasks;
use crate::access::Tx;
use crate::db::rows::{AT_ONCE, columns};
use crate::db::{Id, Instant};
use crate::http::Problem;
use crate::schema::tasks;

/// Puts a task and everything below it into the trash.
///
/// # Errors
/// What the database answers.
pub fn to_trash(tx: &mut Tx<'_>, task: Task) -> Result<(), Problem> {
    let root = task.id;
    let mut going = vec![task];
    going.extend(subtasks(tx, root)?);
    trash_with(tx, going, root)
}

/// Puts these tasks into the trash, together with whatever has the id `root`.
///
/// # Errors
/// What the database answers.
pub fn trash_with(tx: &mut Tx<'_>, going: Vec<Task>, root: Id) -> Result<(), Problem> {
    let ids: Vec<Id> = going.iter().map(|task| task.id).collect();
    for some in ids.chunks(AT_ONCE) {
        diesel::update(
            tasks::table
                .filter(tasks::team_id.eq(tx.team.id()))
                .filter(tasks::id.eq_any(some.to_vec())),
        )
        .set((
            tasks::deleted_at.eq(tx.now),
            tasks::trash_root_id.eq(root),
            tasks::updated_at.eq(tx.now),
            tasks::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    }
    tx.deleted_all(&going)
}

/// Takes the tasks out of the trash that went there together with whatever has the id `root`.
///
/// # Errors
/// What the database answers.
pub fn restore_with(tx: &mut Tx<'_>, root: Id) -> Result<Vec<Task>, Problem> {
    let mut restored: Vec<Task> = diesel::update(
        tasks::table
            .filter(tasks::team_id.eq(tx.team.id()))
            .filter(tasks::trash_root_id.eq(root)),
    )
    .set((
        tasks::deleted_at.eq(None::<Instant>),
        tasks::trash_root_id.eq(None::<Id>),
        tasks::updated_at.eq(tx.now),
        tasks::version.eq(tx.revision),
    ))
    .returning(columns::<Task>())
    .get_results(tx.conn)?;
    restored.sort_by_key(|task| task.number);
    tx.restored_all(&restored)?;
    Ok(restored)
}
