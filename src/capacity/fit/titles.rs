//! The titles of who takes something: five queries for all findings of an answer.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::model::Finding;
use crate::access::Reading;
use crate::capacity::{allocations, expenses};
use crate::db::Id;
use crate::db::rows::CHUNK;
use crate::http::Problem;
use crate::outreach::{campaigns, events};
use crate::schema;
use crate::work::tasks;

/// An allocation and what it is for: a campaign, an event, or a task.
type TargetRow = (Id, Option<Id>, Option<Id>, Option<Id>);

/// Says what each taker is for, and its title: of what is in use, which everybody may see who sees allocations.
///
/// # Errors
/// What the database answers.
pub fn fill(reading: &mut Reading<'_>, findings: &mut [Finding]) -> Result<(), Problem> {
    use schema::allocations as a;
    let takers = || findings.iter().flat_map(|finding| &finding.taken_by);
    let unknown: BTreeSet<Id> = takers()
        .filter(|taker| taker.change.is_none())
        .filter_map(|taker| taker.allocation_id)
        .collect();
    if takers().next().is_none() {
        return Ok(());
    }
    let mut targets: BTreeMap<Id, [Option<Id>; 3]> = BTreeMap::new();
    for some in chunks(&unknown) {
        let rows: Vec<TargetRow> = allocations::in_team(reading.team)
            .filter(a::id.eq_any(some))
            .select((a::id, a::campaign_id, a::event_id, a::task_id))
            .load(reading.conn)?;
        targets.extend(rows.into_iter().map(|(id, c, e, t)| (id, [c, e, t])));
    }
    let spent: BTreeSet<Id> = takers().filter_map(|taker| taker.expense_id).collect();
    for some in chunks(&spent) {
        let rows: Vec<(Id, Option<Id>)> = expenses::in_team(reading.team)
            .filter(schema::expenses::id.eq_any(some))
            .select((schema::expenses::id, schema::expenses::campaign_id))
            .load(reading.conn)?;
        targets.extend(rows.into_iter().map(|(id, c)| (id, [c, None, None])));
    }
    for finding in &mut *findings {
        for taker in &mut finding.taken_by {
            let known = taker.allocation_id.or(taker.expense_id);
            let target = known.and_then(|id| targets.get(&id));
            if let Some([campaign_id, event_id, task_id]) = target {
                taker.campaign_id = *campaign_id;
                taker.event_id = *event_id;
                taker.task_id = *task_id;
            }
        }
    }
    let titles = titles(reading, findings)?;
    for finding in findings {
        for taker in &mut finding.taken_by {
            taker.title = [taker.task_id, taker.event_id, taker.campaign_id]
                .into_iter()
                .flatten()
                .find_map(|id| titles.get(&id).cloned());
        }
    }
    Ok(())
}

fn chunks(ids: &BTreeSet<Id>) -> Vec<Vec<Id>> {
    let ids: Vec<Id> = ids.iter().copied().collect();
    ids.chunks(CHUNK).map(<[Id]>::to_vec).collect()
}

fn titles(
    reading: &mut Reading<'_>,
    findings: &[Finding],
) -> Result<BTreeMap<Id, String>, Problem> {
    let takers = || findings.iter().flat_map(|finding| &finding.taken_by);
    let mut titles = BTreeMap::new();
    let of_campaigns: BTreeSet<Id> = takers().filter_map(|one| one.campaign_id).collect();
    for some in chunks(&of_campaigns) {
        let rows: Vec<(Id, String)> = campaigns::in_team(reading.team)
            .filter(schema::campaigns::id.eq_any(some))
            .select((schema::campaigns::id, schema::campaigns::name))
            .load(reading.conn)?;
        titles.extend(rows);
    }
    let of_events: BTreeSet<Id> = takers().filter_map(|one| one.event_id).collect();
    for some in chunks(&of_events) {
        let rows: Vec<(Id, String)> = events::in_team(reading.team)
            .filter(schema::events::id.eq_any(some))
            .select((schema::events::id, schema::events::title))
            .load(reading.conn)?;
        titles.extend(rows);
    }
    let of_tasks: BTreeSet<Id> = takers().filter_map(|one| one.task_id).collect();
    for some in chunks(&of_tasks) {
        let rows: Vec<(Id, String)> = tasks::in_team(reading.team)
            .filter(schema::tasks::id.eq_any(some))
            .select((schema::tasks::id, schema::tasks::title))
            .load(reading.conn)?;
        titles.extend(rows);
    }
    Ok(titles)
}
