//! How tasks are made: one by one, or many at once.

use diesel::prelude::*;

use super::model::{NewTask, Task, TaskKey, search_text};
use super::queries::{self, check_holder, check_parent};
use super::rules::{check_labels, check_participants, check_period};
use super::settle::{check_external_id, check_may_name, home};
use super::sides::{insert_labels, insert_participants};
use crate::access::{Reading, Tx};
use crate::db::position::Position;
use crate::db::rows::Steady;
use crate::db::{Id, Json};
use crate::http::text::Note;
use crate::http::{Problem, Refused};
use crate::insert_all;
use crate::outreach::events;
use crate::schema::{tasks, teams};
use crate::work::task_status::TaskStatus;

/// Makes a task, as the caller.
///
/// # Errors
/// `validation_failed`, each field at its pointer; `insufficient_role` when it names others;
/// `already_exists` for its external id.
pub fn create(tx: &mut Tx<'_>, new: NewTask) -> Result<Task, Problem> {
    let accountable_id = new.accountable_id.unwrap_or(tx.me.member_id);
    for named in [Some(accountable_id), new.assignee_id] {
        check_may_name(tx, None, named)?;
    }
    let mut refused = Refused::default();
    refused.field(check_period(new.starts_on, new.due_on));
    refused.field(check_labels(&new.labels.0));
    refused.field(check_participants(&new.participants.0));
    refused.note(queries::check_participants(tx, &new.participants.0))?;
    if let Some(named) = new.accountable_id {
        refused.note(check_holder(tx, named, "/accountable_id"))?;
    }
    if let Some(named) = new.assignee_id {
        refused.note(check_holder(tx, named, "/assignee_id"))?;
    }
    if let Some(parent) = new.parent_id {
        refused.note(check_parent(tx, None, parent))?;
    }
    let campaign_id = home(
        tx,
        &mut refused,
        new.campaign_id.map(Some),
        None,
        new.milestone_id,
    )?;
    if let Some(event) = new.event_id {
        refused.note(events::check_reference(tx, event, "/event_id"))?;
    }
    refused.verdict()?;
    if let Some(external_id) = &new.external_id {
        check_external_id(tx, external_id)?;
    }
    let checked = Checked {
        campaign_id,
        accountable_id,
        status: TaskStatus::Todo,
        new,
    };
    create_all(tx, vec![checked])?
        .pop()
        .ok_or_else(|| Problem::internal("a task was made and is not there"))
}

/// A new task of which every field and reference was checked.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The campaign it belongs to in the end.
    pub campaign_id: Option<Id>,
    /// Who answers for it in the end.
    pub accountable_id: Id,
    /// Where it stands: what comes from elsewhere need not begin at the beginning.
    pub status: TaskStatus,
    /// The rest.
    pub new: NewTask,
}

/// Makes tasks that were checked, in their order. Numbers and places are taken once for all of them.
///
/// # Errors
/// What the database answers.
pub fn create_all(tx: &mut Tx<'_>, checked: Vec<Checked>) -> Result<Vec<Task>, Problem> {
    let mut made = Vec::with_capacity(checked.len());
    if checked.is_empty() {
        return Ok(made);
    }
    let mut last = at_the_end(tx)?;
    let (team_key, mut number) = take_numbers(tx, checked.len())?;
    for Checked {
        campaign_id,
        accountable_id,
        status,
        new,
    } in checked
    {
        number = number.saturating_add(1);
        let key = TaskKey {
            team: team_key.clone(),
            number,
        };
        let position = behind(last.as_ref())?;
        last = Some(position.clone());
        let status_reason = status
            .needs_reason()
            .then(|| Note::new("It was so where it came from."))
            .transpose()
            .map_err(Problem::internal)?;
        let task = Task {
            team_id: tx.team.id(),
            id: Id::new(),
            number,
            search: search_text(
                new.title.as_str(),
                new.description.as_str(),
                new.external_id.as_ref(),
            ),
            key,
            title: new.title,
            description: new.description,
            campaign_id,
            milestone_id: new.milestone_id,
            event_id: new.event_id,
            parent_id: new.parent_id,
            starts_on: new.starts_on,
            due_on: new.due_on,
            estimate_minutes: new.estimate_minutes,
            remaining_minutes: new.remaining_minutes,
            priority: new.priority,
            labels: Json(new.labels),
            participants: Json(new.participants),
            accountable_id,
            assignee_id: new.assignee_id,
            status,
            status_reason,
            position,
            external_id: new.external_id,
            created_at: tx.now,
            updated_at: tx.now,
            completed_at: (status == TaskStatus::Done).then_some(tx.now),
            version: tx.revision,
            deleted_at: None,
            trash_root_id: None,
        };
        made.push(task);
    }
    insert_all!(&mut *tx.conn, tasks::table, made.as_slice());
    insert_labels(tx, &made)?;
    insert_participants(tx, &made)?;
    tx.created_all(&made)?;
    Ok(made)
}

/// The last place that is taken; the trash counts, for it may come back.
fn at_the_end(reading: &mut Reading<'_>) -> Result<Option<Position>, Problem> {
    Ok(tasks::table
        .filter(tasks::team_id.eq(reading.team.id()))
        .order((tasks::position.desc(), tasks::id.desc()))
        .select(tasks::position)
        .first(reading.conn)
        .optional()?)
}

fn behind(last: Option<&Position>) -> Result<Position, Problem> {
    Position::between(last, None).ok_or_else(|| Problem::internal("no position is left at the end"))
}

/// Takes the next `count` numbers: the team's key, and the number before the first of them.
fn take_numbers(tx: &mut Tx<'_>, count: usize) -> Result<(String, i64), Problem> {
    let team_id = tx.team.id();
    let count = i64::try_from(count).map_err(Problem::internal)?;
    let (key, last): (String, i64) = Steady(
        diesel::update(teams::table.find(team_id))
            .set(teams::last_task_number.eq(teams::last_task_number + count))
            .returning((teams::key, teams::last_task_number)),
    )
    .get_result(tx.conn)?;
    Ok((key, last.saturating_sub(count)))
}
