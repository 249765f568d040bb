//! Into the trash and back, for campaigns, milestones, events and their series.
//!
//! The surprising rule: nothing here knows what else goes along. Whoever knows the tasks does (`trash`), and
//! calls this.

use diesel::prelude::*;

use super::aftermath;
use super::campaigns::Campaign;
use super::events::{Event, in_team as events_in_team};
use super::milestones::{Milestone, in_team as milestones_in_team};
use super::series::{self, EventSeries};
use crate::access::Tx;
use crate::db::rows::columns;
use crate::db::{Id, Instant};
use crate::http::Problem;
use crate::schema::{campaigns, event_series, events, milestones};

/// Puts a campaign into the trash. What goes along is put there by whoever knows it (`trash`).
///
/// # Errors
/// What the database answers.
pub fn campaign_to_trash(tx: &mut Tx<'_>, campaign: &Campaign) -> Result<(), Problem> {
    diesel::update(campaigns::table.find((tx.team.id(), campaign.id)))
        .set((
            campaigns::deleted_at.eq(Some(tx.now)),
            campaigns::trash_root_id.eq(Some(campaign.id)),
            campaigns::updated_at.eq(tx.now),
            campaigns::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    tx.deleted(campaign)
}

/// Takes a campaign out of the trash.
///
/// # Errors
/// `not_found` when there is none with this id.
pub fn restore_campaign(tx: &mut Tx<'_>, id: Id) -> Result<Campaign, Problem> {
    let campaign = diesel::update(campaigns::table.find((tx.team.id(), id)))
        .set((
            campaigns::deleted_at.eq(None::<Instant>),
            campaigns::trash_root_id.eq(None::<Id>),
            campaigns::updated_at.eq(tx.now),
            campaigns::version.eq(tx.revision),
        ))
        .returning(columns::<Campaign>())
        .get_result(tx.conn)?;
    tx.restored(&campaign)?;
    Ok(campaign)
}

/// Puts a milestone into the trash, together with whatever has the id `root`: often itself.
///
/// # Errors
/// What the database answers.
pub fn milestone_with(tx: &mut Tx<'_>, milestone: &Milestone, root: Id) -> Result<(), Problem> {
    diesel::update(milestones::table.find((tx.team.id(), milestone.id)))
        .set((
            milestones::deleted_at.eq(Some(tx.now)),
            milestones::trash_root_id.eq(Some(root)),
            milestones::updated_at.eq(tx.now),
            milestones::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    tx.deleted(milestone)
}

/// Puts the milestones of a campaign into the trash, together with the campaign.
///
/// # Errors
/// What the database answers.
pub fn milestones_with_campaign(tx: &mut Tx<'_>, campaign_id: Id) -> Result<(), Problem> {
    let going: Vec<Milestone> = milestones_in_team(tx.team)
        .filter(milestones::campaign_id.eq(campaign_id))
        .order(milestones::id)
        .select(Milestone::as_select())
        .load(tx.conn)?;
    for milestone in going {
        milestone_with(tx, &milestone, campaign_id)?;
    }
    Ok(())
}

/// Takes the milestones out of the trash that went there together with whatever has the id `root`, and
/// answers how many there were.
///
/// # Errors
/// What the database answers.
pub fn restore_milestones(tx: &mut Tx<'_>, root: Id) -> Result<usize, Problem> {
    let restored: Vec<Milestone> = diesel::update(
        milestones::table
            .filter(milestones::team_id.eq(tx.team.id()))
            .filter(milestones::trash_root_id.eq(root)),
    )
    .set((
        milestones::deleted_at.eq(None::<Instant>),
        milestones::trash_root_id.eq(None::<Id>),
        milestones::updated_at.eq(tx.now),
        milestones::version.eq(tx.revision),
    ))
    .returning(columns::<Milestone>())
    .get_results(tx.conn)?;
    for milestone in &restored {
        tx.restored(milestone)?;
    }
    Ok(restored.len())
}

/// Puts an event into the trash, together with whatever has the id `root`: often itself. Its public address stays
/// its own, but nothing is shown there.
///
/// # Errors
/// What the database answers.
pub fn event_with(tx: &mut Tx<'_>, event: &Event, root: Id) -> Result<(), Problem> {
    diesel::update(events::table.find((tx.team.id(), event.id)))
        .set((
            events::deleted_at.eq(Some(tx.now)),
            events::trash_root_id.eq(Some(root)),
            events::updated_at.eq(tx.now),
            events::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    tx.deleted(event)
}

/// Puts a series into the trash, together with its events that are still to come.
///
/// # Errors
/// What the database answers.
pub fn series_to_trash(tx: &mut Tx<'_>, series: &EventSeries) -> Result<(), Problem> {
    for event in series::to_come(tx, series.id)? {
        event_with(tx, &event, series.id)?;
    }
    diesel::update(event_series::table.find((tx.team.id(), series.id)))
        .set((
            event_series::deleted_at.eq(Some(tx.now)),
            event_series::trash_root_id.eq(Some(series.id)),
            event_series::updated_at.eq(tx.now),
            event_series::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    tx.deleted(series)
}

/// Takes a series out of the trash.
///
/// # Errors
/// `not_found` when there is none with this id.
pub fn restore_series(tx: &mut Tx<'_>, id: Id) -> Result<EventSeries, Problem> {
    let series = diesel::update(event_series::table.find((tx.team.id(), id)))
        .set((
            event_series::deleted_at.eq(None::<Instant>),
            event_series::trash_root_id.eq(None::<Id>),
            event_series::updated_at.eq(tx.now),
            event_series::version.eq(tx.revision),
        ))
        .returning(columns::<EventSeries>())
        .get_result(tx.conn)?;
    tx.restored(&series)?;
    Ok(series)
}

/// Puts the events of a campaign into the trash, together with the campaign.
///
/// # Errors
/// What the database answers.
pub fn events_with_campaign(tx: &mut Tx<'_>, campaign_id: Id) -> Result<(), Problem> {
    let going: Vec<Event> = events_in_team(tx.team)
        .filter(events::campaign_id.eq(campaign_id))
        .order(events::id)
        .select(Event::as_select())
        .load(tx.conn)?;
    for event in going {
        event_with(tx, &event, campaign_id)?;
    }
    Ok(())
}

/// Takes the events out of the trash that went there together with whatever has the id `root`, and answers how
/// many there were. Seats that became free meanwhile are offered at once.
///
/// # Errors
/// What the database answers.
pub fn restore_events(tx: &mut Tx<'_>, root: Id) -> Result<usize, Problem> {
    let restored: Vec<Event> = diesel::update(
        events::table
            .filter(events::team_id.eq(tx.team.id()))
            .filter(events::trash_root_id.eq(root)),
    )
    .set((
        events::deleted_at.eq(None::<Instant>),
        events::trash_root_id.eq(None::<Id>),
        events::updated_at.eq(tx.now),
        events::version.eq(tx.revision),
    ))
    .returning(columns::<Event>())
    .get_results(tx.conn)?;
    for event in &restored {
        tx.restored(event)?;
        aftermath::of_restoring(tx, event)?;
    }
    Ok(restored.len())
}
