//! What is asked of the tasks of a team.

use std::collections::{BTreeSet, HashSet};
use std::str::FromStr;

use diesel::prelude::*;

use super::model::{Participant, Task, TaskKey, TasksById};
use super::rules::MAX_DEPTH;
use crate::access::{Permission, Reading, Sight, TeamId, TeamScope};
use crate::db::position::Position;
use crate::db::{Id, MultiBackend};
use crate::http::moves::Side;
use crate::http::{FieldError, Problem};
use crate::people;
use crate::schema::{members, task_dependencies, tasks};
use crate::work::dependencies::DependencyType;
use crate::work::task_status::TaskStatus;

/// How many ids one query names at most.
const CHUNK: usize = 1_000;

/// The tasks of the team that are in use: where every query of tasks begins.
#[must_use]
pub fn in_team(team: TeamId) -> tasks::BoxedQuery<'static, MultiBackend> {
    tasks::table
        .filter(tasks::team_id.eq(team.id()))
        .filter(tasks::deleted_at.is_null())
        .into_boxed()
}

/// The same for all teams in sight.
pub(super) fn in_sight(sight: &Sight<'_>) -> tasks::BoxedQuery<'static, MultiBackend> {
    tasks::table
        .filter(tasks::team_id.eq_any(sight.teams(Permission::TaskRead)))
        .filter(tasks::deleted_at.is_null())
        .into_boxed()
}

/// Those of these tasks that are in sight.
///
/// # Errors
/// What the database answers.
pub fn these(sight: &mut Sight<'_>, ids: BTreeSet<Id>) -> Result<TasksById, Problem> {
    TasksById::of(ids, |ids| {
        in_sight(sight)
            .filter(tasks::id.eq_any(ids))
            .select((tasks::id, Task::as_select()))
            .load(sight.conn)
    })
}

/// How an address names a task: by its id, or by its key in capitals or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskName {
    /// The id.
    Id(Id),
    /// The key, `K8S-12`.
    Key(TaskKey),
}

impl From<Id> for TaskName {
    fn from(id: Id) -> Self {
        Self::Id(id)
    }
}

/// The text names no task.
#[derive(Debug, thiserror::Error)]
#[error("Neither a UUID nor a key such as K8S-12.")]
pub struct NotATaskName;

impl FromStr for TaskName {
    type Err = NotATaskName;

    fn from_str(text: &str) -> Result<Self, NotATaskName> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let (team, number) = text.split_once('-').ok_or(NotATaskName)?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit()) && number.len() < 16;
        match number.parse() {
            Ok(number) if is_number => Ok(Self::Key(TaskKey {
                team: team.to_owned(),
                number,
            })),
            _ => Err(NotATaskName),
        }
    }
}

/// The task that a part of the address names.
///
/// # Errors
/// `not_found` when it can be no task's name.
pub fn named(scope: &TeamScope, part: &str) -> Result<TaskName, Problem> {
    scope.part(part).parse().map_err(|_| Problem::not_found())
}

/// The task with this id or key.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, name: impl Into<TaskName>) -> Result<Task, Problem> {
    match name.into() {
        TaskName::Id(id) => Ok(in_team(reading.team)
            .filter(tasks::id.eq(id))
            .select(Task::as_select())
            .first(reading.conn)?),
        TaskName::Key(key) => {
            let task = in_team(reading.team)
                .filter(tasks::number.eq(key.number))
                .select(Task::as_select())
                .first(reading.conn)?;
            if task.key.team.eq_ignore_ascii_case(&key.team) {
                Ok(task)
            } else {
                Err(Problem::not_found())
            }
        }
    }
}

/// Refuses an id in the body that names no task of the team.
///
/// # Errors
/// `validation_failed` at `pointer`.
pub fn check_reference(reading: &mut Reading<'_>, id: Id, pointer: &str) -> Result<(), Problem> {
    let found: Option<Id> = in_team(reading.team)
        .filter(tasks::id.eq(id))
        .select(tasks::id)
        .first(reading.conn)
        .optional()?;
    match found {
        Some(_) => Ok(()),
        None => Err(Problem::field(
            pointer,
            "unknown_reference",
            "There is no such task in this team.",
        )),
    }
}

/// Refuses an id in the body that names nobody who can hold a task: a guest cannot.
///
/// # Errors
/// `validation_failed` at `pointer`.
pub fn check_holder(reading: &mut Reading<'_>, id: Id, pointer: &str) -> Result<(), Problem> {
    let wrong = people::members::refuse_guest(reading, id, pointer, "A guest cannot hold a task.")?;
    wrong.map_or(Ok(()), |error| Err(Problem::fields(vec![error])))
}

/// Refuses participants who are no members of the team.
///
/// # Errors
/// `validation_failed`, each at its pointer.
pub fn check_participants(
    reading: &mut Reading<'_>,
    participants: &[Participant],
) -> Result<(), Problem> {
    if participants.is_empty() {
        return Ok(());
    }
    let wanted: Vec<Id> = participants.iter().map(|one| one.member_id).collect();
    let found: HashSet<Id> = people::members::in_team(reading.team)
        .filter(members::id.eq_any(wanted))
        .select(members::id)
        .load(reading.conn)?
        .into_iter()
        .collect();
    let errors: Vec<FieldError> = participants
        .iter()
        .enumerate()
        .filter(|(_, one)| !found.contains(&one.member_id))
        .map(|(index, _)| {
            FieldError::body(
                format!("/participants/{index}/member_id"),
                "unknown_reference",
                "There is no such member in this team.",
            )
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::fields(errors))
    }
}

/// Refuses a parent that is no task of the team, that is below the task, or that would put the task or its
/// subtasks too deep. `task` is `None` for a new one.
///
/// # Errors
/// `validation_failed` at `/parent_id`.
pub fn check_parent(
    reading: &mut Reading<'_>,
    task: Option<Id>,
    parent: Id,
) -> Result<(), Problem> {
    check_reference(reading, parent, "/parent_id")?;
    let above = line_above(reading, parent)?;
    if task.is_some_and(|task| above.contains(&task)) {
        return Err(Problem::field(
            "/parent_id",
            "cycle",
            "A task is no part of itself or of what is below it.",
        ));
    }
    let own = match task {
        Some(task) => below(reading, task)?.len().saturating_add(1),
        None => 1,
    };
    if above.len().saturating_add(own) > MAX_DEPTH {
        return Err(Problem::field(
            "/parent_id",
            "too_deep",
            format!("At most {MAX_DEPTH} levels of tasks."),
        ));
    }
    Ok(())
}

/// The task and what it is a part of, upward.
fn line_above(reading: &mut Reading<'_>, task: Id) -> Result<Vec<Id>, Problem> {
    let mut line = vec![task];
    let mut at = task;
    while line.len() <= MAX_DEPTH {
        let parent: Option<Id> = tasks::table
            .find((reading.team.id(), at))
            .select(tasks::parent_id)
            .first(reading.conn)?;
        let Some(parent) = parent else { break };
        line.push(parent);
        at = parent;
    }
    Ok(line)
}

/// The ids of what is below a task, level by level; the trash counts, for it may come back.
fn below(reading: &mut Reading<'_>, task: Id) -> Result<Vec<Vec<Id>>, Problem> {
    let mut levels: Vec<Vec<Id>> = Vec::new();
    let mut parents = vec![task];
    while levels.len() < MAX_DEPTH {
        let mut children: Vec<Id> = Vec::new();
        for some in parents.chunks(CHUNK) {
            children.extend(
                tasks::table
                    .filter(tasks::team_id.eq(reading.team.id()))
                    .filter(tasks::parent_id.eq_any(some.to_vec()))
                    .select(tasks::id)
                    .load::<Id>(reading.conn)?,
            );
        }
        if children.is_empty() {
            break;
        }
        levels.push(children.clone());
        parents = children;
    }
    Ok(levels)
}

/// The tasks below a task that are in use, those nearer to it first.
///
/// # Errors
/// What the database answers.
pub fn subtasks(reading: &mut Reading<'_>, task: Id) -> Result<Vec<Task>, Problem> {
    let mut found: Vec<Task> = Vec::new();
    let mut parents = vec![task];
    while !parents.is_empty() {
        let mut children: Vec<Task> = Vec::new();
        for some in parents.chunks(CHUNK) {
            children.extend(
                in_team(reading.team)
                    .filter(tasks::parent_id.eq_any(some.to_vec()))
                    .order(tasks::number)
                    .select(Task::as_select())
                    .load::<Task>(reading.conn)?,
            );
        }
        parents = children.iter().map(|child| child.id).collect();
        found.extend(children);
    }
    Ok(found)
}

/// The position next to `position`, on this side; the trash counts, for it may come back. `moving` is not looked at.
///
/// # Errors
/// What the database answers.
pub fn neighbour(
    reading: &mut Reading<'_>,
    side: Side,
    position: &Position,
    moving: Id,
) -> Result<Option<Position>, Problem> {
    let query = tasks::table
        .filter(tasks::team_id.eq(reading.team.id()))
        .filter(tasks::id.ne(moving))
        .select(tasks::position)
        .into_boxed();
    let query = match side {
        Side::Before => query
            .filter(tasks::position.lt(position))
            .order(tasks::position.desc()),
        Side::After => query
            .filter(tasks::position.gt(position))
            .order(tasks::position.asc()),
    };
    Ok(query.first(reading.conn).optional()?)
}

/// A predecessor that does not allow the next status yet.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Hindrance {
    /// The predecessor.
    pub id: Id,
    /// Its key.
    pub key: TaskKey,
    /// How the task depends on it.
    #[serde(rename = "type")]
    pub kind: DependencyType,
    /// Where it stands.
    pub status: TaskStatus,
}

/// The predecessors that do not allow `task` to become `to` yet.
///
/// # Errors
/// What the database answers.
pub fn hindrances(
    reading: &mut Reading<'_>,
    task: &Task,
    to: TaskStatus,
) -> Result<Vec<Hindrance>, Problem> {
    if !DependencyType::ALL
        .iter()
        .any(|kind| kind.guards(task.status, to))
    {
        return Ok(Vec::new());
    }
    let mut rows: Vec<(DependencyType, Id, i64, TaskStatus)> = task_dependencies::table
        .inner_join(
            tasks::table.on(tasks::team_id
                .eq(task_dependencies::team_id)
                .and(tasks::id.eq(task_dependencies::predecessor_id))),
        )
        .filter(task_dependencies::team_id.eq(reading.team.id()))
        .filter(task_dependencies::task_id.eq(task.id))
        .filter(tasks::deleted_at.is_null())
        .select((
            task_dependencies::kind,
            tasks::id,
            tasks::number,
            tasks::status,
        ))
        .load(reading.conn)?;
    // Not by the database: asked for this order, SQLite walks the numbers of all the team's tasks.
    rows.sort_by_key(|(_, _, number, _)| *number);
    Ok(rows
        .into_iter()
        .filter(|(kind, _, _, status)| {
            kind.guards(task.status, to) && !kind.is_satisfied_by(*status)
        })
        .map(|(kind, id, number, status)| Hindrance {
            id,
            key: TaskKey {
                team: task.key.team.clone(),
                number,
            },
            kind,
            status,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::TaskName;
    use crate::work::tasks::model::TaskKey;

    #[test]
    fn a_name_is_an_id_or_a_key() {
        let key = |text: &str| match text.parse() {
            Ok(TaskName::Key(TaskKey { team, number })) => Some((team, number)),
            _ => None,
        };
        assert_eq!(key("k8s-12"), Some(("k8s".to_owned(), 12)));
        for text in [
            "K8S",
            "K8S-",
            "K8S--1",
            "K8S-+1",
            "K8S-1e3",
            "K8S-99999999999999999999",
        ] {
            assert_eq!(key(text), None, "{text}");
        }
        assert!(matches!(
            "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55".parse(),
            Ok(TaskName::Id(_))
        ));
    }
}
