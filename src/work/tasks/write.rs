//! How tasks change: the one door for handlers, batches, imports and delegations.
//!
//! The surprising rule: everything that changes a task goes through [`apply`], so the row, its side tables, its
//! version and its journal line cannot part.

use diesel::prelude::*;
use serde_json::json;

use super::model::{ExternalId, NewTask, Task, TaskKey, TaskPatch};
use super::queries;
use super::queries::{Hindrance, check_holder, check_parent, hindrances, subtasks};
use super::rules::{Refused, check_labels, check_participants, check_period};
use crate::access::{Permission, Reading, Tx};
use crate::db::rows::{columns, fold};
use crate::db::{Id, Instant, Json};
use crate::http::text::Note;
use crate::http::{Code, FieldError, Problem};
use crate::outreach::{campaigns, milestones};
use crate::schema::{delegations, task_labels, task_participants, tasks, teams};
use crate::work::delegations::rules::DelegationState;
use crate::work::position::Position;
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
                &key,
                new.external_id.as_ref(),
            ),
            key,
            title: new.title,
            description: new.description,
            campaign_id,
            milestone_id: new.milestone_id,
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
        diesel::insert_into(tasks::table)
            .values(&task)
            .execute(tx.conn)?;
        insert_labels(tx, &task)?;
        insert_participants(tx, &task)?;
        tx.created(&task)?;
        made.push(task);
    }
    Ok(made)
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

/// Names of others need the permission to assign; to take a task oneself is free, and so is to put it down.
fn check_may_name(tx: &Tx<'_>, before: Option<Id>, named: Option<Id>) -> Result<(), Problem> {
    let me = Some(tx.me.member_id);
    if named == me || (named.is_none() && (before == me || before.is_none())) {
        Ok(())
    } else {
        tx.require(Permission::TaskAssign)
    }
}

/// The rules between the fields of a task that changes; what follows from them is added to the patch.
fn settle(
    tx: &mut Tx<'_>,
    before: &Task,
    mut patch: TaskPatch,
    mut refused: Refused,
) -> Result<TaskPatch, Problem> {
    refused.field(check_period(
        patch.starts_on.unwrap_or(before.starts_on),
        patch.due_on.unwrap_or(before.due_on),
    ));
    if let Some(Json(labels)) = &patch.labels {
        refused.field(check_labels(&labels.0));
    }
    if let Some(Json(participants)) = &patch.participants
        && *participants != before.participants.0
    {
        refused.field(check_participants(&participants.0));
        refused.note(queries::check_participants(tx, &participants.0))?;
    }
    if let Some(Some(parent)) = patch.parent_id
        && before.parent_id != Some(parent)
    {
        refused.note(check_parent(tx, Some(before.id), parent))?;
    }
    if patch.campaign_id.is_some() || patch.milestone_id.is_some() {
        let campaign_id = home(
            tx,
            &mut refused,
            patch.campaign_id,
            before.campaign_id,
            patch.milestone_id.unwrap_or(before.milestone_id),
        )?;
        patch.campaign_id = Some(campaign_id);
    }
    refused.field(settle_reason(before, &mut patch));
    refused.verdict()?;
    if let Some(Some(external_id)) = &patch.external_id
        && before.external_id.as_ref() != Some(external_id)
    {
        check_external_id(tx, external_id)?;
    }
    Ok(patch)
}

/// A reason belongs to one status: the next one begins without, and `blocked` needs one.
fn settle_reason(before: &Task, patch: &mut TaskPatch) -> Option<FieldError> {
    let status = patch.status.unwrap_or(before.status);
    if status != before.status && patch.status_reason.is_none() {
        patch.status_reason = Some(None);
    }
    let has_reason = patch
        .status_reason
        .as_ref()
        .unwrap_or(&before.status_reason)
        .is_some();
    (status.needs_reason() && !has_reason).then(|| {
        FieldError::body(
            "/status_reason",
            "required",
            format!("A task that is {status} says why."),
        )
    })
}

/// The campaign that a task belongs to in the end: what was asked for, or its milestone's.
fn home(
    reading: &mut Reading<'_>,
    refused: &mut Refused,
    asked: Option<Option<Id>>,
    before: Option<Id>,
    milestone: Option<Id>,
) -> Result<Option<Id>, Problem> {
    if let Some(Some(campaign)) = asked
        && before != Some(campaign)
    {
        refused.note(campaigns::check_reference(
            reading,
            campaign,
            "/campaign_id",
        ))?;
    }
    let Some(milestone) = milestone else {
        return Ok(asked.unwrap_or(before));
    };
    match milestones::check_reference(reading, milestone, "/milestone_id") {
        Ok(its_own) if asked.is_none() && before.is_none() => Ok(Some(its_own)),
        Ok(its_own) if asked.unwrap_or(before) == Some(its_own) => Ok(Some(its_own)),
        Ok(its_own) => {
            refused.field(Some(
                FieldError::body(
                    "/milestone_id",
                    "other_campaign",
                    "The milestone belongs to another campaign than the task.",
                )
                .with(json!({"campaign_id": its_own})),
            ));
            Ok(None)
        }
        Err(problem) => {
            refused.note(Err(problem))?;
            Ok(None)
        }
    }
}

/// An external id names one task of the team, be it in the trash.
fn check_external_id(reading: &mut Reading<'_>, external_id: &ExternalId) -> Result<(), Problem> {
    let found: Option<Task> = tasks::table
        .filter(tasks::team_id.eq(reading.team.id()))
        .filter(tasks::external_id.eq(external_id))
        .select(Task::as_select())
        .first(reading.conn)
        .optional()?;
    let Some(task) = found else { return Ok(()) };
    let place = if task.deleted_at.is_some() {
        " in the trash"
    } else {
        ""
    };
    Err(Problem::new(Code::AlreadyExists)
        .detail(format!(
            "The task {}{place} has this external_id already.",
            task.key
        ))
        .member("pointer", "/external_id")
        .member("task_id", task.id)
        .member("key", &task.key))
}

/// While a delegation is active, it decides who does the task and when it is finished.
fn check_not_delegated(
    reading: &mut Reading<'_>,
    task: &Task,
    counts: impl Fn(DelegationState) -> bool,
) -> Result<(), Problem> {
    let active: Vec<DelegationState> = DelegationState::ALL
        .iter()
        .copied()
        .filter(|state| state.is_active() && counts(*state))
        .collect();
    let found: Option<(Id, DelegationState)> = delegations::table
        .filter(delegations::team_id.eq(reading.team.id()))
        .filter(delegations::task_id.eq(task.id))
        .filter(delegations::state.eq_any(active))
        .order((delegations::created_at, delegations::id))
        .select((delegations::id, delegations::state))
        .first(reading.conn)
        .optional()?;
    match found {
        None => Ok(()),
        Some((id, state)) => Err(Problem::new(Code::StillReferenced)
            .detail(format!(
                "A delegation of the task {} is {}: end it, or act on it.",
                task.key,
                state.as_str()
            ))
            .member("delegation_id", id)
            .member("delegation_state", state)),
    }
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
        &before.key,
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

fn search_text(
    title: &str,
    description: &str,
    key: &TaskKey,
    external_id: Option<&ExternalId>,
) -> String {
    let external_id = external_id.map_or("", ExternalId::as_str);
    fold(&format!("{key}\n{title}\n{external_id}\n{description}"))
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
    let (key, last): (String, i64) = diesel::update(teams::table.find(team_id))
        .set(teams::last_task_number.eq(teams::last_task_number + count))
        .returning((teams::key, teams::last_task_number))
        .get_result(tx.conn)?;
    Ok((key, last.saturating_sub(count)))
}

fn write_labels(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
    diesel::delete(
        task_labels::table
            .filter(task_labels::team_id.eq(task.team_id))
            .filter(task_labels::task_id.eq(task.id)),
    )
    .execute(tx.conn)?;
    insert_labels(tx, task)
}

fn insert_labels(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
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

fn write_participants(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
    diesel::delete(
        task_participants::table
            .filter(task_participants::team_id.eq(task.team_id))
            .filter(task_participants::task_id.eq(task.id)),
    )
    .execute(tx.conn)?;
    insert_participants(tx, task)
}

fn insert_participants(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
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
