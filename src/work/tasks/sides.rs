//! The side tables of a task: its labels and participants once more, as rows.
//!
//! The surprising rule: the task's own columns are what is shown; the rows are for filters, and so that the database
//! checks the members. Nobody but [`super::write`] and [`super::make`] writes them.

use diesel::prelude::*;

use super::model::Task;
use crate::access::Tx;
use crate::http::Problem;
use crate::schema::{task_labels, task_participants};

pub(super) fn write_labels(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
    diesel::delete(
        task_labels::table
            .filter(task_labels::team_id.eq(task.team_id))
            .filter(task_labels::task_id.eq(task.id)),
    )
    .execute(tx.conn)?;
    insert_labels(tx, task)
}

pub(super) fn insert_labels(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
    for label in &task.labels.0.0 {
        diesel::insert_into(task_labels::table)
            .values((
                task_labels::team_id.eq(task.team_id),
                task_labels::task_id.eq(task.id),
                task_labels::label.eq(label),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

pub(super) fn write_participants(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
    diesel::delete(
        task_participants::table
            .filter(task_participants::team_id.eq(task.team_id))
            .filter(task_participants::task_id.eq(task.id)),
    )
    .execute(tx.conn)?;
    insert_participants(tx, task)
}

pub(super) fn insert_participants(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
    for participant in &task.participants.0.0 {
        diesel::insert_into(task_participants::table)
            .values((
                task_participants::team_id.eq(task.team_id),
                task_participants::task_id.eq(task.id),
                task_participants::member_id.eq(participant.member_id),
                task_participants::role.eq(participant.role),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}
