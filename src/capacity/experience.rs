//! Who has done what kind of work: delegations that were confirmed, by the labels of their tasks.
//!
//! The surprising rule: work on a task in the trash does not count, and counts again when it comes back. What kind it was is
//! what the task's labels say now.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use crate::access::Reading;
use crate::db::Id;
use crate::db::rows::CHUNK;
use crate::http::Problem;
use crate::schema::{delegations as d, task_labels as l, tasks as t};
use crate::work::delegations::rules::DelegationState;

/// A delegation that was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Done {
    member_id: Id,
    task_id: Id,
    labels: Vec<String>,
}

/// The confirmed delegations of a team whose tasks have labels, by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Experience(BTreeMap<Id, Done>);

impl Experience {
    /// All of a team's, with one query.
    ///
    /// # Errors
    /// What the database answers.
    pub fn read(reading: &mut Reading<'_>) -> Result<Self, Problem> {
        let mut all = Self::default();
        all.add(reading, None)?;
        Ok(all)
    }

    /// The same after these tasks and delegations changed.
    ///
    /// # Errors
    /// What the database answers.
    pub fn renewed(
        &self,
        reading: &mut Reading<'_>,
        of_tasks: &[Id],
        of_delegations: &[Id],
    ) -> Result<Self, Problem> {
        let mut changed: BTreeSet<Id> = of_tasks.iter().copied().collect();
        for some in of_delegations.chunks(CHUNK) {
            let tasks: Vec<Id> = d::table
                .filter(d::team_id.eq(reading.team.id()))
                .filter(d::id.eq_any(some.to_vec()))
                .select(d::task_id)
                .load(reading.conn)?;
            changed.extend(tasks);
        }
        let mut renewed = self.clone();
        renewed.0.retain(|_, done| !changed.contains(&done.task_id));
        let changed: Vec<Id> = changed.into_iter().collect();
        for some in changed.chunks(CHUNK) {
            renewed.add(reading, Some(some))?;
        }
        Ok(renewed)
    }

    fn add(&mut self, reading: &mut Reading<'_>, only: Option<&[Id]>) -> Result<(), Problem> {
        let mut query = d::table
            .inner_join(
                t::table.on(t::team_id
                    .eq(d::team_id)
                    .and(t::id.eq(d::task_id))
                    .and(t::deleted_at.is_null())),
            )
            .inner_join(l::table.on(l::team_id.eq(d::team_id).and(l::task_id.eq(d::task_id))))
            .filter(d::team_id.eq(reading.team.id()))
            .filter(d::state.eq(DelegationState::Confirmed))
            .into_boxed();
        if let Some(tasks) = only {
            query = query.filter(d::task_id.eq_any(tasks.to_vec()));
        }
        let rows: Vec<(Id, Id, Id, String)> = query
            .select((d::id, d::delegate_id, d::task_id, l::label))
            .load(reading.conn)?;
        for (id, member_id, task_id, label) in rows {
            let labels = &mut self
                .0
                .entry(id)
                .or_insert_with(|| Done {
                    member_id,
                    task_id,
                    labels: Vec::new(),
                })
                .labels;
            // The rows come in no order.
            if let Err(place) = labels.binary_search(&label) {
                labels.insert(place, label);
            }
        }
        Ok(())
    }

    /// How many delegations to each member of other tasks with one of these labels were confirmed.
    #[must_use]
    pub fn of_kind(&self, labels: &[&str], besides: Id) -> BTreeMap<Id, i64> {
        let mut counts = BTreeMap::new();
        for done in self.0.values().filter(|done| done.task_id != besides) {
            if done
                .labels
                .iter()
                .any(|label| labels.contains(&label.as_str()))
            {
                *counts.entry(done.member_id).or_default() += 1;
            }
        }
        counts
    }

    /// How many there are, with their labels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().map(|done| 1 + done.labels.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
