//! What an import does: the rows compared with the campaign as it is, and then carried out.
//!
//! The surprising rule: planning writes nothing, so a dry run is the plan alone and locks nobody out.

use std::collections::HashMap;

use diesel::prelude::*;

use super::columns::{Columns, Field};
use super::directory::{Directory, Meant, Named, normalised};
use super::report::{
    ColumnReport, Counts, ImportReport, MilestoneReport, Mismatch, Outcome, RowError, RowReport,
    Unmatched,
};
use super::rows::{RowReader, Wanted, derived_id, with_remark};
use super::table::Table;
use crate::access::{Reading, Tx};
use crate::db::{Id, Json};
use crate::http::Problem;
use crate::http::text::{Markdown, Name};
use crate::http::values::UpTo;
use crate::outreach::campaigns::{self, Campaign};
use crate::outreach::milestones;
use crate::schema;
use crate::work::task_status::TaskStatus;
use crate::work::tasks::model::{ExternalId, Label};
use crate::work::tasks::{
    Checked, NewTask, Participant, ParticipantRole, Start, Task, TaskPatch, create_all, update,
};

/// How many external ids one query names.
const CHUNK: usize = 500;
/// How many labels a task has at most.
const MOST_LABELS: usize = 20;
/// What stands before an unmatched name in the label that keeps it.
const ROLE_LABEL: &str = "role:";
/// How long a label is at most.
const LABEL_LENGTH: usize = 50;

/// A table, and what its columns are.
#[derive(Debug)]
pub struct Input {
    /// The table.
    pub table: Table,
    /// Its columns.
    pub columns: Columns,
}

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

/// What becomes of a row; a milestone is an index among the plan's, for it may not be there yet.
#[derive(Debug)]
enum Step {
    Create(Box<Checked>, Option<usize>),
    Update(Box<Task>, Box<TaskPatch>, Option<usize>),
    Nothing,
}

/// The campaign as it is, and what the rows so far add.
struct Planner<'a> {
    reader: RowReader<'a>,
    directory: &'a Directory,
    campaign: Campaign,
    /// Who answers for a task when the row does not say.
    accountable_id: Id,
    existing: HashMap<ExternalId, Task>,
    milestones: Vec<MilestoneReport>,
    milestones_by_name: HashMap<String, usize>,
    unmatched: Vec<Unmatched>,
    unmatched_by_text: HashMap<String, usize>,
}

impl Plan {
    /// Compares the rows with the campaign.
    ///
    /// # Errors
    /// `not_found` when there is no such campaign.
    pub fn make(
        reading: &mut Reading<'_>,
        campaign_id: Id,
        input: &Input,
    ) -> Result<Self, Problem> {
        let Input { table, columns } = input;
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
        let mut planner = Planner {
            reader,
            directory: &directory,
            campaign,
            accountable_id,
            existing,
            milestones: Vec::new(),
            milestones_by_name: HashMap::new(),
            unmatched: Vec::new(),
            unmatched_by_text: HashMap::new(),
        };
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
            unmatched: planner.unmatched,
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

impl Planner<'_> {
    fn plan(
        &mut self,
        known: &HashMap<String, Id>,
        number: usize,
        row: Result<(ExternalId, Wanted), Vec<RowError>>,
    ) -> (Step, RowReport) {
        let mut report = RowReport {
            row: number,
            outcome: Outcome::Refused,
            task_id: None,
            key: None,
            external_id: None,
            changed: Vec::new(),
            errors: Vec::new(),
        };
        let planned = row.and_then(|(external_id, wanted)| {
            report.external_id = Some(external_id.to_string());
            self.note_unmatched(number, &wanted);
            match self.existing.remove(&external_id) {
                Some(task) => {
                    report.task_id = Some(task.id).filter(|_| task.deleted_at.is_none());
                    report.key = Some(task.key.to_string());
                    self.change(known, task, &wanted)
                }
                None => {
                    report.outcome = Outcome::Created;
                    self.create(known, external_id, wanted)
                }
            }
        });
        match planned {
            Ok((step, changed)) => {
                if !matches!(step, Step::Create(..)) {
                    report.outcome = if changed.is_empty() {
                        Outcome::Unchanged
                    } else {
                        Outcome::Matched
                    };
                }
                report.changed = changed;
                (step, report)
            }
            Err(errors) => {
                report.outcome = Outcome::Refused;
                report.errors = errors;
                (Step::Nothing, report)
            }
        }
    }

    /// A new task.
    fn create(
        &mut self,
        known: &HashMap<String, Id>,
        external_id: ExternalId,
        wanted: Wanted,
    ) -> Result<(Step, Vec<&'static str>), Vec<RowError>> {
        self.check_period(wanted.starts_on, wanted.due_on)?;
        let assignee_id = self.holder(Field::Assignee, &wanted.assignee)?;
        let accountable_id = self
            .holder(Field::Accountable, &wanted.accountable)?
            .unwrap_or(self.accountable_id);
        let labels = self.labels_of_new(&wanted)?;
        let participants = self.participants(&wanted, assignee_id, accountable_id);
        let description = self.description(&wanted, "")?;
        let milestone = wanted
            .milestone
            .as_ref()
            .map(|name| self.milestone(known, name));
        let checked = Checked {
            campaign_id: Some(self.campaign.id),
            accountable_id,
            status: wanted.status.unwrap_or(TaskStatus::Todo),
            new: NewTask {
                description,
                starts_on: wanted.starts_on,
                due_on: wanted.due_on,
                estimate_minutes: wanted.estimate_minutes,
                priority: wanted.priority.unwrap_or_default(),
                labels: UpTo(labels),
                participants: UpTo(participants),
                assignee_id,
                external_id: Some(external_id),
                ..NewTask::titled(wanted.title)
            },
        };
        Ok((Step::Create(Box::new(checked), milestone), Vec::new()))
    }

    /// A task that is there, brought in line with its row where the row says something.
    fn change(
        &mut self,
        known: &HashMap<String, Id>,
        task: Task,
        wanted: &Wanted,
    ) -> Result<(Step, Vec<&'static str>), Vec<RowError>> {
        self.check_place(&task)?;
        self.check_period(
            wanted.starts_on.or(task.starts_on),
            wanted.due_on.or(task.due_on),
        )?;
        let description = self.description(wanted, task.description.as_str())?;
        let labels = self.labels_of(&task, wanted)?;
        let milestone = wanted
            .milestone
            .as_ref()
            .map(|name| self.milestone(known, name))
            .filter(|index| {
                let id = self.milestones.get(*index).and_then(|one| one.milestone_id);
                id.is_none() || id != task.milestone_id
            });
        let patch = TaskPatch {
            title: Some(wanted.title.clone()).filter(|title| *title != task.title),
            description: Some(description).filter(|text| *text != task.description),
            starts_on: wanted
                .starts_on
                .map(Some)
                .filter(|day| *day != task.starts_on),
            due_on: wanted.due_on.map(Some).filter(|day| *day != task.due_on),
            estimate_minutes: wanted
                .estimate_minutes
                .map(Some)
                .filter(|minutes| *minutes != task.estimate_minutes),
            priority: wanted.priority.filter(|one| *one != task.priority),
            labels: Some(Json(UpTo(labels))).filter(|labels| *labels != task.labels),
            ..TaskPatch::default()
        };
        let changed: Vec<&'static str> = [
            (patch.title.is_some(), "title"),
            (patch.description.is_some(), "description"),
            (milestone.is_some(), "milestone_id"),
            (patch.starts_on.is_some(), "starts_on"),
            (patch.due_on.is_some(), "due_on"),
            (patch.estimate_minutes.is_some(), "estimate_minutes"),
            (patch.priority.is_some(), "priority"),
            (patch.labels.is_some(), "labels"),
        ]
        .into_iter()
        .filter_map(|(differs, name)| differs.then_some(name))
        .collect();
        let step = if changed.is_empty() {
            Step::Nothing
        } else {
            Step::Update(Box::new(task), Box::new(patch), milestone)
        };
        Ok((step, changed))
    }

    fn refuse(&self, field: Field, code: &'static str, detail: String) -> Vec<RowError> {
        vec![self.reader.error(field, code, detail)]
    }

    /// A task that has the row's id must be one of this campaign, and in use.
    fn check_place(&self, task: &Task) -> Result<(), Vec<RowError>> {
        if task.deleted_at.is_some() {
            return Err(self.refuse(
                Field::ExternalId,
                "in_trash",
                format!("Its task {} is in the trash: restore that first.", task.key),
            ));
        }
        if task.campaign_id != Some(self.campaign.id) {
            return Err(self.refuse(
                Field::ExternalId,
                "other_campaign",
                format!("Its task {} belongs to another campaign.", task.key),
            ));
        }
        Ok(())
    }

    fn check_period(
        &self,
        starts_on: Option<crate::db::Date>,
        due_on: Option<crate::db::Date>,
    ) -> Result<(), Vec<RowError>> {
        match crate::work::tasks::rules::check_period(starts_on, due_on) {
            None => Ok(()),
            Some(_) => Err(self.refuse(
                Field::DueOn,
                "before_start",
                "Not before the first day.".to_owned(),
            )),
        }
    }

    /// Whom the first name of a cell makes the holder of a task.
    fn holder(&self, field: Field, named: &[Named]) -> Result<Option<Id>, Vec<RowError>> {
        match named.first().map(|first| first.meant) {
            Some(Meant::One(member)) if self.directory.may_hold(member) => Ok(Some(member)),
            Some(Meant::One(_)) => {
                Err(self.refuse(field, "guest", "A guest cannot hold a task.".to_owned()))
            }
            _ => Ok(None),
        }
    }

    /// Whoever else the row names works along.
    fn participants(
        &self,
        wanted: &Wanted,
        assignee: Option<Id>,
        accountable: Id,
    ) -> Vec<Participant> {
        let mut participants: Vec<Participant> = Vec::new();
        let others = wanted.assignee.iter().skip(1);
        for named in others.chain(wanted.accountable.iter().skip(1)) {
            let Meant::One(member_id) = named.meant else {
                continue;
            };
            let participant = Participant {
                member_id,
                role: ParticipantRole::Collaborator,
            };
            let holds = Some(member_id) == assignee || member_id == accountable;
            if !holds && !participants.contains(&participant) {
                participants.push(participant);
            }
        }
        participants
    }

    /// The labels of a new task: the row's, and one for each name that matches nobody.
    fn labels_of_new(&self, wanted: &Wanted) -> Result<Vec<Label>, Vec<RowError>> {
        let mut labels = wanted.labels.clone();
        for named in wanted.assignee.iter().chain(&wanted.accountable) {
            if matches!(named.meant, Meant::One(_)) {
                continue;
            }
            let text: String = ROLE_LABEL
                .chars()
                .chain(named.text.chars())
                .take(LABEL_LENGTH)
                .collect();
            match Label::new(&text) {
                Ok(label) if labels.contains(&label) => {}
                Ok(label) => labels.push(label),
                Err(fault) => {
                    return Err(self.refuse(
                        Field::Assignee,
                        "control_character",
                        fault.to_string(),
                    ));
                }
            }
        }
        self.check_labels(labels)
    }

    /// The labels that a task has, and those of the row besides: the file takes none away.
    fn labels_of(&self, task: &Task, wanted: &Wanted) -> Result<Vec<Label>, Vec<RowError>> {
        let mut labels = task.labels.0.0.clone();
        for label in &wanted.labels {
            if !labels.contains(label) {
                labels.push(label.clone());
            }
        }
        self.check_labels(labels)
    }

    fn check_labels(&self, labels: Vec<Label>) -> Result<Vec<Label>, Vec<RowError>> {
        if labels.len() > MOST_LABELS {
            return Err(self.refuse(
                Field::Labels,
                "too_many",
                format!("At most {MOST_LABELS} labels, those for unmatched names included."),
            ));
        }
        Ok(labels)
    }

    fn description(&self, wanted: &Wanted, before: &str) -> Result<Markdown, Vec<RowError>> {
        let text = wanted.description.as_ref().map_or(before, Markdown::as_str);
        let text = match &wanted.remark {
            Some(remark) => with_remark(text, remark),
            None => text.to_owned(),
        };
        Markdown::new(&text)
            .map_err(|fault| self.refuse(Field::Description, "too_long", fault.to_string()))
    }

    /// The index of the milestone of this name, which is planned when the campaign has none.
    fn milestone(&mut self, known: &HashMap<String, Id>, name: &Name) -> usize {
        let key = normalised(name.as_str());
        if let Some(index) = self.milestones_by_name.get(&key) {
            return *index;
        }
        let milestone_id = known.get(&key).copied();
        let index = self.milestones.len();
        self.milestones.push(MilestoneReport {
            name: name.to_string(),
            milestone_id,
            is_new: milestone_id.is_none(),
        });
        self.milestones_by_name.insert(key, index);
        index
    }

    fn note_unmatched(&mut self, number: usize, wanted: &Wanted) {
        for named in wanted.assignee.iter().chain(&wanted.accountable) {
            let reason = match named.meant {
                Meant::One(_) => continue,
                Meant::Nobody => Mismatch::Nobody,
                Meant::Several => Mismatch::Several,
            };
            let index = *self
                .unmatched_by_text
                .entry(normalised(&named.text))
                .or_insert(self.unmatched.len());
            match self.unmatched.get_mut(index) {
                Some(unmatched) if unmatched.rows.last() == Some(&number) => {}
                Some(unmatched) => unmatched.rows.push(number),
                None => self.unmatched.push(Unmatched {
                    text: named.text.clone(),
                    reason,
                    rows: vec![number],
                }),
            }
        }
    }
}
