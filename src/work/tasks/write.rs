//! How tasks change: the one door for handlers, batches, imports and delegations.
//!
//! The surprising rule: everything that changes a task goes through [`apply`], so the row, its side tables, its
//! version and its journal line cannot part.

use diesel::prelude::*;

use super::model::{Task, TaskPatch, search_text};
use super::queries::{Hindrance, check_holder, hindrances};
use super::settle::{check_may_name, check_not_delegated, settle};
use super::sides::{write_labels, write_participants};
use crate::access::Tx;
use crate::db::position::Position;
use crate::db::rows::columns;
use crate::db::{Id, Json};
use crate::http::text::Note;
use crate::http::{Problem, Refused};
use crate::schema::tasks;
use crate::work::delegations::rules::DelegationState;
use crate::work::task_status::TaskStatus;

/// Whether predecessors that are not ready hold a task back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// They do.
    #[default]
    WhenReady,
    /// They do not, and the journal says so.
    Forced,
}

/// Changes a task, as the caller.
///
/// # Errors
/// As [`create`]; `invalid_transition`, also when predecessors hold the task back; `still_referenced` when an
/// active delegation decides what is to change.
pub fn update(
    tx: &mut Tx<'_>,
    before: Task,
    patch: TaskPatch,
    start: Start,
) -> Result<Task, Problem> {
    let assignee_id = patch.assignee_id.unwrap_or(before.assignee_id);
    let moves_assignee = assignee_id != before.assignee_id;
    let accountable_id = patch.accountable_id.unwrap_or(before.accountable_id);
    let moves_accountable = accountable_id != before.accountable_id;
    if moves_accountable {
        check_may_name(tx, Some(before.accountable_id), Some(accountable_id))?;
    }
    if moves_assignee {
        check_may_name(tx, before.assignee_id, assignee_id)?;
    }
    let mut refused = Refused::default();
    if moves_accountable {
        refused.note(check_holder(tx, accountable_id, "/accountable_id"))?;
    }
    if let Some(named) = assignee_id.filter(|_| moves_assignee) {
        refused.note(check_holder(tx, named, "/assignee_id"))?;
    }
    let patch = settle(tx, &before, patch, refused)?;
    if moves_assignee {
        check_not_delegated(tx, &before, |_| true)?;
    }
    if patch.status == Some(TaskStatus::Done) && before.status != TaskStatus::Done {
        check_not_delegated(tx, &before, DelegationState::is_held)?;
    }
    apply(tx, before, &patch, start)
}

/// Hands a task to another assignee, or to nobody, as a delegation decides it. Who may, was asked there.
///
/// # Errors
/// What the database answers.
pub fn hand_to(tx: &mut Tx<'_>, task: Task, assignee: Option<Id>) -> Result<Task, Problem> {
    let patch = TaskPatch {
        assignee_id: Some(assignee),
        ..TaskPatch::default()
    };
    apply(tx, task, &patch, Start::WhenReady)
}

/// Puts `successor` in the place of a member who leaves, as the departure decides it: as the accountable, but not
/// as the assignee, for work is nobody's until somebody takes it.
///
/// # Errors
/// What the database answers.
pub fn take_over(tx: &mut Tx<'_>, task: Task, leaver: Id, successor: Id) -> Result<Task, Problem> {
    let patch = TaskPatch {
        accountable_id: (task.accountable_id == leaver).then_some(successor),
        assignee_id: (task.assignee_id == Some(leaver)).then_some(None),
        ..TaskPatch::default()
    };
    apply(tx, task, &patch, Start::WhenReady)
}

/// Takes a member who leaves off a task's participants.
///
/// # Errors
/// What the database answers.
pub fn without_participant(tx: &mut Tx<'_>, task: Task, leaver: Id) -> Result<Task, Problem> {
    let mut participants = task.participants.0.clone();
    participants.0.retain(|one| one.member_id != leaver);
    let patch = TaskPatch {
        participants: Some(Json(participants)),
        ..TaskPatch::default()
    };
    apply(tx, task, &patch, Start::WhenReady)
}

/// Takes a task all the way to a status, each step one of the table and journaled, as a delegation decides it.
/// The last status gets `reason`. Predecessors hold the task back here too.
///
/// # Errors
/// `invalid_transition`.
pub fn walk_to(
    tx: &mut Tx<'_>,
    task: Task,
    to: TaskStatus,
    reason: Option<Note>,
) -> Result<Task, Problem> {
    let steps = task.status.steps_to(to).map_err(refuse_step)?;
    let mut task = task;
    for step in steps {
        let patch = TaskPatch {
            status: Some(*step),
            status_reason: Some(reason.clone().filter(|_| *step == to)),
            ..TaskPatch::default()
        };
        task = apply(tx, task, &patch, Start::WhenReady)?;
    }
    Ok(task)
}

/// Puts a task between its neighbours on the board: this row changes and no other.
///
/// # Errors
/// What the database answers.
pub fn put_at(tx: &mut Tx<'_>, before: Task, position: Position) -> Result<Task, Problem> {
    let after = diesel::update(tasks::table.find((tx.team.id(), before.id)))
        .set((
            tasks::position.eq(position),
            tasks::updated_at.eq(tx.now),
            tasks::version.eq(tx.revision),
        ))
        .returning(columns::<Task>())
        .get_result(tx.conn)?;
    stands(tx, before, after)
}

/// Writes a patch whose fields are settled: the transition, the row, the side tables, the journal.
fn apply(tx: &mut Tx<'_>, before: Task, patch: &TaskPatch, start: Start) -> Result<Task, Problem> {
    let to = patch.status.unwrap_or(before.status);
    let completed_at = match to {
        TaskStatus::Done if before.status == to => before.completed_at,
        TaskStatus::Done => Some(tx.now),
        _ => None,
    };
    let mut override_note = None;
    if to != before.status {
        before.status.next(to).map_err(refuse_step)?;
        let in_the_way = hindrances(tx, &before, to)?;
        match start {
            _ if in_the_way.is_empty() => {}
            Start::WhenReady => return Err(held_back(&before, to, &in_the_way)),
            Start::Forced => override_note = Some(forced(to, &in_the_way)),
        }
    }
    let search = search_text(
        patch.title.as_ref().unwrap_or(&before.title).as_str(),
        patch
            .description
            .as_ref()
            .unwrap_or(&before.description)
            .as_str(),
        patch
            .external_id
            .as_ref()
            .unwrap_or(&before.external_id)
            .as_ref(),
    );
    let after = diesel::update(tasks::table.find((tx.team.id(), before.id)))
        .set((
            patch,
            tasks::search.eq(search),
            tasks::completed_at.eq(completed_at),
            tasks::updated_at.eq(tx.now),
            tasks::version.eq(tx.revision),
        ))
        .returning(columns::<Task>())
        .get_result::<Task>(tx.conn)?;
    if after.labels != before.labels {
        write_labels(tx, &after)?;
    }
    if after.participants != before.participants {
        write_participants(tx, &after)?;
    }
    let said = tx.note.clone();
    if let Some(note) = override_note {
        tx.say(note);
    }
    let task = stands(tx, before, after);
    tx.note = said;
    task
}

/// Journals a change and answers the record that stands. Where nothing differs, the row gets its version back:
/// the transaction may go on with other tasks.
fn stands(tx: &mut Tx<'_>, before: Task, after: Task) -> Result<Task, Problem> {
    let written = after.version;
    let task = tx.change(before, after)?;
    if task.version != written {
        diesel::update(tasks::table.find((tx.team.id(), task.id)))
            .set((
                tasks::updated_at.eq(task.updated_at),
                tasks::version.eq(task.version),
            ))
            .execute(tx.conn)?;
    }
    Ok(task)
}

fn refuse_step(refusal: crate::work::task_status::NotAllowed) -> Problem {
    let allowed: Vec<&str> = refusal.allowed.iter().map(|one| one.as_str()).collect();
    Problem::transition(refusal.from.as_str(), refusal.to.as_str(), &allowed)
}

fn held_back(task: &Task, to: TaskStatus, in_the_way: &[Hindrance]) -> Problem {
    let allowed: Vec<&str> = task
        .status
        .allowed()
        .iter()
        .filter(|status| **status != to)
        .map(|status| status.as_str())
        .collect();
    Problem::transition(task.status.as_str(), to.as_str(), &allowed)
        .detail(format!(
            "The predecessors {} do not allow {to} yet; force=true overrides that.",
            keys(in_the_way)
        ))
        .member("predecessors", in_the_way)
}

fn forced(to: TaskStatus, in_the_way: &[Hindrance]) -> String {
    format!(
        "Forced: {to} although the predecessors {} do not allow it yet.",
        keys(in_the_way)
    )
}

/// The keys, shortened to what a journal line holds.
fn keys(in_the_way: &[Hindrance]) -> String {
    let named: Vec<String> = in_the_way
        .iter()
        .take(20)
        .map(|one| one.key.to_string())
        .collect();
    match in_the_way.len().saturating_sub(named.len()) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
