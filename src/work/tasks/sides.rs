//! The side tables of a task: its labels and participants once more, as rows.
//!
//! The surprising rule: the task's own columns are what is shown; the rows are for filters, and so that the database
//! checks the members. Nobody but [`super::write`] and [`super::make`] writes them.

use diesel::prelude::*;

use super::model::{Label, ParticipantRole, Task};
use crate::access::Tx;
use crate::db::Id;
use crate::http::Problem;
use crate::insert_all;
use crate::schema::{task_labels, task_participants};

pub(super) fn write_labels(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
    diesel::delete(
        task_labels::table
            .filter(task_labels::team_id.eq(task.team_id))
            .filter(task_labels::task_id.eq(task.id)),
    )
    .execute(tx.conn)?;
    insert_labels(tx, std::slice::from_ref(task))
}

pub(super) fn insert_labels(tx: &mut Tx<'_>, tasks: &[Task]) -> Result<(), Problem> {
    let rows: Vec<LabelRow<'_>> = tasks
        .iter()
        .flat_map(|task| {
            task.labels.0.0.iter().map(|label| LabelRow {
                team_id: task.team_id,
                task_id: task.id,
                label,
            })
        })
        .collect();
    insert_all!(&mut *tx.conn, task_labels::table, rows.as_slice());
    Ok(())
}

pub(super) fn write_participants(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
    diesel::delete(
        task_participants::table
            .filter(task_participants::team_id.eq(task.team_id))
            .filter(task_participants::task_id.eq(task.id)),
    )
    .execute(tx.conn)?;
    insert_participants(tx, std::slice::from_ref(task))
}

pub(super) fn insert_participants(tx: &mut Tx<'_>, tasks: &[Task]) -> Result<(), Problem> {
    let rows: Vec<ParticipantRow> = tasks
        .iter()
        .flat_map(|task| {
            task.participants.0.0.iter().map(|one| ParticipantRow {
                team_id: task.team_id,
                task_id: task.id,
                member_id: one.member_id,
                role: one.role,
            })
        })
        .collect();
    insert_all!(&mut *tx.conn, task_participants::table, rows.as_slice());
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = task_labels)]
struct LabelRow<'a> {
    team_id: Id,
    task_id: Id,
    label: &'a Label,
}

#[derive(Insertable)]
#[diesel(table_name = task_participants)]
struct ParticipantRow {
    team_id: Id,
    task_id: Id,
    member_id: Id,
    role: ParticipantRole,
}
