//! What an import does: the rows compared with the campaign as it is, and then carried out.
//!
//! The surprising rule: planning writes nothing, so a dry run is the plan alone and locks nobody out.

use std::collections::HashMap;

use diesel::prelude::*;

use super::columns::{Columns, Field, Mapping};
use super::directory::Directory;
use super::planner::{Planner, Step};
use super::report::{
    ColumnReport, Counts, ImportReport, MilestoneReport, Outcome, RowReport, Unmatched,
};
use super::rows::{RowReader, Wanted, derived_id};
use crate::access::{Reading, Tx};
use crate::db::Id;
use crate::http::Problem;
use crate::http::imports::{RowError, SentTable, normalised};
use crate::http::text::{Markdown, Name};
use crate::outreach::{campaigns, milestones};
use crate::schema;
use crate::work::tasks::model::ExternalId;
use crate::work::tasks::{Checked, Start, Task, TaskPatch, create_all, update};

/// How many external ids one query names.
const CHUNK: usize = 500;

/// What an import would do.
#[derive(Debug)]
pub struct Plan {
    campaign_id: Id,
    /// One for each row.
    steps: Vec<Step>,
    rows: Vec<RowReport>,
    columns: Vec<ColumnReport>,
    milestones: Vec<MilestoneReport>,
    unmatched: Vec<Unmatched>,
}

impl Plan {
    /// Compares the rows with the campaign.
    ///
    /// # Errors
    /// `not_found` when there is no such campaign; `validation_failed` where the mapping is wrong.
    pub fn make(
        reading: &mut Reading<'_>,
        campaign_id: Id,
        input: &SentTable<Mapping>,
    ) -> Result<Self, Problem> {
        let table = &input.table;
        let columns = &Columns::find(table, &input.mapping, input.said).map_err(Problem::fields)?;
        let campaign = campaigns::find(reading, campaign_id)?;
        let directory = Directory::load(reading)?;
        let reader = RowReader::new(table, columns, &directory);
        let read: Vec<(usize, Result<Wanted, Vec<RowError>>)> = table
            .rows
            .iter()
            .map(|row| (row.number, reader.read(row)))
            .collect();
        let identified = identify(&reader, campaign_id, read);
        let existing = existing(reading, &identified)?;
        let accountable_id = campaign
            .lead_id
            .filter(|lead| directory.may_hold(*lead))
            .unwrap_or(reading.me.member_id);
        let mut planner = Planner::new(reader, &directory, campaign, accountable_id, existing);
        let known = milestones_of(reading, campaign_id)?;
        let mut steps = Vec::with_capacity(identified.len());
        let mut rows = Vec::with_capacity(identified.len());
        for (number, row) in identified {
            let (step, report) = planner.plan(&known, number, row);
            steps.push(step);
            rows.push(report);
        }
        Ok(Self {
            campaign_id,
            steps,
            rows,
            columns: table
                .header
                .iter()
                .enumerate()
                .map(|(index, name)| ColumnReport {
                    name: name.clone(),
                    fields: columns.at(index),
                })
                .collect(),
            milestones: planner.milestones,
            unmatched: planner.unmatched.listed(),
        })
    }

    /// The rows that are refused.
    pub fn refused(&self) -> impl Iterator<Item = &RowReport> {
        self.rows
            .iter()
            .filter(|row| row.outcome == Outcome::Refused)
    }

    /// Carries the plan out. Nothing in it may be refused.
    ///
    /// # Errors
    /// What the tasks and the database answer.
    pub fn carry_out(&mut self, tx: &mut Tx<'_>) -> Result<(), Problem> {
        for milestone in &mut self.milestones {
            if milestone.milestone_id.is_none() {
                let name = Name::new(&milestone.name).map_err(Problem::internal)?;
                let made = milestones::make(tx, self.campaign_id, name, Markdown::default(), None)?;
                milestone.milestone_id = Some(made.id);
            }
        }
        let milestones = &self.milestones;
        let id_of = |index: Option<usize>| -> Option<Id> {
            index
                .and_then(|index| milestones.get(index))
                .and_then(|milestone| milestone.milestone_id)
        };
        let mut new: Vec<Checked> = Vec::new();
        let mut places: Vec<usize> = Vec::new();
        let mut changes: Vec<(Box<Task>, Box<TaskPatch>)> = Vec::new();
        for (place, step) in std::mem::take(&mut self.steps).into_iter().enumerate() {
            match step {
                Step::Create(mut checked, milestone) => {
                    checked.new.milestone_id = id_of(milestone);
                    new.push(*checked);
                    places.push(place);
                }
                Step::Update(task, mut patch, milestone) => {
                    if let Some(id) = id_of(milestone) {
                        patch.milestone_id = Some(Some(id));
                    }
                    changes.push((task, patch));
                }
                Step::Nothing => {}
            }
        }
        for (task, place) in create_all(tx, new)?.into_iter().zip(places) {
            if let Some(row) = self.rows.get_mut(place) {
                row.task_id = Some(task.id);
                row.key = Some(task.key.to_string());
            }
        }
        for (task, patch) in changes {
            update(tx, *task, *patch, Start::WhenReady)?;
        }
        Ok(())
    }

    /// What the client is told.
    #[must_use]
    pub fn report(self, is_dry_run: bool) -> ImportReport {
        let mut counts = Counts {
            rows: self.rows.len(),
            ..Counts::default()
        };
        for row in &self.rows {
            let count = match row.outcome {
                Outcome::Created => &mut counts.created,
                Outcome::Matched => &mut counts.matched,
                Outcome::Unchanged => &mut counts.unchanged,
                Outcome::Refused => &mut counts.refused,
            };
            *count = count.saturating_add(1);
        }
        ImportReport {
            campaign_id: self.campaign_id,
            is_dry_run,
            counts,
            columns: self.columns,
            rows: self.rows,
            milestones: self.milestones,
            unmatched: self.unmatched,
        }
    }
}

/// A row by the id that finds its task again.
type Identified = Vec<(usize, Result<(ExternalId, Wanted), Vec<RowError>>)>;

/// Gives each row its id: its own, or the derived one. No two rows have the same.
fn identify(
    reader: &RowReader<'_>,
    campaign_id: Id,
    read: Vec<(usize, Result<Wanted, Vec<RowError>>)>,
) -> Identified {
    let mut titles: HashMap<String, usize> = HashMap::new();
    let mut first: HashMap<ExternalId, usize> = HashMap::new();
    read.into_iter()
        .map(|(number, row)| {
            let identified = row.and_then(|wanted| {
                let id = match &wanted.external_id {
                    Some(id) => Some(id.clone()),
                    None => {
                        let seen = titles.entry(normalised(wanted.title.as_str())).or_default();
                        let id = derived_id(campaign_id, &wanted.title, *seen);
                        *seen = seen.saturating_add(1);
                        id
                    }
                };
                let refuse = |code, detail| vec![reader.error(Field::ExternalId, code, detail)];
                let id = id.ok_or_else(|| refuse("required", "Needed here.".to_owned()))?;
                match first.get(&id) {
                    Some(other) => Err(refuse(
                        "duplicate",
                        format!("The row {other} has the same."),
                    )),
                    None => {
                        first.insert(id.clone(), number);
                        Ok((id, wanted))
                    }
                }
            });
            (number, identified)
        })
        .collect()
}

/// The tasks that have these ids already, wherever they are; the trash counts.
fn existing(
    reading: &mut Reading<'_>,
    rows: &Identified,
) -> Result<HashMap<ExternalId, Task>, Problem> {
    let ids: Vec<ExternalId> = rows
        .iter()
        .filter_map(|(_, row)| row.as_ref().ok().map(|(id, _)| id.clone()))
        .collect();
    let mut found = HashMap::new();
    for some in ids.chunks(CHUNK) {
        let tasks: Vec<Task> = schema::tasks::table
            .filter(schema::tasks::team_id.eq(reading.team.id()))
            .filter(schema::tasks::external_id.eq_any(some.to_vec()))
            .select(Task::as_select())
            .load(reading.conn)?;
        for task in tasks {
            if let Some(id) = task.external_id.clone() {
                found.insert(id, task);
            }
        }
    }
    Ok(found)
}

/// The milestones of the campaign by their names; of several with one name, the first that was made.
fn milestones_of(
    reading: &mut Reading<'_>,
    campaign_id: Id,
) -> Result<HashMap<String, Id>, Problem> {
    let rows: Vec<(Id, String)> = milestones::in_team(reading.team)
        .filter(schema::milestones::campaign_id.eq(campaign_id))
        .order((
            schema::milestones::created_at.desc(),
            schema::milestones::id.desc(),
        ))
        .select((schema::milestones::id, schema::milestones::name))
        .load(reading.conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, name)| (normalised(&name), id))
        .collect())
}
