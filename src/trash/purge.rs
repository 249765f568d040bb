//! Emptying the trash: what has been there for 30 days is deleted for good.
//!
//! The surprising rule: a task that was ever delegated or worked on leaves a stub. Delegations and time entries
//! are history and are not deleted with it, so the row that they refer to stays with its title and number, and nothing else; no list shows it.
//! The journal keeps every line of what is purged.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::{DAYS, TrashKind};
use crate::access::{State, Tx};
use crate::capacity::money::leaving;
use crate::capacity::{budget_lines as lines, expenses as spent, resources as things};
use crate::db::{AnyConnection, Id, Instant, Json, MultiBackend};
use crate::http::text::{Markdown, Note};
use crate::http::{Code, Problem};
use crate::outreach::campaigns::Campaign;
use crate::outreach::events::Event;
use crate::outreach::milestones::Milestone;
use crate::outreach::series::{self, EventSeries};
use crate::schema::{
    budget_lines, campaigns, checklist_items, comments, delegations, event_series, events,
    expenses, milestones, public_slugs, resources, task_dependencies, task_labels,
    task_participants, tasks, time_entries,
};
use crate::work::tasks::model::{ExternalId, Labels, Participants};
use crate::work::tasks::{Start, Task, TaskPatch, update};

/// How many roots are looked for at a time.
const ROOTS: i64 = 100;
/// How many tasks one transaction touches.
const BATCH: i64 = 200;
/// What the journal says.
const NOTE: &str = "Purged from the trash.";

/// A root whose time has come.
#[derive(Debug, Clone, Copy)]
struct Due {
    team_id: Id,
    kind: TrashKind,
    id: Id,
}

/// Purges what has been in the trash for 30 days, in transactions of bounded size, and answers how many roots
/// are gone. Several servers may do it at once. What fails is logged and left for the next time.
///
/// # Errors
/// When the database cannot be read.
pub async fn purge_expired(state: &State) -> Result<usize, Problem> {
    let end = state.clock.now().plus(TimeDelta::days(-DAYS));
    let mut purged = 0_usize;
    // Tasks first: what was deleted later may still be named by them.
    for kind in [
        TrashKind::Task,
        TrashKind::Milestone,
        TrashKind::Event,
        TrashKind::EventSeries,
        TrashKind::Campaign,
        TrashKind::Expense,
        TrashKind::BudgetLine,
        TrashKind::Resource,
    ] {
        loop {
            let due = state.db.read(move |conn| due(conn, kind, end)).await?;
            let mut gone = 0_usize;
            for root in &due {
                match purge(state, *root, end).await {
                    Ok(()) => gone = gone.saturating_add(1),
                    // Restored meanwhile, or purged by another server.
                    Err(problem) if problem.code() == Code::NotFound => {}
                    Err(problem) => log::error!(
                        "the {kind} {} of the team {} cannot be purged: {}",
                        root.id,
                        root.team_id,
                        problem.code().entry().code
                    ),
                }
            }
            purged = purged.saturating_add(gone);
            if gone == 0 || i64::try_from(due.len()).is_ok_and(|found| found < ROOTS) {
                break;
            }
        }
    }
    Ok(purged)
}

/// The roots of one kind whose time has come, the oldest first.
fn due(conn: &mut AnyConnection, kind: TrashKind, end: Instant) -> Result<Vec<Due>, Problem> {
    macro_rules! oldest {
        ($table:ident) => {
            $table::table
                .filter($table::trash_root_id.eq($table::id.nullable()))
                .filter($table::deleted_at.le(end))
                .order(($table::deleted_at, $table::id))
                .limit(ROOTS)
                .select(($table::team_id, $table::id))
                .load::<(Id, Id)>(conn)?
        };
    }
    let found = match kind {
        TrashKind::Campaign => oldest!(campaigns),
        TrashKind::Milestone => oldest!(milestones),
        TrashKind::Event => oldest!(events),
        TrashKind::EventSeries => oldest!(event_series),
        TrashKind::Task => oldest!(tasks),
        TrashKind::Resource => oldest!(resources),
        TrashKind::BudgetLine => oldest!(budget_lines),
        TrashKind::Expense => oldest!(expenses),
    };
    Ok(found
        .into_iter()
        .map(|(team_id, id)| Due { team_id, kind, id })
        .collect())
}

/// Purges a root: first what hangs on it, batch by batch, and the root last, so that what a crash leaves is
/// found again.
async fn purge(state: &State, root: Due, end: Instant) -> Result<(), Problem> {
    while state.db.read(move |conn| is_named(conn, root)).await? {
        state
            .write_as_clock(root.team_id, move |tx| {
                tx.say(NOTE);
                check_due(tx, root, end)?;
                leave(tx, root)
            })
            .await?;
    }
    while state.db.read(move |conn| has_tasks(conn, root)).await? {
        state
            .write_as_clock(root.team_id, move |tx| {
                tx.say(NOTE);
                check_due(tx, root, end)?;
                let going = tasks_of(root)
                    .order(tasks::id)
                    .limit(BATCH)
                    .select(Task::as_select())
                    .load(tx.conn)?;
                purge_tasks(tx, going)
            })
            .await?;
    }
    state
        .write_as_clock(root.team_id, move |tx| {
            tx.say(NOTE);
            check_due(tx, root, end)?;
            match root.kind {
                TrashKind::Task => {
                    let task = tasks::table
                        .find((root.team_id, root.id))
                        .select(Task::as_select())
                        .first(tx.conn)?;
                    purge_tasks(tx, vec![task])
                }
                TrashKind::Milestone => purge_milestones(tx, root),
                TrashKind::Event => purge_events(tx, root),
                TrashKind::EventSeries => {
                    purge_events(tx, root)?;
                    purge_series(tx, root)
                }
                TrashKind::Resource => {
                    leaving::resource(tx, root.id)?;
                    things::trashing::purge(tx, root.id)
                }
                TrashKind::BudgetLine => lines::trashing::purge(tx, root.id),
                TrashKind::Expense => spent::trashing::purge(tx, root.id),
                TrashKind::Campaign => {
                    purge_milestones(tx, root)?;
                    purge_events(tx, root)?;
                    purge_campaign(tx, root)
                }
            }
        })
        .await
}

/// The tasks that went along with the root.
fn tasks_of(root: Due) -> tasks::BoxedQuery<'static, MultiBackend> {
    tasks::table
        .filter(tasks::team_id.eq(root.team_id))
        .filter(tasks::trash_root_id.eq(root.id))
        .filter(tasks::id.ne(root.id))
        .into_boxed()
}

/// The tasks in use that name the root, or what went along with it: they stay, and do without.
fn tasks_naming(root: Due) -> tasks::BoxedQuery<'static, MultiBackend> {
    let in_use = tasks::table
        .filter(tasks::team_id.eq(root.team_id))
        .filter(tasks::deleted_at.is_null())
        .into_boxed();
    let gone = events::table
        .filter(events::team_id.eq(root.team_id))
        .filter(events::trash_root_id.eq(root.id))
        .select(events::id.nullable());
    match root.kind {
        TrashKind::Milestone => in_use.filter(tasks::milestone_id.eq(root.id)),
        // Its milestones are of the campaign's own tasks, its events may be of others, too.
        _ => in_use.filter(tasks::event_id.eq_any(gone)),
    }
}

fn is_named(conn: &mut AnyConnection, root: Due) -> Result<bool, Problem> {
    let one: Option<Id> = tasks_naming(root)
        .select(tasks::id)
        .first(conn)
        .optional()?;
    Ok(one.is_some())
}

fn has_tasks(conn: &mut AnyConnection, root: Due) -> Result<bool, Problem> {
    let one: Option<Id> = tasks_of(root).select(tasks::id).first(conn).optional()?;
    Ok(one.is_some())
}

/// Checks once more, now that the team is locked, that the root is in the trash and its time has come.
fn check_due(tx: &mut Tx<'_>, root: Due, end: Instant) -> Result<(), Problem> {
    macro_rules! look {
        ($table:ident) => {
            $table::table
                .find((root.team_id, root.id))
                .filter($table::trash_root_id.eq(root.id))
                .filter($table::deleted_at.le(end))
                .select($table::id)
                .first::<Id>(tx.conn)?
        };
    }
    match root.kind {
        TrashKind::Campaign => look!(campaigns),
        TrashKind::Milestone => look!(milestones),
        TrashKind::Event => look!(events),
        TrashKind::EventSeries => look!(event_series),
        TrashKind::Task => look!(tasks),
        TrashKind::Resource => look!(resources),
        TrashKind::BudgetLine => look!(budget_lines),
        TrashKind::Expense => look!(expenses),
    };
    Ok(())
}

/// Tasks in use do without a milestone or an event that goes for good.
fn leave(tx: &mut Tx<'_>, root: Due) -> Result<(), Problem> {
    let staying: Vec<Task> = tasks_naming(root)
        .order(tasks::id)
        .limit(BATCH)
        .select(Task::as_select())
        .load(tx.conn)?;
    for task in staying {
        let patch = match root.kind {
            TrashKind::Milestone => TaskPatch {
                milestone_id: Some(None),
                ..TaskPatch::default()
            },
            _ => TaskPatch {
                event_id: Some(None),
                ..TaskPatch::default()
            },
        };
        update(tx, task, patch, Start::WhenReady)?;
    }
    Ok(())
}

fn purge_tasks(tx: &mut Tx<'_>, going: Vec<Task>) -> Result<(), Problem> {
    let ids: Vec<Id> = going.iter().map(|task| task.id).collect();
    let team_id = tx.team.id();
    // What was below them is in the trash too, as a root of its own.
    diesel::update(
        tasks::table
            .filter(tasks::team_id.eq(team_id))
            .filter(tasks::parent_id.eq_any(ids.clone())),
    )
    .set(tasks::parent_id.eq(None::<Id>))
    .execute(tx.conn)?;
    let delegated: Vec<Id> = delegations::table
        .filter(delegations::team_id.eq(team_id))
        .filter(delegations::task_id.eq_any(ids.clone()))
        .select(delegations::task_id)
        .distinct()
        .load(tx.conn)?;
    let worked_on: Vec<Id> = time_entries::table
        .filter(time_entries::team_id.eq(team_id))
        .filter(time_entries::task_id.eq_any(ids.clone()))
        .select(time_entries::task_id)
        .distinct()
        .load(tx.conn)?;
    let named = |id: &Id| delegated.contains(id) || worked_on.contains(id);
    for task in &going {
        if named(&task.id) {
            leave_stub(tx, task)?;
        }
        tx.deleted(task)?;
    }
    let rest: Vec<Id> = ids.into_iter().filter(|id| !named(id)).collect();
    leaving::tasks(tx, &rest)?;
    diesel::delete(
        tasks::table
            .filter(tasks::team_id.eq(team_id))
            .filter(tasks::id.eq_any(rest)),
    )
    .execute(tx.conn)?;
    Ok(())
}

/// Empties a task that delegations or time entries refer to. It keeps its campaign as long as there is one, so that what was
/// worked on it stays in the sums of that.
fn leave_stub(tx: &mut Tx<'_>, task: &Task) -> Result<(), Problem> {
    let team_id = tx.team.id();
    macro_rules! empty {
        ($($table:ident),+) => {$(
            diesel::delete(
                $table::table
                    .filter($table::team_id.eq(team_id))
                    .filter($table::task_id.eq(task.id)),
            )
            .execute(tx.conn)?;
        )+};
    }
    empty!(
        task_labels,
        task_participants,
        task_dependencies,
        checklist_items,
        comments
    );
    diesel::delete(
        task_dependencies::table
            .filter(task_dependencies::team_id.eq(team_id))
            .filter(task_dependencies::predecessor_id.eq(task.id)),
    )
    .execute(tx.conn)?;
    diesel::update(tasks::table.find((team_id, task.id)))
        .set((
            tasks::description.eq(Markdown::default()),
            tasks::search.eq(""),
            tasks::labels.eq(Json(Labels::default())),
            tasks::participants.eq(Json(Participants::default())),
            tasks::milestone_id.eq(None::<Id>),
            tasks::event_id.eq(None::<Id>),
            tasks::parent_id.eq(None::<Id>),
            tasks::status_reason.eq(None::<Note>),
            tasks::external_id.eq(None::<ExternalId>),
            tasks::trash_root_id.eq(None::<Id>),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Purges the milestones that went along with the root, or are it.
fn purge_milestones(tx: &mut Tx<'_>, root: Due) -> Result<(), Problem> {
    let going: Vec<Milestone> = milestones::table
        .filter(milestones::team_id.eq(root.team_id))
        .filter(milestones::trash_root_id.eq(root.id))
        .order(milestones::id)
        .select(Milestone::as_select())
        .load(tx.conn)?;
    for milestone in going {
        // Only the trash still names it.
        diesel::update(
            tasks::table
                .filter(tasks::team_id.eq(root.team_id))
                .filter(tasks::milestone_id.eq(milestone.id)),
        )
        .set(tasks::milestone_id.eq(None::<Id>))
        .execute(tx.conn)?;
        tx.deleted(&milestone)?;
        diesel::delete(milestones::table.find((root.team_id, milestone.id))).execute(tx.conn)?;
    }
    Ok(())
}

/// Purges the events that went along with the root, or are it, with all that hangs on them. Their public addresses
/// are free again.
fn purge_events(tx: &mut Tx<'_>, root: Due) -> Result<(), Problem> {
    let going: Vec<Event> = events::table
        .filter(events::team_id.eq(root.team_id))
        .filter(events::trash_root_id.eq(root.id))
        .order(events::id)
        .select(Event::as_select())
        .load(tx.conn)?;
    for event in going {
        // Only the trash still names it.
        diesel::update(
            tasks::table
                .filter(tasks::team_id.eq(root.team_id))
                .filter(tasks::event_id.eq(event.id)),
        )
        .set(tasks::event_id.eq(None::<Id>))
        .execute(tx.conn)?;
        leaving::event(tx, event.id)?;
        tx.deleted(&event)?;
        diesel::delete(
            public_slugs::table
                .filter(public_slugs::team_id.eq(root.team_id))
                .filter(public_slugs::event_id.eq(event.id)),
        )
        .execute(tx.conn)?;
        diesel::delete(events::table.find((root.team_id, event.id))).execute(tx.conn)?;
    }
    Ok(())
}

/// Purges a series. Its events that stayed do without it.
fn purge_series(tx: &mut Tx<'_>, root: Due) -> Result<(), Problem> {
    let series: EventSeries = event_series::table
        .find((root.team_id, root.id))
        .select(EventSeries::as_select())
        .first(tx.conn)?;
    series::leave(tx, root.id)?;
    tx.deleted(&series)?;
    diesel::delete(event_series::table.find((root.team_id, root.id))).execute(tx.conn)?;
    Ok(())
}

fn purge_campaign(tx: &mut Tx<'_>, root: Due) -> Result<(), Problem> {
    let campaign: Campaign = campaigns::table
        .find((root.team_id, root.id))
        .select(Campaign::as_select())
        .first(tx.conn)?;
    // Only the trash still names it, and what is left of tasks.
    diesel::update(
        tasks::table
            .filter(tasks::team_id.eq(root.team_id))
            .filter(tasks::campaign_id.eq(root.id)),
    )
    .set(tasks::campaign_id.eq(None::<Id>))
    .execute(tx.conn)?;
    leaving::campaign(tx, root.id)?;
    tx.deleted(&campaign)?;
    diesel::delete(campaigns::table.find((root.team_id, root.id))).execute(tx.conn)?;
    Ok(())
}
