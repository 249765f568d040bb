//! How tasks go to the trash and come back.

use diesel::prelude::*;

use super::model::Task;
use super::queries::subtasks;
use crate::access::Tx;
use crate::db::rows::columns;
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
    for task in going {
        diesel::update(tasks::table.find((tx.team.id(), task.id)))
            .set((
                tasks::deleted_at.eq(tx.now),
                tasks::trash_root_id.eq(root),
                tasks::updated_at.eq(tx.now),
                tasks::version.eq(tx.revision),
            ))
            .execute(tx.conn)?;
        tx.deleted(&task)?;
    }
    Ok(())
}

/// Takes the tasks out of the trash that went there together with whatever has the id `root`.
///
/// # Errors
/// What the database answers.
pub fn restore_with(tx: &mut Tx<'_>, root: Id) -> Result<Vec<Task>, Problem> {
    let ids: Vec<Id> = tasks::table
        .filter(tasks::team_id.eq(tx.team.id()))
        .filter(tasks::trash_root_id.eq(root))
        .order(tasks::number)
        .select(tasks::id)
        .load(tx.conn)?;
    let mut restored = Vec::with_capacity(ids.len());
    for id in ids {
        let task: Task = diesel::update(tasks::table.find((tx.team.id(), id)))
            .set((
                tasks::deleted_at.eq(None::<Instant>),
                tasks::trash_root_id.eq(None::<Id>),
                tasks::updated_at.eq(tx.now),
                tasks::version.eq(tx.revision),
            ))
            .returning(columns::<Task>())
            .get_result(tx.conn)?;
        tx.restored(&task)?;
        restored.push(task);
    }
    Ok(restored)
}
