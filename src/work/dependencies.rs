//! Dependencies: which task waits for which.
//!
//! The surprising rule: a task in the trash still counts when a circle is looked for, because it may come back; but
//! it holds nobody back and is not listed.

use std::collections::HashMap;

use actix_web::{delete, get, put};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::task_status::TaskStatus;
use super::tasks::{self, Task, TaskKey};
use crate::access::{Permission, Reading, TeamScope, Tx};
use crate::db::rows::columns;
use crate::db::{Id, Instant};
use crate::http::strict::present;
use crate::http::{Answer, Body, Code, FieldError, Int, Problem, Reply, ServiceConfig};
use crate::journal::{Journaled, Kind};
use crate::schema::{task_dependencies, tasks as rows};
use crate::text_enum;

/// How many predecessors a task may have.
const MOST_PREDECESSORS: i64 = 100;
/// How many successors.
const MOST_SUCCESSORS: i64 = 1_000;
/// How many tasks are asked about at once when a circle is looked for.
const FRONT: usize = 500;

/// Minutes between the two tasks: a year at most, either way.
pub type Lag = Int<-525_600, 525_600>;

text_enum! {
    /// What has to happen before what.
    pub enum DependencyType {
        /// The predecessor is done before the task starts.
        FinishToStart = "FS",
        /// The predecessor has started before the task starts.
        StartToStart = "SS",
        /// The predecessor is done before the task is done.
        FinishToFinish = "FF",
        /// The predecessor has started before the task is done.
        StartToFinish = "SF",
    }
}

/// How a task depends on its predecessor.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"type": "FS", "lag_minutes": 1440}))]
pub struct DependencyTerms {
    /// `FS` unless given.
    #[serde(rename = "type", default = "finish_to_start")]
    pub kind: DependencyType,
    /// Minutes to plan between the two, negative for an overlap; 0 unless given.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub lag_minutes: Option<Lag>,
}

impl DependencyTerms {
    fn lag(self) -> i64 {
        self.lag_minutes.map_or(0, Lag::get)
    }
}

const fn finish_to_start() -> DependencyType {
    DependencyType::FinishToStart
}

/// A dependency: the task waits for its predecessor.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = task_dependencies)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5b", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "predecessor_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "type": "FS", "lag_minutes": 1440, "created_at": "2024-01-08T09:00:00.000Z", "version": 14}))]
pub struct Dependency {
    /// The team.
    pub team_id: Id,
    /// The dependency's id in the journal.
    pub id: Id,
    /// The task that waits.
    pub task_id: Id,
    /// The task it waits for.
    pub predecessor_id: Id,
    /// What has to happen before what.
    #[serde(rename = "type")]
    pub kind: DependencyType,
    /// Minutes to plan between the two.
    #[schema(minimum = -525_600, maximum = 525_600)]
    pub lag_minutes: i64,
    /// When it was made.
    pub created_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// What a task waits for, and what waits for it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"predecessors": [{"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5b", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "predecessor_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "type": "FS", "lag_minutes": 1440, "created_at": "2024-01-08T09:00:00.000Z", "version": 14}], "successors": []}))]
pub struct Dependencies {
    /// What the task waits for.
    #[schema(max_items = 100)]
    pub predecessors: Vec<Dependency>,
    /// What waits for the task.
    #[schema(max_items = 1000)]
    pub successors: Vec<Dependency>,
}

/// A task of a circle.
#[derive(Debug, Serialize)]
struct Stop {
    id: Id,
    key: TaskKey,
}

impl Journaled for Dependency {
    const KIND: Kind = Kind::Dependency;

    fn id(&self) -> Id {
        self.id
    }
}

// ---------------------------------------------------------------- rules

impl DependencyType {
    /// Whether it has a say when a task goes from one status to another.
    #[must_use]
    pub fn guards(self, from: TaskStatus, to: TaskStatus) -> bool {
        match self {
            Self::FinishToStart | Self::StartToStart => {
                from == TaskStatus::Todo && to == TaskStatus::InProgress
            }
            Self::FinishToFinish | Self::StartToFinish => to == TaskStatus::Done,
        }
    }

    /// Whether a predecessor with this status lets the task go on. One that was given up holds nobody back.
    #[must_use]
    pub fn is_satisfied_by(self, predecessor: TaskStatus) -> bool {
        match self {
            _ if predecessor == TaskStatus::Cancelled => true,
            Self::FinishToStart | Self::FinishToFinish => predecessor == TaskStatus::Done,
            Self::StartToStart | Self::StartToFinish => predecessor != TaskStatus::Todo,
        }
    }
}

/// The way from `from` to `to` along `came_from`, which says for each task from which one it was reached.
fn way_back(came_from: &HashMap<Id, Id>, from: Id, to: Id) -> Vec<Id> {
    let mut way = vec![to];
    let mut at = to;
    while at != from {
        match came_from.get(&at) {
            Some(before) => {
                way.push(*before);
                at = *before;
            }
            None => break,
        }
    }
    way.reverse();
    way
}

// ---------------------------------------------------------------- queries

/// Some dependencies between tasks in use, on the side where the task is.
fn listed(
    reading: &mut Reading<'_>,
    task: Id,
    is_predecessor: bool,
) -> Result<Vec<Dependency>, Problem> {
    let query = task_dependencies::table
        .filter(task_dependencies::team_id.eq(reading.team.id()))
        .order((task_dependencies::created_at, task_dependencies::id))
        .select(Dependency::as_select())
        .into_boxed();
    let in_use = rows::table
        .filter(rows::team_id.eq(reading.team.id()))
        .filter(rows::deleted_at.is_null());
    let query = if is_predecessor {
        query
            .filter(task_dependencies::predecessor_id.eq(task))
            .filter(task_dependencies::task_id.eq_any(in_use.select(rows::id)))
    } else {
        query
            .filter(task_dependencies::task_id.eq(task))
            .filter(task_dependencies::predecessor_id.eq_any(in_use.select(rows::id)))
    };
    Ok(query.load(reading.conn)?)
}

fn find(reading: &mut Reading<'_>, task: Id, predecessor: Id) -> Result<Dependency, Problem> {
    Ok(task_dependencies::table
        .find((reading.team.id(), task, predecessor))
        .select(Dependency::as_select())
        .first(reading.conn)?)
}

/// Refuses a dependency that would close a circle: one whose predecessor waits for the task already, be it through
/// others.
fn check_no_circle(reading: &mut Reading<'_>, task: Id, predecessor: Id) -> Result<(), Problem> {
    let mut came_from: HashMap<Id, Id> = HashMap::new();
    let mut front = vec![predecessor];
    while !front.is_empty() && predecessor != task && !came_from.contains_key(&task) {
        let mut next = Vec::new();
        for part in front.chunks(FRONT) {
            let edges: Vec<(Id, Id)> = task_dependencies::table
                .filter(task_dependencies::team_id.eq(reading.team.id()))
                .filter(task_dependencies::task_id.eq_any(part.to_vec()))
                .order((task_dependencies::created_at, task_dependencies::id))
                .select((
                    task_dependencies::task_id,
                    task_dependencies::predecessor_id,
                ))
                .load(reading.conn)?;
            for (waits, waited_for) in edges {
                if waited_for != predecessor && !came_from.contains_key(&waited_for) {
                    came_from.insert(waited_for, waits);
                    next.push(waited_for);
                }
            }
        }
        front = next;
    }
    if predecessor != task && !came_from.contains_key(&task) {
        return Ok(());
    }
    let mut circle = vec![task];
    circle.extend(way_back(&came_from, predecessor, task));
    let path = stops(reading, &circle)?;
    let keys: Vec<String> = path.iter().map(|stop| stop.key.to_string()).collect();
    Err(Problem::new(Code::DependencyCycle)
        .detail(format!(
            "The tasks would wait for each other: {}.",
            keys.join(" → ")
        ))
        .member("path", path))
}

/// The tasks with their keys, in the same order; those in the trash too.
fn stops(reading: &mut Reading<'_>, ids: &[Id]) -> Result<Vec<Stop>, Problem> {
    let mut path = Vec::with_capacity(ids.len());
    for id in ids {
        let task: Task = rows::table
            .find((reading.team.id(), *id))
            .select(Task::as_select())
            .first(reading.conn)?;
        path.push(Stop {
            id: *id,
            key: task.key,
        });
    }
    Ok(path)
}

/// Refuses one more dependency where there are too many already.
fn check_room(reading: &mut Reading<'_>, task: Id, predecessor: Id) -> Result<(), Problem> {
    let in_team =
        || task_dependencies::table.filter(task_dependencies::team_id.eq(reading.team.id()));
    let predecessors = in_team()
        .filter(task_dependencies::task_id.eq(task))
        .count();
    let successors = in_team()
        .filter(task_dependencies::predecessor_id.eq(predecessor))
        .count();
    let refuse = |most: i64, what: &str| {
        Err(Problem::fields(vec![
            FieldError::parameter(
                "predecessor_id",
                "too_many",
                format!("At most {most} {what}."),
            )
            .with(json!({"max": most})),
        ]))
    };
    if predecessors.get_result::<i64>(reading.conn)? >= MOST_PREDECESSORS {
        return refuse(MOST_PREDECESSORS, "predecessors of one task");
    }
    if successors.get_result::<i64>(reading.conn)? >= MOST_SUCCESSORS {
        return refuse(MOST_SUCCESSORS, "successors of one task");
    }
    Ok(())
}

/// Makes a task wait for another, and journals it. For handlers and imports.
///
/// # Errors
/// `dependency_cycle`, `validation_failed` when there are too many.
pub fn depend(
    tx: &mut Tx<'_>,
    task: Id,
    predecessor: Id,
    terms: DependencyTerms,
) -> Result<Dependency, Problem> {
    check_no_circle(tx, task, predecessor)?;
    check_room(tx, task, predecessor)?;
    let dependency = Dependency {
        team_id: tx.team.id(),
        id: Id::new(),
        task_id: task,
        predecessor_id: predecessor,
        kind: terms.kind,
        lag_minutes: terms.lag(),
        created_at: tx.now,
        version: tx.revision,
    };
    diesel::insert_into(task_dependencies::table)
        .values(&dependency)
        .execute(tx.conn)?;
    tx.created(&dependency)?;
    Ok(dependency)
}

fn change(
    tx: &mut Tx<'_>,
    before: Dependency,
    terms: DependencyTerms,
) -> Result<Dependency, Problem> {
    let after = diesel::update(task_dependencies::table.find((
        tx.team.id(),
        before.task_id,
        before.predecessor_id,
    )))
    .set((
        task_dependencies::kind.eq(terms.kind),
        task_dependencies::lag_minutes.eq(terms.lag()),
        task_dependencies::version.eq(tx.revision),
    ))
    .returning(columns::<Dependency>())
    .get_result(tx.conn)?;
    tx.change(before, after)
}

// ---------------------------------------------------------------- handlers

/// List the dependencies of a task
///
/// What it waits for, and what waits for it; what is in the trash is left out.
#[utoipa::path(tag = "dependencies", responses((status = 200, body = Dependencies)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/dependencies")]
pub async fn list_dependencies(scope: TeamScope) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    scope
        .list(Permission::TaskRead, move |reading| {
            let task = tasks::find(reading, name)?;
            Reply::ok(&Dependencies {
                predecessors: listed(reading, task.id, false)?,
                successors: listed(reading, task.id, true)?,
            })
        })
        .await
}

/// Show a dependency
#[utoipa::path(tag = "dependencies", responses((status = 200, body = Dependency)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/dependencies/{predecessor_id}")]
pub async fn get_dependency(scope: TeamScope) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let predecessor = tasks::named(&scope, "predecessor_id")?;
    scope
        .read(Permission::TaskRead, move |reading| {
            let (task, predecessor) = (
                tasks::find(reading, name)?,
                tasks::find(reading, predecessor)?,
            );
            let dependency = find(reading, task.id, predecessor.id)?;
            Reply::record(&dependency, dependency.version)
        })
        .await
}

/// Set a dependency
///
/// Makes the task wait for the predecessor, or changes how it does. Two tasks that would wait for each other, be it
/// through others, are 409 `dependency_cycle`, and `path` names the circle. At most 100 predecessors and 1,000
/// successors.
#[utoipa::path(tag = "dependencies", request_body = DependencyTerms,
    responses((status = 200, body = Dependency), (status = 201, body = Dependency)))]
#[put("/v1/teams/{team_id}/tasks/{task_id}/dependencies/{predecessor_id}")]
pub async fn put_dependency(scope: TeamScope, body: Body<DependencyTerms>) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let predecessor = tasks::named(&scope, "predecessor_id")?;
    let Body(terms) = body;
    let place = scope.address("tasks");
    scope
        .write(Permission::TaskWrite, move |tx| {
            let (task, predecessor) = (tasks::find(tx, name)?, tasks::find(tx, predecessor)?);
            let there = find(tx, task.id, predecessor.id);
            match there {
                Ok(before) => {
                    tx.expect_version(before.version)?;
                    let dependency = change(tx, before, terms)?;
                    Reply::record(&dependency, dependency.version)
                }
                Err(problem) if problem.code() == Code::NotFound => {
                    let dependency = depend(tx, task.id, predecessor.id, terms)?;
                    Reply::created(
                        &dependency,
                        dependency.version,
                        format!("{place}/{}/dependencies/{}", task.id, predecessor.id),
                    )
                }
                Err(problem) => Err(problem),
            }
        })
        .await
}

/// Delete a dependency
///
/// The task does not wait for the predecessor any more.
#[utoipa::path(tag = "dependencies", responses((status = 204, description = "It is gone.")))]
#[delete("/v1/teams/{team_id}/tasks/{task_id}/dependencies/{predecessor_id}")]
pub async fn delete_dependency(scope: TeamScope) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let predecessor = tasks::named(&scope, "predecessor_id")?;
    scope
        .write(Permission::TaskWrite, move |tx| {
            let (task, predecessor) = (tasks::find(tx, name)?, tasks::find(tx, predecessor)?);
            let dependency = find(tx, task.id, predecessor.id)?;
            tx.expect_version(dependency.version)?;
            diesel::delete(task_dependencies::table.find((tx.team.id(), task.id, predecessor.id)))
                .execute(tx.conn)?;
            tx.deleted(&dependency)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_dependencies)
        .service(get_dependency)
        .service(put_dependency)
        .service(delete_dependency);
}

#[cfg(test)]
mod tests {
    use super::DependencyType::{FinishToFinish, FinishToStart, StartToFinish, StartToStart};
    use super::TaskStatus::{Blocked, Cancelled, Done, InProgress, InReview, Todo};

    #[test]
    fn starts_are_guarded_by_fs_and_ss_and_ends_by_ff_and_sf() {
        for kind in [FinishToStart, StartToStart] {
            assert!(kind.guards(Todo, InProgress));
            assert!(!kind.guards(Blocked, InProgress));
            assert!(!kind.guards(InReview, Done));
        }
        for kind in [FinishToFinish, StartToFinish] {
            assert!(!kind.guards(Todo, InProgress));
            assert!(kind.guards(InReview, Done));
        }
    }

    #[test]
    fn what_is_given_up_holds_nobody_back() {
        for kind in [FinishToStart, FinishToFinish] {
            assert!(kind.is_satisfied_by(Done) && kind.is_satisfied_by(Cancelled));
            assert!(!kind.is_satisfied_by(InReview));
        }
        for kind in [StartToStart, StartToFinish] {
            assert!(kind.is_satisfied_by(InProgress) && kind.is_satisfied_by(Cancelled));
            assert!(!kind.is_satisfied_by(Todo));
        }
    }
}
