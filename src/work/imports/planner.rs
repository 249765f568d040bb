//! What becomes of each row: a new task, a change, nothing, or a refusal.

use std::collections::HashMap;

use super::columns::Field;
use super::directory::{Directory, Meant, Named};
use super::report::{MilestoneReport, Mismatch, Outcome, RowReport, Unmatched};
use super::rows::{RowReader, Wanted, with_remark};
use crate::db::{Date, Id, Json};
use crate::http::imports::{RowError, normalised};
use crate::http::text::{Markdown, Name};
use crate::http::values::UpTo;
use crate::outreach::campaigns::Campaign;
use crate::work::task_status::TaskStatus;
use crate::work::tasks::model::{ExternalId, Label};
use crate::work::tasks::{Checked, NewTask, Participant, ParticipantRole, Task, TaskPatch, rules};

/// How many labels a task has at most.
const MOST_LABELS: usize = 20;
/// What stands before an unmatched name in the label that keeps it.
const ROLE_LABEL: &str = "role:";
/// How long a label is at most.
const LABEL_LENGTH: usize = 50;

/// What becomes of a row; a milestone is an index among the plan's, for it may not be there yet.
#[derive(Debug)]
pub(super) enum Step {
    Create(Box<Checked>, Option<usize>),
    Update(Box<Task>, Box<TaskPatch>, Option<usize>),
    Nothing,
}

/// The campaign as it is, and what the rows so far add.
pub(super) struct Planner<'a> {
    reader: RowReader<'a>,
    directory: &'a Directory,
    campaign: Campaign,
    /// Who answers for a task when the row does not say.
    accountable_id: Id,
    existing: HashMap<ExternalId, Task>,
    pub(super) milestones: Vec<MilestoneReport>,
    milestones_by_name: HashMap<String, usize>,
    pub(super) unmatched: Strangers,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        reader: RowReader<'a>,
        directory: &'a Directory,
        campaign: Campaign,
        accountable_id: Id,
        existing: HashMap<ExternalId, Task>,
    ) -> Self {
        Self {
            reader,
            directory,
            campaign,
            accountable_id,
            existing,
            milestones: Vec::new(),
            milestones_by_name: HashMap::new(),
            unmatched: Strangers::default(),
        }
    }

    pub(super) fn plan(
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
            self.unmatched.note(number, &wanted);
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
        starts_on: Option<Date>,
        due_on: Option<Date>,
    ) -> Result<(), Vec<RowError>> {
        match rules::check_period(starts_on, due_on) {
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
}

/// The names that match no member, each with its rows.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    found: Vec<Unmatched>,
    by_text: HashMap<String, usize>,
}

impl Strangers {
    fn note(&mut self, number: usize, wanted: &Wanted) {
        for named in wanted.assignee.iter().chain(&wanted.accountable) {
            let reason = match named.meant {
                Meant::One(_) => continue,
                Meant::Nobody => Mismatch::Nobody,
                Meant::Several => Mismatch::Several,
            };
            let index = *self
                .by_text
                .entry(normalised(&named.text))
                .or_insert(self.found.len());
            match self.found.get_mut(index) {
                Some(unmatched) if unmatched.rows.last() == Some(&number) => {}
                Some(unmatched) => unmatched.rows.push(number),
                None => self.found.push(Unmatched {
                    text: named.text.clone(),
                    reason,
                    rows: vec![number],
                }),
            }
        }
    }

    pub(super) fn listed(self) -> Vec<Unmatched> {
        self.found
    }
}
