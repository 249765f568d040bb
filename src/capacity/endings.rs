//! What is promised to something that is given up is free again.
//!
//! The surprising rule: it stays free. Whoever restores a task from the trash, or opens a cancelled one again, asks anew:
//! meanwhile somebody else may have been promised the same. What is finished (done, completed, ended) keeps what it was
//! promised, because that was used; whoever has time left releases it. With a campaign that is given up goes what was
//! promised to its events and tasks, also to those that are moved into it or opened again there, although they keep a
//! status of their own.

use diesel::prelude::*;

use super::allocations::{Allocation, AllocationState, InCampaign, in_team};
use crate::access::{Reading, Touched, Tx};
use crate::db::rows::columns;
use crate::db::{Id, MultiBackend};
use crate::http::Problem;
use crate::http::text::Note;
use crate::journal::{Action, Kind};
use crate::outreach::campaign_status::CampaignStatus;
use crate::outreach::events::EventStatus;
use crate::schema::{allocations, campaigns, events, tasks};
use crate::work::task_status::TaskStatus;

/// How many ids one query names at most.
const CHUNK: usize = 1_000;

/// Ends the allocations to what was deleted, cancelled or archived, and those of whoever has left.
///
/// # Errors
/// What the database answers.
pub fn follow(tx: &mut Tx<'_>, touched: &[Touched]) -> Result<(), Problem> {
    for (kind, why) in [
        (Kind::Campaign, "campaign"),
        (Kind::Event, "event"),
        (Kind::Task, "task"),
        (Kind::Member, "member"),
    ] {
        let mut deleted = Vec::new();
        let mut given_up = Vec::new();
        let mut moved = Vec::new();
        for one in touched.iter().filter(|one| one.kind == kind.as_str()) {
            if one.action == Action::Deleted.as_str() {
                deleted.push(one.id);
            } else if one
                .status
                .as_deref()
                .is_some_and(|status| is_given_up(kind, status))
            {
                given_up.push(one.id);
            } else if one.has_moved || is_open_again(one) {
                moved.push(one.id);
            }
        }
        let went = if kind == Kind::Member {
            "left the team"
        } else {
            "was deleted"
        };
        let concern = |ids| match kind {
            Kind::Campaign => Concern::Campaigns(ids),
            Kind::Event => Concern::Events(ids),
            Kind::Task => Concern::Tasks(ids),
            _ => Concern::Members(ids),
        };
        end(tx, deleted, concern, &format!("The {why} {went}."))?;
        if kind == Kind::Campaign {
            let inside = given_up.clone();
            end(tx, given_up, concern, "The campaign was given up.")?;
            end(tx, inside, Concern::Inside, "Its campaign was given up.")?;
        } else {
            end(tx, given_up, concern, &format!("The {why} was given up."))?;
        }
        let moved = into_given_up(tx, kind, moved)?;
        end(tx, moved, concern, "Its campaign was given up.")?;
    }
    Ok(())
}

/// Whether it was finished or given up, and is to be done after all.
fn is_open_again(one: &Touched) -> bool {
    one.action == Action::Updated.as_str()
        && one.status.as_deref() == Some(TaskStatus::Todo.as_str())
}

/// What allocations are looked for by.
enum Concern {
    /// To these campaigns themselves.
    Campaigns(Vec<Id>),
    /// To the events and tasks in these campaigns that are not finished.
    Inside(Vec<Id>),
    /// To these events.
    Events(Vec<Id>),
    /// To these tasks.
    Tasks(Vec<Id>),
    /// Of these members.
    Members(Vec<Id>),
}

/// Those of these events or tasks that are not finished and whose campaign is given up.
fn into_given_up(tx: &mut Tx<'_>, kind: Kind, ids: Vec<Id>) -> Result<Vec<Id>, Problem> {
    let team_id = tx.team.id();
    let given_up = campaigns::table
        .filter(campaigns::team_id.eq(team_id))
        .filter(campaigns::status.eq_any(GIVEN_UP))
        .select(campaigns::id.nullable());
    let mut found = Vec::new();
    for some in ids.chunks(CHUNK) {
        let some = some.to_vec();
        let more: Vec<Id> = match kind {
            Kind::Event => events::table
                .filter(events::team_id.eq(team_id))
                .filter(events::id.eq_any(some))
                .filter(events::status.ne(EventStatus::Ended))
                .filter(events::campaign_id.eq_any(given_up.clone()))
                .select(events::id)
                .load(tx.conn)?,
            Kind::Task => tasks::table
                .filter(tasks::team_id.eq(team_id))
                .filter(tasks::id.eq_any(some))
                .filter(tasks::status.ne(TaskStatus::Done))
                .filter(tasks::campaign_id.eq_any(given_up.clone()))
                .select(tasks::id)
                .load(tx.conn)?,
            _ => Vec::new(),
        };
        found.extend(more);
    }
    Ok(found)
}

/// What a campaign is that is given up.
const GIVEN_UP: [CampaignStatus; 2] = [CampaignStatus::Cancelled, CampaignStatus::Archived];

/// Whether a status is that of something given up: what was promised to it ends, and nothing can be promised to it.
pub(super) fn is_given_up(kind: Kind, status: &str) -> bool {
    match kind {
        Kind::Campaign => GIVEN_UP.iter().any(|over| over.as_str() == status),
        Kind::Event => status == EventStatus::Cancelled.as_str(),
        Kind::Task => status == TaskStatus::Cancelled.as_str(),
        _ => false,
    }
}

/// The open allocations that are concerned.
fn concerned(tx: &Tx<'_>, concern: Concern) -> allocations::BoxedQuery<'static, MultiBackend> {
    let team_id = tx.team.id();
    let open = in_team(tx.team).filter(allocations::state.eq_any(AllocationState::OPEN));
    match concern {
        Concern::Campaigns(ids) => open.filter(allocations::campaign_id.eq_any(ids)),
        Concern::Events(ids) => open.filter(allocations::event_id.eq_any(ids)),
        Concern::Tasks(ids) => open.filter(allocations::task_id.eq_any(ids)),
        Concern::Members(ids) => open.filter(allocations::resource_id.eq_any(ids)),
        Concern::Inside(ids) => {
            let of_events = events::table
                .filter(events::team_id.eq(team_id))
                .filter(events::campaign_id.eq_any(ids.clone()))
                .filter(events::status.ne(EventStatus::Ended))
                .select(events::id.nullable());
            let of_tasks = tasks::table
                .filter(tasks::team_id.eq(team_id))
                .filter(tasks::campaign_id.eq_any(ids))
                .filter(tasks::status.ne(TaskStatus::Done))
                .select(tasks::id.nullable());
            open.filter(
                allocations::event_id
                    .eq_any(of_events)
                    .or(allocations::task_id.eq_any(of_tasks)),
            )
        }
    }
}

fn end(
    tx: &mut Tx<'_>,
    ids: Vec<Id>,
    concern: impl Fn(Vec<Id>) -> Concern,
    why: &str,
) -> Result<(), Problem> {
    if ids.is_empty() {
        return Ok(());
    }
    tx.say(why);
    let reason = Note::new(why).map_err(Problem::internal)?;
    for some in ids.chunks(CHUNK) {
        let found: Vec<Allocation> = concerned(tx, concern(some.to_vec()))
            .order(allocations::id)
            .select(Allocation::as_select())
            .load(tx.conn)?;
        for before in found {
            let state = match before.state {
                AllocationState::Approved => AllocationState::Released,
                _ => AllocationState::Cancelled,
            };
            let after: Allocation =
                diesel::update(allocations::table.find((before.team_id, before.id)))
                    .set((
                        allocations::state.eq(state),
                        allocations::reason.eq(Some(reason.clone())),
                        allocations::ended_at.eq(Some(tx.now)),
                        allocations::updated_at.eq(tx.now),
                        allocations::version.eq(tx.revision),
                    ))
                    .returning(columns::<Allocation>())
                    .get_result(tx.conn)?;
            journal_change(tx, &before, &after)?;
        }
    }
    Ok(())
}

/// The campaign that an allocation belongs to: its own, or that of the event or task.
///
/// # Errors
/// What the database answers.
pub(super) fn campaign_of(
    reading: &mut Reading<'_>,
    one: &Allocation,
) -> Result<Option<Id>, Problem> {
    campaign_of_target(reading, one.campaign_id, one.event_id, one.task_id)
}

/// The campaign that something belongs to which is for a campaign, an event or a task.
///
/// # Errors
/// What the database answers.
pub(super) fn campaign_of_target(
    reading: &mut Reading<'_>,
    campaign_id: Option<Id>,
    event_id: Option<Id>,
    task_id: Option<Id>,
) -> Result<Option<Id>, Problem> {
    let team_id = reading.team.id();
    Ok(match (campaign_id, event_id, task_id) {
        (Some(id), _, _) => Some(id),
        (_, Some(id), _) => events::table
            .find((team_id, id))
            .select(events::campaign_id)
            .first(reading.conn)
            .optional()?
            .flatten(),
        (_, _, Some(id)) => tasks::table
            .find((team_id, id))
            .select(tasks::campaign_id)
            .first(reading.conn)
            .optional()?
            .flatten(),
        _ => None,
    })
}

/// Journals a change of an allocation in its campaign's history.
///
/// # Errors
/// What the database answers.
pub(super) fn journal_change(
    tx: &mut Tx<'_>,
    before: &Allocation,
    after: &Allocation,
) -> Result<(), Problem> {
    let campaign_id = campaign_of(tx, after)?;
    tx.updated(
        &InCampaign {
            allocation: before,
            campaign_id,
        },
        &InCampaign {
            allocation: after,
            campaign_id,
        },
    )
}
