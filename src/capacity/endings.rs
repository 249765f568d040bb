//! What is promised to something that is given up is free again.
//!
//! The surprising rule: it stays free. Whoever restores a task from the trash, or opens a cancelled one again, asks anew:
//! meanwhile somebody else may have been promised the same. What is finished (done, completed, ended) keeps what it was
//! promised, because that was used; whoever has time left releases it.

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
use crate::schema::{allocations, events, tasks};
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
        for one in touched.iter().filter(|one| one.kind == kind.as_str()) {
            if one.action == Action::Deleted.as_str() {
                deleted.push(one.id);
            } else if one
                .status
                .as_deref()
                .is_some_and(|status| is_given_up(kind, status))
            {
                given_up.push(one.id);
            }
        }
        let went = if kind == Kind::Member {
            "left the team"
        } else {
            "was deleted"
        };
        end(tx, kind, deleted, &format!("The {why} {went}."))?;
        end(tx, kind, given_up, &format!("The {why} was given up."))?;
    }
    Ok(())
}

/// Whether a status is that of something given up: what was promised to it ends, and nothing can be promised to it.
pub(super) fn is_given_up(kind: Kind, status: &str) -> bool {
    match kind {
        Kind::Campaign => [CampaignStatus::Cancelled, CampaignStatus::Archived]
            .iter()
            .any(|over| over.as_str() == status),
        Kind::Event => status == EventStatus::Cancelled.as_str(),
        Kind::Task => status == TaskStatus::Cancelled.as_str(),
        _ => false,
    }
}

/// The allocations that are for one of these, or of one of these members.
fn concerned(
    tx: &Tx<'_>,
    kind: Kind,
    ids: &[Id],
) -> allocations::BoxedQuery<'static, MultiBackend> {
    let open = in_team(tx.team).filter(allocations::state.eq_any(AllocationState::OPEN));
    let ids = ids.to_vec();
    match kind {
        Kind::Campaign => open.filter(allocations::campaign_id.eq_any(ids)),
        Kind::Event => open.filter(allocations::event_id.eq_any(ids)),
        Kind::Task => open.filter(allocations::task_id.eq_any(ids)),
        _ => open.filter(allocations::resource_id.eq_any(ids)),
    }
}

fn end(tx: &mut Tx<'_>, kind: Kind, ids: Vec<Id>, why: &str) -> Result<(), Problem> {
    if ids.is_empty() {
        return Ok(());
    }
    tx.say(why);
    let reason = Note::new(why).map_err(Problem::internal)?;
    for some in ids.chunks(CHUNK) {
        let found: Vec<Allocation> = concerned(tx, kind, some)
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
